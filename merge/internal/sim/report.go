package sim

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Report is what came of a run.
type Report struct {
	Plan    *Plan
	Failure *Failure // nil: everything held
	Digest  [32]byte // of everything that happened, in order
	Counts  Counts
	Virtual time.Duration // how long the run took in its own time
	Healing time.Duration // how much of it from the end of the faults to silence
}

// Failure is what did not hold.
type Failure struct {
	Judge string // who says so, one word
	Text  string
	Step  int // of the plan; as many as it has: in the peace that follows
	At    time.Duration
	Tail  []string // what happened last
}

// Error names the judge, the step and the reason.
func (f *Failure) Error() string {
	return fmt.Sprintf("%s, step %d, at %v: %s", f.Judge, f.Step, f.At, f.Text)
}

// Counts say what happened in a run, so that a run which did less than it should is
// noticed.
type Counts struct {
	Runs, Steps, Events int

	Frames, Lost, Doubled, Swapped, Stale, CutShort, Flipped, Parted int
	Connections, Partitions                                          int

	Edits, Acknowledged, Loose, Undone, Refused int
	Changes, Signatures                         int

	Crashes, Died, FailedWrites, Torn, Closed, Opened, Recovered  int
	Backups, Restored, Rotten, Mended, Repaired, Verified, Joined int

	Lies, Forgeries, Spliced, Backdated, Branches, Amnesias, Floods, HostileEdits, Breaches int

	Words, Withheld, InSync, Forks, Characters, EditsJudged, Twins, Final int
}

// Add adds the counts of another run.
func (c *Counts) Add(o *Counts) {
	v, w := reflect.ValueOf(c).Elem(), reflect.ValueOf(o).Elem()
	for i := range v.NumField() {
		v.Field(i).SetInt(v.Field(i).Int() + w.Field(i).Int())
	}
}

// Zero are the names of what has not happened at all.
func (c *Counts) Zero() (names []string) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if v.Field(i).Int() == 0 {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return names
}

// String lists the counts.
func (c *Counts) String() string {
	var b strings.Builder
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %d", strings.ToLower(v.Type().Field(i).Name), v.Field(i).Int())
	}
	return b.String()
}
