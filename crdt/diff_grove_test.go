package crdt_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/commonhold/commonhold/crdt"
)

// grove is what a shadow knows of the nodes of a tree: where each hangs, nil for
// those that were lifted.
type grove struct {
	nodes map[crdt.Elem]*leafy
	above map[*leafy]*leafy
	names map[string]*leafy    // by lasting names
	young map[crdt.Elem]*leafy // without one so far
}

// lasting is the lasting name of an element, or its number while it has none.
func lasting(e crdt.Elem) string {
	if b, err := e.MarshalText(); err == nil {
		return string(b)
	}
	return fmt.Sprint(e.IsZero())
}

// find is the node that an Elem names, of this replica or another.
func (g *grove) find(e crdt.Elem) *leafy {
	if n := g.nodes[e]; n != nil || e.IsZero() {
		return n
	}
	for x, n := range g.young {
		if name := lasting(x); name != "false" {
			g.names[name] = n
			delete(g.young, x)
		}
	}
	return g.names[lasting(e)]
}

// plant makes a tree with all that is in it.
func (l *leafy) plant(t crdt.Tree) {
	l.grove = &grove{}
	for e := range t.All() {
		parent, _ := t.Parent(e)
		i, _ := t.Index(e)
		if err := l.node(crdt.Patch{Elem: e, Parent: parent, At: i}); err != nil {
			panic(err)
		}
		data := l.grove.nodes[e].keys["data"]
		for k, x := range t.Data(e).All() {
			data.keys[k] = wholly(x)
		}
	}
}

// lift takes a node out of its place.
func (l *leafy) lift(p crdt.Patch) error {
	n := l.grove.find(p.Elem)
	up := l.grove.above[n]
	if n == nil || up == nil {
		return fmt.Errorf("no such node stands in the tree")
	}
	up.list = slices.DeleteFunc(up.list, func(x *leafy) bool { return x == n })
	l.grove.above[n] = nil
	return nil
}

// node places a node, which was lifted or is new.
func (l *leafy) node(p crdt.Patch) error {
	g := l.grove
	if g.nodes == nil {
		g.nodes, g.above = map[crdt.Elem]*leafy{}, map[*leafy]*leafy{}
		g.names, g.young = map[string]*leafy{}, map[crdt.Elem]*leafy{}
	}
	up, n := l, g.find(p.Elem)
	if !p.Parent.IsZero() {
		up = g.find(p.Parent)
	}
	switch {
	case p.Elem.IsZero() || up == nil || up == n:
		return fmt.Errorf("no such parent")
	case n != nil && g.above[n] != nil:
		return fmt.Errorf("the node stands already")
	case p.At < 0 || p.At > len(up.list):
		return fmt.Errorf("there are %d children", len(up.list))
	case n == nil:
		n = &leafy{kind: "node", keys: map[string]*leafy{"data": {kind: "map", keys: map[string]*leafy{}}}}
		g.nodes[p.Elem], g.young[p.Elem] = n, n
	}
	up.list = slices.Insert(up.list, p.At, n)
	g.above[n] = up
	return nil
}

// fell forgets the nodes that were lifted and not placed, with what is below them.
func (l *leafy) fell() {
	if l.kind == "tree" {
		stands := map[*leafy]bool{}
		var mark func(n *leafy)
		mark = func(n *leafy) {
			for _, x := range n.list {
				stands[x] = true
				mark(x)
			}
		}
		mark(l)
		for e, n := range l.grove.nodes {
			if !stands[n] {
				delete(l.grove.nodes, e)
				delete(l.grove.above, n)
				delete(l.grove.young, e)
				delete(l.grove.names, lasting(e))
			}
		}
	}
	for _, x := range l.keys {
		x.fell()
	}
	for _, x := range l.list {
		x.fell()
	}
}

// nodeJSON is a node with all that is below it.
func (l *leafy) nodeJSON() string {
	s := `{"data":` + l.keys["data"].json()
	if len(l.list) > 0 {
		var parts []string
		for _, x := range l.list {
			parts = append(parts, x.json())
		}
		s += `,"children":[` + strings.Join(parts, ",") + "]"
	}
	return s + "}"
}
