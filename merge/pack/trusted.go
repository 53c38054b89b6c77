package pack

import (
	"bytes"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// WriteState is [Write] with a state section: what the work shows is in the file
// besides its history, for [ReadTrusted]. Every other reader passes over it. A work
// that has no JSON, because a counter in it is beyond all bounds, or that shows more
// than 256 MiB or 262,144 names, or has more than 65,536 heads, gets no section. It
// holds what the work shows meanwhile.
func WriteState(w io.Writer, d *crdt.Doc) error {
	in := bridge.Of(d)
	sum, err := in.Summary()
	if err != nil {
		return fmt.Errorf("pack: signing: %w", err)
	}
	s := sink{w: w, p: newPackerOf(block.ID(in.Work()), true)}
	s.head()
	for b := range bundles(in, sum.Changes) {
		s.add(&b)
	}
	s.flush()
	of := state{sum: s.p.sum, summary: sum}
	for _, p := range of.frames() {
		s.frame(kindState, p)
	}
	return s.close()
}

// ReadTrusted is [Read] for a file of one's own: one that WriteState wrote, and that
// nobody else could have written since. Where the file has a state section the document
// shows that at once, and the history stays packed until something asks for more.
//
// Without the history a document answers ID, Title, Author, Heads and View; its view
// ID, Version, Open, Changes, MarshalJSON and Text of a root text that shows something;
// and that text, whole, String and Len. Everything else, the first edit, merge, blame
// or look into the past above all, reads the history first, in the call that asks, for
// as long as Read takes, and everything is then as after Read. [crdt.Doc.Load] does
// that at a time of one's choice.
//
// What is trusted is what the document shows until then, and no more: that the section
// is the one that was written, and was written with the history beside it, is checked
// by checksums, which a forger can make too. The history is verified as in Read when it
// is read, and compared with the section: Load tells what came of it, and what the
// document says from then on is what its authors signed. Do not open what somebody
// sent you with it.
//
// It falls back to Read where there is no section, where that is of a later version, is
// not as WriteState makes it or does not belong to the history, and with
// [crdt.MaxBytes]. Errors are those of Read: a damaged file is ErrCorrupt even where
// only the section is damaged, and Read does not open it either; a work under other
// rules is crdt.ErrRules. It holds the file, packed, until the history is read.
func ReadTrusted(r io.Reader, work cid.Cid, key crdt.Signer, opts ...crdt.Option) (*crdt.Doc, error) {
	k, err := hold(r)
	if err != nil {
		return nil, err
	}
	d, err := joined(k.work, work, key, opts)
	if err != nil {
		return nil, err
	}
	if s, err := readState(k.state); err == nil && string(k.end) == string(appendEnd(nil, uint32(s.summary.Changes), &s.sum)) {
		k.sum, k.state = s.sum, nil
		if bridge.Of(d).Summarised(s.summary, k.each) == nil {
			return d, nil
		}
	}
	k.sum = digest{}
	if d, err = fill(d, k.each); err != nil {
		return nil, err
	}
	return d, nil
}

// unread is a pack that is not unpacked yet.
type unread struct {
	work   block.ID
	groups [][]byte
	state  [][]byte
	end    []byte
	sum    digest // that the groups must come to; zeros for any
}

// hold reads the frames of a pack.
func hold(r io.Reader) (*unread, error) {
	var f frames
	if err := f.open(r); err != nil {
		return nil, err
	}
	k := &unread{work: f.work}
	for {
		kind, payload, err := f.next()
		if err != nil {
			return nil, err
		}
		payload = bytes.Clone(payload)
		switch {
		case kind == kindGroup && k.state == nil:
			k.groups = append(k.groups, payload)
		case kind == kindState:
			k.state = append(k.state, payload)
		case kind == kindEnd:
			k.end = payload
			return k, f.end()
		default:
			return nil, misplaced(kind)
		}
	}
}

// misplaced is the error for a frame that has no business where it stands.
func misplaced(kind byte) error {
	return fmt.Errorf("pack: frame of kind %q: %w", kind, ErrMalformed)
}

// each is source.each of what is held.
func (k *unread) each(yield func(bridge.Bundle) error) error {
	u := newUnpacker(k.work)
	for _, payload := range k.groups {
		b, err := u.group(payload)
		if err == nil {
			err = yield(b)
		}
		if err != nil {
			return err
		}
	}
	if err := u.ended(k.end); err != nil {
		return err
	}
	if k.sum != (digest{}) && k.sum != u.sum {
		return fmt.Errorf("pack: the state section is of other changes: %w", crdt.ErrSummary)
	}
	return nil
}
