package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// drawBundle makes any bundle up to a few kilobytes: repetitive and random
// blocks, absent and empty words, signatures on changes that are not there.
func drawBundle(t *rapid.T) *Bundle {
	b := &Bundle{}
	copy(b.Work[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "work"))
	for range rapid.IntRange(0, 8).Draw(t, "items") {
		n := rapid.SampledFrom([]int{64, 65, 126, 127, 128, 129, 300, 16383, 16384}).Draw(t, "length")
		c := bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "stuff"), n)[:n]
		it := Item{Change: c}
		if rapid.Bool().Draw(t, "hasWords") {
			it.Words = rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "words")
		}
		b.Items = append(b.Items, it)
	}
	for range rapid.IntRange(0, 4).Draw(t, "sigs") {
		var s Sig
		copy(s.Change[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "change"))
		copy(s.Sig[:], rapid.SliceOfN(rapid.Byte(), 64, 64).Draw(t, "sig"))
		b.Sigs = append(b.Sigs, s)
	}
	return b
}

// sample is a bundle of n changes of size bytes that pack as real ones do:
// digests do not, the rest does.
func sample(n, size int) *Bundle {
	b := &Bundle{Work: sha256.Sum256([]byte("work"))}
	for i := range n {
		id := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
		c := append(id[:], bytes.Repeat([]byte("by parents seq start "), size/21+1)...)[:max(size, MinChange)]
		it := Item{Change: c, Words: []byte("words of one change")}
		if i%3 == 0 {
			it.Words = nil
		}
		if i%5 == 4 {
			it.Words = []byte{}
		}
		b.Items = append(b.Items, it)
		if i%16 == 15 {
			b.Sigs = append(b.Sigs, Sig{Change: id, Sig: [64]byte{1, 2, 3, byte(i)}})
		}
	}
	return b
}

// equal compares everything that travels; nil and empty words differ.
func equal(a, b *Bundle) bool {
	if a.Work != b.Work || len(a.Items) != len(b.Items) || len(a.Sigs) != len(b.Sigs) {
		return false
	}
	for i := range a.Items {
		x, y := &a.Items[i], &b.Items[i]
		if !bytes.Equal(x.Change, y.Change) || !bytes.Equal(x.Words, y.Words) || (x.Words == nil) != (y.Words == nil) {
			return false
		}
	}
	for i := range a.Sigs {
		if a.Sigs[i] != b.Sigs[i] {
			return false
		}
	}
	return true
}

// forms are the three ways a bundle is encoded and decoded; each gives back what
// the form carries.
var forms = []struct {
	name   string
	encode func(*Bundle, bool) ([]byte, error)
	decode func([]byte, *Bundle) error
}{
	{"both", Encode, Decode},
	{"changes", EncodeChanges, DecodeChanges},
	{"words", EncodeWords, DecodeWords},
}

// TestRoundTrip: decoding is the inverse of encoding, packed or not, in one
// frame or in two, into a bundle that was used before.
func TestRoundTrip(t *testing.T) {
	var used Bundle
	rapid.Check(t, func(t *rapid.T) {
		b, pack := drawBundle(t), rapid.Bool().Draw(t, "pack")
		frame, err := Encode(b, pack)
		must(t, err)
		must(t, Decode(frame, &used))
		if !equal(b, &used) {
			t.Fatalf("one frame: got %+v, want %+v", used, *b)
		}
		changes, err := EncodeChanges(b, pack)
		must(t, err)
		words, err := EncodeWords(b, pack)
		must(t, err)
		must(t, DecodeChanges(changes, &used))
		for i := range used.Items {
			if used.Items[i].Words != nil {
				t.Fatalf("item %d has words before they were read", i)
			}
		}
		must(t, DecodeWords(words, &used))
		if !equal(b, &used) {
			t.Fatalf("two frames: got %+v, want %+v", used, *b)
		}
		used.Name()
		for i := range used.Items {
			if used.Items[i].ID != sha256.Sum256(b.Items[i].Change) {
				t.Fatalf("item %d has another name than its hash", i)
			}
		}
		if again, err := Encode(&used, false); err != nil || (!pack && !bytes.Equal(again, frame)) {
			t.Fatalf("encoding what was decoded: other bytes, error %v", err)
		}
	})
}

// TestTwin: the slow reader below, written from the package comment, reads the
// same out of every frame.
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBundle(t)
		frame, err := Encode(b, false)
		must(t, err)
		got, err := twin(frame)
		must(t, err)
		if !equal(b, got) {
			t.Fatalf("the twin reads %+v, want %+v", *got, *b)
		}
	})
}

// twin reads a plain frame of kind 'b' field by field, with the standard
// library and without limits.
func twin(frame []byte) (*Bundle, error) {
	sum := crc32.Checksum(append(bytes.Clone(frame[:10]), frame[14:]...), crc32.MakeTable(crc32.Castagnoli))
	if string(frame[:6]) != "CHB\x01b\x00" || binary.BigEndian.Uint32(frame[10:]) != sum ||
		int(binary.BigEndian.Uint32(frame[6:])) != len(frame)-14 {
		return nil, errors.New("no frame")
	}
	r, b := bytes.NewReader(frame[14:]), &Bundle{}
	number := func() uint64 { n, _ := binary.ReadUvarint(r); return n }
	take := func(n uint64) []byte { p := make([]byte, n); _, _ = io.ReadFull(r, p); return p }
	copy(b.Work[:], take(32))
	items, sigs := number(), number()
	for range items {
		b.Items = append(b.Items, Item{Change: take(number())})
	}
	for range sigs {
		var s Sig
		copy(s.Change[:], take(32))
		copy(s.Sig[:], take(64))
		b.Sigs = append(b.Sigs, s)
	}
	if number() != items {
		return nil, errors.New("count of words")
	}
	for i := range b.Items {
		if n := number(); n > 0 {
			b.Items[i].Words = take(n - 1)
		}
	}
	if r.Len() > 0 {
		return nil, errors.New("bytes left")
	}
	return b, nil
}

// TestAlias: a decoded plain frame costs no copy of its blocks, and appending to
// one of them does not write over the next.
func TestAlias(t *testing.T) {
	b := sample(3, 100)
	frame, err := Encode(b, false)
	must(t, err)
	var got Bundle
	must(t, Decode(frame, &got))
	for i := range got.Items {
		_ = append(got.Items[i].Change, 'x')
	}
	if !equal(b, &got) {
		t.Fatal("append to a decoded block changed another one")
	}
	if cap(got.Items[1].Change) != len(got.Items[1].Change) {
		t.Fatal("a decoded block has room behind it")
	}
	frame[headerSize+32+1+1+1] ^= 0xff
	if got.Items[0].Change[0] == b.Items[0].Change[0] {
		t.Fatal("the blocks of a plain frame were copied")
	}
}

// TestReuse: a bundle that is decoded into again keeps nothing of what it held,
// not even behind its length.
func TestReuse(t *testing.T) {
	long, short := sample(40, 100), sample(1, 100)
	longFrame, err := Encode(long, false)
	must(t, err)
	shortFrame, err := EncodeChanges(short, false)
	must(t, err)
	var b Bundle
	must(t, Decode(longFrame, &b))
	b.Name()
	must(t, DecodeChanges(shortFrame, &b))
	for i, it := range b.Items[:cap(b.Items)] {
		if it.ID != ([32]byte{}) || it.Words != nil || (i > 0 && it.Change != nil) {
			t.Fatalf("item %d still holds %+v", i, it)
		}
	}
	if err := Decode(longFrame[:40], &b); err == nil || len(b.Items) != 0 || len(b.Sigs) != 0 || b.Work != [32]byte{} {
		t.Fatalf("after a refused frame (%v) the bundle is not empty", err)
	}
}

// TestWordsBelong: words of another number of changes are refused and leave the
// changes as they were.
func TestWordsBelong(t *testing.T) {
	b := sample(4, 100)
	changes, err := EncodeChanges(b, false)
	must(t, err)
	other, err := EncodeWords(sample(5, 100), false)
	must(t, err)
	own, err := EncodeWords(b, false)
	must(t, err)
	var got Bundle
	must(t, DecodeChanges(changes, &got))
	must(t, DecodeWords(own, &got))
	if err := DecodeWords(other, &got); !errors.Is(err, ErrMalformed) {
		t.Fatalf("words of five changes for four: %v", err)
	}
	if err := DecodeWords(frameOf(kindWords, []byte{5, 0, 0, 0, 0}), &got); !errors.Is(err, ErrMalformed) {
		t.Fatalf("four words that claim to be five: %v", err)
	}
	want := *b
	want.Items = append([]Item(nil), b.Items...)
	for i := range want.Items {
		want.Items[i].Words = nil
	}
	if !equal(&want, &got) {
		t.Fatal("refused words changed more than the words")
	}
}

// TestPackedIsSmaller: packing is used where it helps and not where it does not.
func TestPackedIsSmaller(t *testing.T) {
	b := sample(200, 200)
	plain, err := Encode(b, false)
	must(t, err)
	packed, err := Encode(b, true)
	must(t, err)
	if packed[5] != packZstd || len(packed) >= len(plain)/2 {
		t.Fatalf("%d bytes packed to %d, packing %d", len(plain), len(packed), packed[5])
	}
	random := &Bundle{Items: []Item{{Change: noise(4096)}}}
	frame, err := Encode(random, true)
	must(t, err)
	if frame[5] != packPlain {
		t.Fatal("random bytes were stored packed")
	}
	t.Logf("200 changes of 200 bytes: %d bytes plain, %d packed", len(plain), len(packed))
}

// noise returns n bytes that do not pack, always the same.
func noise(n int) []byte {
	var p []byte
	for s := sha256.Sum256(nil); len(p) < n; s = sha256.Sum256(s[:]) {
		p = append(p, s[:]...)
	}
	return p[:n]
}

// TestEmpty: a bundle of nothing travels too.
func TestEmpty(t *testing.T) {
	for _, f := range forms {
		frame, err := f.encode(&Bundle{}, true)
		must(t, err)
		var b Bundle
		must(t, f.decode(frame, &b))
		if !reflect.DeepEqual(b, Bundle{}) {
			t.Fatalf("%s: got %+v", f.name, b)
		}
	}
}

// fataler is what *testing.T and *rapid.T share.
type fataler interface {
	Helper()
	Fatal(...any)
}

// must stops the test on an error.
func must(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
