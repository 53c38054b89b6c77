//go:build unix

package place

import (
	"encoding/binary"
	"os"
	"syscall"
)

// numbers returns the device and the inode of a file.
func numbers(info os.FileInfo) (device, inode []byte) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return binary.BigEndian.AppendUint64(nil, uint64(st.Dev)), binary.BigEndian.AppendUint64(nil, uint64(st.Ino))
	}
	return nil, nil
}
