//go:build !js

package bolt

import (
	"context"
	"slices"
	"sync"

	"go.etcd.io/bbolt"
)

// queue lets writes that come at the same time share one transaction, and so its
// two syncs, without a goroutine: whoever finds nobody writing writes for all
// that wait, the others wait for him.
//
// Invariants, under mu:
//  1. waiting has the writes that nobody has taken, in the order they came.
//  2. Each write is finished exactly once: its done is closed after err is set.
//  3. Whoever is in the middle of a transaction holds the one token of turn.
type queue struct {
	turn    chan struct{} // holds a token while somebody writes
	mu      sync.Mutex
	waiting []*write
}

// write is one call that waits for its transaction.
type write struct {
	run  func(*bbolt.Tx) error
	done chan struct{}
	err  error
}

// newQueue returns an empty queue.
func newQueue() queue { return queue{turn: make(chan struct{}, 1)} }

// do has run executed inside a transaction that commit makes, and returns when
// that is durable or has failed. A context that ends before somebody has taken
// the write takes it back; after that the outcome is waited for.
func (q *queue) do(ctx context.Context, run func(*bbolt.Tx) error, commit func(func(*bbolt.Tx) error) error) error {
	w := &write{run: run, done: make(chan struct{})}
	q.mu.Lock()
	q.waiting = append(q.waiting, w)
	q.mu.Unlock()
	select {
	case q.turn <- struct{}{}:
		q.lead(commit)
		<-q.turn
	case <-w.done:
	case <-ctx.Done():
		if q.withdraw(w) {
			return ctx.Err()
		}
	}
	<-w.done
	return w.err
}

// withdraw takes a write out of the queue, if nobody has taken it to write it.
func (q *queue) withdraw(w *write) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, w)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// lead writes all that wait, in their order, in one transaction. A write that
// fails is taken out and answered, and the others are run again without it: the
// transaction was rolled back, so nothing of it is there.
func (q *queue) lead(commit func(func(*bbolt.Tx) error) error) {
	q.mu.Lock()
	batch := q.waiting
	q.waiting = nil
	q.mu.Unlock()
	for len(batch) > 0 {
		refused := -1
		err := commit(func(tx *bbolt.Tx) error {
			for i, w := range batch {
				refused = i // also if this one meets damage, and commit recovers
				if err := w.run(tx); err != nil {
					return err
				}
			}
			refused = -1
			return nil
		})
		if refused >= 0 {
			batch[refused].finish(err)
			batch = slices.Delete(batch, refused, refused+1)
			continue
		}
		for _, w := range batch {
			w.finish(err)
		}
		return
	}
}

// finish answers a write.
func (w *write) finish(err error) {
	w.err = err
	close(w.done)
}
