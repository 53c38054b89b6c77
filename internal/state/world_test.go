package state

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
)

// universe is all changes that anybody made.
type universe struct {
	t     testing.TB
	r     *rand.Rand
	keys  []block.Key
	list  []*node // links first
	byID  map[block.ID]*node
	boxes map[string]*box
	made  int
}

// newUniverse returns a universe of a genesis.
func newUniverse(t testing.TB, seed uint64) *universe {
	u := &universe{t: t, r: rand.New(rand.NewPCG(seed, 3)), byID: map[block.ID]*node{}, boxes: map[string]*box{}}
	for k := range 4 {
		seed := make([]byte, ed25519.SeedSize)
		seed[0] = byte(k)
		u.keys = append(u.keys, block.Key(ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)))
	}
	s := u.scene(0, nil, nil)
	s.push(block.Op{Code: block.OpGenesis, Name: "a work"}, nil)
	s.finish(nil)
	return u
}

// box is the one box of an identity.
func (u *universe) box(up *box, kind block.Kind, inc uint32, key, format string, args ...any) *box {
	path := fmt.Sprintf(format, args...)
	if u.boxes[path] == nil {
		u.boxes[path] = &box{path: path, kind: kind, up: up, inc: inc, key: key}
	}
	return u.boxes[path]
}

func (u *universe) root(kind block.Kind, name string) *box {
	return u.box(nil, kind, 0, name, "root %d %s", kind, name)
}

func (u *universe) slot(m *box, key string) *box {
	return u.box(m, 0, 0, key, "(%s) key %s", m.path, key)
}

func (u *universe) child(slot *box, kind block.Kind, inc uint32) *box {
	return u.box(slot, kind, inc, "", "(%s) child %d.%d", slot.path, kind, inc)
}

func (u *universe) elemSlot(x *num) *box {
	return u.box(x.at, 0, 0, "", "(%s) value of %s", x.at.path, x.name())
}

func (u *universe) elemChild(list *box, n *node, off uint32, kind block.Kind) *box {
	return u.box(list, kind, 0, "", "(%s) element %d.%d kind %d", list.path, n.index, off, kind)
}

// scene is a change under way.
type scene struct {
	u       *universe
	n       *node
	parents []*node // and refs behind them
	refs    int     // how many of them are refs
	ops     []block.Op
	encoded []byte
}

// scene begins a change of a key on its prev and parents.
func (u *universe) scene(key int, prev *node, parents []*node) *scene {
	parents = slices.Clone(parents)
	slices.SortFunc(parents, func(a, b *node) int { return block.Compare(a.id, b.id) })
	n := &node{key: key, prev: prev, links: parents, index: u.made, depth: 1}
	u.made++
	if prev != nil {
		n.seq, n.start = prev.seq+1, prev.start+uint64(len(prev.nums))
	}
	for _, l := range n.linked() {
		n.depth = max(n.depth, l.depth+1)
	}
	return &scene{u: u, n: n, parents: parents}
}

// linked are prev and parents.
func (n *node) linked() []*node {
	if n.prev == nil {
		return n.links
	}
	return append([]*node{n.prev}, n.links...)
}

// at walks the prev path for number x.
func (n *node) at(x uint64) *num {
	m := n
	for x < m.start {
		m = m.prev
	}
	return m.nums[x-m.start]
}

// thing is what an op names.
func (s *scene) thing(t block.Thing) *num {
	if t.C > 0 {
		return s.parents[t.C-1].at(t.N)
	}
	return s.n.at(t.N)
}

// things are what an op names as over.
func (s *scene) things(list []block.Thing) (out []*num) {
	for _, t := range list {
		out = append(out, s.thing(t))
	}
	return out
}

// container is the container that an op names.
func (s *scene) container(c block.Container) *box {
	if c.Child {
		return s.thing(c.At).made
	}
	return s.u.root(c.Kind, c.Name)
}

// push adds an op with its words.
func (s *scene) push(op block.Op, words []byte) {
	n, u := s.n, s.u
	s.ops = append(s.ops, op)
	s.encoded = block.AppendOp(s.encoded, &op)
	n.text = append(n.text, words...)
	add := func(x *num) *num {
		x.n, x.off, x.code = n, uint32(len(n.nums)), op.Code
		n.nums = append(n.nums, x)
		return x
	}
	var parent *num
	if op.HasAt && op.Code != block.OpSet && op.Code != block.OpChild {
		parent = s.thing(op.At)
	}
	switch op.Code {
	case block.OpText:
		side := op.Side
		for len(words) > 0 {
			_, k := utf8.DecodeRune(words)
			parent = add(&num{at: s.container(op.C), parent: parent, side: side, word: words[:k]})
			words, side = words[k:], block.Right
		}
	case block.OpValues:
		side := op.Side
		for _, k := range op.Lens {
			parent = add(&num{at: s.container(op.C), parent: parent, side: side, word: words[:k]})
			words, side = words[k:], block.Right
		}
	case block.OpListChild:
		list := s.container(op.C)
		add(&num{at: list, parent: parent, side: op.Side, made: u.elemChild(list, n, uint32(len(n.nums)), op.Kind)})
	case block.OpSet:
		elem := s.thing(op.At)
		add(&num{at: u.elemSlot(elem), elem: elem, over: s.things(op.Over), word: words})
	case block.OpPut, block.OpAbsent:
		add(&num{at: u.slot(s.container(op.C), op.Key), over: s.things(op.Over), word: words})
	case block.OpChild:
		slot, inc := u.slot(s.container(op.C), op.Key), uint32(0)
		if op.HasAt {
			inc = s.thing(op.At).made.inc + 1
		}
		add(&num{at: slot, made: u.child(slot, op.Kind, inc), over: s.things(op.Over)})
	case block.OpMove, block.OpNode, block.OpTreeMove:
		s.pushMove(op, parent, add)
	case block.OpAdd:
		for _, k := range op.Lens {
			add(&num{at: s.container(op.C), word: words[:k]})
			words = words[k:]
		}
	case block.OpStep:
		add(&num{at: s.container(op.C), amount: op.Amount})
	case block.OpDelete, block.OpRestore:
		for _, r := range op.Runs {
			for k := range uint64(r.Len) {
				x := s.thing(block.Thing{C: r.C, N: r.N + k})
				if op.Code == block.OpDelete {
					add(&num{target: x})
				} else {
					n.back = append(n.back, x)
				}
			}
		}
	}
}

// header is the header of the change.
func (s *scene) header() block.Header {
	n := s.n
	h := block.Header{By: s.u.keys[n.key], Seq: n.seq, Start: n.start, Time: int64(n.index), Size: uint32(len(n.text))}
	if n.prev != nil {
		h.Prev = n.prev.id
	} else if len(s.u.list) > 0 {
		h.Work = s.u.list[0].id
	}
	for k, p := range s.parents {
		if k < len(s.parents)-s.refs {
			h.Parents = append(h.Parents, p.id)
		} else {
			h.Refs = append(h.Refs, p.id)
		}
	}
	if h.Size > 0 {
		h.Text = block.Sum(n.text)
	}
	return h
}

// finish makes the change one of the universe.
func (s *scene) finish(raw []byte) *node {
	n, u := s.n, s.u
	if raw == nil {
		h := s.header()
		raw = block.Encode(&h, len(s.ops), s.encoded)
	}
	n.raw, n.id = raw, block.Sum(raw)
	u.list = append(u.list, n)
	u.byID[n.id] = n
	return n
}

// named is a number with the name that the change has for it.
type named struct {
	block.Thing
	*num
}

// names are all numbers that the change can name and that fit.
func (s *scene) names(fits func(*num) bool) (out []named) {
	for c := 0; c <= len(s.parents); c++ {
		m := s.n
		if c > 0 {
			m = s.parents[c-1]
		}
		for ; m != nil; m = m.prev {
			for k, x := range m.nums {
				if fits(x) {
					out = append(out, named{block.Thing{C: uint32(c), N: m.start + uint64(k)}, x})
				}
			}
		}
	}
	return out
}

// pick is one of them.
func (s *scene) pick(fits func(*num) bool) (named, bool) {
	list := s.names(fits)
	if len(list) == 0 {
		return named{}, false
	}
	return list[s.u.r.IntN(len(list))], true
}

// containerOf picks a container of a kind, rarely a deep one.
func (s *scene) containerOf(kind block.Kind) block.Container {
	if s.u.r.IntN(2) == 0 {
		if n, ok := s.pick(func(x *num) bool { return x.made != nil && x.made.kind == kind }); ok {
			return block.Container{Kind: kind, Child: true, At: n.Thing}
		}
	}
	return block.Container{Kind: kind}
}

// over picks some numbers of a slot.
func (s *scene) over(fits func(*num) bool) (out []block.Thing) {
	for range s.u.r.IntN(4) {
		if n, ok := s.pick(fits); ok && !slices.Contains(out, n.Thing) {
			out = append(out, n.Thing)
		}
	}
	slices.SortFunc(out, func(a, b block.Thing) int { return cmp.Or(cmp.Compare(a.C, b.C), cmp.Compare(a.N, b.N)) })
	return out
}

// runs picks stretches of delete numbers, or of others.
func (s *scene) runs(deletes bool) (out []block.Run) {
	for range 1 + s.u.r.IntN(3) {
		n, ok := s.pick(func(x *num) bool { return (x.target != nil) == deletes })
		if !ok {
			continue
		}
		run := block.Run{C: n.C, N: n.N, Len: 1}
		tip := s.n
		if n.C > 0 {
			tip = s.parents[n.C-1]
		}
		for run.Len < 4 && s.u.r.IntN(3) > 0 {
			next := run.N + uint64(run.Len)
			if next >= tip.start+uint64(len(tip.nums)) || (tip.at(next).target != nil) != deletes {
				break
			}
			run.Len++
		}
		if !slices.ContainsFunc(out, func(o block.Run) bool {
			return o.C == run.C && o.N < run.N+uint64(run.Len) && run.N < o.N+uint64(o.Len)
		}) {
			out = append(out, run)
		}
	}
	return out
}

// random makes a random op with its words: a valid one, but not one that an
// honest writer would make: it names what it likes of its past.
func (s *scene) random() (op block.Op, words []byte, ok bool) {
	r := s.u.r
	codes := []block.Code{block.OpText, block.OpText, block.OpValues, block.OpListChild, block.OpSet, block.OpPut, block.OpPut, block.OpAbsent,
		block.OpChild, block.OpChild, block.OpAdd, block.OpStep, block.OpDelete, block.OpDelete, block.OpRestore, block.OpNote,
		block.OpMove, block.OpMove, block.OpNode, block.OpNode, block.OpTreeMove, block.OpTreeMove}
	op = block.Op{Code: codes[r.IntN(len(codes))], Side: block.Right}
	kind := block.Kind(1 + r.IntN(6))
	value := func() []byte { return bytes.Repeat([]byte{byte(r.IntN(3))}, 1+r.IntN(2)) }
	switch op.Code {
	case block.OpMove, block.OpNode, block.OpTreeMove:
		return op, nil, s.moving(&op)
	case block.OpText, block.OpValues, block.OpListChild:
		words = s.insert(&op, kind, value)
	case block.OpSet:
		n, found := s.pick(func(x *num) bool { return x.isElement() && x.at.kind == block.KindList })
		if !found {
			return op, nil, false
		}
		words = value()
		op.HasAt, op.At, op.Side, op.Bytes = true, n.Thing, 0, uint32(len(words))
		op.Over = s.over(func(x *num) bool { return x.elem == n.num && x.code == block.OpSet || x == n.num })
	case block.OpPut, block.OpAbsent, block.OpChild:
		op.C, op.Key = s.containerOf(block.KindMap), string(rune('k'+r.IntN(2)))
		slot := s.u.slot(s.container(op.C), op.Key)
		op.Over = s.over(func(x *num) bool { return x.slot() == slot })
		if op.Code == block.OpPut {
			words = value()
			op.Bytes = uint32(len(words))
		}
		if op.Code == block.OpChild {
			op.Kind = kind
			n, found := s.pick(func(x *num) bool { return x.slot() == slot && x.made != nil && x.made.kind == kind })
			if found && r.IntN(2) == 0 {
				op.HasAt, op.At = true, n.Thing
			}
		}
	case block.OpAdd:
		op.C = s.containerOf(block.KindSet)
		for range 1 + r.IntN(2) {
			v := value()
			op.Lens, words = append(op.Lens, uint32(len(v))), append(words, v...)
		}
	case block.OpStep:
		op.C, op.Amount = s.containerOf(block.KindCounter), int64(1+r.IntN(9))*(1-2*int64(r.IntN(2)))
	case block.OpDelete, block.OpRestore:
		op.Runs = s.runs(op.Code == block.OpRestore)
		if len(op.Runs) == 0 {
			return op, nil, false
		}
	case block.OpNote:
		words = []byte("why")
		op.Bytes = 3
	}
	return op, words, true
}

// insert fills an op that makes elements and returns its words.
func (s *scene) insert(op *block.Op, kind block.Kind, value func() []byte) (words []byte) {
	r := s.u.r
	in := block.KindList
	switch op.Code {
	case block.OpText:
		in = block.KindText
		for range 1 + r.IntN(4) {
			words = utf8.AppendRune(words, []rune("abé漢😀")[r.IntN(5)])
			op.Runes++
		}
		op.Bytes = uint32(len(words))
	case block.OpValues:
		for range 1 + r.IntN(3) {
			v := value()
			op.Lens, words = append(op.Lens, uint32(len(v))), append(words, v...)
		}
	case block.OpListChild:
		op.Kind = kind
	}
	op.C = s.containerOf(in)
	c := s.container(op.C)
	if n, ok := s.pick(func(x *num) bool { return x.sequence() == c }); ok && r.IntN(5) > 0 {
		op.HasAt, op.At, op.Side = true, n.Thing, block.Side(r.IntN(2))
	}
	return words
}

// grow makes a change of random ops on random changes.
func (u *universe) grow() {
	key := u.r.IntN(3)
	var prev *node
	for _, n := range u.list {
		if n.key == key {
			prev = n
		}
	}
	if prev != nil && u.r.IntN(12) == 0 && prev.prev != nil {
		prev = prev.prev // a fork
	}
	var parents []*node
	for range u.r.IntN(3) {
		p := u.list[len(u.list)-1-u.r.IntN(min(8, len(u.list)))]
		if p != prev && !slices.Contains(parents, p) {
			parents = append(parents, p)
		}
	}
	if prev == nil && len(parents) == 0 {
		parents = u.list[:1]
	}
	s := u.scene(key, prev, parents)
	for range 1 + u.r.IntN(5) {
		if op, words, ok := s.random(); ok {
			s.push(op, words)
		}
	}
	s.finish(nil)
}
