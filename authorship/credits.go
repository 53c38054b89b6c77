package authorship

import (
	"bytes"
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// Credit is what one person, or one agent, has contributed to a view, in
// numbers. They follow from the changes alone: whoever holds the same changes
// gets the same. Only effective changes count. There is no sum of them and no
// rank on purpose.
type Credit struct {
	Person Person `json:"person"`
	// Characters are the code points that are shown, white space left out, of
	// texts and of strings in values; Spaces are the white space. Those of a change
	// with confirmed co-authors are split equally, what is left over going to the
	// one whose key wrote it.
	Characters int `json:"characters"`
	Spaces     int `json:"spaces"`
	// Values are plain values, set members and counter steps that are shown.
	Values int `json:"values"`

	// What the person has done, undone by now or not. Everybody who deletes the
	// same thing at the same time has deleted it.
	Changes  int `json:"changes"`
	Inserts  int `json:"inserts"`  // code points put into texts
	Elements int `json:"elements"` // list elements made
	Sets     int `json:"sets"`     // values put under keys and into list elements
	Removals int `json:"removals"` // keys removed
	Tags     int `json:"tags"`     // set members added
	Steps    int `json:"steps"`    // counter steps
	Deletes  int `json:"deletes"`  // things deleted, one each
	// Restores are things whose delete the person took back and that are there.
	// They stay their first author's.
	Restores int `json:"restores"`
}

// surviving tells whether anything of the person is shown.
func (c *Credit) surviving() bool { return c.Characters > 0 || c.Values > 0 }

// Credits counts who has contributed what to a view: first those of whose work
// something is shown, in the order in which a reader of the work meets them, then
// the others by key. A person's confirmed devices count as the person, an agent
// apart from the person it works for. Its cost is that of reading the work and
// its history.
func Credits(v *crdt.View) []Credit { return peopleOf(v).credits() }

// credits is Credits.
func (p *people) credits() []Credit {
	var out []Credit
	row := map[crdt.Author]int{}
	of := func(who Person) *Credit {
		k, ok := row[who.ID]
		if !ok {
			k = len(out)
			row[who.ID] = k
			out = append(out, Credit{Person: who})
		}
		return &out[k]
	}
	for _, t := range p.v.Tally() {
		author := p.of(t.Root, t.Author)
		var with []Person
		if len(t.With) > 0 {
			with, _ = p.coAuthors(&t.Source, author)
		}
		n := 1 + len(with)
		of(author).add(&t, t.Letters-t.Letters/n*len(with), t.Spaces-t.Spaces/n*len(with))
		for _, who := range with {
			c := of(who)
			c.Characters += t.Letters / n
			c.Spaces += t.Spaces / n
		}
	}
	slices.SortStableFunc(out, func(a, b Credit) int {
		switch x, y := a.surviving(), b.surviving(); {
		case x && !y:
			return -1
		case y && !x:
			return 1
		case x:
			return 0
		}
		return bytes.Compare(a.Person.ID[:], b.Person.ID[:])
	})
	return out
}

// add adds what a change has contributed.
func (c *Credit) add(t *crdt.Tally, letters, spaces int) {
	c.Characters += letters
	c.Spaces += spaces
	c.Values += t.Values
	c.Changes++
	c.Inserts += t.Inserted
	c.Elements += t.Elements
	c.Sets += t.Sets
	c.Removals += t.Removals
	c.Tags += t.Tags
	c.Steps += t.Steps
	c.Deletes += t.Deleted
	c.Restores += t.Restored
}
