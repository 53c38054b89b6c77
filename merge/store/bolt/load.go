//go:build !js

package bolt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"slices"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"go.etcd.io/bbolt"
)

// Load implements store.Segments. Each segment is read in a transaction of its
// own, so that a caller who takes his time blocks nobody, and one who writes to
// the store between two segments does not wait for himself.
func (b *bolt) Load(ctx context.Context, work cid.Cid) iter.Seq2[store.Segment, error] {
	return func(yield func(store.Segment, error) bool) {
		l := loader{work: work}
		for !l.done {
			var s store.Segment
			var read error
			err := b.viewWork(ctx, work, func(w *bbolt.Bucket) error {
				s, read = l.next(w)
				return nil
			})
			if err != nil {
				yield(store.Segment{}, err)
				return
			}
			if read = store.OfWork(read, work); (read != nil || !l.done) && !yield(s, read) {
				return
			}
		}
	}
}

// loader is the state of one Load between two segments.
type loader struct {
	work   cid.Cid
	listed bool
	list   []entry // what is still to be read, ascending
	after  uint64  // the order of the last one read
	gen    uint64  // replacements when the list was made
	broken error   // a bucket that could not be listed to its end
	done   bool
}

// entry is a segment as it is known before it is read. A damaged bucket may leave
// the ID unknown.
type entry struct {
	order uint64
	id    []byte
}

// next reads the next segment, sets done when there is none, and returns a
// CorruptError for one that is damaged. What bbolt's pages do to it is caught
// here, piece by piece, so that the rest can still be read.
func (l *loader) next(w *bbolt.Bucket) (s store.Segment, err error) {
	if w == nil {
		l.done = true
		return s, nil
	}
	var h shelf
	err = try("changes", func() (err error) {
		h, err = shelfOf(w)
		return err
	})
	if err != nil {
		l.done = true
		return s, err
	}
	if !l.listed || h.ids.Sequence() != l.gen {
		l.enumerate(h)
	}
	if len(l.list) == 0 {
		l.done = true
		return s, l.broken
	}
	e := l.list[0]
	l.list, l.after = l.list[1:], e.order
	return e.read(h)
}

// enumerate lists the segments behind the last one read. Both buckets that know
// them are asked: each segment that only one of them has is damage, and if a page
// of one is gone the other still has the names, or the contents.
func (l *loader) enumerate(h shelf) {
	l.listed, l.gen = true, h.ids.Sequence()
	known := map[uint64][]byte{}
	names := try("changes", func() error {
		c := h.ids.Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if number(v) == 0 {
				return &store.CorruptError{Segment: hex.EncodeToString(k), Part: "changes", Err: errLength}
			}
			known[number(v)] = bytes.Clone(k)
		}
		return nil
	})
	contents := try("changes", func() error {
		c := h.seg.Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			if _, ok := known[number(k)]; !ok {
				known[number(k)] = nil
			}
		}
		return nil
	})
	l.list = l.list[:0]
	for order, id := range known {
		if order > l.after {
			l.list = append(l.list, entry{order, id})
		}
	}
	slices.SortFunc(l.list, func(a, b entry) int {
		if a.order < b.order {
			return -1
		}
		return 1
	})
	if names != nil {
		l.broken = names
	} else if contents != nil {
		l.broken = contents
	}
}

// read returns the segment, or a CorruptError beside what is left of it.
func (e entry) read(h shelf) (store.Segment, error) {
	s := store.Segment{ID: hex.EncodeToString(e.id)}
	err := try("changes", func() error { return e.changes(h.seg.Get(key(e.order)), &s) })
	if err != nil {
		return store.Segment{ID: s.ID}, ofSegment(err, s.ID)
	}
	err = try("words", func() error {
		v, err := unsealed(idOf(s.ID), h.words.Get(key(e.order)), store.MaxPart+1)
		if err == nil && (len(v) == 0 || v[0] > 1 || (v[0] == 0 && len(v) > 1)) {
			err = errLength
		}
		if err != nil {
			return damage("words", err)
		}
		if v[0] == 1 {
			s.Words = v[1:]
		}
		return nil
	})
	return s, ofSegment(err, s.ID)
}

// changes takes a stored segment apart; the hash of the changes has to be its ID.
func (e entry) changes(v []byte, s *store.Segment) error {
	if v == nil {
		return damage("changes", errMissing)
	}
	if len(v) < segHead || len(v) > segHead+idSize*store.MaxReplace+store.MaxPart {
		return damage("changes", errLength)
	}
	id, n := v[:idSize], int(binary.BigEndian.Uint16(v[idSize+sumSize:]))
	if e.id == nil {
		s.ID = hex.EncodeToString(id)
	} else if !bytes.Equal(e.id, id) {
		return damage("changes", errOther)
	}
	if n > store.MaxReplace || len(v) < segHead+idSize*n {
		return damage("changes", errLength)
	}
	head, changes := v[:segHead+idSize*n], v[segHead+idSize*n:]
	if hash := sha256.Sum256(changes); !bytes.Equal(hash[:], id) || binary.BigEndian.Uint32(head[idSize:]) != sum(id, head[idSize+sumSize:]) {
		return damage("changes", errChecksum)
	}
	for i := range n {
		s.Replaces = append(s.Replaces, hex.EncodeToString(head[segHead+idSize*i:][:idSize]))
	}
	s.Changes = bytes.Clone(changes)
	return nil
}

// ofSegment adds the segment to a CorruptError.
func ofSegment(err error, id string) error {
	c, ok := err.(*store.CorruptError)
	if !ok {
		return err
	}
	named := *c
	named.Segment = id
	return &named
}
