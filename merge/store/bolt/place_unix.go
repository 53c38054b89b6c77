//go:build unix

package bolt

import (
	"os"
	"syscall"
)

// numbers returns the device and the inode of a file.
func numbers(info os.FileInfo) (device, inode []byte) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return key(uint64(st.Dev)), key(uint64(st.Ino))
	}
	return nil, nil
}
