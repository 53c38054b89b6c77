package authorship

import (
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Report says how many changes of a view have reached which level of proof, and
// what lacks where. Every change that a replica holds is at least Held.
type Report struct {
	Held      int // all changes, the open one included
	Covered   int // of these, how many a signature covers
	Bound     int // of these, how many belong to a person
	Effective int // of these, how many count
	Lacks     []Lack
}

// Lack is a change that has not reached the highest level.
type Lack struct {
	Change cid.Cid // cid.Undef: the open one
	Author Person
	Level  Level // that it has reached
	Err    error // what the next one lacks: crdt.ErrNotCovered, ErrNotBound, or the verdict of the rules
}

// String is the counts and, a line each, what lacks.
func (r Report) String() string {
	s := fmt.Sprintf("%d changes held, %d covered, %d bound, %d effective", r.Held, r.Covered, r.Bound, r.Effective)
	for _, l := range r.Lacks {
		name := "the open change"
		if l.Change.Defined() {
			name = l.Change.String()
		}
		s += fmt.Sprintf("\n%s by %s is only %s: %v", name, l.Author, l.Level, l.Err)
	}
	return s
}

// Verify counts the changes of a view by how well they are proven. It trusts what
// crdt has checked when it took them in: hashes, links and signatures. Its cost
// is that of the history.
func Verify(v *crdt.View) Report {
	p := peopleOf(v)
	waits := map[cid.Cid]error{}
	for c, err := range v.Ineffective() {
		waits[c.ID] = err
	}
	var r Report
	if s, ok := v.Source(cid.Undef); ok {
		r.count(p, &s, nil)
	}
	for c := range v.History() {
		if s, ok := v.Source(c.ID); ok {
			r.count(p, &s, waits[c.ID])
		}
	}
	return r
}

// count adds a change, whose verdict is given.
func (r *Report) count(p *people, s *crdt.Source, verdict error) {
	level, err := p.level(s), verdict
	switch {
	case level == Held:
		err = crdt.ErrNotCovered
	case level == Covered:
		err = ErrNotBound
	case verdict != nil:
		level = Bound
	}
	for l, n := range []*int{&r.Held, &r.Covered, &r.Bound, &r.Effective} {
		if Level(l) <= level {
			*n++
		}
	}
	if level < Effective {
		r.Lacks = append(r.Lacks, Lack{s.Change, p.of(s.Root, s.Author), level, err})
	}
}
