package state

import (
	"fmt"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// edits is how many histories TestRandomEdits makes.
const edits = 80

// ownKey is the key of the replica that edits.
const ownKey = 3

// draft is an open change of a replica.
type draft struct {
	p     *replica
	h     graph.Held
	s     *scene
	words uint32 // where its words begin
}

// savepoint is what a rollback goes back to.
type savepoint struct {
	count              uint32
	ops, nums, back    int
	encoded, text, all int
	dump               string
}

// nodesAt are the changes at indexes, in the order of their ids.
func (p *replica) nodesAt(list []int32, but *node) (out []*node) {
	for _, i := range list {
		if p.nodes[i] != but {
			out = append(out, p.nodes[i])
		}
	}
	slices.SortFunc(out, func(a, b *node) int { return block.Compare(a.id, b.id) })
	return out
}

// open opens a change on all heads; the other tips of chains are refs, so that
// every number has a name.
func (p *replica) open() *draft {
	d := &draft{p: p, words: uint32(len(p.words))}
	var prev *node
	at := graph.None32
	if c, ok := p.g.ChainOfKey(p.u.keys[ownKey]); ok {
		at = p.g.Tips(c)[0]
		prev = p.nodes[at]
	}
	parents := p.nodesAt(p.g.Heads(), prev)
	refs := slices.DeleteFunc(p.nodesAt(allTips(p.g), prev), func(n *node) bool { return slices.Contains(parents, n) })
	if prev == nil && len(parents) == 0 {
		p.u.t.Fatal("no heads")
	}
	d.s = p.u.scene(ownKey, prev, parents)
	for _, r := range refs {
		d.s.n.depth = max(d.s.n.depth, r.depth+1)
	}
	d.s.parents, d.s.refs = slices.Concat(parents, refs), len(refs)
	d.s.n.links = d.s.parents
	var indexes []int32
	for _, n := range parents {
		indexes = append(indexes, int32(slices.Index(p.nodes, n)))
	}
	p.g.Open(&d.h, p.u.keys[ownKey], at, indexes)
	for _, n := range refs {
		d.h.AddRef(int32(slices.Index(p.nodes, n)))
	}
	p.has.list = append(slices.Clone(p.nodes), d.s.n)
	return d
}

// edit makes a random edit; inserts go where a local one goes.
func (d *draft) edit() {
	p := d.p
	op, words, ok := d.s.random()
	if !ok {
		return
	}
	switch op.Code {
	case block.OpText, block.OpValues, block.OpListChild, block.OpMove, block.OpNode, block.OpTreeMove:
		d.between(&op)
	}
	at := uint32(len(p.words))
	p.words = append(p.words, words...)
	place, what, err := p.t.Locate(p.g, graph.Of(&d.h), d.h.Count, &op)
	if err != nil {
		p.u.t.Fatal(err)
	}
	p.t.Keep(place)
	lv := d.h.LV + d.h.Count
	d.h.Count += op.Numbers()
	p.t.Append(op.Numbers(), what)
	p.s.Op(graph.Of(&d.h), &op, place, lv, at)
	p.s.Settle()
	d.s.push(op, words)
}

// between puts an insert between two elements that are neighbours, deleted ones
// counted, so that it is the sibling of none: the rule of plain Fugue.
func (d *draft) between(op *block.Op) {
	list := d.p.has.ordered(d.s.beside(op))
	op.HasAt, op.Side = false, block.Right
	if len(list) == 0 {
		return
	}
	k := d.p.u.r.IntN(len(list) + 1)
	at := list[0]
	switch {
	case k == 0:
		op.Side = block.Left
	case slices.ContainsFunc(list, func(x *num) bool { return x.parent == list[k-1] && x.side == block.Right }):
		at, op.Side = list[k], block.Left
	default:
		at = list[k-1]
	}
	n, ok := d.s.pick(func(x *num) bool { return x == at })
	if !ok {
		d.p.u.t.Fatalf("element %s has no name", at.name())
	}
	op.HasAt, op.At = true, n.Thing
}

// save makes a savepoint.
func (d *draft) save() savepoint {
	return savepoint{d.h.Count, len(d.s.ops), len(d.s.n.nums), len(d.s.n.back), len(d.s.encoded), len(d.s.n.text), len(d.p.words),
		d.p.dump(d.p.s, d.p.has.containers())}
}

// rollback goes back to a savepoint, as an Update that fails does.
func (d *draft) rollback(sp savepoint) {
	p, n := d.p, d.s.n
	lv := d.h.LV + sp.count
	var seqs []int32
	for _, x := range n.nums[sp.nums:] {
		if c := x.sequence(); c != nil {
			seqs = append(seqs, p.place(c))
		} else if x.node != nil {
			at, _ := p.childrenPlace(x.at, x.dest)
			seqs = append(seqs, at)
		}
	}
	for _, x := range n.back[sp.back:] {
		p.s.Life.Restore(p.lv(x), 1, false)
	}
	p.s.Life.Truncate(lv)
	p.s.Settle()
	slices.Sort(seqs)
	p.s.Truncate(lv, slices.Compact(seqs))
	p.t.Truncate(lv)
	p.words = p.words[:sp.all]
	d.h.Count = sp.count
	d.s.ops, d.s.encoded = d.s.ops[:sp.ops], d.s.encoded[:sp.encoded]
	n.nums, n.back, n.text = n.nums[:sp.nums], n.back[:sp.back], n.text[:sp.text]
	p.same("rolled back", p.s, &p.has)
	if got := p.dump(p.s, p.has.containers()); got != sp.dump {
		p.u.t.Fatalf("rolled back: shows\n%s\nwant\n%s", diff(got, sp.dump), diff(sp.dump, got))
	}
}

// lv is the LV of a number.
func (p *replica) lv(x *num) LV {
	if i := slices.Index(p.nodes, x.n); i >= 0 {
		return p.g.First(int32(i)) + x.off
	}
	return p.g.NextLV() + x.off
}

// seal makes the draft an applied change and one of the universe.
func (d *draft) seal() {
	p := d.p
	if len(d.s.ops) == 0 {
		p.has.list = p.nodes
		return
	}
	h := d.s.header()
	raw := block.Encode(&h, len(d.s.ops), d.s.encoded)
	d.h.Header, d.h.Ops, d.h.NOps, d.h.ID = h, d.s.encoded, len(d.s.ops), block.Sum(raw)
	words := uint32(graph.NoWords)
	if h.Size > 0 {
		words = d.words
	}
	p.g.Append(&d.h, words)
	p.t.Sealed(d.h.ID, d.h.LV, d.h.Count)
	p.nodes = append(p.nodes, d.s.finish(raw))
	p.has.list = p.nodes
}

// TestRandomEdits lets a replica edit between what it takes from others, with
// edits that are taken back, and compares it with the twin after each step, and
// with another that has it all from the bytes.
func TestRandomEdits(t *testing.T) {
	for seed := range uint64(edits) {
		u := newUniverse(t, seed)
		p := newReplica(u)
		p.take(u.list[0], true)
		for k := range 12 {
			what := fmt.Sprintf("seed %d, step %d", seed, k)
			for range u.r.IntN(3) {
				u.grow()
			}
			for ready := p.ready(); len(ready) > 0 && u.r.IntN(3) > 0; ready = p.ready() {
				p.take(ready[u.r.IntN(len(ready))], u.r.IntN(4) > 0)
			}
			if u.r.IntN(3) == 0 {
				p.turn()
			}
			p.s.Settle()
			if u.r.IntN(3) == 0 {
				p.fill()
			}
			p.same(what, p.s, &p.has)
			d := p.open()
			for range u.r.IntN(4) {
				sp := d.save()
				for range 1 + u.r.IntN(4) {
					d.edit()
					p.same(what+", an edit", p.s, &p.has)
				}
				if u.r.IntN(2) == 0 {
					d.rollback(sp)
				}
			}
			d.seal()
			p.same(what+", sealed", p.s, &p.has)
		}
		q := newReplica(u)
		for ready := q.ready(); len(ready) > 0; ready = q.ready() {
			q.take(ready[u.r.IntN(len(ready))], true)
		}
		q.s.Settle()
		q.same("from the bytes", q.s, &q.has)
	}
}

// allTips are the tips of all chains, ascending.
func allTips(g *graph.Graph) (out []int32) {
	for c := range int32(g.Chains()) {
		out = append(out, g.Tips(c)...)
	}
	slices.Sort(out)
	return out
}
