package crdt_test

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// vouched is rules that find in the file of a vector which changes do not count.
type vouched struct{ v *vector }

func (r vouched) Name() string { return r.v.Rules }

func (r vouched) Start(crdt.History, crdt.Value) (crdt.Judge, error) {
	j := vouchedJudge{}
	for _, c := range r.v.Changes {
		if c.Off != "" {
			j[c.CID] = errors.New(c.Off)
		}
	}
	return j, nil
}

// vouchedJudge has why changes do not count, by CID.
type vouchedJudge map[string]error

func (j vouchedJudge) Add(c cid.Cid) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		if err := j[c.String()]; err != nil {
			yield(c, err)
		}
	}
}

func (vouchedJudge) Before(*crdt.Tx) error { return nil }

// checkUnknownRules: without the rules, or with others, nothing of the work is shown,
// in whatever order it comes.
func checkUnknownRules(t *testing.T, v *vector) {
	other := *v
	other.Rules += "x"
	order := make([]int, len(v.Changes))
	for k := range order {
		order[k] = k
	}
	for range 2 {
		for _, opts := range [][]crdt.Option{nil, {crdt.WithRules(vouched{&other}, crdt.Value{})}} {
			d, err := crdt.Join(nil, v.workID(t).ChangeCID(), opts...)
			must(t, err)
			for _, k := range order {
				b, id, err := v.bundle(t, k)
				must(t, err)
				if err = give(d, b); (id == v.workID(t)) != errors.Is(err, crdt.ErrRules) {
					t.Errorf("change %d without the rules: %v", k, err)
				}
			}
			if n := bridge.Of(d).Count(); n != 0 {
				t.Errorf("without the rules %d changes are applied", n)
			}
		}
		slices.Reverse(order)
	}
}

// ruled begins a vector whose genesis names rules that only its file knows.
func (g *generator) ruled(name, shows string) *vec {
	v := g.vector("rules-"+name, shows)
	v.v.Rules = "example/1"
	d := v.genesis()
	d.ops[0].HasRules, d.ops[0].Rules = true, v.v.Rules
	d.ops[0].HasValue, d.ops[0].Value = true, []byte{0xa1, 0x65, 's', 'h', 'a', 'r', 'e', 2}
	d.end()
	return v
}

// off ends a change that the rules do not let count.
func (d *draft) off() *made {
	d.c.Off = "Waits"
	return d.end()
}

// effectiveVectors are works with rules: what shows, given what the rules say.
func (g *generator) effectiveVectors() {
	v := g.ruled("unknown", "Who does not know the rules shows nothing, though every change is applied; the rules let all count.")
	d := v.on(ann)
	d.text(textOf("t"), vecTop, "seen by who knows them")
	d.act("example", 1, "acts need no rules to be applied")
	d.end()
	v.json(`{"t":"seen by who knows them"}`)

	v = g.ruled("text", "What a change that does not count inserted is not shown, and keeps its place.")
	d = v.on(ann)
	d.text(textOf("t"), vecTop, "ad")
	a := d.end()
	d = v.on(ben, a)
	d.text(textOf("t"), leftOf(d.at(a, 1)), "b")
	b := d.off()
	d = v.on(cas, b)
	d.text(textOf("t"), rightOf(d.at(b, 0)), "c")
	d.end()
	v.json(`{"t":"acd"}`)

	v = g.ruled("deletes", "A delete counts if its change does, and a restore takes it back if that of the restore does.")
	d = v.on(ann)
	d.text(textOf("t"), vecTop, "abcd")
	a = d.end()
	d = v.on(ben, a)
	d.del(span(d.at(a, 0), 1))
	d.off()
	d = v.on(cas, a)
	d.del(span(d.at(a, 1), 2))
	c := d.end()
	d = v.on(dee, c)
	d.restore(span(d.at(c, 0), 1))
	d.off()
	d = v.on(ann, c)
	d.restore(span(d.at(c, 1), 1))
	d.end()
	v.json(`{"t":"acd"}`)

	v = g.ruled("over", "An entry that does not count shows nothing, and what is over it hides what it reaches.")
	d = v.on(ann)
	d.put(mapOf("m"), "j", 1)
	d.put(mapOf("m"), "k", 1)
	a = d.end()
	d = v.on(ben, a)
	d.put(mapOf("m"), "j", 2, d.at(a, 0))
	d.put(mapOf("m"), "k", 2, d.at(a, 1))
	b = d.off()
	d = v.on(cas, b)
	d.put(mapOf("m"), "k", 3, d.at(b, 1))
	d.end()
	v.json(`{"m":{"j":1,"k":3}}`)
	v.conflicts("m", "j", "k")

	g.effectiveChildren()
	g.effectiveRich()
	g.effectiveParts()
}

// effectiveChildren are containers whose makers do not count.
func (g *generator) effectiveChildren() {
	v := g.ruled("child", "A child that no change that counts has made stands while something in it counts, if nobody has deleted it.")
	d := v.on(ben, v.made[0])
	d.child(mapOf("m"), "full", block.KindMap, nil)
	d.child(mapOf("m"), "empty", block.KindMap, nil)
	d.child(mapOf("m"), "gone", block.KindMap, nil)
	b := d.off()
	d = v.on(cas, b)
	d.put(childOf(block.KindMap, d.at(b, 0)), "k", 1)
	d.put(childOf(block.KindMap, d.at(b, 2)), "k", 1)
	d.del(span(d.at(b, 2), 1))
	d.end()
	v.json(`{"m":{"full":{"k":1}}}`)
	v.conflicts("m", "full", "empty", "gone")

	v = g.ruled("child-deep", "A child stands for what counts in a child of it, which stands for the same.")
	d = v.on(ben, v.made[0])
	x := d.child(mapOf("m"), "outer", block.KindMap, nil)
	d.child(childOf(block.KindMap, x), "inner", block.KindText, nil)
	b = d.off()
	d = v.on(cas, b)
	d.text(childOf(block.KindText, d.at(b, 1)), vecTop, "deep")
	d.end()
	v.json(`{"m":{"outer":{"inner":"deep"}}}`)

	v = g.ruled("list", "An element whose maker does not count is not shown, whatever it was set to and wherever it was moved; of others such sets and moves do nothing.")
	d = v.on(ann)
	d.values(listOf("l"), vecTop, 1, 2, 3)
	a := d.end()
	d = v.on(ben, a)
	d.values(listOf("l"), rightOf(d.at(a, 2)), 4)
	d.set(d.at(a, 0), 10, d.at(a, 0))
	d.move(d.at(a, 1), rightOf(d.at(a, 2)), d.at(a, 1))
	b = d.off()
	d = v.on(cas, b).ref(a)
	d.set(d.at(b, 0), 40, d.at(b, 0))
	d.move(d.at(b, 0), leftOf(d.at(a, 0)), d.at(b, 0))
	d.end()
	v.json(`{"l":[1,2,3]}`)

	v = g.ruled("sums", "Steps and tags count if their change does.")
	d = v.on(ann)
	d.step(root(block.KindCounter, "c"), 5)
	d.add(root(block.KindSet, "s"), 1)
	d.end()
	d = v.on(ben, v.made[0])
	d.step(root(block.KindCounter, "c"), 7)
	d.add(root(block.KindSet, "s"), 1, 2)
	d.off()
	v.json(`{"c":5,"s":[1]}`)
}

// effectiveRich are marks, markers and trees of changes that do not count.
func (g *generator) effectiveRich() {
	v := g.ruled("marker", "A block marker of a change that does not count is not shown and ends no growth; a mark of such a change acts on nothing.")
	t := textOf("t")
	d := v.on(ann)
	d.text(t, vecTop, "abcd")
	a := d.end()
	d = v.on(ben, a)
	d.marker(t, leftOf(d.at(a, 2)))
	d.mark(t, "m", "", d.at(a, 0), d.at(a, 3), stays, stays, 2)
	b := d.off()
	d = v.on(cas, b).ref(a)
	d.mark(t, "grown", "", d.at(a, 0), d.at(a, 0), stays, toEdge, 1)
	d.end()
	v.json(`{"t":"abcd"}`)

	v = g.ruled("tree", "A node of a change that does not count is gone, what counts below it comes to the root; a move of such a change moves nothing.")
	tree := root(block.KindTree, "p")
	d = v.on(ann)
	d.page(tree, nil, vecTop, "one")
	a = d.end()
	d = v.on(ben, a)
	d.page(tree, nil, vecTop, "gone")
	b = d.off()
	d = v.on(cas, b)
	to := d.at(b, 0)
	d.page(tree, &to, vecTop, "orphan")
	c := d.end()
	d = v.on(dee, c).ref(a)
	to = d.at(c, 0)
	d.shift(d.at(a, 0), &to, vecTop)
	d.off()
	v.json(`{"p":[{"data":{"n":"one"}},{"data":{"n":"orphan"}}]}`)
}

// effectiveParts are edits of several changes.
func (g *generator) effectiveParts() {
	v := g.ruled("more", "The parts of an edit are judged as their last part.")
	for k := range 4 {
		d := v.on(ben, v.made[0])
		if k > 0 {
			d = v.on(ben)
		}
		d.h.More = k == 0 || k == 2
		d.put(mapOf("m"), string(rune('a'+k)), k)
		if d.c.Off = ""; k < 2 {
			d.c.Off = "Waits"
		}
		d.end()
	}
	v.json(`{"m":{"c":2,"d":3}}`)
}
