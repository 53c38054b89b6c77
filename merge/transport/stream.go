package transport

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// maxEmptyReads is how often a reader below may return nothing and no error
// before it counts as broken; the same number as in bufio.
const maxEmptyReads = 100

// headLen is the length of the length before each message.
const headLen = 4

// Stream makes a Conn of a byte stream; the package comment has the format. It
// owns rw from then on. Reads and writes happen in the caller's goroutine.
//
// A context that ends unblocks a call through rw's SetReadDeadline or
// SetWriteDeadline where it has these methods and they work (net.Conn,
// *tls.Conn, pipes of package os), and the connection stays usable if no part
// of a message was written; deadlines set on rw by others are lost then.
// Otherwise rw is closed, which must unblock its Read and Write.
func Stream(rw io.ReadWriteCloser) Conn {
	s := &stream{
		rw:     rw,
		read:   make(chan struct{}, 1),
		write:  make(chan struct{}, 1),
		closed: make(chan struct{}),
	}
	if d, ok := rw.(interface{ SetReadDeadline(time.Time) error }); ok {
		s.readDeadline = d.SetReadDeadline
	}
	if d, ok := rw.(interface{ SetWriteDeadline(time.Time) error }); ok {
		s.writeDeadline = d.SetWriteDeadline
	}
	return s
}

// stream is a Conn over a byte stream.
//
// Invariants:
//  1. head[:got] (got ≤ 4) and then body[:got-4] are the bytes of the frame
//     being received; body is nil until all of head is there and its length was
//     found good. So a Receive that is cancelled loses nothing.
//  2. Once broken is set a frame was cut on the way out and no byte follows it.
//     A TLS connection says that it wrote nothing even if it wrote a part; it
//     fails for ever then, so the next Send sets broken.
type stream struct {
	rw            io.ReadWriteCloser
	readDeadline  func(time.Time) error // nil: rw has none
	writeDeadline func(time.Time) error

	read chan struct{} // holds a token while somebody receives
	head [headLen]byte // these three belong to the holder
	got  int
	body []byte

	write  chan struct{} // holds a token while somebody sends
	frame  []byte        // these two belong to the holder
	broken bool

	closed   chan struct{}
	once     sync.Once // guards closed and closeErr
	closeErr error
}

// Binding implements Bound for a TLS connection: its exporter (RFC 9266), which no
// other connection has.
func (s *stream) Binding() []byte {
	t, ok := s.rw.(interface{ ConnectionState() tls.ConnectionState })
	if !ok {
		return nil
	}
	state := t.ConnectionState()
	if !state.HandshakeComplete {
		return nil
	}
	b, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32)
	if err != nil { // an old version of TLS, whose exporter proves nothing
		return nil
	}
	return b
}

// Send writes the frame of msg with one Write.
func (s *stream) Send(ctx context.Context, msg []byte) error {
	if err := checkLength(len(msg)); err != nil {
		return err
	}
	if err := s.enter(ctx, s.write); err != nil {
		return err
	}
	defer func() { <-s.write }()
	if s.broken {
		return ErrClosed
	}
	s.frame = binary.BigEndian.AppendUint32(s.frame[:0], uint32(len(msg)))
	s.frame = append(s.frame, msg...)

	leave := s.watch(ctx, s.writeDeadline)
	n, err := s.rw.Write(s.frame)
	cancelled := leave()
	if err == nil && n < len(s.frame) {
		err = io.ErrShortWrite
	}
	if err == nil {
		return nil
	}
	failure := s.failure("write", err)
	if n > 0 || !cancelled {
		s.broken = true
		s.Close() // so that the peer sees the cut and waits for no more
	}
	if cancelled {
		return ctx.Err()
	}
	return failure
}

// Receive reads the rest of the frame that is being received.
func (s *stream) Receive(ctx context.Context) ([]byte, error) {
	if err := s.enter(ctx, s.read); err != nil {
		return nil, err
	}
	defer func() { <-s.read }()
	leave := s.watch(ctx, s.readDeadline)
	msg, err := s.readFrame()
	cancelled := leave()
	if err == nil {
		return msg, nil
	}
	if cancelled {
		return nil, ctx.Err()
	}
	return nil, s.failure("read", err)
}

// Close closes rw, once, and returns what that said.
func (s *stream) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.closeErr = s.rw.Close()
	})
	return s.closeErr
}

// enter waits for the turn of the caller in one direction.
func (s *stream) enter(ctx context.Context, turn chan struct{}) error {
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return ErrClosed
	}
	// Several cases may have been ready; these two forbid the call.
	err := ctx.Err()
	if s.isClosed() {
		err = ErrClosed
	}
	if err != nil {
		<-turn
	}
	return err
}

// watch interrupts the Read or Write that follows when ctx ends: by a deadline
// that has passed, or by Close where there is none. The function that it
// returns must be called after the Read or Write; it ends the watch, takes the
// deadline away and says whether ctx ended before that.
func (s *stream) watch(ctx context.Context, deadline func(time.Time) error) (leave func() bool) {
	if ctx.Done() == nil {
		return func() bool { return false }
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		if deadline == nil || deadline(time.Unix(1, 0)) != nil {
			s.Close()
		}
	})
	return func() bool {
		if stop() {
			return false
		}
		<-done
		if deadline != nil {
			_ = deadline(time.Time{}) // refused: then watch has closed rw
		}
		return true
	}
}

// readFrame goes on with the frame of invariant 1. The length is judged before
// anything is allocated for the message.
func (s *stream) readFrame() ([]byte, error) {
	for s.got < headLen {
		if err := s.fill(s.head[s.got:]); err != nil {
			return nil, err
		}
	}
	n := binary.BigEndian.Uint32(s.head[:])
	if n < 1 || n > MaxFrame {
		return nil, fmt.Errorf("peer announces %d bytes: %w", n, ErrFrame)
	}
	if s.body == nil {
		s.body = make([]byte, n)
	}
	for s.got-headLen < len(s.body) {
		if err := s.fill(s.body[s.got-headLen:]); err != nil {
			return nil, err
		}
	}
	msg := s.body
	s.got, s.body = 0, nil
	return msg, nil
}

// fill reads at least one byte into b. The end of the stream between two
// frames is io.EOF, elsewhere a *CutError.
func (s *stream) fill(b []byte) error {
	for range maxEmptyReads {
		n, err := s.rw.Read(b)
		s.got += n
		if n > 0 {
			return nil // an error comes again at the next Read
		}
		if errors.Is(err, io.EOF) {
			if s.got == 0 {
				return io.EOF
			}
			return &CutError{Got: s.got, Want: headLen + len(s.body)}
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// failure turns what rw said into the error of the Conn.
func (s *stream) failure(doing string, err error) error {
	var cut *CutError
	switch {
	case s.isClosed():
		return ErrClosed
	case err == io.EOF, errors.Is(err, ErrFrame), errors.As(err, &cut):
		return err
	}
	return fmt.Errorf("transport: %s: %w", doing, err)
}

// isClosed says whether Close was called.
func (s *stream) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}
