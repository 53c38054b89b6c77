package crdt

import "fmt"

// Check restates the invariants of the stacks.
func (u *Undo) Check() error {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	s, d := &u.stack, u.d
	for q, i := range s.path {
		if int(d.g.Seq(i)) != q || d.g.Key(i) != d.me {
			return fmt.Errorf("undo: path has change %d at %d", i, q)
		}
	}
	last := group{seqs{-1, -1}, seqs{-1, -1}}
	for k, g := range s.done {
		if g.by.lo <= last.by.hi || g.by.hi < g.by.lo || g.by.hi >= len(s.path) {
			return fmt.Errorf("undo: group %d is %v after %v", k, g, last)
		}
		if g.of != g.by && (g.of.lo > g.of.hi || g.of.hi >= g.by.lo) {
			return fmt.Errorf("undo: group %d is %v", k, g)
		}
		last = g
	}
	for k, g := range s.undone {
		if g.by.hi < g.by.lo || g.by.hi >= len(s.path) || g.of.lo > g.of.hi || g.of.hi >= g.by.lo {
			return fmt.Errorf("undo: undone group %d is %v", k, g)
		}
	}
	return nil
}
