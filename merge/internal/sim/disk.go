package sim

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/merge/store"
)

// disk is the store of one replica: one in memory that fails as it is told to. It
// keeps what was acknowledged and decides about the rest, within what package store
// says of a store.
//
// Invariants:
//  1. After a write has failed no other has an effect until the store is opened again.
//  2. A write that fails has all of its effect or none, but for a journal that tears:
//     then what was acknowledged before is there, and the store says that it is damaged.
//  3. A segment that is rotten is reported and never given.
type disk struct {
	store.Store
	stats *Counts

	in     int  // the write that fails, 1 being the next; 0 none
	manner uint // how it fails
	off    bool // writing is off
	died   bool // the program ends with it
	tears  bool // the next write to the end of a journal is torn

	torn   bool            // the journal is damaged
	rotten map[string]bool // segments that are, by ID
	forget int             // planted bug: every n-th write is acknowledged and not made
	writes int
}

// Ways in which a write fails, as bits.
const (
	mannerApplied = 1 << iota // it has its effect, and only the acknowledgement is lost
	mannerDies                // the program ends
)

// errPlanted is why a write fails.
var errPlanted = errors.New("planted")

// newDisk is an empty disk.
func newDisk(stats *Counts) *disk {
	return &disk{Store: store.Memory(), stats: stats, rotten: map[string]bool{}}
}

// fail lets a coming write fail.
func (d *disk) fail(in int, manner uint) { d.in, d.manner = in, manner }

// Open implements store.Store: writing works again.
func (d *disk) Open(ctx context.Context) (string, uint64, error) {
	d.off, d.died = false, false
	return d.Store.Open(ctx)
}

// write lets a write through, or not.
func (d *disk) write(do func() error) error {
	if d.off {
		return fmt.Errorf("sim: writing is off: %w", store.ErrStore)
	}
	d.writes++
	if d.forget > 0 && d.writes%d.forget == 0 {
		return nil
	}
	if d.in == 0 {
		return do()
	}
	if d.in--; d.in > 0 {
		return do()
	}
	d.off, d.died = true, d.manner&mannerDies != 0
	d.stats.FailedWrites++
	if d.manner&mannerApplied != 0 {
		if err := do(); err != nil {
			return err
		}
	}
	return fmt.Errorf("sim: write %d: %w: %w", d.writes, errPlanted, store.ErrStore)
}

// Append implements store.Segments.
func (d *disk) Append(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	return d.write(func() error { return d.Store.Append(ctx, work, s...) })
}

// Replace implements store.Segments. What is rotten and replaced is gone.
func (d *disk) Replace(ctx context.Context, work cid.Cid, s store.Segment) error {
	return d.write(func() error {
		err := d.Store.Replace(ctx, work, s)
		if err == nil {
			for _, id := range s.Replaces {
				delete(d.rotten, id)
			}
		}
		return err
	})
}

// Erase implements store.Segments.
func (d *disk) Erase(ctx context.Context, work cid.Cid, e store.Erasure) error {
	return d.write(func() error { return d.Store.Erase(ctx, work, e) })
}

// Hold implements store.Holding.
func (d *disk) Hold(ctx context.Context, work cid.Cid, p ...store.Pending) error {
	return d.write(func() error { return d.Store.Hold(ctx, work, p...) })
}

// Release implements store.Holding.
func (d *disk) Release(ctx context.Context, work cid.Cid, ids ...cid.Cid) error {
	return d.write(func() error { return d.Store.Release(ctx, work, ids...) })
}

// SetName implements store.Naming.
func (d *disk) SetName(ctx context.Context, name string, work cid.Cid) error {
	return d.write(func() error { return d.Store.SetName(ctx, name, work) })
}

// Seal implements store.Journals. It ends a damaged journal too.
func (d *disk) Seal(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	return d.write(func() error {
		d.torn = false
		return d.Store.Seal(ctx, work, s...)
	})
}

// OpenJournal implements store.Journals. It takes the place of a damaged one.
func (d *disk) OpenJournal(ctx context.Context, work cid.Cid, header []byte, records ...[]byte) error {
	return d.write(func() error {
		d.torn = false
		return d.Store.OpenJournal(ctx, work, header, records...)
	})
}

// AppendJournal implements store.Journals. A torn write leaves a journal whose end is
// damaged, behind what was acknowledged before.
func (d *disk) AppendJournal(ctx context.Context, work cid.Cid, records ...[]byte) error {
	if d.torn && !d.off {
		return &store.CorruptError{Work: work, Part: "journal", Err: errPlanted}
	}
	if d.tears && !d.off {
		d.tears, d.torn, d.off, d.died = false, true, true, true
		d.stats.Torn++
		return fmt.Errorf("sim: torn write: %w: %w", errPlanted, store.ErrStore)
	}
	return d.write(func() error { return d.Store.AppendJournal(ctx, work, records...) })
}

// LoadJournal implements store.Journals.
func (d *disk) LoadJournal(ctx context.Context, work cid.Cid) (store.Journal, error) {
	j, err := d.Store.LoadJournal(ctx, work)
	if err == nil && d.torn {
		err = &store.CorruptError{Work: work, Part: "journal", Err: errPlanted}
	}
	return j, err
}

// Load implements store.Segments.
func (d *disk) Load(ctx context.Context, work cid.Cid) iter.Seq2[store.Segment, error] {
	return func(yield func(store.Segment, error) bool) {
		for s, err := range d.Store.Load(ctx, work) {
			if err == nil && d.rotten[s.ID] {
				s, err = store.Segment{ID: s.ID}, &store.CorruptError{Work: work, Segment: s.ID, Part: "changes", Err: errPlanted}
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

// rot lets one of the segments go bad.
func (d *disk) rot(ctx context.Context, work cid.Cid, which int) error {
	var ids []string
	for s, err := range d.Store.Load(ctx, work) {
		if err != nil {
			return err
		}
		ids = append(ids, s.ID)
	}
	d.rotten[ids[which%len(ids)]] = true // whoever has the work has a segment
	return nil
}

// copied is what a copy of the store is, another store.
func (d *disk) copied(ctx context.Context) (store.Store, error) {
	c := store.Memory()
	if _, _, err := c.Open(ctx); err != nil {
		return nil, err
	}
	if err := store.Copy(ctx, c, d.Store); err != nil {
		return nil, err
	}
	return c, c.Close()
}
