package dir

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// errUnfinished is what is found when the end of a write that was stored is
// damaged.
var errUnfinished = errors.New("a write that was not finished cannot be")

// Works implements store.Segments.
func (d *dir) Works(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		if err := d.alive(ctx); err != nil {
			yield(cid.Undef, err)
			return
		}
		d.worksMu.Lock()
		list := sortedIDs(d.works)
		d.worksMu.Unlock()
		for _, id := range list {
			known := false
			err := d.lookQuickly(ctx, id, &known)
			if err == nil && !known {
				continue
			}
			if err != nil {
				id = cid.Undef
			}
			if !yield(id, err) || err != nil {
				return
			}
		}
	}
}

// lookQuickly tells whether anything is stored about a work, by the names in its
// folder if they say so.
func (d *dir) lookQuickly(ctx context.Context, id cid.Cid, known *bool) error {
	if err := d.enter(ctx); err != nil {
		return err
	}
	defer d.leave()
	w := d.work(id, false)
	if err := w.take(ctx); err != nil {
		return err
	}
	defer w.release()
	if !w.read {
		names, err := d.home.List(w.folder)
		if err != nil && !isMissing(err) {
			return storeError(err)
		}
		mine := func(name string) bool { return ours(name) || name == blocksName }
		if slices.ContainsFunc(names, mine) && !slices.Contains(names, commitName) {
			*known = true
			return nil
		}
	}
	err := w.readIn()
	*known = w.known()
	return err
}

// Append implements store.Segments.
func (d *dir) Append(ctx context.Context, of cid.Cid, s ...store.Segment) error {
	if err := store.CheckAppend(s); err != nil {
		return err
	}
	return d.change(ctx, of, len(s) > 0, func(w *work) error {
		if w == nil {
			return nil
		}
		return w.append(s, false)
	})
}

// append puts those segments behind the others that are not there, and removes the
// journal in the same step if it is to be sealed.
func (w *work) append(s []store.Segment, seal bool) error {
	var do step
	var fresh []segment
	last := w.last
	for i := range s {
		if w.find(s[i].ID) >= 0 || slices.ContainsFunc(fresh, func(f segment) bool { return f.id == s[i].ID }) {
			continue
		}
		last++
		do.puts = append(do.puts, putSegment(last, s[i])...)
		fresh = append(fresh, segment{order: last, id: s[i].ID, seg: true, words: s[i].Words != nil})
	}
	if seal && w.has[journalName] {
		do.drops = []string{journalName}
		if len(w.shelf)+len(fresh) == 0 && len(w.has) == 1 {
			b, err := wholeLog(kindWork)
			if err != nil {
				return err
			}
			do.puts = append(do.puts, put{selfName, [][]byte{b}})
		}
	}
	return w.commit(do, func() {
		w.shelf, w.last = append(w.shelf, fresh...), last
		if seal {
			delete(w.has, journalName)
			w.journal = journal{}
		}
		for _, p := range do.puts {
			if p.name == selfName {
				w.has[selfName] = true
			}
		}
	})
}

// putSegment is the files of a segment under an order.
func putSegment(order uint64, s store.Segment) []put {
	name := segmentName(order, s.ID)
	puts := []put{{name + suffixSeg, segmentFile(s)}}
	if s.Words != nil {
		puts = append(puts, put{name + suffixWords, wordsFile(s.ID, s.Words)})
	}
	return puts
}

// Replace implements store.Segments. The new segment takes the order of the last
// of the old ones.
func (d *dir) Replace(ctx context.Context, of cid.Cid, s store.Segment) error {
	if err := s.Check(); err != nil {
		return err
	}
	if len(s.Replaces) == 0 {
		return fmt.Errorf("nothing to replace: %w", store.ErrArgument)
	}
	return d.change(ctx, of, false, func(w *work) error {
		if w == nil {
			return fmt.Errorf("work %s: %w", of, store.ErrNotFound)
		}
		first, err := w.neighbours(s)
		if err != nil {
			return err
		}
		end := first + len(s.Replaces)
		order := w.shelf[end-1].order
		do := step{puts: putSegment(order, s)}
		for _, old := range w.shelf[first:end] {
			do.drop(old.files())
		}
		return w.commit(do, func() {
			w.shelf = slices.Replace(w.shelf, first, end, segment{order: order, id: s.ID, seg: true, words: s.Words != nil})
			w.gen++
		})
	})
}

// drop has files go that do not come.
func (s *step) drop(names []string) {
	for _, name := range names {
		if !slices.ContainsFunc(s.puts, func(p put) bool { return p.name == name }) {
			s.drops = append(s.drops, name)
		}
	}
}

// neighbours returns the place of the first of the segments that s replaces, after
// making sure that they stand one after another and that s is not among the
// others.
func (w *work) neighbours(s store.Segment) (first int, err error) {
	places := make([]int, len(s.Replaces))
	for i, id := range s.Replaces {
		if places[i] = w.find(id); places[i] < 0 {
			return 0, fmt.Errorf("segment %s: %w", id, store.ErrNotFound)
		}
	}
	first = places[0]
	for i, at := range places {
		if at != first+i {
			return 0, fmt.Errorf("segments to replace are no neighbours: %w", store.ErrArgument)
		}
	}
	if at := w.find(s.ID); at >= 0 && (at < first || at >= first+len(places)) {
		return 0, fmt.Errorf("segment %s is there already: %w", s.ID, store.ErrArgument)
	}
	return first, nil
}

// Erase implements store.Segments. While what is gone cannot be read nothing can
// be added to it: what is damaged would be lost.
func (d *dir) Erase(ctx context.Context, of cid.Cid, e store.Erasure) error {
	if err := e.Check(); err != nil {
		return err
	}
	return d.change(ctx, of, e.Segment == "" && len(e.Content) > 0, func(w *work) error {
		var do step
		at := -1
		if e.Segment != "" {
			if w == nil {
				return fmt.Errorf("work %s: %w", of, store.ErrNotFound)
			}
			if at = w.find(e.Segment); at < 0 || !w.shelf[at].seg {
				return fmt.Errorf("segment %s: %w", e.Segment, store.ErrNotFound)
			}
			s := &w.shelf[at]
			do.puts = append(do.puts, put{segmentName(s.order, s.id) + suffixWords, wordsFile(s.id, e.Words)})
			do.drops = append(do.drops, s.extra...)
		}
		if len(e.Content) > 0 {
			p, err := w.putGone(e)
			if err != nil {
				return err
			}
			do.puts = append(do.puts, p)
		}
		if w == nil {
			return nil
		}
		return w.commit(do, func() {
			if at >= 0 {
				w.shelf[at].words, w.shelf[at].extra = true, nil
			}
			if len(e.Content) > 0 {
				w.has[goneName] = true
			}
		})
	})
}

// putGone is the file of what is gone, with more.
func (w *work) putGone(e store.Erasure) (put, error) {
	gone, err := w.readGone()
	if err != nil {
		return put{}, err
	}
	for _, id := range e.Content {
		gone[id] = e.Reason
	}
	var groups [][][]byte
	for _, id := range sortedIDs(gone) {
		groups = append(groups, [][]byte{id.Bytes(), []byte(gone[id])})
	}
	b, err := wholeLog(kindGone, groups...)
	if err == nil {
		err = tooLong(len(b), 0)
	}
	return put{goneName, [][]byte{b}}, err
}

// readGone reads what is gone. Beside a CorruptError stands what can be read.
func (w *work) readGone() (map[cid.Cid]string, error) {
	gone := map[cid.Cid]string{}
	if !w.has[goneName] {
		return gone, nil
	}
	e, missing, err := readTable(w.dir.home, w.path(goneName), "gone", kindGone)
	if err != nil && !isCorrupt(err) {
		return nil, err
	}
	if missing {
		err = damage("gone", errMissing)
	}
	for ; len(e) >= 2; e = e[2:] {
		id, bad := cid.Cast(e[0])
		if bad != nil || store.CheckID(id) != nil {
			err = join(err, damage("gone", errOther))
			continue
		}
		gone[id] = string(e[1])
	}
	return gone, err
}

// Gone implements store.Segments.
func (d *dir) Gone(ctx context.Context, of cid.Cid) (map[cid.Cid]string, error) {
	gone := map[cid.Cid]string{}
	err := d.look(ctx, of, func(w *work) error {
		found, err := w.readGone()
		if found != nil {
			gone = found
		}
		return err
	})
	if err != nil && !isCorrupt(err) {
		return nil, err
	}
	return gone, err
}
