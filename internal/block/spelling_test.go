package block_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// place is where a head stands in an encoding.
type place struct {
	at, size int
	major    byte
	arg      uint64
	end      int // of the item
}

// places returns the heads of all items in the encoding of one, which is good,
// and where the item ends.
func places(b []byte, at int) (all []place, end int) {
	p := place{at: at, size: 1, major: b[at] >> 5, arg: uint64(b[at] & 31)}
	if info := b[at] & 31; info >= 24 {
		p.size += 1 << (info - 24)
		wide := append(make([]byte, 8), b[at+1:at+p.size]...)
		p.arg = binary.BigEndian.Uint64(wide[len(wide)-8:])
	}
	end = at + p.size
	items := uint64(0)
	switch p.major {
	case 2, 3:
		end += int(p.arg)
	case 4:
		items = p.arg
	case 5:
		items = 2 * p.arg
	case 6:
		items = 1
	}
	var inner []place
	for range items {
		var sub []place
		sub, end = places(b, end)
		inner = append(inner, sub...)
	}
	p.end = end
	return append([]place{p}, inner...), end
}

// refuse fails the test unless raw is refused as kind. The slow twin agrees.
func refuse(t *testing.T, what string, raw []byte, kind error) {
	t.Helper()
	if _, err := decode(t, raw); kindOf(t, err) != kind {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

// TestLongHeads makes one head at a time longer than it must be, in every form.
func TestLongHeads(t *testing.T) {
	n := 0
	for name, f := range good() {
		raw := encode(f)
		all, _ := places(raw, 0)
		for _, p := range all {
			if p.major == 7 {
				continue
			}
			for form := range 5 {
				head := encodeWide(p.major, p.arg, max(form, 1))
				if len(head) <= p.size {
					continue
				}
				refuse(t, fmt.Sprintf("%s, byte %d, form %d", name, p.at, form),
					slices.Concat(raw[:p.at], head, raw[p.at+p.size:]), block.ErrMalformed)
				n++
			}
		}
	}
	t.Logf("%d heads", n)
}

// TestIndefinite gives one item at a time an indefinite length.
func TestIndefinite(t *testing.T) {
	for name, f := range good() {
		raw := encode(f)
		all, _ := places(raw, 0)
		for _, p := range all {
			if p.major < 2 || p.major > 5 {
				continue
			}
			inside := raw[p.at+p.size : p.end]
			if p.major < 4 { // strings have chunks
				inside = raw[p.at:p.end]
			}
			b := slices.Concat(raw[:p.at], []byte{p.major<<5 | 31}, inside, []byte{0xff}, raw[p.end:])
			refuse(t, fmt.Sprintf("%s, byte %d", name, p.at), b, block.ErrMalformed)
		}
	}
}

// TestTags puts a tag before one item at a time, and takes away those of links.
func TestTags(t *testing.T) {
	for name, f := range good() {
		raw := encode(f)
		all, _ := places(raw, 0)
		for _, p := range all {
			for _, tag := range []string{"\xc0", "\xc1", "\xc2", "\xd8\x2a", "\xd8\x37", "\xd9\xd9\xf7"} {
				b := slices.Concat(raw[:p.at], []byte(tag), raw[p.at:])
				refuse(t, fmt.Sprintf("%s, byte %d, % x", name, p.at, tag), b, block.ErrMalformed)
			}
			inValue := bytes.HasPrefix(raw[p.at:], encode(testID("y"))) // where it becomes a byte string
			if p.major == 6 && !inValue {
				b := slices.Concat(raw[:p.at], raw[p.at+p.size:])
				refuse(t, fmt.Sprintf("%s, byte %d without tag", name, p.at), b, block.ErrMalformed)
			}
		}
	}
}

// TestOtherType puts one item of each type in the place of each item.
func TestOtherType(t *testing.T) {
	n := 0
	for _, f := range good() {
		raw := encode(f)
		all, _ := places(raw, 0)
		for _, p := range all {
			for _, item := range []any{0, 1, 24, -1, []byte{}, []byte{1}, "", "a", list{}, list{0, 0}, fields{}, fields{"a": 0},
				testID("x"), contentLink(testID("x")), true, false, nil} {
				decode(t, slices.Concat(raw[:p.at], encode(item), raw[p.end:])) // agrees with the slow twin
				n++
			}
		}
	}
	t.Logf("%d inputs", n)
}

// TestPrefixes: every prefix of a good block is refused, as are the empty block
// and each first byte alone.
func TestPrefixes(t *testing.T) {
	for name, f := range good() {
		raw := encode(f)
		for n := range raw {
			refuse(t, fmt.Sprint(name, " ", n), raw[:n], block.ErrMalformed)
		}
	}
	for x := range 256 {
		refuse(t, fmt.Sprint("byte ", x), []byte{byte(x)}, block.ErrMalformed)
	}
}

// TestChangedBytes gives each byte of good blocks every other value, inside
// keys and digests eight of them. What is accepted is another change, written
// back byte for byte.
func TestChangedBytes(t *testing.T) {
	accepted, n := 0, 0
	var c block.Change
	for _, f := range good() {
		raw := encode(f)
		inside := map[int]bool{}
		all, _ := places(raw, 0)
		for _, p := range all {
			for i := p.at + p.size; p.major == 2 && i < p.end; i++ {
				inside[i] = true
			}
		}
		for i, was := range raw {
			for d := 1; d < 256; d++ {
				if inside[i] && d > 8 {
					continue
				}
				raw[i] = was + byte(d)
				n++
				if err := block.Decode(raw, &c); err != nil {
					kindOf(t, err)
				} else if accepted++; !bytes.Equal(block.Encode(&c.Header, c.NOps, c.Ops), raw) {
					t.Fatalf("byte %d changed by %d is written back otherwise", i, d)
				}
				if d%16 == 1 {
					decode(t, raw)
				}
			}
			raw[i] = was
		}
	}
	t.Logf("%d inputs, %d accepted", n, accepted)
}

// TestChangedPlaces changes two places at once: bytes taken out, put in,
// doubled, swapped.
func TestChangedPlaces(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	accepted := 0
	for _, f := range good() {
		whole := encode(f)
		for range 3000 {
			raw := slices.Clone(whole)
			for range 1 + rng.IntN(2) {
				i, j := rng.IntN(len(raw)), rng.IntN(len(raw))
				i, j = min(i, j), max(i, j)
				switch rng.IntN(4) {
				case 0:
					raw = slices.Delete(raw, i, min(j, i+3))
				case 1:
					raw = slices.Insert(raw, i, byte(rng.Uint32()))
				case 2:
					raw = slices.Insert(raw, j, raw[i:min(j, i+8)]...)
				case 3:
					raw[i], raw[j] = raw[j], raw[i]
				}
			}
			if _, err := decode(t, raw); err == nil {
				accepted++
			}
		}
	}
	t.Logf("%d of 9,000 accepted", accepted)
}

// allocated returns the bytes that fn allocates.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestCountBombs puts great counts and lengths into each head of good blocks, in
// all forms. They are refused before anything is allocated for them.
func TestCountBombs(t *testing.T) {
	n := 0
	for name, f := range good() {
		raw := encode(f)
		all, _ := places(raw, 0)
		for _, p := range all {
			if p.major < 2 || p.major > 5 {
				continue
			}
			for _, arg := range []uint64{1 << 12, 1 << 16, 1 << 20, 1<<31 - 1, 1 << 31, 1 << 32, 1 << 40, 1<<63 - 1, 1 << 63, 1<<64 - 1,
				(1 << 62) / 41, 1<<64/41 + 1, 1<<64/36 + 1, 1 << 62} {
				b := slices.Concat(raw[:p.at], encodeHead(p.major, arg), raw[p.at+p.size:])
				var c block.Change
				var err error
				if got := allocated(func() { err = block.Decode(b, &c) }); got > 16<<10 {
					t.Errorf("%s, byte %d, %d: %d bytes allocated", name, p.at, arg, got)
				}
				if kindOf(t, err) != block.ErrMalformed {
					t.Errorf("%s, byte %d, %d: %v", name, p.at, arg, err)
				}
				n++
			}
		}
	}
	t.Logf("%d bombs", n)
}

// TestStopsAtFault: after a fault in the first of very many parts nothing more
// is done for the others, so nothing is allocated for them.
func TestStopsAtFault(t *testing.T) {
	const many = 20_000
	lens := append(list{0}, slices.Repeat(list{1}, many)...)
	overs := append(list{list{0, 1, 1}}, slices.Repeat(list{list{0, 1}}, many)...)
	runs := append(list{list{0, 1}}, slices.Repeat(list{list{0, 1, 1}}, many)...)
	links := append(list{nil}, slices.Repeat(list{testID("x")}, many)...)
	keys := append(list{nil}, slices.Repeat(list{testKey(1)}, many)...)
	acts := append(list{list{5}}, slices.Repeat(list{list{13, 1}}, many)...)
	for name, f := range map[string]fields{
		"lens":    ops(many, list{9, root(block.KindSet, ""), lens}),
		"over":    ops(0, list{7, root(block.KindMap, ""), "k", overs}),
		"runs":    ops(0, list{11, runs}),
		"refs":    with(later(), "refs", links),
		"parents": with(later(), "parents", links),
		"with":    with(later(), "with", keys),
		"ops":     ops(many, acts...),
		"value":   value(lens),
		"map":     value(raw(slices.Concat(encodeHead(5, many), []byte("\x01"), make([]byte, 2*many)))),
	} {
		raw := encode(f)
		if name == "value" {
			raw = bytes.Replace(raw, encodeHead(4, many+1), append(encodeHead(4, many+1), 0xf7), 1)
		}
		var c block.Change
		var err error
		got := allocated(func() { err = block.Decode(raw, &c) })
		if err == nil || got > 16<<10 {
			t.Errorf("%s: %d bytes allocated, %v", name, got, err)
		}
	}
}

// TestMemory: what the greatest blocks make Decode allocate stays below 64
// times their size.
func TestMemory(t *testing.T) {
	lens, runs := list{}, list{}
	for i := range 1<<20 - 1000 {
		lens = append(lens, 1)
		if i < 160_000 {
			runs = append(runs, list{0, i * 2 % 59999, 1})
		}
	}
	set := root(block.KindSet, "")
	for name, f := range map[string]fields{
		"lens": ops(len(lens), list{9, set, lens}),
		"runs": ops(0, list{11, runs}),
	} {
		raw := encode(f)
		var c block.Change
		got := allocated(func() { kindOf(t, block.Decode(raw, &c)) })
		if got > 64*uint64(len(raw))+1<<20 {
			t.Errorf("%s: %d bytes make Decode allocate %d", name, len(raw), got)
		}
		t.Logf("%s: %d bytes, %d allocated", name, len(raw), got)
	}
}
