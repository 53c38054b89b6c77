package pack

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
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
