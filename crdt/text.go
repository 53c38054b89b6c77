package crdt

import (
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// Text is a text in a view, or a part of one. It is a value; positions count in
// its unit, code points unless [Text.In] says otherwise.
type Text struct {
	place
	unit Unit
	i, j int // the part in code points; j < 0: to the end
}

// Run is a stretch of text of one change with the same marks.
type Run struct {
	Text   string
	Marks  map[string]Value // by name, which is the key of a mark without an ID, see [Mark.Name]; nil for none
	By     Author           // of the text; the author of a mark is that of its value
	Change cid.Cid          // cid.Undef while the change is open
}

// In gives the same text with positions counted in u.
func (t Text) In(u Unit) Text { t.unit = u; return t }

// seq runs fn on the sequence of the text and its part in runes; not at all
// when nothing was ever in it.
func (t Text) seq(fn func(s *state.State, q *sequence.Seq, i, j int)) {
	if t.at == shape.NoPlace {
		return
	}
	t.v.read(func(s *state.State) {
		q := s.Peek(t.at)
		if q == nil {
			return
		}
		j := t.j
		if j < 0 || j > q.Len() {
			j = q.Len()
		}
		fn(s, q, min(t.i, j), j)
	})
}

// Len is the length in the unit of t.
func (t Text) Len() int {
	if b, ok := t.summary(); ok {
		return lengthOf(b, t.unit)
	}
	n := 0
	t.seq(func(_ *state.State, q *sequence.Seq, i, j int) {
		n = fromRunes(q, t.unit, j) - fromRunes(q, t.unit, i)
	})
	return n
}

// String is the text.
func (t Text) String() string {
	if b, ok := t.summary(); ok {
		return string(b)
	}
	var b []byte
	t.seq(func(_ *state.State, q *sequence.Seq, i, j int) {
		b = q.AppendText(make([]byte, 0, fromRunes(q, UTF8, j)-fromRunes(q, UTF8, i)), i, j)
	})
	return string(b)
}

// Slice is the part [i, j) of t, positions in the unit of t and clipped to it;
// one inside a character moves to its beginning.
func (t Text) Slice(i, j int) Text {
	out := t
	out.j = out.i
	t.seq(func(_ *state.State, q *sequence.Seq, a, b int) {
		base := fromRunes(q, t.unit, a)
		out.i = clip(q, t.unit, base+max(i, 0), a, b)
		out.j = clip(q, t.unit, base+max(j, 0), out.i, b)
	})
	return out
}

// clip converts a position to runes within [lo, hi].
func clip(q *sequence.Seq, u Unit, i, lo, hi int) int {
	if i >= length(q, u) {
		return hi
	}
	if u != Runes {
		pos, ok := q.ToRunes(u.sequence(), i)
		for !ok {
			i--
			pos, ok = q.ToRunes(u.sequence(), i)
		}
		i = pos
	}
	return min(max(i, lo), hi)
}

// Runs yields the text in stretches of one change with the same marks by the same
// authors, in order. Neighbours of one change with equal marks are one.
func (t Text) Runs() iter.Seq[Run] {
	return func(yield func(Run) bool) {
		cuts, whole := t.cuts()
		w := runMarks{events: t.markBytes()}
		at := 0
		for _, c := range cuts {
			run := t.v.runOf(c.change)
			for at < c.end {
				shows, end := w.from(at)
				end = min(end, c.end)
				run.Text, run.Marks = whole[at:end], shows
				if !yield(run) {
					return
				}
				at = end
			}
		}
	}
}

// runOf is a run of a change, without its text and marks.
func (v *View) runOf(change int32) Run {
	v.lock()
	defer v.unlock()
	return Run{By: v.d.authorAt(change), Change: v.d.cidAt(change)}
}

// cuts is the text and where its changes take turns. Who cuts the string into
// parts copies a long text only once.
func (t Text) cuts() (cuts []piece, whole string) {
	var b []byte
	d := t.v.d
	t.seq(func(_ *state.State, q *sequence.Seq, i, j int) {
		b = q.AppendText(make([]byte, 0, fromRunes(q, UTF8, j)-fromRunes(q, UTF8, i)), i, j)
		cuts = make([]piece, 0, 16+(j-i)/16)
		ascii := q.Units(sequence.UTF8) == q.Len()
		end := 0
		count := func(w []byte) { end += len(w) }
		q.Runs(i, j, func(lv graph.LV, n uint32) bool {
			for n > 0 {
				c, k := d.changeRun(lv, n)
				if last := len(cuts) - 1; last < 0 || cuts[last].change != c {
					cuts = append(cuts, piece{change: c})
				}
				if ascii {
					end += int(k)
				} else {
					q.Words(lv, k, count)
				}
				cuts[len(cuts)-1].end = end
				lv, n = lv+k, n-k
			}
			return true
		})
	})
	return cuts, string(b)
}

// piece is a stretch of one change and where its bytes end.
type piece struct {
	change int32 // graph.None32: the open one
	end    int
}

// changeRun is the change of number lv and how many of the n numbers from it on
// are of it.
func (d *Doc) changeRun(lv graph.LV, n uint32) (int32, uint32) {
	if lv >= d.g.NextLV() {
		return graph.None32, n
	}
	i := d.g.ChangeOf(lv)
	return i, min(n, d.g.Beyond(i)-lv)
}
