package crdt

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// In JSON a tree is the array of the children of its root, in their order, each
//
//	{"data":{…},"children":[…]}
//
// data being the map of the node; children are left out where there are none. Strays
// come last.

// MarshalJSON gives the tree as a JSON array; see [View.MarshalJSON].
func (t Tree) MarshalJSON() ([]byte, error) {
	w := jsonWriter{}
	w.tree(t)
	return w.b, w.err
}

// tree writes a tree; it goes through the nodes in order and closes what is done.
func (w *jsonWriter) tree(t Tree) {
	w.b = append(w.b, '[')
	w.nodes(t, t.All())
	w.b = append(w.b, ']')
}

// nodes writes nodes with all that is below them, given with their depth, of which
// the first has the least.
func (w *jsonWriter) nodes(t Tree, all func(yield func(Elem, int) bool)) {
	last, least := -1, 0
	for e, depth := range all {
		switch {
		case last < 0:
			least = depth
		case depth > last:
			w.b = append(w.b, `,"children":[`...)
		default:
			w.close(last - depth)
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, `{"data":`...)
		w.object(t.Data(e))
		last = depth
	}
	if last >= 0 {
		w.close(last - least)
	}
}

// close ends a node and n nodes above it.
func (w *jsonWriter) close(n int) {
	w.b = append(w.b, '}')
	w.b = append(w.b, bytes.Repeat([]byte("]}"), n)...)
}

// node writes one node of a tree with all that is below it.
func (w *jsonWriter) node(t Tree, e Elem) {
	inside := -1
	w.nodes(t, func(yield func(Elem, int) bool) {
		for x, depth := range t.All() {
			switch {
			case x == e:
				inside = depth
			case inside >= 0 && depth <= inside:
				return
			}
			if inside >= 0 && !yield(x, depth) {
				return
			}
		}
	})
}

// A pointer into a tree goes the way of its JSON, so it meets two things that are no
// containers: a node, and the children of one.

// nodeAt is node i of the children of e as a value.
func (t Tree) nodeAt(e Elem, i int) Value {
	for x := range t.Children(e) {
		if i == 0 {
			by, _ := t.By(x)
			return Value{kind: nodeValue, at: t.place, node: x, by: by}
		}
		i--
	}
	return Value{}
}

// stepNode is what stands under a name in a node or among the children of one.
func (v Value) stepNode(name string) Value {
	t := Tree{v.at}
	if v.kind == nodesValue {
		if i, ok := index(name); ok {
			return t.nodeAt(v.node, i)
		}
		return Value{}
	}
	switch name {
	case "data":
		return Value{kind: containerValue, at: t.Data(v.node).place, by: v.by}
	case "children":
		for range t.Children(v.node) {
			return Value{kind: nodesValue, at: v.at, node: v.node, by: v.by}
		}
	}
	return Value{}
}

// writeNode writes a value that is a node or its children.
func (w *jsonWriter) writeNode(v Value) {
	t := Tree{v.at}
	if v.kind == nodeValue {
		w.node(t, v.node)
		return
	}
	w.b = append(w.b, '[')
	k := 0
	for e := range t.Children(v.node) {
		if k++; k > 1 {
			w.b = append(w.b, ',')
		}
		w.node(t, e)
	}
	w.b = append(w.b, ']')
}

// nodeNames are the names by which a pointer goes from its tree to the map of a
// node, in the state; false when the node is not shown there, or the pointer would
// be longer than most.
func (d *Doc) nodeNames(s *state.State, at int32, node graph.LV, most int) ([]string, bool) {
	names, size := []string{"data"}, len("/data")
	for {
		dest, i, shown := d.standsBelow(s, at, node)
		name := strconv.Itoa(i)
		if size += 1 + len(name); !shown || size > most {
			return nil, false
		}
		if names = append(names, name); dest == graph.None {
			break
		}
		names, size, node = append(names, "children"), size+len("/children"), dest
	}
	slices.Reverse(names)
	return names, true
}

// nodeSpot is a list of children in a tree, which a pointer leads to.
type nodeSpot struct {
	t      TreeTx
	parent Elem
}

// spotOf is where the last name of a pointer into a tree is looked up.
func (tx *Tx) spotOf(x Value) (nodeSpot, bool) {
	if x.kind == nodesValue {
		return nodeSpot{TreeTx{tx, x.at.at}, x.node}, true
	}
	if x.kind == containerValue && x.at.at != shape.NoPlace && tx.doc().t.Container(x.at.at) == block.KindTree {
		return nodeSpot{TreeTx{tx, x.at.at}, Elem{}}, true
	}
	return nodeSpot{}, false
}

// delete deletes the node of a name; false when there is none.
func (s nodeSpot) delete(name string) bool {
	i, ok := index(name)
	if !ok {
		return false
	}
	v := s.t.tree().nodeAt(s.parent, i)
	if v.kind != nodeValue {
		return false
	}
	s.t.Delete(v.node)
	return true
}
