package marks

// Grows tells, for a visible position, whether text that is typed there shows in a slot
// what the elements on its two sides show, whatever makes it so: that a mark grows, or
// goes on below another one that ends there. At an edge of the text the side where there
// is nothing shows nothing.
func (m *Marks) Grows(slot int32, pos int) (likeLeft, likeRight bool) {
	s := site{m: m, left: None, right: None}
	l, r := none, none
	var left where
	if pos > 0 {
		s.left = m.text.At(pos - 1)
		left = m.whereElem(s.left)
		l, _ = m.winner(slot, left, none)
	}
	if pos < m.text.Len() {
		s.right = m.text.At(pos)
		r, _ = m.winner(slot, m.whereElem(s.right), none)
	}
	c := s.called(slot, l, r, s.left != None, left)
	return m.alike(c, l), m.alike(c, r)
}
