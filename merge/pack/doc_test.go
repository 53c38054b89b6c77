package pack_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge/pack"
)

// key is a signer made from a number.
type key struct{ private ed25519.PrivateKey }

// newKey is signer number n.
func newKey(n int) key {
	seed := sha256.Sum256(fmt.Appendf(nil, "pack test %d", n))
	return key{ed25519.NewKeyFromSeed(seed[:])}
}

func (k key) Author() crdt.Author             { return crdt.Author(k.private.Public().(ed25519.PublicKey)) }
func (k key) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.private, msg), nil }
func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// clock is a clock that goes on by up to ten seconds a look.
func clock(r *rand.Rand) func() time.Time {
	at := time.UnixMilli(1700000000000)
	return func() time.Time {
		at = at.Add(time.Duration(r.IntN(10000)) * time.Millisecond)
		return at
	}
}

// session makes a document that several people edited side by side, in steps,
// with all that a document of these packages can hold.
func session(t testing.TB, seed uint64, people, steps int) *crdt.Doc {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 99))
	opts := []crdt.Option{crdt.WithClock(clock(r)), crdt.WithRand(rand.NewChaCha8([32]byte{byte(seed)})), crdt.Title("A session")}
	if seed%3 == 1 {
		opts = append(opts, crdt.WithSalt())
	}
	founder, err := crdt.New(newKey(0), opts...)
	check(t, err)
	docs := []*crdt.Doc{founder}
	for n := 1; n < people; n++ {
		d, err := founder.Clone(newKey(n), opts[:2]...)
		check(t, err)
		docs = append(docs, d)
	}
	for range steps {
		d := docs[r.IntN(people)]
		if r.IntN(4) == 0 {
			check(t, d.Merge(docs[r.IntN(people)]))
		}
		check(t, d.Update(func(tx *crdt.Tx) error { edit(tx, r); return nil }))
		if r.IntN(3) == 0 {
			_, err := d.Commit("")
			if !errors.Is(err, crdt.ErrNothing) {
				check(t, err)
			}
		}
	}
	for _, d := range docs[1:] {
		check(t, founder.Merge(d))
	}
	return founder
}

// words is what people type.
var words = []string{"the ", "commons ", "is held ", "by all ", "naïve ", "😀", "bread\n", "e", "x"}

// edit makes one random edit.
func edit(tx *crdt.Tx, r *rand.Rand) {
	text := tx.Text("body")
	n := text.Len()
	switch r.IntN(14) {
	default:
		text.Insert(r.IntN(n+1), words[r.IntN(len(words))])
	case 0, 1:
		if n > 0 {
			i := r.IntN(n)
			text.Delete(i, min(n, i+1+r.IntN(6)))
		}
	case 2:
		text.Append(words[r.IntN(len(words))] + words[r.IntN(len(words))])
	case 3:
		tx.Map("meta").Put(words[r.IntN(3)], r.IntN(100))
	case 4:
		tx.Map("meta").Delete(words[r.IntN(3)])
	case 5:
		tx.Map("meta").Map("inner").Text("deep").Append("d")
	case 6:
		l := tx.List("items")
		l.Insert(r.IntN(l.Len()+1), r.IntN(10), "item")
	case 7:
		l := tx.List("items")
		if l.Len() > 0 {
			l.Put(l.Elem(r.IntN(l.Len())), "other")
		}
	case 8:
		l := tx.List("items")
		if l.Len() > 3 {
			l.Delete(l.Elem(r.IntN(l.Len())))
		}
	case 9:
		tx.Set("tags").Add(words[r.IntN(4)])
	case 10:
		tx.Counter("votes").Add(int64(r.IntN(5) - 7))
	case 11:
		tx.Note("a note")
	}
}

// same tells whether two documents have the same history and show the same.
func same(t testing.TB, a, b *crdt.Doc) {
	t.Helper()
	if a.ID() != b.ID() || a.Heads() != b.Heads() {
		t.Fatalf("heads %s, want %s", b.Heads(), a.Heads())
	}
	x, err := json.Marshal(a.View())
	check(t, err)
	y, err := json.Marshal(b.View())
	check(t, err)
	if !bytes.Equal(x, y) {
		t.Fatalf("shows\n%s, want\n%s", y, x)
	}
	one, two := items(a), items(b)
	if !slices.EqualFunc(one, two, func(p, q bridge.Item) bool {
		return bytes.Equal(p.Change, q.Change) && bytes.Equal(p.Words, q.Words)
	}) {
		t.Fatal("other blocks")
	}
}

// items are all changes of a document, by name.
func items(d *crdt.Doc) []bridge.Item {
	in := bridge.Of(d)
	idx := make([]int, in.Count())
	for k := range idx {
		idx[k] = k
	}
	b, _ := in.Bundle(idx, 1<<30)
	slices.SortFunc(b.Items, func(p, q bridge.Item) int { return bytes.Compare(p.ID[:], q.ID[:]) })
	return b.Items
}

// write is the pack of a document.
func write(t testing.TB, d *crdt.Doc) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, pack.Write(&b, d))
	return b.Bytes()
}

// TestWriteRead packs sessions of several people and opens them again, read in
// odd pieces too.
func TestWriteRead(t *testing.T) {
	n := 30
	if testing.Short() {
		n = 6
	}
	changes := 0
	for seed := range uint64(n) {
		d := session(t, seed, 1+int(seed%5), 120)
		p := write(t, d)
		var r io.Reader = bytes.NewReader(p)
		if seed%2 == 0 {
			r = iotest.OneByteReader(r)
		}
		e, err := pack.Read(r, d.ID(), newKey(50))
		check(t, err)
		same(t, d, e)
		check(t, e.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("!"); return nil }))
		check(t, d.Merge(e))
		same(t, e, d)
		if !bytes.Equal(write(t, e), write(t, e)) {
			t.Fatal("the same document, other packs")
		}
		changes += bridge.Of(d).Count()
	}
	t.Logf("%d changes in %d packs", changes, n)
}

// TestReadForeign: another work than was asked for.
func TestReadForeign(t *testing.T) {
	a, b := session(t, 1, 1, 5), session(t, 2, 1, 5)
	if _, err := pack.Read(bytes.NewReader(write(t, a)), b.ID(), nil); !errors.Is(err, crdt.ErrForeign) {
		t.Errorf("pack of another work: %v", err)
	}
	if _, err := pack.Read(bytes.NewReader(write(t, a)), cid.Undef, nil); err != nil {
		t.Errorf("pack of any work: %v", err)
	}
}

// TestReadOptions: options and key go to the document.
func TestReadOptions(t *testing.T) {
	d := session(t, 1, 2, 30)
	p := write(t, d)
	if _, err := pack.Read(bytes.NewReader(p), cid.Undef, nil, crdt.MaxBytes(100)); !errors.Is(err, crdt.ErrLimit) {
		t.Errorf("pack over the quota: %v", err)
	}
	e, err := pack.Read(bytes.NewReader(p), cid.Undef, newKey(0))
	check(t, err)
	if err := e.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("!"); return nil }); !errors.Is(err, crdt.ErrKey) {
		t.Errorf("edit with a key that wrote the pack: %v", err)
	}
}

// TestReaderError: what a reader says is handed on, and is no damage.
func TestReaderError(t *testing.T) {
	p := write(t, session(t, 1, 2, 30))
	mine := errors.New("cable pulled")
	for _, n := range []int{0, 2, 20, 40, 45, 100, len(p)} {
		_, err := pack.Read(io.MultiReader(bytes.NewReader(p[:n]), iotest.ErrReader(mine)), cid.Undef, nil)
		if !errors.Is(err, mine) || errors.Is(err, pack.ErrCorrupt) {
			t.Errorf("reader that fails after %d bytes: %v", n, err)
		}
	}
	if err := pack.Write(failing{mine}, session(t, 1, 1, 3)); !errors.Is(err, mine) {
		t.Errorf("writer that fails: %v", err)
	}
}

// failing fails to write.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestEmpty: a document that nothing has arrived in.
func TestEmpty(t *testing.T) {
	d, err := crdt.Join(nil, session(t, 1, 1, 1).ID())
	check(t, err)
	p := write(t, d)
	if _, err := pack.Read(bytes.NewReader(p), cid.Undef, nil); !errors.Is(err, crdt.ErrMissing) {
		t.Errorf("pack without a change: %v", err)
	}
	info, err := pack.Inspect(bytes.NewReader(p))
	if err != nil || info.Changes != 0 || info.Whole || info.Work != d.ID() {
		t.Errorf("pack without a change: %+v, %v", info, err)
	}
}

// TestInspect compares what Inspect says with the document.
func TestInspect(t *testing.T) {
	d := session(t, 4, 3, 200)
	p := write(t, d)
	info, err := pack.Inspect(bytes.NewReader(p))
	check(t, err)
	var blocks, content int64
	var c block.Change
	by := map[crdt.Author]int{}
	ops, absent := 0, 0
	var first, last int64
	for _, it := range items(d) {
		check(t, block.Decode(it.Change, &c))
		blocks += int64(len(it.Change))
		content += int64(len(it.Words))
		by[crdt.Author(c.By)]++
		ops += c.NOps
		if first == 0 || c.Time < first {
			first = c.Time
		}
		last = max(last, c.Time)
	}
	made := 0
	for k, a := range info.Authors {
		if by[a.Author] != a.Changes || k > 0 && a.Changes > info.Authors[k-1].Changes {
			t.Errorf("author %s made %d changes, not %d", a.Author, by[a.Author], a.Changes)
		}
		made += a.Changes
	}
	if info.Work != d.ID() || info.Title != "A session" || !info.Whole || info.Heads != d.Heads() || info.Changes != len(items(d)) ||
		made != info.Changes || len(by) != len(info.Authors) || info.Ops != ops || info.Words != content || info.Absent != absent || info.Blocks != blocks ||
		info.Bytes != int64(len(p)) || info.Groups != 1 || info.Signatures < 3 || info.First.UnixMilli() != first || info.Last.UnixMilli() != last {
		t.Errorf("%+v", info)
	}
	info, err = pack.Inspect(bytes.NewReader(p[:len(p)-5]))
	if !errors.Is(err, pack.ErrCorrupt) || info.Changes != len(items(d)) {
		t.Errorf("pack without its end: %d changes, %v", info.Changes, err)
	}
}

// TestAbsent: words that are not there are not there afterwards.
func TestAbsent(t *testing.T) {
	d := session(t, 5, 2, 100)
	write(t, d) // which signs
	in := bridge.Of(d)
	idx := make([]int, in.Count())
	for k := range idx {
		idx[k] = k
	}
	b, _ := in.Bundle(idx, 1<<30)
	gone := 0
	for k := range b.Items {
		if k%3 == 1 && len(b.Items[k].Words) > 0 {
			b.Items[k].Words = nil
			gone++
		}
	}
	half, err := crdt.Join(nil, d.ID())
	check(t, err)
	_, err = bridge.Of(half).Apply(b, "", false)
	check(t, err)
	p := write(t, half)
	e, err := pack.Read(bytes.NewReader(p), cid.Undef, nil)
	check(t, err)
	same(t, half, e)
	info, err := pack.Inspect(bytes.NewReader(p))
	if err != nil || info.Absent != gone || gone == 0 {
		t.Errorf("%d changes without words, want %d, %v", info.Absent, gone, err)
	}
}
