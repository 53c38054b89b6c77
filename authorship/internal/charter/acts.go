package charter

import (
	"bytes"
	"crypto/ed25519"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// The kinds of acts that the rules read.
const (
	KindBoundTo = "boundTo" // {agent, person, sig?}
	KindBind    = "bind"    // {agent, key}
	KindRevoke  = "revoke"  // {heads, key}
	KindGrant   = "grant"   // {terms}
	KindPropose = "propose" // null
	KindAmend   = "amend"   // {accept?, admit?, amend?, base, cut?, mode?, moderators?, remove?, terms?}
	KindEndorse = "endorse" // {base, no?} and one of amend, accept, redact
	KindHide    = "hide"    // {changes, off?}
)

// An act that is not exactly in its form is void. It never makes a change
// invalid, since a relay without the rules takes in the same changes.

// keyPrefix is the multicodec ed25519-pub: keys stand in acts as in did:key.
const keyPrefix = "\xed\x01"

// KeyBytes is a key as it stands in acts.
func KeyBytes(a crdt.Author) []byte { return append([]byte(keyPrefix), a[:]...) }

// ReadKey is the inverse of KeyBytes; false also for a key that nobody owns.
func ReadKey(x any) (a crdt.Author, ok bool) {
	b, ok := x.([]byte)
	if !ok || len(b) != len(keyPrefix)+len(a) || string(b[:2]) != keyPrefix {
		return a, false
	}
	copy(a[:], b[2:])
	return a, block.Key(a).Check() == nil
}

// Fields reads a body that is a map of exactly these fields; those from the
// optional-th on may be absent.
func Fields(body crdt.Value, optional int, names ...string) map[string]any {
	return fields(body.Any(), optional, names...)
}

// fields is Fields for a value that is read.
func fields(body any, optional int, names ...string) map[string]any {
	m, ok := body.(map[string]any)
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

// Texts reads a list of texts; nil when it is none.
func Texts(x any) []string {
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

// readKeys reads keys in strictly ascending order, at least one unless empty says that
// there may be none.
func readKeys(x any, empty bool) (out []crdt.Author, ok bool) {
	list, ok := x.([]any)
	if !ok || len(list) == 0 && !empty {
		return nil, false
	}
	out = make([]crdt.Author, 0, len(list))
	for k, x := range list {
		a, ok := ReadKey(x)
		if !ok || k > 0 && bytes.Compare(out[k-1][:], a[:]) >= 0 {
			return nil, false
		}
		out = append(out, a)
	}
	return out, true
}

// readChanges reads changes in strictly ascending order, at least one unless empty says
// that there may be none.
func readChanges(x any, empty bool) (out []cid.Cid, ok bool) {
	list, ok := x.([]any)
	if !ok || len(list) == 0 && !empty {
		return nil, false
	}
	out = make([]cid.Cid, 0, len(list))
	for k, x := range list {
		c, ok := x.(cid.Cid)
		if !ok || k > 0 && out[k-1].KeyString() >= c.KeyString() {
			return nil, false
		}
		out = append(out, c)
	}
	return out, true
}

// readChambers reads members by chamber; an empty map only where empty says so.
func readChambers(x any) (out map[string][]crdt.Author, ok bool) {
	m, ok := x.(map[string]any)
	if !ok || len(m) == 0 {
		return nil, false
	}
	out = make(map[string][]crdt.Author, len(m))
	for name, x := range m {
		if out[name], ok = readKeys(x, false); !ok {
			return nil, false
		}
	}
	return out, true
}

// readShare reads a share of two integers; any, since a bad one is a bad charter and no
// malformed act.
func readShare(x any) (s Share, ok bool) {
	list, ok := x.([]any)
	if !ok || len(list) != 2 {
		return s, false
	}
	for k, to := range []*int{&s.Num, &s.Den} {
		switch n := list[k].(type) {
		case int64:
			*to = -1
			if 0 <= n && n <= maxShare {
				*to = int(n)
			}
		case uint64:
			*to = -1
		default:
			return s, false
		}
	}
	return s, true
}

// readTrue reads a flag that is true or absent.
func readTrue(m map[string]any, name string) (on, ok bool) {
	x, there := m[name]
	return there, !there || x == true
}

// Claim is the body of a boundTo: the key that makes it is a device or an agent of a
// person.
type Claim struct {
	Person crdt.Author
	Agent  bool
	Sig    []byte // of the person; nil: none
}

// Body is the value that the act carries.
func (b Claim) Body() map[string]any {
	m := map[string]any{"person": KeyBytes(b.Person), "agent": b.Agent}
	if b.Sig != nil {
		m["sig"] = b.Sig
	}
	return m
}

// ReadClaim is the inverse of Body; false when the act is void: also when a key is bound
// to itself.
func ReadClaim(a crdt.Act) (b Claim, ok bool) {
	m := Fields(a.Body, 2, "person", "agent", "sig")
	if m == nil {
		return b, false
	}
	b.Person, ok = ReadKey(m["person"])
	agent, isBool := m["agent"].(bool)
	b.Agent = agent
	if sig, there := m["sig"]; there {
		b.Sig, there = sig.([]byte)
		isBool = isBool && there && len(b.Sig) == ed25519.SignatureSize
	}
	return b, ok && isBool && b.Person != a.Author
}

// Binding is the body of a bind, and its author.
type Binding struct {
	Person, Key crdt.Author
	Agent       bool
}

// ReadBind reads a bind; false when it is void.
func ReadBind(a crdt.Act) (b Binding, ok bool) {
	m := Fields(a.Body, 2, "key", "agent")
	if m == nil {
		return b, false
	}
	b.Person = a.Author
	b.Key, ok = ReadKey(m["key"])
	agent, isBool := m["agent"].(bool)
	b.Agent = agent
	return b, ok && isBool && b.Key != b.Person
}

// ReadGrant reads the terms of a grant; nil when it is void.
func ReadGrant(a crdt.Act) []string {
	m := Fields(a.Body, 1, "terms")
	if m == nil {
		return nil
	}
	list := Texts(m["terms"])
	if CheckTerms(list) != nil {
		return nil
	}
	return list
}

// Revoke is the body of a revoke: of the key, only what the heads cover stays.
type Revoke struct {
	Key   crdt.Author
	Heads []cid.Cid
}

// ReadRevoke reads a revoke; false when it is void: also when a key revokes itself.
func ReadRevoke(a crdt.Act) (r Revoke, ok bool) {
	m := Fields(a.Body, 2, "key", "heads")
	if m == nil {
		return r, false
	}
	if r.Key, ok = ReadKey(m["key"]); !ok || r.Key == a.Author {
		return r, false
	}
	r.Heads, ok = readChanges(m["heads"], true)
	return r, ok
}

// ReadPropose tells whether a propose is in its form.
func ReadPropose(a crdt.Act) bool { return a.Body.Exists() && a.Body.Any() == nil }

// Hide is the body of a hide, or with Off of an unhide.
type Hide struct {
	Changes []cid.Cid
	Off     bool
}

// ReadHide reads a hide; false when it is void.
func ReadHide(a crdt.Act) (h Hide, ok bool) {
	m := Fields(a.Body, 1, "changes", "off")
	if m == nil {
		return h, false
	}
	off, ok := readTrue(m, "off")
	if !ok {
		return h, false
	}
	h.Off = off
	h.Changes, ok = readChanges(m["changes"], false)
	return h, ok
}

// Matter is what a vote is about.
type Matter uint8

// The matters.
const (
	Amending  Matter = iota // the amend of the base: for or against one, or "leave it"
	Accepting               // effective: the changes of the groups of exactly these heads
	Redacting               // erased: the words of exactly these changes
)

var matters = [...]string{"amend", "accept", "redact"}

// String is the name of the field.
func (m Matter) String() string { return matters[m] }

// Endorsement is the body of an endorse.
type Endorsement struct {
	Base   cid.Cid
	Matter Matter
	Amend  cid.Cid   // when Amending; Base itself is "leave it"
	Heads  []cid.Cid // otherwise
	No     bool
}

// ReadEndorse reads an endorse; false when it is void.
func ReadEndorse(a crdt.Act) (e Endorsement, ok bool) {
	m := Fields(a.Body, 1, "base", "amend", "accept", "redact", "no")
	if m == nil {
		return e, false
	}
	if e.Base, ok = m["base"].(cid.Cid); !ok {
		return e, false
	}
	if e.No, ok = readTrue(m, "no"); !ok {
		return e, false
	}
	about := 0
	for k, name := range matters {
		if _, there := m[name]; there {
			about++
			e.Matter = Matter(k)
		}
	}
	if about != 1 {
		return e, false
	}
	if e.Matter == Amending {
		e.Amend, ok = m["amend"].(cid.Cid)
		return e, ok
	}
	e.Heads, ok = readChanges(m[e.Matter.String()], false)
	return e, ok
}

// key names the matter: two votes are on one matter when their keys are equal.
func (e *Endorsement) key() string {
	if e.Matter == Amending {
		return ""
	}
	var b strings.Builder
	b.WriteByte(byte(e.Matter))
	for _, h := range e.Heads {
		b.WriteString(h.KeyString())
	}
	return b.String()
}

// Cut is one cut of an amend.
type Cut struct {
	Key   crdt.Author
	Heads []cid.Cid
}

// Amendment is the body of an amend: what it leaves alone is absent.
type Amendment struct {
	Base       cid.Cid
	Mode       string   // "" when absent
	Terms      []string // nil when absent
	Admit      map[string][]crdt.Author
	Remove     []crdt.Author
	Moderators []crdt.Author // nil when absent, empty to give the right to every member
	Accept     *Share
	Amend      *Share
	Cut        []Cut // by key
	bad        bool  // a value that no charter has
}

// ReadAmend reads an amend; false when it is void.
func ReadAmend(a crdt.Act) (p Amendment, ok bool) {
	m := Fields(a.Body, 1, "base", "mode", "terms", "admit", "remove", "moderators", "accept", "amend", "cut")
	if m == nil {
		return p, false
	}
	if p.Base, ok = m["base"].(cid.Cid); !ok {
		return p, false
	}
	for _, read := range []func(map[string]any) bool{p.readMode, p.readTerms, p.readPeople, p.readShares, p.readCuts} {
		if !read(m) {
			return p, false
		}
	}
	return p, true
}

// readMode reads the mode.
func (p *Amendment) readMode(m map[string]any) bool {
	x, there := m["mode"]
	s, ok := x.(string)
	p.Mode = s
	p.bad = p.bad || there && s != Direct && s != Propose
	return !there || ok
}

// readTerms reads the terms.
func (p *Amendment) readTerms(m map[string]any) bool {
	x, there := m["terms"]
	if !there {
		return true
	}
	list, ok := x.([]any)
	p.Terms = Texts(x)
	p.bad = p.bad || CheckTerms(p.Terms) != nil
	if p.Terms == nil {
		p.Terms = []string{}
	}
	return ok && len(list) == len(p.Terms)
}

// readPeople reads who comes, goes and moderates.
func (p *Amendment) readPeople(m map[string]any) bool {
	ok := true
	if x, there := m["admit"]; there {
		p.Admit, ok = readChambers(x)
	}
	if x, there := m["remove"]; there && ok {
		p.Remove, ok = readKeys(x, false)
	}
	if x, there := m["moderators"]; there && ok {
		p.Moderators, ok = readKeys(x, true)
	}
	return ok
}

// readShares reads the shares.
func (p *Amendment) readShares(m map[string]any) bool {
	for name, to := range map[string]**Share{"accept": &p.Accept, "amend": &p.Amend} {
		x, there := m[name]
		if !there {
			continue
		}
		s, ok := readShare(x)
		if !ok {
			return false
		}
		*to = &s
		p.bad = p.bad || !s.good()
	}
	return true
}

// readCuts reads the cuts.
func (p *Amendment) readCuts(m map[string]any) bool {
	x, there := m["cut"]
	if !there {
		return true
	}
	list, ok := x.([]any)
	if !ok || len(list) == 0 {
		return false
	}
	for k, x := range list {
		m := fields(x, 2, "key", "heads")
		if m == nil {
			return false
		}
		c := Cut{}
		if c.Key, ok = ReadKey(m["key"]); !ok || k > 0 && bytes.Compare(p.Cut[k-1].Key[:], c.Key[:]) >= 0 {
			return false
		}
		if c.Heads, ok = readChanges(m["heads"], true); !ok {
			return false
		}
		p.Cut = append(p.Cut, c)
	}
	return true
}
