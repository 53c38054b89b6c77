package sim

import (
	"errors"
	"slices"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/session"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
)

// node is an honest peer: a replica over a disk, used as a program uses it that follows
// the documents of package merge.
//
// Invariants:
//  1. What a session says follows a Save that succeeded: nothing leaves that is not
//     durable.
//  2. With rotten segments no edit is made before the node has been in sync with an
//     honest one and was opened again.
type node struct {
	w    *world
	id   int
	disk *disk
	key  *key

	up    bool
	there bool // it has appeared
	repo  *merge.Repo
	rep   *merge.Replica
	ends  []*end // of the open connections, by link

	off    bool // a write has failed: nothing is written, nothing said
	ill    bool // rotten segments, and not mended
	due    bool // it is going to be opened
	flush  bool // what was edited is going to be sent
	backup store.Store
}

// newNode is a node that is not there yet.
func newNode(w *world, id int) *node {
	n := &node{w: w, id: id, disk: newDisk(&w.rep.Counts), key: w.newKey()}
	if w.bug == bugForget && id == 1 {
		n.disk.forget = 20
	}
	return n
}

// SignerFor implements merge.Keys.
func (n *node) SignerFor(string, uint64) (crdt.Signer, error) { return n.key, nil }

// found founds the work of the run.
func (n *node) found() {
	var err error
	n.repo, err = merge.Open(n.w.ctx, n.disk, n)
	n.w.must("opening", err)
	opts := append(n.w.options(n.id), crdt.Title("Bread"))
	if n.w.p.Salt {
		opts = append(opts, crdt.WithSalt())
	}
	n.rep, err = n.repo.Create(n.w.ctx, opts...)
	n.w.must("founding", err)
	n.w.work = n.rep.Doc().ID()
	n.up, n.there = true, true
}

// open starts the program of the node. When a write fails meanwhile it is started once
// more later.
func (n *node) open() {
	w := n.w
	if n.up {
		return
	}
	n.there = true
	w.rep.Counts.Opened++
	torn := n.disk.torn
	var err error
	n.repo, err = merge.Open(w.ctx, n.disk, n)
	w.must("opening", err)
	n.rep, err = n.repo.Join(w.ctx, w.work, w.options(n.id)...)
	if err != nil {
		if !errors.Is(err, errPlanted) {
			w.fail("error", "node %d does not open: %v", n.id, err)
		}
		w.note("opening fails", n.id, 0, nil)
		n.stop()
		n.later(time.Second)
		return
	}
	n.up, n.off = true, false
	w.note("open", n.id, w.inner(n).Count(), nil)
	damage := n.rep.Damage()
	if len(damage) > 0 && !torn && len(n.disk.rotten) == 0 {
		w.fail("damage", "node %d finds damage where there is none: %v", n.id, damage)
	}
	if len(damage) > 0 {
		w.rep.Counts.Recovered++
	}
	if len(n.disk.rotten) == 0 {
		n.judgeOpened()
	}
}

// judgeOpened: all that was acknowledged is there.
func (n *node) judgeOpened() {
	judged, err := n.w.l.judgeEdits(n.rep.Doc().View(), n.id)
	if err != nil {
		n.w.fail("loss", "node %d, opened: %v", n.id, err)
	}
	n.w.rep.Counts.EditsJudged += judged
}

// inner is the inner side of a node's document.
func (w *world) inner(n *node) bridge.Doc { return bridge.Of(n.rep.Doc()) }

// later plans to start the program.
func (n *node) later(in time.Duration) {
	if n.due {
		return
	}
	n.due = true
	n.w.plan(in, func() {
		n.due = false
		n.open()
	})
}

// stop ends the program where it stands: nothing is saved.
func (n *node) stop() {
	for _, e := range slices.Clone(n.ends) {
		e.c.l.drop()
	}
	n.up, n.off = false, false
	if err := n.disk.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
		n.w.must("closing a store", err)
	}
}

// close ends it properly, and tells whether that saved everything.
func (n *node) close() bool {
	for _, e := range slices.Clone(n.ends) {
		e.c.l.drop()
	}
	n.up = false
	err := n.repo.Close()
	if err != nil && !errors.Is(err, merge.ErrStore) {
		n.w.fail("error", "node %d does not close: %v", n.id, err)
	}
	return err == nil
}

// ready implements peer.
func (n *node) ready() bool { return n.up && !n.off }

// connect implements peer.
func (n *node) connect(e *end) {
	w := n.w
	w.planned++
	var err error
	e.s, err = merge.NewSession(n.rep.Doc(),
		merge.SessionRand(source{stream(w.p.Seed, streamNonce, uint64(w.planned))}),
		merge.SessionSource(string(rune('A'+e.c.l.of[1-e.side]))))
	w.must("a session", err)
	n.ends = append(n.ends, e)
	slices.SortFunc(n.ends, func(a, b *end) int { return a.c.l.id - b.c.l.id })
	n.pump()
}

// lost implements peer.
func (n *node) lost(e *end) {
	e.alarm(time.Time{})
	n.ends = slices.DeleteFunc(n.ends, func(x *end) bool { return x == e })
}

// receive implements peer.
func (n *node) receive(e *end, msg []byte) {
	before := e.s.Status().ReceivedWords
	err := e.s.Receive(n.w.now, msg)
	n.w.rep.Counts.Words += int(e.s.Status().ReceivedWords - before)
	if err != nil && !errors.Is(err, session.ErrClosed) {
		n.w.rep.Counts.Breaches++
		var said *session.FailError
		if e.c.l.honest() && !e.c.damaged && !errors.As(err, &said) {
			n.w.fail("refusal", "node %d refuses what node %d says: %v", n.id, e.c.l.of[1-e.side], err)
		}
	}
	n.pump()
}

// wake implements peer.
func (n *node) wake(*end) { n.pump() }

// save makes everything durable; false when it cannot be, after which the node says
// nothing more.
func (n *node) save() bool {
	if !n.up || n.off {
		return false
	}
	return n.wrote("saving", n.rep.Save(n.w.ctx))
}

// wrote looks at the result of a write.
func (n *node) wrote(what string, err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, errPlanted):
		n.broken()
	default:
		n.w.fail("error", "node %d, %s: %v", n.id, what, err)
	}
	return false
}

// broken is what follows a failed write: the program ends with it, or it goes on
// reading and says nothing more.
func (n *node) broken() {
	n.w.note("broken", n.id, 0, nil)
	if n.disk.died {
		n.w.rep.Counts.Died++
		n.stop()
		n.later(3 * time.Second)
		return
	}
	n.off = true
	for _, e := range slices.Clone(n.ends) {
		e.c.l.drop()
	}
}

// pump saves, and then has all sessions say what they have to say.
func (n *node) pump() {
	if !n.save() {
		return
	}
	for _, e := range slices.Clone(n.ends) {
		for e.c.open {
			msg, due := e.s.Next(n.w.now)
			if msg == nil {
				if n.w.bug == bugChatter && n.id == 1 && due.IsZero() {
					due = n.w.now.Add(time.Second)
				}
				e.alarm(due)
				break
			}
			e.send(n.w.spoil(n, msg))
		}
		n.look(e)
	}
	if n.ill && len(n.ends) > 0 {
		n.mend()
	}
}

// look looks how a session stands after it has said everything.
func (n *node) look(e *end) {
	if !e.c.open {
		return
	}
	switch e.s.Status().State {
	case merge.Failed:
		e.c.l.drop()
	case merge.InSync:
		e.c.l.fails = 0
		n.w.judgeSync(e)
	}
}

// judgeSync: when both sides of a connection between honest peers are in sync, they
// hold the same. Sets only grow while a connection lasts, so this is true at any moment.
func (w *world) judgeSync(e *end) {
	o := e.other()
	if !e.c.l.honest() || e.c.damaged || o.s == nil || !e.s.InSync() || !o.s.InSync() {
		return
	}
	a, b := w.nodes[e.c.l.of[0]], w.nodes[e.c.l.of[1]]
	if x, y := a.rep.Doc().Heads(), b.rep.Doc().Heads(); x != y {
		w.fail("sync", "nodes %d and %d say that they are in sync, and have heads %v and %v", a.id, b.id, x, y)
	}
	w.rep.Counts.InSync++
}

// mend opens a node with rotten segments again once it has all from an honest peer.
func (n *node) mend() {
	for _, e := range n.ends {
		if e.c.l.honest() && e.s.InSync() && !n.w.nodes[e.c.l.of[1-e.side]].ill {
			n.ill = false
			n.w.rep.Counts.Mended++
			n.w.note("mended", n.id, 0, nil)
			n.w.plan(0, func() {
				if n.up && n.close() {
					n.open()
					return
				}
				n.later(time.Second)
			})
			return
		}
	}
}
