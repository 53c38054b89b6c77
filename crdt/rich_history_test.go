package crdt_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestRichHistories makes, marks and divides one text in two to four replicas, which
// undo, redo, take changes of each other back, switch them off and on, roll back and
// merge in any order. After every step all rooms are checked; a shadow that is fed with
// patches alone shows the marks and blocks of its doc; diffs by what is new are those by
// states. In the end, and at versions on the way, marks, blocks and authors are those of
// the slow twin.
func TestRichHistories(t *testing.T) {
	histories := 400
	if testing.Short() {
		histories = 60
	}
	var c richCounts
	for seed := range uint64(histories) {
		c.tell(t, seed)
	}
	t.Logf("%+v", c)
	if c.undone < histories || c.far < histories || c.marks < histories || c.blocks < histories*2 || c.turns < histories || c.parts < histories*8 {
		t.Errorf("less than promised: %+v", c)
	}
}

// richCounts says what the histories did.
type richCounts struct{ undone, far, marks, blocks, turns, parts int }

// tell runs the history of one seed.
func (c *richCounts) tell(t *testing.T, seed uint64) {
	s := newStory(t, 1<<33+seed, &counts{})
	all := map[*crdt.Doc]*follower{}
	undos := map[*crdt.Doc]*crdt.Undo{}
	var old []pastView
	for range 30 {
		k := s.any()
		d := s.docs[k]
		e := editor{s.r, s.failf}
		switch s.r.IntN(12) {
		case 0:
			s.exchange(k, s.any())
		case 1:
			s.invert(k, d)
		case 2:
			s.turn(k, d)
			c.turns++
		case 3:
			s.commit(k, d)
		case 4:
			c.undo(s, undos, k, d)
		case 5:
			c.rollback(s, k, d)
		default:
			s.note("doc %d edits", k)
			s.must(s.update(k, d, func(tx *crdt.Tx) error {
				for range 1 + s.r.IntN(3) {
					if x := tx.Text("t"); s.r.IntN(2) == 0 {
						e.rich(x)
					} else {
						e.text(x)
					}
				}
				return nil
			}))
		}
		s.must(d.CheckRooms())
		for _, d := range s.docs {
			f := all[d]
			if f == nil {
				f = &follower{shadow: newShadow(allUnits[s.r.IntN(3)])}
				all[d] = f
			}
			if s.r.IntN(3) == 0 {
				f.pull(s, d, true)
			}
		}
		if s.r.IntN(3) == 0 {
			old = append(old, pastView{d, d.View(), showAll(s, d)})
			s.remember(d)
		}
	}
	for range 4 {
		c.far += s.compareOld(old)
	}
	s.end()
	text := s.docs[0].View().Text("t")
	for range text.Marks() {
		c.marks++
	}
	for range text.Blocks() {
		c.blocks++
	}
	c.slices(s, text)
}

// undo takes something back or brings it back.
func (c *richCounts) undo(s *story, undos map[*crdt.Doc]*crdt.Undo, k int, d *crdt.Doc) {
	u := undos[d]
	if u == nil {
		u = crdt.NewUndo(d)
		undos[d] = u
	}
	s.must(s.update(k, d, func(*crdt.Tx) error { return nil })) // rekey, if due
	press, name := u.Undo, "undo"
	if u.CanRedo() && s.r.IntN(2) == 0 {
		press, name = u.Redo, "redo"
	}
	_, err := press()
	s.note("doc %d: %s: %v", k, name, err)
	if errors.Is(err, crdt.ErrNothing) {
		return
	}
	s.must(err)
	c.undone++
}

// rollback lets an Update fail: the text shows what it showed.
func (c *richCounts) rollback(s *story, k int, d *crdt.Doc) {
	s.must(s.update(k, d, func(*crdt.Tx) error { return nil })) // rekey, if due
	was, open := dumpText(d.View().Text("t")), d.OpenState()
	s.note("doc %d: rollback", k)
	e := editor{s.r, s.failf}
	err := d.Update(func(tx *crdt.Tx) error {
		for range 1 + s.r.IntN(3) {
			e.text(tx.Text("t"))
			e.rich(tx.Text("t"))
		}
		return errPlanned
	})
	if now := dumpText(d.View().Text("t")); !errors.Is(err, errPlanned) || now != was || d.OpenState() != open {
		s.failf("%v, and\n%s\nbecame\n%s", err, was, now)
	}
}

// slices compares parts of a text with the whole.
func (c *richCounts) slices(s *story, t crdt.Text) {
	whole := richOf(t)
	n := t.Len()
	for range 10 {
		i := s.r.IntN(n + 1)
		j := i + s.r.IntN(n-i+1)
		part := t.Slice(i, j)
		got, want := "", ""
		for _, r := range richOf(part) {
			got += fmt.Sprint(r.marks)
		}
		for _, r := range whole[i:j] {
			want += fmt.Sprint(r.marks)
		}
		if got != want {
			s.failf("part %d to %d of %q shows\n%s\nthe whole there\n%s", i, j, t, got, want)
		}
		s.must(checkParts(part))
		c.parts++
		kinds := map[int]string{}
		for b := range t.Blocks() {
			for k := max(b.At, 0); k <= n; k++ {
				kinds[k] = blockSays(b)
			}
		}
		for b := range part.Blocks() {
			if at := i + max(b.At, 0); blockSays(b) != kinds[at] {
				s.failf("part %d to %d of %q: block at %d says %s, the whole %s", i, j, t, b.At, blockSays(b), kinds[at])
			}
		}
	}
}
