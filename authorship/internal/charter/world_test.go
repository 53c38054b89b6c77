package charter_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math/bits"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// set is a set of changes of a world, or of its keys, by index: worlds are small.
type set uint64

// of is the set of the given indices.
func of(list ...int) (s set) {
	for _, i := range list {
		s |= 1 << i
	}
	return s
}

func (s set) has(i int) bool { return i >= 0 && s>>uint(i)&1 == 1 }
func (s set) len() int       { return bits.OnesCount64(uint64(s)) }

// all yields the members, ascending.
func (s set) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(bits.TrailingZeros64(uint64(s))) {
				return
			}
		}
	}
}

// world is a history written down by hand or by chance: keys and what each wrote.
// Change 0 is the genesis. Nothing is signed but bindings.
type world struct {
	genesis genesis
	keys    []string         // names of keys by index
	index   map[string]int   // and back
	parties map[string]*hand // who writes: a branch of a key
	changes []*change
	luck    string // decides the order of the CIDs
	salt    string // changes all keys and CIDs, see renumber
	ids     []cid.Cid
	at      map[cid.Cid]int
	bodies  [][]crdt.Act // of each change, filled when asked for
	signed  map[string]crdt.Author
}

// hand is what writes on one branch of a key, and what it has seen.
type hand struct {
	key  int
	tip  int // its last change, -1 before the first
	seen set
}

// change is one change: raw facts, as a block has them.
type change struct {
	key, seq int
	prev     int   // -1: none
	links    []int // without prev
	tag      int   // -1: none
	more     bool  // a part of an Update that goes on in the next change of the branch
	acts     []act
	past     set // all that it links to, itself not included
}

// share is a fraction as a charter has it.
type share struct{ n, d int }

// genesis is what the first change says to the rules.
type genesis struct {
	mode          string // "" is direct
	terms         []string
	chambers      map[string][]string // nil: the founder alone
	moderators    []string
	accept, amend *share
}

// maxChanges bounds a world.
const maxChanges = 64

// alien names a change of another work in an act.
const alien = -2

// found begins a world; the founder writes the genesis.
func found(founder string, g genesis) *world {
	w := &world{genesis: g, index: map[string]int{}, parties: map[string]*hand{}, at: map[cid.Cid]int{}, signed: map[string]crdt.Author{}}
	h := w.hand(founder)
	w.write(h, -1, nil)
	return w
}

// key is the index of a key by its name.
func (w *world) key(name string) int {
	k, ok := w.index[name]
	if !ok {
		k = len(w.keys)
		w.keys = append(w.keys, name)
		w.index[name] = k
	}
	return k
}

// hand is the branch of that name; a new one is a new key, whose owner has seen
// the genesis.
func (w *world) hand(name string) *hand {
	h := w.parties[name]
	if h == nil {
		h = &hand{key: w.key(name), tip: -1, seen: 1}
		if len(w.changes) == 0 {
			h.seen = 0
		}
		w.parties[name] = h
	}
	return h
}

// fork makes another branch of the key of a hand that follows change at, or begins
// the chain anew when at is -1. It has seen what at had seen.
func (w *world) fork(name, of string, at int) {
	h := &hand{key: w.hand(of).key, tip: at, seen: 1}
	if at >= 0 {
		h.seen = w.upTo(at)
	}
	w.parties[name] = h
}

// upTo is the past of changes, and they themselves.
func (w *world) upTo(list ...int) (s set) {
	for _, i := range list {
		s |= w.changes[i].past | of(i)
	}
	return s
}

// see lets a hand see changes and all before them.
func (w *world) see(name string, list ...int) {
	w.hand(name).seen |= w.upTo(list...)
}

// do lets a hand write a change with acts on all that it has seen.
func (w *world) do(name string, acts ...act) int { return w.write(w.hand(name), -1, acts) }

// join is do for a change that belongs to a proposal.
func (w *world) join(name string, tag int, acts ...act) int {
	w.see(name, tag)
	return w.write(w.hand(name), tag, acts)
}

// update lets a hand write an Update in two changes, the first of which is a part; it
// gives the second.
func (w *world) update(name string, first, second []act) int {
	h := w.hand(name)
	w.changes[w.write(h, -1, first)].more = true
	return w.write(h, -1, second)
}

// write appends a change.
func (w *world) write(h *hand, tag int, acts []act) int {
	i := len(w.changes)
	if i >= maxChanges {
		panic(fmt.Sprintf("world: more than %d changes", maxChanges))
	}
	c := &change{key: h.key, prev: h.tip, tag: tag, acts: acts}
	if h.tip >= 0 {
		c.seq = w.changes[h.tip].seq + 1
		c.past = w.upTo(h.tip)
	}
	for _, x := range slices.Backward(slices.Collect(h.seen.all())) { // links last come first: heads
		if !c.past.has(x) {
			c.links = append(c.links, x)
			c.past |= w.upTo(x)
		}
	}
	h.tip = i
	h.seen |= c.past | of(i)
	w.changes = append(w.changes, c)
	return i
}

// whole is the set of all changes.
func (w *world) whole() set { return set(1)<<len(w.changes) - 1 }

// onChain tells whether change a is of or before it on its prev path.
func (w *world) onChain(a, of int) bool {
	for ; of >= 0; of = w.changes[of].prev {
		if a == of {
			return true
		}
	}
	return false
}

// id is the CID of change i. They come in an order of chance, the same one for
// every salt.
func (w *world) id(i int) cid.Cid {
	if i == alien {
		return block.ID(sha256.Sum256([]byte("another work"))).ChangeCID()
	}
	for len(w.ids) <= i {
		k := len(w.ids)
		d := sha256.Sum256(fmt.Appendf(nil, "%s change %d", w.salt, k))
		rank := sha256.Sum256(fmt.Appendf(nil, "rank %d %s", k, w.luck))
		copy(d[:8], rank[:8])
		c := block.ID(d).ChangeCID()
		w.ids, w.at[c] = append(w.ids, c), k
	}
	return w.ids[i]
}

// private is the key of that name, and author its public half.
func (w *world) private(key int) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(w.salt + "key " + w.keys[key]))
	return ed25519.NewKeyFromSeed(seed[:])
}

func (w *world) author(key int) crdt.Author {
	name := w.keys[key]
	a, ok := w.signed[name]
	if !ok {
		a = publicKey(w.salt + "key " + name)
		w.signed[name] = a
	}
	return a
}

// publicKeys remembers public keys by what they are made of.
var publicKeys = map[string]crdt.Author{}

func publicKey(from string) crdt.Author {
	a, ok := publicKeys[from]
	if !ok {
		seed := sha256.Sum256([]byte(from))
		a = crdt.Author(ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey))
		publicKeys[from] = a
	}
	return a
}

// renumber is the same world with other keys and other CIDs, which ascend as before.
func (w *world) renumber(salt string) *world {
	v := *w
	v.salt = salt
	v.ids, v.at, v.bodies, v.signed = nil, map[cid.Cid]int{}, nil, map[string]crdt.Author{}
	return &v
}

// sign is the signature of a person on the binding of a key.
func (w *world) sign(person, key int, agent bool) []byte {
	kind := "device"
	if agent {
		kind = "agent"
	}
	a := w.author(key)
	msg := []byte("commonhold/bind/v1\x00")
	for _, part := range [][]byte{w.id(0).Bytes(), append([]byte{0xed, 1}, a[:]...)} {
		msg = append(binary.AppendUvarint(msg, uint64(len(part))), part...)
	}
	return ed25519.Sign(w.private(person), append(msg, kind...))
}
