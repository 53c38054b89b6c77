package pack

import (
	"errors"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// Read makes a document of a pack that holds a whole history. It computes every
// block and its name, and verifies signatures, as [crdt.Doc.Apply] does; what
// the document says is therefore what its authors signed, whoever wrote the
// pack. work is the work that is expected, cid.Undef for any; key and opts are
// those of [crdt.Join]: a key that has written in the work must not be given to
// a second copy of it.
//
// It holds one group of changes at a time. Bytes that are no pack, are damaged
// or of a later version, and groups that stand for more than they may, are
// ErrMalformed, ErrCorrupt, ErrVersion and ErrLimit; another work is
// crdt.ErrForeign; a pack of a range is crdt.ErrMissing, since what it stands on
// is not there. Whatever the error, there is no document then: see [Salvage].
func Read(r io.Reader, work cid.Cid, key crdt.Signer, opts ...crdt.Option) (*crdt.Doc, error) {
	d, err := Salvage(r, work, key, opts...)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Salvage is Read of a pack that may be damaged: besides the error it returns
// the document that the groups before the damage make, nil if not even its head
// can be read or the work does not open at all. Each group is signed together
// with those before it, so nothing in the document is less certain.
func Salvage(r io.Reader, work cid.Cid, key crdt.Signer, opts ...crdt.Option) (*crdt.Doc, error) {
	var s source
	if err := s.open(r); err != nil {
		return nil, err
	}
	d, err := joined(s.f.work, work, key, opts)
	if err != nil {
		return nil, err
	}
	return fill(d, s.each)
}

// joined is a document of the work of a pack, if that is the one that is wanted.
func joined(of block.ID, work cid.Cid, key crdt.Signer, opts []crdt.Option) (*crdt.Doc, error) {
	id := of.ChangeCID()
	if work.Defined() && work != id {
		return nil, fmt.Errorf("pack: of work %s, not %s: %w", id, work, crdt.ErrForeign)
	}
	return crdt.Join(key, id, opts...)
}

// fill fills an empty document with what each yields, and returns it if anything
// came into it.
func fill(d *crdt.Doc, each func(yield func(bridge.Bundle) error) error) (*crdt.Doc, error) {
	in := bridge.Of(d)
	err := each(func(b bridge.Bundle) error {
		_, err := in.Take(b)
		return err
	})
	if n := in.Pending(); n > 0 && err == nil {
		err = incomplete(d, n)
	}
	if in.Count() == 0 {
		if err == nil {
			err = fmt.Errorf("pack: no change of work %s: %w", d.ID(), crdt.ErrMissing)
		}
		return nil, err
	}
	return d, err
}

// incomplete is the error for n changes that wait when all were read: that of one
// that lacks a link, if there is any, since others may wait because of it.
func incomplete(d *crdt.Doc, n int) error {
	var first crdt.Change
	var reason error
	for c, why := range d.Pending() {
		if reason == nil || errors.Is(why, crdt.ErrMissing) {
			first, reason = c, why
		}
		if errors.Is(reason, crdt.ErrMissing) {
			break
		}
	}
	return fmt.Errorf("pack: %d changes wait, %s among them: %w", n, first.ID, reason)
}

// source reads a pack group by group.
type source struct {
	f     frames
	u     *unpacker
	state int64 // bytes of the state section, which it passes over
}

// open reads the head.
func (s *source) open(r io.Reader) error {
	if err := s.f.open(r); err != nil {
		return err
	}
	s.u = newUnpacker(s.f.work)
	return nil
}

// each yields all groups, which are good for one call each, and compares the end.
func (s *source) each(yield func(bridge.Bundle) error) error {
	for {
		kind, payload, err := s.f.next()
		if err != nil {
			return err
		}
		switch {
		case kind == kindGroup && s.state == 0:
			b, err := s.u.group(payload)
			if err == nil {
				err = yield(b)
			}
			if err != nil {
				return err
			}
		case kind == kindState:
			s.state += int64(frameSize + len(payload))
		case kind == kindEnd:
			if err := s.u.ended(payload); err != nil {
				return err
			}
			return s.f.end()
		default:
			return misplaced(kind)
		}
	}
}

// ended is a fault if the end of a pack tells of other changes than were read.
func (u *unpacker) ended(payload []byte) error {
	if string(payload) != string(appendEnd(nil, u.m.len(), &u.sum)) {
		return fmt.Errorf("pack: its end tells of other changes: %w", ErrMalformed)
	}
	return nil
}

// whole reads all groups of a pack into one bundle.
func (s *source) whole() (out bridge.Bundle, err error) {
	out.Work = s.f.work
	err = s.each(func(b bridge.Bundle) error {
		out.Items, out.Sigs = append(out.Items, b.Items...), append(out.Sigs, b.Sigs...)
		s.u.detach()
		return nil
	})
	var c block.Change
	for k := 0; k < len(out.Items) && err == nil; k++ {
		if err = block.Decode(out.Items[k].Change, &c); err != nil {
			err = fmt.Errorf("pack: change %d: %w", k, err)
		}
	}
	return out, err
}
