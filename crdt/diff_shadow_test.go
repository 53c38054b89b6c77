package crdt_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// shadow is a work rebuilt from patches alone, slowly: the judge of diffs.
type shadow struct {
	unit crdt.Unit
	top  *leafy
}

// leafy is a value or container of a shadow.
type leafy struct {
	kind  string // map, text, list, set, counter, tree, node, plain
	keys  map[string]*leafy
	list  []*leafy
	text  string
	rich  richText          // of a text
	set   map[string]string // encoding -> JSON
	plain string            // JSON
	grove *grove            // of a tree
}

func newShadow(u crdt.Unit) *shadow {
	return &shadow{u, &leafy{kind: "map", keys: map[string]*leafy{}}}
}

// comes makes what a patch brings: a container is empty.
func comes(v crdt.Value) *leafy {
	switch v.Any().(type) {
	case crdt.Map:
		return &leafy{kind: "map", keys: map[string]*leafy{}}
	case crdt.Text:
		return &leafy{kind: "text"}
	case crdt.List:
		return &leafy{kind: "list"}
	case crdt.Set:
		return &leafy{kind: "set", set: map[string]string{}}
	case crdt.Counter:
		return &leafy{kind: "counter", plain: "0"}
	case crdt.Tree:
		return &leafy{kind: "tree", grove: &grove{}}
	}
	return &leafy{kind: "plain", plain: jsonOf(v)}
}

// wholly makes a value with all that is in it.
func wholly(v crdt.Value) *leafy {
	out := comes(v)
	switch c := v.Any().(type) {
	case crdt.Map:
		for k, x := range c.All() {
			out.keys[k] = wholly(x)
		}
	case crdt.List:
		for _, x := range c.All() {
			out.list = append(out.list, wholly(x))
		}
	case crdt.Text:
		out.text, out.rich = c.String(), richOf(c)
	case crdt.Set:
		for x := range c.All() {
			raw, err := block.EncodeValue(x.Any())
			if err != nil {
				panic(err)
			}
			out.set[string(raw)] = jsonOf(x)
		}
	case crdt.Counter:
		out.plain = jsonOf(v)
	case crdt.Tree:
		out.plant(c)
	}
	return out
}

// jsonOf is the JSON of a value.
func jsonOf(v crdt.Value) string {
	b, err := v.MarshalJSON()
	if err != nil {
		panic(err)
	}
	return string(b)
}

// apply applies patches in order.
func (s *shadow) apply(list []crdt.Patch) error {
	for k, p := range list {
		if err := s.one(p); err != nil {
			return fmt.Errorf("patch %d of %d, %s: %w", k, len(list), told(p), err)
		}
	}
	s.top.fell()
	return nil
}

// told writes a patch down.
func told(p crdt.Patch) string {
	return fmt.Sprintf("{%q %v at %d to %d -%d %q %T %s by %.12x of %v in %v%s}", p.Path, p.Op, p.At, p.To, p.Removed, p.Text, p.Value.Any(), plainJSON(p), p.By, lasting(p.Elem), lasting(p.Parent), toldRich(p))
}

// plainJSON is the JSON of what a patch brings, if that is plain.
func plainJSON(p crdt.Patch) string {
	switch p.Value.Any().(type) {
	case crdt.Map, crdt.Text, crdt.List, crdt.Set, crdt.Counter, crdt.Tree:
		if p.Op != crdt.PatchWhole {
			return ""
		}
	}
	return jsonOf(p.Value)
}

// find walks to what a path names.
func (s *shadow) find(names []string) (*leafy, error) {
	at := s.top
	for _, n := range names {
		var next *leafy
		switch at.kind {
		case "node":
			if next = at.keys[n]; n == "children" {
				next = &leafy{kind: "list", list: at.list}
			}
		case "map":
			next = at.keys[n]
		case "list", "tree":
			if i, err := strconv.Atoi(n); err == nil && i >= 0 && i < len(at.list) {
				next = at.list[i]
			}
		}
		if next == nil {
			return nil, fmt.Errorf("no %q in a %s", n, at.kind)
		}
		at = next
	}
	return at, nil
}

// one applies one patch.
func (s *shadow) one(p crdt.Patch) error {
	var names []string
	for n := range strings.SplitSeq(strings.TrimPrefix(p.Path, "/"), "/") {
		names = append(names, strings.ReplaceAll(strings.ReplaceAll(n, "~1", "/"), "~0", "~"))
	}
	if p.Path == "" {
		names = nil
	}
	if p.Op == crdt.PatchPut || p.Op == crdt.PatchDelete {
		last := names[len(names)-1]
		at, err := s.find(names[:len(names)-1])
		if err != nil {
			return err
		}
		if _, there := at.keys[last]; at.kind != "map" || p.Op == crdt.PatchDelete && !there {
			return fmt.Errorf("%q of a %s, there: %v", last, at.kind, there)
		}
		if delete(at.keys, last); p.Op == crdt.PatchPut {
			at.keys[last] = comes(p.Value)
		}
		return nil
	}
	at, err := s.find(names)
	if err != nil {
		return err
	}
	want := map[crdt.PatchOp]string{crdt.PatchText: "text", crdt.PatchInsert: "list", crdt.PatchRemove: "list", crdt.PatchMove: "list", crdt.PatchSet: "list",
		crdt.PatchAdd: "set", crdt.PatchDrop: "set", crdt.PatchCount: "counter", crdt.PatchWhole: at.kind, crdt.PatchLift: "tree", crdt.PatchNode: "tree",
		crdt.PatchMark: "text", crdt.PatchBlock: "text"}[p.Op]
	if at.kind != want {
		return fmt.Errorf("it is a %s", at.kind)
	}
	return s.change(at, p)
}

// change applies a patch to the container at its path.
func (s *shadow) change(at *leafy, p crdt.Patch) error {
	n := len(at.list)
	switch p.Op {
	case crdt.PatchText:
		text, err := splice(at.text, s.unit, p.At, p.Removed, p.Text)
		if err != nil {
			return err
		}
		at.rich.splice(at.text, text, s.unit, p)
		at.text = text
		return nil
	case crdt.PatchMark:
		return at.rich.mark(at.text, s.unit, p)
	case crdt.PatchBlock:
		return at.rich.block(at.text, s.unit, p)
	case crdt.PatchAdd, crdt.PatchDrop:
		raw, err := block.EncodeValue(p.Value.Any())
		if err != nil {
			return err
		}
		if _, there := at.set[string(raw)]; there != (p.Op == crdt.PatchDrop) {
			return fmt.Errorf("it is there: %v", there)
		}
		if delete(at.set, string(raw)); p.Op == crdt.PatchAdd {
			at.set[string(raw)] = jsonOf(p.Value)
		}
		return nil
	case crdt.PatchCount:
		at.plain = jsonOf(p.Value)
		return nil
	case crdt.PatchWhole:
		*at = *wholly(p.Value)
		return nil
	case crdt.PatchLift:
		return at.lift(p)
	case crdt.PatchNode:
		return at.node(p)
	}
	if p.At < 0 || p.At > n || p.Op != crdt.PatchInsert && p.At == n || p.Op == crdt.PatchRemove && (p.Removed < 1 || p.At+p.Removed > n) {
		return fmt.Errorf("the list has %d", n)
	}
	switch p.Op {
	case crdt.PatchInsert:
		at.list = slices.Insert(at.list, p.At, comes(p.Value))
	case crdt.PatchRemove:
		at.list = slices.Delete(at.list, p.At, p.At+p.Removed)
	case crdt.PatchMove:
		if p.To < 0 || p.To >= n || p.To == p.At {
			return fmt.Errorf("it moves to %d", p.To)
		}
		e := at.list[p.At]
		at.list = slices.Insert(slices.Delete(at.list, p.At, p.At+1), p.To, e)
	case crdt.PatchSet:
		at.list[p.At] = comes(p.Value)
	}
	return nil
}

// splice edits a string in a unit.
func splice(text string, u crdt.Unit, at, removed int, in string) (string, error) {
	if removed == 0 && in == "" || at < 0 || removed < 0 {
		return "", fmt.Errorf("nothing is done")
	}
	switch u {
	case crdt.UTF8:
		if at+removed <= len(text) {
			text = text[:at] + in + text[at+removed:]
			if utf8.ValidString(text) {
				return text, nil
			}
		}
	case crdt.UTF16:
		if w := utf16.Encode([]rune(text)); at+removed <= len(w) {
			out := slices.Concat(w[:at], utf16.Encode([]rune(in)), w[at+removed:])
			return string(utf16.Decode(out)), nil
		}
	default:
		if w := []rune(text); at+removed <= len(w) {
			return string(w[:at]) + in + string(w[at+removed:]), nil
		}
	}
	return "", fmt.Errorf("%d from %d on go of %q", removed, at, text)
}

// JSON is the shadow as View.MarshalJSON writes works.
func (s *shadow) JSON() string { return s.top.json() }

func (l *leafy) json() string {
	var parts []string
	switch l.kind {
	case "map":
		for _, k := range slices.Sorted(maps.Keys(l.keys)) {
			name, _ := json.Marshal(k)
			parts = append(parts, string(name)+":"+l.keys[k].json())
		}
		return "{" + strings.Join(parts, ",") + "}"
	case "list", "tree":
		for _, x := range l.list {
			parts = append(parts, x.json())
		}
		return "[" + strings.Join(parts, ",") + "]"
	case "node":
		return l.nodeJSON()
	case "set":
		raws := slices.SortedFunc(maps.Keys(l.set), func(a, b string) int {
			if len(a) != len(b) {
				return len(a) - len(b)
			}
			return bytes.Compare([]byte(a), []byte(b))
		})
		for _, r := range raws {
			parts = append(parts, l.set[r])
		}
		return "[" + strings.Join(parts, ",") + "]"
	case "text":
		b, _ := json.Marshal(l.text)
		return string(b)
	}
	return l.plain
}
