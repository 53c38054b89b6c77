package crdt

import (
	"bytes"
	"maps"

	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/state"
)

// markedPiece is a stretch of equal marks and where its bytes end.
type markedPiece struct {
	marks map[string]Value
	end   int
}

// marked is where the marks of the text change, nothing for a text without any.
func (t Text) marked() []markedPiece {
	var out []markedPiece
	t.seq(func(s *state.State, q *sequence.Seq, i, j int) {
		if !s.Marked(t.at) || i == j {
			return
		}
		m := s.Rich(t.at)
		base := fromRunes(q, UTF8, i)
		var now map[string]Value
		m.Runs(i, j, func(r marks.Run) bool {
			if len(r.Changes) > 0 {
				now = t.changed(s, m, now, r.Changes)
			}
			end := fromRunes(q, UTF8, r.To) - base
			if k := len(out) - 1; k >= 0 && maps.EqualFunc(out[k].marks, now, equalValues) {
				out[k].end = end
			} else {
				out = append(out, markedPiece{now, end})
			}
			return true
		})
	})
	return out
}

// changed is what shows after some changes; was stays as it is.
func (t Text) changed(s *state.State, m *marks.Marks, was map[string]Value, list []marks.Change) map[string]Value {
	now := maps.Clone(was)
	if now == nil {
		now = map[string]Value{}
	}
	for _, c := range list {
		key, id := m.SlotName(c.Slot)
		if id != "" {
			key += "/" + id
		}
		if c.Mark == marks.None {
			delete(now, key)
			continue
		}
		mk, _, _ := m.Mark(c.Mark)
		now[key] = t.value(s, entries.Entry{LV: mk.LV, Off: mk.Off, Size: mk.Size})
	}
	if len(now) == 0 {
		return nil
	}
	return now
}

// equalValues tells whether two marks show the same, whoever made them.
func equalValues(a, b Value) bool { return a.kind == b.kind && bytes.Equal(a.raw, b.raw) }
