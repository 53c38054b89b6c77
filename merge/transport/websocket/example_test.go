//go:build !js

package websocket_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/commonhold/commonhold/merge/transport/websocket"
)

// A server takes connections in its handlers; merge's Repo.Serve would take them on,
// and Repo.Follow the Dialer.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r)
		if err != nil {
			return // the client has been answered
		}
		defer conn.Close()
		if msg, err := conn.Receive(r.Context()); err == nil {
			_ = conn.Send(r.Context(), append([]byte("heard: "), msg...))
		}
	}))
	defer server.Close()

	ctx := context.Background()
	conn, err := websocket.Dialer(server.URL, nil)(ctx)
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	if err := conn.Send(ctx, []byte("hello")); err != nil {
		panic(err)
	}
	msg, err := conn.Receive(ctx)
	fmt.Println(string(msg), err)
	// Output: heard: hello <nil>
}
