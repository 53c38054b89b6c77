package merge

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/blob"
)

// maxHops is how often a question for a block may be passed on, from server to server,
// by those who have not got it either.
const maxHops = 3

// hedge is how long one who was asked may say nothing before another is asked as well.
// So replicas that ask each other in a ring do not wait for long.
const hedge = time.Second

// fetches is which blocks a replica wants of its peers. Whoever wants one adds it, and
// the connections of the replica, its sources, take what they have not been asked for
// yet: one for each block, and another one when that is slow.
//
// Invariants, under mu:
//  1. wants has the wants that are not done, by the names of their blocks, and line the
//     same in the order they came.
//  2. A want that is not done has a source that has not said that it lacks the block.
//  3. Who is asked, or lacks the block, is a source.
type fetches struct {
	tell func(poke) // wakes the connections

	mu      sync.Mutex
	wants   map[cid.Cid]*want
	line    []*want
	sources map[*blocks]bool
}

// want is one block that is wanted.
type want struct {
	root  cid.Cid // the blob
	place blob.Place
	id    cid.Cid

	hops  byte             // how often it may be passed on
	asked map[*blocks]bool // who was asked and has not answered
	lacks map[*blocks]bool // who has answered that it is not to be had
	heard time.Time        // when somebody was asked, or a part of it came
	cause error            // why the last source did not give it

	done chan struct{} // closed when data or err is set
	data []byte
	err  error
}

// add wants a block for somebody here.
func (f *fetches) add(w want) *want {
	defer f.tell(wanted)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.enter(w)
}

// enter adds a want, or gives the one that is there. mu is held.
func (f *fetches) enter(w want) *want {
	old := f.wants[w.id]
	if old == nil {
		old = &w
		old.asked, old.lacks, old.done = map[*blocks]bool{}, map[*blocks]bool{}, make(chan struct{})
		if f.wants == nil {
			f.wants = map[cid.Cid]*want{}
		}
		f.wants[w.id], f.line = old, append(f.line, old)
	}
	old.hops = max(old.hops, w.hops)
	f.judge(old)
	return old
}

// relay wants a block for a peer that has not got it: nil when there is nobody else who
// could have. While that peer is asked for the same, others may be asked at once.
func (f *fetches) relay(w want, of *blocks) *want {
	defer f.tell(wanted)
	f.mu.Lock()
	defer f.mu.Unlock()
	old, others := f.wants[w.id], false
	for s := range f.sources {
		others = others || s != of && (old == nil || !old.lacks[s])
	}
	if !others {
		return nil
	}
	old = f.enter(w)
	if old.asked[of] {
		old.heard = time.Time{}
	}
	return old
}

// judge ends a want for which nobody is left to ask. mu is held.
func (f *fetches) judge(w *want) {
	for s := range f.sources {
		if !w.lacks[s] {
			return
		}
	}
	err := fmt.Errorf("merge: block %s: %w", w.id, ErrAbsent)
	if w.cause != nil {
		err = fmt.Errorf("%w: %w", err, w.cause)
	}
	f.end(w, nil, err)
}

// end ends a want. mu is held.
func (f *fetches) end(w *want, data []byte, err error) {
	delete(f.wants, w.id)
	f.line = slices.DeleteFunc(f.line, func(o *want) bool { return o == w })
	w.data, w.err = data, err
	close(w.done)
}

// take gives a source something to ask its peer for, nil for nothing, and how often
// that may be passed on.
func (f *fetches) take(s *blocks, now time.Time) (w *want, hops byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range f.line {
		if w.asked[s] || w.lacks[s] || len(w.asked) > 0 && now.Before(w.heard.Add(hedge)) {
			continue
		}
		w.asked[s], w.heard = true, now
		return w, w.hops
	}
	return nil, 0
}

// lacked is told that a source does not give a block, and perhaps why.
func (f *fetches) lacked(w *want, s *blocks, cause error) {
	defer f.tell(wanted)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wants[w.id] != w {
		return
	}
	delete(w.asked, s)
	w.lacks[s] = f.sources[s]
	if cause != nil {
		w.cause = cause
	}
	f.judge(w)
}

// moves is told that a part of a block has come, and tells whether anybody waits for it.
func (f *fetches) moves(id cid.Cid, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.wants[id]
	if w != nil {
		w.heard = now
	}
	return w != nil
}

// came ends the want of a block that has been stored, or could not be.
func (f *fetches) came(id cid.Cid, data []byte, err error) {
	defer f.tell(wanted)
	f.mu.Lock()
	defer f.mu.Unlock()
	if w := f.wants[id]; w != nil {
		f.end(w, data, err)
	}
}

// join adds a source.
func (f *fetches) join(s *blocks) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sources == nil {
		f.sources = map[*blocks]bool{}
	}
	f.sources[s] = true
}

// leave removes a source; the others are asked for what it was asked for.
func (f *fetches) leave(s *blocks, cause error) {
	defer f.tell(wanted)
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sources, s)
	for _, w := range slices.Clone(f.line) {
		if w.asked[s] && cause != nil {
			w.cause = cause
		}
		delete(w.asked, s)
		delete(w.lacks, s)
		f.judge(w)
	}
}

// check restates the invariants.
func (f *fetches) check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.line) != len(f.wants) {
		return fmt.Errorf("fetches 1: %d in line, %d wanted", len(f.line), len(f.wants))
	}
	for _, w := range f.line {
		if f.wants[w.id] != w {
			return fmt.Errorf("fetches 1: block %s is in line and not wanted", w.id)
		}
		left := len(f.sources)
		for s, lacks := range w.lacks {
			if lacks {
				left--
			}
			if lacks && !f.sources[s] {
				return fmt.Errorf("fetches 3: block %s is lacked by one who is no source", w.id)
			}
		}
		if left == 0 {
			return fmt.Errorf("fetches 2: block %s is wanted of nobody", w.id)
		}
		for s := range w.asked {
			if !f.sources[s] {
				return fmt.Errorf("fetches 3: block %s is asked of one who is no source", w.id)
			}
		}
	}
	return nil
}

// errGone is why a peer that was asked has not answered.
var errGone = errors.New("the peer has gone")
