package authorship

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// Role is what somebody is in a work. Nobody is made a contributor: who has written
// something that counts is one.
type Role struct {
	Person      Person   `json:"person"`
	Contributor bool     `json:"contributor,omitempty"`
	Member      bool     `json:"member,omitempty"`
	Chambers    []string `json:"chambers,omitempty"` // of which they are a member
	Moderator   bool     `json:"moderator,omitempty"`
}

// String is the role in a word or two.
func (r Role) String() string {
	var parts []string
	switch {
	case r.Member:
		parts = append(parts, "member")
	case r.Contributor:
		parts = append(parts, "contributor")
	}
	if r.Moderator {
		parts = append(parts, "moderator")
	}
	if parts == nil {
		return "reader"
	}
	return strings.Join(parts, ", ")
}

// Members yields the members of a work in a view, in order of their keys.
func Members(v *crdt.View) iter.Seq[Role] {
	return func(yield func(Role) bool) {
		var c *charter.Charter
		if judged(v, func(j *charter.Judge) { c = j.Tip().Charter }) != nil {
			return
		}
		p := peopleOf(v)
		wrote := contributors(v, p)
		for _, key := range c.All() {
			if !yield(p.role(c, key, wrote)) {
				return
			}
		}
	}
}

// RoleOf is what the owner of a key is in a view; a device has the role of its person.
func RoleOf(v *crdt.View, key crdt.Author) Role {
	p := peopleOf(v)
	c := &charter.Charter{}
	_ = judged(v, func(j *charter.Judge) { c = j.Tip().Charter })
	who := p.plain(key)
	return p.role(c, who.ID, contributors(v, p))
}

// role is the role of a person under a charter.
func (p *people) role(c *charter.Charter, key crdt.Author, wrote map[crdt.Author]bool) Role {
	r := Role{Person: p.plain(key), Contributor: wrote[key], Member: c.Has(key), Moderator: c.Moderates(key)}
	for _, name := range slices.Sorted(maps.Keys(c.Members)) {
		if slices.Contains(c.Members[name], key) {
			r.Chambers = append(r.Chambers, name)
		}
	}
	return r
}

// contributors are the persons who have an effective change in a view.
func contributors(v *crdt.View, p *people) map[crdt.Author]bool {
	off := map[string]bool{}
	for c := range v.Ineffective() {
		off[c.ID.KeyString()] = true
	}
	out := map[crdt.Author]bool{}
	for c := range v.History() {
		if !off[c.ID.KeyString()] {
			out[p.byChange(c.ID).ID] = true
		}
	}
	return out
}
