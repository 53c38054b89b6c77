package authorship

import (
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Warmth is a stretch of text of one change: how old it is and how many people have been
// at the text since.
type Warmth struct {
	Text   string    `json:"text"`
	From   int       `json:"from"` // code points of what was asked for
	To     int       `json:"to"`
	Change cid.Cid   `json:"change,omitzero"` // that put it there; cid.Undef while it is open
	Time   time.Time `json:"time,omitzero"`   // as its author claims it
	// Age is how many changes of the view come after that one, in the order on which all
	// replicas agree: 0 of the newest.
	Age int `json:"age"`
	// Editors is how many persons and agents have changed the text since with that change
	// in their past, its author left out; at most 16 are counted.
	Editors int `json:"editors"`
}

// mostEditors is how many are counted.
const mostEditors = 16

// Heat is what a map of a text by age and by number of editors shows: stretches in order,
// which together are the text, or the part that it is.
func Heat(t crdt.Text) []Warmth {
	v := t.View()
	stretches, sources := t.Sources()
	p := peopleOf(v)
	number := map[crdt.Author]int{}
	numberOf := func(s *crdt.Source) int {
		id := p.author(s).ID
		if _, ok := number[id]; !ok {
			number[id] = len(number)
		}
		return number[id]
	}
	x := t.Survey()
	var deeds []crdt.Deed
	for _, touch := range x.Touches {
		s := &x.Changes[touch.Change].Source
		deeds = append(deeds, crdt.Deed{Change: s.Change, Person: numberOf(s)})
	}
	asked := make([]crdt.Moment, len(sources))
	for k := range sources {
		asked[k].Change = sources[k].Change
	}
	editors := make([]int, len(sources))
	for k, list := range v.Later(deeds, mostEditors+1, asked) {
		if editors[k] = len(list); slices.Contains(list, numberOf(&sources[k])) {
			editors[k]--
		}
		editors[k] = min(editors[k], mostEditors)
	}
	age := ages(v)
	var out []Warmth
	at := 0
	for _, s := range stretches {
		of := &sources[s.Source]
		n := len([]rune(s.Text))
		w := Warmth{Text: s.Text, From: at, To: at + n, Change: of.Change, Time: of.Time, Age: age[of.Change], Editors: editors[s.Source]}
		at += n
		if k := len(out) - 1; k >= 0 && out[k].Change == w.Change {
			out[k].Text, out[k].To = out[k].Text+w.Text, w.To
			continue
		}
		out = append(out, w)
	}
	return out
}

// ages says how many changes come after each.
func ages(v *crdt.View) map[cid.Cid]int {
	var ids []cid.Cid
	for c := range v.History() {
		ids = append(ids, c.ID)
	}
	v.Sort(ids)
	out := map[cid.Cid]int{}
	n := len(ids)
	if v.Open() {
		n++
	}
	for k, c := range ids {
		out[c] = n - 1 - k
	}
	return out
}
