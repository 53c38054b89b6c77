package merge

import "sync"

// news tells whoever has asked what happens to a replica, or to a repo. Telling
// never waits.
type news struct {
	mu       sync.Mutex
	next     int
	watchers map[int]func(poke)
}

// watch has f called whenever there is news, by whoever brings them; f must not
// wait. stop ends that; f may be in the middle of a call then.
func (n *news) watch(f func(poke)) (stop func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.watchers == nil {
		n.watchers = map[int]func(poke){}
	}
	id := n.next
	n.next++
	n.watchers[id] = f
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.watchers, id)
	}
}

// tell brings news.
func (n *news) tell(what poke) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range n.watchers {
		f(what)
	}
}
