package pack

// pageRows is the number of rows of a page: enough that pages do not count,
// few enough that a small pack takes little.
const (
	pageBits = 10
	pageRows = 1 << pageBits
)

// pages is a list that grows without moving, so that a long one never takes
// twice its room.
type pages[T any] struct {
	p []*[pageRows]T
	n int
}

// add appends v.
func (s *pages[T]) add(v T) {
	if s.n&(pageRows-1) == 0 {
		s.p = append(s.p, new([pageRows]T))
	}
	s.p[s.n>>pageBits][s.n&(pageRows-1)] = v
	s.n++
}

// at returns row i.
func (s *pages[T]) at(i uint32) *T { return &s.p[i>>pageBits][i&(pageRows-1)] }
