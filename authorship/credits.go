package authorship

import (
	"bytes"
	"slices"
	"unicode"

	"github.com/commonhold/commonhold/authorship/internal/charter"
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
	// Imported are those of Characters that the person has brought in from elsewhere and
	// may not have written ([Import]), Derived those of a translation or an adaptation.
	Imported int `json:"imported"`
	Derived  int `json:"derived"`

	// Quoted are code points, white space left out, that are shown as copies of what
	// the person wrote in this work; QuotedIn are those of the person's words in
	// other works that are quoted here and proven. Neither is in Characters, so that
	// copying a paragraph ten times does not multiply its author. What was cut and
	// pasted stays in the Characters of whoever wrote it.
	Quoted   int `json:"quoted"`
	QuotedIn int `json:"quotedIn"`
	// Unproven are shown code points, white space left out, that the person says
	// are from another work, without proof at hand. They are in nobody's
	// Characters.
	Unproven int `json:"unproven"`
	// Deletions are code points of texts that the person has deleted and that are
	// gone, those that several have deleted being split equally, rounded.
	Deletions int `json:"deletions"`

	// What the person has done, undone by now or not. Everybody who deletes the
	// same thing at the same time has deleted it.
	Changes    int `json:"changes"`
	Inserts    int `json:"inserts"`    // code points put into texts, placements left out
	Kept       int `json:"kept"`       // of these, how many are shown: see [Credit.Retained]
	Placements int `json:"placements"` // code points put into texts as quotes, or cut and pasted
	Elements   int `json:"elements"`   // list elements and nodes of trees made
	Moves      int `json:"moves"`      // moves of these
	Marks      int `json:"marks"`      // marks put over text or taken away
	Sets       int `json:"sets"`       // values put under keys and into list elements
	Removals   int `json:"removals"`   // keys removed
	Tags       int `json:"tags"`       // set members added
	Steps      int `json:"steps"`      // counter steps: adjustments
	Deletes    int `json:"deletes"`    // things deleted, one each; not what was cut and pasted
	// Restores are things whose delete the person took back and that are there.
	// They stay their first author's.
	Restores int `json:"restores"`
	Reviews  int `json:"reviews"` // reviews given, see [Review]

	// Acts for the whole work; CreditsOf leaves them out, with Reviews.
	Endorsements int `json:"endorsements"` // votes that count
	Accepted     int `json:"accepted"`     // proposals made that were accepted
	Translations int `json:"translations"` // translations and adaptations made
	Imports      int `json:"imports"`      // imports made
	Adoptions    int `json:"adoptions"`    // changes after a revocation that the person's vote made count
}

// Retained is which part of what the person has put into texts is shown, from 0 to 1;
// 0 of nothing.
func (c *Credit) Retained() float64 {
	if c.Inserts == 0 {
		return 0
	}
	return float64(c.Kept) / float64(c.Inserts)
}

// surviving tells whether anything of the person is shown.
func (c *Credit) surviving() bool { return c.Characters > 0 || c.Values > 0 || c.Quoted > 0 }

// Credits counts who has contributed what to a view: first those of whose work
// something is shown, in the order in which a reader of the work meets them, then
// the others by key. A person's confirmed devices count as the person, an agent
// apart from the person it works for. Evidence proves quotes from other works, as in
// [Blame]. Its cost is that of reading the work and its history.
func Credits(v *crdt.View, evidence ...Evidence) []Credit {
	return peopleOf(v).credits(v.Tally(), true, evidence)
}

// CreditsOf is [Credits] of a part of a work, with what is below it: only what was
// done there counts, and Changes are those that did something there. Of a slice of a
// text only what is shown of it counts as shown; what was done is that of the whole
// text. Reviews are of no part.
func CreditsOf(part crdt.Part, evidence ...Evidence) []Credit {
	return peopleOf(part.View()).credits(part.Tally(), false, evidence)
}

// table is the credits of people while they are counted.
type table struct {
	p    *people
	list []Credit
	row  map[crdt.Author]int
}

// of is the credits of a person, valid until the next call.
func (t *table) of(who Person) *Credit {
	k, ok := t.row[who.ID]
	if !ok {
		k = len(t.list)
		t.row[who.ID] = k
		t.list = append(t.list, Credit{Person: who})
	}
	c := &t.list[k]
	if p := &c.Person; who.Agent && (!p.Agent || bytes.Compare(p.OnBehalf[:], who.OnBehalf[:]) < 0) {
		p.Agent, p.OnBehalf = true, who.OnBehalf // a key that has forked: the same wherever it is met first
	}
	return c
}

// credits makes the table of tallies.
func (p *people) credits(x crdt.Tallies, whole bool, evidence []Evidence) []Credit {
	t := &table{p: p, row: map[crdt.Author]int{}}
	authors, nobody := make([]*Person, len(x.Changes)), &Person{}
	for k := range x.Changes {
		c := &x.Changes[k]
		if p.adopted(c.Change) != nil {
			authors[k] = nobody
			continue
		}
		authors[k] = &p.hand(c.Root, c.Author).who
		t.change(c, authors[k])
	}
	t.quotes(x, authors, evidence)
	t.deletions(x.Deletions, authors)
	if whole {
		t.acts(x)
	}
	t.sort()
	return t.list
}

// change adds the tally of a change.
func (t *table) change(c *crdt.Tally, author *Person) {
	var with []Person
	if len(c.With) > 0 {
		with, _ = t.p.coAuthors(&c.Source, *author)
	}
	n := 1 + len(with)
	own := t.of(*author)
	own.add(c)
	own.Characters += c.Letters - c.Letters/n*len(with)
	own.Spaces += c.Spaces - c.Spaces/n*len(with)
	own.Quoted += c.Quoted - c.Quoted/n*len(with)
	imported, derived := t.p.imports()[c.Change] != nil, t.p.derivations()[c.Change] != nil
	own.mark(imported, derived, c.Letters-c.Letters/n*len(with))
	for _, who := range with {
		o := t.of(who)
		o.Characters += c.Letters / n
		o.Spaces += c.Spaces / n
		o.Quoted += c.Quoted / n
		o.mark(imported, derived, c.Letters/n)
	}
}

// mark adds characters to those that were not simply written.
func (c *Credit) mark(imported, derived bool, letters int) {
	if imported {
		c.Imported += letters
	}
	if derived {
		c.Derived += letters
	}
}

// quotes adds what comes from other works.
func (t *table) quotes(x crdt.Tallies, authors []*Person, evidence []Evidence) {
	q := quotesOf(t.p, evidence)
	for k := range x.Quotes {
		s := &x.Quotes[k]
		claims := *authors[s.Origin.Source]
		letters, spaces := weigh(s.Text)
		switch o := q.origin(s.Text, &s.Origin, x.Changes[s.Origin.Source].Author); o.Proof {
		case Proven:
			t.of(o.Author).QuotedIn += letters
		case Mismatch:
			c := t.of(claims)
			c.Characters += letters
			c.Spaces += spaces
		default:
			t.of(claims).Unproven += letters
		}
	}
}

// weigh counts what is no white space, and what is.
func weigh(s string) (letters, spaces int) {
	for _, r := range s {
		if unicode.IsSpace(r) {
			spaces++
		} else {
			letters++
		}
	}
	return letters, spaces
}

// acts adds what people have done for the work as a whole.
func (t *table) acts(x crdt.Tallies) {
	t.p.acts(actReview, func(a crdt.Act, who Person) {
		if readReview(a) != nil {
			t.of(who).Reviews++
		}
	})
	for c, d := range t.p.derivations() {
		if c == d.Change {
			t.of(d.By).Translations++
		}
	}
	for c, m := range t.p.imports() {
		if c == m.Change {
			t.of(m.By).Imports++
		}
	}
	for k := range x.Changes {
		if a := t.p.adopted(x.Changes[k].Change); a != nil {
			t.of(a.Who).Adoptions++
		}
	}
	t.votes()
}

// votes adds votes that count, and proposals that were accepted.
func (t *table) votes() {
	votes, accepted := map[crdt.Author]int{}, map[crdt.Author]int{}
	cast := castIn(t.p.v)
	_ = judged(t.p.v, func(j *charter.Judge) {
		for _, c := range cast {
			for _, x := range j.Votes(c) {
				if x.Reason.Counts() {
					votes[x.Author]++
				}
			}
		}
		for q := range j.Proposals() {
			if who, ok := j.PersonOf(q.ID); ok && len(q.Waits) == 0 && !who.Agent {
				accepted[who.ID]++
			}
		}
	})
	for key, n := range votes {
		t.of(t.p.plain(key)).Endorsements += n
	}
	for key, n := range accepted {
		t.of(t.p.plain(key)).Accepted += n
	}
}

// sort puts those of whose work something is shown first, and the others by key.
func (t *table) sort() {
	slices.SortStableFunc(t.list, func(a, b Credit) int {
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
}

// add adds what a change has done.
func (c *Credit) add(t *crdt.Tally) {
	c.Values += t.Values
	c.Changes++
	c.Inserts += t.Inserted
	c.Kept += t.Kept
	c.Placements += t.Placed
	c.Elements += t.Elements
	c.Moves += t.Moves
	c.Marks += t.Marks
	c.Sets += t.Sets
	c.Removals += t.Removals
	c.Tags += t.Tags
	c.Steps += t.Steps
	c.Deletes += t.Deleted
	c.Restores += t.Restored
}
