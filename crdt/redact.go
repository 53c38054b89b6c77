package crdt

import (
	"iter"
	"slices"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/state"
)

// eraser is the optional part of a Judge that decides which words are to go.
type eraser interface {
	// Erase yields the changes whose words are to be erased and that it has not
	// yielded before.
	Erase() iter.Seq[cid.Cid]
	// Erased tells whether they are as things stand, and by which change.
	Erased(c cid.Cid) (by cid.Cid, erased bool)
}

// redact takes the words away whose erasure the rules have decided since the last
// time, and refuses them for as long as that stands. Verdicts, positions and authors
// stay: the words read as withheld. Where a decision falls they are absent like words
// that have not come yet. The lock must be held, and nothing be open.
//
// The state is built anew, since no room takes words back; that is once for all that
// one Apply has decided.
func (d *Doc) redact() {
	e, ok := d.judge.(eraser)
	if !ok {
		return
	}
	due := slices.Collect(e.Erase())
	for _, i := range d.refilled {
		due = append(due, d.g.ID(i).ChangeCID())
	}
	var list []int32 // whose words are here
	for _, c := range due {
		i, ok := d.find(c)
		if _, met := d.redacted[i]; !ok || met || d.g.Size(i) == 0 {
			continue
		}
		if _, stands := e.Erased(c); !stands {
			continue
		}
		if d.redacted == nil {
			d.redacted = map[int32]uint32{}
		}
		at := d.g.WordsAt(i)
		d.redacted[i] = at
		d.wiped = append(d.wiped, i)
		if at != noWords {
			list = append(list, i)
		}
	}
	d.refilled = slices.DeleteFunc(d.refilled, func(i int32) bool { _, gone := d.redacted[i]; return gone })
	if len(list) == 0 {
		return
	}
	d.s.Settle()                    // who is told where nodes of trees stood hears it now
	d.words = slices.Clone(d.words) // batches that were handed out keep the old bytes
	for _, i := range list {
		d.blank(i)
		d.g.SetWords(i, noWords)
		d.noteTurn(turn{change: i, words: true})
	}
	d.rebuild()
	d.moved()
}

// blank writes other words over those of change i in the arena, of the same lengths.
func (d *Doc) blank(i int32) {
	at := d.g.WordsAt(i)
	clear(d.words[at : at+d.salted(i)])
	at += d.salted(i)
	var r block.Reader
	var op block.Op
	r.Reset(d.g.Ops(i))
	for r.Next(&op) {
		words := d.words[at : at+op.WordBytes()]
		if op.Code == block.OpText || op.Code == block.OpQuote {
			blankText(words)
		} else {
			clear(words)
		}
		at += op.WordBytes()
	}
}

// blankText writes a placeholder over each character, as long as it in UTF-8 and in
// UTF-16.
func blankText(b []byte) {
	for len(b) > 0 {
		_, n := utf8.DecodeRune(b)
		copy(b[:n], [...]string{"", "?", "·", "…", "𝄽"}[n])
		b = b[n:]
	}
}

// rebuild makes the state anew from all changes, under the verdicts as they are.
func (d *Doc) rebuild() {
	s := state.New(d.g, d.t, &d.words)
	for i := int32(0); int(i) < d.g.Len(); i++ {
		s.Apply(graph.At(i), d.g.Ops(i), block.Briefs{}, nil, d.wordsOf(i))
		if at, ok := d.redacted[i]; ok && at != noWords {
			s.Blank(i, at+d.salted(i))
		}
	}
	for i := range d.off {
		s.Switch(i, false)
	}
	s.Settle()
	s.Stood = d.noteStood
	d.s = s
	d.epoch++
}

// refuses tells whether the words of applied change i were erased by a decision that
// stands.
func (d *Doc) refuses(i int32) bool {
	if _, ok := d.redacted[i]; !ok {
		return false
	}
	_, stands := d.judge.(eraser).Erased(d.g.ID(i).ChangeCID())
	return stands
}

// refill notes that words which had been erased have come again, since the decision has
// fallen. It tells whether there are blanks in their place, which only a state that is
// made anew forgets.
func (d *Doc) refill(i int32) (blanks bool) {
	at, ok := d.redacted[i]
	if !ok {
		return false
	}
	delete(d.redacted, i)
	d.refilled = append(d.refilled, i)
	return at != noWords
}

// Erased yields the changes whose words were erased here by a decision of the rules that
// stands: they are not to be had from this replica.
func (v *View) Erased() iter.Seq[cid.Cid] {
	return func(yield func(cid.Cid) bool) {
		v.lock()
		var out []cid.Cid
		met := map[int32]bool{}
		for _, i := range v.d.wiped {
			if v.has(i) && !met[i] && v.d.refuses(i) {
				met[i] = true
				out = append(out, v.d.g.ID(i).ChangeCID())
			}
		}
		v.unlock()
		for _, c := range out {
			if !yield(c) {
				return
			}
		}
	}
}
