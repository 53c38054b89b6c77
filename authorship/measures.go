package authorship

import "github.com/commonhold/commonhold/crdt"

// Measure is a Credit and how long the work of somebody has been let stand. All numbers
// follow from the changes alone. They are facts about text and no measure of people: there
// is no sum of them and no rank on purpose, and whoever has many keys with text of their
// own can inflate them.
type Measure struct {
	Credit
	// Persistence sums, over the Characters in texts, how many others have let each
	// stand: persons who have changed the same text with the character in sight, and have
	// never deleted it. It is the same for all Characters of one change that are in one
	// text and were never deleted. At most 5 count for a character. Its authors do not
	// count, with all their keys, nor do agents, nor people of whom nothing is shown in
	// the work. Text that was cut and pasted counts from when it was pasted on. Of
	// characters with confirmed co-authors it is split as they are.
	Persistence int `json:"persistence"`
}

// Measures is [Credits] with persistence, in the same order. Nothing is kept between
// calls.
//
// Its cost is that of Credits and of crdt's View.Later: it grows with the history and
// the work, times the logarithm of the number of texts. Text that was deleted and restored
// costs more: each stretch with other deletes and restores some hundred steps at most.
// Where it was deleted and restored very often, or very many keys have been at it, those
// count who were found until then, the keys that have changed the text last being asked
// first.
func Measures(v *crdt.View, evidence ...Evidence) []Measure {
	x := v.Survey()
	p := peopleOf(v)
	credits := p.credits(x.Tallies, true, evidence)
	return p.measures(x, credits, credits)
}

// MeasuresOf is [Measures] of a part of a work, as [CreditsOf] is. People count for
// persistence as far as anything of theirs is shown in the work.
func MeasuresOf(part crdt.Part, evidence ...Evidence) []Measure {
	x := part.Survey()
	p := peopleOf(part.View())
	return p.measures(x, p.credits(x.Tallies, false, evidence), p.credits(part.View().Tally(), true, nil))
}

// measures adds persistence to credits; whole are those of the work.
func (p *people) measures(x crdt.Survey, credits, whole []Credit) []Measure {
	sum := p.persistence(x, whole)
	out := make([]Measure, len(credits))
	for k, c := range credits {
		out[k] = Measure{c, sum[c.Person.ID]}
	}
	return out
}
