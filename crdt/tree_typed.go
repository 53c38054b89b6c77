package crdt

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// nodesOf reads a plain list as the nodes of a tree: each a map with data, and
// children where there are any. False when it is something else.
func nodesOf(list []any) bool {
	stack := [][]any{list}
	for len(stack) > 0 {
		list := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, x := range list {
			m, _ := x.(map[string]any)
			_, data := m["data"].(map[string]any)
			children, more := m["children"].([]any)
			if n := len(m); !data || n > 2 || n == 2 && !more {
				return false
			}
			if more {
				stack = append(stack, children)
			}
		}
	}
	return true
}

// tree makes the children of a node be what a plain list of nodes says. A node stays
// the one at its place.
func (w writer) tree(t TreeTx, parent Elem, list []any) error {
	w, err := w.deeper()
	if err != nil {
		return err
	}
	old := slices.Collect(t.Children(parent))
	for _, e := range old[min(len(list), len(old)):] {
		t.Delete(e)
	}
	for k, x := range list {
		m := x.(map[string]any)
		var e Elem
		var data MapTx
		if k < len(old) {
			e, data = old[k], t.Data(old[k])
		} else {
			e, data = t.Insert(parent, k)
		}
		if t.tx.err != nil {
			return nil
		}
		if err := w.keys(func() MapTx { return data }, reflect.Value{}, reflect.ValueOf(m["data"])); err != nil {
			return inside(strconv.Itoa(k), err)
		}
		children, _ := m["children"].([]any)
		if err := w.tree(t, e, children); err != nil {
			return inside(strconv.Itoa(k), err)
		}
	}
	return nil
}

// tree reads a tree into an any, as its JSON would be read.
func (r reader) tree(t Tree, dst reflect.Value) error {
	type level struct {
		list []any
		in   map[string]any // the node that they are children of
	}
	stack := []level{{list: []any{}}}
	end := func(depth int) {
		for ; len(stack) > depth+1; stack = stack[:len(stack)-1] {
			top := stack[len(stack)-1]
			top.in["children"] = top.list
		}
	}
	for e, depth := range t.All() {
		if r.depth+2*depth > maxNest {
			return fmt.Errorf("crdt: nested deeper than %d: %w", maxNest, ErrLimit)
		}
		if depth < len(stack) {
			end(depth)
		} else {
			above := stack[depth-1].list
			stack = append(stack, level{in: above[len(above)-1].(map[string]any)})
		}
		data := map[string]any{}
		if err := r.keys(t.Data(e), reflect.ValueOf(data)); err != nil {
			return err
		}
		stack[depth].list = append(stack[depth].list, map[string]any{"data": data})
	}
	end(0)
	dst.Set(reflect.ValueOf(stack[0].list))
	return nil
}
