package sim

import (
	"crypto/ed25519"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
)

// forge damages a pack, so that what arrives is not what was written, or was not
// written by whom it says. Other frames stay.
func (m *mimic) forge(msg []byte) []byte {
	if m.role == roleWithholder && msg[0] == frameWords {
		return m.deny(msg)
	}
	list := forgeries[m.role]
	if list == nil || msg[0] != framePack || msg[flagsAt]&wholePack != wholePack || m.r.IntN(3) == 0 {
		return msg
	}
	var b bundle.Bundle
	if bundle.Decode(msg[packHeader:], &b) != nil || len(b.Items) == 0 {
		return msg
	}
	b.Items, b.Sigs = slices.Clone(b.Items), slices.Clone(b.Sigs)
	m.budget--
	m.w.rep.Counts.Forgeries++
	list[m.r.IntN(len(list))](m, &b)
	part, err := bundle.Encode(&b, true)
	if err != nil || len(part) == 0 || len(part) > 60<<10 {
		return msg
	}
	return append(slices.Clone(msg[:packHeader]), part...)
}

// deny says in place of words that they are not there, or gives others.
func (m *mimic) deny(msg []byte) []byte {
	of := flagsAt + 32
	switch m.r.IntN(3) {
	case 0:
		m.budget--
		m.w.rep.Counts.Forgeries++
		return append(slices.Clone(msg[:of]), 0xff, 0xff, 0xff, 0xff)
	case 1:
		if len(msg) > of+8 {
			m.budget--
			m.w.rep.Counts.Forgeries++
			msg = slices.Clone(msg)
			msg[of+8+m.r.IntN(len(msg)-of-8)] ^= 1 << m.r.IntN(8)
		}
	}
	return msg
}

// forgeries are what a peer does to a bundle.
var forgeries = map[byte][]func(*mimic, *bundle.Bundle){roleForger: changed, roleSplicer: spliced, roleWithholder: emptied}

// emptied are what a withholder does: the changes are whole, and their words are not.
var emptied = []func(*mimic, *bundle.Bundle){
	func(m *mimic, b *bundle.Bundle) { // a bit of words
		it := &b.Items[m.r.IntN(len(b.Items))]
		it.Words = m.flip(it.Words)
	},
	func(m *mimic, b *bundle.Bundle) { // other words
		it := &b.Items[m.r.IntN(len(b.Items))]
		it.Words = slices.Clone(b.Items[m.r.IntN(len(b.Items))].Words)
	},
	func(m *mimic, b *bundle.Bundle) { // none
		b.Items[m.r.IntN(len(b.Items))].Words = nil
	},
}

// changed are what a forger does.
var changed = []func(*mimic, *bundle.Bundle){
	func(m *mimic, b *bundle.Bundle) { // a bit of a change
		it := &b.Items[m.r.IntN(len(b.Items))]
		it.Change = m.flip(it.Change)
	},
	func(m *mimic, b *bundle.Bundle) { // a bit of a signature
		if len(b.Sigs) > 0 {
			s := &b.Sigs[m.r.IntN(len(b.Sigs))]
			s.Sig[m.r.IntN(64)] ^= 1 << m.r.IntN(8)
		}
	},
	func(m *mimic, b *bundle.Bundle) { // the signatures of others
		for i := range b.Sigs {
			b.Sigs[i].Sig = b.Sigs[(i+1)%len(b.Sigs)].Sig
		}
	},
	func(m *mimic, b *bundle.Bundle) { // its own signature for others' changes
		b.Name()
		b.Sigs = nil
		for _, it := range b.Items {
			b.Sigs = append(b.Sigs, m.sign(it.ID))
		}
	},
	func(m *mimic, b *bundle.Bundle) { // no signatures
		b.Sigs = nil
	},
	func(m *mimic, b *bundle.Bundle) { // something is left out
		i := m.r.IntN(len(b.Items))
		b.Items = slices.Delete(b.Items, i, i+1)
	},
	func(m *mimic, b *bundle.Bundle) { // the wrong way round
		slices.Reverse(b.Items)
	},
	func(m *mimic, b *bundle.Bundle) { // another work
		b.Work[m.r.IntN(32)] ^= 1
	},
	func(m *mimic, b *bundle.Bundle) { // a change in the name of somebody else
		m.invent(b, true)
	},
	func(m *mimic, b *bundle.Bundle) { // a change of its own that breaks a rule, and one on it
		m.invent(b, false)
	},
}

// flip flips a bit of a copy.
func (m *mimic) flip(b []byte) []byte {
	b = slices.Clone(b)
	if len(b) > 0 {
		b[m.r.IntN(len(b))] ^= 1 << m.r.IntN(8)
	}
	return b
}

// sign is the forger's own signature on a change.
func (m *mimic) sign(change block.ID) bridge.Sig {
	s := bridge.Sig{Change: change}
	copy(s.Sig[:], ed25519.Sign(m.key.private, block.SigningMessage(id(m.w), change)))
	return s
}

// invent adds a change: one in the name of whoever wrote one of the changes, next on
// the chain, signed with the forger's key or not at all; or one of its own that names
// what is not there, properly signed.
func (m *mimic) invent(b *bundle.Bundle, inName bool) {
	it := b.Items[m.r.IntN(len(b.Items))]
	var c block.Change
	if block.Decode(it.Change, &c) != nil {
		return
	}
	e := m.w.l.begin(m.key.author, -1)
	words := []byte(string(m.w.l.char(e)))
	m.w.l.end(e, false)
	h := block.Header{By: c.By, Seq: c.Seq + 1, Prev: block.Sum(it.Change), Start: c.Start + uint64(c.Count), Text: block.Sum(words), Size: uint32(len(words))}
	op := block.Op{Code: block.OpText, C: block.Container{Kind: block.KindText, Name: textName}, Side: block.Right, Runes: 1, Bytes: uint32(len(words))}
	if !inName {
		h = block.Header{By: block.Key(m.key.author), Parents: []block.ID{block.Sum(it.Change)}, Work: id(m.w), Text: h.Text, Size: h.Size}
		op.HasAt, op.At = true, block.Thing{C: 1, N: 1 << 40}
	}
	raw := block.Encode(&h, 1, block.AppendOp(nil, &op))
	b.Items = append(b.Items, bundle.Item{Change: raw, Words: words})
	if !inName || m.r.IntN(2) == 0 {
		b.Sigs = append(b.Sigs, m.sign(block.Sum(raw)))
	}
}
