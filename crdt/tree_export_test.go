package crdt

import (
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// TreeVisits counts the work of the root tree of a name.
func (d *Doc) TreeVisits(name string) uint64 {
	if r := d.s.Tree(d.root(6, name)); r != nil {
		return r.Visits()
	}
	return 0
}

// SiblingVisits counts the work of the sequences in which nodes of trees stand.
func (d *Doc) SiblingVisits() (sum uint64) {
	seen := map[int32]bool{}
	d.t.Range(0, d.t.End(), func(_ graph.LV, _ uint32, w shape.What) {
		if w.Class() != shape.Node && w.Class() != shape.NodeMove {
			return
		}
		if p := d.t.SequenceOf(w); !seen[p] {
			seen[p] = true
			if q := d.s.Peek(p); q != nil {
				sum += q.Visits()
			}
		}
	})
	return sum
}
