package crdt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestHistories runs random histories with all containers mixed and judges them
// by the twin: 10,000 with -args -long. It prints what it did and fails when that is
// less than promised.
func TestHistories(t *testing.T) {
	n := 3000
	switch {
	case *long:
		n = 10000
	case testing.Short():
		n = 200
	}
	const shards = 4
	all := make([]counts, shards)
	t.Run("shards", func(t *testing.T) {
		for k := range shards {
			t.Run(fmt.Sprint(k), func(t *testing.T) {
				t.Parallel()
				for seed := k; seed < n; seed += shards {
					tell(t, uint64(seed), &all[k])
				}
			})
		}
	})
	var c counts
	for k := range all {
		c.add(&all[k])
	}
	t.Logf("%+v", c)
	if c.histories < n || c.parts < n/500 || c.forks < n/20 || c.inverts < n || c.turns < n/2 || c.rollbacks < n/2 || c.pasts < n || c.views < n/2 || c.replays < n || c.reopened < n/10 || c.starves < n/10 {
		t.Errorf("less than promised: %+v", c)
	}
	if c.undos < n/2 || c.restores < n/5 || c.marks < n/5 || c.moves < n/8 || c.turned < n/2 {
		t.Errorf("less than promised: %+v", c)
	}
}

// tell runs the history of one seed.
func tell(t testing.TB, seed uint64, c *counts) {
	s := newStory(t, seed, c)
	defer func() {
		if p := recover(); p != nil {
			t.Log(strings.Join(s.log, "\n"))
			t.Logf("seed %d", seed)
			panic(p)
		}
	}()
	for range 12 + s.r.IntN(28) {
		s.step()
	}
	if seed%500 == 7 {
		s.large()
	}
	s.end()
}

// add adds up what two runs did.
func (c *counts) add(d *counts) {
	for k, n := range d.list() {
		*c.list()[k] += *n
	}
}

// list is every count.
func (c *counts) list() []*int {
	return []*int{&c.histories, &c.changes, &c.edits, &c.exchanges, &c.rollbacks, &c.inverts, &c.forks, &c.joins, &c.turns, &c.pasts, &c.views, &c.replays, &c.parts, &c.reopened, &c.starves, &c.undos, &c.restores, &c.marks, &c.moves, &c.turned}
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
