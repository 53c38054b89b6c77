package crdt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// stored is a replica as a file of it has it: what it shows, and its history.
type stored struct {
	of  *crdt.Doc
	sum bridge.Summary
	all bridge.Bundle
}

// store sums up a replica.
func (s *story) store(d *crdt.Doc) stored {
	sum, err := bridge.Of(d).Summary()
	s.must(err)
	return stored{d, sum, s.bundle(d)}
}

// pieces gives the history piece by piece, and fails after so many changes.
func (x stored) pieces(most int) func(func(bridge.Bundle) error) error {
	return func(take func(bridge.Bundle) error) error {
		items := x.all.Items[:min(most, len(x.all.Items))]
		for len(items) > 0 {
			n := min(7, len(items))
			b := bridge.Bundle{Work: x.all.Work, Items: items[:n]}
			if items = items[n:]; len(items) == 0 {
				b.Sigs = x.all.Sigs
			}
			if err := take(b); err != nil {
				return err
			}
		}
		if most < len(x.all.Items) {
			return errPlanned
		}
		return nil
	}
}

// full opens it by its history, early by what it shows.
func (s *story) full(x stored, key crdt.Signer) *crdt.Doc {
	d, err := crdt.Join(key, x.of.ID(), s.options()...)
	s.must(err)
	s.must(x.pieces(1 << 30)(func(b bridge.Bundle) error {
		_, err := bridge.Of(d).Take(b)
		return err
	}))
	return d
}

func (s *story) early(x stored, key crdt.Signer, most int) *crdt.Doc {
	d, err := crdt.Join(key, x.of.ID(), s.options()...)
	s.must(err)
	s.must(bridge.Of(d).Summarised(x.sum, x.pieces(most)))
	if !bridge.Of(d).Early() {
		s.failf("a doc that was just opened by its summary has read its history")
	}
	return d
}

// glance compares what can be known without the history, which it leaves unread.
func (s *story) glance(x stored, d *crdt.Doc) {
	s.t.Helper()
	v := d.View()
	if d.ID() != x.of.ID() || d.Title() != x.of.Title() || d.Heads() != x.of.Heads() || v.ID() != d.ID() || v.Title() != d.Title() || v.Version() != d.Heads() || v.Open() || v.Changes() != len(x.all.Items) {
		s.failf("opened by its summary: %s, %q, heads %s, %d changes", d.ID(), d.Title(), d.Heads(), v.Changes())
	}
	got, err := json.Marshal(v)
	s.must(err)
	want, err := json.Marshal(x.of.View())
	s.must(err)
	if !bytes.Equal(got, want) {
		s.failf("opened by its summary it shows\n%s\nnot\n%s", got, want)
	}
	for _, name := range []string{"t", "u"} {
		want := x.of.View().Text(name)
		if want.Len() == 0 {
			continue
		}
		text := v.Text(name)
		for _, u := range []crdt.Unit{crdt.Runes, crdt.UTF8, crdt.UTF16} {
			if text.In(u).Len() != want.In(u).Len() {
				s.failf("%q has length %d in unit %d, not %d", want, text.In(u).Len(), u, want.In(u).Len())
			}
		}
		if text.String() != want.String() {
			s.failf("text %q, not %q", text, want)
		}
	}
	if !bridge.Of(d).Early() {
		s.failf("the history was read for what the summary says")
	}
}

// deed is something that needs the history. It says what came of it.
type deed struct {
	name string
	do   func(s *story, x stored, d *crdt.Doc, v *crdt.View) string
}

// deeds are the ways in which a history may first be asked for; v was taken before.
var deeds = []deed{
	{"load", func(_ *story, _ stored, d *crdt.Doc, _ *crdt.View) string { return fmt.Sprint(d.Load()) }},
	{"view", func(_ *story, _ stored, _ *crdt.Doc, v *crdt.View) string { return dumpView(v) }},
	{"edit", func(s *story, _ stored, d *crdt.Doc, _ *crdt.View) string {
		err := d.Update(func(tx *crdt.Tx) error {
			tx.Text("t").Insert(0, "first ")
			tx.Text("t").Delete(2, 4)
			tx.Map("m").Put("k", 1)
			tx.List("l").Insert(0, "x")
			tx.Counter("c").Add(2)
			return nil
		})
		return fmt.Sprint(errors.Is(err, crdt.ErrRules), err == nil)
	}},
	{"blame", func(_ *story, _ stored, d *crdt.Doc, v *crdt.View) string {
		var out []string
		for _, name := range []string{"t", "u"} {
			for r := range v.Text(name).Runs() {
				out = append(out, fmt.Sprintf("%q %v %s %s", r.Text, len(r.Marks), r.By, r.Change))
			}
		}
		return strings.Join(out, "\n")
	}},
	{"history", func(_ *story, _ stored, d *crdt.Doc, v *crdt.View) string {
		var out []string
		for c := range v.History() {
			out = append(out, fmt.Sprintf("%+v", c))
		}
		return strings.Join(out, "\n")
	}},
	{"past", func(s *story, x stored, d *crdt.Doc, v *crdt.View) string {
		var out []string
		for _, i := range []int{0, len(x.all.Items) / 2, len(x.all.Items) - 1} {
			id, err := crdt.NewVersion(block.ID(x.all.Items[i].ID).ChangeCID())
			s.must(err)
			at, err := d.At(id)
			s.must(err)
			patches, err := crdt.Diff(at, v)
			s.must(err)
			out = append(out, dumpView(at), fmt.Sprint(len(patches)))
		}
		return strings.Join(out, "\n")
	}},
	{"merge", func(s *story, x stored, d *crdt.Doc, _ *crdt.View) string {
		for _, o := range s.docs {
			s.must(d.Merge(o))
		}
		return d.Heads().String()
	}},
	{"be merged", func(s *story, x stored, d *crdt.Doc, _ *crdt.View) string {
		o, err := crdt.Join(nil, d.ID(), s.options()...)
		s.must(err)
		s.must(o.Merge(d))
		return o.Heads().String() + dumpView(o.View())
	}},
	{"clone", func(s *story, x stored, d *crdt.Doc, _ *crdt.View) string {
		c, err := d.Clone(newKey("clone"), s.options()...)
		s.must(err)
		return dumpView(c.View())
	}},
	{"undo", func(s *story, x stored, d *crdt.Doc, _ *crdt.View) string {
		u := crdt.NewUndo(d)
		_, err := u.Undo()
		return fmt.Sprint(u.CanUndo(), u.CanRedo(), err, dumpView(d.View()))
	}},
	{"mirror", func(s *story, x stored, d *crdt.Doc, v *crdt.View) string {
		m := d.Mirror(v.Text("t"))
		return m.String()
	}},
	{"watch", func(s *story, x stored, d *crdt.Doc, v *crdt.View) string {
		for w, patches := range d.Watch(context.Background(), nil) {
			return fmt.Sprint(dumpView(w), len(patches))
		}
		return ""
	}},
	{"cursor", func(s *story, x stored, d *crdt.Doc, v *crdt.View) string {
		b, err := v.Text("t").Cursor(1, crdt.Before).MarshalText()
		return fmt.Sprint(string(b), err)
	}},
	{"rekey", func(s *story, x stored, d *crdt.Doc, v *crdt.View) string {
		return fmt.Sprint(d.Rekey(newKey("other")), d.Author())
	}},
	{"commit", func(s *story, x stored, d *crdt.Doc, v *crdt.View) string {
		_, err := d.Commit("a note")
		return fmt.Sprint(errors.Is(err, crdt.ErrRules), err == nil)
	}},
	{"tally", func(s *story, x stored, d *crdt.Doc, v *crdt.View) string { return fmt.Sprintf("%+v", v.Tally()) }},
	{"parts", func(s *story, x stored, d *crdt.Doc, v *crdt.View) string {
		var out []string
		text := v.Text("t")
		for b := range text.Slice(0, 5).Blocks() {
			out = append(out, fmt.Sprintf("%+v", b))
		}
		root, err := v.Lookup("")
		s.must(err)
		b, err := root.MarshalJSON()
		s.must(err)
		return fmt.Sprint(out, string(b), v.Title(), v.Len())
	}},
}

// TestSummary: of random histories a doc that was opened by what it shows is, once
// asked for more, in whatever way, the doc that was opened by its history.
func TestSummary(t *testing.T) {
	n := 170
	if testing.Short() {
		n = 34
	}
	shown, rest := 0, 0
	for seed := range uint64(n) {
		s := newStory(t, 1<<36+seed, &counts{})
		for range 12 + s.r.IntN(28) {
			s.step()
		}
		d := s.docs[s.any()]
		if s.starved[d] {
			rest++
		}
		x := s.store(d)
		for _, y := range x.sum.Names {
			shown += len(y.Value)
		}
		key := s.key()
		a, b := s.full(x, key), s.early(x, key, 1<<30)
		s.glance(x, b)
		va, vb := a.View(), b.View()
		do := deeds[seed%uint64(len(deeds))]
		want := do.do(s, x, a, va)
		if got := do.do(s, x, b, vb); got != want {
			s.failf("%s first:\n%s\nwant\n%s", do.name, got, want)
		}
		if bridge.Of(b).Early() {
			s.failf("%s does not need the history", do.name)
		}
		s.must(b.Load())
		s.equal(a, b)
		if x, y := dumpView(va), dumpView(vb); x != y || va.Changes() != vb.Changes() || va.Version() != vb.Version() {
			s.failf("the view of before shows\n%s\nwant\n%s", y, x)
		}
		s.must(b.CheckRooms())
		// Both go on alike.
		for _, o := range []*crdt.Doc{a, b} {
			if err := o.Update(func(tx *crdt.Tx) error {
				tx.Text("t").Insert(0, "on ")
				tx.Text("t").Delete(1, 2)
				return nil
			}); err != nil && !errors.Is(err, crdt.ErrRules) {
				s.failf("edit afterwards: %v", err)
			}
			_, err := crdt.NewUndo(o).Undo()
			if err != nil && !errors.Is(err, crdt.ErrNothing) && !errors.Is(err, crdt.ErrRules) {
				s.failf("undo afterwards: %v", err)
			}
			s.must(bridge.Of(o).Leave())
		}
		s.equal(a, b)
		p, err := crdt.Diff(vb, b.View())
		s.must(err)
		q, err := crdt.Diff(va, a.View())
		s.must(err)
		if fmt.Sprint(len(p)) != fmt.Sprint(len(q)) {
			s.failf("%d patches since the view of before, want %d", len(p), len(q))
		}
		if !s.starved[d] {
			s.judge(b)
		}
		again := s.store(b)
		s.equal(s.full(again, nil), s.early(again, nil, 1<<30))
	}
	t.Logf("%d histories, %d of them without some words, %d bytes shown", n, rest, shown)
	if shown < 20*n || rest == 0 {
		t.Error("less than promised")
	}
}

// TestSummaryLies: a doc that was opened by a summary of another state says so once its
// history is read, and then shows the truth.
func TestSummaryLies(t *testing.T) {
	s := newStory(t, 1<<37, &counts{})
	for range 40 {
		s.step()
	}
	s.must(s.update(0, s.docs[0], func(tx *crdt.Tx) error { tx.Text("t").Append("truth"); tx.Put("k", "truth"); return nil }))
	x := s.store(s.docs[0])
	for name, lie := range map[string]func(*bridge.Summary){
		"none": func(*bridge.Summary) {},
		"text": func(sum *bridge.Summary) {
			k := slices.IndexFunc(sum.Names, func(y bridge.Shown) bool { return y.Name == "t" })
			sum.Names[k].Value = []byte("lies")
		},
		"JSON": func(sum *bridge.Summary) {
			k := slices.IndexFunc(sum.Names, func(y bridge.Shown) bool { return y.Name == "k" })
			sum.Names[k].Value = []byte(`"lies"`)
		},
		"no JSON":     func(sum *bridge.Summary) { sum.Names[0].Value = []byte(`}{`) },
		"a name less": func(sum *bridge.Summary) { sum.Names = sum.Names[1:] },
		"a name more": func(sum *bridge.Summary) {
			sum.Names = append(sum.Names, bridge.Shown{Name: "zz", How: bridge.AsText, Value: []byte("lies")})
		},
		"heads":        func(sum *bridge.Summary) { sum.Heads[0][0] ^= 1 },
		"no heads":     func(sum *bridge.Summary) { sum.Heads = nil },
		"more changes": func(sum *bridge.Summary) { sum.Changes++ },
		"less changes": func(sum *bridge.Summary) { sum.Changes = 1 },
	} {
		y := x
		y.sum.Names, y.sum.Heads = slices.Clone(x.sum.Names), slices.Clone(x.sum.Heads)
		lie(&y.sum)
		for _, do := range deeds {
			d := s.early(y, s.key(), 1<<30)
			v := d.View()
			_, _ = json.Marshal(v)
			do.do(s, x, d, v)
			if err := d.Load(); errors.Is(err, crdt.ErrSummary) == (name == "none") || err != nil && !errors.Is(err, crdt.ErrSummary) {
				t.Errorf("%s, %s: %v", name, do.name, err)
			}
			s.must(d.CheckRooms())
			if dumpView(v) != dumpView(s.full(x, nil).View()) || v.Changes() != len(x.all.Items) {
				t.Errorf("%s, %s: the view does not show the truth", name, do.name)
			}
		}
	}
}

// TestSummaryRefused: a summary that cannot be one of the work.
func TestSummaryRefused(t *testing.T) {
	s := newStory(t, 1<<37+1, &counts{})
	x := s.store(s.docs[0])
	join := func(opts ...crdt.Option) *crdt.Doc {
		d, err := crdt.Join(nil, x.of.ID(), opts...)
		s.must(err)
		return d
	}
	for name, c := range map[string]struct {
		d    *crdt.Doc
		sum  func(*bridge.Summary)
		want error
	}{
		"rules":      {join(), func(*bridge.Summary) {}, crdt.ErrRules},
		"quota":      {join(append(s.options(), crdt.MaxBytes(1<<30))...), func(*bridge.Summary) {}, crdt.ErrLimit},
		"not empty":  {s.full(x, nil), func(*bridge.Summary) {}, crdt.ErrLimit},
		"genesis":    {join(s.options()...), func(y *bridge.Summary) { y.Genesis = []byte{1} }, crdt.ErrForeign},
		"no changes": {join(s.options()...), func(y *bridge.Summary) { y.Changes = 0 }, crdt.ErrInvalid},
	} {
		sum := x.sum
		c.sum(&sum)
		if err := bridge.Of(c.d).Summarised(sum, x.pieces(1<<30)); !errors.Is(err, c.want) || bridge.Of(c.d).Early() {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestSummaryBroken: of a history that cannot be read to its end what came before is
// there, nothing can be edited, and another replica has the rest.
func TestSummaryBroken(t *testing.T) {
	s := newStory(t, 1<<37+2, &counts{})
	for range 40 {
		s.step()
	}
	x := s.store(s.docs[0])
	whole, parts := len(x.all.Items), 0
	for _, most := range []int{0, 1, whole / 2, whole - 1} {
		for _, do := range []string{"load", "view", "edit", "blame", "history", "mirror", "cursor", "tally", "parts", "commit", "undo"} {
			k := slices.IndexFunc(deeds, func(d deed) bool { return d.name == do })
			d := s.early(x, s.key(), most)
			s.glance(x, d)
			v := d.View()
			deeds[k].do(s, x, d, v)
			if err := d.Load(); !errors.Is(err, errPlanned) {
				t.Errorf("%d of %d, %s: %v", most, whole, do, err)
			}
			s.must(d.CheckRooms())
			dumpView(v)
			if n := v.Changes(); n > 1 && n < whole {
				parts++
			}
			if err := d.Update(func(*crdt.Tx) error { return nil }); !errors.Is(err, errPlanned) {
				t.Errorf("%d of %d, %s: edit: %v", most, whole, do, err)
			}
			dumpView(v)
			s.must(d.Merge(x.of))
			s.equal(s.full(x, nil), d)
			dumpView(v)
			s.must(d.Rekey(s.key()))
			s.must(d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("on"); return nil }))
			dumpView(v)
			s.must(d.CheckRooms())
		}
	}
	if parts == 0 {
		t.Error("no history was read in part")
	}
}

// TestSummaryPanic: rules that panic while the history is read leave the doc unlocked,
// with what came before.
func TestSummaryPanic(t *testing.T) {
	s := newStory(t, 1<<37+3, &counts{})
	for range 30 {
		s.step()
	}
	x := s.store(s.docs[0])
	for n := 2; n < len(x.all.Items); n += 5 {
		for _, ask := range []func(*crdt.Doc){
			func(d *crdt.Doc) { _ = d.Load() },
			func(d *crdt.Doc) { _ = d.Update(func(*crdt.Tx) error { return nil }) },
			func(d *crdt.Doc) { dumpView(d.View()) },
		} {
			left := n
			opts := append([]crdt.Option{}, s.options()...)
			d, err := crdt.Join(s.key(), x.of.ID(), append(opts, crdt.WithRules(booming{&left}, crdt.Value{}))...)
			s.must(err)
			s.must(bridge.Of(d).Summarised(x.sum, x.pieces(1<<30)))
			func() {
				defer func() {
					if p := recover(); p != errBoom {
						t.Errorf("panic %v", p)
					}
				}()
				ask(d)
			}()
			if d.Load() == nil || bridge.Of(d).Count() != n {
				t.Errorf("%d changes of %d: %v", bridge.Of(d).Count(), n, d.Load())
			}
			s.must(d.Merge(x.of))
			s.equal(s.full(x, nil), d)
		}
	}
}

// TestSummaryShared: many may look at a doc while its history is first read.
func TestSummaryShared(t *testing.T) {
	s := newStory(t, 1<<37+4, &counts{})
	for range 40 {
		s.step()
	}
	x := s.store(s.docs[0])
	want := showAll(s, x.of)
	d := s.early(x, s.key(), 1<<30)
	v := d.View()
	var all sync.WaitGroup
	for k := range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 20 {
				b, err := v.MarshalJSON()
				if err != nil || string(b) != want || v.Text("t").String() != x.of.View().Text("t").String() || v.Changes() != len(x.all.Items) || v.Version() != x.of.Heads() {
					t.Errorf("the view shows %s, %v", b, err)
				}
				if k == 3 {
					_ = d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("!"); return nil })
				}
				d.View().Text("t").Len()
				d.Heads()
			}
		}()
	}
	all.Wait()
	s.must(d.Load())
}
