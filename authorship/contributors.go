package authorship

import (
	"fmt"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Contributors is who has contributed what to a view of a work, as a table for people to
// look at or for a program to draw. It has a JSON form.
type Contributors struct {
	Work    cid.Cid `json:"work"`
	Version string  `json:"version"` // as crdt.ParseVersion reads it
	Title   string  `json:"title"`
	// People are persons, Agents programs, each with the person who answers for it; in
	// the order of [Credits].
	People []Measure `json:"people"`
	Agents []Measure `json:"agents"`
	// Claimed is what was brought in from elsewhere, and who is said to have written it;
	// BasedOn what was translated or adapted, and from whom. These people are in no row.
	Claimed []Import     `json:"claimed"`
	BasedOn []Derivation `json:"basedOn"`
}

// ContributorsOf is the table of a view. Evidence proves quotes from other works, as in
// [Blame].
func ContributorsOf(v *crdt.View, evidence ...Evidence) *Contributors {
	t := &Contributors{
		Work: v.ID(), Version: v.Version().String(), Title: v.Title(), People: []Measure{}, Agents: []Measure{},
		Claimed: Imports(v), BasedOn: Derivations(v),
	}
	for _, m := range Measures(v, evidence...) {
		if m.Person.Agent {
			t.Agents = append(t.Agents, m)
		} else {
			t.People = append(t.People, m)
		}
	}
	return t
}

// String is the table as lines.
func (t *Contributors) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q\n", t.Title)
	row := func(m *Measure, more string) {
		fmt.Fprintf(&b, "%s%s: %d characters, %d quoted, persistence %d, %.0f%% retained, %d deletions, %d changes\n",
			m.Person, more, m.Characters, m.Quoted, m.Persistence, 100*m.Retained(), m.Deletions, m.Changes)
	}
	for k := range t.People {
		row(&t.People[k], "")
	}
	for k := range t.Agents {
		m := &t.Agents[k]
		more := " (agent)"
		if m.Person.OnBehalf != (crdt.Author{}) {
			more = " (agent of " + short(m.Person.OnBehalf) + ")"
			for _, q := range t.People {
				if q.Person.ID == m.Person.OnBehalf {
					more = " (agent of " + q.Person.String() + ")"
				}
			}
		}
		row(m, more)
	}
	for _, c := range t.Claimed {
		fmt.Fprintf(&b, "brought in by %s", c.By)
		if c.Source != "" {
			fmt.Fprintf(&b, " from %s", c.Source)
		}
		if c.Claimed != nil {
			fmt.Fprintf(&b, ", said to be by %s", strings.Join(c.Claimed, ", "))
		}
		b.WriteByte('\n')
	}
	for _, d := range t.BasedOn {
		fmt.Fprintf(&b, "%s by %s, based on %q", d.Kind, d.By, d.Title)
		for k, a := range d.Authors {
			sep := ", "
			if k == 0 {
				sep = " by "
			}
			b.WriteString(sep + a.String())
		}
		if d.Exception != "" {
			b.WriteString(", by exception: " + d.Exception)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
