package crdt_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// pin is a cursor that was made in a view of a doc, and the element it keeps to
// there.
type pin struct {
	caret
	d *crdt.Doc
}

// TestCursorStories makes cursors in the docs of random histories and looks where
// they stand in later views, in earlier ones, and in other replicas.
func TestCursorStories(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 40
	}
	later, earlier, away := 0, 0, 0
	for seed := range uint64(rounds) {
		s := newStory(t, 1<<33+seed, &counts{})
		var pins []pin
		var old []pastView
		for range 20 {
			s.step()
			d := s.docs[s.any()]
			u := allUnits[s.r.IntN(3)]
			text := d.View().Text("t").In(u)
			runes := []rune(text.String())
			i, side := s.r.IntN(len(runes)+1), crdt.Side(s.r.IntN(2))
			p := pin{caret{c: text.Cursor(width(string(runes[:i]), u), side), side: side}, d}
			var keeps bool
			p.lv, keeps = crdt.CursorElement(d, p.c)
			p.edge = !keeps
			if got, alive := text.Find(p.c); got != width(string(runes[:i]), u) || !alive {
				s.failf("the cursor at %d of %q is at %d, %v", i, text, got, alive)
			}
			if keep := i - 1 + int(side); p.edge != (keep < 0 || keep == len(runes)) {
				s.failf("the cursor at %d of %q, side %d, keeps to nothing: %v", i, text, side, p.edge)
			}
			pins = append(pins, p)
			old = append(old, pastView{d: d, v: d.View()})
			for _, p := range pins {
				later += p.look(s, p.d.View(), u)
			}
		}
		for _, o := range old {
			p := pins[s.r.IntN(len(pins))]
			if p.d == o.d && !s.starved[o.d] {
				earlier += p.look(s, o.v, allUnits[s.r.IntN(3)])
			}
			away += p.travel(s, o.d)
		}
	}
	t.Logf("%d looks now, %d back, %d elsewhere", later, earlier, away)
	if later < rounds*50 || earlier < rounds || away < rounds {
		t.Errorf("less than promised: %d looks now, %d back, %d elsewhere", later, earlier, away)
	}
}

// look compares where a cursor stands in a view of its doc with the elements.
func (p *pin) look(s *story, v *crdt.View, u crdt.Unit) int {
	s.t.Helper()
	in := map[uint32]bool{}
	for _, e := range crdt.ElementsOf(v.Text("t")) {
		in[e.LV] = e.Shown
	}
	all := crdt.ElementsOf(p.d.View().Text("t"))
	if !p.edge && !slices.ContainsFunc(all, func(e crdt.Element) bool { return e.LV == p.lv }) {
		return 0 // its Update was rolled back
	}
	want, alive := p.place(all, func(e crdt.Element) bool { return in[e.LV] }, u)
	if got, ok := v.Text("t").In(u).Find(p.c); got != want || ok != alive {
		s.failf("cursor %+v is at %d, %v of %q, want %d, %v", p.caret, got, ok, v.Text("t"), want, alive)
	}
	return 1
}

// travel takes a cursor to another replica by its lasting form.
func (p *pin) travel(s *story, d *crdt.Doc) int {
	s.t.Helper()
	text, err := p.c.MarshalText()
	if errors.Is(err, crdt.ErrUnsealed) {
		return 0
	}
	s.must(err)
	c, err := crdt.ParseCursor(string(text))
	s.must(err)
	raw, err := p.c.MarshalBinary()
	s.must(err)
	var x crdt.Cursor
	s.must(x.UnmarshalBinary(raw))
	if x != c {
		s.failf("%s and %x are %+v and %+v", text, raw, c, x)
	}
	if again, err := c.MarshalText(); err != nil || !bytes.Equal(again, text) {
		s.failf("%s comes back as %s, %v", text, again, err)
	}
	lv, ok := crdt.CursorElement(d, c)
	q := pin{caret{c: c, side: p.side, lv: lv, edge: p.edge}, d}
	if !ok && !p.edge {
		if i, alive := d.View().Text("t").Find(c); i != 0 || alive {
			s.failf("cursor of a change that is not here is at %d, %v", i, alive)
		}
		return 0
	}
	return q.look(s, d.View(), crdt.Runes)
}

// TestCursorForms tests the lasting forms of a cursor: each has one spelling, and
// everything else is refused.
func TestCursorForms(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append(strings.Repeat("x", 300)); return nil }))
	c := d.View().Text("t").Cursor(200, crdt.After)
	for _, x := range []crdt.Cursor{c, d.View().Text("t").Cursor(200, crdt.Before)} {
		if _, err := x.MarshalText(); !errors.Is(err, crdt.ErrUnsealed) {
			t.Errorf("cursor of the open change: %v", err)
		}
		if _, err := x.MarshalBinary(); !errors.Is(err, crdt.ErrUnsealed) {
			t.Errorf("cursor of the open change: %v", err)
		}
	}
	if _, err := (crdt.Cursor{}).MarshalText(); !errors.Is(err, crdt.ErrNotFound) {
		t.Errorf("zero cursor: %v", err)
	}
	ch, err := d.Commit("")
	must(t, err)
	text, err := c.MarshalText()
	must(t, err)
	if want := fmt.Sprintf("%s:200:after", ch.ID); string(text) != want {
		t.Errorf("text form %s, want %s", text, want)
	}
	name := ch.ID.String()
	for _, bad := range []string{"", "begin", "start ", "Start", "end:", ":1:after", name, name + ":1", name + ":1:", name + ":01:after",
		name + ":-1:after", name + ":+1:after", name + ":4294967296:after", name + ":1:After", name + ":1:start", name + ":1:after:", strings.ToUpper(name) + ":1:after",
		name[:len(name)-1] + ":1:after", "bafkqaaa:1:after", name + " :1:after"} {
		if x, err := crdt.ParseCursor(bad); !errors.Is(err, crdt.ErrMalformed) {
			t.Errorf("%q is read as %+v, %v", bad, x, err)
		}
	}
	raw, err := c.MarshalBinary()
	must(t, err)
	var x crdt.Cursor
	for n := range raw {
		if err := x.UnmarshalBinary(raw[:n]); n != 1 && !errors.Is(err, crdt.ErrMalformed) {
			t.Errorf("%d bytes of %d: %v", n, len(raw), err)
		}
	}
	for _, bad := range [][]byte{append(slices.Clone(raw), 0), append(slices.Clone(raw[:37]), 0x80, 0), append(slices.Clone(raw[:37]), 0xff, 0xff, 0xff, 0xff, 0x1f),
		{0}, {3}, {5}, {1, 0}, append([]byte{1}, raw[1:]...)} {
		if err := x.UnmarshalBinary(bad); !errors.Is(err, crdt.ErrMalformed) {
			t.Errorf("%x: %v", bad, err)
		}
	}
	for k := 1; k < 5; k++ { // version, codec, hash and its length
		b := slices.Clone(raw)
		b[k] ^= 1
		if err := x.UnmarshalBinary(b); !errors.Is(err, crdt.ErrMalformed) {
			t.Errorf("byte %d turned: %v", k, err)
		}
	}
	if !x.IsZero() {
		t.Error("a refused form has changed the cursor")
	}
}

// TestCursorEdges tests cursors where there is no character, in parts of a text
// and in texts that they do not belong to.
func TestCursorEdges(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	start, end := d.View().Text("t").Cursor(0, crdt.Before), d.View().Text("t").Cursor(7, crdt.After)
	must(t, d.Update(func(tx *crdt.Tx) error {
		tx.Text("t").Append("a🙂bc")
		tx.Text("u").Append("other")
		return nil
	}))
	v := d.View()
	find := func(text crdt.Text, c crdt.Cursor, want int, alive bool) {
		t.Helper()
		if i, ok := text.Find(c); i != want || ok != alive {
			t.Errorf("found at %d, %v, want %d, %v", i, ok, want, alive)
		}
	}
	text := v.Text("t").In(crdt.UTF16)
	find(text, start, 0, true)
	find(text, end, 5, true)
	find(text, crdt.Cursor{}, 0, false)
	find(v.Text("none"), start, 0, true)
	inside := text.Cursor(2, crdt.After) // in the pair
	find(text, inside, 1, true)
	find(v.Text("t"), inside, 1, true)
	find(text, text.Cursor(-3, crdt.After), 0, true)
	find(text, text.Cursor(99, crdt.Before), 5, true)
	find(v.Text("u"), inside, 0, false)
	find(v.Text("none"), inside, 0, false)
	part := text.Slice(3, 5) // bc
	find(part, part.Cursor(1, crdt.After), 1, true)
	find(part, inside, 0, false)
	find(part, end, 2, true)
	find(text, part.Cursor(1, crdt.After), 4, true)
	other, err := crdt.New(newKey("ben"))
	must(t, err)
	must(t, other.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("abcdefg"); return nil }))
	find(other.View().Text("t"), inside, 0, false)
	must(t, d.Update(func(tx *crdt.Tx) error {
		c := tx.Text("t").Cursor(2, crdt.Before)
		tx.Text("t").Insert(0, "xy")
		if i, alive := tx.Text("t").Find(c); i != 4 || !alive {
			t.Errorf("inside the Update: %d, %v", i, alive)
		}
		return nil
	}))
}
