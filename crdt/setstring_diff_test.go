package crdt

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// clustersOf are the grapheme clusters of a text.
func clustersOf(s string) []string {
	var out []string
	for it := graphemes.FromString(s); it.Next(); {
		out = append(out, it.Value())
	}
	return out
}

// common is the length of a longest common subsequence, by the table that every
// textbook shows.
func common(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		before := 0
		for k, y := range b {
			was := row[k+1]
			if x == y {
				row[k+1] = before + 1
			} else {
				row[k+1] = max(row[k+1], row[k])
			}
			before = was
		}
	}
	return row[len(b)]
}

// checkDifferences says what is wrong with the differences of two texts, and how
// many clusters they leave.
func checkDifferences(a, b string, list []difference) (stays int, err error) {
	borders := func(s string) map[int]bool {
		m, at := map[int]bool{0: true}, 0
		for _, c := range clustersOf(s) {
			at += len(c)
			m[at] = true
		}
		return m
	}
	ab, bb := borders(a), borders(b)
	i, k := 0, 0
	for n, x := range list {
		switch {
		case x.i < i || x.k < k || x.j < x.i || x.l < x.k || x.j > len(a) || x.l > len(b):
			return 0, fmt.Errorf("part %d, %v, after %d and %d", n, x, i, k)
		case a[i:x.i] != b[k:x.k]:
			return 0, fmt.Errorf("before part %d: %q is not %q", n, a[i:x.i], b[k:x.k])
		case !ab[x.i] || !ab[x.j] || !bb[x.k] || !bb[x.l]:
			return 0, fmt.Errorf("part %d, %v, tears a cluster", n, x)
		case x.i == x.j && x.k == x.l, n > 0 && x.i == i:
			return 0, fmt.Errorf("part %d, %v, is empty or not apart", n, x)
		}
		stays += len(clustersOf(a[i:x.i]))
		i, k = x.j, x.l
	}
	if a[i:] != b[k:] {
		return 0, fmt.Errorf("at the end: %q is not %q", a[i:], b[k:])
	}
	return stays + len(clustersOf(a[i:])), nil
}

// bits are what random texts are made of: clusters of one and more code points,
// and code points that join what stands beside them.
var bits = []string{"a", "b", "c", " ", "\n", "\r", "\r\n", "é", "e\u0301", "\u0301", "\u200d", "👩", "👩\u200d🔬", "🇩", "🇪", "🇩🇪", "한", "ᄒ", "ᅡ", "日", "\u0600"}

// randomText joins up to n bits of the first kinds.
func randomText(r *rand.Rand, n, kinds int) string {
	var b strings.Builder
	for range r.IntN(n + 1) {
		b.WriteString(bits[r.IntN(min(kinds, len(bits)))])
	}
	return b.String()
}

// TestDifferences: of two short texts the most clusters stay that can, and none
// is torn.
func TestDifferences(t *testing.T) {
	n := 20000
	if testing.Short() {
		n = 3000
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range n {
		kinds := 2 + r.IntN(len(bits))
		a, b := randomText(r, 40, kinds), randomText(r, 40, kinds)
		if r.IntN(2) == 0 { // an edit of a
			b = a
			for range 1 + r.IntN(3) {
				c := clustersOf(b)
				i := r.IntN(len(c) + 1)
				j := min(len(c), i+r.IntN(4))
				b = strings.Join(c[:i], "") + randomText(r, 4, kinds) + strings.Join(c[j:], "")
			}
		}
		list := differences(a, b)
		stays, err := checkDifferences(a, b, list)
		if err != nil {
			t.Fatalf("%q to %q: %v: %v", a, b, list, err)
		}
		if want := common(clustersOf(a), clustersOf(b)); stays != want {
			t.Fatalf("%q to %q: %v: %d clusters stay, could be %d", a, b, list, stays, want)
		}
		if again := differences(a, b); !slices.Equal(list, again) {
			t.Fatalf("%q to %q: %v, then %v", a, b, list, again)
		}
	}
}

// TestDifferencesExact: texts that differ in some thousand places, all over, are
// compared exactly.
func TestDifferencesExact(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	var a, b strings.Builder
	edits := 0
	for range 4000 {
		c := byte('a' + r.IntN(4))
		a.WriteByte(c)
		switch r.IntN(8) {
		case 0:
			b.WriteByte('z')
			edits++
		case 1:
			b.WriteByte(c)
			b.WriteByte(byte('a' + r.IntN(4)))
			edits++
		case 2:
			edits++
		default:
			b.WriteByte(c)
		}
	}
	stays, err := checkDifferences(a.String(), b.String(), differences(a.String(), b.String()))
	if want := common(clustersOf(a.String()), clustersOf(b.String())); err != nil || stays != want {
		t.Fatalf("%d edits: %d clusters stay, could be %d: %v", edits, stays, want, err)
	}
}

// words makes a text of about n bytes, the same for one seed.
func words(seed uint64, n int, line bool) string {
	r := rand.New(rand.NewPCG(seed, 2))
	var b strings.Builder
	for b.Len() < n {
		for range 1 + r.IntN(9) {
			b.WriteByte(byte('a' + r.IntN(26)))
		}
		if line && r.IntN(10) == 0 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// TestDifferencesFar: texts that differ in too many places for the exact way
// keep their long parts, within the steps.
func TestDifferencesFar(t *testing.T) {
	a := words(1, 100_000, true)
	r := rand.New(rand.NewPCG(3, 3))
	lines := strings.SplitAfter(a, "\n")
	for k := range lines { // every line changed at its beginning, some moved and gone
		lines[k] = string(rune('A'+r.IntN(26))) + "> " + lines[k]
		if r.IntN(20) == 0 {
			lines[k] = ""
		}
	}
	lines[10], lines[500] = lines[500], lines[10]
	b := strings.Join(lines, "")
	stays, err := checkDifferences(a, b, differences(a, b))
	if err != nil {
		t.Fatal(err)
	}
	if stays < len(a)*9/10 {
		t.Errorf("%d of %d bytes stay", stays, len(a))
	}
	for _, b := range []string{words(2, 100_000, true), strings.Repeat("ab", 50_000), "", strings.Repeat("a\n", 50_000)} {
		if _, err := checkDifferences(a, b, differences(a, b)); err != nil {
			t.Fatal(err)
		}
		if _, err := checkDifferences(b, a, differences(b, a)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDifferencesSteps: whatever the texts, the looks are bounded.
func TestDifferencesSteps(t *testing.T) {
	n := 1 << 16
	texts := []string{
		words(1, n, true), words(2, n, false), strings.Repeat("a", n), strings.Repeat("ab", n/2),
		strings.Repeat("aab", n/3), strings.Repeat("e\u0301", n/3), "x" + strings.Repeat("ab", n/2) + "y",
	}
	for i, a := range texts {
		for k, b := range texts {
			c := clusters{ids: map[string]int32{}}
			x, _ := c.split(a)
			y, _ := c.split(b)
			m := matcher{a: x, b: y, steps: diffSteps}
			m.compare(box{0, len(x), 0, len(y)}, 0)
			if m.steps < -8*n {
				t.Errorf("texts %d and %d: %d steps", i, k, diffSteps-m.steps)
			}
		}
	}
}

// TestCoarsen: too many parts are joined across what is short.
func TestCoarsen(t *testing.T) {
	var a, b strings.Builder
	for k := range 1000 {
		a.WriteString("x" + strings.Repeat("-", k%4+1))
		b.WriteString("y" + strings.Repeat("-", k%4+1))
	}
	c := clusters{ids: map[string]int32{}}
	x, _ := c.split(a.String())
	y, _ := c.split(b.String())
	for _, limit := range []int{1000, 999, 600, 10, 1} {
		m := matcher{a: x, b: y, steps: diffSteps}
		m.compare(box{0, len(x), 0, len(y)}, 0)
		if len(m.out) != 1000 {
			t.Fatalf("%d parts", len(m.out))
		}
		m.coarsen(limit)
		if len(m.out) > limit {
			t.Errorf("%d parts, limit %d", len(m.out), limit)
		}
		if _, err := checkDifferences(a.String(), b.String(), m.out); err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkSetString compares texts of 1 MB and edits.
func BenchmarkSetString(b *testing.B) {
	const n = 1 << 20
	old := words(1, n, true)
	for _, c := range []struct{ name, to string }{
		{"one letter", old[:n/2] + "X" + old[n/2:]},
		{"unrelated", words(2, n, true)},
		{"unrelated one line", words(2, n, false)},
		{"every line", strings.ReplaceAll(old, "\n", "\n> ")},
		{"letters", strings.Repeat("ab", n/2)},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				differences(old, c.to)
			}
		})
	}
	r, m := strings.Repeat("日本", n/6), strings.Repeat("本日語", n/9)
	b.Run("other script", func(b *testing.B) {
		for b.Loop() {
			differences(r, m)
		}
	})
}
