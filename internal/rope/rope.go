package rope

import (
	"fmt"
	"slices"
)

// chunkSize is the room of one chunk in bytes; groupSize is the most chunks of
// one group. A text of 100 kB is one or two hundred chunks in a few groups, one
// of 10 MB a few hundred groups.
const (
	chunkSize = 1 << 10
	groupSize = 64
)

// chunk is a stretch of the text: buf[:n].
type chunk struct {
	n   int
	buf [chunkSize]byte
}

// group is a run of chunks; size is the sum of their n.
type group struct {
	size   int
	chunks []*chunk
}

// Rope is a text in chunks of 1 KiB with a cached cursor: an edit near the last
// one finds its chunk in a step or two and moves at most one chunk's bytes, so
// its cost does not follow the length of the text as that of a gap buffer can.
// The zero Rope is the empty text.
//
// Invariants:
//  1. size is the sum of the groups' sizes, a group's of its chunks';
//  2. 1 ≤ chunks of a group ≤ groupSize, no chunk is empty;
//  3. if the text is not empty, the cursor is on a chunk: cur, which is chunk c
//     of group g, and start is the number of bytes before it.
type Rope struct {
	size   int
	groups []*group

	g, c  int
	cur   *chunk
	start int
}

// Len returns the length of the text.
func (r *Rope) Len() int { return r.size }

// Replace puts ins in the place of the del bytes behind the first pos ones.
func (r *Rope) Replace(pos, del int, ins string) {
	if uint(pos) > uint(r.size) || uint(del) > uint(r.size-pos) {
		panic("rope: Replace outside the text")
	}
	if del > 0 {
		r.delete(pos, del)
	}
	if len(ins) > 0 {
		r.insert(pos, ins)
	}
}

// seek moves the cursor to the chunk that holds the gap behind the first pos
// bytes: chunk by chunk when it is near, else group by group from the start.
// A gap between two chunks belongs to the earlier one, where typing goes on.
// The text is not empty.
func (r *Rope) seek(pos int) {
	if d := pos - r.start; d < -4*chunkSize || d > 5*chunkSize {
		r.g, r.c, r.start = 0, 0, 0
		for r.start+r.groups[r.g].size < pos {
			r.start += r.groups[r.g].size
			r.g++
		}
		r.cur = r.groups[r.g].chunks[0]
	}
	for pos < r.start || pos == r.start && pos > 0 {
		r.back()
	}
	for pos > r.start+r.cur.n {
		r.forward()
	}
}

// back moves the cursor to the chunk before, which exists.
func (r *Rope) back() {
	if r.c == 0 {
		r.g--
		r.c = len(r.groups[r.g].chunks)
	}
	r.c--
	r.cur = r.groups[r.g].chunks[r.c]
	r.start -= r.cur.n
}

// forward moves the cursor to the next chunk, or behind the last one.
func (r *Rope) forward() {
	r.start += r.cur.n
	if r.c++; r.c == len(r.groups[r.g].chunks) {
		r.g, r.c = r.g+1, 0
	}
	r.land()
}

// land sets cur after g or c has changed; behind the last chunk it is nil.
func (r *Rope) land() {
	r.cur = nil
	if r.g < len(r.groups) {
		r.cur = r.groups[r.g].chunks[r.c]
	}
}

// resize counts d bytes more in the cursor's chunk.
func (r *Rope) resize(d int) {
	r.cur.n += d
	r.groups[r.g].size += d
	r.size += d
}

// insert puts s, which is not empty, behind the first pos bytes.
func (r *Rope) insert(pos int, s string) {
	if r.size == 0 {
		r.groups = append(r.groups[:0], &group{chunks: []*chunk{new(chunk)}})
		r.g, r.c, r.start = 0, 0, 0
		r.land()
	}
	r.seek(pos)
	for {
		c := r.cur
		at := pos - r.start
		switch {
		case c.n+len(s) <= chunkSize: // nearly always
			copy(c.buf[at+len(s):], c.buf[at:c.n])
			copy(c.buf[at:], s)
			r.resize(len(s))
			return
		case at == c.n: // typing and pasting leave full chunks behind
			if c.n == chunkSize {
				r.hang(new(chunk))
				r.forward()
				continue
			}
			k := copy(c.buf[c.n:], s)
			r.resize(k)
			pos, s = pos+k, s[k:]
		case len(s) > chunkSize/2:
			r.split(at)
		default: // in halves, so that many small edits cannot make many small chunks
			r.split(c.n / 2)
			if at > c.n {
				r.forward()
			}
		}
	}
}

// split cuts the cursor's chunk in two at offset at, which is inside it or its
// start; the cursor stays on the first.
func (r *Rope) split(at int) {
	c := r.cur
	tail := &chunk{n: c.n - at}
	copy(tail.buf[:], c.buf[at:c.n])
	r.resize(-tail.n)
	r.hang(tail)
}

// hang puts a chunk behind that of the cursor, which stays where it is; a full
// group is first cut in two.
func (r *Rope) hang(c *chunk) {
	grp := r.groups[r.g]
	if len(grp.chunks) == groupSize {
		half := &group{chunks: make([]*chunk, 0, groupSize)}
		half.chunks = append(half.chunks, grp.chunks[groupSize/2:]...)
		clear(grp.chunks[groupSize/2:])
		grp.chunks = grp.chunks[:groupSize/2]
		for _, moved := range half.chunks {
			half.size += moved.n
		}
		grp.size -= half.size
		r.groups = slices.Insert(r.groups, r.g+1, half)
		if r.c >= groupSize/2 {
			r.g, r.c = r.g+1, r.c-groupSize/2
			grp = half
		}
	}
	grp.chunks = slices.Insert(grp.chunks, r.c+1, c)
	grp.size += c.n
	r.size += c.n
}

// delete takes out n bytes, at least one, behind the first pos ones.
func (r *Rope) delete(pos, n int) {
	r.seek(pos)
	if pos == r.start+r.cur.n {
		r.forward() // the first byte to go is in the next chunk
	}
	for n > 0 {
		c := r.cur
		at := pos - r.start
		k := min(n, c.n-at)
		copy(c.buf[at:], c.buf[at+k:c.n])
		r.resize(-k)
		if n -= k; c.n == 0 {
			r.drop()
		} else if n > 0 {
			r.forward()
		}
	}
	if r.size > 0 && (r.cur == nil || r.cur.n <= chunkSize/4) {
		r.join()
	}
}

// drop takes out the cursor's empty chunk; the cursor is then on the one
// behind it, or behind the last one.
func (r *Rope) drop() {
	grp := r.groups[r.g]
	grp.chunks = slices.Delete(grp.chunks, r.c, r.c+1)
	if len(grp.chunks) == 0 {
		r.groups = slices.Delete(r.groups, r.g, r.g+1)
		r.c = 0
	} else if r.c == len(grp.chunks) {
		r.g, r.c = r.g+1, 0
	}
	r.land()
}

// join brings the cursor back onto a chunk if it is behind the last one, and
// makes one of a small chunk and its neighbours of the same group, so that
// many deletions cannot leave many small chunks.
func (r *Rope) join() {
	if r.cur == nil {
		r.back()
	}
	grp := r.groups[r.g]
	if r.c > 0 && r.cur.n+grp.chunks[r.c-1].n <= chunkSize*3/4 {
		r.back()
	}
	for c := r.cur; r.c+1 < len(grp.chunks) && c.n+grp.chunks[r.c+1].n <= chunkSize*3/4; {
		next := grp.chunks[r.c+1]
		c.n += copy(c.buf[c.n:], next.buf[:next.n])
		grp.chunks = slices.Delete(grp.chunks, r.c+1, r.c+2)
	}
}

// Append appends the text to dst and returns it.
func (r *Rope) Append(dst []byte) []byte {
	for _, grp := range r.groups {
		for _, c := range grp.chunks {
			dst = append(dst, c.buf[:c.n]...)
		}
	}
	return dst
}

// String returns the text.
func (r *Rope) String() string { return string(r.Append(make([]byte, 0, r.size))) }

// check restates the invariants and says which one does not hold.
func (r *Rope) check() error {
	size, before := 0, -1
	for g, grp := range r.groups {
		sum := 0
		for c, ch := range grp.chunks {
			if ch.n < 1 || ch.n > chunkSize {
				return fmt.Errorf("rope: invariant 2: chunk %d of group %d has %d bytes", c, g, ch.n)
			}
			if g == r.g && c == r.c && ch == r.cur {
				before = size + sum
			}
			sum += ch.n
		}
		if sum != grp.size {
			return fmt.Errorf("rope: invariant 1: group %d has %d bytes and says %d", g, sum, grp.size)
		}
		if len(grp.chunks) < 1 || len(grp.chunks) > groupSize {
			return fmt.Errorf("rope: invariant 2: group %d has %d chunks", g, len(grp.chunks))
		}
		size += sum
	}
	if size != r.size {
		return fmt.Errorf("rope: invariant 1: %d bytes, says %d", size, r.size)
	}
	if size > 0 && before != r.start {
		return fmt.Errorf("rope: invariant 3: cursor (%d, %d) is at %d and says %d", r.g, r.c, before, r.start)
	}
	return nil
}
