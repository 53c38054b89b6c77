package merge

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/commonhold/commonhold/internal/block"
)

// TestFetches runs a random story of wants and sources: the invariants hold after every
// step, a block is asked of one source for as long as that is not slow, and of none
// twice unless it has left, and every want ends exactly when its block has come or
// nobody is left.
func TestFetches(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 11))
		told, now := 0, time.Unix(0, 0)
		f := &fetches{tell: func(poke) { told++ }}
		all := []*blocks{{}, {}, {}, {}}
		asked := map[*blocks][]*want{} // since it has come
		var wants []*want
		for range 400 {
			s, id := all[r.IntN(len(all))], block.ID{byte(r.IntN(5))}.ContentCID()
			now = now.Add(time.Duration(r.IntN(700)) * time.Millisecond)
			switch r.IntN(7) {
			case 0:
				wants = append(wants, f.add(want{id: id, hops: byte(r.IntN(3))}))
			case 1:
				others := len(f.sources) > 1 || len(f.sources) == 1 && !f.sources[s]
				w := f.relay(want{id: id}, s)
				if w != nil {
					wants = append(wants, w)
				}
				if w != nil && !others {
					t.Fatal("somebody is asked for what only he wants")
				}
			case 2:
				f.join(s)
			case 3:
				f.leave(s, errGone)
				delete(asked, s)
			case 4:
				if !f.sources[s] {
					continue
				}
				if w, _ := f.take(s, now); w != nil {
					if slices.Contains(asked[s], w) {
						t.Fatal("one source is asked twice")
					}
					asked[s] = append(asked[s], w)
				}
			case 5:
				if list := asked[s]; len(list) > 0 {
					f.lacked(list[r.IntN(len(list))], s, nil)
				}
			case 6:
				f.came(id, []byte("bytes"), nil)
			}
			if err := f.check(); err != nil {
				t.Fatal(err)
			}
		}
		for s := range f.sources {
			f.leave(s, nil)
		}
		ends := [2]int{}
		for _, w := range wants {
			select {
			case <-w.done:
			default:
				t.Fatal("nobody is left, and a want goes on")
			}
			if (w.data == nil) != (w.err != nil) || w.err != nil && !errors.Is(w.err, ErrAbsent) {
				t.Fatalf("a want ends with %d bytes, %v", len(w.data), w.err)
			}
			if ends[0]++; w.err == nil {
				ends[1]++
			}
		}
		if ends[0] < 20 || ends[1] == 0 || told == 0 {
			t.Errorf("seed %d: %v wants ended, told %d times", seed, ends, told)
		}
	}
}

// TestFetchesHedge: another source is asked as well when the first is slow, at once when
// the first wants the block itself.
func TestFetchesHedge(t *testing.T) {
	f := &fetches{tell: func(poke) {}}
	a, b, now := &blocks{}, &blocks{}, time.Unix(0, 0)
	f.join(a)
	f.join(b)
	w := f.add(want{id: block.ID{1}.ContentCID()})
	takes := func(s *blocks, after time.Duration, want *want) {
		t.Helper()
		if got, _ := f.take(s, now.Add(after)); got != want {
			t.Fatalf("after %v %v is taken", after, got)
		}
	}
	takes(a, 0, w)
	takes(a, 2*hedge, nil)
	takes(b, hedge-1, nil)
	f.moves(w.id, now.Add(hedge))
	takes(b, 2*hedge-1, nil)
	takes(b, 2*hedge, w)
	f.came(w.id, []byte("bytes"), nil)

	w = f.add(want{id: w.id})
	takes(a, 0, w)
	if f.relay(want{id: w.id}, a) != w {
		t.Fatal("two wants of one block")
	}
	takes(b, 0, w)
	f.lacked(w, b, nil)
	if f.relay(want{id: w.id}, a) != nil {
		t.Error("nobody else is left, and a is to wait")
	}
}
