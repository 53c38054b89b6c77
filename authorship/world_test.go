package authorship_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

const terms = "CC-BY-SA-4.0"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// key is a person's key made from a name: always the same.
func key(name string) *authorship.Key {
	return authorship.KeyFromSeed(name, sha256.Sum256([]byte(name)))
}

// nameless is a key made from a name that it does not go by.
func nameless(name string) *authorship.Key {
	return authorship.KeyFromSeed("", sha256.Sum256([]byte(name)))
}

// fixed is a clock that stands still, so that CIDs are always the same.
func fixed() crdt.Option {
	return crdt.WithClock(func() time.Time { return time.UnixMilli(1_700_000_000_000) })
}

// found is a work called Bread that a key has founded.
func found(t testing.TB, by crdt.Signer, opts ...crdt.Option) *crdt.Doc {
	t.Helper()
	d, err := crdt.New(by, append([]crdt.Option{authorship.Commons("Bread", terms), fixed()}, opts...)...)
	must(t, err)
	return d
}

// join is another replica of a work.
func join(t testing.TB, d *crdt.Doc, by crdt.Signer, opts ...crdt.Option) *crdt.Doc {
	t.Helper()
	c, err := d.Clone(by, append([]crdt.Option{authorship.Agree(terms), fixed()}, opts...)...)
	must(t, err)
	return c
}

// write appends to the text body in a change of its own.
func write(t testing.TB, d *crdt.Doc, s string) crdt.Change {
	t.Helper()
	return edit(t, d, func(tx *crdt.Tx) { tx.Text("body").Append(s) })
}

// edit makes a change.
func edit(t testing.TB, d *crdt.Doc, fn func(*crdt.Tx)) crdt.Change {
	t.Helper()
	must(t, d.Update(func(tx *crdt.Tx) error { fn(tx); return nil }))
	c, err := d.Commit("")
	if errors.Is(err, crdt.ErrNothing) { // it was sealed at once
		for c = range d.View().History() {
			if c.Author == d.Author() {
				return c
			}
		}
	}
	must(t, err)
	return c
}

// meet lets replicas take in each other's changes until they are equal.
func meet(t testing.TB, docs ...*crdt.Doc) {
	t.Helper()
	for range 2 {
		for _, a := range docs {
			for _, b := range docs {
				if a != b {
					must(t, a.Merge(b))
				}
			}
		}
	}
}

// body is what the text shows.
func body(d *crdt.Doc) string { return d.View().Text("body").String() }

// pieces are all changes of a doc, each as a bundle with its signature, in
// arrival order. The doc's changes must have been signed one by one.
func pieces(t testing.TB, d *crdt.Doc) []piece {
	t.Helper()
	in := bridge.Of(d)
	must(t, in.Leave())
	var out []piece
	for i := range in.Count() {
		b, n := in.Bundle([]int{i}, 1<<30)
		if n != 1 || len(b.Items) != 1 {
			t.Fatalf("bundle of %d", n)
		}
		out = append(out, func(d *crdt.Doc) error {
			_, err := bridge.Of(d).Apply(b, "", false)
			return err
		})
	}
	return out
}

// piece applies one change to a doc.
type piece func(*crdt.Doc) error

// actor is a signer that says in its first change what a test wants.
type actor struct {
	*authorship.Key
	start func(*crdt.Tx) error
}

func (a actor) Start(tx *crdt.Tx) error { return a.start(tx) }

// says is a signer whose first change has one act.
func says(k *authorship.Key, kind string, body any) actor {
	return actor{k, func(tx *crdt.Tx) error { tx.Act(kind, body); return nil }}
}

// keyBytes is a key as it stands in acts.
func keyBytes(a crdt.Author) []byte { return append([]byte{0xed, 0x01}, a[:]...) }

// bindSig is a person's signature on a binding, spelled out.
func bindSig(person *authorship.Key, work cid.Cid, of crdt.Author, kind string) []byte {
	msg := []byte("commonhold/bind/v1\x00")
	msg = binary.AppendUvarint(msg, uint64(len(work.Bytes())))
	msg = append(msg, work.Bytes()...)
	msg = binary.AppendUvarint(msg, 34)
	msg = append(msg, keyBytes(of)...)
	sig, _ := person.Sign(append(msg, kind...))
	return sig
}

// verdicts is why each change of a view that is not effective is not.
func verdicts(v *crdt.View) map[cid.Cid]string {
	out := map[cid.Cid]string{}
	for c, err := range v.Ineffective() {
		out[c.ID] = err.Error()
	}
	return out
}

// twin is what verdicts must give, from the text of the rules: slow, and by
// another way.
func twin(v *crdt.View) map[cid.Cid]string {
	type claim struct {
		person crdt.Author
		agent  bool
		signed bool
	}
	claims := map[cid.Cid]*claim{}
	root := map[cid.Cid]cid.Cid{}
	author := map[cid.Cid]crdt.Author{}
	for c := range v.History() {
		s, _ := v.Source(c.ID)
		root[c.ID], author[c.ID] = s.Root, s.Author
	}
	for a := range v.Acts("boundTo") {
		m, _ := a.Body.Any().(map[string]any)
		person, _ := m["person"].([]byte)
		agent, isBool := m["agent"].(bool)
		sig, signed := m["sig"].([]byte)
		want := 2
		if signed {
			want = 3
		}
		if root[a.Change] != a.Change || claims[a.Change] != nil || len(m) != want || len(person) != 34 || !isBool ||
			string(person[:2]) != "\xed\x01" || (signed && len(sig) != 64) || crdt.Author(person[2:]) == a.Author {
			continue
		}
		if _, err := crdt.ParseAuthor(crdt.Author(person[2:]).String()); err != nil {
			continue
		}
		kind := map[bool]string{false: "device", true: "agent"}[agent]
		msg := append([]byte("commonhold/bind/v1\x00\x24"), v.ID().Bytes()...)
		msg = append(append(append(msg, 34, 0xed, 1), a.Author[:]...), kind...)
		claims[a.Change] = &claim{crdt.Author(person[2:]), agent, signed && ed25519.Verify(person[2:], msg, sig)}
	}
	personOf := func(c cid.Cid) crdt.Author {
		k := claims[root[c]]
		if k == nil {
			return author[c]
		}
		ok := k.signed
		for a := range v.Acts("bind") {
			m, _ := a.Body.Any().(map[string]any)
			of, _ := m["key"].([]byte)
			if len(m) == 2 && string(of) == string(keyBytes(author[c])) && m["agent"] == k.agent && a.Author == k.person && claims[root[a.Change]] == nil {
				ok = true
			}
		}
		if ok {
			return k.person
		}
		return author[c]
	}
	_, data := v.Rules()
	var asked []string
	for _, x := range data.Any().(map[string]any)["terms"].([]any) {
		asked = append(asked, x.(string))
	}
	granted := map[crdt.Author]map[string]bool{}
	give := func(c cid.Cid, list []string) {
		if k := claims[root[c]]; k != nil && k.agent {
			return
		}
		p := personOf(c)
		if granted[p] == nil {
			granted[p] = map[string]bool{}
		}
		for _, s := range list {
			granted[p][strings.ToLower(s)] = true
		}
	}
	for a := range v.Acts("grant") {
		m, _ := a.Body.Any().(map[string]any)
		list, _ := m["terms"].([]any)
		var texts []string
		for _, x := range list {
			s, ok := x.(string)
			if !ok {
				texts = nil
				break
			}
			texts = append(texts, s)
		}
		if len(m) == 1 && authorship.CheckTerms(texts) == nil {
			give(a.Change, texts)
		}
	}
	give(v.ID(), asked)
	out := map[cid.Cid]string{}
	for c := range root {
		var missing []string
		for _, s := range asked {
			if !granted[personOf(c)][strings.ToLower(s)] {
				missing = append(missing, s)
			}
		}
		if missing != nil {
			out[c] = (&authorship.TermsError{Person: personOf(c), Missing: missing}).Error()
		}
	}
	return out
}

// same compares the verdicts of a doc with the twin's.
func same(t interface{ Fatalf(string, ...any) }, d *crdt.Doc, when string) {
	if d.View().Changes() == 0 {
		return
	}
	if got, want := verdicts(d.View()), twin(d.View()); !maps.Equal(got, want) {
		t.Fatalf("%s: verdicts %v, want %v", when, got, want)
	}
}

// permutations yields all orders of 0 … n-1. The slice is reused.
func permutations(n int, yield func([]int)) {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	var step func(k int)
	step = func(k int) {
		if k == n {
			yield(p)
			return
		}
		for i := k; i < n; i++ {
			p[k], p[i] = p[i], p[k]
			step(k + 1)
			p[k], p[i] = p[i], p[k]
		}
	}
	step(0)
}

// everyOrder delivers all changes of a doc to a fresh replica in every order and
// compares with the twin after each, and with the doc at the end.
func everyOrder(t *testing.T, d *crdt.Doc) int {
	t.Helper()
	list := pieces(t, d)
	want, text := verdicts(d.View()), body(d)
	if !maps.Equal(want, twin(d.View())) {
		t.Fatalf("verdicts %v, want %v", want, twin(d.View()))
	}
	orders := 0
	permutations(len(list), func(p []int) {
		orders++
		r, err := crdt.Join(nil, d.ID(), authorship.Checked(func(err error) { t.Fatal(err) }))
		must(t, err)
		for _, k := range p {
			must(t, list[k](r))
			same(t, r, fmt.Sprint("order ", p))
		}
		if got := verdicts(r.View()); !maps.Equal(got, want) {
			t.Fatalf("order %v: verdicts %v, want %v", p, got, want)
		}
		if body(r) != text || r.Heads() != d.Heads() {
			t.Fatalf("order %v: %q, want %q", p, body(r), text)
		}
	})
	return orders
}

// wantTerms tests that an error is a TermsError with these missing terms.
func wantTerms(t *testing.T, err error, missing ...string) {
	t.Helper()
	var e *authorship.TermsError
	if !errors.As(err, &e) || !errors.Is(err, authorship.ErrTerms) || !slices.Equal(e.Missing, missing) {
		t.Fatalf("%v, want a TermsError without %q", err, missing)
	}
}

// judgeNothing finds everything effective.
type judgeNothing struct{}

func (judgeNothing) Add(cid.Cid) iter.Seq2[cid.Cid, error] {
	return func(func(cid.Cid, error) bool) {}
}
func (judgeNothing) Before(*crdt.Tx) error { return nil }

// blame is all spans of the text of a doc.
func blame(d *crdt.Doc) []authorship.Span {
	return slices.Collect(authorship.Blame(d.View().Text("body")))
}
