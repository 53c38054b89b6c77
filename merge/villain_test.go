package merge_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/internal/tips"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/transport"
)

// villain is a peer of bad will: it speaks frames by hand, and shares no code with
// sessions.
type villain struct {
	t     *testing.T
	ctx   context.Context
	c     transport.Conn
	of    *merge.Replica // whom it speaks to
	work  [32]byte
	rng   *rand.Rand
	real  [2][][]byte // what a session of an honest peer, and the replica's, have said
	heard chan []byte // messages of the replica's session

	nonce, theirs [16]byte
	num           uint64
	sent          int // bytes
	got           int
	all           *costs
}

// Kinds of messages of a session.
const (
	vHello = 1 + iota
	vRanges
	vPack
	vWant
	vLack
	vHave
	vCredit
	vFail
	vAsk
	vWords
)

// listen takes what the replica says, and says goodbye when it does.
func (v *villain) listen() {
	for {
		msg, err := v.c.Receive(v.ctx)
		if err != nil {
			close(v.heard)
			return
		}
		v.got += len(msg)
		if msg[0] != 1 {
			continue
		}
		if msg[1] == 'b' {
			_ = v.c.Send(v.ctx, on1('b', 0))
			continue
		}
		select {
		case v.heard <- msg[1:]:
		default: // it is talkative, and nobody asked
		}
	}
}

// raw sends a frame.
func (v *villain) raw(f []byte) {
	v.sent += len(f)
	_ = v.c.Send(v.ctx, f) // whoever is left by the replica notices by the result
}

// begin comes as far as a session.
func (v *villain) begin(frames ...[]byte) {
	for _, f := range append([][]byte{openFrame, proofFrame, attachTo(v.of)}, frames...) {
		v.raw(f)
	}
}

// hear waits for a message of the session of one of some kinds; nil when the connection
// has ended before.
func (v *villain) hear(kinds ...byte) []byte {
	for msg := range v.heard {
		if slices.Contains(kinds, msg[0]) {
			return msg
		}
	}
	return nil
}

// greeting is what a hello says.
type greeting struct {
	version, flags byte
	work, digest   [32]byte
	nonce          [16]byte
	count          uint64
	heads          [][32]byte
	tips           []tips.Tip
	offer          []byte
}

// hello says hello, in answer to that of the replica.
func (v *villain) hello(change func(g *greeting)) {
	g := greeting{version: 1, work: v.work, digest: [32]byte{1}}
	for i := range g.nonce {
		g.nonce[i] = byte(v.rng.Uint32())
	}
	copy(g.nonce[:], "\xff\xff\xff\xff\xff\xff\xff\xff") // so that it leads
	if change != nil {
		change(&g)
	}
	v.nonce, v.num = g.nonce, 0
	b := on1(vHello, g.version, g.flags)
	b = append(b, g.work[:]...)
	b = append(b, g.nonce[:]...)
	b = append(b, v.theirs[:]...)
	b = append(b, g.digest[:]...)
	b = binary.BigEndian.AppendUint64(b, g.count)
	b = append(b, byte(len(g.heads)))
	for _, h := range g.heads {
		b = append(b, h[:]...)
	}
	if g.offer != nil {
		v.raw(append(append(b, 0xff), g.offer...))
		return
	}
	b = append(b, byte(len(g.tips)))
	for _, t := range g.tips {
		b = append(binary.BigEndian.AppendUint64(append(b, t.Author[:]...), t.Seq), t.ID[:]...)
	}
	v.raw(b)
}

// meet comes as far as a pairing.
func (v *villain) meet(change func(g *greeting)) {
	v.begin()
	h := v.hear(vHello)
	if h == nil {
		v.t.Error("no hello")
		return
	}
	copy(v.theirs[:], h[35:])
	v.hello(change)
}

// spell makes a message of the pairing, with the right tag and number.
func (v *villain) spell(kind byte, parts ...[]byte) []byte {
	tag := sha256.Sum256(append(v.nonce[:], v.theirs[:]...))
	b := binary.BigEndian.AppendUint64(append(on1(kind), tag[:8]...), v.num)
	v.num++
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// say says a message of the pairing.
func (v *villain) say(kind byte, parts ...[]byte) { v.raw(v.spell(kind, parts...)) }

// have says that it holds what has a digest, and has heard so many messages.
func (v *villain) have(digest [32]byte, seen uint64) {
	v.say(vHave, digest[:], make([]byte, 16), u64(seen))
}

func u64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
func u32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// noise is n random bytes.
func (v *villain) noise(n int) []byte {
	b := make([]byte, n)
	for k := range b {
		b[k] = byte(v.rng.Uint32())
	}
	return b
}

// digest is a digest of nothing.
func (v *villain) digest() [32]byte { return [32]byte(v.noise(32)) }

// invented are n tips that nobody has.
func (v *villain) invented(n int) (list []tips.Tip) {
	for range n {
		list = append(list, tips.Tip{Author: v.digest(), Seq: 5, ID: v.digest()})
	}
	slices.SortFunc(list, tips.Compare)
	return list
}

// offer are the first ranges of n tips that nobody has.
func (v *villain) offer(n int, salt [16]byte) []byte {
	var in []tips.Entry
	for _, x := range v.invented(n) {
		in = append(in, tips.Entry{Tip: x})
	}
	return tips.Tree{}.With(nil, in).Offer(salt)
}

// mine is a new change of the villain's own key on what the replica has, with its
// signature.
func (v *villain) mine(edit func(*crdt.Tx) error) bridge.Bundle {
	d, err := crdt.Join(newKey("villain"), v.of.Doc().ID())
	must(v.t, err)
	all, err := v.of.Doc().Since(crdt.Version{})
	must(v.t, err)
	_, err = d.Apply(all)
	must(v.t, err)
	in := bridge.Of(d)
	n := in.Count()
	must(v.t, d.Update(edit))
	must(v.t, in.Leave())
	var idx []int
	for i := n; i < in.Count(); i++ {
		idx = append(idx, i)
	}
	b, _ := in.Bundle(idx, 1<<30)
	return b
}

// broken is a change of the villain's own key, properly signed, that names what is not
// there; it stands on a change of the replica, or on one that nobody has.
func (v *villain) broken(on [32]byte) bridge.Bundle {
	words := []byte("x")
	k := newKey("villain")
	h := block.Header{By: block.Key(k.Author()), Parents: []block.ID{on}, Work: v.work, Text: block.Sum(words), Size: 1}
	op := block.Op{Code: block.OpText, C: block.Container{Kind: block.KindText, Name: "t"}, Side: block.Right, Runes: 1, Bytes: 1,
		HasAt: true, At: block.Thing{C: 1, N: 1 << 40}}
	raw := block.Encode(&h, 1, block.AppendOp(nil, &op))
	id := block.Sum(raw)
	sig := bridge.Sig{Change: id}
	copy(sig.Sig[:], ed25519.Sign(k.k, block.SigningMessage(v.work, id)))
	return bridge.Bundle{Work: v.work, Items: []bridge.Item{{ID: id, Change: raw, Words: words}}, Sigs: []bridge.Sig{sig}}
}

// pack sends a bundle, in one part.
func (v *villain) pack(b bridge.Bundle) {
	raw, err := bundle.Encode(&bundle.Bundle{Work: b.Work, Items: b.Items, Sigs: b.Sigs}, false)
	must(v.t, err)
	for first := byte(1); len(raw) > 0; first = 0 {
		part := raw[:min(len(raw), 60<<10)]
		raw = raw[len(part):]
		flags := first
		if len(raw) == 0 {
			flags |= 2
		}
		v.say(vPack, []byte{flags}, part)
	}
}

// head is a head of the replica.
func (v *villain) head() [32]byte {
	id, err := block.ChangeID(v.of.Doc().Heads().IDs()[0])
	must(v.t, err)
	return id
}

// lacking has the replica ask for words that the villain alone has kept, and gives the
// change.
func (v *villain) lacking() []byte {
	b := v.mine(app("words that are kept back"))
	b.Items[0].Words = nil
	v.meet(nil)
	v.pack(b)
	if ask := v.hear(vAsk); len(ask) >= 18+32 {
		return ask[18:][:32]
	}
	v.t.Error("nothing is asked for")
	return make([]byte, 32)
}

// ways are transports to be hostile over.
func ways(t *testing.T) map[string]func() (transport.Conn, transport.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return map[string]func() (transport.Conn, transport.Conn){
		"pipe": transport.Pipe,
		"stream over TCP": func() (transport.Conn, transport.Conn) {
			x, err := net.Dial("tcp", l.Addr().String())
			must(t, err)
			y, err := l.Accept()
			must(t, err)
			return transport.Stream(x), transport.Stream(y)
		},
	}
}

// named names a scenario that is one of many.
func named(name string, k int) string { return fmt.Sprint(name, " ", k) }
