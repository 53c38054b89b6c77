package session

import (
	"bytes"
	"encoding/binary"
)

// encode writes a message; decode is its inverse: decode(encode(m)) is m for
// every m within the limits, and encode(decode(b)) is b for every b that decode
// accepts. The result is a new slice.
func encode(m *message) []byte {
	b := make([]byte, 0, encodedLen(m))
	b = append(b, m.kind)
	if m.kind == mHello {
		return appendHello(b, m)
	}
	b = append(b, m.tag[:]...)
	if m.kind != mFail {
		b = binary.BigEndian.AppendUint64(b, m.num)
	}
	switch m.kind {
	case mRanges:
		b = append(b, m.part...)
	case mPack:
		b = append(b, m.flags)
		b = append(b, m.part...)
	case mWant:
		b = append(b, m.flags)
		for i := range m.wants {
			w := &m.wants[i]
			b = append(b, w.author[:]...)
			b = append(b, w.tip[:]...)
			b = append(b, byte(len(w.locator)))
			b = appendIDs(b, w.locator)
		}
	case mLack:
		b = appendIDs(b, m.ids)
	case mAsk:
		b = append(b, m.flags)
		b = appendIDs(b, m.ids)
	case mWords:
		b = append(b, m.of[:]...)
		b = binary.BigEndian.AppendUint32(b, m.size)
		if m.size != noWords {
			b = binary.BigEndian.AppendUint32(b, m.place)
			b = append(b, m.part...)
		}
	case mHave:
		b = append(b, m.digest[:]...)
		b = binary.BigEndian.AppendUint64(b, m.count)
		b = binary.BigEndian.AppendUint64(b, m.deferred)
		b = binary.BigEndian.AppendUint64(b, m.seen)
	case mCredit:
		b = binary.BigEndian.AppendUint32(b, m.bytes)
	case mFail:
		b = append(b, byte(m.why))
		b = append(b, m.text...)
	}
	return b
}

// encodedLen is a bound of the length of encode's result: exact for the long
// messages, so that they are allocated once and at their size.
func encodedLen(m *message) int {
	n := headerLen + 1 + len(m.part) + len(m.ids)*idLen
	switch m.kind {
	case mHello:
		n = 160 + len(m.heads)*idLen + len(m.tips)*tipLen + len(m.offer)
	case mWords:
		n = wordsLen + 4 + len(m.part)
	case mWant:
		for i := range m.wants {
			n += wantLen(&m.wants[i])
		}
	case mHave, mFail:
		n = headerLen + idLen + 24 + len(m.text)
	}
	return n
}

// wantLen is the encoded length of one entry of a want.
func wantLen(w *want) int { return 2*idLen + 1 + len(w.locator)*idLen }

// appendHello writes what follows the kind of a hello.
func appendHello(b []byte, m *message) []byte {
	b = append(b, Version, m.flags)
	b = append(b, m.work[:]...)
	b = append(b, m.nonce[:]...)
	b = append(b, m.echo[:]...)
	b = append(b, m.digest[:]...)
	b = binary.BigEndian.AppendUint64(b, m.count)
	b = append(b, byte(len(m.heads)))
	b = appendIDs(b, m.heads)
	if m.offer != nil {
		return append(append(b, offered), m.offer...)
	}
	return appendTips(append(b, byte(len(m.tips))), m.tips)
}

// appendIDs writes digests one after another.
func appendIDs(b []byte, ids []id) []byte {
	for i := range ids {
		b = append(b, ids[i][:]...)
	}
	return b
}

// appendTips writes tips one after another.
func appendTips(b []byte, tips []Tip) []byte {
	for i := range tips {
		b = append(b, tips[i].Author[:]...)
		b = binary.BigEndian.AppendUint64(b, tips[i].Seq)
		b = append(b, tips[i].ID[:]...)
	}
	return b
}

// compareID orders digests by their bytes, and compareNonce nonces.
func compareID(a, b id) int       { return bytes.Compare(a[:], b[:]) }
func compareNonce(a, b nonce) int { return bytes.Compare(a[:], b[:]) }
