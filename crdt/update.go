package crdt

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// savepoint is what the doc was when an Update began: enough to take all of it
// back. It is made for every keystroke, so it holds numbers, not copies.
type savepoint struct {
	open  *openChange // nil: there was none
	nops  int
	runes uint32 // of the last op, which the Update may lengthen
	size  uint32
	nruns int
	nlens int
	run   block.Run // its last run

	bytes   int
	named   uint32
	links   int
	wordsAt uint32
	hasText bool
	acts    bool
	noted   bool
	runLV   graph.LV
	with    []block.Key
	tag     int32

	lv       graph.LV
	words    int
	restored []stretch // delete numbers that restores of the Update name
	seqs     []int32   // texts and lists that the Update inserted into
}

// stretch is a range of LVs.
type stretch struct {
	lv graph.LV
	n  uint32
}

// Update lets fn edit the work. The edits join the open change, cost about what
// they are, and are visible in [Doc.View] when Update returns; they are sealed
// into a change when its name is needed (see [Doc.Commit]).
//
// When fn returns an error or panics, or an edit fails, this Update is rolled
// back whole and the doc is as before. The error is fn's, or that of the first
// edit that failed; ErrReadOnly without a key, ErrEmpty before a joined work
// has arrived, ErrKey after a foreign change of the own key ([Doc.Rekey]),
// ErrRules when the rules of the work refuse.
//
// fn must use tx for everything: calling the Doc or a View of it from inside fn
// deadlocks.
func (d *Doc) Update(fn func(*Tx) error) error {
	d.mu.Mutex.Lock() // what was typed goes on
	if d.sum != nil {
		d.load()
	}
	defer d.mu.Unlock()
	return d.edit(fn)
}

// update is Update with the lock held; the rooms then know all that was typed.
func (d *Doc) update(fn func(*Tx) error) error {
	err := d.edit(fn)
	d.settle()
	return err
}

// edit is Update with the lock held. The rooms may not know all that was typed.
func (d *Doc) edit(fn func(*Tx) error) error {
	if err := d.writable(); err != nil {
		return err
	}
	tx := d.newTx()
	sp := &d.save
	d.begin(sp)
	done := false
	defer func() {
		tx.running = nil // handles of this Update panic from now on
		if !done {
			d.rollback(sp)
		}
	}()
	err := d.run(tx, fn)
	if err != nil {
		return err
	}
	done = true
	d.finish(tx)
	return nil
}

// newTx makes the Tx of an Update. A Tx is never used again, so that a handle
// kept from an Update that has ended is found out for ever; many are made at
// once, which is cheaper.
func (d *Doc) newTx() *Tx {
	if len(d.txs) == 0 {
		d.txs = make([]Tx, 256)
	}
	tx := &d.txs[0]
	d.txs = d.txs[1:]
	d.now = running{of: d}
	tx.running = &d.now
	return tx
}

// run lets the rules and the signer have their say where a change begins, and
// then fn.
func (d *Doc) run(tx *Tx, fn func(*Tx) error) error {
	if d.open == nil && !d.founding {
		if err := d.starting(tx); err != nil {
			return err
		}
	}
	if err := fn(tx); err != nil {
		return err
	}
	return tx.err
}

// starting is what happens before the first edit of an open change: the first
// change of a key carries what its signer adds, and the rules may add acts or
// refuse.
func (d *Doc) starting(tx *Tx) error {
	if s, ok := d.key.(starter); ok && d.ownTip == graph.None32 {
		if err := s.Start(tx); err != nil {
			return err
		}
	}
	if d.judge != nil {
		if err := d.judge.Before(tx); err != nil {
			return fmt.Errorf("%w: %w", ErrRules, err)
		}
	}
	return tx.err
}

// writable tells why no edit can be made.
func (d *Doc) writable() error {
	switch {
	case d.key == nil:
		return ErrReadOnly
	case d.latched != nil:
		return d.latched
	case d.g.Len() == 0 && !d.founding:
		return ErrEmpty
	}
	return nil
}

// begin notes the state before an Update.
func (d *Doc) begin(sp *savepoint) {
	d.goOn()
	o := d.open
	sp.open = o
	sp.lv = d.t.End() + graph.LV(d.keys.n)
	sp.words = len(d.words)
	sp.restored, sp.seqs = sp.restored[:0], sp.seqs[:0]
	if o == nil {
		return
	}
	sp.bytes, sp.named, sp.links = o.bytes, o.named, len(o.h.Links)
	sp.wordsAt, sp.hasText, sp.runLV = o.wordsAt, o.hasText, o.runLV
	sp.acts, sp.noted, sp.tag = o.h.Acts, o.h.Noted, o.tag
	if len(o.with) > 0 || len(sp.with) > 0 {
		sp.with = o.with
	}
	if sp.nops = len(o.ops); sp.nops > 0 {
		op, typed := &o.ops[sp.nops-1], uint32(d.keys.n)
		sp.runes, sp.size, sp.nruns, sp.nlens = op.Runes+typed, op.Bytes+typed, len(op.Runs), len(op.Lens)
		if sp.nruns > 0 {
			sp.run = op.Runs[sp.nruns-1]
		}
	}
}

// finish ends an Update that stands: parts are sealed at once, so that they
// stay together, and a large open change too.
func (d *Doc) finish(tx *Tx) {
	o := d.open
	if o == nil {
		return
	}
	d.moved()
	d.touched()
	if tx.own || len(o.parts) > 0 || len(o.ops) >= sealOps || o.bytes >= sealBytes || d.wordsLen() >= sealBytes {
		d.seal()
	}
}

// rollback takes everything back that the running Update did.
func (d *Doc) rollback(sp *savepoint) {
	d.settle()
	for _, r := range sp.restored {
		d.s.Life.Restore(r.lv, r.n, false)
	}
	if o := sp.open; o != nil && sp.nops > 0 && o.ops[sp.nops-1].Code == block.OpDelete && sp.runLV != graph.None {
		// Deletes of this Update may have been paired with its elements.
		d.s.Life.Unpair(sp.lv-sp.run.Len, sp.runLV, sp.run.Len)
	}
	d.s.Life.Truncate(sp.lv)
	d.s.Settle()
	slices.Sort(sp.seqs)
	d.s.Truncate(sp.lv, slices.Compact(sp.seqs))
	d.t.Truncate(sp.lv)
	d.words = d.words[:sp.words]
	d.open = sp.open
	if o := sp.open; o != nil {
		o.undo(sp)
		o.register(d.g)
	}
	d.moved()
}

// undo puts the open change back to what it was at a savepoint.
func (o *openChange) undo(sp *savepoint) {
	o.bytes, o.named, o.parts, o.typing = sp.bytes, sp.named, nil, noPlace
	o.wordsAt, o.hasText, o.runLV, o.runLo, o.runHi = sp.wordsAt, sp.hasText, sp.runLV, 0, 0
	o.h.Acts, o.h.Noted, o.tag, o.with = sp.acts, sp.noted, sp.tag, sp.with
	o.h.Count = uint32(sp.lv - o.h.LV)
	o.h.Links = o.h.Links[:sp.links]
	o.ops = o.ops[:sp.nops]
	if sp.nops == 0 {
		return
	}
	op := &o.ops[sp.nops-1]
	op.Runes, op.Bytes = sp.runes, sp.size
	op.Lens, op.Runs = op.Lens[:sp.nlens], op.Runs[:sp.nruns]
	if sp.nruns > 0 {
		op.Runs[sp.nruns-1] = sp.run
	}
}
