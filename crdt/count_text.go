package crdt

import (
	"unicode"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
)

// text counts what a text shows, from i to before j, to its end where j < 0.
func (c *count) text(at int32, i, j int) {
	q := c.s.Peek(at)
	if q == nil {
		return
	}
	if j < 0 || j > q.Len() {
		j = q.Len()
	}
	i = min(i, j)
	quotes := c.s.HasQuotes()
	var ascii []byte // what is still to be counted, where a byte is a character
	if !quotes && q.Units(sequence.UTF8) == q.Len() {
		ascii = q.AppendText(make([]byte, 0, j-i), i, j)
	}
	var row *Tally
	words := func(b []byte) { row.words(b) }
	q.Runs(i, j, func(lv graph.LV, n uint32) bool {
		for n > 0 {
			i, k := c.changeRun(lv, n)
			if quotes {
				c.trace.follow(lv, k, c.traced)
			} else {
				if row = c.row(i); ascii != nil {
					row.words(ascii[:k])
					ascii = ascii[k:]
				} else {
					q.Words(lv, k, words)
				}
				if c.survey != nil {
					c.survey.shows(lv, k, i, i)
				}
			}
			lv, n = lv+k, n-k
		}
		return true
	})
}

// traced counts a stretch of shown text that has been followed to where it was
// written.
func (c *count) traced(p traced) {
	by, _ := c.d.changeRun(p.at, 1)
	switch {
	case p.claim == ClaimElsewhere:
		placed, _ := c.d.changeRun(p.lv, 1)
		s := strand{traced: p, by: by}
		c.out.Quotes = append(c.out.Quotes, Quotation{string(c.trace.words(p.lv, p.n)), *s.origin(c.d, c.index), c.index(placed)})
	case p.at != p.lv:
		among(c.moves.kept, p.lv, p.n, func(lv graph.LV, n uint32, moved bool) {
			if w := c.trace.words(lv, n); moved {
				c.row(by).words(w)
				c.stands(lv, n, by)
			} else {
				var copied Tally
				copied.letters(w)
				c.row(by).Quoted += copied.Letters
			}
		})
	default:
		c.row(by).words(c.trace.words(p.lv, p.n))
		c.stands(p.lv, p.n, by)
	}
}

// stands notes text that counts for the change that wrote it, where that is asked for.
func (c *count) stands(lv graph.LV, n uint32, by int32) {
	if c.survey != nil {
		placed, _ := c.d.changeRun(lv, 1)
		c.survey.shows(lv, n, by, placed)
	}
}

// words adds the characters of a text.
func (t *Tally) words(b []byte) {
	was := t.Letters + t.Spaces
	t.letters(b)
	t.Kept += t.Letters + t.Spaces - was
}

// letters adds the code points of b.
func (t *Tally) letters(b []byte) {
	letters, spaces := 0, 0
	for k := 0; k < len(b); {
		from := k
		for k < len(b) && b[k] < utf8.RuneSelf {
			spaces += int(blank[b[k]])
			k++
		}
		letters += k - from
		for k < len(b) && b[k] >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(b[k:])
			k += n
			letters++
			if unicode.IsSpace(r) {
				spaces++
			}
		}
	}
	t.Letters += letters - spaces
	t.Spaces += spaces
}

// blank is 1 for the white space of ASCII.
var blank = [utf8.RuneSelf]uint8{'\t': 1, '\n': 1, '\v': 1, '\f': 1, '\r': 1, ' ': 1}
