package crdt_test

import (
	"bytes"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// sortKeys puts keys in the order of their bytes.
func sortKeys(keys []block.Key) {
	slices.SortFunc(keys, func(a, b block.Key) int { return bytes.Compare(a[:], b[:]) })
}

// headerRuleVectors break rules that the header alone decides.
func (g *generator) headerRuleVectors() {
	words := block.Op{Code: block.OpAct, Name: "k", Value: []byte{0xf6}, HasValue: true}
	for _, f := range []struct {
		name, shows string
		fix         func(d *draft)
	}{
		{"seq-without-prev", "A seq of 1 without prev.", func(d *draft) { d.h.Seq, d.h.Work = 1, block.ID{} }},
		{"prev-at-first", "A prev at seq 0.", func(d *draft) { d.h.Prev = d.v.work }},
		{"start-at-first", "A first change that starts at 1.", func(d *draft) { d.h.Start = 1 }},
		{"genesis-op-later", "The op genesis in a later change.", func(d *draft) {
			d.ops = slices.Insert(d.ops, 0, block.Op{Code: block.OpGenesis, Name: "Again"})
		}},
		{"work-missing", "A first change that does not name the work.", func(d *draft) { d.h.Work = block.ID{} }},
		{"work-twice", "A later change that names the work.", func(d *draft) {
			d.h.Prev, d.h.Seq, d.h.Start = block.ID{1}, 1, 5
		}},
		{"link-parent-ref", "A parent that is a ref, too.", func(d *draft) { d.h.Refs = d.h.Parents }},
		{"link-prev-parent", "A prev that is a parent, too.", func(d *draft) {
			d.h.Prev, d.h.Seq, d.h.Work = d.h.Parents[0], 1, block.ID{}
		}},
		{"link-prev-ref", "A prev that is a ref, too.", func(d *draft) {
			d.h.Prev, d.h.Seq, d.h.Work, d.h.Refs = block.ID{1}, 1, block.ID{}, []block.ID{{1}}
		}},
		{"text-null", "A size without a content block.", func(d *draft) { d.noSize, d.h.Size, d.noContent = true, 3, true }},
		{"text-without-words", "A content block of no bytes.", func(d *draft) {
			d.ops, d.words, d.noSize, d.h.Text = []block.Op{words}, nil, true, block.Sum(nil)
		}},
		{"size-short", "A size that is less than the words.", func(d *draft) { d.noSize, d.h.Text, d.h.Size = true, block.Sum(d.words), 2 }},
		{"size-long", "A size that is 15 more than the words.", func(d *draft) { d.noSize, d.h.Text, d.h.Size = true, block.Sum(d.words), 18 }},
		{"salt-alone", "A size of 16 without words.", func(d *draft) {
			d.ops, d.words, d.noSize, d.h.Text, d.h.Size = []block.Op{words}, nil, true, block.Sum(nil), 16
		}},
		{"with-author", "The author as co-author.", func(d *draft) { d.h.With = []block.Key{d.h.By} }},
		{"tag-beyond", "A tag behind the last link.", func(d *draft) { d.h.HasTag, d.h.Tag = true, 2 }},
		{"tag-huge", "A tag of 2^32 − 1.", func(d *draft) { d.h.HasTag, d.h.Tag = true, 1<<32-1 }},
		{"tag-no-prev", "A tag of 0 where there is no prev.", func(d *draft) { d.h.HasTag = true }},
	} {
		g.fault("Invalid", f.name, f.shows, f.fix)
	}
	for _, f := range []struct {
		name, shows string
		fix         func(d *draft)
	}{
		{"genesis-without-op", "A genesis without its op.", func(d *draft) { d.ops = nil }},
		{"genesis-op-second", "A genesis whose op is not the first.", func(d *draft) {
			d.ops = slices.Insert(d.ops, 0, words)
		}},
		{"genesis-op-twice", "A genesis with two of its ops.", func(d *draft) { d.ops = append(d.ops, d.ops[0]) }},
		{"genesis-refs", "A genesis with refs.", func(d *draft) { d.h.Refs = []block.ID{{1}} }},
		{"genesis-work", "A genesis that names a work.", func(d *draft) { d.h.Work = block.ID{1} }},
		{"genesis-rules-empty", "Rules without a name.", func(d *draft) { d.ops[0].HasRules = true }},
		{"genesis-data-without-rules", "Data without rules.", func(d *draft) { d.ops[0].HasValue, d.ops[0].Value = true, []byte{1} }},
	} {
		v := g.vector("invalid-"+f.name, f.shows)
		d := v.genesis()
		f.fix(d)
		d.refused("Invalid")
	}
}

// opRuleVectors break rules that the ops of a block alone decide.
func (g *generator) opRuleVectors() {
	ins := func(runes, size uint32) block.Op {
		return block.Op{Code: block.OpText, C: textOf("t"), Side: block.Right, Runes: runes, Bytes: size}
	}
	own := func(n uint64) block.Thing { return block.Thing{N: n} }
	kinded := func(op block.Op, c block.Container) block.Op { op.C = c; return op }
	values := block.Op{Code: block.OpValues, Side: block.Right, Lens: []uint32{1}}
	for _, f := range []struct {
		name, shows string
		op          block.Op
	}{
		{"root-left", "An element on the left of the root of a sequence.", block.Op{Code: block.OpText, C: textOf("t"), Runes: 1, Bytes: 1}},
		{"root-left-node", "A node on the left of the root of a sequence.", block.Op{Code: block.OpNode, C: treeOf("t")}},
		{"runes-zero", "A text of no code points.", ins(0, 1)},
		{"runes-many", "A text of more code points than bytes.", ins(3, 2)},
		{"runes-few", "A text of more than four bytes a code point.", ins(1, 5)},
		{"text-empty", "A text of nothing.", ins(0, 0)},
		{"quote-empty", "A quote of nothing.", block.Op{Code: block.OpQuote, C: textOf("t"), Side: block.Right, From: block.Origin{Change: block.ID{1}}}},
		{"values-none", "An op values without values.", block.Op{Code: block.OpValues, C: listOf("l"), Side: block.Right}},
		{"value-empty", "A value of no bytes.", block.Op{Code: block.OpValues, C: listOf("l"), Side: block.Right, Lens: []uint32{1, 0}}},
		{"add-none", "An op add without values.", block.Op{Code: block.OpAdd, C: setOf("s")}},
		{"put-empty", "A put of no bytes.", block.Op{Code: block.OpPut, C: mapOf("m"), Key: "k"}},
		{"step-zero", "A step of nothing.", block.Op{Code: block.OpStep, C: counterOf("c")}},
		{"delete-none", "A delete of nothing.", block.Op{Code: block.OpDelete}},
		{"restore-none", "A restore of nothing.", block.Op{Code: block.OpRestore}},
		{"run-empty", "An empty run.", block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 1}}}},
		{"runs-overlap", "Two runs that overlap.", block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 1, N: 0, Len: 2}, {C: 1, N: 1, Len: 1}}}},
		{"runs-overlap-far", "Two runs that overlap with others between, in no order.", block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 1, N: 1, Len: 1}, {C: 0, N: 0, Len: 1}, {C: 1, N: 0, Len: 1}, {C: 0, N: 1, Len: 1}, {C: 1, N: 1, Len: 1}}}},
		{"note-empty", "A note of no bytes.", block.Op{Code: block.OpNote}},
		{"act-kind-empty", "An act without a kind.", block.Op{Code: block.OpAct, HasValue: true, Value: []byte{0xf6}}},
		{"mark-key-empty", "A mark without a key.", block.Op{Code: block.OpMark, C: textOf("t"), Elem: own(0), Last: own(1)}},
		{"place-beyond", "A thing behind the last link.", block.Op{Code: block.OpAbsent, C: mapOf("m"), Key: "k", Over: []block.Thing{{C: 2}}}},
		{"place-huge", "A thing at place 2^32 − 1.", block.Op{Code: block.OpAbsent, C: mapOf("m"), Key: "k", Over: []block.Thing{{C: 1<<32 - 1}}}},
		{"own-itself", "A node below itself: its number is not yet made.", block.Op{Code: block.OpNode, C: treeOf("p"), HasDest: true, Dest: own(3), Side: block.Right}},
		{"own-parent", "An element that hangs on itself.", block.Op{Code: block.OpText, C: textOf("t"), HasAt: true, At: own(3), Side: block.Right, Runes: 1, Bytes: 1}},
		{"own-run", "A run of which the last number is not yet made.", block.Op{Code: block.OpDelete, Runs: []block.Run{{N: 2, Len: 2}}}},
		{"own-container", "A container whose number is not yet made.", kinded(values, childOf(block.KindList, own(3)))},
		{"kind-text", "A text op in a list.", kinded(ins(1, 1), listOf("t"))},
		{"kind-values", "Values in a text.", kinded(values, textOf("t"))},
		{"kind-put", "A put in a list.", block.Op{Code: block.OpPut, C: listOf("l"), Key: "k", Bytes: 1}},
		{"kind-add", "An add to a list.", block.Op{Code: block.OpAdd, C: listOf("l"), Lens: []uint32{1}}},
		{"kind-step", "A step of a set.", block.Op{Code: block.OpStep, C: setOf("s"), Amount: 1}},
		{"kind-mark", "A mark in a list.", block.Op{Code: block.OpMark, C: listOf("t"), Key: "k", Elem: own(0), Last: own(1)}},
		{"kind-block", "A block marker in a list.", block.Op{Code: block.OpBlock, C: listOf("t"), Side: block.Right}},
		{"kind-node", "A node in a map.", block.Op{Code: block.OpNode, C: mapOf("m"), Side: block.Right}},
	} {
		g.fault("Invalid", f.name, f.shows, func(d *draft) {
			d.ops = append(d.ops, f.op)
			for range f.op.WordBytes() {
				d.words = append(d.words, '0')
			}
		})
	}
}

// pastRuleVectors break rules about the chain and about what is built on.
func (g *generator) pastRuleVectors() {
	v := func(name, shows string, fix func(v *vec, b *made) *draft) {
		v := g.begin("invalid-"+name, shows)
		b := v.word(ben, "t", "ab")
		fix(v, b).refused("Invalid")
		v.json(`{"t":"ab"}`)
	}
	v("by", "A change on the chain of another key.", func(v *vec, b *made) *draft {
		d := v.fork(cas, b)
		d.step(counterOf("c"), 1)
		return d
	})
	for name, seq := range map[string]uint64{"seq-gap": 2, "seq-greatest": 1<<64 - 1} {
		v(name, "A seq that is not one more than that of prev.", func(v *vec, _ *made) *draft {
			d := v.on(ben)
			d.h.Seq = seq
			d.step(counterOf("c"), 1)
			return d
		})
	}
	for name, start := range map[string]uint64{"start-less": 1, "start-more": 3} {
		v(name, "A start that is not what prev has used.", func(v *vec, _ *made) *draft {
			d := v.on(ben)
			d.h.Start = start
			d.step(counterOf("c"), 1)
			return d
		})
	}
	v("number-beyond", "A number that the linked change has not yet made.", func(v *vec, b *made) *draft {
		d := v.on(cas, b)
		d.del(block.Run{C: 1, N: 2, Len: 1})
		return d
	})
	v("run-beyond", "A run that goes on behind what the linked change has made.", func(v *vec, b *made) *draft {
		d := v.on(cas, b)
		d.del(block.Run{C: 1, N: 0, Len: 3})
		return d
	})

	w := g.begin("invalid-number-of-later", "A number that the chain of the linked change makes later is not there.")
	b := w.word(ben, "t", "ab")
	w.at(ben, b, 1, "cd")
	d := w.on(cas, b)
	d.del(block.Run{C: 1, N: 2, Len: 1})
	d.refused("Invalid")
	w.json(`{"t":"abcd"}`)

	w = g.begin("invalid-number-of-other-branch", "A number of one branch of a forked key, through a link to the other, which is shorter.")
	b = w.word(ben, "t", "ab")
	d = w.fork(ben, b)
	d.text(textOf("u"), vecTop, "12")
	d.end()
	d = w.fork(ben, b)
	d.note("short")
	short := d.end()
	d = w.on(cas, short)
	d.del(block.Run{C: 1, N: 2, Len: 1})
	d.refused("Invalid")
	w.json(`{"t":"ab","u":"12"}`)

	w = g.begin("invalid-descendants", "What builds on an invalid change is refused with it, on its chain and on others.")
	d = w.on(ben, w.made[0])
	d.del(block.Run{C: 1, N: 0, Len: 1}) // the genesis makes no numbers
	bad := d.refused("Invalid")
	d = w.fork(ben, bad)
	d.step(counterOf("c"), 1)
	next := d.refused("Invalid")
	d = w.on(cas, next)
	d.step(counterOf("c"), 1)
	d.refused("Invalid")

	w = g.begin("invalid-last-op", "A change whose last op is invalid is refused whole.")
	d = w.on(ben, w.made[0])
	d.text(textOf("t"), vecTop, "good")
	d.put(mapOf(""), "k", 1)
	d.restore(block.Run{N: 0, Len: 1})
	d.refused("Invalid")

	w = g.vector("invalid-salt-of-nothing", "Content of salt alone in a salted work: a change without words has no content.")
	d = w.genesis()
	d.ops[0].Salt = true
	d.end()
	d = w.on(ben, w.made[0])
	d.step(counterOf("c"), 1)
	d.content, d.noSize = make([]byte, block.SaltSize), true
	d.h.Text, d.h.Size = block.Sum(d.content), block.SaltSize
	d.refused("Invalid")

	w = g.begin("invalid-own-without-prev", "An own number that is not yet made is found though prev is missing.")
	d = w.on(ben, w.made[0])
	d.step(counterOf("c"), 1)
	d.withheld()
	d = w.on(ben)
	d.del(block.Run{N: 0, Len: 2})
	d.refused("Invalid")

	w = g.begin("pending-invalid", "What only the past decides is not decided while prev is missing: the change waits.")
	d = w.on(ben, w.made[0])
	d.step(counterOf("c"), 1)
	d.withheld()
	d = w.on(ben)
	d.restore(block.Run{N: 0, Len: 1})
	d.pending()

	for _, salt := range []bool{true, false} {
		name, shows := "invalid-salt-missing", "Content without salt in a salted work."
		if !salt {
			name, shows = "invalid-salt", "Content with salt in a work without."
		}
		w = g.vector(name, shows)
		d = w.genesis()
		d.ops[0].Salt = salt
		d.end()
		w.salted = !salt
		d = w.on(ben, w.made[0])
		d.text(textOf("t"), vecTop, "abc")
		d.refused("Invalid")
	}
}

// elementRuleVectors break rules about what things are.
func (g *generator) elementRuleVectors() {
	// The numbers of Ann's change: what each is.
	const (
		tA, tB, uX, lOne, lTwo, lMap, mK, mJ, mText, mMap, tag, step, del, mark, marker, nodeP, inP, nodeQ, shift, move, set, absent = 0, 1,
			2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22
	)
	add := func(name, shows string, op block.Op) {
		v := g.begin("invalid-"+name, shows)
		d := v.on(ann)
		d.text(textOf("t"), vecTop, "ab")
		d.text(textOf("u"), vecTop, "xy")
		d.values(listOf("l"), vecTop, 1, 2)
		d.item(listOf("l"), vecTop, block.KindMap)
		d.put(mapOf("m"), "k", 1)
		d.put(mapOf("m"), "j", 1)
		d.child(mapOf("m"), "c", block.KindText, nil)
		d.child(mapOf("m"), "d", block.KindMap, nil)
		d.add(setOf("s"), 1)
		d.step(counterOf("c"), 1)
		d.del(span(d.own(step), 1))
		d.mark(textOf("t"), "bold", "", d.own(tA), d.own(tB), stays, stays, true)
		d.marker(textOf("t"), rightOf(d.own(tB)))
		d.node(treeOf("p"), nil, vecTop)
		p := d.own(nodeP)
		d.node(treeOf("p"), &p, vecTop)
		d.node(treeOf("q"), nil, vecTop)
		d.shift(d.own(inP), nil, rightOf(p))
		d.move(d.own(lOne), rightOf(d.own(lTwo)), d.own(lOne))
		d.set(d.own(lTwo), 22, d.own(lTwo))
		if th := d.absent(mapOf("m"), "k", d.own(mK)); th.N != absent {
			g.t.Fatalf("the last number is %d", th.N)
		}
		base := d.end()
		d = v.on(ben, base)
		d.op(op, bytes.Repeat([]byte{'0'}, int(op.WordBytes()))...)
		d.refused("Invalid")
		v.json(`{"l":[22,1,{}],"m":{"c":"","d":{},"j":1},"p":[{"data":{}},{"data":{}}],"q":[{"data":{}}],"s":[1],"t":"ab\n","u":"xy"}`)
	}
	text := func(c block.Container, th uint64) block.Op {
		return rightOf(at(th)).put(block.Op{Code: block.OpText, C: c, Runes: 1, Bytes: 1})
	}
	child := func(kind block.Kind, th uint64) block.Container { return childOf(kind, at(th)) }
	put := func(c block.Container, key string, over ...block.Thing) block.Op {
		return block.Op{Code: block.OpPut, C: c, Key: key, Over: over, Bytes: 1}
	}
	setOp := func(th uint64, over ...block.Thing) block.Op {
		return block.Op{Code: block.OpSet, At: at(th), HasAt: true, Over: over, Bytes: 1}
	}
	moveOp := func(th uint64, s vecSpot, over ...block.Thing) block.Op {
		return s.put(block.Op{Code: block.OpMove, Elem: at(th), Over: over})
	}
	childOp := func(key string, kind block.Kind, base uint64) block.Op {
		return block.Op{Code: block.OpChild, C: mapOf("m"), Key: key, Kind: kind, HasAt: true, At: at(base)}
	}
	runs := func(code block.Code, n uint64, size uint32) block.Op {
		return block.Op{Code: code, Runs: []block.Run{{C: 1, N: n, Len: size}}}
	}
	markOp := func(first, last uint64, left, right block.Growth) block.Op {
		return block.Op{Code: block.OpMark, C: textOf("t"), Key: "k", Elem: at(first), Last: at(last), Left: left, Right: right}
	}
	nodeOp := func(tree string, dest *block.Thing, s vecSpot) block.Op {
		return s.put(below(block.Op{Code: block.OpNode, C: treeOf(tree)}, dest))
	}
	shiftOp := func(node uint64, dest *block.Thing, s vecSpot) block.Op {
		return s.put(below(block.Op{Code: block.OpTreeMove, Elem: at(node)}, dest))
	}
	to := func(n uint64) *block.Thing { th := at(n); return &th }

	add("parent-other-text", "A parent that is an element of another text.", text(textOf("t"), uX))
	add("parent-list", "A parent in a text that is an element of a list.", text(textOf("t"), lOne))
	add("parent-entry", "A parent that is an entry of a map.", text(textOf("t"), mK))
	add("parent-mark", "A parent that is a mark.", text(textOf("t"), mark))
	add("parent-delete", "A parent that is a delete number.", text(textOf("t"), del))
	add("parent-set", "A parent that is a value entry of a list element.", rightOf(at(set)).put(block.Op{Code: block.OpValues, C: listOf("l"), Lens: []uint32{1}}))
	add("parent-other-list", "A parent that is an element of another list.", rightOf(at(lOne)).put(block.Op{Code: block.OpValues, C: listOf("other"), Lens: []uint32{1}}))
	add("parent-block-in-other", "A block marker on an element of another text.", rightOf(at(uX)).put(block.Op{Code: block.OpBlock, C: textOf("t")}))
	add("container-kind", "A child named as one of another kind.", text(child(block.KindText, mMap), tA))
	add("container-put", "A container that is an entry with a value.", put(child(block.KindMap, mJ), "k"))
	add("container-char", "A container that is a code point.", put(child(block.KindMap, tA), "k"))
	add("container-marker-kind", "A block marker named as a list.", block.Op{Code: block.OpValues, C: child(block.KindList, marker), Side: block.Right, Lens: []uint32{1}})
	add("container-node-kind", "A node named as a tree.", block.Op{Code: block.OpNode, C: child(block.KindTree, nodeP), Side: block.Right})
	add("container-tree-move", "A move of a node named as its map.", put(child(block.KindMap, shift), "k"))
	add("set-char", "A set of a code point.", setOp(tA))
	add("set-entry", "A set of an entry of a map.", setOp(mJ))
	add("set-set", "A set of a value entry.", setOp(set))
	add("set-move", "A set of a position entry.", setOp(move))
	add("set-over-other", "A set over another element.", setOp(lTwo, at(lOne)))
	add("set-over-value-of-other", "A set over a value of another element.", setOp(lOne, at(set)))
	add("set-over-move", "A set over a position of the element.", setOp(lOne, at(move)))
	add("move-char", "A move of a code point.", moveOp(tA, vecTop))
	add("move-move", "A move of a position entry.", moveOp(move, vecTop))
	add("move-node", "A list move of a node.", moveOp(nodeP, vecTop))
	add("move-to-text", "A move to an element of a text.", moveOp(lOne, rightOf(at(tA))))
	add("move-over-value", "A move over a value of the element.", moveOp(lTwo, vecTop, at(set)))
	add("move-over-other", "A move over a position of another element.", moveOp(lTwo, vecTop, at(move)))
	add("put-over-other-key", "A put over an entry of another key.", put(mapOf("m"), "k", at(mJ)))
	add("put-over-other-map", "A put over an entry of another map.", put(mapOf("other"), "k", at(mK)))
	add("put-over-char", "A put over a code point.", put(mapOf("m"), "k", at(tA)))
	add("absent-over-other-key", "An absent over an entry of another key.", block.Op{Code: block.OpAbsent, C: mapOf("m"), Key: "j", Over: []block.Thing{at(absent)}})
	add("base-other-kind", "A base that is a child of another kind.", childOp("c", block.KindList, mText))
	add("base-other-key", "A base that is a child of another key.", childOp("d", block.KindText, mText))
	add("base-put", "A base that is an entry with a value.", childOp("j", block.KindMap, mJ))
	add("base-absent", "A base that is an absent entry.", childOp("k", block.KindMap, absent))
	add("delete-delete", "A delete of a delete number.", runs(block.OpDelete, del, 1))
	add("delete-mixed", "A delete of a run with a delete number in it.", runs(block.OpDelete, step, 3))
	add("restore-element", "A restore of a code point.", runs(block.OpRestore, tA, 1))
	add("restore-mixed", "A restore of a run that goes on behind the delete numbers.", runs(block.OpRestore, del, 2))
	add("mark-other-text", "A mark whose last is an element of another text.", markOp(tA, uX, stays, stays))
	add("mark-first-mark", "A mark whose first is a mark.", markOp(mark, tB, stays, stays))
	add("mark-neighbour-other-text", "A mark that grows up to an element of another text.", markOp(tA, tB, stays, upTo(at(uX))))
	add("mark-neighbour-left", "A mark that grows to the left up to an entry.", markOp(tA, tB, upTo(at(mK)), stays))
	add("node-dest-other-tree", "A node below a node of another tree.", nodeOp("p", to(nodeQ), vecTop))
	add("node-dest-move", "A node below a move.", nodeOp("p", to(shift), vecTop))
	add("node-dest-item", "A node below a list element.", nodeOp("p", to(lMap), vecTop))
	add("node-parent-elsewhere", "A node below the root beside a node that was made below another.", nodeOp("p", nil, rightOf(at(inP))))
	add("node-parent-root", "A node below another beside a node that was made below the root.", nodeOp("p", to(nodeP), rightOf(at(shift))))
	add("node-parent-other-tree", "A node beside a node of another tree.", nodeOp("p", nil, rightOf(at(nodeQ))))
	add("tree-move-item", "A tree move of a list element.", shiftOp(lOne, nil, vecTop))
	add("tree-move-move", "A tree move of a move.", shiftOp(shift, nil, vecTop))
	add("tree-move-other-tree", "A node moved below a node of another tree.", shiftOp(nodeP, to(nodeQ), vecTop))
	add("tree-move-beside-other-tree", "A node moved beside a node of another tree.", shiftOp(nodeP, nil, rightOf(at(nodeQ))))
	add("tree-move-parent-elsewhere", "A node moved below the root beside an element of another node's children.", shiftOp(inP, nil, leftOf(at(inP))))
}
