package transport_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/transport"
)

// bindingOf is the binding of a connection, nil for one that has none.
func bindingOf(c transport.Conn) []byte {
	if b, ok := c.(transport.Bound); ok {
		return b.Binding()
	}
	return nil
}

// TestBinding: both ends of a connection have one binding, two connections have
// two, and a stream without TLS has none, nor has one that has not begun.
func TestBinding(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	server := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: private}}}
	pairs := map[string]func() (a, b transport.Conn){
		"pipe": transport.Pipe,
		"tls": func() (transport.Conn, transport.Conn) {
			a, b := net.Pipe()
			return transport.Stream(tls.Client(a, &tls.Config{InsecureSkipVerify: true})), transport.Stream(tls.Server(b, server))
		},
		"plain": func() (transport.Conn, transport.Conn) {
			a, b := net.Pipe()
			return transport.Stream(a), transport.Stream(b)
		},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for name, pair := range pairs {
		var all [][]byte
		for range 2 {
			a, b := pair()
			if name == "tls" && (bindingOf(a) != nil || bindingOf(b) != nil) {
				t.Fatal("bound before anything was said")
			}
			sent := make(chan error, 1)
			go func() { sent <- a.Send(ctx, []byte("hello")) }()
			if _, err := b.Receive(ctx); err != nil {
				t.Fatal(err)
			}
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(bindingOf(a), bindingOf(b)) {
				t.Fatalf("%s: two ends are bound to %x and %x", name, bindingOf(a), bindingOf(b))
			}
			all = append(all, bindingOf(a))
			go func() { // a TLS connection says goodbye, and waits for it to be read
				for err := error(nil); err == nil; {
					_, err = b.Receive(ctx)
				}
				b.Close()
			}()
			a.Close()
		}
		switch {
		case name == "plain" && all[0] != nil:
			t.Fatalf("a plain stream is bound to %x", all[0])
		case name != "plain" && (len(all[0]) != 32 || bytes.Equal(all[0], all[1])):
			t.Fatalf("%s: two connections are bound to %x and %x", name, all[0], all[1])
		}
	}
}
