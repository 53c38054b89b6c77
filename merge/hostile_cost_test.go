package merge_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// costs are what scenarios have cost.
type costs struct {
	received int
	cpu      time.Duration
	held     uint64 // most at a time
	by       string // in this
}

// String says what they are; what is held is known with -long.
func (c *costs) String() string {
	s := fmt.Sprintf("%d bytes received at %v of CPU, that of the villains too", c.received, c.cpu)
	if c.by != "" {
		s += fmt.Sprintf("; at most %d KiB held at a time, in %q", c.held>>10, c.by)
	}
	return s
}

// costs adds what a scenario has cost.
func (v *villain) costs(name string, cpu time.Duration, held uint64) {
	v.all.received += v.sent
	v.all.cpu += cpu
	if held > v.all.held {
		v.all.held, v.all.by = held, name
	}
	most := uint64(32 << 20)
	if v.sent > 32<<20 { // of a bundle, which may be 34 MiB long
		most = 48 << 20
	}
	if held > most {
		v.t.Errorf("%s: %d bytes held, the bound is %d", name, held, most)
	}
	if most := 200*time.Millisecond + 10*time.Microsecond*time.Duration(v.sent); *long && cpu > most {
		v.t.Errorf("%s: %v of CPU for %d bytes received, the bound is %v", name, cpu, v.sent, most)
	}
}

// peakOf watches the heap, if it is wanted, and gives a function that ends this and tells
// by how much it has grown at most, with what has become garbage since the last collection.
func peakOf(wanted bool) func() uint64 {
	if !wanted {
		return func() uint64 { return 0 }
	}
	percent := debug.SetGCPercent(10)
	now := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 { metrics.Read(now); return now[0].Value.Uint64() }
	runtime.GC()
	least := read()
	end, peak := make(chan struct{}), make(chan uint64)
	go func() {
		most := least
		for {
			select {
			case <-end:
				peak <- max(most, least) - least
				return
			case <-time.After(time.Millisecond):
				most = max(most, read())
			}
		}
	}()
	return func() uint64 {
		close(end)
		defer debug.SetGCPercent(percent)
		return <-peak
	}
}
