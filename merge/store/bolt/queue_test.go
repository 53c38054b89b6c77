//go:build !js

package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// rig is a queue whose transactions only count what runs in them.
type rig struct {
	queue
	mu      sync.Mutex
	ran     []string // writes of the last transaction that was committed
	commits int
	fail    error
}

// commit runs a transaction as file.update would.
func (r *rig) commit(write func(*bbolt.Tx) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := slices.Clone(r.ran)
	if err := write(nil); err != nil {
		r.ran = before
		return err
	}
	r.commits++
	return r.fail
}

// write puts a write into the queue, in a goroutine of its own, and waits until it
// stands there.
func (r *rig) write(t *testing.T, ctx context.Context, name string, refuse error) <-chan error {
	t.Helper()
	r.queue.mu.Lock()
	waiting := len(r.waiting)
	r.queue.mu.Unlock()
	answer := make(chan error, 1)
	go func() {
		answer <- r.do(ctx, func(*bbolt.Tx) error {
			if refuse == nil {
				r.ran = append(r.ran, name)
			}
			return refuse
		}, r.commit)
	}()
	for {
		r.queue.mu.Lock()
		n := len(r.waiting)
		r.queue.mu.Unlock()
		if n > waiting {
			return answer
		}
		time.Sleep(time.Millisecond)
	}
}

// TestQueue: writes that came while another was being written are written in one
// transaction, in their order; one that refuses is answered alone; one whose
// context ended before is not written.
func TestQueue(t *testing.T) {
	r := &rig{queue: newQueue()}
	ctx := context.Background()
	ending, cancel := context.WithCancel(ctx)
	refused := errors.New("refused")
	r.turn <- struct{}{} // somebody is writing
	a := r.write(t, ctx, "a", nil)
	b := r.write(t, ctx, "b", refused)
	c := r.write(t, ctx, "c", nil)
	d := r.write(t, ending, "d", nil)
	e := r.write(t, ctx, "e", refused)
	f := r.write(t, ctx, "f", nil)
	cancel()
	if err := <-d; !errors.Is(err, context.Canceled) {
		t.Fatalf("the cancelled write: %v", err)
	}
	<-r.turn
	for name, answer := range map[string]<-chan error{"a": a, "c": c, "f": f} {
		if err := <-answer; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, answer := range []<-chan error{b, e} {
		if err := <-answer; err != refused {
			t.Errorf("a write that refuses: %v", err)
		}
	}
	if got := fmt.Sprint(r.ran, r.commits); got != "[a c f] 1" {
		t.Errorf("written, transactions: %s", got)
	}
}

// TestQueueFails: when a transaction fails, every write in it fails with it.
func TestQueueFails(t *testing.T) {
	r := &rig{queue: newQueue(), fail: errors.New("no space")}
	r.turn <- struct{}{}
	a := r.write(t, context.Background(), "a", nil)
	b := r.write(t, context.Background(), "b", nil)
	<-r.turn
	for _, answer := range []<-chan error{a, b} {
		if err := <-answer; err != r.fail {
			t.Errorf("got %v", err)
		}
	}
}

// TestQueueTaken: a write that somebody has taken is waited for, even when its
// context ends; the answer is what became of it.
func TestQueueTaken(t *testing.T) {
	r := &rig{queue: newQueue()}
	ctx, cancel := context.WithCancel(context.Background())
	running, goOn := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	r.turn <- struct{}{}
	go func() {
		first <- r.do(context.Background(), func(*bbolt.Tx) error {
			close(running)
			<-goOn
			return nil
		}, r.commit)
	}()
	for {
		r.queue.mu.Lock()
		n := len(r.waiting)
		r.queue.mu.Unlock()
		if n == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	second := r.write(t, ctx, "second", nil)
	<-r.turn // both are taken by whoever is first
	<-running
	cancel()
	select {
	case err := <-second:
		t.Fatalf("answered while it was being written: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(goOn)
	if err := errors.Join(<-first, <-second); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(r.ran) != "[second]" {
		t.Fatalf("written: %v", r.ran)
	}
}
