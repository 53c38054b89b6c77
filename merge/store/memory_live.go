package store

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/ipfs/go-cid"
)

// This file has what a store in memory keeps besides segments: journals, held
// changes, blocks, names.

// OpenJournal implements Journals.
func (m *memory) OpenJournal(ctx context.Context, work cid.Cid, header []byte, records ...[]byte) error {
	j := Journal{Header: header, Records: records}
	if err := j.Check(); err != nil {
		return err
	}
	return m.write(ctx, work, true, func(w *memoryWork) error {
		w.journal = cloneJournal(j)
		return nil
	})
}

// AppendJournal implements Journals.
func (m *memory) AppendJournal(ctx context.Context, work cid.Cid, records ...[]byte) error {
	if err := CheckRecords(records); err != nil {
		return err
	}
	return m.write(ctx, work, false, func(w *memoryWork) error {
		if w.journal.Header == nil {
			return fmt.Errorf("journal of %s: %w", work, ErrNotFound)
		}
		for _, r := range records {
			w.journal.Records = append(w.journal.Records, bytes.Clone(r))
		}
		return nil
	})
}

// LoadJournal implements Journals.
func (m *memory) LoadJournal(ctx context.Context, work cid.Cid) (Journal, error) {
	var j Journal
	err := m.read(ctx, work, func(w *memoryWork) { j = cloneJournal(w.journal) })
	return j, err
}

// cloneJournal copies a journal and all that it points to.
func cloneJournal(j Journal) Journal {
	c := Journal{Header: bytes.Clone(j.Header)}
	for _, r := range j.Records {
		c.Records = append(c.Records, bytes.Clone(r))
	}
	return c
}

// Seal implements Journals.
func (m *memory) Seal(ctx context.Context, work cid.Cid, s ...Segment) error {
	if err := CheckAppend(s); err != nil {
		return err
	}
	return m.write(ctx, work, len(s) > 0, func(w *memoryWork) error {
		w.append(s)
		w.journal = Journal{}
		return nil
	})
}

// Hold implements Holding.
func (m *memory) Hold(ctx context.Context, work cid.Cid, p ...Pending) error {
	for i := range p {
		if err := p[i].Check(); err != nil {
			return err
		}
	}
	return m.write(ctx, work, len(p) > 0, func(w *memoryWork) error {
		for _, one := range p {
			w.held[one.ID] = append([]byte{}, one.Data...)
		}
		return nil
	})
}

// Held implements Holding.
func (m *memory) Held(ctx context.Context, work cid.Cid) iter.Seq2[Pending, error] {
	return func(yield func(Pending, error) bool) {
		var list []Pending
		err := m.read(ctx, work, func(w *memoryWork) {
			for _, id := range sortedKeys(w.held) {
				list = append(list, Pending{ID: id, Data: w.held[id]})
			}
		})
		if err != nil {
			yield(Pending{}, err)
			return
		}
		each(ctx, m, list, func(p Pending) Pending {
			p.Data = append([]byte{}, p.Data...)
			return p
		}, yield)
	}
}

// Release implements Holding.
func (m *memory) Release(ctx context.Context, work cid.Cid, ids ...cid.Cid) error {
	for _, id := range ids {
		if err := CheckID(id); err != nil {
			return err
		}
	}
	return m.write(ctx, work, false, func(w *memoryWork) error {
		for _, id := range ids {
			delete(w.held, id)
		}
		return nil
	})
}

// PutBlocks implements Blocks.
func (m *memory) PutBlocks(ctx context.Context, work cid.Cid, b ...Block) error {
	if err := CheckBlocks(b); err != nil {
		return err
	}
	return m.write(ctx, work, len(b) > 0, func(w *memoryWork) error {
		for _, one := range b {
			w.blocks[one.ID] = append([]byte{}, one.Data...)
		}
		return nil
	})
}

// GetBlock implements Blocks.
func (m *memory) GetBlock(ctx context.Context, work, id cid.Cid) ([]byte, error) {
	if err := CheckBlockID(id); err != nil {
		return nil, err
	}
	var b []byte
	err := m.read(ctx, work, func(w *memoryWork) {
		if data, ok := w.blocks[id]; ok {
			b = append([]byte{}, data...)
		}
	})
	if err == nil && b == nil {
		err = fmt.Errorf("block %s: %w", id, ErrNotFound)
	}
	return b, err
}

// ListBlocks implements Blocks.
func (m *memory) ListBlocks(ctx context.Context, work cid.Cid) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		var list []cid.Cid
		if err := m.read(ctx, work, func(w *memoryWork) { list = sortedKeys(w.blocks) }); err != nil {
			yield(cid.Undef, err)
			return
		}
		each(ctx, m, list, func(id cid.Cid) cid.Cid { return id }, yield)
	}
}

// DropBlocks implements Blocks.
func (m *memory) DropBlocks(ctx context.Context, work cid.Cid, ids ...cid.Cid) error {
	for _, id := range ids {
		if err := CheckBlockID(id); err != nil {
			return err
		}
	}
	return m.write(ctx, work, false, func(w *memoryWork) error {
		for _, id := range ids {
			delete(w.blocks, id)
		}
		return nil
	})
}

// Names implements Naming.
func (m *memory) Names(ctx context.Context) (map[string]cid.Cid, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	names := make(map[string]cid.Cid, len(m.names))
	for name, work := range m.names {
		names[name] = work
	}
	return names, nil
}

// SetName implements Naming.
func (m *memory) SetName(ctx context.Context, name string, work cid.Cid) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if work.Defined() {
		if err := CheckID(work); err != nil {
			return err
		}
	}
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	if work.Defined() {
		m.names[name] = work
	} else {
		delete(m.names, name)
	}
	return nil
}
