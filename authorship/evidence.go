package authorship

import (
	"slices"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Evidence is what quotes from other works can be proven by, beside the proofs that
// the work carries: a [QuoteProof], or the other works, where they are here ([Works]).
type Evidence interface {
	// proof is the proof of a change, which is still to be checked.
	proof(work, change cid.Cid) (crdt.Proof, bool)
}

// proof makes a QuoteProof Evidence.
func (p QuoteProof) proof(work, change cid.Cid) (crdt.Proof, bool) {
	return p.Proof, p.Work == work && p.ID() == change
}

// Works is the evidence of works that are here. Their docs are locked while one of
// them is asked.
func Works(views ...*crdt.View) Evidence { return works(views) }

// works is views of works.
type works []*crdt.View

// proof makes works Evidence.
func (h works) proof(work, change cid.Cid) (crdt.Proof, bool) {
	for _, v := range h {
		if v.ID() == work {
			if p, err := v.Proof(change); err == nil {
				return p, true
			}
		}
	}
	return crdt.Proof{}, false
}

// quotes finds what is known of the sources of quotes from other works. What the
// work carries is read at the first question.
type quotes struct {
	p     *people
	more  []Evidence
	acts  map[source][]told
	known map[asked]*opened // nil: nothing proves it
}

// asked is a source, and whose change quotes it.
type asked struct {
	source
	by crdt.Author
}

// maxTries is how many proofs in acts are tried for one source: those of whoever
// quotes it come first, so that strangers cannot push them out.
const maxTries = 16

// told is an act on a source, and who made it.
type told struct {
	quoted
	author crdt.Author
}

// quotesOf makes one for the people of a view.
func quotesOf(p *people, more []Evidence) *quotes {
	return &quotes{p: p, more: more, known: map[asked]*opened{}}
}

// read reads the acts of the view.
func (q *quotes) read() {
	if q.acts != nil {
		return
	}
	q.acts = map[source][]told{}
	acts := slices.Collect(q.p.v.Acts(actQuote))
	for a := range q.p.v.OpenActs() {
		if a.Kind == actQuote {
			acts = append(acts, a)
		}
	}
	inOrder(q.p.v, acts, func(a crdt.Act) cid.Cid { return a.Change }) // not of arrival: some count more than others
	for _, a := range acts {
		if x, ok := readQuote(a); ok {
			q.acts[x.source] = append(q.acts[x.source], told{x, a.Author})
		}
	}
}

// opened is a source as it is proven, nil when it is not.
func (q *quotes) opened(of asked) *opened {
	if o, ok := q.known[of]; ok {
		return o
	}
	q.read()
	var found *opened
	for _, e := range q.more {
		if p, ok := e.proof(of.work, of.change); found == nil && ok {
			found = of.open(p)
		}
	}
	left := maxTries
	for _, own := range []bool{true, false} {
		for _, t := range q.acts[of.source] {
			if found == nil && left > 0 && t.proof != nil && own == (t.author == of.by) {
				found = of.open(*t.proof)
				left--
			}
		}
	}
	q.known[of] = found
	return found
}

// open checks a proof of a source; nil when it is none.
func (of source) open(p crdt.Proof) *opened {
	if p.Work != of.work || (QuoteProof{Proof: p}).ID() != of.change {
		return nil
	}
	o, err := openProof(p)
	if err != nil || o.words == nil {
		return nil
	}
	return o
}

// origin is what is known of a stretch of text that comes from another work, as a
// change of an author claims.
func (q *quotes) origin(text string, from *crdt.Origin, by crdt.Author) Origin {
	of := source{from.Work, from.Change}
	out := Origin{Work: from.Work, Change: from.Change, Offset: from.Offset, Proof: Claimed}
	o := q.opened(asked{of, by}) // reads the acts, too
	var says *told               // who quotes it, or, where they say nothing, another
	for k := range q.acts[of] {
		t := &q.acts[of][k]
		if t.author == by || says == nil || says.author != by && out.Title == "" && out.Terms == nil {
			out.Title, out.Source, out.Terms, says = t.title, t.at, t.terms, t
		}
	}
	if o == nil {
		if says != nil && says.author == by {
			out.Author = q.p.called(says.by, says.name)
		}
		return out
	}
	out.Proof = Mismatch
	if s, err := o.text(from.Offset, utf8.RuneCountInString(text)); err == nil && s == text {
		key, name := crdt.Author(o.change.By), ""
		if says != nil && says.by == key {
			name = says.name
		}
		out.Author, out.Proof = q.p.called(key, name), Proven
	}
	return out
}
