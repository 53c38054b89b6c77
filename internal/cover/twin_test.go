package cover

import (
	"errors"
	"maps"
	"slices"
)

var errBad = errors.New("invalid against its past")

// world is a history whose changes have names, sizes and a verdict.
type world struct {
	h    []change
	ids  []ID
	size []int
	bad  []bool
}

func (w *world) at(id ID) int { return int(id[0]) - 1 }

// kept is one held change of the twin.
type kept struct {
	x      int
	signed bool
	size   int
	notes  []Tag
	done   int // when its links became complete; 0: not yet
}

// mark says that a source brought a change.
type mark struct {
	tag Tag
	x   int
}

// twin is the slow model of a Pending, written from the text of its comments: plain lists, and everything found by
// looking through all of them.
type twin struct {
	w       *world
	limits  Limits
	most    int // invalid ones remembered
	applied map[int]bool
	held    []*kept // by arrival
	marks   []mark  // oldest first
	poison  []Refusal
	branch  []Refusal
	ready   []int
	dropped []int
	refused map[int]int // change → cause
	left    map[int]int // how often each went without being taken
	clock   int
}

func newTwin(w *world, l Limits, most int) *twin {
	return &twin{w: w, limits: l, most: most, applied: map[int]bool{}, refused: map[int]int{}, left: map[int]int{}}
}

func (m *twin) find(x int) *kept {
	for _, k := range m.held {
		if k.x == x {
			return k
		}
	}
	return nil
}

func (m *twin) settled(x int) bool { return m.applied[x] || slices.Contains(m.ready, x) }

func (m *twin) cause(x int) (int, bool) {
	for _, list := range [][]Refusal{m.poison, m.branch} {
		for _, r := range list {
			if r.ID == m.w.ids[x] {
				return m.w.at(r.Cause), true
			}
		}
	}
	return 0, false
}

// order is prev first, then the other links as they stand, the last one twice in some changes.
func (m *twin) order(x int) []int {
	c := m.w.h[x]
	var out []int
	if c.prev >= 0 {
		out = append(out, c.prev)
	}
	for _, l := range c.links {
		if l != c.prev {
			out = append(out, l)
		}
	}
	if k := len(out); x%5 == 4 && k > 0 && out[k-1] != c.prev {
		out = append(out, out[k-1])
	}
	return out
}

// offer returns the cause if the change is refused, else -1.
func (m *twin) offer(x int, signed bool, tag Tag) int {
	if m.settled(x) {
		return -1
	}
	if k := m.find(x); k != nil {
		m.note(k, tag)
		if signed && !k.signed {
			k.signed = true
			m.fix()
		}
		m.bound(2)
		return -1
	}
	if c, ok := m.cause(x); ok {
		return c
	}
	cost := itemCost
	for _, l := range m.order(x) {
		if m.settled(l) {
			continue
		}
		if m.find(l) != nil {
			cost += linkCost
			continue
		}
		cost += wantCost
		if c, ok := m.cause(l); ok {
			m.condemn(x, c, -1)
			return c
		}
	}
	k := &kept{x: x, signed: signed, size: max(m.w.size[x], cost)}
	m.held = append(m.held, k)
	m.note(k, tag)
	if m.whole(k) {
		m.complete([]*kept{k}, x)
	}
	m.bound(2)
	if c, ok := m.cause(x); ok {
		return c
	}
	return -1
}

func (m *twin) note(k *kept, tag Tag) {
	if len(k.notes) < MaxSources && !slices.Contains(k.notes, tag) {
		k.notes = append(k.notes, tag)
		m.marks = append(m.marks, mark{tag, k.x})
	}
}

// whole tells whether all links of k are applied or complete.
func (m *twin) whole(k *kept) bool {
	for _, l := range m.w.h[k.x].links {
		if o := m.find(l); !m.settled(l) && (o == nil || o.done == 0) {
			return false
		}
	}
	return true
}

// complete judges queued changes in turn, and those that become complete by them. offering is not listed as refused.
func (m *twin) complete(queue []*kept, offering int) {
	for ; len(queue) > 0; queue = queue[1:] {
		k := queue[0]
		if m.w.bad[k.x] {
			m.condemn(k.x, k.x, offering)
			continue
		}
		m.clock++
		k.done = m.clock
		queue = append(queue, m.followers(k.x)...)
		m.fix()
	}
}

// followers returns those who link to x and are complete now, but were not.
func (m *twin) followers(x int) (out []*kept) {
	for _, k := range m.held {
		if k.done == 0 && slices.Contains(m.w.h[k.x].links, x) && m.whole(k) {
			out = append(out, k)
		}
	}
	return out
}

// fix asks the naive fixpoint what is applied, and takes that out.
func (m *twin) fix() {
	here, signed := make([]bool, len(m.w.h)), make([]bool, len(m.w.h))
	for x := range m.w.h {
		if m.settled(x) {
			here[x], signed[x] = true, true
		}
	}
	for _, k := range m.held {
		here[k.x], signed[k.x] = k.done > 0, k.signed
	}
	in := covered(m.w.h, here, signed)
	var out []*kept
	for _, k := range m.held {
		if in[k.x] {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b *kept) int { return a.done - b.done })
	for _, k := range out {
		m.ready = append(m.ready, k.x)
		m.strike(k.x)
	}
}

// strike takes x out of the lists.
func (m *twin) strike(x int) {
	m.held = slices.DeleteFunc(m.held, func(k *kept) bool { return k.x == x })
	m.marks = slices.DeleteFunc(m.marks, func(n mark) bool { return n.x == x })
}

// branchOf returns x, if held, and all held changes that build on it.
func (m *twin) branchOf(x int) (out []int) {
	in := map[int]bool{x: true}
	for again := true; again; {
		again = false
		for _, k := range m.held {
			for _, l := range m.w.h[k.x].links {
				if in[l] && !in[k.x] {
					in[k.x], again = true, true
				}
			}
		}
	}
	for _, k := range m.held {
		if in[k.x] {
			out = append(out, k.x)
		}
	}
	return out
}

// condemn refuses x because of c, with its branch.
func (m *twin) condemn(x, c, offering int) {
	r := Refusal{ID: m.w.ids[x], Cause: m.w.ids[c]}
	if x == c {
		if m.poison = append(m.poison, r); len(m.poison) > m.most {
			m.poison = m.poison[1:]
		}
	} else {
		m.branch = append(m.branch, r)
	}
	for _, y := range m.branchOf(x) {
		if y != x {
			m.branch = append(m.branch, Refusal{ID: m.w.ids[y], Cause: m.w.ids[c]})
		}
		if y != offering {
			m.refused[y] = c
		}
		m.left[y]++
		m.strike(y)
	}
}

func (m *twin) sign(x int) bool {
	if k := m.find(x); k != nil {
		k.signed = true
		m.fix()
		m.bound(2)
		return true
	}
	return slices.Contains(m.ready, x)
}

func (m *twin) poisoned(x int) {
	if _, ok := m.cause(x); !ok && !m.settled(x) {
		m.condemn(x, x, -1)
	}
}

// outside says that x was applied elsewhere.
func (m *twin) outside(x int) {
	if m.find(x) != nil {
		m.left[x]++
	}
	m.strike(x)
	m.applied[x] = true
	m.complete(m.followers(x), -1)
	m.fix()
	m.bound(2)
}

func (m *twin) forget(tag Tag) {
	for m.oldest(tag) {
	}
}

// oldest takes the name of tag off the oldest change it brought.
func (m *twin) oldest(tag Tag) bool {
	for i, n := range m.marks {
		if n.tag != tag {
			continue
		}
		m.marks = slices.Delete(m.marks, i, i+1)
		k := m.find(n.x)
		k.notes = slices.DeleteFunc(k.notes, func(t Tag) bool { return t == tag })
		if len(k.notes) == 0 {
			for _, y := range m.branchOf(n.x) {
				m.dropped = append(m.dropped, y)
				m.left[y]++
				m.strike(y)
			}
		}
		return true
	}
	return false
}

// bound has the fullest source lose its oldest until nobody is above factor times a bound.
func (m *twin) bound(factor int) {
	for {
		count, bytes, all, whole := map[Tag]int{}, map[Tag]int{}, len(m.held), 0
		for _, k := range m.held {
			whole += k.size
			for _, t := range k.notes {
				count[t]++
				bytes[t] += k.size
			}
		}
		over := all > factor*4*m.limits.Changes || whole > factor*4*m.limits.Bytes
		top, fill := Tag(""), -1.0
		for _, t := range slices.Sorted(maps.Keys(count)) {
			f := max(float64(count[t])/float64(m.limits.Changes), float64(bytes[t])/float64(m.limits.Bytes))
			if t == "" {
				f /= 4
			}
			over = over || f > float64(factor)
			if f > fill {
				top, fill = t, f
			}
		}
		if !over {
			return
		}
		m.oldest(top)
	}
}
