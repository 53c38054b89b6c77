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
	return w.finish()
}

// nodeAtDepth is a node of a tree, and how deep it stands.
type nodeAtDepth struct {
	node  Elem
	depth int
}

// tree writes a tree.
func (w *jsonWriter) tree(t Tree) {
	var all []nodeAtDepth
	for e, depth := range t.All() {
		all = append(all, nodeAtDepth{e, depth})
	}
	w.b = append(w.b, '[')
	w.nodes(t, all, "]")
}

// nodes writes nodes with all that is below them, given in order, of which the first has
// the least depth, and then the end. What is done is closed on the way.
func (w *jsonWriter) nodes(t Tree, all []nodeAtDepth, end string) {
	k := 0
	w.open = append(w.open, func() bool {
		if k == len(all) {
			if k > 0 {
				w.close(all[k-1].depth - all[0].depth)
			}
			w.b = append(w.b, end...)
			return true
		}
		switch {
		case k == 0:
		case all[k].depth > all[k-1].depth:
			w.b = append(w.b, `,"children":[`...)
		default:
			w.close(all[k-1].depth - all[k].depth)
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, `{"data":`...)
		k++
		w.object(t.Data(all[k-1].node))
		return false
	})
}

// close ends a node and n nodes above it.
func (w *jsonWriter) close(n int) {
	w.b = append(w.b, '}')
	w.b = append(w.b, bytes.Repeat([]byte("]}"), n)...)
}

// below are a node of a tree and all below it, or only the latter.
func below(t Tree, e Elem, itself bool) (out []nodeAtDepth) {
	inside := -1
	for x, depth := range t.All() {
		switch {
		case x == e:
			if inside = depth; !itself {
				continue
			}
		case inside >= 0 && depth <= inside:
			return out
		}
		if inside >= 0 {
			out = append(out, nodeAtDepth{x, depth})
		}
	}
	return out
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
		w.nodes(t, below(t, v.node, true), "")
		return
	}
	w.b = append(w.b, '[')
	w.nodes(t, below(t, v.node, false), "]")
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
