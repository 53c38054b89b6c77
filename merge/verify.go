package merge

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge/store"
)

// Report is what was found in the store of a work.
type Report struct {
	Segments int     // that could be read
	Changes  int     // in them
	Missing  int     // durable changes of the document that are in no segment that could be read
	Lost     int     // changes whose words are neither stored, nor known to be gone
	Blocks   int     // of what is attached, that could be read
	Damage   []error // what is wrong, each of them ErrCorrupt
}

// Whole tells whether nothing was found to be wrong.
func (r *Report) Whole() bool { return r.Missing == 0 && r.Lost == 0 && len(r.Damage) == 0 }

// Verify reads everything that is stored of the work and looks at each byte of it:
// whether every change is the one that it is named after, signed by its author where
// it is signed, and has the words that it says, whether the blocks of what is attached
// are whole, and whether everything that the document holds is there. It changes
// nothing. While it runs, edits are made and wait to be stored. A CPU looks at some ten
// thousand signed changes a second.
//
// Words that are found to be lost are asked for of whoever is synced with next.
// Changes that are lost come with the next sync with somebody who has them, once the
// work has been opened again; [Replica.Repair] then puts the store in order.
//
// The error is that of the store or the context; damage is none, and in the report.
func (rep *Replica) Verify(ctx context.Context) (Report, error) {
	rep.write.Lock()
	defer rep.write.Unlock()
	s, err := rep.scan(ctx)
	if err != nil {
		return Report{}, err
	}
	return s.report, nil
}

// Repair is Verify, and makes the store such that all that the document holds is
// there, in segments that can be read, and nothing else. What is damaged in the store,
// and is not in the document, is given up: so sync first, with whoever has the work.
// The report is of what was found before; Damage is empty afterwards, save for what
// the store itself cannot name.
func (rep *Replica) Repair(ctx context.Context) (Report, error) {
	if err := rep.Save(ctx); err != nil {
		return Report{}, err
	}
	rep.write.Lock()
	defer rep.write.Unlock()
	s, err := rep.scan(ctx)
	if err != nil {
		return Report{}, err
	}
	if err := s.mend(context.WithoutCancel(ctx)); err != nil {
		err = fmt.Errorf("merge: work %s is written no more: %w", rep.work, err)
		if errors.Is(err, store.ErrStore) {
			rep.mu.Lock()
			rep.failed = err
			rep.mu.Unlock()
		}
		return s.report, err
	}
	rep.mu.Lock()
	rep.damage = s.left
	rep.mu.Unlock()
	return s.report, nil
}

// scan is one look at all segments.
type scan struct {
	rep    *Replica
	report Report
	stored []bool            // by arrival index
	order  []scanned         // the segments, in their order
	left   []error           // damage that cannot be mended
	lost   map[[32]byte]bool // changes without words
	broken []cid.Cid         // blocks that are damaged
	gone   map[string]int    // content that was erased, by its CID's bytes
}

// scanned is a segment that was looked at.
type scanned struct {
	seg   store.Segment
	bad   bool // its changes cannot be read
	words bool // its words can be, and are those of the document
}

// scan looks at all segments. The write lock must be held.
func (rep *Replica) scan(ctx context.Context) (*scan, error) {
	s := &scan{rep: rep, stored: make([]bool, rep.durable.Load()), gone: map[string]int{}, lost: map[[32]byte]bool{}}
	gone, err := rep.repo.st.Gone(ctx, rep.work)
	if err != nil && !errors.Is(err, store.ErrCorrupt) {
		return nil, err
	}
	if err != nil {
		s.report.Damage, s.left = append(s.report.Damage, err), append(s.left, err)
	}
	for id := range gone {
		s.gone[string(id.Bytes())]++
	}
	for seg, err := range rep.repo.st.Load(ctx, rep.work) {
		if err != nil && !errors.Is(err, store.ErrCorrupt) {
			return nil, err
		}
		s.segment(seg, err)
	}
	if err := s.blocks(ctx); err != nil {
		return nil, err
	}
	for _, there := range s.stored {
		if !there {
			s.report.Missing++
		}
	}
	s.report.Lost = len(s.lost)
	return s, nil
}

// blocks looks at all blocks of what is attached.
func (s *scan) blocks(ctx context.Context) error {
	st := s.rep.repo.st
	for id, err := range st.ListBlocks(ctx, s.rep.work) {
		if err == nil {
			_, err = st.GetBlock(ctx, s.rep.work, id)
		}
		switch {
		case err == nil:
			s.report.Blocks++
		case errors.Is(err, store.ErrNotFound): // swept meanwhile
		case !errors.Is(err, store.ErrCorrupt):
			return err
		default:
			if s.damage(store.Segment{}, "blocks", err); id.Defined() {
				s.broken = append(s.broken, id)
			} else {
				s.left = append(s.left, err)
			}
		}
	}
	return nil
}

// damage notes what is wrong with a part of a segment.
func (s *scan) damage(seg store.Segment, part string, err error) {
	var c *store.CorruptError
	if !errors.As(err, &c) {
		err = &store.CorruptError{Work: s.rep.work, Segment: seg.ID, Part: part, Err: err}
	}
	s.report.Damage = append(s.report.Damage, err)
}

// segment looks at one segment, which was read with err.
func (s *scan) segment(seg store.Segment, err error) {
	if err != nil {
		s.damage(seg, "changes", err)
	}
	if seg.Changes == nil {
		if seg.ID == "" {
			s.left = append(s.left, err)
			return
		}
		s.order = append(s.order, scanned{seg: seg, bad: true})
		return
	}
	var b bundle.Bundle
	if derr := bundle.DecodeChanges(seg.Changes, &b); derr != nil {
		s.damage(seg, "changes", derr)
		s.order = append(s.order, scanned{seg: seg, bad: true})
		return
	}
	b.Name()
	words := err == nil
	if words && seg.Words != nil {
		if derr := bundle.DecodeWords(seg.Words, &b); derr != nil {
			s.damage(seg, "words", derr)
			words = false
		}
	}
	good := s.changes(seg, &b)
	words = s.words(seg, &b, words) && words
	if good {
		s.report.Segments++
		s.report.Changes += len(b.Items)
	}
	s.order = append(s.order, scanned{seg: seg, bad: !good, words: words})
}

// changes judges the changes and signatures of a segment.
func (s *scan) changes(seg store.Segment, b *bundle.Bundle) (good bool) {
	work := s.rep.in.Work()
	authors := map[[32]byte]block.Key{}
	var c block.Change
	for k := range b.Items {
		if err := block.Decode(b.Items[k].Change, &c); err != nil {
			s.damage(seg, "changes", fmt.Errorf("change %d: %w", k, err))
			return false
		}
		authors[b.Items[k].ID] = c.By
	}
	for _, sig := range b.Sigs {
		by, ok := authors[sig.Change]
		if ok && !block.Verify(work, sig.Change, by, sig.Sig[:]) {
			s.damage(seg, "changes", fmt.Errorf("the signature of a change: %w", block.ErrSignature))
			return false
		}
	}
	for k := range b.Items {
		if i, ok := s.rep.in.Index(b.Items[k].ID); ok && i < len(s.stored) {
			s.stored[i] = true
		}
	}
	return true
}

// words judges the words of a segment; it tells whether they are those that the
// document has. read says whether they could be read at all: if not, that was noted.
func (s *scan) words(seg store.Segment, b *bundle.Bundle, read bool) bool {
	good := true
	var c block.Change
	for k := range b.Items {
		it := &b.Items[k]
		if block.Decode(it.Change, &c) != nil || c.Size == 0 {
			continue
		}
		if it.Words != nil && block.Sum(it.Words) != c.Text {
			s.damage(seg, "words", fmt.Errorf("words of %x: %w", it.ID[:8], block.ErrHash))
			it.Words, good = nil, false
		}
		held, ok := s.rep.item(it.ID)
		switch {
		case it.Words != nil || s.gone[string(c.Text.ContentCID().Bytes())] > 0:
		case ok && held.Words != nil: // the document has them, the store has not
			if good = false; read {
				s.damage(seg, "words", fmt.Errorf("words of %x are not stored", it.ID[:8]))
			}
		default:
			s.lost[it.ID] = true
		}
	}
	return good
}

// mend puts the store in order. Segments that cannot be read give way to what is
// missing, or to a neighbour; then words are put where they belong.
func (s *scan) mend(ctx context.Context) error {
	var missing []int
	for i, there := range s.stored {
		if !there {
			missing = append(missing, i)
		}
	}
	for k := range s.order {
		if !s.order[k].bad {
			continue
		}
		var err error
		if missing, err = s.supplant(ctx, k, missing); err != nil {
			return err
		}
	}
	for len(missing) > 0 {
		part, n := s.rep.in.Bundle(missing, segmentBytes)
		seg, err := s.rep.segment(&part)
		if err != nil {
			return err
		}
		if err := s.rep.repo.st.Append(ctx, s.rep.work, seg); err != nil {
			return err
		}
		s.order = append(s.order, scanned{seg: seg, words: true})
		missing = missing[n:]
	}
	for _, one := range s.order {
		if one.words || one.bad {
			continue
		}
		var b bundle.Bundle
		if err := bundle.DecodeChanges(one.seg.Changes, &b); err != nil {
			return err
		}
		b.Name()
		if err := s.rep.rewriteWords(ctx, one.seg, &b); err != nil {
			return err
		}
	}
	if err := s.rep.repo.st.DropBlocks(ctx, s.rep.work, s.broken...); err != nil {
		return err
	}
	return s.reshelve(ctx)
}

// supplant puts a segment in the place of the k-th, which cannot be read: one of what
// is missing, or else a good neighbour takes its place, and that of all that lie
// between. It returns what is missing still.
func (s *scan) supplant(ctx context.Context, k int, missing []int) ([]int, error) {
	old := []int{k}
	var part bridge.Bundle
	if n := 0; len(missing) > 0 {
		part, n = s.rep.in.Bundle(missing, segmentBytes)
		missing = missing[n:]
	} else {
		near := -1
		if old, near = s.neighbourhood(k); near < 0 { // nothing can stand here: there is no other
			s.left = append(s.left, &store.CorruptError{Work: s.rep.work, Segment: s.order[k].seg.ID, Part: "changes", Err: errAlone})
			return missing, nil
		}
		var b bundle.Bundle
		if err := bundle.DecodeChanges(s.order[near].seg.Changes, &b); err != nil {
			return missing, err
		}
		b.Name()
		for j := range b.Items {
			if it, ok := s.rep.item(b.Items[j].ID); ok {
				b.Items[j].Words = it.Words
			}
		}
		part = bridge.Bundle{Work: b.Work, Items: b.Items, Sigs: b.Sigs}
	}
	seg, err := s.rep.segment(&part)
	if err != nil {
		return missing, err
	}
	for _, j := range old {
		seg.Replaces = append(seg.Replaces, s.order[j].seg.ID)
	}
	if err := s.rep.repo.st.Replace(ctx, s.rep.work, seg); err != nil {
		return missing, err
	}
	for _, j := range old {
		s.order[j] = scanned{words: true} // given up
	}
	s.order[old[len(old)-1]] = scanned{seg: seg, words: true}
	return missing, nil
}

// errAlone is what is left when a store has nothing but damage.
var errAlone = errors.New("there is nothing to put in its place")

// neighbourhood is the k-th segment, which cannot be read, the nearest that can, behind
// it or else before it, and all that lie between, in their order; near is -1 when there
// is none. Places that were given up are passed over.
func (s *scan) neighbourhood(k int) (old []int, near int) {
	old = []int{k}
	for j := k + 1; j < len(s.order) && len(old) < store.MaxReplace; j++ {
		if s.order[j].seg.ID == "" {
			continue
		}
		if old = append(old, j); !s.order[j].bad {
			return old, j
		}
	}
	old = []int{k}
	for j := k - 1; j >= 0 && len(old) < store.MaxReplace; j-- {
		if s.order[j].seg.ID == "" {
			continue
		}
		if old = append([]int{j}, old...); !s.order[j].bad {
			return old, j
		}
	}
	return nil, -1
}

// reshelve learns anew how segments stand.
func (s *scan) reshelve(ctx context.Context) error {
	s.rep.shelf = s.rep.shelf[:0]
	for seg, err := range s.rep.repo.st.Load(ctx, s.rep.work) {
		if err != nil && !errors.Is(err, store.ErrCorrupt) {
			return err
		}
		lies := shelved{id: seg.ID, size: len(seg.Changes) + len(seg.Words), from: -1}
		var b bundle.Bundle
		if seg.Changes != nil && bundle.DecodeChanges(seg.Changes, &b) == nil {
			b.Name()
			lies.from, lies.to = s.rep.stretch(&b)
		}
		if seg.Mark == 0 {
			s.rep.shelf = append(s.rep.shelf, lies)
		}
	}
	return nil
}

// stretch is the arrival indexes of the changes of a segment, -1 when they are not
// consecutive.
func (rep *Replica) stretch(b *bundle.Bundle) (from, to int) {
	for k := range b.Items {
		i, ok := rep.in.Index(b.Items[k].ID)
		if k == 0 {
			from = i
		}
		if !ok || i != from+k {
			return -1, 0
		}
	}
	return from, from + len(b.Items)
}
