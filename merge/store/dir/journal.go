package dir

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// journal is where the next record goes.
type journal struct {
	nonce nonce
	end   int
	cut   error // why nothing can be written behind what is there: it is damaged
}

// OpenJournal implements store.Journals.
func (d *dir) OpenJournal(ctx context.Context, of cid.Cid, header []byte, records ...[]byte) error {
	if err := (store.Journal{Header: header, Records: records}).Check(); err != nil {
		return err
	}
	return d.change(ctx, of, true, func(w *work) error {
		entries := append([][]byte{header}, records...)
		size := logHead + frameHead
		for _, e := range entries {
			if err := tooLong(size, entryHead+len(e)); err != nil {
				return err
			}
			size += entryHead + len(e)
		}
		n, b, err := newLog(kindJournal)
		if err != nil {
			return err
		}
		b = appendFrame(b, n, len(b), entries...)
		return w.commit(step{puts: []put{{journalName, [][]byte{b}}}}, func() {
			w.has[journalName] = true
			w.journal = journal{nonce: n, end: len(b)}
		})
	})
}

// AppendJournal implements store.Journals.
func (d *dir) AppendJournal(ctx context.Context, of cid.Cid, records ...[]byte) error {
	if err := store.CheckRecords(records); err != nil {
		return err
	}
	return d.submit(ctx, of, false, &call{append: true, records: records, run: func(*work) error {
		return fmt.Errorf("journal of %s: %w", of, store.ErrNotFound)
	}})
}

// errDamaged is the answer to records for a journal that is known to be damaged:
// one that is written behind the damage would not be found again.
var errDamaged = errors.New("the journal must be opened anew first")

// appendRecords puts records behind those of the journal, in one frame.
func (w *work) appendRecords(records [][]byte) error {
	if !w.has[journalName] {
		return fmt.Errorf("journal of %s: %w", w.id, store.ErrNotFound)
	}
	if w.journal.cut != nil {
		if _, err := w.journalFile(); err != nil { // it may have been a moment's failure
			return damage("journal", fmt.Errorf("%w: %w", errDamaged, err))
		}
	}
	if len(records) == 0 {
		return nil
	}
	size := frameHead
	for _, r := range records {
		size += entryHead + len(r)
		if err := tooLong(w.journal.end, size); err != nil {
			return err
		}
	}
	frame := appendFrame(make([]byte, 0, size), w.journal.nonce, w.journal.end, records...)
	if err := appendFile(w.dir.home, w.path(journalName), frame); err != nil {
		return storeError(err)
	}
	w.journal.end += len(frame)
	return nil
}

// readJournal learns where the journal ends.
func (w *work) readJournal() error {
	w.journal = journal{}
	_, err := w.journalFile()
	if isCorrupt(err) {
		return nil
	}
	return err
}

// journalFile reads the journal, and notes where it ends when that is not known.
// What a cut has torn is not of it. The error is a CorruptError beside what can be
// read, or why it could not be tried.
func (w *work) journalFile() (contents, error) {
	if !w.has[journalName] {
		return contents{}, nil
	}
	b, err := w.dir.home.Read(w.path(journalName), maxLog)
	if err != nil {
		if err = readError("journal", err); isCorrupt(err) {
			w.journal.cut = err
		}
		return contents{}, err
	}
	if end := w.journal.end; end > 0 && end < len(b) {
		b = b[:end] // a write that failed may have left something behind it
	}
	c, err := readLog(b, kindJournal)
	switch {
	case err != nil:
		err = damage("journal", err)
	case len(c.entries) == 0 || w.journal.end > 0 && c.end != w.journal.end:
		err = damage("journal", errCut)
	case c.bad && (!w.dir.unclean || len(c.beyond) > 0):
		err = damage("journal", errCut)
	}
	if w.journal.cut = err; err == nil {
		w.journal.nonce, w.journal.end = c.nonce, c.end
	}
	return c, err
}

// refreshJournal copies the journal to a new file, without what a cut has torn. A
// damaged one is left alone.
func (w *work) refreshJournal() error {
	if !w.has[journalName] || w.journal.cut != nil {
		return nil
	}
	b, err := w.dir.home.Read(path.Join(w.folder, journalName), maxLog)
	if err != nil {
		return err
	}
	if len(b) < w.journal.end {
		return errLength
	}
	return replaceFile(w.dir.home, path.Join(w.folder, journalName), b[:w.journal.end])
}

// LoadJournal implements store.Journals.
func (d *dir) LoadJournal(ctx context.Context, of cid.Cid) (store.Journal, error) {
	var j store.Journal
	err := d.look(ctx, of, func(w *work) error {
		c, err := w.journalFile()
		if len(c.entries) > 0 {
			j.Header, j.Records = c.entries[0], c.entries[1:]
		}
		return err
	})
	if err != nil && !isCorrupt(err) {
		return store.Journal{}, err
	}
	return j, err
}

// Seal implements store.Journals.
func (d *dir) Seal(ctx context.Context, of cid.Cid, s ...store.Segment) error {
	if err := store.CheckAppend(s); err != nil {
		return err
	}
	return d.change(ctx, of, len(s) > 0, func(w *work) error {
		if w == nil {
			return nil
		}
		return w.append(s, true)
	})
}
