package sequence

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestExtent compares Extent and Before with the twin, and lets replicas insert
// after elements that are hidden.
func TestExtent(t *testing.T) {
	hidden := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 2)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			r := w.pick(t)
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				w.sync(t, w.pick(t), r)
			case 1:
				if all := r.twin.all(); len(all) > 0 {
					x := all[rapid.IntRange(0, len(all)-1).Draw(t, "after")]
					if x.hidden {
						hidden++
					}
					o, err := r.insertAfter(x.id, words(t))
					must(t, err)
					r.publish(o, &w.history)
				}
			default:
				w.edit(t, r, &w.history)
			}
			must(t, r.check())
		}
		for _, r := range w.replicas {
			must(t, r.checkExtents(t))
		}
		w.converge(t)
	})
	if hidden == 0 {
		t.Error("nothing was inserted after a hidden element")
	}
}

// insertAfter is a local insert after an element in both, compared.
func (r *replica) insertAfter(e ident, text string) (*op, error) {
	o := &op{id: ident{r.who, r.made}, text: text}
	n := utf8.RuneCountInString(text)
	r.made += n
	if o.parent, o.side = e, Right; len(r.twin.nodes[e].right) > 0 {
		all := r.twin.all()
		at := slices.IndexFunc(all, func(n *node) bool { return n.id == e })
		o.parent, o.side = all[at+1].id, Left
	}
	lv := r.number(o.id, n)
	parent, side, cont := r.seq.InsertAfter(r.lvs[e], lv, uint32(n), r.store(text))
	if parent != r.lvs[o.parent] || side != o.side || cont != (side == Right && parent == lv-1) {
		return nil, fmt.Errorf("insert after %v hangs on LV %d, side %d, cont %v; twin: LV %d, side %d", e, parent, side, cont, r.lvs[o.parent], o.side)
	}
	r.hang(o, false)
	return o, nil
}

// checkExtents compares Extent of every element, and Before of some pairs, with
// the twin.
func (r *replica) checkExtents(t *rapid.T) error {
	all := r.twin.all()
	pos := 0
	for i, x := range all {
		lv := r.lvs[x.id]
		at, m, shown := r.seq.Extent(lv, 1000)
		if at != pos || shown == x.hidden || m == 0 {
			return fmt.Errorf("extent of LV %d is %d at %d, shown %v; twin: at %d, %v", lv, m, at, shown, pos, !x.hidden)
		}
		for k := range int(m) {
			if i+k == len(all) || r.lvs[all[i+k].id] != lv+LV(k) || all[i+k].hidden != x.hidden {
				return fmt.Errorf("extent of LV %d is %d, but the twin ends at %d", lv, m, k)
			}
		}
		if shown {
			pos++
		}
	}
	for range min(100, len(all)) {
		i := rapid.IntRange(0, len(all)-1).Draw(t, "i")
		j := rapid.IntRange(0, len(all)-1).Draw(t, "j")
		if got := r.seq.Before(r.lvs[all[i].id], r.lvs[all[j].id]); got != (i < j) {
			return fmt.Errorf("element %d before element %d: %v", i, j, got)
		}
	}
	return nil
}
