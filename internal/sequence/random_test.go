package sequence

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// shapes are the node sizes that random tests run with.
var shapes = []sizes{
	{leaf: 4, fanout: 3, leaves: leafMask + 1, chunk: 2},
	{leaf: 4, fanout: 4, leaves: leafMask + 1, chunk: 3},
	{leaf: 7, fanout: 5, leaves: leafMask + 1, chunk: 2},
	{leaf: 4, fanout: 4, leaves: 3, chunk: 4}, // leaf numbers run out
	defaultSizes,
}

// starts are first LVs: some put page and block borders into the history.
var starts = []LV{0, 1, 240, 1<<blockBits - 30, 1<<20 + 250, MaxLV - 1<<20}

var letters = rapid.SampledFrom([]rune("aaaabcdefg\u007f\u0080éßЖ\u07ff\u0800漢\uffff\U00010000😀"))

// words draws a text to insert.
func words(t *rapid.T) string {
	n := rapid.SampledFrom([]int{1, 1, 1, 1, 1, 2, 2, 3, 3, 7, 7, 70, 70, 300, 900}).Draw(t, "length")
	if n >= 70 {
		unit := string(rapid.SliceOfN(letters, 1, 5).Draw(t, "unit"))
		return string([]rune(strings.Repeat(unit, n))[:n])
	}
	return string(rapid.SliceOfN(letters, n, n).Draw(t, "text"))
}

// world is some replicas and everything they have told each other.
type world struct {
	replicas []*replica
	history  []*op
	cursor   []int // where each of them types
}

func newWorld(t *rapid.T, n int) *world {
	w := &world{cursor: make([]int, n)}
	shape := rapid.SampledFrom(shapes).Draw(t, "shape")
	sparse := rapid.Bool().Draw(t, "sparse")
	for who := range n {
		gap := func() LV { return 0 }
		if sparse {
			gap = func() LV { return rapid.SampledFrom([]LV{0, 0, 0, 1, 2, 130, 700}).Draw(t, "gap") }
		}
		w.replicas = append(w.replicas, newReplica(who, shape, rapid.SampledFrom(starts).Draw(t, "start"), gap))
	}
	return w
}

// pick draws a replica.
func (w *world) pick(t *rapid.T) *replica {
	return w.replicas[rapid.IntRange(0, len(w.replicas)-1).Draw(t, "who")]
}

// must fails the test on an error.
func must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// insert is a local insert, published unless history is nil.
func (w *world) insert(t *rapid.T, r *replica, pos int, text string, history *[]*op) {
	o, err := r.insertAt(pos, text)
	must(t, err)
	w.cursor[r.who] = pos + len([]rune(text))
	if history != nil {
		r.publish(o, history)
	}
}

// delete is a local delete, published unless history is nil.
func (w *world) delete(t *rapid.T, r *replica, pos, n int, history *[]*op) *op {
	o, err := r.deleteAt(pos, n)
	must(t, err)
	w.cursor[r.who] = pos
	if history != nil && len(o.gone) > 0 {
		r.publish(o, history)
	}
	return o
}

// edit draws one local edit.
func (w *world) edit(t *rapid.T, r *replica, history *[]*op) *op {
	n := r.seq.Len()
	at := min(w.cursor[r.who], n)
	switch kind := rapid.IntRange(0, 5).Draw(t, "edit"); {
	case kind <= 1:
		w.insert(t, r, at, string(letters.Draw(t, "letter")), history)
	case kind == 2:
		w.insert(t, r, rapid.IntRange(0, n).Draw(t, "pos"), words(t), history)
	case kind == 3 && at > 0:
		return w.delete(t, r, at-1, 1, history)
	case kind == 4 && at < n:
		return w.delete(t, r, at, 1, history)
	case kind == 5 && n > 0:
		pos := rapid.IntRange(0, n-1).Draw(t, "pos")
		return w.delete(t, r, pos, rapid.IntRange(1, min(n-pos, 40)).Draw(t, "count"), history)
	}
	return nil
}

// sync gives b everything that a has.
func (w *world) sync(t *rapid.T, a, b *replica) {
	for _, o := range a.applied {
		if !b.known[o.key] {
			b.receive(o, o.text != "" && rapid.IntRange(0, 5).Draw(t, "withheld") == 0)
		}
	}
}

// rollback makes some edits and takes them back, and compares what is left with
// what was.
func (w *world) rollback(t *rapid.T, r *replica) {
	before, next, arena := dump(r.seq), r.next, len(r.arena)
	firstMade := r.made
	var hidden []*op
	for range rapid.IntRange(1, 12).Draw(t, "edits") {
		if o := w.edit(t, r, nil); o != nil {
			hidden = append(hidden, o)
		}
	}
	r.seq.Truncate(next)
	for n := firstMade; n < r.made; n++ {
		id := ident{r.who, n}
		delete(r.ids, r.lvs[id])
		delete(r.lvs, id)
	}
	for n := r.made - 1; n >= firstMade; n-- {
		r.twin.remove(ident{r.who, n})
	}
	for _, o := range slices.Backward(hidden) {
		for _, id := range o.gone {
			if _, ok := r.lvs[id]; ok {
				r.show(id, true)
			}
		}
	}
	r.made, r.next, r.arena = firstMade, next, r.arena[:arena]
	if after := dump(r.seq); !reflect.DeepEqual(before, after) {
		t.Fatalf("after a rollback:\n%v\nbefore:\n%v", after, before)
	}
}

// content is everything that truncation must put back, in comparable form.
type content struct {
	Pages  []page
	Tables [][]extra
	Lists  map[uint32][]LV
	Runs   []span
	Vis    uint32
	Ext    extra
	Next   LV
	Count  uint32
}

func dump(s *Seq) content {
	c := content{Lists: map[uint32][]LV{}, Vis: s.vis, Ext: s.ext, Next: s.next, Count: s.tables}
	for _, pg := range s.spelled() {
		p := *pg
		p.ents, p.tables = nil, nil
		p.pieces = slices.Clone(p.pieces)
		var leads []extra
		for i := range pg.pieces {
			p.pieces[i].tab = 0
			for j := range pg.pieces[i].len() + 1 {
				leads = append(leads, s.lead(pg, &pg.pieces[i], j))
			}
		}
		c.Pages = append(c.Pages, p)
		c.Tables = append(c.Tables, leads)
	}
	for key, l := range s.lists {
		c.Lists[key] = slices.Concat(l.chunks...)
	}
	s.All(func(lv LV, n uint32, shown bool) bool {
		if !shown {
			n |= hidden
		}
		c.Runs = append(c.Runs, span{lv, n})
		return true
	})
	return c
}

// TestRandomHistories runs random histories of three replicas: typing,
// backspacing, inserts and deletes anywhere, sync with and without words, words
// that come late, elements switched off and on, rollbacks. After every step the
// rules hold and the twin agrees.
func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 3)
		var last *replica
		t.Repeat(map[string]func(*rapid.T){
			"edit": func(t *rapid.T) {
				last = w.pick(t)
				w.edit(t, last, &w.history)
			},
			"type": func(t *rapid.T) {
				last = w.pick(t)
				for range rapid.IntRange(1, 8).Draw(t, "times") {
					w.insert(t, last, min(w.cursor[last.who], last.seq.Len()), string(letters.Draw(t, "letter")), &w.history)
				}
			},
			"sync": func(t *rapid.T) {
				a := w.pick(t)
				last = w.pick(t)
				w.sync(t, a, last)
			},
			"show": func(t *rapid.T) {
				last = w.pick(t)
				all := last.twin.all()
				if len(all) == 0 {
					return
				}
				i := rapid.IntRange(0, len(all)-1).Draw(t, "from")
				shown := rapid.Bool().Draw(t, "shown")
				for _, x := range all[i:min(len(all), i+rapid.IntRange(1, 9).Draw(t, "count"))] {
					last.show(x.id, shown)
				}
			},
			"fill": func(t *rapid.T) {
				last = w.pick(t)
				if len(last.wordles) == 0 {
					return
				}
				k := rapid.IntRange(0, len(last.wordles)-1).Draw(t, "which")
				n := len([]rune(last.wordles[k].text))
				i := rapid.IntRange(0, n-1).Draw(t, "from")
				last.fill(k, i, rapid.IntRange(i+1, n).Draw(t, "to"))
			},
			"rollback": func(t *rapid.T) {
				last = w.pick(t)
				w.rollback(t, last)
			},
			"read": func(t *rapid.T) {
				r := w.pick(t)
				i := rapid.IntRange(0, r.seq.Len()).Draw(t, "from")
				must(t, r.checkRange(i, rapid.IntRange(i, r.seq.Len()).Draw(t, "to")))
				must(t, r.checkUnits())
			},
			"": func(t *rapid.T) {
				if last != nil {
					must(t, last.check())
				}
			},
		})
		w.converge(t)
	})
}

// converge lets everybody hear everything and compares the orders.
func (w *world) converge(t *rapid.T) {
	for _, a := range w.replicas {
		for _, b := range w.replicas {
			w.sync(t, a, b)
		}
	}
	for _, a := range w.replicas {
		for _, b := range w.replicas {
			w.sync(t, a, b)
		}
	}
	var want []ident
	for i, r := range w.replicas {
		must(t, r.check())
		var got []ident
		r.seq.All(func(lv LV, n uint32, _ bool) bool {
			for k := range n {
				got = append(got, r.ids[lv+k])
			}
			return true
		})
		if i == 0 {
			want = got
		} else if !slices.Equal(got, want) {
			t.Fatalf("replica %d has the order %v, replica 0 %v", i, got, want)
		}
	}
}

// TestEveryOrder delivers small histories in every order that causality allows.
func TestEveryOrder(t *testing.T) {
	orders := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 3)
		gap := func() LV { return 0 }
		for len(w.history) < 6 {
			r := w.pick(t)
			if rapid.Bool().Draw(t, "sync") {
				for _, o := range w.pick(t).applied {
					if !r.known[o.key] {
						r.receive(o, false)
					}
				}
			}
			if n := r.seq.Len(); n > 0 && rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
				pos := rapid.IntRange(0, n-1).Draw(t, "pos")
				w.delete(t, r, pos, rapid.IntRange(1, min(2, n-pos)).Draw(t, "count"), &w.history)
			} else {
				text := string(rapid.SliceOfN(letters, 1, 3).Draw(t, "text"))
				w.insert(t, r, rapid.IntRange(0, n).Draw(t, "pos"), text, &w.history)
			}
		}
		want := ""
		var walk func(order []*op)
		walk = func(order []*op) {
			if len(order) == len(w.history) {
				orders++
				r := newReplica(9, shapes[orders%len(shapes)], starts[orders%len(starts)], gap)
				for _, o := range order {
					r.receive(o, false)
				}
				must(t, r.check())
				if want == "" {
					want = "=" + r.twin.text()
				} else if want != "="+r.twin.text() {
					t.Fatalf("%q and %q from one history", want[1:], r.twin.text())
				}
				return
			}
			done := map[int]bool{}
			for _, o := range order {
				done[o.key] = true
			}
			for _, o := range w.history {
				ready := !done[o.key]
				for k := range maps.Keys(o.deps) {
					ready = ready && done[k]
				}
				if ready {
					walk(append(slices.Clone(order), o))
				}
			}
		}
		walk(nil)
	})
	if orders < 1000 && !testing.Short() {
		t.Errorf("only %d orders were tried", orders)
	}
	t.Log(fmt.Sprint(orders, " orders"))
}
