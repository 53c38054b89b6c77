package sim

import (
	"errors"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
)

// This file has what steps do to a node.

// act implements peer.
func (n *node) act(s Step) {
	if !n.there && s.Op != opJoin {
		return
	}
	stats := &n.w.rep.Counts
	switch s.Op {
	case opEdit:
		n.edit(s.R, true)
	case opLoose:
		n.edit(s.R, false)
	case opUndo:
		n.undo()
	case opSave:
		n.pump()
	case opCrash:
		if n.up {
			stats.Crashes++
			n.stop()
		}
		n.later(time.Duration(s.R%8000) * time.Millisecond)
	case opTear:
		if s.R>>5&3 == 0 {
			n.disk.tears = true
			return
		}
		n.disk.fail(1+int(s.R%3), mannerDies|uint(s.R>>4&1)*mannerApplied)
	case opFail:
		n.disk.fail(1+int(s.R%3), uint(s.R>>4&1)*mannerApplied)
		n.w.plan(10*time.Second, n.restartBroken)
	case opClose:
		if n.up {
			stats.Closed++
			n.close()
			n.later(time.Duration(s.R%1000) * time.Millisecond)
		}
	case opBackup:
		n.keep()
	case opRestore:
		n.restore()
	case opRot:
		n.rot(int(s.R & 0xffff))
	case opRepair:
		n.repair()
	case opJoin:
		if !n.there {
			stats.Joined++
			n.open()
		}
	}
}

// edit makes an edit; with saved it is durable when it is acknowledged.
func (n *node) edit(r uint32, saved bool) {
	w := n.w
	if !n.up || n.ill {
		return
	}
	w.planned++
	e := w.l.begin(n.key.author, n.id)
	wr := &writer{l: w.l, mix: w.p.Mix, r: stream(w.p.Seed, streamEdit, uint64(n.id)<<32|uint64(r)), e: e}
	var err error
	before := w.inner(n).Count()
	if saved {
		err = n.rep.Update(w.ctx, wr.update)
		w.rep.Counts.Edits++
	} else {
		err = n.rep.Doc().Update(wr.update)
		w.rep.Counts.Loose++
	}
	acked := err == nil && saved
	w.l.end(e, acked)
	w.note("edit "+e.name, n.id, int(r&0xffffff), nil)
	if err != nil {
		n.refused(err)
		return
	}
	if acked {
		w.rep.Counts.Acknowledged++
		if n.off {
			w.fail("store", "node %d acknowledges an edit after a failed write", n.id)
		}
		if w.bug == bugCredit && len(e.typed) > 0 && n.id == 1 {
			w.l.chars[e.typed[0]].by = w.nodes[0].key.author
		}
	}
	if w.inner(n).Count() > before { // so large that it was sealed at once
		n.pump()
		return
	}
	n.soon(r)
}

// refused looks why an edit was not made.
func (n *node) refused(err error) {
	n.w.rep.Counts.Refused++
	switch {
	case errors.Is(err, crdt.ErrEmpty):
	case errors.Is(err, errPlanted):
		if !n.off {
			n.broken()
		}
	case n.met(err), len(n.disk.rotten) > 0 && errors.Is(err, merge.ErrCorrupt):
		n.ill = true // the program tells its user to bring it together with somebody
	default:
		n.w.fail("error", "node %d does not edit: %v", n.id, err)
	}
}

// met tells whether an edit was refused because changes of the own key have come that
// the store had lost: rot took them, and a repair that did not find them may have put
// the store in order since.
func (n *node) met(err error) bool {
	return n.w.l.forks[n.key.author] && errors.Is(err, crdt.ErrKey)
}

// soon plans to send what was edited: after a while, so that a word is one change.
func (n *node) soon(r uint32) {
	if n.flush {
		return
	}
	n.flush = true
	n.w.plan(time.Duration(r>>8%2000)*time.Millisecond, func() {
		n.flush = false
		n.pump()
	})
}

// undo takes back what the node has edited last.
func (n *node) undo() {
	if !n.up || n.off || n.ill {
		return
	}
	n.w.l.blur(n.key.author)
	_, err := crdt.NewUndo(n.rep.Doc()).Undo()
	switch {
	case err == nil:
		n.w.rep.Counts.Undone++
		n.pump()
	case errors.Is(err, crdt.ErrNothing), errors.Is(err, crdt.ErrEmpty):
	case n.met(err):
	default:
		n.w.fail("error", "node %d does not undo: %v", n.id, err)
	}
}

// restartBroken starts a node again whose writes have failed.
func (n *node) restartBroken() {
	if n.up && n.off {
		n.stop()
	}
	n.open()
}

// keep copies the store, without a journal: what is open would be written twice, by two
// keys, when the copy is put back.
func (n *node) keep() {
	if n.pump(); n.ill || len(n.disk.rotten) > 0 || !n.ready() {
		return
	}
	var err error
	n.backup, err = n.disk.copied(n.w.ctx)
	n.w.must("copying a store", err)
	n.w.rep.Counts.Backups++
}

// held tells whether all that is sealed here is durable at another honest node too, so
// that nothing is lost with this store.
func (n *node) held() bool {
	ids := n.rep.Doc().Heads().IDs()
	for _, o := range n.w.nodes {
		if o == n {
			continue
		}
		if o.pump(); o.ill || !o.ready() {
			continue
		}
		all := true
		for _, id := range ids {
			_, has := o.rep.Doc().View().Change(id)
			all = all && has
		}
		if all {
			return true
		}
	}
	return false
}

// restore puts a backup in the place of the store. The keyring notices that and gives
// another key.
func (n *node) restore() {
	if n.pump(); n.backup == nil || n.ill || !n.ready() || !n.held() || len(n.w.l.letters) > len(alphabet)-8 {
		return
	}
	n.stop()
	n.disk.Store, n.disk.torn, n.disk.rotten = n.backup, false, map[string]bool{}
	n.backup = nil
	if n.w.bug != bugSameKey {
		n.key = n.w.newKey()
	}
	n.w.rep.Counts.Restored++
	n.disown()
	n.open()
}

// disown: what was acknowledged here need not be here any more, only somewhere.
func (n *node) disown() {
	for _, e := range n.w.l.edits {
		if e.node == n.id {
			e.node = -2
		}
	}
}

// rot lets a segment go bad whose changes others have.
func (n *node) rot(which int) {
	if !n.ready() || n.ill || n.w.inner(n).Count() == 0 || !n.held() {
		return
	}
	n.w.note("rot", n.id, which, nil)
	n.w.must("rot", n.disk.rot(n.w.ctx, n.w.work, which))
	n.stop()
	n.w.rep.Counts.Rotten++
	n.ill = true
	n.w.l.forks[n.key.author] = true
	n.disown()
	n.open()
}

// repair puts the store in order.
func (n *node) repair() {
	if !n.ready() || n.ill || n.w.inner(n).Count() == 0 {
		return
	}
	if _, err := n.rep.Repair(n.w.ctx); n.wrote("repairing", err) {
		n.w.rep.Counts.Repaired++
		n.pump()
	}
}

// verify looks at every byte that is stored, once all is well: nothing is missing, and
// damage is only where it was planted. Words may be missing if nobody has them: that all
// show the same is judged elsewhere.
func (n *node) verify() {
	if len(n.disk.rotten) > 0 {
		n.repair()
	}
	rep, err := n.rep.Verify(n.w.ctx)
	n.w.must("verifying", err)
	in := n.w.inner(n)
	if withheld := len(in.Wordless(0, in.Count())); rep.Lost == withheld { // words that a hostile peer has given to nobody
		rep.Lost = 0
		n.w.rep.Counts.Withheld += withheld
	}
	if !rep.Whole() {
		n.w.fail("verify", "node %d: %+v", n.id, rep)
	}
	n.w.rep.Counts.Verified++
}
