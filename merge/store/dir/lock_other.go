//go:build !windows && (!unix || solaris || illumos || aix)

package dir

import "os"

// lock takes the store for this opening; unlock gives it back. ErrLocked when
// somebody has it.
func lock(root *os.Root) (unlock func() error, err error) { return lockByFile(root) }
