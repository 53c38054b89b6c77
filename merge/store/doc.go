// Package store says what a replica needs of the place where it keeps works, and
// has one such place in memory.
//
// # What to call
//
// [Memory] for tests and for programs in a browser; the packages beside this one
// for a file (bolt) and for a folder of plain files (dir). A store is opened before
// anything else and closed at the end:
//
//	st := store.Memory()
//	instance, epoch, err := st.Open(ctx)
//	…
//	err = st.Close()
//
// Most programs hand a store to merge.Open and never call it themselves. [Copy]
// moves everything from one store to another.
//
// # What lies in a store
//
// For each work, named by the CID of its genesis:
//
//   - segments, in the order they came: packs of changes, with their words apart
//     so that words can be erased and history stays ([Segments]);
//   - at most one journal: the edits of a change that is still open, one record an
//     edit, until it is sealed into a segment ([Journals]);
//   - held changes, which wait for others and must not fill memory ([Holding]);
//   - blocks of what is attached to it, each named by its hash ([Blocks]);
//   - gone content: what was erased here and must not be fetched again.
//
// And for the whole store names that only this machine knows ([Naming]), an
// instance and an epoch. A store looks into nothing of all that. It answers for
// the bytes: what comes back is what was put in, or an error that says which
// segment is lost.
//
// # What to be careful with
//
// A call that returns nil has made its effect durable, whole. A call that returns
// an error has changed nothing, with one exception: after [ErrStore] it is not
// known whether the last write is there. A write that fails so ends all writing:
// every later one fails at once with ErrStore until the store is closed and
// opened again, since after a failed sync nobody knows what the disk holds.
// Reading goes on.
//
// A damaged segment is a [CorruptError] in the middle of [Segments.Load], which
// then goes on with the next: read it to the end. A store never repairs by
// deleting.
//
// All methods may be called from many goroutines at once. Nothing is kept of a
// slice that is passed in, and a slice that is returned is the caller's. A
// cancelled context is honoured before a call has begun to write, not after; a
// call that returns the context's error has changed nothing.
//
// One program uses a store at a time: a second Open is refused with [ErrLocked].
// The instance is drawn at random when a store is made, and drawn anew when it
// is found to have been copied to another place. The epoch grows by one at every
// Open. Together they let a keyring notice that a store was copied or restored,
// and refuse to sign twice in one name.
//
// # Backwards compatibility
//
// What a store of this version wrote, every later one opens. A store written by a
// later version is refused with [ErrVersion] and not touched. Interfaces here may
// gain methods before version 1.0; implementations outside this module should run
// the suite of package storetest.
package store
