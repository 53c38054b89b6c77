// Package postgres keeps a store in a PostgreSQL database, which the servers of
// a fleet share: one copy of each work, written by all of them.
//
// # What to call
//
//	st, err := postgres.New("postgres://app@db.example/notes", postgres.Options{Server: "web-1"})
//	if err != nil { … }
//	repo, err := merge.Open(ctx, st, keys)
//	if err != nil { … }        // store.ErrLocked: a program by this name is running
//	go st.Follow(ctx, repo, nil)
//
// Each server has a name and a key of its own. [Store.Follow] has the works that are
// open at one server take in what the others write, without a session between them.
// Everything else is said by the interfaces of package store.
//
// # Who has what
//
// Segments, blocks and what is gone belong to a work: every server reads what any of
// them has put there. Each segment lies in the lane of the server that put it there,
// and only that one replaces it by a larger one. Words are erased in all lanes. A
// journal, changes that wait and names belong to one server; so do the instance and
// the epoch, by which its keyring knows it. A change may come to lie in two lanes,
// which does no harm.
//
// One program at a time writes in the name of a server. A second Open is refused with
// store.ErrLocked, after two seconds, in case the first is just ending. The lock is an
// advisory one, held by the connection through which everything is written: whoever
// has lost the lock has lost the way to write. A pooler that hands connections round
// by the transaction breaks that, so connect to the database itself.
//
// # What to be careful with
//
// A call that returns nil has been committed, with synchronous_commit at least on; a
// database that runs with fsync off, or a standby that takes over before it has
// received everything, loses it all the same. After a failover the timeline of the
// database is another one and the server gets another instance, so another key. A
// dump that is restored elsewhere does that too. A database that is put back in its
// place from a copy of its files has an old epoch, which a keyring notices.
//
// A write that fails, or takes longer than a minute, ends all writing: ErrStore until
// the store is closed and opened again, for which the Repo is closed and another one
// opened. Reading goes on, and connects again by itself when the database was away.
//
// A server has one connection that writes, one that listens while Follow runs, and up
// to pool_max_conns that read. Writes that come at the same time share a transaction.
// Each Append to a work waits for that of another server to the same work.
//
// A segment and its words are at most 34 MiB each (package store), far below the
// gigabyte that PostgreSQL takes. Reading keeps about 4 MiB, or one segment. Old
// bytes, also erased ones, stay on the disk until VACUUM has freed them and others
// were written over them, and in the log and its archives.
//
// # What is there
//
// All tables lie in one schema, "commonhold" unless another is named; the role needs
// the right to create it, or to create tables in it. Values have a checksum, or are
// named by their hash: what is damaged is a CorruptError. [Store.Open] brings older
// tables up to date, and refuses those of a later version with store.ErrVersion before
// it writes anything.
//
//	format    the version
//	servers   name, lane, instance, epoch; place: where the database was then
//	works     CID; last: the greatest number given to a segment; replaced: a counter
//	segments  work, n, lane, first: the smallest number of those it stands for
//	journals  lane, work, header; records: their number
//	records   lane, work, n
//	held      lane, work, CID
//	blocks    work, CID, lane
//	gone      work, CID of the content
//	names     lane, hash of the name
//
// Whoever appends holds the row of the work from the moment that it draws a number
// until it has committed. So what has a smaller number was there before, and a reader
// who remembers the greatest one misses nothing.
package postgres
