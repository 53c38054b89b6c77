package dir

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"
)

// check restates the invariants of the store and of its works, clause by clause,
// with what lies on the disk before it. It is slow and meant for tests.
func (d *dir) check() error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	switch {
	case d.home == nil && d.counted:
		return fmt.Errorf("dir 1: counted and closed")
	case !d.counted:
		return nil
	}
	folders, err := d.home.List(".")
	if err != nil {
		return err
	}
	for _, name := range folders {
		if id, ok := workOf(name); ok && d.work(id, false) == nil {
			return fmt.Errorf("dir 4: folder %s is not known", name)
		}
	}
	d.worksMu.Lock()
	works := make(map[cid.Cid]*work, len(d.works))
	for id, w := range d.works {
		works[id] = w
	}
	d.worksMu.Unlock()
	for id, w := range works {
		if err := w.check(); err != nil {
			return fmt.Errorf("dir, work %s: %w", id, err)
		}
	}
	return nil
}

// check restates the invariants of a work.
func (w *work) check() error {
	if err := w.take(context.Background()); err != nil {
		return err
	}
	defer w.release()
	if !w.read || w.dir.off() != nil {
		return nil
	}
	for i := range w.shelf {
		s := &w.shelf[i]
		if i > 0 && segmentName(w.shelf[i-1].order, w.shelf[i-1].id) >= segmentName(s.order, s.id) || s.order > w.last {
			return fmt.Errorf("1: segment %d has order %d, the last is %d", i, s.order, w.last)
		}
		if w.find(s.id) != i {
			return fmt.Errorf("1: segment %s is there twice", s.id)
		}
	}
	if err := w.checkFiles(); err != nil {
		return err
	}
	if !w.has[journalName] || w.journal.cut != nil {
		return nil
	}
	b, err := w.dir.home.Read(w.path(journalName), maxLog)
	if err != nil {
		return err
	}
	c, err := readLog(b, kindJournal)
	if err != nil || c.bad || c.end != w.journal.end || len(b) != c.end || c.nonce != w.journal.nonce {
		return fmt.Errorf("3: journal of %d bytes ends at %d, known is %d: %w", len(b), c.end, w.journal.end, err)
	}
	return nil
}

// checkFiles is invariant 2.
func (w *work) checkFiles() error {
	names, err := w.dir.home.List(w.folder)
	if isMissing(err) && !w.exists {
		return nil
	}
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for i := range w.shelf {
		for _, name := range w.shelf[i].files() {
			known[name] = true
		}
	}
	for name := range w.has {
		known[name] = true
	}
	for _, name := range names {
		if strings.HasSuffix(name, suffixNew) || name == commitName {
			return fmt.Errorf("2: %s was left behind", name)
		}
		if ours(name) && !known[name] {
			return fmt.Errorf("2: file %s is not known", name)
		}
	}
	for name := range known {
		if !slices.Contains(names, name) {
			return fmt.Errorf("2: file %s is not there", name)
		}
	}
	if len(w.under) > 0 {
		return fmt.Errorf("2: %d files under other names though nothing failed", len(w.under))
	}
	return nil
}
