package authorship

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// actObject is an act that is shown and read by no rule: {change}, and why as words.
const actObject = "object"

// The writers of the acts by which a work is governed. Each makes its Update a change
// of its own, which is sealed when the Update returns, so that it takes effect at once;
// so they come before the edits of their Update. They refuse what the rules would find
// void, as far as it can be known here, and then have written nothing: return their
// error from the Update. Whatever others do meanwhile may make an act void all the
// same; [Explain] tells.

var (
	// ErrNotHeld says that an act would speak of a change that is not here, or that its
	// author has not signed: nobody endorses what they could not read.
	ErrNotHeld = errors.New("the change is not held here")
	// ErrNotModerator says that only moderators hide and show.
	ErrNotModerator = errors.New("the author is no moderator")
	// ErrOwnKey says that a key does not revoke itself.
	ErrOwnKey = errors.New("a key does not revoke itself")
)

// maxTitle bounds the title of a proposal, maxWhy other free text of an act, in bytes.
const (
	maxTitle = 1 << 10
	maxWhy   = 16 << 10
)

// Mode says whose changes are effective unasked.
type Mode string

// The modes of a work.
const (
	ModeDirect  Mode = charter.Direct  // everybody's
	ModePropose Mode = charter.Propose // members'; what others write waits to be accepted
)

// Share is a part of the members of each chamber: Num of Den of them, rounded up.
type Share struct {
	Num int `json:"num"`
	Den int `json:"den"`
}

// String is the share as a fraction.
func (s Share) String() string { return fmt.Sprintf("%d/%d", s.Num, s.Den) }

// good tells whether it is a share that a charter may have.
func (s Share) good() bool { return 0 <= s.Num && s.Num <= s.Den && 1 <= s.Den && s.Den <= 4096 }

// Amendment says what shall be different in the charter. What is zero stays as it is.
type Amendment struct {
	Mode  Mode     `json:"mode,omitempty"`
	Terms []string `json:"terms,omitempty"` // all of them from now on; those of the genesis stay for ever
	// Admit takes members into chambers, which are made where there are none of that
	// name; Remove takes members out of all chambers. A chamber of which the last member
	// leaves stays, and agrees to nothing any more: then nobody decides, and edits go on.
	Admit  map[string][]crdt.Author `json:"admit,omitempty"`
	Remove []crdt.Author            `json:"remove,omitempty"`
	// Moderators are those who may hide from now on; empty and not nil: every member.
	Moderators []crdt.Author `json:"moderators,omitzero"`
	Accept     *Share        `json:"accept,omitempty"` // of the members, to accept and redact
	Amend      *Share        `json:"amend,omitempty"`  // of the members, to amend; always more than half
	// Cut voids what keys have written, but for the heads named and what came before them.
	Cut []Cut  `json:"cut,omitempty"`
	Why string `json:"why,omitempty"` // shown, and read by no rule
}

// Cut says what stays of what a key has written: its changes up to the heads. Without
// heads nothing does.
type Cut struct {
	Key   crdt.Author `json:"key"`
	Heads []cid.Cid   `json:"heads,omitempty"`
}

// Propose makes this change a proposal, which waits for an accept, with a title. Later
// changes join it by crdt's Tx.Tag with the name of this one.
func Propose(tx *crdt.Tx, title string) error {
	if len(title) > maxTitle {
		return fmt.Errorf("authorship: title of %d bytes: %w", len(title), crdt.ErrLimit)
	}
	return write(tx, charter.KindPropose, nil, title)
}

// Amend proposes to amend the charter as it stands now. Nothing changes until enough
// members endorse it. Errors: [ErrCharter], also for an amendment that says nothing or
// drops terms of the genesis; [ErrNotHeld].
func Amend(tx *crdt.Tx, a Amendment) error {
	tip, founding, err := tipOf(tx)
	if err != nil {
		return err
	}
	body, err := a.body(tx, founding.Charter)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return fmt.Errorf("authorship: an amendment of nothing: %w", ErrCharter)
	}
	body["base"] = tip.ID
	return write(tx, charter.KindAmend, body, a.Why)
}

// Endorse votes for an amendment: the vote that reaches the share decides. ErrNotHeld,
// and [VoidError] for what the rules would not count.
func Endorse(tx *crdt.Tx, amend cid.Cid) error { return vote(tx, onAmend(amend), false) }

// LeaveIt votes for leaving the charter as it is, instead of any amendment that the
// author of tx has endorsed.
func LeaveIt(tx *crdt.Tx) error { return vote(tx, onAmend(cid.Undef), false) }

// Withdraw takes back the author's vote for an amendment.
func Withdraw(tx *crdt.Tx, amend cid.Cid) error { return vote(tx, onAmend(amend), true) }

// Accept votes for making the changes of the proposals effective to which these heads
// belong, up to them and as far as they are on their authors' chains: of a change that
// belongs to no proposal, those before it that belong to none.
func Accept(tx *crdt.Tx, heads ...cid.Cid) error {
	return vote(tx, onChanges(charter.Accepting, heads), false)
}

// WithdrawAccept takes back the author's vote for accepting exactly these heads.
func WithdrawAccept(tx *crdt.Tx, heads ...cid.Cid) error {
	return vote(tx, onChanges(charter.Accepting, heads), true)
}

// Redact votes for erasing the words of exactly these changes in all replicas. Where
// there are two members two must agree. [Hide] is quicker, and can be undone. A replica
// refuses the words for as long as the decision stands; should it fall, since members who
// had voted turn out to have been removed at the same time, they are wanted again, and
// come back from whoever has them.
func Redact(tx *crdt.Tx, changes ...cid.Cid) error {
	return vote(tx, onChanges(charter.Redacting, changes), false)
}

// WithdrawRedact takes back the author's vote for erasing exactly these.
func WithdrawRedact(tx *crdt.Tx, changes ...cid.Cid) error {
	return vote(tx, onChanges(charter.Redacting, changes), true)
}

// Object speaks against a change, mostly of a proposal, and says why: an act that is
// shown with it and decides nothing.
func Object(tx *crdt.Tx, change cid.Cid, why string) error {
	if err := holds(tx, change); err != nil {
		return err
	}
	return write(tx, actObject, map[string]any{"change": change}, why)
}

// Revoke gives up a device or agent of the author of tx, whose key is lost or stolen:
// what that key wrote for this person beyond the heads does not count any more. Without
// heads nothing does. A member can accept what was good. Only the person's own key can;
// that one is given up by decision ([Amendment].Cut).
func Revoke(tx *crdt.Tx, key crdt.Author, heads ...cid.Cid) error {
	switch {
	case key == tx.Author():
		return fmt.Errorf("authorship: %w", ErrOwnKey)
	case byDevice(tx):
		return &VoidError{NotPersonKey}
	}
	list, err := headsOf(tx, key, heads)
	if err != nil {
		return err
	}
	return write(tx, charter.KindRevoke, map[string]any{"key": keyBytes(key), "heads": list}, "")
}

// Hide keeps the words of changes from being shown, until [Unhide]. It is display:
// nothing else changes, and everybody still has them. Only moderators can: every member,
// where the charter names none.
func Hide(tx *crdt.Tx, changes ...cid.Cid) error { return hide(tx, false, changes) }

// Unhide shows the words of hidden changes again. A hide that was made at the same time
// stands.
func Unhide(tx *crdt.Tx, changes ...cid.Cid) error { return hide(tx, true, changes) }

// hide is Hide and Unhide.
func hide(tx *crdt.Tx, off bool, changes []cid.Cid) error {
	list, err := held(tx, changes)
	if err != nil {
		return err
	}
	may := false
	err = judged(tx.View(), func(j *charter.Judge) {
		may = j.Tip().Charter.Moderates(j.Writer(tx.Author(), tx.Acts()).Person.ID)
	})
	if err != nil {
		return err
	}
	if !may {
		return fmt.Errorf("authorship: %s: %w", short(tx.Author()), ErrNotModerator)
	}
	body := map[string]any{"changes": list}
	if off {
		body["off"] = true
	}
	return write(tx, charter.KindHide, body, "")
}

// matter is what a vote is about, as its field.
type matter struct {
	kind  charter.Matter
	amend cid.Cid // cid.Undef: leave it
	list  []cid.Cid
}

// onAmend and onChanges are the matters.
func onAmend(c cid.Cid) matter                          { return matter{kind: charter.Amending, amend: c} }
func onChanges(m charter.Matter, list []cid.Cid) matter { return matter{kind: m, list: list} }

// vote endorses a matter, from the tip of the author's view.
func vote(tx *crdt.Tx, m matter, no bool) error {
	tip, _, err := tipOf(tx)
	if err != nil {
		return err
	}
	body := map[string]any{"base": tip.ID}
	if no {
		body["no"] = true
	}
	switch {
	case m.kind != charter.Amending:
		list, err := held(tx, m.list)
		if err != nil {
			return err
		}
		body[m.kind.String()] = list
	case m.amend.Defined():
		if err := holds(tx, m.amend); err != nil {
			return err
		}
		body["amend"] = m.amend
	default:
		body["amend"] = tip.ID
	}
	switch {
	case byDevice(tx):
		return &VoidError{NotPersonKey}
	case !tip.Charter.Has(tx.Author()):
		return &VoidError{NotMember}
	case m.amend.Defined():
		if err := votable(tx, m.amend, tip.ID); err != nil {
			return err
		}
	}
	return write(tx, charter.KindEndorse, body, "")
}

// votable tells why votes for an amend on a base would be void.
func votable(tx *crdt.Tx, amend, base cid.Cid) error {
	var why Reason
	err := judged(tx.View(), func(j *charter.Judge) {
		a, ok := j.Amend(amend)
		switch {
		case !ok || a.Base != base:
			why = BadProposal
		case a.Void != charter.Ratifies:
			why = reasonOf(a.Void)
		}
	})
	if err == nil && why != "" {
		err = &VoidError{why}
	}
	return err
}

// write makes this Update a change of its own with an act, whose words are free text.
// What the author has seen is in its past, as an act may only speak of that.
func write(tx *crdt.Tx, kind string, body any, words string) error {
	if len(words) > maxWhy {
		return fmt.Errorf("authorship: %d bytes of free text: %w", len(words), crdt.ErrLimit)
	}
	tx.Alone()
	see(tx)
	tx.ActWords(kind, body, words)
	return tx.Err()
}

// see puts all heads into the past of the open change: crdt names the deepest 64 by
// itself, and what nobody names is not decided upon. Where there are more than can be
// named, those of members come first, and then those that count.
func see(tx *crdt.Tx) {
	v := tx.View()
	heads := v.Version().IDs()
	if len(heads) <= mostParents {
		return
	}
	member := map[cid.Cid]bool{}
	_ = judged(v, func(j *charter.Judge) {
		tip := j.Tip().Charter
		for _, c := range heads {
			if p, ok := j.PersonOf(c); ok {
				member[c] = tip.Has(p.ID)
			}
		}
	})
	rank := func(c cid.Cid) int {
		switch {
		case member[c]:
			return 0
		case v.Verdict(c) == nil:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(heads, func(a, b cid.Cid) int { return rank(a) - rank(b) })
	tx.Refer(heads[:min(len(heads), mostHeads)]...)
}

// mostParents is how many heads crdt names by itself, mostHeads how many are named.
const (
	mostParents = 64
	mostHeads   = 3500
)

// tipOf is the epoch in force in the work as tx has it, and the first one.
func tipOf(tx *crdt.Tx) (tip, genesis charter.Epoch, err error) {
	err = judged(tx.View(), func(j *charter.Judge) {
		path := j.Path()
		tip, genesis = path[len(path)-1], path[0]
	})
	return tip, genesis, err
}

// byDevice tells whether the key of tx is not a person's.
func byDevice(tx *crdt.Tx) (device bool) {
	_ = judged(tx.View(), func(j *charter.Judge) { device = j.Writer(tx.Author(), tx.Acts()).Person.Claimed })
	return device
}

// holds tells whether a change is here; what is here is covered by its author.
func holds(tx *crdt.Tx, c cid.Cid) error {
	if _, ok := tx.View().Change(c); !ok {
		return fmt.Errorf("authorship: %s: %w", c, ErrNotHeld)
	}
	return nil
}

// held is changes as a list of an act has them: all here, ascending, each once, at least
// one.
func held(tx *crdt.Tx, changes []cid.Cid) ([]any, error) {
	if len(changes) == 0 {
		return nil, fmt.Errorf("authorship: no changes named: %w", ErrNotHeld)
	}
	for _, c := range changes {
		if err := holds(tx, c); err != nil {
			return nil, err
		}
	}
	return changeList(changes), nil
}

// changeList is changes as a list of an act: ascending, each once.
func changeList(changes []cid.Cid) []any {
	list := slices.Clone(changes)
	slices.SortFunc(list, byCID)
	list = slices.Compact(list)
	out := make([]any, len(list))
	for k, c := range list {
		out[k] = c
	}
	return out
}

// byCID orders changes by the bytes of their CIDs.
func byCID(a, b cid.Cid) int { return strings.Compare(a.KeyString(), b.KeyString()) }

// headsOf is heads of a key as a list of an act; there may be none.
func headsOf(tx *crdt.Tx, key crdt.Author, heads []cid.Cid) ([]any, error) {
	for _, c := range heads {
		ch, ok := tx.View().Change(c)
		switch {
		case !ok:
			return nil, fmt.Errorf("authorship: %s: %w", c, ErrNotHeld)
		case ch.Author != key:
			return nil, &VoidError{BadCut}
		}
	}
	return changeList(heads), nil
}
