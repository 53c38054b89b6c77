package state

import "github.com/commonhold/commonhold/internal/block"

// Blank gives the text of applied change i, whose words are absent, other words of
// the same lengths, which lie in the arena at an offset: they are never shown, but
// who has shown the text can still count it.
func (s *State) Blank(i int32, words uint32) {
	var rd block.Reader
	var op block.Op
	rd.Reset(s.G.Ops(i))
	for lv := s.G.First(i); rd.Next(&op); lv += op.Numbers() {
		if op.Code == block.OpText || op.Code == block.OpQuote {
			s.Seq(s.T.At(lv).Place()).Fill(lv, op.Numbers(), words)
		}
		words += op.WordBytes()
	}
}
