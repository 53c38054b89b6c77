package sim

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/commonhold/commonhold/internal/session"
)

// newHostile makes a hostile peer.
func newHostile(w *world, id int, role byte) peer {
	r := stream(w.p.Seed, streamPeer, uint64(id))
	switch role {
	case roleLiar, roleFlooder:
		return &stranger{w: w, id: id, role: role, r: r, budget: 300}
	}
	return newMimic(w, id, role, r)
}

// stranger is a peer without a document, which speaks frames by hand: a liar or a
// flooder. It talks as long as it has frames left.
type stranger struct {
	w      *world
	id     int
	role   byte
	r      *rand.Rand
	budget int
	ends   []*end
}

// ready implements peer.
func (x *stranger) ready() bool { return !x.w.peace || x.w.p.Stay }

// connect implements peer.
func (x *stranger) connect(e *end) {
	e.raw = &raw{}
	x.ends = append(x.ends, e)
	if x.r.IntN(2) == 0 {
		x.hello(e)
	}
}

// lost implements peer.
func (x *stranger) lost(e *end) {
	for i, have := range x.ends {
		if have == e {
			x.ends = append(x.ends[:i:i], x.ends[i+1:]...)
			return
		}
	}
}

// wake implements peer: nobody wakes a stranger.
func (x *stranger) wake(*end) {}

// say sends a frame, if there are any left.
func (x *stranger) say(e *end, msg []byte) {
	if x.budget > 0 && e.c.open && len(msg) > 0 {
		x.budget--
		e.send(msg)
	}
}

// receive implements peer: a stranger answers hellos, so that there is a pairing, and
// lies about the rest.
func (x *stranger) receive(e *end, msg []byte) {
	h, ok := readHello(msg)
	if ok {
		e.raw.met, e.raw.peer = true, h
		if e.raw.said && (h.echo == e.raw.nonce || h.echo == [16]byte{} && !e.raw.pair) {
			e.raw.pair, e.raw.num, e.raw.heard = true, 0, 0
		} else {
			x.hello(e)
		}
	} else {
		e.raw.heard++
	}
	if e.raw.pair && x.r.IntN(3) > 0 {
		x.speak(e)
	}
}

// act implements peer.
func (x *stranger) act(Step) {
	if len(x.ends) == 0 {
		return
	}
	e := x.ends[x.r.IntN(len(x.ends))]
	if !e.raw.pair || x.r.IntN(4) == 0 {
		x.hello(e)
	}
	for range 1 + x.r.IntN(4) {
		x.speak(e)
	}
}

// speak says something untrue, or nothing that means anything.
func (x *stranger) speak(e *end) {
	stats := &x.w.rep.Counts
	if x.budget <= 0 {
		return
	}
	if x.role == roleLiar {
		stats.Lies++
		x.lie(e)
		return
	}
	stats.Floods++
	x.flood(e)
}

// random is n random bytes.
func (x *stranger) random(n int) []byte {
	b := make([]byte, n)
	_, _ = source{x.r}.Read(b)
	return b
}

// id32 is a digest of nothing.
func (x *stranger) id32() [32]byte { return [32]byte(x.random(32)) }

// hello says hello: it claims heads and tips that nobody has, ahead of those that the
// peer named, or those of the peer itself.
func (x *stranger) hello(e *end) {
	t := e.raw
	h := hello{flags: byte(x.r.IntN(4)), work: id(x.w), digest: x.id32(), nonce: [16]byte(x.random(16)), count: x.r.Uint64() >> x.r.IntN(60)}
	if t.met && !t.pair || x.r.IntN(2) == 0 {
		h.echo = t.peer.nonce
	}
	for _, tip := range t.peer.tips {
		switch x.r.IntN(4) {
		case 0:
			h.tips = append(h.tips, tip)
		case 1:
			h.tips = append(h.tips, session.Tip{Author: tip.Author, Seq: tip.Seq + 1 + x.r.Uint64N(5), ID: x.id32()})
		}
	}
	h.total = uint32(len(h.tips))
	if x.r.IntN(3) == 0 {
		h.heads = t.peer.heads
		h.flags |= 2
	}
	switch x.r.IntN(8) {
	case 0:
		h.digest = t.peer.digest
	case 1:
		h.total = 1 + x.r.Uint32()
		h.tips = nil
	}
	t.nonce, t.said, t.num, t.heard = h.nonce, true, 0, 0
	t.pair = h.echo != [16]byte{}
	x.say(e, h.bytes())
}

// lie says one thing that is not so.
func (x *stranger) lie(e *end) {
	t := e.raw
	switch x.r.IntN(6) {
	case 0: // it holds just what you do
		x.say(e, t.have(t.peer.digest, t.peer.count, 0, t.heard))
	case 1: // it holds something else, and will not say what
		x.say(e, t.have(x.id32(), t.peer.count+x.r.Uint64N(100), x.r.Uint64N(3), t.heard))
	case 2: // it has seen more than was said, or less
		x.say(e, t.have(x.id32(), 1, 0, x.r.Uint64N(t.heard+2)))
	case 3: // it wants what you have named, from the start, and what nobody has
		b := append(t.frame(frameWant), byte(x.r.IntN(2)))
		for _, tip := range t.peer.tips {
			b = append(append(b, tip.Author[:]...), tip.ID[:]...)
			b = append(b, 1)
			b = append(b, x.random(32)...)
		}
		if len(t.peer.tips) == 0 || x.r.IntN(2) == 0 {
			b = append(append(b, x.random(64)...), 0)
		}
		x.say(e, b)
	case 4: // it lacks what it has named
		x.say(e, append(t.frame(frameLack), x.random(32*(1+x.r.IntN(3)))...))
	case 5: // it has taken in what was never sent
		x.say(e, binary.BigEndian.AppendUint32(t.frame(frameCredit), x.r.Uint32()))
	}
}

// flood says something huge, or garbage.
func (x *stranger) flood(e *end) {
	t := e.raw
	switch x.r.IntN(8) {
	case 0:
		x.say(e, x.random(1+x.r.IntN(2000)))
	case 1:
		x.say(e, append(t.frame(byte(1+x.r.IntN(8))), x.random(x.r.IntN(300))...))
	case 2: // a count and nothing behind it
		b := binary.BigEndian.AppendUint32(t.frame(frameTips), 1<<32-1)
		x.say(e, append(b, x.random(72)...))
	case 3: // the beginning of a bundle that never ends
		b := append(t.frame(framePack), 1|4)
		x.say(e, append(b, x.random(60<<10)...))
	case 4:
		for range 10 {
			x.hello(e)
		}
	case 5: // over the greatest frame
		x.say(e, append(t.frame(frameLack), make([]byte, 64<<10)...))
	case 6:
		b := append(t.frame(framePack), wholePack)
		b = append(b, "CHB\x01b\x00\xff\xff\xff\xff"...)
		x.say(e, append(b, x.random(200)...))
	case 7: // a hello with more than it has bytes for
		h := hello{work: id(x.w), nonce: [16]byte(x.random(16)), total: 1 << 31}
		b := h.bytes()
		b[3+32+16+16+32+8] = 255
		x.say(e, b)
	}
}
