//go:build !js

package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"os"
)

// place tells where a file lies: a hash of the machine's id, the device and the
// inode, each empty where the system does not tell it. A file that is copied lies
// elsewhere, one that is renamed does not. It is a hash because a store may be
// handed on, and the machine's id is nobody's business.
func (f *file) place() []byte {
	var machine []byte
	for _, path := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if b, err := os.ReadFile(path); err == nil {
			machine = bytes.TrimSpace(b)
			break
		}
	}
	device, inode := numbers(f.info)
	return placeOf(machine, device, inode)
}

// placeOf hashes the pieces, each with its length before it.
func placeOf(pieces ...[]byte) []byte {
	b := []byte("commonhold/place/v1\x00")
	for _, p := range pieces {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	h := sha256.Sum256(b)
	return h[:]
}
