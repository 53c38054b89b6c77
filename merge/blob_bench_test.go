package merge_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
)

// benchFilm is how many bytes are attached, fetched and read.
const benchFilm = 8 << 20

// BenchmarkAttach is attaching, durable at the end.
func BenchmarkAttach(b *testing.B) {
	all := film("a", benchFilm)
	for name, st := range stores(b) {
		b.Run(name, func(b *testing.B) {
			_, a := found(b, st, "ann")
			defer st.Close()
			b.SetBytes(benchFilm)
			for b.Loop() {
				_, err := a.Attach(b.Context(), bytes.NewReader(all))
				must(b, err)
			}
		})
	}
}

// BenchmarkBlob is reading what is stored.
func BenchmarkBlob(b *testing.B) {
	all := film("a", benchFilm)
	for name, st := range stores(b) {
		b.Run(name, func(b *testing.B) {
			_, a := found(b, st, "ann")
			defer st.Close()
			id := attach(b, a, "film", all)
			b.SetBytes(benchFilm)
			for b.Loop() {
				r, err := a.Blob(b.Context(), id)
				must(b, err)
				_, err = io.Copy(io.Discard, r)
				must(b, err)
			}
		})
	}
}

// BenchmarkFetch is reading what a peer has, over a pipe, from memory to memory.
func BenchmarkFetch(b *testing.B) {
	server, a := found(b, store.Memory(), "ann")
	id := attach(b, a, "film", film("a", benchFilm))
	must(b, a.Save(b.Context()))
	b.SetBytes(benchFilm)
	for b.Loop() {
		repo := open(b, store.Memory(), "ben")
		r, err := repo.Join(b.Context(), a.Doc().ID())
		must(b, err)
		end := follows(b, repo, server, everything, nil)
		waitFor(b, func() bool { return r.Doc().View().Map("files").Get("film").Exists() })
		f, err := r.Blob(b.Context(), id)
		must(b, err)
		_, err = io.Copy(io.Discard, f)
		must(b, err)
		end()
		must(b, repo.Close())
	}
}
