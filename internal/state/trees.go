package state

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/tree"
)

// Tree is the parenthood of the tree at a place, nil when nothing was ever in it.
func (s *State) Tree(place int32) *tree.Tree { return s.trees[place] }

// treeOf is Tree, made when there is none yet, with its changes due.
func (s *State) treeOf(place int32) *tree.Tree {
	t := s.trees[place]
	if t == nil {
		t = tree.New(s.Order)
		s.trees[place] = t
	}
	if n := len(s.treesDue); n == 0 || s.treesDue[n-1] != place {
		s.treesDue = append(s.treesDue, place)
	}
	return t
}

// AddNode adds a node below dest, tree.None for the root of the tree; its position
// stands hidden in the sequence of the children it was made among. Settle is due
// afterwards.
func (s *State) AddNode(place int32, lv, dest LV) { s.treeOf(place).Insert(lv, dest) }

// AddNodeMove adds a move of a node, whose position stands hidden in a sequence.
// Settle is due afterwards.
func (s *State) AddNodeMove(place int32, lv, node, dest LV) { s.treeOf(place).Move(lv, node, dest) }

// flipNodes tells a tree that nodes or moves came to life or died.
func (s *State) flipNodes(lv LV, n uint32, w shape.What, alive bool) {
	t := s.treeOf(s.T.TreeOf(w))
	for end := lv + n; lv < end; lv++ {
		t.Flip(lv, alive)
	}
}

// settleTrees shows each node of the trees that are due at the position it stands
// by, and hides the others.
func (s *State) settleTrees() {
	slices.Sort(s.treesDue)
	for _, place := range slices.Compact(s.treesDue) {
		s.trees[place].TakeChanges(func(node, old, now LV) {
			s.showPosition(old, false)
			s.showPosition(now, true)
			if s.Stood != nil {
				s.Stood(place, node, old)
			}
		})
	}
	s.treesDue = s.treesDue[:0]
}

// showPosition shows or hides a position of a node, if it is one.
func (s *State) showPosition(move LV, shown bool) {
	if move == tree.None || move == tree.Stray {
		return
	}
	s.Seq(s.T.SequenceOf(s.T.At(move))).Show(move, 1, shown)
}

// truncateTrees forgets nodes and moves from lv on; their positions are still in
// the sequences.
func (s *State) truncateTrees(lv LV) {
	for place, t := range s.trees {
		t.Truncate(lv)
		s.treesDue = append(s.treesDue, place)
	}
	if len(s.trees) > 0 {
		s.settleTrees()
	}
}

// checkTrees checks the trees, and that exactly the positions by which nodes stand
// are shown.
func (s *State) checkTrees() error {
	for place, t := range s.trees {
		if err := t.Check(); err != nil {
			return fmt.Errorf("state: tree %d: %w", place, err)
		}
	}
	for place, q := range s.seqs {
		if s.T.Get(place).Sort != shape.Children {
			continue
		}
		t := s.trees[s.T.Get(place).Up]
		var err error
		q.All(func(lv LV, n uint32, shown bool) bool {
			for end := lv + n; lv < end && err == nil; lv++ {
				node, _, ok := t.Of(lv)
				_, move, _ := t.Parent(node)
				if !ok || shown != (move == lv) {
					err = fmt.Errorf("state: position %d of node %d is shown: %v, and it stands by %d", lv, node, shown, move)
				}
			}
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
