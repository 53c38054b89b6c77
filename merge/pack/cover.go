package pack

// signable is a change of a group, and the signature on it, nil if there is none.
type signable struct {
	prev    int // place in the group, -1 if it is not in it
	sig     *[64]byte
	covered bool // by a signature on it or later on its chain, in the group
	later   bool // by one later on its chain
}

// cover tells which signatures of a group of changes are needed, and whether
// they cover all of it. A signature covers the chain below it, so of each chain
// the last is enough.
type cover struct {
	list []signable
	open int // how many are not covered
}

// reset begins another group.
func (c *cover) reset() {
	clear(c.list)
	c.list, c.open = c.list[:0], 0
}

// add appends a change.
func (c *cover) add(prev int, sig *[64]byte) {
	c.list = append(c.list, signable{prev: prev, sig: sig})
	c.open++
	if sig == nil {
		return
	}
	for k := len(c.list) - 1; k >= 0 && !c.list[k].covered; k = c.list[k].prev {
		c.list[k].covered = true
		c.open--
	}
}

// needed yields the places of the changes whose signatures are needed, ascending.
func (c *cover) needed(yield func(k int, sig *[64]byte)) {
	for k := len(c.list) - 1; k >= 0; k-- {
		s := &c.list[k]
		if s.prev >= 0 && (s.later || s.sig != nil) {
			c.list[s.prev].later = true
		}
	}
	for k := range c.list {
		if s := &c.list[k]; s.sig != nil && !s.later {
			yield(k, s.sig)
		}
	}
}
