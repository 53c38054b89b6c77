package dir

import (
	"context"
	"iter"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// Load implements store.Segments. Each segment is read by itself, so that a caller
// who takes his time blocks nobody, and one who writes to the store between two
// segments does not wait for himself.
func (d *dir) Load(ctx context.Context, of cid.Cid) iter.Seq2[store.Segment, error] {
	return func(yield func(store.Segment, error) bool) {
		l := loader{seen: map[string]bool{}}
		for {
			var s store.Segment
			var read error
			more := false
			err := d.look(ctx, of, func(w *work) error {
				s, more, read = l.next(w)
				return nil
			})
			if err != nil {
				yield(store.Segment{}, err)
				return
			}
			read = ofSegment(store.OfWork(read, of), s.ID)
			if !more && read == nil || !yield(s, read) || !more || read != nil && !isCorrupt(read) {
				return
			}
		}
	}
}

// loader is the state of one Load between two segments. It goes along the shelf;
// when something was replaced meanwhile it goes along it again, past what it has
// had.
type loader struct {
	seen map[string]bool // segments that were read, by ID
	at   int
	gen  uint64
}

// next reads the next segment; without more there is none, and the error, if any,
// is about the work.
func (l *loader) next(w *work) (s store.Segment, more bool, err error) {
	if l.gen != w.gen {
		l.at, l.gen = 0, w.gen
	}
	for ; l.at < len(w.shelf); l.at++ {
		at := &w.shelf[l.at]
		if l.seen[at.id] {
			continue
		}
		l.seen[at.id] = true
		s, err := w.readSegment(at)
		return s, true, err
	}
	return s, false, w.broken
}

// readSegment reads a segment, or returns a CorruptError beside what is left of
// it.
func (w *work) readSegment(at *segment) (store.Segment, error) {
	d, name := w.dir.home, segmentName(at.order, at.id)
	none := store.Segment{ID: at.id}
	if !at.seg {
		return none, damage("changes", errMissing)
	}
	b, err := d.Read(w.path(name+suffixSeg), maxSegment)
	if err != nil {
		return none, readError("changes", err)
	}
	s, stored, err := readSegment(b, at.id)
	if err != nil {
		return none, damage("changes", err)
	}
	if !at.words {
		if stored {
			return s, damage("words", errMissing)
		}
		return s, nil
	}
	if b, err = d.Read(w.path(name+suffixWords), maxSegment); err != nil {
		return s, readError("words", err)
	}
	if s.Words, err = readWords(b, at.id); err != nil {
		return s, damage("words", err)
	}
	return s, nil
}

// ofSegment adds the segment to a CorruptError.
func ofSegment(err error, id string) error {
	c, ok := err.(*store.CorruptError)
	if !ok || id == "" {
		return err
	}
	named := *c
	named.Segment = id
	return &named
}
