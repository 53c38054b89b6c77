//go:build !js

package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"go.etcd.io/bbolt"
)

// Works implements store.Segments.
func (b *bolt) Works(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		var works []cid.Cid
		err := b.view(ctx, func(tx *bbolt.Tx) error {
			all := tx.Bucket(bucketWorks)
			if all == nil {
				return damage("works", errMissing)
			}
			var bad error
			c := all.Cursor()
			for k, _ := c.First(); k != nil; k, _ = c.Next() {
				id, err := cidOf(k)
				if err == nil {
					err = checkSelf(all.Bucket(k), k)
				}
				if err == nil {
					works = append(works, id)
				} else {
					bad = damage("works", err)
				}
			}
			return bad
		})
		for _, id := range works {
			if gone := b.alive(ctx); gone != nil {
				err = gone
				break
			}
			if !yield(id, nil) {
				return
			}
		}
		if err != nil {
			yield(cid.Undef, err)
		}
	}
}

// alive returns why an iteration cannot go on, if it cannot.
func (b *bolt) alive(ctx context.Context) error {
	return b.view(ctx, func(*bbolt.Tx) error { return nil })
}

// shelf is the three buckets of a work in which its segments lie.
type shelf struct{ seg, words, ids *bbolt.Bucket }

// shelfOf returns the shelf of a work. It is made with the work, so it can only
// be missing when the file is damaged.
func shelfOf(w *bbolt.Bucket) (shelf, error) {
	s := shelf{w.Bucket(bucketSeg), w.Bucket(bucketWords), w.Bucket(bucketIDs)}
	if s.seg == nil || s.words == nil || s.ids == nil {
		return shelf{}, damage("changes", errMissing)
	}
	s.seg.FillPercent, s.words.FillPercent = appending, appending
	return s, nil
}

// appending is how full bbolt makes a page of a bucket that grows at its end.
const appending = 0.9

// segHead is the length of what precedes the IDs of replaced segments in a stored
// segment: its own ID, a checksum, their number.
const segHead = idSize + sumSize + 2

// put stores a segment under an order.
func (h shelf) put(order uint64, s store.Segment) error {
	id := idOf(s.ID)
	v := make([]byte, segHead, segHead+idSize*len(s.Replaces)+len(s.Changes))
	copy(v, id)
	binary.BigEndian.PutUint16(v[idSize+sumSize:], uint16(len(s.Replaces)))
	for _, old := range s.Replaces {
		v = append(v, idOf(old)...)
	}
	binary.BigEndian.PutUint32(v[idSize:], sum(id, v[idSize+sumSize:]))
	if err := put(h.seg, key(order), append(v, s.Changes...)); err != nil {
		return err
	}
	if err := h.putWords(order, id, s.Words); err != nil {
		return err
	}
	return put(h.ids, id, key(order))
}

// putWords stores the words of the segment that has the ID and the order.
func (h shelf) putWords(order uint64, id, words []byte) error {
	present := []byte{1}
	if words == nil {
		present[0] = 0
	}
	return put(h.words, key(order), sealed(id, present, words))
}

// order returns the order of a segment, ErrNotFound when it is not there.
func (h shelf) order(id string) (uint64, error) {
	k := h.ids.Get(idOf(id))
	if k == nil {
		return 0, fmt.Errorf("segment %s: %w", id, store.ErrNotFound)
	}
	n := number(k)
	if !bytes.HasPrefix(h.seg.Get(k), idOf(id)) {
		return 0, &store.CorruptError{Segment: id, Part: "changes", Err: errMissing}
	}
	return n, nil
}

// appendTo puts those segments behind the others of a work that are not there.
func appendTo(w *bbolt.Bucket, s []store.Segment) error {
	h, err := shelfOf(w)
	if err != nil {
		return err
	}
	for i := range s {
		if h.ids.Get(idOf(s[i].ID)) != nil {
			continue
		}
		order, err := h.seg.NextSequence()
		if err != nil {
			return storeError(err)
		}
		if err := h.put(order, s[i]); err != nil {
			return err
		}
	}
	return nil
}

// Append implements store.Segments.
func (b *bolt) Append(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	if err := store.CheckAppend(s); err != nil {
		return err
	}
	return b.updateWork(ctx, work, len(s) > 0, func(w *bbolt.Bucket) error {
		if len(s) == 0 {
			return nil
		}
		return appendTo(w, s)
	})
}

// Replace implements store.Segments. The new segment takes the order of the last
// of the old ones: a reader who has passed some of them still meets it, and one
// who has passed it has read them all.
func (b *bolt) Replace(ctx context.Context, work cid.Cid, s store.Segment) error {
	if err := s.Check(); err != nil {
		return err
	}
	if len(s.Replaces) == 0 {
		return fmt.Errorf("nothing to replace: %w", store.ErrArgument)
	}
	return b.updateWork(ctx, work, false, func(w *bbolt.Bucket) error {
		if w == nil {
			return fmt.Errorf("work %s: %w", work, store.ErrNotFound)
		}
		h, err := shelfOf(w)
		if err != nil {
			return err
		}
		orders, err := h.neighbours(s)
		if err != nil {
			return err
		}
		for i, order := range orders {
			for _, del := range []error{h.seg.Delete(key(order)), h.words.Delete(key(order)), h.ids.Delete(idOf(s.Replaces[i]))} {
				if del != nil {
					return storeError(del)
				}
			}
		}
		if _, err := h.ids.NextSequence(); err != nil {
			return storeError(err)
		}
		return h.put(orders[len(orders)-1], s)
	})
}

// neighbours returns the orders of the segments that s replaces, after making
// sure that they stand one after another and that s is not among the others.
func (h shelf) neighbours(s store.Segment) ([]uint64, error) {
	var orders []uint64
	for _, id := range s.Replaces {
		order, err := h.order(id)
		if err != nil {
			return nil, err
		}
		orders = append(orders, order)
	}
	c := h.seg.Cursor()
	k, _ := c.Seek(key(orders[0]))
	for _, order := range orders {
		if k == nil || number(k) != order {
			return nil, fmt.Errorf("segments to replace are no neighbours: %w", store.ErrArgument)
		}
		k, _ = c.Next()
	}
	if k := h.ids.Get(idOf(s.ID)); k != nil && (number(k) < orders[0] || number(k) > orders[len(orders)-1]) {
		return nil, fmt.Errorf("segment %s is there already: %w", s.ID, store.ErrArgument)
	}
	return orders, nil
}

// Erase implements store.Segments.
func (b *bolt) Erase(ctx context.Context, work cid.Cid, e store.Erasure) error {
	if err := e.Check(); err != nil {
		return err
	}
	return b.updateWork(ctx, work, e.Segment == "" && len(e.Content) > 0, func(w *bbolt.Bucket) error {
		if e.Segment != "" {
			if w == nil {
				return fmt.Errorf("work %s: %w", work, store.ErrNotFound)
			}
			h, err := shelfOf(w)
			if err != nil {
				return err
			}
			order, err := h.order(e.Segment)
			if err != nil {
				return err
			}
			if err := h.putWords(order, idOf(e.Segment), e.Words); err != nil {
				return err
			}
		}
		if len(e.Content) == 0 {
			return nil
		}
		return putAll(w, bucketGone, e.Content, func(int) []byte { return []byte(e.Reason) })
	})
}

// putAll stores a sealed value for each CID in a bucket of a work, which it makes
// if need be.
func putAll(w *bbolt.Bucket, bucket []byte, ids []cid.Cid, value func(int) []byte) error {
	to, err := w.CreateBucketIfNotExists(bucket)
	if err != nil {
		return storeError(err)
	}
	for i, id := range ids {
		if err := put(to, id.Bytes(), sealed(id.Bytes(), value(i))); err != nil {
			return err
		}
	}
	return nil
}

// Gone implements store.Segments.
func (b *bolt) Gone(ctx context.Context, work cid.Cid) (map[cid.Cid]string, error) {
	gone := map[cid.Cid]string{}
	err := b.viewWork(ctx, work, func(w *bbolt.Bucket) error {
		from, err := part(w, bucketGone)
		if from == nil || err != nil {
			return err
		}
		return eachSealed(from, "gone", store.MaxName, func(k, v []byte) error {
			id, err := cidOf(k)
			if err == nil {
				gone[id] = string(v)
			}
			return err
		})
	})
	return unlessFailed(gone, err)
}

// eachSealed reads all of a bucket of sealed values. Of a damaged value it takes
// note and goes on; the first one is the error it returns in the end.
func eachSealed(b *bbolt.Bucket, part string, limit int, take func(k, v []byte) error) error {
	var first error
	walk := try(part, func() error {
		c := b.Cursor()
		for k, stored := c.First(); k != nil; k, stored = c.Next() {
			v, err := unsealed(k, stored, limit)
			if err == nil {
				err = take(bytes.Clone(k), v)
			}
			if err != nil && first == nil {
				first = damage(part, fmt.Errorf("%q: %w", k, err))
			}
		}
		return nil
	})
	if first == nil {
		first = walk
	}
	return first
}
