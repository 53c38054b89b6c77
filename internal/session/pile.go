package session

import "bytes"

// pile is bytes that come in parts, kept once: none of them is copied as more come, and
// parts of one byte take no more room than long ones.
//
// Invariant: every chunk but the last is full, none is empty, and held is the sum of
// their lengths.
type pile struct {
	chunks [][]byte
	held   int
}

// The room of a chunk: as much as is held already, within these.
const (
	leastChunk = 4 << 10
	mostChunk  = 1 << 20
)

// add takes in a copy of a part.
func (p *pile) add(part []byte) {
	for len(part) > 0 {
		last := len(p.chunks) - 1
		if last < 0 || len(p.chunks[last]) == cap(p.chunks[last]) {
			p.chunks = append(p.chunks, make([]byte, 0, min(max(p.held, leastChunk), mostChunk)))
			last++
		}
		c := p.chunks[last]
		n := min(len(part), cap(c)-len(c))
		p.chunks[last] = append(c, part[:n]...)
		p.held += n
		part = part[n:]
	}
}

// take gives all that came, as one, and leaves nothing.
func (p *pile) take() []byte {
	whole := bytes.Join(p.chunks, nil)
	*p = pile{}
	return whole
}
