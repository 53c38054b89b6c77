package libp2p

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// farewell is how long a stream that was closed waits for the peer to close its side,
// so that the peer can receive what was sent; what it sends meanwhile is dropped.
const farewell = 5 * time.Second

// maxDropped is how much is dropped of a peer that goes on sending.
const maxDropped = 1 << 20

// stream is a libp2p stream that ends as a connection does: when one side closes it
// the other can read what was sent before, and then writes no more. A libp2p stream
// that is closed lets the peer write on into nothing; one that is reset takes from the
// peer what it has not read yet. So this one is closed for writing, read until the
// peer closes too, and reset if the peer takes too long or sends on.
//
// Invariant: whoever reads holds reading, whoever writes writing.
type stream struct {
	network.Stream
	reading, writing sync.Mutex
	closed           atomic.Bool
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.closed.Load() {
		return 0, io.ErrClosedPipe
	}
	return s.Stream.Read(p)
}

// Write implements io.Writer.
func (s *stream) Write(p []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed.Load() {
		return 0, io.ErrClosedPipe
	}
	return s.Stream.Write(p)
}

// SetReadDeadline implements what transport.Stream ends calls with. When the stream is
// closed there is nothing to end, and its deadlines are not the caller's any more.
func (s *stream) SetReadDeadline(t time.Time) error {
	if s.closed.Load() {
		return nil
	}
	return s.Stream.SetReadDeadline(t)
}

// SetWriteDeadline is SetReadDeadline for writing.
func (s *stream) SetWriteDeadline(t time.Time) error {
	if s.closed.Load() {
		return nil
	}
	return s.Stream.SetWriteDeadline(t)
}

// Close unblocks whoever reads or writes and tells the peer that nothing follows. What
// the peer sends is read by a goroutine, for farewell at most.
func (s *stream) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	if err := s.SetDeadline(time.Unix(1, 0)); err != nil { // nothing else unblocks
		return s.Reset()
	}
	s.writing.Lock()
	err := s.Stream.SetWriteDeadline(time.Now().Add(farewell))
	if err == nil {
		err = s.CloseWrite()
	}
	s.writing.Unlock()
	if err != nil {
		return nil // it is broken, or was reset: there is nobody to tell
	}
	timer := time.AfterFunc(farewell, func() { _ = s.Reset() })
	go func() {
		defer timer.Stop()
		s.drain()
	}()
	return nil
}

// drain drops what the peer sends until it closes too.
func (s *stream) drain() {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.Stream.SetReadDeadline(time.Time{}) == nil {
		if n, err := io.Copy(io.Discard, io.LimitReader(s.Stream, maxDropped)); err == nil && n < maxDropped {
			_ = s.Stream.Close()
			return
		}
	}
	_ = s.Reset()
}
