package authorship

import (
	"errors"
	"iter"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// Asked yields the decisions of a view on which the vote of a member is asked again
// ([VoteAgain]): what is decided by it, since enough members say the same and nobody of
// them had known of all ([Decision.Ready]); and what was to be accepted or erased, by
// this member too, when the charter went on, if it still waits.
func Asked(v *crdt.View, member crdt.Author) iter.Seq[Decision] {
	return func(yield func(Decision) bool) {
		all := decisionsOf(v)
		var tip charter.Epoch
		if judged(v, func(j *charter.Judge) { tip = j.Tip() }) != nil || !tip.Charter.Has(member) {
			return
		}
		for k, d := range all {
			voted := slices.ContainsFunc(d.Count.Voters, func(p Person) bool { return p.ID == member })
			if voted && (d.Ready() || d.State == Lapsed && d.Matter != ToAmend && d.waits(v) && !again(all[k+1:], &d, tip.ID)) && !yield(d) {
				return
			}
		}
	}
}

// again tells whether a matter was voted on anew, on the tip.
func again(later []Decision, d *Decision, tip cid.Cid) bool {
	return slices.ContainsFunc(later, func(x Decision) bool {
		return x.Base == tip && x.Matter == d.Matter && slices.Equal(x.On, d.On)
	})
}

// waits tells whether something of a matter has not come about, by whatever decision.
func (d *Decision) waits(v *crdt.View) bool {
	gone := map[cid.Cid]bool{}
	for c := range v.Erased() {
		gone[c] = true
	}
	return slices.ContainsFunc(d.On, func(c cid.Cid) bool {
		if d.Matter == ToRedact {
			return !gone[c]
		}
		return v.Verdict(c) != nil
	})
}

// VoteAgain votes for what a decision is about, from the charter as it is now.
func VoteAgain(tx *crdt.Tx, d Decision) error {
	switch d.Matter {
	case ToAccept:
		return Accept(tx, d.On...)
	case ToRedact:
		return Redact(tx, d.On...)
	}
	return Endorse(tx, d.On[0])
}

// Late are the changes of a view that are not effective because their authors are no
// members, and that belong to no proposal: the last of each author's, so that one
// [Accept] takes in all of them. There are such when the charter goes from ModeDirect to
// ModePropose while people write offline. What is spam among it has to be left out.
func Late(v *crdt.View) []cid.Cid {
	by := map[crdt.Author][]cid.Cid{}
	var authors []crdt.Author
	for c, err := range v.Ineffective() {
		if errors.Is(err, ErrNotMember) {
			if by[c.Author] == nil {
				authors = append(authors, c.Author)
			}
			by[c.Author] = append(by[c.Author], c.ID)
		}
	}
	var out []cid.Cid
	for _, a := range authors {
		list := by[a]
		v.Sort(list)
		var heads []cid.Cid
		for _, c := range slices.Backward(list) {
			if !slices.ContainsFunc(heads, func(h cid.Cid) bool { return v.InPast(c, h) }) {
				heads = append(heads, c)
			}
		}
		out = append(out, heads...)
	}
	v.Sort(out)
	return out
}
