package authorship

import (
	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// The kinds of acts that this package writes and understands.
const (
	actBoundTo = charter.KindBoundTo // {agent, person, sig?}: this chain is a device or agent of person
	actBind    = charter.KindBind    // {agent, key}: confirms a boundTo of that key
	actGrant   = charter.KindGrant   // {terms}: the person grants these terms for all own work here
	actName    = "name"              // null, and the name as words
	actConfirm = "confirm"           // {change}: yes, I made this change too
	actQuote   = "quote"             // {by, change, proof?, source?, terms?, title, within?, work}, and the author's name as words: what is known of a change of another work that is quoted here
	actExcept  = "except"            // {change, work}, and the reason as words: I quote that change against its terms
	actFork    = "fork"              // {heads, source?, title, work}: this work began as that one was at these
	actTaken   = "taken"             // {by, work}, and their name as words: something of theirs is carried over from that work
	actCarried = "carried"           // null: all that was there at the fork is here
	actReview  = "review"            // {heads}: I have read the work as it was at these
)

// An act that is not exactly in its form is void. It never makes a change
// invalid, since a relay without the rules takes in the same changes.

// The forms of the acts that decide something belong to the rules; see internal/charter.

// keyBytes is a key as it stands in acts.
func keyBytes(a crdt.Author) []byte { return charter.KeyBytes(a) }

// readKey is the inverse of keyBytes; false also for a key that nobody owns.
func readKey(x any) (a crdt.Author, ok bool) { return charter.ReadKey(x) }

// fields reads a body that is a map of exactly these fields; those from the
// optional-th on may be absent.
func fields(body crdt.Value, optional int, names ...string) map[string]any {
	return charter.Fields(body, optional, names...)
}

// readBoundTo reads a boundTo; false when the act is void.
func readBoundTo(a crdt.Act) (charter.Claim, bool) { return charter.ReadClaim(a) }

// readBind reads a bind; false when it is void.
func readBind(a crdt.Act) (charter.Binding, bool) { return charter.ReadBind(a) }

// readGrant reads the terms of a grant; nil when it is void.
func readGrant(a crdt.Act) []string { return charter.ReadGrant(a) }

// texts reads a list of texts; nil when it is none.
func texts(x any) []string { return charter.Texts(x) }

// readConfirm reads the change that a confirm names.
func readConfirm(a crdt.Act) (cid.Cid, bool) {
	m := fields(a.Body, 1, "change")
	c, ok := m["change"].(cid.Cid)
	return c, ok
}

// Bind confirms, by the person's key, that key is a device or an agent of the
// author of tx, as the first change of that key claims ([Key.Claim]). One side
// alone binds nothing: the claim waits for the bind, and a bind of a key that
// claims nothing, or the other kind, has no effect.
func Bind(tx *crdt.Tx, key crdt.Author, agent bool) {
	tx.Act(actBind, map[string]any{"key": keyBytes(key), "agent": agent})
}

// Confirm says that the author of tx made these changes too, each of which names
// them as a co-author (crdt's Tx.CoAuthor). From then on they share the credit.
func Confirm(tx *crdt.Tx, changes ...cid.Cid) {
	for _, c := range changes {
		tx.Act(actConfirm, map[string]any{"change": c})
	}
}

// Consent grants terms, SPDX expressions, for all work of the author's person in
// this work, past and future. [Agree] does it where it is needed; this is for
// granting more than the work asks for. Grants only grow. Errors: [ErrCharter], also for
// a licence that is not on the SPDX list.
func Consent(tx *crdt.Tx, terms ...string) error {
	list, err := writeTerms(terms...)
	if err != nil {
		return err
	}
	grant(tx, list)
	return tx.Err()
}

// grant writes a grant of terms in their one spelling.
func grant(tx *crdt.Tx, list []string) {
	body := make([]any, len(list))
	for k, t := range list {
		body[k] = t
	}
	tx.Act(actGrant, map[string]any{"terms": body})
}

// bindMessage is what a person signs to confirm a device or agent.
func bindMessage(work cid.Cid, key crdt.Author, agent bool) []byte {
	return charter.BindMessage(work, key, agent)
}

// verified tells whether a signature is the key's over a message.
func verified(key crdt.Author, msg, sig []byte) bool { return charter.Verified(key, msg, sig) }
