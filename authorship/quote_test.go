package authorship_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// word is the name of a change that is nowhere.
func word(s string) cid.Cid { return block.Sum([]byte(s)).ChangeCID() }

// sourceWork is a signed work of Cy's with several changes of which only the last is
// signed, and the text "rest it, then fold" by two of them.
func sourceWork(t testing.TB, opts ...crdt.Option) *crdt.Doc {
	t.Helper()
	cy, err := crdt.New(key("Cy"), append([]crdt.Option{authorship.Commons("Dough", "CC0-1.0"), fixed()}, opts...)...)
	must(t, err)
	write(t, cy, "rest ít, ")
	edit(t, cy, func(tx *crdt.Tx) { tx.Put("minutes", 60); tx.Text("body").Append("then fold") })
	edit(t, cy, func(tx *crdt.Tx) { tx.Put("minutes", 90) })
	must(t, bridge.Of(cy).Leave())
	return cy
}

// TestQuoteProof: a proof can be checked without anything else; none of its bits can
// be another, and it says nothing but what was written there.
func TestQuoteProof(t *testing.T) {
	cy := sourceWork(t)
	proofs, err := authorship.ProveQuote(cy.View().Text("body").Slice(5, 13))
	must(t, err)
	if len(proofs) != 2 || proofs[0].Text != "ít, " || proofs[1].Text != "then" || len(proofs[0].Later) != 2 || len(proofs[1].Later) != 1 {
		t.Fatalf("%+v", proofs)
	}
	for _, p := range proofs {
		must(t, authorship.VerifyQuote(p))
		b, err := json.Marshal(p)
		must(t, err)
		var back authorship.QuoteProof
		must(t, json.Unmarshal(b, &back))
		must(t, authorship.VerifyQuote(back))
		if back.Author() != cy.Author() || back.ID() != p.ID() {
			t.Errorf("%s by %s", back.ID(), back.Author())
		}
		for name, bytes := range map[string][]byte{"change": p.Change, "words": p.Words, "signature": p.Signature, "later": p.Later[0]} {
			for k := range bytes {
				for bit := range 8 {
					bytes[k] ^= 1 << bit
					if authorship.VerifyQuote(p) == nil {
						t.Errorf("%s with bit %d of byte %d turned is a proof", name, bit, k)
					}
					bytes[k] ^= 1 << bit
				}
			}
		}
		for name, c := range map[string]struct {
			spoil func(p *authorship.QuoteProof)
			want  error
		}{
			"other words":   {func(p *authorship.QuoteProof) { p.Text = "thin" }, authorship.ErrNotWritten},
			"no words":      {func(p *authorship.QuoteProof) { p.Text = "" }, authorship.ErrNotWritten},
			"elsewhere":     {func(p *authorship.QuoteProof) { p.Offset++ }, authorship.ErrNotWritten},
			"far away":      {func(p *authorship.QuoteProof) { p.Offset = 1 << 60 }, authorship.ErrNotWritten},
			"overflow":      {func(p *authorship.QuoteProof) { p.Offset = ^uint64(0) - 1 }, authorship.ErrNotWritten},
			"erased":        {func(p *authorship.QuoteProof) { p.Words = nil }, authorship.ErrErased},
			"another work":  {func(p *authorship.QuoteProof) { p.Work = word("work") }, crdt.ErrSignature},
			"no work":       {func(p *authorship.QuoteProof) { p.Work = cid.Undef }, crdt.ErrMalformed},
			"a gap":         {func(p *authorship.QuoteProof) { p.Later = p.Later[1:] }, nil},
			"unsigned":      {func(p *authorship.QuoteProof) { p.Signature = nil }, crdt.ErrSignature},
			"of the middle": {func(p *authorship.QuoteProof) { p.Later = p.Later[:len(p.Later)-1] }, crdt.ErrSignature},
		} {
			q := p
			c.spoil(&q)
			if err := authorship.VerifyQuote(q); err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
	}
	// Cy's signature on what another key has put behind a change of Cy's covers nothing.
	p := proofs[1]
	var c block.Change
	must(t, block.Decode(p.Change, &c))
	h := block.Header{By: block.Key(key("Eve").Author()), Seq: c.Seq + 1, Prev: block.Sum(p.Change), Start: c.Start + uint64(c.Count)}
	p.Later = [][]byte{block.Encode(&h, 1, block.AppendOp(nil, &block.Op{Code: block.OpStep, C: block.Container{Kind: block.KindCounter, Name: "c"}, Amount: 1}))}
	p.Signature, err = key("Cy").Sign(block.SigningMessage(mustID(cy.ID()), block.Sum(p.Later[0])))
	must(t, err)
	if err := authorship.VerifyQuote(p); !errors.Is(err, crdt.ErrHash) {
		t.Errorf("another's change: %v", err)
	}
	// Nor does one on a part that others follow.
	h.By, h.More = c.By, true
	p.Later[0] = block.Encode(&h, 1, block.AppendOp(nil, &block.Op{Code: block.OpStep, C: block.Container{Kind: block.KindCounter, Name: "c"}, Amount: 1}))
	p.Signature, err = key("Cy").Sign(block.SigningMessage(mustID(cy.ID()), block.Sum(p.Later[0])))
	must(t, err)
	if err := authorship.VerifyQuote(p); !errors.Is(err, crdt.ErrSignature) {
		t.Errorf("a part: %v", err)
	}
	var none authorship.QuoteProof
	if authorship.VerifyQuote(none) == nil || none.Author() != (crdt.Author{}) {
		t.Error("nothing is a proof")
	}
}

// TestQuoteProofRefused: what is open or not signed has no proof, a quote is no proof
// that its words were written there, and values are no text.
func TestQuoteProofRefused(t *testing.T) {
	cy := sourceWork(t)
	must(t, cy.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("!"); return nil }))
	if _, err := authorship.ProveQuote(cy.View().Text("body")); !errors.Is(err, crdt.ErrUnsealed) {
		t.Error(err)
	}
	_, err := cy.Commit("")
	must(t, err)
	if _, err := authorship.ProveQuote(cy.View().Text("body")); !errors.Is(err, crdt.ErrNotCovered) {
		t.Error(err)
	}
	must(t, bridge.Of(cy).Leave())
	a := found(t, key("Ann"))
	c := edit(t, a, func(tx *crdt.Tx) {
		authorship.Quote(tx, tx.Text("body"), 0, cy.View().Text("body").Slice(0, 4))
		tx.Put("k", "rest")
	})
	must(t, bridge.Of(a).Leave())
	if proofs, err := authorship.ProveQuote(a.View().Text("body")); err != nil || len(proofs) != 0 {
		t.Errorf("%v %v", proofs, err)
	}
	p, err := a.View().Proof(c.ID)
	must(t, err)
	for n := range uint64(5) { // the quote, and the value behind it
		if err := authorship.VerifyQuote(authorship.QuoteProof{Proof: p, Offset: n, Text: "rest"}); !errors.Is(err, authorship.ErrNotWritten) {
			t.Errorf("%d: %v", n, err)
		}
	}
	if _, err := a.View().Proof(word("x")); !errors.Is(err, crdt.ErrNotFound) {
		t.Error(err)
	}
}

// TestQuoteSalted: a work with salt is quoted with proof like any other.
func TestQuoteSalted(t *testing.T) {
	cy := sourceWork(t, crdt.WithSalt())
	proofs, err := authorship.ProveQuote(cy.View().Text("body"))
	must(t, err)
	for _, p := range proofs {
		must(t, authorship.VerifyQuote(p))
	}
	if len(proofs) != 2 {
		t.Errorf("%d proofs", len(proofs))
	}
}

// TestQuoteRecord: who has only the quoting work sees the proof, each source is
// recorded once, and a quote of the quote in a third work carries it on.
func TestQuoteRecord(t *testing.T) {
	cy := sourceWork(t)
	a := found(t, key("Ann"))
	must(t, a.Update(func(tx *crdt.Tx) error {
		text := tx.Text("body")
		authorship.Quote(tx, text, 0, cy.View().Text("body").Slice(0, 4))
		authorship.Quote(tx, text, 4, cy.View().Text("body").Slice(4, 11))
		text.Append("Ann")
		return nil
	}))
	acts := func(d *crdt.Doc) int {
		n := len(slices.Collect(d.View().Acts("quote")))
		for x := range d.View().OpenActs() {
			if x.Kind == "quote" {
				n++
			}
		}
		return n
	}
	if n := acts(a); n != 2 {
		t.Errorf("%d acts for two changes", n)
	}
	if s := blame(a)[0]; s.Origin == nil || s.Origin.Proof != authorship.Proven || s.Author.ID != cy.Author() {
		t.Errorf("while it is open: %+v", s)
	}
	edit(t, cy, func(tx *crdt.Tx) { tx.Text("body").Insert(2, "—") })
	must(t, bridge.Of(cy).Leave())
	fresh := found(t, key("Fay"))
	edit(t, fresh, func(tx *crdt.Tx) { // of one change in two pieces
		authorship.Quote(tx, tx.Text("body"), 0, cy.View().Text("body").Slice(1, 5))
	})
	if n := acts(fresh); n != 2 || len(blame(fresh)) != 3 {
		t.Errorf("%d acts for two changes in %d pieces", n, len(blame(fresh)))
	}
	if n := acts(a); n != 2 {
		t.Errorf("%d acts for two changes", n)
	}
	edit(t, a, func(tx *crdt.Tx) {
		text := tx.Text("body")
		authorship.Quote(tx, text, 0, cy.View().Text("body").Slice(0, 2))
		authorship.Quote(tx, text, 0, text.Slice(3, 9))
	})
	if n := acts(a); n != 2 {
		t.Errorf("%d acts for two changes", n)
	}
	must(t, bridge.Of(a).Leave())
	third, err := crdt.New(key("Dan"), authorship.Commons("Buns", terms), fixed())
	must(t, err)
	edit(t, third, func(tx *crdt.Tx) { authorship.Quote(tx, tx.Text("body"), 0, a.View().Text("body")) })
	whole := ""
	for _, s := range blame(third) {
		whole += s.Text
		want := cy
		if s.Text == "Ann" {
			want = a
		}
		if o := s.Origin; o == nil || o.Proof != authorship.Proven || o.Work != want.ID() || s.Author.ID != want.Author() || o.PlacedBy.Name != "Dan" {
			t.Errorf("%q: %+v", s.Text, o)
		}
	}
	if whole != body(a) {
		t.Errorf("%q, want %q", whole, body(a))
	}
	// Home again: it is the work's own.
	edit(t, cy, func(tx *crdt.Tx) { authorship.Quote(tx, tx.Text("back"), 0, third.View().Text("body")) })
	for s := range authorship.Blame(cy.View().Text("back")) {
		if o := s.Origin; o == nil || o.Proof != authorship.Proven || (s.Text != "Ann") != (o.Work == cy.ID()) {
			t.Errorf("home: %q %+v", s.Text, o)
		}
	}
}

// forged gives a doc a change by Eve that quotes what she likes, and the acts that
// she likes.
func forged(t testing.TB, d *crdt.Doc, words string, from block.Origin, acts ...map[string]any) {
	t.Helper()
	eve := key("Eve")
	op := block.Op{Code: block.OpQuote, C: block.Container{Kind: block.KindText, Name: "body"}, Side: block.Right,
		Runes: uint32(len([]rune(words))), Bytes: uint32(len(words)), From: from}
	ops := []block.Op{op}
	acts = append(acts, nil)
	for _, m := range acts {
		kind := "quote"
		if m == nil {
			kind, m = "grant", map[string]any{"terms": []any{terms}}
		}
		v, err := block.EncodeValue(m)
		must(t, err)
		ops = append(ops, block.Op{Code: block.OpAct, Name: kind, Value: v, HasValue: true})
	}
	var b []byte
	for k := range ops {
		b = block.AppendOp(b, &ops[k])
	}
	heads := d.Heads().IDs()
	parents := make([]block.ID, len(heads))
	for k, c := range heads {
		id, err := block.ChangeID(c)
		must(t, err)
		parents[k] = id
	}
	slices.SortFunc(parents, block.Compare)
	h := block.Header{By: block.Key(eve.Author()), Parents: parents, Work: bridge.Of(d).Work(), Text: block.Sum([]byte(words)), Size: uint32(len(words))}
	it := bridge.Item{Change: block.Encode(&h, len(ops), b), Words: []byte(words)}
	sig := bridge.Sig{Change: block.Sum(it.Change)}
	s, err := eve.Sign(block.SigningMessage(h.Work, sig.Change))
	must(t, err)
	copy(sig.Sig[:], s)
	_, err = bridge.Of(d).Apply(bridge.Bundle{Work: h.Work, Items: []bridge.Item{it}, Sigs: []bridge.Sig{sig}}, "", false)
	must(t, err)
}

// TestQuoteForged: nobody puts words into another's mouth. What is claimed and is not
// so is Eve's, and said to be; what cannot be checked is hers too.
func TestQuoteForged(t *testing.T) {
	cy := sourceWork(t)
	ofCy := cy.View().Text("body").Copy().Parts()
	cyWork, _ := block.ChangeID(cy.ID())
	cyChange, _ := block.ChangeID(ofCy[0].Change)
	proof, err := cy.View().Proof(ofCy[0].Change)
	must(t, err)
	act := func(p *crdt.Proof, by crdt.Author) map[string]any {
		m := map[string]any{"work": cy.ID(), "change": ofCy[0].Change, "by": keyBytes(by), "title": "Dough"}
		if p != nil {
			var later []any
			for _, b := range p.Later {
				later = append(later, b)
			}
			m["proof"] = map[string]any{"change": p.Change, "words": p.Words, "later": later, "signature": p.Signature}
		}
		return m
	}
	bad := proof
	bad.Signature = slices.Clone(proof.Signature)
	bad.Signature[3] ^= 4
	elsewhere := act(&proof, cy.Author())
	elsewhere["change"] = block.Sum(nil).ChangeCID()
	a := found(t, key("Ann"))
	mine := write(t, a, "Ann writes this.")
	here, _ := block.ChangeID(mine.ID)
	for name, c := range map[string]struct {
		words string
		from  block.Origin
		acts  []map[string]any
		proof authorship.Proof
		by    crdt.Author
	}{
		"true":                         {"writes", block.Origin{Change: here, N: 4}, nil, authorship.Proven, a.Author()},
		"one letter is another":        {"writer", block.Origin{Change: here, N: 4}, nil, authorship.Mismatch, key("Eve").Author()},
		"some letters agree":           {"Bnn wrote this!", block.Origin{Change: here}, nil, authorship.Mismatch, key("Eve").Author()},
		"numbers that are not there":   {"this.", block.Origin{Change: here, N: 1 << 50}, nil, authorship.Mismatch, key("Eve").Author()},
		"a change that is not there":   {"this.", block.Origin{Change: block.Sum(nil)}, nil, authorship.Unchecked, key("Eve").Author()},
		"the genesis":                  {"Bread", block.Origin{Change: mustID(a.ID())}, nil, authorship.Mismatch, key("Eve").Author()},
		"this work by its own name":    {"writes", block.Origin{Work: mustID(a.ID()), Change: here, N: 4}, nil, authorship.Proven, a.Author()},
		"another work":                 {"rest", block.Origin{Work: cyWork, Change: cyChange}, nil, authorship.Claimed, key("Eve").Author()},
		"another work, with a claim":   {"rest", block.Origin{Work: cyWork, Change: cyChange}, []map[string]any{act(nil, cy.Author())}, authorship.Claimed, key("Eve").Author()},
		"another work, with proof":     {"rest", block.Origin{Work: cyWork, Change: cyChange}, []map[string]any{act(&proof, cy.Author())}, authorship.Proven, cy.Author()},
		"proof of whose it is not":     {"rest", block.Origin{Work: cyWork, Change: cyChange}, []map[string]any{act(&proof, a.Author())}, authorship.Proven, cy.Author()},
		"proof that does not hold":     {"rest", block.Origin{Work: cyWork, Change: cyChange}, []map[string]any{act(&bad, cy.Author())}, authorship.Claimed, key("Eve").Author()},
		"proof behind one that is not": {"rest", block.Origin{Work: cyWork, Change: cyChange}, []map[string]any{act(&bad, cy.Author()), act(&proof, cy.Author())}, authorship.Proven, cy.Author()},
		"proof of other words":         {"reef", block.Origin{Work: cyWork, Change: cyChange}, []map[string]any{act(&proof, cy.Author())}, authorship.Mismatch, key("Eve").Author()},
		"proof of another change":      {"rest", block.Origin{Work: cyWork, Change: block.Sum(nil)}, []map[string]any{act(&proof, cy.Author())}, authorship.Claimed, key("Eve").Author()},
		"proof under another name":     {"rest", block.Origin{Work: cyWork, Change: block.Sum(nil)}, []map[string]any{elsewhere}, authorship.Claimed, key("Eve").Author()},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := a.Clone(nil, authorship.Rules())
			must(t, err)
			forged(t, d, c.words, c.from, c.acts...)
			var span *authorship.Span
			for _, s := range blame(d) {
				if s.Origin != nil {
					span = &s
				} else if s.Author.Name != "Ann" {
					t.Errorf("%q is %s's", s.Text, s.Author)
				}
			}
			if span == nil || span.Text != c.words || span.Author.ID != c.by || span.Origin.Proof != c.proof || span.Origin.PlacedBy.ID != key("Eve").Author() {
				t.Fatalf("%+v", span)
			}
			if o := span.Origin; (o.Proof == authorship.Mismatch || o.Proof == authorship.Unchecked) && o.Author != (authorship.Person{}) {
				t.Errorf("%+v", o)
			}
			letters := len([]rune(strings.ReplaceAll(c.words, " ", "")))
			for _, x := range authorship.Credits(d.View()) {
				switch {
				case x.Person.ID == key("Eve").Author():
					want := 0
					if c.proof == authorship.Mismatch || c.proof == authorship.Unchecked {
						want = letters
					}
					if x.Characters != want || (x.Unproven == letters) != (c.proof == authorship.Claimed) {
						t.Errorf("%+v", x)
					}
				case x.Person.ID == a.Author() && x.Characters != 14:
					t.Errorf("%+v", x)
				case x.Person.ID == cy.Author() && x.QuotedIn != letters:
					t.Errorf("%+v", x)
				}
			}
		})
	}
}

// mustID is the id of a change.
func mustID(c cid.Cid) block.ID {
	id, err := block.ChangeID(c)
	if err != nil {
		panic(err)
	}
	return id
}

// TestQuoteOverlap: claims over the same words, in each other's way, are each what
// they are, and no character counts twice.
func TestQuoteOverlap(t *testing.T) {
	a := found(t, key("Ann"))
	b := join(t, a, key("Ben"))
	write(t, a, "abcdefgh")
	meet(t, a, b)
	for _, r := range [][2]int{{0, 4}, {2, 6}, {3, 8}, {0, 8}} {
		edit(t, b, func(tx *crdt.Tx) { tx.Text("notes").Quote(0, tx.Text("body").Slice(r[0], r[1])) })
	}
	docs := []*crdt.Doc{b}
	for k, r := range [][2]int{{0, 5}, {3, 8}, {1, 7}} { // and three who move at once
		d := join(t, a, key(string(rune('p'+k))))
		must(t, d.Merge(b))
		edit(t, d, func(tx *crdt.Tx) { tx.Text("body").Move(r[0], r[1], tx.Text("moved"), 0) })
		docs = append(docs, d)
	}
	meet(t, docs...)
	want := ""
	for _, d := range docs {
		c := credit(t, d, "Ann")
		if c.Characters != 8 || c.Quoted != 4+4+5+8+8 {
			t.Errorf("%+v", c)
		}
		js, err := json.Marshal(authorship.Credits(d.View()))
		must(t, err)
		if want == "" {
			want = string(js)
		}
		if string(js) != want {
			t.Errorf("%s\nwant %s", js, want)
		}
	}
}

// TestProofWords: the words for proofs, and back.
func TestProofWords(t *testing.T) {
	for p := authorship.Proven; p <= authorship.Unchecked; p++ {
		b, err := p.MarshalText()
		must(t, err)
		var back authorship.Proof
		must(t, back.UnmarshalText(b))
		if back != p {
			t.Errorf("%s is read as %s", p, back)
		}
	}
	var p authorship.Proof
	if p.UnmarshalText([]byte("true")) == nil || authorship.Proof(9).String() != "proof 9" {
		t.Error("a word that is none")
	}
}
