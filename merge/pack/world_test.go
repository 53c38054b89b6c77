package pack

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// world draws histories of changes of all ops: each change has the form that the
// format asks for, and names numbers that are there, but what it says need not
// make sense to a document.
type world struct {
	r       *rand.Rand
	work    block.ID
	salted  bool
	keys    []block.Key
	list    []made
	at      map[block.ID]int
	names   []string
	bundle  bridge.Bundle
	similar bool // ops mostly go on where the last one ended, as people do
	last    block.Thing
}

// made is a change of a world.
type made struct {
	id         block.ID
	by, prev   int // numbers of author and change, -1
	seq, start uint64
	count      uint32
}

// newWorld makes the genesis of a world.
func newWorld(seed uint64) *world {
	w := &world{r: rand.New(rand.NewPCG(seed, 7)), at: map[block.ID]int{}, names: []string{"", "a", "body", "zażółć"}}
	w.salted, w.similar = w.r.IntN(4) == 0, w.r.IntN(2) == 0
	for k := range 2 + w.r.IntN(5) {
		s := sha256.Sum256(fmt.Appendf(nil, "key %d %d", seed, k))
		w.keys = append(w.keys, block.Key(ed25519.NewKeyFromSeed(s[:]).Public().(ed25519.PublicKey)))
	}
	slices.SortFunc(w.keys, func(a, b block.Key) int { return bytes.Compare(a[:], b[:]) })
	op := block.Op{Code: block.OpGenesis, Name: "title", Salt: w.salted}
	if w.r.IntN(2) == 0 {
		op.HasRules, op.Rules = true, "rules"
		if w.r.IntN(2) == 0 {
			op.HasValue, op.Value = true, []byte{0x82, 0x01, 0x02}
		}
	}
	h := block.Header{By: w.keys[0], Time: 1700000000000}
	w.put(&h, []block.Op{op}, nil, 0, -1)
	w.work = w.list[0].id
	w.bundle.Work = w.work
	return w
}

// put makes a change of a header and ops, with words, by author number by.
func (w *world) put(h *block.Header, ops []block.Op, words []byte, by, prev int) {
	var raw []byte
	count := uint32(0)
	for k := range ops {
		raw = block.AppendOp(raw, &ops[k])
		count += ops[k].Numbers()
	}
	if len(words) > 0 {
		if w.salted {
			words = append(w.bytes(block.SaltSize), words...)
		}
		h.Size, h.Text = uint32(len(words)), block.Sum(words)
	} else {
		words = nil
	}
	it := bridge.Item{Change: block.Encode(h, len(ops), raw), Words: words}
	var c block.Change
	if err := block.Decode(it.Change, &c); err != nil {
		panic(fmt.Sprintf("the world made no change: %v", err))
	}
	if words != nil && w.r.IntN(8) == 0 {
		it.Words = nil
	}
	it.ID = block.Sum(it.Change)
	w.at[it.ID] = len(w.list)
	w.list = append(w.list, made{block.ID(it.ID), by, prev, h.Seq, h.Start, count})
	w.bundle.Items = append(w.bundle.Items, it)
	if w.r.IntN(3) == 0 {
		w.bundle.Sigs = append(w.bundle.Sigs, bridge.Sig{Change: it.ID, Sig: [64]byte(w.bytes(64))})
	}
}

// bytes draws n bytes.
func (w *world) bytes(n int) []byte {
	b := make([]byte, n)
	for k := range b {
		b[k] = byte(w.r.Uint32())
	}
	return b
}

// grow makes n changes.
func (w *world) grow(n int) {
	for range n {
		w.change()
	}
}

// change makes one change by anybody, on any changes.
func (w *world) change() {
	by := w.r.IntN(len(w.keys))
	h := block.Header{By: w.keys[by], Time: 1700000000000 + int64(w.r.IntN(1<<20))}
	prev := w.prev(by)
	if prev >= 0 {
		p := &w.list[prev]
		h.Prev, h.Seq, h.Start = p.id, p.seq+1, p.start+uint64(p.count)
	} else {
		h.Work = w.work
	}
	h.Parents = w.links(w.r.IntN(3), h.Prev)
	if prev < 0 && len(h.Parents) == 0 {
		h.Parents = []block.ID{w.list[w.r.IntN(len(w.list))].id}
	}
	if w.r.IntN(2) == 0 {
		h.Refs = w.links(w.r.IntN(5), append(slices.Clone(h.Parents), h.Prev)...)
	}
	if w.r.IntN(10) == 0 {
		h.More = true
	}
	if w.r.IntN(10) == 0 {
		h.HasTag, h.Tag = true, uint32(w.r.IntN(len(h.Parents)+len(h.Refs)+1))
		h.HasTag = h.Tag > 0 || prev >= 0
		if !h.HasTag {
			h.Tag = 0
		}
	}
	if w.r.IntN(10) == 0 {
		for k, key := range w.keys {
			if k != by && w.r.IntN(2) == 0 {
				h.With = append(h.With, key)
			}
		}
	}
	m := maker{w: w, h: &h, prev: prev}
	for range w.r.IntN(7) {
		m.op()
	}
	w.put(&h, m.ops, m.words, by, prev)
}

// prev draws the change that the author goes on from, -1 for none: mostly the
// newest, seldom another, which forks the key.
func (w *world) prev(by int) int {
	var own []int
	for k := range w.list {
		if w.list[k].by == by {
			own = append(own, k)
		}
	}
	switch {
	case len(own) == 0 || w.r.IntN(40) == 0 && by > 0:
		return -1
	case w.r.IntN(20) == 0:
		return own[w.r.IntN(len(own))]
	}
	return own[len(own)-1]
}

// links draws up to n changes that are not among others.
func (w *world) links(n int, others ...block.ID) (out []block.ID) {
	for range n {
		k := w.r.IntN(len(w.list))
		if w.r.IntN(2) == 0 {
			k = len(w.list) - 1 - w.r.IntN(min(3, len(w.list)))
		}
		if id := w.list[k].id; !slices.Contains(others, id) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, block.Compare)
	return out
}

// maker makes the ops of one change.
type maker struct {
	w     *world
	h     *block.Header
	prev  int
	ops   []block.Op
	words []byte
	count uint64 // numbers so far
}

// thing draws a number that is there, of the own chain or through a link.
func (m *maker) thing() (t block.Thing, ok bool) {
	r, w := m.w.r, m.w
	if w.similar && r.IntN(3) > 0 && w.last.C == 0 && w.last.N < m.h.Start+m.count {
		return w.last, true
	}
	t.C = uint32(r.IntN(len(m.h.Parents) + len(m.h.Refs) + 1))
	end := m.h.Start + m.count
	if t.C > 0 {
		l := &w.list[w.at[m.h.Link(t.C)]]
		end = l.start + uint64(l.count)
	}
	if end == 0 {
		return t, false
	}
	t.N = uint64(r.Int64N(int64(end)))
	if r.IntN(2) == 0 {
		t.N = end - 1 - uint64(r.IntN(int(min(end, 3))))
	}
	return t, true
}

// must is thing, or another one where there is none.
func (m *maker) must() (block.Thing, bool) {
	for range 20 {
		if t, ok := m.thing(); ok {
			return t, true
		}
	}
	return block.Thing{}, false
}

// container draws a container.
func (m *maker) container(k block.Kind) block.Container {
	if m.w.r.IntN(2) == 0 {
		if t, ok := m.thing(); ok {
			return block.Container{Kind: k, Child: true, At: t}
		}
	}
	return block.Container{Kind: k, Name: m.name()}
}

// name draws a name, seldom a new one.
func (m *maker) name() string {
	w := m.w
	if w.r.IntN(10) == 0 {
		w.names = append(w.names, fmt.Sprintf("name %d", len(w.names)))
	}
	return w.names[w.r.IntN(len(w.names))]
}

// over draws entries in their order.
func (m *maker) over() (out []block.Thing) {
	for range m.w.r.IntN(4) {
		if t, ok := m.thing(); ok && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b block.Thing) int {
		if a.C != b.C {
			return int(a.C) - int(b.C)
		}
		return int(int64(a.N) - int64(b.N))
	})
	return out
}

// at draws a position.
func (m *maker) at(op *block.Op) {
	op.Side = block.Right
	if op.At, op.HasAt = m.thing(); op.HasAt {
		op.Side = block.Side(m.w.r.IntN(2))
	} else {
		op.At = block.Thing{}
	}
}

// text draws the words of a text.
func (m *maker) text(op *block.Op) {
	for range 1 + m.w.r.IntN(9) {
		s := string([]rune("abcdefgé≠😀")[m.w.r.IntN(10)])
		m.words = append(m.words, s...)
		op.Runes++
		op.Bytes += uint32(len(s))
	}
}

// value draws one value and returns its length.
func (m *maker) value() uint32 {
	b, err := block.EncodeValue(m.w.r.IntN(1 << uint(m.w.r.IntN(30))))
	if err != nil {
		panic(err)
	}
	m.words = append(m.words, b...)
	return uint32(len(b))
}

// runs draws runs that share no number.
func (m *maker) runs() (out []block.Run) {
	used := map[block.Thing]bool{}
	for range 1 + m.w.r.IntN(4) {
		t, ok := m.thing()
		if !ok {
			continue
		}
		n := uint32(0)
		for ; n < uint32(1+m.w.r.IntN(5)) && !used[block.Thing{C: t.C, N: t.N + uint64(n)}]; n++ {
			if !m.exists(t.C, t.N+uint64(n)) {
				break
			}
			used[block.Thing{C: t.C, N: t.N + uint64(n)}] = true
		}
		if n > 0 {
			out = append(out, block.Run{C: t.C, N: t.N, Len: n})
		}
	}
	return out
}

// exists tells whether there is such a number.
func (m *maker) exists(c uint32, n uint64) bool {
	if c == 0 {
		return n < m.h.Start+m.count
	}
	l := &m.w.list[m.w.at[m.h.Link(c)]]
	return n < l.start+uint64(l.count)
}

// op makes one op of any code, or none where what it needs is not there.
func (m *maker) op() {
	r := m.w.r
	op := block.Op{Code: block.Code(1 + r.IntN(int(block.OpQuote)))}
	if m.w.similar && r.IntN(3) > 0 {
		op.Code = []block.Code{block.OpText, block.OpDelete}[r.IntN(2)]
	}
	ok := true
	if k := containerOf[op.Code]; k != 0 {
		op.C = m.container(k)
	}
	switch op.Code {
	case block.OpText, block.OpQuote:
		m.at(&op)
		m.text(&op)
		if op.Code == block.OpQuote {
			m.origin(&op)
		}
	case block.OpValues, block.OpAdd:
		if op.Code == block.OpValues {
			m.at(&op)
		}
		for range 1 + r.IntN(3) {
			op.Lens = append(op.Lens, m.value())
		}
	case block.OpListChild, block.OpBlock, block.OpNode:
		m.at(&op)
		op.Kind = block.Kind(1 + r.IntN(6))
	case block.OpSet:
		if op.At, ok = m.must(); ok {
			op.HasAt, op.Over, op.Bytes = true, m.over(), m.value()
		}
	case block.OpMove, block.OpTreeMove:
		if op.Elem, ok = m.must(); ok {
			m.at(&op)
		}
	case block.OpPut, block.OpAbsent, block.OpChild:
		m.entry(&op)
	case block.OpStep:
		op.Amount = int64(r.Uint64() >> uint(r.IntN(63)))
		op.Amount += int64(1) - min(op.Amount*op.Amount, 1) // not 0
	case block.OpDelete, block.OpRestore:
		op.Runs = m.runs()
		ok = len(op.Runs) > 0
	case block.OpNote:
		m.words = append(m.words, "note"...)
		op.Bytes = 4
	case block.OpAct:
		op.Name, op.Value, op.HasValue = "act"+m.name(), []byte{0x63, 'a', 'b', 'c'}, true
	case block.OpMark:
		ok = m.mark(&op)
	}
	switch op.Code {
	case block.OpMove:
		op.Over = m.over()
	case block.OpNode, block.OpTreeMove:
		op.Dest, op.HasDest = m.thing()
	}
	if !ok {
		return
	}
	m.ops = append(m.ops, op)
	if m.count += uint64(op.Numbers()); op.Numbers() > 0 {
		m.w.last = block.Thing{N: m.h.Start + m.count - 1}
	}
}

// entry draws an entry of a map.
func (m *maker) entry(op *block.Op) {
	op.Key, op.Over = m.name(), m.over()
	switch op.Code {
	case block.OpPut:
		op.Bytes = m.value()
	case block.OpChild:
		op.Kind = block.Kind(1 + m.w.r.IntN(6))
		op.At, op.HasAt = m.thing()
	}
}

// mark draws a mark.
func (m *maker) mark(op *block.Op) (ok bool) {
	op.Key, op.ID = "k"+m.name(), m.name()
	if op.Elem, ok = m.must(); !ok {
		return false
	}
	if op.Last, ok = m.must(); !ok {
		return false
	}
	for _, g := range []*block.Growth{&op.Left, &op.Right} {
		g.Grow = block.Grow(m.w.r.IntN(3))
		if g.Grow == block.GrowThing {
			if g.At, ok = m.must(); !ok {
				return false
			}
		}
	}
	if m.w.r.IntN(2) == 0 {
		op.Bytes = m.value()
	}
	return true
}

// origin draws where a quote comes from.
func (m *maker) origin(op *block.Op) {
	op.From.Change = m.w.list[m.w.r.IntN(len(m.w.list))].id
	op.From.N = m.w.r.Uint64N(1 << 20)
	if m.w.r.IntN(2) == 0 {
		op.From.Work = m.w.work
	}
}

// headerOf is the header of a change by author 1 with nothing said yet.
func headerOf(w *world) *block.Header {
	return &block.Header{By: w.keys[1], Time: 1700000000000}
}

// equalOps is one keystroke behind the one before.
func equalOps(start uint64) []block.Op {
	op := block.Op{Code: block.OpText, C: block.Container{Kind: block.KindText, Name: "body"}, Side: block.Right, Runes: 1, Bytes: 1}
	if start > 0 {
		op.HasAt, op.At = true, block.Thing{N: start - 1}
	}
	return []block.Op{op}
}
