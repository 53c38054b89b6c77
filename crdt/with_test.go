package crdt_test

import (
	"errors"
	"iter"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Suppose makes changes that were voted off effective.
func (j *tallyJudge) Suppose(heads []cid.Cid) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		for _, c := range heads {
			if j.score[c.String()] > 0 && !yield(c, nil) {
				return
			}
		}
	}
}

// TestWith: a preview shows what is supposed and decides nothing, of any view.
func TestWith(t *testing.T) {
	a, err := crdt.New(newKey("a"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	write := func(s string) crdt.Change {
		must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append(s); return nil }))
		return newest(a)
	}
	write("one ")
	two, three := write("two "), write("three ")
	for _, c := range []crdt.Change{two, three} {
		must(t, a.Update(func(tx *crdt.Tx) error { tx.Act("off", c.ID.String()); return nil }))
	}
	last := newest(a)
	then, err := a.At(last.Parents) // three is still on
	must(t, err)
	write("four ")
	text := func(v *crdt.View) string { return v.Text("t").String() }
	with := func(v *crdt.View, c crdt.Change) *crdt.View {
		t.Helper()
		w, err := v.With(c.Version())
		must(t, err)
		return w
	}
	now := a.View()
	if got := text(with(now, two)); got != "one four two " {
		t.Errorf("%q", got)
	}
	both := with(with(now, two), three)
	if got := text(both); got != "one four two three " || both.Verdict(two.ID) != nil || both.Version() != now.Version() {
		t.Errorf("%q, %v", got, both.Verdict(two.ID))
	}
	if got := text(now); got != "one four " || !errors.Is(now.Verdict(two.ID), errVoted) {
		t.Errorf("the view itself shows %q", got)
	}
	patches, err := crdt.Diff(now, both)
	must(t, err)
	if len(patches) != 1 || patches[0].Text != "two three " || patches[0].At != 9 {
		t.Errorf("%s", tellAll(patches))
	}
	write("five ")
	if got := text(both); got != "one four two three " {
		t.Errorf("a preview has moved on: %q", got)
	}
	if got := text(with(now, three)); got != "one four three " {
		t.Errorf("of a view of before: %q", got)
	}
	if got := text(with(then, two)); got != "one two three " {
		t.Errorf("of the past: %q", got)
	}
	if _, err := then.With(last.Version()); !errors.Is(err, crdt.ErrNotFound) {
		t.Errorf("what a view does not show: %v", err)
	}
	free, err := crdt.New(newKey("b"))
	must(t, err)
	if _, err := free.View().With(free.Heads()); err != nil {
		t.Errorf("without rules: %v", err)
	}
	strict, err := crdt.New(newKey("b"), crdt.WithRules(unsure{}, crdt.Value{}))
	must(t, err)
	if _, err := strict.View().With(strict.Heads()); !errors.Is(err, crdt.ErrRules) {
		t.Errorf("rules that suppose nothing: %v", err)
	}
}

// unsure is rules whose judge has none of the optional parts.
type unsure struct{ tally }

func (unsure) Start(h crdt.History, v crdt.Value) (crdt.Judge, error) {
	j, err := tally{}.Start(h, v)
	return struct{ crdt.Judge }{j}, err
}

// TestJudgeOfView: each view has the judge of exactly what it shows.
func TestJudgeOfView(t *testing.T) {
	a, err := crdt.New(newKey("a"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	size := func(v *crdt.View) (n int) {
		if !v.Judge(func(j crdt.Judge) { n = len(j.(*tallyJudge).in) }) {
			t.Error("no judge")
		}
		return n
	}
	var views []*crdt.View
	for n := range 4 {
		must(t, a.Update(func(tx *crdt.Tx) error { tx.Put("k", n); return nil }))
		views = append(views, a.View()) // with an open edit
		_, err := a.Commit("")
		must(t, err)
	}
	for n, v := range views {
		if got := size(v); got != n+1 || v.Changes() != n+1 {
			t.Errorf("view %d has %d changes, its judge %d", n, v.Changes(), got)
		}
		past, err := a.At(v.Version())
		must(t, err)
		if got := size(past); got != n+1 {
			t.Errorf("at %d: %d", n, got)
		}
	}
	must(t, a.Update(func(tx *crdt.Tx) error {
		if got := size(tx.View()); got != 5 {
			t.Errorf("in an Update: %d", got)
		}
		return nil
	}))
	free, err := crdt.New(newKey("b"))
	must(t, err)
	if free.View().Judge(func(crdt.Judge) { t.Error("who is asked?") }) {
		t.Error("a judge without rules")
	}
}
