package pack

import (
	"math"
	"slices"
	"sort"

	"github.com/commonhold/commonhold/internal/block"
)

// maxNumbers bounds the numbers of all changes of a pack: a replica holds no more.
const maxNumbers = 1<<31 - 1

// window is how many changes back a link may name a change that is no tip of a
// chain. What lies further back is named by its ID, so that neither side has to
// keep those of all.
const window = 1 << 16

// maxForks is how many forks of one chain a thing is looked for below a link.
// Beyond it things are told outright: walking more for each change would make
// a hostile pack costly.
const maxForks = 64

// none stands for no change, chain or author.
const none = math.MaxUint32

// row is what is kept of a change.
type row struct {
	base  uint32 // numbers of the changes before it in the pack
	chain uint32
	start uint32 // numbers of the chain before it
}

// chain is the changes of a pack that follow one another by prev, as one author
// made them. A fork begins another chain, and so does a change whose prev is
// not in the pack.
type chain struct {
	up      uint32 // change of another chain that the first follows; none
	seq     uint64 // of the first change
	first   uint64 // start of the first change
	tip     block.ID
	members []uint32 // its changes, ascending

	// Set by links for the change at hand, which stamp says.
	stamp struct{ own, link uint32 }
	reach struct{ own, link uint32 } // the newest change that the own chain, a link, reaches here
	place uint32                     // of that link
}

// history is what both sides know of the changes they have coded. Its numbers
// are those of all changes, in the order of the pack, one after another: place
// base+k is what offset k of its change is. Its invariants:
//
//  1. rows ascend by base; end is the base of the next change.
//  2. Each change is in the members of its chain, which ascend, and its start
//     is the end of the one before it there.
//  3. ids has the last span changes, at their place modulo span, and chains have
//     their tips. find, of a writer, has just these.
//  4. newest has the newest change of each author, none where the author only
//     stands with others.
type history struct {
	span    uint32 // window; tests have less
	rows    pages[row]
	end     uint32
	chains  []chain
	ids     []block.ID
	find    map[block.ID]uint32 // a writer's; nil for a reader
	authors []block.Key
	who     map[block.Key]uint32
	newest  []uint32
	hint    uint32 // change in which a number was found last
	stamp   uint32 // of links; the number of the change at hand, and one
}

// newHistory is the history of no change.
func newHistory(write bool) history {
	h := history{span: window, who: map[block.Key]uint32{}}
	if write {
		h.find = map[block.ID]uint32{}
	}
	return h
}

// room makes room for n more changes.
func (h *history) room(n int) {
	if most := int(h.span) - len(h.ids); most > 0 {
		h.ids = slices.Grow(h.ids, min(n, most))
	}
}

// len returns the number of changes.
func (h *history) len() uint32 { return uint32(h.rows.n) }

// author returns the number of an author, a new one where there was none.
func (h *history) author(k block.Key) uint32 {
	a, ok := h.who[k]
	if !ok {
		a = uint32(len(h.authors))
		h.who[k] = a
		h.authors = append(h.authors, k)
		h.newest = append(h.newest, none)
	}
	return a
}

// count returns how many numbers change i has.
func (h *history) count(i uint32) uint32 {
	if i+1 < h.len() {
		return h.rows.at(i+1).base - h.rows.at(i).base
	}
	return h.end - h.rows.at(i).base
}

// start returns how many numbers the chain of change i had before it.
func (h *history) start(i uint32) uint64 {
	r := h.rows.at(i)
	return h.chains[r.chain].first + uint64(r.start)
}

// seq returns the place of change i on its author's chain.
func (h *history) seq(i uint32) uint64 {
	c := &h.chains[h.rows.at(i).chain]
	if n := len(c.members); c.members[n-1] == i {
		return c.seq + uint64(n-1)
	}
	return c.seq + uint64(sort.Search(len(c.members), func(k int) bool { return c.members[k] >= i }))
}

// add appends a change, which follows prev, none if that is not in the pack.
func (h *history) add(author, prev uint32, start uint64, count uint32, seq uint64, id block.ID) {
	i, x := h.len(), uint32(none)
	if prev != none {
		x = h.rows.at(prev).chain
		c := &h.chains[x]
		regular := start == h.start(prev)+uint64(h.count(prev))
		if c.members[len(c.members)-1] != prev || !regular || start-c.first > math.MaxUint32 || seq != c.seq+uint64(len(c.members)) {
			x = none
		}
		if !regular {
			prev = none // its numbers do not go on
		}
	}
	if x == none {
		x = uint32(len(h.chains))
		h.chains = append(h.chains, chain{up: prev, seq: seq, first: start})
	}
	c := &h.chains[x]
	h.keep(i, c, id)
	h.rows.add(row{base: h.end, chain: x, start: uint32(start - c.first)})
	c.members = append(c.members, i)
	c.tip = id
	h.end += count
	h.newest[author] = i
}

// keep notes the ID of change i, the next of chain c, and forgets those that
// went out of the span, save tips.
func (h *history) keep(i uint32, c *chain, id block.ID) {
	if h.find != nil {
		h.find[id] = i
		if k := len(c.members) - 1; k >= 0 && i-c.members[k] >= h.span && h.find[c.tip] == c.members[k] {
			delete(h.find, c.tip)
		}
	}
	if len(h.ids) < int(h.span) {
		h.ids = append(h.ids, id)
		return
	}
	slot, old := &h.ids[i%h.span], i-h.span
	if h.find != nil {
		o := &h.chains[h.rows.at(old).chain]
		if o.members[len(o.members)-1] != old && h.find[*slot] == old {
			delete(h.find, *slot)
		}
	}
	*slot = id
}

// id returns the ID of change i, if it is kept.
func (h *history) id(i uint32) (block.ID, bool) {
	if n := h.len(); i >= n {
		return block.ID{}, false
	} else if n-i <= h.span {
		return h.ids[i%h.span], true
	}
	c := &h.chains[h.rows.at(i).chain]
	return c.tip, c.members[len(c.members)-1] == i
}

// changeOf returns the change that a number below end belongs to.
func (h *history) changeOf(lv uint32) uint32 {
	n := h.len()
	for i := h.hint; i < min(h.hint+2, n); i++ {
		if r := h.rows.at(i); r.base <= lv && lv-r.base < h.count(i) {
			h.hint = i
			return i
		}
	}
	lo, hi := uint32(0), n // the last change whose base is not above lv
	for hi-lo > 1 {
		if mid := lo + (hi-lo)/2; h.rows.at(mid).base <= lv {
			lo = mid
		} else {
			hi = mid
		}
	}
	h.hint = lo
	return lo
}

// locate returns number n of the chain that change i shows.
func (h *history) locate(i uint32, n uint64) (lv uint32, ok bool) {
	for range maxForks {
		c := &h.chains[h.rows.at(i).chain]
		if n >= h.start(i)+uint64(h.count(i)) {
			return 0, false
		}
		if r := h.rows.at(h.hint); r.chain == h.rows.at(i).chain && h.hint <= i {
			if s := c.first + uint64(r.start); s <= n && n-s < uint64(h.count(h.hint)) {
				return r.base + uint32(n-s), true
			}
		}
		if n >= c.first {
			k := sort.Search(len(c.members), func(k int) bool { return h.start(c.members[k]) > n }) - 1
			j := c.members[k]
			return h.rows.at(j).base + uint32(n-h.start(j)), true
		}
		if c.up == none {
			return 0, false
		}
		i = c.up
	}
	return 0, false
}

// reaches stamps the chains that a link shows: its own up to it, and those it
// forked from up to there. Of several links that reach into a chain the one
// that reaches furthest counts.
func (h *history) reaches(i uint32, place uint32, own bool) {
	for range maxForks {
		c := &h.chains[h.rows.at(i).chain]
		switch {
		case own:
			c.stamp.own, c.reach.own = h.stamp, i
		case c.stamp.link != h.stamp || i > c.reach.link:
			c.stamp.link, c.reach.link, c.place = h.stamp, i, place
		}
		if i = c.up; i == none {
			return
		}
	}
}

// spell returns by which link, and as which number of it, the change at hand
// names a number of an earlier change. It is the inverse of locate, save that
// of several ways it knows one.
func (h *history) spell(lv uint32) (t block.Thing, ok bool) {
	i := h.changeOf(lv)
	r := h.rows.at(i)
	c := &h.chains[r.chain]
	t.N = c.first + uint64(r.start) + uint64(lv-r.base)
	switch {
	case c.stamp.own == h.stamp && i <= c.reach.own:
		return t, true
	case c.stamp.link == h.stamp && i <= c.reach.link:
		t.C = c.place
		return t, true
	}
	return block.Thing{}, false
}
