package authorship

import (
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
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
	if err := c.judge.Check(); err != nil {
		c.fail(err)
	}
	return seq
}

// Before refuses nothing and adds nothing.
func (c checkedJudge) Before(*crdt.Tx) error { return nil }

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

// PersistenceLooks is how many looks the persistence of a view takes beyond one pass over
// its history.
func PersistenceLooks(v *crdt.View) int {
	x := v.Survey()
	p := peopleOf(v)
	e := p.endure(x, p.credits(x.Tallies, true, nil))
	e.sum()
	return e.looks
}

// PeopleRead is how often all names were read by the judge of a view.
func PeopleRead(v *crdt.View) int {
	k, _, err := keptBy(v, func(*charter.Judge) {})
	if err != nil {
		return -1
	}
	return k.read
}

// FreshPerson is who goes by a key, all names being read for it.
func FreshPerson(v *crdt.View, key crdt.Author) Person { return peopleOf(v).plain(key) }
