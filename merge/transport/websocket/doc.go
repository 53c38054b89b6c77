// Package websocket carries messages over WebSockets: to servers that speak HTTP,
// through proxies, and from programs in a browser (GOOS=js), which have nothing
// else.
//
// # What to call
//
// Whoever connects gets a transport.Dialer from [Dialer]; a server hands requests
// to [Accept]:
//
//	err := repo.Follow(ctx, websocket.Dialer("wss://notes.example/sync", nil))
//
//	http.HandleFunc("/sync", func(w http.ResponseWriter, r *http.Request) {
//		c, err := websocket.Accept(w, r)
//		if err != nil {
//			return // the client has been told
//		}
//		err = repo.Serve(r.Context(), c, policy)
//	})
//
// # What to be careful with
//
// A message is one binary WebSocket message of 1 to 65,552 bytes; one that is
// longer is refused with transport.ErrFrame before it is read, and ends the
// connection, and so does a text message. Nothing is compressed: what replicas
// say is compressed already.
//
// A context that ends in the middle of a call closes the connection, since half a
// frame may have been written or read.
//
// Use wss. Such a connection is bound to the host that was dialled, so that a
// proof of who a peer is cannot be passed on by a host between (Binding). A server
// behind a proxy that ends TLS does not see this: tell it with [Public].
//
// A page of another origin may not connect from a browser unless [Origins] lets
// it.
//
// # Format
//
// The subprotocol is commonhold.v1. An empty binary message says that nothing
// follows, which is the clean end of the connection.
package websocket
