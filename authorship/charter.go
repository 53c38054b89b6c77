package authorship

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// RulesName is what a genesis calls the rules of this package. What a name means
// never changes: rules that judge otherwise get another one.
const RulesName = "commons/v1"

// maxSource bounds where a work can be found, in bytes.
const maxSource = charter.MaxSource

// Charter is what holds in a work: what its genesis says, and what its members have
// changed since.
type Charter struct {
	Title string `json:"title,omitempty"`
	// Source says where the work can be found, such as a URL; it may be empty.
	Source string `json:"source,omitempty"`
	// Terms are the alternatives under which everybody may use the work, as SPDX
	// licence expressions: at least one, at most 16. Everybody who contributes
	// grants all of them; who uses the work chooses one.
	Terms []string `json:"terms"`
	// Mode says whose changes are effective unasked; empty to found a work is ModeDirect.
	Mode Mode `json:"mode"`
	// Members decide, by chamber: each chamber has to agree. None to found a work: the
	// founder is the one member, of a chamber called "members".
	Members map[string][]crdt.Author `json:"members"`
	// Moderators hide and show words; none: every member does.
	Moderators []crdt.Author `json:"moderators,omitempty"`
	// Accept is the share of each chamber that accepts what was proposed, and redacts; one
	// member is enough when it is zero. Amend is the share that amends the charter; more
	// than half of a chamber it takes in any case. Zero to found a work is 0/1 and 1/2.
	Accept Share `json:"accept"`
	Amend  Share `json:"amend"`
}

// Found says that a new work has a charter: an option of crdt.New and of
// merge's Repo.Create. The founder grants the terms by it, and so does, with his
// first change, whoever else writes in that document. Terms that are no SPDX
// expressions make New fail with [ErrCharter].
func Found(c Charter) crdt.Option {
	r := &rules{}
	r.consent, r.err = writeTerms(c.Terms...)
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
// "CC-BY-SA-4.0" or "MIT OR Apache-2.0": [Found] with the usual charter. Anybody writes,
// and nobody is asked.
//
// The founder alone is a member then. Found with three where you can ([Charter].Members),
// or admit two more soon: a lone founder's key that is lost ends all decisions, and whoever
// steals it can contest those that it has made for ever.
func Commons(title, terms string) crdt.Option {
	return Found(Charter{Title: title, Terms: []string{terms}})
}

// data is what the genesis says to the rules; alternatives are the terms in their one
// spelling. What is absent there has the usual value.
func (c Charter) data(alternatives []string) (crdt.Value, error) {
	if !utf8.ValidString(c.Source) {
		return crdt.Value{}, fmt.Errorf("authorship: source is no text: %w", ErrCharter)
	}
	list := make([]any, len(alternatives))
	for k, t := range alternatives {
		list[k] = t
	}
	m := map[string]any{"mode": string(cmp.Or(c.Mode, ModeDirect)), "terms": list}
	if c.Source != "" {
		m["source"] = c.Source
	}
	if len(c.Members) > 0 {
		chambers := map[string]any{}
		for name, keys := range c.Members {
			chambers[name] = ascending(keys)
		}
		m["members"] = chambers
	}
	if len(c.Moderators) > 0 {
		m["moderators"] = ascending(c.Moderators)
	}
	for name, s := range map[string]Share{"accept": c.Accept, "amend": c.Amend} {
		if s != (Share{}) {
			m[name] = []any{s.Num, s.Den}
		}
	}
	v, err := crdt.NewValue(m)
	if err != nil {
		return v, fmt.Errorf("authorship: %w: %w", err, ErrCharter)
	}
	_, err = charter.ReadGenesis(v, crdt.Author{})
	return v, err
}

// ascending is keys as a list of an act: in their order, each once.
func ascending(keys []crdt.Author) []any {
	list := slices.SortedFunc(slices.Values(keys), func(a, b crdt.Author) int { return bytes.Compare(a[:], b[:]) })
	out := []any{}
	for _, a := range slices.Compact(list) {
		out = append(out, charter.KeyBytes(a))
	}
	return out
}

// CharterOf is the charter that is in force in a view. ErrCharter when the work has no
// rules of this package.
func CharterOf(v *crdt.View) (Charter, error) {
	c := Charter{Title: v.Title()}
	err := judged(v, func(j *charter.Judge) {
		t := j.Tip().Charter
		c.Source, c.Terms, c.Mode = t.Source, slices.Clone(t.Terms), Mode(t.Mode)
		c.Accept, c.Amend = Share(t.Accept), Share(t.Amend)
		c.Moderators = slices.Clone(t.Moderators)
		c.Members = map[string][]crdt.Author{}
		for name, keys := range t.Members {
			c.Members[name] = slices.Clone(keys)
		}
	})
	return c, err
}

// termsOf are the terms that a genesis names; none when it has no rules of this package.
func termsOf(v *crdt.View) []string {
	name, data := v.Rules()
	if name != RulesName {
		return nil
	}
	c, err := charter.ReadGenesis(data, crdt.Author{})
	if err != nil {
		return nil
	}
	return c.Terms
}
