package pack

import (
	"fmt"
	"io"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// bundleBytes is about how much is asked of a document at once.
const bundleBytes = 1 << 20

// Write writes the whole history of a document: what is open in it is sealed and
// signed first, and what is edited meanwhile is not in the pack. It holds one
// group of changes at a time, and of those before some 20 bytes each. Errors are
// those of the signer and of w.
func Write(w io.Writer, d *crdt.Doc) error {
	in := bridge.Of(d)
	n, err := ready(in)
	if err != nil {
		return err
	}
	s := sink{w: w, p: newPackerOf(block.ID(in.Work()), true)}
	s.head()
	for b := range bundles(in, n) {
		s.add(&b)
	}
	return s.close()
}

// ready seals and signs what is open, and returns how many changes there are.
func ready(in bridge.Doc) (n int, err error) {
	if err = in.Leave(); err == nil {
		n, err = in.Signed()
	}
	if err != nil {
		return 0, fmt.Errorf("pack: signing: %w", err)
	}
	return n, nil
}

// bundles yields the first n changes of a document, piece by piece.
func bundles(in bridge.Doc, n int) func(func(bridge.Bundle) bool) {
	return func(yield func(bridge.Bundle) bool) {
		var idx []int
		for at := 0; at < n; {
			for len(idx) < min(n-at, softChanges) {
				idx = append(idx, 0)
			}
			idx = idx[:min(n-at, softChanges)]
			for k := range idx {
				idx[k] = at + k
			}
			b, k := in.Bundle(idx, bundleBytes)
			if at += k; !yield(b) {
				return
			}
		}
	}
}

// sink writes frames.
type sink struct {
	w   io.Writer
	p   *packer
	sum uint32
	buf []byte
	err error
}

// head writes what a pack begins with.
func (s *sink) head() {
	s.buf, s.sum = appendHead(s.buf[:0], s.p.m.work)
	s.write()
}

// write writes buf, unless something failed before.
func (s *sink) write() {
	if s.err == nil {
		_, s.err = s.w.Write(s.buf)
	}
}

// add puts changes into groups, and writes those that are full.
func (s *sink) add(b *bridge.Bundle) {
	sigs := byChange(b.Sigs)
	for k := range b.Items {
		it := &b.Items[k]
		id := it.ID
		if id == ([32]byte{}) {
			id = block.Sum(it.Change)
		}
		if s.err == nil {
			s.err = s.p.add(it, sigs[id])
		}
		if s.err != nil {
			return
		}
		if s.p.full() {
			s.group()
		}
	}
}

// group writes the group that the packer is at.
func (s *sink) group() { s.frame(kindGroup, s.p.take()) }

// frame writes a frame.
func (s *sink) frame(kind byte, payload []byte) {
	s.buf, s.sum = appendFrame(s.buf[:0], s.sum, kind, payload)
	s.write()
}

// flush writes the last group.
func (s *sink) flush() {
	if s.p.head.changes > 0 {
		s.group()
	}
}

// close writes the last group and the end.
func (s *sink) close() error {
	s.flush()
	s.frame(kindEnd, appendEnd(nil, s.p.m.len(), &s.p.sum))
	return s.err
}
