package charter

import (
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// support is which of the amends of one base its members support. A member supports what
// each branch of the own chain met first: at its earliest change that is, or has in its
// past, a ratify from the base, the amend that was ratified, and of several the one that
// was first in that past. Members whose branches disagree support none.
//
// Invariants:
//
//  1. sights of a member are these changes, with what they met, in the order in which
//     they arrived.
//  2. of counts, by amend, the members all of whose sights met it.
type support struct {
	sights map[crdt.Author][]sight
	of     map[*epoch]int
}

// sight is the change in which a branch of a member met the first ratify from a base.
type sight struct {
	change int32
	met    *epoch
}

// newSupport makes an empty one.
func newSupport() support {
	return support{map[crdt.Author][]sight{}, map[*epoch]int{}}
}

// choice is what sights agree on; nil when they do not.
func choice(sights []sight) *epoch {
	if len(sights) == 0 || slices.ContainsFunc(sights, func(s sight) bool { return s.met != sights[0].met }) {
		return nil
	}
	return sights[0].met
}

// look takes in what change i meets, and gives the bases of which the support is another.
func (j *Judge) look(i int32) (bases []*epoch) {
	r := &j.rows[i]
	before := int32(0)
	if r.prev != none {
		before = j.rows[r.prev].after
	}
	if r.after == before || !j.elected[r.root.Key] {
		return nil
	}
	for _, p := range j.sets.of(r.after) {
		j.steps++
		base := j.epochs[p].base
		if j.sets.has(before, p) || !base.charter.Has(r.root.Key) || slices.Contains(bases, base) || j.uses(before, base) {
			continue
		}
		j.sight(base, r.root.Key, sight{i, j.meets(i, base)})
		bases = append(bases, base)
	}
	return bases
}

// sight writes down a sight of a member.
func (j *Judge) sight(base *epoch, by crdt.Author, s sight) {
	if was := choice(base.sights[by]); was != nil {
		base.of[was]--
	}
	base.sights[by] = append(base.sights[by], s)
	if now := choice(base.sights[by]); now != nil {
		base.of[now]++
	}
}

// meets is the amend of base that change i meets: the only one, or the first in its past.
func (j *Judge) meets(i int32, base *epoch) *epoch {
	var rivals []*epoch
	for _, p := range j.sets.of(j.rows[i].after) {
		if e := j.epochs[p]; e.base == base {
			rivals = append(rivals, e)
		}
	}
	if len(rivals) == 1 {
		return rivals[0]
	}
	of := map[*epoch]int{}
	for _, sights := range base.sights {
		var in []sight
		for _, s := range sights {
			if j.inPast(s.change, i) {
				in = append(in, s)
			}
		}
		if met := choice(in); met != nil {
			of[met]++
		}
	}
	return j.first(rivals, of)
}

// first is the first of rivals: most support, then the lower CID.
func (j *Judge) first(rivals []*epoch, of map[*epoch]int) *epoch {
	return slices.MinFunc(rivals, func(a, b *epoch) int { return j.order(a, b, of) })
}

// order orders rivals.
func (j *Judge) order(a, b *epoch, of map[*epoch]int) int {
	switch {
	case of[a] != of[b]:
		return of[b] - of[a]
	case j.rows[a.change].id.KeyString() < j.rows[b.change].id.KeyString():
		return -1
	}
	return 1
}
