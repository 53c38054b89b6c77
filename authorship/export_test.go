package authorship

import (
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// ParseTerms, CheckTerms and BindMessage are for tests.
var (
	ParseTerms  = parseTerms
	CheckTerms  = checkTerms
	BindMessage = bindMessage
	Short       = short
	Clean       = clean
)

// KeyfileName is for tests.
const KeyfileName = keyfileName

// Checked opens works with rules whose judge checks its invariants after every
// change and that consent to anything without writing it down: what a program
// does that does not keep to Before.
func Checked(fail func(error)) crdt.Option {
	return crdt.WithRules(checked{&rules{}, fail}, crdt.Value{})
}

// checked are rules that check themselves.
type checked struct {
	*rules
	fail func(error)
}

func (c checked) Start(h crdt.History, data crdt.Value) (crdt.Judge, error) {
	j, err := c.rules.Start(h, data)
	if err != nil {
		return nil, err
	}
	return checkedJudge{j.(*judge), c.fail}, nil
}

// checkedJudge is a judge that checks itself.
type checkedJudge struct {
	*judge
	fail func(error)
}

func (c checkedJudge) Add(id cid.Cid) iter.Seq2[cid.Cid, error] {
	seq := c.judge.Add(id)
	if err := c.judge.check(); err != nil {
		c.fail(err)
	}
	return seq
}

// Before refuses nothing and adds nothing.
func (c checkedJudge) Before(*crdt.Tx) error { return nil }

// Damage breaks an invariant of a judge; see TestChecks.
var Damage = map[string]func(*judge){
	"persons, invariant 1": func(j *judge) { j.p.byKey[crdt.Author{}] = append(j.p.byKey[crdt.Author{}], j.any()) },
	"persons, invariant 2": func(j *judge) { j.p.bound[binding{}] = true },
	"persons, invariant 3": func(j *judge) { j.any().person[0]++ },
	"grants, invariant":    func(j *judge) { j.g.move(j.any().person, 1, 1) },
	"judge, invariant 1":   func(j *judge) { j.told[j.any().person] = ErrTerms },
	"judge, invariant 2":   func(j *judge) { clear(j.branch) },
}

// any is a root.
func (j *judge) any() *root {
	for _, r := range j.p.roots {
		return r
	}
	return nil
}

// Damaged opens works with a judge that is damaged after its first change, and
// reports what its check says.
func Damaged(name string, says func(error)) crdt.Option {
	return crdt.WithRules(damaged{&rules{}, name, says}, crdt.Value{})
}

type damaged struct {
	*rules
	name string
	says func(error)
}

func (c damaged) Start(h crdt.History, data crdt.Value) (crdt.Judge, error) {
	j, err := c.rules.Start(h, data)
	if err != nil {
		return nil, err
	}
	return damagedJudge{j.(*judge), c}, nil
}

type damagedJudge struct {
	*judge
	c damaged
}

func (d damagedJudge) Add(id cid.Cid) iter.Seq2[cid.Cid, error] {
	seq := d.judge.Add(id)
	Damage[d.c.name](d.judge)
	d.c.says(d.judge.check())
	return seq
}

// OpenForged writes a keyring whose person has another seed, with all sums
// right, and opens it; named says whether the file names the key of that seed.
func OpenForged(dir, seed string, named bool) error {
	k, err := OpenKeyring(dir, "Ann")
	if err != nil {
		return err
	}
	f := *k.file
	f.Person.Seed = seed
	if s, err := f.Person.secret(); err == nil && named {
		f.Person.Key = KeyFromSeed("", s).String()
	}
	if err := writeKeyfile(dir, f.encode()); err != nil {
		return err
	}
	_, err = OpenKeyring(dir, "")
	return err
}
