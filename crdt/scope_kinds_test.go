package crdt_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// textActs is every insert of one letter, every delete of one letter, and every mark of
// every range that expands in one of the ways, in a text; the letters and the values of
// marks tell who it was.
func textActs(expands ...crdt.Expand) acts {
	return func(d *crdt.Doc, author, step int) (out []act) {
		n := d.View().Text("t").Len()
		letter := []string{"xy", "vw"}[author][step : step+1]
		for i := range n + 1 {
			out = append(out, act{fmt.Sprintf("insert %s at %d", letter, i), func(tx *crdt.Tx) { tx.Text("t").Insert(i, letter) }})
		}
		for i := range n {
			out = append(out, act{fmt.Sprintf("delete at %d", i), func(tx *crdt.Tx) { tx.Text("t").Delete(i, i+1) }})
			for j := i + 1; j <= n; j++ {
				for _, e := range expands {
					m := crdt.Mark{Key: "b", Value: 2*author + step, Expand: e}
					out = append(out, act{fmt.Sprintf("mark %d to %d, expand %d", i, j, e), func(tx *crdt.Tx) { tx.Text("t").Mark(i, j, m) }})
				}
			}
		}
		return out
	}
}

// TestScopeText is the complete small scope of text: two authors with two edits each of
// "ab"; the second one sees the first edit of the other before its own second one, or
// not.
func TestScopeText(t *testing.T) {
	for _, seen := range []bool{false, true} {
		t.Run(fmt.Sprint("seen ", seen), func(t *testing.T) {
			t.Parallel()
			s := newScope(t, fmt.Sprint("text", seen), func(tx *crdt.Tx) { tx.Text("t").Append("ab") })
			s.two(2, 2, textActs(), seen)
			s.done(map[bool]int{false: 729, true: 891}[seen])
		})
	}
}

// TestScopeMarks is the same with marks that expand in every way; the one of every day
// is of two edits of one author and one of another, and marks that expand behind, and do not.
func TestScopeMarks(t *testing.T) {
	for _, seen := range []bool{false, true} {
		t.Run(fmt.Sprint("seen ", seen), func(t *testing.T) {
			t.Parallel()
			s := newScope(t, fmt.Sprint("marks", seen), func(tx *crdt.Tx) { tx.Text("t").Append("ab") })
			if *long {
				s.two(2, 2, textActs(crdt.ExpandNone, crdt.ExpandBefore, crdt.ExpandAfter, crdt.ExpandBoth), seen)
				s.done(map[bool]int{false: 311 * 311, true: 93*553 + 14*143 + 204*311}[seen])
				return
			}
			s.two(2, 1, textActs(crdt.ExpandNone, crdt.ExpandAfter), seen)
			s.done(133 * 11)
		})
	}
}

// mapActs is every edit of two keys: a put, a delete, a child.
func mapActs(_ *crdt.Doc, author, _ int) (out []act) {
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
			s.three(mapActs)
			if s.histories < 500 && !testing.Short() { // a delete of nothing is no change
				t.Errorf("%d histories", s.histories)
			}
			t.Logf("%d histories, %d orders", s.histories, s.orders)
		})
	}
}

// listActs is every move and delete of an element, and with -long every set.
func listActs(d *crdt.Doc, author, _ int) (out []act) {
	n := d.View().List("l").Len()
	for i := range n {
		for to := range n {
			if to != i {
				out = append(out, act{fmt.Sprintf("move %d to %d", i, to), func(tx *crdt.Tx) { l := tx.List("l"); l.Move(l.Elem(i), to) }})
			}
		}
		out = append(out, act{fmt.Sprintf("delete %d", i), func(tx *crdt.Tx) { l := tx.List("l"); l.Delete(l.Elem(i)) }})
		if *long {
			out = append(out, act{fmt.Sprintf("set %d", i), func(tx *crdt.Tx) { l := tx.List("l"); l.Put(l.Elem(i), fmt.Sprint("by ", author)) }})
		}
	}
	return out
}

// TestScopeList is the complete small scope of lists that move: three authors with one
// edit each, of four elements; of every day it is three elements.
func TestScopeList(t *testing.T) {
	n := 3
	if *long {
		n = 4
	}
	s := newScope(t, "list", func(tx *crdt.Tx) {
		for k := range n {
			tx.List("l").Insert(k, k)
		}
	})
	s.three(listActs)
	s.done(scopeSize(s, listActs))
}

// treeActs is every move of a node to be the first below another one, or of all, and
// every delete of one. Nodes are told by their names.
func treeActs(n int) acts {
	return func(d *crdt.Doc, _, _ int) (out []act) {
		nodes := func(t crdt.Tree) map[int]crdt.Elem {
			all := map[int]crdt.Elem{}
			var walk func(of crdt.Elem)
			walk = func(of crdt.Elem) {
				for e := range t.Children(of) {
					all[int(t.Data(e).Get("n").Any().(int64))] = e
					walk(e)
				}
			}
			walk(crdt.Elem{})
			return all
		}
		here := d.View().Tree("T")
		all := nodes(here)
		for x := range n {
			if _, ok := all[x]; !ok {
				continue
			}
			for to := -1; to < n; to++ {
				if _, ok := all[to]; to >= 0 && !ok || to == x || to >= 0 && isBelow(here, all[to], all[x]) {
					continue
				}
				out = append(out, act{fmt.Sprintf("move %d below %d", x, to), func(tx *crdt.Tx) {
					all := nodes(tx.View().Tree("T"))
					tx.Tree("T").Move(all[x], all[to], 0)
				}})
			}
			out = append(out, act{fmt.Sprintf("delete %d", x), func(tx *crdt.Tx) { tx.Tree("T").Delete(nodes(tx.View().Tree("T"))[x]) }})
		}
		return out
	}
}

// isBelow tells whether a node stands below another one.
func isBelow(t crdt.Tree, e, of crdt.Elem) bool {
	for ok := true; ok; e, ok = t.Parent(e) {
		if e == of {
			return true
		}
	}
	return false
}

// TestScopeTree is the complete small scope of trees: three authors with one move or
// delete each, of four nodes, all at the root or one below the other; of every day it
// is three nodes.
func TestScopeTree(t *testing.T) {
	for _, chain := range []bool{false, true} {
		t.Run(fmt.Sprint("chain ", chain), func(t *testing.T) {
			t.Parallel()
			n := 3
			if *long {
				n = 4
			}
			s := newScope(t, fmt.Sprint("tree", chain), func(tx *crdt.Tx) {
				up := crdt.Elem{}
				for k := range n {
					e, m := tx.Tree("T").Insert(up, 0)
					if m.Put("n", k); chain {
						up = e
					}
				}
			})
			s.three(treeActs(n))
			s.done(scopeSize(s, treeActs(n)))
		})
	}
}

// scopeSize counts the histories of three authors by another walk: those of the first
// two, and what the third one could do in each of three replicas.
func scopeSize(s *scope, all acts) (n int) {
	start := s.replica(2)
	for _, x := range all(start, 0, 0) {
		one := s.replica(0)
		first := s.commit(one, x)
		for _, y := range all(start, 1, 0) {
			second := s.commit(s.replica(1), y)
			d := s.replica(2)
			n += len(all(d, 2, 0))
			if len(first) > 0 {
				s.take(d, first...)
				n += len(all(d, 2, 0))
			}
			if len(second) > 0 {
				s.take(d, second...)
				n += len(all(d, 2, 0))
			}
		}
	}
	return n
}

// setActs is every add and remove of two values.
func setActs(_ *crdt.Doc, _, _ int) (out []act) {
	for _, v := range []string{"x", "y"} {
		out = append(out,
			act{"add " + v, func(tx *crdt.Tx) { tx.Set("s").Add(v) }},
			act{"remove " + v, func(tx *crdt.Tx) { tx.Set("s").Remove(v) }})
	}
	return out
}

// counterActs is a step up, one down, and one that takes the sum out of int64 where
// somebody else does the same.
func counterActs(_ *crdt.Doc, _, _ int) (out []act) {
	for _, n := range []int64{1, -1, math.MaxInt64} {
		out = append(out, act{fmt.Sprint("add ", n), func(tx *crdt.Tx) { tx.Counter("c").Add(n) }})
	}
	return out
}

// TestScopeSetCounter is the complete small scope of sets and counters: two authors with
// three edits each; of every day it is two each.
func TestScopeSetCounter(t *testing.T) {
	n, sets, counters := 2, 256, 81
	if *long {
		n, sets, counters = 3, 4096, 729
	}
	for _, seen := range []bool{false, true} {
		t.Run(fmt.Sprint("set, seen ", seen), func(t *testing.T) {
			t.Parallel()
			s := newScope(t, fmt.Sprint("set", seen), func(tx *crdt.Tx) { tx.Set("s").Add("x") })
			s.two(n, n, setActs, seen)
			s.done(sets)
		})
		t.Run(fmt.Sprint("counter, seen ", seen), func(t *testing.T) {
			t.Parallel()
			s := newScope(t, fmt.Sprint("counter", seen), func(tx *crdt.Tx) { tx.Counter("c").Add(0) })
			s.show = func(d *crdt.Doc) string {
				n, err := d.View().Counter("c").Int()
				if errors.Is(err, crdt.ErrLimit) {
					return "outside int64"
				}
				return fmt.Sprint(n, err)
			}
			s.want = func(tw *twin) string {
				sum := tw.box(fmt.Sprintf("root %d %q", block.KindCounter, "c"), block.KindCounter).sum()
				if !sum.IsInt64() {
					return "outside int64"
				}
				return fmt.Sprint(sum, nil)
			}
			s.two(n, n, counterActs, seen)
			s.done(counters)
		})
	}
}
