package crdt

import (
	"bytes"
	"iter"
	"maps"
	"math"
	"strings"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/state"
)

// Marked is a stretch [From, To) of a text, in its unit, that shows one mark.
type Marked struct {
	From, To int
	Key, ID  string
	Value    Value // its By is who made the mark
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
		base := fromRunes(q, t.unit, i)
		open := map[markName]int{} // by index in out
		for _, e := range t.markChanges(s, i, j) {
			at := fromRunes(q, t.unit, e.at) - base
			if k, ok := open[e.name]; ok {
				out[k].To = at
				delete(open, e.name)
			}
			if e.value.Exists() {
				open[e.name] = len(out)
				out = append(out, Marked{From: at, Key: e.name.key, ID: e.name.id, Value: e.value})
			}
		}
		end := fromRunes(q, t.unit, j) - base
		for _, k := range open {
			out[k].To = end
		}
	})
	return out
}

// MarksAt gives the marks of the character at position i: by key, or by key and ID with
// a slash between, as [Run] has them. Nil for none, and outside the text.
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
	for _, e := range markEvents(s.Rich(t.at), i, j, func(graph.LV) bool { return true }) {
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
	now    map[markName]Value
	shows  map[string]Value
}

// from is what shows from a position on, and where it ends.
func (w *runMarks) from(at int) (map[string]Value, int) {
	if len(w.events) > 0 && w.events[0].at <= at {
		shows := maps.Clone(w.shows)
		if shows == nil {
			shows, w.now = map[string]Value{}, map[markName]Value{}
		}
		for ; len(w.events) > 0 && w.events[0].at <= at; w.events = w.events[1:] {
			w.take(shows, w.events[0])
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

// take takes in one change. A key with a slash may spell what a key with an ID spells;
// then the one that has the shorter ID is shown.
func (w *runMarks) take(shows map[string]Value, e markChange) {
	if w.now[e.name] = e.value; !e.value.Exists() {
		delete(w.now, e.name)
	}
	name := e.name.String()
	delete(shows, name)
	for key, k := name, len(name); k >= 0; k = strings.LastIndexByte(key, '/') {
		other := markName{key: name}
		if key = name[:k]; k < len(name) {
			other = markName{key, name[k+1:]}
		}
		if v, ok := w.now[other]; ok && other.String() == name {
			shows[name] = v
			return
		}
	}
}

// String is the key, with the ID after a slash if there is one.
func (n markName) String() string {
	if n.id == "" {
		return n.key
	}
	return n.key + "/" + n.id
}

// equalValues tells whether two marks show the same, whoever made them.
func equalValues(a, b Value) bool { return a.kind == b.kind && bytes.Equal(a.raw, b.raw) }
