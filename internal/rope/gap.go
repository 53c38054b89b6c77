// Package rope holds two plain texts, a gap buffer and a rope of 1 KiB chunks.
//
// They know nothing of replicas or authors. They are the floors that measures
// are multiples of: what it costs merely to have the text that an editing
// history leads to. Start from the zero value of [Gap] or [Rope] and call
// Replace.
//
// Positions count bytes. A position outside the text is the caller's mistake
// and panics, as with a slice. Neither is safe for concurrent use.
package rope

// Gap is a text with its free space at the place of the last edit, as most
// editors hold it: the least that anything which edits text can cost. An edit
// elsewhere moves the bytes between. The zero Gap is the empty text.
//
// Invariants: 0 ≤ at ≤ end ≤ len(buf); the text is buf[:at] followed by
// buf[end:].
type Gap struct {
	buf     []byte
	at, end int
}

// Len returns the length of the text.
func (g *Gap) Len() int { return len(g.buf) - (g.end - g.at) }

// Replace puts ins in the place of the del bytes behind the first pos ones.
func (g *Gap) Replace(pos, del int, ins string) {
	if uint(pos) > uint(g.Len()) || uint(del) > uint(g.Len()-pos) {
		panic("rope: Replace outside the text")
	}
	g.move(pos)
	g.end += del
	if len(ins) > g.end-g.at {
		g.grow(len(ins))
	}
	g.at += copy(g.buf[g.at:], ins)
}

// move brings the gap to pos by copying what lies between.
func (g *Gap) move(pos int) {
	switch {
	case pos < g.at:
		g.end -= copy(g.buf[g.end-(g.at-pos):g.end], g.buf[pos:g.at])
	case pos > g.at:
		g.end += copy(g.buf[g.at:], g.buf[g.end:g.end+(pos-g.at)])
	}
	g.at = pos
}

// grow makes the gap at least n bytes and the buffer at least twice as large,
// so that growing costs a constant a byte.
func (g *Gap) grow(n int) {
	tail := len(g.buf) - g.end
	next := make([]byte, max(2*len(g.buf), g.at+tail+n, 64))
	copy(next, g.buf[:g.at])
	copy(next[len(next)-tail:], g.buf[g.end:])
	g.buf, g.end = next, len(next)-tail
}

// Append appends the text to dst and returns it.
func (g *Gap) Append(dst []byte) []byte {
	return append(append(dst, g.buf[:g.at]...), g.buf[g.end:]...)
}

// String returns the text.
func (g *Gap) String() string { return string(g.Append(nil)) }
