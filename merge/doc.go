// Package merge keeps replicas of works and brings them together: durable
// documents in a store, and sync between two of them over any connection.
//
// # What to call
//
// Open a [Repo] over a store and the keys that write in it; Create, Open or Join
// a work to get a [Replica]; edit with [Replica.Update], which returns when the
// edit is on disk. Then
//
//   - [Repo.Follow] keeps all open replicas in step with a server, for as long as
//     the program runs, and [Repo.Serve] is the server;
//   - [Replica.Sync] meets another replica once, over a transport.Conn;
//   - [Repo.Meet] merges a store that was handed over, on a stick or in a mail.
//
// For example
//
//	repo, err := merge.Open(ctx, st, keys)
//	r, err := repo.Create(ctx, authorship.Commons("Bread", "CC-BY-SA-4.0"))
//	go repo.Follow(ctx, websocket.Dialer("wss://notes.example/sync", nil))
//	err = r.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil })
//
// [Replica.Attach] stores what is too large for words, such as a picture, of which a
// value holds the name, and [Replica.Blob] reads it, wherever it lies.
// [Replica.Presence] says who else is there. [Replica.Verify] looks at every byte
// that is stored, and [Replica.Repair] puts a store in order.
//
// # What to be careful with
//
//   - Long work blocks and takes a context; the caller writes go. Goroutines that
//     a call starts end before it returns.
//   - Edits through Replica.Doc are durable after Save, or with [Replica.Autosave].
//     Where somebody follows the work they are seen and saved after a pause ([Batch]),
//     as all edits are.
//   - After a failed write a replica refuses edits until its store is opened
//     anew; reads go on. Nothing is offered to a peer that is not durable.
//   - Sync leaves the connection open when both sides have parted, and closes it
//     otherwise, so that nobody waits for one who is gone. A context bounds how
//     long it may take; without one a silent peer is left after two minutes, and
//     one that does not listen after one.
//   - Each side of a connection proves the key of its store to the other, and a
//     [Policy] sees it, where the connection is bound to something that nobody
//     between can use elsewhere: TLS, wss, a Pipe. Over others peers are anonymous.
//     What arrives is proven by signatures, change by change, in any case.
//   - A damaged store opens and says so ([Replica.Damage]); syncing with anybody
//     who has the work brings lost words back, and lost changes when the work is
//     opened again.
//   - One store belongs to one process, and one writing key to one store.
//
// # What will still work
//
// What a store holds are the change blocks of crdt in segments with magic and
// version; a later version of this package reads them. Connections begin with the
// versions that each side speaks, and both speak the highest that both know.
package merge
