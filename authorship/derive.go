package authorship

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// actDerive is the kind of the act {authors, heads, kind, path?, range?, title, work},
// with the names of the authors as words, a line each.
const actDerive = "derive"

// DerivedKind says what was made of another text.
type DerivedKind string

// The kinds.
const (
	Translation DerivedKind = "translation"
	Adaptation  DerivedKind = "adaptation"
)

// Derivation says of a change that its text was made after another text: as a
// translation, or an adaptation. The new words are those of whoever wrote them; the
// authors of what they are based on are told apart.
type Derivation struct {
	Change cid.Cid     `json:"change,omitzero"` // cid.Undef while it is open
	By     Person      `json:"by"`
	Kind   DerivedKind `json:"kind"`
	// Work and Heads are what it is based on: the work as it was at these changes; Path
	// is the part of it as a JSON pointer, empty for all, and From and To are the code
	// points of a text there, both zero for all of it.
	Work  cid.Cid   `json:"work"`
	Heads []cid.Cid `json:"heads"`
	Path  string    `json:"path,omitempty"`
	From  int       `json:"from,omitempty"`
	To    int       `json:"to,omitempty"`
	Title string    `json:"title,omitempty"`
	// Authors are those of the source, as By says: of at most 64.
	Authors []Person `json:"authors"`
	// Exception is why it is made against the terms of the source, where it is
	// ([WithException]).
	Exception string `json:"exception,omitempty"`
}

// The bounds of what a derivation says.
const (
	mostSources = 64
	maxPath     = 1024
)

// Derive says that what this Update writes is a translation or an adaptation of what a
// view of a work shows, this one or another: of a part of it where that is given, whose
// path and code points then stand for it. The Update is a change of its own. It comes
// before the edits.
//
// Where the terms of another work do not allow that what is derived from it is used under
// all that this work offers, nothing is done, and a [TermsError] says whose grants are
// missing, as with [Quote]; with [WithException] the reason is written down. Other errors:
// ErrNotHeld where the view shows nothing sealed, crdt.ErrLimit for a path of more than
// 1,024 bytes, crdt.ErrRange for a range that is none. A view of another doc locks that
// one.
func Derive(tx *crdt.Tx, kind DerivedKind, from *crdt.View, part Range, opts ...QuoteOption) error {
	heads := from.Version().IDs()
	switch {
	case len(heads) == 0 || len(heads) > mostParents:
		return fmt.Errorf("authorship: %d heads to derive from: %w", len(heads), ErrNotHeld)
	case len(part.Path) > maxPath || !utf8.ValidString(part.Path):
		return fmt.Errorf("authorship: path of %d bytes: %w", len(part.Path), crdt.ErrLimit)
	case part.From < 0 || part.To < part.From:
		return fmt.Errorf("authorship: range %d to %d: %w", part.From, part.To, crdt.ErrRange)
	case kind != Translation && kind != Adaptation:
		return fmt.Errorf("authorship: derivation %q: %w", kind, crdt.ErrMalformed)
	}
	excepted, err := derivable(tx, from, part, opts)
	if err != nil {
		return err
	}
	var authors []any
	var names []string
	for _, c := range Credits(from) {
		if c.surviving() && len(authors) < mostSources {
			authors = append(authors, keyBytes(c.Person.ID))
			names = append(names, c.Person.Name)
		}
	}
	body := map[string]any{
		"authors": authors, "heads": changeList(heads), "kind": string(kind), "title": from.Title(), "work": from.ID(),
	}
	if part.Path != "" {
		body["path"] = part.Path
	}
	if part.To > 0 {
		body["range"] = []any{part.From, part.To}
	}
	if authors == nil {
		body["authors"] = []any{}
	}
	tx.Alone()
	tx.ActWords(actDerive, body, strings.Join(names, "\n"))
	if excepted != "" { // of the work as a whole, which no quote names
		tx.ActWords(actExcept, map[string]any{"work": from.ID(), "change": from.ID()}, excepted)
	}
	return tx.Err()
}

// derivable tells whether the terms of a part of another work allow something to be made
// after it in this one, or by what exception it is made.
func derivable(tx *crdt.Tx, from *crdt.View, part Range, opts []QuoteOption) (exception string, err error) {
	if from.ID() == tx.Work() {
		return "", nil
	}
	q := quotingOf(tx, from, opts)
	l := q.from
	x, err := from.Lookup(part.Path)
	text, isText := x.Any().(crdt.Text)
	inside, isPart := x.Any().(crdt.Part)
	switch {
	case err == nil && isText && part.To > 0:
		text = text.In(crdt.Runes)
		l.readPart(text.Slice(min(part.From, text.Len()), min(part.To, text.Len())))
	case err == nil && isPart:
		l.readPart(inside)
	default: // all of it, or a value: then all of it has to be free
		l.readWork()
	}
	e := &TermsError{Source: from.ID(), SourceTerms: l.outbound(), WorkTerms: q.offered}
	fit := within(e.SourceTerms, q.offered)
	for _, t := range q.offered {
		if !slices.Contains(fit, t) {
			e.Missing = append(e.Missing, t)
		}
	}
	if e.Missing == nil {
		return "", nil
	}
	if q.excepts {
		return q.reason, nil
	}
	for _, h := range l.holders {
		allowed := slices.DeleteFunc(slices.Clone(l.offered), func(t string) bool { return !h.allows(l, t) })
		stands := slices.ContainsFunc(e.Missing, func(t string) bool {
			return len(within(allowed, []string{t})) == 0 && len(within(l.offered, []string{t})) > 0
		})
		if stands && !slices.ContainsFunc(e.Blocking, func(p Person) bool { return p.ID == h.who.ID }) {
			e.Blocking = append(e.Blocking, h.who)
		}
	}
	return "", e
}

// readDerive reads what a derive says, authors as keys with the names that it says; false
// when it is void.
func readDerive(a crdt.Act) (x Derivation, ok bool) {
	m := fields(a.Body, 5, "authors", "heads", "kind", "title", "work", "path", "range")
	if m == nil {
		return x, false
	}
	kind, ok1 := m["kind"].(string)
	title, ok2 := m["title"].(string)
	work, ok3 := m["work"].(cid.Cid)
	authors, ok4 := m["authors"].([]any)
	x.Kind, x.Work, x.Heads, x.Title = DerivedKind(kind), work, changeIDs(m["heads"]), clean(title)
	if !(ok1 && ok2 && ok3 && ok4) || x.Heads == nil || len(x.Heads) > mostParents || len(authors) > mostSources || len(title) > block.MaxTitle ||
		!isChange(work) || x.Kind != Translation && x.Kind != Adaptation {
		return x, false
	}
	if s, there := m["path"]; there {
		if x.Path, ok = s.(string); !ok || x.Path == "" || len(x.Path) > maxPath {
			return x, false
		}
	}
	if r, there := m["range"]; there {
		list, _ := r.([]any)
		if len(list) != 2 {
			return x, false
		}
		from, ok1 := list[0].(int64)
		to, ok2 := list[1].(int64)
		if !ok1 || !ok2 || from < 0 || to < from || to > 1<<31-1 {
			return x, false
		}
		x.From, x.To = int(from), int(to)
	}
	names := strings.Split(a.Words, "\n")
	for k, b := range authors {
		key, ok := readKey(b)
		if !ok {
			return x, false
		}
		who := Person{ID: key}
		if len(names) == len(authors) {
			who.Name = names[k]
		}
		x.Authors = append(x.Authors, who)
	}
	return x, true
}

// Derivations are the derivations of a view that count, in the one order on which all
// replicas agree.
func Derivations(v *crdt.View) []Derivation {
	p := peopleOf(v)
	var out []Derivation
	for c, x := range p.derivations() {
		if c == x.Change { // not a later part
			out = append(out, *x)
		}
	}
	inOrder(v, out, func(x Derivation) cid.Cid { return x.Change })
	return out
}

// derivations are the derivations by change: by all parts of its Update.
func (p *people) derivations() map[cid.Cid]*Derivation {
	if p.derived == nil {
		p.derived = map[cid.Cid]*Derivation{}
		p.acts(actDerive, func(a crdt.Act, who Person) {
			if x, ok := readDerive(a); ok && p.derived[a.Change] == nil {
				x.Change, x.By = a.Change, who
				for k, said := range x.Authors {
					x.Authors[k] = p.called(said.ID, said.Name)
				}
				p.derived[a.Change] = &x
			}
		})
		p.acts(actExcept, func(a crdt.Act, _ Person) {
			of, ok := readExcept(a)
			if x := p.derived[a.Change]; ok && x != nil && x.Exception == "" && of == (source{x.Work, x.Work}) {
				x.Exception = clean(a.Words)
			}
		})
		spread(p, p.derived)
	}
	return p.derived
}
