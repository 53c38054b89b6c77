package crdt_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// brief writes patches down as a person would, authors by name.
func brief(list []crdt.Patch) string {
	var out []string
	for _, p := range list {
		s := fmt.Sprintf("%v %s", p.Op, p.Path)
		switch p.Op {
		case crdt.PatchText, crdt.PatchInsert, crdt.PatchRemove, crdt.PatchSet, crdt.PatchNode:
			s += fmt.Sprintf(" @%d", p.At)
		}
		if p.Op == crdt.PatchMove {
			s += fmt.Sprintf(" @%d to %d", p.At, p.To)
		}
		if p.Removed > 0 {
			s += fmt.Sprintf(" -%d", p.Removed)
		}
		if p.Text != "" {
			s += fmt.Sprintf(" %q", p.Text)
		}
		if p.Value.Exists() {
			if s += " " + plainJSON(p); plainJSON(p) == "" {
				s += strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", p.Value.Any()), "crdt."))
			}
		}
		for _, name := range []string{"ann", "ben"} {
			if p.By == newKey(name).Author() {
				s += " " + name
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// TestDiffCases pins what patches say, step by step, of what Ann does herself and
// of what Ben does in a replica of his own.
func TestDiffCases(t *testing.T) {
	a, err := crdt.New(newKey("ann"))
	must(t, err)
	b, err := a.Clone(newKey("ben"))
	must(t, err)
	var first crdt.Elem
	last := a.View()
	for k, c := range []struct {
		by   *crdt.Doc
		do   func(tx *crdt.Tx)
		want string
	}{
		{a, func(tx *crdt.Tx) { tx.Text("t").Append("salt") }, `put /t text; text /t @0 "salt" ann`},
		{b, func(tx *crdt.Tx) { tx.Text("t").Insert(4, "y 🙂") }, `text /t @4 "y 🙂" ben`},
		{a, func(tx *crdt.Tx) { tx.Text("t").Append("!") }, `text /t @8 "!" ann`}, // the pair is two units
		{b, func(tx *crdt.Tx) { tx.Text("t").Delete(5, 7); tx.Text("t").Insert(0, "a") }, `text /t @0 "a" ben; text /t @6 -3 ben`},
		{b, func(tx *crdt.Tx) { tx.Text("t").Replace(0, 5, "sug") }, `text /t @0 -5 "sug" ben`},
		{a, func(tx *crdt.Tx) { tx.Text("t").Delete(0, tx.Text("t").Len()) }, `text /t @0 -5 ann; delete /t`},
		{a, func(tx *crdt.Tx) { tx.Map("m").Put("k", 1); tx.Map("m").Put("a~/b", nil) }, `put /m map; put /m/a~0~1b null ann; put /m/k 1 ann`},
		{b, func(tx *crdt.Tx) { tx.Map("m").Put("k", 2); tx.Map("m").Delete("a~/b") }, `delete /m/a~0~1b ben; put /m/k 2 ben`},
		{a, func(tx *crdt.Tx) { tx.Map("m").Text("k").Append("x") }, `put /m/k text ann; text /m/k @0 "x" ann`},
		{b, func(tx *crdt.Tx) { tx.Map("m").Text("k").Append("y") }, `text /m/k @1 "y" ben`},
		{b, func(tx *crdt.Tx) { tx.Map("m").Delete("k") }, `delete /m/k ben; delete /m`},
		{a, func(tx *crdt.Tx) { first = tx.List("l").Insert(0, 1, 2, 3) }, `put /l list; insert /l @0 1 ann; insert /l @1 2 ann; insert /l @2 3 ann`},
		{b, func(tx *crdt.Tx) {
			l := tx.List("l")
			l.Put(l.Elem(1), "two")
			l.Delete(l.Elem(0))
			l.Delete(l.Elem(1))
		}, `remove /l @0 -1 ben; set /l @0 "two" ben; remove /l @1 -1 ben`},
		{a, func(tx *crdt.Tx) { _, m := tx.List("l").InsertMap(1); m.Put("q", true) }, `insert /l @1 map ann; put /l/1/q true ann`},
		{b, func(tx *crdt.Tx) { l := tx.List("l"); l.Insert(0, 0); l.Map(l.Elem(2)).Put("q", false) }, `insert /l @0 0 ben; put /l/2/q false ben`},
		{a, func(tx *crdt.Tx) { tx.List("l").DeleteRange(0, 3) }, `remove /l @0 -3 ann; delete /l`},
		{a, func(tx *crdt.Tx) { tx.Set("s").Add("b", "a", "b") }, `put /s set; add /s "a" ann; add /s "b" ann`},
		{b, func(tx *crdt.Tx) { tx.Set("s").Remove("a"); tx.Set("s").Add("c", "b") }, `drop /s "a" ben; add /s "c" ben`},
		{a, func(tx *crdt.Tx) { tx.Counter("n").Add(2); tx.Counter("n").Add(3) }, `put /n counter; count /n 5 ann`},
		{b, func(tx *crdt.Tx) { tx.Counter("n").Add(1); tx.Counter("n").Add(-1) }, ``},
		{b, func(tx *crdt.Tx) { tx.Counter("n").Add(math.MaxInt64) }, `count /n ben`},
		{a, func(tx *crdt.Tx) { tx.Counter("n").Add(-9) }, `count /n 9223372036854775803 ann`},
		{a, func(tx *crdt.Tx) { tx.Put("s", 1) }, `put /s 1 ann`}, // the root map's key stands before the set
		{b, func(tx *crdt.Tx) { tx.Set("s").Add("d") }, ``},
		{a, func(tx *crdt.Tx) { tx.Text("s").Append("x"); tx.Map("s").Put("k", 1) }, ``},
		{b, func(tx *crdt.Tx) { tx.Delete("s") }, `put /s map; put /s/k 1 ann`}, // of kinds: map, list, text, set, counter
		{b, func(tx *crdt.Tx) { tx.Map("s").Delete("k") }, `put /s text; text /s @0 "x" ann`},
		{b, func(tx *crdt.Tx) { tx.List("s").Insert(0, 7) }, `put /s list; insert /s @0 7 ben`},
		{b, func(tx *crdt.Tx) { tx.List("s").DeleteRange(0, 1); tx.Text("s").Append("y") }, `put /s text; text /s @0 "x" ann; text /s @1 "y" ben`},
		{b, func(tx *crdt.Tx) { tx.Text("s").Delete(0, 2); tx.Put("z", 1) }, `put /s set; add /s "b" ann; add /s "c" ben; add /s "d" ben; put /z 1 ben`},
	} {
		must(t, c.by.Update(func(tx *crdt.Tx) error { c.do(tx); return nil }))
		must(t, a.Merge(b))
		must(t, b.Merge(a))
		now := a.View()
		patches, err := crdt.DiffIn(last, now, crdt.UTF16)
		must(t, err)
		if got := brief(patches); got != c.want {
			t.Errorf("step %d: %s\nwant %s", k, got, c.want)
		}
		theirs, err := crdt.DiffIn(last, b.View(), crdt.UTF16) // by version, in the other replica
		if !last.Open() {
			must(t, err)
			if got := brief(theirs); got != c.want {
				t.Errorf("step %d, in the other replica: %s\nwant %s", k, got, c.want)
			}
		} else if !errors.Is(err, crdt.ErrUnsealed) {
			t.Errorf("step %d, from open edits of another replica: %v", k, err)
		}
		last = now
	}
	_ = first
}

// TestDiffRefuses tests what cannot be compared.
func TestDiffRefuses(t *testing.T) {
	a, err := crdt.New(newKey("ann"))
	must(t, err)
	b, err := a.Clone(newKey("ben"))
	must(t, err)
	other, err := crdt.New(newKey("ben"))
	must(t, err)
	if _, err := crdt.Diff(other.View(), a.View()); !errors.Is(err, crdt.ErrForeign) {
		t.Errorf("views of two works: %v", err)
	}
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Put("a", 1); return nil }))
	if _, err := crdt.Diff(a.View(), b.View()); !errors.Is(err, crdt.ErrUnsealed) {
		t.Errorf("open edits of another replica: %v", err)
	}
	_, err = a.Commit("")
	must(t, err)
	if _, err := crdt.Diff(a.View(), b.View()); !errors.Is(err, crdt.ErrNotFound) {
		t.Errorf("a version that is not here: %v", err)
	}
	if p, err := crdt.Diff(b.View(), a.View()); err != nil || brief(p) != "put /a 1 ann" {
		t.Errorf("a version that is here: %v, %v", brief(p), err)
	}
	v := a.View()
	if p, err := crdt.Diff(v, v); err != nil || p != nil {
		t.Errorf("a view and itself: %v, %v", p, err)
	}
}

// TestDiffInside makes a diff inside an Update that runs, and from views that were
// taken inside one, which stood or was rolled back.
func TestDiffInside(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("ab"); return nil }))
	before := d.View()
	var inside *crdt.View
	same := func(from, to *crdt.View, want string) {
		t.Helper()
		if p, err := crdt.Diff(from, to); err != nil || brief(p) != want {
			t.Errorf("%s, %v; want %s", brief(p), err, want)
		}
	}
	must(t, d.Update(func(tx *crdt.Tx) error {
		tx.Text("t").Insert(1, "x")
		same(before, tx.View(), `text /t @1 "x" ann`)
		inside = tx.View()
		tx.Text("t").Delete(0, 1)
		same(before, tx.View(), `text /t @0 -1 "x" ann`)
		return nil
	}))
	same(inside, d.View(), `text /t @0 -1 ann`)
	if err := d.Update(func(tx *crdt.Tx) error {
		tx.Text("t").Append("gone")
		inside = tx.View()
		return errPlanned
	}); !errors.Is(err, errPlanned) {
		t.Fatal(err)
	}
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("c"); return nil }))
	if crdt.Recent(inside) {
		t.Error("a view inside an Update that was rolled back is taken for recent")
	}
	same(before, d.View(), `text /t @0 -1 "x" ann; text /t @2 "c" ann`)
}

// TestDiffDeep compares what lies deeper than paths go: it comes whole.
func TestDiffDeep(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	sh := newShadow(crdt.Runes)
	f := follower{shadow: sh}
	s := &story{t: t}
	key := strings.Repeat("k", 4000)
	deep := func(tx *crdt.Tx, n int) crdt.MapTx {
		m := tx.Map("m")
		for range n {
			m = m.Map(key)
		}
		return m
	}
	for n := range 7 {
		must(t, d.Update(func(tx *crdt.Tx) error { deep(tx, n).Put("x", n); return nil }))
		f.pull(s, d, true)
	}
	must(t, d.Update(func(tx *crdt.Tx) error {
		l := deep(tx, 4).List("l")
		_, in := l.InsertMap(0)
		in.Put(strings.Repeat("~", 3000), 1)
		return nil
	}))
	f.pull(s, d, true)
	// One level is a few bytes, and its path as long as all above it.
	must(t, d.Update(func(tx *crdt.Tx) error {
		m := tx.Map("deep")
		for range 20_000 {
			m = m.Map("k")
		}
		m.Put("x", 1)
		return nil
	}))
	patches, err := crdt.Diff(f.last, d.View())
	must(t, err)
	size := 0
	for _, p := range patches {
		size += len(p.Path)
	}
	if last := patches[len(patches)-1]; last.Op != crdt.PatchWhole || size > 100<<20 {
		t.Errorf("%d patches with %d bytes of paths, the last one %v", len(patches), size, last.Op)
	}
}

// TestDiffFollowsWhatIsNew tests that a diff from a recent view builds nothing,
// until too much has turned.
func TestDiffFollowsWhatIsNew(t *testing.T) {
	d, err := crdt.New(newKey("ann"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("words"); return nil }))
	c, err := d.Commit("")
	must(t, err)
	v := d.View()
	turn := func(kind string) {
		must(t, d.Update(func(tx *crdt.Tx) error { tx.Act(kind, c.ID.String()); return nil }))
		_, err := d.Commit("")
		must(t, err)
	}
	turn("off")
	p, err := crdt.Diff(v, d.View())
	must(t, err)
	if brief(p) != `text /t @0 -5; delete /t` || crdt.Built(v) {
		t.Errorf("%s, built %v", brief(p), crdt.Built(v))
	}
	off := d.View()
	for range 4500 {
		turn("on")
		turn("off")
	}
	turn("on")
	if crdt.Recent(v) || crdt.Recent(off) || !crdt.Recent(d.View()) {
		t.Error("turns that are forgotten are not missed")
	}
	p, err = crdt.Diff(off, d.View())
	must(t, err)
	if brief(p) != `put /t text; text /t @0 "words" ann` || !crdt.Built(off) {
		t.Errorf("%s, built %v", brief(p), crdt.Built(off))
	}
	if p, err = crdt.Diff(v, d.View()); err != nil || len(p) > 0 {
		t.Errorf("%s, %v", brief(p), err)
	}
}

// TestDiffAuthors deletes neighbours by two people whose deletes are neighbours too,
// and the same words by both.
func TestDiffAuthors(t *testing.T) {
	a, b := mirrorPair(t, "abcd")
	v := a.View()
	editText(t, a, func(x crdt.TextTx) { x.Delete(0, 1) })
	_, err := a.Commit("")
	must(t, err)
	editText(t, b, func(x crdt.TextTx) { x.Delete(1, 2) })
	must(t, a.Merge(b))
	for _, p := range [][]crdt.Patch{must1(crdt.Diff(v, a.View())), crdt.DiffStates(v, a.View(), crdt.Runes)} {
		if got := brief(p); got != `text /t @0 -1 ann; text /t @0 -1 ben` {
			t.Error(got)
		}
	}
}

// must1 is a value whose error is a mistake of the test.
func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestDiffRestore compares with a view of an open change that restores something
// later, and is sealed by the time of the diff.
func TestDiffRestore(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("abc"); return nil }))
	_, err = d.Commit("")
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Delete(1, 2); return nil }))
	c, err := d.Commit("")
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Put("x", 1); return nil }))
	v := d.View()
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Invert(c.ID); return nil }))
	for range 2 {
		p, err := crdt.Diff(v, d.View())
		must(t, err)
		if brief(p) != `text /t @1 "b" ann` || crdt.Built(v) {
			t.Errorf("%s, built %v", brief(p), crdt.Built(v))
		}
		_, err = d.Commit("")
		if err != nil && !errors.Is(err, crdt.ErrNothing) {
			t.Fatal(err)
		}
	}
}

// TestDiffStanding compares moments of a key whose child stands only by what
// others wrote into it, because the change that made it does not count.
func TestDiffStanding(t *testing.T) {
	d, err := crdt.New(newKey("ann"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	write := func(fn func(tx *crdt.Tx)) crdt.Change {
		t.Helper()
		must(t, d.Update(func(tx *crdt.Tx) error { fn(tx); return nil }))
		c, err := d.Commit("")
		must(t, err)
		return c
	}
	write(func(tx *crdt.Tx) { tx.Map("m").Put("k", 1) })
	made := write(func(tx *crdt.Tx) { tx.Map("m").Text("k").Append("x") })
	write(func(tx *crdt.Tx) { tx.Map("m").Text("k").Append("y") })
	var undo crdt.Change
	last := d.View()
	for k, c := range []struct {
		do   func()
		want string
	}{
		{func() { write(func(tx *crdt.Tx) { tx.Act("off", made.ID.String()) }) }, `text /m/k @0 -1`},
		{func() { write(func(tx *crdt.Tx) { tx.Map("m").Text("k").Append("z") }) }, `text /m/k @1 "z" ann`},
		{func() { write(func(tx *crdt.Tx) { tx.Act("on", made.ID.String()) }) }, `text /m/k @0 "x" ann`},
		{func() { write(func(tx *crdt.Tx) { tx.Act("off", made.ID.String()) }) }, `text /m/k @0 -1`},
		{func() { undo = write(func(tx *crdt.Tx) { tx.Invert(made.ID) }) }, `put /m/k 1 ann`},
		{func() { write(func(tx *crdt.Tx) { tx.Put("else", 1) }) }, `put /else 1 ann`},
		{func() { write(func(tx *crdt.Tx) { tx.Invert(undo.ID) }) }, `put /m/k text ann; text /m/k @0 "yz" ann`},
		{func() { write(func(tx *crdt.Tx) { tx.Map("m").Text("k").Delete(0, 2) }) }, `put /m/k 1 ann`},
		{func() { write(func(tx *crdt.Tx) { tx.Act("on", made.ID.String()) }) }, `put /m/k text ann; text /m/k @0 "x" ann`},
	} {
		c.do()
		now := d.View()
		p, err := crdt.Diff(last, now)
		must(t, err)
		if got := brief(p); got != c.want || crdt.Built(last) {
			t.Errorf("step %d: %s, want %s; built %v", k, got, c.want, crdt.Built(last))
		}
		if got := brief(crdt.DiffStates(last, now, crdt.Runes)); got != c.want {
			t.Errorf("step %d by states: %s", k, got)
		}
		last = d.View()
	}
}

// TestDiffToggles compares moments of a key that was set and deleted many times:
// what lies below a delete that saw all of it is not looked at.
func TestDiffToggles(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	for k := range 3000 {
		must(t, d.Update(func(tx *crdt.Tx) error { tx.Map("m").Put("k", k); tx.Map("m").Delete("k"); return nil }))
		d.View().Map("m").Get("k")
	}
	v := d.View()
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Map("m").Put("k", "x"); return nil }))
	before := crdt.SlotVisits(d)
	p, err := crdt.Diff(v, d.View())
	must(t, err)
	if got, n := brief(p), crdt.SlotVisits(d)-before; got != `put /m map; put /m/k "x" ann` || n > 100 {
		t.Errorf("%s after looking at %d entries", got, n)
	}
}

// TestDiffDeletes lets three people delete the same words over and over, and
// undo that: who is said to have done it does not depend on the way of looking.
func TestDiffDeletes(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	for seed := range uint64(rounds) {
		s := newStory(t, 1<<34+seed, &counts{})
		s.join()
		s.must(s.update(0, s.docs[0], func(tx *crdt.Tx) error {
			tx.Text("t").Append("abcdefgh")
			tx.Set("s").Add("a", "b")
			return nil
		}))
		last := map[*crdt.Doc]*crdt.View{}
		for range 25 {
			k := s.any()
			d := s.docs[k]
			if last[d] == nil {
				last[d] = d.View()
			}
			switch s.r.IntN(6) {
			case 0:
				s.exchange(k, s.any())
			case 1:
				s.invert(k, d)
			case 2:
				s.must(s.update(k, d, func(tx *crdt.Tx) error { tx.Set("s").Add("a", "b"); return nil }))
			case 3:
				s.must(s.update(k, d, func(tx *crdt.Tx) error { tx.Set("s").Remove("a", "b"); return nil }))
			default:
				s.must(s.update(k, d, func(tx *crdt.Tx) error {
					n := tx.Text("t").Len()
					i := s.r.IntN(n + 1)
					tx.Text("t").Delete(i, min(n, i+1+s.r.IntN(4)))
					return nil
				}))
			}
			if s.r.IntN(3) == 0 {
				now := d.View()
				got, err := crdt.Diff(last[d], now)
				s.must(err)
				samePatches(s, got, crdt.DiffStates(last[d], now, crdt.Runes))
				last[d] = now
			}
		}
	}
}
