package merge_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// serve lets a repo answer on one end of a pipe until the other is closed.
func serve(t *testing.T, r *merge.Repo, allow merge.Policy) (c transport.Conn, hangUp func() error) {
	x, y := transport.Pipe()
	done := make(chan error, 1)
	go func() { done <- r.Serve(context.Background(), y, allow) }()
	return x, func() error { x.Close(); return <-done }
}

// TestServe: several works of one store over one connection, each with the access
// that the policy gives.
func TestServe(t *testing.T) {
	ctx := context.Background()
	home := open(t, store.Memory(), "ann")
	var mine []*merge.Replica
	for k := range 4 {
		r, err := home.Create(ctx, crdt.Title(fmt.Sprint(k)))
		must(t, err)
		must(t, r.Update(ctx, app(fmt.Sprint("work ", k))))
		mine = append(mine, r)
	}
	access := map[cid.Cid]merge.Access{}
	host := open(t, store.Memory(), "host")
	asked, who := 0, mine[0].Doc().Author() // a pipe is bound: the key of the store is proven
	c, hangUp := serve(t, host, func(_ context.Context, peer crdt.Author, work cid.Cid) merge.Access {
		if asked++; peer != who {
			t.Errorf("peer %v, want %v", peer, who)
		}
		return access[work]
	})
	for k, want := range []error{merge.ErrDenied, merge.ErrDenied, merge.ErrDenied, nil} {
		access[mine[k].Doc().ID()] = merge.Access(k)
		err := mine[k].Sync(ctx, c)
		if want == nil {
			must(t, err)
		} else {
			wants(t, fmt.Sprint("access ", k, " to an unknown work"), err, want)
		}
	}
	for k := range mine { // now they are there
		access[mine[k].Doc().ID()] = merge.Host
		must(t, mine[k].Sync(ctx, c))
	}
	for k := range mine {
		access[mine[k].Doc().ID()] = merge.Access(k)
		must(t, mine[k].Update(ctx, app("!")))
		err := mine[k].Sync(ctx, c)
		switch merge.Access(k) {
		case merge.Deny:
			wants(t, "denied", err, merge.ErrDenied)
		case merge.Read:
			wants(t, "edits of a reader", err, merge.ErrPartial)
		default:
			must(t, err)
		}
	}
	far := open(t, store.Memory(), "ben")
	for k := range mine {
		b, err := far.Join(ctx, mine[k].Doc().ID())
		must(t, err)
		who = b.Doc().Author()
		want := fmt.Sprint("work ", k, "!")
		if err := b.Sync(ctx, c); k == 0 {
			wants(t, "denied", err, merge.ErrDenied)
			continue
		} else if must(t, err); k == 1 {
			want = want[:len(want)-1]
		}
		if text(b) != want {
			t.Errorf("%q, want %q", text(b), want)
		}
	}
	must(t, hangUp())
	if asked != 16 {
		t.Errorf("the policy was asked %d times", asked)
	}
	works := 0
	for _, err := range host.Works(ctx) {
		must(t, err)
		works++
	}
	if works != 4 {
		t.Errorf("the host has %d works", works)
	}
	must(t, host.Close())
}

// TestServeEnds: what ends a served connection, and with which error.
func TestServeEnds(t *testing.T) {
	ctx := context.Background()
	r, a := found(t, store.Memory(), "ann")
	all := func(context.Context, crdt.Author, cid.Cid) merge.Access { return merge.Host }
	c, hangUp := serve(t, r, all)
	must(t, c.Send(ctx, []byte("who are you?")))
	if _, err := c.Receive(ctx); err == nil {
		t.Error("an answer to nothing")
	}
	wants(t, "no attach", hangUp(), merge.ErrPeer)

	c, hangUp = serve(t, r, nil)
	wants(t, "no policy", a.Sync(ctx, c), merge.ErrDenied)
	must(t, hangUp())

	cut, cancel := context.WithCancel(ctx)
	x, y := transport.Pipe()
	done := make(chan error)
	go func() { done <- r.Serve(cut, y, all) }()
	cancel()
	wants(t, "cancelled", <-done, context.Canceled)
	x.Close()

	c, hangUp = serve(t, r, all)
	for _, f := range [][]byte{openFrame, proofFrame, attachTo(a)} {
		must(t, c.Send(ctx, f))
	}
	for _, want := range []string{"\x00o", "\x00q", "\x00a"} {
		msg, err := c.Receive(ctx)
		must(t, err)
		if string(msg[:2]) != want {
			t.Errorf("answer %q", msg)
		}
	}
	must(t, hangUp2(c, hangUp))
	must(t, a.Update(ctx, app("the replica is open still")))
}

// hangUp2 closes a connection in the middle of a sync, of which the error is the
// connection's.
func hangUp2(c transport.Conn, hangUp func() error) error {
	if err := hangUp(); err == nil {
		return fmt.Errorf("a sync that was cut is no error")
	}
	return nil
}
