package crdt

import (
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/shape"
)

// SetTx edits a set of plain values. A value that one removes while another
// adds it stays.
type SetTx struct {
	tx *Tx
	at int32
}

// Has tells whether v is in the set.
func (s SetTx) Has(v any) bool { return Set{place{s.tx.now(), s.at}}.Has(v) }

// Add puts values into the set.
func (s SetTx) Add(values ...any) {
	d := s.tx.doc()
	for _, v := range values {
		if s.tx.err != nil {
			return
		}
		x, err := NewValue(v)
		if err != nil {
			s.tx.doom(err)
			return
		}
		if !d.room(s.tx, len(x.raw), 0, 1) || !s.tx.words(x.raw) {
			return
		}
		lv := d.numbers(1, shape.Of(shape.Tag, s.at))
		size := uint32(len(x.raw))
		d.s.Tags.Add(s.at, lv, uint32(len(d.words))-size, size)
		d.open.push(block.Op{Code: block.OpAdd, C: d.containerOp(s.at), Lens: []uint32{size}})
	}
}

// Remove takes values out of the set, as far as this replica has seen them
// added.
func (s SetTx) Remove(values ...any) {
	d := s.tx.doc()
	for _, v := range values {
		if s.tx.err != nil {
			return
		}
		x, err := NewValue(v)
		if err != nil {
			s.tx.doom(err)
			return
		}
		tags := d.s.Tags.TagsOf(s.at, x.raw, nil)
		if !d.room(s.tx, 0, len(tags), len(tags)) {
			return
		}
		for _, lv := range tags {
			d.deleteNumbers(lv, 1)
		}
		d.s.Settle()
	}
}

// CounterTx edits a counter.
type CounterTx struct {
	tx *Tx
	at int32
}

// Add adds n, which may be negative; 0 is nothing. The sum is exact whatever
// the order; a sum outside int64 is an error of reading, not of adding.
func (c CounterTx) Add(n int64) {
	d := c.tx.doc()
	if c.tx.err != nil || n == 0 || !d.room(c.tx, 0, 0, 1) {
		return
	}
	lv := d.numbers(1, shape.Of(shape.Step, c.at))
	d.s.Steps.Add(c.at, lv, n)
	d.open.push(block.Op{Code: block.OpStep, C: d.containerOp(c.at), Amount: n})
}

// Int is the sum; see [Counter.Int].
func (c CounterTx) Int() (int64, error) { return Counter{place{c.tx.now(), c.at}}.Int() }
