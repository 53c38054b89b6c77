package marks

// spot is a place in document order that no element can take: just before or
// just after an element, or one of the two edges of the text. Spots are what
// ranges begin and end at; Peritext calls them anchors. In bits it is the LV,
// doubled, plus one for after.
type spot uint32

const (
	begin  spot = 1<<32 - 2 // before everything that is or will be in the text
	finish spot = 1<<32 - 1 // after everything
)

// before is the spot just before an element.
func before(lv LV) spot { return spot(lv << 1) }

// after is the spot just after an element.
func after(lv LV) spot { return spot(lv<<1 | 1) }

// elem is the element of a spot that is no edge.
func (s spot) elem() LV { return LV(s >> 1) }

// compare orders two spots: negative when a comes first. It asks the text about
// the order of two elements, so it costs what that costs.
func compare(text Text, a, b spot) int {
	switch {
	case a == b:
		return 0
	case a == begin || b == finish:
		return -1
	case b == begin || a == finish:
		return 1
	case a>>1 == b>>1:
		return int(a&1) - int(b&1)
	}
	return text.Order(a.elem(), b.elem())
}

// position is the number of visible elements before a spot.
func position(text Text, s spot) int {
	switch s {
	case begin:
		return 0
	case finish:
		return text.Len()
	}
	pos, shown := text.Index(s.elem())
	if shown && s&1 == 1 {
		pos++
	}
	return pos
}
