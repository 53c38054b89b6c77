package tips

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// What bounds a talk, and when a range is listed instead of being asked about
// further.
const (
	// MaxSteps is how many steps a talk may have; from lastExpand on an honest side
	// lists what is left.
	MaxSteps   = 34
	lastExpand = 32

	// listFew is how many items of a range are listed rather than asked about.
	listFew = 4

	// listBytes is how much is listed at once rather than asked about further: a
	// trip for less than what the packs of a window take.
	listBytes = 24 << 10

	// askBytes is what a step of fingerprints of grandchildren may take; a longer
	// one has those of children.
	askBytes = 36 << 10

	// dense is how many items there may be in a range, on average, for it to be
	// listed when more than three quarters of the ranges beside it differ.
	dense = 16

	// perEntry is how many items one entry names.
	perEntry = 256

	// maxEntry is more than any entry takes.
	maxEntry = 16 + nibbles + perEntry*Size + perEntry/8
)

// ErrTalk says that bytes are no message of a talk, or not one that fits.
var ErrTalk = errors.New("tips: no message of this talk")

// bad makes an ErrTalk.
func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTalk, fmt.Sprintf(format, args...))
}

// Kinds of entries.
const (
	expand1 = 1 + iota
	expand2
	listLast
	listMore
	diffLast
	diffMore
)

// Salt is drawn for each talk.
type Salt [16]byte

// print is a fingerprint.
type print [8]byte

// printOf is the fingerprint of a node.
func (s *Salt) printOf(n *node) (p print) {
	var b [16 + 32]byte
	copy(b[:], s[:])
	copy(b[16:], n.hash[:])
	h := sha256.Sum256(b[:])
	copy(p[:], h[:])
	return p
}

// asked is what one entry of this side's last step asks about.
type asked struct {
	width int     // places: 1 for a list, 1 + 16 or 1 + 256 for an expand
	in    span    // the range
	below span    // of an expand: the longer prefix
	items []*node // of a list: what was listed
	from  *item   // of a list that goes on: the items behind this one
	to    *item   // of a list that goes on after this entry: up to this one
}

// answer is what this side says of one place that the peer has asked about.
type answer struct {
	at    int   // the place
	in    span  // a range that differs
	mine  *node // what is here of it, nil for nothing
	diff  bool  // else: it answers a list, or names what lies beside a prefix
	n     int   // items of the list
	lacks []byte
	extra []*node
}

// Talk is one side of finding out where two sets differ.
//
// Invariants:
//  1. asks has what the last step said here asks about, next to ask that of the
//     step being said; at is how many of their places the peer has answered.
//  2. todo has what the peer's step asks about and differs, by place, ascending.
//  3. Of mine and theirs nothing is named twice.
type Talk struct {
	root   *node
	salt   Salt
	mine   func(Entry) // a tip that the peer does not have
	theirs func(Tip)   // a tip that only the peer has
	step   int         // of the one being said or heard
	turn   bool        // it is this side's
	over   bool

	asks []asked
	next []asked
	ask  int // index in asks of the entry that has place at
	at   int // the next place, among all of asks
	base int // place 0 of asks[ask]

	todo   []answer
	places int // the peer's step asks about so far
	said   int // places answered so far
	weighs bool
	depth  int // of expands of this step: 0 none, all is listed

	list hearing
}

// hearing is a list or a diff of which more parts are to come.
type hearing struct {
	more bool
	kind byte
	in   span
	rest []*node // of a list: own items that are not compared yet
	last *item   // the last item that came
	ask  asked   // of a diff: what it answers
}

// Lead begins a talk about t, which is not empty, in which this side has said its [Tree.Offer], and to which
// the peer answers. mine and theirs are told of each tip that only one side has.
func Lead(t Tree, salt Salt, mine func(Entry), theirs func(Tip)) *Talk {
	k := &Talk{root: t.root, salt: salt, mine: mine, theirs: theirs, step: 1}
	k.asks = []asked{{width: 1 + 16, below: t.root.top(1)}}
	return k
}

// Listed begins a talk in which this side has named all its tips.
func Listed(t Tree, mine func(Entry), theirs func(Tip)) *Talk {
	k := &Talk{root: t.root, mine: mine, theirs: theirs, step: 1}
	k.asks = []asked{{width: 1, items: t.root.list(nil)}}
	return k
}

// Follow begins a talk about t with the offer of the peer.
func Follow(t Tree, salt Salt, offer []byte, mine func(Entry), theirs func(Tip)) (*Talk, error) {
	k := &Talk{root: t.root, salt: salt, mine: mine, theirs: theirs}
	r := reader{rest: offer}
	k.expand(&r, expand1, span{}, t.root)
	if r.bad != "" || len(r.rest) > 0 {
		return nil, bad("offer: %s", r.bad)
	}
	k.pass()
	return k, nil
}

// AnswerList begins a talk, which consists of its answer, with a list of all tips of the
// peer, ascending. It names only tips of the authors that were listed, since it
// follows from the list that the peer has nothing of the others.
func AnswerList(t Tree, list []Tip, mine func(Entry), theirs func(Tip)) *Talk {
	k := &Talk{root: t.root, mine: mine, theirs: theirs, places: 1, turn: true, step: 1}
	var own []*node
	for i, x := range list {
		if i > 0 && x.Author == list[i-1].Author {
			continue
		}
		p := span{n: 64}
		copy(p.key[:], x.Author[:])
		own = t.root.under(&p).list(own)
	}
	a := answer{diff: true, n: len(list), lacks: make([]byte, (len(list)+7)/8)}
	a.extra, _ = k.compare(list, own, a.lacks, nil)
	k.todo = []answer{a}
	return k
}

// top is the longest prefix of all items below that leaves room for so many more nibbles.
func (n *node) top(depth int) span { return spanOf(&n.key, min(int(n.depth), nibbles-depth)) }

// Offer is the first step of who leads: an expand of the whole set, which must not be
// empty.
func (t Tree) Offer(salt Salt) []byte {
	k := Talk{root: t.root, salt: salt}
	return k.appendExpand(nil, span{}, t.root, 1)
}

// Done tells whether all that can be found was: nothing more is to be said or heard.
func (k *Talk) Done() bool { return k.over }

// Turn tells whether this side is to say something.
func (k *Talk) Turn() bool { return k.turn && !k.over }

// pass makes it this side's turn, after the whole step of the peer.
func (k *Talk) pass() {
	k.turn, k.weighs, k.said, k.next = true, true, 0, nil
	k.step++
	if k.places == 0 {
		k.over = true
	}
}

// Next is the next part of this side's step, of about limit bytes, which must be more than 20
// KiB. It is its turn.
func (k *Talk) Next(limit int) []byte {
	if k.weighs {
		k.weigh()
		k.weighs = false
	}
	var b []byte
	for len(k.todo) > 0 && (len(b) == 0 || len(b)+maxEntry < limit) {
		b = k.say(b)
	}
	if len(k.todo) > 0 {
		return b
	}
	b = append(b, 0)
	k.turn, k.todo, k.places = false, nil, 0
	k.asks, k.next = k.next, nil
	k.step++
	if len(k.asks) == 0 {
		k.over = true
	}
	return b
}

// weigh decides how the ranges of this step are answered.
func (k *Talk) weigh() {
	ranges, items, prints := 0, 0, 0
	for i := range k.todo {
		if a := &k.todo[i]; !a.diff {
			ranges++
			items += a.mine.size()
			prints += 2 + 32 + 8*min(256, a.mine.size())
		}
	}
	switch {
	case items*Size <= listBytes, k.step >= lastExpand, 4*ranges > 3*k.places && items <= dense*ranges:
		k.depth = 0
	case prints <= askBytes:
		k.depth = 2
	default:
		k.depth = 1
	}
}

// say appends the next entry.
func (k *Talk) say(b []byte) []byte {
	a := &k.todo[0]
	b = appendUvarint(b, 1+a.at-k.said)
	k.said = a.at
	done := true
	switch {
	case a.diff:
		b, done = k.sayDiff(b, a)
	case k.depth == 0 || a.mine.size() <= listFew:
		b, done = k.sayList(b, a)
	default:
		b = append(b, byte(k.depth))
		b = k.appendExpand(b, a.in, a.mine, k.depth)
		k.next = append(k.next, asked{width: 1 + 1<<(4*k.depth), in: a.in, below: a.mine.top(k.depth)})
	}
	if done {
		k.todo = k.todo[1:]
		k.said++
	}
	return b
}

// sayDiff appends a diff, or a part of it.
func (k *Talk) sayDiff(b []byte, a *answer) (_ []byte, done bool) {
	part := a.extra[:min(len(a.extra), perEntry)]
	a.extra = a.extra[len(part):]
	done = len(a.extra) == 0
	kind := byte(diffMore)
	if done {
		kind = diffLast
	}
	b = appendUvarint(append(b, kind), a.n)
	b = append(b, a.lacks...)
	b = appendItems(b, part)
	a.n, a.lacks = 0, nil
	return b, done
}

// sayList appends a list, or a part of it.
func (k *Talk) sayList(b []byte, a *answer) (_ []byte, done bool) {
	if a.n == 0 {
		a.extra = a.mine.list(nil)
	}
	q := asked{width: 1, in: a.in}
	if a.n > 0 {
		q.from = &k.next[len(k.next)-1].items[perEntry-1].key
	}
	q.items = a.extra[:min(len(a.extra), perEntry)]
	a.extra = a.extra[len(q.items):]
	a.n++
	kind := byte(listLast)
	if done = len(a.extra) == 0; !done {
		kind = listMore
		q.to = &q.items[perEntry-1].key
	}
	k.next = append(k.next, q)
	return appendItems(append(b, kind), q.items), done
}

// appendExpand spells an expand of what is here of a range.
func (k *Talk) appendExpand(b []byte, in span, n *node, depth int) []byte {
	below := n.top(depth)
	b = appendUvarint(b, below.n-in.n)
	for i := in.n; i < below.n; i += 2 {
		x := below.key.at(i) << 4
		if i+1 < below.n {
			x |= below.key.at(i + 1)
		}
		b = append(b, x)
	}
	at := len(b)
	b = append(b, make([]byte, 2<<(4*(depth-1)))...)
	below.slots(n, depth, func(slot int, _ span, kid *node) {
		if kid == nil {
			return
		}
		b[at+slot/8] |= 0x80 >> (slot % 8)
		p := k.salt.printOf(kid)
		b = append(b, p[:]...)
	})
	return b
}

// slots calls f for each child or grandchild of a range, n being what is there of it.
func (p *span) slots(n *node, depth int, f func(slot int, in span, n *node)) {
	for x := range byte(16) {
		q := p.longer(x)
		kid := n.under(&q)
		if depth == 1 {
			f(int(x), q, kid)
			continue
		}
		for y := range byte(16) {
			q := q.longer(y)
			f(int(x)<<4|int(y), q, kid.under(&q))
		}
	}
}

// list appends the leaves below.
func (n *node) list(out []*node) []*node {
	if n == nil {
		return out
	}
	if n.kids == nil {
		return append(out, n)
	}
	for _, k := range n.kids {
		out = k.list(out)
	}
	return out
}
