package crdt

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/graph"
)

// The journal keeps the open change of a replica before it is sealed: a header,
// and a record an Update.
//
//	header = version 1, key 32, seq 8, start 8, prev 32 (zeros: none), parents 32 each
//	record = uvarint refs, 32 each; uvarint length of ops, ops; words
//
// Ops name things as the open change does (parents in order of their ids, then
// refs in order of first use); an op that went on since the last record stands
// as an op of its own.
const journalVersion = 1

// mark is how much of the open change the journal holds.
type mark struct {
	of    *graph.Held // nil: nothing
	nops  int
	nums  uint32 // numbers and words of the last op held
	bytes uint32
	words int
	links int
}

// record gives what of the open change no record holds yet. What was recorded
// is never paired anew (the barrier) and no op of it grows but texts and
// deletes, at their ends.
func (d *Doc) record() bridge.Record {
	o := d.open
	if o == nil || len(o.ops) == 0 {
		d.logged = mark{}
		return bridge.Record{}
	}
	var r bridge.Record
	m := d.logged
	if m.of != o.h {
		r.Header = d.journalHeader()
		m = mark{of: o.h, links: o.parents, words: int(o.wordsAt)}
	}
	ops, words := o.since(m, d.words)
	if len(ops) == 0 {
		return bridge.Record{}
	}
	b := binary.AppendUvarint(nil, uint64(len(o.h.Links)-m.links))
	for _, l := range o.h.Links[m.links:] {
		id := d.g.IDOf(l)
		b = append(b, id[:]...)
	}
	enc := encodeOps(ops)
	b = binary.AppendUvarint(b, uint64(len(enc)))
	b = append(b, enc...)
	r.Body = append(b, words...)
	r.Base = d.g.Len()
	last := &o.ops[len(o.ops)-1]
	d.logged = mark{of: o.h, nops: len(o.ops), nums: last.Numbers(), bytes: last.Bytes, words: len(d.words), links: len(o.h.Links)}
	o.barrier = true
	o.fence = len(o.ops)
	return r
}

// journalHeader says whose change is open and on what it stands.
func (d *Doc) journalHeader() []byte {
	h := d.open.h
	b := append([]byte{journalVersion}, h.By[:]...)
	b = binary.BigEndian.AppendUint64(b, h.Seq)
	b = binary.BigEndian.AppendUint64(b, h.Start)
	var prev block.ID
	if i, ok := h.Before.Applied(); ok {
		prev = d.g.ID(i)
	}
	b = append(b, prev[:]...)
	for _, l := range h.Links[:d.open.parents] {
		id := d.g.IDOf(l)
		b = append(b, id[:]...)
	}
	return b
}

// since gives the ops beyond a mark, and their words.
func (o *openChange) since(m mark, arena []byte) ([]block.Op, []byte) {
	var ops []block.Op
	if m.nops > 0 {
		first := o.h.Start + uint64(o.h.Count)
		for k := m.nops - 1; k < len(o.ops); k++ {
			first -= uint64(o.ops[k].Numbers())
		}
		if op := &o.ops[m.nops-1]; op.Numbers() > m.nums {
			ops = append(ops, grown(op, m, first))
		}
	}
	return append(ops, o.ops[m.nops:]...), arena[m.words:]
}

// grown is what an op gained beyond a mark, as an op of its own; first is the
// chain number of its first number. Only texts and deletes grow beyond a mark.
func grown(op *block.Op, m mark, first uint64) block.Op {
	if op.Code == block.OpText {
		return block.Op{Code: block.OpText, C: op.C, HasAt: true, At: block.Thing{N: first + uint64(m.nums) - 1}, Side: block.Right,
			Runes: op.Runes - m.nums, Bytes: op.Bytes - m.bytes}
	}
	out := block.Op{Code: op.Code}
	skip := m.nums
	for _, r := range op.Runs {
		k := min(skip, r.Len)
		skip -= k
		if r.Len > k {
			out.Runs = append(out.Runs, block.Run{C: r.C, N: r.N + uint64(k), Len: r.Len - k})
		}
	}
	return out
}

// restore makes the open change of a journal again. A journal of another key,
// which a copied store brings along, is made again as a change of the present
// key: its ops are named anew.
func (d *Doc) restore(header []byte, records [][]byte) (int, error) {
	was, err := d.reopen(header)
	if err != nil {
		return 0, err
	}
	text := false
	for k, rec := range records {
		if was == d.open.h {
			err = d.replay(rec)
		} else {
			err = d.replayAs(was, rec, &text)
		}
		if err != nil {
			if len(d.open.ops) == 0 {
				d.open = nil
			}
			return k, fmt.Errorf("crdt: journal record %d: %w", k, err)
		}
		d.moved()
	}
	o := d.open
	if o == nil || len(o.ops) == 0 {
		d.open = nil
		return len(records), nil
	}
	if was == o.h {
		o.barrier, o.fence = true, len(o.ops)
		last := &o.ops[len(o.ops)-1]
		d.logged = mark{of: o.h, nops: len(o.ops), nums: last.Numbers(), bytes: last.Bytes, words: len(d.words), links: len(o.h.Links)}
	}
	return len(records), nil
}

// reopen starts the open change for a journal header and gives the change whose
// names its records speak in: the open one, or that of another key.
func (d *Doc) reopen(b []byte) (*graph.Held, error) {
	bad := fmt.Errorf("crdt: journal header: %w", ErrMalformed)
	if len(b) < 81 || (len(b)-81)%32 != 0 || b[0] != journalVersion || d.open != nil {
		return nil, bad
	}
	key := block.Key(b[1:33])
	prev := graph.None32
	if id := block.ID(b[49:81]); !id.IsZero() {
		i, ok := d.g.Find(id)
		if !ok {
			return nil, bad
		}
		prev = i
	}
	if d.sealedAfter(key, prev) {
		return nil, fmt.Errorf("crdt: %w", bridge.ErrSealed)
	}
	var parents []int32
	for at := 81; at < len(b); at += 32 {
		i, ok := d.g.Find(block.ID(b[at : at+32]))
		if !ok {
			return nil, bad
		}
		parents = append(parents, i)
	}
	h := &graph.Held{}
	d.g.Open(h, key, prev, parents)
	if h.Seq != binary.BigEndian.Uint64(b[33:]) || h.Start != binary.BigEndian.Uint64(b[41:]) {
		return nil, bad
	}
	if key != d.me {
		// What a first change of the present key begins with comes first.
		err := d.update(func(*Tx) error { d.openNow(); return nil })
		if err != nil {
			return nil, err
		}
		h.LV = d.open.next()
		return h, nil
	}
	d.open = &openChange{h: h, parents: len(parents), tag: graph.None32, runLV: graph.None, typing: noPlace, wordsAt: uint32(len(d.words))}
	d.open.register(d.g)
	return h, nil
}

// sealedAfter tells whether a key has a change on prev already.
func (d *Doc) sealedAfter(key block.Key, prev int32) bool {
	c, ok := d.g.ChainOfKey(key)
	if !ok {
		return false
	}
	for _, tip := range d.g.Tips(c) {
		if prev == graph.None32 || (tip != prev && d.g.OnPath(prev, tip)) {
			return true
		}
	}
	return false
}

// replay takes one record into the open change. A record that cannot be read is
// refused before anything of it is taken in.
func (d *Doc) replay(rec []byte) error {
	o := d.open
	refs, ops, words, err := d.readRecord(rec, o.hasText)
	if err != nil {
		return err
	}
	for _, i := range refs {
		o.places = append(o.places, reach{d.g.Chain(i), o.h.AddRef(i)})
	}
	at := uint32(noWords)
	if len(words) > 0 {
		at = uint32(len(d.words))
		if !o.hasText {
			o.wordsAt, o.hasText = at, true
			if d.salt {
				at += saltLen
			}
		}
		d.words = append(d.words, words...)
	}
	for k := range ops {
		if err := d.again(&ops[k], at); err != nil {
			return err
		}
		if at != noWords {
			at += ops[k].WordBytes()
		}
	}
	return nil
}

// replayAs is replay of a record of another key's change: its ops are named anew,
// and its acts left out, since they are what that key has said. text tells
// whether that change has had words so far.
func (d *Doc) replayAs(was *graph.Held, rec []byte, text *bool) error {
	o := d.open
	refs, ops, words, err := d.readRecord(rec, *text)
	if err != nil {
		return err
	}
	for _, i := range refs {
		was.AddRef(i)
	}
	if len(words) > 0 {
		if d.salt && !*text {
			words = words[saltLen:]
		}
		*text = true
	}
	for k := range ops {
		op := &ops[k]
		own := words[:op.WordBytes()]
		words = words[len(own):]
		if op.Code == block.OpAct {
			continue
		}
		was.Count = o.next() - was.LV
		if err := d.rename(was, op); err != nil {
			return err
		}
		at := uint32(noWords)
		if len(own) > 0 {
			if err := d.beginWords(); err != nil {
				return err
			}
			at = uint32(len(d.words))
			d.words = append(d.words, own...)
		}
		if err := d.again(op, at); err != nil {
			return err
		}
	}
	return nil
}

// again takes one op, whose words lie at an arena offset, into the open change.
func (d *Doc) again(op *block.Op, at uint32) error {
	o := d.open
	place, w, err := d.t.Locate(d.g, graph.Of(o.h), o.h.Count, op)
	if err != nil {
		return err
	}
	d.t.Keep(place)
	lv := o.next()
	o.h.Count += op.Numbers()
	d.t.Append(op.Numbers(), w)
	d.s.Op(graph.Of(o.h), op, place, lv, at)
	d.s.Settle()
	for _, r := range op.Runs {
		o.named += r.Len
	}
	if !o.goesOn(op) {
		o.push(*op)
	}
	if op.Code == block.OpDelete {
		o.runLV = graph.None
	}
	return nil
}

// goesOn lengthens the last op by one that only goes on where it ended, whose
// numbers are counted already.
func (o *openChange) goesOn(op *block.Op) bool {
	if len(o.ops) == 0 {
		return false
	}
	last := &o.ops[len(o.ops)-1]
	if last.Code != op.Code {
		return false
	}
	switch op.Code {
	case block.OpText:
		end := o.h.Start + uint64(o.h.Count-op.Runes) - 1
		if op.C != last.C || !op.HasAt || op.At != (block.Thing{N: end}) || op.Side != block.Right {
			return false
		}
		last.Runes += op.Runes
		last.Bytes += op.Bytes
		return true
	case block.OpDelete:
		for _, r := range op.Runs {
			for _, l := range last.Runs {
				if r.C == l.C && r.N < l.N+uint64(l.Len) && l.N < r.N+uint64(r.Len) {
					return false // no number twice in one op
				}
			}
		}
		last.Runs = append(last.Runs, op.Runs...)
		return true
	}
	return false
}

// readRecord reads a record: the changes of its new refs, its ops and words. text
// tells whether its change has had words before.
func (d *Doc) readRecord(b []byte, text bool) (refs []int32, ops []block.Op, words []byte, err error) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b))/32 {
		return nil, nil, nil, ErrMalformed
	}
	for b = b[k:]; n > 0; n-- {
		if len(b) < 32 {
			return nil, nil, nil, ErrMalformed
		}
		i, ok := d.g.Find(block.ID(b[:32]))
		if !ok {
			return nil, nil, nil, ErrNotFound
		}
		refs, b = append(refs, i), b[32:]
	}
	n, k = binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k) {
		return nil, nil, nil, ErrMalformed
	}
	enc, words := b[k:k+int(n)], b[k+int(n):]
	var r block.Reader
	r.Reset(enc)
	size := 0
	for {
		var op block.Op
		if !r.Next(&op) {
			break
		}
		size += int(op.WordBytes())
		ops = append(ops, op)
	}
	if r.Err() != nil {
		return nil, nil, nil, r.Err()
	}
	salt := 0
	if d.salt && !text && size > 0 {
		salt = saltLen
	}
	if size+salt != len(words) {
		return nil, nil, nil, ErrMalformed
	}
	return refs, ops, words, nil
}

// rename puts the names of an op of another open change into those of this one,
// which has the same numbers so far.
func (d *Doc) rename(was *graph.Held, op *block.Op) error {
	thing := func(t *block.Thing) error {
		l, ok := d.g.LinkOf(graph.Of(was), t.C)
		if ok {
			if x, off, found := d.g.Resolve(l, t.N); found {
				_, *t = d.thingOp(d.g.LVOf(x, off))
				return nil
			}
		}
		return ErrInvalid
	}
	var err error
	op.Things(func(t *block.Thing) {
		if e := thing(t); e != nil {
			err = e
		}
	})
	if err != nil {
		return err
	}
	slices.SortFunc(op.Over, compareThings)
	var runs []block.Run
	for _, r := range op.Runs {
		l, ok := d.g.LinkOf(graph.Of(was), r.C)
		if !ok || !d.g.Expand(l, r.N, r.Len, func(x graph.Ref, off, n uint32) {
			for lv := d.g.LVOf(x, off); n > 0; {
				t, k := d.stretch(lv, n)
				runs = append(runs, block.Run{C: t.C, N: t.N, Len: k})
				lv, n = lv+k, n-k
			}
		}) {
			return ErrInvalid
		}
	}
	op.Runs = runs
	return nil
}
