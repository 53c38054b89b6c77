package authorship

import (
	"bytes"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Attribution is what has to stand beside a copy of a work: its title, whose it
// is, the terms, and what it has from other works. It is a value; its methods write it
// out.
type Attribution struct {
	Title string `json:"title"`
	// Authors are the people of whose work something is shown, in the order in
	// which a reader meets them or by name; Agents are the programs. Others is how many
	// of both were left out, see [AtLeast].
	Authors []Person `json:"authors"`
	Agents  []Person `json:"agents,omitempty"`
	Others  int      `json:"others,omitempty"`
	// Terms are the alternatives under which all that is shown may be used
	// ([Outbound]), as SPDX expressions. Where the work offers more, Offered is
	// what it does; both are empty where it says nothing.
	Terms   []string     `json:"terms,omitempty"`
	Offered []string     `json:"offered,omitempty"`
	Source  string       `json:"source,omitempty"`
	Work    cid.Cid      `json:"work"`
	Version crdt.Version `json:"-"`
	// Quotes are the works from which something is shown, in the order in which a reader
	// meets them, before them those that this one was made of as a fork, and behind them
	// those of which something is a translation or an adaptation.
	Quotes []QuotedWork `json:"quotes,omitempty"`
	// Exceptions are quotes against the terms of their source.
	Exceptions []Exception `json:"exceptions,omitempty"`
	// Imports are what was brought in from elsewhere, see [ImportText].
	Imports []Import `json:"imports,omitempty"`
}

// QuotedWork is another work from which something is shown, or of which something that is
// shown was made.
type QuotedWork struct {
	Work   cid.Cid `json:"work"`
	Title  string  `json:"title,omitempty"`
	Source string  `json:"source,omitempty"`
	// Terms are those that are stated of all that is quoted.
	Terms   []string `json:"terms,omitempty"`
	Authors []Person `json:"authors,omitempty"`
	// Fork says that this work began as that one was at Heads; Changes are how many there
	// were since.
	Fork    bool        `json:"fork,omitempty"`
	Heads   []cid.Cid   `json:"heads,omitempty"`
	Changes int         `json:"changes,omitempty"`
	Derived DerivedKind `json:"derived,omitempty"` // how the text was made after it
	// Exception is why that was done against the terms of that work, where it was.
	Exception string         `json:"exception,omitempty"`
	Pieces    []QuotedChange `json:"pieces,omitempty"`
}

// QuotedChange is what is shown of a change of another work, as one person quotes it.
type QuotedChange struct {
	Change cid.Cid  `json:"change"`
	Author Person   `json:"author"`
	Proof  Proof    `json:"proof"` // Proven or Claimed
	Terms  []string `json:"terms,omitempty"`
	By     Person   `json:"by"` // who quotes
	Ranges []Range  `json:"ranges"`
}

// NoticeOption changes what [Notice] says.
type NoticeOption func(*noticing)

// noticing is how a notice is made.
type noticing struct {
	least    int
	byName   bool
	unnamed  []crdt.Author
	evidence []Evidence
}

// AtLeast leaves out people and agents of whom fewer than n characters and values are
// shown, and says how many they are: a list of authors need not name very small
// contributions everywhere.
func AtLeast(n int) NoticeOption { return func(o *noticing) { o.least = n } }

// ByName lists people by name and not by where a reader meets them; those without one
// come last.
func ByName() NoticeOption { return func(o *noticing) { o.byName = true } }

// Unnamed lists people by their keys, who have asked for it without saying so in the
// work.
func Unnamed(people ...crdt.Author) NoticeOption {
	return func(o *noticing) { o.unnamed = append(o.unnamed, people...) }
}

// Proving proves quotes by more than the work carries.
func Proving(evidence ...Evidence) NoticeOption {
	return func(o *noticing) { o.evidence = append(o.evidence, evidence...) }
}

// Notice is the attribution of a view. Somebody whose work is all gone is not in
// it, nor is the name of somebody who withdrew it: then the key stands there. What
// people call themselves and their works is cleaned of what could disturb a line of
// text or pass for a tag of SPDX. Its cost is that of reading the work and its history.
func Notice(v *crdt.View, opts ...NoticeOption) *Attribution {
	var o noticing
	for _, opt := range opts {
		opt(&o)
	}
	c, err := CharterOf(v)
	if err != nil {
		c = Charter{Title: c.Title} // another program's rules, or none
	}
	p := peopleOf(v)
	l := licensingOf(p)
	l.quotes.more = o.evidence
	l.readWork()
	a := &Attribution{Title: show(c.Title), Terms: l.outbound(), Source: show(c.Source), Work: v.ID(), Version: v.Version()}
	if a.Title == "" {
		a.Title = "Untitled"
	}
	if !slices.Equal(a.Terms, l.offered) {
		a.Offered = slices.Clone(l.offered)
	}
	x := v.Tally()
	for _, c := range p.credits(x, true, o.evidence) {
		switch {
		case !c.surviving():
		case c.Characters+c.Quoted+c.Values < o.least:
			a.Others++
		case c.Person.Agent:
			a.Agents = append(a.Agents, c.Person)
		default:
			a.Authors = append(a.Authors, c.Person)
		}
	}
	made := p.made(x)
	a.Quotes, a.Exceptions, a.Imports = l.works(made.derived), l.exceptions(), made.imports
	o.finish(a)
	return a
}

// works are the works from which something is shown, those that this one is a fork of
// first.
func (l *licensing) works(derived []*Derivation) []QuotedWork {
	w := workList{l: l, row: map[cid.Cid]int{}, named: map[workAuthor]bool{}}
	for a := range l.p.v.Acts(actFork) {
		if x, ok := readFork(a); ok && l.p.founder(a) {
			q := w.of(x.work)
			q.Title, q.Source, q.Fork, q.Heads = clean(x.title), clean(x.at), true, x.heads
			q.Changes = l.p.since()
		}
	}
	for _, h := range l.holders {
		if h.quote {
			w.add(h)
		}
	}
	for _, d := range derived {
		q := w.of(d.Work)
		if q.Derived = d.Kind; q.Title == "" {
			q.Title = d.Title
		}
		if q.Exception == "" {
			q.Exception = d.Exception
		}
		for _, who := range d.Authors {
			w.author(d.Work, who)
		}
	}
	for a := range l.p.v.Acts(actTaken) {
		if t, ok := readTaken(a); ok && l.p.founder(a) {
			w.author(t.work, l.p.called(t.by, t.name))
		}
	}
	return w.out
}

// origins are the derivations and the imports of which something is shown.
type origins struct {
	derived []*Derivation // of other works
	imports []Import
}

// made finds what changes that show something say of where it comes from.
func (p *people) made(x crdt.Tallies) (out origins) {
	seen := map[any]bool{}
	for k := range x.Changes {
		c := &x.Changes[k]
		if c.Letters+c.Quoted+c.Values == 0 {
			continue
		}
		if d := p.derivations()[c.Change]; d != nil && !seen[d] && d.Work != p.v.ID() {
			seen[d] = true
			out.derived = append(out.derived, d)
		}
		if m := p.imports()[c.Change]; m != nil && !seen[m] {
			seen[m] = true
			out.imports = append(out.imports, *m)
		}
	}
	return out
}

// workList is the works that are quoted, while they are found.
type workList struct {
	l     *licensing
	out   []QuotedWork
	row   map[cid.Cid]int
	named map[workAuthor]bool
}

// workAuthor is somebody as an author of a work.
type workAuthor struct {
	work cid.Cid
	by   crdt.Author
}

// of is the entry of a work, valid until the next call.
func (w *workList) of(work cid.Cid) *QuotedWork {
	k, ok := w.row[work]
	if !ok {
		k = len(w.out)
		w.row[work] = k
		w.out = append(w.out, QuotedWork{Work: work})
	}
	return &w.out[k]
}

// since is how many changes there are after those that carried what was forked.
func (p *people) since() int {
	n := p.v.Changes()
	if p.v.Open() {
		n++
	}
	for a := range p.v.Acts(actCarried) {
		if c, ok := p.v.Change(a.Change); ok && p.founder(a) {
			return n - int(c.Seq) - 1
		}
	}
	return n
}

// founder tells whether an act is the founder's: nobody else says what a work began
// as.
func (p *people) founder(a crdt.Act) bool { return p.root(a) == p.v.ID() }

// add adds a quote.
func (w *workList) add(h *holder) {
	c := QuotedChange{Change: h.change, Author: w.l.called(h), Proof: Claimed, By: h.who, Ranges: withPaths(h.ranges)}
	if h.proven != (crdt.Author{}) {
		c.Proof = Proven
	}
	q := w.of(h.work)
	if h.said != nil {
		c.Terms = h.said.terms
		if q.Title == "" {
			q.Title = clean(h.said.title)
		}
		if q.Source == "" {
			q.Source = clean(h.said.at)
		}
	}
	if len(q.Pieces) == 0 {
		q.Terms = slices.Clone(c.Terms)
	}
	q.Terms = slices.DeleteFunc(q.Terms, func(t string) bool {
		return !slices.ContainsFunc(c.Terms, func(s string) bool { return fold(s) == fold(t) })
	})
	q.Pieces = append(q.Pieces, c)
	w.author(h.work, c.Author)
}

// author adds an author of a work.
func (w *workList) author(work cid.Cid, who Person) {
	if k := (workAuthor{work, who.ID}); who.ID != (crdt.Author{}) && !w.named[k] {
		w.named[k] = true
		q := w.of(work)
		q.Authors = append(q.Authors, who)
	}
}

// finish does what options ask for, and shows everything as it may stand in a file.
func (o *noticing) finish(a *Attribution) {
	lists := [][]Person{a.Authors, a.Agents}
	for k := range a.Quotes {
		q := &a.Quotes[k]
		q.Title, q.Source, q.Exception = show(q.Title), show(q.Source), show(q.Exception)
		lists = append(lists, q.Authors)
		for j := range q.Pieces {
			o.show(&q.Pieces[j].Author)
			o.show(&q.Pieces[j].By)
		}
	}
	for k := range a.Imports {
		m := &a.Imports[k]
		m.Source, m.Claimed = show(m.Source), slices.Clone(m.Claimed)
		o.show(&m.By)
		for j := range m.Claimed {
			m.Claimed[j] = show(m.Claimed[j])
		}
	}
	for k := range a.Exceptions {
		e := &a.Exceptions[k]
		e.Title, e.Source, e.Reason = show(e.Title), show(e.Source), show(e.Reason)
		o.show(&e.By)
		o.show(&e.Author)
	}
	for _, list := range lists {
		for k := range list {
			o.show(&list[k])
		}
		if o.byName {
			slices.SortStableFunc(list, byName)
		}
	}
}

// show is a person as they may stand in a file.
func (o *noticing) show(p *Person) {
	p.Name = show(p.Name)
	if slices.Contains(o.unnamed, p.ID) {
		p.Name, p.Ambiguous, p.Hearsay = "", false, false
	}
}

// byName orders people by name without regard to case, those without one last.
func byName(a, b Person) int {
	if (a.Name == "") != (b.Name == "") {
		return strings.Compare(b.Name, a.Name)
	}
	return strings.Compare(fold(a.Name), fold(b.Name))
}

// tags are the beginnings of what tools read in files whatever is around it.
var tags = []string{"spdx-", "reuse-"}

// show is clean, without code points that are no characters, and without what tools would
// take for a tag of SPDX or REUSE: the hyphen becomes one that looks the same.
func show(s string) string {
	s = strings.Map(func(r rune) rune {
		if r&0xfffe == 0xfffe || 0xfdd0 <= r && r <= 0xfdef {
			return -1
		}
		return r
	}, clean(s))
	small := []byte(s) // letters of ASCII in lower case, so that it is as long
	for k, c := range small {
		if 'A' <= c && c <= 'Z' {
			small[k] = c + 'a' - 'A'
		}
	}
	var b strings.Builder
	from := 0
	for k := range small {
		for _, tag := range tags {
			if at := k + len(tag) - 1; bytes.HasPrefix(small[k:], []byte(tag)) {
				b.WriteString(s[from:at] + "\u2011")
				from = at + 1
			}
		}
	}
	return b.String() + s[from:]
}
