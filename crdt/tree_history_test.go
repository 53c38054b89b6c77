package crdt_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestTreeHistories runs random histories of one small list and one small tree, in
// which people move, set and delete the same few things: moves that cross, cycles,
// work inside what is deleted, undo, switching off and on, forked keys, reopening.
// Every room is checked after every step, and the twin judges what each replica
// shows.
func TestTreeHistories(t *testing.T) {
	n := 1500
	if testing.Short() {
		n = 120
	}
	const shards = 4
	all := make([]groveCounts, shards)
	t.Run("shards", func(t *testing.T) {
		for k := range shards {
			t.Run(fmt.Sprint(k), func(t *testing.T) {
				t.Parallel()
				for seed := k; seed < n; seed += shards {
					tellTree(t, 1<<33+uint64(seed), &all[k])
				}
			})
		}
	})
	var c groveCounts
	for k := range all {
		c.moves += all[k].moves
		c.strays += all[k].strays
		c.presses += all[k].presses
		c.patches += all[k].patches
		c.counts.add(&all[k].counts)
	}
	t.Logf("%+v", c)
	if c.histories < n || c.moves < 10*n || c.strays < n/20 || c.presses < n || c.inverts < n || c.turns < n || c.forks < n/20 || c.reopened < n/4 || c.rollbacks < n {
		t.Errorf("less than promised: %+v", c)
	}
}

// groveCounts says what histories of lists and trees did besides.
type groveCounts struct {
	counts
	moves, strays, presses, patches int
}

// tellTree runs the history of one seed.
func tellTree(t testing.TB, seed uint64, c *groveCounts) {
	s := newStory(t, seed, &c.counts)
	defer func() {
		if p := recover(); p != nil {
			for _, l := range s.log {
				t.Log(l)
			}
			t.Logf("seed %d", seed)
			panic(p)
		}
	}()
	all := map[*crdt.Doc]*follower{}
	for range 20 + s.r.IntN(25) {
		k, other := s.any(), s.any()
		s.treeStep(k, other, c)
		for _, i := range []int{k, other, len(s.docs) - 1} {
			d := s.docs[i]
			if err := errors.Join(d.CheckRooms(), d.CheckState()); err != nil {
				s.failf("doc %d: %v", i, err)
			}
		}
		if d := s.docs[k]; s.r.IntN(2) == 0 {
			if all[d] == nil {
				all[d] = &follower{shadow: newShadow(crdt.Runes)}
			}
			all[d].pull(s, d, !s.starved[d])
			c.patches++
		}
	}
	s.end()
	tree := newTwin(rawsOf(s.docs[0])).boxes[`root 6 "T"`]
	if tree != nil {
		for _, p := range tree.stands() {
			if p.by == nil {
				c.strays++
			}
		}
	}
}

// treeStep does one random thing.
func (s *story) treeStep(k, other int, c *groveCounts) {
	d := s.docs[k]
	switch n := s.r.IntN(100); {
	case n < 45:
		s.growTree(k, d, c)
	case n < 52:
		s.rollback(k, d)
	case n < 58:
		s.commit(k, d)
	case n < 74:
		s.exchange(k, other)
	case n < 79:
		s.invert(k, d)
	case n < 84:
		s.press(k, d, c)
	case n < 90:
		s.turn(k, d)
	case n < 91:
		s.join()
	case n < 93:
		s.fork(k)
	case n < 95:
		s.remember(d)
	case n < 98:
		s.reopen(k, d)
	case n < 99:
		s.starve(k, other)
	default:
		s.replay(k, d)
	}
}

// growTree edits the list and the tree, in one Update.
func (s *story) growTree(k int, d *crdt.Doc, c *groveCounts) {
	n := 1 + s.r.IntN(3)
	s.note("doc %d: %d edits of list and tree", k, n)
	e := editor{s.r, s.failf}
	s.must(s.update(k, d, func(tx *crdt.Tx) error {
		for range n {
			l := tx.List("l")
			i := s.r.IntN(l.Len() + 1)
			switch x := s.r.IntN(8); {
			case x < 4:
				e.tree(tx.Tree("T"))
			case l.Len() < 3:
				l.Insert(i, s.r.IntN(10))
			case x < 7 && i < l.Len():
				e.move(l, l.Elem(i))
			case i < l.Len() && s.r.IntN(2) == 0:
				l.Put(l.Elem(i), s.r.IntN(10))
			default:
				l.DeleteRange(i, min(l.Len(), i+1+s.r.IntN(2)))
			}
			c.moves++
			s.tally.edits++
		}
		return nil
	}))
}

// press undoes or redoes, as an editor would.
func (s *story) press(k int, d *crdt.Doc, c *groveCounts) {
	s.must(s.update(k, d, func(*crdt.Tx) error { return nil })) // rekey, if due
	_, err := d.Since(d.Heads())                                // an act that is open turns things when it is sealed
	s.must(err)
	before := showAll(s, d)
	u := crdt.NewUndo(d)
	press, what := u.Undo, "undo"
	if u.CanRedo() && s.r.IntN(2) == 0 {
		press, what = u.Redo, "redo"
	}
	x, err := press()
	s.note("doc %d: %s of %v: %v", k, what, x.Changes, err)
	if errors.Is(err, crdt.ErrNothing) {
		return
	}
	s.must(err)
	if j := s.logs[d]; j != nil {
		*j = journal{} // it was sealed
	}
	if differs := showAll(s, d) != before; differs && !x.Visible {
		s.failf("a press that says that it shows nothing changes\n%s\nto\n%s", before, showAll(s, d))
	}
	for _, l := range x.Left {
		v, err := d.View().Lookup(l.Path)
		if err == nil && l.Path == "" {
			continue
		}
		if e, ok := v.Any().(crdt.Elem); ok && e != l.Elem {
			s.failf("what was left at %s is %v, not %v", l.Path, e, l.Elem)
		}
	}
	c.presses++
}
