package session

import (
	"strings"
	"testing"
)

// Each clause of check finds the damage it is there for.
func TestCheckFinds(t *testing.T) {
	for _, c := range []struct {
		clause string
		damage func(s *Session)
	}{
		{"1:", func(s *Session) { s.state = Closed }},
		{"1:", func(s *Session) { s.err = ErrPeer }},
		{"1:", func(s *Session) { s.last = []byte{mFail} }},
		{"2:", func(s *Session) { s.sent = false }},
		{"2:", func(s *Session) { s.used = false }},
		{"2:", func(s *Session) { s.peerKnown = false }},
		{"2:", func(s *Session) { s.asked = true }},
		{"2:", func(s *Session) { s.r.tag[0]++ }},
		{"2:", func(s *Session) { s.r.theirs[0]++ }},
		{"3:", func(s *Session) { s.r.mark++ }},
		{"3:", func(s *Session) { s.r.queue = []int{-1} }},
		{"3:", func(s *Session) { s.r.queue = []int{s.r.mark} }},
		{"3:", func(s *Session) { s.r.queue = []int{1, 1} }},
		{"3:", func(s *Session) { s.r.queue = []int{2, 1} }},
		{"3:", func(s *Session) { s.r.told.add(1); s.r.queue = []int{1} }},
		{"3:", func(s *Session) { s.r.told.addRange(0, 100) }},
		{"4:", func(s *Session) { s.r.inside, s.r.pile.held = true, MaxBundle+1 }},
		{"4:", func(s *Session) { s.r.pile.add([]byte{1}) }},
		{"4:", func(s *Session) { s.r.unknown = make([]Tip, maxUnknown+1) }},
		{"4:", func(s *Session) { s.r.words.asked = make([]id, MaxAsk+1) }},
		{"4:", func(s *Session) { s.r.words.owed = make([]id, MaxAsk+maxLater+1) }},
		{"4:", func(s *Session) { s.r.words.got = make([]byte, MaxWords+1) }},
		{"4:", func(s *Session) { s.r.lacks = make([]id, maxUnknown+1) }},
		{"4:", func(s *Session) { s.r.asking = make([]Tip, maxUnknown+1) }},
		{"4:", func(s *Session) { s.r.marks = map[id]bool{{9}: true} }},
		{"5:", func(s *Session) { s.r.seen = s.r.out + 1 }},
		{"5:", func(s *Session) { s.r.effect = s.r.out + 1 }},
		{"5:", func(s *Session) { s.r.outstanding = -1 }},
		{"5:", func(s *Session) { s.r.outstanding = window + 1 }},
		{"5:", func(s *Session) { s.r.owed = -1 }},
		{"6:", func(s *Session) { s.peerDigest[0]++ }},
		{"6:", func(s *Session) { s.state = Partial }},
	} {
		w := history(8)
		n := pairOf(t, w, w.clone())
		n.heal(10)
		s := n.links[0].side[0]
		if err := s.check(); err != nil {
			t.Fatal(err)
		}
		c.damage(s)
		if err := s.check(); err == nil || !strings.Contains(err.Error(), "session: "+c.clause) {
			t.Errorf("damage to clause %s: check says %v", c.clause, err)
		}
	}
}

// A broken invariant is a panic that names the package and the rule.
func TestMustHoldPanics(t *testing.T) {
	s := newSession(t, history(1), 1, Options{})
	s.mustHold()
	s.state = Closed
	defer func() {
		if r, ok := recover().(string); !ok || !strings.HasPrefix(r, "session: 1:") {
			t.Fatalf("panic %v", r)
		}
	}()
	s.mustHold()
}

// A bitset is a set.
func TestBitset(t *testing.T) {
	var b bitset
	want := map[int]bool{}
	for _, r := range [][2]int{{3, 3}, {5, 9}, {60, 70}, {128, 129}, {7, 66}} {
		b.addRange(r[0], r[1])
		for i := r[0]; i < r[1]; i++ {
			want[i] = true
		}
	}
	b.add(200)
	want[200] = true
	for i := range 400 {
		if b.has(i) != want[i] {
			t.Fatalf("has(%d) is %t", i, b.has(i))
		}
	}
	if b.size() != len(want) {
		t.Fatalf("size %d, want %d", b.size(), len(want))
	}
}
