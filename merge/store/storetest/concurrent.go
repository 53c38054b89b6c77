package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// testSlices: nothing is kept of what was passed in, and nobody shares what came
// out.
func testSlices(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	changes, words, header, record, data := []byte("changes"), []byte("words"), []byte("header"), []byte("record"), []byte("data")
	s := store.NewSegment(changes, words)
	must(t, st.Append(ctx, w, seg("one"), s))
	merged := replacing(store.NewSegment([]byte("merged"), words), seg("one"))
	must(t, st.Replace(ctx, w, merged))
	must(t, st.Erase(ctx, w, store.Erasure{Segment: s.ID, Words: words}))
	must(t, st.OpenJournal(ctx, w, header, record))
	must(t, st.AppendJournal(ctx, w, record))
	must(t, st.Hold(ctx, w, store.Pending{ID: id("p"), Data: data}))
	attached := blockOf("attached")
	must(t, st.PutBlocks(ctx, w, attached))
	before := dump(t, st)
	for _, b := range [][]byte{changes, words, header, record, data, attached.Data} {
		clear(b)
	}
	merged.Replaces[0] = s.ID
	same(t, "after the arguments were overwritten", st, before)
	for s, err := range st.Load(ctx, w) {
		must(t, err)
		clear(s.Changes)
		clear(s.Words)
		clear(s.Replaces)
	}
	j, err := st.LoadJournal(ctx, w)
	must(t, err)
	clear(j.Header)
	for _, r := range j.Records {
		clear(r)
	}
	for p, err := range st.Held(ctx, w) {
		must(t, err)
		clear(p.Data)
	}
	b, err := st.GetBlock(ctx, w, attached.ID)
	must(t, err)
	clear(b)
	names, err := st.Names(ctx)
	must(t, err)
	names["x"] = w
	gone, err := st.Gone(ctx, w)
	must(t, err)
	gone[content("x")] = "x"
	same(t, "after the results were overwritten", st, before)
}

// testWriteWhileLoading: whoever has a segment in his hands may write to the same
// work, and meets every segment that was there when he began.
func testWriteWhileLoading(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	var all []store.Segment
	for i := range 8 {
		all = append(all, seg(fmt.Sprint("s", i)))
	}
	must(t, st.Append(ctx, w, all...))
	seen := ""
	for s, err := range st.Load(ctx, w) {
		must(t, err)
		seen += string(s.Changes) + " "
		switch string(s.Changes) {
		case "s0":
			must(t, st.Append(ctx, w, seg("late")))
			must(t, st.OpenJournal(ctx, w, []byte("h")))
		case "s1": // takes in one that was read and two that were not
			must(t, st.Replace(ctx, w, replacing(seg("s1 s2 s3"), all[1], all[2], all[3])))
		case "s1 s2 s3":
			must(t, st.Replace(ctx, w, replacing(seg("s6 s7"), all[6], all[7])))
			must(t, st.Erase(ctx, w, store.Erasure{Segment: all[4].ID}))
		case "s4":
			if s.Words != nil {
				t.Fatal("words that were erased before came back")
			}
		}
	}
	for i := range all {
		if !strings.Contains(seen, fmt.Sprint("s", i)) {
			t.Fatalf("segment %d was there all the time, seen was %s", i, seen)
		}
	}
	seen = ""
	for s, err := range st.Load(ctx, w) { // the last ones move behind the one that is being read
		must(t, err)
		seen += string(s.Changes) + " "
		if string(s.Changes) == "s0" {
			must(t, st.Append(ctx, w, seg("s9")))
			must(t, st.Replace(ctx, w, replacing(seg("s6 s7 late s9"), seg("s6 s7"), seg("late"), seg("s9"))))
		}
	}
	for _, s := range []string{"s0", "s1 s2 s3", "s4", "s5", "s6 s7 late"} {
		if !strings.Contains(seen, s) {
			t.Fatalf("%s was there all the time, seen was %s", s, seen)
		}
	}
}

// testStopLoading: an iteration that is broken off, cancelled or closed under the
// reader leaves nothing behind.
func testStopLoading(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	must(t, st.Append(ctx, w, seg("one"), seg("two"), seg("three")))
	must(t, st.Append(ctx, id("v"), seg("one")))
	must(t, st.Hold(ctx, w, store.Pending{ID: id("p")}, store.Pending{ID: id("q")}))
	for range st.Load(ctx, w) {
		break
	}
	for range st.Works(ctx) {
		break
	}
	for range st.Held(ctx, w) {
		break
	}
	must(t, st.PutBlocks(ctx, w, blockOf("a"), blockOf("b")))
	for range st.ListBlocks(ctx, w) {
		break
	}
	for name, run := range map[string]func(context.Context, func()) error{
		"Blocks": func(ctx context.Context, stop func()) error { return stopped(st.ListBlocks(ctx, w), stop) },
		"Load":   func(ctx context.Context, stop func()) error { return stopped(st.Load(ctx, w), stop) },
		"Works":  func(ctx context.Context, stop func()) error { return stopped(st.Works(ctx), stop) },
		"Held":   func(ctx context.Context, stop func()) error { return stopped(st.Held(ctx, w), stop) },
	} {
		ending, cancel := context.WithCancel(ctx)
		is(t, name+" cancelled", run(ending, cancel), context.Canceled)
		is(t, name+" closed", run(ctx, func() { must(t, st.Close()) }), store.ErrClosed)
		_, _, err := st.Open(ctx)
		must(t, err)
	}
	if got := load(t, st, w); len(got) != 3 {
		t.Fatalf("got %q", got)
	}
}

// stopped calls stop at the first element, and returns the error that must then
// come as the second and last.
func stopped[T any](all func(func(T, error) bool), stop func()) error {
	n := 0
	for _, err := range all {
		if n++; n == 1 {
			stop()
			continue
		}
		if err == nil {
			return errors.New("a second element came")
		}
		return err
	}
	return errors.New("it ended without an error")
}

// numbered is the segment that stands for the numbers from i to j.
func numbered(i, j int) store.Segment {
	b := &strings.Builder{}
	for ; i < j; i++ {
		fmt.Fprintf(b, "%d ", i)
	}
	return seg(b.String())
}

// numbers returns all numbers that the segments of a work stand for.
func numbers(st store.Store, work cid.Cid) (map[int]bool, error) {
	all := map[int]bool{}
	for s, err := range st.Load(context.Background(), work) {
		if err != nil {
			return nil, err
		}
		for _, f := range strings.Fields(string(s.Changes)) {
			n := 0
			if _, err := fmt.Sscan(f, &n); err != nil {
				return nil, err
			}
			all[n] = true
		}
	}
	return all, nil
}

// testManyWriters: several works are written at once, one goroutine each, while
// others read; every work comes out as if it had been alone.
func testManyWriters(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	const works, rounds = 4, 12
	var wg sync.WaitGroup
	for i := range works {
		wg.Go(func() {
			w := id(fmt.Sprint("work ", i))
			for r := range rounds {
				err := errors.Join(
					st.OpenJournal(ctx, w, fmt.Appendf(nil, "header %d", r)),
					st.AppendJournal(ctx, w, fmt.Appendf(nil, "record %d", r)),
					st.Hold(ctx, w, store.Pending{ID: id(fmt.Sprint(r))}),
					st.PutBlocks(ctx, w, blockOf(fmt.Sprint(i, " ", r))),
					st.SetName(ctx, fmt.Sprint("name ", i), w),
				)
				if r%2 == 0 {
					err = errors.Join(err, st.Seal(ctx, w, numbered(r, r+1)))
				} else {
					err = errors.Join(err, st.Append(ctx, w, numbered(r, r+1)))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range rounds {
				if _, err := numbers(st, id(fmt.Sprint("work ", i))); err != nil {
					t.Error(err)
				}
				if _, err := st.Names(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	reopen(t, st)
	for i := range works {
		w := id(fmt.Sprint("work ", i))
		for n, got := range load(t, st, w) {
			if want := string(numbered(n, n+1).Changes); got != want || n >= rounds {
				t.Fatalf("work %d, segment %d is %q, not %q", i, n, got, want)
			}
		}
		if got := blocks(t, st, w); len(got) != rounds {
			t.Fatalf("work %d has %d blocks", i, len(got))
		}
		if got := load(t, st, w); len(got) != rounds {
			t.Fatalf("work %d has %d segments", i, len(got))
		}
		j, err := st.LoadJournal(ctx, w)
		must(t, err)
		if string(j.Header) != fmt.Sprint("header ", rounds-1) || len(j.Records) != 1 {
			t.Fatalf("work %d has the journal %q", i, j)
		}
	}
}

// testManyRecords: records of one journal that come from many goroutines are all
// there, those of each goroutine in its order.
func testManyRecords(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	must(t, st.OpenJournal(ctx, w, []byte("h")))
	const writers, each = 8, 15
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for n := range each {
				if err := st.AppendJournal(ctx, w, fmt.Appendf(nil, "%d %d", i, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	reopen(t, st)
	j, err := st.LoadJournal(ctx, w)
	must(t, err)
	var next [writers]int
	for _, r := range j.Records {
		var i, n int
		if _, err := fmt.Sscan(string(r), &i, &n); err != nil || n != next[i] {
			t.Fatalf("record %q, %v; the next of its writer is %d", r, err, next[i])
		}
		next[i]++
	}
	for i, n := range next {
		if n != each {
			t.Fatalf("writer %d has %d records of %d", i, n, each)
		}
	}
}

// testCancelledRecords: a record whose call returned nil is there, one whose call
// returned the context's error is not.
func testCancelledRecords(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	must(t, st.OpenJournal(ctx, w, []byte("h")))
	var wg sync.WaitGroup
	var mu sync.Mutex
	acknowledged, cancelled := map[string]bool{}, 0
	for i := range 8 {
		random := rand.New(rand.NewPCG(uint64(i), 7))
		wg.Go(func() {
			for n := range 15 {
				limited, cancel := context.WithTimeout(ctx, time.Duration(random.IntN(4000))*time.Microsecond)
				record := fmt.Sprint(i, " ", n)
				err := st.AppendJournal(limited, w, []byte(record))
				cancel()
				mu.Lock()
				switch {
				case err == nil:
					acknowledged[record] = true
				case errors.Is(err, context.DeadlineExceeded):
					cancelled++
				default:
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	j, err := st.LoadJournal(ctx, w)
	must(t, err)
	for _, r := range j.Records {
		if !acknowledged[string(r)] {
			t.Fatalf("record %q is there, but its call returned the context's error", r)
		}
	}
	if len(j.Records) != len(acknowledged) {
		t.Fatalf("%d records, %d acknowledged", len(j.Records), len(acknowledged))
	}
	t.Logf("%d records acknowledged, %d cancelled", len(acknowledged), cancelled)
}

// testReplaceWhileLoading: readers see every change that was stored when they
// began, while neighbours are merged and new segments come.
func testReplaceWhileLoading(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	const total = 48
	var stored, reads atomic.Int64 // segments of numbers below stored are there
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				want := int(stored.Load())
				got, err := numbers(st, w)
				if err != nil {
					t.Error(err)
					return
				}
				for n := range want {
					if !got[n] {
						t.Errorf("number %d of %d is missing", n, want)
						return
					}
				}
				reads.Add(1)
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	merged := []int{} // the ends of the segments, as they stand
	for n := 0; n < total; n++ {
		must(t, st.Append(ctx, w, numbered(n, n+1)))
		stored.Store(int64(n + 1))
		merged = append(merged, n+1)
		if n%3 == 2 { // the last three, and sometimes the last two of those
			merged = mergeLast(t, ctx, st, w, merged, 3)
		}
		if n%9 == 8 {
			merged = mergeLast(t, ctx, st, w, merged, 3)
		}
	}
	close(done)
	wg.Wait()
	var ends []int
	for _, s := range load(t, st, w) {
		ends = append(ends, len(strings.Fields(s)))
	}
	t.Logf("%d reads while %d segments came; in the end they hold %v", reads.Load(), total, ends)
}

// mergeLast replaces the last k segments by one, and returns the new ends.
func mergeLast(t *testing.T, ctx context.Context, st store.Store, w cid.Cid, ends []int, k int) []int {
	t.Helper()
	first := len(ends) - k
	start := 0
	if first > 0 {
		start = ends[first-1]
	}
	s, at := numbered(start, ends[len(ends)-1]), start
	for _, end := range ends[first:] {
		s = replacing(s, numbered(at, end))
		at = end
	}
	must(t, st.Replace(ctx, w, s))
	return append(slices.Clone(ends[:first]), at)
}

// testCloseWhileBusy: Close waits for what runs; every call then has a clear
// answer, and what was acknowledged is there.
func testCloseWhileBusy(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	must(t, st.OpenJournal(ctx, w, []byte("h")))
	for round := range 3 {
		var wg sync.WaitGroup
		var acknowledged atomic.Int64
		var closed atomic.Bool
		for range 6 {
			wg.Go(func() {
				for {
					late := closed.Load()
					err := st.AppendJournal(ctx, w, fmt.Appendf(nil, "round %d", round))
					if errors.Is(err, store.ErrClosed) {
						return
					}
					if err != nil || late {
						t.Errorf("a record after Close: %v", err)
						return
					}
					acknowledged.Add(1)
					if err := last(st.Load(ctx, w)); err != nil && !errors.Is(err, store.ErrClosed) {
						t.Error(err)
					}
					runtime.Gosched() // on js/wasm nobody else runs otherwise
				}
			})
		}
		for wait := 0; acknowledged.Load() < 10; wait++ {
			if time.Sleep(time.Millisecond); wait > 30_000 {
				t.Fatal("ten records take more than half a minute")
			}
		}
		must(t, st.Close())
		closed.Store(true)
		wg.Wait()
		_, _, err := st.Open(ctx)
		must(t, err)
		j, err := st.LoadJournal(ctx, w)
		must(t, err)
		if n := int64(len(j.Records)); n != acknowledged.Load() {
			t.Fatalf("round %d: %d records, %d acknowledged", round, n, acknowledged.Load())
		}
		must(t, st.OpenJournal(ctx, w, []byte("h")))
	}
}

// testCopy: a copy has everything under an instance of its own, and only an empty
// store takes one.
func testCopy(t *testing.T, open opener) {
	ctx, src := open.ready(t)
	prepare(t, ctx, src)
	must(t, src.Replace(ctx, id("w"), replacing(seg("both"), seg("one"), seg("two"))))
	must(t, src.Erase(ctx, id("w"), store.Erasure{Segment: seg("both").ID, Content: []cid.Cid{content("c")}, Reason: "why"}))
	must(t, src.Append(ctx, id("v"), seg("three")))
	_, dst := open.ready(t)
	must(t, store.Copy(ctx, dst, src))
	want := strings.ReplaceAll(dump(t, src), fmt.Sprintf("[%s %s]", seg("one").ID, seg("two").ID), "[]")
	same(t, "the copy", dst, want)
	is(t, "copying into what is not empty", store.Copy(ctx, dst, src), store.ErrArgument)
	same(t, "after that", dst, want)
	first, _ := reopen(t, src)
	second, _ := reopen(t, dst)
	if first == second {
		t.Fatal("the copy says it is the original")
	}
}
