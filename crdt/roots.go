package crdt

import "iter"

// Roots yields the containers at the top of the work in which the view shows something,
// by name; of one name in the order map, list, text, set, counter, tree. The root map is
// none of them: [View.All] yields what stands in it. Where JSON shows one thing under a
// name, here are all.
func (v *View) Roots() iter.Seq2[string, Part] {
	return func(yield func(string, Part) bool) {
		for _, r := range v.roots() {
			part := place{v, r.at}.handle().(Part) // a root container is of one of the kinds
			if !yield(r.name, part) {
				return
			}
		}
	}
}
