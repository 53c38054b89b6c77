//go:build !js

package websocket

import (
	"fmt"
	"net/http"
	"net/url"

	ws "github.com/coder/websocket"

	"github.com/commonhold/commonhold/merge/transport"
)

// AcceptOption is a choice of a server.
type AcceptOption func(*acceptance)

// acceptance is what a server has chosen.
type acceptance struct {
	host    string
	origins []string
}

// Public says at which https address a server is reached whose TLS is ended by a
// proxy before it. Peers that dial it by another name remain unproven.
func Public(address string) AcceptOption {
	return func(a *acceptance) {
		if u, err := url.Parse(address); err == nil {
			a.host = u.Host
		}
	}
}

// Origins lets pages of other origins connect from a browser: patterns of hosts as
// path.Match has them, such as *.example.com. The server's own host is always let
// in, and so is every program that is no browser: they send no origin.
func Origins(patterns ...string) AcceptOption {
	return func(a *acceptance) { a.origins = append(a.origins, patterns...) }
}

// Accept makes a connection of a request. When it fails the client has been
// answered. The connection outlives the handler if it is not closed.
func Accept(w http.ResponseWriter, r *http.Request, opts ...AcceptOption) (transport.Conn, error) {
	var a acceptance
	if r.TLS != nil {
		a.host = r.Host
	}
	for _, o := range opts {
		o(&a)
	}
	c, err := ws.Accept(w, r, &ws.AcceptOptions{Subprotocols: []string{subprotocol}, OriginPatterns: a.origins})
	if err != nil {
		return nil, fmt.Errorf("websocket: accepting: %w", err)
	}
	return checked(c, a.host)
}
