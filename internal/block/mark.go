package block

// Grow says how far a mark goes beyond its first or last element.
type Grow uint8

// The ways of growing.
const (
	GrowNone  Grow = 0 // 0: it ends with the element
	GrowEdge  Grow = 1 // null: it goes on to the edge of the text
	GrowThing Grow = 2 // thing: it goes on up to a neighbour, which it does not reach
)

// Growth is how a mark grows on one side. At is the neighbour of GrowThing.
type Growth struct {
	Grow Grow
	At   Thing
}

// appendMark appends the parts of a mark behind its code.
func appendMark(dst []byte, op *Op) []byte {
	dst = appendText(appendSlot(dst, op), op.ID)
	dst = appendThing(appendThing(dst, op.Elem), op.Last)
	dst = appendGrowth(appendGrowth(dst, op.Left), op.Right)
	return appendUint(dst, uint64(op.Bytes))
}

// appendGrowth appends how a mark grows on one side.
func appendGrowth(dst []byte, g Growth) []byte {
	if g.Grow == GrowNone {
		return appendUint(dst, 0)
	}
	return appendThingOrNull(dst, g.Grow == GrowThing, g.At)
}

// mark reads the parts of a mark behind its code.
func (r *Reader) mark(op *Op) {
	r.container(op, KindText)
	key := r.text(MaxMarkName, "the key of a mark")
	if len(key) == 0 {
		r.fail(ErrInvalid, "mark without a key")
	}
	op.Key = r.keep(&r.memory.key, key)
	op.ID = r.keep(&r.memory.id, r.text(MaxMarkName, "the ID of a mark"))
	op.Elem, op.Last = r.thing(), r.thing()
	op.Left, op.Right = r.growth(), r.growth()
	op.Bytes = r.wordBytes(0, "a mark")
}

// growth reads how a mark grows on one side: 0, null or a thing.
func (r *Reader) growth() Growth {
	if r.peek() == majorUint<<5 {
		r.i++
		return Growth{}
	}
	if t, there := r.thingOrNull(); there {
		return Growth{GrowThing, t}
	}
	return Growth{Grow: GrowEdge}
}
