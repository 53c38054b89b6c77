package postgres

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// What is found where something else was written; always within a CorruptError.
var (
	errMissing  = errors.New("missing")
	errLength   = errors.New("wrong length")
	errChecksum = errors.New("checksum does not match")
)

// castagnoli is the polynomial of CRC-32C.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumSize is the length of a checksum before a sealed value.
const sumSize = 4

// sealed returns the value with the checksum of key and value before it. unsealed is
// its inverse.
func sealed(key, value []byte) []byte {
	v := append(make([]byte, sumSize, sumSize+len(value)), value...)
	binary.BigEndian.PutUint32(v, crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value))
	return v
}

// unsealed returns what was sealed under the key, in the same memory.
func unsealed(key, stored []byte, limit int) ([]byte, error) {
	if len(stored) < sumSize || len(stored)-sumSize > limit {
		return nil, errLength
	}
	value := stored[sumSize:]
	if binary.BigEndian.Uint32(stored) != crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value) {
		return nil, errChecksum
	}
	return value, nil
}

// damage is the error for a damaged part of a work.
func damage(work cid.Cid, part string, err error) *store.CorruptError {
	return &store.CorruptError{Work: work, Part: part, Err: err}
}

// cidOf reads a CID that fills b.
func cidOf(b []byte) (cid.Cid, error) { return cid.Cast(bytes.Clone(b)) }

// idSize is the length of a segment's ID, before it is spelled in hex.
const idSize = 32

// idOf is the inverse of the hex spelling of a segment's ID, which has been checked.
// Of anything else it is a key that is not there.
func idOf(s string) []byte {
	id, _ := hex.DecodeString(s)
	return id
}

// idsOf is idOf of several.
func idsOf(list []string) [][]byte {
	out := make([][]byte, len(list))
	for i, s := range list {
		out[i] = idOf(s)
	}
	return out
}

// failed makes an error of the database an ErrStore, and leaves those of this package.
func failed(err error) error {
	if err == nil || refused(err) || errors.Is(err, store.ErrStore) {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrStore, err)
}

// refused tells whether an error is an answer of this package, and not one of the
// database.
func refused(err error) bool {
	for _, e := range []error{store.ErrNotFound, store.ErrArgument, store.ErrCorrupt, store.ErrLimit, store.ErrClosed, store.ErrVersion, store.ErrLocked} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
