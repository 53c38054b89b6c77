package sim

import (
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
)

// sample is a document with two edits, one of which deletes a character of the other,
// and the ledger that goes with it, which knows another key b.
func sample(t *testing.T) (*world, *crdt.Doc, [2]*edit) {
	t.Helper()
	w := &world{p: &Plan{}, rep: &Report{}, l: newLedger(), now: epoch}
	d, err := crdt.New(w.newKey())
	if err != nil {
		t.Fatal(err)
	}
	w.newKey()
	both := [2]*edit{w.l.begin(d.Author(), 0), w.l.begin(d.Author(), 0)}
	acts := [2]func(*crdt.Tx){
		func(tx *crdt.Tx) {
			tx.Text(textName).Append(string([]rune{w.l.char(both[0]), w.l.char(both[0])}) + string(w.l.letter(both[0], 2)))
			both[0].step = 5
			tx.Counter(counterName).Add(5)
		},
		func(tx *crdt.Tx) {
			text := tx.Text(textName)
			w.l.delete(both[1], text.Slice(0, 1).String())
			text.Delete(0, 1)
		},
	}
	for i, e := range both {
		err := d.Update(func(tx *crdt.Tx) error {
			tx.Map(editsName).Put(e.name, true)
			acts[i](tx)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.l.end(e, true)
	}
	if chars, edits, err := w.l.judge(d.View()); err != nil || chars != 3 || edits != 2 {
		t.Fatalf("a sound document: %d characters, %d edits, %v", chars, edits, err)
	}
	return w, d, both
}

// TestLedger damages what the ledger knows, or what is shown, in each way that it
// judges, and has it notice.
func TestLedger(t *testing.T) {
	update := func(d *crdt.Doc, fn func(*crdt.Tx)) {
		_ = d.Update(func(tx *crdt.Tx) error { fn(tx); return nil })
	}
	keyB := func(w *world) (b crdt.Author) {
		for by, letter := range w.l.letters {
			if letter == 'b' {
				b = by
			}
		}
		return b
	}
	for want, damage := range map[string]func(w *world, d *crdt.Doc, e [2]*edit){
		"and is lost": func(w *world, d *crdt.Doc, e [2]*edit) {
			update(d, func(tx *crdt.Tx) { tx.Text(textName).Delete(0, 1) })
		},
		"its deletion was acknowledged": func(w *world, d *crdt.Doc, e [2]*edit) {
			w.l.chars[e[0].typed[1]].deleted[d.Author()] = true
		},
		"is there twice": func(w *world, d *crdt.Doc, e [2]*edit) {
			update(d, func(tx *crdt.Tx) { tx.Text(textName).Append(string(e[0].typed[1])) })
		},
		"who has typed none": func(w *world, d *crdt.Doc, e [2]*edit) {
			update(d, func(tx *crdt.Tx) { tx.Text(textName).Append("b") })
		},
		"was typed by key b": func(w *world, d *crdt.Doc, e [2]*edit) { w.l.chars[e[0].typed[1]].by = keyB(w) },
		"letters": func(w *world, d *crdt.Doc, e [2]*edit) {
			update(d, func(tx *crdt.Tx) { tx.Text(textName).Append("a") })
		},
		"edit 1 was acknowledged": func(w *world, d *crdt.Doc, e [2]*edit) {
			update(d, func(tx *crdt.Tx) { tx.Map(editsName).Delete("1") })
		},
		"edit 1 of key b is credited to key a": func(w *world, d *crdt.Doc, e [2]*edit) { e[1].by = keyB(w) },
		"has counted 5, of which 6": func(w *world, d *crdt.Doc, e [2]*edit) {
			update(d, func(tx *crdt.Tx) { tx.Counter(counterName).Add(1) })
		},
		"has never counted": func(w *world, d *crdt.Doc, e [2]*edit) { delete(w.l.steps, d.Author()) },
	} {
		w, d, e := sample(t)
		damage(w, d, e)
		if _, _, err := w.l.judge(d.View()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestWire: what this package spells by hand is what sessions say.
func TestWire(t *testing.T) {
	w := &world{p: &Plan{}, rep: &Report{}, l: newLedger(), now: epoch}
	d, err := crdt.New(w.newKey())
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		first := greet(t, d)
		h, ok := readHello(first)
		if !ok || string(h.bytes()) != string(first) || len(h.heads) != 1 || n < 2 && len(h.tips) != n+1 || n == 2 && h.offer == nil {
			t.Fatalf("%x is read as %+v", first, h)
		}
		b, err := d.Clone(w.newKey())
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Update(func(tx *crdt.Tx) error { tx.Put("k", n); return nil }); err != nil {
			t.Fatal(err)
		}
		if err := d.Merge(b); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 111 {
		if _, ok := readHello(greet(t, d)[:i]); ok {
			t.Errorf("%d bytes are a hello", i)
		}
	}
}

// greet is the first hello of a session of a document.
func greet(t *testing.T, d *crdt.Doc) []byte {
	t.Helper()
	s, err := merge.NewSession(d)
	if err != nil {
		t.Fatal(err)
	}
	msg, _ := s.Next(epoch)
	return msg
}
