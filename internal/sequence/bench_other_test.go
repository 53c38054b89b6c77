//go:build !unix

package sequence

import "time"

var born = time.Now()

// cpuTime returns the clock where CPU time is not to be had.
func cpuTime() time.Duration { return time.Since(born) }
