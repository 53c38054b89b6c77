package dir

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// What is found where something else was written; always within a CorruptError.
var (
	errMissing  = errors.New("missing")
	errOther    = errors.New("something else lies there")
	errLength   = errors.New("wrong length")
	errChecksum = errors.New("checksum does not match")
)

// damage is the error for a damaged part of a store; who knows the work and the
// segment adds them.
func damage(part string, err error) *store.CorruptError {
	return &store.CorruptError{Part: part, Err: err}
}

// castagnoli is the polynomial of CRC-32C.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum is the checksum of the parts, one after another.
func sum(parts ...[]byte) uint32 {
	c := uint32(0)
	for _, p := range parts {
		c = crc32.Update(c, castagnoli, p)
	}
	return c
}

// spelling is how a work's CID is spelled as the name of a folder: as CIDs usually
// are, in letters that no file system takes for others.
var spelling = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// folderOf is the folder of a work, and workOf its inverse; anything else is not
// the folder of a work.
func folderOf(work cid.Cid) string { return "b" + spelling.EncodeToString(work.Bytes()) }

// workOf reads what folderOf wrote.
func workOf(folder string) (cid.Cid, bool) {
	rest, ok := strings.CutPrefix(folder, "b")
	if !ok {
		return cid.Undef, false
	}
	b, err := spelling.DecodeString(rest)
	if err != nil {
		return cid.Undef, false
	}
	id, err := cid.Cast(b)
	if err != nil || folderOf(id) != folder || store.CheckID(id) != nil {
		return cid.Undef, false
	}
	return id, true
}

const (
	magic  = "CHD"
	format = 1 // what this version writes and the greatest it reads

	kindSegment = 's'
	kindWords   = 'w'

	headSize  = 12
	idSize    = sha256.Size // of a segment's ID, before it is spelled in hex
	orderSize = 16          // hex digits of an order

	suffixSeg   = ".seg"
	suffixWords = ".words"
)

// segmentName is the name of a segment's file without its ending; splitName is
// its inverse.
func segmentName(order uint64, id string) string { return fmt.Sprintf("%016x-%s", order, id) }

// splitName reads what segmentName wrote.
func splitName(name string) (order uint64, id string, ok bool) {
	if len(name) != orderSize+1+2*idSize || name[orderSize] != '-' {
		return 0, "", false
	}
	b, err := hex.DecodeString(name[:orderSize])
	if err != nil {
		return 0, "", false
	}
	order, id = binary.BigEndian.Uint64(b), name[orderSize+1:]
	if _, err := hex.DecodeString(id); err != nil || segmentName(order, id) != name || strings.ToLower(name) != name {
		return 0, "", false
	}
	return order, id, true
}

// head begins a file: magic, format, kind and three more bytes.
func head(kind byte, a byte, n uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{magic[0], magic[1], magic[2], format, kind, a}, n)
}

// checkHead refuses a file that does not begin as one of this kind does.
func checkHead(b []byte, kind byte) error {
	switch {
	case len(b) < headSize:
		return errLength
	case string(b[:3]) != magic || b[3] != format || b[4] != kind:
		return errOther
	}
	return nil
}

// segmentFile returns the parts of a segment's file.
func segmentFile(s store.Segment) [][]byte {
	stored := byte(0)
	if s.Words != nil {
		stored = 1
	}
	var old []byte
	for _, id := range s.Replaces {
		old = append(old, idOf(id)...)
	}
	h := head(kindSegment, stored, uint16(len(s.Replaces)))
	h = binary.BigEndian.AppendUint32(h, sum(h, idOf(s.ID), old))
	return [][]byte{append(h, old...), s.Changes}
}

// maxSegment is the greatest length of a segment's file, and of its words'.
const maxSegment = headSize + store.MaxReplace*idSize + store.MaxPart

// readSegment takes a segment's file apart; words tells whether words were stored
// with it. It is the inverse of segmentFile but for the words.
func readSegment(b []byte, id string) (s store.Segment, words bool, err error) {
	s.ID = id
	if err := checkHead(b, kindSegment); err != nil {
		return s, false, err
	}
	n := int(binary.BigEndian.Uint16(b[6:]))
	if n > store.MaxReplace || b[5] > 1 || len(b) <= headSize+n*idSize {
		return s, false, errLength
	}
	old, changes := b[headSize:headSize+n*idSize], b[headSize+n*idSize:]
	hash := sha256.Sum256(changes)
	if !bytes.Equal(hash[:], idOf(id)) || binary.BigEndian.Uint32(b[8:]) != sum(b[:8], idOf(id), old) {
		return s, false, errChecksum
	}
	for i := range n {
		s.Replaces = append(s.Replaces, hex.EncodeToString(old[i*idSize:][:idSize]))
	}
	s.Changes = changes
	return s, b[5] == 1, nil
}

// wordsFile returns the parts of the words' file of a segment, readWords is its
// inverse.
func wordsFile(id string, words []byte) [][]byte {
	some := byte(0)
	if words != nil {
		some = 1
	}
	h := head(kindWords, some, 0)
	return [][]byte{binary.BigEndian.AppendUint32(h, sum(h, idOf(id), words)), words}
}

// readWords takes a file of words apart.
func readWords(b []byte, id string) ([]byte, error) {
	if err := checkHead(b, kindWords); err != nil {
		return nil, err
	}
	words := b[headSize:]
	if binary.BigEndian.Uint32(b[8:]) != sum(b[:8], idOf(id), words) {
		return nil, errChecksum
	}
	switch {
	case b[5] == 1:
		return words, nil
	case b[5] == 0 && len(words) == 0:
		return nil, nil
	}
	return nil, errLength
}

// idOf is the inverse of the hex spelling of a segment's ID, which has been
// checked.
func idOf(s string) []byte {
	id, _ := hex.DecodeString(s)
	return id
}
