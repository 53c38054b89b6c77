package authorship

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Report says how many changes of a view have reached which level of proof, and
// what lacks where. Every change that a replica holds is at least Held.
type Report struct {
	Held      int `json:"held"`      // all changes, the open one included
	Covered   int `json:"covered"`   // of these, how many a signature covers
	Bound     int `json:"bound"`     // of these, how many belong to a person whose key was not cut before
	Effective int `json:"effective"` // of these, how many count
	// Witnessed is how many were there before something that their author has no hand
	// in: a signed change of another person that has them in its past, or an anchor that
	// was checked ([Witness]). It says that they are not newer than that, and stands
	// beside the levels: a change of any level may have a witness or none.
	Witnessed int `json:"witnessed"`
	// Lacks are the changes that have not reached the highest level, the open one first,
	// then the newest first, in the order on which all replicas agree. Unwitnessed are
	// those without a witness, in the same order; Anchors are the other way round.
	Lacks       []Lack    `json:"lacks"`
	Unwitnessed []cid.Cid `json:"unwitnessed"`
	Anchors     []Anchor  `json:"anchors"`
}

// Lack is a change that has not reached the highest level.
type Lack struct {
	Change cid.Cid `json:"change,omitzero"` // cid.Undef: the open one
	Author Person  `json:"author"`
	Level  Level   `json:"level"` // that it has reached
	// Err is what the next one lacks: crdt.ErrNotCovered, ErrNotBound, or the verdict of
	// the rules. ErrRevoked also where members have adopted the change since.
	Err  error  `json:"-"`
	Says string `json:"lacks"` // Err in words
}

// String is the counts and, a line each, what lacks.
func (r Report) String() string {
	s := fmt.Sprintf("%d changes held, %d covered, %d bound, %d effective; %d witnessed", r.Held, r.Covered, r.Bound, r.Effective, r.Witnessed)
	for _, l := range r.Lacks {
		s += fmt.Sprintf("\n%s by %s is only %s: %v", nameOf(l.Change), l.Author, l.Level, l.Err)
	}
	for _, c := range r.Unwitnessed {
		s += fmt.Sprintf("\n%s has no witness", nameOf(c))
	}
	return s
}

// nameOf is a change in words.
func nameOf(c cid.Cid) string {
	if !c.Defined() {
		return "the open change"
	}
	return c.String()
}

// VerifyOption is an option of [Verify].
type VerifyOption func(*verifying)

// Witness has anchors checked: by a function that knows what a kind of token is and
// whether the token of an anchor speaks of its heads. Without it anchors prove nothing;
// they are shown.
func Witness(check func(Anchor) bool) VerifyOption { return func(x *verifying) { x.check = check } }

// verifying is one Verify.
type verifying struct {
	p     *people
	check func(Anchor) bool
	r     Report
	list  []crdt.Source
}

// Verify counts the changes of a view by how well they are proven. It trusts what
// crdt has checked when it took them in: hashes, links and signatures. Its cost
// is that of the history.
func Verify(v *crdt.View, opts ...VerifyOption) Report {
	x := &verifying{p: peopleOf(v)}
	for _, o := range opts {
		o(x)
	}
	waits := map[cid.Cid]error{}
	for c, err := range v.Ineffective() {
		waits[c.ID] = err
	}
	if s, ok := v.Source(cid.Undef); ok {
		x.count(s, nil)
	}
	var list []cid.Cid
	for c := range v.History() {
		list = append(list, c.ID)
	}
	v.Sort(list)
	for _, c := range slices.Backward(list) {
		if s, ok := v.Source(c); ok {
			x.count(s, waits[c])
		}
	}
	x.witness()
	byPlace(x.r.Anchors, list)
	return x.r
}

// byPlace puts anchors into the order of a list of changes; those of the open one come
// last.
func byPlace(anchors []Anchor, list []cid.Cid) {
	at := map[cid.Cid]int{cid.Undef: len(list)}
	for k, c := range list {
		at[c] = k
	}
	slices.SortStableFunc(anchors, func(a, b Anchor) int { return cmp.Compare(at[a.Change], at[b.Change]) })
}

// count adds a change, whose verdict is given.
func (x *verifying) count(s crdt.Source, verdict error) {
	x.list = append(x.list, s)
	level, err := x.p.level(&s), verdict
	switch {
	case level == Held:
		err = crdt.ErrNotCovered
	case level == Covered && x.p.adopted(s.Change) != nil:
		err = ErrRevoked
	case level == Covered:
		err = ErrNotBound
	case verdict == ErrRevoked:
		level = Covered
	case verdict != nil:
		level = Bound
	}
	for l, n := range []*int{&x.r.Held, &x.r.Covered, &x.r.Bound, &x.r.Effective} {
		if Level(l) <= level {
			*n++
		}
	}
	if level < Effective {
		x.r.Lacks = append(x.r.Lacks, Lack{s.Change, x.p.author(&s), level, err, err.Error()})
	}
}

// witness counts the changes that have a witness.
func (x *verifying) witness() {
	number := map[crdt.Author]int{}
	person := func(s *crdt.Source) int {
		id := x.p.author(s)
		key := id.ID
		if id.Agent && id.OnBehalf != (crdt.Author{}) {
			key = id.OnBehalf // whoever answers for an agent is no stranger to its work
		}
		if _, ok := number[key]; !ok {
			number[key] = len(number)
		}
		return number[key]
	}
	const changed, anchored = 0, 1
	var deeds []crdt.Deed
	var asked []crdt.Moment
	at := map[cid.Cid]bool{} // named by an anchor
	for k := range x.list {
		s := &x.list[k]
		asked = append(asked, crdt.Moment{Change: s.Change, Subject: changed}, crdt.Moment{Change: s.Change, Subject: anchored})
		if s.Covered && s.Change.Defined() {
			deeds = append(deeds, crdt.Deed{Change: s.Change, Subject: changed, Person: person(s)})
		}
	}
	x.p.anchors(func(a Anchor) {
		if a.Checked = x.check != nil && x.check(a); a.Checked {
			for _, c := range a.Heads {
				at[c] = true
				deeds = append(deeds, crdt.Deed{Change: c, Subject: anchored})
			}
		}
		x.r.Anchors = append(x.r.Anchors, a)
	})
	later := x.p.v.Later(deeds, 2, asked)
	for k := range x.list {
		s := &x.list[k]
		seen := at[s.Change] || len(later[2*k+1]) > 0
		for _, who := range later[2*k] {
			seen = seen || who != person(s)
		}
		if seen {
			x.r.Witnessed++
		} else {
			x.r.Unwitnessed = append(x.r.Unwitnessed, s.Change)
		}
	}
}
