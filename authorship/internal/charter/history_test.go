package charter_test

import (
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// history is the crdt.History of a world: what it shows of it is known, nothing else.
type history struct {
	w     *world
	shown set
}

// find is the index of a change that is shown.
func (h *history) find(c cid.Cid) (int, bool) {
	i, ok := h.w.at[c]
	return i, ok && h.shown.has(i)
}

func (h *history) Change(c cid.Cid) crdt.Change {
	i, ok := h.find(c)
	if !ok {
		return crdt.Change{}
	}
	ch := h.w.changes[i]
	out := crdt.Change{ID: c, Author: h.w.author(ch.key), Seq: uint64(ch.seq), Ops: len(ch.acts), Tag: h.w.idOrNone(ch.tag), More: ch.more}
	var parents []cid.Cid
	for l := range h.Links(c) {
		parents = append(parents, l)
	}
	out.Parents = must(crdt.NewVersion(parents...))
	return out
}

func (h *history) Acts(c cid.Cid) iter.Seq[crdt.Act] {
	return func(yield func(crdt.Act) bool) {
		i, ok := h.find(c)
		if !ok {
			return
		}
		for _, a := range h.w.acts(i) {
			if !yield(a) {
				return
			}
		}
	}
}

func (h *history) Links(c cid.Cid) iter.Seq[cid.Cid] {
	return func(yield func(cid.Cid) bool) {
		i, ok := h.find(c)
		if !ok {
			return
		}
		ch := h.w.changes[i]
		if ch.prev >= 0 && !yield(h.w.id(ch.prev)) {
			return
		}
		for _, l := range ch.links {
			if !yield(h.w.id(l)) {
				return
			}
		}
	}
}

func (h *history) InPast(a, of cid.Cid) bool {
	i, ok := h.find(a)
	j, ok2 := h.find(of)
	return ok && ok2 && (i == j || h.w.changes[j].past.has(i))
}

func (h *history) OnChain(a, of cid.Cid) bool {
	i, ok := h.find(a)
	j, ok2 := h.find(of)
	return ok && ok2 && h.w.onChain(i, j)
}

// idOrNone is the CID of a change, cid.Undef for none.
func (w *world) idOrNone(i int) cid.Cid {
	if i < 0 {
		return cid.Undef
	}
	return w.id(i)
}

// acts are the acts of a change as a doc gives them.
func (w *world) acts(i int) []crdt.Act {
	for len(w.bodies) <= i {
		k := len(w.bodies)
		ch := w.changes[k]
		acts := []crdt.Act{}
		for n, a := range ch.acts {
			acts = append(acts, crdt.Act{Change: w.id(k), Index: n, Author: w.author(ch.key), Kind: a.kind(), Body: must(crdt.NewValue(a.body(w, ch.key)))})
		}
		w.bodies = append(w.bodies, acts)
	}
	return w.bodies[i]
}
