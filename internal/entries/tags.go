package entries

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"slices"
)

// Tags holds the members of sets: observed-remove, add wins. Each add makes a tag with a value; a remove
// deletes the tags its author saw, so a value is in the set while one of its tags is alive. Values are
// told apart by their canonical bytes. A tag whose words are absent counts as alive but is not shown.
//
// The alive tags of one value of one set are a ring-free list through the tags; the values of a set that
// are shown are listed in order of (length, bytes), brought up to date when the set is read.
//
// At all times:
//  1. Tags ascend by local version; index finds exactly these, each under its number.
//  2. A tag is in a group: that of its set and value, or while its words are absent the bare group of its
//     set. tags counts them; alive counts the alive ones, which are linked from head by prev and next.
//  3. find leads by hash, and on by other, to each group with words once, and to nothing else.
//  4. sorted of a set ascends by (length, bytes), fresh is in no order; together they list each group with
//     words and an alive tag once, perhaps some without alive ones, nothing twice, and what they list is
//     flagged listed. shown counts the groups with words and an alive tag.
//  5. Groups are in use, with a tag, or free.
type Tags struct {
	words *[]byte
	seed  maphash.Seed

	index  index
	tags   []tag
	groups []group
	free   []uint32          // groups
	find   map[uint64]uint32 // hash of set and value -> first group
	sets   map[int32]*members
}

// tag is one add: 20 bytes.
type tag struct {
	lv         LV
	group      uint32
	prev, next uint32 // alive tags of the group
	alive      bool
}

// group is the tags of one set that have one value.
type group struct {
	hash   uint64
	set    int32
	off    uint32 // words, NoWords for the bare group
	size   uint32
	tags   uint32
	alive  uint32
	head   uint32 // first alive tag
	other  uint32 // next group with this hash
	listed bool
}

// members is one set.
type members struct {
	sorted []uint32
	fresh  []uint32
	shown  int
	bare   uint32 // group of the tags without words, or none
}

// NewTags returns a room without tags. words is the document's arena; it may grow between calls. Where
// hashes fall decides nothing but time, so their seed is drawn anew for each room.
func NewTags(words *[]byte) *Tags {
	return &Tags{words: words, seed: maphash.MakeSeed(), find: map[uint64]uint32{}, sets: map[int32]*members{}}
}

// value is the words of a group.
func (t *Tags) value(g *group) []byte { return (*t.words)[g.off : g.off+g.size] }

// hash is the hash of a value of a set.
func (t *Tags) hash(set int32, value []byte) uint64 {
	return maphash.Bytes(t.seed, value) ^ uint64(uint32(set))*0x9e3779b97f4a7c15
}

// lookup finds the group of a value, none when the set never had it.
func (t *Tags) lookup(set int32, value []byte, hash uint64) uint32 {
	g, ok := t.find[hash]
	if !ok {
		return none
	}
	for g != none {
		if x := &t.groups[g]; x.set == set && bytes.Equal(t.value(x), value) {
			return g
		}
		g = t.groups[g].other
	}
	return none
}

// newGroup makes a group without tags.
func (t *Tags) newGroup(g group) uint32 {
	g.head, g.other = none, none
	if n := len(t.free); n > 0 {
		id := t.free[n-1]
		t.free, t.groups[id] = t.free[:n-1], g
		return id
	}
	t.groups = append(t.groups, g)
	return uint32(len(t.groups) - 1)
}

// groupOf finds or makes the group of the words at an offset.
func (t *Tags) groupOf(set int32, off, size uint32) uint32 {
	m := t.sets[set]
	if m == nil {
		m = &members{bare: none}
		t.sets[set] = m
	}
	if off == NoWords {
		if m.bare == none {
			m.bare = t.newGroup(group{set: set, off: NoWords})
		}
		return m.bare
	}
	value := (*t.words)[off : off+size]
	h := t.hash(set, value)
	g := t.lookup(set, value, h)
	if g == none {
		g = t.newGroup(group{hash: h, set: set, off: off, size: size})
		if first, ok := t.find[h]; ok {
			t.groups[g].other = first
		}
		t.find[h] = g
	}
	return g
}

// Add adds an alive tag to the set at a place. off and size name its value in the arena; off is NoWords
// while the words are absent. Tags come in ascending order of local version, else a panic.
func (t *Tags) Add(set int32, lv LV, off, size uint32) {
	if n := len(t.tags); n > 0 && t.tags[n-1].lv >= lv {
		panic(fmt.Sprintf("entries: tags ascend: local version %d after %d", lv, t.tags[n-1].lv))
	}
	i := t.index.add(lv)
	g := t.groupOf(set, off, size)
	t.tags = append(t.tags, tag{lv: lv, group: g, prev: none, next: none})
	t.groups[g].tags++
	t.live(i)
}

// live links a tag that came to life into its group.
func (t *Tags) live(i uint32) {
	x := &t.tags[i]
	g := &t.groups[x.group]
	x.alive, x.prev, x.next = true, none, g.head
	if g.head != none {
		t.tags[g.head].prev = i
	}
	g.head = i
	if g.alive++; g.alive > 1 || g.off == NoWords {
		return
	}
	m := t.sets[g.set]
	m.shown++
	if !g.listed {
		g.listed = true
		m.fresh = append(m.fresh, x.group)
	}
}

// die takes a tag that died out of the alive ones of its group.
func (t *Tags) die(i uint32) {
	x := &t.tags[i]
	g := &t.groups[x.group]
	x.alive = false
	if x.prev == none {
		g.head = x.next
	} else {
		t.tags[x.prev].next = x.next
	}
	if x.next != none {
		t.tags[x.next].prev = x.prev
	}
	if g.alive--; g.alive == 0 && g.off != NoWords {
		t.sets[g.set].shown--
	}
}

// Flip tells that a tag came to life or died; what it is already does nothing. lv must be a tag.
func (t *Tags) Flip(lv LV, alive bool) {
	i := t.number(lv)
	if t.tags[i].alive == alive {
		return
	}
	if alive {
		t.live(i)
	} else {
		t.die(i)
	}
}

// number is the number of a tag that must be there.
func (t *Tags) number(lv LV) uint32 {
	i := t.index.find(lv)
	if i == none {
		panic(fmt.Sprintf("entries: flips name what was added: local version %d is no tag", lv))
	}
	return i
}

// Fill gives a tag the words that were absent; a tag that has words keeps them.
func (t *Tags) Fill(lv LV, off, size uint32) {
	i := t.number(lv)
	if from := t.tags[i].group; t.groups[from].off == NoWords && off != NoWords {
		to := t.groupOf(t.groups[from].set, off, size)
		alive := t.tags[i].alive
		if alive {
			t.die(i)
		}
		t.groups[from].tags--
		t.groups[to].tags++
		t.tags[i].group = to
		if alive {
			t.live(i)
		}
		t.sweep(from)
	}
}

// sweep frees a group that has no tag left and tells whether it did. A group that its set lists is left
// flagged and listed for the caller to take out.
func (t *Tags) sweep(id uint32) bool {
	g := &t.groups[id]
	if g.tags > 0 {
		return false
	}
	if g.off == NoWords {
		t.sets[g.set].bare = none
	} else if first := t.find[g.hash]; first != id {
		for t.groups[first].other != id {
			first = t.groups[first].other
		}
		t.groups[first].other = g.other
	} else if g.other != none {
		t.find[g.hash] = g.other
	} else {
		delete(t.find, g.hash)
	}
	t.free = append(t.free, id)
	return true
}

// Truncate forgets the tags with local versions from lv on, which are the newest. It does not look at
// words, so the arena may have been cut. Costs what is forgotten, and a look at the lists of the sets that
// lost a value.
func (t *Tags) Truncate(lv LV) {
	lost := map[int32]map[uint32]bool{}
	for n := len(t.tags); n > 0 && t.tags[n-1].lv >= lv; n-- {
		i := uint32(n - 1)
		if t.tags[i].alive {
			t.die(i)
		}
		g := t.tags[i].group
		t.groups[g].tags--
		if set := t.groups[g].set; t.sweep(g) && t.groups[g].listed {
			if lost[set] == nil {
				lost[set] = map[uint32]bool{}
			}
			lost[set][g] = true
		}
		t.index.pop(t.tags[i].lv)
		t.tags = t.tags[:i]
	}
	for set, groups := range lost {
		gone := func(g uint32) bool { return groups[g] }
		m := t.sets[set]
		m.sorted = slices.DeleteFunc(m.sorted, gone)
		m.fresh = slices.DeleteFunc(m.fresh, gone)
	}
}
