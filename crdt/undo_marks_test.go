package crdt_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// One person's undo brings back how a text looked, with one exception that the format
// makes (DESIGN 6). A block marker ends the growth of marks "deleted or not", and no op
// makes a marker not to have been. So a press that takes a marker back marks anew what
// is shown, and presses further back what they bring to light. What was marked anew is a
// mark by itself: text that is older than the mark it stands for, and was deleted where
// that grew, comes back under it and stays so. Redo goes the same way back, and where all is brought
// back the very marks and markers are there again.

// markEdit is one edit of a text with marks.
type markEdit struct {
	kind, a, b int
	more       bool // in the change of the one before
}

// String names an edit.
func (e markEdit) String() string {
	return fmt.Sprintf("%s %d %d, more %v", [...]string{"insert", "delete", "mark", "unmark", "split", "join", "set"}[e.kind], e.a, e.b, e.more)
}

// do makes the edit. It tells whether that can have made a block marker.
func (e markEdit) do(x crdt.TextTx) bool {
	i, j := e.a%(x.Len()+1), e.b%(x.Len()+1)
	i, j = min(i, j), max(i, j)
	key := string(rune('p' + e.b%2))
	switch e.kind {
	case 0:
		x.Insert(i, "abc"[:1+e.b%3])
	case 1:
		x.Delete(i, min(j, i+3))
	case 2:
		x.Mark(i, j, crdt.Mark{Key: key, Value: e.b % 3, Expand: crdt.Expand(e.a % 4)})
	case 3:
		x.Unmark(i, j, key)
	case 4:
		x.Split(i, crdt.Block{Kind: "item"})
	case 5:
		if k := strings.LastIndex(x.String()[:i], "\n"); k > 0 { // the text is ASCII
			x.Join(i)
		}
	case 6:
		x.SetBlock(i, crdt.Block{Level: 1 + e.b%3})
	}
	return e.kind == 4 || e.kind == 6
}

// markLook is all that the rich text t shows.
func markLook(d *crdt.Doc) string {
	text := d.View().Text("t")
	return fmt.Sprintf("%q %s", text.String(), richOf(text))
}

// pressing is one person's history with how it looked before each change.
type pressing struct {
	d     *crdt.Doc
	u     *crdt.Undo
	looks []string
	made  []bool // a change can have made a marker
}

// newPressing founds the work.
func newPressing(t *testing.T) *pressing {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	return &pressing{d, crdt.NewUndo(d), []string{markLook(d)}, []bool{false}}
}

// edit makes the edits in one change, which is a group.
func (p *pressing) edit(t *testing.T, list ...markEdit) {
	before, made := p.d.View().Changes(), false
	editText(t, p.d, func(x crdt.TextTx) {
		for _, e := range list {
			if e.do(x) {
				made = true
			}
		}
	})
	if p.u.Break(); p.d.View().Changes() > before {
		p.looks, p.made = append(p.looks, markLook(p.d)), append(p.made, made)
	}
}

// TestUndoMarks: in one person's history each press of undo brings the look before
// back exactly, up to and with the first that takes a block marker back; redo shows on
// its way what undo showed, and in the end what was there first.
func TestUndoMarks(t *testing.T) {
	seeds := 4000
	if testing.Short() {
		seeds = 400
	}
	exact, markers, beyond := 0, 0, 0
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 62))
		p := newPressing(t)
		var group []markEdit
		for range 14 {
			e := markEdit{r.IntN(7), r.IntN(100), r.IntN(100), r.IntN(3) == 0}
			if !e.more && len(group) > 0 {
				p.edit(t, group...)
				group = nil
			}
			group = append(group, e)
		}
		p.edit(t, group...)
		gone, last := false, len(p.looks)-1
		shown := make([]string, last+1)
		shown[last] = p.looks[last]
		for n := len(p.looks) - 2; n >= 0; n-- {
			undo(t, p.u)
			shown[n] = markLook(p.d)
			switch same := shown[n] == p.looks[n]; {
			case !gone && !same:
				t.Fatalf("seed %d: undone to %d it looks\n%s, and looked\n%s", seed, n, shown[n], p.looks[n])
			case !gone:
				exact++
			case !same:
				beyond++
			}
			if p.made[n+1] && !gone {
				gone = true
				markers++
			}
		}
		for n := 1; n < len(p.looks); n++ {
			redo(t, p.u)
			if got := markLook(p.d); got != shown[n] {
				t.Fatalf("seed %d: redone to %d it looks\n%s, and looked\n%s", seed, n, got, shown[n])
			}
		}
		must(t, p.d.CheckRooms())
	}
	t.Logf("%d presses before or with the first marker, %d of them took one back; %d further back looked otherwise", exact, markers, beyond)
	if exact < 2*seeds || markers < seeds/2 || beyond*1000 > exact {
		t.Error("not what was promised")
	}
}

// TestUndoPastMarker: presses further back than the one that took a marker back bring
// the looks back, too; and the exception.
func TestUndoPastMarker(t *testing.T) {
	bold := func(x crdt.TextTx, i, j int, e crdt.Expand, v int) {
		x.Mark(i, j, crdt.Mark{Key: "b", Value: v, Expand: e})
	}
	for name, c := range map[string]struct {
		edits []func(x crdt.TextTx)
		shows []string // after each press
	}{
		"text that was deleted": {[]func(x crdt.TextTx){
			func(x crdt.TextTx) { x.Append("a") },
			func(x crdt.TextTx) { bold(x, 0, 1, crdt.ExpandAfter, 1) },
			func(x crdt.TextTx) { x.Insert(1, "xy") }, // bold by growth
			func(x crdt.TextTx) { x.Delete(1, 3) },
			func(x crdt.TextTx) { x.Split(1, crdt.Block{}) },
		}, []string{"aB", "axyB", "aB", "a", ""}},
		"a mark under another": {[]func(x crdt.TextTx){
			func(x crdt.TextTx) { x.Append("a") },
			func(x crdt.TextTx) { bold(x, 0, 1, crdt.ExpandAfter, 1) },
			func(x crdt.TextTx) { x.Insert(1, "x") },
			func(x crdt.TextTx) { bold(x, 1, 2, crdt.ExpandNone, 1) },
			func(x crdt.TextTx) { x.Split(1, crdt.Block{}) },
		}, []string{"axB", "axB", "aB", "a", ""}},
		"older text where the mark grew": {[]func(x crdt.TextTx){
			func(x crdt.TextTx) { x.Append("xb") },
			func(x crdt.TextTx) { bold(x, 1, 2, crdt.ExpandBoth, 1) },
			func(x crdt.TextTx) { x.Delete(0, 1) },
			func(x crdt.TextTx) { x.Insert(0, "ny") }, // bold by growth
			func(x crdt.TextTx) { x.Split(1, crdt.Block{}) },
		}, []string{"nybB", "bB", "xbB", "xB b", ""}}, // x was never bold
	} {
		t.Run(name, func(t *testing.T) {
			d, err := crdt.New(newKey("ann"))
			must(t, err)
			u := crdt.NewUndo(d)
			for _, fn := range c.edits {
				editText(t, d, fn)
				u.Break()
			}
			for k, want := range c.shows {
				undo(t, u)
				if got := boldOf(d); got != want {
					t.Errorf("press %d shows %q, want %q", k+1, got, want)
				}
			}
			for range c.shows {
				redo(t, u)
			}
			must(t, d.CheckRooms())
		})
	}
}

// boldOf is the text t, a B after what is bold and a space between runs.
func boldOf(d *crdt.Doc) string {
	var out []string
	for run := range d.View().Text("t").Runs() {
		bold := ""
		if run.Marks["b"].Exists() {
			bold = "B"
		}
		if n := len(out) - 1; n >= 0 && strings.HasSuffix(out[n], "B") == (bold == "B") {
			out[n] = strings.TrimSuffix(out[n], "B") + run.Text + bold
			continue
		}
		out = append(out, run.Text+bold)
	}
	return strings.Join(out, " ")
}

// BenchmarkUndoSplits takes back n block markers at one place of a text whose marks had
// grown: a press, not a marker.
func BenchmarkUndoSplits(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				d, err := crdt.New(newKey("ann"))
				must(b, err)
				u := crdt.NewUndo(d)
				edit(b, d, func(tx *crdt.Tx) {
					x := tx.Text("t")
					x.Append("abc")
					x.Mark(0, 1, crdt.Mark{Key: "b", Value: 1, Expand: crdt.ExpandBoth})
					x.Insert(1, "grown")
				})
				u.Break()
				edit(b, d, func(tx *crdt.Tx) {
					for range n {
						tx.Text("t").Split(2, crdt.Block{})
					}
				})
				b.StartTimer()
				_, err = u.Undo()
				must(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/marker")
		})
	}
}
