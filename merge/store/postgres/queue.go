package postgres

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
)

// queue lets writes that come at the same time share one transaction, without a
// goroutine: whoever finds nobody writing writes for all that wait, the others wait
// for him.
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

// run is what a call does inside a transaction. It may be run more than once, each
// time on the state without its earlier runs.
type run func(context.Context, pgx.Tx) error

// write is one call that waits for its transaction.
type write struct {
	work []byte // nil for none
	run  run
	done chan struct{}
	err  error
}

// newQueue returns an empty queue.
func newQueue() queue { return queue{turn: make(chan struct{}, 1)} }

// do has w executed inside a transaction that commit makes, and returns when that is
// durable or has failed. A context that ends before somebody has taken the write takes
// it back; after that the outcome is waited for.
func (q *queue) do(ctx context.Context, w *write, commit func(run) error) error {
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

// lead writes all that wait, each work's in their order, in one transaction. Works come
// ascending, since their rows are locked, and two servers that lock them in different
// orders would wait for each other. A write that fails is taken out and answered, and
// the others are run again without it: the transaction was rolled back, so nothing of
// it is there.
func (q *queue) lead(commit func(run) error) {
	q.mu.Lock()
	batch := q.waiting
	q.waiting = nil
	q.mu.Unlock()
	slices.SortStableFunc(batch, func(a, b *write) int { return bytes.Compare(a.work, b.work) })
	for len(batch) > 0 {
		bad := -1
		err := commit(func(ctx context.Context, tx pgx.Tx) error {
			for i, w := range batch {
				if err := w.run(ctx, tx); err != nil {
					bad = i
					return err
				}
			}
			bad = -1
			return nil
		})
		if bad >= 0 {
			batch[bad].finish(err)
			batch = slices.Delete(batch, bad, bad+1)
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
