package merge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/merge/transport"
)

// How long a peer is waited for. A caller who wants less has its context.
const (
	// silence is how long nothing may arrive. An honest peer says hello again
	// after a minute at most, and pings.
	silence = 2 * time.Minute

	// breath is how long this side says nothing before it pings.
	breath = 30 * time.Second

	// stall is how long one frame may take to be taken by the connection: a peer
	// that reads less than a kilobyte a second is left.
	stall = time.Minute

	// farewell is how long the peer may take to part once this side rests, and
	// may still send what it has: an honest one rests at about the same time.
	farewell = time.Minute

	// linger is the same after a failure, when the only point in waiting is that
	// the peer reads why.
	linger = time.Second
)

// maxControl bounds the frames about the connection that wait to be sent: a peer that
// asks for more without hearing the answers is left. One that listens cannot come
// near: it asks for maxChannels works at most, and no frame is waited for while another
// is read, lest two sides that have much to ask wait for each other.
const maxControl = 2 * maxChannels

// errSilent is the end of a conversation with nobody.
var errSilent = fmt.Errorf("merge: nothing heard for %v: %w", silence, ErrPeer)

// errStalled is the end of a conversation with somebody who does not listen.
var errStalled = fmt.Errorf("merge: a message was not taken for %v: %w", stall, ErrPeer)

// driver is what a link asks of whoever runs it, in the goroutine of run.
type driver interface {
	// opened is told that the peer has said open and proof.
	opened() error
	// attached is told that the peer attaches a work.
	attached(channel uint64, work cid.Cid) error
	// denied is told that the peer denies a channel.
	denied(channel uint64) error
	// parted is told that a channel has ended, with its result.
	parted(c *channel, err error)
	// turn is asked before each wait: whether all is done, and when to be asked
	// again at the latest; zero for never.
	turn(now time.Time) (done bool, due time.Time, err error)
}

// link drives sessions over a connection. One goroutine reads and one writes, so
// that two sides that both have much to say do not wait for each other; both end
// before run returns. The reader reads a frame when it is told to, so none is taken
// from the connection that the link does not need.
//
// Invariants:
//  1. chans has the channels that both sides have attached, rota their numbers in
//     the order in which they are asked for what to say.
//  2. At most one frame is on its way out, and at most one is being read.
//  3. Nothing but channels' numbers is kept of what is to be said later, save at
//     most maxControl frames about the connection.
type link struct {
	handshake
	c      transport.Conn
	d      driver
	reopen bool // the peer may begin anew when no work is attached
	idle   bool // nothing is expected of the peer
	last   bool // the connection carries nothing after this link
	full   bool // nothing that the peer says from now on is for this link

	chans   map[uint64]*channel
	rota    []uint64   // channels that may have something to say
	control [][]byte   // frames about the connection
	fresh   []*channel // to which something has happened, for the driver
	stale   bool       // something has happened to the repo, for the driver

	heard time.Time // when something arrived last
	spoke time.Time // when something was sent last
	begun time.Time // when the frame that is on its way was begun

	pokes pokes
	gate  gate // of the blocks that are given
}

// pokes is what other goroutines tell a link.
type pokes struct {
	mu   sync.Mutex
	news map[uint64]poke
	bell chan struct{} // holds a token while there is something new
}

// poke says what has happened to a replica.
type poke uint8

// What has happened.
const (
	edited   poke = 1 << iota // there are edits that are not sealed
	stored                    // more changes are durable
	lit                       // somebody's presence is new
	released                  // it was closed
	wanted                    // blocks are wanted, or have come
)

// tell notes news about a channel; 0 is about the repo.
func (p *pokes) tell(channel uint64, what poke) {
	p.mu.Lock()
	p.news[channel] |= what
	p.mu.Unlock()
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// take gives the news and forgets them.
func (p *pokes) take() map[uint64]poke {
	p.mu.Lock()
	defer p.mu.Unlock()
	news := p.news
	p.news = map[uint64]poke{}
	return news
}

// newLink makes a link over c.
func newLink(c transport.Conn, h handshake) *link {
	return &link{
		c: c, handshake: h, chans: map[uint64]*channel{},
		pokes: pokes{news: map[uint64]poke{}, bell: make(chan struct{}, 1)},
	}
}

// arrival is what the reading goroutine has got.
type arrival struct {
	msg []byte
	err error
}

// wires are the channels between a link and its two goroutines.
type wires struct {
	in    chan arrival
	want  chan struct{} // asks for the next frame
	out   chan []byte
	sent  chan error
	ended chan struct{}
}

// run speaks until the driver says that all is done: nil. With an error the
// connection is of no use any more, and has been closed; abort ends the channels
// that are left.
func (l *link) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := wires{make(chan arrival), make(chan struct{}, 1), make(chan []byte), make(chan error, 1), make(chan struct{}, 2)}
	go l.read(ctx, &w)
	go l.write(ctx, &w)
	err := l.loop(ctx, &w)
	if err != nil || l.last {
		l.c.Close() // before the end of ctx takes it from under a read, and the peer is told nothing
	}
	cancel()
	close(w.out)
	close(w.want)
	<-w.ended
	<-w.ended
	return err
}

// read hands on what arrives, one message whenever it is asked.
func (l *link) read(ctx context.Context, w *wires) {
	defer func() { w.ended <- struct{}{} }()
	for range w.want {
		msg, err := l.c.Receive(ctx)
		select {
		case w.in <- arrival{msg, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// write sends what it is given.
func (l *link) write(ctx context.Context, w *wires) {
	defer func() { w.ended <- struct{}{} }()
	for msg := range w.out {
		w.sent <- l.c.Send(ctx, msg)
	}
}

// loop alternates between what the works want to say and what arrives.
func (l *link) loop(ctx context.Context, w *wires) error {
	l.heard = time.Now()
	l.spoke = l.heard
	timer := time.NewTimer(silence)
	defer timer.Stop()
	busy, reading := false, false
	for {
		now := time.Now()
		done, due, err := l.d.turn(now)
		if err != nil {
			return err
		}
		if !busy {
			msg := l.next(now)
			if busy = msg != nil; busy {
				l.begun = now
				w.out <- msg
			}
		}
		if done && !busy {
			return nil
		}
		if !reading && !l.full {
			reading = true
			w.want <- struct{}{}
		}
		timer.Reset(time.Until(l.deadline(due, busy, now)))
		select {
		case a := <-w.in:
			reading = false
			err = l.take(a)
		case err = <-w.sent:
			busy, l.spoke = false, time.Now()
			err = lineError(err)
		case <-timer.C:
			err = l.tick(time.Now(), busy)
		case <-l.pokes.bell:
			l.onNews(time.Now())
		case <-ctx.Done():
			err = lineError(ctx.Err())
		}
		if err != nil {
			return err
		}
	}
}

// lineError names where an error of a connection comes from. A frame that no
// honest peer sends is the peer's fault.
func lineError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, transport.ErrFrame):
		return fmt.Errorf("merge: sync: %w: %w", ErrPeer, err)
	}
	return fmt.Errorf("merge: sync: %w", err)
}

// next is the next frame to send, nil for none: what is about the connection first,
// then one message of each channel in turn.
func (l *link) next(now time.Time) []byte {
	if len(l.control) > 0 {
		body := l.control[0]
		l.control = slices.Delete(l.control, 0, 1)
		return frame{0, body}.encode()
	}
	for n := len(l.rota); n > 0; n-- {
		c := l.chans[l.rota[0]]
		l.rota = slices.Delete(l.rota, 0, 1)
		if c == nil {
			continue
		}
		c.asked = false
		if !c.flush.IsZero() && !now.Before(c.flush) {
			l.seal(c)
		}
		msg := c.next(now)
		l.touch(c)
		if c.parted() {
			l.end(c, c.verdict())
		}
		if msg != nil {
			l.ask(c)
			return frame{c.id, msg}.encode()
		}
	}
	if len(l.chans) > 0 && now.Sub(l.spoke) >= breath {
		l.spoke = now
		return frame{0, []byte{msgPing}}.encode()
	}
	return nil
}

// seal has what was edited on a channel sealed and stored, so that it may go out.
// An error of that is the replica's: whoever edits next is told.
func (l *link) seal(c *channel) {
	c.flush, c.first = time.Time{}, time.Time{}
	_ = c.rep.save(context.Background())
}

// ask has a channel asked for what to say.
func (l *link) ask(c *channel) {
	l.touch(c)
	if !c.asked {
		c.asked = true
		l.rota = append(l.rota, c.id)
	}
}

// touch notes that something has happened to a channel.
func (l *link) touch(c *channel) {
	if !c.fresh {
		c.fresh = true
		l.fresh = append(l.fresh, c)
	}
}

// say queues a frame about the connection.
func (l *link) say(body []byte) { l.control = append(l.control, body) }

// attach adds a channel that both sides have agreed on, and has it told what
// happens to its replica.
func (l *link) attach(c *channel, now time.Time) {
	c.heard = now
	l.chans[c.id] = c
	c.stop = c.rep.news.watch(func(what poke) { l.pokes.tell(c.id, what) })
	if c.live {
		c.blocks.asks = c.asks
	}
	c.blocks.begin(&l.gate, func() { l.ask(c) })
	l.ask(c)
}

// end removes a channel, with its result.
func (l *link) end(c *channel, err error) {
	delete(l.chans, c.id)
	c.blocks.end(err)
	c.stop()
	_ = c.w.Flush() // of packs after which more were to follow; an error is told to whoever edits or syncs next
	l.d.parted(c, err)
}

// abort ends all channels because of err.
func (l *link) abort(err error) {
	for _, c := range l.chans {
		l.end(c, c.broken(err))
	}
}

// deadline is when something is to be done though nothing has happened.
func (l *link) deadline(due time.Time, busy bool, now time.Time) time.Time {
	at := now.Add(silence)
	earlier := func(t time.Time) {
		if !t.IsZero() && t.Before(at) {
			at = t
		}
	}
	earlier(due)
	if l.waits() {
		earlier(l.heard.Add(silence))
	}
	if busy {
		earlier(l.begun.Add(stall))
		return at
	}
	for _, c := range l.chans {
		earlier(c.due)
		earlier(c.flush)
		earlier(c.over())
	}
	if len(l.chans) > 0 {
		earlier(l.spoke.Add(breath))
	}
	return at
}

// waits tells whether the peer must not be silent.
func (l *link) waits() bool { return len(l.chans) > 0 || !l.reopen && !l.idle }

// tick does what time has brought.
func (l *link) tick(now time.Time, busy bool) error {
	if busy && now.Sub(l.begun) >= stall {
		return errStalled
	}
	if now.Sub(l.heard) >= silence && l.waits() {
		return errSilent
	}
	for _, c := range l.chans {
		if at := c.over(); !at.IsZero() && !now.Before(at) {
			l.end(c, c.tired())
			return errSilent
		}
		if !c.due.IsZero() && !now.Before(c.due) || !c.flush.IsZero() && !now.Before(c.flush) {
			l.ask(c)
		}
	}
	return nil
}

// take takes in what arrived.
func (l *link) take(a arrival) error {
	now := time.Now()
	if a.err != nil {
		return lineError(a.err)
	}
	l.heard = now
	f, err := readFrame(a.msg)
	if err != nil {
		return err
	}
	if f.channel == 0 {
		if len(l.control) > maxControl {
			return breach("%d answers are waiting to be heard", len(l.control))
		}
		return l.onControl(f.body)
	}
	c := l.chans[f.channel]
	if c == nil || !l.settled {
		return breach("a message on channel %d, which is not attached", f.channel)
	}
	if err := c.take(f.body, now); err != nil {
		return err
	}
	if c.parted() {
		l.end(c, c.verdict())
		return nil
	}
	l.ask(c)
	return nil
}

// onControl takes in a frame about the connection.
func (l *link) onControl(body []byte) error {
	switch body[0] {
	case msgOpen:
		return l.onHello(body)
	case msgPing:
		if len(body) > 1 {
			return breach("a ping of %d bytes", len(body))
		}
		return nil
	}
	if !l.met {
		return breach("a frame of kind %d before open", body[0])
	}
	switch body[0] {
	case msgProof:
		if err := l.onProof(body, l.c); err != nil {
			return err
		}
		return l.d.opened()
	case msgAttach:
		channel, work, err := readAttach(body)
		if err != nil {
			return err
		}
		return l.d.attached(channel, work)
	case msgDeny:
		channel, err := readDeny(body)
		if err != nil {
			return err
		}
		return l.d.denied(channel)
	}
	return breach("a frame of kind %d about the connection", body[0])
}

// onHello takes in the peer's open, and answers with this side's, if it has not
// been said, and the proof.
func (l *link) onHello(body []byte) error {
	if l.met && (!l.reopen || len(l.chans) > 0) {
		return breach("open twice")
	}
	if err := l.onOpen(body); err != nil {
		return err
	}
	if l.reopen {
		mine, err := l.open()
		if err != nil {
			return err
		}
		l.say(mine)
	}
	l.say(l.proof(l.c))
	return nil
}

// onNews does what other goroutines have told.
func (l *link) onNews(now time.Time) {
	for id, what := range l.pokes.take() {
		l.stale = l.stale || id == 0
		c := l.chans[id]
		if c == nil {
			continue
		}
		c.news(what, now)
		l.ask(c)
	}
}
