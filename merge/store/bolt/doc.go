//go:build !js

// Package bolt keeps a store in one file, by way of go.etcd.io/bbolt. It is the
// store of a program on a computer of one's own.
//
// # What to call
//
//	st, err := bolt.Open("notes.commonhold")
//	if err != nil { … }        // store.ErrLocked: another program has it open
//	repo, err := merge.Open(ctx, st, keys)
//
// [Open] takes the file, making it if there is none, and locks it. Everything
// else is said by the interfaces of package store.
//
// # What to be careful with
//
// Erased words are out of the store's reach at once, but the pages they lay on
// keep the bytes until they are written over, and a copy of the file made before
// has them for ever. Who must be sure copies the store into a new file with
// store.Copy and destroys the old one.
//
// A copy of the file is another store: it gets another instance when it is
// opened, because it lies elsewhere. Elsewhere means: other machine id, device or
// inode, as far as the system tells them; where it tells none of them, a copy is
// not noticed. A file put back from a backup into its old place has its old
// instance and an old epoch, which a keyring notices.
//
// The file is locked with flock, which network file systems may not honour, and
// it is mapped into memory, so on 32-bit systems it can be at most 2 GB.
//
// A write costs two syncs of the disk. Writes that come while one is being synced
// share the next one; no goroutine is started for that.
//
// # Damage
//
// Every value has a checksum, so what is damaged is reported and the rest is read.
// bbolt itself trusts its pages; Open therefore looks at the head, the keys and
// the children of each page first, and at the list of free pages, which takes
// about a microsecond a page, and refuses a file whose pages do not make a tree:
// bbolt could run in circles in it, or write over what is in use. The command
// bbolt, with surgery, is for such files; so is another replica. A panic of bbolt
// over a page that is unreadable is a CorruptError like any other. After one in
// the middle of a write nothing more is written.
//
// # Backwards compatibility
//
// The file says format 1. Later versions of this package open it; a file of a
// later format is refused with store.ErrVersion before anything is written.
//
// # Layout
//
// Buckets have a slash here. Numbers are eight bytes, big endian, so that they
// sort. A sealed value begins with four bytes: the CRC-32C of its key and of the
// rest of it.
//
//	meta/    format    sealed number, 1
//	         instance  sealed, 16 random bytes
//	         epoch     sealed number, one more at every opening
//	         place     sealed, 32 bytes: where the file lay when it got the instance
//	names/   name → sealed CID
//	works/   CID of the genesis/
//	   self     sealed nothing, with the CID for a key
//	   seg/     order → ID (32) ‖ checksum (4) ‖ number of IDs replaced (2) ‖ those (32 each) ‖ Changes
//	   words/   order → sealed (with the ID for a key): 0, or 1 ‖ Words
//	   ids/     ID → order
//	   open/    1 → sealed header of the journal, 2, 3, … → sealed records
//	   held/    CID → sealed change that waits
//	   blocks/  CID of a block/
//	      b     its bytes, whose hash the CID is
//	   gone/    content CID → sealed reason
//
// The ID is the hash of Changes; the checksum in seg is of the ID, the number and
// the IDs replaced. The sequence of seg is the last order given out; that of open is the number of entries, so that
// a lost record is noticed; that of ids counts the replacements, so that a reader
// between two transactions notices one.
//
// # Power cuts
//
// bbolt never writes over a page that the last commit refers to: it writes the
// pages of a commit, syncs, writes one of two meta pages, syncs. Whatever the
// cut leaves is therefore the last commit or the one before, which was not
// acknowledged otherwise. One hole is left, and Open closes it: after a failed
// sync the newest meta page may be in the system's memory and not on the disk;
// were the other one written over, and torn, the disk would be left with a page
// from before, whose tree has been written over since. So Open first writes both
// meta pages again, as they are, and syncs. Nothing else has to be copied, as it
// would in a log that is appended to in place.
package bolt
