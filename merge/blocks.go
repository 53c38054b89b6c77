package merge

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/blob"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/merge/store"
)

// This file asks a peer for blocks of blobs, and answers what it asks, on the channel
// of the work:
//
//	get    'g' · hops 1 · height 1 · index 8 · digest of the blob's name 32
//	block  'G' · length 4 · place 4 · bytes (of the block, from that place on)
//	       'G' · 2³²−1: it is not to be had
//
// A block is named by its place in a blob: height 255 is the root, 0 a chunk. So who
// answers gives nothing but blocks of blobs that the work links, which it finds by the
// nodes above them; and who asks knows their names from the same nodes, and believes
// nothing. What is asked for is answered in order, in as many messages as it takes.
// hops says how often the question may be passed on by those who have not got the
// block either. Numbers are big endian.
const (
	msgGet   = 'g'
	msgBlock = 'G'

	blockPart  = 60 << 10 // bytes of a block in one message
	notToBeHad = 1<<32 - 1

	getSize   = 1 + 1 + 1 + 8 + 32
	blockHead = 1 + 4
	rootMark  = 255

	maxAsked = 16 // blocks that are asked for on a channel at a time
	maxOwed  = 32 // and that a peer may ask for: over it, it does not wait for answers
)

const (
	// blockPatience is how long a peer may say nothing while it owes a block, before
	// another is asked, and again for each time that it may pass the question on.
	blockPatience = 5 * time.Second

	// blockLast is how long it may take to give one: it gives a kilobyte a second.
	blockLast = 4 * time.Minute
)

// errSlow is why another peer is asked.
var errSlow = errors.New("the peer has not answered in time")

// blocks is what is asked for and answered on one channel. It is used by the goroutine
// of the link.
//
// Invariants:
//  1. asked are the blocks of which the peer's answers are to come, in order; got is
//     what has come of the first.
//  2. It is a source of the replica's fetches while it is joined, and that only while
//     the peer may be asked and answers in time.
//  3. giving is a part of the first that is owed, and is set only while the gate is
//     held: a link has one block in memory, however many channels are asked.
type blocks struct {
	rep  *Replica
	gate *gate
	wake func() // has the channel asked what it has to say

	asks   bool // the peer may be asked
	joined bool
	asked  []asking
	got    []byte
	begun  time.Time // since when the first of them is waited for
	heard  time.Time // when something came of it last
	slow   bool      // others have been told that they may be asked as well

	owed   []question
	giving []byte
	place  int
	wait   *want // what is asked of others to answer the first that is owed
}

// question is a block that the peer wants.
type question struct {
	root  cid.Cid
	place blob.Place
	hops  byte
}

// asking is a block that the peer was asked for.
type asking struct {
	*want
	hops byte // as it was asked
}

// gate lets one channel of a link at a time have a block in memory. It keeps the
// nodes of the blob that was read last.
type gate struct {
	holder *blocks
	queue  []*blocks
	r      *blob.Reader
	rep    *Replica // whose blob that is
}

// take lets a channel in, or has it woken when there is room.
func (g *gate) take(b *blocks) bool {
	if g.holder == nil || g.holder == b {
		g.holder = b
		return true
	}
	if !slices.Contains(g.queue, b) {
		g.queue = append(g.queue, b)
	}
	return false
}

// free lets the others in.
func (g *gate) free(b *blocks) {
	if g.holder != b {
		return
	}
	g.holder = nil
	queue := g.queue
	g.queue = nil
	for _, b := range queue {
		b.wake()
	}
}

// begin makes the channel one that can be asked.
func (b *blocks) begin(g *gate, wake func()) {
	b.gate, b.wake = g, wake
	if b.asks {
		b.joined = true
		b.rep.fetches.join(b)
	}
}

// end ends that, when nothing is said any more, or nothing is heard; cause is why what
// was asked for does not come.
func (b *blocks) end(cause error) {
	b.asks = false
	b.leave(cause)
	b.owed, b.giving, b.wait = nil, nil, nil
	if b.gate != nil {
		b.gate.free(b)
	}
}

// leave has the others asked instead.
func (b *blocks) leave(cause error) {
	if b.joined {
		b.joined = false
		b.rep.fetches.leave(b, cause)
	}
}

// next is the next message, nil for none, and when to ask again.
func (b *blocks) next(ctx context.Context, now time.Time) (msg []byte, due time.Time) {
	if b.joined && len(b.asked) < maxAsked {
		if w, hops := b.rep.fetches.take(b, now); w != nil {
			if len(b.asked) == 0 {
				b.begun, b.heard, b.slow = now, now, false
			}
			b.asked = append(b.asked, asking{w, hops})
			return w.ask(hops), due
		}
	}
	if msg := b.answer(ctx); msg != nil {
		return msg, due
	}
	if !b.joined || len(b.asked) == 0 {
		return nil, due
	}
	if at := b.heard.Add(hedge); !b.slow {
		if now.Before(at) {
			return nil, at
		}
		b.slow = true
		b.rep.fetches.tell(wanted)
	}
	due = sooner(b.heard.Add(blockPatience*time.Duration(1+int(b.asked[0].hops))), b.begun.Add(blockLast))
	if now.Before(due) {
		return nil, due
	}
	b.leave(errSlow)
	return nil, time.Time{}
}

// ask spells the question for a block; readQuestion is its inverse.
func (w *want) ask(hops byte) []byte {
	height := byte(w.place.Height)
	if w.place == blob.Root {
		height = rootMark
	}
	msg := append(make([]byte, 0, getSize), msgGet, hops, height)
	msg = binary.BigEndian.AppendUint64(msg, uint64(w.place.Index))
	digest, err := block.ChangeID(w.root)
	if err != nil {
		panic(fmt.Sprintf("merge: a block of %s, which is no blob, is wanted", w.root))
	}
	return append(msg, digest[:]...)
}

// readQuestion reads what ask wrote.
func readQuestion(msg []byte) (q question, err error) {
	if len(msg) != getSize {
		return q, breach("a question for a block of %d bytes", len(msg))
	}
	q.hops, q.place.Height = msg[1], int(msg[2])
	index := binary.BigEndian.Uint64(msg[3:])
	if msg[2] == rootMark {
		q.place = blob.Root
	}
	if q.hops > maxHops || q.place.Height > blob.MaxHeight || index > uint64(blob.MaxSize) || msg[2] == rootMark && index > 0 {
		return q, breach("a question for block %d of height %d, to be passed on %d times", index, msg[2], msg[1])
	}
	q.place.Index = int64(index)
	q.root = block.ID(msg[getSize-32:]).ChangeCID()
	return q, nil
}

// onGet takes in what the peer wants.
func (b *blocks) onGet(msg []byte) error {
	q, err := readQuestion(msg)
	if err != nil {
		return err
	}
	if len(b.owed) == maxOwed {
		return breach("more than %d blocks are asked for at a time", maxOwed)
	}
	b.owed = append(b.owed, q)
	return nil
}

// answer is the next part of what the peer wants, nil for nothing.
func (b *blocks) answer(ctx context.Context) []byte {
	if len(b.owed) == 0 {
		return nil
	}
	if b.giving == nil {
		if !b.gate.take(b) {
			return nil
		}
		data, wait := b.load(ctx, b.owed[0])
		if wait || data == nil {
			b.gate.free(b)
		}
		switch {
		case wait:
			return nil
		case data == nil:
			b.owed = b.owed[1:]
			return binary.BigEndian.AppendUint32([]byte{msgBlock}, notToBeHad)
		}
		b.giving, b.place = data, 0
	}
	part := b.giving[b.place:min(len(b.giving), b.place+blockPart)]
	msg := append(make([]byte, 0, blockHead+4+len(part)), msgBlock)
	msg = binary.BigEndian.AppendUint32(msg, uint32(len(b.giving)))
	msg = binary.BigEndian.AppendUint32(msg, uint32(b.place))
	if b.place += len(part); b.place == len(b.giving) {
		b.giving, b.owed = nil, b.owed[1:]
		b.gate.free(b)
	}
	return append(msg, part...)
}

// missing says which block is not stored here.
type missing struct {
	place blob.Place
	id    cid.Cid
}

func (m *missing) Error() string { return fmt.Sprintf("block %s is not stored", m.id) }

// load gives a block that the peer wants; nil: it is not to be had, or, with wait, not
// yet.
func (b *blocks) load(ctx context.Context, q question) (data []byte, wait bool) {
	for {
		if b.wait != nil {
			select {
			case <-b.wait.done:
			default:
				return nil, true
			}
			failed := b.wait.err != nil
			if b.wait = nil; failed {
				return nil, false
			}
		}
		if !b.rep.linked.has(b.rep, q.root) {
			return nil, false
		}
		data, err := b.stored(ctx, q)
		var m *missing
		if !errors.As(err, &m) || q.hops == 0 {
			return data, false
		}
		b.wait = b.rep.fetches.relay(want{root: q.root, place: m.place, id: m.id, hops: q.hops - 1}, b)
		if b.wait == nil {
			return nil, false
		}
	}
}

// stored reads a block that the peer wants from the store, and what is above it.
func (b *blocks) stored(ctx context.Context, q question) ([]byte, error) {
	g := b.gate
	get := func(p blob.Place, id cid.Cid) ([]byte, error) {
		data, err := b.rep.repo.st.GetBlock(ctx, b.rep.work, id)
		if absent(err) {
			err = &missing{p, id}
		}
		return data, err
	}
	if q.place == blob.Root {
		return get(q.place, q.root)
	}
	if g.r == nil || g.rep != b.rep || g.r.ID() != q.root {
		r, err := blob.Open(q.root, get)
		if err != nil {
			return nil, err
		}
		g.r, g.rep = r, b.rep
	}
	id, err := g.r.Name(q.place)
	if err != nil {
		return nil, err
	}
	return get(q.place, id)
}

// onBlock takes in a part of what was asked for.
func (b *blocks) onBlock(ctx context.Context, msg []byte, now time.Time) error {
	if len(b.asked) == 0 || len(msg) < blockHead {
		return breach("a block that was not asked for")
	}
	w, size := b.asked[0].want, binary.BigEndian.Uint32(msg[1:])
	if size == notToBeHad && len(msg) == blockHead {
		b.answered(now)
		b.rep.fetches.lacked(w, b, nil)
		return nil
	}
	if len(msg) < blockHead+4 {
		return breach("a block without a place")
	}
	part, most := msg[blockHead+4:], uint32(blob.MaxNode)
	if w.place.Height == 0 {
		most = blob.ChunkSize
	}
	switch {
	case size > most, binary.BigEndian.Uint32(msg[blockHead:]) != uint32(len(b.got)),
		len(part) == 0, len(part) > blockPart, len(b.got)+len(part) > int(size):
		return breach("%d bytes at %d of a block of %d bytes", len(part), len(b.got), size)
	}
	if b.got == nil {
		b.got = make([]byte, 0, size)
	}
	if cap(b.got) != int(size) {
		return breach("a block of %d bytes has %d now", cap(b.got), size)
	}
	b.got, b.heard, b.slow = append(b.got, part...), now, false
	b.rep.fetches.moves(w.id, now)
	if len(b.got) < int(size) {
		return nil
	}
	data := b.got
	b.answered(now)
	return b.whole(ctx, w, data, now)
}

// answered ends the first question. A peer that answers is asked again.
func (b *blocks) answered(now time.Time) {
	b.asked = slices.Delete(b.asked, 0, 1)
	b.got, b.begun, b.heard, b.slow = nil, now, now, false
	if b.asks && !b.joined {
		b.joined = true
		b.rep.fetches.join(b)
	}
}

// whole takes in a block that has come whole. Bytes that are not those of the name are
// the peer's fault.
func (b *blocks) whole(ctx context.Context, w *want, data []byte, now time.Time) error {
	f := &b.rep.fetches
	digest := block.Sum(data)
	if name := w.id; name != digest.ChangeCID() && name != digest.ContentCID() {
		err := fmt.Errorf("merge: %w: %w", ErrPeer, &BlobError{Blob: w.root, Block: w.id, Err: block.ErrHash})
		f.lacked(w, b, err)
		return err
	}
	if !f.moves(w.id, now) {
		return nil
	}
	err := b.rep.wrote(b.rep.repo.st.PutBlocks(ctx, b.rep.work, store.Block{ID: w.id, Data: data}))
	f.came(w.id, data, err)
	return nil
}
