package authorship

import (
	"bytes"
	"slices"
	"unicode"

	"github.com/ipfs/go-cid"

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
	return &t.list[k]
}

// credits makes the table of tallies.
func (p *people) credits(x crdt.Tallies, whole bool, evidence []Evidence) []Credit {
	t := &table{p: p, row: map[crdt.Author]int{}}
	authors := make([]Person, len(x.Changes))
	for k := range x.Changes {
		c := &x.Changes[k]
		authors[k] = p.of(c.Root, c.Author)
		t.change(c, authors[k])
	}
	t.quotes(x, authors, evidence)
	t.deletions(x.Deletions, authors)
	if whole {
		t.reviews()
	}
	t.sort()
	return t.list
}

// change adds the tally of a change.
func (t *table) change(c *crdt.Tally, author Person) {
	var with []Person
	if len(c.With) > 0 {
		with, _ = t.p.coAuthors(&c.Source, author)
	}
	n := 1 + len(with)
	own := t.of(author)
	own.add(c)
	own.Characters += c.Letters - c.Letters/n*len(with)
	own.Spaces += c.Spaces - c.Spaces/n*len(with)
	own.Quoted += c.Quoted - c.Quoted/n*len(with)
	for _, who := range with {
		o := t.of(who)
		o.Characters += c.Letters / n
		o.Spaces += c.Spaces / n
		o.Quoted += c.Quoted / n
	}
}

// quotes adds what comes from other works.
func (t *table) quotes(x crdt.Tallies, authors []Person, evidence []Evidence) {
	q := quotesOf(t.p, evidence)
	for k := range x.Quotes {
		s := &x.Quotes[k]
		claims := authors[s.Origin.Source]
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

// reviews adds the reviews in effective changes.
func (t *table) reviews() {
	waits := map[cid.Cid]bool{}
	first := true
	for a := range t.p.v.Acts(actReview) {
		if first {
			for c := range t.p.v.Ineffective() {
				waits[c.ID] = true
			}
			first = false
		}
		if readReview(a) != nil && !waits[a.Change] {
			t.of(t.p.of(t.p.root(a), a.Author)).Reviews++
		}
	}
	for a := range t.p.v.OpenActs() {
		if a.Kind == actReview && readReview(a) != nil {
			t.of(t.p.of(t.p.root(a), a.Author)).Reviews++
		}
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
