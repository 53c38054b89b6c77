package merge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge/store"
)

// segmentBytes is what a segment holds at most, about (SYNC 3).
const segmentBytes = 1 << 20

// Replica is a document that is kept in a store. It is safe for concurrent use.
//
// Invariants: the first durable changes of the document, by arrival, are in the
// store, covered by signatures that are there too; the queue holds the journal
// records that are not written yet, in order, all of them of what is open since
// the last flush.
type Replica struct {
	repo *Repo
	work cid.Cid
	doc  *crdt.Doc
	in   bridge.Doc

	users  int // guarded by repo.mu
	damage []error

	mu    sync.Mutex // edits and queue
	queue []bridge.Record
	asked uint64 // edits queued
	peers int    // connections so far

	write   sync.Mutex // one flush at a time
	flushed uint64     // edits that are durable
	durable int        // changes that are
	err     error      // latched after a failed write
}

// newReplica wraps a document.
func newReplica(r *Repo, d *crdt.Doc) *Replica {
	return &Replica{repo: r, work: d.ID(), doc: d, in: bridge.Of(d), users: 1}
}

// Doc is the document, for reading and for edits that are saved later.
func (rep *Replica) Doc() *crdt.Doc { return rep.doc }

// Damage is what loading found broken; empty for a sound store.
func (rep *Replica) Damage() []error { return append([]error(nil), rep.damage...) }

// Update edits the document as crdt.Doc.Update does and returns when the edit
// is durable: in the journal of the open change, without sealing or signing.
// Edits of several goroutines are made durable together.
//
// An error of fn or of the edit changes nothing. ErrStore says that the edit was
// made and could not be written: the replica writes no more.
func (rep *Replica) Update(ctx context.Context, fn func(*crdt.Tx) error) error {
	rep.mu.Lock()
	rec, err := rep.in.Update(fn)
	if err != nil {
		rep.mu.Unlock()
		return err
	}
	if rec.Body != nil {
		rep.queue = append(rep.queue, rec)
	}
	rep.asked++
	mine := rep.asked
	rep.mu.Unlock()
	return rep.flush(ctx, mine)
}

// flush writes what is queued up to edit number mine; whoever comes first
// writes for all that wait.
func (rep *Replica) flush(ctx context.Context, mine uint64) error {
	rep.write.Lock()
	defer rep.write.Unlock()
	if rep.flushed >= mine {
		return nil
	}
	if rep.err != nil {
		return rep.err
	}
	rep.mu.Lock()
	queue, upto := rep.queue, rep.asked
	rep.queue = nil
	rep.mu.Unlock()
	if err := rep.persist(ctx, queue); err != nil {
		rep.err = fmt.Errorf("merge: replica writes no more: %w", err)
		return rep.err
	}
	rep.flushed = upto
	return nil
}

// persist writes segments for what was sealed since the last time, and the
// records of what is open. The write lock must be held.
func (rep *Replica) persist(ctx context.Context, queue []bridge.Record) error {
	if n := rep.in.Count(); n > rep.durable {
		// Records before the last header are of a change that is sealed by now.
		for k := len(queue) - 1; k >= 0; k-- {
			if queue[k].Header != nil {
				queue = queue[k:]
				break
			}
			if k == 0 {
				queue = nil
			}
		}
		if err := rep.segments(ctx, n); err != nil {
			return err
		}
	}
	if len(queue) == 0 {
		return nil
	}
	bodies := make([][]byte, len(queue))
	for k := range queue {
		bodies[k] = queue[k].Body
	}
	if h := queue[0].Header; h != nil {
		return rep.repo.st.OpenJournal(ctx, rep.work, h, bodies...)
	}
	return rep.repo.st.AppendJournal(ctx, rep.work, bodies...)
}

// segments writes the changes from durable to n, signed, and ends the journal,
// whose change is among them.
func (rep *Replica) segments(ctx context.Context, n int) error {
	if err := rep.in.Sign(); err != nil {
		return err
	}
	n = max(n, rep.in.Count())
	idx := make([]int, 0, n-rep.durable)
	for i := rep.durable; i < n; i++ {
		idx = append(idx, i)
	}
	var segs []store.Segment
	for len(idx) > 0 {
		part, k := rep.in.Bundle(idx, segmentBytes)
		idx = idx[k:]
		b := &bundle.Bundle{Work: part.Work, Items: part.Items, Sigs: part.Sigs}
		changes, err := bundle.EncodeChanges(b, true)
		if err != nil {
			return err
		}
		words, err := bundle.EncodeWords(b, true)
		if err != nil {
			return err
		}
		segs = append(segs, store.NewSegment(changes, words))
	}
	if err := rep.repo.st.Seal(ctx, rep.work, segs...); err != nil {
		return err
	}
	rep.durable = n
	return nil
}

// Save seals, signs and stores everything.
func (rep *Replica) Save(ctx context.Context) error { return rep.save(ctx) }

// save is Save.
func (rep *Replica) save(ctx context.Context) error {
	if err := rep.in.Leave(); err != nil {
		return err
	}
	rep.mu.Lock()
	rep.asked++
	mine := rep.asked
	rep.mu.Unlock()
	return rep.flush(ctx, mine)
}

// Autosave saves again and again until ctx ends, and once more then; it is for
// typing through Doc. It returns the first error of saving, nil after ctx.
func (rep *Replica) Autosave(ctx context.Context, every time.Duration) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return rep.save(context.WithoutCancel(ctx))
		case <-t.C:
			if err := rep.save(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// Close lets the replica go; the last of those who opened it saves it. One
// Close per Open.
func (rep *Replica) Close() error { return rep.repo.drop(rep) }

// end saves for the last time. A relay or an unfilled replica has nothing own.
func (rep *Replica) end() error {
	err := rep.save(context.Background())
	if errors.Is(err, crdt.ErrReadOnly) {
		return nil
	}
	return err
}
