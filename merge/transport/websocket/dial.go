//go:build !js

package websocket

import (
	"context"
	"fmt"
	"net/http"

	ws "github.com/coder/websocket"

	"github.com/commonhold/commonhold/merge/transport"
)

// Dialer opens connections to a server at a URL that begins with ws, wss, http or
// https. The header goes with each request; nil for none. It is http.DefaultClient
// that connects, with its proxies and its roots of trust.
func Dialer(address string, header http.Header) transport.Dialer {
	return func(ctx context.Context) (transport.Conn, error) {
		host, err := boundHost(address)
		if err != nil {
			return nil, err
		}
		c, _, err := ws.Dial(ctx, address, &ws.DialOptions{HTTPHeader: header.Clone(), Subprotocols: []string{subprotocol}})
		if err != nil {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return nil, fmt.Errorf("websocket: dialling %s: %w", address, err)
		}
		return checked(c, host)
	}
}

// hangUp ends a connection at once.
func hangUp(c *ws.Conn) { _ = c.CloseNow() }
