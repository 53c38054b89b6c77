package crdt

// What bounds a comparison of two texts.
const (
	// diffSteps is how many looks at a pair of clusters a comparison takes at
	// most: about a fifth of a second. What is left then is replaced whole.
	diffSteps = 40 << 20
	// diffReach is up to how many differing clusters two texts are compared
	// exactly. The cost grows with its square, about 10 ms here.
	diffReach = 2048
	// gapReach is diffReach between anchors, of which there are many.
	gapReach = 256
	// diffParts is how many parts a text is edited in at most: each is an op or
	// two, and an Update has room for some 400,000.
	diffParts = 100_000
)

// grams are the lengths of the anchors, in clusters, and how many of those that
// might be taken are: anchors are first looked for far apart, then closer.
var grams = []gram{{32, 8}, {8, 4}}

// gram is a way to look for anchors.
type gram struct {
	n     int
	every uint64 // one in so many, when there are many
}

// box is a part of each of two rows of clusters: [i, j) and [k, l).
type box struct{ i, j, k, l int }

// matcher compares two rows of clusters.
//
// It looks for a shortest edit script by the linear-space method of Myers ("An
// O(ND) difference algorithm and its variations", 1986), which costs the square
// of the number of differences. Where there are too many it falls back to
// anchors: runs of clusters that occur once in each text, of which a longest
// chain in the order of both is kept (the patience method), and compares what
// lies between. Between anchors it gives up in the same way, with shorter
// anchors, and at last replaces the whole part.
type matcher struct {
	a, b  []int32
	steps int // looks left
	fore  []int32
	back  []int32
	out   []difference
}

// emit notes that a box differs as a whole. Boxes come in order; one that goes
// on where the last ended is part of it.
func (m *matcher) emit(x box) {
	if x.i == x.j && x.k == x.l {
		return
	}
	if n := len(m.out) - 1; n >= 0 && m.out[n].j == x.i && m.out[n].l == x.k {
		m.out[n].j, m.out[n].l = x.j, x.l
		return
	}
	m.out = append(m.out, difference(x))
}

// compare emits the differences in a box; level says how many kinds of anchors
// were tried around it.
func (m *matcher) compare(x box, level int) {
	if x = m.trim(x); x.i == x.j || x.k == x.l {
		m.emit(x)
		return
	}
	reach := diffReach
	if level > 0 {
		reach = gapReach
	}
	p, q, found, whole := m.middle(x, reach)
	switch {
	case found:
		m.exact(box{x.i, p, x.k, q}, reach)
		m.exact(box{p, x.j, q, x.l}, reach)
	case whole || level == len(grams):
		m.emit(x)
	default:
		m.anchored(x, level)
	}
}

// exact emits the differences in a box that middle has cut out: they are fewer
// than those that it found.
func (m *matcher) exact(x box, reach int) {
	if x = m.trim(x); x.i == x.j || x.k == x.l {
		m.emit(x)
		return
	}
	p, q, found, _ := m.middle(x, reach)
	if !found || (p == x.i && q == x.k) || (p == x.j && q == x.l) {
		m.emit(x)
		return
	}
	m.exact(box{x.i, p, x.k, q}, reach)
	m.exact(box{p, x.j, q, x.l}, reach)
}

// trim takes what is the same off both ends.
func (m *matcher) trim(x box) box {
	for x.i < x.j && x.k < x.l && m.a[x.i] == m.b[x.k] {
		x.i, x.k = x.i+1, x.k+1
	}
	for x.i < x.j && x.k < x.l && m.a[x.j-1] == m.b[x.l-1] {
		x.j, x.l = x.j-1, x.l-1
	}
	return x
}

// middle finds a point of a shortest edit script of a trimmed box that parts it
// in two, by walking from both corners until the walks meet. found is false when
// the script has more than reach edits, or the steps are used up; whole, when it
// is known that nothing in the box stays.
func (m *matcher) middle(x box, reach int) (p, q int, found, whole bool) {
	a, b := m.a[x.i:x.j], m.b[x.k:x.l]
	most := (len(a) + len(b) + 1) / 2
	limit := min(most, (reach+1)/2)
	f, r := newWalk(&m.fore, limit), newWalk(&m.back, limit)
	r.back = true
	odd := (len(a)-len(b))&1 != 0 // then the walks meet in a turn of the first
	for d := 0; d < limit; d++ {
		if at, ok := m.turn(&f, &r, a, b, d, odd); ok {
			return x.i + at.i, x.k + at.k, true, false
		}
		if at, ok := m.turn(&r, &f, a, b, d, !odd); ok {
			return x.i + at.i, x.k + at.k, true, false
		}
		if m.steps <= 0 {
			return 0, 0, false, false
		}
	}
	return 0, 0, false, limit == most
}

// walk is a walk from a corner of a box, the first or, back, the last: v has for
// each diagonal how far along a it came, -1 for not yet.
type walk struct {
	v      []int32
	off    int // of diagonal 0 in v
	lo, hi int // diagonals left out at both ends, since they left the box
	back   bool
}

// newWalk begins a walk of at most limit turns in working space.
func newWalk(space *[]int32, limit int) walk {
	n := 2*limit + 3
	if cap(*space) < n {
		*space = make([]int32, n)
	}
	w := walk{v: (*space)[:n], off: limit + 1}
	for k := range w.v {
		w.v[k] = -1
	}
	w.v[w.off+1] = 0
	return w
}

// turn takes a walk on by one edit, and then as far as the rows are the same. If
// they can meet in this turn it looks for the other walk and gives the point, seen
// from the first corner, that the walk from there has come to.
func (m *matcher) turn(w, other *walk, a, b []int32, d int, meet bool) (at box, ok bool) {
	na, nb := len(a), len(b)
	delta := na - nb
	for k := -d + w.lo; k <= d-w.hi; k += 2 {
		o := w.off + k
		x := int(w.v[o-1]) + 1
		if k == -d || (k != d && w.v[o-1] < w.v[o+1]) {
			x = int(w.v[o+1])
		}
		y, from := x-k, x
		if w.back {
			for x < na && y < nb && a[na-1-x] == b[nb-1-y] {
				x, y = x+1, y+1
			}
		} else {
			for x < na && y < nb && a[x] == b[y] {
				x, y = x+1, y+1
			}
		}
		m.steps -= 1 + x - from
		w.v[o] = int32(x)
		switch {
		case x > na:
			w.hi += 2
		case y > nb:
			w.lo += 2
		case meet:
			c := w.off + delta - k
			if c < 0 || c >= len(other.v) || other.v[c] < 0 || x+int(other.v[c]) < na {
				continue
			}
			if w.back {
				x = int(other.v[c])
				y = x - (delta - k)
			}
			return box{i: x, k: y}, true
		}
	}
	return box{}, false
}
