package merge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/blob"
	"github.com/commonhold/commonhold/merge/store"
)

// This file has what is attached to a work: bytes too large for words, in blocks of
// their own (crdt/FORMAT.md, Blobs), which values link by name. Blocks lie in the
// store of the work, and are fetched from peers when they are read.

// BlobError says which block of a blob is not what it has to be: other bytes than its
// name says (crdt.ErrHash), no node (crdt.ErrMalformed), of another size than its place
// has (crdt.ErrInvalid), over the limit (crdt.ErrLimit).
type BlobError = blob.Error

// MaxBlob is the bytes of the largest blob, 4 TiB.
const MaxBlob = blob.MaxSize

// attachBatch is how many blocks are stored at a time: each time costs a sync or two,
// each block up to 256 KiB of memory.
const attachBatch = 2

// Attach stores what r gives, in blocks, and returns its name, for an edit to put into
// the work as a link:
//
//	id, err := r.Attach(ctx, file)
//	err = r.Update(ctx, func(tx *crdt.Tx) error { tx.Map("files").Put("cover.png", id); return nil })
//
// The same bytes have the same name everywhere. At no time more than a few blocks of
// 256 KiB are in memory. When it returns all is durable; it does not leave this store
// before somebody who has the link asks for it. After an error, be it of r, of the
// store, of ctx, or crdt.ErrLimit over MaxBlob, some blocks may be left behind, for
// [Replica.Sweep].
func (rep *Replica) Attach(ctx context.Context, r io.Reader) (cid.Cid, error) {
	if err := store.CheckContext(ctx); err != nil {
		return cid.Undef, err
	}
	rep.mu.Lock()
	err := rep.usable()
	rep.mu.Unlock()
	if err != nil {
		return cid.Undef, err
	}
	rep.sweeping.RLock()
	defer rep.sweeping.RUnlock()
	batch := make([]store.Block, 0, attachBatch)
	flush := func() error {
		err := rep.repo.st.PutBlocks(ctx, rep.work, batch...)
		clear(batch)
		batch = batch[:0]
		return rep.wrote(err)
	}
	id, _, err := blob.Write(r, func(id cid.Cid, b []byte) error {
		batch = append(batch, store.Block{ID: id, Data: b})
		if len(batch) < attachBatch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return cid.Undef, fmt.Errorf("merge: attaching: %w", err)
	}
	rep.mu.Lock()
	defer rep.mu.Unlock()
	if rep.attached == nil {
		rep.attached = map[cid.Cid]bool{}
	}
	rep.attached[id] = true
	return id, nil
}

// wrote notes that the store has failed, if it has: then nothing is written any more.
func (rep *Replica) wrote(err error) error {
	if errors.Is(err, store.ErrStore) {
		rep.mu.Lock()
		defer rep.mu.Unlock()
		if rep.failed == nil {
			rep.failed = fmt.Errorf("merge: work %s is written no more: %w", rep.work, err)
		}
	}
	return err
}

// Blob is what was attached, being read: an io.ReadSeekCloser. It is not safe for
// concurrent use; open it as often as it is read at a time.
type Blob struct {
	r      *blob.Reader
	closed bool
}

// Blob begins to read what is attached under a name. Blocks that are not stored here,
// or are damaged, are fetched as they are needed from whoever is connected by
// [Repo.Follow] or [Repo.Serve], one peer after another, and are kept. Every byte is
// verified before it is handed out. ctx is for all reading; let it end when nobody
// reads any more.
//
// ErrAbsent: a block is neither here nor to be had of anybody who is connected; the
// same read may succeed later. A *BlobError: somebody has made a blob that does not
// keep its form, or name is that of something else. Else the error of the store or of
// ctx.
func (rep *Replica) Blob(ctx context.Context, name cid.Cid) (*Blob, error) {
	if err := store.CheckContext(ctx); err != nil {
		return nil, err
	}
	rep.mu.Lock()
	closed := rep.closed
	rep.mu.Unlock()
	if closed {
		return nil, fmt.Errorf("merge: work %s: %w", rep.work, ErrClosed)
	}
	g := &getter{rep: rep, ctx: ctx, root: name, last: -2}
	r, err := blob.Open(name, g.get)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	g.r = r
	return &Blob{r: r}, nil
}

// Size is how many bytes there are, which is known before any of them is read.
func (b *Blob) Size() int64 { return b.r.Size() }

// Read implements io.Reader. After an error it may be tried again, and goes on where
// it was.
func (b *Blob) Read(p []byte) (int, error) {
	if b.closed {
		return 0, ErrClosed
	}
	return b.r.Read(p)
}

// Seek implements io.Seeker. It fetches nothing.
func (b *Blob) Seek(offset int64, whence int) (int64, error) {
	if b.closed {
		return 0, ErrClosed
	}
	return b.r.Seek(offset, whence)
}

// WriteTo implements io.WriterTo, for io.Copy. To copy a blob to io.Discard is to have
// all of it here.
func (b *Blob) WriteTo(w io.Writer) (int64, error) {
	if b.closed {
		return 0, ErrClosed
	}
	return b.r.WriteTo(w)
}

// Close implements io.Closer.
func (b *Blob) Close() error {
	if b.closed {
		return ErrClosed
	}
	b.closed = true
	return nil
}

// getter gets the blocks of a blob that is being read.
type getter struct {
	rep  *Replica
	ctx  context.Context
	root cid.Cid
	r    *blob.Reader // nil until the root is there
	last int64        // the chunk that was asked for last
}

// ahead is how many chunks are asked for beyond the one that is needed, when the one
// before was read too, so that the next do not have to wait for their way.
const ahead = 7

// get is blob.Get: from the store or else from a peer.
func (g *getter) get(p blob.Place, id cid.Cid) ([]byte, error) {
	next := p.Height == 0 && p.Index == g.last+1
	if p.Height == 0 {
		g.last = p.Index
	}
	b, err := g.rep.repo.st.GetBlock(g.ctx, g.rep.work, id)
	if !absent(err) {
		return b, err
	}
	f := &g.rep.fetches
	w := f.add(want{root: g.root, place: p, id: id, hops: maxHops})
	for i := int64(1); next && i <= ahead; i++ {
		q := blob.Place{Index: p.Index + i}
		if q.Index%blob.Fan == 0 { // below another node, which may not be here
			break
		}
		id, err := g.r.Name(q)
		if err != nil {
			break
		}
		f.add(want{root: g.root, place: q, id: id, hops: maxHops})
	}
	select {
	case <-w.done:
		if w.err != nil && errors.Is(err, store.ErrCorrupt) {
			return nil, errors.Join(w.err, err)
		}
		return w.data, w.err
	case <-g.ctx.Done():
		return nil, g.ctx.Err()
	}
}

// absent tells that a store has not a block, or not any more.
func absent(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrCorrupt)
}

// Links gives the names that values of the work link, now or at any time before,
// ascending; those of blobs, whether here or not, and of whatever else was linked as a
// blob is. What was erased links nothing. So a server keeps all that is attached:
//
//	for id := range r.Links() {
//		if b, err := r.Blob(ctx, id); err == nil {
//			_, err = io.Copy(io.Discard, b)
//		}
//	}
func (rep *Replica) Links() iter.Seq[cid.Cid] {
	return func(yield func(cid.Cid) bool) {
		for _, id := range rep.linked.all(rep) {
			if !yield(id) {
				return
			}
		}
	}
}

// Sweep forgets the blocks that are stored here and belong to no blob that a value of
// the work links, now or at any time before; what is deleted can be undone and seen in
// history, so it counts, and what was erased does not. Blobs that were attached since
// the work was opened stay, as their links may be still to come. It returns how many
// blocks went. Nothing else ever removes a block that is whole.
//
// What is open is saved first. ErrBusy while something is being attached. ErrCorrupt,
// with nothing removed, while something of the work or a node of a blob is damaged, as
// long as it is not known what that links.
func (rep *Replica) Sweep(ctx context.Context) (int, error) {
	if err := rep.Save(ctx); err != nil {
		return 0, err
	}
	if !rep.sweeping.TryLock() {
		return 0, fmt.Errorf("merge: sweeping while something is attached: %w", ErrBusy)
	}
	defer rep.sweeping.Unlock()
	rep.mu.Lock()
	known := len(rep.damage) == 0
	rep.mu.Unlock()
	if !known || rep.lacking(ctx) {
		return 0, fmt.Errorf("merge: sweeping work %s before it is mended: %w", rep.work, ErrCorrupt)
	}
	// The list comes first: a block that is fetched from now on is not in it.
	var stored []cid.Cid
	for id, err := range rep.repo.st.ListBlocks(ctx, rep.work) {
		if err != nil {
			return 0, err
		}
		stored = append(stored, id)
	}
	keep, err := rep.kept(ctx)
	if err != nil {
		return 0, err
	}
	stored = slices.DeleteFunc(stored, func(id cid.Cid) bool { return keep[id] })
	for part := range slices.Chunk(stored, store.MaxBlocks) {
		if err := rep.wrote(rep.repo.st.DropBlocks(ctx, rep.work, part...)); err != nil {
			return 0, err
		}
	}
	return len(stored), nil
}

// kept are the blocks that Sweep keeps.
func (rep *Replica) kept(ctx context.Context) (map[cid.Cid]bool, error) {
	if _, err := rep.repo.st.Gone(ctx, rep.work); err != nil { // it would not be known what is lost
		return nil, err
	}
	roots := rep.linked.all(rep)
	rep.mu.Lock()
	for _, id := range roots {
		delete(rep.attached, id) // its link has come
	}
	for id := range rep.attached {
		roots = append(roots, id)
	}
	rep.mu.Unlock()
	keep := map[cid.Cid]bool{}
	for _, root := range roots {
		if err := rep.walkStored(ctx, root, func(id cid.Cid) error { keep[id] = true; return nil }); err != nil {
			return nil, err
		}
	}
	return keep, nil
}

// walkStored gives the names of the blocks of a blob, stored or not, below those nodes
// that are stored once fn has seen them. A name of something else than a blob has
// itself only. ErrCorrupt for a node that is damaged.
func (rep *Replica) walkStored(ctx context.Context, root cid.Cid, fn func(cid.Cid) error) error {
	get := func(_ blob.Place, id cid.Cid) ([]byte, error) {
		return rep.repo.st.GetBlock(ctx, rep.work, id)
	}
	if err := fn(root); err != nil {
		return err
	}
	r, err := blob.Open(root, get)
	var none *BlobError
	if errors.Is(err, store.ErrNotFound) || errors.As(err, &none) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.Walk(func(p blob.Place, id cid.Cid) (bool, error) {
		if err := fn(id); err != nil || p.Height == 0 || p.Height == r.Height() {
			return true, err
		}
		_, err := get(p, id)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		return true, err
	})
}
