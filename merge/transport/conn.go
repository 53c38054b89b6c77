package transport

import (
	"context"
	"fmt"
)

// MaxFrame is the greatest length of a message in bytes: 64 KiB of a session, and
// its address. It bounds what a stranger can make this side allocate with four
// bytes, and lets a slow link show progress every few seconds.
const MaxFrame = 64<<10 + 16

// A Conn carries messages of 1 to [MaxFrame] bytes, whole and in order, both
// ways. All methods may be called at the same time from any goroutine; whole
// messages of concurrent senders are interleaved.
//
// Every error but those of the context and [ErrFrame] out of Send is final for
// its direction.
type Conn interface {
	// Send gives msg to the connection and returns when the connection no
	// longer needs it; the caller may change msg then. Success does not mean
	// that the peer has it. A message that is empty or too long is refused
	// with [ErrFrame] and nothing is sent. A ctx that ends unblocks Send with
	// ctx.Err(); the peer then gets msg whole or not at all, and the
	// connection may be closed.
	Send(ctx context.Context, msg []byte) error

	// Receive waits for the next message; it belongs to the caller. When the
	// peer has closed and everything it sent was received, the error is
	// io.EOF; after a stream that ended inside a frame it is a [*CutError];
	// after a length of 0 or over the limit it is [ErrFrame]. A ctx that ends
	// unblocks Receive with ctx.Err() and loses no message unless the
	// connection had to be closed.
	Receive(ctx context.Context) ([]byte, error)

	// Close ends both directions, unblocks every call and may be called
	// again. Calls on this side give [ErrClosed] from then on. What the peer
	// has not received yet may be lost.
	Close() error
}

// A Bound connection knows something that its two ends share and that nobody
// between them can bring about elsewhere: a proof of who a peer is that is made
// over it cannot be passed on to another connection. Without a binding peers
// remain unproven.
type Bound interface {
	// Binding returns it, nil while there is none. It is settled once a message has
	// been received.
	Binding() []byte
}

// A Dialer opens a connection, once per call. It returns when ctx ends.
type Dialer func(ctx context.Context) (Conn, error)

// checkLength refuses a message that no Conn carries.
func checkLength(n int) error {
	if n < 1 || n > MaxFrame {
		return fmt.Errorf("%d bytes: %w", n, ErrFrame)
	}
	return nil
}
