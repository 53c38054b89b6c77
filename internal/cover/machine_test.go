package cover

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// machine drives a Pending and its twin side by side.
type machine struct {
	t     testing.TB
	w     *world
	p     *Pending[int]
	m     *twin
	known map[ID]bool
	left  map[int]int
	log   []string
	ends  struct{ ready, dropped, refused, door int }
}

func newMachine(t testing.TB, w *world, l Limits, most int) *machine {
	v := &machine{t: t, w: w, m: newTwin(w, l, most), known: map[ID]bool{}, left: map[int]int{}}
	v.p = New(func(id ID) bool { return v.known[id] }, v.judge, l)
	v.p.OnLeave(func(x int) { v.left[x]++ })
	v.p.poison.max = most
	return v
}

// judge is the complete function: all links must be there to be read.
func (v *machine) judge(id ID, x int) error {
	if v.w.ids[x] != id {
		v.fail("asked about %d under the name of another", x)
	}
	for _, l := range v.w.h[x].links {
		y, why, ok := v.p.Get(v.w.ids[l])
		if !v.known[v.w.ids[l]] && (!ok || y != l || why.State == Waiting) {
			v.fail("asked about %d before its link %d", x, l)
		}
	}
	if v.w.bad[x] {
		return errBad
	}
	return nil
}

func (v *machine) note(format string, args ...any) {
	v.log = append(v.log, fmt.Sprintf(format, args...))
}

func (v *machine) offer(x int, signed bool, tag Tag) {
	v.note("offer %d %v %q", x, signed, tag)
	c := v.w.h[x]
	it := Item[int]{ID: v.w.ids[x], Size: v.w.size[x], Signed: signed, Data: x}
	for _, l := range c.links {
		if l != c.prev || x%2 == 0 {
			it.Links = append(it.Links, v.w.ids[l])
		}
	}
	if c.prev >= 0 {
		it.Prev = v.w.ids[c.prev]
	}
	if x%5 == 4 && len(it.Links) > 0 {
		it.Links = append(it.Links, it.Links[len(it.Links)-1]) // naming a link twice is harmless
	}
	err := v.p.Offer(&it, tag)
	clear(it.Links) // not kept
	want := v.m.offer(x, signed, tag)
	if want < 0 {
		if err != nil {
			v.fail("refused %d: %v", x, err)
		}
		return
	}
	v.ends.door++
	var r *Refusal
	if !errors.As(err, &r) || !errors.Is(err, ErrPoisoned) || !errors.Is(err, errBad) || r.ID != v.w.ids[x] || r.Cause != v.w.ids[want] {
		v.fail("offer %d: %v, want the cause %d", x, err, want)
	}
}

func (v *machine) sign(x int) {
	v.note("sign %d", x)
	if got, want := v.p.Sign(v.w.ids[x]), v.m.sign(x); got != want {
		v.fail("sign %d: %v, want %v", x, got, want)
	}
}

func (v *machine) poison(x int) {
	if v.known[v.w.ids[x]] {
		return
	}
	v.note("poison %d", x)
	v.p.Poison(v.w.ids[x], errBad)
	v.m.poisoned(x)
}

func (v *machine) forget(tag Tag) {
	v.note("forget %q", tag)
	v.p.Forget(tag)
	v.m.forget(tag)
}

// outside applies x without the room, if that may be.
func (v *machine) outside(x int) {
	if _, refused := v.m.cause(x); refused || v.w.bad[x] || v.m.settled(x) {
		return
	}
	for _, l := range v.w.h[x].links {
		if !v.m.applied[l] {
			return
		}
	}
	v.note("applied %d", x)
	v.known[v.w.ids[x]] = true
	v.p.Applied(v.w.ids[x])
	v.m.outside(x)
}

func (v *machine) take() {
	v.note("take")
	t := v.p.Take()
	v.m.bound(1)
	var ready []int
	for _, h := range t.Ready {
		v.known[h.ID] = true
		if v.w.ids[h.Data] != h.ID {
			v.fail("took %d under another name", h.Data)
		}
		ready = append(ready, h.Data)
	}
	if !slices.Equal(ready, v.m.ready) {
		v.fail("ready %v, want %v", ready, v.m.ready)
	}
	var dropped []int
	for _, id := range t.Dropped {
		dropped = append(dropped, v.w.at(id))
	}
	slices.Sort(dropped)
	slices.Sort(v.m.dropped)
	if !slices.Equal(dropped, v.m.dropped) {
		v.fail("dropped %v, want %v", dropped, v.m.dropped)
	}
	refused := map[int]int{}
	for _, r := range t.Refused {
		refused[v.w.at(r.ID)] = v.w.at(r.Cause)
	}
	if !maps.Equal(refused, v.m.refused) {
		v.fail("refused %v, want %v", refused, v.m.refused)
	}
	for _, x := range ready {
		v.m.applied[x] = true
	}
	v.ends.ready += len(ready)
	v.ends.dropped += len(dropped)
	v.ends.refused += len(refused)
	v.m.ready, v.m.dropped, v.m.refused = nil, nil, map[int]int{}
	for _, s := range v.p.sources.heap {
		if v.p.sources.load(s) > v.p.sources.full() {
			v.fail("%q is above its bound after Take", s.tag)
		}
	}
	if l := v.m.limits; v.p.Len() > 4*l.Changes || v.p.Bytes() > 4*l.Bytes {
		v.fail("the work is above its bound after Take")
	}
}

// compare holds everything that can be read against the twin.
func (v *machine) compare() {
	if err := v.p.Check(); err != nil {
		v.fail("%v", err)
	}
	if !maps.Equal(v.left, v.m.left) {
		v.fail("left %v, want %v", v.left, v.m.left)
	}
	var order []int
	bytes := 0
	for id, x := range v.p.All() {
		if v.w.at(id) != x {
			v.fail("%d under another name", x)
		}
		order = append(order, x)
	}
	missing := map[int]bool{}
	for i, k := range v.m.held {
		if i >= len(order) || order[i] != k.x {
			v.fail("held %v, want %d at %d", order, k.x, i)
		}
		bytes += k.size
		for _, l := range v.w.h[k.x].links {
			if !v.m.settled(l) && v.m.find(l) == nil {
				missing[l] = true
			}
		}
	}
	if v.p.Len() != len(v.m.held) || len(order) != len(v.m.held) || v.p.Bytes() != bytes {
		v.fail("%d held with %d bytes, want %d with %d", v.p.Len(), v.p.Bytes(), len(v.m.held), bytes)
	}
	for id := range v.p.Missing() {
		if x := v.w.at(id); !missing[x] {
			v.fail("%d is not missing, or twice", x)
		}
		delete(missing, v.w.at(id))
	}
	if len(missing) > 0 {
		v.fail("%v are missing", missing)
	}
	for x, id := range v.w.ids {
		v.compareState(x, id)
	}
}

// compareState holds one change against the twin.
func (v *machine) compareState(x int, id ID) {
	data, why, ok := v.p.Get(id)
	k := v.m.find(x)
	cause, refused := v.m.cause(x)
	if r := v.p.Refusal(id); refused != (r != nil) || r != nil && v.w.at(r.Cause) != cause {
		v.fail("refusal of %d: %v, want %v %d", x, r, refused, cause)
	}
	want := Ready
	switch {
	case k != nil && k.done == 0:
		want = Waiting
	case k != nil:
		want = Blocked
	case !slices.Contains(v.m.ready, x):
		if ok {
			v.fail("%d is pending: %v", x, why)
		}
		return
	}
	if !ok || data != x || why.State != want {
		v.fail("%d in state %d, want %d", x, why.State, want)
	}
	if why.Link == (ID{}) {
		if want == Waiting {
			v.fail("%d waits for nothing", x)
		}
		return
	}
	l := v.w.at(why.Link)
	o := v.m.find(l)
	if !slices.Contains(v.w.h[x].links, l) || v.m.settled(l) || (want == Blocked) != (o != nil && o.done > 0) {
		v.fail("%d in state %d because of %d", x, want, l)
	}
}

func (v *machine) fail(format string, args ...any) {
	v.t.Helper()
	v.t.Fatalf("%s\nhistory %+v\nsizes %v bad %v limits %+v\nevents %v", fmt.Sprintf(format, args...), v.w.h, v.w.size, v.w.bad, v.m.limits, v.log)
}
