// Package life answers one question about every number of a work: is it alive?
//
// Numbers are local versions (LVs): elements, entries, tags, steps and delete
// numbers, in the order in which one replica met them. Every number has a
// count and is alive exactly when it is 0. Each of these adds one:
//
//   - an alive delete number that targets it;
//   - an effective restore that names it (restores name delete numbers);
//   - the change that made it being switched off, that is, not effective.
//
// That is the whole rule; that a delete counts only while its change is
// effective and no effective restore names it follows from it, because then
// its own number is dead. Somebody types "abc" (numbers 0, 1, 2), two people
// delete the "b" (delete numbers 3 and 4), both undo (restores of 3 and of 4):
//
//	                count of 1   count of 3   count of 4   text
//	typed               0                                  abc
//	3 deletes 1         1            0                     a c
//	4 deletes 1         2            0            0        a c
//	restore 3           1            1            0        a c
//	restore 4           0            1            1        abc
//
// Delete numbers are never targets themselves, so a number that lives or dies
// reaches at most one step further and nothing is ever searched or rebuilt.
//
// # Use
//
// Call New; tell it of every delete (Delete), restore (Restore) and change that
// stops or starts being effective (Switch), in any order that keeps a thing
// after what it names; then TakeFlips says which numbers other than delete
// numbers came to life or died on balance, once, for those who show them. Alive,
// Run and Count read the present state, Targets and Deleters the table of
// deletes.
//
// # Be careful
//
//   - Restore and Switch with on = true are taken back by the same call with
//     false and the reverse: the caller never does either twice in a row for
//     one restore or one number. A count that would fall below zero panics.
//   - DeleteAlive is for local edits that have hidden their targets already: it
//     records no flip.
//   - Before Truncate the caller takes back restores and switches of the
//     numbers that go, and Pair inside them by Unpair.
//
// # Costs
//
// Deleting, restoring and switching a range cost O((flips + 1)·log), where a
// flip is a number, or a stretch of neighbours, that lives or dies; what is dead
// and dies again costs nothing by itself, however scattered. Nothing is stored
// for alive numbers; a dead one takes a bit, one that is dead more than once
// a few bytes more, a run of deletes twelve. Life is sparse over the LV space:
// an instance that knows few numbers is small whatever their size.
//
// A Life is not safe for concurrent use, except that Alive, Run, Count and
// Targets only read and may run beside each other.
package life

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/invariant"
)

// LV is a local version: the dense number of a thing in arrival order in one
// replica. A replica holds at most 2^31 of them.
type LV = uint32

// Life knows which numbers are alive.
//
// Invariants (those of the parts stand at the parts):
//  1. dead has the numbers with count ≥ 1; extra is count-1 there and 0
//     elsewhere.
//  2. The count of a number is at least the number of alive delete numbers
//     that target it.
//  3. No delete number is pending.
type Life struct {
	dead    bitmap
	extra   extra
	deletes deletes
	pending pending
	index   index
	steps   uint64 // looks of scans and of walks over the table
}

// New returns a Life in which every number is alive.
func New() *Life { return &Life{} }

// Delete says that the n numbers from d on are delete numbers and that d+i
// targets e+i. They lie above all delete numbers that Delete knows, and above
// their targets. They count at once, unless they are dead already because
// their change was switched off before. Costs O((flips + 1)·log).
func (l *Life) Delete(d, e LV, n uint32) {
	if n == 0 {
		return
	}
	if invariant.Enabled {
		l.mustBeTargets(e, n)
	}
	l.deletes.push(d, e, n)
	l.pending.clear(d, n)
	if d >= l.dead.top { // no change was ever switched off so late
		l.raise(e, n)
		return
	}
	for k := uint32(0); k < n; {
		dead, m := l.scan(d+k, n-k)
		if !dead {
			l.raise(e+k, m)
		}
		k += m
	}
}

// DeleteAlive is Delete for the local hot path. The caller knows that the
// targets and d … d+n-1 are alive, that none of them has a flip pending, and
// has hidden the targets by itself: no flip is recorded. It does not allocate,
// but for the growth of the tables.
func (l *Life) DeleteAlive(d, e LV, n uint32) {
	if n == 0 {
		return
	}
	if invariant.Enabled {
		l.mustBeTargets(e, n)
		l.mustBeSettled(d, n)
		l.mustBeSettled(e, n)
	}
	l.deletes.push(d, e, n)
	l.dead.toggle(e, n)
}

// Restore says that one effective restore names the delete numbers d … d+n-1
// (on), or that it does so no more, because its change is switched off or it is
// taken back. Several restores may name one delete number; it counts again only
// after all of them stopped. Costs O((flips + 1)·log).
func (l *Life) Restore(d LV, n uint32, on bool) {
	if invariant.Enabled {
		l.mustBeDeletes(d, n)
	}
	if on {
		l.raiseAny(d, n)
	} else {
		l.lowerAny(d, n)
	}
}

// Switch says that the change which holds the n numbers from lv on is effective
// (on) or is not. Numbers begin as effective; each is switched off at most once
// at a time. Numbers that are switched off before Delete names them as
// delete numbers are known to be such only then. Costs O((flips + 1)·log),
// flips of its delete numbers included.
func (l *Life) Switch(lv LV, n uint32, on bool) {
	if on {
		l.lowerAny(lv, n)
	} else {
		l.raiseAny(lv, n)
	}
}

// Truncate forgets every number at and above lv: the newest delete numbers stop
// counting (flips of targets below lv are recorded) and leave the table, and
// pending flips from lv on are dropped. Before it, the caller takes back what
// else weighs on these numbers: restores that name them and switches of their
// change. After it they may be given out anew. Costs O((flips + 1)·log).
func (l *Life) Truncate(lv LV) {
	for {
		r, d, k, ok := l.deletes.pop(lv)
		if !ok {
			break
		}
		for end := d + k; d < end; {
			dead, m := l.scan(d, end-d)
			if !dead {
				l.lower(r.targets(d, m), m)
			}
			d += m
		}
	}
	l.index.cut(len(l.deletes.runs))
	if l.pending.hi > lv {
		l.pending.clear(lv, l.pending.hi-lv)
	}
	if dead, m := l.scan(lv, ^lv); dead || m < ^lv {
		if !dead {
			lv += m
		}
		panic(fmt.Sprintf("life: Truncate leaves number %d with count %d: take back its restores and switch its change on first", lv, l.Count(lv)))
	}
}

// Steps returns how many pages, nodes and runs the calls so far have looked at
// or changed, those of Alive, Run, Count and Targets left out. It exists for
// tests, which count work instead of measuring time.
func (l *Life) Steps() uint64 {
	return l.steps + l.dead.steps + l.pending.steps + l.extra.steps + l.index.steps
}

// mustBeTargets panics when one of the numbers is a delete number (rule 3 of
// deletes).
func (l *Life) mustBeTargets(e LV, n uint32) {
	l.deletes.each(e, n, func(_ deleteRun, d LV, _ uint32) {
		panic(fmt.Sprintf("life: delete number %d is targeted by a delete (deletes, rule 3)", d))
	}, nil)
}

// mustBeDeletes panics when one of the numbers is no delete number.
func (l *Life) mustBeDeletes(d LV, n uint32) {
	l.deletes.each(d, n, func(deleteRun, LV, uint32) {}, func(lv LV, _ uint32) {
		panic(fmt.Sprintf("life: a restore names %d, which is no delete number", lv))
	})
}

// mustBeSettled panics when one of the numbers is dead or has a pending flip.
func (l *Life) mustBeSettled(lv LV, n uint32) {
	if dead, k, _ := l.dead.run(lv, n); dead || k < n {
		panic(fmt.Sprintf("life: DeleteAlive of %d numbers from %d, which are not all alive", n, lv))
	}
	if flipped, k, _ := l.pending.run(lv, n); flipped || k < n {
		panic(fmt.Sprintf("life: DeleteAlive of %d numbers from %d, where a flip is pending", n, lv))
	}
}
