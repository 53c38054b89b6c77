package crdt

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// CheckRooms runs the check of every room of the doc, and restates what the doc
// and its state promise beyond them.
func (d *Doc) CheckRooms() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, check := range []func() error{
		d.g.Check, d.t.Check, d.s.Life.Check, d.s.Slots.Check, d.s.Tags.Check, d.s.Steps.Check, d.wait.Check, d.checkDoc,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkDoc restates the invariants of Doc and State.
func (d *Doc) checkDoc() error {
	end := d.g.NextLV()
	if d.open != nil {
		end = d.open.h.LV + d.open.h.Count
		if len(d.open.parts) > 0 {
			return fmt.Errorf("doc: parts of an Update are left open")
		}
	}
	if d.t.End() != end {
		return fmt.Errorf("doc: invariant 1: numbers end at %d, not %d", d.t.End(), end)
	}
	for i := int32(0); int(i) < d.g.Len(); i++ {
		if on := d.off[i] == nil; d.s.Effective(i) != on {
			return fmt.Errorf("doc: invariant 2: change %d is effective: %v in the state, %v here", i, d.s.Effective(i), on)
		}
	}
	if end == 0 {
		return nil
	}
	seqs := map[int32]bool{}
	var err error
	d.t.Range(0, end, func(lv graph.LV, n uint32, w shape.What) {
		switch w.Class() {
		case shape.Elem:
			seqs[w.Place()] = true
		case shape.ElemMaker:
			seqs[d.t.Get(w.Place()).Up] = true
		case shape.Entry, shape.EntryMaker:
			for ; n > 0; lv, n = lv+1, n-1 {
				if e, ok := d.s.Slots.Entry(lv); !ok && err == nil {
					err = fmt.Errorf("state: invariant 2: entry %d is in no slot", lv)
				} else if alive := e.State == 0; ok && alive != d.s.Life.Alive(lv) {
					err = fmt.Errorf("state: invariant 2: entry %d is %d in its slot, alive %v", lv, e.State, d.s.Life.Alive(lv))
				}
			}
		}
	})
	if err != nil {
		return err
	}
	for p := range seqs {
		if err := d.checkSeq(p); err != nil {
			return err
		}
		if m := d.s.Rich(p); m != nil {
			if err := m.Check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSeq checks one text or list, and that it shows what is alive.
func (d *Doc) checkSeq(p int32) error {
	q := d.s.Peek(p)
	if q == nil {
		return fmt.Errorf("state: no sequence at place %d", p)
	}
	if err := q.Check(); err != nil {
		return err
	}
	var err error
	q.All(func(lv graph.LV, n uint32, shown bool) bool {
		for ; n > 0 && err == nil; lv, n = lv+1, n-1 {
			if _, moved := d.s.PosSlot(lv); moved || d.t.At(lv).Class() == shape.Move {
				continue // the check of State says more
			}
			words := d.t.At(lv).Class() == shape.ElemMaker || d.s.Present(lv)
			if want := d.s.Life.Alive(lv) && words; want != shown {
				err = fmt.Errorf("state: invariant 1: element %d is shown: %v, want %v", lv, shown, want)
			}
		}
		return err == nil
	})
	return err
}

// OpenState is all there is to the open change, for comparing before and after
// an Update that fails.
func (d *Doc) OpenState() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := d.open
	if o == nil || len(o.ops) == 0 {
		return fmt.Sprintf("nothing open; numbers to %d, words to %d", d.t.End(), len(d.words))
	}
	var links []string
	for _, l := range o.h.Links {
		links = append(links, d.g.IDOf(l).ChangeCID().String())
	}
	return fmt.Sprintf("%x from %d, %d numbers, links %v, named %d, words %x, numbers to %d",
		encodeOps(o.ops), o.h.LV, o.h.Count, links, o.named, d.words[o.wordsAt:], d.t.End())
}

// LifeSteps and SeqVisits count the work of the rooms.
func (d *Doc) LifeSteps() uint64 { return d.s.Life.Steps() }

// SeqVisits counts the nodes visited in the root text of a name.
func (d *Doc) SeqVisits(text string) uint64 {
	if q := d.s.Peek(d.root(3, text)); q != nil {
		return q.Visits()
	}
	return 0
}

// StateTold counts the stretches of numbers of which the rooms were told that they came to
// life or died, SeqTurned the spans of the root text of a name that were shown or hidden.
func (d *Doc) StateTold() uint64 { return d.s.Told() }

// SeqTurned is described with StateTold.
func (d *Doc) SeqTurned(text string) uint64 {
	if q := d.s.Peek(d.root(3, text)); q != nil {
		return q.Turned()
	}
	return 0
}

// Rooms tells apart states that were built anew.
func (d *Doc) Rooms() any { return d.s }
