package blob

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// Place is where a block stands in its blob: the Index-th of its height, from the
// left. Chunks are of height 0.
type Place struct {
	Height int
	Index  int64
}

// Root is the place of the root, whose height only its bytes tell.
var Root = Place{Height: -1}

// Get gives the block of a name, which stands at a place. What it gives is not
// changed, and need not be right.
type Get func(p Place, id cid.Cid) ([]byte, error)

// Reader reads a blob: an io.ReadSeeker that asks for blocks as they are needed, the
// nodes on the way down and one chunk. It is not safe for concurrent use.
//
// Invariants:
//  1. path[h] is the node of height h that was used last, the at[h]-th; path[0] is
//     unused. All of them, and the chunk, have been verified against the root's name.
//  2. chunk is the at[0]-th chunk, nil when none was read.
type Reader struct {
	geometry
	id    cid.Cid
	get   Get
	path  []node
	at    []int64
	chunk []byte
	pos   int64
}

// Open begins to read a blob: it asks for the root. An *Error when that is none, and
// ErrMalformed of package block when the name cannot be that of a blob.
func Open(id cid.Cid, get Get) (*Reader, error) { return standard.open(id, get) }

// open is Open in a geometry.
func (g geometry) open(id cid.Cid, get Get) (*Reader, error) {
	if _, err := block.ChangeID(id); err != nil {
		return nil, fmt.Errorf("blob: %s is no name of one: %w", id, err)
	}
	r := &Reader{geometry: g, id: id, get: get}
	b, err := r.fetch(Root, id)
	if err != nil {
		return nil, err
	}
	root, err := g.decode(b, 0, -1)
	if err != nil {
		return nil, &Error{id, id, err}
	}
	r.path, r.at = make([]node, root.height+1), make([]int64, root.height+1)
	r.path[root.height] = root
	for h := range root.height {
		r.at[h] = -1
	}
	return r, nil
}

// fetch asks for a block and hashes what comes.
func (r *Reader) fetch(p Place, id cid.Cid) ([]byte, error) {
	b, err := r.get(p, id)
	if err != nil {
		return nil, err
	}
	want, err := digest(p.Height, id)
	if err == nil {
		err = block.CheckHash(want, b)
	}
	if err != nil {
		return nil, &Error{r.id, id, err}
	}
	return b, nil
}

// root is the node at the top.
func (r *Reader) root() *node { return &r.path[len(r.path)-1] }

// ID is the name of the blob.
func (r *Reader) ID() cid.Cid { return r.id }

// Size is how many bytes the blob has.
func (r *Reader) Size() int64 { return r.root().size }

// Height is that of the root.
func (r *Reader) Height() int { return r.root().height }

// size is how many bytes are below the block at a place.
func (r *Reader) size(p Place) int64 {
	below := r.span(p.Height)
	return min(below, r.Size()-p.Index*below)
}

// inside tells whether there is a block at a place.
func (r *Reader) inside(p Place) bool {
	if p.Height < 0 || p.Height > r.Height() || p.Index < 0 {
		return false
	}
	if p.Height == r.Height() {
		return p.Index == 0
	}
	return p.Index < r.count(r.Size(), p.Height+1)
}

// ErrPlace says that a blob has no block at a place.
var ErrPlace = errors.New("blob: no block stands there")

// Name gives the name of the block at a place, for which it reads the nodes above.
// ErrPlace when there is none.
func (r *Reader) Name(p Place) (cid.Cid, error) {
	if !r.inside(p) {
		return cid.Undef, ErrPlace
	}
	if p.Height == r.Height() {
		return r.id, nil
	}
	above, err := r.node(Place{p.Height + 1, p.Index / r.fan})
	if err != nil {
		return cid.Undef, err
	}
	return above.link(p.Index % r.fan), nil
}

// node gives the node at a place, which is in the tree: from the path if it is the
// one that was used last.
func (r *Reader) node(p Place) (*node, error) {
	if r.at[p.Height] == p.Index {
		return &r.path[p.Height], nil
	}
	id, err := r.Name(p)
	if err != nil {
		return nil, err
	}
	b, err := r.fetch(p, id)
	if err != nil {
		return nil, err
	}
	n, err := r.decode(b, p.Height, r.size(p))
	if err != nil {
		return nil, &Error{r.id, id, err}
	}
	r.path[p.Height], r.at[p.Height] = n, p.Index
	return &r.path[p.Height], nil
}

// chunkAt gives the chunk with a number.
func (r *Reader) chunkAt(index int64) ([]byte, error) {
	if r.chunk != nil && r.at[0] == index {
		return r.chunk, nil
	}
	r.chunk = nil // not kept while the next one comes
	p := Place{0, index}
	id, err := r.Name(p)
	if err != nil {
		return nil, err
	}
	b, err := r.fetch(p, id)
	if err != nil {
		return nil, err
	}
	if int64(len(b)) != r.size(p) {
		return nil, &Error{r.id, id, fmt.Errorf("a chunk of %d bytes where %d belong: %w", len(b), r.size(p), block.ErrInvalid)}
	}
	r.chunk, r.at[0] = b, index
	return b, nil
}

// Block gives the name and the bytes of the block at a place, verified. ErrPlace when
// there is none.
func (r *Reader) Block(p Place) (cid.Cid, []byte, error) {
	if p == Root {
		b, err := r.fetch(Root, r.id)
		return r.id, b, err
	}
	id, err := r.Name(p)
	if err != nil {
		return cid.Undef, nil, err
	}
	if p.Height == r.Height() {
		p = Root
	}
	if p.Height == 0 {
		b, err := r.chunkAt(p.Index)
		return id, b, err
	}
	b, err := r.fetch(p, id)
	return id, b, err
}

// Read implements io.Reader. Every byte has been verified. After an error the place
// is where it was, so a read may be tried again.
func (r *Reader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if r.pos >= r.Size() {
		return 0, io.EOF
	}
	chunk, err := r.chunkAt(r.pos / r.geometry.chunk)
	if err != nil {
		return 0, err
	}
	n := copy(b, chunk[r.pos%r.geometry.chunk:])
	r.pos += int64(n)
	return n, nil
}

// WriteTo implements io.WriterTo: chunks go to w as they are, without a copy.
func (r *Reader) WriteTo(w io.Writer) (n int64, err error) {
	for r.pos < r.Size() {
		chunk, err := r.chunkAt(r.pos / r.geometry.chunk)
		if err != nil {
			return n, err
		}
		k, err := w.Write(slices.Clip(chunk[r.pos%r.geometry.chunk:]))
		n, r.pos = n+int64(k), r.pos+int64(k)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Seek implements io.Seeker. It reads nothing; a place behind the end is allowed, one
// before the beginning is not.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	base := int64(0)
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		base = r.pos
	case io.SeekEnd:
		base = r.Size()
	default:
		return 0, fmt.Errorf("blob: seeking from %d: %w", whence, errSeek)
	}
	if offset < -base || offset > 0 && base+offset < base {
		return 0, fmt.Errorf("blob: seeking %d from %d: %w", offset, base, errSeek)
	}
	r.pos = base + offset
	return r.pos, nil
}

// errSeek says that there is no such place.
var errSeek = errors.New("no place in a blob")

// Walk gives the names of all blocks, each node before what is below it. What fn
// returns tells whether to go on below a node. It reads nodes, no chunks.
func (r *Reader) Walk(fn func(p Place, id cid.Cid) (down bool, err error)) error {
	return r.walk(Place{r.Height(), 0}, fn)
}

// walk is Walk below a place. It is as deep as the tree is high.
func (r *Reader) walk(p Place, fn func(Place, cid.Cid) (bool, error)) error {
	id, err := r.Name(p)
	if err != nil {
		return err
	}
	down, err := fn(p, id)
	if err != nil || !down || p.Height == 0 {
		return err
	}
	for i := range r.count(r.size(p), p.Height) {
		if err := r.walk(Place{p.Height - 1, p.Index*r.fan + i}, fn); err != nil {
			return err
		}
	}
	return nil
}
