package transport

import (
	"errors"
	"fmt"
	"io"
)

// ErrFrame reports a message that is empty or longer than [MaxFrame], on the
// way out or announced by the peer.
var ErrFrame = errors.New("transport: frame is empty or over the limit")

// ErrClosed reports the use of a connection that was closed on this side, by
// Close or because a cancelled context left no other way out.
var ErrClosed = errors.New("transport: connection is closed")

// A CutError reports that the stream ended inside a frame. It unwraps to
// [io.ErrUnexpectedEOF].
type CutError struct {
	Got  int // bytes of the frame that arrived, those of the length included
	Want int // bytes of the whole frame; 4 while the length itself is cut
}

// Error says how much of the frame arrived.
func (e *CutError) Error() string {
	return fmt.Sprintf("transport: stream ended after %d of %d bytes of a frame", e.Got, e.Want)
}

// Unwrap makes errors.Is(err, io.ErrUnexpectedEOF) hold.
func (e *CutError) Unwrap() error { return io.ErrUnexpectedEOF }
