package bundle

import (
	"testing"
	"time"
)

// A history of 260,000 changes of 200 bytes is more than one frame holds, so it
// lies in two.
func paper(pack bool) [][]byte {
	b := sample(130_000, 200)
	for i := range b.Items {
		b.Items[i].Words = nil
	}
	frame := must2(EncodeChanges(b, pack))
	return [][]byte{frame, frame}
}

// BenchmarkDecode reads 260,000 changes.
func BenchmarkDecode(b *testing.B) {
	for _, pack := range []bool{false, true} {
		frames, name := paper(pack), "plain"
		if pack {
			name = "packed"
		}
		b.Run(name, func(b *testing.B) {
			var into Bundle
			b.SetBytes(260_000 * 200)
			b.ReportAllocs()
			for b.Loop() {
				for _, f := range frames {
					if err := DecodeChanges(f, &into); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkName hashes 130,000 changes.
func BenchmarkName(b *testing.B) {
	var into Bundle
	if err := DecodeChanges(paper(false)[0], &into); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(130_000 * 200)
	for b.Loop() {
		into.Name()
	}
}

// BenchmarkEncode writes 130,000 changes.
func BenchmarkEncode(b *testing.B) {
	for _, pack := range []bool{false, true} {
		name := "plain"
		if pack {
			name = "packed"
		}
		b.Run(name, func(b *testing.B) {
			in := sample(130_000, 200)
			b.SetBytes(130_000 * 200)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Encode(in, pack); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestLinear: four times as many changes take about four times as long; the
// least of several runs, so that a busy machine does not decide.
func TestLinear(t *testing.T) {
	least := func(n int) time.Duration {
		frame := must2(Encode(sample(n, 100), false))
		var into Bundle
		best := time.Hour
		for range 15 {
			start := time.Now()
			must(t, Decode(frame, &into))
			best = min(best, time.Since(start))
		}
		return best
	}
	few, many := least(10_000), least(40_000)
	t.Logf("10,000 changes %v, 40,000 changes %v", few, many)
	if many > 12*few+2*time.Millisecond {
		t.Fatalf("10,000 changes take %v, 40,000 take %v", few, many)
	}
}
