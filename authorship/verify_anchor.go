package authorship

import (
	"fmt"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// actAnchor is the kind of the act {heads, kind, token}.
const actAnchor = "anchor"

// Anchor is a token by which somebody outside says that changes were there at some time:
// a time stamp of RFC 3161, a signature of a log's witness. The work carries it; what it
// proves is for a program to check that knows its kind ([Witness]).
type Anchor struct {
	Change  cid.Cid   `json:"change,omitzero"` // that carries it; cid.Undef while it is open
	By      Person    `json:"by"`
	Kind    string    `json:"kind"`
	Token   []byte    `json:"token"`
	Heads   []cid.Cid `json:"heads"` // that it speaks of, and with them of all before them
	Checked bool      `json:"checked"`
}

// The bounds of an anchor.
const (
	maxAnchorKind  = 64
	maxAnchorToken = 32 << 10
	maxAnchorHeads = 64
)

// WriteAnchor puts a token into the work that speaks of changes which are here. Errors:
// ErrNotHeld without them, or without any; crdt.ErrLimit for more than 64, a kind of
// more than 64 bytes or a token of more than 32 KiB; crdt.ErrMalformed for a kind that
// is empty or not UTF-8.
func WriteAnchor(tx *crdt.Tx, kind string, token []byte, heads ...cid.Cid) error {
	list, err := held(tx, heads)
	switch {
	case err != nil:
		return err
	case len(kind) > maxAnchorKind || len(token) > maxAnchorToken || len(list) > maxAnchorHeads:
		return fmt.Errorf("authorship: anchor of kind %q, %d bytes and %d heads: %w", kind, len(token), len(list), crdt.ErrLimit)
	case kind == "" || !utf8.ValidString(kind):
		return fmt.Errorf("authorship: anchor of kind %q: %w", kind, crdt.ErrMalformed)
	}
	tx.Act(actAnchor, map[string]any{"heads": list, "kind": kind, "token": token})
	return tx.Err()
}

// anchors yields the anchors of effective changes, in the order in which this replica
// met them. An anchor that names what its own change has not in its past is void.
func (p *people) anchors(yield func(Anchor)) {
	p.acts(actAnchor, func(a crdt.Act, who Person) {
		m := fields(a.Body, 3, "heads", "kind", "token")
		kind, ok1 := m["kind"].(string)
		token, ok2 := m["token"].([]byte)
		heads := changeIDs(m["heads"])
		if !ok1 || !ok2 || kind == "" || len(kind) > maxAnchorKind || len(token) > maxAnchorToken || heads == nil || len(heads) > maxAnchorHeads {
			return
		}
		for _, c := range heads {
			if a.Change.Defined() && !p.v.InPast(c, a.Change) {
				return
			}
		}
		yield(Anchor{Change: a.Change, By: who, Kind: clean(kind), Token: token, Heads: heads})
	})
}
