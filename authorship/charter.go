package authorship

import (
	"fmt"
	"unicode/utf8"

	"github.com/commonhold/commonhold/crdt"
)

// RulesName is what a genesis calls the rules of this package. What a name means
// never changes: rules that judge otherwise get another one.
const RulesName = "commons/v1"

// maxSource bounds where a work can be found, in bytes.
const maxSource = 4096

// direct is the one mode so far: what anybody writes is effective at once.
const direct = "direct"

// Charter is what the genesis of a work says about it for good.
type Charter struct {
	Title string
	// Source says where the work can be found, such as a URL; it may be empty.
	Source string
	// Terms are the alternatives under which everybody may use the work, as SPDX
	// licence expressions: at least one, at most 16. Everybody who contributes
	// grants all of them; who uses the work chooses one.
	Terms []string
}

// Found says that a new work has a charter: an option of crdt.New and of
// merge's Repo.Create. The founder grants the terms by it, and so does, with his
// first change, whoever else writes in that document. Terms that are no SPDX
// expressions make New fail with [ErrCharter].
func Found(c Charter) crdt.Option {
	r := &rules{}
	r.consent, r.err = parseTerms(c.Terms...)
	data, err := c.data(r.consent)
	if r.err == nil {
		r.err = err
	}
	return func(d *crdt.Doc) {
		crdt.Title(c.Title)(d)
		crdt.WithRules(r, data)(d)
	}
}

// Commons says that a new work is a commons under a title and terms, such as
// "CC-BY-SA-4.0" or "MIT OR Apache-2.0": [Found] with the usual charter.
func Commons(title, terms string) crdt.Option {
	return Found(Charter{Title: title, Terms: []string{terms}})
}

// The data of the rules in a genesis is a map: mode, the text "direct"; source, a
// text, absent when there is none; terms, the alternatives in their one
// spelling. Anything else does not open.

// data is what the genesis says to the rules; alternatives are the terms in
// their one spelling.
func (c Charter) data(alternatives []string) (crdt.Value, error) {
	if len(c.Source) > maxSource || !utf8.ValidString(c.Source) {
		return crdt.Value{}, fmt.Errorf("authorship: source of %d bytes: %w", len(c.Source), ErrCharter)
	}
	list := make([]any, len(alternatives))
	for k, t := range alternatives {
		list[k] = t
	}
	m := map[string]any{"mode": direct, "terms": list}
	if c.Source != "" {
		m["source"] = c.Source
	}
	return crdt.NewValue(m)
}

// readCharter is the inverse of data. ErrCharter for anything that data does not
// give.
func readCharter(data crdt.Value) (c Charter, err error) {
	m := fields(data, 2, "mode", "terms", "source")
	if m == nil {
		return c, fmt.Errorf("authorship: the genesis says what these rules do not know: %w", ErrCharter)
	}
	if m["mode"] != direct {
		return c, fmt.Errorf("authorship: mode %v: %w", m["mode"], ErrCharter)
	}
	if source, there := m["source"]; there {
		s, ok := source.(string)
		if !ok || s == "" || len(s) > maxSource {
			return c, fmt.Errorf("authorship: source of the work: %w", ErrCharter)
		}
		c.Source = s
	}
	list := texts(m["terms"])
	if err := checkTerms(list); err != nil {
		return c, err
	}
	c.Terms = list
	return c, nil
}

// CharterOf is the charter of a work. ErrCharter when the work has no rules of
// this package.
func CharterOf(v *crdt.View) (Charter, error) {
	name, data := v.Rules()
	if name != RulesName {
		return Charter{Title: v.Title()}, fmt.Errorf("authorship: rules %q: %w", name, ErrCharter)
	}
	c, err := readCharter(data)
	c.Title = v.Title()
	return c, err
}
