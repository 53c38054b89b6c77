package authorship

import (
	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// Adoption says that a change counts although its key had been cut before it: members
// have accepted what may be a thief's. It is credited to nobody.
type Adoption struct {
	Cut cid.Cid `json:"cut"` // the amend or the revoke
	By  cid.Cid `json:"by"`  // the vote that made the accept pass
	Who Person  `json:"who"` // its author
}

// adopted gives the adoption of a change; nil for none, as of nearly all. It asks the
// judge once, and only where the work has cuts.
func (p *people) adopted(c cid.Cid) *Adoption {
	if p.after == nil {
		p.after = map[cid.Cid]*Adoption{}
		p.findAdopted()
	}
	return p.after[c]
}

// findAdopted fills after.
func (p *people) findAdopted() {
	cuts := false
	for range p.v.Acts(charter.KindRevoke, charter.KindAmend) {
		cuts = true
		break
	}
	if !cuts {
		return
	}
	var all []cid.Cid
	for c := range p.v.History() {
		all = append(all, c.ID)
	}
	_ = judged(p.v, func(j *charter.Judge) {
		for _, c := range all {
			by, cut := j.Cut(c)
			if !cut {
				continue
			}
			if x, ok := j.Verdict(c); ok && x.Err == nil && x.Accepted.Defined() {
				p.after[c] = &Adoption{Cut: by, By: x.Accepted}
			}
		}
	})
	for _, a := range p.after {
		a.Who = p.byChange(a.By)
	}
}

// author is who a change is credited to. What was adopted is shown by its key alone.
func (p *people) author(s *crdt.Source) Person {
	if s.Change.Defined() && p.adopted(s.Change) != nil {
		return Person{ID: s.Author}
	}
	return p.of(s.Root, s.Author)
}
