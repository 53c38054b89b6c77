package crdt_test

import (
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// errBoom is what rules panic with that are told to.
var errBoom = errors.New("as planned")

// booming is the rules of tests that panic at some change.
type booming struct{ left *int }

func (booming) Name() string { return tally{}.Name() }

func (b booming) Start(h crdt.History, v crdt.Value) (crdt.Judge, error) {
	j, err := tally{}.Start(h, v)
	return boomingJudge{j, b.left}, err
}

type boomingJudge struct {
	crdt.Judge
	left *int
}

func (j boomingJudge) Add(c cid.Cid) iter.Seq2[cid.Cid, error] {
	if *j.left--; *j.left == 0 {
		panic(errBoom)
	}
	return j.Judge.Add(c)
}

// TestRulesPanic: rules that panic while a batch is applied leave the doc settled,
// with what came before, and the rest of the batch can come again.
func TestRulesPanic(t *testing.T) {
	src, err := crdt.New(newKey("p"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	for k := range 6 {
		must(t, src.Update(func(tx *crdt.Tx) error {
			tx.Text("t").Append("ab")
			tx.Text("t").Delete(0, 1)
			l := tx.List("l")
			l.Insert(0, k)
			if k > 1 {
				l.Move(l.Elem(0), 1)
			}
			return nil
		}))
		_, err = src.Commit("")
		must(t, err)
	}
	all, err := src.Since(crdt.Version{})
	must(t, err)
	for _, quota := range []int64{0, 1 << 40} { // with a quota batches go through the waiting room
		for n := 2; n < 8; n++ {
			left := n
			d, err := crdt.Join(newKey("q"), src.ID(), crdt.WithRules(booming{&left}, crdt.Value{}), crdt.MaxBytes(quota))
			must(t, err)
			func() {
				defer func() {
					if p := recover(); p != errBoom {
						t.Errorf("panic %v", p)
					}
				}()
				_, _ = d.Apply(all)
			}()
			for _, when := range []string{"after the panic", "in the end"} {
				if err := errors.Join(d.CheckState(), d.CheckRooms()); err != nil {
					t.Errorf("quota %d, panic at %d, %s: %v", quota, n, when, err)
				}
				_, err = d.Apply(all)
				must(t, err)
			}
			same(t, src, d)
		}
	}
}

// TestNotToBlame: who brings the parent of an invalid change that somebody else has
// brought is told of nothing, and that change is gone.
func TestNotToBlame(t *testing.T) {
	a, b := honest(t, "blame")
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Put("k", 1); return nil }))
	good, err := a.Since(b.Heads())
	must(t, err)
	f := &forger{t, newKey("mallory"), a}
	bad := f.on([]block.ID{headOf(t, a)}, nil, []byte("x"), block.Op{Code: block.OpText, C: root(block.KindText, "t"), Side: block.Right,
		Runes: 1, Bytes: 1, HasAt: true, At: block.Thing{C: 1, N: 1 << 40}})
	must(t, f.give(b, bad))
	if n := bridge.Of(b).Pending(); n != 1 {
		t.Fatalf("%d changes wait", n)
	}
	res, err := b.Apply(good.From("honest"))
	if err != nil || len(res.Rejected) > 0 || len(res.Applied) == 0 {
		t.Errorf("%v and %v", err, res.Rejected)
	}
	if n := bridge.Of(b).Pending(); n != 0 {
		t.Errorf("%d changes wait", n)
	}
	if err := f.give(b, bad); !errors.Is(err, crdt.ErrInvalid) {
		t.Errorf("offered again it gives %v", err)
	}
	same(t, a, b)
}

// TestViewInside: a view that was taken inside an Update does not see what the Update
// does after it, however often it is read.
func TestViewInside(t *testing.T) {
	d, err := crdt.New(newKey("inside"))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error {
		var views []*crdt.View
		show := func(v *crdt.View) string { return fmt.Sprint(v.Text("t").String(), v.Get("k").Any()) }
		var want []string
		for k := range 4 {
			views = append(views, tx.View())
			want = append(want, show(tx.View()))
			for i, v := range views[:k] {
				if got := show(v); got != want[i] {
					t.Errorf("view %d of %d shows %q, want %q", i, k, got, want[i])
				}
			}
			tx.Text("t").Append("x")
			tx.Put("k", k)
		}
		if got := show(tx.View()); got != "xxxx3" {
			t.Errorf("now it is %q", got)
		}
		return nil
	}))
}
