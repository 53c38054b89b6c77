package crdt

import (
	"bytes"
	"iter"
	"maps"
	"math"

	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/state"
)

// Marked is a stretch [From, To) of a text, in its unit, that shows one mark.
type Marked struct {
	From, To int
	Key, ID  string
	Value    Value // its By is who made the mark
	// Expand says on which sides text that is typed at the ends comes to show the mark:
	// since it was told to expand, or goes on below another one. In a text where just
	// these are put over the same stretches and told to expand so, new text shows the same
	// as here, but for marks that go on below what both its neighbours show.
	Expand Expand
}

// Marks yields the stretches that show marks, one for each mark and stretch, ordered by
// where they begin and then by key and ID. Stretches of different names overlap. A text
// may have so many that overlap that [Text.Runs], which gives all marks of each
// stretch, says each of them very often; this does not.
func (t Text) Marks() iter.Seq[Marked] {
	return func(yield func(Marked) bool) {
		for _, m := range t.marks() {
			if !yield(m) {
				return
			}
		}
	}
}

// marks collects the stretches.
func (t Text) marks() []Marked {
	var out []Marked
	t.seq(func(s *state.State, q *sequence.Seq, i, j int) {
		if !s.Marked(t.at) || i == j {
			return
		}
		m := s.Rich(t.at)
		base := fromRunes(q, t.unit, i)
		open := map[markName]int{} // by index in out
		close := func(k, at int) {
			out[k].To = fromRunes(q, t.unit, at) - base
			if left, _ := m.Grows(m.Slot(out[k].Key, out[k].ID), at); left {
				out[k].Expand |= ExpandAfter
			}
		}
		for _, e := range t.markChanges(s, i, j) {
			if k, ok := open[e.name]; ok {
				close(k, e.at)
				delete(open, e.name)
			}
			if e.value.Exists() {
				open[e.name] = len(out)
				x := Marked{From: fromRunes(q, t.unit, e.at) - base, Key: e.name.key, ID: e.name.id, Value: e.value}
				if _, right := m.Grows(m.Slot(x.Key, x.ID), e.at); right {
					x.Expand = ExpandBefore
				}
				out = append(out, x)
			}
		}
		for _, k := range open {
			close(k, j)
		}
	})
	return out
}

// Name is what the mark is called in [Run] and [Text.MarksAt]: its key, or the key and
// the ID with a slash between. In both ~ is ~0 and / is ~1, as in a JSON pointer, so
// that no two marks spell the same; [ParsePointer] of a slash and the name gives them
// back. A key without these two, as most are, is its own name.
func (m Mark) Name() string { return markName{m.Key, m.ID}.String() }

// MarksAt gives the marks of the character at position i by name ([Mark.Name]), as
// [Run] has them. Nil for none, and outside the text.
func (t Text) MarksAt(i int) map[string]Value {
	var w runMarks
	t.seq(func(s *state.State, q *sequence.Seq, a, b int) {
		pos := clip(q, t.unit, fromRunes(q, t.unit, a)+max(i, 0), a, b)
		if i >= 0 && pos < b && s.Marked(t.at) {
			w.events = t.markChanges(s, pos, pos+1)
		}
	})
	now, _ := w.from(math.MaxInt)
	return now
}

// markChange says what a name shows from a position on; nothing without a value.
type markChange struct {
	at    int
	name  markName
	value Value
}

// markChanges are the changes of marks in the positions [i, j), those that change
// nothing left out: one mark may take over from another with the same value by the same
// author.
func (t Text) markChanges(s *state.State, i, j int) (out []markChange) {
	shows := map[markName]Value{}
	for _, e := range markEvents(s.Rich(t.at), i, j, anyMark) {
		v := e.now.value(t.v.d)
		if was := shows[e.name]; equalValues(was, v) && was.by == v.by {
			continue
		}
		shows[e.name] = v
		out = append(out, markChange{e.at, e.name, v})
	}
	return out
}

// markBytes are the changes of marks of the text, positions counted in bytes.
func (t Text) markBytes() (out []markChange) {
	t.seq(func(s *state.State, q *sequence.Seq, i, j int) {
		if !s.Marked(t.at) || i == j {
			return
		}
		out = t.markChanges(s, i, j)
		base := fromRunes(q, UTF8, i)
		for k := range out {
			out[k].at = fromRunes(q, UTF8, out[k].at) - base
		}
	})
	return out
}

// runMarks gives the marks of runs, one after another. Maps that were given stay as
// they are.
type runMarks struct {
	events []markChange // those that are still to come
	shows  map[string]Value
}

// from is what shows from a position on, and where it ends.
func (w *runMarks) from(at int) (map[string]Value, int) {
	if len(w.events) > 0 && w.events[0].at <= at {
		shows := maps.Clone(w.shows)
		if shows == nil {
			shows = map[string]Value{}
		}
		for ; len(w.events) > 0 && w.events[0].at <= at; w.events = w.events[1:] {
			name := w.events[0].name.String()
			if shows[name] = w.events[0].value; !shows[name].Exists() {
				delete(shows, name)
			}
		}
		w.shows = shows
	}
	end := math.MaxInt
	if len(w.events) > 0 {
		end = w.events[0].at
	}
	if len(w.shows) == 0 {
		return nil, end
	}
	return w.shows, end
}

// String is the name that a reader meets, see [Mark.Name].
func (n markName) String() string {
	if n.id == "" {
		return escaper.Replace(n.key)
	}
	return escaper.Replace(n.key) + "/" + escaper.Replace(n.id)
}

// equalValues tells whether two marks show the same, whoever made them.
func equalValues(a, b Value) bool { return a.kind == b.kind && bytes.Equal(a.raw, b.raw) }
