package crdt

import (
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/shape"
)

// MarkRuns yields, for each stretch of a root text on which the same marks show, the
// key, id and encoded value of each; the value is nil when its words are absent.
func (d *Doc) MarkRuns(text string, yield func(from, to int, key, id string, value []byte)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.t.Lookup(shape.Root, shape.NoPlace, block.KindText, 0, text)
	if !ok || d.s.Rich(p) == nil {
		return
	}
	m := d.s.Rich(p)
	shown := map[int32]marks.LV{}
	m.Runs(0, d.s.Seq(p).Len(), func(r marks.Run) bool {
		for _, c := range r.Changes {
			if shown[c.Slot] = c.Mark; c.Mark == marks.None {
				delete(shown, c.Slot)
			}
		}
		for slot, lv := range shown {
			key, id := m.SlotName(slot)
			mk, _, _ := m.Mark(lv)
			var value []byte
			if mk.Off != marks.NoWords {
				value = d.words[mk.Off : mk.Off+mk.Size]
			}
			yield(r.From, r.To, key, id, value)
		}
		return true
	})
}

// CheckState runs the checks of the rooms in which things stand.
func (d *Doc) CheckState() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]int32, d.g.Len())
	for i := range all {
		all[i] = int32(i)
	}
	return d.s.Check(all)
}
