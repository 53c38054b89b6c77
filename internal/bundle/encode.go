package bundle

import (
	"encoding/binary"
	"fmt"
)

// MinChange is the least length of a change block. Its author's key and the
// names of its fields alone are longer, and a floor keeps a reader from building
// a list of a million items out of a million bytes.
const MinChange = 64

// MaxBody bounds a body, unpacked: one group of changes that belong together may
// have 16 MiB of change blocks and as many of words, and the rest is room for
// lengths and signatures.
const MaxBody = 34 << 20

// Encode returns both halves of b in one frame, for the wire. With pack it is
// compressed where that helps. The error is ErrLimit for a body over MaxBody,
// ErrMalformed for a change under MinChange. IDs are not written. Decode is the
// inverse: it gives the same work, changes, words and signatures.
func Encode(b *Bundle, pack bool) ([]byte, error) {
	body, err := b.appendChanges(make([]byte, headerSize, headerSize+b.changesSize()+b.wordsSize()))
	if err != nil {
		return nil, err
	}
	if body, err = b.appendWords(body); err != nil {
		return nil, err
	}
	return seal(body, kindBoth, pack)
}

// EncodeChanges returns the history half of b in one frame: work, change blocks,
// signatures. DecodeChanges is the inverse. Errors as Encode.
func EncodeChanges(b *Bundle, pack bool) ([]byte, error) {
	body, err := b.appendChanges(make([]byte, headerSize, headerSize+b.changesSize()))
	if err != nil {
		return nil, err
	}
	return seal(body, kindChanges, pack)
}

// EncodeWords returns the other half: one content block, or its absence, for
// each item. DecodeWords is the inverse. Errors as Encode.
func EncodeWords(b *Bundle, pack bool) ([]byte, error) {
	body, err := b.appendWords(make([]byte, headerSize, headerSize+b.wordsSize()))
	if err != nil {
		return nil, err
	}
	return seal(body, kindWords, pack)
}

// changesSize is an upper bound of what appendChanges appends, or MaxBody.
func (b *Bundle) changesSize() int {
	n := len(b.Work) + 2*binary.MaxVarintLen64
	for i := range b.Items {
		if n += maxLength + len(b.Items[i].Change); n > MaxBody {
			return MaxBody
		}
	}
	return min(n+sigSize*len(b.Sigs), MaxBody)
}

// wordsSize is an upper bound of what appendWords appends, or MaxBody.
func (b *Bundle) wordsSize() int {
	n := binary.MaxVarintLen64
	for i := range b.Items {
		if n += maxLength + len(b.Items[i].Words); n > MaxBody {
			return MaxBody
		}
	}
	return n
}

const (
	sigSize   = 32 + 64 // bytes of a Sig
	maxLength = 4       // bytes of the uvarint of any length up to MaxBody
)

// appendChanges appends the body of kind 'c' to dst, which begins with the room
// for a header.
func (b *Bundle) appendChanges(dst []byte) ([]byte, error) {
	dst = append(dst, b.Work[:]...)
	dst = binary.AppendUvarint(dst, uint64(len(b.Items)))
	dst = binary.AppendUvarint(dst, uint64(len(b.Sigs)))
	for i := range b.Items {
		c := b.Items[i].Change
		if len(c) < MinChange {
			return nil, fmt.Errorf("change %d has %d bytes, the least is %d: %w", i, len(c), MinChange, ErrMalformed)
		}
		dst = binary.AppendUvarint(dst, uint64(len(c)))
		dst = append(dst, c...)
		if err := checkBody(dst); err != nil {
			return nil, err
		}
	}
	for i := range b.Sigs {
		dst = append(dst, b.Sigs[i].Change[:]...)
		dst = append(dst, b.Sigs[i].Sig[:]...)
	}
	return dst, checkBody(dst)
}

// appendWords appends the body of kind 'w' to dst, which begins with the room
// for a header.
func (b *Bundle) appendWords(dst []byte) ([]byte, error) {
	dst = binary.AppendUvarint(dst, uint64(len(b.Items)))
	for i := range b.Items {
		w := b.Items[i].Words
		if w == nil {
			dst = append(dst, 0)
		} else {
			dst = binary.AppendUvarint(dst, uint64(len(w))+1)
			dst = append(dst, w...)
		}
		if err := checkBody(dst); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// checkBody refuses a frame whose body has outgrown MaxBody. Called while the
// body grows, so that a writer stops there and not at the end of memory.
func checkBody(frame []byte) error {
	if n := len(frame) - headerSize; n > MaxBody {
		return fmt.Errorf("body of %d bytes or more, the most is %d: %w", n, MaxBody, ErrLimit)
	}
	return nil
}
