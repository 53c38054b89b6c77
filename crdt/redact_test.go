package crdt_test

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// Erase gives what acts "erase" have named.
func (j *tallyJudge) Erase() iter.Seq[cid.Cid] {
	list := j.wipe
	j.wipe = nil
	return func(yield func(cid.Cid) bool) {
		for _, name := range list {
			c, ok := j.in[name]
			if !ok || j.told[name] {
				continue
			}
			if j.told[name] = true; !yield(c) {
				return
			}
		}
	}
}

// Erased tells whether they stand.
func (j *tallyJudge) Erased(c cid.Cid) (cid.Cid, bool) { return c, j.wiped[c.String()] > 0 }

// wipe makes a change that erases the words of others.
func wipe(t testing.TB, d *crdt.Doc, of ...cid.Cid) crdt.Change {
	t.Helper()
	must(t, d.Update(func(tx *crdt.Tx) error {
		for _, c := range of {
			tx.Act("erase", c.String())
		}
		return nil
	}))
	c, err := d.Commit("")
	must(t, err)
	return c
}

// held is all bytes that a doc gives away.
func held(t testing.TB, d *crdt.Doc) []byte {
	t.Helper()
	in := bridge.Of(d)
	must(t, in.Leave())
	var all []int
	for i := range in.Count() {
		all = append(all, i)
	}
	b, _ := in.Bundle(all, 1<<30)
	var out []byte
	for _, it := range b.Items {
		out = append(append(out, it.Change...), it.Words...)
	}
	return out
}

// TestErase: words go from what is shown, from views of before, from what leaves, and
// do not come back; positions, authors and everything else stay. Whoever gets the
// decision later than the words erases them too.
func TestErase(t *testing.T) {
	for _, salt := range []bool{false, true} {
		opts := []crdt.Option{crdt.WithRules(tally{}, crdt.Value{})}
		if salt {
			opts = append(opts, crdt.WithSalt(), crdt.WithRand(&counting{}))
		}
		a, err := crdt.New(newKey("a"), opts...)
		must(t, err)
		must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("before after"); tx.Put("k", "old"); return nil }))
		_, err = a.Commit("")
		must(t, err)
		must(t, a.Update(func(tx *crdt.Tx) error {
			tx.Note("a secret note")
			tx.Text("t").Insert(7, "sécret 𝄞")
			tx.Put("k", "secret value")
			tx.Set("s").Add("secret member", "x")
			tx.List("l").Insert(0, "secret item")
			tx.Text("t").Mark(0, 6, crdt.Mark{Key: "secret mark", Value: "secret comment"})
			return nil
		}))
		bad := newest(a)
		b, err := a.Clone(newKey("b"), opts[:1]...)
		must(t, err)
		must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("!"); tx.Set("s").Add("y"); return nil }))
		must(t, a.Merge(b))
		before := a.View()
		must(t, a.Update(func(tx *crdt.Tx) error { tx.Put("later", 1); return nil }))
		if got := before.Text("t").String(); got != "before sécret 𝄞after!" { // it has a state of its own now
			t.Fatalf("%q", got)
		}
		early, err := a.Since(crdt.Version{})
		must(t, err)
		wipe(t, a, bad.ID)
		for _, v := range []*crdt.View{a.View(), before} {
			if got := v.Text("t").String(); got != "before after!" {
				t.Errorf("the text is %q", got)
			}
			if x := v.Get("k"); !x.Withheld() || x.By() != a.Author() {
				t.Errorf("the value is %v", x.Any())
			}
			if n := v.List("l").Len(); n != 0 {
				t.Errorf("the list has %d", n)
			}
			if c, _ := v.Change(bad.ID); c.Note != "" || c.Content != bad.Content || v.Verdict(bad.ID) != nil {
				t.Errorf("%+v", c)
			}
			if got := slices.Collect(v.Erased()); !slices.Equal(got, []cid.Cid{bad.ID}) {
				t.Errorf("erased %v", got)
			}
		}
		for _, word := range []string{"secret value", "sécret", "secret note", "secret item", "secret comment", "secret member", "𝄞"} {
			if bytes.Contains(held(t, a), []byte(word)) || bytes.Contains(crdt.Arena(a), []byte(word)) {
				t.Errorf("%q is still there", word)
			}
		}
		if bytes.Contains(crdt.Arena(a), bytes.Repeat([]byte{2}, 16)) {
			t.Error("the salt is still there, by which the words can be guessed")
		}
		must(t, a.CheckRooms())
		if _, err := a.Apply(early); err != nil || a.View().Text("t").String() != "before after!" {
			t.Errorf("the words have come back: %v", err)
		}
		c, err := a.Clone(newKey("c"), opts[:1]...) // never had them
		must(t, err)
		if _, err := c.Apply(early); err != nil || c.View().Text("t").String() != "before after!" {
			t.Errorf("a newcomer takes the words in: %v", err)
		}
		late, err := crdt.Join(nil, a.ID(), opts[0]) // the words, then the decision
		must(t, err)
		_, err = late.Apply(early)
		must(t, err)
		if !strings.Contains(late.View().Text("t").String(), "sécret") {
			t.Error("the words should be there before the decision")
		}
		must(t, late.Merge(a))
		must(t, late.CheckRooms())
		if late.View().Text("t").String() != "before after!" || bytes.Contains(held(t, late), []byte("sécret")) {
			t.Error("who gets the decision late keeps the words")
		}
		must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append(" and on"); return nil }))
		must(t, a.CheckRooms())
		if got := a.View().Text("t").String(); got != "before after! and on" {
			t.Errorf("%q", got)
		}
	}
}

// counting is a source of salt whose bytes are how often it was asked.
type counting struct{ n byte }

func (c *counting) Read(b []byte) (int, error) {
	c.n++
	for k := range b {
		b[k] = c.n
	}
	return len(b), nil
}

// newest is the newest change of a doc's own key; what is open is sealed.
func newest(d *crdt.Doc) crdt.Change {
	_, _ = d.Commit("")
	for c := range d.View().History() {
		if c.Author == d.Author() {
			return c
		}
	}
	panic("no change")
}

// TestEraseOpen: edits that are open when a decision arrives stay.
func TestEraseOpen(t *testing.T) {
	a, err := crdt.New(newKey("a"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("secret"); return nil }))
	bad := newest(a)
	b, err := a.Clone(newKey("b"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	wipe(t, a, bad.ID)
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append(" mine"); return nil }))
	must(t, b.Merge(a))
	must(t, b.CheckRooms())
	if got := b.View().Text("t").String(); got != " mine" {
		t.Errorf("%q", got)
	}
	// The decision is sealed in the Update that follows it, which goes on in a change of its own.
	must(t, b.Update(func(tx *crdt.Tx) error {
		tx.Text("t").Append(" more")
		tx.Act("erase", newest2(tx, b).String())
		return nil
	}))
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Note("n"); tx.Text("t").Append(" last"); return nil }))
	must(t, b.CheckRooms())
	if got := b.View().Text("t").String(); got != " more last" {
		t.Errorf("%q", got)
	}
}

// newest2 is newest inside an Update.
func newest2(tx *crdt.Tx, d *crdt.Doc) cid.Cid {
	for c := range tx.View().History() {
		if c.Author == tx.Author() {
			return c.ID
		}
	}
	panic("no change")
}

// TestEraseFalls: a decision that falls leaves the words absent, like words that have not
// come yet: they may come again, and go again when it stands once more.
func TestEraseFalls(t *testing.T) {
	a, err := crdt.New(newKey("a"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("secret"); tx.Put("k", "v"); return nil }))
	bad := newest(a)
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append(" stays"); return nil }))
	whole, err := a.Since(crdt.Version{})
	must(t, err)
	b, err := a.Clone(newKey("b"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	follow := &follower{shadow: newShadow(crdt.UTF16)}
	s := newStory(t, 1, &counts{})
	want := func(text string, erased bool) {
		t.Helper()
		v := a.View()
		if got := v.Text("t").String(); got != text || v.Get("k").Withheld() == strings.HasPrefix(text, "secret") || (len(slices.Collect(v.Erased())) == 1) != erased {
			t.Errorf("%q, value %v, erased %v", got, v.Get("k").Any(), slices.Collect(v.Erased()))
		}
		if bytes.Contains(held(t, a), []byte("secret")) != strings.HasPrefix(text, "secret") {
			t.Error("what leaves differs from what is shown")
		}
		must(t, a.CheckRooms())
		follow.pull(s, a, false)
	}
	refill := func() {
		t.Helper()
		if _, err := a.Apply(whole); err != nil {
			t.Error(err)
		}
	}
	keep := func() {
		t.Helper()
		must(t, a.Update(func(tx *crdt.Tx) error { tx.Act("keep", bad.ID.String()); return nil }))
		_, err := a.Commit("")
		must(t, err)
	}
	want("secret stays", false)
	for range 2 {
		wipe(t, a, bad.ID)
		want(" stays", true)
		refill()
		want(" stays", true)
		keep()
		want(" stays", false)
		refill()
		want("secret stays", false)
	}
	wipe(t, a, bad.ID) // and twice without the words having come in between
	keep()
	if must(t, b.Merge(a)); b.View().Text("t").String() != "secret stays" {
		t.Error("who hears of a decision that has fallen erases all the same")
	}
	wipe(t, a, bad.ID)
	refill()
	want(" stays", true)
}

// TestEraseWatch: who watches is told what has gone.
func TestEraseWatch(t *testing.T) {
	a, err := crdt.New(newKey("a"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	must(t, a.Update(func(tx *crdt.Tx) error {
		tx.Text("t").Append("𝄞é")
		tx.Set("s").Add("gone")
		tx.Put("k", 1)
		return nil
	}))
	bad := newest(a)
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("on"); tx.Set("s").Add("stays"); return nil }))
	from := a.View()
	wipe(t, a, bad.ID)
	for _, list := range a.WatchIn(context.Background(), from, crdt.UTF16) {
		var text, whole, put bool
		for _, p := range list {
			text = text || p.Path == "/t" && p.Op == crdt.PatchText && p.At == 0 && p.Removed == 3 && p.Text == ""
			whole = whole || p.Path == "/s" && p.Op == crdt.PatchWhole
			put = put || p.Path == "/k" && p.Op == crdt.PatchPut && p.Value.Withheld()
		}
		if !text || !whole || !put || len(list) != 3 {
			t.Errorf("%s", tellAll(list))
		}
		break
	}
}

// TestEraseStories: in random histories of every kind of edit words are erased at
// random. Whoever follows by patches or has a mirror shows what the doc shows, and no
// doc gives away words that it has erased.
func TestEraseStories(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 40
	}
	erased, pulls := 0, 0
	for seed := range uint64(rounds) {
		s := newStory(t, 1<<33+seed, &counts{})
		all := map[*crdt.Doc]*follower{}
		desks := map[*crdt.Doc]*desk{}
		for range 25 {
			s.step()
			d := s.docs[s.any()]
			if s.r.IntN(3) == 0 {
				of := s.known(d)
				s.note("erase %s", of)
				kind := "erase"
				if s.r.IntN(4) == 0 {
					kind = "keep"
				}
				s.must(s.update(slices.Index(s.docs, d), d, func(tx *crdt.Tx) error { tx.Act(kind, of.String()); return nil }))
				_, err := d.Commit("")
				s.must(err)
				s.must(d.CheckRooms())
				erased++
			}
			for _, d := range s.docs {
				s.starved[d] = true
				if all[d] == nil {
					all[d] = &follower{shadow: newShadow(allUnits[s.r.IntN(3)])}
					desks[d] = newDesk(d, d.View().Text("t"), allUnits[s.r.IntN(3)])
				}
				if s.r.IntN(3) == 0 {
					all[d].pull(s, d, false)
					desks[d].pull(s)
					desks[d].check(s)
					pulls++
				}
				checkErased(s, d)
			}
		}
	}
	t.Logf("%d decisions, %d pulls", erased, pulls)
	if erased < rounds*4 || pulls < rounds*10 {
		t.Errorf("less than promised: %d decisions, %d pulls", erased, pulls)
	}
}

// checkErased fails when a doc gives away words of a change that it has erased.
func checkErased(s *story, d *crdt.Doc) {
	s.t.Helper()
	gone := map[block.ID]bool{}
	for c := range d.View().Erased() {
		id, err := block.ChangeID(c)
		s.must(err)
		gone[id] = true
	}
	if len(gone) == 0 {
		return
	}
	n := 0
	in := bridge.Of(d)
	for i := range in.Count() {
		b, _ := in.Bundle([]int{i}, 1)
		for _, it := range b.Items {
			if gone[block.ID(it.ID)] {
				if n++; it.Words != nil {
					s.failf("the words of %x leave", it.ID)
				}
			}
		}
	}
	if n != len(gone) {
		s.failf("%d erased changes, %d of them here", len(gone), n)
	}
}
