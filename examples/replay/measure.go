package main

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

// measure is one thing to be timed. Only name and do must be set.
type measure struct {
	name  string
	limit float64 // the greatest ratio to the floor; 0: none
	edits int     // how many edits of the trace do is about
	times int     // how often do runs on end in one timed run; 0: once

	prepare func() error // before every run, outside the clock
	do      func() error // what is timed
	check   func() error // after every run, outside the clock

	floor     func() // what do is compared with; nil: a rope fed the trace's edits
	floorName string // printed unless it is the rope

	extra func() map[string]any // further keys of the line, asked after the last run
}

// line is what a measure prints, in this order; the extra keys follow.
type line struct {
	Trace   string   `json:"trace"`
	Measure string   `json:"measure"`
	MS      float64  `json:"ms"`
	FloorMS float64  `json:"floor_ms"`
	Ratio   float64  `json:"ratio"`
	Limit   *float64 `json:"limit"`
	Edits   int      `json:"edits"`
}

// measure times m and its floor in turns, so that whatever slows the machine
// down for a while slows both, and prints the line. Each gets one run to warm
// up; of the timed ones the median counts. An error of prepare, do or check
// ends the measure without a line.
func (r *run) measure(m measure) error {
	if m.floor == nil {
		m.floor = func() { applyRope(r.flat.Bytes) }
	}
	var mine, floors []time.Duration
	for i := range 1 + r.runs {
		floor, _ := timed(1, func() error { m.floor(); return nil })
		d, err := m.once()
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if i > 0 {
			mine, floors = append(mine, d), append(floors, floor)
		}
	}
	out := line{Trace: r.name, Measure: m.name, MS: millis(median(mine)), FloorMS: millis(median(floors)), Edits: m.edits}
	ratio := float64(median(mine)) / float64(max(median(floors), 1))
	out.Ratio = round(ratio)
	if m.limit > 0 {
		out.Limit = &m.limit
		if ratio > m.limit {
			r.over = append(r.over, fmt.Sprintf("%s: %.2f, limit %g", m.name, ratio, m.limit))
		}
	}
	return r.print(out, m)
}

// once is one run of m with what goes before and after it.
func (m *measure) once() (time.Duration, error) {
	if m.prepare != nil {
		if err := m.prepare(); err != nil {
			return 0, err
		}
	}
	d, err := timed(max(m.times, 1), m.do)
	if err == nil && m.check != nil {
		err = m.check()
	}
	return d, err
}

// timed runs do n times and returns the process CPU time of one. A garbage
// collection first keeps what was thrown away before from being charged to it;
// the collections that do itself causes are.
func timed(n int, do func() error) (time.Duration, error) {
	runtime.GC()
	start := cpuTime()
	for range n {
		if err := do(); err != nil {
			return 0, err
		}
	}
	return (cpuTime() - start) / time.Duration(n), nil
}

// print writes the line of a measure with its extra keys behind the fixed ones.
func (r *run) print(l line, m measure) error {
	extra := map[string]any{}
	if m.extra != nil {
		extra = m.extra()
	}
	if m.floorName != "" {
		extra["floor"] = m.floorName
	}
	fixed, err := json.Marshal(l)
	if err != nil {
		return err
	}
	rest, err := json.Marshal(extra)
	if err != nil {
		return err
	}
	if len(extra) > 0 {
		fixed[len(fixed)-1] = ','
		fixed = append(fixed, rest[1:]...)
	}
	_, err = r.out.Write(append(fixed, '\n'))
	return err
}

// median returns the middle one, the lower of two.
func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[(len(d)-1)/2]
}

// millis is d in milliseconds, rounded for printing.
func millis(d time.Duration) float64 { return round(float64(d) / 1e6) }

// round keeps three decimals.
func round(x float64) float64 { return math.Round(x*1000) / 1000 }
