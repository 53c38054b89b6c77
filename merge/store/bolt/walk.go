//go:build !js

package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// walker looks at the pages of a file before bbolt does. bbolt believes what a
// page says of itself: a branch that leads back to itself it follows for ever, an
// offset beyond the page it reads, keys out of order it merges again and again,
// and a page that the list of free pages has by mistake it writes over. None of
// that can be caught, so such a file is refused.
//
// A page that is not the one it should be, by its number or its kind, is passed
// over: bbolt does look at those two, its panic can be caught, and the rest of the
// file can be read.
//
// Invariant: seen has a bit for every page that has been met, and no page is met
// twice.
type walker struct {
	file io.ReaderAt
	high uint64   // pages from here on are not in use
	seen []uint64 // a bit a page
	todo []subtree
}

// subtree is a page that is still to be looked at, and the keys it may have: from
// least on, below most; nil where there is no bound.
type subtree struct {
	page        uint64
	least, most []byte
}

// The parts of a page, as bbolt lays them out, in the order of bytes of the
// machine.
const (
	pageHead    = 16 // number (8), kind (2), count (2), pages that follow it (4)
	elementSize = 16 // branch: offset (4), key length (4), page (8); leaf: flags, offset, key length, value length (4 each)
	bucketHead  = 16 // root page (8), sequence (8); an inline page follows where the root is 0

	kindBranch = 0x01
	kindLeaf   = 0x02
	kindMeta   = 0x04
	kindFree   = 0x10

	leafBucket = 0x01 // flag of a leaf element that is a bucket
)

// errPages is what is wrong with a file that walk refuses.
var errPages = errors.New("the pages do not make a tree")

// check walks the pages that a transaction sees. A file without a list of free
// pages is not ours, and bbolt would make one in a goroutine, where a panic cannot
// be caught.
func (f *file) check(tx *bbolt.Tx) error {
	var pages [2 * pageSize]byte
	if _, err := f.f.ReadAt(pages[:], 0); err != nil {
		return storeError(err)
	}
	// magic, version, page size, flags (4 each); root page, sequence, free pages, pages in use, transaction (8 each)
	n, metas := binary.NativeEndian, [2][]byte{pages[pageHead:], pages[pageSize+pageHead:]}
	m := metas[0]
	if n.Uint64(m[48:]) != uint64(tx.ID()) {
		m = metas[1]
	}
	root, free, high, id := n.Uint64(m[16:]), n.Uint64(m[32:]), n.Uint64(m[40:]), n.Uint64(m[48:])
	if id != uint64(tx.ID()) || free == ^uint64(0) {
		return damage("meta", fmt.Errorf("%s: %w", f.path, errNoStore))
	}
	if size := f.info.Size(); high > uint64(size)/pageSize {
		return damage("meta", fmt.Errorf("%s has %d bytes, but %d pages: %w", f.path, size, high, errLength))
	}
	if err := walk(f.f, root, free, high); err != nil {
		return damage("pages", fmt.Errorf("%s: %w", f.path, err))
	}
	return nil
}

// walk follows all buckets from the root, and the list of free pages, and returns
// why bbolt must not be let near the file. The file has high pages in use.
func walk(file io.ReaderAt, root, free, high uint64) error {
	w := walker{file: file, high: high, seen: make([]uint64, high/64+1), todo: []subtree{{page: root}}}
	for len(w.todo) > 0 {
		t := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		if err := w.page(t); err != nil {
			return fmt.Errorf("page %d: %w: %w", t.page, errPages, err)
		}
	}
	if err := w.free(free); err != nil {
		return fmt.Errorf("free pages, page %d: %w: %w", free, errPages, err)
	}
	return nil
}

// head is what a page says of itself.
type head struct {
	id       uint64
	kind     uint16
	count    int
	overflow uint64
}

// readHead reads the head of a page from its first bytes.
func readHead(p []byte) head {
	n := binary.NativeEndian
	return head{n.Uint64(p), n.Uint16(p[8:]), int(n.Uint16(p[10:])), uint64(n.Uint32(p[12:]))}
}

// meet notes that a page and those that follow it are in use.
func (w *walker) meet(id, overflow uint64) error {
	for p := id; p <= id+overflow; p++ {
		if w.seen[p/64]>>(p%64)&1 != 0 {
			return fmt.Errorf("page %d is used twice", p)
		}
		w.seen[p/64] |= 1 << (p % 64)
	}
	return nil
}

// page looks at one page of a bucket.
func (w *walker) page(t subtree) error {
	id := t.page
	if id < 2 || id >= w.high {
		return fmt.Errorf("not among the %d pages", w.high)
	}
	first := make([]byte, pageSize)
	if _, err := w.file.ReadAt(first, int64(id)*pageSize); err != nil {
		return err
	}
	h := readHead(first)
	if h.id == id && (h.kind == kindMeta || h.kind == kindFree) {
		return fmt.Errorf("a page of a bucket of kind %x", h.kind)
	}
	if h.id != id || (h.kind != kindBranch && h.kind != kindLeaf) {
		return nil
	}
	if h.overflow >= w.high-id {
		return fmt.Errorf("%d pages follow it", h.overflow)
	}
	if err := w.meet(id, h.overflow); err != nil {
		return err
	}
	in := section{w.file, int64(id)*pageSize + pageHead, int64(1+h.overflow)*pageSize - pageHead, first[pageHead:], false}
	return w.elements(h, in, t)
}

// section is a part of the file, with its first bytes at hand.
type section struct {
	file   io.ReaderAt
	offset int64
	size   int64
	first  []byte
	inline bool // it is the value of a bucket, which has no buckets inside
}

// read returns n bytes at a place in the section, which has them.
func (s section) read(at, n int64) ([]byte, error) {
	if at+n <= int64(len(s.first)) {
		return s.first[at : at+n : at+n], nil
	}
	b := make([]byte, n)
	_, err := s.file.ReadAt(b, s.offset+at)
	return b, err
}

// elements looks at the elements of a page, which begin the section: each lies
// inside it, and their keys ascend within the bounds of t.
func (w *walker) elements(h head, in section, t subtree) error {
	if int64(h.count)*elementSize > in.size || (h.kind == kindBranch && h.count == 0) {
		return fmt.Errorf("%d elements in %d bytes", h.count, in.size)
	}
	table, err := in.read(0, int64(h.count)*elementSize)
	if err != nil {
		return err
	}
	n, last := binary.NativeEndian, len(w.todo)
	var before []byte
	for i := range int64(h.count) {
		e := table[i*elementSize:][:elementSize]
		var pos, klen, vlen int64
		if h.kind == kindBranch {
			pos, klen = i*elementSize+int64(n.Uint32(e)), int64(n.Uint32(e[4:]))
		} else {
			pos, klen, vlen = i*elementSize+int64(n.Uint32(e[4:])), int64(n.Uint32(e[8:])), int64(n.Uint32(e[12:]))
		}
		if klen > bbolt.MaxKeySize || pos+klen+vlen > in.size {
			return fmt.Errorf("element %d ends at %d of %d bytes", i, pos+klen+vlen, in.size)
		}
		k, err := in.read(pos, klen)
		if err != nil {
			return err
		}
		if (i > 0 && bytes.Compare(before, k) >= 0) || (t.least != nil && bytes.Compare(k, t.least) < 0) ||
			(t.most != nil && bytes.Compare(k, t.most) >= 0) {
			return fmt.Errorf("key %d is out of order", i)
		}
		before = k
		switch {
		case h.kind == kindBranch:
			if len(w.todo) > last { // the key bounds the page before
				w.todo[len(w.todo)-1].most = k
			}
			w.todo = append(w.todo, subtree{page: n.Uint64(e[8:]), least: k, most: t.most})
		case n.Uint32(e)&leafBucket != 0 && in.inline:
			return fmt.Errorf("element %d is a bucket in an inline bucket", i)
		case n.Uint32(e)&leafBucket != 0:
			if err := w.bucket(in, pos+klen, vlen); err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
	}
	return nil
}

// bucket looks at the value of a bucket, which lies at a place in the section: the
// number of its root, or the root itself.
func (w *walker) bucket(in section, at, size int64) error {
	if size < bucketHead {
		return fmt.Errorf("a bucket of %d bytes", size)
	}
	b, err := in.read(at, min(size, bucketHead+pageHead))
	if err != nil {
		return err
	}
	if root := binary.NativeEndian.Uint64(b); root != 0 {
		w.todo = append(w.todo, subtree{page: root})
		return nil
	}
	if len(b) < bucketHead+pageHead {
		return fmt.Errorf("a root in a bucket of %d bytes", size)
	}
	h := readHead(b[bucketHead:])
	if h.kind != kindLeaf || h.id != 0 {
		return fmt.Errorf("a root of kind %x, number %d", h.kind, h.id)
	}
	at, size = at+int64(len(b)), size-int64(len(b))
	all, err := in.read(at, size) // bbolt keeps it under a quarter of a page
	if err != nil {
		return err
	}
	return w.elements(h, section{in.file, in.offset + at, size, all, true}, subtree{})
}

// free looks at the list of free pages. Every page it has must be one that nobody
// uses, and stand in it once.
func (w *walker) free(id uint64) error {
	if id < 2 || id >= w.high {
		return fmt.Errorf("not among the %d pages", w.high)
	}
	var first [pageHead + 8]byte
	if _, err := w.file.ReadAt(first[:], int64(id)*pageSize); err != nil {
		return err
	}
	h := readHead(first[:])
	if h.id != id || h.kind != kindFree || h.overflow >= w.high-id {
		return fmt.Errorf("it is page %d of kind %x, and %d pages follow it", h.id, h.kind, h.overflow)
	}
	if err := w.meet(id, h.overflow); err != nil {
		return err
	}
	at, count := int64(id)*pageSize+pageHead, uint64(h.count)
	if h.count == 0xffff { // more than that: the number itself comes first
		count, at = binary.NativeEndian.Uint64(first[pageHead:]), at+8
	}
	if room := int64(id+1+h.overflow)*pageSize - at; count > uint64(room)/8 {
		return fmt.Errorf("%d pages listed in %d bytes", count, room)
	}
	list := make([]byte, 8*count)
	if _, err := w.file.ReadAt(list, at); err != nil {
		return err
	}
	for ; len(list) > 0; list = list[8:] {
		p := binary.NativeEndian.Uint64(list)
		if p < 2 || p >= w.high {
			return fmt.Errorf("page %d of %d", p, w.high)
		}
		if err := w.meet(p, 0); err != nil {
			return err
		}
	}
	return nil
}
