package sequence

import (
	"cmp"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// spent returns the bytes that f allocates, and those of them that what it returns
// keeps alive.
func spent(f func() any) (allocated, kept uint64) {
	var a, b, c runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&a)
	x := f()
	runtime.ReadMemStats(&b)
	runtime.GC()
	runtime.ReadMemStats(&c)
	runtime.KeepAlive(x)
	return b.TotalAlloc - a.TotalAlloc, c.HeapAlloc - min(a.HeapAlloc, c.HeapAlloc)
}

// million is as many elements as one change can declare.
const million = 1 << 20

// declared returns a text of one run of a million elements whose words are absent.
func declared(lv LV, words *[]byte) *Seq {
	s := New(func(a, b LV) int { return cmp.Compare(a, b) }, words)
	s.InsertAt(0, 0, 1, 0)
	s.Insert(0, Right, lv, million, NoWords, false)
	return s
}

// TestDeclaredElementsCostNothing declares a million elements, whose words never
// come, in a few bytes: they must cost a few bytes.
func TestDeclaredElementsCostNothing(t *testing.T) {
	words := []byte("x")
	for _, lv := range []LV{1, 256, 1 << blockBits, 1<<20 + 1000, 1<<blockBits - 1} {
		allocated, kept := spent(func() any { return declared(lv, &words) })
		if allocated > 32<<10 || kept > 16<<10 {
			t.Errorf("a million elements from LV %d take %d bytes, of %d allocated", lv, kept, allocated)
		}
		t.Logf("from LV %d: %d bytes, of %d allocated", lv, kept, allocated)
		s := declared(lv, &words)
		if _, shown := s.Index(lv + million/2); shown || !s.Has(lv+million-1) || s.Has(lv+million) || s.Len() != 1 {
			t.Errorf("from LV %d: not the elements that were declared", lv)
		}
	}
}

// TestTouchedElementsCostLittle hangs elements on and between those of a million
// that were only declared. No one costs more than the memory that its op may take.
func TestTouchedElementsCostLittle(t *testing.T) {
	const most = 64 * 10 // bytes an op that inserts one element, at least ten bytes long
	words := []byte("x")
	for _, n := range []int{1, 30, 1000, 10_000} {
		for _, side := range []Side{Left, Right} {
			bare, _ := spent(func() any { return declared(1, &words) })
			allocated, kept := spent(func() any {
				s := declared(1, &words)
				r := rand.New(rand.NewPCG(1, uint64(n)))
				for i := range LV(n) {
					s.Insert(r.Uint32N(million), side, million+10+2*i, 1, 0, true)
				}
				return s
			})
			if int(kept)-int(bare) > n*most+4<<10 {
				t.Errorf("%d elements on side %d take %d bytes more than the %d of the others", n, side, kept-bare, bare)
			}
			t.Logf("%d on side %d: %d bytes, of %d allocated", n, side, kept, allocated)
		}
	}
}

// TestEndOfDeclaredElements asks for the end of a long run of which little is known,
// again and again: what is remembered of the way there is little too.
func TestEndOfDeclaredElements(t *testing.T) {
	words := []byte("x")
	allocated, kept := spent(func() any {
		s := declared(10, &words)
		for i := range LV(100) {
			s.Insert(0, Right, million+100+2*i, 1, 0, true) // after the run, or after others
		}
		if v := s.Visits(); v > 2000 {
			t.Errorf("%d visits", v)
		}
		return s
	})
	if allocated > 80<<10 {
		t.Errorf("%d bytes, of %d allocated", kept, allocated)
	}
	t.Logf("%d bytes, of %d allocated", kept, allocated)
}

// TestDeclaredElementsLater gives declared elements their words, in one go or in
// parts, hides some, and takes the rest back.
func TestDeclaredElementsLater(t *testing.T) {
	const n = 3<<blockBits + 1234
	for _, unit := range []string{"abcdefghij", "aß漢😀"} {
		text := []rune(strings.Repeat(unit, n/len([]rune(unit))+1))[:n]
		for _, parts := range []int{1, 7} {
			words := []byte("x" + string(text))
			s := New(nil, &words)
			s.InsertAt(0, 0, 1, 0)
			s.Insert(0, Right, 700, n, NoWords, false)
			r := rand.New(rand.NewPCG(uint64(parts), 1))
			cuts := []int{0, n}
			for range parts - 1 {
				cuts = append(cuts, r.IntN(n))
			}
			slices.Sort(cuts)
			order := r.Perm(parts)
			for k, i := range order {
				a, b := cuts[i], cuts[i+1]
				s.Fill(700+LV(a), uint32(b-a), uint32(1+len(string(text[:a]))))
				s.Show(700+LV(a), uint32(b-a), true)
				if k == parts/2 && s.Check() != nil {
					t.Fatal(s.Check())
				}
			}
			if got := string(s.AppendText(nil, 0, s.Len())); got != string(words) || len(s.tracts) > 0 {
				t.Errorf("%d parts: %d bytes, not %d, %d tracts left", parts, len(got), len(words), len(s.tracts))
			}
			s.DeleteAt(20_000, 20_000, func(LV, uint32) {})
			s.Truncate(700 + 45_000)
			want := "x" + string(text[:19_999]) + string(text[39_999:45_000])
			if got := string(s.AppendText(nil, 0, s.Len())); got != want {
				t.Errorf("%d parts: %d bytes at last, not %d", parts, len(got), len(want))
			}
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestTruncateDeclaredElements takes declared elements back, to each kind of page
// and element, some having been touched before.
func TestTruncateDeclaredElements(t *testing.T) {
	words := []byte("x")
	for _, touched := range []int{0, 3, 100} {
		for _, to := range []LV{1, 2, 255, 256, 257, 512, 513, 690, 1 << blockBits, 1<<blockBits + 1, 2<<blockBits - 1, 2<<blockBits + 690} {
			n := max(to, to&^(1<<blockBits-1)+700)
			s := New(func(a, b LV) int { return cmp.Compare(a, b) }, &words)
			s.InsertAt(0, 0, 1, 0)
			s.Insert(0, Right, 1, n, NoWords, false)
			before := dump(s)
			r := rand.New(rand.NewPCG(uint64(to), 1))
			for i := range LV(touched) {
				s.Insert(1+r.Uint32N(n), Left, n+10+2*i, 1, 0, true)
			}
			s.Truncate(n + 1)
			if after := dump(s); !reflect.DeepEqual(before, after) {
				t.Fatalf("%d elements are not gone without a trace", touched)
			}
			s.Truncate(to)
			if err := s.Check(); err != nil {
				t.Fatalf("to %d, after %d: %v", to, touched, err)
			}
			if s.Has(to) || !s.Has(to-1) {
				t.Fatalf("to %d, after %d: not taken back", to, touched)
			}
			s.InsertAt(1, to, 1, 0)
			s.Insert(to, Left, to+600, 600, NoWords, false)
			if err := s.Check(); err != nil {
				t.Fatalf("to %d, and on: %v", to, err)
			}
		}
	}
}
