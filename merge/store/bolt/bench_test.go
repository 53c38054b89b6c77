//go:build !js

package bolt_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
)

// record is a journal record as long as that of a keystroke.
var record = []byte("a record of about thirty bytes")

// BenchmarkRecord writes records one after another: two syncs each.
func BenchmarkRecord(b *testing.B) {
	st := opened(b, filepath.Join(b.TempDir(), "store"))
	must(b, st.OpenJournal(ctx, id("work"), []byte("header")))
	for b.Loop() {
		must(b, st.AppendJournal(ctx, id("work"), record))
	}
	must(b, st.Close())
}

// BenchmarkRecordTogether writes records from sixteen goroutines, which share
// syncs.
func BenchmarkRecordTogether(b *testing.B) {
	st := opened(b, filepath.Join(b.TempDir(), "store"))
	must(b, st.OpenJournal(ctx, id("work"), []byte("header")))
	var wg sync.WaitGroup
	b.ResetTimer()
	for i := range 16 {
		wg.Go(func() {
			for n := i; n < b.N; n += 16 {
				if err := st.AppendJournal(ctx, id("work"), record); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	must(b, st.Close())
}

// many makes a store with 10,000 segments of 300 bytes, as many as a work has
// that was never compacted, and 20 of 1 MiB.
func many(b *testing.B) string {
	path := filepath.Join(b.TempDir(), "store")
	st := opened(b, path)
	var all []store.Segment
	for n := range 10_000 {
		all = append(all, store.NewSegment(fmt.Appendf(nil, "%0200d", n), fmt.Appendf(nil, "%0100d", n)))
	}
	for n := range 20 {
		all = append(all, store.NewSegment(fmt.Appendf(nil, "%0700000d", n), fmt.Appendf(nil, "%0300000d", n)))
	}
	must(b, st.Append(ctx, id("work"), all...))
	must(b, st.Close())
	return path
}

// BenchmarkOpen opens and closes a store of 26 MB.
func BenchmarkOpen(b *testing.B) {
	path := many(b)
	b.ResetTimer()
	for b.Loop() {
		must(b, opened(b, path).Close())
	}
}

// BenchmarkLoad reads all segments of a store of 26 MB.
func BenchmarkLoad(b *testing.B) {
	st := opened(b, many(b))
	b.ResetTimer()
	for b.Loop() {
		for _, err := range st.Load(ctx, id("work")) {
			must(b, err)
		}
	}
	must(b, st.Close())
}
