package life

// pending is the set of numbers whose flips nobody has taken yet. A flip toggles
// a bit, so what died and came back is not in it: the net is kept by itself.
//
// Invariant: every number in the set lies in [lo, hi); lo = hi when it is
// surely empty.
type pending struct {
	bitmap
	lo, hi LV
}

// toggle records that each number of [lv, lv+n), n ≥ 1, flipped.
func (p *pending) toggle(lv LV, n uint32) {
	if p.lo == p.hi {
		p.lo, p.hi = lv, lv+n
	} else {
		p.lo, p.hi = min(p.lo, lv), max(p.hi, lv+n)
	}
	p.bitmap.toggle(lv, n)
}

// clear takes the numbers [lv, lv+n) out of the set. At the usual call, a new
// number above all pending ones, it does nothing.
func (p *pending) clear(lv LV, n uint32) {
	for end := min(lv+n, p.hi); lv < end; {
		set, k, looks := p.run(lv, end-lv)
		p.steps += uint64(looks)
		if set {
			p.bitmap.toggle(lv, k)
		}
		lv += k
	}
}

// TakeFlips tells which numbers came to life or died on balance since the last
// call, and forgets that they did: runs of neighbours that went the same way,
// ascending and as long as possible. A number that died and came back is not
// told, a delete number never. yield may read the Life, not change it; what it
// was told of is taken even when it panics. Costs O(flips), plus a look for
// each 2^18 numbers between the lowest and the highest flip.
func (l *Life) TakeFlips(yield func(lv LV, n uint32, alive bool)) {
	p := &l.pending
	for p.lo < p.hi {
		set, n, looks := p.run(p.lo, p.hi-p.lo)
		p.steps += uint64(looks)
		if !set {
			p.lo += n
			continue
		}
		dead, k := l.scan(p.lo, n)
		lv := p.lo
		p.bitmap.toggle(lv, k)
		p.lo += k
		yield(lv, k, !dead)
	}
}
