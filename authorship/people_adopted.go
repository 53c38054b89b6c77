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
		p.after, p.bare = map[cid.Cid]*Adoption{}, map[crdt.Author]bool{}
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
	for c, a := range p.after {
		a.Who = p.byChange(a.By)
		s, _ := p.v.Source(c)
		p.bare[s.Author] = true
	}
}

// author is who a change is credited to. What was adopted is shown by its key alone.
func (p *people) author(s *crdt.Source) Person {
	if p.nobodys(s) {
		return Person{ID: s.Author}
	}
	return p.of(s.Root, s.Author)
}

// nobodys tells whether a change was adopted, and so is credited to nobody.
func (p *people) nobodys(s *crdt.Source) bool {
	return s.Change.Defined() && p.adopted(s.Change) != nil
}

// byAct is who an act is credited to, that of the open change too.
func (p *people) byAct(a crdt.Act) Person {
	return p.author(&crdt.Source{Change: a.Change, Root: p.root(a), Author: a.Author})
}

// writer is somebody who wrote something, as far as terms go.
type writer struct {
	Person
	// lender, when it is not zero, is the person whose key wrote what was adopted: nobody
	// is its author, and it came in by the grants of that person, who cannot take back what
	// is licensed by cutting their own key.
	lender crdt.Author
}

// writers are those who wrote a change: its author and who has confirmed to have made it
// too. What was adopted has nobody but the bare key.
func (p *people) writers(s *crdt.Source) []writer {
	author := p.author(s)
	if p.nobodys(s) {
		return []writer{{author, p.branch(s.Root, s.Author).Person}}
	}
	out := []writer{{Person: author}}
	if len(s.With) > 0 {
		with, _ := p.coAuthors(s, author)
		for _, who := range with {
			out = append(out, writer{Person: who})
		}
	}
	return out
}

// byKey is who made something of which only the key is known. Where members have adopted
// anything of that key it is the key alone, which is true of all that it made.
func (p *people) byKey(key crdt.Author) writer {
	who := p.plain(key)
	p.adopted(cid.Undef) // finds them
	switch {
	case !p.bare[key]:
		return writer{Person: who}
	case who.Agent:
		return writer{Person{ID: key}, who.OnBehalf}
	}
	return writer{Person{ID: key}, who.ID}
}
