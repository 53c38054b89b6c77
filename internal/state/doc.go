// Package state is what a set of changes shows: it brings the rooms life,
// sequence, entries, marks and tree together for one set of applied changes, and
// shows list elements and nodes at the positions that win. A document has
// one that follows its graph; a view of the past has one of its own, fed with
// the changes of that past.
//
// [State.Apply] takes in a change that the graph has (or the open one),
// [State.Switch] turns one between effective and not, and [State.Settle] lets
// the rooms know which numbers came to life or died since. Reads are meaningful
// after Settle.
//
// LVs and places are those of the replica, whatever the set: names mean the
// same in every state of a document. A State is not safe for concurrent use.
package state
