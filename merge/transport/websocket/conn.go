package websocket

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"

	ws "github.com/coder/websocket"

	"github.com/commonhold/commonhold/merge/transport"
)

// subprotocol tells our servers from others.
const subprotocol = "commonhold.v1"

// farewell is how long Close may take to say that nothing follows.
const farewell = 250 * time.Millisecond

// conn is a transport.Conn over a WebSocket.
//
// Invariants:
//  1. Whoever reads from c holds the token of read, whoever writes that of write.
//  2. closed is closed by Close, and by a call whose context has ended, since c is
//     of no use after that.
//  3. end is the error of every Receive once it is set; it is for the holder of
//     read.
type conn struct {
	c       *ws.Conn
	binding []byte

	read  chan struct{}
	end   error
	write chan struct{}

	closed chan struct{}
	once   sync.Once
}

// newConn wraps a connection that is open. host is what was dialled, "" when that
// proves nothing.
func newConn(c *ws.Conn, host string) *conn {
	c.SetReadLimit(transport.MaxFrame)
	w := &conn{c: c, read: make(chan struct{}, 1), write: make(chan struct{}, 1), closed: make(chan struct{})}
	if host != "" {
		sum := sha256.Sum256([]byte("commonhold/host/v1\x00" + strings.ToLower(host)))
		w.binding = sum[:]
	}
	return w
}

// Binding names the host that was dialled, for proofs of who a peer is; nil
// without TLS.
func (c *conn) Binding() []byte { return c.binding }

// enter waits for a token.
func (c *conn) enter(ctx context.Context, token chan struct{}) error {
	select {
	case <-c.closed:
		return transport.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	select {
	case token <- struct{}{}:
	case <-c.closed:
		return transport.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.closed:
		<-token
		return transport.ErrClosed
	default:
		return nil
	}
}

// Send implements transport.Conn.
func (c *conn) Send(ctx context.Context, msg []byte) error {
	if n := len(msg); n < 1 || n > transport.MaxFrame {
		return fmt.Errorf("%d bytes: %w", n, transport.ErrFrame)
	}
	if err := c.enter(ctx, c.write); err != nil {
		return err
	}
	defer func() { <-c.write }()
	if err := c.c.Write(ctx, ws.MessageBinary, msg); err != nil {
		return c.failed(ctx, "write", err)
	}
	return nil
}

// Receive implements transport.Conn.
func (c *conn) Receive(ctx context.Context) ([]byte, error) {
	if err := c.enter(ctx, c.read); err != nil {
		return nil, err
	}
	defer func() { <-c.read }()
	if c.end != nil {
		return nil, c.end
	}
	kind, msg, err := c.c.Read(ctx)
	switch {
	case err == nil && kind == ws.MessageBinary && len(msg) > 0:
		return msg, nil
	case err == nil && kind == ws.MessageBinary:
		c.end = io.EOF
	case err == nil:
		c.end = fmt.Errorf("a text message: %w", transport.ErrFrame)
		c.Close()
	case errors.Is(err, ws.ErrMessageTooBig):
		c.end = fmt.Errorf("over %d bytes: %w", transport.MaxFrame, transport.ErrFrame)
	case ws.CloseStatus(err) == ws.StatusNormalClosure, ws.CloseStatus(err) == ws.StatusGoingAway:
		c.end = io.EOF
	case errors.Is(err, io.EOF):
		c.end = fmt.Errorf("websocket: it ended without a word: %w", io.ErrUnexpectedEOF)
	default:
		return nil, c.failed(ctx, "read", err)
	}
	return nil, c.end
}

// failed says what it means that a call has failed. A context that ended has taken
// the connection with it.
func (c *conn) failed(ctx context.Context, what string, err error) error {
	select {
	case <-c.closed:
		return transport.ErrClosed
	default:
	}
	if ctx.Err() != nil {
		c.once.Do(func() { close(c.closed) })
		return ctx.Err()
	}
	return fmt.Errorf("websocket: %s: %w", what, err)
}

// Close implements transport.Conn. If nobody is in the middle of a message it tells
// the peer that nothing follows, for which it takes a quarter of a second at most.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		select {
		case c.write <- struct{}{}:
			ctx, cancel := context.WithTimeout(context.Background(), farewell)
			defer cancel()
			_ = c.c.Write(ctx, ws.MessageBinary, nil) // if it fails there is nobody to tell
			<-c.write
		default:
		}
		hangUp(c.c)
	})
	return nil
}

// checked wraps a connection, if the other side speaks as we do.
func checked(c *ws.Conn, host string) (transport.Conn, error) {
	if c.Subprotocol() != subprotocol {
		hangUp(c)
		return nil, fmt.Errorf("websocket: the other side does not speak %s", subprotocol)
	}
	return newConn(c, host), nil
}

// boundHost is the host of an address if TLS proves it, else "".
func boundHost(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("websocket: %w", err)
	}
	if u.Scheme != "wss" && u.Scheme != "https" {
		return "", nil
	}
	return u.Host, nil
}
