package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"
)

// memory is a store in memory. It is closed and opened like a file, and what was
// in it when it was closed is there when it is opened again; only the value
// itself must be kept.
//
// Invariants, under mu:
//  1. Segments of a work stand in ascending order numbers, all greater than 0 and
//     none greater than last.
//  2. orders of a work has the order of each of its segments, by ID, and no other.
//  3. Every segment, journal, erasure, block and held change passes its Check.
//  4. What is stored shares no memory with what callers gave or got.
type memory struct {
	mu       sync.Mutex
	open     bool
	instance string
	epoch    uint64
	works    map[cid.Cid]*memoryWork
	names    map[string]cid.Cid
}

// memoryWork is what is stored about one work.
type memoryWork struct {
	segments []memorySegment
	orders   map[string]uint64
	last     uint64 // the greatest order given out
	replaced uint64 // calls of Replace, so that a reader notices one
	journal  Journal
	held     map[cid.Cid][]byte
	blocks   map[cid.Cid][]byte
	gone     map[cid.Cid]string
}

// memorySegment is a segment and its place among the others.
type memorySegment struct {
	order uint64
	Segment
}

// Memory returns an empty store that keeps everything in memory, until nobody
// holds it any more. It stays itself over Close and Open: the same instance, the
// next epoch, all that was stored, as if a process had ended and begun again. To
// have what a copied file would be, Copy it into another.
func Memory() Store {
	return &memory{works: map[cid.Cid]*memoryWork{}, names: map[string]cid.Cid{}}
}

// Open implements Store.
func (m *memory) Open(ctx context.Context) (string, uint64, error) {
	if err := CheckContext(ctx); err != nil {
		return "", 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open {
		return "", 0, ErrLocked
	}
	if m.instance == "" {
		var id [16]byte
		if _, err := rand.Read(id[:]); err != nil {
			return "", 0, fmt.Errorf("drawing an instance: %w: %w", ErrStore, err)
		}
		m.instance = hex.EncodeToString(id[:])
	}
	m.open, m.epoch = true, m.epoch+1
	return m.instance, m.epoch, nil
}

// Close implements Store.
func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.open {
		return ErrClosed
	}
	m.open = false
	return nil
}

// enter locks the store for one call. When it returns nil the caller unlocks.
func (m *memory) enter(ctx context.Context) error {
	if err := CheckContext(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	if !m.open {
		m.mu.Unlock()
		return ErrClosed
	}
	return nil
}

// write runs a change of one work. The change returns an error before it changes
// anything, or none. A work that is not known becomes known by it if it stores
// something.
func (m *memory) write(ctx context.Context, work cid.Cid, stores bool, change func(*memoryWork) error) error {
	if err := CheckID(work); err != nil {
		return err
	}
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	w := m.works[work]
	if w == nil {
		w = &memoryWork{orders: map[string]uint64{}, held: map[cid.Cid][]byte{}, blocks: map[cid.Cid][]byte{}, gone: map[cid.Cid]string{}}
	}
	if err := change(w); err != nil {
		return err
	}
	if stores {
		m.works[work] = w
	}
	return nil
}

// read runs a look at one work; an unknown one is empty.
func (m *memory) read(ctx context.Context, work cid.Cid, look func(*memoryWork)) error {
	if err := CheckID(work); err != nil {
		return err
	}
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	w := m.works[work]
	if w == nil {
		w = &memoryWork{}
	}
	look(w)
	return nil
}

// Works implements Segments.
func (m *memory) Works(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		if err := m.enter(ctx); err != nil {
			yield(cid.Undef, err)
			return
		}
		works := sortedKeys(m.works)
		m.mu.Unlock()
		each(ctx, m, works, func(id cid.Cid) cid.Cid { return id }, yield)
	}
}

// each yields what was listed, one by one, as long as the context and the store
// live; each element is copied when its turn comes.
func each[T any](ctx context.Context, m *memory, list []T, copied func(T) T, yield func(T, error) bool) {
	for _, v := range list {
		if err := m.enter(ctx); err != nil {
			var none T
			yield(none, err)
			return
		}
		m.mu.Unlock()
		if !yield(copied(v), nil) {
			return
		}
	}
}

// sortedKeys returns the keys ascending by their bytes.
func sortedKeys[V any](m map[cid.Cid]V) []cid.Cid {
	keys := make([]cid.Cid, 0, len(m))
	for id := range m {
		keys = append(keys, id)
	}
	slices.SortFunc(keys, func(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	return keys
}

// Load implements Segments. Each segment is looked up when its turn comes, so
// that words erased meanwhile do not come back. It ends with what was there when
// it began; after a Replace that is more, since what it read for may have moved.
func (m *memory) Load(ctx context.Context, work cid.Cid) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		begun, more := false, true
		var after, end, replaced uint64
		for {
			var s Segment
			err := m.read(ctx, work, func(w *memoryWork) {
				if !begun || replaced != w.replaced {
					begun, end, replaced = true, w.last, w.replaced
				}
				i := w.find(after + 1)
				if more = i < len(w.segments) && w.segments[i].order <= end; more {
					after, s = w.segments[i].order, cloneSegment(w.segments[i].Segment)
				}
			})
			if err != nil {
				yield(Segment{}, err)
				return
			}
			if !more || !yield(s, nil) {
				return
			}
		}
	}
}

// find returns the index of the first segment of an order or a greater one.
func (w *memoryWork) find(order uint64) int {
	i, _ := slices.BinarySearchFunc(w.segments, order, func(s memorySegment, order uint64) int {
		return cmp.Compare(s.order, order)
	})
	return i
}

// cloneSegment copies a segment and all that it points to.
func cloneSegment(s Segment) Segment {
	s.Changes, s.Words, s.Replaces = bytes.Clone(s.Changes), bytes.Clone(s.Words), slices.Clone(s.Replaces)
	return s
}

// Append implements Segments.
func (m *memory) Append(ctx context.Context, work cid.Cid, s ...Segment) error {
	if err := CheckAppend(s); err != nil {
		return err
	}
	return m.write(ctx, work, len(s) > 0, func(w *memoryWork) error {
		w.append(s)
		return nil
	})
}

// append puts those segments behind the others that are not there yet.
func (w *memoryWork) append(s []Segment) {
	for _, one := range s {
		if w.orders[one.ID] == 0 {
			w.last++
			w.orders[one.ID] = w.last
			w.segments = append(w.segments, memorySegment{w.last, cloneSegment(one)})
		}
	}
}

// Replace implements Segments. The new segment takes the order of the last of the
// old ones: a reader who has passed some of them still meets it, and one who has
// passed it has read them all.
func (m *memory) Replace(ctx context.Context, work cid.Cid, s Segment) error {
	if err := s.Check(); err != nil {
		return err
	}
	if len(s.Replaces) == 0 {
		return fmt.Errorf("nothing to replace: %w", ErrArgument)
	}
	return m.write(ctx, work, true, func(w *memoryWork) error {
		first := w.find(w.orders[s.Replaces[0]])
		for i, id := range s.Replaces {
			order := w.orders[id]
			if order == 0 {
				return fmt.Errorf("segment %s: %w", id, ErrNotFound)
			}
			if w.find(order) != first+i {
				return fmt.Errorf("segments to replace are no neighbours: %w", ErrArgument)
			}
		}
		last := first + len(s.Replaces) - 1
		if at := w.orders[s.ID]; at > 0 && (at < w.segments[first].order || at > w.segments[last].order) {
			return fmt.Errorf("segment %s is there already: %w", s.ID, ErrArgument)
		}
		order := w.segments[last].order
		for _, id := range s.Replaces {
			delete(w.orders, id)
		}
		w.orders[s.ID] = order
		w.segments = slices.Replace(w.segments, first, last+1, memorySegment{order, cloneSegment(s)})
		w.replaced++
		return nil
	})
}

// Erase implements Segments.
func (m *memory) Erase(ctx context.Context, work cid.Cid, e Erasure) error {
	if err := e.Check(); err != nil {
		return err
	}
	return m.write(ctx, work, len(e.Content) > 0, func(w *memoryWork) error {
		if e.Segment != "" {
			order := w.orders[e.Segment]
			if order == 0 {
				return fmt.Errorf("segment %s: %w", e.Segment, ErrNotFound)
			}
			w.segments[w.find(order)].Words = bytes.Clone(e.Words)
		}
		for _, id := range e.Content {
			w.gone[id] = e.Reason
		}
		return nil
	})
}

// Gone implements Segments.
func (m *memory) Gone(ctx context.Context, work cid.Cid) (map[cid.Cid]string, error) {
	gone := map[cid.Cid]string{}
	err := m.read(ctx, work, func(w *memoryWork) {
		for id, why := range w.gone {
			gone[id] = why
		}
	})
	if err != nil {
		return nil, err
	}
	return gone, nil
}

// check restates the invariants that can be seen, clause by clause.
func (m *memory) check() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, w := range m.works {
		before := uint64(0)
		for _, s := range w.segments {
			if s.order <= before || s.order > w.last {
				return fmt.Errorf("store: memory: invariant 1: work %s: order %d after %d, the last is %d", id, s.order, before, w.last)
			}
			if before = s.order; w.orders[s.ID] != s.order {
				return fmt.Errorf("store: memory: invariant 2: work %s: segment %s: order %d, not %d", id, s.ID, w.orders[s.ID], s.order)
			}
			if err := s.Check(); err != nil {
				return fmt.Errorf("store: memory: invariant 3: work %s: %w", id, err)
			}
		}
		if len(w.segments) != len(w.orders) {
			return fmt.Errorf("store: memory: invariant 2: work %s: %d segments, %d orders", id, len(w.segments), len(w.orders))
		}
		if w.journal.Header != nil || len(w.journal.Records) > 0 {
			if err := w.journal.Check(); err != nil {
				return fmt.Errorf("store: memory: invariant 3: work %s: %w", id, err)
			}
		}
		for held, data := range w.held {
			if err := (Pending{ID: held, Data: data}).Check(); err != nil {
				return fmt.Errorf("store: memory: invariant 3: work %s: %w", id, err)
			}
		}
		for id, data := range w.blocks {
			if err := CheckBlocks([]Block{{id, data}}); err != nil {
				return fmt.Errorf("store: memory: invariant 3: work %s: %w", id, err)
			}
		}
		for content, why := range w.gone {
			if err := (Erasure{Content: []cid.Cid{content}, Reason: why}).Check(); err != nil {
				return fmt.Errorf("store: memory: invariant 3: work %s: %w", id, err)
			}
		}
	}
	return nil
}
