package merge

import (
	"context"
	"math/bits"
	"slices"

	"github.com/commonhold/commonhold/merge/store"
)

// This file keeps the segments of a work few. Small ones, of which each save makes
// one, become large ones, by and by and never in a goroutine of their own (SYNC 4).

// shelved is a segment as it lies in the store.
type shelved struct {
	id       string
	size     int // bytes of changes and words, encoded
	from, to int // arrival indexes of its changes; from is -1 when they are not consecutive

	gaps [][2]int // from … to-1 of what lies between, in segments of others
}

// indexes are the arrival indexes of the changes of a segment.
func (s shelved) indexes() (out []int) {
	at := s.from
	for _, g := range s.gaps {
		out = append(out, span(at, g[0])...)
		at = g[1]
	}
	return append(out, span(at, s.to)...)
}

const (
	// neighbours is how many segments become one at least.
	neighbours = 4

	// smallest is where the second size class begins; each next begins at four times
	// the size.
	smallest = 1 << 10

	// recent is how many segments, from the last, are looked at.
	recent = 512

	// segmentChanges is how many changes a segment holds at most (SYNC 3).
	segmentChanges = 1 << 16

	// movedPerByte and movedFree bound what one append rewrites: so many times the
	// bytes that it appends, and so many more. No append is ever slow because of it.
	movedPerByte = 8
	movedFree    = 64 << 10
)

// class is the size class of so many bytes.
func class(size int) int { return (bits.Len(uint(size/smallest)) + 1) / 2 }

// compact merges neighbours, the last ones first, after an append of so many bytes.
// The write lock must be held, and what is stored be in the document. The error is
// that of the store.
func (rep *Replica) compact(ctx context.Context, appended int) error {
	budget := movedPerByte*appended + movedFree
	for {
		at, n := rep.mergeable(budget)
		if n == 0 {
			return nil
		}
		for _, s := range rep.shelf[at : at+n] {
			budget -= s.size
		}
		if err := rep.mergeAt(ctx, at, n); err != nil {
			return err
		}
	}
}

// mergeable finds neighbours that may become one within the budget: four or more,
// and a segment of a higher class than each of them. So a byte is moved once a class
// at most; four of one class always may, and small ones between large ones come along
// with these. n is 0 when there are none.
func (rep *Replica) mergeable(budget int) (at, n int) {
	most := min(budget, segmentBytes)
	first := max(0, len(rep.shelf)-recent)
	for end := len(rep.shelf); end > first; end-- {
		size, highest := 0, 0
		for at := end - 1; at >= first && end-at <= store.MaxReplace; at-- {
			s := rep.shelf[at]
			size, highest = size+s.size, max(highest, class(s.size))
			if s.from < 0 || at+1 < end && s.to > rep.shelf[at+1].from || size > most || rep.shelf[end-1].to-s.from > segmentChanges {
				break
			}
			if end-at >= neighbours && class(size) > highest {
				return at, end - at
			}
		}
	}
	return 0, 0
}

// mergeAt replaces neighbours by one segment with the same changes.
func (rep *Replica) mergeAt(ctx context.Context, at, n int) error {
	group := rep.shelf[at : at+n]
	var idx []int
	merged := shelved{from: group[0].from, to: group[n-1].to}
	for k, s := range group {
		if k > 0 && group[k-1].to < s.from {
			merged.gaps = append(merged.gaps, [2]int{group[k-1].to, s.from})
		}
		merged.gaps, idx = append(merged.gaps, s.gaps...), append(idx, s.indexes()...)
	}
	part, k := rep.in.Bundle(idx, 8*segmentBytes)
	if k < len(idx) { // far larger than it looked: it stays as it is, and is not tried again
		for k := range group {
			group[k].from = -1
		}
		return nil
	}
	s, err := rep.segment(&part)
	if err != nil {
		return err
	}
	for _, old := range group {
		s.Replaces = append(s.Replaces, old.id)
	}
	if err := rep.repo.st.Replace(ctx, rep.work, s); err != nil {
		return err
	}
	merged.id, merged.size = s.ID, len(s.Changes)+len(s.Words)
	rep.shelf = slices.Replace(rep.shelf, at, at+n, merged)
	return nil
}

// shelve is how a segment of those changes lies in the store.
func shelve(s store.Segment, from, to int) shelved {
	return shelved{id: s.ID, size: len(s.Changes) + len(s.Words), from: from, to: to}
}

// span is the numbers from i to j-1.
func span(i, j int) []int {
	out := make([]int, 0, j-i)
	for ; i < j; i++ {
		out = append(out, i)
	}
	return out
}
