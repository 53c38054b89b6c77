package crdt_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// typist types into one text, as people do: runs of letters and of deletes, and
// keeps a plain list of characters beside it.
type typist struct {
	r    *rand.Rand
	want []rune
	at   int // where the next keystroke goes, as a rule
}

// stroke makes one edit in the text and in the list.
func (y *typist) stroke(t crdt.TextTx) {
	n := len(y.want)
	if y.r.IntN(8) == 0 || y.at > n {
		y.at = y.r.IntN(n + 1)
	}
	switch k := y.r.IntN(10); {
	case k < 5 || n == 0:
		s := "x"
		if y.r.IntN(12) == 0 {
			s = []string{"é", "two", "🙂🙂", "\n"}[y.r.IntN(4)]
		}
		t.Insert(y.at, s)
		y.want = slices.Insert(y.want, y.at, []rune(s)...)
		y.at += len([]rune(s))
	case k < 8: // backspace
		m := min(y.at, 1+y.r.IntN(2))
		y.at -= m
		t.Delete(y.at, y.at+m)
		y.want = slices.Delete(y.want, y.at, y.at+m)
	default: // the key that deletes what follows
		m := min(n-y.at, 1+y.r.IntN(2))
		t.Delete(y.at, y.at+m)
		y.want = slices.Delete(y.want, y.at, y.at+m)
	}
}

// TestTyping holds runs of keystrokes, within Updates and across them, rolled
// back, read in between, sealed and brought to another replica, against a list of
// characters.
func TestTyping(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 60
	}
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 91))
		opts := []crdt.Option{crdt.Title("typing")}
		if seed%3 == 0 {
			opts = append(opts, crdt.WithSalt())
		}
		d, err := crdt.New(newKey("ann"), opts...)
		if err != nil {
			t.Fatal(err)
		}
		y := &typist{r: r}
		for range 60 {
			y.update(t, d)
			if r.IntN(6) == 0 {
				y.verify(t, d, seed)
			}
		}
		y.verify(t, d, seed)
		e, err := d.Clone(newKey("ben"))
		if err != nil {
			t.Fatal(err)
		}
		y.verify(t, e, seed)
	}
}

// update makes one Update of some strokes, of which some fail.
func (y *typist) update(t *testing.T, d *crdt.Doc) {
	was, at := slices.Clone(y.want), y.at
	fails := y.r.IntN(5) == 0
	err := d.Update(func(tx *crdt.Tx) error {
		text := tx.Text("t")
		for range y.r.IntN(6) {
			y.stroke(text)
			switch y.r.IntN(16) {
			case 0:
				if n := text.Len(); n != len(y.want) {
					t.Fatalf("the text has %d characters in the Update, want %d", n, len(y.want))
				}
			case 1:
				v := tx.View()
				want := string(y.want)
				y.stroke(text)
				if s := v.Text("t").String(); s != want {
					t.Fatalf("a view inside reads %q, want %q", s, want)
				}
			case 2:
				tx.Put("k", y.r.IntN(9))
			}
		}
		if fails {
			return errTyping
		}
		return nil
	})
	if fails {
		if !errors.Is(err, errTyping) {
			t.Fatal(err)
		}
		y.want, y.at = was, at
	} else if err != nil {
		t.Fatal(err)
	}
	if y.r.IntN(10) == 0 {
		if _, err := d.Commit(""); err != nil && !errors.Is(err, crdt.ErrNothing) {
			t.Fatal(err)
		}
	}
}

var errTyping = errors.New("typed in vain")

// verify compares the text with the list and asks every room.
func (y *typist) verify(t *testing.T, d *crdt.Doc, seed uint64) {
	t.Helper()
	if got := d.View().Text("t").String(); got != string(y.want) {
		t.Fatalf("seed %d: %q, want %q", seed, got, string(y.want))
	}
	if err := d.CheckRooms(); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
}

// TestTypingRange asks that positions outside the text are refused also where a
// run of keystrokes is under way.
func TestTypingRange(t *testing.T) {
	for _, bad := range []func(crdt.TextTx){
		func(x crdt.TextTx) { x.Insert(5, "c") },
		func(x crdt.TextTx) { x.Insert(-1, "c") },
		func(x crdt.TextTx) { x.Delete(1, 4) },
		func(x crdt.TextTx) { x.Delete(3, 2) },
		func(x crdt.TextTx) { x.Delete(1, 2); x.Delete(1, 3) },
		func(x crdt.TextTx) { x.Delete(0, 2); x.Delete(-1, 0) },
		func(x crdt.TextTx) { x.Delete(0, 1); x.Delete(2, 1) },
	} {
		d, err := crdt.New(newKey("ann"))
		if err != nil {
			t.Fatal(err)
		}
		err = d.Update(func(tx *crdt.Tx) error {
			x := tx.Text("t")
			x.Insert(0, "a")
			x.Insert(1, "b")
			bad(x)
			return nil
		})
		if !errors.Is(err, crdt.ErrRange) {
			t.Errorf("got %v, want ErrRange", err)
		}
		if s := d.View().Text("t").String(); s != "" {
			t.Errorf("%q was left", s)
		}
	}
}
