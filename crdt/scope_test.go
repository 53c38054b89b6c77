package crdt_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// scope runs complete small scopes: every history of a kind, not sampled, each
// delivered in every order, judged by the twin. There is a smaller one for every day and
// the whole one with -args -long; -short takes some histories of the smaller one.
type scope struct {
	t                 *testing.T
	base              bridge.Bundle
	names             []string
	histories, orders int

	show func(d *crdt.Doc) string // what a replica shows
	want func(tw *twin) string    // and the twin
}

// acts are all edits that an author could make in a replica, as the one of a step.
type acts func(d *crdt.Doc, author, step int) []act

// act is one edit of one author.
type act struct {
	name string
	do   func(tx *crdt.Tx)
}

func scopeOptions() []crdt.Option {
	return []crdt.Option{crdt.WithClock(func() time.Time { return time.Unix(0, 0) })}
}

// newScope founds the work that every history begins with.
func newScope(t *testing.T, name string, start func(tx *crdt.Tx)) *scope {
	d, err := crdt.New(newKey("scope "+name), append(scopeOptions(), crdt.Title(name))...)
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { start(tx); return nil }))
	must(t, bridge.Of(d).Leave())
	s := &scope{t: t, base: bundleOf(d)}
	s.show = func(d *crdt.Doc) string {
		json, err := d.View().MarshalJSON()
		must(t, err)
		return string(json) + "\n" + dumpView(d.View())
	}
	s.want = func(tw *twin) string { return tw.JSON() + "\n" + dumpTwin(tw) }
	for k := range 3 {
		s.names = append(s.names, fmt.Sprint("scope ", name, k))
	}
	return s
}

// bundleOf is all that a doc holds, sealed and signed.
func bundleOf(d *crdt.Doc) bridge.Bundle {
	in := bridge.Of(d)
	all := make([]int, in.Count())
	for k := range all {
		all[k] = k
	}
	b, _ := in.Bundle(all, math.MaxInt)
	return b
}

// replica is a fresh one that holds the base; author -1 reads only.
func (s *scope) replica(author int) *crdt.Doc {
	var key crdt.Signer
	if author >= 0 {
		key = newKey(s.names[author])
	}
	d, err := crdt.Join(key, block.ID(s.base.Work).ChangeCID(), scopeOptions()...)
	must(s.t, err)
	_, err = bridge.Of(d).Apply(s.base, "", true)
	must(s.t, err)
	return d
}

// commit makes one change of an edit and gives it, signed; none when the edit
// did nothing.
func (s *scope) commit(d *crdt.Doc, a act) []bridge.Bundle {
	must(s.t, d.Update(func(tx *crdt.Tx) error { a.do(tx); return nil }))
	_, err := d.Commit("")
	if errors.Is(err, crdt.ErrNothing) {
		return nil
	}
	must(s.t, err)
	must(s.t, bridge.Of(d).Leave())
	b, _ := bridge.Of(d).Bundle([]int{bridge.Of(d).Count() - 1}, 1<<30)
	return []bridge.Bundle{b}
}

// take lets a replica take in changes, which were verified before.
func (s *scope) take(d *crdt.Doc, list ...bridge.Bundle) {
	for _, b := range list {
		if _, err := bridge.Of(d).Apply(b, "", true); err != nil {
			s.t.Fatal(err)
		}
	}
}

// judge delivers the changes of a history in every order and compares with the
// twin.
func (s *scope) judge(name string, list []bridge.Bundle) {
	s.histories++
	items := append([]bridge.Item(nil), s.base.Items...)
	for _, b := range list { // links first
		items = append(items, b.Items...)
	}
	want := s.want(newTwin(items))
	permute(len(list), func(order []int) {
		s.orders++
		d := s.replica(-1)
		for _, k := range order {
			s.take(d, list[k])
		}
		if got := s.show(d); got != want {
			s.t.Fatalf("%s in order %v:\n%s\nwant\n%s", name, order, got, want)
		}
		if s.orders%50 == 0 {
			must(s.t, d.CheckRooms())
		}
	})
}

// permute yields every order of n things.
func permute(n int, yield func(order []int)) {
	order := make([]int, n)
	for k := range order {
		order[k] = k
	}
	var rec func(k int)
	rec = func(k int) {
		if k == n {
			yield(order)
			return
		}
		for j := k; j < n; j++ {
			order[k], order[j] = order[j], order[k]
			rec(k + 1)
			order[k], order[j] = order[j], order[k]
		}
	}
	rec(0)
}

// some tells whether the k-th history is one that -short takes.
func some(k int) bool { return !testing.Short() || k%7 == 0 }

// line is what one author did, and in which replica it stands.
type line struct {
	name string
	list []bridge.Bundle
	d    *crdt.Doc
}

// lines are all ways for an author to make n edits. The author takes in what seen has
// after the first of them.
func (s *scope) lines(author, n int, all acts, seen []bridge.Bundle) []line {
	out := []line{{}}
	for step := range n {
		var longer []line
		for _, l := range out {
			d := s.again(author, l, step, seen)
			for _, x := range all(d, author, step) {
				d := s.again(author, l, step, seen)
				longer = append(longer, line{l.name + x.name + "; ", append(slices.Clone(l.list), s.commit(d, x)...), d})
			}
		}
		out = longer
	}
	return out
}

// again is a replica of an author after the first edits of a line.
func (s *scope) again(author int, l line, step int, seen []bridge.Bundle) *crdt.Doc {
	d := s.replica(author)
	if step == 0 {
		return d
	}
	if len(l.list) > 0 {
		s.take(d, l.list[0])
	}
	s.take(d, seen...)
	if len(l.list) > 1 {
		s.take(d, l.list[1:]...)
	}
	return d
}

// two runs every pair of n edits of one author and m of another; the second one takes
// in the first edit of the other after its own first one, or nothing.
func (s *scope) two(n, m int, all acts, seen bool) {
	k := 0
	same := s.lines(1, m, all, nil)
	for _, a := range s.lines(0, n, all, nil) {
		list := same
		if seen && len(a.list) > 0 {
			list = s.lines(1, m, all, a.list[:1])
		}
		for _, b := range list {
			if k++; some(k) {
				s.judge(a.name+"|| "+b.name, append(slices.Clone(a.list), b.list...))
			}
		}
	}
}

// three runs every three edits of three authors; the third one has seen nothing, the
// first edit, or both.
func (s *scope) three(all acts) {
	k := 0
	for _, a := range s.lines(0, 1, all, nil) {
		for _, b := range s.lines(1, 1, all, nil) {
			both := append(slices.Clone(a.list), b.list...)
			for seen := range 3 {
				if seen > len(both) {
					continue
				}
				d := s.replica(2)
				s.take(d, both[:seen]...)
				for _, x := range all(d, 2, 0) {
					if k++; !some(k) {
						continue
					}
					d := s.replica(2)
					s.take(d, both[:seen]...)
					s.judge(fmt.Sprintf("%s|| %s|| %s, seen %d", a.name, b.name, x.name, seen), append(slices.Clone(both), s.commit(d, x)...))
				}
			}
		}
	}
}

// done tells how much there was, which is to be so many histories.
func (s *scope) done(histories int) {
	s.t.Logf("%d histories, %d orders", s.histories, s.orders)
	if !testing.Short() && s.histories != histories {
		s.t.Errorf("%d histories, want %d", s.histories, histories)
	}
}
