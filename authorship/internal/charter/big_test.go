package charter

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// big is a crdt.History of any size, all of which is there from the start. Nothing is
// signed.
type big struct {
	t     testing.TB
	data  crdt.Value
	nodes []node
	at    map[cid.Cid]int
	tips  map[string]int // the last change by the name of a branch
	seqs  map[int]uint64
}

// node is one change.
type node struct {
	id    cid.Cid
	key   crdt.Author
	links []int // prev first, where there is one
	prev  bool
	tag   int
	acts  []crdt.Act
}

// nobody is no change.
const nobody = -1

// keyOf is a key made from a name.
func keyOf(name string) (a crdt.Author) {
	seed := sha256.Sum256([]byte(name))
	copy(a[:], ed25519.NewKeyFromSeed(seed[:])[32:])
	return a
}

// bareKey is a key that nobody names in an act: making it costs nothing.
func bareKey(n int) crdt.Author { return sha256.Sum256(fmt.Appendf(nil, "bare %d", n)) }

// founded is a work whose genesis says data.
func founded(t testing.TB, founder string, data map[string]any) *big {
	h := &big{t: t, at: map[cid.Cid]int{}, tips: map[string]int{}, seqs: map[int]uint64{}}
	v, err := crdt.NewValue(data)
	if err != nil {
		t.Fatal(err)
	}
	h.data = v
	h.write(founder, nil)
	return h
}

// act is an act of a change to come.
type act struct {
	kind string
	body any
}

// write makes a change on the branch of a name, which is that of its key too.
func (h *big) write(name string, links []int, acts ...act) int {
	return h.writeAs(name, keyOf(name), nobody, links, acts...)
}

// writeAs makes a change on a branch of a key, with a tag.
func (h *big) writeAs(branch string, key crdt.Author, tag int, links []int, acts ...act) int {
	i := len(h.nodes)
	n := node{id: block.ID(sha256.Sum256(fmt.Appendf(nil, "change %d", i))).ChangeCID(), key: key, tag: tag}
	if p, ok := h.tips[branch]; ok {
		n.links, n.prev = []int{p}, true
		h.seqs[i] = h.seqs[p] + 1
	}
	if i > 0 && len(links) == 0 && !n.prev {
		links = []int{0}
	}
	for _, l := range links {
		if !slices.Contains(n.links, l) {
			n.links = append(n.links, l)
		}
	}
	for k, a := range acts {
		v, err := crdt.NewValue(a.body)
		if err != nil {
			h.t.Fatal(err)
		}
		n.acts = append(n.acts, crdt.Act{Change: n.id, Index: k, Author: key, Kind: a.kind, Body: v})
	}
	h.nodes = append(h.nodes, n)
	h.at[n.id] = i
	h.tips[branch] = i
	return i
}

func (h *big) id(i int) cid.Cid { return h.nodes[i].id }

// ids are changes as a list of an act.
func (h *big) ids(list ...int) []any {
	out := []cid.Cid{}
	for _, i := range list {
		out = append(out, h.id(i))
	}
	slices.SortFunc(out, func(a, b cid.Cid) int { return slices.Compare([]byte(a.KeyString()), []byte(b.KeyString())) })
	any := []any{}
	for _, c := range slices.Compact(out) {
		any = append(any, c)
	}
	return any
}

// keys are keys as a list of an act.
func keys(names ...string) []any {
	list := []crdt.Author{}
	for _, n := range names {
		list = append(list, keyOf(n))
	}
	slices.SortFunc(list, compare)
	out := []any{}
	for _, a := range slices.Compact(list) {
		out = append(out, KeyBytes(a))
	}
	return out
}

func (h *big) Change(c cid.Cid) crdt.Change {
	i := h.at[c]
	n := &h.nodes[i]
	out := crdt.Change{ID: c, Author: n.key, Seq: h.seqs[i]}
	if n.tag != nobody {
		out.Tag = h.id(n.tag)
	}
	return out
}

func (h *big) Acts(c cid.Cid) iter.Seq[crdt.Act] { return slices.Values(h.nodes[h.at[c]].acts) }

func (h *big) Links(c cid.Cid) iter.Seq[cid.Cid] {
	return func(yield func(cid.Cid) bool) {
		for _, l := range h.nodes[h.at[c]].links {
			if !yield(h.id(l)) {
				return
			}
		}
	}
}

func (h *big) InPast(a, of cid.Cid) bool {
	target, from := h.at[a], h.at[of]
	seen := map[int]bool{}
	for stack := []int{from}; len(stack) > 0; {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if i == target {
			return true
		}
		if i < target || seen[i] {
			continue
		}
		seen[i] = true
		stack = append(stack, h.nodes[i].links...)
	}
	return false
}

func (h *big) OnChain(a, of cid.Cid) bool {
	for target, i := h.at[a], h.at[of]; ; i = h.nodes[i].links[0] {
		if i == target {
			return true
		}
		if !h.nodes[i].prev {
			return false
		}
	}
}

// start is a judge that has been told nothing.
func (h *big) start() *Judge {
	j, err := Start(h, h.data)
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

// add tells a judge a change, and gives the verdicts that changed, by change.
func (h *big) add(j *Judge, i int) map[int]error {
	out := map[int]error{}
	for c, err := range j.Add(h.id(i)) {
		out[h.at[c]] = err
	}
	return out
}

// grantOf is a grant of terms.
func grantOf(terms ...any) act { return act{KindGrant, map[string]any{"terms": terms}} }
