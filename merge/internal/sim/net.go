package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/commonhold/commonhold/merge"
)

// source makes a stream of bytes of a generator.
type source struct{ r *rand.Rand }

// Read implements io.Reader.
func (s source) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(s.r.Uint32())
	}
	return len(b), nil
}

// link is the way between two peers, over which there is one connection at a time.
type link struct {
	w     *world
	id    int
	of    [2]int // peers
	conn  *conn  // nil, or the last one
	made  int
	fails int  // connections in a row that brought nothing
	due   bool // it is going to be dialled
}

// conn is one connection of a link.
type conn struct {
	l       *link
	n       int // its number among those of the link
	open    bool
	ends    [2]*end
	flying  int // frames on their way
	damaged bool
}

// end is what a peer has of a connection.
type end struct {
	c    *conn
	side int
	p    peer
	r    *rand.Rand // of the frames that leave here
	last time.Time  // when the last of them arrives

	s     *merge.Session // of those who have one
	raw   *raw           // of those who speak frames
	due   time.Time      // when the session wants to be asked; zero: never
	clock int            // which of the timers counts
}

// other is the other end.
func (e *end) other() *end { return e.c.ends[1-e.side] }

// honest tells whether both ends of a link are.
func (l *link) honest() bool { return l.of[1] < l.w.p.Honest }

// peer is the one at a side.
func (l *link) peer(side int) peer { return l.w.peers[l.of[side]] }

// redial plans a new connection.
func (l *link) redial(in time.Duration) {
	if l.due {
		return
	}
	l.due = true
	l.w.plan(in, func() {
		l.due = false
		l.dial()
	})
}

// dial connects, or plans to try again.
func (l *link) dial() {
	w := l.w
	if l.conn != nil && l.conn.open {
		return
	}
	if !l.peer(0).ready() || !l.peer(1).ready() || w.parted(l.of[0], l.of[1]) || w.parted(l.of[1], l.of[0]) {
		l.redial(time.Second)
		return
	}
	l.made++
	w.rep.Counts.Connections++
	c := &conn{l: l, n: l.made, open: true}
	for i := range c.ends {
		c.ends[i] = &end{c: c, side: i, p: l.peer(i), r: stream(w.p.Seed, streamFrames, uint64(l.id)<<40|uint64(l.made)<<1|uint64(i))}
	}
	l.conn = c
	w.note("connect", l.of[0], l.of[1], nil)
	for _, e := range c.ends {
		if c.open {
			e.p.connect(e)
		}
	}
}

// drop ends the connection, and plans another.
func (l *link) drop() {
	c := l.conn
	if c == nil || !c.open {
		return
	}
	c.open = false
	l.w.note("disconnect", l.of[0], l.of[1], nil)
	for _, e := range c.ends {
		e.p.lost(e)
	}
	r := stream(l.w.p.Seed, streamDial, uint64(l.id)<<32|uint64(l.made))
	l.redial(time.Duration(1+r.IntN(500)) * time.Millisecond << min(l.fails, 6))
	l.fails++
}

// weather is what happens to frames now.
func (w *world) weather() Plan {
	if w.peace {
		return Plan{Delay: 20}
	}
	return *w.p
}

// send lets a frame leave. It may not arrive, or not as it was.
func (e *end) send(msg []byte) {
	w := e.c.l.w
	from, to := e.c.l.of[e.side], e.c.l.of[1-e.side]
	w.note("send", from, to, msg)
	stats, n := &w.rep.Counts, w.weather()
	stats.Frames++
	if w.parted(from, to) {
		stats.Parted++
		return
	}
	if chance(e.r, n.Loss) {
		stats.Lost++
		return
	}
	copies := 1
	if chance(e.r, n.Double) {
		stats.Doubled++
		copies++
	}
	if chance(e.r, n.Damage) {
		msg = e.damage(msg)
	}
	for range copies {
		at := w.now.Add(time.Duration(n.Delay*1000/2+e.r.IntN(n.Delay*1000)) * time.Microsecond)
		if s := n.Slow; s > 0 && (from == s || to == s) {
			at = at.Add(time.Duration(e.r.IntN(20_000)) * time.Millisecond)
		}
		if chance(e.r, n.Swap) {
			stats.Swapped++
			at = at.Add(time.Duration(e.r.IntN(4*n.Delay)) * time.Millisecond)
		} else {
			if at.Before(e.last) {
				at = e.last
			}
			e.last = at
		}
		e.c.flying++
		w.plan(at.Sub(w.now), func() { e.arrive(msg, chance(e.r, n.Stale)) })
	}
}

// damage cuts a frame short or flips a bit of it.
func (e *end) damage(msg []byte) []byte {
	stats := &e.c.l.w.rep.Counts
	e.c.damaged = true
	msg = slices.Clone(msg)
	if e.r.IntN(2) == 0 {
		stats.CutShort++
		return msg[:e.r.IntN(len(msg))]
	}
	stats.Flipped++
	msg[e.r.IntN(len(msg))] ^= 1 << e.r.IntN(8)
	return msg
}

// arrive brings a frame to the other end. When the connection has ended, and late, it
// turns up in the one that is there now.
func (e *end) arrive(msg []byte, late bool) {
	w := e.c.l.w
	e.c.flying--
	to := e.other()
	if now := e.c.l.conn; now != e.c || !e.c.open {
		if !late || !now.open || e.c.damaged {
			return
		}
		w.rep.Counts.Stale++
		to = now.ends[to.side]
	}
	w.note("arrive", e.c.l.of[e.side], e.c.l.of[1-e.side], msg)
	to.p.receive(to, msg)
}

// alarm wakes an end at a time, zero for never, in place of what was asked for before.
func (e *end) alarm(at time.Time) {
	if at.Equal(e.due) {
		return
	}
	e.due = at
	e.clock++
	if at.IsZero() {
		return
	}
	mine := e.clock
	e.c.l.w.plan(max(0, at.Sub(e.c.l.w.now)), func() {
		if e.clock == mine && e.c.open {
			e.due = time.Time{}
			e.p.wake(e)
		}
	})
}

// partition keeps frames between two groups of peers from arriving.
type partition struct {
	until time.Time
	group uint32 // peers as bits
	both  bool   // else only those into the group
}

// part parts the peers for a while.
func (w *world) part(r uint32) {
	w.rep.Counts.Partitions++
	p := partition{group: r & 0xffff, both: r&0x30000 != 0, until: w.now.Add(time.Duration(r>>18&63) * 500 * time.Millisecond)}
	w.cuts = append(w.cuts, p)
	if r&0x800000 == 0 {
		return
	}
	for _, l := range w.links { // the connections notice
		if w.parted(l.of[0], l.of[1]) {
			l.drop()
		}
	}
}

// parted tells whether frames from one peer do not reach another.
func (w *world) parted(from, to int) bool {
	for _, p := range w.cuts {
		a, b := p.group>>from&1, p.group>>to&1
		if w.now.Before(p.until) && a != b && (p.both || b == 1) {
			return true
		}
	}
	return false
}
