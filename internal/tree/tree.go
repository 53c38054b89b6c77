// Package tree holds the parenthood of one tree of a document: which node stands below which, decided
// from moves that many people made without knowing of each other. It does not know why a move is alive;
// the document decides that and tells the room what flipped. Nor does it know the order of siblings: a
// move is also an element of a sequence kept elsewhere, one sequence for each destination, in which the
// document shows the move that a node stands by and hides the others.
//
// # The rule
//
// A node is named by the number that made it, and that number is its first move. Later moves have
// numbers of their own. Said exactly:
//
//	lives       a node lives while a move of it is alive, its first one or another. There is no other life
//	            of a node: its own number is a move like the others. So a node that was deleted with its
//	            folder while somebody took it out lives by that move, is shown, and can be moved and filled
//	            like any node. A node that does not live is gone.
//	candidate   an alive move to root, or to a destination that lives.
//	stands      every living node stands by its greatest candidate in the total order; while a cycle exists
//	            the least move in it is dropped, and its node falls to its next candidate. If none is left,
//	            it stands at root by no move: it is a stray.
//	shown       a living node is shown. Nothing ever stands below a node that is gone, so each living node
//	            has a way to root, and this is all.
//
// The order of dropping does not matter. The edges of a cycle other than the dropped one are all greater,
// and stay: a node of the cycle could lose its edge only by a cycle in which that edge is least, but each
// way along those edges comes to the node that fell, whose edges are lesser now. Hence the same result by
// a rule that looks at each move once:
//
//	from the greatest candidate to the least: a node that has no place yet takes it, unless greater moves
//	that were taken lead from the destination to the node itself.
//
// So a move is decided by greater moves alone. A move that comes late, below the one its node stands by,
// changes nothing; a backdated move cannot void what was settled above it.
//
// Work that was moved or made inside a folder while somebody deleted it has no candidate left and is a
// stray; restoring the folder makes its moves candidates again, and all is back where it was.
//
// # What to call
//
// Insert once for each node and Move for each move, with ascending numbers; Flip when life turned one
// over; TakeChanges after each batch says which position elements to hide and to show. Parent, Children
// and Strays read. A local edit asks MoveDrops, which also refuses moves that make no sense, or
// DeleteTargets for the numbers that it must delete in the same change. Truncate takes the newest
// numbers back.
//
//	t := tree.New(order)
//	t.Insert(folder, tree.None)
//	t.Insert(page, tree.None)
//	drops, lift, err := t.MoveDrops(page, folder, nil) // what else is in the same change
//	t.Move(lv, page, folder)
//	t.TakeChanges(func(node, old, now tree.LV) { hide(old); show(now) })
//
// # What to be careful with
//
// Nothing here is safe for concurrent use, reads included: reads settle what is due and turn trees that
// balance themselves. Slices that come out were appended to the caller's.
//
// The total order that is handed in must be total and must not change for numbers that are in the room.
// (Depth, CID, offset) does; the numbers of an open change, which has no CID yet, must be above all.
//
// Calls that break these rules, or name what is not there where the comment does not say otherwise,
// panic: they are mistakes of the program, never of a stranger. Node is the check of what a stranger
// names. A stranger may well move a node below itself: such a move is never a place to stand. A local
// delete whose flips life does not report is flipped here like any other.
//
// # Costs
//
// Making a node costs O(1) beyond finding its place in the total order, which is O(1) for what is
// greatest and O(log) else. A move, flip or read costs O(log) amortized, however deep the tree is, for
// each node that changes its place on the way, with these exceptions, all counted in Visits:
//
//   - a node that comes to life or dies costs a look at each move into it, or at each child;
//   - a node that loses its place costs a step for each alive move above the place it takes: those that
//     go where nothing lives, and candidates that are blocked;
//   - a move that loses its effect costs a step for each dropped move whose cycle went through it, and
//     for each other dropped move of the nodes that own these.
//
// A batch that would cost more than deciding everything anew does that, by the second form of the rule, in
// O(n log n) for n moves in the room with a small constant: no batch costs more than twice that, whoever
// made the moves. A move takes about 55 bytes, a node 75 beside its first move.
package tree

import "fmt"

// LV is a local version: the dense number that one replica gives to each number of the document in
// order of arrival. A replica holds at most 2^31 of them.
type LV = uint32

const (
	// None is no local version. As a destination it is root, as a move it is that of a node that is gone.
	None LV = 1<<32 - 1
	// Stray stands for the move of a node that stands at root for want of a candidate.
	Stray LV = 1<<32 - 2
)

// Moves and nodes are numbered from 1 in the order in which they came; 0 is none, and root among nodes.
const (
	root  uint32 = 0
	stray uint32 = 1<<32 - 1 // in node.eff: the node lives and has no candidate
	gone  uint32 = 0         // in node.eff: the node does not live
)

// Tree is the parenthood of one tree. Its moves lie in four structures:
//
//	index    local version -> move                                          index.go
//	ranks    all moves in the total order, and the rank of each in O(1)     ranks.go
//	ladder   the moves of one node in the total order                       ladder.go
//	into     the moves into one destination, newest first
//
// and its nodes in two:
//
//	forest   which node stands below which, with O(log) paths               forest.go
//	lists    the children of each node, in no order                         lists.go
//
// What Insert, Move and Flip leave undecided waits in queue; settle works it off, greatest first, before
// anything is read.
//
// At all times:
//  1. index finds exactly the local versions of the moves, each under its number. They ascend with the
//     numbers. The first move of a node is the one that made it; nodes are numbered as they were made.
//  2. ranks has each move once, ascending strictly in the total order; chunk and pos say where.
//  3. The ladder of a node has exactly its moves, ascending; any tells of a subtree whether an alive one
//     is in it; alive counts the alive ones and top is the greatest of them.
//  4. into chains exactly the moves to a destination, newest first.
//  5. A node that is in force is listed under its destination, a stray under strays, no other anywhere.
//  6. forest has an edge from a node to its parent exactly if the node is linked: in force, by a move
//     that does not go to root. low and most of a node sum up its subtree in there.
//  7. hope of a node is top if that is not eff, else none; hopefuls counts the nodes that have one.
//  8. queue is a heap, greatest on top; a move is in it once, and flagged, or not at all.
//  9. touched has each node that changed its place since TakeChanges once, flagged, with the old one in
//     was.
//
// After settle, besides:
//  10. queue and turned are empty, no node waits, and a node is marked as living exactly if alive > 0.
//  11. eff is as the rule says: an alive move to root or to a node that lives, such that the edges make no
//     cycle, and each alive move above it goes to a node that does not live, or to one from which greater
//     edges lead to the node itself; stray if the node lives and has none; gone else.
type Tree struct {
	order func(a, b LV) int

	index index
	moves []move
	nodes []node
	ranks ranks

	ladder splays // by move
	forest splays // by node

	strays   uint32   // head of their list
	sorted   []LV     // the strays in order, if known
	known    bool     // sorted is good
	living   int      // nodes that live
	queue    []uint32 // moves to decide
	turned   []uint32 // nodes that may have come to life or died
	touched  []uint32
	hopefuls int

	owners   []uint32 // scratch of stir
	stack    []uint32 // scratch of walks
	short    int      // nodes that below looks at before it asks the forest; fewer in tests
	patience int      // what settle may cost in a small room before it decides all anew; other in tests
	limit    uint64   // visits at which settle loses patience
	visits   uint64
}

// move is the record of one move.
type move struct {
	lv    LV
	node  uint32
	dest  uint32
	next  uint32 // in into: the next older move to dest
	chunk uint32
	pos   uint16
	flags uint8
}

// Flags of a move.
const (
	isAlive uint8 = 1 << iota
	anyAlive
	isQueued
)

// node is the record of one node. root has one, of which only into and first are used.
type node struct {
	made  uint32 // the move that made it
	eff   uint32 // the move it stands by, or is about to try; stray or gone
	top   uint32 // greatest alive move
	hope  uint32 // top if it is above eff
	low   uint32 // in forest: least edge of the subtree
	most  uint32 // in forest: greatest hope of the subtree
	alive uint32 // alive moves
	rungs uint32 // root of its ladder
	into  uint32 // newest move to it
	first uint32 // a child
	next  uint32 // in the list it is in
	prev  uint32
	home  uint32 // head of that list: a destination, homeStray or homeless
	was   uint32 // eff when changes were last taken
	flags uint8
}

// Flags of a node.
const (
	isLiving  uint8 = 1 << iota // alive was above 0 at the last settle
	isLinked                    // has an edge in forest
	isWaiting                   // eff is in queue and not in force
	isTouched
)

// is tells whether a flag is set.
func (n *node) is(flag uint8) bool { return n.flags&flag != 0 }

// is tells whether a flag is set.
func (m *move) is(flag uint8) bool { return m.flags&flag != 0 }

// New returns a room without nodes. order compares two moves in the total order, negative when a is below b;
// it is asked while moves are added and for the order of strays.
func New(order func(a, b LV) int) *Tree {
	t := &Tree{order: order, short: 16, patience: 4000}
	t.index.crowd, t.ranks.wide = crowd, chunkMax
	t.moves = make([]move, 1)
	t.nodes = []node{{home: homeless, flags: isLiving}}
	t.ladder = splays{at: make([]links, 1), pull: t.pullMove}
	t.forest = splays{at: make([]links, 1), pull: t.pullNode}
	return t
}

// Insert makes a node below dest, a node or None for root, by its first move. It is alive until Flip says
// otherwise.
func (t *Tree) Insert(lv, dest LV) {
	d := t.dest(dest)
	y := uint32(len(t.nodes))
	m := t.add(lv, y, d)
	n := node{made: m, home: homeless, flags: isLiving, eff: gone, top: m, alive: 1, rungs: m}
	t.nodes = append(t.nodes, n)
	t.forest.at = append(t.forest.at, links{})
	t.living++
	// Nothing stands below a new node, so no cycle goes through it: nobody else is affected.
	if t.fit(m) {
		t.settleOn(y, m)
		t.link(y)
	} else {
		t.settleOn(y, stray)
	}
}

// Move says that a node goes below dest, a node or None for root, by a move that is alive until Flip says
// otherwise.
func (t *Tree) Move(lv, node, dest LV) {
	y, d := t.node(node), t.dest(dest)
	m := t.add(lv, y, d)
	t.climb(y, m)
	t.live(m)
}

// add makes the record of an alive move.
func (t *Tree) add(lv LV, y, d uint32) uint32 {
	m := uint32(len(t.moves))
	if last := t.moves[m-1].lv; m > 1 && lv <= last || lv >= Stray {
		panic(fmt.Sprintf("tree: numbers ascend: local version %d after %d", lv, last))
	}
	t.moves = append(t.moves, move{lv: lv, node: y, dest: d, next: t.nodes[d].into, flags: isAlive | anyAlive})
	t.index.add(t.moves)
	t.ladder.at = append(t.ladder.at, links{})
	t.nodes[d].into = m
	t.place(m)
	return m
}

// Flip tells that a move came to life or died, a node's first move included; what it is already does
// nothing. lv must be a move.
func (t *Tree) Flip(lv LV, alive bool) {
	m := t.index.find(t.moves, lv)
	if m == 0 {
		panic(fmt.Sprintf("tree: flips name what was added: local version %d is no move", lv))
	}
	x := &t.moves[m]
	if x.is(isAlive) == alive {
		return
	}
	x.flags ^= isAlive
	n := &t.nodes[x.node]
	t.ladder.splay(m)
	t.pullMove(m)
	n.rungs = m
	if alive {
		t.live(m)
		return
	}
	n.alive--
	if n.alive == 0 {
		t.turned = append(t.turned, x.node)
	}
	if n.top == m {
		n.top = t.nextBelow(m)
		t.hopeFor(x.node)
	}
	if n.eff == m {
		t.push(m)
	}
}

// live notes an alive move that was not alive or not there; its ladder knows it.
func (t *Tree) live(m uint32) {
	y := t.moves[m].node
	n := &t.nodes[y]
	n.alive++
	if n.alive == 1 {
		t.turned = append(t.turned, y)
	}
	if n.top == 0 || t.above(m, n.top) {
		n.top = m
		t.hopeFor(y)
	}
	if t.over(m, y) {
		t.push(m)
	}
}
