package sim

import (
	"container/heap"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"runtime/debug"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// epoch is when every run begins.
var epoch = time.Unix(1_800_000_000, 0)

// world is a run.
//
// Invariants:
//  1. Nothing happens but in the call of an event or a step, each of which runs to its
//     end, in the order of their times and then of when they were planned.
//  2. Nothing is drawn but from streams of the seed.
type world struct {
	p    *Plan
	bug  bug
	ctx  context.Context
	work cid.Cid
	rep  *Report
	l    *ledger

	now    time.Time
	events queue
	planned,
	step int
	peace bool // the faults have ended

	peers []peer
	nodes []*node
	links []*link
	cuts  []partition
	keys  int

	trace hash.Hash
	tail  [60]happening
	seen  int
}

// bug is a fault that a test plants, to see the judges find it.
type bug int

// Planted bugs.
const (
	noBug      bug = iota
	bugForget      // a store acknowledges every 20th write and does not make it
	bugDrop        // a replica leaves some changes out of what it sends, always the same
	bugCredit      // a character is credited to somebody else
	bugChatter     // a replica talks when there is nothing to say
	bugSameKey     // a store that was put back goes on with the key it had
)

// happening is an entry of the trace.
type happening struct {
	at   time.Duration
	what string
	a, b int
	data int    // bytes
	sum  uint32 // of them
}

// peer is one who takes part.
type peer interface {
	// ready tells whether it can be connected to.
	ready() bool
	// connect is told of a new connection, lost of its end.
	connect(e *end)
	lost(e *end)
	// receive is given what arrives, wake is called when it was asked for.
	receive(e *end, msg []byte)
	wake(e *end)
	// act is a step of the plan.
	act(s Step)
}

// event is something that is going to happen.
type event struct {
	at  time.Time
	seq int
	do  func()
}

// queue is a heap of events.
type queue []event

// Len implements heap.Interface, and the others do.
func (q queue) Len() int { return len(q) }

// Less orders by time and then by when an event was planned.
func (q queue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].seq < q[j].seq
}

// Swap implements heap.Interface.
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(event)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	old := *q
	e := old[len(old)-1]
	*q = old[:len(old)-1]
	return e
}

// Run carries a plan out. It never panics: what panics is a failure of the run.
func Run(p *Plan) *Report { return run(p, noBug) }

// run is Run with a planted bug.
func run(p *Plan, b bug) (rep *Report) {
	rep = &Report{Plan: p}
	w := &world{p: p, bug: b, ctx: context.Background(), rep: rep, l: newLedger(), now: epoch, trace: sha256.New()}
	defer func() {
		if x := recover(); x != nil {
			f, ok := x.(*Failure)
			if !ok {
				f = &Failure{Judge: "panic", Text: fmt.Sprintf("%v\n%s", x, debug.Stack())}
			}
			f.Step, f.At, f.Tail = w.step, w.now.Sub(epoch), w.told()
			rep.Failure = f
		}
		w.trace.Sum(rep.Digest[:0])
		rep.Virtual = w.now.Sub(epoch)
	}()
	if err := p.Check(); err != nil {
		w.fail("plan", "%v", err)
	}
	w.setUp()
	for i, s := range p.Steps {
		w.step = i
		w.until(w.now.Add(time.Duration(s.R>>24) * 8 * time.Millisecond))
		w.note("step "+stepNames[s.Op], s.At, int(s.R&0xffffff), nil)
		w.rep.Counts.Steps++
		w.take(s)
	}
	w.step = len(p.Steps)
	w.makePeace()
	rep.Counts.Runs++
	return rep
}

// setUp makes the peers and the links, and founds the work.
func (w *world) setUp() {
	for i := range w.p.Honest {
		n := newNode(w, i)
		w.nodes = append(w.nodes, n)
		w.peers = append(w.peers, n)
	}
	w.nodes[0].found()
	for i := 1; i < w.p.Honest-w.p.Late; i++ {
		w.nodes[i].open()
	}
	for i, role := range w.p.Hostile {
		w.peers = append(w.peers, newHostile(w, w.p.Honest+i, byte(role)))
	}
	for i, l := range w.p.Links {
		k := &link{w: w, id: i, of: [2]int{l[0], l[1]}}
		w.links = append(w.links, k)
		k.redial(time.Duration(i) * time.Millisecond)
	}
}

// take carries a step out.
func (w *world) take(s Step) {
	switch s.Op {
	case opCut:
		w.links[s.At].drop()
	case opPart:
		w.part(s.R)
	case opWait:
		w.until(w.now.Add(time.Duration(s.R%20_000) * time.Millisecond))
	default:
		w.peers[s.At].act(s)
	}
}

// fail ends the run.
func (w *world) fail(judge, format string, args ...any) {
	panic(&Failure{Judge: judge, Text: fmt.Sprintf(format, args...)})
}

// must ends the run when something fails that cannot.
func (w *world) must(what string, err error) {
	if err != nil {
		w.fail("error", "%s: %v", what, err)
	}
}

// plan plans an event.
func (w *world) plan(in time.Duration, do func()) {
	w.planned++
	heap.Push(&w.events, event{w.now.Add(in), w.planned, do})
}

// maxEvents is more than any run needs: one that has more does not end.
const maxEvents = 200_000

// next lets the next event happen, if it is due by then.
func (w *world) next(by time.Time) bool {
	if len(w.events) == 0 || w.events[0].at.After(by) {
		return false
	}
	e := heap.Pop(&w.events).(event)
	if e.at.After(w.now) {
		w.now = e.at
	}
	if w.rep.Counts.Events++; w.rep.Counts.Events > maxEvents {
		w.fail("runaway", "%d events", w.rep.Counts.Events)
	}
	e.do()
	return true
}

// until lets everything happen that is due by a time.
func (w *world) until(t time.Time) {
	for w.next(t) {
	}
	w.now = t
}

// note notes what happens: in the digest, and for who reads the end of it.
func (w *world) note(what string, a, b int, data []byte) {
	var n [40]byte
	at := w.now.Sub(epoch)
	binary.BigEndian.PutUint64(n[:], uint64(at))
	binary.BigEndian.PutUint64(n[8:], uint64(a))
	binary.BigEndian.PutUint64(n[16:], uint64(b))
	binary.BigEndian.PutUint64(n[24:], uint64(len(data)))
	binary.BigEndian.PutUint64(n[32:], uint64(len(what)))
	w.trace.Write(n[:])
	w.trace.Write([]byte(what))
	w.trace.Write(data)
	h := happening{at: at, what: what, a: a, b: b, data: len(data)}
	for _, x := range data {
		h.sum = h.sum*16777619 ^ uint32(x)
	}
	w.tail[w.seen%len(w.tail)] = h
	w.seen++
}

// told is the end of the trace in words.
func (w *world) told() (out []string) {
	for i := max(0, w.seen-len(w.tail)); i < w.seen; i++ {
		h := w.tail[i%len(w.tail)]
		s := fmt.Sprintf("%12v %s %d %d", h.at, h.what, h.a, h.b)
		if h.data > 0 {
			s += fmt.Sprintf(" %d bytes %08x", h.data, h.sum)
		}
		out = append(out, s)
	}
	return out
}

// key is a signer.
type key struct {
	private ed25519.PrivateKey
	author  crdt.Author
	stats   *Counts
}

// newKey makes the next key of the run.
func (w *world) newKey() *key {
	w.keys++
	seed := sha256.Sum256(fmt.Appendf(nil, "sim key %d %d", w.p.Seed, w.keys))
	k := &key{private: ed25519.NewKeyFromSeed(seed[:]), stats: &w.rep.Counts}
	copy(k.author[:], k.private.Public().(ed25519.PublicKey))
	w.l.admit(k.author)
	return k
}

// Author implements crdt.Signer.
func (k *key) Author() crdt.Author { return k.author }

// Sign implements crdt.Signer.
func (k *key) Sign(msg []byte) ([]byte, error) {
	k.stats.Signatures++
	return ed25519.Sign(k.private, msg), nil
}

// options are those of every document: a clock that may be wrong, and no randomness
// but that of the seed.
func (w *world) options(peer int) []crdt.Option {
	skew := []time.Duration{0, 0, -time.Hour, 24 * time.Hour, -100 * 365 * 24 * time.Hour, 200 * 365 * 24 * time.Hour}[(int(w.p.Seed%6)+peer)%6]
	w.planned++
	return []crdt.Option{
		crdt.WithClock(func() time.Time { return w.now.Add(skew) }),
		crdt.WithRand(source{stream(w.p.Seed, streamSalt, uint64(w.planned))}),
	}
}
