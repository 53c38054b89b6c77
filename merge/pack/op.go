package pack

import (
	"github.com/commonhold/commonhold/internal/block"
)

// The symbols of a kind from quick on are those of a text in the container that
// the author's last text went to, and say where in it the text goes: at a recent
// place, or as placeLeft and those behind it say. The symbols below are codes.
const quick = 64

// Where an element goes that goes to no recent place.
const (
	placeLeft  = recents + iota // on the left of a thing
	placeRight                  // on its right
	placeRoot                   // nowhere: to the right of the root
	placeEnd
)

// maxCode is the greatest code of an op.
const maxCode = block.OpQuote

// containerOf gives the kind of the containers that ops of a code work in, 0
// for those that work in none.
var containerOf = [maxCode + 1]block.Kind{
	block.OpText: block.KindText, block.OpValues: block.KindList, block.OpListChild: block.KindList,
	block.OpPut: block.KindMap, block.OpAbsent: block.KindMap, block.OpChild: block.KindMap,
	block.OpAdd: block.KindSet, block.OpStep: block.KindCounter, block.OpMark: block.KindText,
	block.OpBlock: block.KindText, block.OpNode: block.KindTree, block.OpQuote: block.KindText,
}

// source codes whose context an author takes up: the own, or that of whoever
// made the change before in the pack.
func (m *model) source(last uint32) {
	if last == none || last == m.author {
		return
	}
	taken := m.taken
	if m.write {
		taken = m.takes(&m.contexts[last], &m.op)
	}
	if m.taken = m.flag(colSource, taken); m.taken {
		m.contexts[m.author] = m.contexts[last]
	}
}

// takes decides for a writer: whichever context has the place of the first op
// as its newest or, failing that, at all; else as the last time.
func (m *model) takes(other *context, op *block.Op) bool {
	own := m.context()
	a, b := recents, recents
	switch op.Code {
	case block.OpText:
		if lv, ok := m.locate(op.At); ok && op.HasAt {
			a, b = own.rank(spot{lv, op.Side}), other.rank(spot{lv, op.Side})
		}
	case block.OpDelete:
		if len(op.Runs) > 0 {
			if lv, ok := m.locate(block.Thing{C: op.Runs[0].C, N: op.Runs[0].N}); ok {
				end := lv + op.Runs[0].Len - 1
				a, b = own.rankOf(end), other.rankOf(end)
			}
		}
	}
	if a == b {
		return m.taken
	}
	return b < a
}

// each codes one op, which is m.op in both directions.
func (m *model) each() {
	op, k := &m.op, uint8(0)
	if m.write {
		k = m.kind(op)
	}
	k = m.sym(colKind+m.after, k)
	after := m.after
	m.after = 1
	switch {
	case k >= quick+placeEnd || k > uint8(maxCode) && k < quick:
		m.fail("kind %d of an op", k)
		return
	case k >= quick:
		op.Code = block.OpText
		m.inPlace(op)
		m.beside(op, k-quick)
		m.text(op, after)
		m.inserted(op.Runes, k-quick)
	default:
		op.Code = block.Code(k)
		m.fields(op, after)
	}
	m.made += uint64(op.Numbers())
	m.words += uint64(op.WordBytes())
	if m.here() > maxNumbers || m.words > block.MaxContent {
		m.fail("%d numbers, a change with words of %d bytes", m.here(), m.words)
	}
}

// kind returns the symbol for an op that is written.
func (m *model) kind(op *block.Op) uint8 {
	if op.Code != block.OpText {
		return uint8(op.Code)
	}
	if n, ok := m.known(op.C); !ok || n != m.context().containers[block.KindText] {
		return uint8(op.Code)
	}
	return quick + m.whereTo(op)
}

// whereTo returns the symbol for where an op that is written puts an element.
func (m *model) whereTo(op *block.Op) uint8 {
	if !op.HasAt {
		return placeRoot
	}
	if lv, ok := m.locate(op.At); ok {
		if r := m.context().rank(spot{lv, op.Side}); r < recents {
			return uint8(r)
		}
	}
	return placeLeft + uint8(op.Side)
}

// inPlace gives an op that is read the container of its author's last text.
func (m *model) inPlace(op *block.Op) {
	if m.write {
		return
	}
	p, ok := m.places.get(m.context().containers[block.KindText])
	if !ok {
		m.fail("text in no container")
		return
	}
	op.C = block.Container{Kind: p.kind, Child: p.child, Name: p.name}
	if p.child {
		op.C.At = m.number(int64(p.lv))
	}
}

// beside codes where an element goes, of which s says most, and notes the place
// behind it. The op must have its Runes, Lens or whatever it is only afterwards.
func (m *model) beside(op *block.Op, s uint8) {
	x := m.context()
	switch {
	case s < recents:
		if int(s) >= x.n {
			m.fail("recent place %d of %d", s, x.n)
			return
		}
		at := x.spots[s]
		if op.HasAt, op.Side = true, at.side; !m.write {
			op.At = m.number(int64(at.elem))
		}
	case s == placeRoot:
		op.HasAt, op.Side = false, block.Right
	default:
		op.HasAt, op.Side = true, block.Side(s-placeLeft)
		op.At, _ = m.thing(roleAt, op.At, 1)
	}
}

// inserted notes that n elements were inserted, at what was a recent place of
// this rank.
func (m *model) inserted(n uint32, rank uint8) {
	x, first := m.context(), uint32(m.here())
	x.done = span{first, first + n}
	x.visit(spot{first + n - 1, block.Right}, int(rank))
}

// text codes the length of a text.
func (m *model) text(op *block.Op, after column) {
	op.Runes = uint32(m.upto(colRunes+after, uint64(op.Runes)-1, block.MaxContent-1)) + 1
	op.Bytes = op.Runes + uint32(m.upto(colBytes, uint64(op.Bytes-op.Runes), block.MaxContent))
}

// putBeside codes where an element goes in an op whose kind does not say.
func (m *model) putBeside(op *block.Op) uint8 {
	var s uint8
	if m.write {
		s = m.whereTo(op)
	}
	if s = m.sym(colPlace, s); s >= placeEnd {
		m.fail("place %d", s)
		return placeRoot
	}
	m.beside(op, s)
	return s
}

// container codes the container of an op: 0 for the one of its kind used last,
// 1 for a root and 2 for a child that are new, and how far back others stand in
// the table. It returns its number there, none for a child told outright.
func (m *model) container(op *block.Op) uint32 {
	c, kind := &op.C, containerOf[op.Code]
	x := m.context()
	n, ok := m.known(*c)
	v := uint64(1)
	switch {
	case !m.write:
	case ok && n == x.containers[kind]:
		v = 0
	case ok:
		v = uint64(m.places.next()-n) + 2
	case c.Child:
		v = 2
	}
	v = m.num(colContainer, v)
	switch v {
	case 0:
		n = x.containers[kind]
	case 1:
		c.Name, _ = m.name(rootNames, c.Name)
		n = m.places.add(place{kind: kind, name: c.Name}, m.write)
	case 2:
		var lv uint32
		if c.At, lv = m.lone(c.At); lv == none {
			*c = block.Container{Kind: kind, Child: true, At: c.At}
			return none
		}
		n = m.places.add(place{kind: kind, child: true, lv: lv}, m.write)
	default:
		n = m.places.next() - uint32(min(v-2, maxEntries+1))
	}
	p, ok := m.places.get(n)
	if !ok || p.kind != kind {
		m.fail("container %d", v)
		return none
	}
	x.containers[kind] = n
	if !m.write {
		*c = block.Container{Kind: kind, Child: p.child, Name: p.name}
		if p.child {
			c.At = m.number(int64(p.lv))
		}
	}
	return n
}

// known returns the number in the table of a container that is written.
func (m *model) known(c block.Container) (n uint32, ok bool) {
	if !m.write {
		return none, false
	}
	p := place{kind: c.Kind, child: c.Child, name: c.Name}
	if c.Child {
		if p.lv, ok = m.locate(c.At); !ok {
			return none, false
		}
	}
	n, ok = m.places.find[p]
	return n, ok
}
