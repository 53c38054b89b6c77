package charter

import (
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// words says which words are hidden. Hides by persons that no epoch has heard of wait
// apart until one does, and those of keys that only claim to be somebody's with their
// branch until that is confirmed, so that they cost nobody a look.
//
// Invariants:
//
//  1. on has, by target, the hides and unhides of persons whom some epoch knows as member
//     or moderator; waits, by person, the others. Agents' are in neither.
//  2. memo is the answers of Hidden since anything last moved on which they depend.
type words struct {
	on    map[int32][]*hide
	waits map[crdt.Author][]*hide
	memo  map[int32]cid.Cid
	moved uint64 // as the judge's moved was
}

// hide is a hide or an unhide.
type hide struct {
	change  int32
	targets []int32
	off     bool
	sound   answer // it names nothing but what it has seen
}

// newWords makes an empty one.
func newWords() *words {
	return &words{map[int32][]*hide{}, map[crdt.Author][]*hide{}, map[int32]cid.Cid{}, 0}
}

// noteHide takes in a hide of change i.
func (j *Judge) noteHide(i int32, a crdt.Act) {
	x, ok := ReadHide(a)
	r := j.rows[i].root
	if !ok || r.Agent() {
		return
	}
	h := &hide{change: i, targets: j.allAt(x.Changes), off: x.Off}
	if slices.Contains(h.targets, none) {
		return
	}
	j.steps += uint64(len(h.targets))
	if !j.personal(r) {
		r.hides = append(r.hides, h)
		return
	}
	j.placeHide(h)
}

// placeHide puts a hide of a person where it belongs.
func (j *Judge) placeHide(h *hide) {
	person := j.rows[h.change].root.Person
	if !j.elected[person] {
		j.words.waits[person] = append(j.words.waits[person], h)
		return
	}
	j.hide(h)
}

// hide lists a hide under its targets.
func (j *Judge) hide(h *hide) {
	j.moved++
	for _, t := range h.targets {
		j.words.on[t] = append(j.words.on[t], h)
	}
}

// elect notes who has a right under the charter of a new epoch.
func (j *Judge) elect(c *Charter) {
	for _, list := range [][]crdt.Author{c.all, c.Moderators} {
		for _, m := range list {
			if j.elected[m] {
				continue
			}
			j.elected[m] = true
			for _, h := range j.words.waits[m] {
				j.hide(h)
			}
			delete(j.words.waits, m)
		}
	}
}

// holdsHide tells whether a hide or an unhide stands.
func (j *Judge) holdsHide(h *hide) bool {
	if h.sound == unasked {
		h.sound = answered(!slices.ContainsFunc(h.targets, func(t int32) bool { return t == h.change || !j.inPast(t, h.change) }))
	}
	return h.sound == yes && !j.void(h.change) && j.without(h.change, moderating) == none
}

// hider is the change that hides the words of change i, of several the one with the least
// name; cid.Undef when they are shown.
func (j *Judge) hider(i int32) cid.Cid {
	list := slices.DeleteFunc(slices.Clone(j.words.on[i]), func(h *hide) bool { return !j.holdsHide(h) })
	least := cid.Undef
	for _, h := range list {
		id := j.rows[h.change].id
		if h.off || least.Defined() && least.KeyString() <= id.KeyString() {
			continue
		}
		if !slices.ContainsFunc(list, func(o *hide) bool { return o.off && o.change != h.change && j.inPast(h.change, o.change) }) {
			least = id
		}
	}
	return least
}

// Hidden tells whether the words of a change are hidden, and by which change.
func (j *Judge) Hidden(c cid.Cid) (by cid.Cid, hidden bool) {
	i := j.at(c)
	if i == none || len(j.words.on[i]) == 0 {
		return cid.Undef, false
	}
	if j.words.moved != j.moved {
		clear(j.words.memo)
		j.words.moved = j.moved
	}
	by, ok := j.words.memo[i]
	if !ok {
		by = j.hider(i)
		j.words.memo[i] = by
	}
	return by, by.Defined()
}
