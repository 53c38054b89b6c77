package dir

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// This file has held changes: a log whose entries are a byte ('+' held, '-' held
// no more), the length of the CID, the CID, and the data. It is written anew when
// more than half of it is about changes that are held no more.

// heldLog is where the next entry goes.
type heldLog struct {
	nonce nonce
	end   int             // 0: it has to be written anew
	live  map[cid.Cid]int // lengths of the entries of what is held
	dead  int             // and of all others
}

// slack is how much of a short log may be about what is held no more.
const slack = 64 << 10

// heldEntry spells an entry, readHeld is its inverse.
func heldEntry(sign byte, id cid.Cid, data []byte) []byte {
	b := append([]byte{sign, byte(id.ByteLen())}, id.Bytes()...)
	return append(b, data...)
}

// readHeld reads what heldEntry wrote.
func readHeld(e []byte) (sign byte, p store.Pending, ok bool) {
	if len(e) < 2 || len(e)-2 < int(e[1]) {
		return 0, p, false
	}
	id, err := cid.Cast(e[2 : 2+int(e[1])])
	if err != nil || store.CheckID(id) != nil || e[0] != '+' && e[0] != '-' {
		return 0, p, false
	}
	return e[0], store.Pending{ID: id, Data: e[2+int(e[1]):]}, true
}

// readHeld reads all that is held, and notes where the log goes on. Beside a
// CorruptError stands what can be read.
func (w *work) readHeld() (map[cid.Cid][]byte, error) {
	held := map[cid.Cid][]byte{}
	log := &heldLog{live: map[cid.Cid]int{}}
	if !w.has[heldLogName] {
		w.held = log
		return held, nil
	}
	b, err := w.dir.home.Read(w.path(heldLogName), maxLog)
	if err = readError("held", err); err != nil && !isCorrupt(err) {
		return nil, err
	}
	var c contents
	if err == nil {
		if w.held != nil && w.held.end > 0 && w.held.end < len(b) {
			b = b[:w.held.end]
		}
		c, err = readLog(b, kindHeld)
	}
	if err == nil && c.bad && (!w.dir.unclean || len(c.beyond) > 0) {
		err = errCut
	}
	for _, e := range append(c.entries, c.beyond...) {
		sign, p, ok := readHeld(e)
		if !ok {
			err = errOther
			continue
		}
		log.dead += log.live[p.ID] + entryHead + len(e)
		delete(log.live, p.ID)
		delete(held, p.ID)
		if sign == '+' {
			log.live[p.ID], held[p.ID] = entryHead+len(e), p.Data
			log.dead -= entryHead + len(e)
		}
	}
	if !c.bad && err == nil && (!w.dir.unclean || w.held != nil && w.held.end > 0) {
		log.nonce, log.end = c.nonce, c.end
	}
	w.held = log
	if err != nil && !isCorrupt(err) {
		err = damage("held", err)
	}
	return held, err
}

// refreshHeld copies the log to a new file, without what a cut has torn. A damaged
// one is left alone.
func (w *work) refreshHeld() error {
	if !w.has[heldLogName] {
		return nil
	}
	_, err := w.readHeld()
	if isCorrupt(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.rewriteHeld(nil)
}

// Hold implements store.Holding.
func (d *dir) Hold(ctx context.Context, of cid.Cid, p ...store.Pending) error {
	for i := range p {
		if err := p[i].Check(); err != nil {
			return err
		}
	}
	return d.change(ctx, of, len(p) > 0, func(w *work) error {
		if len(p) == 0 {
			return nil
		}
		var entries [][]byte
		for i := range p {
			entries = append(entries, heldEntry('+', p[i].ID, p[i].Data))
		}
		return w.logHeld(entries)
	})
}

// Release implements store.Holding.
func (d *dir) Release(ctx context.Context, of cid.Cid, ids ...cid.Cid) error {
	for _, id := range ids {
		if err := store.CheckID(id); err != nil {
			return err
		}
	}
	return d.change(ctx, of, false, func(w *work) error {
		if w == nil || !w.has[heldLogName] {
			return nil
		}
		if err := w.knowHeld(); err != nil {
			return err
		}
		var entries [][]byte
		for _, id := range ids {
			if _, ok := w.held.live[id]; ok {
				entries = append(entries, heldEntry('-', id, nil))
			}
		}
		if len(entries) == 0 {
			return nil
		}
		return w.logHeld(entries)
	})
}

// knowHeld reads the log if it has not been. What is damaged in it is no obstacle:
// it is no part of the work.
func (w *work) knowHeld() error {
	if w.held != nil {
		return nil
	}
	_, err := w.readHeld()
	if isCorrupt(err) {
		err = nil
	}
	return err
}

// logHeld adds entries to the log, or writes it anew with them.
func (w *work) logHeld(entries [][]byte) error {
	if err := w.knowHeld(); err != nil {
		return err
	}
	size, live := frameHead, 0
	for _, e := range entries {
		size += entryHead + len(e)
	}
	for _, n := range w.held.live {
		live += n
	}
	if end := w.held.end; end == 0 || w.held.dead+size > live+slack || end > maxLog-size {
		return w.rewriteHeld(entries)
	}
	frame := appendFrame(make([]byte, 0, size), w.held.nonce, w.held.end, entries...)
	if err := appendFile(w.dir.home, w.path(heldLogName), frame); err != nil {
		return storeError(err)
	}
	w.held.end += len(frame)
	w.held.count(entries)
	return nil
}

// count notes entries that were added.
func (l *heldLog) count(entries [][]byte) {
	for _, e := range entries {
		sign, p, _ := readHeld(e)
		l.dead += l.live[p.ID]
		delete(l.live, p.ID)
		if sign == '+' {
			l.live[p.ID] = entryHead + len(e)
		} else {
			l.dead += entryHead + len(e)
		}
	}
}

// rewriteHeld writes the log anew, with entries more.
func (w *work) rewriteHeld(entries [][]byte) error {
	held, err := w.readHeld()
	if err != nil && !isCorrupt(err) {
		return err
	}
	for _, e := range entries {
		sign, p, _ := readHeld(e)
		if delete(held, p.ID); sign == '+' {
			held[p.ID] = p.Data
		}
	}
	log := &heldLog{live: map[cid.Cid]int{}}
	var b []byte
	if log.nonce, b, err = newLog(kindHeld); err != nil {
		return err
	}
	for _, id := range sortedIDs(held) {
		e := heldEntry('+', id, held[id])
		if err := tooLong(len(b), frameHead+entryHead+len(e)); err != nil {
			return err
		}
		b = appendFrame(b, log.nonce, len(b), e)
		log.live[id] = entryHead + len(e)
	}
	log.end = len(b)
	return w.commit(step{puts: []put{{heldLogName, [][]byte{b}}}}, func() {
		w.has[heldLogName] = true
		w.held = log
	})
}

// sortedIDs returns CIDs in the order of their bytes.
func sortedIDs[V any](m map[cid.Cid]V) []cid.Cid {
	return slices.SortedFunc(maps.Keys(m), func(a, b cid.Cid) int { return slices.Compare(a.Bytes(), b.Bytes()) })
}

// Held implements store.Holding. The log is read once, at the beginning; what has
// been released since is passed over.
func (d *dir) Held(ctx context.Context, of cid.Cid) iter.Seq2[store.Pending, error] {
	return func(yield func(store.Pending, error) bool) {
		var held map[cid.Cid][]byte
		damaged := d.look(ctx, of, func(w *work) (err error) {
			held, err = w.readHeld()
			return err
		})
		for _, id := range sortedIDs(held) {
			still := false
			err := d.look(ctx, of, func(w *work) error {
				_, still = w.held.live[id]
				return nil
			})
			if err != nil {
				yield(store.Pending{}, err)
				return
			}
			if still && !yield(store.Pending{ID: id, Data: append([]byte{}, held[id]...)}, nil) {
				return
			}
		}
		if damaged != nil {
			yield(store.Pending{}, damaged)
		}
	}
}
