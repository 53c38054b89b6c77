package storetest

import (
	"context"
	"fmt"
	"sync"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// Fault is a store whose medium fails when it is told to, as Faulty makes it.
type Fault struct {
	store.Store

	mu      sync.Mutex
	writes  int
	failAt  int // the write that fails, counted from 1; 0 for none
	applied bool
	latched bool
}

// Faulty wraps a store. Everything goes through to it until Fail is called.
func Faulty(st store.Store) *Fault { return &Fault{Store: st} }

// Fail makes the n-th write from now fail with store.ErrStore, 0 being the next,
// and every later write until the store has been closed and opened again. With
// applied the failing write takes effect all the same, as one may whose
// acknowledgement is lost; otherwise it does not. Reads go on.
func (f *Fault) Fail(n int, applied bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failAt, f.applied = f.writes+n+1, applied
}

// Writes returns how many writes have been asked for so far.
func (f *Fault) Writes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

// Open opens the store, and ends the fault.
func (f *Fault) Open(ctx context.Context) (string, uint64, error) {
	instance, epoch, err := f.Store.Open(ctx)
	if err == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.failAt, f.latched = 0, false
	}
	return instance, epoch, err
}

// write counts a write, and lets it through or not.
func (f *Fault) write(do func() error) error {
	f.mu.Lock()
	f.writes++
	fails := f.writes == f.failAt
	if f.latched || (fails && !f.applied) {
		f.latched = true
		f.mu.Unlock()
		return fmt.Errorf("storetest: planted fault: %w", store.ErrStore)
	}
	f.latched = fails
	f.mu.Unlock()
	if err := do(); err != nil || !fails {
		return err
	}
	return fmt.Errorf("storetest: planted fault, but written: %w", store.ErrStore)
}

// Append implements store.Segments.
func (f *Fault) Append(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	return f.write(func() error { return f.Store.Append(ctx, work, s...) })
}

// Replace implements store.Segments.
func (f *Fault) Replace(ctx context.Context, work cid.Cid, s store.Segment) error {
	return f.write(func() error { return f.Store.Replace(ctx, work, s) })
}

// Erase implements store.Segments.
func (f *Fault) Erase(ctx context.Context, work cid.Cid, e store.Erasure) error {
	return f.write(func() error { return f.Store.Erase(ctx, work, e) })
}

// OpenJournal implements store.Journals.
func (f *Fault) OpenJournal(ctx context.Context, work cid.Cid, header []byte, records ...[]byte) error {
	return f.write(func() error { return f.Store.OpenJournal(ctx, work, header, records...) })
}

// AppendJournal implements store.Journals.
func (f *Fault) AppendJournal(ctx context.Context, work cid.Cid, records ...[]byte) error {
	return f.write(func() error { return f.Store.AppendJournal(ctx, work, records...) })
}

// Seal implements store.Journals.
func (f *Fault) Seal(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	return f.write(func() error { return f.Store.Seal(ctx, work, s...) })
}

// Hold implements store.Holding.
func (f *Fault) Hold(ctx context.Context, work cid.Cid, p ...store.Pending) error {
	return f.write(func() error { return f.Store.Hold(ctx, work, p...) })
}

// Release implements store.Holding.
func (f *Fault) Release(ctx context.Context, work cid.Cid, ids ...cid.Cid) error {
	return f.write(func() error { return f.Store.Release(ctx, work, ids...) })
}

// PutBlocks implements store.Blocks.
func (f *Fault) PutBlocks(ctx context.Context, work cid.Cid, b ...store.Block) error {
	return f.write(func() error { return f.Store.PutBlocks(ctx, work, b...) })
}

// DropBlocks implements store.Blocks.
func (f *Fault) DropBlocks(ctx context.Context, work cid.Cid, ids ...cid.Cid) error {
	return f.write(func() error { return f.Store.DropBlocks(ctx, work, ids...) })
}

// SetName implements store.Naming.
func (f *Fault) SetName(ctx context.Context, name string, work cid.Cid) error {
	return f.write(func() error { return f.Store.SetName(ctx, name, work) })
}
