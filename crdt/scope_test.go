package crdt_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// scope runs complete small scopes: every history of a kind, not sampled, each
// delivered in every order, judged by the twin.
type scope struct {
	t                 *testing.T
	base              bridge.Bundle
	names             []string
	histories, orders int
}

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
	tw := newTwin(items)
	want := tw.JSON() + "\n" + dumpTwin(tw)
	permute(len(list), func(order []int) {
		s.orders++
		d := s.replica(-1)
		for _, k := range order {
			s.take(d, list[k])
		}
		json, err := d.View().MarshalJSON()
		must(s.t, err)
		if got := string(json) + "\n" + dumpView(d.View()); got != want {
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

// textActs is every insert of one letter and every delete of one letter in a
// text of n letters.
func textActs(letter string, n int) []act {
	var out []act
	for i := range n + 1 {
		out = append(out, act{fmt.Sprintf("insert %s at %d", letter, i), func(tx *crdt.Tx) { tx.Text("t").Insert(i, letter) }})
	}
	for i := range n {
		out = append(out, act{fmt.Sprintf("delete at %d", i), func(tx *crdt.Tx) { tx.Text("t").Delete(i, i+1) }})
	}
	return out
}

// textScope is every pair of two edits each of "ab" by two authors; the second
// one sees the first edit of the other before its own second one, or not.
func textScope(t *testing.T, seen bool) (histories, orders int) {
	s := newScope(t, fmt.Sprint("text", seen), func(tx *crdt.Tx) { tx.Text("t").Append("ab") })
	length := func(d *crdt.Doc) int { return d.View().Text("t").Len() }
	type line struct {
		name string
		list []bridge.Bundle
	}
	var firsts []line
	for _, x := range textActs("x", 2) {
		one := s.replica(0)
		s.commit(one, x)
		for _, y := range textActs("y", length(one)) {
			d := s.replica(0)
			both := s.commit(d, x)
			firsts = append(firsts, line{x.name + ", " + y.name, append(both, s.commit(d, y)...)})
		}
	}
	for k, a := range firsts {
		if testing.Short() && k%5 > 0 {
			continue
		}
		for _, x := range textActs("v", 2) {
			d := s.replica(1)
			s.commit(d, x)
			if seen {
				s.take(d, a.list[0])
			}
			for _, y := range textActs("w", length(d)) {
				d := s.replica(1)
				list := s.commit(d, x)
				if seen {
					s.take(d, a.list[0])
				}
				list = append(list, s.commit(d, y)...)
				s.judge(a.name+" || "+x.name+", "+y.name, append(append([]bridge.Bundle(nil), a.list...), list...))
			}
		}
	}
	return s.histories, s.orders
}

// TestScopeText is the complete small scope of text.
func TestScopeText(t *testing.T) {
	for _, seen := range []bool{false, true} {
		t.Run(fmt.Sprint("seen ", seen), func(t *testing.T) {
			t.Parallel()
			histories, orders := textScope(t, seen)
			t.Logf("%d histories, %d orders", histories, orders)
			if want := map[bool]int{false: 729, true: 891}[seen]; !testing.Short() && histories < want {
				t.Errorf("%d histories, want %d", histories, want)
			}
		})
	}
}

// mapActs is every edit of one author: of two keys a put, a delete, a child.
func mapActs(author int) []act {
	var out []act
	for _, key := range []string{"a", "b"} {
		out = append(out,
			act{"put " + key, func(tx *crdt.Tx) { tx.Map("m").Put(key, author) }},
			act{"delete " + key, func(tx *crdt.Tx) { tx.Map("m").Delete(key) }},
			act{"child " + key, func(tx *crdt.Tx) { tx.Map("m").Map(key).Put(fmt.Sprint("by", author), author) }})
	}
	return out
}

// TestScopeMap is the complete small scope of maps: three authors with one edit
// each, on four beginnings; the third has seen nothing, the first, or both.
func TestScopeMap(t *testing.T) {
	starts := map[string]func(tx *crdt.Tx){
		"empty":  func(tx *crdt.Tx) { tx.Text("t").Append("x") },
		"values": func(tx *crdt.Tx) { tx.Map("m").Put("a", "0"); tx.Map("m").Put("b", "0") },
		"child":  func(tx *crdt.Tx) { tx.Map("m").Put("a", "0"); tx.Map("m").Map("b").Put("old", 1) },
		"gone": func(tx *crdt.Tx) {
			tx.Map("m").Map("a").Put("old", 1)
			tx.Map("m").Delete("a")
			tx.Map("m").List("b").Insert(0, 1)
		},
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScope(t, "map "+name, start)
			for i, x := range mapActs(0) {
				for j, y := range mapActs(1) {
					if testing.Short() && (i+j)%3 > 0 {
						continue
					}
					for _, z := range mapActs(2) {
						for seen := range 3 {
							list := append(s.commit(s.replica(0), x), s.commit(s.replica(1), y)...)
							d := s.replica(2)
							s.take(d, list[:min(seen, len(list))]...)
							list = append(list, s.commit(d, z)...)
							s.judge(fmt.Sprintf("%s || %s || %s, seen %d", x.name, y.name, z.name, seen), list)
						}
					}
				}
			}
			t.Logf("%d histories, %d orders", s.histories, s.orders)
			if !testing.Short() && s.histories != 6*6*6*3 {
				t.Errorf("%d histories", s.histories)
			}
		})
	}
}
