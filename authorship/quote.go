package authorship

import (
	"fmt"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// Origin says where quoted text was written first.
type Origin struct {
	Work   cid.Cid `json:"work"`
	Change cid.Cid `json:"change"`
	Offset uint64  `json:"offset"` // of the first character, among the numbers of the change
	// Author wrote it, where Proof is Proven; where it is Claimed this is who the
	// quoter says did, zero when that is not said; zero otherwise. Somebody of another
	// work who has said no name here has the one that the quoter says, see Hearsay of
	// [Person].
	Author Person `json:"author"`
	Proof  Proof  `json:"proof"`
	// Moved says that the text was cut and pasted and counts for its author; else it
	// is a copy.
	Moved    bool   `json:"moved,omitempty"`
	PlacedBy Person `json:"placedBy"` // who put it here
	// Title, Source and Terms are what the quoter says of the other work; empty when
	// that is not said.
	Title  string   `json:"title,omitempty"`
	Source string   `json:"source,omitempty"`
	Terms  []string `json:"terms,omitempty"`
}

// Proof says how well it is known where quoted text comes from.
type Proof uint8

const (
	// Proven: the words are those of the origin, in this work or by a proof that
	// its author signed.
	Proven Proof = iota
	// Claimed: the quoter says so, and nothing at hand tells.
	Claimed
	// Mismatch: the words are not those of the origin. They are the quoter's.
	Mismatch
	// Unchecked: the origin is in this work, and it or its words are not here. Until
	// they are the words are the quoter's.
	Unchecked
)

var proofs = [...]string{"proven", "claimed", "mismatch", "unchecked"}

// String is the word for it.
func (p Proof) String() string {
	if int(p) < len(proofs) {
		return proofs[p]
	}
	return fmt.Sprintf("proof %d", uint8(p))
}

// MarshalText gives the word.
func (p Proof) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the word.
func (p *Proof) UnmarshalText(b []byte) error {
	for k, s := range proofs {
		if s == string(b) {
			*p = Proof(k)
			return nil
		}
	}
	return fmt.Errorf("authorship: proof %q: %w", b, crdt.ErrMalformed)
}

// maxProof bounds the bytes of a proof in an act, below crdt's bound of an act.
const maxProof = 48 << 10

// Quote puts what from shows before position at of a text, with the origin of each
// character ([crdt.TextTx.Quote]), and, where from is of another work, records what
// is known of each change that is quoted: whose it is, of what work, under which
// terms, and the proof of it, where that is signed and has at most 48 KiB. So
// everybody who has this work can see that the words are the other author's. A text of
// another doc locks that one, see [crdt.Tx.Copy].
//
// Where the terms of the other work do not allow what is quoted to be used under all
// that this work offers, nothing is done, and a [TermsError] says whose grants are
// missing; [WithException] quotes nevertheless. Other errors are those of tx.
func Quote(tx *crdt.Tx, to crdt.TextTx, at int, from crdt.Text, opts ...QuoteOption) error {
	x := tx.Copy(from)
	if tx.Err() != nil || x.Work() == tx.Work() {
		to.Paste(at, x)
		return tx.Err()
	}
	q := quotingOf(tx, from.View(), opts)
	if err := q.refused(from, x); err != nil {
		return err
	}
	to.Paste(at, x)
	if tx.Err() == nil {
		q.record(x)
	}
	return tx.Err()
}

// source names a change of a work.
type source struct{ work, change cid.Cid }

// record is what a view knows of a source: of its own work, or what it has been told
// of another one.
func record(v *crdt.View, of source) *quoted {
	if of.work != v.ID() {
		for a := range v.Acts(actQuote) {
			if q, ok := readQuote(a); ok && q.source == of {
				return &q
			}
		}
		return nil
	}
	s, ok := v.Source(of.change)
	if !ok {
		return nil
	}
	q := quoted{source: of, by: s.Author}
	c, err := CharterOf(v)
	q.title = c.Title
	if err == nil {
		q.at, q.terms = c.Source, c.Terms
	}
	if p, err := v.Proof(of.change); err == nil && size(p) <= maxProof {
		q.proof = &p
	}
	return &q
}

// size is the bytes of a proof.
func size(p crdt.Proof) int {
	n := len(p.Change) + len(p.Words) + len(p.Signature)
	for _, b := range p.Later {
		n += len(b)
	}
	return n
}

// quoted is the body of an act on a source.
type quoted struct {
	source
	by        crdt.Author // as the act says
	title, at string
	terms     []string // of the source, as far as its author has granted them
	within    []string // of this work, under which it may be used here
	proof     *crdt.Proof
	name      string // what the author is called there; words, not of the body
}

// body is the value that the act carries.
func (q *quoted) body() map[string]any {
	m := map[string]any{"work": q.work, "change": q.change, "by": keyBytes(q.by), "title": q.title}
	if q.at != "" {
		m["source"] = q.at
	}
	for name, terms := range map[string][]string{"terms": q.terms, "within": q.within} {
		if terms == nil {
			continue
		}
		list := make([]any, len(terms))
		for k, t := range terms {
			list[k] = t
		}
		m[name] = list
	}
	if p := q.proof; p != nil {
		later := make([]any, len(p.Later))
		for k, b := range p.Later {
			later[k] = b
		}
		m["proof"] = map[string]any{"change": p.Change, "later": later, "signature": p.Signature, "words": p.Words}
	}
	return m
}

// readQuote is the inverse of body; false when the act is void. That the proof is
// good is not asked.
func readQuote(a crdt.Act) (q quoted, ok bool) {
	m := fields(a.Body, 4, "by", "change", "title", "work", "proof", "source", "terms", "within")
	if m == nil {
		return q, false
	}
	by, ok1 := readKey(m["by"])
	change, ok2 := m["change"].(cid.Cid)
	work, ok3 := m["work"].(cid.Cid)
	title, ok4 := m["title"].(string)
	if !(ok1 && ok2 && ok3 && ok4) || !isChange(change) || !isChange(work) || len(title) > block.MaxTitle {
		return q, false
	}
	q = quoted{source: source{work, change}, by: by, title: title, name: a.Words}
	if x, there := m["source"]; there {
		s, ok := x.(string)
		if !ok || s == "" || len(s) > maxSource || !utf8.ValidString(s) {
			return q, false
		}
		q.at = s
	}
	for name, list := range map[string]*[]string{"terms": &q.terms, "within": &q.within} {
		if x, there := m[name]; there {
			if *list = texts(x); checkTerms(*list) != nil {
				return q, false
			}
		}
	}
	if x, there := m["proof"]; there {
		if q.proof = readProof(x, work); q.proof == nil {
			return q, false
		}
	}
	return q, true
}

// isChange tells whether a CID can be that of a change.
func isChange(c cid.Cid) bool {
	_, err := block.ChangeID(c)
	return err == nil
}

// readProof reads the proof in an act, nil for none.
func readProof(x any, work cid.Cid) *crdt.Proof {
	m, ok := x.(map[string]any)
	if !ok || len(m) != 4 {
		return nil
	}
	p := crdt.Proof{Work: work}
	change, ok1 := m["change"].([]byte)
	words, ok2 := m["words"].([]byte)
	sig, ok3 := m["signature"].([]byte)
	later, ok4 := m["later"].([]any)
	if !(ok1 && ok2 && ok3 && ok4) {
		return nil
	}
	p.Change, p.Words, p.Signature = change, words, sig
	for _, x := range later {
		b, ok := x.([]byte)
		if !ok {
			return nil
		}
		p.Later = append(p.Later, b)
	}
	return &p
}
