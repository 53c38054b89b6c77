package merge_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// bound is a connection with a binding of its own choice.
type bound struct {
	transport.Conn
	to []byte
}

func (b bound) Binding() []byte { return b.to }

// unbound is a connection that is bound to nothing.
type unbound struct{ transport.Conn }

// asker lets a repo serve one end of a pipe and tells which key it takes the other end
// for.
func asker(t *testing.T, r *merge.Repo, wrap func(transport.Conn) transport.Conn) (c transport.Conn, who func() crdt.Author) {
	t.Helper()
	x, y := transport.Pipe()
	asked, done := make(chan crdt.Author, 4), make(chan error, 1)
	go func() {
		done <- r.Serve(context.Background(), wrap(y), func(_ context.Context, peer crdt.Author, _ cid.Cid) merge.Access {
			asked <- peer
			return merge.Deny
		})
	}()
	return x, func() crdt.Author {
		t.Helper()
		defer func() { x.Close(); <-done }()
		select {
		case a := <-asked:
			return a
		case err := <-done:
			done <- err
			t.Fatalf("nobody was asked: %v", err)
			return crdt.Author{}
		}
	}
}

// plain leaves a connection as it is.
func plain(c transport.Conn) transport.Conn { return c }

// TestProof: the key of the peer's store is proven over a connection that both ends
// are bound to in the same way, and over no other.
func TestProof(t *testing.T) {
	ctx := context.Background()
	server := open(t, store.Memory(), "server")
	ann, a := found(t, store.Memory(), "ann")
	nobody := crdt.Author{}
	to := func(name string) func(transport.Conn) transport.Conn {
		return func(c transport.Conn) transport.Conn { return bound{c, []byte(name)} }
	}
	none := func(c transport.Conn) transport.Conn { return unbound{c} }
	for _, c := range []struct {
		name         string
		mine, theirs func(transport.Conn) transport.Conn
		want         crdt.Author
	}{
		{"a pipe", plain, plain, a.Doc().Author()},
		{"one host", to("host"), to("host"), a.Doc().Author()},
		{"two names", to("host"), to("proxy"), nobody},
		{"unbound", none, none, nobody},
		{"unbound here", none, to("host"), nobody},
		{"unbound there", to("host"), none, nobody},
	} {
		x, who := asker(t, server, c.theirs)
		wants(t, c.name, a.Sync(ctx, c.mine(x)), merge.ErrDenied)
		if got := who(); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	relay, err := merge.Open(ctx, store.Memory(), nil)
	must(t, err)
	r, err := relay.Join(ctx, a.Doc().ID())
	must(t, err)
	x, who := asker(t, server, plain)
	wants(t, "a relay", r.Sync(ctx, x), merge.ErrDenied)
	if got := who(); got != nobody {
		t.Errorf("a relay is %v", got)
	}
	must(t, ann.Close())
}

// proofOf is the proof of a key over two opens and a binding, by hand.
func proofOf(key ed25519.PrivateKey, mine, theirs, binding []byte) []byte {
	msg := append([]byte("commonhold/peer/v1\x00"), mine[1:]...)
	msg = append(append(msg, theirs[1:]...), binding...)
	return append([]byte("\x00q"), ed25519.Sign(key, msg)...)
}

// TestForgedProof: a proof by another key, over another open, another binding, the
// other order, a proof of another connection, and none at all prove nothing; a key
// that nobody owns is nobody's; and who says what the other side has said is refused.
func TestForgedProof(t *testing.T) {
	ctx := context.Background()
	server := open(t, store.Memory(), "server")
	a := newWork(t)
	seed := sha256.Sum256([]byte("mallory"))
	mallory := ed25519.NewKeyFromSeed(seed[:])
	seed = sha256.Sum256([]byte("victim"))
	victim := ed25519.NewKeyFromSeed(seed[:])
	hello := func(key ed25519.PublicKey, nonce byte) []byte {
		b := append([]byte("\x00ocommonhold\x01\x01"), make([]byte, 64)...)
		b[len(b)-64] = nonce
		copy(b[len(b)-32:], key)
		return b
	}
	claim := hello(victim.Public().(ed25519.PublicKey), 1)
	honest := hello(mallory.Public().(ed25519.PublicKey), 2)
	anybody := append([]byte{1}, make([]byte, 31)...) // the identity point
	var old []byte                                    // a proof of the victim over another connection
	for _, c := range []struct {
		name  string
		open  []byte
		proof func(theirs, binding []byte) []byte
		want  ed25519.PrivateKey
	}{
		{"the victim itself", claim, func(th, b []byte) []byte { old = proofOf(victim, claim, th, b); return old }, victim},
		{"another day", claim, func(th, b []byte) []byte { return old }, nil},
		{"another key", claim, func(th, b []byte) []byte { return proofOf(mallory, claim, th, b) }, nil},
		{"another open", claim, func(th, b []byte) []byte { return proofOf(victim, honest, th, b) }, nil},
		{"another binding", claim, func(th, b []byte) []byte { return proofOf(victim, claim, th, []byte("elsewhere")) }, nil},
		{"the other order", claim, func(th, b []byte) []byte { return proofOf(victim, th, claim, b) }, nil},
		{"nothing", claim, func(th, b []byte) []byte { return []byte("\x00q") }, nil},
		{"his own key", honest, func(th, b []byte) []byte { return proofOf(mallory, honest, th, b) }, mallory},
		{"the key of all and none", hello(anybody, 3), func(th, b []byte) []byte { // it verifies, for every message
			return append(append([]byte("\x00q"), anybody...), make([]byte, 32)...)
		}, nil},
	} {
		binding := []byte("the host")
		x, who := asker(t, server, func(c transport.Conn) transport.Conn { return bound{c, binding} })
		must(t, x.Send(ctx, c.open))
		theirs, err := x.Receive(ctx)
		must(t, err)
		must(t, x.Send(ctx, attachTo(a)))
		must(t, x.Send(ctx, c.proof(theirs, binding)))
		want := crdt.Author{}
		if c.want != nil {
			want = crdt.Author(c.want.Public().(ed25519.PublicKey))
		}
		if got := who(); got != want {
			t.Errorf("%s: taken for %v, want %v", c.name, got, want)
		}
	}

	x, y := transport.Pipe()
	done := make(chan error, 1)
	go func() { done <- a.Sync(ctx, x) }()
	theirs, err := y.Receive(ctx)
	must(t, err)
	must(t, y.Send(ctx, theirs))
	wants(t, "a mirror", <-done, merge.ErrPeer)
	y.Close()
}
