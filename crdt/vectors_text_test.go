package crdt_test

import (
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// allVectors makes all vectors.
func allVectors(t testing.TB) []*vec {
	g := &generator{t: t}
	for _, group := range []func(){
		g.textVectors, g.lifeVectors, g.listVectors, g.moveVectors, g.mapVectors, g.childVectors, g.setVectors, g.valueVectors,
		g.markVectors, g.blockVectors, g.treeVectors, g.quoteVectors,
		g.graphVectors, g.forkVectors, g.moreVectors, g.contentVectors, g.pendingVectors, g.signatureVectors, g.curveVectors,
		g.headVectors, g.linkVectors, g.keyVectors, g.opByteVectors, g.valueByteVectors, g.limitVectors, g.atLimitVectors,
		g.headerRuleVectors, g.opRuleVectors, g.pastRuleVectors, g.elementRuleVectors, g.foreignVectors,
		g.effectiveVectors,
	} {
		group()
	}
	return g.list
}

// textVectors are texts and where their elements stand.
func (g *generator) textVectors() {
	g.begin("genesis", "A genesis alone: a work that shows nothing.")

	v := g.begin("text-insert", "One op inserts code points of one to four bytes, U+0000 and U+FEFF among them, with nothing normalised.")
	d := v.on(ann)
	d.text(textOf("t"), vecTop, "\ufeffaé e\u0301 €𝄞\x00\n\"\\<&>\u2028.")
	d.end()
	v.json(`{"t":%s}`, jsonText("\ufeffaé e\u0301 €𝄞\x00\n\"\\<&>\u2028."))

	v = g.begin("text-sides", "Children on the left of an element stand before it and those on the right after it, each with all below it.")
	d = v.on(ann)
	x := d.text(textOf("t"), vecTop, "m")
	l := d.text(textOf("t"), leftOf(x), "d")
	r := d.text(textOf("t"), rightOf(x), "t")
	d.text(textOf("t"), rightOf(l), "fg")
	d.text(textOf("t"), leftOf(l), "b")
	d.text(textOf("t"), leftOf(r), "pq")
	d.end()
	v.json(`{"t":"bdfgmpqt"}`)

	v = g.begin("text-run-is-chain", "The further code points of one op hang on the right of the one before: what hangs on the first of a run on the right is a sibling of the second.")
	d = v.on(ann)
	x = d.text(textOf("t"), vecTop, "abc")
	d.text(textOf("t"), rightOf(x), "xyz")
	d.end()
	v.json(`{"t":"abcxyz"}`) // offsets 1 and 3 are siblings of one change

	v = g.begin("text-siblings-of-one-change", "Siblings that one change makes stand by offset.")
	d = v.on(ann)
	d.text(textOf("t"), vecTop, "a")
	d.text(textOf("t"), vecTop, "b")
	d.text(textOf("t"), vecTop, "c")
	d.end()
	v.json(`{"t":"abc"}`)

	v = g.begin("text-siblings-right", "Two people type at the end at the same time: the words of the lesser CID come first, each word whole.")
	base := v.word(ann, "t", "1")
	a := v.at(ann, base, 0, " ann")
	b := v.at(ben, base, 0, " ben")
	p, q := inOrder(a, b, " ann", " ben")
	v.json(`{"t":"1%s%s"}`, p, q)

	v = g.begin("text-siblings-left", "Two people type before the same element at the same time: the lesser CID comes first there, too.")
	base = v.word(ann, "t", "1")
	d = v.on(ann)
	d.text(textOf("t"), leftOf(d.at(base, 0)), "ann ")
	a = d.end()
	d = v.on(ben, base)
	d.text(textOf("t"), leftOf(d.at(base, 0)), "ben ")
	b = d.end()
	p, q = inOrder(a, b, "ann ", "ben ")
	v.json(`{"t":"%s%s1"}`, p, q)

	v = g.begin("text-siblings-root", "Three people begin an empty text at the same time.")
	gen := v.made[0]
	var made []*made
	for k, s := range []string{"aaa", "bbb", "ccc"} {
		d := v.on(k, gen)
		if k == ann {
			d = v.on(k)
		}
		d.text(textOf("t"), vecTop, s)
		made = append(made, d.end())
	}
	words := []string{"aaa", "bbb", "ccc"}
	out := ""
	for range 3 {
		k := -1
		for i, m := range made {
			if m != nil && (k < 0 || lesser(m, made[k])) {
				k = i
			}
		}
		out, made[k] = out+words[k], nil
	}
	v.json(`{"t":"%s"}`, out)

	v = g.begin("text-sibling-depth", "The order of siblings asks for the CID alone: a much deeper change stands before one of greater CID.")
	base = v.word(ann, "t", "1")
	a = v.at(ann, base, 0, "A")
	d = v.on(ben, base)
	d.note("one")
	d.end()
	d = v.on(ben)
	d.note("two")
	d.end()
	d = v.on(ben).ref(base)
	d.text(textOf("t"), rightOf(d.at(base, 0)), "B")
	b = d.end()
	p, q = inOrder(a, b, "A", "B")
	v.json(`{"t":"1%s%s"}`, p, q)

	v = g.begin("text-below-sibling", "What hangs below a sibling stays with it: a reply to one word stands before the other word.")
	base = v.word(ann, "t", "1")
	a = v.at(ann, base, 0, "A")
	b = v.at(ben, base, 0, "B")
	v.at(cas, a, 0, "a")
	p, q = inOrder(a, b, "Aa", "B")
	v.json(`{"t":"1%s%s"}`, p, q)

	v = g.begin("text-many-roots", "Root containers exist by kind and name: texts of two names are two, and an empty name is a name.")
	d = v.on(ann)
	d.text(textOf(""), vecTop, "none")
	d.text(textOf("é"), vecTop, "e")
	d.text(textOf("z"), vecTop, "z")
	d.end()
	v.json(`{"":"none","z":"z","é":"e"}`)

	v = g.begin("text-two-chains", "A text typed in many changes by two people, each on what the other wrote.")
	base = v.word(ann, "t", "a")
	last, n := base, byte('b')
	for k := range 12 {
		by := k % 2
		d := v.on(by)
		if last.by != by {
			d = v.on(by, last)
		}
		d.text(textOf("t"), rightOf(d.at(last, 0)), string(rune(n)))
		last, n = d.end(), n+1
	}
	v.json(`{"t":"abcdefghijklm"}`)
}

// word is a change that begins a root text.
func (v *vec) word(by int, name, s string) *made {
	d := v.on(by)
	if v.tips[by] == nil {
		d = v.on(by, v.made[0])
	}
	d.text(textOf(name), vecTop, s)
	return d.end()
}

// at is a change that types on the right of a number of another, in text t.
func (v *vec) at(by int, m *made, off int, s string) *made {
	d := v.on(by, m)
	if v.tips[by] == m {
		d = v.on(by)
	}
	d.text(textOf("t"), rightOf(d.at(m, off)), s)
	return d.end()
}

// lifeVectors are deletes and restores.
func (g *generator) lifeVectors() {
	v := g.begin("delete", "A delete of one's own and of another's code points; dead elements keep their place, and new ones hang on them.")
	base := v.word(ann, "t", "abcdef")
	d := v.on(ben, base)
	d.del(span(d.at(base, 1), 2), span(d.at(base, 4), 1))
	d.text(textOf("t"), rightOf(d.at(base, 2)), "X")
	m := d.end()
	p, q := inOrder(base, m, "df", "X")
	v.json(`{"t":"a%s%s"}`, p, q)

	v = g.begin("delete-run-across-changes", "One run names numbers of several changes of one chain, through one link.")
	v.word(ann, "t", "ab")
	m = v.at(ann, v.tips[ann], 1, "cd")
	m = v.at(ann, m, 1, "ef")
	d = v.on(ben, m)
	d.del(span(block.Thing{C: 1, N: 1}, 4))
	d.end()
	v.json(`{"t":"af"}`)

	v = g.begin("delete-across-containers", "A run may cross containers: text, entry, list element, tag and step die by one delete.")
	d = v.on(ann)
	first := d.text(textOf("t"), vecTop, "ab")
	d.put(mapOf("m"), "k", 1)
	d.values(listOf("l"), vecTop, 1, 2)
	d.add(setOf("s"), 1)
	d.step(counterOf("c"), 5)
	d.step(counterOf("c"), 2)
	d.end()
	d = v.on(ann)
	first.N++
	d.del(span(first, 6))
	d.end()
	v.json(`{"c":2,"t":"a"}`)

	v = g.begin("delete-own-of-this-change", "A change deletes what an earlier op of it made.")
	d = v.on(ann)
	x := d.text(textOf("t"), vecTop, "abc")
	d.del(span(x, 2))
	d.end()
	v.json(`{"t":"c"}`)

	v = g.begin("delete-twice", "Two people delete the same; the restore of one of the deletes does not bring it back.")
	base = v.word(ann, "t", "abc")
	d = v.on(ann)
	da := d.del(span(d.at(base, 1), 1))
	d.end()
	d = v.on(ben, base)
	d.del(span(d.at(base, 1), 1))
	d.end()
	d = v.on(ann)
	d.restore(span(da, 1))
	d.end()
	v.json(`{"t":"ac"}`)

	v = g.begin("delete-dead", "Deleting what is dead already makes another delete number; both must be restored.")
	base = v.word(ann, "t", "abc")
	d = v.on(ann)
	one := d.del(span(d.at(base, 0), 2))
	two := d.del(span(d.at(base, 1), 2))
	d.end()
	d = v.on(ann)
	d.restore(span(one, 2), span(two, 1))
	d.end()
	v.json(`{"t":"ab"}`)

	v = g.begin("delete-numbers-by-run", "The delete numbers of an op follow its runs, not the order of what they name.")
	base = v.word(ann, "t", "abcdef")
	d = v.on(ann)
	x = d.del(span(d.at(base, 4), 2), span(d.at(base, 0), 2))
	d.end()
	d = v.on(ann)
	x.N += 2
	d.restore(span(x, 1)) // the third target: a
	d.end()
	v.json(`{"t":"acd"}`)

	v = g.begin("restore", "A restore names delete numbers of another; the elements are the same again.")
	base = v.word(ann, "t", "abc")
	d = v.on(ben, base)
	d.del(span(d.at(base, 0), 3))
	m = d.end()
	d = v.on(cas, m)
	d.restore(span(d.at(m, 0), 2))
	d.end()
	v.json(`{"t":"ab"}`)

	v = g.begin("restore-concurrent", "Two restores of one delete at the same time are as one.")
	base = v.word(ann, "t", "abc")
	d = v.on(ann)
	d.del(span(d.at(base, 0), 3))
	m = d.end()
	d = v.on(ben, m)
	d.restore(span(d.at(m, 0), 1))
	d.end()
	d = v.on(cas, m)
	d.restore(span(d.at(m, 0), 1))
	d.end()
	v.json(`{"t":"a"}`)

	v = g.begin("restore-then-delete-anew", "A delete that was restored is void for good; a new delete of the same counts.")
	base = v.word(ann, "t", "abc")
	d = v.on(ann)
	x = d.del(span(d.at(base, 0), 2))
	d.restore(span(x, 2))
	d.del(span(d.at(base, 1), 1))
	d.end()
	v.json(`{"t":"ac"}`)

	v = g.begin("delete-before-insert", "A text is deleted while another types into it: what was typed stays.")
	base = v.word(ann, "t", "abc")
	d = v.on(ann)
	d.del(span(d.at(base, 0), 3))
	d.end()
	v.at(ben, base, 1, "X")
	v.json(`{"t":"X"}`)
}
