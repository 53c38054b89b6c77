package websocket

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	ws "github.com/coder/websocket"

	"github.com/commonhold/commonhold/merge/transport"
)

// Dialer opens connections to a server at a URL that begins with ws, wss, http or
// https, by the browser's WebSocket, which cannot send a header of one's own: with
// one every call fails with errors.ErrUnsupported.
func Dialer(address string, header http.Header) transport.Dialer {
	return func(ctx context.Context) (transport.Conn, error) {
		if len(header) > 0 {
			return nil, fmt.Errorf("websocket: a header in a browser: %w", errors.ErrUnsupported)
		}
		host, err := boundHost(address)
		if err != nil {
			return nil, err
		}
		c, _, err := ws.Dial(ctx, address, &ws.DialOptions{Subprotocols: []string{subprotocol}})
		if err != nil {
			return nil, fmt.Errorf("websocket: dialling %s: %w", address, err)
		}
		return checked(c, host)
	}
}

// hangUp ends a connection. The browser waits for the server's consent, nobody
// else does.
func hangUp(c *ws.Conn) {
	go func() { _ = c.Close(ws.StatusNormalClosure, "") }()
}
