//go:build unix

package postgres_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

// Each benchmark runs on a file of bbolt, and on a server that syncs as it does.

// over runs a benchmark on both.
func over(b *testing.B, run func(*testing.B, store.Store)) {
	opened := func(b *testing.B, st store.Store, err error) {
		must(b, err)
		_, _, err = st.Open(background)
		must(b, err)
		b.ResetTimer()
		run(b, st)
		b.StopTimer()
		must(b, st.Close())
	}
	b.Run("postgres", func(b *testing.B) {
		s, err := start("fsync=on")
		must(b, err)
		defer s.remove()
		opened(b, s.sharing(b, "bench", "bench"), nil)
	})
	b.Run("bolt", func(b *testing.B) {
		st, err := bolt.Open(filepath.Join(b.TempDir(), "store"))
		opened(b, st, err)
	})
}

// BenchmarkRecord writes journal records as long as that of a keystroke, one after
// another.
func BenchmarkRecord(b *testing.B) {
	over(b, func(b *testing.B, st store.Store) {
		must(b, st.OpenJournal(background, workID("w"), []byte("header")))
		for b.Loop() {
			must(b, st.AppendJournal(background, workID("w"), []byte("a record of about thirty bytes")))
		}
	})
}

// BenchmarkRecordTogether writes them from sixteen goroutines, which share syncs.
func BenchmarkRecordTogether(b *testing.B) {
	over(b, func(b *testing.B, st store.Store) {
		must(b, st.OpenJournal(background, workID("w"), []byte("header")))
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				for n := i; n < b.N; n += 16 {
					if err := st.AppendJournal(background, workID("w"), []byte("a record of about thirty bytes")); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
	})
}

// BenchmarkPut appends segments of 4 KiB.
func BenchmarkPut(b *testing.B) {
	over(b, func(b *testing.B, st store.Store) {
		n := 0
		for b.Loop() {
			n++
			must(b, st.Append(background, workID("w"), store.NewSegment(fmt.Appendf(nil, "%03000d", n), fmt.Appendf(nil, "%01000d", n))))
		}
	})
}

// BenchmarkGet reads blocks of 64 KiB.
func BenchmarkGet(b *testing.B) {
	over(b, func(b *testing.B, st store.Store) {
		var all []store.Block
		for n := range 64 {
			data := fmt.Appendf(nil, "%065536d", n)
			all = append(all, store.Block{ID: block.Sum(data).ContentCID(), Data: data})
		}
		must(b, st.PutBlocks(background, workID("w"), all...))
		b.SetBytes(65536)
		b.ResetTimer()
		n := 0
		for b.Loop() {
			n++
			_, err := st.GetBlock(background, workID("w"), all[n%len(all)].ID)
			must(b, err)
		}
	})
}

// BenchmarkLoad reads a work of 10,000 segments of 300 bytes, as many as one has that
// was never compacted, and 20 of 1 MB.
func BenchmarkLoad(b *testing.B) {
	over(b, func(b *testing.B, st store.Store) {
		var list []store.Segment
		for n := range 10_000 {
			list = append(list, store.NewSegment(fmt.Appendf(nil, "%0200d", n), fmt.Appendf(nil, "%0100d", n)))
		}
		for n := range 20 {
			list = append(list, store.NewSegment(fmt.Appendf(nil, "%0700000d", n), fmt.Appendf(nil, "%0300000d", n)))
		}
		must(b, st.Append(background, workID("w"), list...))
		b.ResetTimer()
		for b.Loop() {
			for _, err := range st.Load(background, workID("w")) {
				must(b, err)
			}
		}
	})
}
