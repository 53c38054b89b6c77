//go:build !js

package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"go.etcd.io/bbolt"
)

// The names of the buckets and of keys; see the layout in the
// package comment.
var (
	bucketMeta   = []byte("meta")
	bucketNames  = []byte("names")
	bucketWorks  = []byte("works")
	bucketSeg    = []byte("seg")
	bucketWords  = []byte("words")
	bucketIDs    = []byte("ids")
	bucketOpen   = []byte("open")
	bucketHeld   = []byte("held")
	bucketBlocks = []byte("blocks")
	bucketGone   = []byte("gone")

	keyFormat   = []byte("format")
	keyInstance = []byte("instance")
	keyEpoch    = []byte("epoch")
	keyPlace    = []byte("place")
	keySelf     = []byte("self")
)

// What is found where something else was written; always within a CorruptError.
var (
	errMissing  = errors.New("missing")
	errOther    = errors.New("something else lies there")
	errLength   = errors.New("wrong length")
	errChecksum = errors.New("checksum does not match")
)

// castagnoli is the polynomial of CRC-32C.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumSize is the length of a checksum before a sealed value.
const sumSize = 4

// sum is the checksum of the parts, one after another.
func sum(parts ...[]byte) uint32 {
	c := uint32(0)
	for _, p := range parts {
		c = crc32.Update(c, castagnoli, p)
	}
	return c
}

// sealed returns the parts with the checksum of key and parts before them.
// unsealed is its inverse.
func sealed(key []byte, parts ...[]byte) []byte {
	n := sumSize
	for _, p := range parts {
		n += len(p)
	}
	v := make([]byte, sumSize, n)
	for _, p := range parts {
		v = append(v, p...)
	}
	binary.BigEndian.PutUint32(v, sum(key, v[sumSize:]))
	return v
}

// unsealed returns a copy of what was sealed under the key. stored may lie on a
// damaged page and claim any length; limit bounds what is read and copied.
func unsealed(key, stored []byte, limit int) ([]byte, error) {
	switch {
	case stored == nil:
		return nil, errMissing
	case len(stored) < sumSize || len(stored)-sumSize > limit:
		return nil, errLength
	case binary.BigEndian.Uint32(stored) != sum(key, stored[sumSize:]):
		return nil, errChecksum
	}
	return append([]byte{}, stored[sumSize:]...), nil
}

// key spells a number so that numbers sort as their keys do. number is its
// inverse; a key of another length is 0, which nobody gives out.
func key(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// number reads what key wrote.
func number(k []byte) uint64 {
	if len(k) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(k)
}

// put is Put with the error as ErrStore: what we put is within bbolt's limits, so
// only the medium can refuse.
func put(b *bbolt.Bucket, k, v []byte) error { return storeError(b.Put(k, v)) }

// storeError makes an error of bbolt or of the system an ErrStore.
func storeError(err error) error {
	if err == nil || errors.Is(err, store.ErrStore) {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrStore, err)
}

// damage is the error for a damaged part of a store; who knows the work and the
// segment adds them.
func damage(part string, err error) *store.CorruptError {
	return &store.CorruptError{Part: part, Err: err}
}

// cidOf reads a CID that fills b.
func cidOf(b []byte) (cid.Cid, error) {
	id, err := cid.Cast(bytes.Clone(b))
	if err != nil {
		return cid.Undef, err
	}
	return id, nil
}

// idSize is the length of a segment's ID, before it is spelled in hex.
const idSize = 32

// idOf is the inverse of the hex spelling of a segment's ID, which has been
// checked. Of anything else it is a key that is not there.
func idOf(s string) []byte {
	id, _ := hex.DecodeString(s)
	return id
}
