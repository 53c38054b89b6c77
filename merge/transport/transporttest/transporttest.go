// Package transporttest tests that a [transport.Conn] keeps its promises. A new
// kind of connection is tested in three lines:
//
//	func TestConn(t *testing.T) {
//		transporttest.Run(t, func(t *testing.T) (a, b transport.Conn) { … })
//	}
//
// The function makes two ends of one new connection each time it is called.
// Run closes both; what else must be ended goes into t.Cleanup, which runs
// before goroutines are counted.
package transporttest

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/transport"
)

// patience is how long a call that must return may take. Nothing waits for it
// unless a test fails.
const patience = 10 * time.Second

// A Pair makes the two ends of a new connection.
type Pair func(t *testing.T) (a, b transport.Conn)

// Run tests connections made by pair, each test in both directions where they
// could differ.
func Run(t *testing.T, pair Pair) {
	for _, c := range []struct {
		name string
		test func(*testing.T, transport.Conn, transport.Conn)
	}{
		{"Order", testOrder},
		{"Sizes", testSizes},
		{"RefusedSizes", testRefusedSizes},
		{"BothWays", testBothWays},
		{"ManySenders", testManySenders},
		{"ManyReceivers", testManyReceivers},
		{"OwnershipSent", testOwnershipSent},
		{"OwnershipReceived", testOwnershipReceived},
		{"SlowReader", testSlowReader},
		{"CancelBefore", testCancelBefore},
		{"CancelReceive", testCancelReceive},
		{"CancelSend", testCancelSend},
		{"Deadline", testDeadline},
		{"ReceiveThenCancelLate", testCancelLate},
		{"CloseUnblocks", testCloseUnblocks},
		{"CloseTwice", testCloseTwice},
		{"UseAfterClose", testUseAfterClose},
		{"PeerCloses", testPeerCloses},
		{"SendToClosedPeer", testSendToClosedPeer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Run("ab", func(t *testing.T) { run(t, pair, c.test, false) })
			t.Run("ba", func(t *testing.T) { run(t, pair, c.test, true) })
		})
	}
}

// run gives test a new connection and demands that no goroutine is left of it.
func run(t *testing.T, pair Pair, test func(*testing.T, transport.Conn, transport.Conn), swap bool) {
	before := runtime.NumGoroutine()
	t.Run("conn", func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		defer b.Close()
		if swap {
			a, b = b, a
		}
		test(t, a, b)
	})
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before; {
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

// message makes the i-th test message of n ≥ 1 bytes, different for each i.
func message(i, n int) []byte {
	m := make([]byte, n)
	for k := range m {
		m[k] = byte(i*31 + k*7 + k>>8)
	}
	return m
}

// bounded is a context for calls that must succeed.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// after runs f in a goroutine and returns a function that waits for its error.
func after(t *testing.T, f func() error) (wait func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	return func() error {
		t.Helper()
		select {
		case err := <-done:
			return err
		case <-time.After(patience):
			t.Fatal("a call that must return did not")
			return nil
		}
	}
}

// receive receives one message and compares it.
func receive(t *testing.T, c transport.Conn, want []byte) {
	t.Helper()
	got, err := c.Receive(bounded(t))
	if err != nil {
		t.Fatalf("Receive: %v", err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("received %d bytes that are not the %d bytes sent", len(got), len(want))
	}
}

// testOrder: messages arrive whole, once and in order.
func testOrder(t *testing.T, a, b transport.Conn) {
	const n = 300
	ctx := bounded(t)
	wait := after(t, func() error {
		for i := range n {
			if err := a.Send(ctx, message(i, 1+i*17)); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range n {
		receive(t, b, message(i, 1+i*17))
	}
	if err := wait(); err != nil {
		t.Fatalf("Send: %v", err)
	}
}

// testSizes: the smallest and the greatest message and their neighbours pass.
func testSizes(t *testing.T, a, b transport.Conn) {
	ctx := bounded(t)
	for i, n := range []int{1, 2, 3, 4, 5, 255, 256, 257, 4095, 4096, 4097, transport.MaxFrame - 1, transport.MaxFrame} {
		m := message(i, n)
		wait := after(t, func() error { return a.Send(ctx, m) })
		receive(t, b, m)
		if err := wait(); err != nil {
			t.Fatalf("Send of %d bytes: %v", n, err)
		}
	}
}

// testRefusedSizes: an empty or too long message is refused and does no harm.
func testRefusedSizes(t *testing.T, a, b transport.Conn) {
	ctx := bounded(t)
	for _, m := range [][]byte{nil, {}, make([]byte, transport.MaxFrame+1), make([]byte, 1<<20)} {
		if err := a.Send(ctx, m); !errors.Is(err, transport.ErrFrame) {
			t.Fatalf("Send of %d bytes: %v, want ErrFrame", len(m), err)
		}
	}
	wait := after(t, func() error { return a.Send(ctx, []byte("x")) })
	receive(t, b, []byte("x"))
	if err := wait(); err != nil {
		t.Fatalf("Send after refused ones: %v", err)
	}
}

// testBothWays: both ends send and receive at the same time.
func testBothWays(t *testing.T, a, b transport.Conn) {
	const n = 200
	ctx := bounded(t)
	send := func(c transport.Conn, from int) func() error {
		return func() error {
			for i := range n {
				if err := c.Send(ctx, message(from+i, 700)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	waitA, waitB := after(t, send(a, 0)), after(t, send(b, 1000))
	for i := range n {
		receive(t, b, message(i, 700))
		receive(t, a, message(1000+i, 700))
	}
	for _, wait := range []func() error{waitA, waitB} {
		if err := wait(); err != nil {
			t.Fatalf("Send: %v", err)
		}
	}
}

// testManySenders: messages of concurrent senders are not mixed, and those of
// one sender keep their order.
func testManySenders(t *testing.T, a, b transport.Conn) {
	const senders, each = 8, 50
	ctx := bounded(t)
	var waits []func() error
	for s := range senders {
		waits = append(waits, after(t, func() error {
			for i := range each {
				m := bytes.Repeat([]byte{byte(s)}, 2+i*40)
				m[1] = byte(i)
				if err := a.Send(ctx, m); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	var next [senders]int
	for range senders * each {
		m, err := b.Receive(ctx)
		if err != nil {
			t.Fatalf("Receive: %v", err)
		}
		s := int(m[0])
		if s >= senders || int(m[1]) != next[s] || len(m) != 2+next[s]*40 {
			t.Fatalf("message %d of sender %d of %d bytes, expected its message %d", m[1], s, len(m), next[s])
		}
		if !bytes.Equal(m[2:], bytes.Repeat([]byte{byte(s)}, len(m)-2)) {
			t.Fatal("bytes of two messages are mixed")
		}
		next[s]++
	}
	for _, wait := range waits {
		if err := wait(); err != nil {
			t.Fatalf("Send: %v", err)
		}
	}
}

// testManyReceivers: each message goes to one of several receivers.
func testManyReceivers(t *testing.T, a, b transport.Conn) {
	const receivers, n = 4, 100
	ctx := bounded(t)
	got := make(chan byte, n)
	var waits []func() error
	for range receivers {
		waits = append(waits, after(t, func() error {
			for {
				m, err := b.Receive(ctx)
				if err != nil {
					return err
				}
				if len(m) != 1000 || !bytes.Equal(m, bytes.Repeat(m[:1], 1000)) {
					return errors.New("a message is torn")
				}
				got <- m[0]
			}
		}))
	}
	for i := range n {
		if err := a.Send(ctx, bytes.Repeat([]byte{byte(i)}, 1000)); err != nil {
			t.Fatalf("Send: %v", err)
		}
	}
	var seen [n]bool
	for range n {
		select {
		case i := <-got:
			if seen[i] {
				t.Fatalf("message %d was received twice", i)
			}
			seen[i] = true
		case <-ctx.Done():
			t.Fatal("messages were lost")
		}
	}
	b.Close()
	for _, wait := range waits {
		if err := wait(); !errors.Is(err, transport.ErrClosed) {
			t.Fatalf("Receive on a closed connection: %v, want ErrClosed", err)
		}
	}
}

// testOwnershipSent: the sender may reuse its buffer when Send has returned.
func testOwnershipSent(t *testing.T, a, b transport.Conn) {
	const n = 10
	ctx := bounded(t)
	wait := after(t, func() error {
		buf := make([]byte, 500)
		for i := range n {
			copy(buf, message(i, 500))
			if err := a.Send(ctx, buf); err != nil {
				return err
			}
			clear(buf)
		}
		return nil
	})
	for i := range n {
		receive(t, b, message(i, 500))
	}
	if err := wait(); err != nil {
		t.Fatalf("Send: %v", err)
	}
}

// testOwnershipReceived: a received message is the receiver's alone.
func testOwnershipReceived(t *testing.T, a, b transport.Conn) {
	const n = 10
	ctx := bounded(t)
	wait := after(t, func() error {
		for i := range n {
			if err := a.Send(ctx, message(i, 500)); err != nil {
				return err
			}
		}
		return nil
	})
	var all [][]byte
	for range n {
		m, err := b.Receive(ctx)
		if err != nil {
			t.Fatalf("Receive: %v", err)
		}
		_ = append(m, "beyond its end"...)
		all = append(all, m)
	}
	for i, m := range all {
		if !bytes.Equal(m, message(i, 500)) {
			t.Fatalf("message %d was changed after it was received", i)
		}
		clear(m)
	}
	if err := wait(); err != nil {
		t.Fatalf("Send: %v", err)
	}
}

// testSlowReader: a peer that does not receive makes Send wait, with bounded
// memory, and loses nothing.
func testSlowReader(t *testing.T, a, b transport.Conn) {
	const n = 400 // 25 MB, more than any buffer below may hold
	ctx := bounded(t)
	m := message(1, transport.MaxFrame)
	sent := make(chan int, n)
	wait := after(t, func() error {
		for i := range n {
			if err := a.Send(ctx, m); err != nil {
				return err
			}
			sent <- i
		}
		return nil
	})
	time.Sleep(20 * time.Millisecond)
	for len(sent) < n { // wait until it stands still
		before := len(sent)
		time.Sleep(20 * time.Millisecond)
		if len(sent) == before {
			break
		}
	}
	if len(sent) == n {
		t.Fatal("25 MB were sent to a peer that does not receive")
	}
	for range n {
		receive(t, b, m)
	}
	if err := wait(); err != nil {
		t.Fatalf("Send: %v", err)
	}
}
