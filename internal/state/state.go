package state

import (
	"bytes"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/life"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/tree"
)

// LV is a local version, see package graph.
type LV = graph.LV

// State is the rooms for one set of changes. Invariants, beyond those of the
// rooms:
//
//  1. An element is shown in its sequence exactly when it is alive and its
//     words are present (list elements that are containers need none).
//  2. An entry, tag or step is in its room exactly when its change is applied
//     here, and the room knows whether it is alive.
//  3. slots of a list element exist exactly when an applied change set it.
type State struct {
	G     *graph.Graph
	T     *shape.Table
	Words *[]byte // the arena of the document

	Life  *life.Life
	Slots *entries.Slots
	Tags  *entries.Tags
	Steps *entries.Steps

	seqs     map[int32]*sequence.Seq
	last     int32 // place of lastSeq
	lastSeq  *sequence.Seq
	keys     map[int32]*Keys
	values   values
	elemSlot map[LV]int32
	moves    moves
	rich     map[int32]*marks.Marks
	trees    map[int32]*tree.Tree
	treesDue []int32 // trees whose nodes may stand elsewhere since the last Settle
	quotes   []Quote
	unsure   []stretch // entries whose life was asked, or turned, since the last Settle

	// Stood, where it is set, is told of each node that stands by another move since
	// the last Settle: of which tree it is, and by which move it stood, tree.None for
	// none and tree.Stray for a stray.
	Stood func(place int32, node, old LV)

	told   uint64         // see Told
	off    map[int32]bool // changes that are not effective
	absent map[int32]bool // changes whose words are absent

	rd block.Reader // working space of Apply
	op block.Op
}

// Arena is what an arena begins with: a line feed at offset 0, which is the words
// of every block marker.
func Arena() []byte { return []byte{'\n'} }

// New returns the state of no changes over a graph, a number table and an
// arena, which begins as [Arena] says.
func New(g *graph.Graph, t *shape.Table, words *[]byte) *State {
	s := &State{
		G: g, T: t, Words: words, Life: life.New(), last: shape.NoPlace,
		Tags: entries.NewTags(words), Steps: entries.NewSteps(),
		seqs: map[int32]*sequence.Seq{}, keys: map[int32]*Keys{}, elemSlot: map[LV]int32{},
		rich: map[int32]*marks.Marks{}, trees: map[int32]*tree.Tree{},
		off: map[int32]bool{}, absent: map[int32]bool{},
	}
	s.Slots = entries.New(entries.Hooks{Order: s.Order, State: s.entryState, Off: s.undeleted, Inside: s.Inside})
	s.moves = newMoves(s)
	if len(*words) == 0 || (*words)[0] != '\n' {
		panic("state: the arena does not begin with the words of block markers")
	}
	return s
}

// Seq is the text, the list or the order of children at a place, made when there is
// none yet.
func (s *State) Seq(place int32) *sequence.Seq {
	if place == s.last {
		return s.lastSeq
	}
	q := s.seqs[place]
	if q == nil {
		words := s.Words
		if s.T.Container(place) != block.KindText {
			words = nil
		}
		q = sequence.New(s.siblings, words)
		s.seqs[place] = q
	}
	s.last, s.lastSeq = place, q
	return q
}

// Peek is the text, the list or the order of children at a place, nil when nothing was ever in it.
func (s *State) Peek(place int32) *sequence.Seq {
	if place == s.last {
		return s.lastSeq
	}
	return s.seqs[place]
}

// siblings orders concurrent siblings of a text or list: (change CID, offset),
// DESIGN 6. A local insert never becomes the sibling of a known element, so the
// open change, which has no CID, is never asked for.
func (s *State) siblings(a, b LV) int {
	x, y := s.G.ChangeOf(a), s.G.ChangeOf(b)
	if x == y {
		return int(a) - int(b)
	}
	p, q := s.G.ID(x), s.G.ID(y)
	return bytes.Compare(p[:], q[:])
}

// Order is the total order of entries: (depth, change CID, offset), DESIGN 4.
// Numbers of the open change come last: it is made on every head, or on the 64
// deepest, so nothing applied is as deep.
func (s *State) Order(a, b LV) int {
	if next := s.G.NextLV(); a >= next || b >= next {
		return int(a) - int(b)
	}
	x, y := s.G.ChangeOf(a), s.G.ChangeOf(b)
	switch {
	case x == y:
		return int(a) - int(b)
	case s.G.Less(x, y):
		return -1
	}
	return 1
}

// entryState is what package entries is told of an entry.
func (s *State) entryState(lv LV) entries.State {
	switch {
	case len(s.off) > 0 && lv < s.G.NextLV() && s.off[s.G.ChangeOf(lv)]:
		return entries.Ineffective
	case s.Life.Alive(lv):
		return entries.Alive
	}
	return entries.Dead
}

// undeleted tells whether no delete of an entry counts.
func (s *State) undeleted(lv LV) bool {
	deleted := false
	s.Life.Deleters(lv, func(_ LV, counts bool) { deleted = deleted || counts })
	return !deleted
}

// Effective tells whether applied change i counts here.
func (s *State) Effective(i int32) bool { return len(s.off) == 0 || !s.off[i] }

// Whole tells whether the words of all changes are here.
func (s *State) Whole() bool { return len(s.absent) == 0 }

// Present tells whether the words of a number's change are here.
func (s *State) Present(lv LV) bool {
	return len(s.absent) == 0 || lv >= s.G.NextLV() || !s.absent[s.G.ChangeOf(lv)]
}

// Inside tells whether anything in the container at place, or below it by
// path, is alive. Iterative, and each container once: strangers nest deep, and
// name one child by many entries.
func (s *State) Inside(place int32) bool {
	stack := []int32{place}
	var seen map[int32]bool
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[c] {
			continue
		}
		alive := false
		switch s.T.Container(c) {
		case block.KindText, block.KindList:
			if q := s.Peek(c); q != nil {
				q.All(func(lv LV, n uint32, shown bool) bool {
					alive = shown || s.anyElement(lv, n)
					return !alive
				})
			}
		case block.KindMap:
			for _, slot := range s.Keys(c) {
				alive = alive || s.Slots.Any(slot)
				for _, lv := range s.Slots.Entries(slot, nil) {
					if e, _ := s.Slots.Entry(lv); e.Kind == entries.Child {
						stack = append(stack, e.Child)
					}
				}
			}
			if seen == nil && len(stack) > 0 {
				seen = map[int32]bool{}
			}
			if seen != nil {
				seen[c] = true
			}
		case block.KindSet:
			alive = s.Tags.Any(c)
		case block.KindCounter:
			alive = s.Steps.Any(c)
		case block.KindTree:
			alive = s.trees[c] != nil && s.trees[c].Len() > 0
		}
		if alive {
			return true
		}
	}
	return false
}

// anyElement tells whether an element of the range is alive; the positions that
// moves make are none.
func (s *State) anyElement(lv LV, n uint32) bool {
	found := false
	s.T.Range(lv, n, func(lv LV, n uint32, w shape.What) {
		if !found && w.Class() != shape.Move {
			alive, k := s.Life.Run(lv, n)
			found = alive || k < n
		}
	})
	return found
}

// stretch is a range of LVs.
type stretch struct {
	lv LV
	n  uint32
}

// Settle routes the net flips since the last call to the rooms.
func (s *State) Settle() {
	s.Life.TakeFlips(func(lv LV, n uint32, alive bool) {
		s.T.Range(lv, n, func(lv LV, n uint32, w shape.What) {
			s.flip(lv, n, w, alive)
		})
	})
	// Flips are net: an entry may be where it was, and its room think otherwise.
	for _, r := range s.unsure {
		s.Slots.Flip(r.lv, r.n)
		if len(s.moves.slot) > 0 {
			s.moves.slots.Flip(r.lv, r.n)
		}
	}
	s.unsure = s.unsure[:0]
	if len(s.moves.due) > 0 {
		s.settleMoves()
	}
	if len(s.treesDue) > 0 {
		s.settleTrees()
	}
}

// Hidden tells the value slots of list elements, and texts of their block markers, that
// a local delete has hidden them already.
func (s *State) Hidden(lv LV, n uint32) {
	if len(s.elemSlot) > 0 {
		s.Slots.Flip(lv, n)
	}
	if len(s.rich) > 0 {
		s.T.Range(lv, n, func(lv LV, n uint32, w shape.What) {
			if w.Class() == shape.ElemMaker {
				s.showMarkers(s.T.Get(w.Place()).Up, lv, n, false)
			}
		})
	}
}

// Told returns how many stretches of numbers that came to life or died the rooms were
// told of so far. Tests judge cost by it; it never goes down.
func (s *State) Told() uint64 { return s.told }

// flip tells one room that numbers came to life or died.
func (s *State) flip(lv LV, n uint32, w shape.What, alive bool) {
	s.told++
	if len(s.elemSlot) > 0 && (w.Class() == shape.Elem || w.Class() == shape.ElemMaker) {
		s.Slots.Flip(lv, n) // elements that are first values of a slot
	}
	switch w.Class() {
	case shape.Elem:
		s.show(s.Seq(w.Place()), lv, n, alive)
		s.flipMoves(lv, n, w)
	case shape.ElemMaker:
		s.Seq(s.T.Get(w.Place()).Up).Show(lv, n, alive)
		s.showMarkers(s.T.Get(w.Place()).Up, lv, n, alive)
		s.flipMoves(lv, n, w)
	case shape.Entry, shape.EntryMaker:
		s.Slots.Flip(lv, n)
	case shape.Move:
		s.flipMoves(lv, n, w)
	case shape.Node, shape.NodeMove:
		s.flipNodes(lv, n, w, alive)
	case shape.Mark:
		s.rich[w.Place()].Flip(lv, n, alive)
	case shape.Tag:
		for end := lv + n; lv < end; lv++ {
			s.Tags.Flip(lv, alive)
		}
	case shape.Step:
		for end := lv + n; lv < end; lv++ {
			s.Steps.Flip(lv, alive)
		}
	}
}

// show shows or hides elements whose words are present; the others stay
// hidden.
func (s *State) show(q *sequence.Seq, lv LV, n uint32, alive bool) {
	if len(s.absent) == 0 || !alive {
		q.Show(lv, n, alive)
		return
	}
	for end := lv + n; lv < end; {
		stop := end
		if lv < s.G.NextLV() {
			i := s.G.ChangeOf(lv)
			stop = min(stop, s.G.First(i)+s.G.Count(i))
			if s.absent[i] {
				lv = stop
				continue
			}
		}
		q.Show(lv, stop-lv, true)
		lv = stop
	}
}

// Shows tells whether a container shows anything: a map a key, a text or list an
// element, a set a member, a counter a step, a tree a node.
func (s *State) Shows(place int32) bool {
	switch s.T.Container(place) {
	case block.KindText, block.KindList:
		q := s.Peek(place)
		return q != nil && q.Len() > 0
	case block.KindMap:
		for _, slot := range s.Keys(place) {
			if _, ok := s.Slots.Winner(slot); ok {
				return true
			}
		}
		return false
	case block.KindSet:
		return s.Tags.Len(place) > 0
	case block.KindCounter:
		return s.Steps.Any(place)
	case block.KindTree:
		return s.trees[place] != nil && s.trees[place].Len() > 0
	}
	return false
}

// ElemSlot is the slot of a list element that was set.
func (s *State) ElemSlot(lv LV) (int32, bool) {
	slot, ok := s.elemSlot[lv]
	return slot, ok
}

// ElemValue is where the first value of a list element lies in the arena.
func (s *State) ElemValue(lv LV) (off, size uint32, ok bool) { return s.values.get(lv) }
