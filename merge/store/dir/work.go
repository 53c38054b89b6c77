package dir

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// The names of the files of a work; see the layout in the package comment.
const (
	journalName = "open.log"
	heldLogName = "held.log"
	goneName    = "gone"
	selfName    = "work"
	commitName  = "commit"
)

// work is the folder of one work.
//
// Invariants, for whoever has the turn:
//  1. The shelf is sorted by order, then ID, has each ID once, and last is not
//     less than any order.
//  2. Once read is set, shelf, has and journal say what the files of the folder
//     say: under has the names whose file still ends in .new, because writing
//     failed after it was stored.
//  3. A journal without cut ends at its end: what lies behind is not of it.
//  4. gen changes whenever a segment goes.
type work struct {
	dir    *dir
	id     cid.Cid
	folder string
	queue

	read    bool            // the following are known
	exists  bool            // the folder is there
	shelf   []segment       // segments, as they stand
	last    uint64          // the greatest order given out
	gen     uint64          // calls of Replace
	has     map[string]bool // open.log, held.log, gone, work, blocks
	under   map[string]bool
	journal journal
	held    *heldLog
	broken  error // an unfinished write that is damaged
}

// segment is a segment and its files.
type segment struct {
	order uint64
	id    string
	seg   bool     // its file is there
	words bool     // that of its words is
	extra []string // files of the same segment under other orders
}

// files are the names of all files of a segment.
func (s *segment) files() []string {
	name := segmentName(s.order, s.id)
	out := slices.Clone(s.extra)
	if s.seg {
		out = append(out, name+suffixSeg)
	}
	if s.words {
		out = append(out, name+suffixWords)
	}
	return out
}

// newWork is a work whose folder has not been looked at.
func newWork(d *dir, id cid.Cid) *work {
	return &work{dir: d, id: id, folder: folderOf(id), queue: newQueue(), has: map[string]bool{}, under: map[string]bool{}}
}

// work returns a work, nil for one that is not known; with create it becomes known
// to this process.
func (d *dir) work(id cid.Cid, create bool) *work {
	d.worksMu.Lock()
	defer d.worksMu.Unlock()
	w := d.works[id]
	if w == nil && create {
		w = newWork(d, id)
		d.works[id] = w
	}
	return w
}

// path is where a file of the work lies.
func (w *work) path(name string) string {
	if w.under[name] {
		name += suffixNew
	}
	return path.Join(w.folder, name)
}

// look runs a read of the work with the turn. A work that is not known is left so,
// and nothing is run.
func (d *dir) look(ctx context.Context, id cid.Cid, read func(*work) error) error {
	if err := store.CheckID(id); err != nil {
		return err
	}
	if err := d.enter(ctx); err != nil {
		return err
	}
	defer d.leave()
	w := d.work(id, false)
	if w == nil {
		return nil
	}
	if err := w.take(ctx); err != nil {
		return err
	}
	defer w.release()
	if err := w.readIn(); err != nil {
		return store.OfWork(err, id)
	}
	return store.OfWork(read(w), id)
}

// change runs a write of the work when its turn comes. Without create an unknown
// work is left unknown, and write gets nil.
func (d *dir) change(ctx context.Context, id cid.Cid, create bool, write func(*work) error) error {
	return d.submit(ctx, id, create, &call{run: write})
}

// submit hands a call to the queue of the work.
func (d *dir) submit(ctx context.Context, id cid.Cid, create bool, c *call) error {
	if err := store.CheckID(id); err != nil {
		return err
	}
	if err := d.enter(ctx); err != nil {
		return err
	}
	defer d.leave()
	w := d.work(id, create)
	if w == nil {
		return c.run(nil)
	}
	return store.OfWork(w.do(ctx, c), id)
}

// known tells whether anything is stored about the work.
func (w *work) known() bool { return len(w.shelf) > 0 || len(w.has) > 0 || w.broken != nil }

// readIn learns what lies in the folder, ends what was begun, and makes sure of
// what may live in memory only. The caller has the turn. An error of reading
// leaves the work unread; one of writing does not.
func (w *work) readIn() error {
	if w.read {
		return nil
	}
	names, err := w.dir.home.List(w.folder)
	if isMissing(err) {
		w.read = true
		return nil
	}
	if err != nil {
		return storeError(err)
	}
	todo, err := w.unfinished(names)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
	}
	for _, name := range todo.puts {
		there[name] = true
	}
	for _, name := range todo.drops {
		delete(there, name)
	}
	w.arrange(there)
	for _, name := range todo.puts {
		if slices.Contains(names, name+suffixNew) {
			w.under[name] = true
		}
	}
	if err := w.readJournal(); err != nil {
		clear(w.under)
		return err
	}
	w.read, w.exists = true, true
	if w.dir.off() != nil {
		return nil
	}
	return w.dir.write(func() error { return storeError(w.mend(names, todo)) })
}

// arrange sorts the names that are in the folder.
func (w *work) arrange(there map[string]bool) {
	w.shelf, w.last = nil, 0
	clear(w.has)
	for _, name := range []string{journalName, heldLogName, goneName, selfName, blocksName} {
		if there[name] {
			w.has[name] = true
		}
	}
	byID := map[string]*segment{}
	var bases []string
	for name := range there {
		base, ok := strings.CutSuffix(name, suffixSeg)
		if !ok {
			base, ok = strings.CutSuffix(name, suffixWords)
		}
		if _, _, valid := splitName(base); ok && valid {
			bases = append(bases, base)
		}
	}
	slices.Sort(bases)
	for _, base := range slices.Compact(bases) {
		order, id, _ := splitName(base)
		s := segment{order: order, id: id, seg: there[base+suffixSeg], words: there[base+suffixWords]}
		w.last = max(w.last, order)
		if first := byID[id]; first == nil {
			byID[id] = &s
		} else if s.seg && !first.seg {
			s.extra = first.files()
			byID[id] = &s
		} else {
			first.extra = append(first.extra, s.files()...)
		}
	}
	for _, s := range byID {
		w.shelf = append(w.shelf, *s)
	}
	w.sort()
}

// sort restores the order of the shelf.
func (w *work) sort() {
	slices.SortFunc(w.shelf, func(a, b segment) int {
		if a.order != b.order {
			if a.order < b.order {
				return -1
			}
			return 1
		}
		return strings.Compare(a.id, b.id)
	})
}

// find returns the place of a segment on the shelf, -1 when it is not there.
func (w *work) find(id string) int {
	return slices.IndexFunc(w.shelf, func(s segment) bool { return s.id == id })
}

// mend ends an unfinished write, removes what is left of others, and copies what is
// appended to to new files if it may live in memory only. The caller has the turn and may write.
func (w *work) mend(names []string, todo unfinished) error {
	d := w.dir.home
	if todo.redo {
		if err := w.follow(todo.puts, todo.drops); err != nil {
			return err
		}
	} else if todo.undo {
		if err := d.Remove(path.Join(w.folder, commitName)); err != nil {
			return err
		}
	}
	if w.broken != nil {
		return nil
	}
	if err := w.sweep(names, todo); err != nil {
		return err
	}
	if !w.dir.unclean {
		return nil
	}
	if w.has[blocksName] {
		if err := w.mendBlocks(); err != nil {
			return err
		}
	}
	if err := w.refreshJournal(); err != nil {
		return err
	}
	return w.refreshHeld()
}

// sweep removes what is left of writes that were not stored, for good: a later
// write may use the same names.
func (w *work) sweep(names []string, todo unfinished) error {
	d, swept := w.dir.home, false
	for _, name := range names {
		if !strings.HasSuffix(name, suffixNew) || todo.redo && slices.Contains(todo.puts, strings.TrimSuffix(name, suffixNew)) {
			continue
		}
		if err := d.Remove(path.Join(w.folder, name)); err != nil && !isMissing(err) {
			return err
		}
		swept = true
	}
	if !swept {
		return nil
	}
	return d.Sync(w.folder)
}

// isCorrupt tells that an error is damage.
func isCorrupt(err error) bool { return errors.Is(err, store.ErrCorrupt) }
