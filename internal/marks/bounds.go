package marks

// Expand says to which sides a mark grows over text that is typed at its ends.
type Expand uint8

// The ways to expand.
const (
	ExpandNone   Expand = 0
	ExpandBefore Expand = 1
	ExpandAfter  Expand = 2
	ExpandBoth   Expand = ExpandBefore | ExpandAfter
)

// Removal is how a null mark expands that takes away marks which expand like e: where
// the text on one side of a border has the mark and that on the other does not, what is
// typed there is to get the same on both borders of a hole as on those of a word. So
// none and both change places; before and after keep theirs.
func (e Expand) Removal() Expand {
	switch e {
	case ExpandNone:
		return ExpandBoth
	case ExpandBoth:
		return ExpandNone
	}
	return e
}

// Expand is how a mark was told to expand.
func (mk *Mark) Expand() (e Expand) {
	if mk.Left != None {
		e |= ExpandBefore
	}
	if mk.Right != None {
		e |= ExpandAfter
	}
	return e
}

// Bounds is what a new mark over the visible positions [i, j), i < j, has to say: its
// first and last element and, where it grows, the visible neighbour or the edge.
func (m *Marks) Bounds(i, j int, e Expand) (first, last, left, right LV) {
	first, last = m.text.At(i), m.text.At(j-1)
	left, right = None, None
	if e&ExpandBefore != 0 {
		if left = Edge; i > 0 {
			left = m.text.At(i - 1)
		}
	}
	if e&ExpandAfter != 0 {
		if right = Edge; j < m.text.Len() {
			right = m.text.At(j)
		}
	}
	return first, last, left, right
}
