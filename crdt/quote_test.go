package crdt_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// authors names the keys of these tests.
var authors = map[crdt.Author]string{
	newKey("ann").Author(): "ann", newKey("ben").Author(): "ben", newKey("cleo").Author(): "cleo", newKey("eve").Author(): "eve",
}

// traced is a text with who placed each stretch, who wrote it, and how that is known.
func traced(text crdt.Text) string {
	stretches, sources := text.Sources()
	var out []string
	for _, s := range stretches {
		line := fmt.Sprintf("%s:%q", authors[sources[s.Source].Author], s.Text)
		if o := s.Origin; o != nil {
			line += fmt.Sprintf(" of %s+%d", authors[sources[o.Source].Author], o.Offset)
			switch {
			case o.Claim != crdt.ClaimHolds:
				line += []string{"", " elsewhere", " fails", " open"}[o.Claim]
			case o.Moved:
				line += " moved"
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, ", ")
}

// wantTraced compares.
func wantTraced(t testing.TB, d *crdt.Doc, want string) {
	t.Helper()
	if got := traced(d.View().Text("t")); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	v, err := d.At(d.Heads())
	must(t, err)
	if got := traced(v.Text("t")); !d.View().Open() && got != want {
		t.Errorf("built anew: %s\nwant %s", got, want)
	}
}

// TestQuote: a quote says where each character was written first, piece by piece;
// own characters that are not sealed go as new text.
func TestQuote(t *testing.T) {
	a, b := pair(t, "knead")
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Insert(2, "--") })
	both(t, a, b)
	edit(t, b, func(tx *crdt.Tx) {
		text := tx.Text("t")
		text.Append("!")
		text.Quote(0, text.Slice(1, 8)) // n--ead!
	})
	wantTraced(t, b, `ben:"n" of ann+1, ben:"--" of ben+0, ben:"ead" of ann+2, ben:"!", ann:"kn", ben:"--", ann:"ead", ben:"!"`)
	// A quote of a quote has the first origin, of its own change too.
	edit(t, b, func(tx *crdt.Tx) { tx.Text("u").Quote(0, tx.Text("t").Slice(0, 4)) })
	both(t, a, b)
	edit(t, a, func(tx *crdt.Tx) { tx.Text("u").Quote(4, tx.Text("u").Slice(1, 4)) })
	if got, want := traced(a.View().Text("u")), `ben:"n" of ann+1, ben:"--" of ben+0, ben:"e" of ann+2, ann:"--" of ben+0, ann:"e" of ann+2`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	must(t, a.CheckRooms())
	both(t, a, b)
	if got, want := traced(b.View().Text("u").Slice(2, 6)), `ben:"-" of ben+1, ben:"e" of ann+2, ann:"--" of ben+0`; got != want {
		t.Errorf("slice: %s\nwant %s", got, want)
	}
}

// TestQuoteViews: the text may be one of before, taken in or outside the Update.
func TestQuoteViews(t *testing.T) {
	a, b := pair(t, "knead")
	old := a.View().Text("t")
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Delete(0, 3) })
	_, err := a.Commit("")
	must(t, err)
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Append("?") })
	now := a.View().Text("t")
	edit(t, a, func(tx *crdt.Tx) {
		text := tx.Text("t")
		text.Append("!")
		text.Quote(0, old)
		text.Quote(0, now)
		if s := tx.Copy(now).String(); s != "ad?" {
			t.Errorf("copied %q", s)
		}
	})
	wantTraced(t, a, `ann:"ad" of ann+3, ann:"?", ann:"knead" of ann+0, ann:"ad", ann:"?!"`)
	must(t, a.CheckRooms())
	both(t, a, b)
	x := b.View().Text("t").Copy()
	if x.Work() != b.ID() || x.String() != "ad?kneadad?!" || len(x.Parts()) != 5 {
		t.Errorf("%q of %v in %d parts", x, x.Work(), len(x.Parts()))
	}
	if x := b.View().Text("nothing").Copy(); x.String() != "" || x.Work() != b.ID() {
		t.Errorf("%q of %v", x, x.Work())
	}
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Paste(0, crdt.Excerpt{}) })
	if b.View().Open() {
		t.Error("an empty excerpt makes an edit")
	}
	err = b.Update(func(tx *crdt.Tx) error { tx.Text("t").Paste(99, x); return nil })
	if !errors.Is(err, crdt.ErrRange) {
		t.Error(err)
	}
	err = b.Update(func(tx *crdt.Tx) error { tx.Text("t").Move(3, 99, tx.Text("u"), 0); return nil })
	if !errors.Is(err, crdt.ErrRange) {
		t.Error(err)
	}
	err = b.Update(func(tx *crdt.Tx) error { tx.Text("t").Move(3, 4, tx.Text("u"), 1); return nil })
	if !errors.Is(err, crdt.ErrRange) {
		t.Error(err)
	}
}

// TestQuoteWorks: across works the source work is named, coming home it is not, and
// what has no name yet is refused.
func TestQuoteWorks(t *testing.T) {
	a, err := crdt.New(newKey("ann"), crdt.Title("one"))
	must(t, err)
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Append("knead") })
	b, err := crdt.New(newKey("ben"), crdt.Title("two"))
	must(t, err)
	err = b.Update(func(tx *crdt.Tx) error { tx.Text("t").Quote(0, a.View().Text("t")); return nil })
	if !errors.Is(err, crdt.ErrUnsealed) || b.View().Text("t").Len() != 0 {
		t.Errorf("open text: %v", err)
	}
	sealed, err := a.Commit("")
	must(t, err)
	edit(t, b, func(tx *crdt.Tx) {
		text := tx.Text("t")
		text.Append("How: ")
		text.Quote(5, a.View().Text("t").Slice(1, 5))
	})
	wantTraced(t, b, `ben:"How: ", ben:"nead" of ben+1 elsewhere`)
	_, err = b.Commit("")
	must(t, err)
	stretches, _ := b.View().Text("t").Sources()
	if o := stretches[1].Origin; o.Work != a.ID() || o.Change != sealed.ID {
		t.Errorf("%+v", o)
	}
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Move(6, 8, tx.Text("t"), 0) })
	wantTraced(t, b, `ben:"ea" of ben+2 elsewhere, ben:"How: ", ben:"n" of ben+1 elsewhere, ben:"d" of ben+4 elsewhere`)
	_, err = b.Commit("")
	must(t, err)
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Quote(0, b.View().Text("t")) })
	wantTraced(t, a, `ann:"ea" of ann+2, ann:"How: " of ann+0 elsewhere, ann:"n" of ann+1, ann:"d" of ann+4, ann:"knead"`)
	_, err = a.Commit("")
	must(t, err)
	in := bridge.Of(a)
	all, _ := in.Bundle([]int{in.Count() - 1}, 1<<20)
	var c block.Change
	must(t, block.Decode(all.Items[0].Change, &c))
	var r block.Reader
	r.Reset(c.Ops)
	for op := new(block.Op); r.Next(op); {
		if op.Code == block.OpQuote && op.From.Work != ([32]byte{}) && op.From.Work.ChangeCID() != b.ID() {
			t.Errorf("a quote of this work names %s", op.From.Work.ChangeCID())
		}
	}
}

// TestMove: cut and paste keeps the first author; of several that stand for the same
// characters one counts.
func TestMove(t *testing.T) {
	a, b := pair(t, "knead bake")
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Move(6, 10, tx.Text("t"), 0) })
	wantTraced(t, b, `ben:"bake" of ann+6 moved, ann:"knead "`)
	edit(t, b, func(tx *crdt.Tx) { // moved again, and into another text
		tx.Text("t").Move(0, 2, tx.Text("t"), 4)
		tx.Text("t").Move(0, 2, tx.Text("u"), 0)
	})
	both(t, a, b)
	wantTraced(t, a, `ben:"ba" of ann+6 moved, ann:"knead "`)
	if got := traced(a.View().Text("u")); got != `ben:"ke" of ann+8 moved` {
		t.Errorf("%s", got)
	}
	// A copy of what stands for its origin is a copy, also when that is moved.
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Quote(0, tx.Text("t").Slice(0, 2)) })
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Move(0, 2, tx.Text("v"), 0) })
	_, err := a.Commit("")
	must(t, err)
	if got := traced(a.View().Text("v")); got != `ann:"ba" of ann+6` {
		t.Errorf("%s", got)
	}
	// Undone: it stands where it stood.
	both(t, a, b)
	u := crdt.NewUndo(b)
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Move(2, 4, tx.Text("v"), 0) })
	if got := traced(b.View().Text("v")); got != `ben:"kn" of ann+0 moved, ann:"ba" of ann+6` {
		t.Errorf("%s", got)
	}
	_, err = u.Undo()
	must(t, err)
	wantTraced(t, b, `ben:"ba" of ann+6 moved, ann:"knead "`)
	_, err = u.Redo()
	must(t, err)
	if got := traced(b.View().Text("v")); got != `ben:"kn" of ann+0 moved, ann:"ba" of ann+6` {
		t.Errorf("redo: %s", got)
	}
	// Nothing to move.
	was := b.View().Text("t").String()
	edit(t, b, func(tx *crdt.Tx) {
		tx.Text("t").Move(1, 3, tx.Text("t"), 2)
		tx.Text("t").Move(1, 1, tx.Text("t"), 0)
	})
	if got := b.View().Text("t").String(); got != was {
		t.Errorf("%q, was %q", got, was)
	}
}

// TestMoveCopy: a copy stays one when its first is gone and it is moved; copied and
// deleted by one change is cut and pasted, whatever the order.
func TestMoveCopy(t *testing.T) {
	a, _ := pair(t, "knead")
	for _, fn := range []func(tx *crdt.Tx){
		func(tx *crdt.Tx) { tx.Text("u").Quote(0, tx.Text("t").Slice(0, 2)) },
		func(tx *crdt.Tx) { tx.Text("t").Delete(0, 2) },
		func(tx *crdt.Tx) { tx.Text("u").Move(0, 2, tx.Text("v"), 0) },
		func(tx *crdt.Tx) {
			x := tx.Copy(tx.Text("t").Slice(0, 2))
			tx.Text("t").Delete(0, 2)
			tx.Text("w").Paste(0, x)
		},
	} {
		edit(t, a, fn)
		_, err := a.Commit("")
		must(t, err)
	}
	for name, want := range map[string]string{"t": `ann:"d"`, "v": `ann:"kn" of ann+0`, "w": `ann:"ea" of ann+2 moved`} {
		if got := traced(a.View().Text(name)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestMoveBack: where what was cut came back and what was pasted stayed, since two took
// the move back at once and both took that back, the first one counts.
func TestMoveBack(t *testing.T) {
	a, b := pair(t, "knead")
	change := func(d *crdt.Doc, fn func(tx *crdt.Tx)) cid.Cid {
		edit(t, d, fn)
		c, err := d.Commit("")
		must(t, err)
		return c.ID
	}
	moved := change(b, func(tx *crdt.Tx) { tx.Text("t").Move(0, 2, tx.Text("u"), 0) })
	both(t, a, b)
	back := change(a, func(tx *crdt.Tx) { tx.Invert(moved) })
	again := change(b, func(tx *crdt.Tx) { tx.Invert(moved) })
	both(t, a, b)
	change(a, func(tx *crdt.Tx) { tx.Invert(back) })
	change(a, func(tx *crdt.Tx) { tx.Invert(again) })
	wantTraced(t, a, `ann:"knead"`)
	if got := traced(a.View().Text("u")); got != `ben:"kn" of ann+0` {
		t.Errorf("%s", got)
	}
	for _, c := range a.View().Tally().Changes {
		if c.Inserted > 0 && (c.Letters != 5 || c.Quoted != 2) {
			t.Errorf("%+v", c)
		}
	}
}

// TestMoveTwice: two who move the same word at once make two, one of which counts:
// the same everywhere.
func TestMoveTwice(t *testing.T) {
	a, b := pair(t, "knead")
	both(t, a, b)
	for _, d := range []*crdt.Doc{a, b} {
		edit(t, d, func(tx *crdt.Tx) { tx.Text("t").Move(0, 3, tx.Text("u"), 0) })
	}
	both(t, a, b)
	got := traced(a.View().Text("u"))
	if strings.Count(got, "moved") != 1 || strings.Count(got, "of ann+0") != 2 || traced(b.View().Text("u")) != got {
		t.Errorf("%s\n%s", got, traced(b.View().Text("u")))
	}
	letters, quoted := 0, 0
	for _, c := range a.View().Tally().Changes {
		letters, quoted = letters+c.Letters, quoted+c.Quoted
	}
	if letters != 5 || quoted != 3 {
		t.Errorf("%d letters, %d quoted", letters, quoted)
	}
}

// TestMoveLarge: a move of several parts is one change as far as credit goes, in the
// Update too, and rolls back whole.
func TestMoveLarge(t *testing.T) {
	a, b := pair(t, "")
	for k := range 3 {
		edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Append(strings.Repeat(string(rune('a'+k)), 330<<10)) })
	}
	both(t, a, b)
	was := footprint(t, b)
	fail := errors.New("no")
	move := func(tx *crdt.Tx) {
		n := tx.Text("t").Len()
		tx.Text("t").Move(0, n, tx.Text("u"), 0)
		if got := len(tx.View().Text("u").String()); got != 3*330<<10 {
			t.Fatal(got)
		}
		s, _ := tx.View().Text("u").Sources()
		for _, s := range s {
			if s.Origin == nil || !s.Origin.Moved {
				t.Fatalf("%d characters in the Update are not moved", len(s.Text))
			}
		}
	}
	if err := b.Update(func(tx *crdt.Tx) error { move(tx); return fail }); !errors.Is(err, fail) {
		t.Fatal(err)
	}
	if footprint(t, b) != was {
		t.Fatal("something is left of what was rolled back")
	}
	edit(t, b, move)
	must(t, a.Merge(b))
	for _, d := range []*crdt.Doc{a, b} {
		rows := d.View().Tally()
		for _, c := range rows.Changes {
			if c.Author == newKey("ann").Author() && c.Letters != c.Inserted || c.Quoted != 0 || c.Deleted != 0 {
				t.Fatalf("%+v", c)
			}
		}
		if len(rows.Deletions) != 0 {
			t.Errorf("a move counts as deletes: %+v", rows.Deletions)
		}
	}
}

// TestQuoteJournal: quotes of the open change survive a rollback beside them and a
// journal, one after the other.
func TestQuoteJournal(t *testing.T) {
	a, b := pair(t, "knead")
	both(t, a, b)
	in := bridge.Of(b)
	var header []byte
	var recs [][]byte
	for k := range 3 {
		r, err := in.Update(func(tx *crdt.Tx) error {
			tx.Text("t").Quote(k, tx.Text("t").Slice(k, k+2))
			tx.Text("t").Append("x")
			return nil
		})
		must(t, err)
		if r.Header != nil {
			header = r.Header
		}
		recs = append(recs, r.Body)
		err = b.Update(func(tx *crdt.Tx) error {
			tx.Text("t").Quote(0, tx.Text("t").Slice(0, 3))
			return errors.New("no")
		})
		if err == nil {
			t.Fatal("rolled back without an error")
		}
		must(t, b.CheckRooms())
	}
	want := traced(b.View().Text("t"))
	c, err := crdt.Join(newKey("ben"), a.ID())
	must(t, err)
	batch, err := a.Since(crdt.Version{})
	must(t, err)
	_, err = c.Apply(batch)
	must(t, err)
	if n, err := bridge.Of(c).Restore(header, recs); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	must(t, c.CheckRooms())
	if got := traced(c.View().Text("t")); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	_, err = b.Commit("")
	must(t, err)
	_, err = c.Commit("")
	must(t, err)
	if got := traced(c.View().Text("t")); got != want || got != traced(b.View().Text("t")) {
		t.Errorf("sealed: %s\nwant %s", got, want)
	}
}

// quoteOp is a forged quote of a text.
func quoteOp(s string, change block.ID, n uint64) block.Op {
	return block.Op{Code: block.OpQuote, C: root(block.KindText, "t"), Side: block.Right, Runes: uint32(len(s)), Bytes: uint32(len(s)), From: block.Origin{Change: change, N: n}}
}

// TestQuoteForged: a claim that fails is known to, as a whole; one that cannot be
// checked is not called true; both are their writer's.
func TestQuoteForged(t *testing.T) {
	a, _ := pair(t, "knead the dough")
	edit(t, a, func(tx *crdt.Tx) {
		tx.List("l").Insert(0, "k", "n")
		tx.Text("t").Delete(0, 5)
	})
	c, err := a.Commit("")
	must(t, err)
	head := headOf(t, a)
	text, err := block.ChangeID(own(a, c.Seq-1))
	must(t, err)
	f := &forger{t, newKey("eve"), a}
	for name, x := range map[string]struct {
		s    string
		from block.ID
		n    uint64
		want string
	}{
		"true":                {"dough", text, 10, ` of ann+10`},
		"of deleted":          {"knead", text, 0, ` of ann+0`},
		"one letter":          {"dougX", text, 10, ` of eve+10 fails`},
		"shifted":             {"dough", text, 9, ` of eve+9 fails`},
		"beyond the end":      {"dough", text, 1 << 40, ` of eve+1099511627776 fails`},
		"over the end":        {"dough", text, 12, ` of eve+12 fails`},
		"elements of a list":  {"kn", head, 0, ` of eve+0 fails`},
		"wrapped around":      {"dough", text, 1<<32 + 10, ` of eve+4294967306 fails`},
		"delete numbers":      {"knead", head, 2, ` of eve+2 fails`},
		"of nowhere":          {"dough", block.Sum([]byte("nowhere")), 0, ` of eve+0 open`},
		"of itself in a word": {"d", text, 10, ` of ann+10`},
	} {
		d, err := a.Clone(nil)
		must(t, err)
		must(t, f.give(d, f.change([]byte(x.s), quoteOp(x.s, x.from, x.n))))
		if got := traced(d.View().Text("t")); !strings.Contains(got, `eve:"`+x.s+`"`+x.want) {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
		for _, c := range d.View().Tally().Changes {
			if c.Author != f.key.Author() {
				continue
			}
			if holds := !strings.Contains(x.want, "eve"); holds != (c.Letters == 0 && c.Placed == len(x.s) && c.Inserted == 0) {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
	// Who has not what is quoted cannot check it: at a version without it, too.
	d, err := a.Clone(nil)
	must(t, err)
	genesis, err := block.ChangeID(a.ID())
	must(t, err)
	lone := f.on([]block.ID{genesis}, nil, []byte("dough"), quoteOp("dough", text, 10))
	must(t, f.give(d, lone))
	if got := traced(d.View().Text("t")); !strings.Contains(got, `eve:"dough" of ann+10`) {
		t.Errorf("%s", got)
	}
	v, err := d.At(crdt.Change{ID: block.ID(lone.ID).ChangeCID()}.Version())
	must(t, err)
	if got := traced(v.Text("t")); got != `eve:"dough" of eve+10 open` {
		t.Errorf("%s", got)
	}
}

// own is the change of the author of a doc with a number.
func own(d *crdt.Doc, seq uint64) cid.Cid {
	for c := range d.View().History() {
		if c.Seq == seq && c.Author == d.Author() {
			return c.ID
		}
	}
	return cid.Undef
}

// TestProof: a proof has the later changes up to the next signature and no more.
func TestProof(t *testing.T) {
	a, _ := pair(t, "knead")
	var list []cid.Cid
	for k := range 6 {
		edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Append("!") })
		c, err := a.Commit("")
		must(t, err)
		list = append(list, c.ID)
		if k == 2 || k == 4 {
			must(t, bridge.Of(a).Leave())
		}
	}
	for k, later := range []int{2, 1, 0, 1, 0, -1} {
		p, err := a.View().Proof(list[k])
		if later < 0 {
			if !errors.Is(err, crdt.ErrNotCovered) {
				t.Error(err)
			}
			continue
		}
		must(t, err)
		if len(p.Later) != later || block.Sum(p.Change).ChangeCID() != list[k] || string(p.Words) != "!" || p.Work != a.ID() {
			t.Errorf("%d: %d later changes, want %d: %+v", k, len(p.Later), later, p)
		}
	}
}

// TestQuoteAbsent: without the words of the origin a claim is open, and it holds once
// they come.
func TestQuoteAbsent(t *testing.T) {
	a, b := pair(t, "knead")
	both(t, a, b)
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Quote(0, tx.Text("t").Slice(0, 5)) })
	must(t, bridge.Of(b).Leave())
	in := bridge.Of(b)
	all := make([]int, in.Count())
	for k := range all {
		all[k] = k
	}
	full, _ := in.Bundle(all, 1<<30)
	lame := full
	lame.Items = slices.Clone(full.Items)
	for k := range lame.Items[:len(all)-1] {
		lame.Items[k].Words = nil
	}
	c, err := crdt.Join(nil, a.ID())
	must(t, err)
	must(t, give(c, lame))
	if got := traced(c.View().Text("t")); got != `ben:"knead" of ben+0 open` {
		t.Errorf("%s", got)
	}
	must(t, give(c, full))
	if got, want := traced(c.View().Text("t")), traced(b.View().Text("t")); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestQuoteHops: quotes of quotes that others' programs make are followed to the
// first origin, for a while.
func TestQuoteHops(t *testing.T) {
	a, _ := pair(t, "knead")
	f := &forger{t, newKey("eve"), a}
	it := f.change([]byte("knead"), quoteOp("knead", headOf(t, a), 0))
	items := []bridge.Item{it}
	for range 70 {
		it = f.after(it, []byte("knead"), quoteOp("knead", it.ID, 0))
		items = append(items, it)
	}
	d, err := a.Clone(nil)
	must(t, err)
	must(t, f.give(d, items...))
	own, far := 0, 0
	stretches, sources := d.View().Text("t").Sources()
	for _, s := range stretches {
		switch {
		case s.Origin != nil && authors[sources[s.Origin.Source].Author] == "ann":
			own++
		case s.Origin != nil:
			far++
		}
	}
	if own != 64 || far != 7 {
		t.Errorf("%d quotes are followed, %d not", own, far)
	}
}

// TestQuoteMarks: a quote into marked text lands where typed text would.
func TestQuoteMarks(t *testing.T) {
	a, b := pair(t, "knead bake")
	both(t, a, b)
	edit(t, b, func(tx *crdt.Tx) {
		text := tx.Text("t")
		text.Mark(0, 5, crdt.Mark{Key: "bold", Value: true, Expand: crdt.ExpandAfter})
		text.Mark(6, 10, crdt.Mark{Key: "link", Value: "x"})
		text.Split(6, crdt.Block{Kind: "heading"})
	})
	edit(t, b, func(tx *crdt.Tx) {
		text := tx.Text("t")
		text.Quote(5, text.Slice(7, 9))
		text.Insert(5, "ty")
		text.Quote(text.Len(), text.Slice(8, 13))
	})
	for r := range b.View().Text("t").Runs() {
		bold, link := r.Marks["bold"].Exists(), r.Marks["link"].Exists()
		if want := strings.Contains("kneadtyba", r.Text); want != bold && !link {
			t.Errorf("%q bold %v", r.Text, bold)
		}
	}
	must(t, b.CheckRooms())
	both(t, a, b)
}

// TestQuoteEverywhere: who wrote what is the same on every replica, for a state that
// was built anew, and in numbers, whatever was quoted, moved and taken back.
func TestQuoteEverywhere(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 8
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 41))
		a, b := pair(t, "knead the dough")
		c, err := a.Clone(newKey("cleo"))
		must(t, err)
		docs := []*crdt.Doc{a, b, c}
		undos := []*crdt.Undo{crdt.NewUndo(a), crdt.NewUndo(b), crdt.NewUndo(c)}
		for range 50 {
			k := r.IntN(3)
			d := docs[k]
			switch r.IntN(8) {
			case 0:
				both(t, d, docs[r.IntN(3)])
			case 1:
				press := undos[k].Undo
				if r.IntN(3) == 0 {
					press = undos[k].Redo
				}
				if _, err := press(); err != nil && !errors.Is(err, crdt.ErrNothing) {
					t.Fatal(err)
				}
			default:
				edit(t, d, func(tx *crdt.Tx) { randomQuote(r, tx) })
				if r.IntN(2) == 0 {
					undos[k].Break()
				}
			}
			must(t, d.CheckRooms())
		}
		both(t, a, b)
		both(t, b, c)
		both(t, a, b)
		both(t, a, c)
		want := account(a.View())
		for n, v := range []*crdt.View{b.View(), c.View(), must1(a.At(a.Heads())), must1(c.At(b.Heads()))} {
			got := account(v)
			for k := range want {
				if k >= len(got) || got[k] != want[k] {
					t.Fatalf("seed %d, view %d:\n%s\nwant\n%s", seed, n, got[k], want[k])
				}
			}
		}
	}
}

// randomQuote edits one of two texts.
func randomQuote(r *rand.Rand, tx *crdt.Tx) {
	to, from := tx.Text([]string{"t", "u"}[r.IntN(2)]), tx.Text([]string{"t", "u"}[r.IntN(2)])
	at, n := r.IntN(to.Len()+1), from.Len()
	if n == 0 {
		to.Insert(at, "xyz")
		return
	}
	i := r.IntN(n)
	j := i + 1 + r.IntN(min(n-i, 6))
	switch r.IntN(5) {
	case 0:
		to.Insert(at, []string{"ab", "ü", "cde"}[r.IntN(3)])
	case 1:
		from.Delete(i, j)
	case 2:
		to.Quote(at, from.Slice(i, j))
	default:
		from.Move(i, j, to, at)
	}
}

// account is who wrote what, and the numbers.
func account(v *crdt.View) []string {
	out := []string{traced(v.Text("t")), traced(v.Text("u"))}
	x := v.Tally()
	var rows []string
	for _, c := range x.Changes {
		rows = append(rows, fmt.Sprintf("%s %d+%d of %d, quoted %d, placed %d, deleted %d, restored %d", c.Change, c.Letters, c.Spaces, c.Inserted, c.Quoted, c.Placed, c.Deleted, c.Restored))
	}
	slices.Sort(rows)
	gone := 0
	for _, d := range x.Deletions {
		gone += int(d.N)
	}
	return append(append(out, rows...), fmt.Sprint(gone))
}
