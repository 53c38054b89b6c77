package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"sync"
)

// pipeDepth is how many messages wait in one direction of a Pipe before Send
// blocks: at most 1 MiB.
const pipeDepth = 16

// Pipe returns the two ends of a connection inside this process. Each
// direction holds up to 16 messages; then Send waits for the other end to
// receive. What was sent before Close can still be received by the other end,
// whose Send fails from then on with an error that wraps [io.ErrClosedPipe].
func Pipe() (Conn, Conn) {
	there, back := make(chan []byte, pipeDepth), make(chan []byte, pipeDepth)
	left, right := make(chan struct{}), make(chan struct{})
	binding := make([]byte, 32)
	if _, err := rand.Read(binding); err != nil {
		binding = nil
	}
	return &pipe{in: back, out: there, closed: left, gone: right, binding: binding},
		&pipe{in: there, out: back, closed: right, gone: left, binding: binding}
}

// pipe is one end of a Pipe. The channels of messages are never closed, so a
// Send that races with a Close cannot panic.
type pipe struct {
	in     <-chan []byte
	out    chan<- []byte
	closed chan struct{}   // closed by this end's Close
	gone   <-chan struct{} // closed by the other end's Close
	once   sync.Once       // guards closed

	binding []byte
}

// Binding implements Bound: random bytes that the two ends share.
func (p *pipe) Binding() []byte { return bytes.Clone(p.binding) }

// Send copies msg and puts it into the queue of the other end.
func (p *pipe) Send(ctx context.Context, msg []byte) error {
	if err := checkLength(len(msg)); err != nil {
		return err
	}
	// A select picks at random among what is ready, so what forbids sending
	// is looked at alone first.
	select {
	case <-p.closed:
		return ErrClosed
	case <-p.gone:
		return errGone()
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	select {
	case p.out <- bytes.Clone(msg):
		return nil
	case <-p.closed:
		return ErrClosed
	case <-p.gone:
		return errGone()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Receive takes the next message from the queue of this end.
func (p *pipe) Receive(ctx context.Context) ([]byte, error) {
	select {
	case <-p.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	default:
	}
	select {
	case msg := <-p.in:
		return msg, nil
	case <-p.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.gone:
	}
	// Every Send that returned before the other end closed has put its
	// message into the queue by now.
	select {
	case msg := <-p.in:
		return msg, nil
	default:
		return nil, io.EOF
	}
}

// Close ends both directions.
func (p *pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// errGone is the error of sending to an end that was closed.
func errGone() error {
	return fmt.Errorf("transport: the peer has closed: %w", io.ErrClosedPipe)
}
