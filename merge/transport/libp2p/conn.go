package libp2p

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	multistream "github.com/multiformats/go-multistream"

	"github.com/commonhold/commonhold/merge/transport"
)

// Protocol is what streams that carry sessions are opened for.
const Protocol protocol.ID = "/commonhold/1"

// plaintext is the security that secures nothing: ids are claimed over it.
const plaintext protocol.ID = "/plaintext/2.0.0"

// greeting is how long a peer may take to agree on the protocol.
const greeting = 15 * time.Second

// Remote is the host at the other end.
type Remote struct {
	ID  peer.ID
	Key crypto.PubKey // of which ID is made; nil if the connection does not know it
}

// Conn is a transport.Conn over a stream. A peer that sends what is no message is
// reset.
type Conn struct {
	transport.Conn
	stream *stream
	ended  atomic.Bool // the peer has closed
}

// newConn wraps a stream.
func newConn(s network.Stream) *Conn {
	w := &stream{Stream: s}
	return &Conn{Conn: transport.Stream(w), stream: w}
}

// Receive implements transport.Conn.
func (c *Conn) Receive(ctx context.Context) ([]byte, error) {
	msg, err := c.Conn.Receive(ctx)
	switch {
	case err == nil, errors.Is(err, transport.ErrClosed), ctx.Err() != nil:
	case c.ended.Load():
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		c.ended.Store(true)
	case errors.Is(err, transport.ErrFrame):
		c.Reset()
	}
	return msg, err
}

// Reset ends the connection and tells the peer that it has broken the protocol, as far
// as the transport below can. What either side has not received is lost.
func (c *Conn) Reset() {
	_ = c.stream.ResetWithError(network.StreamProtocolViolation)
	_ = c.Close()
}

// Remote is the host at the other end.
func (c *Conn) Remote() Remote {
	conn := c.stream.Conn()
	return Remote{ID: conn.RemotePeer(), Key: conn.RemotePublicKey()}
}

// Binding implements transport.Bound: it names the hosts at both ends, who have proven
// their ids to each other by the connection below. It is nil where they have not.
func (c *Conn) Binding() []byte {
	conn := c.stream.Conn()
	from, to := conn.LocalPeer(), conn.RemotePeer()
	key := conn.RemotePublicKey()
	if key == nil || !to.MatchesPublicKey(key) || conn.ConnState().Security == plaintext {
		return nil
	}
	if c.stream.Stat().Direction == network.DirInbound {
		from, to = to, from
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "commonhold/libp2p/v1\x00%s\x00%s", from, to))
	return sum[:]
}

// Dialer dials a peer over a host, which needs an address of it, here or in its peer
// store, or a connection. ctx bounds how long that may take.
func Dialer(h host.Host, to peer.AddrInfo) transport.Dialer {
	return func(ctx context.Context) (transport.Conn, error) {
		if err := h.Connect(ctx, to); err != nil {
			return nil, fmt.Errorf("libp2p: dialling %s: %w", to.ID, err)
		}
		c, err := open(ctx, h, to.ID)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

// open opens a stream to a peer that is connected. It waits until the peer has agreed
// on the protocol, which the streams that a host opens put off to the first read: if
// that is interrupted they are of no use any more.
func open(ctx context.Context, h host.Host, to peer.ID) (*Conn, error) {
	ctx, cancel := context.WithTimeout(network.WithNoDial(ctx, "connections are the caller's"), greeting)
	defer cancel()
	s, err := h.Network().NewStream(ctx, to)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("libp2p: opening a stream to %s: %w", to, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Reset() })
	_, err = multistream.SelectOneOf([]protocol.ID{Protocol}, s)
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err == nil {
		err = s.SetProtocol(Protocol)
	}
	if err != nil {
		_ = s.Reset()
		return nil, fmt.Errorf("libp2p: agreeing with %s on %s: %w", to, Protocol, err)
	}
	return newConn(s), nil
}
