package authorship

import (
	"fmt"
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// Concealed is a change whose words are not to be shown.
type Concealed struct {
	Change cid.Cid `json:"change"`
	Author Person  `json:"author"`
	// By is the hide, or where Erased the vote by which the words are gone for good; Who
	// has made it.
	By     cid.Cid `json:"by"`
	Who    Person  `json:"who"`
	Erased bool    `json:"erased,omitempty"`
}

// String is what has happened in words.
func (h Concealed) String() string {
	if h.Erased {
		return fmt.Sprintf("words of %s erased by decision, the last vote by %s", h.Author, h.Who)
	}
	return fmt.Sprintf("words of %s hidden by %s", h.Author, h.Who)
}

// Hidden yields the changes of a view whose words moderators keep from being shown, and
// those whose words members have decided to erase, in the order on which all replicas
// agree. Whoever shows the work leaves the former out; the latter read as withheld.
func Hidden(v *crdt.View) iter.Seq[Concealed] {
	return func(yield func(Concealed) bool) {
		for _, h := range hiddenIn(v) {
			if !yield(h) {
				return
			}
		}
	}
}

// hiddenIn collects the hidden changes of a view.
func hiddenIn(v *crdt.View) []Concealed {
	named := map[cid.Cid]bool{}
	for a := range v.Acts(charter.KindHide, charter.KindEndorse) {
		if h, ok := charter.ReadHide(a); ok && a.Kind == charter.KindHide {
			for _, c := range h.Changes {
				named[c] = true
			}
		}
		if e, ok := charter.ReadEndorse(a); ok && a.Kind == charter.KindEndorse && e.Matter == charter.Redacting {
			for _, c := range e.Heads {
				named[c] = true
			}
		}
	}
	var out []Concealed
	_ = judged(v, func(j *charter.Judge) {
		for c := range named {
			if by, yes := j.Erased(c); yes {
				out = append(out, Concealed{Change: c, By: by, Erased: true})
			} else if by, yes := j.Hidden(c); yes {
				out = append(out, Concealed{Change: c, By: by})
			}
		}
	})
	p := peopleOf(v)
	for k := range out {
		out[k].Author, out[k].Who = p.byChange(out[k].Change), p.byChange(out[k].By)
	}
	inOrder(v, out, func(h Concealed) cid.Cid { return h.Change })
	return out
}
