package crdt_test

import (
	"slices"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// follower is a shadow that follows one doc, from view to view.
type follower struct {
	shadow *shadow
	last   *crdt.View
}

// units are all units.
var allUnits = []crdt.Unit{crdt.Runes, crdt.UTF8, crdt.UTF16}

// pull brings a follower up to date and compares it with the doc. sound says that
// old views show what they showed.
func (f *follower) pull(s *story, d *crdt.Doc, sound bool) {
	s.t.Helper()
	now := d.View()
	patches, err := crdt.DiffIn(f.last, now, f.shadow.unit)
	s.must(err)
	if err := f.shadow.apply(patches); err != nil {
		s.failf("%v\nof %v", err, tellAll(patches))
	}
	if got, want := f.shadow.JSON(), showAll(s, d); got != want {
		s.failf("patches lead to\n%s\nthe doc shows\n%s\npatches %v", got, want, tellAll(patches))
	}
	s.must(f.shadow.sameAllRich(now))
	if f.last != nil && sound {
		samePatches(s, patches, crdt.DiffStates(f.last, now, f.shadow.unit))
	}
	f.last = now
}

// tellAll writes patches down.
func tellAll(list []crdt.Patch) []string {
	var out []string
	for _, p := range list {
		out = append(out, "\n"+told(p))
	}
	return out
}

// samePatches fails unless two diffs are the same.
func samePatches(s *story, got, want []crdt.Patch) {
	s.t.Helper()
	if a, b := tellAll(got), tellAll(want); !slices.Equal(a, b) {
		s.failf("by what is new: %v\nby states: %v", a, b)
	}
}

// TestDiffStories follows the docs of random histories by patches alone: after
// every step each shadow is its doc, and a diff by what is new is that by states.
func TestDiffStories(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 60
	}
	recent, far := 0, 0
	for seed := range uint64(rounds) {
		s := newStory(t, 1<<31+seed, &counts{})
		all := map[*crdt.Doc]*follower{}
		var old []pastView
		for range 25 {
			s.step()
			for _, d := range s.docs {
				f := all[d]
				if f == nil {
					f = &follower{shadow: newShadow(allUnits[s.r.IntN(3)])}
					all[d] = f
				}
				if f.last != nil && s.r.IntN(4) > 0 {
					continue // falls behind
				}
				if f.last != nil && crdt.Recent(f.last) {
					recent++
				}
				f.pull(s, d, !s.starved[d])
			}
			if d := s.docs[s.any()]; !s.starved[d] && s.r.IntN(3) == 0 {
				old = append(old, pastView{d, d.View(), showAll(s, d)})
			}
		}
		for range 6 {
			far += s.compareOld(old)
		}
	}
	t.Logf("%d recent diffs, %d far ones", recent, far)
	if recent < rounds*5 || far < rounds {
		t.Errorf("less than promised: %d recent diffs, %d far ones", recent, far)
	}
}

// pastView is a view of a doc and what it showed.
type pastView struct {
	d    *crdt.Doc
	v    *crdt.View
	json string
}

// compareOld makes the diff of two views of one time or another.
func (s *story) compareOld(old []pastView) int {
	if len(old) < 2 {
		return 0
	}
	a, b := old[s.r.IntN(len(old))], old[s.r.IntN(len(old))]
	if s.starved[a.d] || s.starved[b.d] {
		return 0 // words may be absent here that were there
	}
	patches, err := crdt.Diff(a.v, b.v)
	if err != nil {
		return 0 // replicas that have not all of it
	}
	sh := newShadow(crdt.Runes)
	start, err := crdt.Diff(nil, a.v)
	s.must(err)
	s.must(sh.apply(start))
	if sh.JSON() != a.json {
		s.failf("from nothing to\n%s\nis\n%s", a.json, sh.JSON())
	}
	if err := sh.apply(patches); err != nil {
		s.failf("%v\nof %v", err, tellAll(patches))
	}
	if sh.JSON() != b.json {
		s.failf("from\n%s\nto\n%s\npatches lead to\n%s\n%v", a.json, b.json, sh.JSON(), tellAll(patches))
	}
	return 1
}
