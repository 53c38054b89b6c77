package crdt

import (
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/state"
)

// strand is a stretch of text of one change and one origin.
type strand struct {
	traced
	by    int32 // the change that wrote it, or claims to quote it
	moved bool
}

// origin is the origin as the public surface shows it, nil for none; row gives
// changes their indexes.
func (s *strand) origin(d *Doc, row func(int32) int) *Origin {
	if s.at == s.lv && s.says == nil {
		return nil
	}
	i := s.by
	o := &Origin{Source: row(i), Claim: s.claim, Moved: s.moved}
	if s.says == nil {
		o.Change, o.Offset = d.cidAt(i), uint64(s.at-d.g.First(i))
		return o
	}
	if s.claim == ClaimElsewhere {
		o.Work = s.says.Work.ChangeCID()
	}
	o.Change, o.Offset = s.says.Change.ChangeCID(), s.says.N
	return o
}

// goesOn tells whether next is the rest of s.
func (s *strand) goesOn(next *strand) bool {
	if s.by != next.by || s.moved != next.moved || s.claim != next.claim || (s.says == nil) != (next.says == nil) {
		return false
	}
	quoted := s.at != s.lv
	if quoted != (next.at != next.lv) || quoted && s.at+s.n != next.at {
		return false
	}
	if s.says == nil {
		return true
	}
	from := *s.says
	from.N += uint64(s.n)
	return from == *next.says
}

// strands is cuts with the origin of each, nil for a work without quotes.
func (t Text) strands() (cuts []piece, out []strand, whole string) {
	quotes := false
	t.seq(func(s *state.State, _ *sequence.Seq, _, _ int) { quotes = s.HasQuotes() })
	if !quotes {
		cuts, whole = t.cuts()
		return cuts, nil, whole
	}
	var b []byte
	t.seq(func(s *state.State, q *sequence.Seq, i, j int) {
		tr := newTrace(t.v, s)
		moves := tr.moves()
		q.Runs(i, j, func(lv graph.LV, n uint32) bool {
			for n > 0 {
				c, k := t.v.d.changeRun(lv, n)
				tr.follow(lv, k, func(p traced) {
					by, _ := t.v.d.changeRun(p.at, 1)
					among(moves.kept, p.lv, p.n, func(lv graph.LV, n uint32, moved bool) {
						s := strand{p.part(lv-p.lv, n), by, moved}
						b = tr.appendWords(b, lv, n)
						if last := len(cuts) - 1; last >= 0 && cuts[last].change == c && out[last].goesOn(&s) {
							cuts[last].end = len(b)
							out[last].n += n
							return
						}
						cuts, out = append(cuts, piece{c, len(b)}), append(out, s)
					})
				})
				lv, n = lv+k, n-k
			}
			return true
		})
	})
	return cuts, out, string(b)
}

// part is n characters of p from the off-th on.
func (p traced) part(off, n uint32) traced {
	p.lv, p.at, p.n = p.lv+off, p.at+off, n
	if p.says != nil {
		from := *p.says
		from.N += uint64(off)
		p.says = &from
	}
	return p
}
