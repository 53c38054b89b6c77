// Package dir keeps a store in a folder of plain files. It works on any file
// system, also on a stick that is handed over: whoever gets the folder opens it,
// and brings its works together with his own.
//
// # What to call
//
//	st, err := dir.Open("notes")
//	if err != nil { … }        // store.ErrLocked: another program has it open
//	repo, err := merge.Open(ctx, st, keys)
//
// [Open] takes the folder, making it if there is none, and locks it. Everything
// else is said by the interfaces of package store.
//
// # What to be careful with
//
// A folder that is copied is another store: it gets another instance when it is
// opened, because it lies elsewhere. Elsewhere means: other machine id, device or
// inode of the folder, as far as the system tells them; where it tells none of
// them, a copy is not noticed. A folder whose files are put back from a backup has
// its old instance and an old epoch, which a keyring notices. One without the file
// instance gets a new one.
//
// Files of one work may be copied from one folder into another while nobody has
// them open: segments have names of their own, and what is there twice counts
// once. Not so the journal, open.log, which is of one store only; close a store
// before its files are copied, and its journals are segments.
//
// The folder is locked with flock, on Windows by opening the file LOCK for
// nobody else. Where the system has neither, or the file system does not honour
// it, a file LOCK.held says that the store is open; it stays behind when the
// program is killed, and has to be removed by hand then.
//
// Erased words are out of the store's reach at once, but the blocks they lay in
// keep the bytes until the system writes over them.
//
// # Damage
//
// Every file has a checksum, and a block is named by one, so what is damaged is reported and the rest is read.
// What is missing without a trace is not noticed here: a file of names, a segment
// together with its words (the reader lacks what others stand on), a block, the last
// frames of a journal. Files and folders with other names than those below are left alone.
//
// # Backwards compatibility
//
// The file instance says format 1. Later versions of this package open it; a folder
// of a later format is refused with store.ErrVersion and left alone.
//
// # Layout
//
//	LOCK                        locked while the store is open
//	instance                    log: format, instance, epoch, place, how it was closed
//	names                       log: names and the works they mean
//	<work>/                     the CID of the genesis, b and base32
//	   <order>-<id>.seg         16 and 64 hex digits: changes of a segment
//	   <order>-<id>.words       its words, unless it never had any
//	   open.log                 log: header of the journal, then its records
//	   held.log                 log: changes that wait, and those that wait no more
//	   gone                     log: content that was erased, and why
//	   work                     log: nothing; keeps a folder known that has nothing else
//	   blocks/<block>           its bytes; the name is its CID, as that of a work
//	   commit                   log: what an unfinished write still has to do
//	   *.new                    files that are being written
//
// Numbers are big endian. A segment and words:
//
//	offset size
//	  0     3   magic "CHD"
//	  3     1   1
//	  4     1   's' segment, 'w' words
//	  5     1   's': 1 when words were stored with it; 'w': 0 none, 1 some
//	  6     2   's': n, the number of segments it replaces; 'w': 0
//	  8     4   CRC-32C of bytes 0–7, the ID (32) and what is checked below
//	 12     …   's': n × 32, IDs replaced (checked), then the changes (their hash is
//	            the ID); 'w': the words (checked)
//
// A log:
//
//	  0     3   magic "CHD"
//	  3     1   1
//	  4     1   which log: i instance, n names, j journal, h held, g gone, c commit, k work
//	  5     3   0
//	  8     8   random, so that what is left of an older log is not taken for this one
//	 16     …   frames
//
//	frame       first 4 of the random bytes
//	        4   n, bytes of the body
//	        4   CRC-32C of the 8 random bytes, the place of the frame (8), n and body
//	        n   body: entries, each 4 bytes of length and as many bytes
//
// What one call writes to the journal, or to the log of held changes, is one frame,
// so it is there whole or not at all. The others are always written whole, and their
// first frame says how many follow.
//
// # Power cuts
//
// A file comes into being under a name that ends in .new, is synced, and gets its
// name. Where several files change in one step, commit says which, and is the one
// that gets its name; the others follow, and opening ends what was begun:
//
//	write *.new, sync each · write commit.new, sync · rename it · sync the folder
//	                                                   ── here it is stored ──
//	rename the others · remove what is replaced · sync the folder · remove commit
//
// A journal is appended to in place, one sync an edit. A frame is written only
// when the one before is synced, so what a cut has torn is the last one, and was
// not acknowledged. After a store was not closed properly the logs that are
// appended to are copied to new files before they are appended to again: a page
// may live in memory only, after a failed sync. No other file has its name before
// it is synced.
package dir
