package merge_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
)

// measured is a store that counts what is written to it.
type measured struct {
	store.Store
	t        *testing.T
	appended int // bytes of segments by the last append
	moved    int // bytes rewritten since
	all      [2]int
	segments []int // how many each replace has replaced
}

func (m *measured) count(s []store.Segment) {
	m.appended, m.moved = 0, 0
	for _, one := range s {
		m.appended += len(one.Changes) + len(one.Words)
	}
	m.all[0] += m.appended
}

func (m *measured) Append(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	m.count(s)
	return m.Store.Append(ctx, work, s...)
}

func (m *measured) Seal(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	m.count(s)
	return m.Store.Seal(ctx, work, s...)
}

func (m *measured) Replace(ctx context.Context, work cid.Cid, s store.Segment) error {
	old := map[string]bool{}
	for _, id := range s.Replaces {
		old[id] = true
	}
	for one, err := range m.Store.Load(ctx, work) {
		must(m.t, err)
		if old[one.ID] {
			m.moved += len(one.Changes) + len(one.Words)
			m.all[1] += len(one.Changes) + len(one.Words)
		}
	}
	if most := 8*m.appended + 64<<10; m.moved > most {
		m.t.Errorf("an append of %d bytes moved %d, the most is %d", m.appended, m.moved, most)
	}
	if n := len(s.Changes) + len(s.Words); n > 1<<20+1<<16 {
		m.t.Errorf("a segment of %d bytes", n)
	}
	m.segments = append(m.segments, len(s.Replaces))
	return m.Store.Replace(ctx, work, s)
}

// TestCompact: segments become few and large while a work is written, no append moves
// more than it may, no byte is moved more than six times, and what is stored is what
// was written, also by peers and after reopening in between.
func TestCompact(t *testing.T) {
	ctx := context.Background()
	m := &measured{Store: store.Memory(), t: t}
	repo, a := found(t, m, "ann")
	b := joined(t, "ben", a)
	meets(t, a, b)
	random := rand.New(rand.NewPCG(5, 6))
	saves := 1500
	if testing.Short() {
		saves = 300
	}
	for k := range saves {
		size := 1 + random.IntN(40)
		if random.IntN(50) == 0 {
			size = random.IntN(20_000)
		}
		var words strings.Builder
		for range size {
			fmt.Fprint(&words, rune('a'+random.IntN(26)))
		}
		must(t, a.Update(ctx, app(words.String())))
		must(t, a.Save(ctx))
		if k%100 == 50 {
			must(t, b.Update(ctx, put(0, "ben")))
			meets(t, a, b)
		}
		if k%250 == 249 {
			must(t, repo.Close())
			repo, a = openWork(t, m, "ann", a.Doc().ID())
			if len(a.Damage()) > 0 {
				t.Fatal(a.Damage())
			}
		}
	}
	before, work := json(t, a), a.Doc().ID()
	n := len(segmentsOf(t, m, work))
	t.Logf("%d saves, %d bytes: %d segments, %d bytes moved in %d steps", saves, m.all[0], n, m.all[1], len(m.segments))
	if n > 40 || len(m.segments) < saves/5 {
		t.Errorf("%d segments of %d saves, %d were merged", n, saves, len(m.segments))
	}
	if m.all[1] > 6*m.all[0] {
		t.Errorf("%d bytes were moved, of %d", m.all[1], m.all[0])
	}
	must(t, repo.Close())
	_, a = openWork(t, m, "ann", work)
	if json(t, a) != before || len(a.Damage()) > 0 {
		t.Errorf("opened again: %v", a.Damage())
	}
	meets(t, a, b)
}

// TestCompactFails: a merge of segments that fails is the last write, and loses
// nothing.
func TestCompactFails(t *testing.T) {
	ctx := context.Background()
	for n := range 12 {
		for _, applied := range []bool{false, true} {
			st := faultyStore()
			_, a := found(t, st, "ann")
			st.Fail(n, applied)
			said := ""
			var err error
			for k := 0; err == nil; k++ {
				if err = a.Update(ctx, app(fmt.Sprint(k, " "))); err == nil {
					said += fmt.Sprint(k, " ")
					err = a.Save(ctx)
				}
			}
			wants(t, "the write that fails", err, merge.ErrStore)
			wants(t, "the next", a.Update(ctx, app("no")), merge.ErrStore)
			_, c := again(t, st, "ann", a)
			if len(c.Damage()) > 0 || !strings.HasPrefix(text(c), said) {
				t.Errorf("write %d: %q, said was %q, %v", n, text(c), said, c.Damage())
			}
		}
	}
}
