package trace

import (
	"fmt"
	"unicode/utf8"
)

// Flat is a history as edits of one plain text, made by [Trace.Flatten].
type Flat struct {
	// Edits, applied in order to an empty text, end at Text. Positions are
	// code points. In a sequential trace they are the trace's own edits, less
	// those that change nothing.
	Edits []Edit
	// Bytes are the same edits with Pos and Del counted in UTF-8 bytes.
	Bytes []Edit
	// Text is the end text.
	Text string
	// Writers names for each code point of Text the edit that inserted it, as
	// an index into Trace.Edits.
	Writers []uint32
}

// chunkLen is the most elements of one chunk of the list that Flatten keeps:
// about the square root of a long history, as places are found by walking
// chunks and then elements.
const chunkLen = 512

// Flatten replays the whole history with plain lists, knowing nothing of
// CRDTs: every character ever inserted stays in one list, every agent has a
// view of it, and a transaction first brings its agent's view up to its past.
// An insert goes right behind the character its agent sees before it, which is
// exact because in these histories no two people insert at the same place.
//
// The error wraps ErrMalformed if an edit reaches beyond what its agent sees,
// and ErrEnd if the text is not the trace's End. Each edit costs about
// (characters ever inserted) / 512 + 512 steps.
func (t *Trace) Flatten() (*Flat, error) {
	f := newFlattener(t)
	for i := range t.Txns {
		if err := f.txn(i); err != nil {
			return nil, fmt.Errorf("trace: transaction %d: %w", i, err)
		}
	}
	return f.finish()
}

// chunk is a stretch of the list.
//
// Invariants: shown[v] is the number of its ids that view v shows; bytes is
// the UTF-8 length of those that the merged view shows.
type chunk struct {
	ids   []uint32
	shown []int32
	bytes int
}

// flattener is the state of one Flatten. An id numbers a character in order of
// insertion. View a < Agents is what agent a sees; view Agents, "merged", is
// everything that has happened so far.
//
// Invariants:
//  1. every id lies in exactly one chunk, chunkOf tells which;
//  2. made[i] and gone[i] are what transaction i inserted and deleted;
//  3. have[a*Agents+b] transactions of b are in the view of a.
type flattener struct {
	t       *Trace
	list    []*chunk
	runes   []rune   // by id
	edits   []uint32 // by id: the edit that inserted it
	chunkOf []*chunk // by id
	views   []bits
	made    [][2]uint32 // by transaction: the ids it inserted, first and end
	gone    [][]uint32  // by transaction: the ids it deleted
	have    []uint32
	chain   [][]uint32 // by agent: its transactions so far
	out     Flat
}

// bits is a set of ids that grows as needed.
type bits []uint64

// has tells whether id is in the set.
func (b bits) has(id uint32) bool {
	return int(id>>6) < len(b) && b[id>>6]&(1<<(id&63)) != 0
}

// flip adds or removes id; it tells whether that changed anything.
func (b *bits) flip(id uint32, in bool) bool {
	if b.has(id) == in {
		return false
	}
	for int(id>>6) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[id>>6] ^= 1 << (id & 63)
	return true
}

// newFlattener returns the state before the first transaction.
func newFlattener(t *Trace) *flattener {
	return &flattener{
		t:     t,
		list:  []*chunk{{shown: make([]int32, t.Agents+1)}},
		views: make([]bits, t.Agents+1),
		made:  make([][2]uint32, len(t.Txns)),
		gone:  make([][]uint32, len(t.Txns)),
		have:  make([]uint32, t.Agents*t.Agents),
		chain: make([][]uint32, t.Agents),
	}
}

// show makes view v show or hide id and keeps the sums of its chunk.
func (f *flattener) show(v int, id uint32, in bool) {
	if !f.views[v].flip(id, in) {
		return
	}
	c, d := f.chunkOf[id], int32(1)
	if !in {
		d = -1
	}
	c.shown[v] += d
	if v == f.t.Agents {
		c.bytes += int(d) * utf8.RuneLen(f.runes[id])
	}
}

// catchUp brings the view of agent a to the past of transaction i: first all
// that was inserted, then all that was deleted, as the one who deletes a
// character may come before its writer in the order of agents.
func (f *flattener) catchUp(a uint32, i int) {
	have := f.have[int(a)*f.t.Agents:][:f.t.Agents]
	seen := f.t.Seen(i)
	for b, want := range seen {
		for n := have[b]; n < want && b != int(a); n++ {
			made := f.made[f.chain[b][n]]
			for id := made[0]; id < made[1]; id++ {
				f.show(int(a), id, true)
			}
		}
	}
	for b, want := range seen {
		for n := have[b]; n < want && b != int(a); n++ {
			for _, id := range f.gone[f.chain[b][n]] {
				f.show(int(a), id, false)
			}
		}
		have[b] = want
	}
}

// txn replays transaction i.
func (f *flattener) txn(i int) error {
	x := &f.t.Txns[i]
	f.catchUp(x.Agent, i)
	f.made[i][0] = uint32(len(f.runes))
	for e := x.First; e < x.End; e++ {
		if err := f.edit(i, e); err != nil {
			return fmt.Errorf("edit %d: %w", e, err)
		}
	}
	f.made[i][1] = uint32(len(f.runes))
	f.chain[x.Agent] = append(f.chain[x.Agent], uint32(i))
	return nil
}

// edit replays one edit of transaction i: deletes what its agent sees after
// Pos, then inserts behind what it sees before Pos.
func (f *flattener) edit(i int, number uint32) error {
	e, v := &f.t.Edits[number], int(f.t.Txns[i].Agent)
	p, ok := f.find(v, int(e.Pos))
	if !ok {
		return fmt.Errorf("%w: position %d", ErrMalformed, e.Pos)
	}
	first := len(f.out.Edits)
	f.gather(p, e.Ins)
	if !f.remove(i, v, p, int(e.Del), e.Ins) {
		return fmt.Errorf("%w: %d deleted at %d", ErrMalformed, e.Del, e.Pos)
	}
	f.insert(v, p, e.Ins, number)
	f.tidy(first)
	return nil
}

// tidy drops edits of the flat history from first on that change nothing.
func (f *flattener) tidy(first int) {
	n := first
	for j := first; j < len(f.out.Edits); j++ {
		if f.out.Edits[j].Del > 0 || f.out.Edits[j].Ins != "" {
			f.out.Edits[n], f.out.Bytes[n] = f.out.Edits[j], f.out.Bytes[j]
			n++
		}
	}
	f.out.Edits, f.out.Bytes = f.out.Edits[:n], f.out.Bytes[:n]
}

// place is a gap in the list: before element at of chunk c, with the numbers
// of code points and bytes that the merged view shows before it.
type place struct {
	c, at        int
	runes, bytes int
}

// find returns the gap right behind the pos-th character that view v shows.
func (f *flattener) find(v, pos int) (place, bool) {
	p, merged, left := place{}, f.t.Agents, int32(pos)
	for left > 0 && p.c < len(f.list) && f.list[p.c].shown[v] < left {
		c := f.list[p.c]
		left -= c.shown[v]
		p.runes += int(c.shown[merged])
		p.bytes += c.bytes
		p.c++
	}
	if p.c == len(f.list) {
		return p, false
	}
	for ids := f.list[p.c].ids; left > 0; p.at++ {
		if f.views[v].has(ids[p.at]) {
			left--
		}
		f.step(&p, ids[p.at])
	}
	return p, true
}

// step counts id as passed by p if the merged view shows it.
func (f *flattener) step(p *place, id uint32) {
	if f.views[f.t.Agents].has(id) {
		p.runes++
		p.bytes += utf8.RuneLen(f.runes[id])
	}
}

// gather adds to the flat history that ins comes to p.
func (f *flattener) gather(p place, ins string) {
	f.out.Edits = append(f.out.Edits, Edit{Pos: uint32(p.runes), Ins: ins})
	f.out.Bytes = append(f.out.Bytes, Edit{Pos: uint32(p.bytes), Ins: ins})
}

// remove hides the next n characters that view v shows from p on, in that view
// and the merged one, and false says that there are fewer. The flat edit that
// stands last, which inserts ins at p, takes the first stretch; a further
// stretch, which exists only where words that v has not seen lie between,
// becomes an edit of its own and lies behind ins.
func (f *flattener) remove(i, v int, p place, n int, ins string) bool {
	merged, from := f.t.Agents, p
	for ; n > 0; n-- {
		id, ok := f.next(v, &p)
		if !ok {
			return false
		}
		f.gone[i] = append(f.gone[i], id)
		f.show(v, id, false)
		if !f.views[merged].has(id) {
			continue // another agent has deleted it already
		}
		f.show(merged, id, false)
		if p.runes != from.runes {
			from = p
			f.gather(place{runes: p.runes + utf8.RuneCountInString(ins), bytes: p.bytes + len(ins)}, "")
		}
		last := len(f.out.Edits) - 1
		f.out.Edits[last].Del++
		f.out.Bytes[last].Del += uint32(utf8.RuneLen(f.runes[id]))
	}
	return true
}

// next moves p behind the next character that view v shows, and returns it. It
// counts in p what the merged view shows on the way, that one not included.
func (f *flattener) next(v int, p *place) (uint32, bool) {
	for {
		for p.at == len(f.list[p.c].ids) {
			if p.c+1 == len(f.list) {
				return 0, false
			}
			p.c, p.at = p.c+1, 0
		}
		id := f.list[p.c].ids[p.at]
		p.at++
		if f.views[v].has(id) {
			return id, true
		}
		f.step(p, id)
	}
}

// insert puts the characters of s into the gap p, seen by view v and merged.
func (f *flattener) insert(v int, p place, s string, edit uint32) {
	first := uint32(len(f.runes))
	for _, r := range s {
		f.runes = append(f.runes, r)
		f.edits = append(f.edits, edit)
		f.chunkOf = append(f.chunkOf, nil)
	}
	for id := first; id < uint32(len(f.runes)); id++ {
		if len(f.list[p.c].ids) >= chunkLen {
			p = f.split(p)
		}
		c := f.list[p.c]
		c.ids = append(c.ids, 0)
		copy(c.ids[p.at+1:], c.ids[p.at:])
		c.ids[p.at] = id
		p.at++
		f.chunkOf[id] = c
		f.show(v, id, true)
		f.show(f.t.Agents, id, true)
	}
}

// split cuts the full chunk of p in two and returns the gap's new place.
func (f *flattener) split(p place) place {
	c := f.list[p.c]
	n := &chunk{shown: make([]int32, len(c.shown)), ids: make([]uint32, 0, chunkLen)}
	cut := chunkLen / 2
	if p.at == chunkLen {
		cut = chunkLen // typing at the end leaves full chunks behind
	}
	n.ids = append(n.ids, c.ids[cut:]...)
	c.ids = c.ids[:cut]
	for _, id := range n.ids {
		f.chunkOf[id] = n
		for v := range f.views {
			if f.views[v].has(id) {
				c.shown[v]--
				n.shown[v]++
			}
		}
		if f.views[f.t.Agents].has(id) {
			c.bytes -= utf8.RuneLen(f.runes[id])
			n.bytes += utf8.RuneLen(f.runes[id])
		}
	}
	f.list = append(f.list, nil)
	copy(f.list[p.c+2:], f.list[p.c+1:])
	f.list[p.c+1] = n
	if p.at > cut || cut == chunkLen {
		p.c, p.at = p.c+1, p.at-cut
	}
	return p
}

// finish reads the end text and its writers off the list.
func (f *flattener) finish() (*Flat, error) {
	var text []byte
	for _, c := range f.list {
		for _, id := range c.ids {
			if f.views[f.t.Agents].has(id) {
				text = utf8.AppendRune(text, f.runes[id])
				f.out.Writers = append(f.out.Writers, f.edits[id])
			}
		}
	}
	f.out.Text = string(text)
	if f.out.Text != f.t.End {
		return nil, fmt.Errorf("%w: %d bytes where %d belong", ErrEnd, len(f.out.Text), len(f.t.End))
	}
	return &f.out, nil
}
