package pack

import "github.com/commonhold/commonhold/internal/block"

// fields codes all of an op but its code. It sets all that an op of the code has:
// a reader's op may hold anything before.
func (m *model) fields(op *block.Op, after column) {
	c := uint32(none)
	if containerOf[op.Code] != 0 {
		c = m.container(op)
	}
	switch op.Code {
	case block.OpGenesis:
		m.genesis(op)
	case block.OpText, block.OpQuote, block.OpValues, block.OpListChild, block.OpBlock:
		m.insert(op, after)
	case block.OpSet:
		var lv uint32
		op.At, lv = m.lone(op.At)
		m.over(op, lv, uint64(lv)|valueSlot, lv != none)
		m.size(op, 1)
	case block.OpMove:
		m.move(op)
	case block.OpPut, block.OpAbsent, block.OpChild:
		m.entry(op, c)
	case block.OpAdd:
		m.lens(op)
	case block.OpStep:
		op.Amount = m.signed(colAmount, op.Amount)
	case block.OpDelete, block.OpRestore:
		m.after = 2
		m.runs(op)
	case block.OpNote:
		m.size(op, 1)
	case block.OpAct:
		op.Name, _ = m.name(actNames, op.Name)
		op.Value, op.HasValue = m.value(op.Value), true
		m.size(op, 0)
	case block.OpMark:
		m.mark(op)
	case block.OpNode:
		op.HasDest, op.Dest = m.optional(op.HasDest, op.Dest)
		m.inserted(1, m.putBeside(op))
	case block.OpTreeMove:
		op.Elem, _ = m.lone(op.Elem)
		op.HasDest, op.Dest = m.optional(op.HasDest, op.Dest)
		m.inserted(1, m.putBeside(op))
	}
}

// insert codes an op that inserts elements into a text or list.
func (m *model) insert(op *block.Op, after column) {
	s := m.putBeside(op)
	switch op.Code {
	case block.OpText, block.OpQuote:
		m.text(op, after)
	case block.OpValues:
		m.lens(op)
	case block.OpListChild:
		m.kindOf(op)
	}
	if op.Code == block.OpQuote {
		m.origin(op)
	}
	m.inserted(op.Numbers(), s)
}

// size codes the bytes of a value or note.
func (m *model) size(op *block.Op, least uint32) {
	op.Bytes = uint32(m.upto(colBytes, uint64(op.Bytes-least), block.MaxContent)) + least
}

// kindOf codes the kind of a child container.
func (m *model) kindOf(op *block.Op) {
	op.Kind = block.Kind(m.sym(colFlags, uint8(op.Kind)))
}

// lens codes the lengths of one or more values.
func (m *model) lens(op *block.Op) {
	n := m.upto(colCount, uint64(len(op.Lens))-1, block.MaxContent) + 1
	for k := uint64(0); k < n && m.err == nil; k++ {
		var l uint32
		if m.write {
			l = op.Lens[k]
		}
		l = uint32(m.upto(colLens, uint64(l)-1, block.MaxContent)) + 1
		if !m.write {
			op.Lens = append(op.Lens, l)
		}
	}
}

// value codes an encoded value, which a reader does not look into.
func (m *model) value(b []byte) []byte {
	n := m.upto(colLength, uint64(len(b)), block.MaxBlock)
	return m.literal(colNames, b, int(n))
}

// genesis codes the op that begins a work.
func (m *model) genesis(op *block.Op) {
	op.Name, _ = m.name(actNames, op.Name)
	if op.HasRules = m.flag(colFlags, op.HasRules); op.HasRules {
		op.Rules, _ = m.name(actNames, op.Rules)
	}
	if op.HasValue = m.flag(colFlags, op.HasValue); op.HasValue {
		op.Value = m.value(op.Value)
	}
	op.Salt = m.flag(colFlags, op.Salt)
}

// entry codes an op that writes an entry of a map.
func (m *model) entry(op *block.Op, c uint32) {
	var key uint32
	op.Key, key = m.name(keyNames, op.Key)
	if op.Code == block.OpChild {
		m.kindOf(op)
		op.HasAt, op.At = m.optional(op.HasAt, op.At)
	}
	m.over(op, none, uint64(c)<<32|uint64(key), c != none)
	if op.Code == block.OpPut {
		m.size(op, 1)
	}
}

// move codes an op that gives a list element another position.
func (m *model) move(op *block.Op) {
	var lv uint32
	op.Elem, lv = m.lone(op.Elem)
	m.inserted(1, m.putBeside(op))
	m.over(op, lv, uint64(lv)|positionSlot, lv != none)
}

// The slots of list elements, apart from those of maps, which are the number of
// a container and that of a key.
const (
	valueSlot    = 2 << 62
	positionSlot = 3 << 62
)

// over codes the entries that an entry takes the place of: 0 for none, 1 for
// just the entry that the slot is known to have, and one more than how many for
// others. first is the entry that the slot has to begin with, none if it has
// none; a slot that is not known has no cell.
func (m *model) over(op *block.Op, first uint32, slot uint64, known bool) {
	expected := uint32(none)
	if known {
		if m.slots == nil {
			m.slots = new(slots)
		}
		cell, tag := m.slots.cell(slot)
		if expected = first; cell.tag == tag {
			expected = cell.lv
		}
		cell.tag, cell.lv = tag, uint32(m.here())
	}
	v := uint64(len(op.Over))
	if m.write && v > 0 {
		v++
		if lv, ok := m.locate(op.Over[0]); ok && v == 2 && lv == expected {
			v = 1
		}
	}
	v = m.upto(colOver, v, block.MaxNamed+1)
	if v == 1 && !m.write {
		op.Over = append(op.Over, m.number(int64(expected)))
	}
	for k := uint64(1); k < v && m.err == nil; k++ {
		var t block.Thing
		if m.write {
			t = op.Over[k-1]
		}
		if t, _ = m.lone(t); !m.write {
			op.Over = append(op.Over, t)
		}
	}
}

// runs codes the runs of a delete or restore. The first often ends with the
// element that stands at a recent place.
func (m *model) runs(op *block.Op) {
	x := m.context()
	n := m.upto(colRuns, uint64(len(op.Runs))-1, block.MaxNamed) + 1
	lv := uint32(none)
	for k := uint64(0); k < n && m.err == nil; k++ {
		var run block.Run
		if m.write {
			run = op.Runs[k]
		}
		r, size, end := roleNext, colLenNext, recents
		if k == 0 {
			if m.write {
				end = m.endsAt(&run)
			}
			r, size = roleRun, colLenFirst
			if end = recents - int(m.sym(colEnd, uint8(recents-end))); end < recents {
				size = colLenEnd
			}
			if end < 0 || end < recents && end >= x.n {
				m.fail("run that ends at recent place %d of %d", end, x.n)
				return
			}
		}
		run.Len = uint32(m.upto(size, uint64(run.Len)-1, block.MaxNamed)) + 1
		t := block.Thing{C: run.C, N: run.N}
		if end < recents {
			if lv = x.spots[end].elem + 1 - run.Len; !m.write {
				t = m.number(int64(x.spots[end].elem) + 1 - int64(run.Len))
			}
		} else {
			t, lv = m.thing(r, t, run.Len)
		}
		if lv != none {
			x.done = span{lv, lv + run.Len}
		}
		if run.C, run.N = t.C, t.N; !m.write {
			op.Runs = append(op.Runs, run)
		}
	}
	if lv != none && m.err == nil {
		x.visit(spot{lv, block.Left}, recents)
	}
}

// endsAt returns the rank of the recent place with whose element a run ends,
// recents if there is none.
func (m *model) endsAt(run *block.Run) int {
	lv, ok := m.locate(block.Thing{C: run.C, N: run.N})
	if !ok {
		return recents
	}
	return m.context().rankOf(lv + run.Len - 1)
}

// mark codes a mark on a text.
func (m *model) mark(op *block.Op) {
	op.Key, _ = m.name(markNames, op.Key)
	op.ID, _ = m.name(markIDs, op.ID)
	op.Elem, _ = m.lone(op.Elem)
	op.Last, _ = m.lone(op.Last)
	m.growth(&op.Left)
	m.growth(&op.Right)
	m.size(op, 0)
}

// growth codes how a mark grows on one side.
func (m *model) growth(g *block.Growth) {
	if g.Grow = block.Grow(m.sym(colFlags, uint8(g.Grow))); g.Grow > block.GrowThing {
		m.fail("growth %d", g.Grow)
		g.Grow = block.GrowNone
	}
	if g.Grow == block.GrowThing {
		g.At, _ = m.lone(g.At)
	}
}

// What colFlags says of a quote.
const (
	quoteWork = 1 << iota // of another work
	quoteSame             // of the same change as the last quote
)

// origin codes where a quote comes from.
func (m *model) origin(op *block.Op) {
	o, f := &op.From, uint8(0)
	if m.write {
		if !o.Work.IsZero() {
			f |= quoteWork
		}
		if o.Change == m.quote {
			f |= quoteSame
		}
	}
	f = m.sym(colFlags, f)
	if f&quoteWork == 0 {
		o.Work = block.ID{}
	} else {
		m.fixed(colRaw, o.Work[:])
	}
	if f&quoteSame != 0 {
		o.Change = m.quote
	} else {
		m.fixed(colRaw, o.Change[:])
		m.quoted = 0
	}
	o.N = m.quoted + uint64(m.signed(colOrigin, int64(o.N-m.quoted)))
	m.quote, m.quoted = o.Change, o.N+uint64(op.Runes)
}
