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
//   - After a failed write a replica writes no more until its store is opened
//     anew; reads go on. Nothing is offered to a peer that is not durable.
//   - One store belongs to one process, and one writing key to one store.
//
// # What will still work
//
// What a store holds are the change blocks of crdt in segments with magic and
// version; a later version of this package reads them.
package merge
