package pack

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// FuzzPack: any bytes are a pack or an error of a kind, and what a pack holds
// comes out of the pack made of it.
func FuzzPack(f *testing.F) {
	for seed := range uint64(3) {
		w := newWorld(seed)
		w.grow(4)
		f.Add(packed(f, &w.bundle, false, func(k int) bool { return k == 3 }))
	}
	f.Fuzz(func(t *testing.T, p []byte) { around(t, p) })
}

// FuzzGroup is FuzzPack with checksums put right, so that the fuzzer gets past
// them.
func FuzzGroup(f *testing.F) {
	for seed := range uint64(6) {
		w := newWorld(seed)
		w.grow(3)
		p := packed(f, &w.bundle, false, func(int) bool { return false })
		f.Add(p[headSize+frameSize : len(p)-frameSize-1-sumSize])
	}
	f.Fuzz(func(t *testing.T, group []byte) {
		p, sum := appendHead(nil, [32]byte{1})
		p, sum = appendFrame(p, sum, kindGroup, group)
		var d digest
		p, _ = appendFrame(p, sum, kindEnd, appendEnd(nil, 0, &d))
		around(t, p)
		b := loose(group)
		again := packed(t, &b, false, func(k int) bool { return k%3 == 2 })
		if err := equal(b.Items, unpacked(t, again).Items); err != nil {
			t.Fatal(err)
		}
	})
}

// loose reads a group without comparing what comes out with what its head says,
// as far as it goes, and returns what has the form of a change.
func loose(group []byte) bridge.Bundle {
	u := newUnpacker([32]byte{1})
	rest, err := u.head.take(group)
	if err != nil {
		return bridge.Bundle{}
	}
	u.head.blocks, u.head.contents = 1<<20, 1<<20
	if u.columns(rest) != nil {
		return bridge.Bundle{}
	}
	u.shares()
	for k := uint64(0); k < u.head.changes && u.m.err == nil; k++ {
		u.change()
	}
	out := bridge.Bundle{Work: u.m.work}
	var c block.Change
	for _, it := range u.items {
		if block.Decode(it.Change, &c) == nil {
			out.Items = append(out.Items, it)
		}
	}
	return out
}

// around reads bytes, and packs and reads again what they hold.
func around(t *testing.T, p []byte) {
	b, err := read(p)
	if err != nil {
		for _, kind := range []error{ErrMalformed, ErrCorrupt, ErrVersion, ErrLimit, crdt.ErrInvalid, crdt.ErrKey} {
			if errors.Is(err, kind) {
				return
			}
		}
		t.Fatalf("an error of no kind: %v", err)
	}
	again := packed(t, &b, false, func(k int) bool { return k%2 == 0 })
	if err := equal(b.Items, unpacked(t, again).Items); err != nil {
		t.Fatal(err)
	}
}

// FuzzColumn: a column comes out as it went in, however it is squeezed, and any
// bytes are a column or an error.
func FuzzColumn(f *testing.F) {
	f.Add([]byte("the commons is held by all and all hold the commons, in common"), true)
	f.Add(bytes.Repeat([]byte{0, 0, 0, 1, 0, 0, 5}, 40), false)
	f.Add(bytes.Repeat([]byte{7}, 100), false)
	f.Fuzz(func(t *testing.T, b []byte, hard bool) {
		for _, k := range []column{colBits, colNames, colTime} {
			if len(b) == 0 {
				continue
			}
			p := squeeze([]byte("before"), b, k, hard)
			got, rest, err := unsqueeze(nil, append(p[6:], "behind"...), len(b))
			if err != nil || !bytes.Equal(got, b) || string(rest) != "behind" {
				t.Fatalf("column %d of %d bytes squeezed to %x: %x, %q, %v", k, len(b), p[6:], got, rest, err)
			}
		}
		got, rest, err := unsqueeze(nil, b, 1<<16)
		if err == nil && (len(got) > 1<<16 || len(got) == 0 || len(rest) >= len(b)) {
			t.Fatalf("column of %d bytes, %d left of %d", len(got), len(rest), len(b))
		}
	})
}

// FuzzCAR: any blocks, with the CIDs they have, are a document or an error, and
// the document is that of the CAR made of it. Each block stands behind a byte
// that says whether it is content, and its length.
func FuzzCAR(f *testing.F) {
	d, err := crdt.New(signer{}, crdt.WithClock(func() time.Time { return time.UnixMilli(1) }))
	if err == nil {
		err = d.Update(func(tx *crdt.Tx) error { tx.Text("a").Append("b"); return nil })
	}
	var car bytes.Buffer
	if err == nil {
		_, err = WriteCAR(&car, d)
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blocksOf(car.Bytes()))
	f.Fuzz(func(t *testing.T, p []byte) {
		d, err := ReadCAR(bytes.NewReader(carOf(p)), cid.Undef, nil)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if _, err := WriteCAR(&out, d); err != nil {
			t.Fatal(err)
		}
		e, err := ReadCAR(&out, d.ID(), nil)
		if err != nil || e.Heads() != d.Heads() {
			t.Fatalf("written again: %v", err)
		}
	})
}

// signer signs with a key of zeros.
type signer struct{}

func (signer) key() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, 32)) }

func (s signer) Author() crdt.Author { return crdt.Author(s.key().Public().(ed25519.PublicKey)) }

func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key(), msg), nil }

// blocksOf is the blocks of a CAR as FuzzCAR takes them.
func blocksOf(car []byte) (out []byte) {
	n, w := binary.Uvarint(car)
	for car = car[w+int(n):]; len(car) > 0; car = car[w+int(n):] {
		n, w = binary.Uvarint(car)
		b := car[w : w+int(n)]
		kind := byte(0)
		if b[1] == cid.Raw {
			kind = 1
		}
		out = binary.AppendUvarint(append(out, kind), n-cidBytes)
		out = append(out, b[cidBytes:]...)
	}
	return out
}

// carOf is the inverse of blocksOf, for any bytes.
func carOf(p []byte) []byte {
	var b bytes.Buffer
	c := carWriter{w: &b}
	for len(p) > 1 {
		kind := p[0]
		n, w := binary.Uvarint(p[1:])
		if w <= 0 || n > uint64(len(p)-1-w) {
			break
		}
		block1 := p[1+w : 1+w+int(n)]
		p = p[1+w+int(n):]
		id := block.Sum(block1)
		if b.Len() == 0 {
			c.head(id.ChangeCID())
		}
		if kind&1 == 1 {
			c.section(id.ContentCID(), block1)
		} else {
			c.section(id.ChangeCID(), block1)
		}
	}
	return b.Bytes()
}

// FuzzState: whatever stands in a state section, with all checksums right, the file
// opens, shows something, and is what its history says once that is read. table is what
// stands behind the checksum of the section, piece the frame behind.
func FuzzState(f *testing.F) {
	d, p, of := stated(f)
	for _, names := range [][]bridge.Shown{of.summary.Names, nil, {{Name: "a", How: bridge.AsText, Value: bytes.Repeat([]byte("x "), 2000)}}} {
		s := of
		s.summary.Names = names
		frames := append(s.frames(), nil)
		f.Add(frames[0][1+len(s.sum):], frames[1])
	}
	f.Fuzz(func(t *testing.T, table, piece []byte) {
		all, _, _ := unsqueeze(nil, piece, pieceBytes)
		own := stateSum(table, all)
		q, sum := append([]byte(nil), p.groups...), p.sum
		q, sum = appendFrame(q, sum, kindState, append(append([]byte{stateVersion}, own[:]...), table...))
		if len(piece) > 0 {
			q, sum = appendFrame(q, sum, kindState, piece)
		}
		q, _ = appendFrame(q, sum, kindEnd, p.end)
		e, err := ReadTrusted(bytes.NewReader(q), cid.Undef, signer{})
		if err != nil {
			t.Fatal(err)
		}
		v := e.View()
		if b, err := v.MarshalJSON(); err != nil || !json.Valid(b) {
			t.Fatalf("it shows %q, %v", b, err)
		}
		for _, name := range []string{"a", "b", ""} {
			if text := v.Text(name); text.In(crdt.UTF8).Len() != len(text.String()) {
				t.Fatalf("text %q", text)
			}
		}
		if err := e.Load(); err != nil && !errors.Is(err, crdt.ErrSummary) || e.Heads() != d.Heads() {
			t.Fatalf("its history: %v", err)
		}
		if got, want := v.Text("a").String(), d.View().Text("a").String(); got != want {
			t.Fatalf("text %q, want %q", got, want)
		}
	})
}

// apart is a pack without its state section, in parts.
type apart struct {
	groups, end []byte // with the head; the payload of the end
	sum         uint32
}

// stated is a document, its pack and its section.
func stated(f testing.TB) (*crdt.Doc, apart, state) {
	d, err := crdt.New(signer{}, crdt.WithClock(func() time.Time { return time.UnixMilli(1) }))
	if err == nil {
		err = d.Update(func(tx *crdt.Tx) error {
			tx.Text("a").Append("some text, aé😀")
			tx.Text("b").Append("more")
			tx.Put("b", 1)
			tx.List("l").Insert(0, "x", 2)
			return nil
		})
	}
	if err != nil {
		f.Fatal(err)
	}
	sum, err := bridge.Of(d).Summary()
	if err != nil {
		f.Fatal(err)
	}
	var out bytes.Buffer
	s := sink{w: &out, p: newPackerOf(block.ID(bridge.Of(d).Work()), true)}
	s.head()
	for b := range bundles(bridge.Of(d), sum.Changes) {
		s.add(&b)
	}
	s.flush()
	if s.err != nil {
		f.Fatal(s.err)
	}
	return d, apart{out.Bytes(), appendEnd(nil, uint32(sum.Changes), &s.p.sum), s.sum}, state{sum: s.p.sum, summary: sum}
}
