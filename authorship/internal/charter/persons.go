package charter

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"sync"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Persons says to whom keys belong, in one closed set of changes. A person is a key whose
// first change has no boundTo. Another key belongs to the person that its boundTo names,
// once that carries the person's signature or the person's chain has the matching bind;
// until then it is its own.
//
// A key may have made more than one first change (it has forked); each is the root of its
// branch, and what belongs to a person is a branch. So nobody carries the work of a key
// over to another person by starting the key anew.
//
// Invariants:
//
//  1. roots has the first change of each branch that was added, byKey the same by key, in
//     the order in which they were added, and claims those that claim, by what they claim.
//  2. bound counts the binds in force, each by an author whose own branch has no boundTo.
//  3. Person of a root is what the rule above says.
//  4. branches of a person has all the branches that belong to it, each once, and perhaps
//     some that belong to another person by now.
type Persons struct {
	work     cid.Cid
	roots    map[cid.Cid]*Root
	byKey    map[crdt.Author][]*Root
	bound    map[Binding]int
	claims   map[Binding][]*Root
	branches map[crdt.Author][]*Root
}

// Root is the first change of a branch of a key.
type Root struct {
	ID     cid.Cid // cid.Undef while it is open
	Key    crdt.Author
	Claim  *Claim // nil: a person's
	Signed bool   // the claim carries the person's signature
	Person crdt.Author

	listed [2]bool // in branches: under its own key, under the person of its claim
	branch
}

// NewPersons makes an empty one for a work.
func NewPersons(work cid.Cid) *Persons {
	return &Persons{work, map[cid.Cid]*Root{}, map[crdt.Author][]*Root{}, map[Binding]int{}, map[Binding][]*Root{}, map[crdt.Author][]*Root{}}
}

// Root is the branch with a first change, nil when it was not added.
func (p *Persons) Root(id cid.Cid) *Root { return p.roots[id] }

// Of are the branches of a key, in the order in which they were added.
func (p *Persons) Of(key crdt.Author) []*Root { return p.byKey[key] }

// NewRoot is a branch that is not added: how one would be judged now.
func (p *Persons) NewRoot(id cid.Cid, key crdt.Author, claim *Claim) *Root {
	r := &Root{ID: id, Key: key, Claim: claim}
	if claim != nil {
		r.Signed = claim.signed(p.work, key)
	}
	r.Person = p.personOf(r)
	return r
}

// Add takes in the first change of a branch; claim is its boundTo, nil for none.
func (p *Persons) Add(id cid.Cid, key crdt.Author, claim *Claim) *Root {
	r := p.NewRoot(id, key, claim)
	p.roots[id] = r
	p.byKey[key] = append(p.byKey[key], r)
	if claim != nil {
		p.claims[r.claimed()] = append(p.claims[r.claimed()], r)
	}
	p.list(r)
	return r
}

// Confirmed tells whether a branch is bound from both sides.
func (p *Persons) Confirmed(r *Root) bool {
	return r.Claim != nil && (r.Signed || p.bound[r.claimed()] > 0)
}

// claimed is the bind that would confirm a branch with a claim.
func (r *Root) claimed() Binding { return Binding{r.Claim.Person, r.Key, r.Claim.Agent} }

// personOf is whose a branch is.
func (p *Persons) personOf(r *Root) crdt.Author {
	if p.Confirmed(r) {
		return r.Claim.Person
	}
	return r.Key
}

// Agent tells whether a branch is an agent's, confirmed or not.
func (r *Root) Agent() bool { return r.Claim != nil && r.Claim.Agent }

// Bind takes in a bind on a branch; only a person can confirm. It gives the branches
// whose person has changed, with the persons they had.
func (p *Persons) Bind(b Binding, on *Root) []Moved {
	if on.Claim != nil {
		return nil
	}
	p.bound[b]++
	if p.bound[b] > 1 {
		return nil
	}
	return p.move(b)
}

// Unbind takes a bind back that Bind took in; see there.
func (p *Persons) Unbind(b Binding, on *Root) []Moved {
	if on.Claim != nil {
		return nil
	}
	if p.bound[b]--; p.bound[b] > 0 {
		return nil
	}
	delete(p.bound, b)
	return p.move(b)
}

// Moved is a branch and the person it belonged to before.
type Moved struct {
	Root *Root
	Was  crdt.Author
}

// move sets the person of the branches that a binding speaks of.
func (p *Persons) move(b Binding) []Moved {
	var out []Moved
	for _, r := range p.claims[b] {
		if now := p.personOf(r); r.Person != now {
			out = append(out, Moved{r, r.Person})
			r.Person = now
			p.list(r)
		}
	}
	return out
}

// list notes a branch that has come to a person, unless it was there before.
func (p *Persons) list(r *Root) {
	k := 0
	if r.Person != r.Key {
		k = 1
	}
	if !r.listed[k] {
		r.listed[k] = true
		p.branches[r.Person] = append(p.branches[r.Person], r)
	}
}

// of are the branches that belong to a person.
func (p *Persons) of(person crdt.Author) iter.Seq[*Root] {
	return func(yield func(*Root) bool) {
		for _, r := range p.branches[person] {
			if r.Person == person && !yield(r) {
				return
			}
		}
	}
}

// ClaimOf is the boundTo among the acts of a first change, nil for none: the first in
// its form, if there are several.
func ClaimOf(acts iter.Seq[crdt.Act]) *Claim {
	for a := range acts {
		if a.Kind == KindBoundTo {
			if b, ok := ReadClaim(a); ok {
				return &b
			}
		}
	}
	return nil
}

// bindContext separates signatures on bindings from every other signature that a key may
// ever make.
const bindContext = "commonhold/bind/v1\x00"

// BindMessage is what a person signs to confirm a device or agent:
//
//	"commonhold/bind/v1\0" ‖ len ‖ CID of the work ‖ len ‖ key ‖ kind
//
// where len is the uvarint of the bytes that follow it (36 and 34), the key stands as in
// did:key, and kind is the text "device" or "agent".
func BindMessage(work cid.Cid, key crdt.Author, agent bool) []byte {
	b := []byte(bindContext)
	for _, part := range [][]byte{work.Bytes(), KeyBytes(key)} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	if agent {
		return append(b, "agent"...)
	}
	return append(b, "device"...)
}

// signed tells whether the claim of a key in a work carries the signature of the person
// that it names.
func (b Claim) signed(work cid.Cid, key crdt.Author) bool {
	if b.Sig == nil {
		return false
	}
	return Verified(b.Person, BindMessage(work, key, b.Agent), b.Sig)
}

// Verified tells whether a signature is the key's over a message.
func Verified(key crdt.Author, msg, sig []byte) bool {
	sum := sha256.Sum256(append(append(msg[:len(msg):len(msg)], key[:]...), sig...))
	slot := &signatures[sum[0]]
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if slot.sum == sum {
		return slot.good
	}
	slot.sum, slot.good = sum, len(sig) == ed25519.SignatureSize && ed25519.Verify(key[:], msg, sig)
	return slot.good
}

// signatures remembers verdicts on bindings and proofs, which every view of the past asks
// for again and which cost 0.1 ms each. It is a memo of a pure function: losing an entry
// only costs time.
var signatures [256]struct {
	mu   sync.Mutex
	sum  [32]byte
	good bool
}
