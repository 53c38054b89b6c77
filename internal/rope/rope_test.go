package rope

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/internal/trace"
	"pgregory.net/rapid"
)

// text is what both types of this package are.
type text interface {
	Replace(pos, del int, ins string)
	Len() int
	Append(dst []byte) []byte
	String() string
}

// check restates the invariant of Gap.
func (g *Gap) check() error {
	if g.at < 0 || g.at > g.end || g.end > len(g.buf) {
		return fmt.Errorf("rope: gap [%d, %d) of a buffer of %d", g.at, g.end, len(g.buf))
	}
	return nil
}

// TestRandom: any edits give what the same edits of a string give, and the
// invariants hold after each. Lengths are drawn around those of chunks and
// groups, so that splits, joins and emptied groups all happen.
func TestRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g Gap
		var r Rope
		want := ""
		at := 0
		for range rapid.IntRange(1, 60).Draw(t, "edits") {
			if rapid.IntRange(0, 3).Draw(t, "jump") == 0 {
				at = rapid.IntRange(0, len(want)).Draw(t, "at")
			}
			at = min(at, len(want))
			del, ins := 0, ""
			if rapid.Bool().Draw(t, "delete") {
				most := rapid.SampledFrom([]int{1, 20, chunkSize, 3 * chunkSize, 80 * chunkSize}).Draw(t, "most deleted")
				del = rapid.IntRange(0, min(len(want)-at, most)).Draw(t, "deleted")
			}
			if rapid.Bool().Draw(t, "insert") {
				most := rapid.SampledFrom([]int{1, 20, chunkSize, 3 * chunkSize, 150 * chunkSize}).Draw(t, "most inserted")
				n := rapid.IntRange(0, most).Draw(t, "inserted")
				ins = strings.Repeat("abcdefghijklmnopqrstuvwxyz.", n/27+1)[:n]
			}
			want = want[:at] + ins + want[at+del:]
			g.Replace(at, del, ins)
			r.Replace(at, del, ins)
			at += len(ins)
			if err := errors.Join(r.check(), g.check()); err != nil {
				t.Fatal(err)
			}
			for name, x := range map[string]text{"gap": &g, "rope": &r} {
				if x.Len() != len(want) || x.String() != want {
					t.Fatalf("%s: %d bytes differ from the string's %d", name, x.Len(), len(want))
				}
			}
		}
	})
}

// TestSmallChunks: neither thousands of inserts at random places nor deletions
// of nearly everything leave a rope of tiny chunks.
func TestSmallChunks(t *testing.T) {
	var r Rope
	x := uint32(1)
	next := func(n int) int { x = x*1664525 + 1013904223; return int(x>>8) % n }
	for r.Len() < 200_000 {
		r.Replace(next(r.Len()+1), 0, "abc")
	}
	if n := chunks(&r); n > 2*r.Len()/chunkSize+1 {
		t.Errorf("%d chunks for %d bytes after inserts", n, r.Len())
	}
	for r.Len() > 20_000 {
		r.Replace(next(r.Len()-8), 7, "")
	}
	if n := chunks(&r); n > 8*r.Len()/chunkSize {
		t.Errorf("%d chunks for %d bytes after deletions", n, r.Len())
	}
	if err := r.check(); err != nil {
		t.Error(err)
	}
}

// chunks counts the chunks of a rope.
func chunks(r *Rope) int {
	n := 0
	for _, grp := range r.groups {
		n += len(grp.chunks)
	}
	return n
}

// TestTraces: both end at the end text of every committed history.
func TestTraces(t *testing.T) {
	for _, name := range []string{
		"friendsforever", "friendsforever_flat", "sveltecomponent", "seph-blog1", "json-crdt-patch",
	} {
		edits, end := load(t, "../trace/testdata/"+name+".json.gz")
		for kind, x := range map[string]text{"gap": &Gap{}, "rope": &Rope{}} {
			for i := range edits {
				x.Replace(int(edits[i].Pos), int(edits[i].Del), edits[i].Ins)
			}
			if x.String() != end {
				t.Errorf("%s: %s ends wrong", name, kind)
			}
		}
	}
}

// load returns a history's edits in bytes and its end text.
func load(t testing.TB, path string) ([]trace.Edit, string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := trace.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	f, err := tr.Flatten()
	if err != nil {
		t.Fatal(err)
	}
	return f.Bytes, f.Text
}

// TestOutside: positions outside the text panic and change nothing.
func TestOutside(t *testing.T) {
	for _, x := range []text{&Gap{}, &Rope{}} {
		x.Replace(0, 0, "abc")
		for _, c := range [][2]int{{-1, 0}, {4, 0}, {0, 4}, {3, 1}, {0, -1}} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%T: Replace%v did not panic", x, c)
					}
				}()
				x.Replace(c[0], c[1], "x")
			}()
		}
		if x.String() != "abc" {
			t.Errorf("%T: changed to %q", x, x)
		}
	}
}

// TestCheck: the check sees each kind of damage.
func TestCheck(t *testing.T) {
	for name, damage := range map[string]func(*Rope){
		"sum of the rope":  func(r *Rope) { r.size++ },
		"sum of a group":   func(r *Rope) { r.groups[0].size-- },
		"empty chunk":      func(r *Rope) { r.groups[0].chunks[0].n = 0 },
		"empty group":      func(r *Rope) { r.groups = append(r.groups, &group{}) },
		"cursor's start":   func(r *Rope) { r.start++ },
		"cursor's place":   func(r *Rope) { r.c = 99 },
		"cursor's chunk":   func(r *Rope) { r.cur = nil },
		"chunk overlarge":  func(r *Rope) { r.groups[0].chunks[0].n = chunkSize + 1 },
		"chunk of another": func(r *Rope) { r.groups[0].chunks[1] = r.groups[0].chunks[0]; r.groups[0].chunks[0].n-- },
	} {
		var r Rope
		r.Replace(0, 0, strings.Repeat("x", 3000))
		if err := r.check(); err != nil {
			t.Fatal(err)
		}
		damage(&r)
		if r.check() == nil {
			t.Errorf("%s: not seen", name)
		}
	}
}

// benchmark applies a history again and again.
func benchmark[T any, P interface {
	*T
	text
}](b *testing.B) {
	edits, _ := load(b, "../trace/testdata/seph-blog1.json.gz")
	for b.Loop() {
		x := P(new(T))
		for i := range edits {
			x.Replace(int(edits[i].Pos), int(edits[i].Del), edits[i].Ins)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(edits)), "ns/edit")
}

func BenchmarkGap(b *testing.B)  { benchmark[Gap](b) }
func BenchmarkRope(b *testing.B) { benchmark[Rope](b) }
