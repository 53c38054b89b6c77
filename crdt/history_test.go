package crdt_test

import (
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestHistories runs random histories with all containers mixed and judges them
// by the twin. It prints what it did and fails when that is less than promised.
func TestHistories(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 200
	}
	var c counts
	for seed := range uint64(n) {
		s := newStory(t, seed, &c)
		for range 12 + s.r.IntN(28) {
			s.step()
		}
		if seed%500 == 7 {
			s.large()
		}
		s.end()
	}
	t.Logf("%+v", c)
	if c.histories < n || c.parts < n/500 || c.forks < n/20 || c.inverts < n || c.turns < n/2 || c.rollbacks < n/2 || c.pasts < n || c.views < n/2 || c.replays < n {
		t.Errorf("less than promised: %+v", c)
	}
}

// large is an Update that needs several parts.
func (s *story) large() {
	k := s.any()
	d := s.docs[k]
	s.note("doc %d: an Update in parts", k)
	big := strings.Repeat("x", 500<<10)
	s.must(s.update(k, d, func(tx *crdt.Tx) error {
		e := editor{s.r, s.failf}
		e.edit(tx)
		for range 3 {
			tx.Put("big", big)
			e.edit(tx)
		}
		tx.Put("big", "small")
		e.edit(tx)
		return nil
	}))
	s.turn(k, d)
}
