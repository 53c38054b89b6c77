package crdt_test

import (
	"errors"
	"slices"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/commonhold/commonhold/crdt"
)

// desk is one editor of a text of a doc: a mirror, what the editor shows, and the
// elements that this is made of.
type desk struct {
	d      *crdt.Doc
	m      *crdt.Mirror
	unit   crdt.Unit
	shown  string
	rich   richText
	elems  []uint32
	carets []caret
}

// caret is a cursor and what it keeps to.
type caret struct {
	c    crdt.Cursor
	side crdt.Side
	lv   uint32
	edge bool
}

func newDesk(d *crdt.Doc, t crdt.Text, u crdt.Unit) *desk {
	k := &desk{d: d, m: d.Mirror(t.In(u)), unit: u, shown: t.String(), rich: richOf(t)}
	k.read(crdt.ElementsOf(t))
	return k
}

// read takes the shown elements of a text for what the editor shows.
func (k *desk) read(all []crdt.Element) {
	k.elems = nil
	for _, e := range all {
		if e.Shown {
			k.elems = append(k.elems, e.LV)
		}
	}
}

// width is the length of a string in a unit.
func width(s string, u crdt.Unit) int {
	switch u {
	case crdt.UTF8:
		return len(s)
	case crdt.UTF16:
		return len(utf16.Encode([]rune(s)))
	}
	return utf8.RuneCountInString(s)
}

// pull lets the editor catch up.
func (k *desk) pull(s *story) {
	s.t.Helper()
	for _, p := range k.m.Pull() {
		text, err := k.shown, error(nil)
		switch p.Op {
		case crdt.PatchMark:
			err = k.rich.mark(k.shown, k.unit, p)
		case crdt.PatchBlock:
			err = k.rich.block(k.shown, k.unit, p)
		default:
			if text, err = splice(k.shown, k.unit, p.At, p.Removed, p.Text); err == nil {
				k.rich.splice(k.shown, text, k.unit, p)
			}
		}
		if err != nil {
			s.failf("%s: %v", told(p), err)
		}
		k.shown = text
	}
	if got, want := k.rich.String(), richOf(crdt.TextOf(k.m)).String(); got != want {
		s.failf("after Pull the editor shows %q as\n%s\nthe doc\n%s", k.shown, got, want)
	}
	k.read(crdt.Elements(k.m))
}

// type replaces a random part of what the editor shows, and compares where it
// landed with the elements.
func (k *desk) replace(s *story, in string) {
	s.t.Helper()
	runes := []rune(k.shown)
	i := s.r.IntN(len(runes) + 1)
	j := min(len(runes), i+s.r.IntN(4))
	if i == j && in == "" {
		return
	}
	at := func(n int) int { return width(string(runes[:n]), k.unit) }
	before := crdt.Elements(k.m)
	err := k.m.Replace(at(i), at(j), in)
	if errors.Is(err, crdt.ErrKey) {
		s.rekey(k.d)
		err = k.m.Replace(at(i), at(j), in)
	}
	s.must(err)
	s.must(s.update(0, k.d, func(*crdt.Tx) error { return nil })) // journal
	s.note("replace %d to %d of %q by %q", i, j, k.shown, in)

	removed := map[uint32]bool{}
	for _, lv := range k.elems[i:j] {
		removed[lv] = true
	}
	after := crdt.Elements(k.m)
	known := map[uint32]bool{}
	for _, e := range before {
		known[e.LV] = true
	}
	var fresh []uint32
	anchor := -1
	if j > 0 {
		anchor = slices.IndexFunc(before, func(e crdt.Element) bool { return e.LV == k.elems[j-1] })
	}
	want := slices.Clone(before)
	for n := range want {
		want[n].Shown = want[n].Shown && !removed[want[n].LV]
	}
	// Where there are marks new words may go behind what nobody shows.
	for ; anchor+1 < len(before) && after[anchor+1].LV == before[anchor+1].LV && in != "" && !before[anchor+1].Shown && !slices.Contains(k.elems, before[anchor+1].LV); anchor++ {
	}
	for _, e := range after {
		if !known[e.LV] {
			fresh = append(fresh, e.LV)
			want = slices.Insert(want, anchor+len(fresh), e)
		}
	}
	if !slices.Equal(after, want) || len(fresh) != utf8.RuneCountInString(in) {
		s.failf("%d to %d of %v replaced by %q:\n%v\n%v\nwant\n%v", i, j, k.elems, in, before, after, want)
	}
	k.shown = string(runes[:i]) + in + string(runes[j:])
	k.rich = slices.Concat(k.rich[:i], make(richText, len(fresh)), k.rich[j:])
	k.elems = slices.Concat(k.elems[:i], fresh, k.elems[j:])
}

// check compares the mirror with the editor.
func (k *desk) check(s *story) {
	s.t.Helper()
	if got := k.m.String(); got != k.shown {
		s.failf("the mirror shows %q, the editor %q", got, k.shown)
	}
	if got := k.m.Len(); got != width(k.shown, k.unit) {
		s.failf("the mirror's length is %d, that of %q is %d", got, k.shown, width(k.shown, k.unit))
	}
	if got := crdt.Sheet(k.m); !slices.Equal(got, k.elems) {
		s.failf("the mirror shows %v, the editor %v", got, k.elems)
	}
	s.must(crdt.CheckMirror(k.m, k.elems))
	for _, c := range k.carets {
		all := crdt.Elements(k.m)
		want, alive := c.place(all, func(e crdt.Element) bool { return slices.Contains(k.elems, e.LV) }, k.unit)
		if got, ok := k.m.Find(c.c); got != want || ok != alive {
			s.failf("cursor %+v is at %d, %v in %q, want %d, %v", c, got, ok, k.shown, want, alive)
		}
	}
}

// place is where a caret stands among elements of which some are shown.
func (c *caret) place(all []crdt.Element, shown func(crdt.Element) bool, u crdt.Unit) (int, bool) {
	n := 0
	for _, e := range all {
		size := 0
		if shown(e) {
			size = width(e.Words, u)
		}
		if e.LV == c.lv && !c.edge {
			if c.side == crdt.Before {
				n += size
			}
			return n, size > 0
		}
		n += size
	}
	if c.edge && c.side == crdt.Before {
		n = 0
	}
	return n, c.edge
}

// mark puts a caret into what the editor shows.
func (k *desk) mark(s *story) {
	runes := []rune(k.shown)
	i, side := s.r.IntN(len(runes)+1), crdt.Side(s.r.IntN(2))
	c := caret{c: k.m.Cursor(width(string(runes[:i]), k.unit), side), side: side}
	switch {
	case side == crdt.Before && i == 0, side == crdt.After && i == len(runes):
		c.edge = true
	case side == crdt.Before:
		c.lv = k.elems[i-1]
	default:
		c.lv = k.elems[i]
	}
	if lv, ok := crdt.CursorElement(k.d, c.c); ok == c.edge || ok && lv != c.lv {
		s.failf("cursor at %d of %q keeps to %d, %v, want %+v", i, k.shown, lv, ok, c)
	}
	k.carets = append(k.carets, c)
}

// TestMirrorStories lets editors type into the docs of random histories, pulling
// now and then: each shows what its mirror shows, its keystrokes land where its
// user saw them, and its cursors stay at their characters.
func TestMirrorStories(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 50
	}
	behind, hidden := 0, 0
	for seed := range uint64(rounds) {
		s := newStory(t, 1<<32+seed, &counts{})
		desks := map[*crdt.Doc]*desk{}
		for range 30 {
			s.step()
			for i, d := range s.docs {
				k := desks[d]
				if k == nil {
					k = newDesk(d, s.someText(d), allUnits[s.r.IntN(3)])
					desks[d] = k
				}
				k.check(s)
				switch s.r.IntN(7) {
				case 0, 1:
					b, h := k.apart(d)
					behind, hidden = behind+b, hidden+h
					s.note("doc %d types", i)
					k.replace(s, s.words())
				case 2:
					s.note("doc %d deletes", i)
					k.replace(s, "")
				case 3:
					s.note("doc %d pulls", i)
					k.pull(s)
					if got := crdt.Elements(k.m); len(got) > 0 && k.shown != wordsOf(got) {
						s.failf("after Pull the editor shows %q, the doc %q", k.shown, wordsOf(got))
					}
				case 4:
					k.mark(s)
				case 5:
					s.note("doc %d formats", i)
					k.format(s)
				}
				k.check(s)
				s.must(d.CheckRooms())
			}
		}
	}
	t.Logf("%d keystrokes into an editor that was behind, %d of them where something was deleted", behind, hidden)
	if behind < rounds || hidden < rounds/10 {
		t.Errorf("less than promised: %d keystrokes behind, %d at deleted words", behind, hidden)
	}
}

// someText is a text of the doc, most often the root text t.
func (s *story) someText(d *crdt.Doc) crdt.Text {
	v := d.View()
	if s.r.IntN(3) == 0 {
		for _, x := range v.Map("m").All() {
			if t, ok := x.Any().(crdt.Text); ok {
				return t
			}
		}
		for _, x := range v.List("l").All() {
			if t, ok := x.Any().(crdt.Text); ok {
				return t
			}
		}
	}
	return v.Text("t")
}

// wordsOf are the words of the shown elements.
func wordsOf(all []crdt.Element) string {
	out := ""
	for _, e := range all {
		if e.Shown {
			out += e.Words
		}
	}
	return out
}

// apart counts whether the editor is behind the doc, and shows what is deleted.
func (k *desk) apart(d *crdt.Doc) (behind, hidden int) {
	var now []uint32
	for _, e := range crdt.Elements(k.m) {
		if e.Shown {
			now = append(now, e.LV)
		}
	}
	if !slices.Equal(now, k.elems) {
		behind = 1
	}
	for _, lv := range k.elems {
		if !slices.Contains(now, lv) {
			hidden = 1
		}
	}
	return behind, hidden
}
