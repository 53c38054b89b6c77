package charter

import (
	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// epoch is the genesis or an amend that was ratified, on the path or not.
//
// Invariants:
//
//  1. ratifies are the changes of the votes that decided it, in the order in which they
//     arrived: none for the genesis, else at least one.
//  2. next are the epochs that are based on it.
//  3. index is its place on the path, none when it is not on it.
type epoch struct {
	change   int32
	base     *epoch // nil: the genesis
	index    int32
	charter  *Charter
	required []int32 // the terms, as the grants number them
	cuts     []cut
	ratifies []int32
	next     []*epoch
	support
}

// newEpoch makes the epoch of a change.
func (j *Judge) newEpoch(change int32, base *epoch, c *Charter) *epoch {
	e := &epoch{change: change, base: base, index: none, charter: c, required: j.grants.number(c.Terms)}
	e.support = newSupport()
	j.epochs[change] = e
	if base != nil {
		base.next = append(base.next, e)
	}
	j.elect(c)
	return e
}

// amend is the amend of a change, which may be void: it is looked at when somebody who
// may vote for it does, or a reader asks, since strangers write as many as they like.
type amend struct {
	Amendment
	change int32
	sound  answer
}

// answer is the answer to a question that may not have been asked yet.
type answer uint8

const (
	unasked answer = iota
	no
	yes
)

// answered is the answer that a truth gives.
func answered(b bool) answer {
	if b {
		return yes
	}
	return no
}

// noteAmend takes in an amend of change i; the first in its form counts.
func (j *Judge) noteAmend(i int32, a crdt.Act) {
	if j.amends[i] != nil {
		return
	}
	if p, ok := ReadAmend(a); ok {
		j.amends[i] = &amend{Amendment: p, change: i}
		j.amendList = append(j.amendList, i)
	}
}

// amendOf is the amend of a change; nil when there is none, or it is void: it names what
// is not in its past, or is based on what is no epoch and no amend.
func (j *Judge) amendOf(i int32) *amend {
	var chain []*amend
	sound := yes
	for q := i; ; {
		p := j.amends[q]
		if p == nil {
			sound = no
			break
		}
		if p.sound != unasked {
			sound = p.sound
			break
		}
		chain = append(chain, p)
		if !j.sees(p.change, p.Base) || !j.seesCuts(p) {
			sound = no
			break
		}
		if q = j.at(p.Base); j.epochs[q] != nil {
			break
		}
	}
	for _, p := range chain {
		p.sound = sound
	}
	if sound == no {
		return nil
	}
	return j.amends[i]
}

// sees tells whether a change has another in its past.
func (j *Judge) sees(i int32, c cid.Cid) bool {
	k := j.at(c)
	return k != none && k != i && j.inPast(k, i)
}

// seesAll tells whether a change has others in its past.
func (j *Judge) seesAll(i int32, list []cid.Cid) bool {
	for _, c := range list {
		if !j.sees(i, c) {
			return false
		}
	}
	return true
}

// seesCuts tells whether an amend has the heads that it names in its past.
func (j *Judge) seesCuts(p *amend) bool {
	for _, c := range p.Cut {
		if !j.seesAll(p.change, c.Heads) {
			return false
		}
	}
	return true
}

// charterOf is the charter of an amend that is not void. What is based on amends that
// were not ratified is computed anew each time.
func (j *Judge) charterOf(p *amend) *Charter {
	var chain []*amend
	base := p.change
	for ; j.epochs[base] == nil; base = j.at(j.amends[base].Base) {
		j.steps++
		chain = append(chain, j.amends[base])
	}
	c := j.epochs[base].charter
	for k := len(chain) - 1; k >= 0; k-- {
		c = c.amended(&chain[k].Amendment, j.genesis)
	}
	return c
}

// flaw is why votes for an amend with a charter are void, Ratifies when they are not.
func (j *Judge) flaw(p *amend, c *Charter) Reason {
	switch {
	case c.bad:
		return BadCharter
	case c.lacksGenesis:
		return GenesisTerms
	}
	for _, cut := range p.Cut {
		for _, h := range cut.Heads {
			if j.rows[j.at(h)].root.Key != cut.Key {
				return BadCut
			}
		}
	}
	return Ratifies
}

// cutsOf are the cuts of an amend.
func (j *Judge) cutsOf(p *amend) []cut {
	out := make([]cut, len(p.Cut))
	for k, c := range p.Cut {
		out[k] = cut{c.Key, j.allAt(c.Heads)}
	}
	return out
}

// allAt are the indexes of changes that are there.
func (j *Judge) allAt(list []cid.Cid) []int32 {
	out := make([]int32, len(list))
	for k, c := range list {
		out[k] = j.at(c)
	}
	return out
}

// uses tells whether a set has an amend of base.
func (j *Judge) uses(set int32, base *epoch) bool {
	for _, p := range j.sets.of(set) {
		j.steps++
		if j.epochs[p].base == base {
			return true
		}
	}
	return false
}
