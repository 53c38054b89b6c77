package store

import (
	"context"
	"iter"

	"github.com/ipfs/go-cid"
)

// Store keeps the works of one replica, or of a server. Its parts are named so
// that code can ask for no more than it uses.
type Store interface {
	// Open makes the store ready and counts this use of it: the epoch that comes
	// back is durable and greater than any before. A store may be opened again
	// after Close, and then has what it had. Errors: ErrLocked, ErrVersion,
	// ErrCorrupt, ErrStore.
	Open(ctx context.Context) (instance string, epoch uint64, err error)
	// Close waits for the calls that are running and gives the store free. Every
	// later call but Open returns ErrClosed, a second Close too.
	Close() error

	Segments
	Journals
	Holding
	Blocks
	Naming
}

// Segments keeps what is sealed.
type Segments interface {
	// Works yields the works about which anything is stored, ascending by the
	// bytes of their ids. An error is the last thing it yields.
	Works(ctx context.Context) iter.Seq2[cid.Cid, error]

	// Load yields the segments of a work in their order; an unknown work has none.
	//
	// A segment whose changes are damaged is yielded as a CorruptError beside a
	// Segment that has only what is known of it, and one whose words are damaged
	// as a CorruptError beside the segment without words; the next one follows.
	// Any other error is the last thing it yields.
	//
	// Nothing is locked while the caller has a segment: it may call the store, and
	// Close it. All that was stored when Load was called is yielded, each segment
	// or one that replaces it; when Replace runs meanwhile, changes may come twice.
	Load(ctx context.Context, work cid.Cid) iter.Seq2[Segment, error]

	// Append puts segments behind all others of the work, all or none. One that is
	// there already, by its ID, is left as it is and where it is.
	Append(ctx context.Context, work cid.Cid, s ...Segment) error

	// Replace puts s in the place of the segments in s.Replaces, which must be
	// neighbours, named in their order. It is how small segments become large ones,
	// and, when s.Replaces names only s itself, how late words come to their
	// changes. Errors: ErrNotFound when one is not there any more, ErrArgument when
	// they are no neighbours or when s is there already and not among them.
	Replace(ctx context.Context, work cid.Cid, s Segment) error

	// Erase puts other words in the place of the words of one segment and notes
	// which content is gone, in one step. ErrNotFound: the segment is not there any
	// more; load, look again.
	//
	// The old bytes are out of the store's reach, not necessarily off the disk:
	// see the implementation.
	Erase(ctx context.Context, work cid.Cid, e Erasure) error

	// Gone returns the content erased in a work, with the reasons. Beside a
	// CorruptError stands what can be read.
	Gone(ctx context.Context, work cid.Cid) (map[cid.Cid]string, error)
}

// Journals keeps what is not yet sealed: for each work the edits of one open
// change. A journal is a header, which says whose change it is and on what it
// stands, and records, one an edit.
type Journals interface {
	// OpenJournal begins the journal of a work with a header and, perhaps, first
	// records, in place of the journal that was there.
	OpenJournal(ctx context.Context, work cid.Cid, header []byte, records ...[]byte) error

	// AppendJournal adds records, all or none, and returns when they are durable.
	// Calls that come while another is being written are written together, in the
	// order they came. Errors: ErrNotFound when no journal is open, ErrCorrupt when
	// LoadJournal has found it damaged: then it must be opened anew first.
	AppendJournal(ctx context.Context, work cid.Cid, records ...[]byte) error

	// LoadJournal returns the journal of a work. Without one the header is nil.
	// Beside a CorruptError stand the records before the first bad one.
	LoadJournal(ctx context.Context, work cid.Cid) (Journal, error)

	// Seal appends segments, as Append does, and removes the journal in the same
	// step, so that at no moment the edits are in both or in neither. Without
	// segments it only removes the journal. No journal is no error.
	Seal(ctx context.Context, work cid.Cid, s ...Segment) error
}

// Holding keeps changes that cannot be applied yet. They are no part of the work:
// losing them costs a peer's sending them again.
type Holding interface {
	// Hold keeps changes; one that is held already, by its ID, is replaced.
	Hold(ctx context.Context, work cid.Cid, p ...Pending) error
	// Held yields what is held for a work, ascending by the bytes of the ids. One
	// that is damaged is a CorruptError beside a Pending with its ID only, and the
	// next follows. The rest is as with Load.
	Held(ctx context.Context, work cid.Cid) iter.Seq2[Pending, error]
	// Release forgets held changes. One that is not held is no error.
	Release(ctx context.Context, work cid.Cid, ids ...cid.Cid) error
}

// Blocks keeps what is attached to a work, in blocks that are named by their hash and
// are no part of its history. A block stays until it is dropped.
type Blocks interface {
	// PutBlocks keeps blocks, and returns when they are durable. One that is there is
	// written again, damaged or not. After ErrStore some of them may be there, each
	// whole.
	PutBlocks(ctx context.Context, work cid.Cid, b ...Block) error
	// GetBlock returns a block, hashed. Errors: ErrNotFound; ErrCorrupt when it is
	// damaged, and may be put again.
	GetBlock(ctx context.Context, work, id cid.Cid) ([]byte, error)
	// ListBlocks yields the names of the blocks of a work, ascending by their bytes,
	// without reading them; damaged ones too. A name that is damaged is a CorruptError,
	// and the next follows. The rest is as with Load, but that it need not yield what
	// is put while it runs.
	ListBlocks(ctx context.Context, work cid.Cid) iter.Seq2[cid.Cid, error]
	// DropBlocks forgets blocks. One that is not there is no error.
	DropBlocks(ctx context.Context, work cid.Cid, ids ...cid.Cid) error
}

// Naming keeps local names of works. Another machine does not know them.
type Naming interface {
	// Names returns all names. Beside a CorruptError stand those that can be read.
	Names(ctx context.Context) (map[string]cid.Cid, error)
	// SetName gives a name to a work, which need not be stored, in place of what it
	// named before. cid.Undef removes the name.
	SetName(ctx context.Context, name string, work cid.Cid) error
}

// Shared is a store that other programs write to at the same time: the servers of
// a fleet in one database. Each has what it put there to itself, to replace it, and
// reads what the others did.
type Shared interface {
	Store
	// Since yields the segments of a work that others have put there behind a mark,
	// ascending by their marks. What has a smaller mark than one that it yields was
	// there before. The rest is as with Load.
	Since(ctx context.Context, work cid.Cid, mark uint64) iter.Seq2[Segment, error]
}

// Segment is a pack of changes and of their words, opaque to the store.
type Segment struct {
	ID      string // hex of the sha2-256 of Changes
	Changes []byte // never empty
	Words   []byte // nil when there are none
	Mark    uint64 // when another program put it into a Shared store: its place among all; else 0
	// Replaces has the IDs of the segments that this one stands for, or stood for
	// when it was put there. A reader who has loaded them all need not read it.
	Replaces []string
}

// Erasure says what Erase does.
type Erasure struct {
	Segment string    // ID of the segment whose words change; "" for none
	Words   []byte    // its words from now on; nil for none
	Content []cid.Cid // what is gone for ever
	Reason  string    // why, for all of Content
}

// Journal is an open change as it was written down.
type Journal struct {
	Header  []byte // nil when there is no journal
	Records [][]byte
}

// Block is bytes with the name that their hash gives them.
type Block struct {
	ID   cid.Cid // version 1, sha2-256
	Data []byte
}

// Pending is a change that waits, with whatever the holder needs to go on.
type Pending struct {
	ID   cid.Cid
	Data []byte
}
