package crdt

import (
	"errors"
	"fmt"
	"iter"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/tree"
)

// TreeTx edits a tree. Nodes are named by their Elem, the root by the zero Elem. An
// edit that names what is no node of the tree, or one that is not shown, dooms the
// Update with ErrNotFound; a position that is none with ErrRange.
type TreeTx struct {
	tx *Tx
	at int32
}

// tree is the tree for reading.
func (t TreeTx) tree() Tree { return Tree{place{t.tx.now(), t.at}} }

// Len is how many nodes there are; see [Tree.Len].
func (t TreeTx) Len() int { return t.tree().Len() }

// Has tells whether node e is shown.
func (t TreeTx) Has(e Elem) bool { return t.tree().Has(e) }

// Children yields the children of node e as they are when it is called; see
// [Tree.Children].
func (t TreeTx) Children(e Elem) iter.Seq[Elem] { return t.tree().Children(e) }

// All yields all nodes with their depth; see [Tree.All].
func (t TreeTx) All() iter.Seq2[Elem, int] { return t.tree().All() }

// Parent is the node that e stands below; see [Tree.Parent].
func (t TreeTx) Parent(e Elem) (Elem, bool) { return t.tree().Parent(e) }

// Index is the position of e among its siblings; see [Tree.Index].
func (t TreeTx) Index(e Elem) (int, bool) { return t.tree().Index(e) }

// Data is the map of node e.
func (t TreeTx) Data(e Elem) MapTx {
	if lv, ok := t.node(e); ok {
		return MapTx{t.tx, t.tx.doc().t.At(lv).Place()}
	}
	return MapTx{t.tx, t.tx.doc().scrap(block.KindMap)}
}

// Insert makes a node below parent, before position i of its children, and gives
// the map of the node. Behind nodes that stand at the root for want of a place
// nothing can stand: it comes before them.
func (t TreeTx) Insert(parent Elem, i int) (Elem, MapTx) {
	d := t.tx.doc()
	none := MapTx{t.tx, d.scrap(block.KindMap)}
	dest, ok := t.dest(parent)
	if !ok || !d.room(t.tx, 0, 0, 1) {
		return Elem{}, none
	}
	c := t.children(dest)
	q := d.s.Seq(c)
	n := q.Len()
	if r := d.s.Tree(t.at); r != nil && dest == graph.None {
		n += len(r.Strays(nil))
	}
	if !t.inRange(i, n) {
		return Elem{}, none
	}
	lv := d.open.next()
	p := d.t.InternElement(d.g, shape.NodeMap, c, block.KindMap, graph.Of(d.open.h), lv-d.open.h.LV)
	d.numbers(1, shape.Of(shape.Node, p))
	op := t.stand(block.OpNode, c, dest, lv, min(i, q.Len()))
	op.C = d.containerOp(t.at)
	d.open.push(op)
	d.s.AddNode(t.at, lv, dest)
	d.s.Settle()
	return Elem{d, lv + 1}, MapTx{t.tx, p}
}

// Move puts node n, with all that is below it, below parent at position i, where it
// stands among the children afterwards. A node that stands there already is not
// moved. ErrInvalid when parent is the node itself or stands below it.
func (t TreeTx) Move(n, parent Elem, i int) {
	d := t.tx.doc()
	node, ok := t.shown(n)
	if !ok {
		return
	}
	dest, ok := t.dest(parent)
	if !ok {
		return
	}
	r := d.s.Tree(t.at)
	drops, lift, err := r.MoveDrops(node, dest, nil)
	if err != nil {
		if errors.Is(err, tree.ErrInside) {
			err = fmt.Errorf("crdt: a node cannot go below itself: %w", ErrInvalid)
		}
		t.tx.doom(err)
		return
	}
	at, moves := t.spot(node, dest, i)
	if !moves || !t.move(node, dest, at) {
		return
	}
	if lift != graph.None && !t.move(lift, graph.None, d.s.Seq(t.children(graph.None)).Len()) {
		return
	}
	t.delete(drops)
	d.s.Settle()
}

// spot is the visible position in the order of the children of dest before which a
// node goes to stand at position i in the end; false when it stands there, or the
// Update is doomed.
func (t TreeTx) spot(node, dest graph.LV, i int) (at int, moves bool) {
	d := t.tx.doc()
	r, q := d.s.Tree(t.at), d.s.Seq(t.children(dest))
	n := q.Len()
	if dest == graph.None {
		n += len(r.Strays(nil))
	}
	was, move, _ := r.Parent(node)
	if was != dest {
		return min(i, q.Len()), t.inRange(i, n)
	}
	if !t.inRange(i, n-1) {
		return 0, false
	}
	if move == tree.Stray {
		return min(i, q.Len()), true
	}
	from, _ := q.Index(move)
	if i = min(i, q.Len()-1); i >= from { // its own place falls away
		return i + 1, i > from
	}
	return i, true
}

// Delete removes a node with all that is below it. Undo brings all of it back. What
// somebody moves out of it at the same time stays; what somebody moves into it or
// makes in it stands at the root.
func (t TreeTx) Delete(e Elem) {
	node, ok := t.shown(e)
	if !ok {
		return
	}
	d := t.tx.doc()
	t.delete(d.s.Tree(t.at).DeleteTargets(node, nil))
	d.s.Settle()
}

// delete deletes numbers, which ascend; the state has to be settled afterwards.
func (t TreeTx) delete(list []graph.LV) {
	d := t.tx.doc()
	for k := 0; k < len(list); {
		n := 1
		for k+n < len(list) && list[k+n] == list[k]+graph.LV(n) && n < block.MaxNamed/2 {
			n++
		}
		if !d.room(t.tx, 0, n, n) {
			return
		}
		d.open.fresh = d.open.fresh || k == 0
		d.deleteNumbers(list[k], uint32(n))
		k += n
	}
}

// move writes that a node goes below dest, before a visible position there; false
// when the Update is doomed. The state has to be settled afterwards.
func (t TreeTx) move(node, dest graph.LV, at int) bool {
	d := t.tx.doc()
	if !d.room(t.tx, 0, 0, 1) {
		return false
	}
	c := t.children(dest)
	lv := d.numbers(1, shape.Of(shape.NodeMove, c))
	op := t.stand(block.OpTreeMove, c, dest, lv, at)
	_, op.Elem = d.thingOp(node)
	d.open.push(op)
	d.s.AddNodeMove(t.at, lv, node, dest)
	return true
}

// stand puts a new position into the order c of the children of dest, and begins
// its op.
func (t TreeTx) stand(code block.Code, c int32, dest, lv graph.LV, at int) block.Op {
	d := t.tx.doc()
	d.touch(c)
	parent, side, _ := d.s.Seq(c).InsertAt(at, lv, 1, 0)
	op := block.Op{Code: code, Side: block.Side(side)}
	op.HasAt, op.At = d.thingOp(parent)
	op.HasDest, op.Dest = d.thingOp(dest)
	return op
}

// children is the place of the order of the children of dest.
func (t TreeTx) children(dest graph.LV) int32 {
	d := t.tx.doc()
	if dest == graph.None {
		return d.t.Intern(shape.Children, t.at, 0, 0, "")
	}
	r, off := d.refOf(dest)
	return d.t.InternElement(d.g, shape.Children, t.at, 0, r, off)
}

// node is the number of a node of this tree, shown or not; false when the Update is
// doomed.
func (t TreeTx) node(e Elem) (graph.LV, bool) {
	d := t.tx.doc()
	if t.tx.err != nil {
		return 0, false
	}
	lv, ok := d.elemLV(e)
	if ok {
		w := d.t.At(lv)
		ok = w.Class() == shape.Node && d.t.TreeOf(w) == t.at
	}
	if !ok {
		t.tx.doom(fmt.Errorf("crdt: no node of the tree: %w", ErrNotFound))
	}
	return lv, ok
}

// shown is node, of one that must be shown.
func (t TreeTx) shown(e Elem) (graph.LV, bool) {
	lv, ok := t.node(e)
	if ok && !t.tx.doc().s.Tree(t.at).Shown(lv) {
		t.tx.doom(fmt.Errorf("crdt: the node is not shown: %w", ErrNotFound))
		ok = false
	}
	return lv, ok
}

// dest is shown, or graph.None for the root.
func (t TreeTx) dest(e Elem) (graph.LV, bool) {
	if e.IsZero() {
		t.tx.doc()
		return graph.None, t.tx.err == nil
	}
	return t.shown(e)
}

// inRange dooms the Update when i is none of the positions 0 to n.
func (t TreeTx) inRange(i, n int) bool {
	if i < 0 || i > n {
		t.tx.doom(fmt.Errorf("crdt: position %d of %d children: %w", i, n, ErrRange))
		return false
	}
	return true
}
