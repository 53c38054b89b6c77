//go:build unix

package sequence

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time that the process has used, which other work on the
// machine disturbs less than the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
