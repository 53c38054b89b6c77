package blob

import (
	"fmt"
	"io"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// Put keeps a block under its name. The bytes are its own.
type Put func(id cid.Cid, b []byte) error

// Write cuts what r gives into blocks, hands each to put, those below a node before
// the node, and returns the name and the number of bytes. It holds one chunk and one
// node a height. The error is that of r or of put, or ErrLimit of package block; what
// was put before it is of no use.
func Write(r io.Reader, put Put) (id cid.Cid, size int64, err error) {
	return standard.write(r, put)
}

// write is Write in a geometry.
func (g geometry) write(r io.Reader, put Put) (cid.Cid, int64, error) {
	w := writer{geometry: g, put: put, rows: make([]row, g.high+1)}
	for {
		b := make([]byte, g.chunk)
		n, err := fill(r, b)
		if err != nil && err != io.EOF {
			return cid.Undef, 0, err
		}
		if n > 0 {
			if err := w.chunkOf(b[:n:n]); err != nil {
				return cid.Undef, 0, err
			}
		}
		if err == io.EOF {
			id, err := w.root()
			return id, w.size, err
		}
	}
}

// maxEmpty is how many reads in a row may give nothing.
const maxEmpty = 100

// fill reads until b is full. io.EOF says that the stream has ended; unlike with
// io.ReadFull, a reader that itself says io.ErrUnexpectedEOF, as of a download that
// broke off, is not taken for one that has.
func fill(r io.Reader, b []byte) (n int, err error) {
	for empty := 0; n < len(b) && err == nil; {
		var k int
		k, err = r.Read(b[n:])
		n += k
		if empty++; k > 0 {
			empty = 0
		}
		if empty == maxEmpty {
			return n, io.ErrNoProgress
		}
	}
	return n, err
}

// writer builds a tree from the left.
//
// Invariants:
//  1. rows[h] has the blocks of height h-1 that no node links yet, fewer than or as
//     many as a node has; rows[0] is unused.
//  2. A row that is full is emptied when the next block of it comes, and not before:
//     it may be the last.
type writer struct {
	geometry
	put  Put
	size int64
	rows []row
}

// row is what the next node of a height will link.
type row struct {
	below []block.ID
	size  int64
}

// chunkOf puts a chunk and adds it.
func (w *writer) chunkOf(b []byte) error {
	if int64(len(b)) > w.span(w.high)-w.size {
		return fmt.Errorf("blob: more than %d bytes: %w", w.span(w.high), block.ErrLimit)
	}
	w.size += int64(len(b))
	id := block.Sum(b)
	if err := w.put(id.ContentCID(), b); err != nil {
		return err
	}
	return w.add(1, id, int64(len(b)))
}

// add adds a block of so many bytes to the row of a height.
func (w *writer) add(height int, id block.ID, size int64) error {
	if int64(len(w.rows[height].below)) == w.fan {
		if err := w.close(height); err != nil {
			return err
		}
	}
	r := &w.rows[height]
	r.below, r.size = append(r.below, id), r.size+size
	return nil
}

// close makes a node of a row and adds it to the next.
func (w *writer) close(height int) error {
	id, size, err := w.node(height)
	if err != nil {
		return err
	}
	return w.add(height+1, id, size)
}

// node makes a node of a row, and empties it.
func (w *writer) node(height int) (block.ID, int64, error) {
	r := &w.rows[height]
	b := encode(r.size, height, r.below)
	id, size := block.Sum(b), r.size
	r.below, r.size = r.below[:0], 0
	return id, size, w.put(id.ChangeCID(), b)
}

// root closes all rows, and returns the name of the root.
func (w *writer) root() (cid.Cid, error) {
	top := w.height(w.size)
	for h := 1; h < top; h++ {
		if err := w.close(h); err != nil {
			return cid.Undef, err
		}
	}
	id, _, err := w.node(top)
	return id.ChangeCID(), err
}
