package session

import (
	"bytes"
	"encoding/binary"

	"github.com/commonhold/commonhold/internal/tips"
)

// decode reads a message. It is strict: whatever it accepts, encode writes the
// same bytes for. Counts are compared with the bytes that are left before
// anything is allocated, so what it allocates is a small multiple of len(b).
func decode(b []byte) (message, error) {
	m := message{}
	kind, t, err := peek(b)
	if err != nil {
		return m, err
	}
	m.kind, m.tag = kind, t
	r := reader{rest: b[1:]}
	if kind == mHello {
		if v := r.byte(); r.wrong == "" && v != Version {
			return m, &breach{KindVersion, ErrVersion}
		}
		r.hello(&m)
	} else {
		r.take(tagLen)
		r.body(&m)
	}
	if r.wrong == "" && len(r.rest) > 0 {
		r.fail("bytes after the end")
	}
	if r.wrong != "" {
		return m, malformed("message of kind %d: %s", kind, r.wrong)
	}
	return m, nil
}

// reader takes fields off the front of rest. After the first thing that is
// wrong every read gives zeros.
type reader struct {
	rest  []byte
	wrong string
}

// fail notes what is wrong, unless something was before.
func (r *reader) fail(what string) {
	if r.wrong == "" {
		r.wrong = what
	}
	r.rest = nil
}

// take gives the next n bytes, or nil if there are fewer.
func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.fail("it is cut off")
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// byte takes one byte.
func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// uint32 takes four bytes, big endian.
func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// uint64 takes eight bytes, big endian.
func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// id takes a digest.
func (r *reader) id() (x id) {
	copy(x[:], r.take(idLen))
	return x
}

// nonce takes a nonce.
func (r *reader) nonce() (x nonce) {
	copy(x[:], r.take(nonceLen))
	return x
}

// flags takes a byte of which only the bits of all may be set.
func (r *reader) flags(all byte) byte {
	f := r.byte()
	if f&^all != 0 {
		r.fail("unknown flag")
		return 0
	}
	return f
}

// ids takes n digests; ascending demands that they ascend.
func (r *reader) ids(n int, ascending bool) []id {
	b := r.take(n * idLen)
	if len(b) == 0 {
		return nil
	}
	out := make([]id, n)
	for i := range out {
		out[i] = id(b[i*idLen:])
		if ascending && i > 0 && compareID(out[i-1], out[i]) >= 0 {
			r.fail("ids do not ascend")
			return nil
		}
	}
	return out
}

// tips takes n tips, which must ascend.
func (r *reader) tips(n int) []Tip {
	b := r.take(n * tipLen)
	if len(b) == 0 {
		return nil
	}
	out := make([]Tip, n)
	for i := range out {
		t := b[i*tipLen:]
		out[i] = Tip{Author: id(t), Seq: binary.BigEndian.Uint64(t[idLen:]), ID: id(t[idLen+8:])}
		switch {
		case out[i].Seq >= MaxSeq:
			r.fail("seq over the limit")
			return nil
		case i > 0 && tips.Compare(out[i-1], out[i]) >= 0:
			r.fail("tips do not ascend")
			return nil
		}
	}
	return out
}

// hello reads what follows the version.
func (r *reader) hello(m *message) {
	m.flags = r.flags(helloFlags)
	m.work, m.nonce, m.echo, m.digest = r.id(), r.nonce(), r.nonce(), r.id()
	m.count = r.uint64()
	heads := int(r.byte())
	if heads > MaxHeads || heads > 0 && m.flags&helloHeads == 0 {
		r.fail("number of heads")
	}
	m.heads = r.ids(heads, true)
	switch n := r.byte(); {
	case n == offered:
		if m.offer = r.take(len(r.rest)); len(m.offer) == 0 || len(m.offer) > MaxOffer {
			r.fail("length of an offer")
		}
	case n > MaxInline:
		r.fail("number of tips")
	default:
		m.tips = r.tips(int(n))
	}
	if m.nonce == (nonce{}) {
		r.fail("nonce is zero")
	}
}

// body reads what follows the tag of every other message.
func (r *reader) body(m *message) {
	if m.kind != mFail {
		m.num = r.uint64()
	}
	switch m.kind {
	case mRanges:
		if m.part = r.take(len(r.rest)); len(m.part) == 0 {
			r.fail("it says nothing")
		}
	case mPack:
		m.flags = r.flags(packFlags)
		if m.part = r.take(len(r.rest)); len(m.part) == 0 || len(m.part) > MaxPart {
			r.fail("length of a part")
		}
	case mWant:
		r.wants(m)
	case mLack:
		if n := len(r.rest) / idLen; n == 0 {
			r.fail("no ids")
		} else {
			m.ids = r.ids(n, false)
		}
	case mAsk:
		m.flags = r.flags(wantMore)
		if n := len(r.rest) / idLen; n > MaxAsk {
			r.fail("number of ids")
		} else {
			m.ids = r.ids(n, false)
		}
	case mWords:
		r.words(m)
	case mHave:
		m.digest, m.count, m.deferred, m.seen = r.id(), r.uint64(), r.uint64(), r.uint64()
	case mCredit:
		if m.bytes = r.uint32(); m.bytes == 0 {
			r.fail("credit of nothing")
		}
	case mFail:
		m.why = Kind(r.byte())
		if m.text = r.take(len(r.rest)); len(m.text) > MaxReason {
			r.fail("length of the text")
		}
		m.text = bytes.Clone(m.text)
	}
}

// words reads the body of words.
func (r *reader) words(m *message) {
	m.of, m.size = r.id(), r.uint32()
	if m.size == noWords {
		return
	}
	m.place = r.uint32()
	m.part = r.take(len(r.rest))
	if n := uint64(len(m.part)); m.size > MaxWords || n == 0 || n > MaxPart || uint64(m.place)+n > uint64(m.size) {
		r.fail("a part of words")
	}
}

// wants reads the body of a want. Each entry takes 65 bytes and more, and
// append allocates as they are read.
func (r *reader) wants(m *message) {
	m.flags = r.flags(wantMore)
	for len(r.rest) > 0 {
		w := want{author: r.id(), tip: r.id()}
		n := int(r.byte())
		if n > MaxLocator || len(m.wants) == MaxWants {
			r.fail("number of wants or of ids in a locator")
			return
		}
		w.locator = r.ids(n, false)
		m.wants = append(m.wants, w)
	}
	if len(m.wants) == 0 {
		r.fail("it asks for nothing")
	}
}
