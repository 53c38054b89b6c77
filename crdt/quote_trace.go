package crdt

import (
	"bytes"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// Claim says how a quote's claim about its origin stands. It never makes a change
// valid or invalid: words may be erased here and not there.
type Claim uint8

const (
	// ClaimHolds: the words are those of the origin, which is in this work.
	ClaimHolds Claim = iota
	// ClaimElsewhere: the origin is in another work, of which nothing is known
	// here.
	ClaimElsewhere
	// ClaimFails: the words are not those of the origin.
	ClaimFails
	// ClaimOpen: the origin, or the words of one of both, are not here.
	ClaimOpen
)

// maxHops is how many quotes of quotes are followed. The writer names the first
// origin; only others' programs make longer ways.
const maxHops = 64

// trace finds where text of a view was written first. The claim of a quote holds
// as a whole or not at all, so that nobody is made the author of those characters
// of a forged text that happen to agree. The lock must be held.
type trace struct {
	v      *View
	d      *Doc
	s      *state.State
	judged map[graph.LV]Claim // by the first number of the quote
	a, b   []byte
}

// newTrace makes one for the state of a view.
func newTrace(v *View, s *state.State) *trace {
	return &trace{v: v, d: v.d, s: s, judged: map[graph.LV]Claim{}}
}

// traced is a stretch of text, n characters from lv on, and where it was written
// first: from at on, which is lv where no claim holds. Where what stands at at
// claims an origin itself, says is that, and claim how it stands.
type traced struct {
	lv    graph.LV
	n     uint32
	at    graph.LV
	says  *block.Origin
	claim Claim
}

// follow splits a range of text by where it was written first.
func (t *trace) follow(lv graph.LV, n uint32, yield func(traced)) {
	if !t.s.HasQuotes() {
		yield(traced{lv: lv, n: n, at: lv})
		return
	}
	t.hop(traced{lv: lv, n: n, at: lv}, 0, yield)
}

// hop goes on from where a stretch has been found so far.
func (t *trace) hop(p traced, hops int, yield func(traced)) {
	t.s.Quoted(p.at, p.n, func(at graph.LV, n uint32, q *state.Quote) {
		part := traced{lv: p.lv + (at - p.at), n: n, at: at}
		if q == nil {
			yield(part)
			return
		}
		claim := t.judge(q)
		if claim == ClaimHolds && hops == maxHops {
			claim = ClaimOpen
		}
		from := q.From
		from.N += uint64(at - q.LV)
		switch {
		case claim == ClaimHolds:
			i, _ := t.d.g.Find(from.Change)
			part.at = t.d.g.First(i) + uint32(from.N)
			t.hop(part, hops+1, yield)
			return
		case hops == 0 || claim == ClaimElsewhere:
			part.says, part.claim = &from, claim
		}
		yield(part)
	})
}

// judge tells how the claim of a quote stands.
func (t *trace) judge(q *state.Quote) Claim {
	c, ok := t.judged[q.LV]
	if !ok {
		c = t.compare(q)
		t.judged[q.LV] = c
	}
	return c
}

// compare compares the words of a quote with those of its origin.
func (t *trace) compare(q *state.Quote) Claim {
	d := t.d
	if w := q.From.Work; !w.IsZero() && w != d.work {
		return ClaimElsewhere
	}
	i, ok := d.g.Find(q.From.Change)
	switch {
	case !ok || !t.v.has(i):
		return ClaimOpen
	case q.From.N+uint64(q.N) > uint64(d.g.Count(i)):
		return ClaimFails
	}
	lv := d.g.First(i) + uint32(q.From.N)
	text := true
	d.t.Range(lv, q.N, func(_ graph.LV, _ uint32, w shape.What) { text = text && d.isText(w) })
	if !text {
		return ClaimFails
	}
	t.a = t.appendWords(t.a[:0], lv, q.N)
	t.b = t.appendWords(t.b[:0], q.LV, q.N)
	switch {
	case len(t.a) == 0 || len(t.b) == 0:
		return ClaimOpen
	case !bytes.Equal(t.a, t.b):
		return ClaimFails
	}
	return ClaimHolds
}

// isText tells whether numbers are characters of a text.
func (d *Doc) isText(w shape.What) bool {
	return w.Class() == shape.Elem && d.t.Container(w.Place()) == block.KindText
}

// words are the words of n characters from lv on, deleted or not; nothing when
// they are absent.
func (t *trace) words(lv graph.LV, n uint32) []byte { return t.appendWords(nil, lv, n) }

// appendWords appends them. What was erased is absent, though blanks lie in its place.
func (t *trace) appendWords(dst []byte, lv graph.LV, n uint32) []byte {
	whole := t.s.Whole()
	t.d.t.Range(lv, n, func(lv graph.LV, n uint32, w shape.What) {
		q := t.s.Peek(w.Place())
		for k := n; n > 0 && q != nil; lv, n = lv+k, n-k {
			if k = n; !whole {
				_, k = t.d.changeRun(lv, n)
			}
			if whole || t.s.Present(lv) {
				q.Words(lv, k, func(b []byte) { dst = append(dst, b...) })
			}
		}
	})
	return dst
}
