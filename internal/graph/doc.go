// Package graph keeps the event graph of one work in one replica: which
// changes are applied, what they are linked to, who made them, and which local
// versions (LVs) their numbers have. It knows order, not meaning.
//
// The usual calls are [Graph.Append] for a change whose links are all applied,
// [Graph.Find] from a name to its index, [Graph.Resolve] from a number of a
// chain to the change that made it, and [Graph.Missing] for what another
// replica lacks.
//
// Changes lie in rows by arrival, which is a topological order: every link
// of a change has a smaller index. A change that is complete (all its links
// known) but not applied yet is a [Held]; [Ref] names either kind, so that the
// rules which read the past need not care.
//
// A Graph is not safe for concurrent use; the document that owns it locks.
package graph
