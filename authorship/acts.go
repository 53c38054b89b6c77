package authorship

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// The kinds of acts that this package writes and understands.
const (
	actBoundTo = "boundTo" // {agent, person, sig?}: this chain is a device or agent of person
	actBind    = "bind"    // {agent, key}: confirms a boundTo of that key
	actGrant   = "grant"   // {terms}: the person grants these terms for all own work here
	actName    = "name"    // null, and the name as words
	actConfirm = "confirm" // {change}: yes, I made this change too
	actQuote   = "quote"   // {by, change, proof?, source?, terms?, title, work}: what is known of a change of another work that is quoted here
	actReview  = "review"  // {heads}: I have read the work as it was at these
)

// An act that is not exactly in its form is void. It never makes a change
// invalid, since a relay without the rules takes in the same changes.

// keyPrefix is the multicodec ed25519-pub: keys stand in acts as in did:key.
const keyPrefix = "\xed\x01"

// keyBytes is a key as it stands in acts.
func keyBytes(a crdt.Author) []byte { return append([]byte(keyPrefix), a[:]...) }

// readKey is the inverse of keyBytes; false also for a key that nobody owns.
func readKey(x any) (a crdt.Author, ok bool) {
	b, ok := x.([]byte)
	if !ok || len(b) != len(keyPrefix)+len(a) || string(b[:2]) != keyPrefix {
		return a, false
	}
	copy(a[:], b[2:])
	return a, block.Key(a).Check() == nil
}

// fields reads a body that is a map of exactly these fields; those from the
// optional-th on may be absent.
func fields(body crdt.Value, optional int, names ...string) map[string]any {
	m, ok := body.Any().(map[string]any)
	if !ok {
		return nil
	}
	known := 0
	for k, name := range names {
		if _, ok := m[name]; ok {
			known++
		} else if k < optional {
			return nil
		}
	}
	if known != len(m) {
		return nil
	}
	return m
}

// boundTo is the body of the act of that name.
type boundTo struct {
	person crdt.Author
	agent  bool
	sig    []byte // nil: none
}

// body is the value that the act carries.
func (b boundTo) body() map[string]any {
	m := map[string]any{"person": keyBytes(b.person), "agent": b.agent}
	if b.sig != nil {
		m["sig"] = b.sig
	}
	return m
}

// readBoundTo is the inverse of body; false when the act is void: also when a
// key is bound to itself.
func readBoundTo(a crdt.Act) (b boundTo, ok bool) {
	m := fields(a.Body, 2, "person", "agent", "sig")
	if m == nil {
		return b, false
	}
	b.person, ok = readKey(m["person"])
	agent, isBool := m["agent"].(bool)
	b.agent = agent
	if sig, there := m["sig"]; there {
		b.sig, there = sig.([]byte)
		isBool = isBool && there && len(b.sig) == ed25519.SignatureSize
	}
	return b, ok && isBool && b.person != a.Author
}

// binding is the body of a bind, and its author.
type binding struct {
	person, key crdt.Author
	agent       bool
}

// readBind reads a bind; false when it is void.
func readBind(a crdt.Act) (b binding, ok bool) {
	m := fields(a.Body, 2, "key", "agent")
	if m == nil {
		return b, false
	}
	b.person = a.Author
	b.key, ok = readKey(m["key"])
	agent, isBool := m["agent"].(bool)
	b.agent = agent
	return b, ok && isBool && b.key != b.person
}

// readGrant reads the terms of a grant; nil when it is void.
func readGrant(a crdt.Act) []string {
	m := fields(a.Body, 1, "terms")
	if m == nil {
		return nil
	}
	list := texts(m["terms"])
	if checkTerms(list) != nil {
		return nil
	}
	return list
}

// texts reads a list of texts; nil when it is none.
func texts(x any) []string {
	list, _ := x.([]any)
	var out []string
	for _, x := range list {
		s, ok := x.(string)
		if !ok {
			return nil
		}
		out = append(out, s)
	}
	return out
}

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
// granting more than the work asks for. Grants only grow. Errors: [ErrCharter].
func Consent(tx *crdt.Tx, terms ...string) error {
	list, err := parseTerms(terms...)
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

// bindContext separates signatures on bindings from every other signature that
// a key may ever make.
const bindContext = "commonhold/bind/v1\x00"

// bindMessage is what a person signs to confirm a device or agent:
//
//	"commonhold/bind/v1\0" ‖ len ‖ CID of the work ‖ len ‖ key ‖ kind
//
// where len is the uvarint of the bytes that follow it (36 and 34), the key
// stands as in did:key, and kind is the text "device" or "agent".
func bindMessage(work cid.Cid, key crdt.Author, agent bool) []byte {
	b := []byte(bindContext)
	for _, part := range [][]byte{work.Bytes(), keyBytes(key)} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	if agent {
		return append(b, "agent"...)
	}
	return append(b, "device"...)
}

// signed tells whether the claim of a key in a work carries the signature of the
// person that it names.
func (b boundTo) signed(work cid.Cid, key crdt.Author) bool {
	if b.sig == nil {
		return false
	}
	return verified(b.person, bindMessage(work, key, b.agent), b.sig)
}

// verified tells whether a signature is the key's over a message.
func verified(key crdt.Author, msg, sig []byte) bool {
	sum := sha256.Sum256(append(append(msg[:len(msg):len(msg)], key[:]...), sig...))
	slot := &verdicts[sum[0]]
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if slot.sum == sum {
		return slot.good
	}
	slot.sum, slot.good = sum, len(sig) == ed25519.SignatureSize && ed25519.Verify(key[:], msg, sig)
	return slot.good
}

// verdicts remembers verdicts on bindings and proofs, which every view of the past
// asks for again and which cost 0.1 ms each. It is a memo of a pure function:
// losing an entry only costs time.
var verdicts [256]struct {
	mu   sync.Mutex
	sum  [32]byte
	good bool
}
