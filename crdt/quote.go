package crdt

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// Excerpt is text that was copied out of a work and knows where each character
// of it was written first: what a clipboard holds. It is immutable and depends on
// no doc. The zero Excerpt is empty.
type Excerpt struct {
	work  block.ID
	by    block.Key // whose open change the parts without an origin are of
	parts []ExcerptPart
}

// ExcerptPart is a stretch of an excerpt with one origin: the characters are the
// numbers Offset, Offset+1, … of the change Change of the work Work.
type ExcerptPart struct {
	Text   string
	Work   cid.Cid
	Change cid.Cid // cid.Undef: written in a change that was open when it was copied
	Offset uint64

	runes  int
	from   block.Origin
	marker bool // line feeds that stand for block markers
}

// Work is the work that the excerpt was copied out of; cid.Undef of the zero
// Excerpt.
func (x Excerpt) Work() cid.Cid {
	if x.work.IsZero() {
		return cid.Undef
	}
	return x.work.ChangeCID()
}

// Parts are the stretches of the excerpt, in order. The slice is the caller's.
func (x Excerpt) Parts() []ExcerptPart { return append([]ExcerptPart(nil), x.parts...) }

// String is the text.
func (x Excerpt) String() string {
	var b strings.Builder
	for _, p := range x.parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// Copy takes an excerpt of the text, or of the part that t is. Text that is a
// quote itself keeps its first origin, as far as its claim holds here or speaks
// of another work; block markers become line feeds. Inside an Update use
// [Tx.Copy].
func (t Text) Copy() Excerpt {
	x := Excerpt{work: t.v.d.work}
	if t.at == shape.NoPlace {
		return x
	}
	t.v.lock()
	x.by = t.v.d.me
	t.v.unlock()
	t.seq(func(s *state.State, q *sequence.Seq, i, j int) {
		c := copying{trace: newTrace(t.v, s), x: &x}
		q.Runs(i, j, func(lv graph.LV, n uint32) bool {
			c.run(lv, n)
			return true
		})
	})
	return x
}

// Copy is [Text.Copy] inside an Update, also of a text of this doc that was taken
// before it. A text of another doc locks that one: where the Updates of two docs may
// copy from each other at the same moment, take the excerpts before them, or both
// wait for ever.
func (tx *Tx) Copy(from Text) Excerpt {
	d := tx.doc()
	if from.v.d == d && (from.v.inside == nil || from.v.inside.running == nil) {
		v := *from.v
		v.inside = tx
		from.v = &v
	}
	return from.Copy()
}

// copying is one Copy.
type copying struct {
	*trace
	x *Excerpt
}

// run adds a run of elements of a text.
func (c *copying) run(lv graph.LV, n uint32) {
	c.d.t.Range(lv, n, func(lv graph.LV, n uint32, w shape.What) {
		if w.Class() != shape.Elem { // a block marker
			c.add(ExcerptPart{Text: strings.Repeat("\n", int(n)), runes: int(n), marker: true})
			return
		}
		for n > 0 {
			_, k := c.d.changeRun(lv, n)
			c.follow(lv, k, c.traced)
			lv, n = lv+k, n-k
		}
	})
}

// traced adds a stretch that has been followed to where it was written.
func (c *copying) traced(p traced) {
	part := ExcerptPart{Text: string(c.words(p.lv, p.n)), runes: int(p.n)}
	switch i, _ := c.d.changeRun(p.at, 1); {
	case p.claim == ClaimElsewhere:
		part.from = *p.says
	case i != graph.None32:
		part.from = block.Origin{Work: c.d.work, Change: c.d.g.ID(i), N: uint64(p.at - c.d.g.First(i))}
	}
	c.add(part)
}

// add adds a part, to the last one where it goes on there.
func (c *copying) add(p ExcerptPart) {
	if k := len(c.x.parts) - 1; k >= 0 && c.x.parts[k].goesOn(&p) {
		last := &c.x.parts[k]
		last.Text += p.Text
		last.runes += p.runes
		return
	}
	if !p.from.Change.IsZero() {
		p.Work, p.Change, p.Offset = p.from.Work.ChangeCID(), p.from.Change.ChangeCID(), p.from.N
	}
	c.x.parts = append(c.x.parts, p)
}

// goesOn tells whether next is the rest of p.
func (p *ExcerptPart) goesOn(next *ExcerptPart) bool {
	if p.from.Change.IsZero() || next.from.Change.IsZero() {
		return p.from == next.from && p.marker == next.marker
	}
	from := p.from
	from.N += uint64(p.runes)
	return from == next.from
}

// Quote puts what from shows before position i, and says of each character where
// it was written first: its author stays its author. It is
// Paste(i, tx.Copy(from)); see [Tx.Copy] for texts of other docs.
func (t TextTx) Quote(i int, from Text) { t.Paste(i, t.tx.Copy(from)) }

// Paste puts an excerpt before position i with its origins. What was written in
// the open change of the own key, which has no name yet, goes in as new text of that
// key; ErrUnsealed where such a change is another key's: it must be sealed before
// it is copied.
func (t TextTx) Paste(i int, x Excerpt) {
	d := t.tx.doc()
	if t.tx.err != nil || len(x.parts) == 0 {
		return
	}
	pos, err := toRunes(d.s.Peek(t.at), t.unit, i)
	if err != nil {
		t.tx.doom(err)
		return
	}
	for k := range x.parts {
		p := &x.parts[k]
		switch {
		case !p.from.Change.IsZero():
			from := p.from
			if from.Work == d.work {
				from.Work = block.ID{}
			}
			d.quote(t.tx, t.at, pos, p.Text, from)
		case x.by == d.me || p.marker:
			t.insert(pos, p.Text)
		default:
			t.tx.doom(fmt.Errorf("crdt: quote: %w", ErrUnsealed))
		}
		if t.tx.err != nil {
			return
		}
		pos += p.runes
	}
}

// Move takes [i, j) out of the text and puts it before position at of another text
// of the work, or of the same, counted before the move: cut and paste in one
// change, after which each character still is its first author's. It makes new
// elements: marks and cursors stay behind, and what others type into the old place at
// the same time stays there. Nothing happens when the range holds the place or is
// empty.
func (t TextTx) Move(i, j int, to TextTx, at int) {
	d := t.tx.doc()
	if t.tx.err != nil {
		return
	}
	a, b, err := span(d.s.Peek(t.at), t.unit, i, j)
	pos := 0
	if err == nil {
		pos, err = toRunes(d.s.Peek(to.at), to.unit, at)
	}
	if err != nil {
		t.tx.doom(err)
		return
	}
	if a == b || t.at == to.at && a <= pos && pos <= b {
		return
	}
	x := Text{place{t.tx.now(), t.at}, Runes, a, b}.Copy()
	to.unit = Runes
	to.Paste(pos, x)
	if t.at == to.at && pos < a {
		a, b = a+b-a, b+b-a
	}
	if t.tx.err == nil {
		d.deleteText(t.tx, t.at, a, b-a)
	}
}

// quote puts s, whose characters come from elsewhere, before rune position pos of
// the text at c, in pieces where it is long.
func (d *Doc) quote(tx *Tx, c int32, pos int, s string, from block.Origin) {
	for s != "" && tx.err == nil {
		k := min(len(s), chunk)
		for k < len(s) && !utf8.RuneStart(s[k]) {
			k--
		}
		n := utf8.RuneCountInString(s[:k])
		d.insertQuote(tx, c, pos, s[:k], n, from)
		s, pos = s[k:], pos+n
		from.N += uint64(n)
	}
}

// insertQuote puts the n runes of s there.
func (d *Doc) insertQuote(tx *Tx, c int32, pos int, s string, n int, from block.Origin) {
	if !d.ready(tx, len(s), n) {
		return
	}
	d.touch(c)
	off := uint32(len(d.words))
	d.words = append(d.words, s...)
	lv := d.numbers(uint32(n), shape.Of(shape.Elem, c))
	var parent graph.LV
	var side sequence.Side
	var add []marks.Addition
	if d.s.Marked(c) {
		parent, side, _, add = d.insertMarked(c, pos, lv, uint32(n), off)
	} else {
		parent, side, _ = d.s.Seq(c).InsertAt(pos, lv, uint32(n), off)
	}
	o := d.open
	op := o.begin(block.OpQuote)
	op.Side, op.Runes, op.Bytes, op.From = block.Side(side), uint32(n), uint32(len(s)), from
	op.C = d.containerOp(c)
	op.HasAt, op.At = d.thingOp(parent)
	o.bytes += len(op.C.Name) + 96
	d.s.AddQuote(lv, uint32(n), from)
	d.addMarks(tx, c, lv, uint32(n), add)
}
