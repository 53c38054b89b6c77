package authorship

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// QuoteOption changes what [Quote] does.
type QuoteOption func(*quoting)

// WithException quotes also what the terms of the other work do not allow, for a
// reason that the law gives and that is written down, such as "quotation, Berne
// Convention 10(1)": the notice lists the quote with it ([Attribution.Exceptions]), and
// it does not narrow what the rest may be used under ([Outbound]). Whether the reason
// holds is for the people to judge. An empty reason is none.
func WithException(reason string) QuoteOption {
	return func(q *quoting) { q.reason, q.excepts = reason, strings.TrimSpace(reason) != "" }
}

// quoting is a quote of another work while it is written.
type quoting struct {
	tx      *crdt.Tx
	from    *licensing // of the other work
	offered []string   // by this one
	reason  string
	excepts bool
	said    map[source]bool // by whoever writes
	budget  int             // bytes of proofs that may still be written; negative: no bound
}

// quotingOf makes one for quotes of a view.
func quotingOf(tx *crdt.Tx, from *crdt.View, opts []QuoteOption) *quoting {
	q := &quoting{tx: tx, from: licensingOf(peopleOf(from)), said: map[source]bool{}, budget: -1}
	for _, opt := range opts {
		opt(q)
	}
	if c, err := CharterOf(tx.View()); err == nil {
		q.offered = c.Terms
	}
	note := func(a crdt.Act) {
		if x, ok := readQuote(a); ok && a.Author == tx.Author() {
			q.said[x.source] = true
		}
	}
	for a := range tx.View().Acts(actQuote) {
		note(a)
	}
	for a := range tx.Acts() {
		if a.Kind == actQuote {
			note(a)
		}
	}
	return q
}

// refused tells why what a text shows may not be quoted; nil when it may. Of the source
// those count who wrote the words, not who put them where they stand; what comes home
// is the work's own.
func (q *quoting) refused(from crdt.Text, x crdt.Excerpt) error {
	l := q.from
	l.text(nil, from.In(crdt.Runes)) // finds what it quotes itself
	e := &TermsError{Source: l.p.v.ID(), WorkTerms: q.offered}
	lacks := map[string]bool{}
	asked := map[source]bool{}
	blocking := map[crdt.Author]bool{}
	for _, p := range x.Parts() {
		of := source{p.Work, p.Change}
		if !p.Change.Defined() || p.Work == q.tx.Work() || asked[of] {
			continue
		}
		asked[of] = true
		terms, writers := q.terms(of)
		if len(asked) == 1 {
			e.SourceTerms = terms
		}
		e.SourceTerms = slices.DeleteFunc(slices.Clone(e.SourceTerms), func(t string) bool { return !holdsTerm(terms, t) })
		fit := within(terms, q.offered)
		for _, t := range q.offered {
			if slices.Contains(fit, t) {
				continue
			}
			lacks[t] = true
			for _, who := range writers {
				if !blocking[who.ID] && len(within(l.grantedBy(who), []string{t})) == 0 && len(within(l.offered, []string{t})) > 0 {
					blocking[who.ID] = true
					e.Blocking = append(e.Blocking, who.Person)
				}
			}
		}
	}
	for _, t := range q.offered {
		if lacks[t] {
			e.Missing = append(e.Missing, t)
		}
	}
	if e.Missing == nil || q.excepts {
		return nil
	}
	return e
}

// holdsTerm tells whether a list has a term.
func holdsTerm(list []string, t string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return fold(s) == fold(t) })
}

// terms are those under which what was written in a change may be used, and who wrote it,
// where it is a change of the other work: of its alternatives those that they have
// granted. Of a third work they are what is stated of it there.
func (q *quoting) terms(of source) ([]string, []writer) {
	l := q.from
	if of.work != l.p.v.ID() {
		if h := l.quoted[of]; h != nil && h.said != nil {
			return slices.Concat(h.said.terms, h.said.within), nil
		}
		return nil, nil
	}
	s, ok := l.p.v.Source(of.change)
	if !ok {
		return nil, nil
	}
	writers := l.p.writers(&s)
	return l.grantedBy(writers...), writers
}

// grantedBy are the alternatives of the work that people have all granted.
func (l *licensing) grantedBy(who ...writer) []string {
	var out []string
	for _, t := range l.offered {
		if !slices.ContainsFunc(who, func(p writer) bool { return !l.may(p, t) }) {
			out = append(out, t)
		}
	}
	return out
}

// record writes down what is known of the sources of an excerpt, each once, and tells
// about how many bytes that took.
func (q *quoting) record(x crdt.Excerpt) (bytes int) {
	for _, p := range x.Parts() {
		of := source{p.Work, p.Change}
		if !p.Change.Defined() || p.Work == q.tx.Work() || q.said[of] {
			continue
		}
		q.said[of] = true
		b := q.known(of)
		if b == nil {
			continue
		}
		q.tx.ActWords(actQuote, b.body(), b.name)
		bytes += 512
		if b.proof != nil {
			bytes += size(*b.proof)
		}
		if reason, ok := q.exception(b); ok {
			q.tx.ActWords(actExcept, map[string]any{"work": of.work, "change": of.change}, reason)
			bytes += 128 + len(reason)
		}
	}
	return bytes
}

// exception is the reason by which a source is quoted against its terms, if it is: one
// that is given for this quote, or that the other work gives for its own.
func (q *quoting) exception(b *quoted) (string, bool) {
	if len(b.within) == len(q.offered) {
		return "", false
	}
	if q.excepts {
		return q.reason, true
	}
	if h := q.from.quoted[b.source]; h != nil && h.said != nil && h.said.excepted {
		return h.said.exception, true
	}
	return "", false
}

// known is what the act on a source says.
func (q *quoting) known(of source) *quoted {
	l := q.from
	var b *quoted
	if h := l.quoted[of]; h != nil && h.said != nil { // what the quoter there says
		said := h.said.quoted
		b = &said
	} else {
		b = record(l.p.v, of)
	}
	if b == nil {
		return nil
	}
	terms, writers := q.terms(of)
	if b.within = within(terms, q.offered); len(writers) > 0 {
		b.terms, b.name = terms, writers[0].Name
	}
	if b.proof != nil && q.budget >= 0 {
		if n := size(*b.proof); n > q.budget {
			b.proof = nil
		} else {
			q.budget -= n
		}
	}
	return b
}

// readExcept reads the source that an exception names.
func readExcept(a crdt.Act) (of source, ok bool) {
	m := fields(a.Body, 2, "work", "change")
	work, ok1 := m["work"].(cid.Cid)
	change, ok2 := m["change"].(cid.Cid)
	return source{work, change}, ok1 && ok2 && isChange(work) && isChange(change) && utf8.ValidString(a.Words)
}
