package crdt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// mirrorPair is two replicas of one work, with a text t.
func mirrorPair(t *testing.T, text string) (a, b *crdt.Doc) {
	t.Helper()
	a, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append(text); return nil }))
	b, err = a.Clone(newKey("ben"))
	must(t, err)
	return a, b
}

// editText is an edit of the text t by one Update.
func editText(t *testing.T, d *crdt.Doc, fn func(crdt.TextTx)) {
	t.Helper()
	must(t, d.Update(func(tx *crdt.Tx) error { fn(tx.Text("t")); return nil }))
}

// TestMirrorLands lets sync move the work under an editor: what it types lands
// where its user saw it.
func TestMirrorLands(t *testing.T) {
	a, b := mirrorPair(t, "Knead. Wait. Bake.")
	v := a.View()
	m := a.Mirror(v.Text("t"))
	editText(t, b, func(x crdt.TextTx) { x.Insert(0, "Wash your hands. "); x.Delete(24, 29) }) // Wait.
	must(t, a.Merge(b))
	must(t, m.Replace(11, 11, " an hour")) // before the full stop of "Wait."
	must(t, m.Replace(0, 5, "Fold"))
	if got, want := m.String(), "Fold. Wait an hour. Bake."; got != want {
		t.Errorf("the editor shows %q", got)
	}
	if got, want := a.View().Text("t").String(), "Wash your hands. Fold.  an hour Bake."; got != want {
		t.Errorf("the text is %q, want %q", got, want)
	}
	if got, want := brief(m.Pull()), `text /t @0 "Wash your hands. " ben; text /t @23 -4 ben; text /t @31 -1 ben`; got != want {
		t.Errorf("patches %s, want %s", got, want)
	}
	if m.String() != a.View().Text("t").String() || m.Pull() != nil {
		t.Errorf("after Pull the editor shows %q", m)
	}
	if crdt.Built(v) {
		t.Error("the past was built to see what is new")
	}
}

// TestMirrorInDeleted types into a sentence that another has deleted and deletes
// a part of it. When the other brings it back, the words are in their place, and
// what the user has deleted stays so.
func TestMirrorInDeleted(t *testing.T) {
	a, b := mirrorPair(t, "One. Two words here. Three.")
	editText(t, b, func(x crdt.TextTx) { x.Delete(5, 21) })
	c, err := b.Commit("")
	must(t, err)
	m := a.Mirror(a.View().Text("t"))
	must(t, a.Merge(b))
	must(t, m.Replace(8, 14, " good"))   // Two good here.
	must(t, m.Replace(13, 13, " words")) // goes on where it stands
	if got, want := a.View().Text("t").String(), "One.  good wordsThree."; got != want {
		t.Errorf("the text is %q, want %q", got, want)
	}
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Invert(c.ID); return nil }))
	must(t, a.Merge(b))
	if got, want := a.View().Text("t").String(), "One. Two good words here. Three."; got != want || m.String() != want {
		t.Errorf("the text is %q, the editor shows %q, want %q", got, m, want)
	}
	if p := m.Pull(); p != nil {
		t.Errorf("there is something to pull: %s", brief(p))
	}
}

// TestMirrorPaste pastes more than one op holds, where something was deleted and
// where nothing was.
func TestMirrorPaste(t *testing.T) {
	a, b := mirrorPair(t, "abc")
	m := a.Mirror(a.View().Text("t").In(crdt.UTF8))
	editText(t, b, func(x crdt.TextTx) { x.Delete(0, 3) })
	must(t, a.Merge(b))
	long := strings.Repeat("é", 700_000)
	must(t, m.Replace(2, 2, long))
	must(t, m.Replace(0, 0, "x"))
	if got := a.View().Text("t").String(); got != "x"+long || m.String() != "xab"+long+"c" {
		t.Errorf("%d bytes in the text, %d in the editor", len(got), m.Len())
	}
	must(t, m.Replace(1, m.Len(), ""))
	if p := m.Pull(); p != nil || m.String() != "x" {
		t.Errorf("%s, %q", brief(p), m)
	}
}

// TestMirrorRefuses tests bad input: a typed error, and nothing is done.
func TestMirrorRefuses(t *testing.T) {
	a, b := mirrorPair(t, "a🙂b")
	m := a.Mirror(a.View().Text("t").In(crdt.UTF16))
	editText(t, b, func(x crdt.TextTx) { x.Delete(1, 2) })
	must(t, a.Merge(b)) // the pair is hidden, and the editor shows it still
	before := a.OpenState()
	for _, c := range []struct {
		i, j int
		s    string
		want error
	}{
		{-1, 0, "", crdt.ErrRange}, {0, 5, "", crdt.ErrRange}, {2, 1, "x", crdt.ErrRange}, {5, 5, "x", crdt.ErrRange},
		{2, 2, "x", crdt.ErrSplit}, {0, 2, "", crdt.ErrSplit}, {2, 4, "", crdt.ErrSplit}, {0, 1, "\xff", crdt.ErrMalformed},
	} {
		if err := m.Replace(c.i, c.j, c.s); !errors.Is(err, c.want) {
			t.Errorf("%d to %d by %q: %v, want %v", c.i, c.j, c.s, err, c.want)
		}
	}
	must(t, m.Replace(1, 1, ""))
	if a.OpenState() != before || m.String() != "a🙂b" {
		t.Errorf("something was done; the editor shows %q", m)
	}
	shut, err := a.Clone(nil)
	must(t, err)
	if err := shut.Mirror(shut.View().Text("t")).Replace(0, 0, "x"); !errors.Is(err, crdt.ErrReadOnly) {
		t.Errorf("read-only: %v", err)
	}
	if err := a.Mirror(b.View().Text("t")).Replace(0, 0, "x"); !errors.Is(err, crdt.ErrForeign) {
		t.Errorf("text of another doc: %v", err)
	}
	none := a.Mirror(a.View().Map("m").Text("k"))
	if err := none.Replace(0, 0, "x"); !errors.Is(err, crdt.ErrNotFound) || none.String() != "" || none.Pull() != nil {
		t.Errorf("no text: %v", err)
	}
}

// TestMirrorChanged tests when a mirror says that there may be something to pull.
func TestMirrorChanged(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	m := d.Mirror(d.View().Text("t")) // is not there yet
	rang := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	c := m.Changed()
	if rang(c) {
		t.Error("it rings at first")
	}
	must(t, m.Replace(0, 0, "own"))
	if rang(m.Changed()) {
		t.Error("it rings for what the editor did itself")
	}
	c = m.Changed()
	editText(t, d, func(x crdt.TextTx) { x.Append("er") })
	if !rang(c) || !rang(m.Changed()) {
		t.Error("it does not ring for what came")
	}
	if m.String() != "own" || !rang(m.Changed()) {
		t.Error("reading makes it forget what there is to pull")
	}
	if got := brief(m.Pull()); got != `text /t @3 "er" ann` || rang(m.Changed()) {
		t.Errorf("pulled %s; it rings still", got)
	}
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Put("else", 1); return nil }))
	if m.Pull() != nil || rang(m.Changed()) {
		t.Error("it goes on ringing for what is elsewhere")
	}
}

// TestMirrorFromPast begins a mirror with a text of an old version, and follows a
// text that is deleted from the work.
func TestMirrorFromPast(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Map("m").Text("k").Append("one two"); return nil }))
	c, err := d.Commit("")
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Map("m").Text("k").Replace(0, 3, "1"); return nil }))
	_, err = d.Commit("")
	must(t, err)
	v, err := d.At(c.Version())
	must(t, err)
	m := d.Mirror(v.Map("m").Text("k"))
	if m.String() != "one two" {
		t.Errorf("the editor begins with %q", m)
	}
	must(t, m.Replace(3, 3, "!"))
	if got := brief(m.Pull()); got != `text /m/k @0 -3 ann; text /m/k @1 "1" ann` || m.String() != "!1 two" {
		t.Errorf("pulled %s, shows %q", got, m)
	}
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Map("m").Delete("k"); return nil }))
	if got := brief(m.Pull()); got != `text  @0 -6 ann` || m.String() != "" {
		t.Errorf("pulled %s, shows %q", got, m)
	}
}
