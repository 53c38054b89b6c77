package dir

import (
	"encoding/binary"
	"os"

	"github.com/commonhold/commonhold/merge/store"
)

// Check lets the suite run the invariants after every step.
func (d *dir) Check() error { return d.check() }

// The disk of a store, for tests that have one of their own.
type (
	Disk = disk
	File = file
)

// OpenOn opens a store on another disk, which gives the lock back with unlock.
func OpenOn(d Disk, unlock func() error) (store.Store, error) {
	return open("memory", func(string) (*home, error) {
		if err := inspect(d); err != nil {
			return nil, err
		}
		return &home{disk: d, where: make([]byte, 32), close: unlock}, nil
	})
}

// InstanceOf is a file instance of a format.
func InstanceOf(n uint64) []byte {
	b, err := wholeLog(kindInstance, [][]byte{binary.BigEndian.AppendUint64(nil, n)})
	if err != nil {
		panic(err)
	}
	return b
}

// LockByFile locks a folder as systems without locks do.
func LockByFile(path string) (unlock func() error, err error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return lockByFile(root)
}
