package merge

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge/store"
)

// Replica is a document that is kept in a store. It is safe for concurrent use.
//
// Invariants:
//
//  1. The first durable changes of the document, by arrival, are in the store,
//     covered by signatures that are there too.
//  2. The queue holds the journal records that are not in the store yet, in the
//     order of their edits; edits up to number flushed are durable.
//  3. The journal in the store is that of the change that is open on the first
//     durable changes, or of one that is sealed and stored, or, while keep is
//     set, one that is not ours to touch.
//  4. The shelf has the segments of the store, in their order; what was damaged
//     has no range of changes. Those of others, who share the store, are not among
//     them: all of these up to the mark are in the document.
//  5. Locks are taken in the order write, mu, and neither is held while a peer is
//     waited for.
type Replica struct {
	repo *Repo
	work cid.Cid
	doc  *crdt.Doc
	in   bridge.Doc
	news news
	here Presence
	opts []crdt.Option // of the document

	users   int // guarded by repo.mu
	missing int // segments that could not be read

	mu       sync.Mutex // edits, queue and what follows
	damage   []error
	queue    []bridge.Record
	asked    uint64           // edits and saves asked for
	peers    int              // connections so far
	failed   error            // after a failed write: nothing is written any more
	attached map[cid.Cid]bool // blobs whose links may be still to come
	blocked  error            // why Update is refused until the store has been mended
	closed   bool

	ends     ends // tips of what is durable, for sessions
	linked   linked
	fetches  fetches
	sweeping sync.RWMutex // for reading by whoever attaches

	reading sync.Mutex // one refresh at a time
	mark    uint64     // see invariant 4

	write   sync.Mutex   // one flush at a time
	shelf   []shelved    // the segments in the store, as they stand
	filled  int          // words that came after their changes and are in the store
	erased  int          // changes whose words the rules have erased, gone from the store as well
	flushed uint64       // edits and saves that are durable
	durable atomic.Int64 // changes that are
	keep    bool         // the journal in the store is not to be removed
	ended   bool         // the work may be open anew: nothing is written here any more
}

// newReplica wraps a document.
func newReplica(r *Repo, d *crdt.Doc) *Replica {
	rep := &Replica{repo: r, work: d.ID(), doc: d, in: bridge.Of(d), users: 1}
	rep.fetches.tell = rep.news.tell
	rep.in.OnEdit(func() {
		rep.linked.again.Store(true)
		rep.news.tell(edited)
	})
	rep.ends.in = rep.in
	rep.here = Presence{
		work: rep.in.Work(), signer: r.key, tell: rep.news.tell,
		others: map[crdt.Author]light{}, changed: make(chan struct{}, 1),
	}
	return rep
}

// Doc is the document, for reading and for edits that are saved later.
func (rep *Replica) Doc() *crdt.Doc { return rep.doc }

// Presence is who else is there, over connections of Follow and Serve.
func (rep *Replica) Presence() *Presence { return &rep.here }

// Damage is what loading found broken; empty for a sound store. Sync fetches
// what is missing from a peer. When changes of the own key are among that, the
// document refuses edits with crdt.ErrKey until the work is closed and opened
// again: it must not go on beside them.
func (rep *Replica) Damage() []error {
	rep.mu.Lock()
	defer rep.mu.Unlock()
	return append([]error(nil), rep.damage...)
}

// Update edits the document as crdt.Doc.Update does and returns when the edit
// is durable: in the journal of the open change, without sealing or signing.
// Edits of several goroutines are made durable together.
//
// An error of fn or of the edit changes nothing; so does a context that has
// ended before. Once the edit is made it is written whatever becomes of ctx.
// ErrStore says that the write failed: this edit is in the document but not in
// the store, and from then on every Update is refused until the store is opened
// anew. ErrCorrupt: the journal in the store cannot be taken in before damage is
// mended ([Replica.Damage]), and an edit would be written over it. ErrClosed
// after Close.
func (rep *Replica) Update(ctx context.Context, fn func(*crdt.Tx) error) error {
	if err := store.CheckContext(ctx); err != nil {
		return err
	}
	mine, err := rep.edit(fn)
	if err != nil {
		return err
	}
	return rep.flush(ctx, mine)
}

// edit makes an edit, queues its record and gives it a number. The lock is given
// back when fn panics, too.
func (rep *Replica) edit(fn func(*crdt.Tx) error) (mine uint64, err error) {
	rep.mu.Lock()
	defer rep.mu.Unlock()
	if err := rep.usable(); err != nil {
		return 0, err
	}
	if rep.blocked != nil {
		return 0, rep.blocked
	}
	rec, err := rep.in.Update(fn)
	if err != nil {
		return 0, err
	}
	return rep.enqueue(rec), nil
}

// enqueue queues a record, if there is one, and numbers the edit. mu is held.
func (rep *Replica) enqueue(rec bridge.Record) uint64 {
	if rec.Body != nil {
		rep.queue = append(rep.queue, rec)
	}
	rep.asked++
	return rep.asked
}

// usable tells why nothing can be written. mu is held.
func (rep *Replica) usable() error {
	if rep.closed {
		return fmt.Errorf("merge: work %s: %w", rep.work, ErrClosed)
	}
	return rep.failed
}

// Save seals, signs and stores everything, edits through Doc too. Errors are
// those of Update, and the signer's: then what is sealed is stored by the next
// call that succeeds.
func (rep *Replica) Save(ctx context.Context) error {
	if err := store.CheckContext(ctx); err != nil {
		return err
	}
	rep.mu.Lock()
	err := rep.usable()
	rep.mu.Unlock()
	if err != nil {
		return err
	}
	return rep.save(ctx)
}

// save is Save of a replica that may be closing.
func (rep *Replica) save(ctx context.Context) error {
	if err := rep.in.Leave(); err != nil {
		return fmt.Errorf("merge: saving: %w", err)
	}
	return rep.settle(ctx)
}

// settle stores what is sealed, or has arrived, and signs it, without sealing.
func (rep *Replica) settle(ctx context.Context) error {
	rep.mu.Lock()
	mine := rep.enqueue(bridge.Record{})
	rep.mu.Unlock()
	return rep.flush(ctx, mine)
}

// Autosave keeps edits that are made through Doc: every so often it writes them
// to the journal, as Update does, and once more, sealed, when ctx ends. It blocks
// until then and returns nil, or the first error of writing.
func (rep *Replica) Autosave(ctx context.Context, every time.Duration) error {
	if every <= 0 {
		return fmt.Errorf("merge: saving every %v: %w", every, store.ErrArgument)
	}
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return rep.Save(context.WithoutCancel(ctx))
		case <-t.C:
			if err := rep.record(ctx); err != nil {
				return err
			}
		}
	}
}

// record writes what is open to the journal.
func (rep *Replica) record(ctx context.Context) error {
	rep.mu.Lock()
	err := rep.usable()
	if err == nil {
		err = rep.blocked
	}
	var mine uint64
	if err == nil {
		mine = rep.enqueue(rep.in.Record())
	}
	rep.mu.Unlock()
	if err != nil {
		return err
	}
	return rep.flush(ctx, mine)
}

// Close lets the replica go; the last of those who opened it saves it. One
// Close per Open; ErrClosed for one too many. After a failed write it returns
// ErrStore again, so that who looks nowhere else learns of it.
func (rep *Replica) Close() error { return rep.repo.drop(rep) }

// end saves for the last time. Edits that wait to be written are written by it.
func (rep *Replica) end() error {
	rep.mu.Lock()
	rep.closed = true
	err := rep.failed
	rep.mu.Unlock()
	if err == nil {
		err = rep.save(context.Background())
	}
	rep.write.Lock()
	rep.ended = true
	rep.write.Unlock()
	rep.news.tell(released)
	return err
}

// source names the peer of a new connection, for the bounds of what waits.
func (rep *Replica) source() string {
	rep.mu.Lock()
	defer rep.mu.Unlock()
	rep.peers++
	return fmt.Sprintf("peer %d", rep.peers)
}
