package merge_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/blob"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// asks spells a question for a block on channel 1.
func asks(hops, height byte, index uint64, root cid.Cid) []byte {
	b := append(on1('g', hops, height), binary.BigEndian.AppendUint64(nil, index)...)
	h := root.Hash()
	return append(b, h[len(h)-32:]...)
}

// rawPeer is a connection to a server that has attached the work of a replica, by hand.
func rawPeer(t *testing.T, r *merge.Repo, of *merge.Replica) (c transport.Conn, left <-chan error) {
	t.Helper()
	x, y := transport.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(context.Background(), y, everything) }()
	for _, f := range [][]byte{openFrame, proofFrame, attachTo(of)} {
		must(t, x.Send(t.Context(), f))
	}
	t.Cleanup(func() { x.Close() })
	return x, ended
}

// answered asks for a block by hand, and gives what comes; nil: it is not to be had.
func answered(t *testing.T, c transport.Conn, question []byte) (block []byte) {
	t.Helper()
	must(t, c.Send(t.Context(), question))
	for {
		msg, err := c.Receive(t.Context())
		must(t, err)
		if msg[0] == 1 && msg[1] == 'g' {
			t.Fatal("who asks for a block is asked for it")
		}
		if !ofBlocks(msg) {
			continue
		}
		size := binary.BigEndian.Uint32(msg[2:])
		if size == 1<<32-1 {
			return nil
		}
		if at := binary.BigEndian.Uint32(msg[6:]); int(at) != len(block) || len(msg) > transport.MaxFrame {
			t.Fatalf("a part at %d after %d bytes", at, len(block))
		}
		if block = append(block, msg[10:]...); len(block) == int(size) {
			return block
		}
	}
}

// TestBlocksGiven: a server gives the blocks of blobs that the work links, by their
// places, and none of what is attached and not linked, of other works, or of nowhere.
func TestBlocksGiven(t *testing.T) {
	ctx := t.Context()
	r, a := found(t, store.Memory(), "ann")
	all := film("a", 2*blob.ChunkSize+3)
	id := attach(t, a, "film", all)
	must(t, a.Save(ctx))
	other, err := r.Create(ctx, crdt.Title("Cake"))
	must(t, err)
	foreign := attach(t, other, "film", film("b", 10))
	loose, err := a.Attach(ctx, bytes.NewReader(film("c", 10)))
	must(t, err)
	c, _ := rawPeer(t, r, a)
	root := answered(t, c, asks(0, 255, 0, id))
	if len(root) == 0 || !bytes.Equal(root, answered(t, c, asks(3, 1, 0, id))) {
		t.Errorf("the root is %d bytes", len(root))
	}
	for i := range 3 {
		want := all[i*blob.ChunkSize : min(len(all), (i+1)*blob.ChunkSize)]
		if got := answered(t, c, asks(1, 0, uint64(i), id)); !bytes.Equal(got, want) {
			t.Errorf("chunk %d is %d bytes of %d", i, len(got), len(want))
		}
	}
	for name, q := range map[string][]byte{
		"not linked":      asks(3, 255, 0, loose),
		"of another work": asks(3, 255, 0, foreign),
		"of a change":     asks(3, 255, 0, a.Doc().ID()),
		"of nowhere":      asks(3, 255, 0, cid.NewCidV1(cid.DagCBOR, film("d", 34)[:34])),
		"behind the end":  asks(3, 0, 3, id),
		"another root":    asks(3, 1, 1, id),
		"too high":        asks(3, 2, 0, id),
	} {
		if got := answered(t, c, q); got != nil {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
	host := open(t, store.Memory(), "host")
	h, err := host.Join(ctx, a.Doc().ID())
	must(t, err)
	meets(t, a, h)
	d, _ := rawPeer(t, host, h)
	if answered(t, d, asks(3, 255, 0, id)) != nil {
		t.Error("a block from one who has none")
	}
	must(t, a.Update(ctx, link("loose", loose)))
	must(t, a.Save(ctx))
	if answered(t, c, asks(0, 0, 0, loose)) == nil {
		t.Error("what is linked by now is not given")
	}
}

// TestBlocksHostile: questions that nobody asks, too many of them, and answers without
// a question end the connection as the peer's fault, and nothing else.
func TestBlocksHostile(t *testing.T) {
	r, a := found(t, store.Memory(), "ann")
	id := attach(t, a, "film", film("a", blob.ChunkSize))
	must(t, a.Save(t.Context()))
	before := json(t, a)
	good := asks(1, 0, 0, id)
	scripts := map[string][]byte{
		"a short question":        good[:len(good)-1],
		"a long question":         append(bytes.Clone(good), 0),
		"no question":             on1('g'),
		"many hops":               asks(4, 0, 0, id),
		"hops without end":        asks(255, 0, 0, id),
		"a great height":          asks(0, 4, 0, id),
		"a height before roots":   asks(0, 254, 0, id),
		"a root of another index": asks(0, 255, 1, id),
		"a great index":           asks(0, 0, 1<<43, id),
		"the greatest index":      asks(0, 0, 1<<64-1, id),
		"a block unasked":         on1('G', 0, 0, 0, 1, 0, 0, 0, 0, 7),
		"no block unasked":        on1('G', 255, 255, 255, 255),
		"nothing of a block":      on1('G'),
	}
	for name, msg := range scripts {
		c, left := rawPeer(t, r, a)
		must(t, c.Send(t.Context(), msg))
		select {
		case err := <-left:
			wants(t, name, err, merge.ErrPeer)
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: the server stays", name)
		}
	}
	c, left := rawPeer(t, r, a) // which does not listen
	n := 0
	for err := error(nil); err == nil; n++ {
		err = c.Send(t.Context(), good)
	}
	wants(t, "questions without end", <-left, merge.ErrPeer)
	if n < 32 || n > 500 {
		t.Errorf("left after %d questions", n)
	}
	if json(t, a) != before {
		t.Error("the work has changed")
	}
	gets(t, a, id, film("a", blob.ChunkSize))
}

// TestBlocksMisspelled: answers that are not spelled as they should be are the peer's
// fault, and nothing of them is stored or read.
func TestBlocksMisspelled(t *testing.T) {
	put := func(at int, to ...byte) func([]byte) []byte {
		return func(msg []byte) []byte { copy(msg[at:], to); return msg }
	}
	for name, change := range map[string]func([]byte) []byte{
		"another place":     put(6, 0, 0, 0, 1),
		"a great size":      put(2, 0x7f),
		"a size of a chunk": put(2, 0, 4, 0, 0),
		"a size of nothing": put(2, 0, 0, 0, 0),
		"a smaller size":    put(2, 0, 0, 0, 5),
		"no part":           func(msg []byte) []byte { return msg[:10] },
		"half a head":       func(msg []byte) []byte { return msg[:8] },
		"no head":           func(msg []byte) []byte { return msg[:3] },
		"a size that grows": func(msg []byte) []byte {
			if binary.BigEndian.Uint32(msg[6:]) > 0 {
				msg[5]++
			}
			return msg
		},
		"a byte more":      func(msg []byte) []byte { return append(msg, 0) },
		"no with a reason": func(msg []byte) []byte { return append(msg[:2], 255, 255, 255, 255, 1) },
	} {
		bubble(t, func(t *testing.T) {
			p := people(t, "ann", "ben")
			ann, ben := p[0], p[1]
			id := attach(t, ann.r, "film", film("a", 100_000))
			must(t, ann.r.Save(t.Context()))
			end := follows(t, ben.repo, ann.repo, everything, tampers(func(msg []byte) []byte {
				if ofBlocks(msg) {
					return change(msg)
				}
				return msg
			}))
			soon()
			_, err := readWhole(ben.r, id)
			wants(t, name, err, merge.ErrPeer)
			wants(t, name, err, merge.ErrAbsent)
			if n := len(stored(t, ben.st, ben.r)); n > 1 || n == 1 && name != "a size that grows" {
				t.Errorf("%s: %d blocks are stored", name, n)
			}
			must(t, ben.r.CheckFetches())
			end()
			closes(t, p)
		})
	}
}
