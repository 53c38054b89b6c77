package crdt

import (
	"iter"
	"slices"

	"github.com/ipfs/go-cid"
)

// Sort puts changes that the view shows into the one order on which all replicas
// agree: a change after everything in its past. Those that it does not show come last.
func (v *View) Sort(changes []cid.Cid) {
	v.lock()
	defer v.unlock()
	at := make(map[cid.Cid]int32, len(changes))
	for _, c := range changes {
		if i, ok := v.d.find(c); ok && v.has(i) {
			at[c] = i
		}
	}
	slices.SortFunc(changes, func(a, b cid.Cid) int {
		i, ok := at[a]
		j, ok2 := at[b]
		switch {
		case a == b || !ok && !ok2:
			return 0
		case !ok || ok2 && v.d.g.Less(j, i):
			return 1
		}
		return -1
	})
}

// InPast tells whether change a is of or in the past of of, both being shown by the
// view.
func (v *View) InPast(a, of cid.Cid) bool {
	v.lock()
	defer v.unlock()
	i, ok := v.d.find(a)
	j, ok2 := v.d.find(of)
	return ok && ok2 && v.has(j) && v.d.g.InPast(i, j)
}

// ActsIn yields the acts of a change that the view shows.
func (v *View) ActsIn(c cid.Cid) iter.Seq[Act] {
	v.lock()
	defer v.unlock()
	if i, ok := v.d.find(c); ok && v.has(i) {
		return slices.Values(v.d.actsOf(i))
	}
	return slices.Values[[]Act](nil)
}
