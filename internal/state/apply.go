package state

import (
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/tree"
)

// Reason why offsets are summed while walking the ops: words lie in the content
// block in op order, and numbers are given in op order, so both follow from the
// ops alone.

// Apply takes in a change that the graph has, or the open one: its ops, found
// at the places that [shape.Table.Admit] noted or located anew when places is
// nil. words is the arena offset of its content, or graph.NoWords. The change
// is effective until [State.Switch] says otherwise; Settle is due afterwards.
func (s *State) Apply(r graph.Ref, ops []byte, briefs block.Briefs, places []int32, words uint32) {
	i, applied := r.Applied()
	if words == graph.NoWords && applied && s.G.Size(i) > 0 {
		s.absent[i] = true
	}
	rd, op := &s.rd, &s.op
	rd.ResetBriefs(ops, briefs)
	w := walk{s: s, r: r, lv: s.G.LVOf(r, 0), words: words}
	for k := 0; rd.Next(op); k++ {
		if places != nil {
			w.place = places[k]
		} else if p, _, err := s.T.Locate(s.G, r, w.lv-s.G.LVOf(r, 0), op); err == nil {
			w.place = p
		} else {
			panic("state: an applied change names what is not there: " + err.Error())
		}
		w.op(op)
	}
}

// Op takes in one op of the open change, whose numbers begin at lv and whose
// words lie at an arena offset. Settle is due afterwards.
func (s *State) Op(r graph.Ref, op *block.Op, place int32, lv LV, words uint32) {
	w := walk{s: s, r: r, lv: lv, words: words, place: place}
	w.op(op)
}

// walk is the way through the ops of one change.
type walk struct {
	s     *State
	r     graph.Ref
	lv    LV     // of the op's first number
	words uint32 // arena offset of the op's words, or NoWords
	place int32
}

// op takes in one op and moves on.
func (w *walk) op(op *block.Op) {
	s := w.s
	n := op.Numbers()
	switch op.Code {
	case block.OpText:
		s.Seq(w.place).Insert(w.parent(op), sequence.Side(op.Side), w.lv, n, w.words, w.words != graph.NoWords)
	case block.OpQuote:
		s.Seq(w.place).Insert(w.parent(op), sequence.Side(op.Side), w.lv, n, w.words, w.words != graph.NoWords)
		s.AddQuote(w.lv, n, op.From)
	case block.OpBlock:
		text := s.T.Get(w.place).Up
		s.Seq(text).Insert(w.parent(op), sequence.Side(op.Side), w.lv, n, 0, true)
		s.AddMarker(text, w.lv)
	case block.OpMark:
		w.mark(op)
	case block.OpNode, block.OpTreeMove:
		w.node(op)
	case block.OpValues:
		s.AddValues(w.lv, op.Lens, w.words)
		s.Seq(w.place).Insert(w.parent(op), sequence.Side(op.Side), w.lv, n, 0, w.words != graph.NoWords)
	case block.OpListChild:
		s.Seq(s.T.Get(w.place).Up).Insert(w.parent(op), sequence.Side(op.Side), w.lv, n, 0, true)
	case block.OpSet:
		s.AddElemSlot(w.place, w.thing(op.At))
		s.AddEntry(w.place, w.lv, w.over(op), entries.Value, -1, w.words, op.Bytes)
	case block.OpMove:
		s.Seq(s.T.Get(w.place).Up).Insert(w.parent(op), sequence.Side(op.Side), w.lv, n, 0, false)
		s.AddMove(w.place, w.thing(op.Elem), w.lv, w.over(op))
	case block.OpPut:
		s.AddEntry(w.place, w.lv, w.over(op), entries.Value, -1, w.words, op.Bytes)
	case block.OpAbsent:
		s.AddEntry(w.place, w.lv, w.over(op), entries.Absent, -1, graph.NoWords, 0)
	case block.OpChild:
		s.AddEntry(s.T.Get(w.place).Up, w.lv, w.over(op), entries.Child, w.place, graph.NoWords, 0)
	case block.OpAdd:
		s.AddTags(w.place, w.lv, op.Lens, w.words)
	case block.OpStep:
		s.Steps.Add(w.place, w.lv, op.Amount)
	case block.OpDelete:
		w.runs(op, func(d, lv LV, n uint32) { s.Life.Delete(d, lv, n) })
	case block.OpRestore:
		w.runs(op, func(_, lv LV, n uint32) { s.Life.Restore(lv, n, true) })
	case block.OpGenesis, block.OpNote, block.OpAct:
	}
	w.lv += n
	if w.words != graph.NoWords {
		w.words += op.WordBytes()
	}
}

// node takes in a node of a tree or a move of one.
func (w *walk) node(op *block.Op) {
	s, children, dest := w.s, w.place, LV(tree.None)
	if op.Code == block.OpNode {
		children = s.T.Get(w.place).Up
	}
	if op.HasDest {
		dest = w.thing(op.Dest)
	}
	s.Seq(children).Insert(w.parent(op), sequence.Side(op.Side), w.lv, 1, 0, false)
	if of := s.T.Get(children).Up; op.Code == block.OpNode {
		s.AddNode(of, w.lv, dest)
	} else {
		s.AddNodeMove(of, w.lv, w.thing(op.Elem), dest)
	}
}

// parent is the LV of the element an insert stands at.
func (w *walk) parent(op *block.Op) LV {
	if !op.HasAt {
		return sequence.None
	}
	return w.thing(op.At)
}

// thing is the LV of a thing, which was checked.
func (w *walk) thing(t block.Thing) LV {
	l, _ := w.s.G.LinkOf(w.r, t.C)
	if i, ok := l.Applied(); ok {
		return w.s.G.NumberLV(i, t.N)
	}
	x, off, ok := w.s.G.Resolve(l, t.N)
	if !ok {
		panic("state: an applied change names a number that is not there")
	}
	return w.s.G.LVOf(x, off)
}

// over are the LVs that an entry is written over.
func (w *walk) over(op *block.Op) []LV {
	if len(op.Over) == 0 {
		return nil
	}
	list := make([]LV, len(op.Over))
	for k, t := range op.Over {
		list[k] = w.thing(t)
	}
	return list
}

// runs yields the stretches of LVs that the runs of an op name, with the LV of
// the op's own number for the first of each.
func (w *walk) runs(op *block.Op, yield func(d, lv LV, n uint32)) {
	d := w.lv
	for _, run := range op.Runs {
		l, _ := w.s.G.LinkOf(w.r, run.C)
		if i, ok := l.Applied(); ok {
			w.s.G.NumberLVs(i, run.N, run.Len, func(lv LV, n uint32) {
				yield(d, lv, n)
				d += n
			})
			continue
		}
		w.s.G.Expand(l, run.N, run.Len, func(x graph.Ref, off, n uint32) {
			yield(d, w.s.G.LVOf(x, off), n)
			d += n
		})
	}
}

// AddValues notes where the values of new list elements lie.
func (s *State) AddValues(lv LV, lens []uint32, words uint32) {
	for k, n := range lens {
		s.values.add(lv+uint32(k), words, n)
		if words != graph.NoWords {
			words += n
		}
	}
}

// AddTags adds set members; a member without words is kept and not shown.
func (s *State) AddTags(set int32, lv LV, lens []uint32, words uint32) {
	for k, n := range lens {
		s.Tags.Add(set, lv+uint32(k), words, n)
		if words != graph.NoWords {
			words += n
		}
	}
}

// AddEntry adds an entry to a slot.
func (s *State) AddEntry(slot int32, lv LV, over []LV, kind entries.EntryKind, child int32, off, size uint32) {
	if p := s.T.Get(slot); p.Sort == shape.Slot && !s.Slots.Has(slot) {
		s.addKey(p.Up, slot)
	}
	s.Slots.Add(slot, lv, over, kind, child, off, size)
}

// AddElemSlot makes the slot of a list element that is set for the first time:
// the element itself is its first value.
func (s *State) AddElemSlot(slot int32, elem LV) {
	if _, ok := s.elemSlot[elem]; ok {
		return
	}
	s.elemSlot[elem] = slot
	s.unsure = append(s.unsure, stretch{elem, 1})
	if w := s.T.At(elem); w.Class() == shape.ElemMaker {
		s.Slots.Add(slot, elem, nil, entries.Child, w.Place(), graph.NoWords, 0)
		return
	}
	off, size, _ := s.values.get(elem)
	s.Slots.Add(slot, elem, nil, entries.Value, -1, off, size)
}

// Switch turns applied change i between effective and not: all its numbers,
// its deletes and its restores. Settle is due afterwards.
func (s *State) Switch(i int32, on bool) {
	if s.Effective(i) == on {
		return
	}
	if on {
		delete(s.off, i)
	} else {
		s.off[i] = true
	}
	s.Life.Switch(s.G.First(i), s.G.Count(i), on)
	s.switchMarkers(s.G.First(i), s.G.Count(i), on)
	var rd block.Reader
	var op block.Op
	rd.Reset(s.G.Ops(i))
	w := walk{s: s, r: graph.At(i), lv: s.G.First(i)}
	for rd.Next(&op) {
		if op.Code == block.OpRestore {
			w.runs(&op, func(_, lv LV, n uint32) { s.Life.Restore(lv, n, on) })
		}
		w.lv += op.Numbers()
	}
	s.unsure = append(s.unsure, stretch{s.G.First(i), s.G.Count(i)})
}

// Fill gives the words of applied change i, absent so far, which now lie in
// the arena at an offset.
func (s *State) Fill(i int32, words uint32) {
	if !s.absent[i] {
		return
	}
	s.Settle() // a flip that is due may be of an element that is shown below
	delete(s.absent, i)
	var rd block.Reader
	var op block.Op
	rd.Reset(s.G.Ops(i))
	first := s.G.First(i)
	for lv := first; rd.Next(&op); {
		n := op.Numbers()
		switch op.Code {
		case block.OpText, block.OpQuote:
			s.Seq(s.T.At(lv).Place()).Fill(lv, n, words)
			s.showAlive(lv, n)
		case block.OpValues:
			at := words
			for k, size := range op.Lens {
				s.Slots.Fill(lv+uint32(k), at, size)
				at += size
			}
			s.values.fill(lv, op.Lens, words)
			s.showAlive(lv, n)
		case block.OpSet, block.OpPut:
			s.Slots.Fill(lv, words, op.Bytes)
		case block.OpMark:
			s.rich[s.T.At(lv).Place()].Fill(lv, words, op.Bytes)
		case block.OpAdd:
			at := words
			for k, size := range op.Lens {
				s.Tags.Fill(lv+uint32(k), at, size)
				at += size
			}
		}
		lv += n
		words += op.WordBytes()
	}
}

// showAlive shows the elements of a range that are alive.
func (s *State) showAlive(lv LV, n uint32) {
	q := s.Seq(s.T.At(lv).Place())
	for end := lv + n; lv < end; {
		alive, k := s.Life.Run(lv, end-lv)
		if alive {
			q.Show(lv, k, true)
			s.flipMoves(lv, k, s.T.At(lv))
		}
		lv += k
	}
	s.settleMoves()
}

// fill gives values their place in the arena.
func (v *values) fill(lv LV, lens []uint32, words uint32) {
	for k, n := range lens {
		at, ok := slices.BinarySearch(v.lv, lv+uint32(k))
		if ok {
			v.off[at] = words
		}
		words += n
	}
}

// Truncate takes back the numbers from lv on, which are those of a local edit;
// their deletes and restores were taken back in Life, and settled. The number
// table still knows them. seqs are the texts and lists that it inserted into.
func (s *State) Truncate(lv LV, seqs []int32) {
	var slots []int32
	if n := s.T.End() - lv; n > 0 {
		s.T.Range(lv, n, func(_ LV, _ uint32, w shape.What) {
			switch w.Class() {
			case shape.Entry:
				slots = append(slots, w.Place())
			case shape.EntryMaker:
				slots = append(slots, s.T.Get(w.Place()).Up)
			}
		})
	}
	for e := range s.elemSlot {
		if e >= lv {
			delete(s.elemSlot, e)
		}
	}
	s.Slots.Truncate(lv)
	s.Tags.Truncate(lv)
	s.Steps.Truncate(lv)
	s.values.truncate(lv)
	for _, m := range s.rich {
		m.Truncate(lv)
	}
	s.truncateTrees(lv)
	for _, p := range seqs {
		if q := s.Peek(p); q != nil {
			q.Truncate(lv)
		}
	}
	s.truncateMoves(lv)
	s.truncateQuotes(lv)
	for _, slot := range slots {
		if p := s.T.Get(slot); p.Sort == shape.Slot && !s.Slots.Has(slot) {
			s.dropKey(p.Up, slot)
		}
	}
}
