package authorship

import (
	"sync"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// keeper keeps who the people of a set of changes are, beside the judge of that set, so
// that who asks about one change after another does not have all names read each time.
//
// Invariant: people is what peopleOf gives for a view of the first changes of the judge
// without open edits, as long as valid says so: names are words, which may come later than
// their change, and be erased.
type keeper struct {
	mu       sync.Mutex
	people   *people // nil: not read yet; its view is set while it is asked
	changes  int
	erased   int       // changes whose words were erased
	wordless []cid.Cid // changes with the newest names of keys, where they are empty, or absent
	read     int       // how often all names were read
}

// ask has fn ask who people of a view of so many changes are. Views with open edits have
// people of their own, and so has who asks while another does: a view of an Update must
// not wait for one that waits for its end.
func (k *keeper) ask(v *crdt.View, changes int, fn func(*people)) {
	if v.Open() || !k.mu.TryLock() {
		fn(peopleOf(v))
		return
	}
	defer k.mu.Unlock()
	if !k.valid(v, changes) {
		k.fill(v, changes)
	}
	k.people.v = v
	defer func() { k.people.v = nil }()
	fn(k.people)
}

// valid tells whether what is kept is that of a view.
func (k *keeper) valid(v *crdt.View, changes int) bool {
	if k.people == nil || k.changes != changes || k.erased != erasedIn(v) {
		return false
	}
	for _, c := range k.wordless {
		for a := range v.ActsIn(c) {
			if a.Kind == actName && a.Words != "" {
				return false
			}
		}
	}
	return true
}

// fill reads the people of a view.
func (k *keeper) fill(v *crdt.View, changes int) {
	k.read++
	k.erased = erasedIn(v) // before the names: what is erased meanwhile has them read again
	k.people, k.changes, k.wordless = peopleOf(v), changes, nil
	for _, keys := range k.people.said {
		for _, n := range keys {
			if n.name == "" {
				k.wordless = append(k.wordless, n.id)
			}
		}
	}
}

// erasedIn is how many changes of a view have lost their words by a decision.
func erasedIn(v *crdt.View) (n int) {
	for range v.Erased() {
		n++
	}
	return n
}
