package crdt_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// askings is what a filter is asked in the words of the twin.
type askings struct {
	t *twin
	// up is what a container or key is in: a *twBox or *twSlot.
	up map[any]any
}

// newAskings finds out what is in what.
func newAskings(t *twin) *askings {
	a := &askings{t: t, up: map[any]any{}}
	for _, b := range t.boxes {
		for _, s := range b.slots {
			a.up[s] = b
		}
	}
	for _, x := range t.list {
		for _, n := range x.nums {
			if n.child != nil {
				a.up[n.child] = a.of(n)
			}
		}
	}
	return a
}

// of is what a number stands in.
func (a *askings) of(n *twNum) any {
	switch {
	case n.elem != nil:
		return n.elem.box
	case n.box != nil:
		return n.box
	case len(n.slot.entries) > 0 && n.slot.entries[0].box != nil: // the value of a list element
		return n.slot.entries[0].box
	}
	return n.slot
}

// in tells whether a number is of a container or key, or of what is in it.
func (a *askings) in(n *twNum, of any) bool {
	if n.target != nil {
		return a.in(n.target, of)
	}
	if n.child != nil && any(n.child) == of {
		return true
	}
	for at := a.of(n); at != nil; at = a.up[at] {
		if at == of {
			return true
		}
	}
	return false
}

// kindsOf says in words what the ops of each code do.
var kindsOf = map[block.Code]string{
	block.OpText: "insert", block.OpValues: "insert", block.OpListChild: "insert", block.OpNode: "insert", block.OpQuote: "quote",
	block.OpBlock: "block", block.OpMark: "mark", block.OpPut: "put", block.OpSet: "put", block.OpChild: "put", block.OpAdd: "put",
	block.OpStep: "count", block.OpMove: "move", block.OpTreeMove: "move", block.OpDelete: "delete", block.OpAbsent: "delete",
	block.OpRestore: "restore", block.OpAct: "act", block.OpNote: "note",
}

// edits tells whether a change makes one of the edits in of, anywhere for nil.
func (a *askings) edits(x *twChange, kinds crdt.Edits, of any) bool {
	k := 0
	for i := range x.ops {
		op := &x.ops[i]
		var nums []*twNum
		for ; k < len(x.nums) && x.nums[k].op == op; k++ {
			nums = append(nums, x.nums[k])
		}
		if op.Code == block.OpRestore {
			for _, r := range op.Runs {
				for n := range uint64(r.Len) {
					nums = append(nums, a.t.thing(x, block.Thing{C: r.C, N: r.N + n}))
				}
			}
		}
		if kinds != 0 && !slices.Contains(splitNames(kinds), kindsOf[op.Code]) {
			continue
		}
		if of == nil || slices.ContainsFunc(nums, func(n *twNum) bool { return a.in(n, of) }) {
			return true
		}
	}
	return false
}

// splitNames are the names of kinds.
func splitNames(kinds crdt.Edits) (out []string) {
	for k := range 16 {
		if one := kinds & (1 << k); one != 0 {
			out = append(out, one.String())
		}
	}
	return out
}

// reached are the changes of a version.
func (a *askings) reached(v crdt.Version) map[*twChange]bool {
	in := map[*twChange]bool{}
	var walk func(x *twChange)
	walk = func(x *twChange) {
		if x == nil || in[x] {
			return
		}
		in[x] = true
		walk(x.prev)
		for _, l := range x.links {
			walk(l)
		}
	}
	for _, c := range v.IDs() {
		if id, err := block.ChangeID(c); err == nil {
			walk(a.t.by[id])
		}
	}
	return in
}

// pick is a random filter, and what it asks in the words of the twin.
func (a *askings) pick(s *story, v *crdt.View, d *crdt.Doc) (f crdt.Filter, of any) {
	if s.r.IntN(3) == 0 {
		for range 1 + s.r.IntN(2) {
			f.Authors = append(f.Authors, s.keys[s.docs[s.any()]].Author())
		}
	}
	if s.r.IntN(3) == 0 {
		f.Edits = crdt.Edits(1<<s.r.IntN(11) | 1<<s.r.IntN(11))
	}
	root := func(kind block.Kind, name string) *twBox { return a.t.box(fmt.Sprintf("root %d %q", kind, name), kind) }
	switch s.r.IntN(12) {
	case 0:
		f.In, of = v.Text("t"), root(block.KindText, "t")
	case 1:
		f.In, of = v.Map("m"), root(block.KindMap, "m")
	case 2:
		f.In, of = v.List("l"), root(block.KindList, "l")
	case 3:
		f.In, of = v.Tree("T"), root(block.KindTree, "T")
	case 4:
		f.In, of = v.Counter("c"), root(block.KindCounter, "c")
	case 5:
		f.In, of = v.Set("s"), root(block.KindSet, "s")
	case 6:
		f.In, f.Key, of = v.Map("m"), "a", root(block.KindMap, "m").slot("a")
	case 7:
		f.Key, of = "b", root(block.KindMap, "").slot("b")
	}
	version := func() crdt.Version {
		v, err := crdt.NewVersion(s.known(d), s.known(d))
		s.must(err)
		return v
	}
	if s.r.IntN(3) == 0 {
		f.After = version()
	}
	if s.r.IntN(3) == 0 {
		f.Until = version()
	}
	return f, of
}

// TestHistoryFilters asks random filters about random histories; what each lets through
// is what the twin finds by looking at every number of every change.
func TestHistoryFilters(t *testing.T) {
	rounds := 120
	if testing.Short() {
		rounds = 20
	}
	asked, through, kept := 0, 0, 0
	for seed := range uint64(rounds) {
		s := newStory(t, 1<<34+seed, &counts{})
		for range 30 {
			s.step()
		}
		d := s.docs[0]
		if _, err := d.Since(d.Heads()); err != nil {
			t.Fatal(err)
		}
		a := newAskings(newTwin(rawsOf(d)))
		for range 25 {
			v := d.View()
			if s.r.IntN(3) == 0 {
				var err error
				at, err := crdt.NewVersion(s.known(d))
				must(t, err)
				v, err = d.At(at)
				must(t, err)
			}
			f, of := a.pick(s, v, d)
			g, also := crdt.Filter{}, any(nil)
			if s.r.IntN(4) == 0 {
				g, also = a.pick(s, v, d)
			}
			shown := a.reached(v.Version())
			var want []cid.Cid
			for _, x := range slices.Backward(a.t.list) {
				if shown[x] && a.passes(x, f, of) && a.passes(x, g, also) {
					want = append(want, x.id.ChangeCID())
				}
			}
			var got []cid.Cid
			for c := range v.History(f, g) {
				if got = append(got, c.ID); v.Edits(c.ID)&f.Edits == 0 && f.Edits != 0 {
					t.Fatalf("seed %d: %v makes %v, not %v", seed, c.ID, v.Edits(c.ID), f.Edits)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: %+v and %+v let through\n%v\nwant\n%v", seed, f, g, got, want)
			}
			asked, through, kept = asked+1, through+len(got), kept+len(shown)-len(got)
		}
	}
	t.Logf("%d filters, %d changes let through, %d not", asked, through, kept)
	if asked < 25*rounds || through < asked/2 || kept < asked {
		t.Errorf("less than promised")
	}
}

// passes tells whether a filter lets a change through, by looking at everything.
func (a *askings) passes(x *twChange, f crdt.Filter, of any) bool {
	return (len(f.Authors) == 0 || slices.Contains(f.Authors, crdt.Author(x.c.By))) &&
		(f.Edits == 0 && of == nil || a.edits(x, f.Edits, of)) &&
		(f.After.IsZero() || !a.reached(f.After)[x]) && (f.Until.IsZero() || a.reached(f.Until)[x])
}

// TestHistoryParts filters by parts that are deep, not there, and of other docs.
func TestHistoryParts(t *testing.T) {
	a, b := pair(t, "some text")
	edit := func(d *crdt.Doc, note string, fn func(tx *crdt.Tx)) {
		must(t, d.Update(func(tx *crdt.Tx) error { tx.Note(note); fn(tx); return nil }))
	}
	var card crdt.Elem
	edit(a, "card", func(tx *crdt.Tx) {
		e, m := tx.List("cards").InsertMap(0)
		m.Put("title", "first")
		card = e
	})
	edit(a, "body", func(tx *crdt.Tx) { tx.List("cards").Map(card).Text("body").Append("words") })
	edit(a, "title", func(tx *crdt.Tx) { tx.List("cards").Map(card).Put("title", "second") })
	must(t, b.Merge(a))
	name, err := card.MarshalText()
	must(t, err)
	edit(b, "bold", func(tx *crdt.Tx) {
		e, err := tx.ParseElem(name)
		must(t, err)
		tx.List("cards").Map(e).Text("body").Mark(0, 5, bold)
		if _, err := tx.ParseElem([]byte("nothing")); err == nil {
			t.Error("an element is read from nothing")
		}
	})
	must(t, a.Merge(b))
	edit(a, "gone", func(tx *crdt.Tx) { tx.List("cards").Map(card).Text("body").Delete(0, 2) })
	u := crdt.NewUndo(a)
	undo(t, u)
	v := a.View()
	m := v.List("cards").Map(card)
	body := m.Text("body")
	notes := func(f ...crdt.Filter) (out []string) {
		for c := range v.History(f...) {
			if c.Note == "" {
				c.Note = v.Edits(c.ID).String()
			}
			out = append(out, c.Note)
		}
		return out
	}
	check := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	check("text in a card", notes(crdt.Filter{In: body}), "restore,act", "gone", "bold", "body")
	check("a part of it", notes(crdt.Filter{In: body.Slice(1, 2)}), "restore,act", "gone", "bold", "body")
	check("what Ben did there", notes(crdt.Filter{In: body, Authors: []crdt.Author{b.Author()}}), "bold")
	check("a key of the card", notes(crdt.Filter{In: m, Key: "title"}), "title", "card")
	check("a key that holds a text", notes(crdt.Filter{In: m, Key: "body"}), "restore,act", "gone", "bold", "body")
	check("deletes in the card", notes(crdt.Filter{In: m, Edits: crdt.EditDelete}), "gone")
	check("undo", notes(crdt.Filter{Edits: crdt.EditRestore}), "restore,act")
	check("a key that was never there", notes(crdt.Filter{In: m, Key: "none"}))
	check("a container that was never there", notes(crdt.Filter{In: v.Map("none")}))
	check("a root key that was never there", notes(crdt.Filter{Key: "none"}))
	check("another doc's container", notes(crdt.Filter{In: b.View().List("cards")}))
	check("all that filters let through", notes(crdt.Filter{In: m}, crdt.Filter{Edits: crdt.EditMark | crdt.EditPut}), "bold", "title", "body", "card")
	other, err := crdt.New(newKey("somebody else"))
	must(t, err)
	check("a version of another work", notes(crdt.Filter{Until: other.Heads()}))
	if got := len(notes(crdt.Filter{After: other.Heads()})); got != v.Changes() {
		t.Errorf("after a version of another work: %d of %d", got, v.Changes())
	}
	for range v.History(crdt.Filter{In: m}) {
		break // as many as are asked for
	}
	if got := v.Edits(other.Heads().IDs()[0]); got != 0 {
		t.Errorf("a change of another work makes %v", got)
	}
}

// BenchmarkHistoryFilter looks through a history for what is not in it.
func BenchmarkHistoryFilter(b *testing.B) {
	for _, n := range []int{10000, 100000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d, err := crdt.New(newKey("ann"))
			must(b, err)
			for k := range n {
				must(b, d.Update(func(tx *crdt.Tx) error { tx.Map("m").Put(fmt.Sprint("k", k%50), k); return nil }))
				_, err := d.Commit("")
				must(b, err)
			}
			v := d.View()
			f := crdt.Filter{In: v.Map("m"), Key: "k1", Edits: crdt.EditDelete, Until: d.Heads()}
			b.ReportAllocs()
			for b.Loop() {
				for range v.History(f) {
					b.Error("let through")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/change")
		})
	}
}
