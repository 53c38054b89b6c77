//go:build !js

package websocket_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	ws "github.com/coder/websocket"

	"github.com/commonhold/commonhold/merge/transport"
	"github.com/commonhold/commonhold/merge/transport/transporttest"
	"github.com/commonhold/commonhold/merge/transport/websocket"
)

// server starts a server that hands on what it accepts.
func server(t *testing.T, start func(http.Handler) *httptest.Server, opts ...websocket.AcceptOption) (*httptest.Server, <-chan transport.Conn) {
	t.Helper()
	accepted := make(chan transport.Conn, 1)
	s := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := websocket.Accept(w, r, opts...); err == nil {
			accepted <- c
		}
	}))
	t.Cleanup(s.Close)
	return s, accepted
}

// pair makes both ends of a connection.
func pair(t *testing.T) (a, b transport.Conn) {
	t.Helper()
	s, accepted := server(t, httptest.NewServer)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	a, err := websocket.Dialer("ws"+strings.TrimPrefix(s.URL, "http"), nil)(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return a, <-accepted
}

// TestConn: a WebSocket does what a connection does.
func TestConn(t *testing.T) { transporttest.Run(t, pair) }

// raw is a client that is none of ours.
func raw(t *testing.T, url string, opts *ws.DialOptions) (*ws.Conn, error) {
	t.Helper()
	c, _, err := ws.Dial(context.Background(), url, opts)
	if err == nil {
		t.Cleanup(func() { _ = c.CloseNow() })
	}
	return c, err
}

// TestFrames: what is no message of ours ends the connection with ErrFrame, before
// it is read; the close of a browser is a clean end, a line that breaks is not.
func TestFrames(t *testing.T) {
	s, accepted := server(t, httptest.NewServer)
	ctx := context.Background()
	for name, c := range map[string]struct {
		do   func(*ws.Conn) error
		want error
	}{
		"too long": {func(c *ws.Conn) error { return c.Write(ctx, ws.MessageBinary, make([]byte, transport.MaxFrame+1)) }, transport.ErrFrame},
		"far too long": {func(c *ws.Conn) error {
			w, err := c.Writer(ctx, ws.MessageBinary)
			for err == nil {
				_, err = w.Write(bytes.Repeat([]byte("x"), 1<<20))
			}
			return nil // it has been cut off
		}, transport.ErrFrame},
		"text":        {func(c *ws.Conn) error { return c.Write(ctx, ws.MessageText, []byte("hi")) }, transport.ErrFrame},
		"empty":       {func(c *ws.Conn) error { return c.Write(ctx, ws.MessageBinary, nil) }, io.EOF},
		"closed":      {func(c *ws.Conn) error { go c.Close(ws.StatusNormalClosure, ""); return nil }, io.EOF},
		"page closed": {func(c *ws.Conn) error { go c.Close(ws.StatusGoingAway, ""); return nil }, io.EOF},
		"broken":      {func(c *ws.Conn) error { return c.CloseNow() }, io.ErrUnexpectedEOF},
	} {
		client, err := raw(t, s.URL, &ws.DialOptions{Subprotocols: []string{"commonhold.v1"}})
		if err != nil {
			t.Fatal(err)
		}
		conn := <-accepted
		done := make(chan error, 1)
		go func() { done <- c.do(client) }()
		bounded, cancel := context.WithTimeout(ctx, 10*time.Second)
		for range 2 {
			if _, err := conn.Receive(bounded); !errors.Is(err, c.want) && !errors.Is(err, transport.ErrClosed) {
				t.Fatalf("%s: %v, want %v", name, err, c.want)
			}
		}
		cancel()
		conn.Close()
		if err := <-done; err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// TestRefused: who does not speak our protocol, comes from a page of another
// origin or finds no server gets an error on both sides.
func TestRefused(t *testing.T) {
	ctx := context.Background()
	s, accepted := server(t, httptest.NewServer, websocket.Origins("*.example.com"))
	ours := []string{"commonhold.v1"}
	from := func(origin string) *ws.DialOptions {
		return &ws.DialOptions{Subprotocols: ours, HTTPHeader: http.Header{"Origin": {origin}}}
	}
	if _, err := raw(t, s.URL, from("https://evil.example")); err == nil {
		t.Fatal("a page of another origin was let in")
	}
	if c, err := raw(t, s.URL, &ws.DialOptions{}); err == nil {
		if _, _, err := c.Read(ctx); err == nil {
			t.Fatal("a stranger was let in")
		}
	}
	if len(accepted) > 0 {
		t.Fatal("the server has accepted")
	}
	if _, err := raw(t, s.URL, from("https://notes.example.com")); err != nil {
		t.Fatal(err)
	}
	(<-accepted).Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := ws.Accept(w, r, nil); err == nil {
			_, _, _ = c.Read(r.Context())
			_ = c.CloseNow()
		}
	}))
	defer other.Close()
	for _, address := range []string{other.URL, "ws://127.0.0.1:1", "gopher://x", ":", ""} {
		if _, err := websocket.Dialer(address, nil)(ctx); err == nil {
			t.Fatalf("%q was dialled", address)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := websocket.Dialer(s.URL, nil)(ended); !errors.Is(err, context.Canceled) {
		t.Fatalf("dialled with an ended context: %v", err)
	}
}

// TestHeader: the header goes with the request and is not changed.
func TestHeader(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		if c, err := websocket.Accept(w, r); err == nil {
			c.Close()
		}
	}))
	defer s.Close()
	h := http.Header{"Authorization": {"Bearer x"}}
	c, err := websocket.Dialer(s.URL, h)(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if got != "Bearer x" || len(h) != 1 {
		t.Fatalf("the server got %q, the header is %v", got, h)
	}
}

// TestBinding: over TLS both ends agree on the host that was dialled; without it,
// or where a proxy has another name, they do not. The name of the server counts
// where it says one.
func TestBinding(t *testing.T) {
	binding := func(c transport.Conn) []byte { return c.(interface{ Binding() []byte }).Binding() }
	a, b := pair(t)
	defer a.Close()
	defer b.Close()
	if binding(a) != nil || binding(b) != nil {
		t.Fatal("a line without TLS is bound")
	}
	was := http.DefaultClient
	defer func() { http.DefaultClient = was }()
	http.DefaultClient = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for _, c := range []struct {
		start func(http.Handler) *httptest.Server
		opts  []websocket.AcceptOption
		equal bool
	}{
		{httptest.NewTLSServer, nil, true},
		{httptest.NewTLSServer, []websocket.AcceptOption{websocket.Public("https://another.example")}, false},
	} {
		s, accepted := server(t, c.start, c.opts...)
		a, err := websocket.Dialer(s.URL, nil)(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		b := <-accepted
		if binding(a) == nil || bytes.Equal(binding(a), binding(b)) != c.equal {
			t.Fatalf("bound to %x and %x, equal: %v wanted", binding(a), binding(b), c.equal)
		}
		a.Close()
		b.Close()
	}
}
