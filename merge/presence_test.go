package merge_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// present is who is there, by what a replica sees.
func present(r *merge.Replica) map[crdt.Author]string {
	all := map[crdt.Author]string{}
	for who, v := range r.Presence().All() {
		all[who] = fmt.Sprint(v.Any())
	}
	return all
}

// sees fails unless a replica sees exactly what others have said.
func sees(t testing.TB, what string, r *merge.Replica, want map[crdt.Author]string) {
	t.Helper()
	if got := present(r); !maps.Equal(got, want) {
		t.Fatalf("%s: sees %v, want %v", what, got, want)
	}
}

// rang tells whether a replica was told of news since it last looked.
func rang(r *merge.Replica) bool {
	select {
	case <-r.Presence().Changed():
		return true
	default:
		return false
	}
}

// TestPresence: who is there is seen by everybody over a server between, until it is
// taken back, or a minute after the last word; for hours, if the connection stays. The
// work does not know of it.
func TestPresence(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		ann, a := found(t, store.Memory(), "ann")
		ben, cem := open(t, store.Memory(), "ben"), open(t, store.Memory(), "cem")
		endAnn, endBen, endCem := h.follow(ann), h.follow(ben), h.follow(cem)
		soon()
		b, err := ben.Join(ctx, a.Doc().ID())
		must(t, err)
		c, err := cem.Join(ctx, a.Doc().ID())
		must(t, err)
		soon()
		must(t, a.Save(ctx))
		heads := a.Doc().Heads()
		nobody := map[crdt.Author]string{}
		A, B := a.Doc().Author(), b.Doc().Author()
		sees(t, "at first", c, nobody)

		must(t, a.Presence().Set(map[string]any{"at": 3, "name": "Ann"}))
		must(t, b.Presence().Set("ben"))
		soon()
		sees(t, "two are there", c, map[crdt.Author]string{A: "map[at:3 name:Ann]", B: "ben"})
		sees(t, "at the host", h.replica(a), map[crdt.Author]string{A: "map[at:3 name:Ann]", B: "ben"})
		sees(t, "not oneself", a, map[crdt.Author]string{B: "ben"})
		if !rang(c) || rang(c) {
			t.Error("told of news never, or twice")
		}
		time.Sleep(3 * time.Hour)
		for k := range 5 { // the latest counts
			must(t, a.Presence().Set(k))
			must(t, a.Presence().Set(k+10))
			soon()
			sees(t, "moved", c, map[crdt.Author]string{A: fmt.Sprint(k + 10), B: "ben"})
		}
		if !rang(c) {
			t.Error("nobody told of that")
		}
		must(t, b.Presence().Set(nil))
		soon()
		sees(t, "one has gone", c, map[crdt.Author]string{A: "14"})
		must(t, b.Presence().Set(nil)) // gone already
		must(t, b.Presence().Set("again"))
		soon()
		sees(t, "and come again", c, map[crdt.Author]string{A: "14", B: "again"})
		rang(c)
		must(t, endAnn())
		time.Sleep(20 * time.Second)
		sees(t, "cut off a moment ago", c, map[crdt.Author]string{A: "14", B: "again"})
		if rang(c) {
			t.Error("told that somebody is still there")
		}
		time.Sleep(45 * time.Second)
		sees(t, "cut off", c, map[crdt.Author]string{B: "again"})
		if !rang(c) {
			t.Error("nobody told that somebody has gone")
		}
		if a.Doc().Heads() != heads || c.Doc().Heads() != heads {
			t.Error("the work has changed")
		}
		must(t, endBen())
		must(t, endCem())
		must(t, ann.Close())
		must(t, ben.Close())
		must(t, cem.Close())
		h.close()
	})
}

// TestPresenceLimits: values that cannot be said are refused, and change nothing.
func TestPresenceLimits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		ann, a := found(t, store.Memory(), "ann")
		end := h.follow(ann)
		soon()
		longest := strings.Repeat("x", merge.MaxPresence-3)
		must(t, a.Presence().Set(longest))
		wants(t, "too long", a.Presence().Set(longest+"x"), crdt.ErrLimit)
		wants(t, "no value", a.Presence().Set(make(chan int)), crdt.ErrMalformed)
		soon()
		sees(t, "the longest", h.replica(a), map[crdt.Author]string{a.Doc().Author(): longest})
		relay, err := merge.Open(ctx, store.Memory(), nil)
		must(t, err)
		r, err := relay.Join(ctx, a.Doc().ID())
		must(t, err)
		wants(t, "of a relay", r.Presence().Set("x"), crdt.ErrReadOnly)
		must(t, end())
		must(t, ann.Close())
		must(t, relay.Close())
		h.close()
	})
}

// light spells presence by hand, as the frame of channel 1.
func light(key ed25519.PrivateKey, work *merge.Replica, count uint64, seconds byte, value []byte) []byte {
	body := append([]byte{}, key.Public().(ed25519.PublicKey)...)
	body = binary.BigEndian.AppendUint64(body, count)
	body = append(append(body, seconds), value...)
	id, err := block.ChangeID(work.Doc().ID())
	if err != nil {
		panic(err)
	}
	sig := ed25519.Sign(key, append(append([]byte("commonhold/presence/v1\x00"), id[:]...), body...))
	return append(on1('p'), append(body, sig...)...)
}

// guest attaches a work at the hub by hand, and gives its end of the connection and
// the error of Serve.
func guest(t *testing.T, h *hub, of *merge.Replica) (transport.Conn, <-chan error) {
	t.Helper()
	ctx := context.Background()
	x, y := transport.Pipe()
	left := make(chan error, 1)
	go func() { left <- h.repo.Serve(ctx, y, everything) }()
	for _, f := range [][]byte{openFrame, proofFrame, attachTo(of)} {
		must(t, x.Send(ctx, f))
	}
	go func() { // whatever it is told it throws away
		for err := error(nil); err == nil; {
			_, err = x.Receive(ctx)
		}
	}()
	return x, left
}

// TestHostilePresence: what its author has not signed, or has signed for another
// work, ends the connection, and so does what is no presence; what is of another day,
// or older than what is known, is passed over; and no more
// keys are kept than can be.
func TestHostilePresence(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		ann, a := found(t, store.Memory(), "ann")
		end := h.follow(ann)
		soon()
		there := h.replica(a)
		must(t, end())
		_, other := found(t, store.Memory(), "other")
		key := func(k byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{k}, 32)) }
		value := func(s string) []byte { b, err := block.EncodeValue(s); must(t, err); return b }
		now := func() uint64 { return uint64(time.Now().UnixNano()) }
		good := light(key(1), a, now(), 60, value("good"))
		for name, f := range map[string][]byte{
			"another work":       light(key(1), other, now(), 60, value("x")),
			"a bit of the value": append(append(bytes.Clone(good[:50]), good[50]^1), good[51:]...),
			"another author":     append(append(bytes.Clone(good[:2]), key(2).Public().(ed25519.PublicKey)...), good[34:]...),
			"an hour":            light(key(1), a, now(), 61, value("x")),
			"no value":           light(key(1), a, now(), 60, nil),
			"a value at the end": light(key(1), a, now(), 0, value("x")),
			"two values":         light(key(1), a, now(), 60, append(value("x"), value("y")...)),
			"no CBOR":            light(key(1), a, now(), 60, []byte{0xff}),
			"too long":           light(key(1), a, now(), 60, value(strings.Repeat("x", merge.MaxPresence))),
			"cut":                good[:80],
			"a key of nobody":    append(append(bytes.Clone(good[:2]), make([]byte, 32)...), good[34:]...),
		} {
			x, left := guest(t, h, a)
			must(t, x.Send(ctx, f))
			wants(t, name, <-left, merge.ErrPeer)
			x.Close()
			sees(t, name, there, map[crdt.Author]string{})
		}

		x, left := guest(t, h, a)
		K := crdt.Author(key(1).Public().(ed25519.PublicKey))
		start := now()
		for _, f := range []struct {
			count uint64
			value string
		}{{start, "first"}, {start - 1, "older"}, {start, "again"}, {start - uint64(time.Hour), "of another day"}, {start + uint64(time.Hour), "of tomorrow"}, {1 << 63, "of never"}} {
			must(t, x.Send(ctx, light(key(1), a, f.count, 60, value(f.value))))
		}
		soon()
		sees(t, "after all that is passed over", there, map[crdt.Author]string{K: "first"})
		must(t, x.Send(ctx, light(key(1), a, start+1, 60, value("newer"))))
		soon()
		sees(t, "newer", there, map[crdt.Author]string{K: "newer"})
		must(t, x.Send(ctx, light(key(1), a, start, 60, value("replayed"))))
		soon()
		sees(t, "replayed", there, map[crdt.Author]string{K: "newer"})

		for k := range 600 {
			seed := make([]byte, 32)
			seed[0], seed[1], seed[2] = byte(k), byte(k>>8), 7
			must(t, x.Send(ctx, light(ed25519.NewKeyFromSeed(seed), a, now(), 60, value("crowd"))))
		}
		soon()
		if n := len(present(there)); n != 256 {
			t.Errorf("%d keys are present", n)
		}
		time.Sleep(7 * time.Minute) // they have gone, and are forgotten; and so has the guest
		wants(t, "silence", <-left, merge.ErrPeer)
		x.Close()
		x, left = guest(t, h, a)
		must(t, x.Send(ctx, light(key(9), a, now(), 60, value("late"))))
		soon()
		sees(t, "room again", there, map[crdt.Author]string{crdt.Author(key(9).Public().(ed25519.PublicKey)): "late"})
		x.Close()
		<-left
		must(t, ann.Close())
		h.close()
	})
}
