package crdt_test

import (
	"errors"
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// format marks a random part of what the editor shows, or divides it; a mark shows on
// what its user saw when the editor pulls.
func (k *desk) format(s *story) {
	s.t.Helper()
	runes := []rune(k.shown)
	i := s.r.IntN(len(runes) + 1)
	j := min(len(runes), i+s.r.IntN(4))
	at := func(n int) int { return width(string(runes[:n]), k.unit) }
	again := func(fn func() error) {
		err := fn()
		if errors.Is(err, crdt.ErrKey) {
			s.rekey(k.d)
			err = fn()
		}
		s.must(err)
		s.must(s.update(0, k.d, func(*crdt.Tx) error { return nil })) // journal
	}
	switch s.r.IntN(4) {
	case 0:
		again(func() error { return k.m.Split(at(i), crdt.Block{Kind: "heading"}) })
	case 1:
		again(func() error { return k.m.SetBlock(at(i), crdt.Block{Level: s.r.IntN(4)}) })
	default:
		m := richOnes[s.r.IntN(len(richOnes))]
		if m.Value = 7 + s.r.IntN(3); s.r.IntN(4) == 0 {
			m.Value = nil
		}
		marked := k.elems[i:j]
		again(func() error { return k.m.Mark(at(i), at(j), m) })
		t := crdt.TextOf(k.m)
		name := nameOf(m.Key, m.ID)
		pos := 0
		for _, e := range crdt.Elements(k.m) {
			if !e.Shown {
				continue
			}
			if v, ok := t.MarksAt(pos)[name]; slices.Contains(marked, e.LV) && (ok != (m.Value != nil) || ok && v.Any() != int64(m.Value.(int))) {
				s.failf("marked %d to %d of %q with %+v: element %d shows %v", i, j, k.shown, m, e.LV, v.Any())
			}
			pos++
		}
	}
}
