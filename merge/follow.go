package merge

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/session"
	"github.com/commonhold/commonhold/merge/transport"
)

// FollowOption is a choice made when following begins.
type FollowOption func(*followOptions)

// followOptions are the choices.
type followOptions struct {
	status func(FollowStatus)
	pause  time.Duration
	rand   io.Reader
	allow  Policy
}

// OnStatus has f told when a connection is made or lost and how each work stands:
// when that changes, and at most ten times a second while it moves. f is called from
// the goroutine of Follow, which waits for it.
func OnStatus(f func(FollowStatus)) FollowOption {
	return func(o *followOptions) { o.status = f }
}

// Batch is how long an edit waits for more of them before it is sealed, signed and
// sent: a pause in typing. While edits go on it waits at most eight times as long.
// A quarter of a second unless it is said otherwise.
func Batch(pause time.Duration) FollowOption { return func(o *followOptions) { o.pause = pause } }

// FollowRand is the source of the nonces, and of the jitter of reconnecting;
// crypto/rand's otherwise.
func FollowRand(r io.Reader) FollowOption { return func(o *followOptions) { o.rand = r } }

// Allow says what the peer may do with works, as for Serve: Read to bring it what is
// made here and take nothing, Deny to leave a work out. It may write unless it is
// said otherwise.
func Allow(p Policy) FollowOption { return func(o *followOptions) { o.allow = p } }

// FollowStatus is how following stands: the connection, when Work is undefined, else
// a work on it.
type FollowStatus struct {
	Work      cid.Cid
	Peer      crdt.Author // the key that the peer has proven to hold; zero: none
	Connected bool        // there is a connection, and the work, if any, is attached
	Err       error       // why not, or why the work is not in sync
	Retry     time.Duration
	Status    Status   // of the session
	Progress  Progress // of the session
}

// How long Follow waits before it dials again: it begins with the first and doubles
// up to the last, less up to half of it, by chance, so that those who lost one server
// do not all come back at one moment. After a connection that was of use, or lasted
// longer than the last, it begins anew.
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = time.Minute
)

// Follow keeps every open replica in step with the peer that the dialer reaches:
// what is edited here goes there as it becomes durable, and back, for as long as both
// are connected; a connection that is lost is made again. Works that are opened
// meanwhile are followed too, and those that are closed no more. A work that the peer
// denies is asked for again every five minutes.
//
// What is made here, through Replica.Update or the document, is sealed, saved and sent
// when nobody has edited for a pause ([Batch]).
//
// It blocks until ctx ends, then brings what was edited last to the peer, for which
// it takes a second at most, and returns nil. ErrClosed when the repo is closed
// before that; the error of the random source.
func (r *Repo) Follow(ctx context.Context, d transport.Dialer, opts ...FollowOption) error {
	o := followOptions{pause: batchPause, rand: rand.Reader, status: func(FollowStatus) {}}
	for _, f := range opts {
		f(&o)
	}
	for tries := 0; ; tries++ {
		f := &following{repo: r, ctx: ctx, followOptions: o, works: map[cid.Cid]*followed{}, names: map[uint64]cid.Cid{}}
		lasted, err := f.once(d)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errRandom), f.closed():
			return err
		}
		if f.useful || lasted > lastRetry {
			tries = 0
		}
		wait, rerr := o.retry(tries)
		if rerr != nil {
			return rerr
		}
		o.status(FollowStatus{Err: err, Retry: wait})
		if !pauseFor(ctx, wait) {
			return nil
		}
	}
}

// errRandom is the failure of the random source.
var errRandom = errors.New("merge: no random bytes")

// retry is how long to wait after so many failures.
func (o *followOptions) retry(tries int) (time.Duration, error) {
	wait := lastRetry
	if tries < 16 {
		wait = min(wait, firstRetry<<tries)
	}
	var b [8]byte
	if _, err := io.ReadFull(o.rand, b[:]); err != nil {
		return 0, fmt.Errorf("%w: %w", errRandom, err)
	}
	return wait - time.Duration(binary.BigEndian.Uint64(b[:])%uint64(wait/2+1)), nil
}

// pauseFor waits, and tells whether ctx has not ended meanwhile.
func pauseFor(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Durable yields the heads of what is durable of the replica, which is what peers are
// offered: at once, and whenever they have changed; of several changes that the caller
// was too slow for it sees the last. What is edited is sealed and saved after a pause,
// as [Batch] has it, so that it comes too though nobody is connected. It ends with ctx
// or when the replica is closed. Whoever tells others that there is something to fetch
// builds on it.
func (rep *Replica) Durable(ctx context.Context, pause time.Duration) iter.Seq[crdt.Version] {
	return func(yield func(crdt.Version) bool) {
		p := pokes{news: map[uint64]poke{}, bell: make(chan struct{}, 1)}
		defer rep.news.watch(func(what poke) { p.tell(0, what) })()
		rep.mu.Lock()
		closed := rep.closed
		rep.mu.Unlock()
		c := &channel{rep: rep, live: true, leave: closed, pause: pause}
		c.news(edited, time.Now()) // before anybody watched
		timer := time.NewTimer(0)
		defer timer.Stop()
		for told := -1; ctx.Err() == nil && !c.leave; {
			wait := silence
			if !c.flush.IsZero() {
				wait = time.Until(c.flush)
			}
			if wait <= 0 {
				c.flush, c.first = time.Time{}, time.Time{}
				_ = rep.save(context.Background()) // an error is told to whoever edits next
			}
			if n := int(rep.durable.Load()); n != told {
				told = n
				if !yield(rep.headsOf(n)) {
					return
				}
				continue
			}
			timer.Reset(wait)
			select {
			case <-p.bell:
				c.news(p.take()[0], time.Now())
			case <-timer.C:
			case <-ctx.Done():
			}
		}
	}
}

// headsOf are the heads of the first n changes.
func (rep *Replica) headsOf(n int) crdt.Version {
	var ids []cid.Cid
	for _, id := range rep.in.Heads(n) {
		ids = append(ids, block.ID(id).ChangeCID())
	}
	v, err := crdt.NewVersion(ids...)
	if err != nil {
		panic(fmt.Sprintf("merge: the heads of %d changes are no version: %v", n, err))
	}
	return v
}

// following is one connection of Follow.
type following struct {
	followOptions
	repo  *Repo
	ctx   context.Context
	l     *link
	works map[cid.Cid]*followed
	names map[uint64]cid.Cid // what was asked for on a channel, or is attached to it
	last  uint64             // the channel used last

	next   time.Time // when a work that was denied is asked for again
	useful bool      // a work has been in sync over it
	ending time.Time // ctx has ended: when not to wait any more
	failed error     // why the connection is given up
}

// followed is a work on the connection.
type followed struct {
	rep      *Replica
	channel  uint64
	attached bool
	again    time.Time // when to ask for it again, after it was denied or has ended
	told     time.Time // when its status was last told
	state    Status
}

// closed tells whether the repo is closed.
func (f *following) closed() bool {
	_, err := f.repo.replicas()
	return err != nil
}

// once makes one connection and follows over it until it is lost. It returns how long
// that was.
func (f *following) once(d transport.Dialer) (time.Duration, error) {
	if _, err := f.repo.replicas(); err != nil {
		return 0, err
	}
	c, err := d(f.ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	f.l = newLink(c, handshake{signer: f.repo.key, rand: f.rand})
	f.l.d, f.l.last = f, true
	hello, err := f.l.open()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errRandom, err)
	}
	f.l.say(hello)
	f.l.stale = true
	wake := func(poke) { f.l.pokes.tell(0, stored) }
	defer f.repo.news.watch(wake)()
	defer context.AfterFunc(f.ctx, func() { wake(0) })()
	begun := time.Now()
	err = f.l.run(context.WithoutCancel(f.ctx)) // it ends by itself, see turn
	f.l.abort(err)
	return time.Since(begun), err
}

// opened implements driver.
func (f *following) opened() error {
	f.status(FollowStatus{Peer: f.l.peer, Connected: true})
	return nil
}

// turn implements driver: it asks for works that have been opened, tells how the
// others stand, and leaves when ctx has ended.
func (f *following) turn(now time.Time) (done bool, due time.Time, err error) {
	if f.failed != nil {
		return false, due, f.failed
	}
	if f.ctx.Err() != nil {
		return f.leave(now)
	}
	if !f.l.settled {
		return false, due, nil
	}
	if f.l.stale || !f.next.IsZero() && !now.Before(f.next) {
		if err := f.ask(now); err != nil {
			return false, due, err
		}
	}
	if idle := len(f.names) == 0; idle != f.l.idle {
		f.l.idle, f.l.heard = idle, now
	}
	return false, sooner(f.next, f.report(now)), nil
}

// ask attaches works that are open here and not on the connection.
func (f *following) ask(now time.Time) error {
	f.l.stale, f.next = false, time.Time{}
	reps, err := f.repo.replicas()
	if err != nil {
		return err
	}
	for _, rep := range reps {
		w := f.works[rep.work]
		if w != nil && (w.channel != 0 || now.Before(w.again)) {
			if w.channel == 0 {
				f.next = sooner(f.next, w.again)
			}
			continue
		}
		if f.access(rep.work) == Deny || len(f.names) >= maxChannels {
			continue
		}
		if err := rep.Save(f.ctx); err != nil { // its own error, told to whoever edits
			f.works[rep.work] = &followed{rep: rep, again: now.Add(askAgain)}
			f.next = sooner(f.next, now.Add(askAgain))
			f.status(FollowStatus{Work: rep.work, Peer: f.l.peer, Err: err, Retry: askAgain})
			continue
		}
		f.last++
		f.works[rep.work] = &followed{rep: rep, channel: f.last}
		f.names[f.last] = rep.work
		f.l.say(attachBody(f.last, rep.work))
	}
	return nil
}

// access is what the peer may do with a work.
func (f *following) access(work cid.Cid) Access {
	if f.allow == nil {
		return Write
	}
	return f.allow(f.ctx, f.l.peer, work)
}

// attached implements driver: the peer has agreed.
func (f *following) attached(channel uint64, work cid.Cid) error {
	w := f.works[work]
	if w == nil || w.channel != channel || w.attached {
		return breach("attach to channel %d, which was not asked for", channel)
	}
	w.attached = true
	c, err := newChannel(context.WithoutCancel(f.ctx), channel, w.rep, f.access(work) == Read, f.rand)
	if err != nil {
		return fmt.Errorf("%w: %w", errRandom, err)
	}
	c.live, c.pause = f.ending.IsZero(), f.pause
	f.l.attach(c, time.Now())
	c.leave = !f.open(w.rep) // it was closed before there was a channel to tell
	return nil
}

// denied implements driver.
func (f *following) denied(channel uint64) error {
	w := f.works[f.names[channel]]
	if w == nil || w.channel != channel || w.attached {
		return breach("deny of channel %d", channel)
	}
	f.drop(w, fmt.Errorf("merge: work %s: %w", w.rep.work, ErrDenied), askAgain)
	return nil
}

// parted implements driver. A peer that breaks the protocol of one work is left; what
// is wrong on this side concerns the work alone.
func (f *following) parted(c *channel, err error) {
	w := f.works[c.rep.work]
	retry := firstRetry
	var fail *session.FailError
	switch {
	case errors.Is(err, ErrPeer) && !errors.As(err, &fail):
		f.failed = err
	case err != nil:
		retry = lastRetry
	}
	f.drop(w, err, retry)
}

// drop takes a work off the connection, to be asked for again in a while if it is open
// then.
func (f *following) drop(w *followed, err error, retry time.Duration) {
	delete(f.names, w.channel)
	w.channel, w.attached, w.again = 0, false, time.Now().Add(retry)
	f.next = sooner(f.next, w.again)
	st := FollowStatus{Work: w.rep.work, Peer: f.l.peer, Err: err, Status: w.state}
	if f.open(w.rep) {
		st.Retry = retry
	} else {
		delete(f.works, w.rep.work)
	}
	f.status(st)
}

// open tells whether a replica is the one that is open.
func (f *following) open(rep *Replica) bool {
	f.repo.mu.Lock()
	defer f.repo.mu.Unlock()
	return f.repo.live[rep.work] == rep
}

// leave ends all channels: what was edited last is stored, goes out, and both sides
// part. After a second it ends without.
func (f *following) leave(now time.Time) (done bool, due time.Time, err error) {
	if f.ending.IsZero() {
		f.ending = now.Add(linger)
		for _, c := range f.l.chans {
			f.l.seal(c)
			c.live = false
			f.l.ask(c)
		}
	}
	if len(f.l.chans) == 0 {
		return true, due, nil
	}
	if !now.Before(f.ending) {
		return false, due, f.ctx.Err()
	}
	return false, f.ending, nil
}

// report tells how works stand to which something has happened, and returns when to
// look at those again that are on the move.
func (f *following) report(now time.Time) (due time.Time) {
	later := f.l.fresh[:0]
	for _, c := range f.l.fresh {
		w := f.works[c.rep.work]
		if f.l.chans[c.id] != c || w == nil {
			continue
		}
		if at := f.tell(w, c, now); !at.IsZero() {
			due = sooner(due, at)
			later = append(later, c)
			continue
		}
		c.fresh = false
	}
	f.l.fresh = later
	return due
}

// tell tells how a work stands if that is news; else it returns when to look again,
// zero for when something has happened.
func (f *following) tell(w *followed, c *channel, now time.Time) time.Time {
	st := c.s.Status()
	same := st.State == w.state.State && st.Reason == w.state.Reason && !w.told.IsZero()
	if at := w.told.Add(often); same && now.Before(at) {
		return at
	}
	moved := st.SentChanges+st.ReceivedChanges+uint64(st.Queued) != w.state.SentChanges+w.state.ReceivedChanges+uint64(w.state.Queued)
	if same && !moved {
		return time.Time{}
	}
	w.state, w.told = st, now
	f.useful = f.useful || st.State == InSync
	out := FollowStatus{Work: w.rep.work, Peer: f.l.peer, Connected: true, Err: st.Err, Status: st}
	if st.State == Partial {
		out.Err = fmt.Errorf("%w: %s", ErrPartial, st.Reason)
	}
	out.Progress = c.base.progress(&st, c.held())
	f.status(out)
	return time.Time{}
}
