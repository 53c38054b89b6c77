package crdt_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// TestBugZoo keeps bugs that other libraries met in the field from coming back here,
// each as a small history named by the project and the number of its issue or pull
// request. What concerns stores and sync is in TestBugZoo of package merge.
func TestBugZoo(t *testing.T) {
	for _, list := range []map[string]func(*testing.T){zooBytes, zooOrders, zooLoads, zooMarks, zooOrder, zooWho} {
		for name, fn := range list {
			t.Run(name, fn)
		}
	}
}

// den is a work whose every change is kept, so that it can be delivered anew.
type den struct {
	t    *testing.T
	docs []*crdt.Doc
	base bridge.Bundle
	list []bridge.Bundle // signed each
}

// newDen founds a work and clones it for n people.
func newDen(t *testing.T, n int, start func(tx *crdt.Tx)) *den {
	d, err := crdt.New(newKey("den 0"), denOptions()...)
	must(t, err)
	edit(t, d, start)
	must(t, bridge.Of(d).Leave())
	z := &den{t: t, docs: []*crdt.Doc{d}, base: bundleOf(d)}
	for k := 1; k < n; k++ {
		c, err := d.Clone(newKey(fmt.Sprint("den ", k)), denOptions()...)
		must(t, err)
		z.docs = append(z.docs, c)
	}
	return z
}

// denOptions are those of every replica: no claimed time, and rules by which people
// switch changes off.
func denOptions() []crdt.Option {
	return append(scopeOptions(), crdt.WithRules(tally{}, crdt.Value{}))
}

// fresh is a replica that holds nothing of the work yet.
func (z *den) fresh(key crdt.Signer) *crdt.Doc {
	d, err := crdt.Join(key, z.docs[0].ID(), denOptions()...)
	must(z.t, err)
	return d
}

// loaded is what a store would load of a replica.
func (z *den) loaded(d *crdt.Doc) *crdt.Doc {
	must(z.t, bridge.Of(d).Leave())
	out := z.fresh(nil)
	_, err := bridge.Of(out).Apply(bundleOf(d), "", true)
	must(z.t, err)
	return out
}

// edit makes one change of person k.
func (z *den) edit(k int, fn func(tx *crdt.Tx)) crdt.Change {
	z.t.Helper()
	edit(z.t, z.docs[k], fn)
	c, err := z.docs[k].Commit("")
	must(z.t, err)
	z.keep(k)
	return c
}

// keep keeps the newest change of person k.
func (z *den) keep(k int) {
	in := bridge.Of(z.docs[k])
	must(z.t, in.Leave())
	b, _ := in.Bundle([]int{in.Count() - 1}, math.MaxInt)
	z.list = append(z.list, b)
}

// undo presses undo for person k.
func (z *den) undo(k int) {
	undo(z.t, crdt.NewUndo(z.docs[k]))
	z.keep(k)
}

// sync lets person k take in what another has.
func (z *den) sync(k, from int) { must(z.t, z.docs[k].Merge(z.docs[from])) }

// end delivers everything to everybody, and to fresh replicas in many orders, and as
// a store loads it. All show the same, which is what the twin shows; it gives that.
func (z *den) end() *crdt.View {
	t := z.t
	t.Helper()
	for range 2 {
		for _, a := range z.docs {
			for _, b := range z.docs {
				if a != b {
					must(t, a.Merge(b))
				}
			}
		}
	}
	items := slices.Clone(z.base.Items)
	for _, b := range z.list {
		items = append(items, b.Items...)
	}
	tw := newTwin(items)
	want := tw.JSON() + "\n" + dumpTwin(tw)
	check := func(how string, d *crdt.Doc) {
		json, err := d.View().MarshalJSON()
		must(t, err)
		if got := string(json) + "\n" + dumpView(d.View()); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", how, got, want)
		}
		must(t, d.CheckRooms())
	}
	for k, d := range z.docs {
		check(fmt.Sprint("person ", k), d)
	}
	check("loaded", z.loaded(z.docs[0]))
	n := 0
	permute(len(z.list), func(order []int) {
		if n++; n > 720 {
			return
		}
		d := z.fresh(nil)
		_, err := bridge.Of(d).Apply(z.base, "", true)
		must(t, err)
		for _, k := range order {
			_, err = bridge.Of(d).Apply(z.list[k], "", true)
			must(t, err)
		}
		check(fmt.Sprint("order ", order), d)
	})
	return z.docs[0].View()
}

// zooBytes: a few bytes hang the reader, or take all its memory.
var zooBytes = map[string]func(*testing.T){
	"yjs-498": func(t *testing.T) { // an update of no bytes loops for ever
		zooRefuses(t, nil)
		zooRefuses(t, []byte{})
	},
	"yjs-479": func(t *testing.T) { // garbage loops for ever
		zooRefuses(t, []byte{0x81, 0xaa, 0xdb, 0x69, 0xe7, 0x81, 0xa1})
		for k := range 256 {
			zooRefuses(t, []byte{byte(k)})
		}
	},
	"yjs-687": func(t *testing.T) { // a run of 27 bytes that says it is long
		b, err := hex.DecodeString("00010000000001000100010200001602000001fdffffffff7f0000")
		must(t, err)
		zooRefuses(t, b)
		// A valid run whose words never come costs a few bytes, however long it is.
		a, d := honest(t, "zoo 687")
		f := &forger{t, newKey("zoo mallory"), a}
		it := f.change(nil, block.Op{Code: block.OpText, C: root(block.KindText, "t"), Side: block.Right, Runes: block.MaxContent / 2, Bytes: block.MaxContent / 2})
		allocated := testing.AllocsPerRun(1, func() { _ = f.give(d, it) })
		if allocated > 10000 {
			t.Errorf("%v allocations", allocated)
		}
		must(t, a.Merge(d))
		works(t, a, d)
	},
	"engram-994": func(t *testing.T) { // a count in 5 bytes is believed
		for _, s := range []string{"bb3030303030303030", "9b3030303030303030", "5b3030303030303030", "7b7fffffffffffffff", "baffffffff", "9affffffff"} {
			b, err := hex.DecodeString(s)
			must(t, err)
			zooRefuses(t, b)
		}
	},
	"loro-570": func(t *testing.T) { // a loop without end in a text of many small edits
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Text("t").Append("ab") })
		for k := range 2 {
			for i := range 3 {
				z.edit(k, func(tx *crdt.Tx) {
					x := tx.Text("t")
					x.Insert(x.Len()/2, "xy")
					x.Delete(0, 1)
					x.Insert(i, "z")
					x.Delete(x.Len()-1, x.Len())
				})
			}
		}
		z.end()
	},
	"loro-558": func(t *testing.T) { // the stack overflows: containers nested deep
		defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
		d, err := crdt.New(newKey("zoo 558"))
		must(t, err)
		edit(t, d, func(tx *crdt.Tx) {
			m := tx.Map("m")
			for range 20000 {
				m = m.Map("x")
			}
			m.Put("end", 1)
		})
		if _, err = d.Commit(""); !errors.Is(err, crdt.ErrNothing) { // it may be sealed by its size
			must(t, err)
		}
		was := d.View()
		edit(t, d, func(tx *crdt.Tx) { tx.Map("m").Delete("x") })
		undo(t, crdt.NewUndo(d))
		if _, err := crdt.Diff(was, d.View()); err != nil {
			t.Error(err)
		}
		at, err := d.At(was.Version())
		must(t, err)
		x, err := at.MarshalJSON()
		must(t, err)
		y, err := reopened(t, d, nil).View().MarshalJSON()
		must(t, err)
		if string(x) != string(y) || strings.Count(string(x), "{") != 20002 {
			t.Errorf("%d bytes, and %d", len(x), len(y))
		}
	},
	"loro-1041": func(t *testing.T) { // a version of a forked history is never reached
		z := newDen(t, 3, func(tx *crdt.Tx) { tx.Text("t").Append("abc") })
		var all []crdt.Change
		for k := range 9 {
			all = append(all, z.edit(k%3, func(tx *crdt.Tx) { tx.Text("t").Insert(k%3, fmt.Sprint(k)) }))
			if k%2 == 1 {
				z.sync((k+1)%3, k%3)
			}
		}
		z.list = nil // the orders are not what this is about
		for k := range z.docs {
			z.sync(0, k)
		}
		for _, x := range all {
			for _, y := range all {
				v, err := crdt.NewVersion(x.ID, y.ID)
				must(t, err)
				view, err := z.docs[0].At(v)
				must(t, err)
				if n := view.Text("t").Len(); n < 4 || n > 12 {
					t.Errorf("at %v: %q", v, view.Text("t"))
				}
			}
		}
	},
}

// zooRefuses delivers bytes as a change, as words, and to everything that reads bytes.
func zooRefuses(t *testing.T, b []byte) {
	t.Helper()
	a, d := honest(t, "zoo bytes")
	f := &forger{t, newKey("zoo mallory"), a}
	it := bridge.Item{ID: block.Sum(b), Change: b}
	refused(t, d, bridge.Bundle{Work: bridge.Of(a).Work(), Items: []bridge.Item{it}, Sigs: []bridge.Sig{f.sign(it)}}, crdt.ErrMalformed)
	var c crdt.Cursor
	if err := c.UnmarshalText(b); err == nil && len(b) > 0 {
		t.Errorf("%x is a cursor", b)
	}
	if _, err := d.ParseElem(b); err == nil {
		t.Errorf("%x is an element", b)
	}
	if _, err := crdt.ParseVersion(string(b)); err == nil && len(b) > 0 {
		t.Errorf("%x is a version", b)
	}
	works(t, a, d)
}

// zooOrders: replicas differ by the order in which changes came.
var zooOrders = map[string]func(*testing.T){
	"yorkie-1416": func(t *testing.T) { // A moves, B moves after A, somebody inserts after B
		z := newDen(t, 3, func(tx *crdt.Tx) { tx.List("l").Insert(0, "A", "B", "C") })
		z.edit(0, func(tx *crdt.Tx) { l := tx.List("l"); l.Move(l.Elem(0), 2) })
		z.edit(1, func(tx *crdt.Tx) { l := tx.List("l"); l.Move(l.Elem(1), 1); l.Move(l.Elem(0), 1) })
		z.edit(2, func(tx *crdt.Tx) { tx.List("l").Insert(2, "X") })
		if n := z.end().List("l").Len(); n != 4 {
			t.Errorf("%d elements", n)
		}
	},
	"yorkie-1948": func(t *testing.T) { // what is appended after a move comes out reversed when the list is built anew
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.List("l").Insert(0, "A", "B", "C") })
		z.edit(0, func(tx *crdt.Tx) {
			l := tx.List("l")
			l.Move(l.Elem(0), 2)
			for k := range 4 {
				l.Insert(l.Len(), k)
			}
		})
		z.edit(1, func(tx *crdt.Tx) { l := tx.List("l"); l.Move(l.Elem(2), 0) })
		v := z.end()
		at, err := z.docs[0].At(v.Version())
		must(t, err)
		var out []string
		for _, x := range at.List("l").All() {
			out = append(out, fmt.Sprint(x.Any()))
		}
		if got := strings.Join(out, ""); !strings.Contains(got, "0123") || len(got) != 7 {
			t.Errorf("%s", got)
		}
	},
	"yorkie-js-1307": func(t *testing.T) { // a counter wraps on one side only
		z := newDen(t, 3, func(tx *crdt.Tx) { tx.Counter("c").Add(1) })
		for k, n := range []int64{math.MaxInt32, math.MaxInt64, math.MinInt64} {
			z.edit(k, func(tx *crdt.Tx) { tx.Counter("c").Add(n) })
		}
		if n, err := z.end().Counter("c").Int(); err != nil || n != math.MaxInt32 {
			t.Errorf("%d, %v", n, err)
		}
		edit(t, z.docs[0], func(tx *crdt.Tx) { tx.Counter("c").Add(math.MaxInt64) })
		for _, d := range []*crdt.Doc{z.docs[0], z.loaded(z.docs[0])} {
			if _, err := d.View().Counter("c").Int(); !errors.Is(err, crdt.ErrLimit) {
				t.Errorf("a sum outside int64: %v", err)
			}
		}
	},
	"y-octo-53": func(t *testing.T) { // an insert beside a deleted character, whose neighbours are not adjacent
		z := newDen(t, 3, func(tx *crdt.Tx) { tx.Text("t").Append("a") })
		z.edit(1, func(tx *crdt.Tx) { tx.Text("t").Insert(1, "b") })
		z.edit(0, func(tx *crdt.Tx) { tx.Text("t").Insert(1, "c"); tx.Text("t").Delete(0, 1) })
		z.sync(2, 0)
		z.edit(2, func(tx *crdt.Tx) { tx.Text("t").Insert(0, "d") })
		if s := z.end().Text("t").String(); len(s) != 3 || strings.Index(s, "d") > strings.Index(s, "c") {
			t.Errorf("%q", s)
		}
	},
	"y-crdt-632": func(t *testing.T) { // one key is set again and again by many, and two programs read another winner
		z := newDen(t, 3, func(tx *crdt.Tx) { tx.Map("state").Put("path", "untitled.txt") })
		z.edit(0, func(tx *crdt.Tx) { tx.Map("state").Put("path", "a"); tx.Map("state").Put("hash", 1) })
		z.edit(1, func(tx *crdt.Tx) { tx.Map("state").Put("path", "b") })
		z.sync(2, 0)
		z.edit(2, func(tx *crdt.Tx) { tx.Map("state").Put("path", "c"); tx.Map("state").Delete("hash") })
		z.sync(1, 2)
		z.edit(1, func(tx *crdt.Tx) { tx.Map("state").Put("path", "d"); tx.Map("state").Put("hash", 2) })
		z.edit(0, func(tx *crdt.Tx) { tx.Map("state").Put("dirty", true); tx.Map("state").Put("path", "e") })
		if n := len(slices.Collect(keysOf(z.end().Map("state")))); n != 3 {
			t.Errorf("%d keys", n)
		}
	},
	"y-crdt-607": func(t *testing.T) { // a delete is dropped after a container that others wrote in was deleted
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Map("m").Map("sub").Put("x", 0) })
		z.edit(1, func(tx *crdt.Tx) { tx.Map("m").Map("sub").Put("y", 1) })
		z.sync(0, 1)
		z.edit(1, func(tx *crdt.Tx) { tx.Map("m").Put("key", "value"); tx.Map("m").Delete("sub") })
		z.sync(0, 1)
		z.edit(0, func(tx *crdt.Tx) { tx.Map("m").Delete("key") })
		if n := z.end().Map("m").Len(); n != 0 {
			t.Errorf("%d keys", n)
		}
	},
	"crdt-redis-1": func(t *testing.T) { // a value that was removed is added again, beside a move
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.List("l").Insert(0, "e", "f") })
		z.edit(0, func(tx *crdt.Tx) { l := tx.List("l"); l.Delete(l.Elem(0)); l.Insert(1, "e") })
		z.edit(1, func(tx *crdt.Tx) { l := tx.List("l"); l.Move(l.Elem(0), 1); l.Put(l.Elem(1), "e2") })
		z.undo(0)
		if n := z.end().List("l").Len(); n != 2 {
			t.Errorf("%d elements", n)
		}
	},
	"crdt-redis-5": func(t *testing.T) { // an insert after an element that is not there any more
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.List("l").Insert(0, "e") })
		gone := z.docs[0].View().List("l").Elem(0)
		z.edit(0, func(tx *crdt.Tx) { tx.List("l").Delete(gone) })
		z.edit(1, func(tx *crdt.Tx) { tx.List("l").Insert(1, "after") })
		if err := z.docs[0].Update(func(tx *crdt.Tx) error { tx.List("l").Put(gone, 1); return nil }); err == nil {
			if x, ok := z.docs[0].View().List("l").Index(gone); ok {
				t.Errorf("a deleted element is set, at %d", x)
			}
		}
		if err := z.docs[0].Update(func(tx *crdt.Tx) error { tx.List("l").Insert(5, 1); return nil }); !errors.Is(err, crdt.ErrRange) {
			t.Errorf("insert behind the end: %v", err)
		}
		z = newDen(t, 2, func(tx *crdt.Tx) { tx.List("l").Insert(0, "e") })
		z.edit(0, func(tx *crdt.Tx) { tx.List("l").DeleteRange(0, 1) })
		z.edit(1, func(tx *crdt.Tx) { tx.List("l").Insert(1, "after") })
		if l := z.end().List("l"); l.Len() != 1 || l.Get(0).Any() != "after" {
			t.Errorf("%d elements", l.Len())
		}
	},
	"crdt-redis-6": func(t *testing.T) { // the remove comes before the add, and the element has no value when it returns
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Text("t").Append("x") })
		z.edit(0, func(tx *crdt.Tx) { tx.List("l").Insert(0, "value") })
		z.sync(1, 0)
		z.edit(1, func(tx *crdt.Tx) { l := tx.List("l"); l.Delete(l.Elem(0)) })
		z.undo(1)
		if l := z.end().List("l"); l.Len() != 1 || l.Get(0).Any() != "value" {
			t.Errorf("%d elements", l.Len())
		}
	},
	"yjs-699": func(t *testing.T) { // items of an undo stand elsewhere after sync
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Text("t").Append("abcdef") })
		z.edit(0, func(tx *crdt.Tx) { tx.Text("t").Delete(1, 4) })
		z.edit(1, func(tx *crdt.Tx) { tx.Text("t").Insert(2, "XY") })
		z.undo(0)
		z.edit(1, func(tx *crdt.Tx) { tx.Text("t").Delete(3, 5) })
		if s := z.end().Text("t").String(); s != "abXdef" {
			t.Errorf("%q", s)
		}
	},
	"yjs-392": func(t *testing.T) { // undo of "not bold" leaves the rest of the text bold at the other peer
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Text("t").Append("Attack ships on fire off the shoulder of Orion.") })
		z.edit(0, func(tx *crdt.Tx) { tx.Text("t").Mark(13, 20, bold) })
		z.edit(0, func(tx *crdt.Tx) { tx.Text("t").Unmark(16, 20, bold.Key) })
		z.sync(1, 0)
		z.undo(0)
		if s := markedAs(z.end().Text("t"), bold.Key); s != "on fire" {
			t.Errorf("bold is %q", s)
		}
	},
}

// keysOf are the keys of a map.
func keysOf(m crdt.Map) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m.All() {
			if !yield(k) {
				return
			}
		}
	}
}

// markedAs is the text that shows a mark.
func markedAs(t crdt.Text, key string) string {
	var out strings.Builder
	for r := range t.Runs() {
		if r.Marks[key].Exists() {
			out.WriteString(r.Text)
		}
	}
	return out.String()
}

// zooLoads: what was saved is not what is loaded.
var zooLoads = map[string]func(*testing.T){
	"automerge-1269": func(t *testing.T) { // one document in a thousand loads with other values
		for seed := range uint64(40) {
			s := newStory(t, 1<<35+seed, &counts{})
			for range 20 {
				s.step()
			}
			d := s.docs[0]
			b, err := d.Since(crdt.Version{})
			must(t, err)
			again, err := crdt.Join(nil, d.ID(), s.options()...)
			must(t, err)
			_, err = again.Apply(b)
			must(t, err)
			s.equal(d, again)
		}
	},
	"automerge-567": func(t *testing.T) { // heads do not match after changes of several people came at once
		z := newDen(t, 3, func(tx *crdt.Tx) { tx.Text("t").Append("x") })
		for k := range 3 {
			z.edit(k, func(tx *crdt.Tx) { tx.Text("t").Append(fmt.Sprint(k)) })
			z.edit(k, func(tx *crdt.Tx) { tx.Map("m").Put("k", k) })
		}
		z.end()
		for _, d := range z.docs {
			if again := z.loaded(d); again.Heads() != d.Heads() || len(d.Heads().IDs()) != 3 {
				t.Errorf("heads %v, loaded %v", d.Heads(), again.Heads())
			}
		}
	},
	"loro-490": func(t *testing.T) { // a fork cannot take in what another fork wrote
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Map("paciente").Put("nome", "V0") })
		z.edit(1, func(tx *crdt.Tx) { tx.Map("paciente").Put("nome", "V1") })
		last, err := z.docs[0].Clone(newKey("zoo 490"), denOptions()...)
		must(t, err)
		branch, err := z.docs[1].Branch(newKey("zoo 490 branch"), z.docs[0].Heads(), denOptions()...)
		must(t, err)
		for _, d := range []*crdt.Doc{last, branch} {
			must(t, d.Merge(z.docs[1]))
			if x := d.View().Map("paciente").Get("nome").Any(); x != "V1" {
				t.Errorf("%v", x)
			}
		}
		z.end()
	},
	"loro-1040": func(t *testing.T) { // what was made beside the past that is held waits for ever
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Text("t").Append("x") })
		for k := range 2 {
			z.edit(k, func(tx *crdt.Tx) { tx.Text("t").Append(fmt.Sprint(k)) })
		}
		d := z.fresh(newKey("zoo 1040"))
		for _, k := range []int{1, 0} { // both wait for the base
			must(t, give(d, z.list[k]))
		}
		n := 0
		for range d.Pending() {
			n++
		}
		if n != 2 {
			t.Errorf("%d wait", n)
		}
		_, err := bridge.Of(d).Apply(z.base, "", true)
		must(t, err)
		for c, why := range d.Pending() {
			t.Errorf("%v waits: %v", c.ID, why)
		}
		z.docs = append(z.docs, d)
		z.end()
	},
	"loro-1046": func(t *testing.T) { // a delete beside an edit and a move of the same element, which come one by one
		z := newDen(t, 2, func(tx *crdt.Tx) { _, m := tx.List("l").InsertMap(0); m.Put("x", 0); tx.List("l").Insert(1, "b") })
		z.edit(0, func(tx *crdt.Tx) { l := tx.List("l"); l.Delete(l.Elem(0)) })
		z.edit(1, func(tx *crdt.Tx) { l := tx.List("l"); l.Map(l.Elem(0)).Put("x", 1) })
		z.edit(1, func(tx *crdt.Tx) { l := tx.List("l"); l.Move(l.Elem(0), 1) })
		if l := z.end().List("l"); l.Len() != 1 || l.Get(0).Any() != "b" {
			t.Errorf("%d elements", l.Len())
		}
	},
	"rqlite-2759": func(t *testing.T) { // a restore that failed in its middle is handed on to others
		a, d := honest(t, "zoo 2759")
		b := bundleOf(a)
		for cut := range b.Items {
			half := bridge.Bundle{Work: b.Work, Items: slices.Clone(b.Items), Sigs: b.Sigs}
			half.Items[cut].Change = half.Items[cut].Change[:len(half.Items[cut].Change)-1]
			fresh, err := crdt.Join(nil, a.ID())
			must(t, err)
			if _, err := bridge.Of(fresh).Apply(half, "", false); err == nil {
				t.Error("half a change is taken in")
			}
			must(t, d.Merge(fresh)) // hands on nothing
			_, err = bridge.Of(fresh).Apply(b, "", false)
			must(t, err)
			same(t, a, fresh)
		}
		works(t, a, d)
	},
}

// zooMarks: a mark on what nobody marked.
var zooMarks = map[string]func(*testing.T){
	"peritext-32": zooGhost, "automerge-604": zooGhost,
}

// zooGhost deletes marked text and writes beside what is left: the new text is plain.
func zooGhost(t *testing.T) {
	z := newDen(t, 2, func(tx *crdt.Tx) { tx.Text("t").Append("The Peritext editor") })
	z.edit(0, func(tx *crdt.Tx) {
		x := tx.Text("t")
		x.Mark(4, 12, crdt.Mark{Key: "link", Value: "inkandswitch.com"})
		x.Mark(8, 12, crdt.Mark{Key: "strong", Value: true, Expand: crdt.ExpandAfter})
		x.Mark(4, 12, crdt.Mark{Key: "em", Value: true, Expand: crdt.ExpandBoth})
	})
	z.sync(1, 0)
	z.edit(1, func(tx *crdt.Tx) { tx.Text("t").Delete(3, 12) })
	z.edit(1, func(tx *crdt.Tx) { tx.Text("t").Insert(3, "!") })
	v := z.end()
	if s := v.Text("t").String(); s != "The! editor" {
		t.Errorf("%q", s)
	}
	for r := range v.Text("t").Runs() {
		if len(r.Marks) > 0 {
			t.Errorf("%q shows %v", r.Text, r.Marks)
		}
	}
}

// zooOrder: the words of two people are mixed.
var zooOrder = map[string]func(*testing.T){
	"rga": func(t *testing.T) { // forwards, one letter at a time
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Text("t").Append("[]") })
		for k, word := range []string{"abc", "xyz"} {
			for i, r := range word {
				z.edit(k, func(tx *crdt.Tx) { tx.Text("t").Insert(1+i, string(r)) })
			}
		}
		wholeWords(t, z.end().Text("t").String(), "abc", "xyz")
	},
	"logoot": func(t *testing.T) { // with a pause in which each sees the other's first letter
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Text("t").Append("[]") })
		for k, word := range []string{"ab", "xy"} {
			z.edit(k, func(tx *crdt.Tx) { tx.Text("t").Insert(1, word) })
		}
		z.sync(0, 1)
		z.sync(1, 0)
		for k, word := range []string{"ab", "xy"} {
			at := strings.Index(z.docs[k].View().Text("t").String(), word)
			z.edit(k, func(tx *crdt.Tx) { tx.Text("t").Insert(at+2, strings.ToUpper(word)) })
		}
		wholeWords(t, z.end().Text("t").String(), "abAB", "xyXY")
	},
	"yjs-backwards": func(t *testing.T) { // each letter before the one before
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Text("t").Append("[]") })
		for k, word := range []string{"abc", "xyz"} {
			for i := range word {
				z.edit(k, func(tx *crdt.Tx) { tx.Text("t").Insert(1, word[2-i:3-i]) })
			}
		}
		wholeWords(t, z.end().Text("t").String(), "abc", "xyz")
	},
	"automerge-classic-395": func(t *testing.T) { // two write one word, the second before the first; a third writes beside it
		z := newDen(t, 3, func(tx *crdt.Tx) { tx.Text("t").Append("-") })
		z.edit(0, func(tx *crdt.Tx) { tx.List("l").Insert(0, "a", "a") })
		z.sync(1, 0)
		z.edit(1, func(tx *crdt.Tx) { tx.List("l").Insert(0, "a", "a") })
		z.edit(2, func(tx *crdt.Tx) { tx.List("l").Insert(0, "B", "B") })
		var out strings.Builder
		for _, x := range z.end().List("l").All() {
			fmt.Fprint(&out, x.Any())
		}
		wholeWords(t, out.String(), "aaaa", "BB")
	},
	"yjs-orderedtree-4": func(t *testing.T) { // nodes of a tree, ordered by fractions
		z := newDen(t, 2, func(tx *crdt.Tx) {
			for k, name := range []string{"[", "]"} {
				_, m := tx.Tree("T").Insert(crdt.Elem{}, k)
				m.Put("n", name)
			}
		})
		for k, word := range []string{"abc", "xyz"} {
			for i, r := range word {
				z.edit(k, func(tx *crdt.Tx) { _, m := tx.Tree("T").Insert(crdt.Elem{}, 1+i); m.Put("n", string(r)) })
			}
		}
		tree := z.end().Tree("T")
		var out strings.Builder
		for e := range tree.Children(crdt.Elem{}) {
			fmt.Fprint(&out, tree.Data(e).Get("n").Any())
		}
		wholeWords(t, out.String(), "abc", "xyz")
	},
}

// wholeWords fails unless a text has each word unbroken.
func wholeWords(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Count(text, w) != 1 {
			t.Errorf("%q has no %q", text, w)
		}
	}
}

// zooWho: who wrote what, and who may say so.
var zooWho = map[string]func(*testing.T){
	"synapse-1759": zooParents, "synapse-3118": zooParents, "synapse-3124": zooParents,
	"atrium-196": func(t *testing.T) { // what another writes in my paragraph is mine
		a, b := pair(t, "mine")
		must(t, b.Update(func(tx *crdt.Tx) error {
			x := tx.Text("t")
			x.Insert(4, "forged")
			x.Delete(0, 4)
			return nil
		}))
		both(t, a, b)
		if got := blame(a, "t"); got != `ben:"forged"` {
			t.Errorf("%s", got)
		}
		a, b = pair(t, "mine")
		must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").SetString("my forged"); return nil }))
		both(t, a, b)
		for r := range a.View().Text("t").Runs() {
			if want := map[bool]string{true: "mine", false: "my forged"}[r.By == a.Author()]; strings.Trim(r.Text, want) != "" {
				t.Errorf("%q is by %v", r.Text, r.By)
			}
		}
		u := crdt.NewUndo(b)
		undo(t, u)
		both(t, a, b)
		if got := blame(a, "t"); got != `ann:"mine"` {
			t.Errorf("%s", got)
		}
	},
	"keyhive-127": func(t *testing.T) { // who is removed removes the remover, earlier
		z := newDen(t, 3, func(tx *crdt.Tx) { tx.Text("t").Append("work") })
		x := z.edit(0, func(tx *crdt.Tx) { tx.Text("t").Append(" of Ann") })
		y := z.edit(1, func(tx *crdt.Tx) { tx.Text("t").Append(" of Ben") })
		z.sync(0, 1)
		z.sync(1, 0)
		z.edit(0, func(tx *crdt.Tx) { tx.Act("off", y.ID.String()) })
		z.edit(1, func(tx *crdt.Tx) { tx.Act("off", x.ID.String()) }) // has not seen it, or says so
		if s := z.end().Text("t").String(); s != "work" {
			t.Errorf("%q", s)
		}
		z.edit(2, func(tx *crdt.Tx) { tx.Act("on", x.ID.String()) }) // and the work goes on
		if s := z.end().Text("t").String(); s != "work of Ann" {
			t.Errorf("%q", s)
		}
	},
	"jazz-2620": func(t *testing.T) { // a change made long ago that comes late takes back what was settled since
		z := newDen(t, 2, func(tx *crdt.Tx) { tx.Map("m").Put("k", "first") })
		old := z.docs[1].Heads()
		for k := range 2 {
			z.edit(0, func(tx *crdt.Tx) { tx.Map("m").Put("k", k) })
		}
		was, err := z.docs[0].At(z.docs[0].Heads())
		must(t, err)
		if z.docs[1].Heads() != old {
			t.Fatal("the late one has seen it")
		}
		z.edit(1, func(tx *crdt.Tx) { tx.Map("m").Put("k", "late") })
		if x := z.end().Map("m").Get("k").Any(); x != int64(1) {
			t.Errorf("what comes late wins: %v", x)
		}
		if x := was.Map("m").Get("k").Any(); x != int64(1) {
			t.Errorf("what was settled now was %v", x)
		}
	},
}

// zooParents delivers changes with more parents than the format allows, by every way
// that a change can come.
func zooParents(t *testing.T) {
	a, d := honest(t, "zoo parents")
	for _, n := range []int{block.MaxParents + 1, 1000, 10000} {
		ids := make([]block.ID, n)
		for k := range ids {
			ids[k] = block.Sum(fmt.Append(nil, k))
		}
		slices.SortFunc(ids, func(x, y block.ID) int { return slices.Compare(x[:], y[:]) })
		f := &forger{t, newKey("zoo mallory"), a}
		it := f.on(ids, nil, nil, block.Op{Code: block.OpStep, C: root(block.KindCounter, "c"), Amount: 1})
		refused(t, d, bridge.Bundle{Work: bridge.Of(a).Work(), Items: []bridge.Item{it}, Sigs: []bridge.Sig{f.sign(it)}}, crdt.ErrLimit)
		was := footprint(t, d)
		_, err := bridge.Of(d).Apply(bridge.Bundle{Work: bridge.Of(a).Work(), Items: []bridge.Item{it}}, "", true) // as a store does
		if !errors.Is(err, crdt.ErrLimit) || footprint(t, d) != was {
			t.Errorf("%d parents by a store: %v", n, err)
		}
	}
	works(t, a, d)
}
