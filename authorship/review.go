package authorship

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Review says that the author of tx has read the work as it was at these heads: an
// act that is shown and counted, and decides nothing. It speaks of nothing later, and
// of nothing that is not here: ErrNotFound of crdt without the changes, or without
// any.
func Review(tx *crdt.Tx, heads ...cid.Cid) error {
	list := make([]any, len(heads))
	v := tx.View()
	for k, c := range heads {
		if _, ok := v.Change(c); !ok {
			return fmt.Errorf("authorship: review of %s: %w", c, crdt.ErrNotFound)
		}
		list[k] = c
	}
	if len(list) == 0 {
		return fmt.Errorf("authorship: review of nothing: %w", crdt.ErrNotFound)
	}
	tx.Act(actReview, map[string]any{"heads": list})
	return tx.Err()
}

// readReview reads the heads that a review names; nil when it is void.
func readReview(a crdt.Act) []cid.Cid {
	return changeIDs(fields(a.Body, 1, "heads")["heads"])
}

// changeIDs reads a list of changes; nil when it is none or empty.
func changeIDs(x any) []cid.Cid {
	list, _ := x.([]any)
	var out []cid.Cid
	for _, x := range list {
		c, ok := x.(cid.Cid)
		if !ok {
			return nil
		}
		out = append(out, c)
	}
	return out
}

// acts yields the acts of one kind whose change is effective, those of the open change
// too, with who has made them.
func (p *people) acts(kind string, yield func(crdt.Act, Person)) {
	waits := map[cid.Cid]bool{}
	first := true
	for a := range p.v.Acts(kind) {
		if first {
			for c := range p.v.Ineffective() {
				waits[c.ID] = true
			}
			first = false
		}
		if !waits[a.Change] && p.adopted(a.Change) == nil {
			yield(a, p.of(p.root(a), a.Author))
		}
	}
	for a := range p.v.OpenActs() {
		if a.Kind == kind {
			yield(a, p.of(p.root(a), a.Author))
		}
	}
}

// mostReviewers is how many reviewers of a change are named.
const mostReviewers = 64

// reviewing is a review that counts.
type reviewing struct {
	who   Person
	heads []cid.Cid
}

// reviewers gives, for each of these changes, the persons who have read the work with it:
// whose review names it or a change that has it in its past. Of more than 64 those who
// have written some of these changes come first, then the least keys.
func (p *people) reviewers(sources []crdt.Source) [][]Person {
	var reviews []reviewing
	p.acts(actReview, func(a crdt.Act, who Person) {
		if heads := readReview(a); heads != nil && !who.Agent {
			reviews = append(reviews, reviewing{who, heads})
		}
	})
	if reviews == nil {
		return nil
	}
	list, of := p.ranked(sources, reviews)
	var deeds []crdt.Deed
	at := map[cid.Cid][]int{}
	for _, r := range reviews {
		for _, c := range r.heads {
			who := of[r.who.ID]
			deeds = append(deeds, crdt.Deed{Change: c, Person: who})
			at[c] = append(at[c], who)
		}
	}
	asked := make([]crdt.Moment, len(sources))
	for k := range sources {
		asked[k].Change = sources[k].Change
	}
	out := make([][]Person, len(sources))
	for k, who := range p.v.Later(deeds, mostReviewers+1, asked) {
		if c := sources[k].Change; c.Defined() && at[c] != nil {
			who = append(slices.Clone(who), at[c]...)
			slices.Sort(who)
			who = slices.Compact(who)
		}
		author := p.author(&sources[k])
		for _, n := range who {
			if list[n].ID != author.ID && len(out[k]) < mostReviewers {
				out[k] = append(out[k], list[n])
			}
		}
	}
	return out
}

// ranked numbers the persons who review: those who have written first, then by key.
func (p *people) ranked(sources []crdt.Source, reviews []reviewing) (list []Person, of map[crdt.Author]int) {
	wrote := map[crdt.Author]bool{}
	for k := range sources {
		wrote[p.author(&sources[k]).ID] = true
	}
	of = map[crdt.Author]int{}
	for _, r := range reviews {
		if _, ok := of[r.who.ID]; !ok {
			of[r.who.ID] = 0
			list = append(list, r.who)
		}
	}
	slices.SortFunc(list, func(a, b Person) int {
		if wrote[a.ID] != wrote[b.ID] {
			if wrote[a.ID] {
				return -1
			}
			return 1
		}
		return bytes.Compare(a.ID[:], b.ID[:])
	})
	for k := range list {
		of[list[k].ID] = k
	}
	return list, of
}
