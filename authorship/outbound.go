package authorship

import (
	"bytes"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// Outbound are the terms under which everything that a view shows may be used: of the
// alternatives that the work offers those that everybody has granted of whom something
// is shown, who wrote it or put it where it stands, and that every quote from another
// work states; quotes by an exception ([WithException]) are left out. What a moderator
// has hidden counts. Text of a key that was cut, which members have adopted, is nobody's,
// and is held under the bare key, as in [Blame]; it came in by the grants of the key's
// person, and these count for it. Nil when there is no such alternative, and for a work that offers
// none. [Terms] says who stands in the way.
//
// It follows from what the work says. No list of licences is asked: whether the terms
// that a quote states fit is its writer's word, see [Quote].
func Outbound(v *crdt.View) []string {
	l := licensingOf(peopleOf(v))
	l.readWork()
	return l.outbound()
}

// OutboundOf is [Outbound] of a part of a work.
func OutboundOf(part crdt.Part) []string {
	l := licensingOf(peopleOf(part.View()))
	l.readPart(part)
	return l.outbound()
}

// licensing says what of a view may be used under which terms.
type licensing struct {
	p       *people
	offered []string         // by the work
	granted map[grantOf]bool // as far as it was asked
	stated  map[source]map[crdt.Author]*statement
	holders []*holder
	rows    map[holding]*holder
	quoted  map[source]*holder // the first quote of each source that is shown
	quotes  *quotes
}

// grantOf is a person and a folded term.
type grantOf struct {
	person crdt.Author
	term   string
}

// statement is what a person says of a source that they quote, in all acts on it.
type statement struct {
	quoted
	use       map[string]bool // folded terms under which it may be used
	excepted  bool
	exception string // why
}

// holding is whose work is shown: of a person here, or of another work by somebody's
// quote.
type holding struct {
	person crdt.Author
	lender crdt.Author // see writer
	source
}

// holder is a holding with what is shown of it.
type holder struct {
	holding
	who    Person     // that person, or who quotes
	said   *statement // of a quote; nil: nothing was stated
	quote  bool
	proven crdt.Author // whose words are quoted, by proof; zero: it is only claimed
	ranges []Range
}

// licensingOf reads what the work offers, who has granted what and what is stated of
// quotes.
func licensingOf(p *people) *licensing {
	l := &licensing{
		p: p, granted: map[grantOf]bool{}, stated: map[source]map[crdt.Author]*statement{},
		rows: map[holding]*holder{}, quoted: map[source]*holder{}, quotes: quotesOf(p, nil),
	}
	if c, err := CharterOf(p.v); err == nil {
		l.offered = c.Terms
	}
	acts := slices.Collect(p.v.Acts(actQuote, actExcept))
	acts = slices.AppendSeq(acts, p.v.OpenActs())
	inOrder(p.v, acts, func(a crdt.Act) cid.Cid { return a.Change }) // the first counts
	for _, a := range acts {
		switch a.Kind {
		case actGrant: // the judge knows the others
			l.grant(a)
		case actQuote:
			l.state(a)
		}
	}
	for _, a := range acts {
		if a.Kind == actExcept {
			l.except(a)
		}
	}
	return l
}

// grant notes what the open change grants; agents grant nothing.
func (l *licensing) grant(a crdt.Act) {
	r := l.p.branch(l.p.root(a), a.Author)
	if r.Agent() {
		return
	}
	for _, t := range readGrant(a) {
		l.granted[grantOf{r.Person, fold(t)}] = true
	}
}

// state notes what is said of a source.
func (l *licensing) state(a crdt.Act) {
	q, ok := readQuote(a)
	if !ok {
		return
	}
	who := l.p.byAct(a).ID
	if l.stated[q.source] == nil {
		l.stated[q.source] = map[crdt.Author]*statement{}
	}
	s := l.stated[q.source][who]
	if s == nil {
		s = &statement{quoted: q, use: map[string]bool{}}
		l.stated[q.source][who] = s
	}
	for _, t := range slices.Concat(q.terms, q.within) {
		s.use[fold(t)] = true
	}
	if s.proof == nil {
		s.proof = q.proof
	}
}

// except notes that somebody quotes a source by an exception; it needs an act of theirs
// that says what the source is.
func (l *licensing) except(a crdt.Act) {
	of, ok := readExcept(a)
	if !ok {
		return
	}
	if s := l.stated[of][l.p.byAct(a).ID]; s != nil && !s.excepted {
		s.excepted, s.exception = true, clean(a.Words)
	}
}

// saidOf is what somebody who quotes a source says of it, or, where they say nothing,
// what others do: of a quote that was copied inside the work. Nil for nothing.
func (l *licensing) saidOf(of source, who crdt.Author) *statement {
	all := l.stated[of]
	if s := all[who]; s != nil || len(all) == 0 {
		return s
	}
	keys := slices.SortedFunc(maps.Keys(all), func(a, b crdt.Author) int { return bytes.Compare(a[:], b[:]) })
	out := &statement{use: map[string]bool{}}
	for k, key := range keys {
		s := all[key]
		if k == 0 {
			out.quoted = s.quoted
		}
		if out.proof == nil {
			out.proof = s.proof
		}
		maps.Copy(out.use, s.use)
		if s.excepted && !out.excepted {
			out.excepted, out.exception = true, s.exception
		}
	}
	return out
}

// may tells whether somebody has granted a term, by the rules of the work: an agent as
// far as its person has.
func (l *licensing) may(who writer, t string) bool {
	g := grantOf{who.ID, fold(t)}
	switch {
	case who.lender != crdt.Author{}:
		g.person = who.lender
	case who.Agent:
		g.person = who.OnBehalf
	}
	yes, known := l.granted[g]
	if !known {
		if judged(l.p.v, func(j *charter.Judge) { yes = j.Granted(g.person, t) }) != nil {
			yes = false
		}
		l.granted[g] = yes
	}
	return yes
}

// allows tells whether a holding may be used under a term.
func (h *holder) allows(l *licensing, t string) bool {
	if h.quote {
		return h.said != nil && (h.said.excepted || h.said.use[fold(t)])
	}
	return l.may(writer{h.who, h.lender}, t)
}

// outbound are the alternatives that all holders allow.
func (l *licensing) outbound() []string {
	var out []string
	for _, t := range l.offered {
		if !slices.ContainsFunc(l.holders, func(h *holder) bool { return !h.allows(l, t) }) {
			out = append(out, t)
		}
	}
	return out
}

// hold notes that something of somebody is shown; a range without a path is none.
func (l *licensing) hold(who writer, r Range) {
	l.add(holder{holding: holding{person: who.ID, lender: who.lender}, who: who.Person}, r)
}

// holdQuote notes that a quote by somebody of another work is shown; proven is whose
// words they are, zero where that is only claimed.
func (l *licensing) holdQuote(who Person, of source, proven crdt.Author, r Range) {
	h := holding{person: who.ID, source: of}
	if l.rows[h] == nil {
		l.add(holder{holding: h, who: who, said: l.saidOf(of, who.ID), quote: true, proven: proven}, r)
		return
	}
	l.add(*l.rows[h], r)
}

// add notes a range of a holding, as one with the last where it goes on there.
func (l *licensing) add(h holder, r Range) {
	old := l.rows[h.holding]
	if old == nil {
		old = &h
		l.rows[h.holding] = old
		l.holders = append(l.holders, old)
		if _, known := l.quoted[h.source]; h.quote && !known {
			l.quoted[h.source] = old
		}
	}
	if r.trail == nil {
		return
	}
	if k := len(old.ranges) - 1; k >= 0 && old.ranges[k].trail == r.trail && (old.ranges[k].To == r.From || old.ranges[k] == r) {
		old.ranges[k].To = r.To
		return
	}
	old.ranges = append(old.ranges, r)
}
