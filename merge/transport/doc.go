// Package transport carries whole messages between two replicas.
//
// # What to call
//
// A [Conn] sends and receives messages. [Stream] makes one out of any
// [io.ReadWriteCloser]: a TCP connection, a TLS connection, a pair of pipes, a
// serial line. [Pipe] gives two ends in one process, for tests and for two
// replicas in one program. A [Dialer] is a function that opens a Conn; whoever
// reconnects asks for one.
//
// # What to be careful with
//
// Nothing here encrypts or proves who the peer is: give Stream a TLS connection
// where that matters; it is [Bound] then, by the exporter of RFC 9266, and replicas
// can prove their keys over it. A Conn starts no goroutine that outlives a call, so a
// Conn that is dropped without Close leaks nothing but what lies below it.
// Cancelling a Send in the middle of a frame ends the connection, because the
// peer could not find the next frame. A stream below that cannot be given a
// deadline is closed when a context ends.
//
// # Format of Stream
//
//	┌────────────────────┬──────────────────────────┐
//	│ length, 4 bytes    │ message, length bytes    │
//	│ big endian         │ 1 … 65,552               │
//	└────────────────────┴──────────────────────────┘
//
// The message "hi" is 00 00 00 02 68 69. There is no other framing, no
// greeting and no end mark: closing between two frames is a clean end.
//
// # Backwards compatibility
//
// The four bytes before a message and the limit stay as they are.
package transport
