package life

import "fmt"

// This file moves counts. raise and lower are for numbers that are no delete
// numbers (targets); raiseAny and lowerAny are for any numbers, and carry flips
// of delete numbers on to their targets. A target is below its delete number,
// so walking upwards never meets a number whose turn is still to come.

// scan is dead.run with its looks counted.
func (l *Life) scan(lv LV, n uint32) (dead bool, k uint32) {
	dead, k, looks := l.dead.run(lv, n)
	l.steps += uint64(looks)
	return dead, k
}

// raise adds one to the count of each of the numbers [lv, lv+n), none of which
// is a delete number.
func (l *Life) raise(lv LV, n uint32) {
	for n > 0 {
		k, died := l.raiseStretch(lv, n)
		if died {
			l.pending.toggle(lv, k)
		}
		lv += k
		n -= k
	}
}

// raiseAny is raise for numbers of which any may be delete numbers.
func (l *Life) raiseAny(lv LV, n uint32) {
	for n > 0 {
		k, died := l.raiseStretch(lv, n)
		if died {
			l.flipped(lv, k, l.lower)
		}
		lv += k
		n -= k
	}
}

// raiseStretch adds one to the counts of the longest equal stretch at the start
// of [lv, lv+n), n ≥ 1, and tells its length and whether it died of it.
func (l *Life) raiseStretch(lv LV, n uint32) (k uint32, died bool) {
	dead, k := l.scan(lv, n)
	if dead {
		l.extra.add(lv, k, 1)
	} else {
		l.dead.toggle(lv, k)
	}
	return k, !dead
}

// lower takes one from the count of each of the numbers [lv, lv+n), none of
// which is a delete number.
func (l *Life) lower(lv LV, n uint32) {
	l.mustBeDead(lv, n)
	for n > 0 {
		k, born := l.lowerStretch(lv, n)
		if born {
			l.pending.toggle(lv, k)
		}
		lv += k
		n -= k
	}
}

// lowerAny is lower for numbers of which any may be delete numbers.
func (l *Life) lowerAny(lv LV, n uint32) {
	l.mustBeDead(lv, n)
	for n > 0 {
		k, born := l.lowerStretch(lv, n)
		if born {
			l.flipped(lv, k, l.raise)
		}
		lv += k
		n -= k
	}
}

// lowerStretch takes one from the counts of the longest equal stretch at the
// start of [lv, lv+n), n ≥ 1, all dead: the numbers of count one, which come to
// life, or those of more. It tells its length and which it was.
func (l *Life) lowerStretch(lv LV, n uint32) (k uint32, born bool) {
	once, k := l.extra.run(lv, n)
	if once {
		l.dead.toggle(lv, k)
	} else {
		l.extra.add(lv, k, -1)
	}
	return k, once
}

// mustBeDead panics when one of the numbers is alive: its count would fall
// below zero. It is one scan, which passes over dead pages.
func (l *Life) mustBeDead(lv LV, n uint32) {
	if n == 0 {
		return
	}
	dead, k := l.scan(lv, n)
	if dead && k == n {
		return
	}
	if dead {
		lv += k
	}
	panic(fmt.Sprintf("life: the count of number %d would fall below zero: something is taken back that was not done", lv))
}

// flipped follows up a stretch of numbers that all lived or all died: delete
// numbers are carried on to their targets by move (lower when they died, raise
// when they live again), the others are recorded as pending.
func (l *Life) flipped(lv LV, n uint32, move func(lv LV, n uint32)) {
	l.deletes.each(lv, n, func(r deleteRun, d LV, k uint32) {
		l.steps++
		move(r.targets(d, k), k)
	}, l.pending.toggle)
}
