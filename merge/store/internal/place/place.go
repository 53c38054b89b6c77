// Package place tells where a store lies, so that a copy is known from the
// original. Call [Of] with the description of the store's file or folder.
package place

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"os"
)

// Size is the length of a place in bytes.
const Size = sha256.Size

// Of tells where a file or folder lies: a hash of the machine's id, the device
// and the inode, each empty where the system does not tell it. What is copied
// lies elsewhere, what is renamed does not. It is a hash because a store may be
// handed on, and the machine's id is nobody's business.
func Of(info os.FileInfo) []byte {
	var machine []byte
	for _, path := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if b, err := os.ReadFile(path); err == nil {
			machine = bytes.TrimSpace(b)
			break
		}
	}
	device, inode := numbers(info)
	return hash(machine, device, inode)
}

// hash hashes the pieces, each with its length before it, so that no two lists of
// pieces give the same bytes.
func hash(pieces ...[]byte) []byte {
	b := []byte("commonhold/place/v1\x00")
	for _, p := range pieces {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	h := sha256.Sum256(b)
	return h[:]
}
