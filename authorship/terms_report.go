package authorship

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// TermsReport says what a view may be used under, and why not under more.
type TermsReport struct {
	Offered  []string `json:"offered"`  // alternatives that the work offers
	Outbound []string `json:"outbound"` // of these, what everything shown may be used under
	// Blocks are those in whose way the others are, in the order in which a reader meets
	// what they hold.
	Blocks []Block `json:"blocks,omitempty"`
	// Exceptions are quotes that are used by an exception and stand in nobody's way.
	Exceptions []Exception `json:"exceptions,omitempty"`
	// Waiting are changes that are not effective because their person has not granted
	// the terms, in the order on which all replicas agree.
	Waiting []Waiting `json:"waiting,omitempty"`
}

// Block is somebody without whose grant something shown may not be used under what
// the work offers, or a quote from another work whose terms do not allow it.
type Block struct {
	Person  Person   `json:"person"`          // who holds it, or who quotes
	Quote   *Quoted  `json:"quote,omitempty"` // nil: it is the person's own
	Missing []string `json:"missing"`         // alternatives that stand back for it
	Ranges  []Range  `json:"ranges,omitempty"`
}

// Quoted is what a quoter says of a source in another work.
type Quoted struct {
	Work   cid.Cid  `json:"work"`
	Change cid.Cid  `json:"change"`
	Title  string   `json:"title,omitempty"`
	Source string   `json:"source,omitempty"`
	Terms  []string `json:"terms,omitempty"`
	// Doubtful are the alternatives of this work of which the quoter says that they fit
	// the terms of the source, and of which the facts known here do not.
	Doubtful []string `json:"doubtful,omitempty"`
}

// Exception is a quote against the terms of its source.
type Exception struct {
	Quoted
	By     Person  `json:"by"` // who quotes
	Author Person  `json:"author"`
	Reason string  `json:"reason"`
	Ranges []Range `json:"ranges"`
}

// Waiting is a change that waits for grants.
type Waiting struct {
	Change  cid.Cid  `json:"change"`
	Person  Person   `json:"person"`
	Missing []string `json:"missing"`
}

// Terms reports on the terms of a view: what it may be used under, who or which quote
// blocks what else the work offers, and where, and what waits for grants. Its cost is
// that of reading the work and its history.
func Terms(v *crdt.View) *TermsReport {
	l := licensingOf(peopleOf(v))
	l.readWork()
	r := &TermsReport{Offered: slices.Clone(l.offered), Outbound: l.outbound(), Exceptions: l.exceptions()}
	for _, h := range l.holders {
		b := Block{Person: h.who}
		for _, t := range l.offered {
			if !h.allows(l, t) {
				b.Missing = append(b.Missing, t)
			}
		}
		if b.Missing == nil {
			continue
		}
		if h.quote {
			b.Quote = h.about(l)
		}
		b.Ranges = withPaths(h.ranges)
		r.Blocks = append(r.Blocks, b)
	}
	missing := map[cid.Cid][]string{}
	for c, err := range v.Ineffective() {
		if e, ok := lacking(err); ok {
			missing[c.ID] = slices.Clone(e.Missing)
		}
	}
	list := slices.Collect(maps.Keys(missing))
	v.Sort(list)
	for _, c := range list {
		s, _ := v.Source(c)
		r.Waiting = append(r.Waiting, Waiting{c, l.p.of(s.Root, s.Author), missing[c]})
	}
	return r
}

// about is what is stated of a quote.
func (h *holder) about(l *licensing) *Quoted {
	q := &Quoted{Work: h.work, Change: h.change}
	if h.said == nil {
		return q
	}
	q.Title, q.Source, q.Terms = clean(h.said.title), clean(h.said.at), h.said.terms
	fit := within(h.said.terms, l.offered)
	for _, t := range l.offered {
		if h.said.use[fold(t)] && !slices.Contains(fit, t) {
			q.Doubtful = append(q.Doubtful, t)
		}
	}
	return q
}

// exceptions are the quotes by an exception.
func (l *licensing) exceptions() []Exception {
	var out []Exception
	for _, h := range l.holders {
		if h.quote && h.said != nil && h.said.excepted {
			out = append(out, Exception{*h.about(l), h.who, l.called(h), h.said.exception, withPaths(h.ranges)})
		}
	}
	return out
}

// called is the author of what is quoted: by proof, else as the quoter says; by the name
// that this work knows, else by what the quoter says they are called there.
func (l *licensing) called(h *holder) Person {
	by := h.proven
	if by == (crdt.Author{}) && h.said != nil {
		by = h.said.by
	}
	if h.said == nil || h.said.by != by {
		return l.p.plain(by)
	}
	return l.p.called(by, h.said.name)
}

// String is the report as lines.
func (r *TermsReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "offered %s; outbound %s", alternatives(r.Offered), alternatives(r.Outbound))
	for _, x := range r.Blocks {
		fmt.Fprintf(&b, "\n%s blocks %s", x.Person, alternatives(x.Missing))
		if x.Quote != nil {
			fmt.Fprintf(&b, " by a quote under %s", alternatives(x.Quote.Terms))
		}
		places(&b, x.Ranges)
	}
	for _, x := range r.Exceptions {
		fmt.Fprintf(&b, "\n%s quotes by an exception: %s", x.By, x.Reason)
		places(&b, x.Ranges)
	}
	for _, x := range r.Waiting {
		fmt.Fprintf(&b, "\n%s by %s waits for %s", x.Change, x.Person, strings.Join(x.Missing, ", "))
	}
	return b.String()
}

// places writes ranges.
func places(b *strings.Builder, list []Range) {
	for k, r := range list {
		sep := ", "
		if k == 0 {
			sep = " at "
		}
		b.WriteString(sep + clean(r.String()))
	}
}

// String is the path, and the characters of a text.
func (r Range) String() string {
	if r.From == r.To {
		return r.Path
	}
	return fmt.Sprintf("%s[%d:%d]", r.Path, r.From, r.To)
}

// alternatives are terms as one expression; "nothing" for none.
func alternatives(terms []string) string {
	if len(terms) == 0 {
		return "nothing"
	}
	return strings.Join(terms, " OR ")
}
