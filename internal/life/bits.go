package life

import "math/bits"

// The sizes of a bitmap, in numbers. A page of 1,024 bits is 128 bytes; a chunk
// of 256 pages is the unit in which a sparse LV space is materialised.
const (
	pageBits  = 10
	pageLen   = 1 << pageBits
	chunkBits = 18
	chunkLen  = 1 << chunkBits
	chunkPgs  = chunkLen / pageLen
)

// The two page ids that need no storage: every bit of the page is equal.
const (
	pageNone  = 0 // all zero
	pageAll   = 1 // all one
	pageFirst = 2 // id of pages[0]
)

// page holds 1,024 bits, the lowest number in the lowest bit of the first word.
type page [pageLen / 64]uint64

// chunk names 256 pages and sums them up, so that a scan passes over a stretch
// of equal pages a word at a time.
type chunk struct {
	page [chunkPgs]uint32
	some [chunkPgs / 64]uint64 // bit p: page p has at least one 1
	full [chunkPgs / 64]uint64 // bit p: page p is all ones
}

// bitmap is a sparse set of numbers: runs of numbers are toggled, runs of equal
// bits are found. A stretch of 2^20 equal bits is passed in about 20 looks, and
// uniform pages take no page storage.
//
// Invariants:
//  1. chunks[i] covers [i<<18, (i+1)<<18); nil is all zero, as is everything
//     beyond the slice.
//  2. page id 0 is all zero, 1 is all ones, id k ≥ 2 is pages[k-2].
//  3. A stored page is mixed: 0 < ones[k] < 1024, and ones[k] is its number of
//     ones. (Whatever becomes uniform gives its page back.)
//  4. Each stored page is named by exactly one chunk slot or lies once in free.
//  5. Bit p of some is set exactly when page id p is not 0; bit p of full
//     exactly when it is 1.
//  6. No number from top on is in the set.
type bitmap struct {
	chunks []*chunk
	pages  []page
	ones   []uint16
	free   []uint32 // indices into pages
	top    LV
	steps  uint64 // pages changed, for tests of cost
}

// get tells whether lv is in the set. It only reads.
func (b *bitmap) get(lv LV) bool {
	ci := int(lv >> chunkBits)
	if ci >= len(b.chunks) || b.chunks[ci] == nil {
		return false
	}
	switch id := b.chunks[ci].page[lv>>pageBits%chunkPgs]; id {
	case pageNone:
		return false
	case pageAll:
		return true
	default:
		return b.pages[id-pageFirst][lv%pageLen/64]>>(lv%64)&1 != 0
	}
}

// toggle flips the bit of each number of [lv, lv+n).
func (b *bitmap) toggle(lv LV, n uint32) {
	b.top = max(b.top, lv+n)
	for n > 0 {
		in := lv % pageLen
		k := min(n, pageLen-in)
		b.togglePage(lv>>pageBits, in, k)
		lv += k
		n -= k
	}
}

// togglePage flips bits [in, in+k) of page p, in+k ≤ 1024.
func (b *bitmap) togglePage(p, in, k uint32) {
	b.steps++
	c := b.chunk(int(p / chunkPgs))
	slot := p % chunkPgs
	id := c.page[slot]
	if id < pageFirst {
		if k == pageLen {
			c.put(slot, id^1)
			return
		}
		id = b.take(id == pageAll)
		c.put(slot, id)
	}
	n := int(b.ones[id-pageFirst]) + b.pages[id-pageFirst].toggle(in, k)
	b.ones[id-pageFirst] = uint16(n)
	if n == 0 || n == pageLen {
		b.free = append(b.free, id-pageFirst)
		c.put(slot, uint32(n/pageLen))
	}
}

// toggle flips bits [in, in+k) of the page and returns by how many the ones grew.
func (g *page) toggle(in, k uint32) (grown int) {
	for k > 0 {
		w := in / 64
		m := min(k, 64-in%64)
		mask := ^uint64(0) >> (64 - m) << (in % 64)
		g[w] ^= mask
		grown += 2*bits.OnesCount64(g[w]&mask) - int(m)
		in += m
		k -= m
	}
	return grown
}

// chunk returns the chunk of that index, making it when it is missing.
func (b *bitmap) chunk(ci int) *chunk {
	for ci >= len(b.chunks) {
		b.chunks = append(b.chunks, nil)
	}
	if b.chunks[ci] == nil {
		b.chunks[ci] = new(chunk)
	}
	return b.chunks[ci]
}

// take returns the id of a stored page, filled with ones or zeros.
func (b *bitmap) take(ones bool) uint32 {
	var k uint32
	if n := len(b.free); n > 0 {
		k = b.free[n-1]
		b.free = b.free[:n-1]
	} else {
		k = uint32(len(b.pages))
		b.pages = append(b.pages, page{})
		b.ones = append(b.ones, 0)
	}
	var word uint64
	b.ones[k] = 0
	if ones {
		word = ^word
		b.ones[k] = pageLen
	}
	for i := range b.pages[k] {
		b.pages[k][i] = word
	}
	return k + pageFirst
}

// put names a page in a slot of the chunk and keeps the sums (invariant 5).
func (c *chunk) put(slot, id uint32) {
	c.page[slot] = id
	w, bit := slot/64, uint64(1)<<(slot%64)
	c.some[w] |= bit
	c.full[w] &^= bit
	switch id {
	case pageNone:
		c.some[w] &^= bit
	case pageAll:
		c.full[w] |= bit
	}
}

// run returns the bit of lv, how many numbers from lv on have the same bit
// (at most n), and how many chunks, pages and words were looked at. It only
// reads. n = 0 gives 0 numbers.
func (b *bitmap) run(lv LV, n uint32) (one bool, k uint32, looks int) {
	one = b.get(lv)
	if n <= 1 {
		return one, n, 1
	}
	pos, end := uint64(lv), uint64(lv)+uint64(n)
	for pos < end {
		looks++
		ci := int(pos >> chunkBits)
		if ci >= len(b.chunks) {
			if !one {
				pos = end
			}
			break
		}
		c := b.chunks[ci]
		if c == nil {
			if one {
				break
			}
			pos = uint64(ci+1) << chunkBits
			continue
		}
		at, found, l := b.other(c, uint32(pos%chunkLen), one)
		looks += l
		pos = uint64(ci)<<chunkBits + uint64(at)
		if found {
			break
		}
	}
	return one, uint32(min(pos, end) - uint64(lv)), looks
}

// other finds the first bit of the chunk at or after in that is not one; found
// is false, and at the chunk's length, when there is none.
func (b *bitmap) other(c *chunk, in uint32, one bool) (at uint32, found bool, looks int) {
	for in < chunkLen {
		looks++
		switch id := c.page[in/pageLen]; {
		case id < pageFirst && (id == pageAll) != one:
			return in, true, looks
		case id < pageFirst:
			in = c.unlike(in/pageLen+1, one) * pageLen
		default:
			at, ok := b.pages[id-pageFirst].other(in%pageLen, one)
			if ok {
				return in/pageLen*pageLen + at, true, looks
			}
			in = (in/pageLen + 1) * pageLen
		}
	}
	return chunkLen, false, looks
}

// unlike returns the first page at or after slot that is not entirely of the
// given bit, or 256.
func (c *chunk) unlike(slot uint32, one bool) uint32 {
	sum, flip := &c.some, uint64(0)
	if one {
		sum, flip = &c.full, ^uint64(0)
	}
	for slot < chunkPgs {
		if w := (sum[slot/64] ^ flip) >> (slot % 64); w != 0 {
			return slot + uint32(bits.TrailingZeros64(w))
		}
		slot = (slot/64 + 1) * 64
	}
	return chunkPgs
}

// other finds the first bit of the page at or after in that is not one.
func (g *page) other(in uint32, one bool) (at uint32, found bool) {
	flip := uint64(0)
	if one {
		flip = ^flip
	}
	w := (g[in/64] ^ flip) >> (in % 64) << (in % 64)
	for i := in / 64; ; {
		if w != 0 {
			return i*64 + uint32(bits.TrailingZeros64(w)), true
		}
		if i++; i == uint32(len(g)) {
			return pageLen, false
		}
		w = g[i] ^ flip
	}
}
