package pack

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/invariant"
)

// unpacker reads groups: it is the inverse of packer.
type unpacker struct {
	m      *model
	head   groupHead
	sum    digest
	slots  map[uint32]int // by author: which share of the words
	ends   []int          // of each share, in colWords
	at     []int          // how far each was read
	ops    []byte
	buf    []byte // blocks of the group, and salted contents
	items  []bridge.Item
	sigs   []bridge.Sig
	count  uint64 // words read
	salted bool   // there was salt before words, which then lie in buf
}

// newUnpacker makes an unpacker for a pack of a work.
func newUnpacker(work block.ID) *unpacker {
	return &unpacker{m: newModel(work, false), slots: map[uint32]int{}}
}

// group reads one group. The result is good until the next call, unless detach
// was called.
func (u *unpacker) group(p []byte) (bridge.Bundle, error) {
	p, err := u.head.take(p)
	if err == nil {
		err = u.columns(p)
	}
	if err != nil {
		return bridge.Bundle{}, err
	}
	u.shares()
	room := u.head.blocks
	if u.salted {
		room += u.head.contents
	}
	u.buf = grow(u.buf, int(room))
	n := int(min(u.head.changes, 1+u.head.blocks/minBlock))
	u.items, u.sigs, u.count = slices.Grow(u.items[:0], n), slices.Grow(u.sigs[:0], int(min(u.head.signed, uint64(n)))), 0
	u.m.room(n)
	for k := uint64(0); k < u.head.changes && u.m.err == nil; k++ {
		u.change()
	}
	u.signatures()
	u.finish()
	if u.m.err != nil {
		return bridge.Bundle{}, u.m.err
	}
	return bridge.Bundle{Work: u.m.work, Items: u.items, Sigs: u.sigs}, nil
}

// detach lets the caller keep the last group.
func (u *unpacker) detach() {
	u.buf, u.items, u.sigs = nil, nil, nil
	u.m.cols[colWords].b = nil
}

// columns unpacks all columns.
func (u *unpacker) columns(p []byte) error {
	m := u.m
	m.coder.reset(false)
	if len(p) < 8 {
		return fmt.Errorf("pack: group without columns: %w", ErrMalformed)
	}
	there, room := binary.LittleEndian.Uint64(p), u.head.room()
	if there>>columns != 0 {
		return fmt.Errorf("pack: columns %x: %w", there, ErrMalformed)
	}
	p = p[8:]
	for k := range m.cols {
		if there>>k&1 == 0 {
			continue
		}
		b, rest, err := unsqueeze(m.cols[k].b, p, room)
		if err != nil {
			return err
		}
		m.cols[k].b, p = b, rest
		room -= len(b)
	}
	for _, x := range p {
		if x != 0 {
			return fmt.Errorf("pack: %d bytes behind the columns: %w", len(p), ErrMalformed)
		}
	}
	return nil
}

// shares finds where the words of each author begin.
func (u *unpacker) shares() {
	clear(u.slots)
	u.at, u.ends = append(u.at[:0], 0), u.ends[:0]
	end := 0
	for _, n := range u.head.shares {
		end += int(n)
		u.ends = append(u.ends, end)
		u.at = append(u.at, end)
	}
	if len(u.ends) == 0 {
		u.ends = append(u.ends, len(u.m.cols[colWords].b))
	}
}

// text returns the next n bytes of words of the author at hand.
func (u *unpacker) text(n int) []byte {
	m, k := u.m, 0
	if len(u.head.shares) > 0 {
		var ok bool
		if k, ok = u.slots[m.author]; !ok {
			k = len(u.slots)
			u.slots[m.author] = k
		}
	}
	if k >= len(u.ends) || n > u.ends[k]-u.at[k] || u.ends[k] > len(m.cols[colWords].b) {
		m.fail("words of %d bytes are not there", n)
		return nil
	}
	i := u.at[k]
	u.at[k] += n
	u.count += uint64(n)
	return m.cols[colWords].b[i : i+n : i+n]
}

// change reads one change.
func (u *unpacker) change() {
	m := u.m
	s := m.begin(false, false)
	nops := int(m.upto(colOps, 0, block.MaxOps))
	u.ops = u.ops[:0]
	for k := 0; k < nops && m.err == nil; k++ {
		op := &m.op // each sets all that an op of its code has, but appends to these
		op.Lens, op.Over, op.Runs = op.Lens[:0], op.Over[:0], op.Runs[:0]
		if m.each(); m.err == nil {
			u.ops = block.AppendOp(u.ops, op)
		}
	}
	content := u.content(s)
	if m.err != nil {
		return
	}
	from := len(u.buf)
	u.buf = block.AppendEncode(u.buf, &m.header, nops, u.ops)
	raw := u.buf[from:len(u.buf):len(u.buf)]
	if uint64(len(u.buf)) > u.head.blocks+u.head.contents || len(raw) > block.MaxBlock {
		m.fail("blocks of more bytes than the group says")
		return
	}
	it := bridge.Item{ID: block.Sum(raw), Change: raw, Words: content}
	u.items = append(u.items, it)
	m.add(m.author, m.prev, m.header.Start, uint32(m.made), m.header.Seq, it.ID)
}

// content reads the words of a change and completes its header.
func (u *unpacker) content(s shape) (content []byte) {
	m, h := u.m, &u.m.header
	h.Text, h.Size = block.ID{}, uint32(m.words)
	if m.words == 0 || m.err != nil {
		return nil
	}
	salt := 0
	if s.plain&shapeSalted != 0 {
		salt = block.SaltSize
		h.Size += block.SaltSize
	}
	if s.plain&shapeAbsent != 0 {
		m.fixed(colRaw, h.Text[:])
		return nil
	}
	var head [block.SaltSize]byte
	m.fixed(colRaw, head[:salt])
	content = u.text(int(m.words))
	if salt > 0 && m.err == nil {
		if uint64(len(u.buf))+uint64(h.Size) > u.head.blocks+u.head.contents {
			m.fail("salted words of more bytes than the group says")
			return nil
		}
		u.salted = true
		from := len(u.buf)
		u.buf = append(append(u.buf, head[:]...), content...)
		content = u.buf[from:len(u.buf):len(u.buf)]
	}
	h.Text = block.Sum(content)
	return content
}

// signatures reads which changes of the group are signed.
func (u *unpacker) signatures() {
	m, next := u.m, uint64(0)
	for n := u.head.signed; n > 0 && m.err == nil; n-- {
		k := next + m.upto(colSigned, 0, u.head.changes)
		if k >= uint64(len(u.items)) {
			m.fail("signature on change %d of %d", k, len(u.items))
			return
		}
		s := bridge.Sig{Change: u.items[k].ID}
		m.fixed(colSigs, s.Sig[:])
		u.sigs = append(u.sigs, s)
		next = k + 1
	}
}

// finish is a fault if the group is not just what its head says.
func (u *unpacker) finish() {
	m := u.m
	if m.err != nil {
		return
	}
	m.cols[colWords].i = int(min(u.count, uint64(len(m.cols[colWords].b))))
	m.rest()
	blocks, contents := uint64(0), uint64(0)
	h := sha256.New()
	h.Write(u.sum[:])
	for k := range u.items {
		it := &u.items[k]
		blocks += uint64(len(it.Change))
		contents += uint64(len(it.Words))
		h.Write(it.ID[:])
	}
	if blocks != u.head.blocks || contents != u.head.contents {
		m.fail("%d and %d bytes where %d and %d were said", blocks, contents, u.head.blocks, u.head.contents)
	}
	h.Sum(u.sum[:0])
	if invariant.Enabled {
		m.mustHold()
	}
	if m.err == nil && [sumSize]byte(u.sum[:sumSize]) != u.head.sum {
		m.err = fmt.Errorf("pack: the changes are not those that were written: %w", ErrCorrupt)
	}
}
