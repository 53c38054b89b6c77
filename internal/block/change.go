package block

import "fmt"

// Header is what a change says before its ops. Its rules, which Decode and
// Change.Check check, need no other change:
//
//  1. Prev is zero exactly when Seq is 0, and then Start is 0.
//  2. The change without prev and parents is the genesis. It has no refs, and
//     only its ops begin with OpGenesis.
//  3. Work is there exactly when Seq is 0 and it is not the genesis.
//  4. Start and the numbers that the ops take stay below 2^53.
//  5. Parents and Refs are strictly ascending from above the zero ID, at most
//     MaxParents and MaxRefs.
//  6. No change is twice among Prev, Parents and Refs.
//  7. Text is zero exactly when Size is 0. Size is the bytes of words, or that
//     and SaltSize where there are words.
//  8. With is strictly ascending, at most MaxWith, without By.
//  9. Tag is the place of a link, and so are those of all things in the ops.
//  10. Things of the own chain have numbers from before their op.
//  11. By and With keep the rules of Key.
type Header struct {
	By      Key
	Seq     uint64
	Prev    ID     // zero: null
	Start   uint64 // numbers
	Parents []ID
	Work    ID     // zero: absent
	Time    int64  // Unix milliseconds, claimed
	Text    ID     // content block; zero: null
	Size    uint32 // bytes of the content block
	Refs    []ID
	More    bool
	With    []Key // empty: absent
	HasTag  bool
	Tag     uint32 // place of a link, see Link
}

// Change is a decoded change block. Besides the rules of Header it keeps:
//
//  12. NOps, Count and Words are what the ops add up to: at most MaxOps ops,
//     MaxContent bytes of words and MaxNamed numbers named.
//
// It holds working space: use it from one goroutine at a time, do not copy it,
// and reuse it for the next Decode.
type Change struct {
	Header
	Ops   []byte // ops one after another, without an array head
	NOps  int    // number of ops
	Count uint32 // numbers that the ops take
	Words uint32 // bytes of words of the ops

	plain  bool   // all words are texts of one byte a code point
	reader Reader // its strings are not wanted
	op     Op
}

// Link returns the link at a place: 0 is Prev, the zero ID when Seq is 0, then
// come the parents, then the refs. A place behind the last gives the zero ID.
// In a Thing place 0 stands for the own chain: the numbers of this change and,
// through Prev, those before it.
func (h *Header) Link(place uint32) ID {
	if place == 0 {
		return h.Prev
	}
	at := uint64(place) - 1
	if at < uint64(len(h.Parents)) {
		return h.Parents[at]
	}
	if at -= uint64(len(h.Parents)); at < uint64(len(h.Refs)) {
		return h.Refs[at]
	}
	return ID{}
}

// AppendLinks appends all links to dst: Prev if there is one, then the parents,
// then the refs.
func (h *Header) AppendLinks(dst []ID) []ID {
	if !h.Prev.IsZero() {
		dst = append(dst, h.Prev)
	}
	return append(append(dst, h.Parents...), h.Refs...)
}

// IsGenesis tells whether the change begins a work: it has no prev and no parents.
func (h *Header) IsGenesis() bool { return h.Prev.IsZero() && len(h.Parents) == 0 }

// GenesisOp returns the genesis op of a decoded change and true, or false where
// it is not the genesis. Its Value aliases Ops.
func (c *Change) GenesisOp() (op Op, ok bool) {
	var r Reader
	r.Reset(c.Ops)
	ok = c.IsGenesis() && r.Next(&op) && op.Code == OpGenesis
	return op, ok
}

// Decode reads a change block into c. It accepts a block only if AppendEncode
// writes the same bytes again, and if it keeps the rules of Header, Change and
// Op. Ops and all that a Reader gives out of it alias raw; the other slices are
// those of c, reused. An error wraps ErrMalformed, ErrLimit, ErrInvalid or
// ErrKey, and then the fields of c are undefined.
func Decode(raw []byte, c *Change) error {
	if len(raw) > MaxBlock {
		return fmt.Errorf("block: change of %d bytes, over %d: %w", len(raw), MaxBlock, ErrLimit)
	}
	c.Header = Header{Parents: c.Parents[:0], Refs: c.Refs[:0], With: c.With[:0]}
	d := &c.reader.cursor
	*d = cursor{b: raw}
	c.reader.tally = tally{}
	c.decodeHead(d)
	if d.err == nil && d.left() > 0 {
		d.fail(ErrMalformed, "%d bytes after the change", d.left())
	}
	if d.err != nil {
		return d.err
	}
	return c.rules(&c.reader.tally)
}

// The keys of the map, in canonical order, in their encoding, some with what
// always follows.
const (
	keyVBy     = "\x61v\x01\x62by"
	keyOps     = "\x63ops"
	keySeq     = "\x63seq"
	keyTag     = "\x63tag"
	keyMore    = "\x64more"
	keyPrev    = "\x64prev"
	keyRefs    = "\x64refs"
	keySize    = "\x64size"
	keyText    = "\x64text"
	keyTime    = "\x64time"
	keyWith    = "\x64with"
	keyWork    = "\x64work"
	keyStart   = "\x65start"
	keyParents = "\x67parents"

	// alwaysKeys is the number of keys that every change has.
	alwaysKeys = 11
)

// decodeHead reads the map key by key into c. The rules that need more than one
// key are left to rules.
func (c *Change) decodeHead(d *cursor) {
	keys := d.count(majorMap, 2)
	d.want(keyVBy)
	c.By = d.key()
	d.want(keyOps)
	c.decodeOps(d)
	d.want(keySeq)
	c.Seq = d.head(majorUint)
	found := alwaysKeys
	if d.skip(keyTag) {
		found++
		c.HasTag = true
		c.Tag = d.tag()
	}
	if d.skip(keyMore) {
		found++
		c.More = true
		if !d.bool() {
			d.fail(ErrMalformed, "more is written only when true")
		}
	}
	d.want(keyPrev)
	c.Prev = d.linkOrNull(changeLink)
	d.want(keyRefs)
	c.Refs = d.links(c.Refs)
	d.want(keySize)
	c.Size = d.size()
	d.want(keyText)
	c.Text = d.linkOrNull(contentLink)
	d.want(keyTime)
	c.Time = d.int()
	if d.skip(keyWith) {
		found++
		c.With = d.with(c.With)
	}
	if d.skip(keyWork) {
		found++
		c.Work = d.link(changeLink)
	}
	d.want(keyStart)
	c.Start = d.head(majorUint)
	d.want(keyParents)
	c.Parents = d.links(c.Parents)
	if keys != found {
		d.fail(ErrMalformed, "map of %d keys has %d", keys, found)
	}
}

// decodeOps reads the array of ops and sets what c knows of them. The cursor is
// that of c.reader, so the ops are read in place.
func (c *Change) decodeOps(d *cursor) {
	n := d.array(2)
	if n > MaxOps {
		d.fail(ErrLimit, "%d ops, over %d", n, MaxOps)
		return
	}
	start := d.i
	c.reader.brief, c.reader.briefs, c.reader.briefRoot = true, c.reader.briefs[:0], nil
	for c.NOps = 0; c.NOps < n && d.err == nil; c.NOps++ {
		c.reader.op(&c.op)
	}
	c.Ops = d.b[start:d.i:d.i]
	c.Count = uint32(c.reader.numbers)
	c.Words = uint32(c.reader.words)
	// No text has fewer bytes than code points, so equal sums mean equal terms.
	c.plain = c.reader.texts == c.reader.words
}

// want reads the bytes of s, a key of the change's map.
func (d *cursor) want(s string) {
	if !d.skip(s) {
		d.fail(ErrMalformed, "%q where %q belongs", d.b[d.i:min(d.i+12, len(d.b))], s)
	}
}

// tag reads the place of a link.
func (d *cursor) tag() uint32 {
	p := d.head(majorUint)
	if p > MaxParents+MaxRefs {
		d.fail(ErrInvalid, "tag %d of at most %d links", p, MaxParents+MaxRefs)
		return 0
	}
	return uint32(p)
}

// size reads the bytes of the content block.
func (d *cursor) size() uint32 {
	n := d.head(majorUint)
	if n > MaxContent {
		d.fail(ErrLimit, "content of %d bytes, over %d", n, MaxContent)
		return 0
	}
	return uint32(n)
}

// with reads the array of co-authors, which is left out when empty, and appends
// them to dst.
func (d *cursor) with(dst []Key) []Key {
	n := d.array(len(keyHead) + len(Key{}))
	if n == 0 {
		d.fail(ErrMalformed, "with is written only when not empty")
	}
	for ; n > 0 && d.err == nil; n-- {
		dst = append(dst, d.key())
	}
	return dst
}

// Encode returns the change block of a header and of nops ops that AppendOp
// wrote one after another. It is the inverse of Decode and trusts its caller.
func Encode(h *Header, nops int, ops []byte) []byte {
	links := 3 + len(h.Parents) + len(h.Refs)
	room := 160 + links*linkSize + len(h.With)*(len(keyHead)+len(Key{})) + len(ops)
	return AppendEncode(make([]byte, 0, room), h, nops, ops)
}

// AppendEncode appends what Encode returns to dst.
func AppendEncode(dst []byte, h *Header, nops int, ops []byte) []byte {
	keys := byte(alwaysKeys)
	for _, there := range [...]bool{h.HasTag, h.More, len(h.With) > 0, !h.Work.IsZero()} {
		if there {
			keys++
		}
	}
	dst = append(dst, majorMap<<5|keys)
	dst = appendKey(append(dst, keyVBy...), &h.By)
	dst = appendHead(append(dst, keyOps...), majorArray, uint64(nops))
	dst = append(dst, ops...)
	dst = appendUint(append(dst, keySeq...), h.Seq)
	if h.HasTag {
		dst = appendUint(append(dst, keyTag...), uint64(h.Tag))
	}
	if h.More {
		dst = append(append(dst, keyMore...), cborTrue)
	}
	dst = appendLinkOrNull(append(dst, keyPrev...), changeLink, &h.Prev)
	dst = appendLinks(append(dst, keyRefs...), h.Refs)
	dst = appendUint(append(dst, keySize...), uint64(h.Size))
	dst = appendLinkOrNull(append(dst, keyText...), contentLink, &h.Text)
	dst = appendInt(append(dst, keyTime...), h.Time)
	if len(h.With) > 0 {
		dst = appendHead(append(dst, keyWith...), majorArray, uint64(len(h.With)))
		for i := range h.With {
			dst = appendKey(dst, &h.With[i])
		}
	}
	if !h.Work.IsZero() {
		dst = appendLink(append(dst, keyWork...), changeLink, &h.Work)
	}
	dst = appendUint(append(dst, keyStart...), h.Start)
	return appendLinks(append(dst, keyParents...), h.Parents)
}

// appendKey appends an author's key. It is the inverse of cursor.key.
func appendKey(dst []byte, k *Key) []byte {
	return append(append(dst, keyHead...), k[:]...)
}
