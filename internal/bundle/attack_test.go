package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// typed tells whether err is one of the four sentinels.
func typed(err error) bool {
	return errors.Is(err, ErrMalformed) || errors.Is(err, ErrLimit) || errors.Is(err, ErrCorrupt) || errors.Is(err, ErrVersion)
}

// frameOf wraps any body in a frame that is right in everything else.
func frameOf(kind byte, body []byte) []byte {
	return reseal(append(append([]byte("CHB\x01"), kind, packPlain, 0, 0, 0, 0, 0, 0, 0, 0), body...), len(body))
}

// packedOf wraps packed bytes in a frame that claims n bytes unpacked.
func packedOf(kind byte, packed []byte, n int) []byte {
	return reseal(append(append([]byte("CHB\x01"), kind, packZstd, 0, 0, 0, 0, 0, 0, 0, 0), packed...), n)
}

// reseal puts the size and the right checksum into a frame.
func reseal(frame []byte, n int) []byte {
	binary.BigEndian.PutUint32(frame[6:], uint32(n))
	binary.BigEndian.PutUint32(frame[10:], checksum(frame))
	return frame
}

// TestEveryPrefixAndByte: each prefix, each extension by a byte, and each of the
// 255 other values of each byte of a frame is refused with a typed error.
func TestEveryPrefixAndByte(t *testing.T) {
	for _, f := range forms {
		for _, pack := range []bool{false, true} {
			b := sample(20, 90)
			frame, err := f.encode(b, pack)
			must(t, err)
			into := &Bundle{Items: make([]Item, len(b.Items))}
			must(t, f.decode(frame, into))
			into.Items = into.Items[:20]
			tried := 0
			refuse := func(data []byte, what string, at int) {
				tried++
				if err := f.decode(data, into); !typed(err) {
					t.Fatalf("%s, pack %v: %s %d: %v", f.name, pack, what, at, err)
				}
			}
			for i := range frame {
				refuse(frame[:i:i], "prefix", i)
			}
			refuse(append(bytes.Clone(frame), 0), "one byte more after", len(frame))
			damaged := bytes.Clone(frame)
			for i := range damaged {
				for x := 1; x < 256; x++ {
					damaged[i] = frame[i] ^ byte(x)
					refuse(damaged, "byte", i)
				}
				damaged[i] = frame[i]
			}
			t.Logf("%s, pack %v: %d bytes, %d damaged frames refused", f.name, pack, len(frame), tried)
		}
	}
}

// TestEveryPrefixOfBody: the checksum repaired, a shorter or longer body is still
// refused, because every field is counted.
func TestEveryPrefixOfBody(t *testing.T) {
	b := sample(20, 90)
	for _, f := range forms {
		frame, err := f.encode(b, false)
		must(t, err)
		into := &Bundle{Items: make([]Item, len(b.Items))}
		must(t, f.decode(frame, into))
		for i := headerSize; i < len(frame); i++ {
			into.Items = into.Items[:cap(into.Items)]
			if err := f.decode(frameOf(frame[4], frame[headerSize:i]), into); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%s: %d of %d bytes: %v", f.name, i, len(frame), err)
			}
		}
		if err := f.decode(frameOf(frame[4], append(bytes.Clone(frame[headerSize:]), 0)), into); !errors.Is(err, ErrMalformed) {
			t.Fatalf("%s: a byte more: %v", f.name, err)
		}
	}
}

// TestSingleFaults: one fault each, everything else right.
func TestSingleFaults(t *testing.T) {
	work := strings.Repeat("w", 32)
	change := "\x40" + strings.Repeat("c", 64)
	good, err := Encode(sample(3, 100), false)
	must(t, err)
	edit := func(at int, v byte) []byte {
		f := bytes.Clone(good)
		f[at] = v
		return reseal(f, len(f)-headerSize)
	}
	zero := packedOf(kindChanges, pack(t, []byte(work+"\x00\x00")), 34)
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, ErrMalformed},
		{"header only", good[:headerSize], ErrCorrupt},
		{"other magic", edit(0, 'X'), ErrMalformed},
		{"version 0", edit(3, 0), ErrVersion},
		{"version 2", edit(3, 2), ErrVersion},
		{"other kind", edit(4, 'w'), ErrMalformed},
		{"unknown kind", edit(4, 'x'), ErrMalformed},
		{"unknown packing", edit(5, 2), ErrMalformed},
		{"body longer than claimed", reseal(bytes.Clone(good), len(good)-headerSize-1), ErrMalformed},
		{"body shorter than claimed", reseal(bytes.Clone(good), len(good)-headerSize+1), ErrMalformed},
		{"claim at the cap", reseal(bytes.Clone(good), MaxBody), ErrMalformed},
		{"claim over the cap", reseal(bytes.Clone(good), MaxBody+1), ErrLimit},
		{"claim of everything", reseal(bytes.Clone(good), -1), ErrLimit},
		{"empty body", frameOf(kindBoth, nil), ErrMalformed},
		{"work only", frameOf(kindBoth, []byte(work)), ErrMalformed},
		{"long zero", frameOf(kindChanges, []byte(work+"\x80\x00\x00")), ErrMalformed},
		{"long count", frameOf(kindChanges, []byte(work+"\x81\x00\x00"+change)), ErrMalformed},
		{"count of five bytes", frameOf(kindChanges, []byte(work+"\xff\xff\xff\xff\x01\x00"+change)), ErrMalformed},
		{"count of 2^28-1", frameOf(kindChanges, []byte(work+"\xff\xff\xff\x7f\x00"+change)), ErrMalformed},
		{"signatures of 2^28-1", frameOf(kindChanges, []byte(work+"\x00\xff\xff\xff\x7f"+change)), ErrMalformed},
		{"both counts fit alone", frameOf(kindChanges, []byte(work+"\x01\x01"+change+strings.Repeat("s", 31))), ErrMalformed},
		{"two changes claimed", frameOf(kindChanges, []byte(work+"\x02\x00"+change)), ErrMalformed},
		{"no changes claimed", frameOf(kindChanges, []byte(work+"\x00\x00"+change)), ErrMalformed},
		{"short change", frameOf(kindChanges, []byte(work+"\x01\x00\x3f"+change[1:64]+"cc")), ErrMalformed},
		{"long form of a length", frameOf(kindChanges, []byte(work+"\x01\x00\xc0\x00"+change[1:])), ErrMalformed},
		{"length of the future", frameOf(kindChanges, []byte(work+"\x01\x00\xc0\x01"+change[1:])), ErrMalformed},
		{"signature cut", frameOf(kindChanges, []byte(work+"\x01\x01"+change+strings.Repeat("s", 95))), ErrMalformed},
		{"right, for comparison", frameOf(kindChanges, []byte(work+"\x01\x01"+change+strings.Repeat("s", 96))), nil},
		{"packed, for comparison", zero, nil},
		{"packed claims less", reseal(bytes.Clone(zero), 33), ErrMalformed},
		{"packed claims more", reseal(bytes.Clone(zero), 35), ErrMalformed},
		{"packed with a tail", reseal(append(bytes.Clone(zero), 0), 34), ErrMalformed},
		{"packed, then an empty frame", reseal(append(bytes.Clone(zero), pack(t, nil)...), 34), ErrMalformed},
		{"packed, then a skipped frame", reseal(append(bytes.Clone(zero), "\x50\x2a\x4d\x18\x01\x00\x00\x00x"...), 34), ErrMalformed},
		{"skipped frame first", packedOf(kindChanges, append([]byte("\x50\x2a\x4d\x18\x01\x00\x00\x00x"), zero[headerSize:]...), 34), ErrMalformed},
		{"packed without size", packedOf(kindChanges, unsized(t, []byte(work+"\x00\x00")), 34), ErrMalformed},
		{"packed noise", packedOf(kindChanges, noise(60), 34), ErrMalformed},
		{"packed nothing", packedOf(kindChanges, nil, 34), ErrMalformed},
	} {
		var b Bundle
		decode := DecodeChanges
		if len(c.data) > 4 && c.data[4] != kindChanges {
			decode = Decode
		}
		if err := decode(c.data, &b); !errors.Is(err, c.want) || (c.want != nil && len(b.Items) > 0) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// pack is the packer by itself.
func pack(t *testing.T, p []byte) []byte {
	e := packers.Get().(*zstd.Encoder)
	defer packers.Put(e)
	return e.EncodeAll(p, nil)
}

// unsized packs as a stream, which does not know the size beforehand.
func unsized(t *testing.T, p []byte) []byte {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	must(t, err)
	for _, c := range p {
		_, err = w.Write([]byte{c})
		must(t, err)
		must(t, w.Flush())
	}
	must(t, w.Close())
	return out.Bytes()
}

// TestBombs: nothing that is sent makes a reader allocate more than 64 times its
// length and 1 MiB.
func TestBombs(t *testing.T) {
	zeros := make([]byte, MaxBody)
	changes := []byte(strings.Repeat("w", 32))
	const many = 400_000 // changes of the least length, all alike
	changes = binary.AppendUvarint(changes, many)
	changes = append(changes, 0)
	for range many {
		changes = append(append(changes, MinChange), zeros[:MinChange]...)
	}
	absent := append([]byte("\xff\xff\xff\x0f"), zeros[:1<<20]...)
	least := 32 + 2 + 4 + 4_000*(MinChange+1) // what may be packed at any ratio
	few := append(binary.AppendUvarint([]byte(strings.Repeat("w", 32)), 4_000), 0)
	for len(few)+MinChange < least {
		few = append(append(few, MinChange), zeros[:MinChange]...)
	}
	var b Bundle
	must(t, Decode(must2(Encode(sample(3, 100), true)), &b)) // fill the pools
	for _, c := range []struct {
		name string
		data []byte
		ok   bool
	}{
		{"34 MiB of zeros", packedOf(kindChanges, pack(t, zeros), len(zeros)), false},
		{"1 GiB claimed", packedOf(kindChanges, pack(t, zeros[:1<<20]), 1<<30), false},
		{"400,000 changes packed", packedOf(kindChanges, pack(t, changes), len(changes)), false},
		{"400,000 changes plain", frameOf(kindChanges, changes), true},
		{"4,000 changes packed", packedOf(kindChanges, pack(t, few), len(few)), true},
		{"millions of absent words", packedOf(kindWords, pack(t, absent), len(absent)), false},
		{"a change claimed a byte", frameOf(kindChanges, append([]byte(strings.Repeat("w", 32)+"\x80\x80\x80\x01\x00"), zeros[:2<<20]...)), false},
		{"counts only", frameOf(kindChanges, []byte(strings.Repeat("w", 32)+"\xff\xff\xff\x7f\xff\xff\xff\x7f")), false},
	} {
		var before, after runtime.MemStats
		var into Bundle
		decode := DecodeChanges
		if c.data[4] == kindWords {
			decode = DecodeWords
		}
		runtime.ReadMemStats(&before)
		err := decode(c.data, &into)
		runtime.ReadMemStats(&after)
		used, bound := after.TotalAlloc-before.TotalAlloc, uint64(64*len(c.data)+1<<20)
		if (err == nil) != c.ok || (err != nil && !typed(err)) {
			t.Errorf("%s: %v", c.name, err)
		}
		if used > bound {
			t.Errorf("%s: %d bytes sent, %d allocated, the bound is %d", c.name, len(c.data), used, bound)
		}
		t.Logf("%s: %d bytes sent, %d allocated: %v", c.name, len(c.data), used, err)
	}
}

// must2 is must for a call with a value, outside of tests' own failures.
func must2(p []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return p
}

// TestLimits: a body at the cap travels, one byte more does not; neither does a
// short change. What compresses beyond the ratio is stored plain.
func TestLimits(t *testing.T) {
	frame := 32 + 1 + 1 + maxLength // changes body around one long block
	b := &Bundle{Items: []Item{{Change: make([]byte, MaxBody-frame)}}}
	data, err := EncodeChanges(b, true)
	must(t, err)
	if data[5] != packPlain {
		t.Fatal("34 MiB of zeros were packed beyond the ratio")
	}
	var got Bundle
	must(t, DecodeChanges(data, &got))
	if len(got.Items) != 1 || len(got.Items[0].Change) != MaxBody-frame {
		t.Fatal("the longest body came back shorter")
	}
	b.Items[0].Change = make([]byte, MaxBody-frame+1)
	if _, err := EncodeChanges(b, false); !errors.Is(err, ErrLimit) {
		t.Fatalf("one byte over: %v", err)
	}
	if _, err := Encode(b, true); !errors.Is(err, ErrLimit) {
		t.Fatalf("one byte over, both: %v", err)
	}
	b.Items[0] = Item{Change: make([]byte, MinChange), Words: make([]byte, MaxBody)}
	if _, err := EncodeWords(b, false); !errors.Is(err, ErrLimit) {
		t.Fatalf("words over: %v", err)
	}
	if _, err := Encode(b, false); !errors.Is(err, ErrLimit) {
		t.Fatalf("both over: %v", err)
	}
	b.Items[0] = Item{Change: make([]byte, MinChange-1)}
	if _, err := EncodeChanges(b, false); !errors.Is(err, ErrMalformed) {
		t.Fatalf("short change: %v", err)
	}
	sigs := &Bundle{Sigs: make([]Sig, MaxBody/sigSize+1)}
	if _, err := EncodeChanges(sigs, false); !errors.Is(err, ErrLimit) {
		t.Fatalf("too many signatures: %v", err)
	}
}
