package crdt

import (
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// difference is a part in which two texts differ: [i, j) of the first stands for
// [k, l) of the second.
type difference struct{ i, j, k, l int }

// differences are the parts in bytes in which b differs from a, ascending and
// apart from each other; between them the texts are the same. Their ends are
// borders of grapheme clusters of both.
func differences(a, b string) []difference {
	if a == b {
		return nil
	}
	lo, hi := sameEnds(a, b)
	c := clusters{ids: map[string]int32{}}
	x, xe := c.split(a[lo : len(a)-hi])
	y, ye := c.split(b[lo : len(b)-hi])
	m := matcher{a: x, b: y, steps: diffSteps}
	m.compare(box{0, len(x), 0, len(y)}, 0)
	m.coarsen(diffParts)
	for k, p := range m.out {
		m.out[k] = difference{lo + int(xe[p.i]), lo + int(xe[p.j]), lo + int(ye[p.k]), lo + int(ye[p.l])}
	}
	return m.out
}

// sameEnds is how many bytes at the beginning and at the end of two texts are
// the same, as far as it can be told without looking at clusters that a cluster
// ends there in both.
func sameEnds(a, b string) (lo, hi int) {
	n := min(len(a), len(b))
	for lo < n && a[lo] == b[lo] {
		lo++
	}
	for lo > 0 && !(parted(a, lo) && parted(b, lo)) {
		lo--
	}
	for n -= lo; hi < n && a[len(a)-1-hi] == b[len(b)-1-hi]; {
		hi++
	}
	for hi > 0 && !(parted(a, len(a)-hi) && parted(b, len(b)-hi)) {
		hi--
	}
	return lo, hi
}

// parted tells whether a cluster surely ends at byte i of s: at both ends of the
// text, after a line feed, and between two ASCII characters that are not CR and
// LF (rules GB1 to GB5 and GB999 of UAX #29).
func parted(s string, i int) bool {
	if i == 0 || i == len(s) || s[i-1] == '\n' {
		return true
	}
	return s[i-1] < utf8.RuneSelf && s[i] < utf8.RuneSelf && !(s[i-1] == '\r' && s[i] == '\n')
}

// clusters numbers grapheme clusters: one of a single code point by that, others
// in order of first appearance.
type clusters struct{ ids map[string]int32 }

// split gives the clusters of s as numbers, and where in s they begin and, as the
// last, where s ends.
func (c *clusters) split(s string) (ids, at []int32) {
	ids, at = make([]int32, 0, len(s)), make([]int32, 1, len(s)+1)
	for it := graphemes.FromString(s); it.Next(); {
		g := it.Value()
		r, n := utf8.DecodeRuneInString(g)
		id := r
		if n < len(g) {
			var ok bool
			if id, ok = c.ids[g]; !ok {
				id = utf8.MaxRune + 1 + int32(len(c.ids))
				c.ids[g] = id
			}
		}
		ids = append(ids, id)
		at = append(at, at[len(at)-1]+int32(len(g)))
	}
	return ids, at
}
