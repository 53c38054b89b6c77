package crdt

import (
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
)

// text compares or fills a text: first its characters, then its marks, then its
// blocks.
func (x *differ) text(t task) {
	list := x.edits(&t)
	fresh := comes(list)
	if len(list) > 0 {
		x.words(&t, list)
	}
	x.marks(&t, list, fresh)
	x.blocks(&t, list)
}

// words adds the patches of what came and went in a text.
func (x *differ) words(t *task, list []edit) {
	w := textPatches{d: x.d, now: x.now.s.Peek(t.at), was: x.past.words(t.at), unit: x.unit, path: t.path, remover: x.past.remover}
	for _, e := range list {
		w.edit(e)
	}
	for _, p := range w.done() {
		x.put(p)
	}
}

// textPatches makes the patches of one text from its edits in document order:
// one for what neighbours in the text have in common by one author, removed and
// inserted alike.
type textPatches struct {
	d        *Doc
	now, was *sequence.Seq // where words that have come and gone are read
	unit     Unit
	path     string
	remover  func(lv graph.LV, n uint32) (Author, uint32)

	out  []Patch
	at   int // of the last one, in code points
	end  int // where its insert ends
	text []byte
}

// edit takes in one edit.
func (w *textPatches) edit(e edit) {
	for e.n > 0 {
		if e.kind == gone {
			by, k := w.remover(e.lv, e.n)
			w.open(e.at, by).Removed += units(w.was, w.unit, e.lv, k)
			e.lv, e.n = e.lv+k, e.n-k
			continue
		}
		_, k := w.d.changeRun(e.lv, e.n)
		w.open(e.at, w.d.authorOf(e.lv))
		w.now.Words(e.lv, k, func(b []byte) { w.text = append(w.text, b...) })
		e.lv, e.n, e.at = e.lv+k, e.n-k, e.at+int(k)
		w.end = e.at
	}
}

// open is the patch for what one author did at a position: the last one, if it
// ends there and is his, else a new one.
func (w *textPatches) open(at int, by Author) *Patch {
	n := len(w.out)
	if n > 0 && w.end == at && w.out[n-1].By == by {
		return &w.out[n-1]
	}
	w.done()
	w.at, w.end = at, at
	w.out = append(w.out, Patch{Path: w.path, Op: PatchText, At: fromRunes(w.now, w.unit, at), By: by})
	return &w.out[n]
}

// done ends the last patch and gives all.
func (w *textPatches) done() []Patch {
	if n := len(w.out); n > 0 && len(w.text) > 0 {
		w.out[n-1].Text, w.text = string(w.text), w.text[:0]
	}
	return w.out
}

// units is the length of n elements of q, shown or not.
func units(q *sequence.Seq, u Unit, lv graph.LV, n uint32) int {
	if u == Runes {
		return int(n)
	}
	sum := 0
	q.Words(lv, n, func(b []byte) {
		if u == UTF8 {
			sum += len(b)
			return
		}
		for len(b) > 0 {
			if b[0] < utf8.RuneSelf {
				b, sum = b[1:], sum+1
				continue
			}
			r, k := utf8.DecodeRune(b)
			b = b[k:]
			if sum++; r > 0xffff {
				sum++
			}
		}
	})
	return sum
}
