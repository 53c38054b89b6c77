package state

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// textOrder is a text as package marks asks for it.
type textOrder struct{ q *sequence.Seq }

func (t textOrder) Len() int                { return t.q.Len() }
func (t textOrder) At(pos int) LV           { return t.q.At(pos) }
func (t textOrder) Index(lv LV) (int, bool) { return t.q.Index(lv) }
func (t textOrder) Next(lv LV) LV           { return t.q.Next(lv) }

// Order compares two elements by where they stand.
func (t textOrder) Order(a, b LV) int {
	switch {
	case a == b:
		return 0
	case t.q.Before(a, b):
		return -1
	}
	return 1
}

// Rich is the marks and block markers of the text at a place, nil when it never
// had any.
func (s *State) Rich(text int32) *marks.Marks { return s.rich[text] }

// Marked tells whether the text at a place ever had marks.
func (s *State) Marked(text int32) bool {
	if len(s.rich) == 0 {
		return false
	}
	m := s.rich[text]
	return m != nil && m.Len() > 0
}

// MakeRich is Rich, made when there is none yet.
func (s *State) MakeRich(text int32) *marks.Marks {
	m := s.rich[text]
	if m == nil {
		m = marks.New(textOrder{s.Seq(text)}, s.Order, s.Words)
		s.rich[text] = m
	}
	return m
}

// AddMark adds a mark to a text, alive until a flip says otherwise.
func (s *State) AddMark(text int32, mk marks.Mark) { s.MakeRich(text).Add(mk, true) }

// AddMarker adds a block marker, which is an element of the text already, of an
// effective change.
func (s *State) AddMarker(text int32, lv LV) { s.MakeRich(text).AddMarker(lv, true) }

// mark takes in an OpMark.
func (w *walk) mark(op *block.Op) {
	m := w.s.MakeRich(w.place)
	mk := marks.Mark{
		LV: w.lv, Slot: m.Slot(op.Key, op.ID), First: w.thing(op.Elem), Last: w.thing(op.Last),
		Left: w.growth(op.Left), Right: w.growth(op.Right), Null: op.Bytes == 0, Off: w.words, Size: op.Bytes,
	}
	m.Add(mk, true)
}

// growth is how far a mark goes on one side.
func (w *walk) growth(g block.Growth) LV {
	switch g.Grow {
	case block.GrowEdge:
		return marks.Edge
	case block.GrowThing:
		return w.thing(g.At)
	}
	return marks.None
}

// switchMarkers tells the texts that block markers of a change became effective
// or ceased to be.
func (s *State) switchMarkers(lv LV, n uint32, on bool) {
	if len(s.rich) == 0 || n == 0 {
		return
	}
	s.T.Range(lv, n, func(lv LV, n uint32, w shape.What) {
		if w.Class() == shape.ElemMaker {
			if m := s.rich[s.T.SequenceOf(w)]; m != nil {
				m.Switch(lv, n, on)
			}
		}
	})
}

// showMarkers tells a text that it shows some of its block markers now, or does not.
func (s *State) showMarkers(text int32, lv LV, n uint32, shown bool) {
	if m := s.rich[text]; m != nil {
		m.ShowMarkers(lv, n, shown)
	}
}

// checkRich checks the marks of all texts.
func (s *State) checkRich() error {
	for text, m := range s.rich {
		if err := m.Check(); err != nil {
			return fmt.Errorf("state: text %d: %w", text, err)
		}
	}
	return nil
}
