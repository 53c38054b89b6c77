package crdt

import (
	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// DeleteMarks deletes the marks that a change made, and nothing else of it.
func DeleteMarks(d *Doc, c cid.Cid) error {
	return d.Update(func(tx *Tx) error {
		i, _ := d.find(c)
		v := inverse{tx: tx, d: d, of: []int32{i}}
		d.t.Range(d.g.First(i), d.g.Count(i), func(lv graph.LV, n uint32, w shape.What) {
			if w.Class() == shape.Mark {
				v.delete(lv, n)
			}
		})
		v.write()
		return nil
	})
}
