package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/commonhold/commonhold/internal/bridge"
)

// all asks for what takes minutes: every bit and not one in many.
var all = flag.Bool("pack.all", false, "damage every bit, stream a million changes")

// big is a sound pack of at least 64 KiB, and what it holds.
func big(t testing.TB) ([]byte, *world) {
	w := newWorld(2)
	w.grow(2600)
	p := packed(t, &w.bundle, false, func(k int) bool { return false })
	if len(p) < 64<<10 {
		t.Fatalf("the pack has only %d bytes", len(p))
	}
	return p, w
}

// read reads a pack whole.
func read(p []byte) (bridge.Bundle, error) {
	var s source
	if err := s.open(bytes.NewReader(p)); err != nil {
		return bridge.Bundle{}, err
	}
	return s.whole()
}

// try reads a pack that may be damaged, and tells what it is refused for. It
// fails unless that is a kind of refusal, or just what was written comes out.
func try(t *testing.T, p []byte, want []bridge.Item, what string, args ...any) string {
	t.Helper()
	got, err := read(p)
	for kind, e := range map[string]error{"malformed": ErrMalformed, "corrupt": ErrCorrupt, "version": ErrVersion, "limit": ErrLimit} {
		if errors.Is(err, e) {
			return kind
		}
	}
	if err == nil {
		err = equal(want, got.Items)
	}
	if err != nil {
		t.Fatalf(what+": %v", append(args, err)...)
	}
	return "sound"
}

// sound tells whether a pack is read without an error.
func sound(p []byte) bool {
	_, err := read(p)
	return err == nil
}

// TestEveryPrefix: no part of a pack from its beginning is a pack.
func TestEveryPrefix(t *testing.T) {
	p, w := big(t)
	step := 101
	if *all {
		step = 1
	}
	n := 0
	for k := 0; k < len(p); k += step {
		n++
		if try(t, p[:k], w.bundle.Items, "the first %d bytes", k) == "sound" {
			t.Fatalf("the first %d bytes are sound", k)
		}
	}
	for k := len(p) - 40; k < len(p); k++ {
		if sound(p[:k]) {
			t.Fatalf("all but %d bytes are sound", len(p)-k)
		}
	}
	if sound(append(bytes.Clone(p), 0)) || sound(append(bytes.Clone(p), p...)) {
		t.Fatal("a pack with something behind it is sound")
	}
	t.Logf("%d prefixes of %d bytes", n, len(p))
}

// TestEveryBit: a pack in which one bit is other is none.
func TestEveryBit(t *testing.T) {
	p, w := big(t)
	step := 197
	if *all {
		step = 1
	}
	n := 0
	flip := func(k int) {
		n++
		p[k/8] ^= 1 << (k % 8)
		if try(t, p, w.bundle.Items, "bit %d", k) == "sound" {
			t.Fatalf("with bit %d turned it is sound", k)
		}
		p[k/8] ^= 1 << (k % 8)
	}
	for k := 0; k < 8*(headSize+frameSize+32); k++ {
		flip(k)
	}
	for k := 0; k < 8*len(p); k += step {
		flip(k)
	}
	t.Logf("%d of %d bits", n, 8*len(p))
}

// reseal puts the checksums of a damaged pack right.
func reseal(p []byte) []byte {
	if len(p) < headSize {
		return p
	}
	p, sum := bytes.Clone(p), uint32(0)
	_, sum = appendHead(p[:0], [32]byte(p[len(magic)+1:headSize-4]))
	rest := p[headSize:]
	for len(rest) >= frameSize {
		size := binary.BigEndian.Uint32(rest[1:])
		if uint64(size) > uint64(len(rest)-frameSize) {
			break
		}
		n := int(size)
		sum = chained(sum, rest[0], rest[frameSize:frameSize+n])
		binary.BigEndian.PutUint32(rest[5:], sum)
		rest = rest[frameSize+n:]
	}
	return p
}

// TestDamageBehindChecksums: an attacker puts the checksums right. The columns
// then say something else, and never pass for what was written, nor for
// anything else.
func TestDamageBehindChecksums(t *testing.T) {
	n, kinds := 8000, map[string]int{}
	if testing.Short() {
		n = 1000
	}
	if *all {
		n = 2000000
	}
	for seed := range uint64(20) {
		w := newWorld(seed)
		w.grow(40)
		p := packed(t, &w.bundle, false, func(k int) bool { return k == 20 })
		r := rand.New(rand.NewPCG(seed, 5))
		for range n / 20 {
			q := bytes.Clone(p)
			for range 1 + r.IntN(3) {
				k := headSize + r.IntN(len(q)-headSize)
				switch r.IntN(4) {
				case 0:
					q[k] ^= 1 << r.IntN(8)
				case 1:
					q[k] = byte(r.Uint32())
				case 2:
					q = append(q[:k], q[min(k+1+r.IntN(4), len(q)):]...)
				case 3:
					q = append(q[:k:k], append([]byte{byte(r.Uint32())}, q[k:]...)...)
				}
			}
			kinds[try(t, reseal(q), w.bundle.Items, "seed %d", seed)]++
		}
	}
	t.Logf("%d damaged packs: %v", n, kinds)
	if kinds["malformed"] == 0 || kinds["corrupt"] == 0 || kinds["limit"] == 0 {
		t.Errorf("not every kind of refusal was met: %v", kinds)
	}
}

// TestMixed: frames of two packs cannot be mixed, left out, doubled or put in
// another order, even though each is sound.
func TestMixed(t *testing.T) {
	w := newWorld(1)
	w.grow(39)
	p := packed(t, &w.bundle, false, func(k int) bool { return k%10 == 0 })
	var frames [][]byte
	for rest := p[headSize:]; len(rest) > 0; {
		n := frameSize + int(binary.BigEndian.Uint32(rest[1:]))
		frames = append(frames, rest[:n])
		rest = rest[n:]
	}
	join := func(order ...int) []byte {
		q := bytes.Clone(p[:headSize])
		for _, k := range order {
			q = append(q, frames[k]...)
		}
		return q
	}
	if len(frames) != 5 || !sound(join(0, 1, 2, 3, 4)) {
		t.Fatalf("%d frames, or they are not sound in order", len(frames))
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {4}, {1, 2, 3, 4}, {0, 2, 1, 3, 4}, {0, 0, 1, 2, 3, 4}, {0, 1, 2, 4}, {0, 1, 2, 3, 4, 4}} {
		if sound(join(order...)) {
			t.Errorf("frames %v are sound", order)
		}
		if q := reseal(join(order...)); sound(q) {
			t.Errorf("frames %v with checksums put right are sound", order)
		}
	}
}

// TestVersion: a later version is told from damage.
func TestVersion(t *testing.T) {
	w := newWorld(1)
	p := packed(t, &w.bundle, false, func(int) bool { return false })
	p[len(magic)]++
	var s source
	if err := s.open(bytes.NewReader(p)); !errors.Is(err, ErrVersion) {
		t.Errorf("version 2: %v", err)
	}
	if err := s.open(bytes.NewReader(nil)); !errors.Is(err, ErrMalformed) {
		t.Errorf("nothing: %v", err)
	}
	if err := s.open(bytes.NewReader([]byte("CHB\x01 a bundle"))); !errors.Is(err, ErrMalformed) {
		t.Errorf("something else: %v", err)
	}
}

// endless is a reader that has no end, and counts.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	clear(p)
	e.read += int64(len(p))
	return len(p), nil
}

// TestLongFrame: a frame that says it is long is read no further than a group
// may be, and one that is not there takes no memory.
func TestLongFrame(t *testing.T) {
	head, _ := appendHead(nil, [32]byte{1})
	for _, size := range []uint32{1 << 31, maxPayload + 1, maxPayload} {
		e := &endless{}
		q := binary.BigEndian.AppendUint32(append(bytes.Clone(head), kindGroup), size)
		var s source
		err := s.open(io.MultiReader(bytes.NewReader(q), e))
		if err == nil {
			_, err = s.whole()
		}
		if err == nil || e.read > 2*maxPayload {
			t.Errorf("frame of %d bytes: %d read, %v", size, e.read, err)
		}
		q = binary.BigEndian.AppendUint32(q, 0)
		// The race detector empties pools at random.
		if n := allocated(func() { sound(q) }); n > 512<<10 {
			t.Errorf("frame of %d bytes that are not there: %d bytes allocated", size, n)
		}
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var a, b runtime.MemStats
	f() // pools are filled
	runtime.ReadMemStats(&a)
	f()
	runtime.ReadMemStats(&b)
	return b.TotalAlloc - a.TotalAlloc
}

// bomb is a pack of one group with a head and columns of choice.
func bomb(g groupHead, there uint64, columns ...byte) []byte {
	p := binary.LittleEndian.AppendUint64(g.append(nil), there)
	p = append(p, columns...)
	q, sum := appendHead(nil, [32]byte{1})
	q, sum = appendFrame(q, sum, kindGroup, p)
	var d digest
	q, _ = appendFrame(q, sum, kindEnd, appendEnd(nil, 0, &d))
	return q
}

// column1 is a column of n equal bytes.
func column1(n uint64, b byte) []byte {
	return append(binary.AppendUvarint(nil, n<<2|oneByte), b)
}

// TestBombs: groups that say they stand for very much are refused before it is
// made, and those that may are bounded by what the group may take.
func TestBombs(t *testing.T) {
	big := zip(make([]byte, 8<<20), false)
	zipped := append(binary.AppendUvarint(binary.AppendUvarint(nil, 8<<20<<2|asZstd), uint64(len(big))), big...)
	lies := append(binary.AppendUvarint(binary.AppendUvarint(nil, 100<<2|asZstd), uint64(len(big))), big...)
	for name, c := range map[string]struct {
		p     []byte
		limit bool
	}{
		"changes":         {bomb(groupHead{changes: 1 << 40}, 0), true},
		"bytes":           {bomb(groupHead{changes: 1, blocks: 1 << 50}, 0), true},
		"sum of bytes":    {bomb(groupHead{changes: 1, blocks: 1<<63 + 1, contents: 1 << 63}, 0), true},
		"ratio":           {bomb(groupHead{changes: 1, blocks: 8 << 20}, 0), true},
		"equal bytes":     {bomb(groupHead{changes: 1, blocks: 1000}, 1<<colWords, column1(1<<30, 0)...), true},
		"column of 2^60":  {bomb(groupHead{changes: 1, blocks: 1000}, 1<<colWords, column1(1<<60, 0)...), true},
		"zstd":            {bomb(groupHead{changes: 1, blocks: 1000}, 1<<colWords, zipped...), true},
		"zstd that lies":  {bomb(groupHead{changes: 1, blocks: 1000}, 1<<colWords, lies...), false},
		"no column":       {bomb(groupHead{changes: 1, blocks: 1000}, 1<<colWords), false},
		"unknown column":  {bomb(groupHead{changes: 1, blocks: 1000}, 1<<63), false},
		"no change":       {bomb(groupHead{}, 0), true},
		"more signatures": {bomb(groupHead{changes: 1, signed: 2}, 0), false},
		"more authors":    {bomb(groupHead{changes: 1, shares: []uint64{0, 0}}, 0), false},
		"more words":      {bomb(groupHead{changes: 1, contents: 5, shares: []uint64{6}}, 0), false},
		"words wrapped":   {bomb(groupHead{changes: 2, contents: 5, shares: []uint64{1 << 63, 1 << 63}}, 0), false},
		"kinds":           {bomb(groupHead{changes: 1, blocks: 60000}, 1<<colAuthor|1<<colRaw|1<<colShape|1<<colTime|1<<colLinks|1<<colRefs|1<<colOps|1<<colKind, bytes.Join([][]byte{column1(32, 7), column1(1, 0), column1(1, 1), column1(1, 0), column1(1, 0), column1(1, 0), column1(1, 40), column1(60000, 14)}, nil)...), false},
	} {
		var err error
		n := allocated(func() { _, err = read(c.p) })
		if c.limit && !errors.Is(err, ErrLimit) || !c.limit && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
		if n > uint64(64*len(c.p)+1<<20) {
			t.Errorf("%s: %d bytes allocated for %d", name, n, len(c.p))
		}
	}
}

// TestRatio: what squeezes to next to nothing is packed so that a reader takes it.
func TestRatio(t *testing.T) {
	w := newWorld(1)
	w.salted = false
	h := *headerOf(w)
	for k := range 3000 {
		prev := len(w.list) - 1
		p := &w.list[prev]
		if k == 0 {
			prev, h.Work, h.Parents = -1, w.work, append(h.Parents[:0], w.work)
		} else {
			h.Prev, h.Work, h.Parents = p.id, [32]byte{}, nil
			h.Seq, h.Start = p.seq+1, p.start+uint64(p.count)
		}
		w.put(&h, equalOps(h.Start), []byte("a"), 1, prev)
	}
	for k := range w.bundle.Items {
		if k > 0 {
			w.bundle.Items[k].Words = []byte("a")
		}
	}
	w.bundle.Sigs = nil
	p := packed(t, &w.bundle, false, func(int) bool { return false })
	if err := equal(w.bundle.Items, unpacked(t, p).Items); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d changes in %d bytes", len(w.bundle.Items), len(p))
}
