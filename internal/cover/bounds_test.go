package cover

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// name makes an ID of two numbers, spread like a digest.
func name(kind, n uint64) (id ID) {
	r := rand.NewPCG(kind, n)
	for i := 0; i < len(id); i += 8 {
		binary.LittleEndian.PutUint64(id[i:], r.Uint64())
	}
	return id
}

// room is a Pending whose changes are blocks of bytes and always valid.
type room struct {
	*Pending[[]byte]
	t       testing.TB
	applied map[ID]bool
}

func newRoom(t testing.TB, l Limits) *room {
	r := &room{t: t, applied: map[ID]bool{}}
	r.Pending = New(func(id ID) bool { return r.applied[id] }, func(ID, []byte) error { return nil }, l)
	return r
}

// bring offers a change of 300 bytes.
func (r *room) bring(from Tag, id, prev ID, signed bool, links ...ID) {
	r.t.Helper()
	data := make([]byte, 300)
	if err := r.Offer(&Item[[]byte]{ID: id, Prev: prev, Links: links, Size: len(data), Signed: signed, Data: data}, from); err != nil {
		r.t.Fatal(err)
	}
}

// take takes, and counts what is ready as applied.
func (r *room) take() Taken[[]byte] {
	t := r.Take()
	for _, h := range t.Ready {
		r.applied[h.ID] = true
	}
	return t
}

func (r *room) check() {
	r.t.Helper()
	if err := r.Check(); err != nil {
		r.t.Fatal(err)
	}
}

// heapNow is the live heap in bytes.
func heapNow() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestFloodOfUnknownParents has one source bring a million changes nobody can complete. What another brought stays, and
// the memory stays below twice the bound.
func TestFloodOfUnknownParents(t *testing.T) {
	const flood, honest = 1_000_000, 1000
	before := heapNow()
	r := newRoom(t, Limits{})
	for i := range uint64(honest) {
		r.bring("honest", name(1, i), ID{}, false, name(2, i))
	}
	most := 0
	for i := range uint64(flood) {
		r.bring("evil", name(3, i), name(4, i), true, name(5, i))
		if i%4096 == 4095 {
			r.take()
		}
		if i%(flood/8) == flood/16 {
			most = max(most, heapNow()-before)
		}
	}
	r.take()
	n, bytes := r.Holds("evil")
	if n > MaxChanges || bytes > MaxBytes || n < MaxChanges/2 {
		t.Errorf("evil holds %d changes, %d bytes", n, bytes)
	}
	if n, _ := r.Holds("honest"); n != honest {
		t.Errorf("honest holds %d changes, want %d", n, honest)
	}
	t.Logf("%d changes of 300 bytes offered, %d kept with %d bytes, heap at most %d", flood, n, bytes, most)
	if most > 2*MaxBytes {
		t.Errorf("heap %d, at most %d", most, 2*MaxBytes)
	}
	r.check()
	for i := range uint64(honest) {
		r.bring("honest", name(2, i), ID{}, true)
		r.Sign(name(1, i))
	}
	if got := len(r.take().Ready); got != 2*honest {
		t.Errorf("%d ready, want %d", got, 2*honest)
	}
	r.Forget("evil")
	if r.take(); r.Len() != 0 {
		t.Errorf("%d left", r.Len())
	}
	if after := heapNow() - before; after > 4<<20 {
		t.Errorf("an empty room keeps %d bytes", after)
	}
	r.check()
	runtime.KeepAlive(r)
}

// TestFloodOfLinks has few changes that each name 4,161 absent ones.
func TestFloodOfLinks(t *testing.T) {
	const wide = 1 + 64 + 4096
	before := heapNow()
	r := newRoom(t, Limits{})
	links := make([]ID, wide)
	most := 0
	for i := range uint64(120) {
		for j := range links {
			links[j] = name(i, uint64(j)+100)
		}
		if err := r.Offer(&Item[[]byte]{ID: name(1, i), Links: links, Size: 41 * wide, Data: make([]byte, 41*wide)}, "evil"); err != nil {
			t.Fatal(err)
		}
		if r.take(); i%16 == 15 {
			most = max(most, heapNow()-before)
		}
	}
	t.Logf("%d held with %d bytes, heap at most %d", r.Len(), r.Bytes(), most)
	if r.Bytes() > MaxBytes || most > 2*MaxBytes {
		t.Errorf("%d bytes, heap %d", r.Bytes(), most)
	}
	r.check()
}

// TestLastBringer has what several sources brought stay until the last of them is over its bound.
func TestLastBringer(t *testing.T) {
	r := newRoom(t, Limits{Changes: 4})
	x, y := name(1, 0), name(1, 1)
	r.bring("evil", x, ID{}, false, name(9, 9))
	r.bring("evil", y, ID{}, false, x) // only evil has it
	r.bring("honest", x, ID{}, false, name(9, 9))
	for i := range uint64(20) {
		r.bring("evil", name(2, i), ID{}, false, name(9, i))
	}
	got := r.take()
	if _, _, ok := r.Get(x); !ok || !slices.Contains(got.Dropped, y) {
		t.Errorf("x there: %v, dropped %d", ok, len(got.Dropped))
	}
	if n, _ := r.Holds("evil"); n != 4 {
		t.Errorf("evil holds %d", n)
	}
	for i := range uint64(5) {
		r.bring("honest", name(3, i), ID{}, false, name(9, i))
	}
	if got := r.take(); !slices.Equal(got.Dropped, []ID{x, name(3, 0)}) {
		t.Errorf("dropped %d", len(got.Dropped))
	}
	r.check()
}

// TestNineSources has more sources bring a change than are noted.
func TestNineSources(t *testing.T) {
	r := newRoom(t, Limits{})
	for i := range 9 {
		r.bring(Tag("abcdefghi"[i:i+1]), name(1, 0), ID{}, false)
	}
	for i := range 9 {
		if n, _ := r.Holds(Tag("abcdefghi"[i : i+1])); (n == 1) != (i < MaxSources) {
			t.Errorf("source %d holds %d", i, n)
		}
	}
	r.check()
	for i := range MaxSources {
		r.Forget(Tag("abcdefghi"[i : i+1]))
	}
	if r.Len() != 0 || len(r.take().Dropped) != 1 {
		t.Error("it stays")
	}
	r.check()
}

// TestWorkBound fills the work from many sources: those who hold most yield.
func TestWorkBound(t *testing.T) {
	r := newRoom(t, Limits{Changes: 100})
	for i := range uint64(10) {
		r.bring("honest", name(1, i), ID{}, false)
	}
	for s := range 8 {
		for i := range uint64(90) {
			r.bring(Tag("evil"+string(rune('0'+s))), name(uint64(2+s), i), ID{}, false)
		}
	}
	r.take()
	if n, _ := r.Holds("honest"); n != 10 || r.Len() != 400 {
		t.Errorf("honest holds %d, %d in all", n, r.Len())
	}
	for i := range uint64(1000) {
		r.bring("", name(20, i), ID{}, false)
	}
	r.take()
	h, _ := r.Holds("honest")
	n, _ := r.Holds("")
	if h != 10 || n == 0 || r.Len() != 400 {
		t.Errorf("honest holds %d, the untagged %d, %d in all", h, n, r.Len())
	}
	r.check()
}

// TestUntaggedHasTheWorksBound: nobody in particular may hold as much as the work.
func TestUntaggedHasTheWorksBound(t *testing.T) {
	r := newRoom(t, Limits{Changes: 100})
	for i := range uint64(1000) {
		r.bring("", name(1, i), ID{}, false)
	}
	r.take()
	if n, _ := r.Holds(""); n != 400 {
		t.Errorf("holds %d", n)
	}
	r.check()
}

// TestLateSignatureOfASegment: a segment whose only signature comes last is not cut, up to twice the bound.
func TestLateSignatureOfASegment(t *testing.T) {
	for _, n := range []uint64{20, 21} {
		r := newRoom(t, Limits{Changes: 10})
		prev := ID{}
		for i := range n {
			r.bring("a", name(1, i), prev, i == n-1)
			prev = name(1, i)
		}
		if got := r.take(); (len(got.Ready) == 20) != (n == 20) || len(got.Ready) == 0 && len(got.Dropped) == 0 {
			t.Errorf("%d of %d ready, %d dropped", len(got.Ready), n, len(got.Dropped))
		}
		r.check()
	}
}

// TestWorkIsPaid: a source that lets signatures work more than its bytes pay for loses what it brought.
func TestWorkIsPaid(t *testing.T) {
	r := newRoom(t, Limits{})
	roots := []ID{name(2, 0), name(2, 1), name(2, 2), name(2, 3)}
	for _, id := range roots {
		r.bring("evil", id, ID{}, false)
	}
	const line = 5000
	hub := name(1, 0)
	r.bring("evil", hub, ID{}, true, roots...)
	for i := uint64(1); i < line; i++ {
		r.bring("evil", name(1, i), ID{}, true, name(1, i-1))
	}
	r.bring("honest", name(3, 0), ID{}, false)
	r.bring("honest", name(3, 1), ID{}, false, hub)
	for _, id := range append(roots, hub) {
		r.bring("honest", id, ID{}, false) // evil can pay better
	}
	src := r.sources.by["evil"]
	if want := int64(WorkPerByte) * int64(src.bytes); src.credit != want {
		t.Fatalf("credit %d, want %d", src.credit, want)
	}
	next := func() uint64 {
		_, why, ok := r.Get(hub)
		if !ok || why.State != Blocked {
			t.Fatalf("hub is in state %v", why)
		}
		before := r.Work().Sum()
		r.Sign(why.Link)
		return r.Work().Sum() - before
	}
	const rich = 1 << 30
	src.credit = rich
	if cost := next(); cost < 2*line || src.credit != rich+WorkPerByte*signCost-int64(cost) {
		t.Fatalf("credit %d after %d", src.credit, cost)
	}
	next()
	if n, _ := r.Holds("evil"); n < line {
		t.Fatalf("evil holds %d", n)
	}
	src.credit, r.sources.by["honest"].credit = 100, 99
	next()
	r.check()
	got := r.take()
	if n, _ := r.Holds("evil"); n != 0 || len(got.Ready) != 3 {
		t.Errorf("evil holds %d, %d ready", n, len(got.Ready))
	}
	if n, _ := r.Holds("honest"); n != 4 || len(got.Dropped) != line-1 || r.sources.by["honest"].credit != 99 {
		t.Errorf("honest holds %d, %d dropped", n, len(got.Dropped))
	}
}

// TestBlame: what is refused after it was held is blamed on all who brought it, and on nobody else.
func TestBlame(t *testing.T) {
	r := newRoom(t, Limits{})
	root, other := name(1, 0), name(2, 0)
	r.bring("a", name(1, 1), root, false)
	r.bring("b", name(1, 1), root, false)
	r.bring("b", name(1, 2), name(1, 1), false)
	r.bring("c", name(2, 1), other, false)
	r.Poison(root, errors.New("bad"))
	blamed := map[Tag]int{}
	for _, b := range r.take().Blamed {
		if b.Why.Cause != root || b.Why.ID != name(1, 1) && b.Why.ID != name(1, 2) {
			t.Errorf("%s is blamed for %v", b.From, b.Why)
		}
		blamed[b.From]++
	}
	if len(blamed) != 2 || blamed["a"] != 1 || blamed["b"] != 2 {
		t.Errorf("%v", blamed)
	}
	if again := r.take(); len(again.Blamed) != 0 {
		t.Errorf("blamed twice: %v", again.Blamed)
	}
}

// TestPoisonIsRemembered: a whole branch is refused unread, nothing of it is asked for, and followers cannot make the
// room forget the invalid ones.
func TestPoisonIsRemembered(t *testing.T) {
	r := newRoom(t, Limits{})
	bad := errors.New("bad")
	root := name(1, 0)
	prev := root
	for i := uint64(1); i < 100; i++ { // waits for root
		r.bring("a", name(1, i), prev, false)
		prev = name(1, i)
	}
	r.Poison(root, bad)
	got := r.take()
	if len(got.Refused) != 99 || r.Len() != 0 {
		t.Fatalf("%d refused, %d left", len(got.Refused), r.Len())
	}
	for range r.Missing() {
		t.Fatal("something of a refused branch is asked for")
	}
	for i := uint64(0); i < 3*MaxPoison; i++ {
		err := r.Offer(&Item[[]byte]{ID: name(2, i), Links: []ID{root}}, "a")
		var f *Refusal
		if !errors.As(err, &f) || f.Cause != root || f.ID != name(2, i) || !errors.Is(err, bad) || !errors.Is(err, ErrPoisoned) {
			t.Fatalf("follower %d: %v", i, err)
		}
	}
	if f := r.Refusal(root); f == nil || !strings.Contains(f.Error(), "bad") || strings.Contains(f.Error(), "builds on") {
		t.Fatalf("followers made the room forget: %v", f)
	}
	if f := r.Refusal(name(1, 7)); f != nil {
		t.Fatalf("followers left no mark on each other: %v", f)
	}
	if f := r.Refusal(name(2, 3*MaxPoison-1)); f == nil || !strings.Contains(f.Error(), "builds on") {
		t.Fatalf("the youngest follower is forgotten: %v", f)
	}
	for i := range uint64(MaxPoison) {
		if r.Refusal(root) == nil {
			t.Fatalf("forgotten after %d", i)
		}
		r.Poison(name(3, i), bad)
	}
	if r.Refusal(root) != nil {
		t.Error("remembered for ever")
	}
	r.check()
}

// TestEarlySignatures: kept for changes that are not here, bounded, forgotten oldest first.
func TestEarlySignatures(t *testing.T) {
	r := newRoom(t, Limits{})
	x := name(1, 0)
	r.bring("a", x, ID{}, false, name(1, 1))
	if r.Keep(x, &Signature{1}, "a") {
		t.Error("kept for a change that is here")
	}
	r.Poison(name(1, 2), errors.New("bad"))
	if r.Keep(name(1, 2), &Signature{1}, "a") {
		t.Error("kept for a refused change")
	}
	if !r.Keep(name(1, 1), &Signature{1}, "a") || !r.Keep(name(1, 1), &Signature{2}, "b") || !r.Keep(name(1, 3), &Signature{3}, "c") {
		t.Error("not kept")
	}
	if got := r.Early(name(1, 1)); !slices.Equal(got, []Early{{Signature{1}, "a"}, {Signature{2}, "b"}}) {
		t.Errorf("got %v", got)
	}
	if got := r.Early(name(1, 1)); got != nil {
		t.Errorf("twice: %v", got)
	}
	for i := range uint64(MaxEarly) {
		r.Keep(name(2, i/2), &Signature{byte(i)}, "d")
	}
	if r.Early(name(1, 3)) != nil || len(r.Early(name(2, 0))) != 2 || len(r.Early(name(2, MaxEarly/2-1))) != 2 {
		t.Error("not the oldest is forgotten")
	}
	r.Keep(name(5, 5), &Signature{}, "e")
	r.Poison(name(5, 5), errors.New("bad"))
	if r.Early(name(5, 5)) != nil {
		t.Error("kept for a change refused since")
	}
	r.check()
}

// TestMissingInOrder: what was wanted first comes first, and what arrived or is not wanted any more does not come.
func TestMissingInOrder(t *testing.T) {
	r := newRoom(t, Limits{})
	a, b, c, d := name(1, 1), name(1, 2), name(1, 3), name(1, 4)
	r.bring("s", name(2, 0), a, false, b)
	r.bring("t", name(2, 1), ID{}, false, c)
	r.bring("s", name(2, 2), ID{}, false, b, d)
	list := func() []ID { return slices.Collect(r.Missing()) }
	if got := list(); !slices.Equal(got, []ID{a, b, c, d}) {
		t.Errorf("missing %x", got)
	}
	r.bring("s", b, ID{}, false)
	r.Forget("t")
	if got := list(); !slices.Equal(got, []ID{a, d}) {
		t.Errorf("missing %x", got)
	}
	for range r.Missing() {
		break
	}
	for range r.All() {
		break
	}
	r.check()
}

// TestDeepAndBackwards offers a long chain from its end, covered only there, with a small stack; and drops another.
func TestDeepAndBackwards(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(256 << 10))
	r := newRoom(t, Limits{})
	const n = MaxChanges
	for kind := range uint64(2) {
		for i := uint64(n - 1); i > 0; i-- {
			r.bring("a", name(kind, i), name(kind, i-1), i == n-1)
		}
		if got := slices.Collect(r.Missing()); !slices.Equal(got, []ID{name(kind, 0)}) {
			t.Fatalf("%d missing", len(got))
		}
		if kind == 0 {
			r.Poison(name(kind, 0), errors.New("bad"))
			if got := r.take(); len(got.Refused) != n-1 || r.Len() != 0 {
				t.Fatalf("%d refused", len(got.Refused))
			}
			continue
		}
		r.bring("a", name(kind, 0), ID{}, false)
		got := r.take()
		if len(got.Ready) != n {
			t.Fatalf("%d ready", len(got.Ready))
		}
		for i, h := range got.Ready {
			if h.ID != name(kind, uint64(i)) {
				t.Fatalf("not in order at %d", i)
			}
		}
	}
	r.check()
}

// TestAppliedBeforeItsLinks is a broken promise of the caller.
func TestAppliedBeforeItsLinks(t *testing.T) {
	r := newRoom(t, Limits{})
	r.bring("a", name(1, 0), name(1, 1), false)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	r.Applied(name(1, 0))
}
