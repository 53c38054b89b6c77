package crdt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// Version is a moment in the history of a work: a set of changes that nobody in
// it builds on, standing for themselves and everything they link to. It is
// comparable; the zero Version is the one before the genesis.
type Version struct{ ids string } // ascending digests, 32 bytes each

// String is the CIDs in ascending order, joined by dots; empty for the zero
// Version.
func (v Version) String() string {
	var b strings.Builder
	for k, c := range v.IDs() {
		if k > 0 {
			b.WriteByte('.')
		}
		b.WriteString(c.String())
	}
	return b.String()
}

// IDs are the changes of the version, ascending.
func (v Version) IDs() []cid.Cid {
	var out []cid.Cid
	for _, id := range v.digests() {
		out = append(out, id.ChangeCID())
	}
	return out
}

// IsZero tells whether v is the version before the genesis.
func (v Version) IsZero() bool { return v.ids == "" }

// digests are the digests of the changes.
func (v Version) digests() []block.ID {
	out := make([]block.ID, len(v.ids)/32)
	for k := range out {
		copy(out[k][:], v.ids[32*k:])
	}
	return out
}

// ParseVersion reads the text form; it is the inverse of Version.String.
// ErrMalformed when a part is no change CID, or they do not ascend.
func ParseVersion(s string) (Version, error) {
	if s == "" {
		return Version{}, nil
	}
	var ids []block.ID
	for _, part := range strings.Split(s, ".") {
		c, err := cid.Decode(part)
		if err != nil || c.String() != part {
			return Version{}, fmt.Errorf("crdt: version: %q is no CID: %w", part, ErrMalformed)
		}
		id, err := block.ChangeID(c)
		if err != nil {
			return Version{}, fmt.Errorf("crdt: version: %w", err)
		}
		if n := len(ids); n > 0 && block.Compare(ids[n-1], id) >= 0 {
			return Version{}, fmt.Errorf("crdt: version: CIDs do not ascend: %w", ErrMalformed)
		}
		ids = append(ids, id)
	}
	return versionOf(ids), nil
}

// NewVersion is the version of the given changes, in any order. ErrMalformed
// when one is no change CID.
func NewVersion(changes ...cid.Cid) (Version, error) {
	ids := make([]block.ID, 0, len(changes))
	for _, c := range changes {
		id, err := block.ChangeID(c)
		if err != nil {
			return Version{}, fmt.Errorf("crdt: version: %w", err)
		}
		ids = append(ids, id)
	}
	slices.SortFunc(ids, block.Compare)
	return versionOf(slices.Compact(ids)), nil
}

// versionOf makes a version of ascending digests.
func versionOf(ids []block.ID) Version {
	b := make([]byte, 0, 32*len(ids))
	for _, id := range ids {
		b = append(b, id[:]...)
	}
	return Version{string(b)}
}

// versionAt names applied changes by their ids.
func versionAt(g *graph.Graph, list []int32) Version {
	if len(list) == 1 {
		id := g.ID(list[0])
		return Version{string(id[:])}
	}
	ids := make([]block.ID, len(list))
	for k, i := range list {
		ids[k] = g.ID(i)
	}
	slices.SortFunc(ids, block.Compare)
	return versionOf(ids)
}
