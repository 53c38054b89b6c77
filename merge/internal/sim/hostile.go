package sim

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"github.com/commonhold/commonhold/internal/tips"
)

// newHostile makes a hostile peer.
func newHostile(w *world, id int, role byte) peer {
	r := stream(w.p.Seed, streamPeer, uint64(id))
	switch role {
	case roleLiar, roleFlooder:
		return &stranger{w: w, id: id, role: role, r: r, budget: 300, asked: make([]byte, 32)}
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
	asked  []byte // a change whose words the stranger was asked for
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
		if len(msg) >= flagsAt+1+32 && msg[0] == frameAsk {
			x.asked = slices.Clone(msg[flagsAt+1:][:32])
		}
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
			h.tips = append(h.tips, tips.Tip{Author: tip.Author, Seq: tip.Seq + 1 + x.r.Uint64N(5), ID: x.id32()})
		}
	}
	if t.peer.offer != nil && x.r.IntN(2) == 0 {
		h.tips, h.offer = nil, x.offer()
	}
	if x.r.IntN(3) == 0 {
		h.heads = t.peer.heads
		h.flags |= 2
	}
	switch x.r.IntN(8) {
	case 0:
		h.digest = t.peer.digest
	case 1:
		h.offer = x.random(1 + x.r.IntN(200))
	}
	t.nonce, t.said, t.num, t.heard = h.nonce, true, 0, 0
	t.pair = h.echo != [16]byte{}
	x.say(e, h.bytes())
}

// offer are the first ranges of tips that nobody has, or of those that the peer has
// offered.
func (x *stranger) offer() []byte {
	if x.r.IntN(2) == 0 {
		return x.ends[0].raw.peer.offer
	}
	b := []byte{0, 0xff, 0xff}
	return append(b, x.random(16*8)...)
}

// ranges say something about where tips differ: lists of what nobody has, fingerprints
// of nothing, that all is equal, or that everything is lacking.
func (x *stranger) ranges(b []byte) []byte {
	for range 1 + x.r.IntN(3) {
		b = append(b, byte(1+x.r.IntN(8)))
		switch x.r.IntN(5) {
		case 0: // a list
			b = appendTip(append(b, 3, 1), tips.Tip{Author: x.id32(), Seq: uint64(x.r.IntN(9)), ID: x.id32()})
		case 1: // of nothing
			b = append(b, 3, 0)
		case 2: // fingerprints of two children
			b = append(append(b, 1, 0, byte(x.r.Uint32())|1, 0), x.random(64)...)
		case 3: // a diff
			b = append(b, 5, byte(x.r.IntN(3)), 0x80, 0)
		case 4: // fingerprints of one grandchild
			b = append(append(append(b, 2, 0, 0x80), make([]byte, 31)...), x.random(8)...)
		}
	}
	return append(b, 0)
}

// lie says one thing that is not so.
func (x *stranger) lie(e *end) {
	t := e.raw
	switch x.r.IntN(9) {
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
	case 6:
		x.say(e, x.ranges(t.frame(frameRanges)))
	case 7: // it lacks the words of what you have, and of what nobody has
		b := append(t.frame(frameAsk), byte(x.r.IntN(2)))
		for _, head := range t.peer.heads {
			b = append(b, head[:]...)
		}
		x.say(e, append(b, x.random(32*x.r.IntN(3))...))
	case 8: // it has not the words that it was asked for, or has others
		b := append(t.frame(frameWords), x.asked...)
		if x.r.IntN(2) == 0 {
			b = binary.BigEndian.AppendUint32(b, 1<<32-1)
		} else {
			b = append(append(b, 0, 0, 0, 3, 0, 0, 0, 0), x.random(3)...)
		}
		x.say(e, b)
	}
}

// flood says something huge, or garbage.
func (x *stranger) flood(e *end) {
	t := e.raw
	switch x.r.IntN(8) {
	case 0:
		x.say(e, x.random(1+x.r.IntN(2000)))
	case 1:
		x.say(e, append(t.frame(byte(1+x.r.IntN(11))), x.random(x.r.IntN(300))...))
	case 2: // a count and nothing behind it
		x.say(e, append(t.frame(frameRanges), 1, 3, 0xff, 0xff, 0xff, 0xff, 7))
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
		h := hello{work: id(x.w), nonce: [16]byte(x.random(16))}
		b := h.bytes()
		b[3+32+16+16+32+8] = 255
		x.say(e, b)
	}
}
