//go:build !js

package merge_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/commonhold/commonhold/merge/store/dir"
	"github.com/commonhold/commonhold/merge/transport"
)

// stores are new stores of each kind.
func stores(t testing.TB) map[string]store.Store {
	t.Helper()
	folder := t.TempDir()
	file, err := bolt.Open(filepath.Join(folder, "works.db"))
	must(t, err)
	files, err := dir.Open(filepath.Join(folder, "works"))
	must(t, err)
	return map[string]store.Store{"memory": store.Memory(), "bolt": file, "dir": files}
}

// live is what lives on the heap, as the garbage collector counts it. It counts what is
// made while it counts, so the second time counts, when nothing goes on.
func live() uint64 {
	runtime.GC()
	runtime.GC()
	m := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(m)
	return m[0].Value.Uint64()
}

// gauge looks at the heap now and then while bytes go by. It holds up all connections
// meanwhile, with what is in them.
type gauge struct {
	base uint64
	most uint64
	seen int
	next int
	gate sync.RWMutex
}

// pass notes that so many bytes have gone by.
func (g *gauge) pass(n int) {
	if g.seen += n; g.seen >= g.next {
		g.next = g.seen + 3<<20
		g.gate.Lock()
		defer g.gate.Unlock()
		g.most = max(g.most, live())
	}
}

// gated is a connection that a gauge can hold up.
type gated struct {
	transport.Conn
	*gauge
}

func (c gated) Send(ctx context.Context, msg []byte) error {
	c.gate.RLock()
	defer c.gate.RUnlock()
	return c.Conn.Send(ctx, msg)
}

// source is bytes by chance, so many of them.
type source struct {
	r    *rand.ChaCha8
	left int
	*gauge
}

func (s *source) Read(b []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	n := min(len(b), s.left)
	_, _ = s.r.Read(b[:n])
	s.left -= n
	s.pass(n)
	return n, nil
}

// sink is where the same bytes must come.
type sink struct {
	r *rand.ChaCha8
	*gauge
}

func (s *sink) Write(b []byte) (int, error) {
	want := make([]byte, len(b))
	_, _ = s.r.Read(want)
	if !bytes.Equal(b, want) {
		return 0, errors.New("other bytes have come")
	}
	s.pass(len(b))
	return len(b), nil
}

// TestBlobMemory: 64 MiB are attached in one store, fetched by a replica with another
// one, and read there. Never are there 2 MiB more on the heap than before, on both
// sides together.
func TestBlobMemory(t *testing.T) {
	size := 64 << 20
	if testing.Short() {
		size = 16 << 20
	}
	folder := t.TempDir()
	sa, err := dir.Open(filepath.Join(folder, "a"))
	must(t, err)
	sb, err := bolt.Open(filepath.Join(folder, "b.db"))
	must(t, err)
	ra, a := found(t, sa, "ann")
	rb := open(t, sb, "ben")
	b, err := rb.Join(t.Context(), a.Doc().ID())
	must(t, err)
	g := &gauge{}
	end := followsOver(t, rb, ra, everything, func() (transport.Conn, transport.Conn) {
		x, y := net.Pipe() // which holds nothing, as a line does
		return gated{transport.Stream(x), g}, gated{transport.Stream(y), g}
	})
	soon := func() bool { return b.Doc().View().Map("files").Len() == a.Doc().View().Map("files").Len() }
	must(t, a.Update(t.Context(), link("nothing", a.Doc().ID())))
	waitFor(t, soon) // what a connection needs is there
	g.base = live()
	id, err := a.Attach(t.Context(), &source{rand.NewChaCha8([32]byte{1}), size, g})
	must(t, err)
	must(t, a.Update(t.Context(), link("film", id)))
	waitFor(t, soon)
	attaching := g.most
	g.most, g.seen, g.next = 0, 0, 0
	f, err := b.Blob(t.Context(), id)
	must(t, err)
	n, err := io.Copy(&sink{rand.NewChaCha8([32]byte{1}), g}, f)
	must(t, err)
	if n != int64(size) {
		t.Errorf("%d bytes of %d", n, size)
	}
	end()
	more := func(n uint64) int64 { return int64(n) - int64(g.base) }
	t.Logf("%d MiB: %d KiB more while attaching, %d KiB while fetching and reading", size>>20, more(attaching)>>10, more(g.most)>>10)
	if more(attaching) > 2<<20 || more(g.most) > 2<<20 {
		t.Error("that is 2 MiB or more")
	}
	must(t, errors.Join(ra.Close(), rb.Close()))
}
