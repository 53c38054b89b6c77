package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/commonhold/commonhold/internal/tips"
)

// drawMessage makes any message within the limits.
func drawMessage(t *rapid.T) message {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
	m := message{kind: byte(rapid.IntRange(mHello, mLast).Draw(t, "kind"))}
	some := func(most int) int { // often few, sometimes all
		if rng.IntN(4) == 0 {
			return most
		}
		return rng.IntN(min(most, 5) + 1)
	}
	oneID := func() (x id) {
		for i := range x {
			x[i] = byte(rng.Uint32())
		}
		return x
	}
	ids := func(n int) (out []id) {
		for range n {
			out = append(out, oneID())
		}
		return out
	}
	someTips := func(n int) (out []Tip) {
		for range n {
			out = append(out, Tip{Author: oneID(), Seq: rng.Uint64N(MaxSeq), ID: oneID()})
		}
		slices.SortFunc(out, tips.Compare)
		return out
	}
	if m.kind != mHello {
		x := oneID()
		copy(m.tag[:], x[:])
	}
	if m.kind != mHello && m.kind != mFail {
		m.num = rng.Uint64()
	}
	switch m.kind {
	case mHello:
		m.flags = byte(rng.IntN(helloFlags + 1))
		x := oneID()
		m.work, m.digest, m.count = oneID(), oneID(), rng.Uint64()
		copy(m.nonce[:], x[:])
		copy(m.echo[:], x[16:])
		if m.flags&helloHeads != 0 {
			m.heads = ids(some(MaxHeads))
			slices.SortFunc(m.heads, compareID)
		}
		if rng.IntN(2) == 0 {
			m.tips = someTips(some(MaxInline))
		} else {
			m.offer = bytes.Repeat([]byte{5}, 1+some(MaxOffer-1))
		}
	case mRanges:
		m.part = bytes.Repeat([]byte{7}, 1+some(MaxMessage-headerLen-1))
	case mPack:
		m.flags = byte(rng.IntN(packFlags + 1))
		m.part = bytes.Repeat([]byte{7}, 1+some(MaxPart-1))
	case mWant:
		m.flags = byte(rng.IntN(wantMore + 1))
		for range 1 + some(19) {
			m.wants = append(m.wants, want{oneID(), oneID(), ids(some(MaxLocator))})
		}
	case mLack:
		m.ids = ids(1 + some(lackPerMessage-1))
	case mAsk:
		m.flags, m.ids = byte(rng.IntN(wantMore+1)), ids(some(MaxAsk))
	case mWords:
		m.of, m.size = oneID(), noWords
		if rng.IntN(4) > 0 {
			m.part = bytes.Repeat([]byte{7}, 1+some(MaxPart-1))
			m.place = uint32(rng.IntN(MaxWords - len(m.part)))
			m.size = m.place + uint32(len(m.part)+rng.IntN(MaxWords-len(m.part)-int(m.place)+1))
		}
	case mHave:
		m.digest, m.count, m.deferred, m.seen = oneID(), rng.Uint64(), rng.Uint64(), rng.Uint64()
	case mCredit:
		m.bytes = 1 + rng.Uint32()/2
	case mFail:
		m.why, m.text = Kind(rng.Uint32()), bytes.Repeat([]byte{0xff}, some(MaxReason))
	}
	return m
}

// decode is the inverse of encode, and every message that can be made fits.
func TestCodecInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		b := encode(&m)
		if len(b) > MaxMessage {
			t.Fatalf("message of kind %d has %d bytes", m.kind, len(b))
		}
		got, err := decode(b)
		if err != nil {
			t.Fatalf("kind %d: %v", m.kind, err)
		}
		if len(m.text) == 0 {
			m.text, got.text = nil, nil
		}
		if !reflect.DeepEqual(got, m) {
			t.Fatalf("decoded %+v, encoded %+v", got, m)
		}
		if len(b) < cap(b)-64 || cap(b) > len(b)+200 {
			t.Fatalf("kind %d: %d bytes in a buffer of %d", m.kind, len(b), cap(b))
		}
	})
}

// samples are one small valid message of each kind.
func samples() []message {
	a, b := sha256.Sum256([]byte("a")), sha256.Sum256([]byte("b"))
	lo, hi := a, b
	if compareID(lo, hi) > 0 {
		lo, hi = hi, lo
	}
	list := []Tip{{Author: lo, Seq: 3, ID: a}, {Author: lo, Seq: 4, ID: b}, {Author: hi, ID: a}}
	tag := tag{1, 2, 3, 4, 5, 6, 7, 8}
	return []message{
		{kind: mHello, flags: helloHeads, work: a, nonce: nonce{1}, echo: nonce{2}, digest: b, count: 9, heads: []id{lo, hi}, tips: list[:2]},
		{kind: mHello, flags: helloReadOnly, work: a, nonce: nonce{1}, digest: b, count: 9, offer: []byte("offer")},
		{kind: mRanges, tag: tag, num: 1, part: []byte("ranges")},
		{kind: mPack, tag: tag, num: 1, flags: packFirst | packLast, part: []byte("part")},
		{kind: mWant, tag: tag, num: 1, flags: wantMore, wants: []want{{a, b, []id{a}}, {b, a, nil}}},
		{kind: mLack, tag: tag, num: 1, ids: []id{a, b}},
		{kind: mHave, tag: tag, num: 1, digest: a, count: 3, deferred: 4, seen: 5},
		{kind: mCredit, tag: tag, num: 2, bytes: 131072},
		{kind: mFail, tag: tag, why: KindInvalid, text: []byte("why")},
		{kind: mAsk, tag: tag, num: 1, flags: wantMore, ids: []id{a, b}},
		{kind: mWords, tag: tag, num: 1, of: a, size: 9, place: 4, part: []byte("words")},
		{kind: mWords, tag: tag, num: 1, of: a, size: noWords},
	}
}

// The credit that the package comment has as its example.
func TestCodecExample(t *testing.T) {
	got := hex.EncodeToString(encode(&samples()[7]))
	if got != "07"+"0102030405060708"+"0000000000000002"+"00020000" {
		t.Fatalf("credit: %s", got)
	}
}

// Every prefix is refused, every longer string too; every change of one byte is
// refused or is another message with exactly these bytes.
func TestCodecOneSpelling(t *testing.T) {
	for _, m := range samples() {
		b := encode(&m)
		got, err := decode(b)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("sample %+v: decoded %+v, %v", m, got, err)
		}
		check := func(what string, b []byte, mustFail bool) {
			t.Helper()
			got, err := decode(b)
			if err == nil && (mustFail || !bytes.Equal(encode(&got), b)) {
				t.Fatalf("kind %d, %s: accepted", m.kind, what)
			}
			if err != nil && !errors.Is(err, ErrPeer) {
				t.Fatalf("kind %d, %s: %v is no ErrPeer", m.kind, what, err)
			}
		}
		ids := m.kind == mLack || m.kind == mWant || m.kind == mAsk
		free := ids || m.kind == mPack || m.kind == mFail || m.kind == mRanges || m.offer != nil || m.part != nil // whose end is that of the message
		for n := range b {
			check("prefix", b[:n], !free)
		}
		check("appended byte", append(bytes.Clone(b), 0), !free || ids || m.size == 9)
		for i := range b {
			for bit := range 8 {
				c := bytes.Clone(b)
				c[i] ^= 1 << bit
				check("flipped bit", c, false)
			}
			for _, x := range []byte{0, 0xff, b[i] + 1} {
				c := bytes.Clone(b)
				c[i] = x
				check("changed byte", c, false)
			}
		}
	}
}

// broken is a message that is not one, and why.
type broken struct {
	name string
	b    []byte
}

// brokenMessages are valid messages with one fault each.
func brokenMessages() []broken {
	s := samples()
	out := []broken{
		{"empty", nil},
		{"kind 0", []byte{0}},
		{"kind 11", append([]byte{11}, make([]byte, 100)...)},
		{"over the limit", append([]byte{mPack}, make([]byte, MaxMessage)...)},
		{"only a kind", []byte{mHave}},
		{"only a tag", append([]byte{mHave}, make([]byte, 8)...)},
	}
	change := func(name string, i int, f func(*message)) {
		m := s[i]
		f(&m)
		out = append(out, broken{name, encode(&m)})
	}
	change("zero nonce", 0, func(m *message) { m.nonce = nonce{} })
	change("unknown hello flag", 0, func(m *message) { m.flags |= 8 })
	change("heads descend", 0, func(m *message) { m.heads = []id{m.heads[1], m.heads[0]} })
	change("head twice", 0, func(m *message) { m.heads = []id{m.heads[0], m.heads[0]} })
	change("heads without flag", 0, func(m *message) { m.flags = 0 })
	change("17 heads", 0, func(m *message) { m.heads = manyIDs(17) })
	change("tips descend", 0, func(m *message) { m.tips = []Tip{m.tips[1], m.tips[0]} })
	change("tip twice", 0, func(m *message) { m.tips = []Tip{m.tips[0], m.tips[0]} })
	change("seq 2^53", 0, func(m *message) { m.tips = slices.Clone(m.tips); m.tips[1].Seq = MaxSeq })
	change("three tips", 0, func(m *message) { m.tips = append(m.tips[:2:2], Tip{Author: id{0xff, 0xff}}) })
	change("an empty offer", 1, func(m *message) { m.offer = []byte{} })
	change("an offer over the limit", 1, func(m *message) { m.offer = make([]byte, MaxOffer+1) })
	change("ranges of nothing", 2, func(m *message) { m.part = nil })
	change("unknown pack flag", 3, func(m *message) { m.flags |= 8 })
	change("empty part", 3, func(m *message) { m.part = nil })
	change("part over the limit", 3, func(m *message) { m.part = make([]byte, MaxPart+1) })
	change("unknown want flag", 4, func(m *message) { m.flags |= 2 })
	change("no wants", 4, func(m *message) { m.wants = nil })
	change("locator of 65", 4, func(m *message) { m.wants = []want{{locator: manyIDs(65)}} })
	change("257 wants", 4, func(m *message) { m.wants = make([]want, 257) })
	change("no ids", 5, func(m *message) { m.ids = nil })
	change("credit of 0", 7, func(m *message) { m.bytes = 0 })
	change("text over the limit", 8, func(m *message) { m.text = make([]byte, MaxReason+1) })
	change("unknown ask flag", 9, func(m *message) { m.flags |= 2 })
	change("257 asked for", 9, func(m *message) { m.ids = manyIDs(MaxAsk + 1) })
	change("words without any", 10, func(m *message) { m.part = nil })
	change("words behind their end", 10, func(m *message) { m.place = 5 })
	change("words behind 2^32", 10, func(m *message) { m.place = 1<<32 - 1 })
	change("part of words over the limit", 10, func(m *message) { m.size, m.place, m.part = MaxWords, 0, make([]byte, MaxPart+1) })
	change("words over the limit", 10, func(m *message) { m.size = MaxWords + 1 })
	change("no words and more", 11, func(m *message) { m.size = 1<<32 - 2 })
	for _, n := range []byte{1, 3, 254} { // numbers of tips that lie
		b := encode(&s[0])
		b[len(b)-2*tipLen-1] = n
		out = append(out, broken{fmt.Sprint("a hello of ", n, " tips"), b})
	}
	return out
}

// manyIDs makes n ids that ascend.
func manyIDs(n int) (out []id) {
	for i := range n {
		out = append(out, id{byte(i >> 8), byte(i)})
	}
	return out
}

// Each fault is refused as malformed.
func TestCodecFaults(t *testing.T) {
	for _, f := range brokenMessages() {
		var b *breach
		if m, err := decode(f.b); !errors.As(err, &b) || b.kind != KindMalformed {
			t.Errorf("%s: %v, %+v", f.name, err, m)
		}
	}
	v := encode(&samples()[0])
	v[1] = 2
	if _, err := decode(v); !errors.Is(err, ErrVersion) || !errors.Is(err, ErrPeer) {
		t.Errorf("version 2: %v", err)
	}
}

// What decode allocates is a small multiple of what it is given.
func TestCodecAllocation(t *testing.T) {
	for _, m := range samples() {
		b := encode(&m)
		if n := testing.AllocsPerRun(100, func() { decode(b) }); n > 6 {
			t.Errorf("kind %d: %v allocations", m.kind, n)
		}
	}
	big := encode(&message{kind: mPack, flags: packFirst, part: make([]byte, MaxPart)})
	if n := testing.AllocsPerRun(100, func() { decode(big) }); n > 1 {
		t.Errorf("pack: %v allocations", n)
	}
}

// Names of states, reasons and kinds are there and differ.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for i := range 8 {
		for _, s := range []string{State(i).String(), "reason " + Reason(i).String(), "kind " + Kind(i).String()} {
			if seen[s] && !strings.Contains(s, "unknown") {
				t.Errorf("%q twice", s)
			}
			seen[s] = true
		}
	}
}
