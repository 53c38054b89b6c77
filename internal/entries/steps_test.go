package entries

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// slowStep is a step as the slow twin of Steps knows it.
type slowStep struct {
	at     int32
	amount int64
	alive  bool
}

// mustPanic runs a call that breaks a rule of the room and looks at what it says.
func mustPanic(t *testing.T, says string, f func()) {
	t.Helper()
	defer func() {
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "entries: ") || !strings.Contains(got, says) {
			t.Errorf("panic %q, want one that says %q", got, says)
		}
	}()
	f()
}

// The sum is that of big integers over the alive steps, whatever comes, dies and is taken back.
func TestStepsAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, w, next := NewSteps(), map[LV]*slowStep{}, LV(0)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				x := &slowStep{int32(rapid.IntRange(0, 1).Draw(t, "at")), 0, true}
				x.amount = rapid.OneOf(rapid.Int64(), rapid.Int64Range(-3, 3),
					rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64})).Draw(t, "amount")
				w[next] = x
				s.Add(x.at, next, x.amount)
				next += LV(rapid.IntRange(1, 40).Draw(t, "gap"))
			},
			"flip": func(t *rapid.T) {
				if len(w) > 0 {
					lv := rapid.SampledFrom(slices.Sorted(maps.Keys(w))).Draw(t, "step")
					w[lv].alive = rapid.Bool().Draw(t, "alive")
					s.Flip(lv, w[lv].alive)
				}
			},
			"truncate": func(t *rapid.T) {
				next -= min(next, LV(rapid.IntRange(0, 100).Draw(t, "back")))
				maps.DeleteFunc(w, func(lv LV, _ *slowStep) bool { return lv >= next })
				s.Truncate(next)
			},
			"": func(t *rapid.T) { stepsEqual(t, s, w) },
		})
	})
}

// stepsEqual compares all reads.
func stepsEqual(t *rapid.T, s *Steps, w map[LV]*slowStep) {
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	for at := int32(0); at < 3; at++ {
		sum := new(big.Int)
		var alive []LV
		for _, lv := range slices.Sorted(maps.Keys(w)) {
			if x := w[lv]; x.at == at && x.alive {
				sum.Add(sum, big.NewInt(x.amount))
				alive = append(alive, lv)
			}
		}
		hi, lo := s.Sum(at)
		got := new(big.Int).Lsh(big.NewInt(hi), 64)
		if got.Add(got, new(big.Int).SetUint64(lo)); got.Cmp(sum) != 0 {
			t.Fatalf("counter %d: %v, want %v", at, got, sum)
		}
		if n, ok := s.Int64(at); ok != sum.IsInt64() || ok && n != sum.Int64() {
			t.Fatalf("counter %d: %d %v, want %v", at, n, ok, sum)
		}
		var got2 []LV
		s.EachAlive(at, func(lv LV, amount int64) bool {
			if amount != w[lv].amount {
				t.Fatalf("step %d: %d, want %d", lv, amount, w[lv].amount)
			}
			got2 = append(got2, lv)
			return true
		})
		if !slices.Equal(got2, alive) || s.Any(at) != (len(alive) > 0) {
			t.Fatalf("counter %d: alive %v any %v, want %v", at, got2, s.Any(at), alive)
		}
	}
	for lv, x := range w {
		if at, amount, alive, ok := s.Step(lv); !ok || at != x.at || amount != x.amount || alive != x.alive {
			t.Fatalf("step %d: %d %d %v %v, want %v", lv, at, amount, alive, ok, x)
		}
	}
}

// Reading outside int64 is the same error in every order of arrival, and back inside it is exact.
func TestStepsAtTheEdge(t *testing.T) {
	amounts := []int64{math.MaxInt64, 1, math.MaxInt64, -5, math.MinInt64, math.MinInt64}
	for k := range amounts {
		s := NewSteps()
		for i := range amounts {
			s.Add(0, LV(i), amounts[(i+k)%len(amounts)])
		}
		if n, ok := s.Int64(0); !ok || n != -6 {
			t.Errorf("from %d: %d %v, want -6", k, n, ok)
		}
		s.Add(0, 10, math.MinInt64)
		if hi, lo := s.Sum(0); hi != -1 || lo != 1<<63-6 {
			t.Errorf("from %d: sum %d:%d", k, hi, lo)
		}
		if _, ok := s.Int64(0); ok {
			t.Errorf("from %d: a sum below int64 reads", k)
		}
		n := 0
		s.EachAlive(0, func(LV, int64) bool { n++; return false })
		if n != 1 {
			t.Errorf("%d steps after the first was enough", n)
		}
	}
	s := NewSteps()
	s.Add(0, 3, 1)
	mustPanic(t, "ascend", func() { s.Add(0, 3, 1) })
	mustPanic(t, "is no step", func() { s.Flip(4, true) })
	if _, _, _, ok := s.Step(4); ok {
		t.Error("a step that was never added")
	}
}
