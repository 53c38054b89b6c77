package tips

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Take takes in a part of the peer's step. The error is an ErrTalk.
func (k *Talk) Take(b []byte) error {
	if k.turn || k.over {
		return bad("it is not the peer's turn")
	}
	if k.step >= MaxSteps {
		return bad("%d steps", k.step)
	}
	r := reader{rest: b}
	for len(r.rest) > 0 && r.bad == "" {
		skip := r.uvarint()
		if skip == 0 {
			return k.end(&r)
		}
		k.entry(&r, skip-1)
	}
	if r.bad != "" {
		return bad("%s", r.bad)
	}
	return nil
}

// end takes in the end of a step.
func (k *Talk) end(r *reader) error {
	switch {
	case r.bad != "":
		return bad("%s", r.bad)
	case len(r.rest) > 0:
		return bad("bytes after the end of a step")
	case k.list.more:
		return bad("a step ends in a list or a diff")
	}
	if k.skip(r, k.left()); r.bad != "" {
		return bad("%s", r.bad)
	}
	k.asks, k.ask, k.at, k.base = nil, 0, 0, 0
	k.pass()
	return nil
}

// left is how many places are not answered.
func (k *Talk) left() int {
	n := 0
	for i := k.ask; i < len(k.asks); i++ {
		n += k.asks[i].width
	}
	return n - (k.at - k.base)
}

// skip passes over places that are said to be equal: none of them is a list.
func (k *Talk) skip(r *reader, n int) {
	for n > 0 && k.ask < len(k.asks) {
		q := &k.asks[k.ask]
		if q.width == 1 {
			r.fail("a list is not answered")
			return
		}
		d := min(n, k.base+q.width-k.at)
		n -= d
		k.advance(d)
	}
	if n > 0 {
		r.fail("places that were not asked about")
	}
}

// advance goes on by d places, within one entry or to the start of the next.
func (k *Talk) advance(d int) {
	k.at += d
	if k.at-k.base == k.asks[k.ask].width {
		k.base = k.at
		k.ask++
	}
}

// entry takes in one entry.
func (k *Talk) entry(r *reader, skip int) {
	kind := r.byte()
	if k.list.more {
		if skip != 0 || kind != k.list.kind && kind != k.list.kind-1 {
			r.fail("a list or a diff does not go on")
			return
		}
		if kind >= diffLast {
			k.diff(r, kind)
		} else {
			k.hearList(r, kind)
		}
		return
	}
	if k.skip(r, skip); r.bad != "" {
		return
	}
	if k.ask == len(k.asks) {
		r.fail("a place that was not asked about")
		return
	}
	q := &k.asks[k.ask]
	slot := k.at - k.base - 1 // of an expand; -1: beside the prefix
	if (q.width == 1 || slot < 0) != (kind == diffLast || kind == diffMore) {
		r.fail("an answer of another kind")
		return
	}
	switch kind {
	case diffLast, diffMore:
		k.list = hearing{ask: *q}
		k.diff(r, kind)
	case listLast, listMore:
		in := q.slot(slot)
		k.list = hearing{in: in, rest: k.root.under(&in).list(nil)}
		k.hearList(r, kind)
	case expand1, expand2:
		in := q.slot(slot)
		k.expand(r, kind, in, k.root.under(&in))
	default:
		r.fail("an entry of no kind")
	}
	if r.bad == "" {
		k.advance(1)
	}
}

// slot is the range of a place of an expand.
func (q *asked) slot(i int) span {
	if q.width == 1+256 {
		p := q.below.longer(byte(i >> 4))
		return p.longer(byte(i & 15))
	}
	return q.below.longer(byte(i))
}

// expand takes in an expand of a range of which n is what is here.
func (k *Talk) expand(r *reader, kind byte, in span, n *node) {
	depth := int(kind)
	below := r.prefix(in, nibbles-depth)
	bitmap := r.take(2 << (4 * (depth - 1)))
	if r.bad == "" && len(bytes.Trim(bitmap, "\x00")) == 0 {
		r.fail("an expand of nothing")
	}
	if r.bad != "" {
		return
	}
	at := k.places
	k.places += 1 + 1<<(4*depth)
	here := n.under(&below)
	if here.size() < n.size() {
		a := answer{at: at, diff: true, extra: n.beside(&below, nil)}
		k.tell(a.extra)
		k.todo = append(k.todo, a)
	}
	below.slots(here, depth, func(slot int, in span, mine *node) {
		if bitmap[slot/8]&(0x80>>(slot%8)) == 0 {
			if mine != nil {
				k.todo = append(k.todo, answer{at: at + 1 + slot, in: in, mine: mine})
			}
			return
		}
		p := print(r.array(8))
		if r.bad == "" && (mine == nil || k.salt.printOf(mine) != p) {
			k.todo = append(k.todo, answer{at: at + 1 + slot, in: in, mine: mine})
		}
	})
}

// beside appends the leaves that do not lie in a range.
func (n *node) beside(p *span, out []*node) []*node {
	switch {
	case n.kids == nil && p.has(&n.key), n.kids != nil && int(n.depth) >= p.n && p.has(&n.key):
		return out
	case n.key.common(&p.key, min(p.n, int(n.depth))) < min(p.n, int(n.depth)):
		return n.list(out)
	}
	for _, kid := range n.kids {
		out = kid.beside(p, out)
	}
	return out
}

// tell tells of tips that the peer does not have.
func (k *Talk) tell(list []*node) {
	for _, n := range list {
		k.mine(Entry{n.key.tip(), n.place})
	}
}

// hearList takes in a list or a part of it, and notes the diff that answers it.
func (k *Talk) hearList(r *reader, kind byte) {
	h := &k.list
	list := r.items(h.last, &h.in, nil)
	if r.bad != "" {
		return
	}
	if kind == listMore && len(list) == 0 {
		r.fail("an empty part of a list")
		return
	}
	a := answer{at: k.places, diff: true, n: len(list), lacks: make([]byte, (len(list)+7)/8)}
	k.places++
	var to *Tip
	if kind == listMore {
		to = &list[len(list)-1]
	}
	a.extra, h.rest = k.compare(list, h.rest, a.lacks, to)
	k.todo = append(k.todo, a)
	k.goOn(kind == listMore, kind, list)
}

// goOn notes whether the entry after this one goes on with it.
func (k *Talk) goOn(more bool, kind byte, list []Tip) {
	if !more {
		k.list = hearing{}
		return
	}
	k.list.more, k.list.kind = true, kind
	if len(list) > 0 {
		last := itemOf(list[len(list)-1])
		k.list.last = &last
	}
}

// compare compares a list of the peer with the own items, ascending, up to to. It sets the bits
// of what is not here and returns what was not listed, and the own items behind to.
func (k *Talk) compare(list []Tip, own []*node, lacks []byte, to *Tip) (extra, rest []*node) {
	i := 0
	for j := range list {
		x := itemOf(list[j])
		c := 1
		for ; i < len(own); i++ {
			if c = bytes.Compare(own[i].key[:], x[:]); c >= 0 {
				break
			}
			extra = append(extra, own[i])
		}
		if i < len(own) && c == 0 {
			i++
			continue
		}
		lacks[j/8] |= 0x80 >> (j % 8)
		k.theirs(list[j])
	}
	rest = own[i:]
	if to == nil {
		extra, rest = append(extra, rest...), nil
	}
	k.tell(extra)
	return extra, rest
}

// diff takes in a diff or a part of it.
func (k *Talk) diff(r *reader, kind byte) {
	h := &k.list
	n := r.uvarint()
	if r.bad == "" && (h.more && n > 0 || !h.more && n != len(h.ask.items)) {
		r.fail("a diff of another list")
	}
	bits := r.take((n + 7) / 8)
	if n%8 > 0 && r.bad == "" && bits[len(bits)-1]<<(n%8) != 0 {
		r.fail("bits behind a list")
	}
	last := h.last
	if last == nil {
		last = h.ask.from
	}
	list := r.items(last, &h.ask.in, &h.ask)
	if r.bad == "" && kind == diffMore && len(list) == 0 {
		r.fail("an empty part of a diff")
	}
	if r.bad != "" {
		return
	}
	for i := range n {
		if bits[i/8]&(0x80>>(i%8)) != 0 {
			k.tell(h.ask.items[i : i+1])
		}
	}
	for _, x := range list {
		k.theirs(x)
	}
	k.goOn(kind == diffMore, kind, list)
}

// reader takes fields off the front of rest. After the first thing that is wrong every
// read gives zeros.
type reader struct {
	rest []byte
	bad  string
}

// fail notes what is wrong, unless something was before.
func (r *reader) fail(what string) {
	if r.bad == "" {
		r.bad = what
	}
	r.rest = nil
}

// take gives the next n bytes, or nil if there are fewer.
func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.fail("it is cut off")
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// array is take that gives zeros rather than nil.
func (r *reader) array(n int) []byte {
	if b := r.take(n); b != nil {
		return b
	}
	return make([]byte, n)
}

// byte takes one byte.
func (r *reader) byte() byte { return r.array(1)[0] }

// uvarint takes a number of at most 31 bits, spelled as short as it can be.
func (r *reader) uvarint() int {
	x, n := binary.Uvarint(r.rest)
	if n <= 0 || x > 1<<31-1 || n > 1 && r.rest[n-1] == 0 {
		r.fail("a number")
		return 0
	}
	r.rest = r.rest[n:]
	return int(x)
}

// prefix takes the longer prefix of an expand, of at most so many nibbles.
func (r *reader) prefix(in span, most int) span {
	n := r.uvarint()
	if n > most-in.n {
		r.fail("a prefix longer than an item")
		return in
	}
	for b := r.take((n + 1) / 2); n > 0 && r.bad == ""; n -= 2 {
		in = in.longer(b[0] >> 4)
		if n > 1 {
			in = in.longer(b[0] & 15)
		} else if b[0]&15 != 0 {
			r.fail("half a byte behind a prefix")
		}
		b = b[1:]
	}
	return in
}

// items takes items that ascend, lie behind after, if it is not nil, in a range, and are an
// answer to q, if that is not nil.
func (r *reader) items(after *item, in *span, q *asked) []Tip {
	n := r.uvarint()
	if n > perEntry || n*Size > len(r.rest) {
		r.fail("a number of items")
		return nil
	}
	out := make([]Tip, 0, n)
	for range n {
		x := item(r.array(Size))
		switch {
		case after != nil && bytes.Compare(after[:], x[:]) >= 0:
			r.fail("items do not ascend")
		case !in.has(&x), q != nil && !q.admits(&x):
			r.fail("an item of another range")
		}
		if r.bad != "" {
			return nil
		}
		out = append(out, x.tip())
		after = &x
	}
	return out
}

// admits tells whether a diff that answers q may name an item.
func (q *asked) admits(x *item) bool {
	if q.width > 1 {
		return !q.below.has(x)
	}
	if q.to != nil && bytes.Compare(x[:], q.to[:]) > 0 {
		return false
	}
	_, listed := slices.BinarySearchFunc(q.items, x, func(n *node, x *item) int { return bytes.Compare(n.key[:], x[:]) })
	return !listed
}

// appendUvarint spells a number.
func appendUvarint(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

// appendItems spells items behind their number.
func appendItems(b []byte, list []*node) []byte {
	b = appendUvarint(b, len(list))
	for _, n := range list {
		b = append(b, n.key[:]...)
	}
	return b
}
