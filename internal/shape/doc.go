// Package shape knows what each number of a work is: an element of which text
// or list, an entry of which key, a tag, a step, a mark, a node of which tree, a
// position of an element or a node, or a delete number. By it the
// ops of a change are checked against the change's past ([Table.Admit]), which
// is the only validity there is beyond the bytes themselves (DESIGN 4).
//
// A place is a container (a text, list, map, set, counter or tree), a slot (a key
// of a map, the value or the position of a list element) or the children of a node,
// in their order. Places are interned: equal identity,
// equal index, in one replica. The identity is that of DESIGN 6: a root
// container by name and kind, a child of a map by (map, key, kind,
// incarnation), a child of a list by its element, the map of a block marker or of a
// node by that.
//
// A Table is not safe for concurrent use; the document that owns it locks.
package shape
