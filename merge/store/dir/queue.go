package dir

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/commonhold/commonhold/merge/store"
)

// queue lets one call after another have a work, and records that come at the same
// time share one sync, without a goroutine: whoever finds nobody at work does what
// all that wait have asked for, the others wait for him.
//
// Invariants, under mu:
//  1. waiting has the calls that nobody has taken, in the order they came.
//  2. Each call is finished exactly once: its done is closed after err is set.
//  3. Whoever uses the work holds the one token of turn.
type queue struct {
	turn    chan struct{} // holds a token while somebody has the turn
	mu      sync.Mutex
	waiting []*call
}

// call is one write that waits for its turn: records of a journal, or something
// else to run.
type call struct {
	run     func(*work) error
	records [][]byte
	append  bool // run is unused

	done chan struct{}
	err  error
}

// newQueue returns an empty queue.
func newQueue() queue { return queue{turn: make(chan struct{}, 1)} }

// take waits for the turn, release gives it on.
func (q *queue) take(ctx context.Context) error {
	select {
	case q.turn <- struct{}{}:
		return nil
	default:
	}
	select {
	case q.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// release gives the turn on.
func (q *queue) release() { <-q.turn }

// do has a call executed and returns its outcome. A context that ends before
// somebody has taken the call takes it back; after that the outcome is waited for.
func (w *work) do(ctx context.Context, c *call) error {
	c.done = make(chan struct{})
	w.mu.Lock()
	w.waiting = append(w.waiting, c)
	w.mu.Unlock()
	select {
	case w.turn <- struct{}{}:
		w.lead()
	case <-c.done:
	case <-ctx.Done():
		if w.withdraw(c) {
			return ctx.Err()
		}
	}
	<-c.done
	return c.err
}

// withdraw takes a call out of the queue, if nobody has taken it.
func (q *queue) withdraw(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, c)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// errAbandoned answers calls whose leader did not come back.
var errAbandoned = fmt.Errorf("the call that wrote for this one panicked: %w", store.ErrStore)

// lead does all that waits, in the order it came, and gives the turn on.
func (w *work) lead() {
	w.mu.Lock()
	batch := w.waiting
	w.waiting = nil
	w.mu.Unlock()
	defer w.release()
	defer func() {
		for _, c := range batch {
			c.finish(errAbandoned)
		}
	}()
	if err := w.dir.write(w.readIn); err != nil {
		for ; len(batch) > 0; batch = batch[1:] {
			batch[0].finish(err)
		}
	}
	for len(batch) > 0 {
		n := together(batch)
		err := w.dir.write(func() error { return w.perform(batch[:n]) })
		for ; n > 0; n-- {
			batch[0].finish(err)
			batch = batch[1:]
		}
	}
}

// frameTarget is how long a frame of records of several calls becomes, about.
const frameTarget = 1 << 20

// together is how many calls of the batch, from the first, can share a sync.
func together(batch []*call) int {
	n, size := 0, 0
	for n < len(batch) && batch[n].append && (n == 0 || size < frameTarget) {
		for _, r := range batch[n].records {
			size += len(r)
		}
		n++
	}
	return max(1, n)
}

// perform executes one call, or records of several.
func (w *work) perform(calls []*call) error {
	if !calls[0].append {
		return calls[0].run(w)
	}
	var records [][]byte
	for _, c := range calls {
		records = append(records, c.records...)
	}
	return w.appendRecords(records)
}

// finish answers a call.
func (c *call) finish(err error) {
	c.err = err
	close(c.done)
}
