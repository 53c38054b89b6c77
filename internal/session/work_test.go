package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/commonhold/commonhold/internal/tips"
)

// This file has the Work of the tests: a set of changes that knows nothing of
// documents, with everything computed from scratch as the interface says it.

// fakeChange is a change: a link of a chain with parents and some bytes.
type fakeChange struct {
	id     id
	author id
	seq    uint64
	prev   id // zero for the first of a chain
	links  []id
	body   []byte
	words  []byte // in a bundle
}

// links of a change and its prev.
func (c *fakeChange) all() []id {
	if c.seq == 0 {
		return c.links
	}
	return append([]id{c.prev}, c.links...)
}

// encode writes a change; its id is the hash of it.
func (c *fakeChange) encode() []byte {
	b := append([]byte(nil), c.author[:]...)
	b = binary.BigEndian.AppendUint64(b, c.seq)
	b = append(b, c.prev[:]...)
	b = append(b, byte(len(c.links)))
	b = appendIDs(b, c.links)
	b = binary.BigEndian.AppendUint32(b, uint32(len(c.body)))
	return append(b, c.body...)
}

// fakeWork is a Work. Changes wait until their links are there and they are
// covered: signed, or followed on their chain by one that is in the set.
type fakeWork struct {
	name   id
	order  []*fakeChange
	at     map[id]int
	signed map[id]bool
	wait   map[id]*fakeChange
	refuse map[id]bool // authors whose changes are deferred for ever
	last   map[id]id   // the change on which this replica continues a chain

	words   map[id][]byte // of changes that have some
	filled  int           // that came later
	erased  map[id]bool   // whose words are not wanted
	mute    bool          // bundles are without words
	blame   error         // what Blame says
	flushed error         // what Flush says

	open   *int // author of an open change that Apply seals first
	calls  map[string]int
	failed error // what Apply and Bundle return instead of working
	source any   // what Apply was handed last
}

// newFake makes a work without changes.
func newFake() *fakeWork {
	return &fakeWork{
		name: sha256.Sum256([]byte("work")), at: map[id]int{}, signed: map[id]bool{},
		wait: map[id]*fakeChange{}, refuse: map[id]bool{}, last: map[id]id{}, calls: map[string]int{},
		words: map[id][]byte{}, erased: map[id]bool{},
	}
}

// fakeAuthor makes an author.
func fakeAuthor(n int) id { return sha256.Sum256(fmt.Append(nil, "author", n)) }

// edit adds n changes of the author to the end of his chain here, of which only
// the last is signed, each made on the heads.
func (w *fakeWork) edit(author id, n int, body []byte) {
	for k := range n {
		c := &fakeChange{author: author, body: body}
		if prev, ok := w.last[author]; ok {
			c.prev, c.seq = prev, w.order[w.at[prev]].seq+1
		}
		for _, h := range w.Heads() {
			if h != c.prev || c.seq == 0 {
				c.links = append(c.links, h)
			}
		}
		c.links = c.links[:min(len(c.links), 64)]
		w.put(c, k == n-1)
	}
}

// put adds one change to the end of its author's chain here.
func (w *fakeWork) put(c *fakeChange, signed bool) {
	c.id = sha256.Sum256(c.encode())
	if _, ok := w.at[c.id]; ok {
		return
	}
	w.at[c.id] = len(w.order)
	w.order = append(w.order, c)
	w.last[c.author] = c.id
	if signed {
		w.signed[c.id] = true
	}
}

// fork makes the replica continue the author's chain from an older change.
func (w *fakeWork) fork(author id, back int) {
	at, ok := w.last[author]
	for ; ok && back > 0 && w.order[w.at[at]].seq > 0; back-- {
		at = w.order[w.at[at]].prev
	}
	if ok {
		w.last[author] = at
	}
}

func (w *fakeWork) ID() [32]byte { return w.name }
func (w *fakeWork) Count() int   { return len(w.order) }
func (w *fakeWork) Deferred() int {
	return len(w.wait)
}

func (w *fakeWork) Digest() [32]byte {
	w.calls["Digest"]++
	h := sha256.New()
	h.Write(w.name[:])
	for _, t := range w.tips() {
		h.Write(appendTips(nil, []Tip{t}))
	}
	return id(h.Sum(nil))
}

func (w *fakeWork) Heads() [][32]byte {
	linked := map[id]bool{}
	for _, c := range w.order {
		for _, l := range c.all() {
			linked[l] = true
		}
	}
	var out []id
	for _, c := range w.order {
		if !linked[c.id] {
			out = append(out, c.id)
		}
	}
	slices.SortFunc(out, compareID)
	return out
}

// Tips makes the tree from nothing.
func (w *fakeWork) Tips() tips.Tree {
	var in []tips.Entry
	for _, t := range w.tips() {
		in = append(in, tips.Entry{Tip: t, Place: int32(w.at[t.ID])})
	}
	return tips.Tree{}.With(nil, in)
}

func (w *fakeWork) tips() []Tip {
	followed := map[id]bool{}
	for _, c := range w.order {
		if c.seq > 0 {
			followed[c.prev] = true
		}
	}
	var out []Tip
	for _, c := range w.order {
		if !followed[c.id] {
			out = append(out, Tip{Author: c.author, Seq: c.seq, ID: c.id})
		}
	}
	slices.SortFunc(out, tips.Compare)
	return out
}

func (w *fakeWork) Index(x [32]byte) (int, bool) {
	w.calls["Index"]++
	i, ok := w.at[x]
	return i, ok
}

func (w *fakeWork) Locator(x [32]byte) [][32]byte {
	w.calls["Locator"]++
	var out []id
	for c, d, next := w.order[w.at[x]], 0, 1; c.seq > 0 && len(out) < 64; {
		c = w.order[w.at[c.prev]]
		if d++; d == next {
			out = append(out, c.id)
			next *= 2
		}
	}
	return out
}

func (w *fakeWork) Missing(have []int) []int {
	w.calls["Missing"]++
	past := make([]bool, len(w.order))
	for _, i := range have {
		past[i] = true
	}
	for i := len(w.order) - 1; i >= 0; i-- {
		if past[i] {
			for _, l := range w.order[i].all() {
				past[w.at[l]] = true
			}
		}
	}
	var out []int
	for i, p := range past {
		if !p {
			out = append(out, i)
		}
	}
	return out
}

func (w *fakeWork) Bundle(idx []int, maxBytes int) (b []byte, n int, err error) {
	w.calls["Bundle"]++
	if w.failed != nil {
		return nil, 0, w.failed
	}
	for _, i := range idx {
		c := w.order[i]
		one := append([]byte{0}, c.encode()...)
		if w.signed[c.id] {
			one[0] = 1
		}
		if words := w.words[c.id]; words != nil && !w.mute {
			one[0] |= 2
			one = append(binary.BigEndian.AppendUint32(one, uint32(len(words))), words...)
		}
		if n > 0 && len(b)+len(one) > maxBytes {
			break
		}
		b, n = append(b, one...), n+1
	}
	return b, n, nil
}

// errFake is what Apply says of bytes that are no bundle.
var errFake = errors.New("no bundle")

func (w *fakeWork) Apply(b []byte, source any) (from, to int, err error) {
	w.calls["Apply"]++
	w.source = source
	if w.failed != nil {
		return 0, 0, w.failed
	}
	got, signed, err := decodeFake(bytes.Clone(b))
	if err != nil {
		return 0, 0, err
	}
	if w.open != nil {
		w.edit(fakeAuthor(*w.open), 1, fmt.Append(nil, "open", w.Count()))
		w.open = nil
	}
	from = w.Count()
	for _, c := range got {
		if c.words != nil && sha256.Sum256(c.words) == w.textOf(c) {
			if w.Lacks(c.id) {
				w.filled++
			}
			w.words[c.id] = c.words
		}
	}
	for i, c := range got {
		if signed[i] {
			w.signed[c.id] = true
		}
		if _, ok := w.at[c.id]; !ok {
			w.wait[c.id] = c
		}
	}
	w.admit()
	return from, w.Count(), nil
}

// decodeFake reads a bundle; whatever is not the encoding of changes is an
// error.
func decodeFake(b []byte) (out []*fakeChange, signed []bool, err error) {
	r := reader{rest: b}
	if len(b) == 0 {
		return nil, nil, errFake
	}
	for len(r.rest) > 0 {
		c := &fakeChange{}
		s := r.byte()
		start := r.rest
		c.author, c.seq, c.prev = r.id(), r.uint64(), r.id()
		c.links = r.ids(int(r.byte()), true)
		c.body = r.take(int(min(r.uint32(), 1<<25)))
		end := len(start) - len(r.rest)
		if s&2 != 0 {
			c.words = r.take(int(min(r.uint32(), 1<<25)))
		}
		if r.wrong != "" || s > 3 || c.seq >= MaxSeq || (c.seq == 0) != (c.prev == id{}) {
			return nil, nil, errFake
		}
		c.id = sha256.Sum256(start[:end])
		out, signed = append(out, c), append(signed, s&1 != 0)
	}
	return out, signed, nil
}

// admit moves the greatest covered set of waiting changes into the order.
func (w *fakeWork) admit() {
	in := map[id]bool{} // those that may be admitted
	for x, c := range w.wait {
		in[x] = !w.refuse[c.author]
	}
	holds := func(x id) bool {
		_, ok := w.at[x]
		return ok || in[x]
	}
	for again := true; again; {
		again = false
		for x, c := range w.wait {
			if !in[x] {
				continue
			}
			covered := w.signed[x]
			for y, d := range w.wait {
				covered = covered || in[y] && d.seq > 0 && d.prev == x
			}
			linked := w.follows(c)
			for _, l := range c.all() {
				linked = linked && holds(l)
			}
			if !covered || !linked {
				in[x], again = false, true
			}
		}
	}
	for again := true; again; {
		again = false
		for _, x := range slices.SortedFunc(maps.Keys(w.wait), func(a, b id) int { return bytes.Compare(a[:], b[:]) }) {
			c, ready := w.wait[x], in[x]
			for _, l := range c.all() {
				_, ok := w.at[l]
				ready = ready && ok
			}
			if ready {
				w.at[x] = len(w.order)
				w.order = append(w.order, c)
				delete(w.wait, x)
				again = true
			}
		}
	}
}

// follows says whether a change continues the chain of its prev, if that is
// known.
func (w *fakeWork) follows(c *fakeChange) bool {
	prev := w.wait[c.prev]
	if i, ok := w.at[c.prev]; ok {
		prev = w.order[i]
	}
	return c.seq == 0 || prev != nil && prev.author == c.author && prev.seq == c.seq-1
}

// clone copies a work; the copy continues the same chains.
func (w *fakeWork) clone() *fakeWork {
	c := newFake()
	c.order = slices.Clone(w.order)
	for i, x := range c.order {
		c.at[x.id] = i
	}
	for x := range w.signed {
		c.signed[x] = true
	}
	for a, x := range w.last {
		c.last[a] = x
	}
	for x, words := range w.words {
		c.words[x] = words
	}
	return c
}

// write adds a change with words.
func (w *fakeWork) write(author id, words string) id {
	sum := sha256.Sum256([]byte(words))
	w.edit(author, 1, append([]byte("text"), sum[:]...))
	x := w.last[author]
	w.words[x] = []byte(words)
	return x
}

// textOf is the hash of the words of a change; zeros for one that has none.
func (w *fakeWork) textOf(c *fakeChange) (sum id) {
	if bytes.HasPrefix(c.body, []byte("text")) && len(c.body) == 4+idLen {
		copy(sum[:], c.body[4:])
	}
	return sum
}

func (w *fakeWork) Wordless(from, to int) (out [][32]byte) {
	for _, c := range w.order[from:to] {
		if w.Lacks(c.id) {
			out = append(out, c.id)
		}
	}
	return out
}

func (w *fakeWork) Lacks(x [32]byte) bool {
	i, ok := w.at[x]
	return ok && w.textOf(w.order[i]) != id{} && w.words[x] == nil && !w.erased[x]
}

func (w *fakeWork) Words(x [32]byte) []byte { return w.words[x] }

func (w *fakeWork) TakeWords(x [32]byte, words []byte) error {
	switch {
	case !w.Lacks(x):
		return nil
	case sha256.Sum256(words) != w.textOf(w.order[w.at[x]]):
		return errFake
	}
	w.words[x] = bytes.Clone(words)
	w.filled++
	return nil
}

func (w *fakeWork) Flush() error {
	w.calls["Flush"]++
	return w.flushed
}

func (w *fakeWork) Late() int { return w.filled }

func (w *fakeWork) Blame(any) error { return w.blame }
