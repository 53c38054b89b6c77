package sequence

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSmallSequencesAreSmall makes many texts of one character in one LV space, as
// a table of cells is.
func TestSmallSequencesAreSmall(t *testing.T) {
	const many = 10_000
	words := []byte("x")
	size := heapOf(func() any {
		all := make([]*Seq, many)
		for i := range all {
			all[i] = New(nil, &words)
			all[i].InsertAt(0, LV(1_000_000+i*700), 1, 0)
		}
		return all
	}) / many
	if size > 900 {
		t.Errorf("a text of one character takes %.0f bytes", size)
	}
	t.Logf("%.0f bytes", size)
}

// TestSparseSequence spreads one text thinly over the LVs: the pages that it has
// no elements in cost nothing.
func TestSparseSequence(t *testing.T) {
	words := []byte("abcdefghijklmnopqrstuvwxyz")
	s := New(nil, &words)
	lv := LV(77)
	for i := range uint32(26) {
		s.InsertAt(int(i), lv, 1, i)
		lv += 256 << (i % 20)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if got := string(s.AppendText(nil, 0, 26)); got != string(words) || len(s.pages) != 26 {
		t.Errorf("%q in %d pages", got, len(s.pages))
	}
	for lv := range LV(10_000) {
		want := lv == 77 || lv == 77+256 || lv == 77+3*256 || lv == 77+7*256 || lv == 77+15*256 || lv == 77+31*256
		if s.Has(lv) != want {
			t.Errorf("Has(%d) is %v", lv, !want)
		}
	}
}

// TestTruncateShrinksTheTree takes a deep tree back step by step.
func TestTruncateShrinksTheTree(t *testing.T) {
	words := make([]byte, 1000)
	for _, size := range shapes {
		s := newSized(nil, &words, size)
		r := rand.New(rand.NewPCG(7, 8))
		var text []LV // the slow twin
		for lv := range LV(1000) {
			pos := r.IntN(len(text) + 1)
			s.InsertAt(pos, lv, 1, lv)
			text = slices.Insert(text, pos, lv)
		}
		for _, lv := range []LV{999, 700, 699, 300, 100, 30, 12, 5, 2, 1, 0} {
			s.Truncate(lv)
			text = slices.DeleteFunc(text, func(x LV) bool { return x >= lv })
			if err := s.Check(); err != nil {
				t.Fatalf("to %d: %v", lv, err)
			}
			for pos, x := range text {
				if s.At(pos) != x {
					t.Fatalf("to %d: LV %d at %d, not %d", lv, s.At(pos), pos, x)
				}
			}
		}
	}
}

// TestTypingAllocatesNothing types and backspaces within a page.
func TestTypingAllocatesNothing(t *testing.T) {
	words := make([]byte, 1<<16)
	s := New(nil, &words)
	s.InsertAt(0, 0, 1, 0)
	lv, drop := LV(1), func(LV, uint32) {}
	if n := testing.AllocsPerRun(200, func() {
		s.InsertAt(s.Len(), lv, 1, uint32(lv))
		lv++
	}); n != 0 {
		t.Errorf("%v allocations to type", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		s.DeleteAt(s.Len()-1, 1, drop)
	}); n != 0 {
		t.Errorf("%v allocations to backspace", n)
	}
	if n := testing.AllocsPerRun(50, func() {
		s.DeleteAt(10, 1, drop)
	}); n != 0 {
		t.Errorf("%v allocations to delete forward", n)
	}
}

// TestLongRuns pastes and deletes texts that span many pages and blocks.
func TestLongRuns(t *testing.T) {
	const n = 3<<blockBits + 5000
	words := make([]byte, 2*n)
	for i := range words {
		words[i] = 'a' + byte(i%26)
	}
	s := New(nil, &words)
	s.InsertAt(0, 1000, n, 0)
	s.InsertAt(20_000, 1000+n, n, n)
	s.DeleteAt(10_000, n, func(LV, uint32) {})
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	want := string(words[:10_000]) + string(words[2*n-10_000:]) + string(words[20_000:n])
	if got := string(s.AppendText(nil, 0, s.Len())); got != want {
		t.Errorf("%d bytes, not %d", len(got), len(want))
	}
	s.Truncate(1000 + n)
	s.Show(1000, n, true)
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if got := string(s.AppendText(nil, 0, s.Len())); got != string(words[:n]) {
		t.Error("not what it was before")
	}
	s.Truncate(0)
	if err := s.Check(); err != nil || s.Len() != 0 || s.head != nil || s.root != nil {
		t.Errorf("not empty: %v", err)
	}
}

// TestDeletingOn deletes one element after another, in both directions and by turns,
// over spans, leaves and blocks of every size.
func TestDeletingOn(t *testing.T) {
	words := []byte("x")
	for n, size := range shapes {
		s := newSized(nil, &words, size)
		r := rand.New(rand.NewPCG(9, uint64(n)))
		var text []LV // the slow twin
		pos := 0
		for lv := LV(1<<blockBits - 400); len(text) < 800; lv++ {
			if r.IntN(20) == 0 {
				pos = r.IntN(len(text) + 1)
				lv += LV(r.IntN(2))
			}
			s.InsertAt(pos, lv, 1, 0)
			text = slices.Insert(text, pos, lv)
			pos++
		}
		for pos := len(text) / 2; len(text) > 0; {
			back := r.IntN(2) == 0
			for range 1 + r.IntN(40) {
				if back && pos > 0 {
					pos--
				}
				if pos == len(text) {
					break
				}
				s.DeleteAt(pos, 1, func(lv LV, n uint32) {
					if n != 1 || lv != text[pos] {
						t.Fatalf("deleted %d+%d at %d, not %d", lv, n, pos, text[pos])
					}
				})
				text = slices.Delete(text, pos, pos+1)
			}
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
			if pos = min(pos, len(text)); r.IntN(4) == 0 {
				pos = r.IntN(len(text) + 1)
			}
			for i := max(0, pos-3); i < min(len(text), pos+3); i++ {
				if s.At(i) != text[i] {
					t.Fatalf("LV %d at %d, not %d", s.At(i), i, text[i])
				}
			}
		}
	}
}
