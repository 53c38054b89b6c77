package crdt

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// Pointer joins names to a JSON pointer (RFC 6901): each after a slash, with ~
// as ~0 and / as ~1. No names are the empty pointer, which means the whole. It
// is the inverse of [ParsePointer].
func Pointer(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteByte('/')
		b.WriteString(escaper.Replace(n))
	}
	return b.String()
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// ParsePointer reads a JSON pointer; it is the inverse of [Pointer].
// ErrMalformed when it does not begin with a slash, or a ~ is not followed by 0
// or 1.
func ParsePointer(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	if s[0] != '/' {
		return nil, fmt.Errorf("crdt: pointer %.100q does not begin with a slash: %w", s, ErrMalformed)
	}
	names := strings.Split(s[1:], "/")
	for k, n := range names {
		if !strings.Contains(n, "~") {
			continue
		}
		var b strings.Builder
		for i := 0; i < len(n); i++ {
			c := n[i]
			if c == '~' {
				if i++; i == len(n) || n[i] != '0' && n[i] != '1' {
					return nil, fmt.Errorf("crdt: pointer %.100q has a ~ that is none of ~0 and ~1: %w", s, ErrMalformed)
				}
				c = "~/"[n[i]-'0']
			}
			b.WriteByte(c)
		}
		names[k] = b.String()
	}
	return names, nil
}

// Lookup reads what a JSON pointer (RFC 6901) leads to in the JSON that
// [View.MarshalJSON] gives: a container or a plain value, or a part of a plain
// value; a member of a set by its place in it. The empty pointer is the whole
// work, whose Any is the view. ErrMalformed when the pointer is none, ErrNotFound
// when it leads nowhere.
func (v *View) Lookup(pointer string) (Value, error) {
	return lookup(Value{kind: workValue, at: place{v, shape.NoPlace}}, pointer)
}

// Lookup reads what a JSON pointer leads to below the map; see [View.Lookup].
func (m Map) Lookup(pointer string) (Value, error) {
	return lookup(Value{kind: containerValue, at: m.place}, pointer)
}

// lookup follows a pointer from a value.
func lookup(x Value, pointer string) (Value, error) {
	names, err := ParsePointer(pointer)
	if err != nil {
		return Value{}, err
	}
	for _, name := range names {
		if x = x.step(name); !x.Exists() {
			return Value{}, fmt.Errorf("crdt: %.100q leads nowhere: %w", pointer, ErrNotFound)
		}
	}
	return x, nil
}

// step is what stands under a name in a value; one that does not exist for
// nothing.
func (v Value) step(name string) Value {
	if v.kind == workValue {
		return v.at.v.shownAs(name)
	}
	if v.kind == nodeValue || v.kind == nodesValue {
		return v.stepNode(name)
	}
	if v.kind == containerValue && v.at.at == shape.NoPlace {
		return Value{} // a map that nothing was ever in
	}
	switch c := v.Any().(type) {
	case Map:
		return c.Get(name)
	case List:
		if i, ok := index(name); ok {
			return c.Get(i)
		}
	case Tree:
		if i, ok := index(name); ok {
			return c.nodeAt(Elem{}, i)
		}
	case Set:
		i, ok := index(name)
		for x := range c.All() {
			if ok && i == 0 {
				return x
			}
			i--
		}
	case map[string]any:
		if x, ok := c[name]; ok {
			return v.part(x)
		}
	case []any:
		if i, ok := index(name); ok && i < len(c) {
			return v.part(c[i])
		}
	}
	return Value{}
}

// part is a part of a plain value as a value of its author.
func (v Value) part(x any) Value {
	out, err := NewValue(x)
	if err != nil {
		panic("crdt: a part of a checked value is none: " + err.Error())
	}
	out.by = v.by
	return out
}

// shownAs is what the work shows under a name: a key of the root map, else the
// first root container.
func (v *View) shownAs(name string) Value {
	if x := v.Get(name); x.Exists() {
		return x
	}
	for _, r := range v.roots() {
		if r.name == name {
			return Value{kind: containerValue, at: place{v, r.at}}
		}
	}
	return Value{}
}

// index reads an index as RFC 6901 has it: digits, no zero before others.
func index(name string) (int, bool) {
	if name == "" || len(name) > 9 || name[0] == '0' && len(name) > 1 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(name) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// Lookup reads what a JSON pointer leads to, the edits of this Update included;
// see [View.Lookup].
func (tx *Tx) Lookup(pointer string) (Value, error) { return tx.View().Lookup(pointer) }

// PutAt sets what a JSON pointer names to a plain value: a key of a map, or an
// element of a list, which - as its last name appends to. What stands before the
// last name must be there: the Update is doomed by ErrNotFound where it is not,
// or is no map and no list, by ErrMalformed where the pointer is none.
func (tx *Tx) PutAt(pointer string, v any) {
	h, name, ok := tx.reach(pointer)
	if !ok {
		return
	}
	switch c := h.(type) {
	case MapTx:
		c.Put(name, v)
	case ListTx:
		if name == "-" {
			c.Insert(c.Len(), v)
		} else if i, ok := index(name); ok && i < c.Len() {
			c.Put(c.Elem(i), v)
		} else {
			tx.nowhere(pointer)
		}
	default:
		tx.nowhere(pointer)
	}
}

// DeleteAt removes what a JSON pointer names: a key of a map or an element of a
// list or a node of a tree, with all that is in it; of a root container, which cannot be deleted,
// all that is in it. The errors are those of [Tx.PutAt].
func (tx *Tx) DeleteAt(pointer string) {
	h, name, ok := tx.reach(pointer)
	if !ok {
		return
	}
	switch c := h.(type) {
	case MapTx:
		at := place{tx.now(), c.at}
		if (Map{at}).Get(name).Exists() {
			c.Delete(name)
		} else if x := at.v.shownAs(name); x.Exists() && c.at == tx.doc().rootMap() {
			tx.empty(x.at.at, tx.doc().t.Container(x.at.at))
		} else {
			tx.nowhere(pointer)
		}
	case ListTx:
		if i, ok := index(name); ok && i < c.Len() {
			c.Delete(c.Elem(i))
		} else {
			tx.nowhere(pointer)
		}
	case nodeSpot:
		if !c.delete(name) {
			tx.nowhere(pointer)
		}
	}
}

// reach follows a pointer up to its last name and gives the MapTx, ListTx or
// nodeSpot there. It dooms the Update where there is none.
func (tx *Tx) reach(pointer string) (h any, name string, ok bool) {
	tx.doc()
	if tx.err != nil {
		return nil, "", false
	}
	names, err := ParsePointer(pointer)
	if err != nil {
		tx.doom(err)
		return nil, "", false
	}
	x := Value{kind: workValue, at: place{tx.now(), tx.doc().rootMap()}}
	for _, n := range names[:max(len(names)-1, 0)] {
		x = x.step(n)
	}
	if len(names) > 0 {
		name = names[len(names)-1]
		switch x.Any().(type) {
		case *View, Map:
			return MapTx{tx, x.at.at}, name, true
		case List:
			return ListTx{tx, x.at.at}, name, true
		}
		if spot, ok := tx.spotOf(x); ok {
			return spot, name, true
		}
	}
	tx.nowhere(pointer)
	return nil, "", false
}

// nowhere dooms the Update because a pointer names nothing that can be set.
func (tx *Tx) nowhere(pointer string) {
	tx.doom(fmt.Errorf("crdt: %.100q leads nowhere: %w", pointer, ErrNotFound))
}

// pointerTo is where the element or entry of a number stands now, as a pointer;
// empty when it stands nowhere.
func (d *Doc) pointerTo(lv graph.LV, w shape.What) string {
	switch w.Class() {
	case shape.Elem:
		return d.pointerOf(w.Place()) + "/" + d.indexOf(w.Place(), lv)
	case shape.Node:
		return strings.TrimSuffix(d.pointerOf(w.Place()), "/data")
	case shape.EntryMaker, shape.ElemMaker, shape.Entry:
		return d.pointerOf(w.Place())
	}
	return ""
}

// pointerOf is where a container or slot stands now, as a pointer.
func (d *Doc) pointerOf(at int32) string {
	var names []string
	for at != shape.NoPlace {
		p := d.t.Get(at)
		switch p.Sort {
		case shape.Root, shape.Slot:
			if p.Sort == shape.Slot || p.Name != "" || p.Kind != block.KindMap {
				names = append(names, p.Name)
			}
		case shape.ElemChild:
			names = append(names, d.indexOf(p.Up, d.t.Maker(at)))
		case shape.ElemSlot:
			names = append(names, d.indexOf(p.Up, d.s.Slots.Entries(at, nil)[0]))
		case shape.NodeMap:
			of := d.t.Get(p.Up).Up
			if in, ok := d.nodeNames(d.s, of, d.t.Maker(at), math.MaxInt); ok {
				slices.Reverse(in)
				names = append(names, in...)
			}
			at = of
			continue
		}
		at = p.Up
	}
	slices.Reverse(names)
	return Pointer(names...)
}

// indexOf is the position of an element in its list or text.
func (d *Doc) indexOf(at int32, lv graph.LV) string {
	k := 0
	if q := d.s.Peek(at); q != nil {
		k, _ = standsAt(d.s, q, lv)
	}
	return strconv.Itoa(k)
}
