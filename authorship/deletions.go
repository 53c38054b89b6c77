package authorship

import (
	"cmp"
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// interval is the characters [from, to) of all that were deleted.
type interval struct{ from, to uint32 }

// unit is the share of one character.
const unit = 1 << 32

// deletions splits each character that is gone equally among the persons who have
// deleted it, whatever keys they did it with. Shares are counted in parts of 2^32,
// so that the sums do not depend on the order in which things arrived.
func (t *table) deletions(list []crdt.Deletion, authors []Person) {
	by := map[crdt.Author][]interval{}
	for _, d := range list {
		by[authors[d.Change].ID] = append(by[authors[d.Change].ID], interval{d.At, d.At + d.N})
	}
	type edge struct {
		at  uint32
		add int64
	}
	var edges []edge
	for who, list := range by {
		by[who] = merged(list)
		for _, i := range by[who] {
			edges = append(edges, edge{i.from, 1}, edge{i.to, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	// sum[k] is the share, in all characters before at[k], of somebody who has
	// deleted every one of them.
	var at []uint32
	var sum []uint64
	persons, total := int64(0), uint64(0)
	for k, e := range edges {
		if k > 0 && persons > 0 {
			total += uint64(e.at-edges[k-1].at) * (unit / uint64(persons))
		}
		persons += e.add
		if n := len(at); n > 0 && at[n-1] == e.at {
			sum[n-1] = total
			continue
		}
		at, sum = append(at, e.at), append(sum, total)
	}
	before := func(x uint32) uint64 {
		k, _ := slices.BinarySearch(at, x)
		return sum[k]
	}
	for k := range authors {
		who := authors[k]
		share := uint64(0)
		for _, i := range by[who.ID] {
			share += before(i.to) - before(i.from)
		}
		delete(by, who.ID)
		t.of(who).Deletions += int((share + unit/2) / unit)
	}
}

// merged is intervals in order, each character once.
func merged(list []interval) []interval {
	slices.SortFunc(list, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
	var out []interval
	for _, i := range list {
		if k := len(out) - 1; k >= 0 && i.from <= out[k].to {
			out[k].to = max(out[k].to, i.to)
			continue
		}
		out = append(out, i)
	}
	return out
}
