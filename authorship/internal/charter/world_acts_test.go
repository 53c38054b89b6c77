package charter_test

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// act is an act of a change as the twin reads it; body is what the engine gets.
type act interface {
	kind() string
	body(w *world, author int) any
}

type (
	// boundTo is the claim of a first change. sig: 0 none, 1 good, 2 of another kind.
	boundTo struct {
		person string
		agent  bool
		sig    int
	}
	bind struct {
		key   string
		agent bool
	}
	revoke struct {
		key   string
		heads []int
	}
	grant   []string
	propose struct{}
	// amend is an amendment; nil or empty is "not changed", except moderators,
	// where only nil is.
	amend struct {
		base          int
		mode          string
		terms         []string
		admit         map[string][]string
		remove        []string
		moderators    []string
		accept, amend *share
		cuts          []cut
		noTerms       bool // terms: []
	}
	cut struct {
		key   string
		heads []int
	}
	// endorse is a vote: on list when that is not nil, else on the amend of change
	// amend.
	endorse struct {
		base   int
		amend  int
		accept []int
		redact []int
		no     bool
	}
	hide struct {
		list []int
		off  bool
	}
	// raw is an act that is not in its form, or of a kind that no rule reads.
	raw struct {
		name  string
		value any
	}
)

func (boundTo) kind() string { return "boundTo" }
func (bind) kind() string    { return "bind" }
func (revoke) kind() string  { return "revoke" }
func (grant) kind() string   { return "grant" }
func (propose) kind() string { return "propose" }
func (amend) kind() string   { return "amend" }
func (endorse) kind() string { return "endorse" }
func (hide) kind() string    { return "hide" }
func (r raw) kind() string   { return r.name }

// fieldsOf is a body.
type fieldsOf = map[string]any

func (b boundTo) body(w *world, author int) any {
	m := fieldsOf{"person": w.keyBytes(b.person), "agent": b.agent}
	if b.sig > 0 {
		m["sig"] = w.sign(w.key(b.person), author, b.agent != (b.sig == 2))
	}
	return m
}

func (b bind) body(w *world, _ int) any {
	return fieldsOf{"key": w.keyBytes(b.key), "agent": b.agent}
}

func (r revoke) body(w *world, _ int) any {
	return fieldsOf{"key": w.keyBytes(r.key), "heads": w.cids(r.heads)}
}

func (g grant) body(*world, int) any { return fieldsOf{"terms": texts(g)} }

func (propose) body(*world, int) any { return nil }

func (a amend) body(w *world, _ int) any {
	m := fieldsOf{"base": w.id(a.base)}
	if a.mode != "" {
		m["mode"] = a.mode
	}
	if a.terms != nil || a.noTerms {
		m["terms"] = texts(a.terms)
	}
	if a.admit != nil {
		m["admit"] = w.chambers(a.admit)
	}
	if a.remove != nil {
		m["remove"] = w.keyList(a.remove)
	}
	if a.moderators != nil {
		m["moderators"] = w.keyList(a.moderators)
	}
	putShare(m, "accept", a.accept)
	putShare(m, "amend", a.amend)
	if a.cuts != nil {
		list := make([]any, 0, len(a.cuts))
		for _, c := range a.cuts {
			list = append(list, fieldsOf{"key": w.keyBytes(c.key), "heads": w.cids(c.heads)})
		}
		slices.SortFunc(list, func(a, b any) int {
			return bytes.Compare(a.(fieldsOf)["key"].([]byte), b.(fieldsOf)["key"].([]byte))
		})
		m["cut"] = list
	}
	return m
}

func (e endorse) body(w *world, _ int) any {
	m := fieldsOf{"base": w.id(e.base)}
	switch {
	case e.accept != nil:
		m["accept"] = w.cids(e.accept)
	case e.redact != nil:
		m["redact"] = w.cids(e.redact)
	default:
		m["amend"] = w.id(e.amend)
	}
	if e.no {
		m["no"] = true
	}
	return m
}

func (h hide) body(w *world, _ int) any {
	m := fieldsOf{"changes": w.cids(h.list)}
	if h.off {
		m["off"] = true
	}
	return m
}

func (r raw) body(*world, int) any { return r.value }

// String is the share as one writes it.
func (s *share) String() string {
	if s == nil {
		return "-"
	}
	return fmt.Sprint(s.n, "/", s.d)
}

func putShare(m fieldsOf, name string, s *share) {
	if s != nil {
		m[name] = []any{s.n, s.d}
	}
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for k, s := range list {
		out[k] = s
	}
	return out
}

// keyBytes is a key as it stands in acts.
func (w *world) keyBytes(name string) []byte {
	a := w.author(w.key(name))
	return append([]byte{0xed, 1}, a[:]...)
}

// keyList is a list of keys, ascending.
func (w *world) keyList(names []string) []any {
	var keys [][]byte
	for _, n := range names {
		keys = append(keys, w.keyBytes(n))
	}
	slices.SortFunc(keys, bytes.Compare)
	out := make([]any, len(keys))
	for k, b := range keys {
		out[k] = b
	}
	return out
}

// cids is a list of changes, ascending.
func (w *world) cids(list []int) []any {
	var ids []cid.Cid
	for _, i := range list {
		ids = append(ids, w.id(i))
	}
	slices.SortFunc(ids, func(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	out := make([]any, len(ids))
	for k, c := range ids {
		out[k] = c
	}
	return out
}

func (w *world) chambers(m map[string][]string) fieldsOf {
	out := fieldsOf{}
	for name, keys := range m {
		out[name] = w.keyList(keys)
	}
	return out
}

// data is what the genesis says to the rules.
func (w *world) data() crdt.Value {
	g := w.genesis
	m := fieldsOf{"mode": "direct", "terms": texts(g.terms)}
	if g.mode != "" {
		m["mode"] = g.mode
	}
	if g.chambers != nil {
		m["members"] = w.chambers(g.chambers)
	}
	if g.moderators != nil {
		m["moderators"] = w.keyList(g.moderators)
	}
	putShare(m, "accept", g.accept)
	putShare(m, "amend", g.amend)
	return must(crdt.NewValue(m))
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}
