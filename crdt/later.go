package crdt

import (
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/graph"
)

// Deed says that a person has done something to a subject in a change. What subjects
// and persons are is the caller's: numbers from 0 on.
type Deed struct {
	Change          cid.Cid // cid.Undef: the open one
	Subject, Person int
}

// Moment is a change and a subject that is asked about.
type Moment struct {
	Change  cid.Cid // cid.Undef: the open one
	Subject int
}

// Later tells who has come after. For each moment it gives the persons who have done
// something to its subject in a change that has the moment's change in its past, in
// ascending order, and where there are more than most the least ones. The slices may be
// shared and must not be changed. What the view does not show is left out.
//
// It goes through the changes once, the latest first, and carries from each to what it
// links to who has done what to which subject since. That is kept in trees of which
// changes share what they have in common, so it costs the links, the deeds, the moments,
// and at each change on which several others build what those have not in common.
func (v *View) Later(deeds []Deed, most int, asked []Moment) [][]int {
	v.lock()
	defer v.unlock()
	l := newLater(v, most)
	return l.run(deeds, asked)
}

// later is one Later. Deeds and moments are by change + 1, the open one first.
type later struct {
	v      *View
	most   int
	levels int      // of the trees: their leaves are below this many
	since  []*bough // by change: what has come after, so far
	deeds  map[int32][]Deed
	asked  map[int32][]int // indexes of moments
	steps  int             // links, deeds, moments, and nodes that were made or compared
}

// width is how many children a node has.
const width = 8

// bough is a node of a tree by subject: immutable once it is shared.
type bough struct {
	kids [width]*bough
	who  []int // of a leaf
}

// newLater makes one without deeds and moments.
func newLater(v *View, most int) *later {
	return &later{v: v, most: most, since: make([]*bough, v.d.g.Len()+1), deeds: map[int32][]Deed{}, asked: map[int32][]int{}}
}

// find is the change that is named; false when the view does not show it.
func (l *later) find(c cid.Cid) (int32, bool) {
	if !c.Defined() {
		return graph.None32, l.v.open
	}
	i, ok := l.v.d.find(c)
	return i, ok && l.v.has(i)
}

// run answers.
func (l *later) run(deeds []Deed, asked []Moment) [][]int {
	subjects := 0
	for _, d := range deeds {
		if i, ok := l.find(d.Change); ok {
			l.deeds[i] = append(l.deeds[i], d)
			subjects = max(subjects, d.Subject+1)
		}
	}
	for k, m := range asked {
		if i, ok := l.find(m.Change); ok && m.Subject < subjects {
			l.asked[i] = append(l.asked[i], k)
		}
	}
	for n := 1; n < subjects; n *= width {
		l.levels++
	}
	out := make([][]int, len(asked))
	g := l.v.d.g
	visit := func(i, prev int32, links []int32) {
		here := l.since[i+1]
		l.since[i+1] = nil
		for _, k := range l.asked[i] {
			l.steps++
			out[k] = here.at(asked[k].Subject, l.levels)
		}
		for _, d := range l.deeds[i] {
			l.steps++
			here = l.join(here, leafOf(d.Subject, l.levels, d.Person), l.levels)
		}
		if prev != graph.None32 {
			l.since[prev+1] = l.join(l.since[prev+1], here, l.levels)
		}
		for _, p := range links {
			l.since[p+1] = l.join(l.since[p+1], here, l.levels)
		}
	}
	if l.v.open {
		var heads []int32
		for _, id := range l.v.version.digests() {
			if i, ok := g.Find(id); ok {
				heads = append(heads, i)
			}
		}
		visit(graph.None32, graph.None32, heads)
	}
	list := l.v.list()
	for k := len(list) - 1; k >= 0; k-- {
		i := list[k]
		visit(i, g.Prev(i), g.Links(i))
	}
	return out
}

// leafOf is a tree with one person at one subject.
func leafOf(subject, levels, person int) *bough {
	b := &bough{who: []int{person}}
	for range levels {
		up := &bough{}
		up.kids[subject%width] = b
		b, subject = up, subject/width
	}
	return b
}

// at is who is at a subject.
func (b *bough) at(subject, levels int) []int {
	for level := levels - 1; b != nil && level >= 0; level-- {
		k := subject
		for range level {
			k /= width
		}
		b = b.kids[k%width]
	}
	if b == nil {
		return nil
	}
	return b.who
}

// join is the union of two trees; one of them where the other adds nothing.
func (l *later) join(a, b *bough, level int) *bough {
	l.steps++
	switch {
	case a == b || b == nil:
		return a
	case a == nil:
		return b
	case level == 0:
		return l.union(a, b)
	}
	isA, isB := true, true
	var both bough
	for k := range both.kids {
		x, y := a.kids[k], b.kids[k]
		z := x
		if x != y {
			z = l.join(x, y, level-1)
		}
		both.kids[k] = z
		isA, isB = isA && z == x, isB && z == y
	}
	switch {
	case isA:
		return a
	case isB:
		return b
	}
	return &both
}

// union is the least persons of two leaves.
func (l *later) union(a, b *bough) *bough {
	who := make([]int, 0, min(len(a.who)+len(b.who), l.most))
	for x, y := a.who, b.who; len(who) < l.most && len(x)+len(y) > 0; {
		switch {
		case len(y) == 0 || len(x) > 0 && x[0] < y[0]:
			who, x = append(who, x[0]), x[1:]
		case len(x) == 0 || y[0] < x[0]:
			who, y = append(who, y[0]), y[1:]
		default:
			who, x, y = append(who, x[0]), x[1:], y[1:]
		}
	}
	l.steps += len(who)
	switch {
	case slices.Equal(who, a.who):
		return a
	case slices.Equal(who, b.who):
		return b
	}
	return &bough{who: who}
}
