package charter_test

import (
	"slices"

	"github.com/ipfs/go-cid"
)

// shrink takes acts and changes out of a world as long as fails still says so.
func shrink(w *world, bad func(*world) bool) *world {
	fails := func(v *world) bool {
		for _, ch := range v.changes[1:] {
			if !ch.past.has(0) {
				return false
			}
		}
		return bad(v)
	}
	for again := true; again; {
		again = false
		for i := len(w.changes) - 1; i > 0; i-- {
			if v := w.without(i); v != nil && fails(v) {
				w, again = v, true
				continue
			}
			for k := range w.changes[i].acts {
				v := w.copy()
				v.changes[i].acts = slices.Delete(slices.Clone(v.changes[i].acts), k, k+1)
				if fails(v) {
					w, again = v, true
					break
				}
			}
			for k := range w.changes[i].links {
				if v := w.unlinked(i, k); fails(v) {
					w, again = v, true
					break
				}
			}
		}
	}
	return w
}

// copy is the same world, to be changed.
func (w *world) copy() *world {
	v := w.renumber(w.salt)
	for i := range w.changes {
		v.ids, v.at[w.id(i)] = append(v.ids, w.id(i)), i
	}
	v.changes = make([]*change, len(w.changes))
	for i, ch := range w.changes {
		c := *ch
		v.changes[i] = &c
	}
	return v
}

// settle works out seq and past again.
func (w *world) settle() {
	for _, ch := range w.changes {
		ch.past, ch.seq = w.upTo(ch.links...), 0
		if ch.prev >= 0 {
			ch.past |= w.upTo(ch.prev)
			ch.seq = w.changes[ch.prev].seq + 1
		}
	}
}

// unlinked is the world in which change i does not link to its k-th link but to what
// that links to.
func (w *world) unlinked(i, k int) *world {
	v := w.copy()
	ch := v.changes[i]
	l := v.changes[ch.links[k]]
	ch.links = slices.Delete(slices.Clone(ch.links), k, k+1)
	ch.links = append(ch.links, l.links...)
	if l.prev >= 0 {
		ch.links = append(ch.links, l.prev)
	}
	slices.Sort(ch.links)
	ch.links = slices.Compact(ch.links)
	v.settle()
	return v
}

// without is the world without change i; nil when others need it.
func (w *world) without(i int) *world {
	v := w.copy()
	needed := false
	down := func(x int) int {
		needed = needed || x == i
		if x > i {
			return x - 1
		}
		return x
	}
	gone := w.changes[i]
	v.changes = slices.Delete(v.changes, i, i+1)
	for _, ch := range v.changes {
		if k := slices.Index(ch.links, i); k >= 0 {
			ch.links = append(slices.Delete(slices.Clone(ch.links), k, k+1), gone.links...)
			if gone.prev >= 0 {
				ch.links = append(ch.links, gone.prev)
			}
		}
		ch.links = each(ch.links, down)
		slices.Sort(ch.links)
		ch.links = slices.Compact(ch.links)
		ch.prev, ch.tag = down(ch.prev), down(ch.tag)
		ch.acts = slices.Clone(ch.acts)
		for k, a := range ch.acts {
			ch.acts[k] = renamed(a, down)
		}
	}
	if needed {
		return nil
	}
	v.settle()
	v.ids, v.at = slices.Delete(v.ids, i, i+1), map[cid.Cid]int{}
	for k, c := range v.ids {
		v.at[c] = k
	}
	return v
}

func each(list []int, f func(int) int) []int {
	if list == nil {
		return nil
	}
	out := make([]int, len(list))
	for k, x := range list {
		out[k] = f(x)
	}
	return out
}

// renamed is an act with other names for the changes that it names.
func renamed(a act, f func(int) int) act {
	switch a := a.(type) {
	case revoke:
		return revoke{a.key, each(a.heads, f)}
	case hide:
		return hide{each(a.list, f), a.off}
	case endorse:
		if a.accept == nil && a.redact == nil {
			a.amend = f(a.amend)
		} else {
			a.amend = 0
		}
		a.base, a.accept, a.redact = f(a.base), each(a.accept, f), each(a.redact, f)
		return a
	case amend:
		a.base = f(a.base)
		cuts := slices.Clone(a.cuts)
		for k := range cuts {
			cuts[k].heads = each(cuts[k].heads, f)
		}
		a.cuts = cuts
		return a
	}
	return a
}
