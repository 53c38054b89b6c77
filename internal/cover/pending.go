package cover

import "fmt"

// ID names a change: the SHA-256 digest of its block.
type ID = [32]byte

// Item is one offered change: a well-formed block whose hash was checked. Its validity against its past is not known yet.
type Item[T any] struct {
	ID     ID
	Prev   ID   // zero: none. It is a link, whether or not it stands among Links
	Links  []ID // parents and refs; not kept
	Size   int  // bytes kept for it by the caller; it counts at least what holding it costs here
	Signed bool // a verified signature on it is at hand
	Data   T    // handed back by Get, All and Take
}

// Held is a change that is applied now.
type Held[T any] struct {
	ID     ID
	Data   T
	Signed bool
}

// Taken is what has left a room since the last Take. All slices belong to the caller.
type Taken[T any] struct {
	Ready   []Held[T]  // applied: links first, and else in the order in which their links became complete
	Dropped []ID       // went because of a bound; may be offered again, and may be back already
	Refused []*Refusal // had been held, and build on, or are, an invalid change
	Blamed  []Blame    // who had brought those
}

// Blame is that a source has brought a change that no honest one has.
type Blame struct {
	From Tag
	Why  *Refusal
}

// State is where a pending change stands.
type State uint8

// The states of a pending change, in the order in which it walks through them.
const (
	Waiting State = iota + 1 // a link is neither applied nor complete
	Blocked                  // complete, but a link is blocked or nothing covers it
	Ready                    // applied; to be fetched by Take
)

// wanted is the state of an entry that is only named by others.
const wanted State = 0

// Reason says why a change is pending.
type Reason struct {
	State State
	// Link is what it waits for: for Waiting a link that is absent or waits itself, for Blocked the blocked link, or
	// the zero ID if all that is missing is a signature on the change or on a later one of its chain.
	Link ID
}

// spot names an entry of a Pending.
type spot int32

// entry is one id: a pending change, or one that waiting changes name.
type entry[T any] struct {
	id           ID
	data         T
	size         int  // bytes counted
	prev         spot // its predecessor while that is an entry it has a link to, else -1
	node         Node // if Blocked
	lacks        int32
	notes        int32
	older, newer spot // among the held or among the wanted; newer is also the free list
	state        State
	signed       bool
	live         bool // an entry, not a free slot
	going        bool // on its way out
}

// list is a queue of entries, oldest first.
type list struct{ first, last spot }

// Pending is the waiting room of one work: every change that was offered and is not applied yet, for whichever reason,
// within the bounds given to [New].
//
// At all times between calls:
//
//  1. an id stands for one entry; held lists the waiting and blocked ones by arrival, wants the wanted ones, ready those
//     to be taken;
//  2. only waiting entries have links, to wanted, waiting and blocked entries; lacks counts those to the first two and
//     is not 0;
//  3. a wanted entry has somebody who names it and nothing else;
//  4. blocked entries are the nodes of set, one to one;
//  5. prev is none or one of the links;
//  6. who holds what, and sources, are as written there; count and bytes are the sums over the held;
//  7. no source and not the work is above twice its bound, and after Take not above it;
//  8. nothing held or wanted is remembered as poisoned.
type Pending[T any] struct {
	known    func(ID) bool
	complete func(ID, T) error
	left     func(T) // may be nil

	set     *Set
	byNode  []spot
	index   map[ID]spot
	entries []entry[T]
	free    spot
	links   links[spot]
	held    list
	wants   list
	count   int
	bytes   int

	sources sources
	poison  memory[*Refusal] // the invalid ones
	branch  memory[*Refusal] // those that build on one
	early   memory[Early]

	ready   []spot
	dropped []ID
	refused []*Refusal
	blamed  []Blame

	offering ID        // its refusal is returned, not listed
	broke    []*source // overdrawn in this call, to be forgotten at its end
	queue    []spot    // became complete, not looked at yet
	gone     []spot    // remove: what goes
	hits     []spot    // Offer: the entries of the links
	nodes    []Node    // the links of a change that became complete
}

// New returns an empty room. known tells whether a change is applied; it is asked during Offer only. complete is asked
// once for each change when all its links are applied or pending and complete (so they can be had from Get): it judges
// the change by its past, and an error refuses it for good. It must not call any method of the room but Get. Zero
// limits are [MaxChanges] and [MaxBytes].
func New[T any](known func(ID) bool, complete func(ID, T) error, l Limits) *Pending[T] {
	return &Pending[T]{
		known: known, complete: complete,
		set: NewSet(), index: make(map[ID]spot), free: nil32, links: newLinks[spot](),
		held: list{nil32, nil32}, wants: list{nil32, nil32}, sources: newSources(l),
		poison: newMemory[*Refusal](MaxPoison), branch: newMemory[*Refusal](MaxPoison), early: newMemory[Early](MaxEarly),
	}
}

// OnLeave sets a function that is called once with the data of each held change that Take will not hand out: dropped,
// refused, or reported by Applied. So what the caller keeps for it can be let go. It must not call the room.
func (p *Pending[T]) OnLeave(left func(T)) { p.left = left }

// Offer brings a change. One that is pending already is only noted for its source, and its signature reported; its Data
// stays what it was, so if the newcomer knows more (the signature itself, words that were absent) the caller adds that to
// what Get returns. One that is applied is ignored.
//
// The error, always a [*Refusal], says that this change is refused, either unread because it is known to be invalid or to
// build on an invalid change, or because complete says so now. A source may exceed its bound up to twofold until the next
// [Pending.Take], so that a segment whose signature comes last is not cut.
func (p *Pending[T]) Offer(it *Item[T], from Tag) error {
	if s, ok := p.index[it.ID]; ok && p.entries[s].state != wanted {
		p.again(s, it.Signed, from)
		return nil
	}
	if r := p.Refusal(it.ID); r != nil {
		return r
	}
	if p.known(it.ID) {
		return nil
	}
	size, r := p.resolve(it)
	p.offering = it.ID
	if r != nil {
		r = &Refusal{ID: it.ID, Cause: r.Cause, Err: r.Err}
		p.condemn(r)
	} else {
		p.admit(it, size, from)
		p.run()
		p.finish(2)
		if _, held := p.index[it.ID]; !held {
			r = p.Refusal(it.ID)
		}
	}
	p.offering = ID{}
	if r == nil {
		return nil
	}
	return r
}

// again handles a change that is pending already.
func (p *Pending[T]) again(s spot, signed bool, from Tag) {
	e := &p.entries[s]
	if e.state == Ready {
		return
	}
	e.notes = p.sources.write(from, s, e.size, e.notes)
	if src := p.sources.by[from]; src != nil {
		src.credit += WorkPerByte * int64(e.size)
	}
	if signed {
		p.sign(s)
	}
	p.finish(2)
}

// resolve looks up the links of it into p.hits: an entry, applied, or nil32 for one that is neither. It returns what the
// change counts, or the refusal of a link.
func (p *Pending[T]) resolve(it *Item[T]) (int, *Refusal) {
	p.hits = p.hits[:0]
	for i := -1; i < len(it.Links); i++ {
		id := it.Prev
		if i >= 0 {
			if id = it.Links[i]; id == it.Prev {
				continue
			}
		} else if id == (ID{}) {
			p.hits = append(p.hits, applied)
			continue
		}
		s, ok := p.index[id]
		switch {
		case ok && p.entries[s].state == Ready:
			s = applied
		case ok:
		case p.known(id):
			s = applied
		default:
			if r := p.Refusal(id); r != nil {
				return 0, r
			}
			s = nil32
		}
		p.hits = append(p.hits, s)
	}
	cost := itemCost
	for _, s := range p.hits {
		switch {
		case s == applied:
		case s == nil32 || p.entries[s].state == wanted:
			cost += wantCost
		default:
			cost += linkCost
		}
	}
	return max(it.Size, cost), nil
}

// applied stands in p.hits for a link that is applied.
const applied spot = -2

// admit makes it a waiting entry that counts size bytes, with its links as found by resolve, and queues it if it lacks
// nothing.
func (p *Pending[T]) admit(it *Item[T], size int, from Tag) {
	s, ok := p.index[it.ID]
	if ok {
		p.unlist(&p.wants, s)
	} else {
		s = p.fresh(it.ID)
	}
	e := &p.entries[s]
	e.data, e.size, e.state, e.signed = it.Data, size, Waiting, it.Signed
	p.enlist(&p.held, s)
	p.count++
	p.bytes += size
	e.notes = p.sources.write(from, s, size, e.notes)
	p.sources.by[from].credit += WorkPerByte * int64(size)
	lacks, at := int32(0), 0
	for i := -1; i < len(it.Links); i++ {
		id := it.Prev
		if i >= 0 {
			if id = it.Links[i]; id == it.Prev {
				continue
			}
		}
		t := p.hits[at]
		at++
		if t == applied {
			continue
		}
		if t == nil32 {
			t = p.want(id)
		}
		p.links.add(s, t)
		if i < 0 {
			p.entries[s].prev = t
		}
		if p.entries[t].state != Blocked {
			lacks++
		}
	}
	p.entries[s].lacks = lacks
	if lacks == 0 {
		p.queue = append(p.queue, s)
	}
}

// want returns the entry of an id that is not here, made if need be: the same link may stand in a change twice.
func (p *Pending[T]) want(id ID) spot {
	if s, ok := p.index[id]; ok {
		return s
	}
	s := p.fresh(id)
	p.enlist(&p.wants, s)
	return s
}

// run walks each queued change, whose links are all complete, through judgement into the Set, and on with whoever
// waited for it alone.
func (p *Pending[T]) run() {
	for i := 0; i < len(p.queue); i++ {
		s := p.queue[i]
		e := &p.entries[s]
		if err := p.complete(e.id, e.data); err != nil {
			p.condemn(&Refusal{ID: e.id, Cause: e.id, Err: err})
			continue
		}
		p.enter(s)
	}
	p.queue = p.queue[:0]
}

// enter puts a complete change into the Set.
func (p *Pending[T]) enter(s spot) {
	e := &p.entries[s]
	p.nodes = p.nodes[:0]
	for i := p.links.at[s].out; i != nil32; i = p.links.at[s].out {
		p.nodes = append(p.nodes, p.entries[p.links.edges[i].to].node)
		p.links.cut(i)
	}
	prev := None
	if e.prev != nil32 {
		prev, e.prev = p.entries[e.prev].node, nil32
	}
	before := p.set.work.Sum()
	n, out := p.set.Add(p.nodes, prev, e.signed)
	for int(n) >= len(p.byNode) {
		p.byNode = append(p.byNode, nil32)
	}
	p.byNode[n] = s
	e.node, e.state = n, Blocked
	for i := p.links.at[s].in; i != nil32; i = p.links.edges[i].inNext {
		p.met(p.links.edges[i].from)
	}
	p.charge(s, p.set.work.Sum()-before)
	p.settle(out)
}

// met counts one link of s as complete.
func (p *Pending[T]) met(s spot) {
	e := &p.entries[s]
	if e.lacks--; e.lacks == 0 {
		p.queue = append(p.queue, s)
	}
}

// Sign reports a verified signature on a pending change; it returns false if id is not pending. The caller keeps the
// signature itself where it keeps the change.
func (p *Pending[T]) Sign(id ID) bool {
	s, ok := p.index[id]
	if !ok || p.entries[s].state == wanted {
		return false
	}
	p.sign(s)
	p.finish(2)
	return true
}

// sign notes a signature on the change at s.
func (p *Pending[T]) sign(s spot) {
	e := &p.entries[s]
	if e.signed {
		return
	}
	e.signed = true
	if e.state != Blocked {
		return
	}
	before := p.set.work.Sum()
	out := p.set.Sign(e.node)
	cost := p.set.work.Sum() - before
	p.charge(s, cost-min(cost, WorkPerByte*signCost))
	p.settle(out)
}

// settle takes what became applied out of the room's lists; Take hands it out.
func (p *Pending[T]) settle(out []Node) {
	for _, n := range out {
		s := p.byNode[n]
		p.byNode[n] = nil32
		p.leave(s)
		p.detach(s)
		p.entries[s].state = Ready
		p.ready = append(p.ready, s)
	}
}

// detach cuts the links to s, which is applied.
func (p *Pending[T]) detach(s spot) {
	for i := p.links.at[s].in; i != nil32; i = p.links.at[s].in {
		f := &p.entries[p.links.edges[i].from]
		if f.prev == s {
			f.prev = nil32
		}
		p.links.cut(i)
	}
}

// leave takes a held change out of the arrival list and the accounts.
func (p *Pending[T]) leave(s spot) {
	e := &p.entries[s]
	for e.notes != nil32 {
		e.notes = p.sources.erase(e.notes, e.size, e.notes)
	}
	p.unlist(&p.held, s)
	p.count--
	p.bytes -= e.size
	e.node = None
}

// Applied reports that a change was applied without having been taken from here: one of the replica's own. It must be
// called for links first. If the change was pending, it is so no longer, and is not handed out.
func (p *Pending[T]) Applied(id ID) {
	s, ok := p.index[id]
	if !ok || p.entries[s].state == Ready {
		return
	}
	if p.entries[s].state == wanted {
		for i := p.links.at[s].in; i != nil32; i = p.links.edges[i].inNext {
			p.met(p.links.edges[i].from)
		}
		p.detach(s)
		p.unlist(&p.wants, s)
		p.erase(s)
		p.run()
		p.finish(2)
		return
	}
	at := len(p.ready)
	p.sign(s)
	if p.entries[s].state != Ready {
		panic(fmt.Sprintf("cover: Applied(%x) before its links: state %d, lacks %d", id, p.entries[s].state, p.entries[s].lacks))
	}
	for p.ready[at] != s {
		at++
	}
	p.ready = append(p.ready[:at], p.ready[at+1:]...)
	if p.left != nil {
		p.left(p.entries[s].data)
	}
	p.erase(s)
	p.finish(2)
}

// Ready tells whether Take would return changes that are applied.
func (p *Pending[T]) Ready() bool { return len(p.ready) > 0 }

// Take ends a batch: it brings every source and the work within bounds and returns what left the room since the last
// Take. The ready changes must count as applied before the next call.
func (p *Pending[T]) Take() Taken[T] {
	p.finish(1)
	t := Taken[T]{Dropped: p.dropped, Refused: p.refused, Blamed: p.blamed}
	p.dropped, p.refused, p.blamed = nil, nil, nil
	if len(p.ready) > 0 {
		t.Ready = make([]Held[T], len(p.ready))
	}
	for i, s := range p.ready {
		e := &p.entries[s]
		t.Ready[i] = Held[T]{e.id, e.data, e.signed}
		p.erase(s)
	}
	p.ready = p.ready[:0]
	p.shrink()
	return t
}
