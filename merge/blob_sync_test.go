package merge_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/blob"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// follows has a repo follow another one, over pipes whose server's end is wrapped, until
// the function it returns is called.
func follows(t testing.TB, r, server *merge.Repo, allow merge.Policy, wrap func(transport.Conn) transport.Conn) (end func()) {
	t.Helper()
	return followsOver(t, r, server, allow, func() (transport.Conn, transport.Conn) {
		x, y := transport.Pipe()
		if wrap != nil {
			y = wrap(y)
		}
		return x, y
	})
}

// followsOver is follows over other connections.
func followsOver(t testing.TB, r, server *merge.Repo, allow merge.Policy, connect func() (x, y transport.Conn)) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	dial := func(context.Context) (transport.Conn, error) {
		x, y := connect()
		all.Go(func() { _ = server.Serve(ctx, y, allow) })
		return x, nil
	}
	all.Go(func() {
		if err := r.Follow(ctx, dial); err != nil {
			t.Errorf("following: %v", err)
		}
	})
	return func() { cancel(); all.Wait() }
}

// person is a repo in memory and the work in it.
type person struct {
	st   *flipping
	repo *merge.Repo
	r    *merge.Replica
}

// people are some who have joined the work of the first.
func people(t *testing.T, names ...string) (all []*person) {
	t.Helper()
	for i, name := range names {
		p := &person{st: &flipping{Store: store.Memory()}}
		if i == 0 {
			p.repo, p.r = found(t, p.st, name)
		} else {
			p.repo = open(t, p.st, name)
			var err error
			p.r, err = p.repo.Join(t.Context(), all[0].r.Doc().ID())
			must(t, err)
			meets(t, all[0].r, p.r)
		}
		all = append(all, p)
	}
	return all
}

// closes closes the repos.
func closes(t *testing.T, all []*person) {
	t.Helper()
	for _, p := range all {
		must(t, p.repo.Close())
	}
}

// TestFetch: what one attaches another reads, through a server that has none of it and
// keeps what it has passed on; when the first is gone what was read is still there, and
// the rest is absent. A read at one place fetches the blocks of that place only.
func TestFetch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := people(t, "ann", "host", "ben", "carol")
		ann, host, ben, carol := p[0], p[1], p[2], p[3]
		endAnn := follows(t, ann.repo, host.repo, everything, nil)
		endBen := follows(t, ben.repo, host.repo, everything, nil)
		soon()
		all, other := film("a", 20*blob.ChunkSize+3), film("b", 2*blob.ChunkSize)
		id, second := attach(t, ann.r, "film", all), attach(t, ann.r, "other", other)
		soon()
		if n := len(stored(t, host.st, host.r)) + len(stored(t, ben.st, ben.r)); n > 0 {
			t.Fatalf("%d blocks went out though nobody reads", n)
		}
		b, err := ben.r.Blob(t.Context(), id)
		must(t, err)
		if b.Size() != int64(len(all)) || len(stored(t, ben.st, ben.r)) != 1 {
			t.Errorf("%d bytes, %d blocks", b.Size(), len(stored(t, ben.st, ben.r)))
		}
		one := make([]byte, 10)
		for i, at := range []int64{17*blob.ChunkSize + 5, 3} {
			_, err = b.Seek(at, io.SeekStart)
			must(t, err)
			_, err = io.ReadFull(b, one)
			must(t, err)
			if n := len(stored(t, ben.st, ben.r)); n != 2+i || !bytes.Equal(one, all[at:at+10]) {
				t.Errorf("a read at %d: %d blocks", at, n)
			}
		}
		gets(t, ben.r, id, all)
		gets(t, host.r, id, all)
		if a, h := len(stored(t, ann.st, ann.r)), len(stored(t, host.st, host.r)); h != a-3 {
			t.Errorf("the server has %d blocks of %d", h, a)
		}
		endAnn()
		soon()
		endCarol := follows(t, carol.repo, host.repo, everything, nil)
		soon()
		gets(t, carol.r, id, all)
		_, err = readWhole(carol.r, second)
		wants(t, "what only somebody has who is gone", err, merge.ErrAbsent)
		endAnn = follows(t, ann.repo, host.repo, everything, nil)
		soon()
		gets(t, carol.r, second, other)
		endAnn()
		endBen()
		endCarol()
		for _, p := range p {
			rep, err := p.r.Verify(t.Context())
			must(t, err)
			if !rep.Whole() {
				t.Errorf("%+v", rep)
			}
		}
		closes(t, p)
	})
}

// tampering is a connection that changes what is sent over it; nil: it is not sent.
type tampering struct {
	transport.Conn
	change func(msg []byte) []byte
}

func (c tampering) Send(ctx context.Context, msg []byte) error {
	if msg = c.change(bytes.Clone(msg)); msg == nil {
		return nil
	}
	return c.Conn.Send(ctx, msg)
}

// tampers wraps connections so.
func tampers(change func(msg []byte) []byte) func(transport.Conn) transport.Conn {
	return func(c transport.Conn) transport.Conn { return tampering{c, change} }
}

// ofBlocks tells that a frame answers for a block.
func ofBlocks(msg []byte) bool { return len(msg) > 1 && msg[0] > 0 && msg[1] == 'G' }

// TestFetchNext: whoever lies about blocks, says that it has none, is silent, or drips,
// another peer is asked, and everything is read; with nobody else the read ends with an
// error that says why. Nothing that was not verified is stored.
func TestFetchNext(t *testing.T) {
	flip := func(msg []byte) []byte {
		if ofBlocks(msg) {
			msg[len(msg)-1] ^= 1
		}
		return msg
	}
	lack := func(msg []byte) []byte {
		if ofBlocks(msg) {
			if binary.BigEndian.Uint32(msg[6:]) > 0 {
				return nil // one answer for each block
			}
			msg = append(msg[:2], 0xff, 0xff, 0xff, 0xff)
		}
		return msg
	}
	silent := func(msg []byte) []byte {
		if ofBlocks(msg) {
			return nil
		}
		return msg
	}
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   []error
	}{
		"a liar":          {flip, []error{merge.ErrPeer, merge.ErrAbsent}},
		"one without":     {lack, []error{merge.ErrAbsent}},
		"one who is deaf": {silent, []error{merge.ErrAbsent}},
	} {
		for _, honest := range []bool{false, true} {
			bubble(t, func(t *testing.T) {
				p := people(t, "ann", "ben")
				ann, ben := p[0], p[1]
				all := film("a", 12*blob.ChunkSize+7)
				id := attach(t, ann.r, "film", all)
				must(t, ann.r.Save(t.Context()))
				ends := []func(){follows(t, ben.repo, ann.repo, everything, tampers(c.change))}
				if honest {
					ends = append(ends, follows(t, ben.repo, ann.repo, everything, nil))
				}
				soon()
				got, err := readWhole(ben.r, id)
				if honest {
					must(t, err)
					if !bytes.Equal(got, all) {
						t.Errorf("%s: other bytes", name)
					}
				} else {
					for _, want := range c.want {
						wants(t, name, err, want)
					}
					var e *merge.BlobError
					if len(c.want) > 1 && (!errors.As(err, &e) || !errors.Is(err, crdt.ErrHash) || e.Block != id) {
						t.Errorf("%s: %v does not say which block", name, err)
					}
					if n := len(stored(t, ben.st, ben.r)); n > 0 {
						t.Errorf("%s: %d blocks are stored", name, n)
					}
				}
				for _, end := range ends {
					end()
				}
				closes(t, p)
			})
		}
	}
}

// TestFetchRings: replicas that follow each other in a ring, of which none has a block,
// say so and do not wait for each other; when one has it, all read it, whichever way.
func TestFetchRings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := people(t, "ann", "ben", "carol", "dave", "host")
		ring, host := p[:4], p[4]
		all := film("a", 3*blob.ChunkSize)
		id := attach(t, host.r, "film", all)
		for _, q := range ring {
			meets(t, host.r, q.r)
		}
		var ends []func()
		for i, q := range ring {
			ends = append(ends, follows(t, q.repo, ring[(i+1)%4].repo, everything, nil))
		}
		soon()
		begun := time.Now()
		var wg sync.WaitGroup
		for _, q := range ring {
			wg.Go(func() {
				if _, err := q.r.Blob(t.Context(), id); !errors.Is(err, merge.ErrAbsent) {
					t.Errorf("nobody has it: %v", err)
				}
			})
		}
		wg.Wait()
		if d := time.Since(begun); d > time.Minute {
			t.Errorf("it took %v to find that out", d)
		}
		ends = append(ends, follows(t, ring[0].repo, host.repo, everything, nil))
		soon()
		for _, q := range ring {
			wg.Go(func() { gets(t, q.r, id, all) })
		}
		wg.Wait()
		for _, end := range ends {
			end()
		}
		closes(t, p)
	})
}

// TestFetchMany: over one connection blocks of many works are given, one at a time, and
// all are read.
func TestFetchMany(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ann, ben := open(t, store.Memory(), "ann"), open(t, store.Memory(), "ben")
		end := follows(t, ben, ann, everything, nil)
		var reads []func()
		for i := range 12 {
			a, err := ann.Create(t.Context(), crdt.Title(fmt.Sprint(i)))
			must(t, err)
			all := film(fmt.Sprint(i), blob.ChunkSize+i)
			id := attach(t, a, "film", all)
			must(t, a.Save(t.Context()))
			b, err := ben.Join(t.Context(), a.Doc().ID())
			must(t, err)
			reads = append(reads, func() { gets(t, b, id, all) })
		}
		soon()
		var wg sync.WaitGroup
		for _, read := range reads {
			wg.Go(read)
		}
		wg.Wait()
		end()
		must(t, ann.Close())
		must(t, ben.Close())
	})
}

// TestFetchAccess: a peer that may only read is served, and not asked; one that may do
// nothing is neither.
func TestFetchAccess(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := people(t, "ann", "ben")
		ann, ben := p[0], p[1]
		id, second := attach(t, ann.r, "one", film("a", 10)), attach(t, ben.r, "two", film("b", 10))
		meets(t, ann.r, ben.r)
		read := func(context.Context, crdt.Author, cid.Cid) merge.Access { return merge.Read }
		end := follows(t, ben.repo, ann.repo, read, nil)
		soon()
		gets(t, ben.r, id, film("a", 10))
		_, err := ann.r.Blob(t.Context(), second)
		wants(t, "one who may only read", err, merge.ErrAbsent)
		end()
		closes(t, p)
	})
}

// TestFetchCancelled: a read ends with its context, and leaves nothing behind that
// keeps another from reading.
func TestFetchCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := people(t, "ann", "ben")
		ann, ben := p[0], p[1]
		all := film("a", 5*blob.ChunkSize)
		id := attach(t, ann.r, "film", all)
		must(t, ann.r.Save(t.Context()))
		var mu sync.Mutex
		deaf := true
		end := follows(t, ben.repo, ann.repo, everything, tampers(func(msg []byte) []byte {
			mu.Lock()
			defer mu.Unlock()
			if deaf && ofBlocks(msg) {
				return nil
			}
			return msg
		}))
		soon()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := ben.r.Blob(ctx, id)
		wants(t, "a read that is cancelled", err, context.DeadlineExceeded)
		cancel()
		end()
		mu.Lock()
		deaf = false
		mu.Unlock()
		end = follows(t, ben.repo, ann.repo, everything, nil)
		soon()
		gets(t, ben.r, id, all)
		end()
		closes(t, p)
	})
}

// TestFetchRandom: a few replicas attach, read, sweep, lose blocks to damage and come
// and go. What is read is a beginning of what was attached, and only ErrAbsent and
// ErrClosed end a read before its end; at last, all connected, all read everything that
// somebody has.
func TestFetchRandom(t *testing.T) {
	for seed := range uint64(4) {
		bubble(t, func(t *testing.T) { randomFetches(t, rand.New(rand.NewPCG(seed, 9))) })
	}
}

func randomFetches(t *testing.T, r *rand.Rand) {
	p := people(t, "host", "ann", "ben", "carol")
	ends := make([]func(), len(p))
	films := map[cid.Cid][]byte{}
	var ids []cid.Cid
	for step := range 60 {
		for _, who := range p {
			must(t, who.r.CheckFetches())
		}
		k := 1 + r.IntN(3)
		who := p[k]
		switch r.IntN(6) {
		case 0:
			all := film(fmt.Sprint(step), r.IntN(4*blob.ChunkSize))
			id := attach(t, who.r, fmt.Sprint(step), all)
			films[id], ids = all, append(ids, id)
		case 1:
			if ends[k] == nil {
				ends[k] = follows(t, who.repo, p[0].repo, everything, nil)
			} else {
				ends[k]()
				ends[k] = nil
			}
			soon()
		case 2:
			if _, err := who.r.Sweep(t.Context()); err != nil && (who.st.damaged() == cid.Undef || !errors.Is(err, merge.ErrCorrupt)) {
				t.Fatal(err)
			}
		case 3:
			if list := stored(t, who.st, who.r); len(list) > 0 && ends[k] != nil {
				who.st.damage(list[r.IntN(len(list))])
			}
		default:
			if len(ids) == 0 {
				continue
			}
			id := ids[r.IntN(len(ids))]
			got, err := readWhole(who.r, id)
			if err != nil && !errors.Is(err, merge.ErrAbsent) || err == nil && len(got) != len(films[id]) || !bytes.HasPrefix(films[id], got) {
				t.Fatalf("step %d: %d bytes of %d, %v", step, len(got), len(films[id]), err)
			}
		}
	}
	for k, who := range p {
		who.st.damage(cid.Undef)
		if k > 0 && ends[k] == nil {
			ends[k] = follows(t, who.repo, p[0].repo, everything, nil)
		}
	}
	soon()
	for _, who := range p {
		for id, all := range films {
			gets(t, who.r, id, all)
		}
	}
	for _, end := range ends[1:] {
		end()
	}
	synctest.Wait()
	closes(t, p)
}
