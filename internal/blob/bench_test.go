package blob

import (
	"bytes"
	"io"
	"testing"

	"github.com/ipfs/go-cid"
)

// BenchmarkWrite is cutting, hashing and naming 16 MiB.
func BenchmarkWrite(b *testing.B) {
	all := pattern(16 << 20)
	b.SetBytes(int64(len(all)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Write(bytes.NewReader(all), func(cid.Cid, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead is reading 16 MiB, verified.
func BenchmarkRead(b *testing.B) {
	all := pattern(16 << 20)
	s, id := written(b, standard, all)
	b.SetBytes(int64(len(all)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(id, s.get)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecode is taking a full node apart.
func BenchmarkDecode(b *testing.B) {
	s, id := written(b, standard, pattern(16<<20))
	root := s[id]
	b.SetBytes(int64(len(root)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := standard.decode(root, 0, -1); err != nil {
			b.Fatal(err)
		}
	}
}
