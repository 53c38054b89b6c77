package transporttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/transport"
)

// This file has the tests of the ways in which a call or a connection ends.

// fill sends until the connection takes no more and the context ends; it
// returns how many messages were sent with success.
func fill(t *testing.T, c transport.Conn, m []byte) (sent int, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	progress := make(chan struct{}, 1)
	wait := after(t, func() error {
		for {
			if err := c.Send(ctx, m); err != nil {
				return err
			}
			sent++
			select {
			case progress <- struct{}{}:
			default:
			}
		}
	})
	for stuck := false; !stuck; {
		select {
		case <-progress:
		case <-time.After(30 * time.Millisecond):
			stuck = true
		}
	}
	cancel()
	err = wait()
	return sent, err
}

// usable demands that the connection carries a message from a to b, or else
// says ErrClosed on the side that was cancelled.
func usable(t *testing.T, a, b, cancelled transport.Conn) {
	t.Helper()
	ctx := bounded(t)
	m := []byte("still here")
	wait := after(t, func() error {
		err := a.Send(ctx, m)
		if err != nil {
			a.Close() // so that b does not wait for it
		}
		return err
	})
	got, err := b.Receive(ctx)
	sendErr := wait()
	if sendErr == nil && err == nil {
		if !bytes.Equal(got, m) {
			t.Fatalf("received %q after a cancelled call, want %q", got, m)
		}
		return
	}
	own := err
	if cancelled == a {
		own = sendErr
	}
	if !errors.Is(own, transport.ErrClosed) {
		t.Fatalf("after a cancelled call the connection neither works nor is closed: Send %v, Receive %v", sendErr, err)
	}
}

// testCancelBefore: a context that has ended lets nothing begin.
func testCancelBefore(t *testing.T, a, b transport.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.Send(ctx, []byte("no")); !errors.Is(err, context.Canceled) {
		t.Fatalf("Send: %v, want context.Canceled", err)
	}
	if _, err := b.Receive(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("Receive: %v, want context.Canceled", err)
	}
	m := []byte("yes")
	wait := after(t, func() error { return a.Send(bounded(t), m) })
	receive(t, b, m)
	if err := wait(); err != nil {
		t.Fatalf("Send after a cancelled one: %v", err)
	}
}

// testCancelReceive: a waiting Receive returns when its context ends; only
// that one does.
func testCancelReceive(t *testing.T, a, b transport.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	wait := after(t, func() error { _, err := b.Receive(ctx); return err })
	time.Sleep(5 * time.Millisecond)
	cancel()
	if err := wait(); !errors.Is(err, context.Canceled) {
		t.Fatalf("Receive: %v, want context.Canceled", err)
	}
	usable(t, a, b, b)
}

// testCancelSend: a Send that waits for a peer that does not receive returns
// when its context ends. The peer gets whole messages only, and if the connection
// did not survive, the end of it.
func testCancelSend(t *testing.T, a, b transport.Conn) {
	m := message(1, 5000)
	sent, err := fill(t, a, m)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Send: %v, want context.Canceled", err)
	}
	again := after(t, func() error { return a.Send(bounded(t), m) })
	for i := range sent {
		got, err := b.Receive(bounded(t))
		if err != nil {
			t.Fatalf("message %d of the %d sent: %v", i, sent, err)
		}
		if !bytes.Equal(got, m) {
			t.Fatalf("message %d was changed", i)
		}
	}
	got, recvErr := b.Receive(bounded(t))
	switch err := again(); {
	case err == nil && recvErr == nil && bytes.Equal(got, m):
	case err != nil && recvErr != nil && !errors.Is(recvErr, context.DeadlineExceeded):
	default:
		t.Fatalf("after a cancelled Send: Send %v, Receive %d bytes, %v", err, len(got), recvErr)
	}
}

// testDeadline: the deadline of a context ends a call like cancelling does.
func testDeadline(t *testing.T, a, b transport.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	wait := after(t, func() error { _, err := b.Receive(ctx); return err })
	if err := wait(); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Receive: %v, want context.DeadlineExceeded", err)
	}
	usable(t, a, b, b)
}

// testCancelLate: a context that ends after its call has returned does not
// touch the next call.
func testCancelLate(t *testing.T, a, b transport.Conn) {
	for i := range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		m := message(i, 100)
		wait := after(t, func() error { return a.Send(ctx, m) })
		got, err := b.Receive(ctx)
		if err != nil || !bytes.Equal(got, m) {
			t.Fatalf("Receive %d: %d bytes, %v", i, len(got), err)
		}
		if err := wait(); err != nil {
			t.Fatalf("Send %d: %v", i, err)
		}
		cancel()
	}
}

// testCloseUnblocks: Close ends calls that wait, in both directions.
func testCloseUnblocks(t *testing.T, a, b transport.Conn) {
	ctx := bounded(t)
	recv := after(t, func() error { _, err := a.Receive(ctx); return err })
	send := after(t, func() error {
		for {
			if err := a.Send(ctx, message(1, 60000)); err != nil {
				return err
			}
		}
	})
	time.Sleep(20 * time.Millisecond)
	a.Close()
	if err := recv(); !errors.Is(err, transport.ErrClosed) {
		t.Fatalf("Receive: %v, want ErrClosed", err)
	}
	if err := send(); !errors.Is(err, transport.ErrClosed) {
		t.Fatalf("Send: %v, want ErrClosed", err)
	}
}

// testCloseTwice: closing again is harmless, from several goroutines too.
func testCloseTwice(t *testing.T, a, b transport.Conn) {
	var waits []func() error
	for range 4 {
		waits = append(waits, after(t, a.Close))
	}
	for _, wait := range waits {
		if err := wait(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatalf("Close again: %v", err)
	}
}

// testUseAfterClose: calls on a closed end say ErrClosed.
func testUseAfterClose(t *testing.T, a, b transport.Conn) {
	a.Close()
	ctx := bounded(t)
	if err := a.Send(ctx, []byte("x")); !errors.Is(err, transport.ErrClosed) {
		t.Fatalf("Send: %v, want ErrClosed", err)
	}
	if _, err := a.Receive(ctx); !errors.Is(err, transport.ErrClosed) {
		t.Fatalf("Receive: %v, want ErrClosed", err)
	}
}

// testPeerCloses: what was sent before a clean end is received, then io.EOF,
// again and again.
func testPeerCloses(t *testing.T, a, b transport.Conn) {
	ctx := bounded(t)
	m := message(1, 100)
	wait := after(t, func() error {
		if err := a.Send(ctx, m); err != nil {
			return err
		}
		return a.Close()
	})
	receive(t, b, m)
	for range 3 {
		if _, err := b.Receive(ctx); err != io.EOF {
			t.Fatalf("Receive: %v, want io.EOF itself", err)
		}
	}
	if err := wait(); err != nil {
		t.Fatalf("Send or Close: %v", err)
	}
}

// testSendToClosedPeer: sending to a peer that has gone fails in the end.
func testSendToClosedPeer(t *testing.T, a, b transport.Conn) {
	b.Close()
	ctx := bounded(t)
	wait := after(t, func() error {
		for {
			if err := a.Send(ctx, message(1, 1000)); err != nil {
				return err
			}
		}
	})
	if err := wait(); ctx.Err() != nil {
		t.Fatalf("Send to a peer that has closed goes on until its context ends: %v", err)
	}
}
