package bundle

import (
	"fmt"
	"testing"
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

// BenchmarkLinear decodes few and many changes: ns/change stays flat.
func BenchmarkLinear(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			frame := must2(Encode(sample(n, 100), false))
			var into Bundle
			for b.Loop() {
				if err := Decode(frame, &into); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/change")
		})
	}
}
