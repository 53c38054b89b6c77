// Package merge keeps replicas of works and brings them together: durable
// documents in a store, and sync between two of them over any connection.
//
// # What to call
//
// Open a [Repo] over a store and the keys that write in it; Create, Open or Join
// a work to get a [Replica]; edit with [Replica.Update], which returns when the
// edit is on disk; meet another replica with [Replica.Sync] over a
// transport.Conn, or let [Repo.Serve] answer whoever connects.
//
//	repo, err := merge.Open(ctx, st, keys)
//	r, err := repo.Create(ctx, authorship.Commons("Bread", "CC-BY-SA-4.0"))
//	err = r.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil })
//	err = r.Sync(ctx, transport.Stream(conn))
//
// # What to be careful with
//
//   - Long work blocks and takes a context; the caller writes go. Goroutines that
//     a call starts end before it returns.
//   - Edits through Replica.Doc are durable after Save, or with [Replica.Autosave].
//   - After a failed write a replica refuses edits until its store is opened
//     anew; reads go on. Nothing is offered to a peer that is not durable.
//   - Sync leaves the connection open when both sides have parted, and closes it
//     otherwise, so that nobody waits for one who is gone. A context bounds how
//     long it may take; without one a silent peer is left after two minutes.
//   - Nothing here proves who a peer is: a [Policy] sees anonymous peers. What
//     arrives is proven by signatures, change by change.
//   - A damaged store opens and says so ([Replica.Damage]); syncing with anybody
//     who has the work, and opening it again, brings lost changes back. Words that
//     were lost by themselves are not asked for so far.
//   - One store belongs to one process, and one writing key to one store.
//
// # What will still work
//
// What a store holds are the change blocks of crdt in segments with magic and
// version; a later version of this package reads them.
package merge
