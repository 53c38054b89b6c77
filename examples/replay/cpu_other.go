//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package main

import "time"

// start is when the program began.
var start = time.Now()

// cpuTime returns the time since the program began: these systems do not tell
// the CPU time of a process in a common way, so what else runs is measured too.
func cpuTime() time.Duration { return time.Since(start) }
