package authorship

import (
	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Stub stands for the words of a change in a part of the work that members have decided
// to erase. Who wrote them, and how many, stays known: that is in the change itself.
type Stub struct {
	Change   cid.Cid `json:"change"`
	Author   Person  `json:"author"`
	Length   int     `json:"length"`           // code points that the change put into texts of the part
	Decision cid.Cid `json:"decision"`         // the vote by which they are gone
	By       Person  `json:"by"`               // its author
	Reason   string  `json:"reason,omitempty"` // the note of that vote's change
}

// Withheld are the stubs of a part, in the order on which all replicas agree. [Blame] has
// nothing of them, since nothing of them is shown.
func Withheld(part crdt.Part) []Stub {
	v := part.View()
	length := map[cid.Cid]int{}
	for _, c := range part.Tally().Changes {
		length[c.Change] = c.Inserted + c.Placed
	}
	var out []Stub
	for _, h := range hiddenIn(v) {
		if n := length[h.Change]; h.Erased && n > 0 {
			c, _ := v.Change(h.By)
			out = append(out, Stub{h.Change, h.Author, n, h.By, h.Who, clean(c.Note)})
		}
	}
	return out
}
