package crdt_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// long runs the tests that have a short tier as often as a release asks for:
// go test ./crdt -run 'TestOrders|TestHistories|TestScope|TestFaults' -timeout 2h -args -long
var long = flag.Bool("long", false, "many more histories and orders, whole scopes, all planted faults")

// orders is one way to make edits of one kind of container.
type orders struct {
	kind string
	edit func(e *editor, tx *crdt.Tx)
}

// kinds are the containers, and marks with blocks by themselves; each history also
// has inverses and votes.
var kinds = []orders{
	{"text", func(e *editor, tx *crdt.Tx) { e.text(tx.Text("t")) }},
	{"list", func(e *editor, tx *crdt.Tx) { e.list(tx.List("l"), 1) }},
	{"map", func(e *editor, tx *crdt.Tx) { e.inMap(tx.Map("m"), 0) }},
	{"set", func(e *editor, tx *crdt.Tx) { e.set(tx.Set("s")) }},
	{"counter", func(e *editor, tx *crdt.Tx) { e.counter(tx.Counter("c")) }},
	{"tree", func(e *editor, tx *crdt.Tx) { e.tree(tx.Tree("T")) }},
	{"marks", func(e *editor, tx *crdt.Tx) {
		if t := tx.Text("t"); t.Len() < 3 {
			t.Append("abcd")
		} else {
			e.rich(t)
		}
	}},
}

// TestOrders delivers histories of six changes in all 720 orders, each change
// signed and alone: every order ends in the same state, that of the twin.
func TestOrders(t *testing.T) {
	n := 20
	switch {
	case *long:
		n = 300
	case testing.Short():
		n = 2
	}
	for _, k := range kinds {
		t.Run(k.kind, func(t *testing.T) {
			t.Parallel()
			ran := 0
			for seed := range uint64(n) {
				ran += allOrders(t, sixChanges(t, k, seed))
			}
			if ran != 720*n {
				t.Errorf("%d orders, want %d", ran, 720*n)
			}
			t.Logf("%d histories, %d orders", n, ran)
		})
	}
}

// six is a history: what everybody has, and six changes more, signed each.
type six struct {
	name   string
	base   bridge.Bundle
	doc    *crdt.Doc // has it all
	work   [32]byte
	items  []bridge.Item
	sigs   []bridge.Sig
	expect string
}

// sixChanges makes a history of six changes by two or three people, of one kind
// of container, with an inverse or a vote now and then.
func sixChanges(t *testing.T, k orders, seed uint64) *six {
	s := newStory(t, seed+1<<20, &counts{})
	e := editor{s.r, s.failf}
	for len(s.docs) < 3 {
		s.join()
	}
	docs := s.docs[:2+s.r.IntN(2)]
	edit := func(tx *crdt.Tx) error {
		for range 1 + s.r.IntN(3) {
			k.edit(&e, tx)
		}
		return nil
	}
	s.must(s.docs[0].Update(edit)) // something to disagree about
	for _, d := range s.docs[1:] {
		s.must(d.Merge(s.docs[0]))
	}
	h := &six{name: fmt.Sprint(k.kind, " ", seed), base: s.bundle(s.docs[0]), work: bridge.Of(s.docs[0]).Work()}
	for made := 0; made < 6; {
		d := docs[s.r.IntN(len(docs))]
		switch s.r.IntN(8) {
		case 0, 1:
			if from := docs[s.r.IntN(len(docs))]; from != d {
				s.must(d.Merge(from))
			}
		case 2:
			of := s.known(d)
			s.must(d.Update(func(tx *crdt.Tx) error { tx.Invert(of); return nil }))
		case 3:
			of := s.known(d)
			s.must(d.Update(func(tx *crdt.Tx) error { tx.Act([]string{"off", "on"}[s.r.IntN(2)], of.String()); return nil }))
		default:
			s.must(d.Update(edit))
		}
		if c, err := d.Commit(""); err == nil {
			made++
			id, err := block.ChangeID(c.ID)
			s.must(err)
			s.must(bridge.Of(d).Leave())
			i, _ := bridge.Of(d).Index(id)
			b, _ := bridge.Of(d).Bundle([]int{i}, 1<<30)
			h.items, h.sigs = append(h.items, b.Items...), append(h.sigs, b.Sigs...)
		}
	}
	h.doc = s.docs[0]
	for range 2 {
		for _, d := range docs[1:] {
			s.must(h.doc.Merge(d))
		}
	}
	s.judge(h.doc)
	h.expect = h.show(t, h.doc)
	if len(h.items) != 6 || len(h.sigs) != 6 {
		t.Fatalf("%s: %d changes, %d signatures", h.name, len(h.items), len(h.sigs))
	}
	return h
}

// show is all that must be equal.
func (h *six) show(t *testing.T, d *crdt.Doc) string {
	json, err := d.View().MarshalJSON()
	must(t, err)
	return fmt.Sprintf("%v\n%s\n%s", d.Heads(), json, dumpView(d.View()))
}

// allOrders delivers the six changes in every order.
func allOrders(t *testing.T, h *six) int {
	n := 0
	order := []int{0, 1, 2, 3, 4, 5}
	var permute func(k int)
	permute = func(k int) {
		if k == len(order) {
			n++
			h.deliver(t, order)
			return
		}
		for j := k; j < len(order); j++ {
			order[k], order[j] = order[j], order[k]
			permute(k + 1)
			order[k], order[j] = order[j], order[k]
		}
	}
	permute(0)
	return n
}

// deliver gives the changes to a fresh replica, one by one.
func (h *six) deliver(t *testing.T, order []int) {
	d, err := crdt.Join(nil, block.ID(h.work).ChangeCID(), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	// Verifying would be nine tenths of the time, so one order in 24 does it.
	trusted := order[0] != 2 || order[5] != 3
	in := bridge.Of(d)
	_, err = in.Apply(h.base, "", trusted)
	must(t, err)
	for _, k := range order {
		_, err := in.Apply(bridge.Bundle{Work: h.work, Items: h.items[k : k+1], Sigs: h.sigs[k : k+1]}, "", trusted)
		must(t, err)
		if n := order[0] + 7*order[1]; n == 3 || k == 5 && n%5 == 0 { // a view in between reads caches
			d.View().MarshalJSON()
		}
	}
	if got := h.show(t, d); got != h.expect {
		t.Fatalf("%s in order %v:\n%s\nwant\n%s", h.name, order, got, h.expect)
	}
	if order[0] == 5 && order[1] == 0 {
		if err := d.CheckRooms(); err != nil {
			t.Fatalf("%s in order %v: %v", h.name, order, err)
		}
	}
}
