package dir_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/store"
)

// thorough makes the tests of crashes go through all that the promises name:
//
//	go test ./merge/store/dir -run 'Cut|Kill' -thorough
var thorough = flag.Bool("thorough", false, "crash images and kills in the numbers of a release")

// cutter makes images of a disk while a store writes to it, and judges each.
type cutter struct {
	t       testing.TB
	random  *rand.Rand
	times   int // random images at each call
	what    string
	allowed map[string]bool // what may be read of an image
	epoch   uint64          // the last one that was returned

	images, recoveries, before int
}

// look judges images of the disk as it is.
func (c *cutter) look(d *memDisk) {
	ways := []func() bool{all, none}
	for range c.times {
		ways = append(ways, some(c.random))
	}
	for n, keep := range ways {
		image := d.cut(keep)
		if c.random.IntN(10) == 0 { // cut again while it recovers
			c.recoveries++
			image.after = func() {
				if c.random.IntN(4) == 0 {
					c.judge(image.cut(some(c.random)), n)
				}
			}
		}
		c.judge(image, n)
	}
}

// judge opens an image and reads everything: it opens by itself and has what was
// stored before the write that was cut, or what is after it, and nothing between.
func (c *cutter) judge(image *memDisk, way int) {
	c.t.Helper()
	c.images++
	st, epoch, err := on(image)
	if err != nil {
		c.t.Fatalf("%s, image %d: opening: %v", c.what, way, err)
	}
	if epoch <= c.epoch {
		c.t.Fatalf("%s, image %d: epoch %d after %d", c.what, way, epoch, c.epoch)
	}
	got := read(st)
	if len(got.Errors) > 0 {
		c.t.Fatalf("%s, image %d: %v", c.what, way, got.Errors)
	}
	if spelled := got.Spelled(); !c.allowed[spelled] {
		c.t.Fatalf("%s, image %d: neither what was there before nor what came after:\n%s", c.what, way, spelled)
	}
	image.after = nil
	if c.random.IntN(20) == 0 { // it goes on as any store does
		check(c.t, st)
		must(c.t, writeOne(st, 1000*writes))
		must(c.t, st.Append(ctx, id("work 0"), seg(100_000)))
		after := read(st).Spelled()
		must(c.t, st.Close())
		again, _, err := on(image.cut(none))
		must(c.t, err)
		if got := read(again); len(got.Errors) > 0 || got.Spelled() != after {
			c.t.Fatalf("%s, image %d: opened again after two writes: %v\n%s\nwant\n%s", c.what, way, got.Errors, got.Spelled(), after)
		}
	}
}

// TestPowerCut: after every call that changes the disk it is cut off: only what is
// synced is left, or everything, or any of the names and sectors that are not.
// Every image opens by itself and has what was stored before the write that was
// under way, or after it. Recovery is cut in the same way.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	commits, times := 2*writes+5, 3
	if *thorough {
		commits, times = 300, 5
	}
	begun := time.Now()
	d := newDisk()
	c := &cutter{t: t, random: rand.New(rand.NewPCG(3, 4)), times: times, allowed: map[string]bool{"": true}}
	d.after = func() { c.look(d) }
	c.what = "making the store"
	st, epoch, err := on(d)
	must(t, err)
	c.epoch = epoch
	for n := range commits {
		old := readQuietly(d, st)
		c.what = fmt.Sprintf("write %d (%d)", n, n%writes)
		c.allowed = map[string]bool{old: true, foretold(t, d, n): true}
		if n%11 == 10 {
			c.what += " after reopening"
			must(t, st.Close())
			st, c.epoch, err = on(d)
			must(t, err)
		}
		must(t, writeOne(st, n))
	}
	must(t, st.Close())
	t.Logf("%d images in %d writes, %d of them cut again while they recovered, %v", c.images, commits, c.recoveries, time.Since(begun).Round(time.Millisecond))
	if want := 2000; c.images < want || *thorough && c.images < 5000 {
		t.Fatalf("only %d images", c.images)
	}
}

// readQuietly reads a store without a cut on the way.
func readQuietly(d *memDisk, st store.Store) string {
	after := d.after
	d.after = nil
	defer func() { d.after = after }()
	return read(st).Spelled()
}

// foretold is what can be read once the n-th write has been made, learned on a
// copy of the disk.
func foretold(t testing.TB, d *memDisk, n int) string {
	t.Helper()
	st, _, err := on(d.cut(all))
	must(t, err)
	must(t, writeOne(st, n))
	return read(st).Spelled()
}
