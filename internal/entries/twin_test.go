package entries

import (
	"cmp"
	"slices"
)

// The slow twin of Slots: the words of DESIGN 6 turned into code with no thought of cost. It knows entries
// by their local versions and asks the whole history anew at each question.

// fact is all that is known of one entry.
type fact struct {
	lv        LV
	slot      int32
	depth     int
	hash      int
	over      []LV
	kind      EntryKind
	child     int32
	off, size uint32
	effective bool
	deleted   bool // a delete of it counts
}

// alive: its change is effective and no delete of it counts.
func (f *fact) alive() bool { return f.effective && !f.deleted }

// twin is a history of entries.
type twin struct {
	facts  map[LV]*fact
	order  []LV // as added
	inside map[int32]bool
}

func newTwin() *twin { return &twin{facts: map[LV]*fact{}, inside: map[int32]bool{}} }

// hooks lets a room ask the twin.
func (w *twin) hooks() Hooks {
	return Hooks{
		Order: w.compare,
		State: func(lv LV) State {
			switch f := w.facts[lv]; {
			case !f.effective:
				return Ineffective
			case f.deleted:
				return Dead
			}
			return Alive
		},
		Off:    func(lv LV) bool { return !w.facts[lv].effective && !w.facts[lv].deleted },
		Inside: func(child int32) bool { return w.inside[child] },
	}
}

// compare is the total order (depth, CID, offset); a hash stands for the last two.
func (w *twin) compare(a, b LV) int {
	x, y := w.facts[a], w.facts[b]
	return cmp.Or(cmp.Compare(x.depth, y.depth), cmp.Compare(x.hash, y.hash), cmp.Compare(a, b))
}

// entries are the entries of a slot, ascending.
func (w *twin) entries(slot int32) []LV {
	var in []LV
	for lv, f := range w.facts {
		if f.slot == slot {
			in = append(in, lv)
		}
	}
	slices.SortFunc(in, w.compare)
	return in
}

// candidates are the alive entries, and the entries of each child whose entries are all off, none
// deleted, while anything inside it is alive.
func (w *twin) candidates(slot int32) []LV {
	var in []LV
	for _, lv := range w.entries(slot) {
		f := w.facts[lv]
		stands := f.kind == Child && w.inside[f.child]
		for _, o := range w.entries(slot) {
			if g := w.facts[o]; g.kind == Child && g.child == f.child {
				if g.effective || g.deleted {
					stands = false
				}
			}
		}
		if f.alive() || stands {
			in = append(in, lv)
		}
	}
	return in
}

// reach adds to hit all that over links lead to from a.
func (w *twin) reach(a LV, hit map[LV]bool) {
	for _, o := range w.facts[a].over {
		if !hit[o] {
			hit[o] = true
			w.reach(o, hit)
		}
	}
}

// visible are the candidates that no other candidate reaches, greatest first.
func (w *twin) visible(slot int32) []LV {
	var in []LV
	all := w.candidates(slot)
	hit := map[LV]bool{}
	for _, lv := range all {
		w.reach(lv, hit)
	}
	for _, lv := range all {
		if !hit[lv] {
			in = append(in, lv)
		}
	}
	slices.Reverse(in)
	return in
}

// conflicts are the visible entries that are not absent, greatest first, one for each child.
func (w *twin) conflicts(slot int32) []LV {
	var in []LV
	seen := map[int32]bool{}
	for _, lv := range w.visible(slot) {
		f := w.facts[lv]
		if f.kind == Absent || f.kind == Child && seen[f.child] {
			continue
		}
		if f.kind == Child {
			seen[f.child] = true
		}
		in = append(in, lv)
	}
	return in
}

// frontier is what a new entry names: the entries that no other effective entry names, undone ones
// included.
func (w *twin) frontier(slot int32) []LV {
	var in []LV
	for _, lv := range w.entries(slot) {
		named := false
		for _, f := range w.facts {
			named = named || f.effective && slices.Contains(f.over, lv)
		}
		if !named {
			in = append(in, lv)
		}
	}
	slices.Sort(in)
	return in
}

// add takes a new entry in.
func (w *twin) add(f *fact) {
	w.facts[f.lv] = f
	w.order = append(w.order, f.lv)
}

// truncate forgets the entries from lv on.
func (w *twin) truncate(lv LV) {
	w.order = slices.DeleteFunc(w.order, func(o LV) bool { return o >= lv })
	for o := range w.facts {
		if o >= lv {
			delete(w.facts, o)
		}
	}
}
