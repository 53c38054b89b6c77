package authorship

import (
	"fmt"

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
	m := fields(a.Body, 1, "heads")
	list, _ := m["heads"].([]any)
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
