package pack_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge/pack"
)

// writeState is the pack of a document with a state section.
func writeState(t testing.TB, d *crdt.Doc) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, pack.WriteState(&b, d))
	return b.Bytes()
}

// full makes a document that several people edited side by side hold everything that
// a document can: what edit does, and blocks, marks, moves, quotes, trees, undo.
func full(t testing.TB, seed uint64, people, steps int) *crdt.Doc {
	t.Helper()
	d := session(t, seed, people, steps)
	r := rand.New(rand.NewPCG(seed, 17))
	docs := []*crdt.Doc{d}
	for n := range 2 {
		e, err := d.Clone(newKey(10+n), crdt.WithClock(clock(r)), crdt.WithRand(rand.NewChaCha8([32]byte{byte(seed)})))
		check(t, err)
		docs = append(docs, e)
	}
	for range steps {
		e := docs[r.IntN(3)]
		switch r.IntN(6) {
		case 0:
			check(t, e.Merge(docs[r.IntN(3)]))
		case 1:
			u := crdt.NewUndo(e)
			_, err := u.Undo()
			if err != nil && !errors.Is(err, crdt.ErrNothing) {
				t.Fatal(err)
			}
		}
		check(t, e.Update(func(tx *crdt.Tx) error { edit(tx, r); rich(tx, r); return nil }))
	}
	for range 2 {
		for _, e := range docs {
			check(t, d.Merge(e))
			check(t, e.Merge(d))
		}
	}
	return d
}

// rich makes one edit of the kinds that edit does not make.
func rich(tx *crdt.Tx, r *rand.Rand) {
	text, tree, list := tx.Text("body"), tx.Tree("plan"), tx.List("items")
	n := text.Len()
	switch i := r.IntN(n + 1); r.IntN(9) {
	case 0:
		text.Mark(i, n, crdt.Mark{Key: "b", Value: r.IntN(3)})
	case 1:
		text.Split(i, crdt.Block{Kind: "heading", Level: r.IntN(3)})
	case 2:
		text.Move(i, min(n, i+3), tx.Text("other"), 0)
	case 3:
		text.Quote(i, text.Slice(0, min(n, 4)))
	case 4, 5:
		at := crdt.Elem{}
		for e := range tree.All() {
			if r.IntN(3) == 0 {
				at = e
			}
		}
		_, data := tree.Insert(at, 0)
		data.Put("name", "a node")
	case 6:
		for e := range tree.All() {
			if r.IntN(4) == 0 {
				tree.Move(e, crdt.Elem{}, 0)
				break
			}
		}
	case 7:
		if list.Len() > 1 {
			list.Move(list.Elem(0), list.Len()-1)
		}
	case 8:
		tx.Put([]string{"body", "other", "key", ""}[r.IntN(4)], r.IntN(9)) // which hides a text, until it is deleted
		if r.IntN(2) == 0 {
			tx.Delete("body")
		}
	}
}

// blame is who wrote what is shown.
func blame(v *crdt.View) string {
	var out strings.Builder
	for _, name := range []string{"body", "other"} {
		for r := range v.Text(name).Runs() {
			fmt.Fprintf(&out, "%q %s %s %d\n", r.Text, r.By, r.Change, len(r.Marks))
		}
	}
	fmt.Fprintf(&out, "%+v", v.Tally())
	return out.String()
}

// early tells whether the history of a document has not been read yet: then its view
// has no look at its changes to spare.
func early(d *crdt.Doc) bool { return bridge.Of(d).Early() }

// glance compares what a document shows without its history.
func glance(t testing.TB, want, got *crdt.Doc) {
	t.Helper()
	v, w := got.View(), want.View()
	x, err := json.Marshal(w)
	check(t, err)
	y, err := json.Marshal(v)
	check(t, err)
	if !bytes.Equal(x, y) || got.Heads() != want.Heads() || got.ID() != want.ID() || got.Title() != want.Title() || v.Changes() != w.Changes() {
		t.Fatalf("shows\n%s, want\n%s", y, x)
	}
	for _, name := range []string{"body", "other"} {
		if text := w.Text(name); text.Len() > 0 && (v.Text(name).String() != text.String() || v.Text(name).In(crdt.UTF16).Len() != text.In(crdt.UTF16).Len()) {
			t.Fatalf("text %q, want %q", v.Text(name), text)
		}
	}
	if !early(got) {
		t.Fatal("the history was read")
	}
}

// TestReadTrusted: a document that was opened by its state section is the one that was
// opened by its history: at a glance, and in whatever is asked for first.
func TestReadTrusted(t *testing.T) {
	n := 36
	if testing.Short() {
		n = 9
	}
	hidden := 0
	for seed := range uint64(n) {
		d := full(t, seed, 1+int(seed%4), 60)
		p, plain := writeState(t, d), write(t, d)
		if w := d.View(); w.Get("body").Exists() && w.Text("body").Len() > 0 {
			hidden++
		}
		var in io.Reader = bytes.NewReader(p)
		if seed%2 == 0 {
			in = iotest.OneByteReader(in)
		}
		a, err := pack.Read(bytes.NewReader(p), d.ID(), newKey(50))
		check(t, err)
		same(t, d, a)
		b, err := pack.ReadTrusted(in, d.ID(), newKey(50))
		check(t, err)
		glance(t, a, b)
		va, vb := a.View(), b.View()
		switch seed % 6 {
		case 0:
			if x, y := blame(va), blame(vb); x != y {
				t.Fatalf("blame is\n%s, want\n%s", y, x)
			}
		case 1:
			if _, err := b.At(d.Heads()); err != nil {
				t.Fatal(err)
			}
		case 2:
			other, err := a.Clone(newKey(51))
			check(t, err)
			check(t, other.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("other"); return nil }))
			check(t, b.Merge(other))
			check(t, a.Merge(other))
		case 3:
			other, err := crdt.Join(nil, d.ID())
			check(t, err)
			check(t, other.Merge(b))
			same(t, a, other)
		case 4:
			again := write(t, b)
			if !bytes.Equal(again, plain) {
				t.Fatal("written again it is another pack")
			}
		case 5:
			check(t, b.Load())
		}
		if early(b) {
			t.Fatalf("seed %d: the history was not read", seed)
		}
		check(t, b.Load())
		same(t, a, b)
		mid := middle(t, d)
		x, err := a.At(mid)
		check(t, err)
		y, err := b.At(mid)
		check(t, err)
		if blame(x) != blame(y) || blame(va) != blame(vb) {
			t.Fatal("blame differs")
		}
		for _, e := range []*crdt.Doc{a, b} {
			r := rand.New(rand.NewPCG(seed, 3))
			for range 5 {
				check(t, e.Update(func(tx *crdt.Tx) error { edit(tx, r); rich(tx, r); return nil }))
			}
			u := crdt.NewUndo(e)
			_, err := u.Undo()
			check(t, err)
		}
		xs, err := json.Marshal(a.View())
		check(t, err)
		ys, err := json.Marshal(b.View())
		check(t, err)
		if !bytes.Equal(xs, ys) {
			t.Fatalf("edited alike they show\n%s and\n%s", xs, ys)
		}
		check(t, d.Merge(b))
		same(t, b, d)
		c, err := pack.ReadTrusted(bytes.NewReader(writeState(t, b)), cid.Undef, nil)
		check(t, err)
		glance(t, b, c)
		same(t, b, c)
		check(t, c.Load())
	}
	t.Logf("%d documents, %d with a hidden text", n, hidden)
	if hidden == 0 {
		t.Error("no text was hidden by a key")
	}
}

// middle is a version from the middle of a history.
func middle(t testing.TB, d *crdt.Doc) crdt.Version {
	var ids []cid.Cid
	for c := range d.View().History() {
		ids = append(ids, c.ID)
	}
	v, err := crdt.NewVersion(ids[len(ids)/2])
	check(t, err)
	return v
}

// TestStateAside: the section stands between the groups and the end, and every other
// reader passes over it.
func TestStateAside(t *testing.T) {
	d := full(t, 2, 3, 40)
	plain, p := write(t, d), writeState(t, d)
	end := len(plain) - 9 - 8 - 1
	for plain[end] != 'e' { // the number of changes takes one byte or two
		end--
	}
	if !bytes.Equal(plain[:end], p[:end]) || len(p) <= len(plain) {
		t.Fatal("the groups are others")
	}
	x, err := pack.Inspect(bytes.NewReader(plain))
	check(t, err)
	y, err := pack.Inspect(bytes.NewReader(p))
	check(t, err)
	if x.State != 0 || y.State != int64(len(p)-len(plain)) || y.Bytes != int64(len(p)) || y.Heads != d.Heads() || y.Changes != x.Changes {
		t.Errorf("%+v", y)
	}
	for _, read := range []func() (*crdt.Doc, error){
		func() (*crdt.Doc, error) { return pack.Read(bytes.NewReader(p), cid.Undef, nil) },
		func() (*crdt.Doc, error) { return pack.Salvage(bytes.NewReader(p), cid.Undef, nil) },
		func() (*crdt.Doc, error) { return pack.ReadTrusted(bytes.NewReader(plain), cid.Undef, nil) },
		func() (*crdt.Doc, error) {
			return pack.ReadTrusted(bytes.NewReader(p), cid.Undef, nil, crdt.MaxBytes(1<<30))
		},
		func() (*crdt.Doc, error) {
			b, err := pack.Decode(p)
			check(t, err)
			e, err := crdt.Join(nil, d.ID())
			check(t, err)
			_, err = e.Apply(b)
			return e, err
		},
	} {
		e, err := read()
		check(t, err)
		if early(e) {
			t.Error("opened by the section")
		}
		same(t, d, e)
		check(t, e.Load())
	}
}

// TestTrustedRefuses: what Read refuses.
func TestTrustedRefuses(t *testing.T) {
	d := full(t, 1, 2, 20)
	p := writeState(t, d)
	if _, err := pack.ReadTrusted(bytes.NewReader(p), session(t, 2, 1, 2).ID(), nil); !errors.Is(err, crdt.ErrForeign) {
		t.Errorf("another work: %v", err)
	}
	if _, err := pack.ReadTrusted(bytes.NewReader(nil), cid.Undef, nil); !errors.Is(err, pack.ErrMalformed) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := pack.ReadTrusted(bytes.NewReader(append(bytes.Clone(p), 0)), cid.Undef, nil); !errors.Is(err, pack.ErrMalformed) {
		t.Errorf("something behind: %v", err)
	}
	mine := errors.New("cable pulled")
	if _, err := pack.ReadTrusted(io.MultiReader(bytes.NewReader(p[:100]), iotest.ErrReader(mine)), cid.Undef, nil); !errors.Is(err, mine) {
		t.Errorf("reader that fails: %v", err)
	}
	e, err := pack.ReadTrusted(bytes.NewReader(p), cid.Undef, newKey(0)) // which has written in it
	check(t, err)
	if err := e.Update(func(*crdt.Tx) error { return nil }); !errors.Is(err, crdt.ErrKey) {
		t.Errorf("edit with a key that wrote the pack: %v", err)
	}
	check(t, e.Load())
	if err := pack.WriteState(failing{mine}, d); !errors.Is(err, mine) {
		t.Errorf("writer that fails: %v", err)
	}
	joined, err := crdt.Join(nil, d.ID())
	check(t, err)
	if _, err := pack.ReadTrusted(bytes.NewReader(writeState(t, joined)), cid.Undef, nil); !errors.Is(err, crdt.ErrMissing) {
		t.Errorf("nothing in it: %v", err)
	}
	if _, err := pack.Decode(writeState(t, joined)); err != nil {
		t.Error(err)
	}
}

// TestStateDamaged: of every prefix, and with every bit turned, a file with a section
// is refused; with the checksums of frames put right it is refused, or opened by its
// history as it is.
func TestStateDamaged(t *testing.T) {
	d := full(t, 3, 2, 30)
	p, plain := writeState(t, d), write(t, d)
	step := 7
	if testing.Short() {
		step = 37
	}
	refused, fallen, kept := 0, 0, 0
	try := func(q []byte, must bool) {
		e, err := pack.ReadTrusted(bytes.NewReader(q), cid.Undef, nil)
		if err != nil {
			refused++
			if must && !errors.Is(err, pack.ErrCorrupt) && !errors.Is(err, pack.ErrMalformed) && !errors.Is(err, pack.ErrVersion) && !errors.Is(err, pack.ErrLimit) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if must {
			t.Fatal("a damaged file is opened")
		}
		if !early(e) {
			fallen++
			same(t, d, e)
			return
		}
		if kept++; e.Load() == nil {
			same(t, d, e)
		} else if bytes.Equal(q[:len(plain)-30], p[:len(plain)-30]) {
			t.Fatal("a damaged section is used")
		}
	}
	for k := 0; k < len(p); k += step {
		try(p[:k], true)
	}
	from := 8 * (len(plain) - 30) // the section, and what stands beside it
	for k := 0; k < 8*len(p); k += 1 + step*8*btoi(k < from) {
		q := bytes.Clone(p)
		q[k/8] ^= 1 << (k % 8)
		try(q, true)
		if k%step == 0 {
			try(pack.Reseal(q), false)
		}
	}
	t.Logf("%d refused, %d opened by the history, %d by the section", refused, fallen, kept)
	if refused < 1000 || fallen < 100 {
		t.Error("less than promised")
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestStateLies: a section that was forged with all checksums right never does more
// than show what it says until the history is read.
func TestStateLies(t *testing.T) {
	d, other := full(t, 5, 2, 30), full(t, 6, 1, 10)
	honest := pack.SectionOf(d)
	for name, lie := range map[string]func(*pack.Section){
		"none":     func(*pack.Section) {},
		"text":     func(s *pack.Section) { s.Summary.Names[0].Value = []byte("lies") },
		"heads":    func(s *pack.Section) { s.Summary.Heads = [][32]byte{{1}} },
		"no heads": func(s *pack.Section) { s.Summary.Heads = nil },
		"no names": func(s *pack.Section) { s.Summary.Names = nil },
		"genesis":  func(s *pack.Section) { s.Summary.Genesis = pack.SectionOf(other).Summary.Genesis },
		"order":    func(s *pack.Section) { n := s.Summary.Names; n[0], n[1] = n[1], n[0] },
		"twice":    func(s *pack.Section) { s.Summary.Names[1] = s.Summary.Names[0] },
		"no JSON": func(s *pack.Section) {
			n := &s.Summary.Names[len(s.Summary.Names)-1]
			n.How, n.Value = bridge.AsText, []byte("x")
		},
		"many heads":  func(s *pack.Section) { s.Summary.Heads = make([][32]byte, 60000) },
		"deep":        func(s *pack.Section) { s.Summary.Names[0].How, s.Summary.Names[0].Value = bridge.AsJSON, deep(9000) },
		"names":       func(s *pack.Section) { s.Summary.Names = many(100000) },
		"long spaces": func(s *pack.Section) { s.Summary.Names = long1(20 << 20) },
	} {
		s := honest.Clone()
		lie(&s)
		p := pack.WithSection(d, s)
		e, err := pack.ReadTrusted(bytes.NewReader(p), cid.Undef, newKey(77))
		check(t, err)
		was := early(e)
		_, _ = json.Marshal(e.View())
		_ = e.View().Text("body").String()
		err = e.Load()
		if lied := errors.Is(err, crdt.ErrSummary); err != nil && !lied || name == "none" && (lied || !was) {
			t.Errorf("%s: %v", name, err)
		} else if was != lied && name != "none" {
			t.Errorf("%s: opened by the section: %v, found out: %v", name, was, lied)
		}
		same(t, d, e)
		check(t, e.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("!"); return nil }))
	}
}

// deep is JSON that nests.
func deep(n int) []byte {
	return []byte(strings.Repeat("[", n) + strings.Repeat("]", n))
}

// many are names.
func many(n int) (out []bridge.Shown) {
	for k := range n {
		out = append(out, bridge.Shown{Name: fmt.Sprintf("%07d", k), How: bridge.AsText, Value: []byte{'x'}})
	}
	return out
}

// long1 is a text of spaces.
func long1(n int) []bridge.Shown {
	return []bridge.Shown{{Name: "body", How: bridge.AsText, Value: bytes.Repeat([]byte{' '}, n)}}
}

// TestStateLong: a text of several pieces, and one that packs too well.
func TestStateLong(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, letters := range []int{26, 1} {
		d, err := crdt.New(newKey(1))
		check(t, err)
		part := make([]byte, 400<<10)
		for range 11 {
			for i := range part {
				part[i] = ' ' + byte(r.IntN(letters))
			}
			check(t, d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append(string(part)); return nil }))
		}
		e, err := pack.ReadTrusted(bytes.NewReader(writeState(t, d)), cid.Undef, nil)
		check(t, err)
		glance(t, d, e)
		check(t, e.Load())
	}
}

// TestStateNone: a work without JSON has no section.
func TestStateNone(t *testing.T) {
	d, err := crdt.New(newKey(1))
	check(t, err)
	for range 3 {
		check(t, d.Update(func(tx *crdt.Tx) error { tx.Counter("c").Add(1 << 62); return nil }))
	}
	if _, err := json.Marshal(d.View()); err == nil {
		t.Fatal("it has JSON")
	}
	p := writeState(t, d)
	if !bytes.Equal(p, write(t, d)) {
		t.Error("it has a section")
	}
	e, err := pack.ReadTrusted(bytes.NewReader(p), cid.Undef, nil)
	check(t, err)
	if early(e) || e.Heads() != d.Heads() {
		t.Error("opened by no section")
	}
}

// TestTrustedBroken: a file whose groups do not say what they should, with all
// checksums right.
func TestTrustedBroken(t *testing.T) {
	d := long(t, 13000)
	p := writeState(t, d)
	groups := len(write(t, d)) // the section comes behind them
	sound, parts := 0, 0
	for k := range 12 {
		q := bytes.Clone(p)
		if at := 60 + k*(len(p)-200)/6; k < 6 {
			q[at] ^= 0x10
		} else { // in the second group
			q[groups-90-15*(k-6)] ^= 0x10
		}
		e, err := pack.ReadTrusted(bytes.NewReader(pack.Reseal(q)), cid.Undef, newKey(5))
		if err != nil || !early(e) {
			continue
		}
		v := e.View()
		text := v.Text("body").String()
		if err := e.Load(); err == nil {
			same(t, d, e)
			sound++
			continue
		}
		if v.Changes() > 0 {
			parts++
		}
		if v.Changes() > 13003 || len(v.Text("body").String()) > len(text) {
			t.Errorf("%d changes", v.Changes())
		}
		if err := e.Update(func(*crdt.Tx) error { return nil }); err == nil {
			t.Error("an edit where part of the history is missing")
		}
		check(t, e.Merge(d))
		same(t, d, e)
		check(t, e.Rekey(newKey(6)))
		check(t, e.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("!"); return nil }))
	}
	t.Logf("of 12 damaged histories %d came in part and %d are sound", parts, sound)
	if parts == 0 || sound > 6 {
		t.Errorf("of 12 damaged histories %d came in part and %d are sound", parts, sound)
	}
}

// TestTrustedMergeFirst: a merge into a document that was opened by a section that
// claims more than its history brings what is missing, at once.
func TestTrustedMergeFirst(t *testing.T) {
	d := full(t, 5, 2, 30)
	more, err := d.Clone(newKey(70))
	check(t, err)
	check(t, more.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("more"); return nil }))
	_, err = more.Commit("")
	check(t, err)
	s := pack.SectionOf(d).Clone()
	s.Summary.Heads = pack.SectionOf(more).Summary.Heads
	e, err := pack.ReadTrusted(bytes.NewReader(pack.WithSection(d, s)), cid.Undef, nil)
	check(t, err)
	if !early(e) {
		t.Fatal("the section is not used")
	}
	check(t, e.Merge(more))
	same(t, more, e)
}
