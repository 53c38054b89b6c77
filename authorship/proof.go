package authorship

import (
	"fmt"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// QuoteProof says that the author of a change of some work wrote a text there, with
// all that is needed to check it: the bytes of the change and of its words, and a
// signature on it or on a later change of its chain. Whoever gets it needs neither
// work, nor a replica, nor a network ([VerifyQuote]). The words of the change are
// all in it, not only those that are quoted. It has a JSON form.
type QuoteProof struct {
	crdt.Proof
	Offset uint64 `json:"offset"` // of the first character among the numbers of the change
	Text   string `json:"text"`
}

// ProveQuote gives proofs of what a text shows, one for each stretch of one change of
// this work; line feeds of block markers and text that comes from another work are
// left out. ErrNotCovered and ErrUnsealed as crdt's View.Proof and Tx.Paste: what was
// not signed yet proves nothing.
func ProveQuote(from crdt.Text) ([]QuoteProof, error) {
	v := from.View()
	work := v.ID()
	var out []QuoteProof
	for _, p := range from.Copy().Parts() {
		switch {
		case p.Work.Defined() && p.Work != work:
			continue
		case !p.Change.Defined():
			if p.Text == "" || onlyBreaks(p.Text) {
				continue
			}
			return nil, fmt.Errorf("authorship: proof of %q: %w", p.Text, crdt.ErrUnsealed)
		}
		proof, err := v.Proof(p.Change)
		if err != nil {
			return nil, err
		}
		out = append(out, QuoteProof{proof, p.Offset, p.Text})
	}
	return out, nil
}

// onlyBreaks tells whether a text is line feeds.
func onlyBreaks(s string) bool {
	for _, r := range s {
		if r != '\n' {
			return false
		}
	}
	return true
}

// VerifyQuote checks a proof with nothing but its own bytes. Nil says: the holder of
// the key [QuoteProof.Author] has signed that the text stands at that place of that
// change of that work, and typed it there first. Errors: crdt.ErrMalformed,
// crdt.ErrHash, crdt.ErrSignature, crdt.ErrForeign for bytes that are no proof of
// this change; [ErrNotWritten] when the words are not there; [ErrErased] without
// words.
func VerifyQuote(p QuoteProof) error {
	c, err := openProof(p.Proof)
	if err != nil {
		return err
	}
	text, err := c.text(p.Offset, utf8.RuneCountInString(p.Text))
	if err != nil {
		return err
	}
	if text != p.Text || text == "" {
		return fmt.Errorf("authorship: %q stands where %q is claimed: %w", text, p.Text, ErrNotWritten)
	}
	return nil
}

// Author is the key that the proof speaks of; zero when the bytes are no change. It
// proves nothing before [VerifyQuote] does.
func (p QuoteProof) Author() crdt.Author {
	var c block.Change
	if block.Decode(p.Change, &c) != nil {
		return crdt.Author{}
	}
	return crdt.Author(c.By)
}

// ID is the name of the change that the proof speaks of.
func (p QuoteProof) ID() cid.Cid { return block.Sum(p.Change).ChangeCID() }

// opened is a change whose proof is good.
type opened struct {
	change block.Change
	words  []byte // without salt; nil: they are not there
}

// openProof checks that the author signed the change: by the signature, and a chain of
// hashes from the signed change back to it.
func openProof(p crdt.Proof) (*opened, error) {
	work, err := block.ChangeID(p.Work)
	if err != nil {
		return nil, fmt.Errorf("authorship: proof: %w", err)
	}
	var o opened
	if err := block.Decode(p.Change, &o.change); err != nil {
		return nil, fmt.Errorf("authorship: proof: %w", err)
	}
	c := &o.change
	if c.Seq == 0 && !c.Work.IsZero() && c.Work != work {
		return nil, fmt.Errorf("authorship: proof: %w", crdt.ErrForeign)
	}
	id, more, seq := block.Sum(p.Change), c.More, c.Seq
	for _, b := range p.Later {
		var next block.Change
		if err := block.Decode(b, &next); err != nil {
			return nil, fmt.Errorf("authorship: proof: %w", err)
		}
		if next.By != c.By || next.Prev != id || next.Seq != seq+1 {
			return nil, fmt.Errorf("authorship: proof: a change is not the next of its chain: %w", crdt.ErrHash)
		}
		id, more, seq = block.Sum(b), next.More, next.Seq
	}
	if more || !verified(crdt.Author(c.By), block.SigningMessage(work, id), p.Signature) {
		return nil, fmt.Errorf("authorship: proof: %w", crdt.ErrSignature)
	}
	if len(p.Words) == 0 || c.Text.IsZero() {
		return &o, nil
	}
	if block.Sum(p.Words) != c.Text {
		return nil, fmt.Errorf("authorship: words of the proof: %w", crdt.ErrHash)
	}
	if !block.CheckContent(c, c.Size > c.Words, p.Words) {
		return nil, fmt.Errorf("authorship: words of the proof: %w", crdt.ErrMalformed)
	}
	o.words = p.Words[c.Size-c.Words:]
	return &o, nil
}

// text is n characters from the number at on, which have to be typed there, not
// quoted.
func (o *opened) text(at uint64, n int) (string, error) {
	if o.words == nil {
		return "", fmt.Errorf("authorship: proof: %w", ErrErased)
	}
	var out []byte
	var r block.Reader
	var op block.Op
	r.Reset(o.change.Ops)
	words, first, end := o.words, uint64(0), at+uint64(n)
	for r.Next(&op) {
		own, next := words[:op.WordBytes()], first+uint64(op.Numbers())
		words = words[len(own):]
		if next > at && first < end {
			if op.Code != block.OpText {
				return "", fmt.Errorf("authorship: proof: the numbers from %d on are not text typed there: %w", max(at, first), ErrNotWritten)
			}
			out = append(out, runes(own, max(at, first)-first, min(end, next)-first)...)
		}
		first = next
	}
	if end > first || end < at {
		return "", fmt.Errorf("authorship: proof: the change has %d numbers: %w", first, ErrNotWritten)
	}
	return string(out), nil
}

// runes is the i-th to before the j-th character of b.
func runes(b []byte, i, j uint64) []byte {
	at, from := 0, 0
	for k := uint64(0); k < j; k++ {
		if k == i {
			from = at
		}
		_, n := utf8.DecodeRune(b[at:])
		at += n
	}
	return b[from:at]
}
