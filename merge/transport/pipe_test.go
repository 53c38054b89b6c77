package transport_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"github.com/commonhold/commonhold/merge/transport"
	"github.com/commonhold/commonhold/merge/transport/transporttest"
)

func TestPipe(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) (a, b transport.Conn) { return transport.Pipe() })
}

// The bound of a Pipe is 16 messages a direction; the next Send waits until one
// is received.
func TestPipeBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := transport.Pipe()
		ctx := context.Background()
		sent := 0
		go func() {
			for range 20 {
				if a.Send(ctx, []byte{1}) != nil {
					return
				}
				sent++
			}
		}()
		synctest.Wait()
		if sent != 16 {
			t.Fatalf("%d messages wait in a Pipe, want 16", sent)
		}
		if _, err := b.Receive(ctx); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if sent != 17 {
			t.Fatalf("%d messages sent after one was received, want 17", sent)
		}
		b.Close() // the sender must end, or the bubble fails
		synctest.Wait()
	})
}

// Everything sent before Close is received, then io.EOF; the other direction
// says at once that nobody listens.
func TestPipeDrains(t *testing.T) {
	a, b := transport.Pipe()
	ctx := context.Background()
	for i := range 16 {
		if err := a.Send(ctx, []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	a.Close()
	if err := b.Send(ctx, []byte{1}); !errors.Is(err, io.ErrClosedPipe) {
		t.Fatalf("Send to a closed end: %v, want io.ErrClosedPipe", err)
	}
	for i := range 16 {
		m, err := b.Receive(ctx)
		if err != nil || m[0] != byte(i) {
			t.Fatalf("message %d: %v, %v", i, m, err)
		}
	}
	if _, err := b.Receive(ctx); err != io.EOF {
		t.Fatalf("after the last message: %v, want io.EOF", err)
	}
}
