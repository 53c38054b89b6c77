package marks

import (
	"slices"
	"testing"
)

// base types a text that everybody has.
func base(w *net, words string) {
	w.reps[0].ins(0, words)
	w.sync()
}

// blocks types one block that everybody has.
func blocks(w *net, kind, words string) {
	w.reps[0].insert(0, '¶', kind)
	w.reps[0].ins(1, words)
	w.sync()
}

// scenarios are the lines of SCENARIOS.md about marks, and the ghosts of FAULTS.md 49.
// Each returns what one replica shows; all outcomes of want are right.
var scenarios = []struct {
	name string
	want []string
	play func(w *net, a, b, c *replica) string
}{
	{"bold || unbold overlap: one wins on the overlap", []string{"t={b:ab}cdef", "t={b:abcd}ef"}, func(w *net, a, b, c *replica) string {
		base(w, "abcdef")
		a.mark("abcd", "b", "1", ExpandAfter)
		b.mark("cdef", "b", "", ExpandAfter)
		w.sync()
		return c.view()
	}},
	{"typing at end of link: outside", []string{"t=see {a=u:site}X ok"}, func(w *net, a, b, c *replica) string {
		base(w, "see site ok")
		a.mark("site", "a", "u", ExpandNone)
		w.sync()
		b.insAfter("site", "X")
		w.sync()
		return a.view()
	}},
	{"typing at end of bold: inside", []string{"t=see {b:siteX} ok"}, func(w *net, a, b, c *replica) string {
		base(w, "see site ok")
		a.mark("site", "b", "1", ExpandAfter)
		w.sync()
		b.insAfter("site", "X")
		w.sync()
		return a.view()
	}},
	{"ghost: bold word deleted, new typed there: plain", []string{"t=a Z c"}, func(w *net, a, b, c *replica) string {
		base(w, "a bb c")
		a.mark("bb", "b", "1", ExpandAfter)
		w.sync()
		b.delSub("bb")
		b.insAfter("a ", "Z")
		w.sync()
		return a.view()
	}},
	{"bold word rewritten from inside, then the old letters deleted: still bold", []string{"t=a {b:new} c"}, func(w *net, a, b, c *replica) string {
		base(w, "a oldie c")
		a.mark("oldie", "b", "1", ExpandAfter)
		w.sync()
		b.insAfter("old", "new")
		b.delSub("old")
		b.delSub("ie")
		w.sync()
		return a.view()
	}},
	{"comment on word, letters replaced from inside: comment kept", []string{"t=a {c1=hm:xy} c"}, func(w *net, a, b, c *replica) string {
		base(w, "a foo c")
		a.mark("foo", "c1", "hm", ExpandNone)
		w.sync()
		b.insAfter("f", "xy")
		b.delSub("f")
		b.delSub("oo")
		w.sync()
		return a.view()
	}},
	{"undo of bold leaves B's italics", []string{"t={i:ab}"}, func(w *net, a, b, c *replica) string {
		base(w, "ab")
		a.mark("ab", "b", "1", ExpandAfter)
		w.sync()
		b.mark("ab", "i", "1", ExpandAfter)
		w.sync()
		a.undoLast()
		w.sync()
		return a.view()
	}},
	{"A colours red, B blue over it, A undoes: blue; B undoes: none", []string{"t={col=blue:ab} / t=ab"}, func(w *net, a, b, c *replica) string {
		base(w, "ab")
		a.mark("ab", "col", "red", ExpandAfter)
		w.sync()
		b.mark("ab", "col", "blue", ExpandAfter)
		w.sync()
		a.undoLast()
		w.sync()
		o := a.view()
		b.undoLast()
		w.sync()
		return o + " / " + a.view()
	}},
	{"bold over deleted text, text restored: bold", []string{"t=a{b:bcd}e"}, func(w *net, a, b, c *replica) string {
		base(w, "abcde")
		b.delSub("c")
		w.sync()
		a.mark("bd", "b", "1", ExpandAfter)
		w.sync()
		b.undoLast()
		w.sync()
		return a.view()
	}},
	{"unlink the middle of a link, type at its right border: plain", []string{"t={a=u:ab}cdX{a=u:ef}"}, func(w *net, a, b, c *replica) string {
		base(w, "abcdef")
		a.mark("abcdef", "a", "u", ExpandNone)
		w.sync()
		a.mark("cd", "a", "", ExpandNone.Removal())
		w.sync()
		b.insAfter("cd", "X")
		w.sync()
		return a.view()
	}},
	{"unbold the middle, type at both borders: as left neighbour", []string{"t={b:abL}cdR{b:ef}"}, func(w *net, a, b, c *replica) string {
		base(w, "abcdef")
		a.mark("abcdef", "b", "1", ExpandAfter)
		w.sync()
		a.mark("cd", "b", "", ExpandAfter.Removal())
		w.sync()
		b.insAfter("cd", "R")
		b.insAfter("ab", "L")
		w.sync()
		return a.view()
	}},
	{"A bolds last word of a paragraph || B adds a new paragraph after it: plain", []string{"t=¶p one {b:two}¶p new"}, func(w *net, a, b, c *replica) string {
		blocks(w, "p", "one two")
		a.mark("two", "b", "1", ExpandAfter)
		b.insert(8, '¶', "p")
		b.ins(9, "new")
		w.sync()
		return c.view()
	}},
	{"bold || typing inside: typed is bold", []string{"t={b:aXb}"}, func(w *net, a, b, c *replica) string {
		base(w, "ab")
		a.mark("ab", "b", "1", ExpandAfter)
		b.insAfter("a", "X")
		w.sync()
		return c.view()
	}},
	{"last letter of link deleted, typing there: outside", []string{"t={a=u:sit}X"}, func(w *net, a, b, c *replica) string {
		base(w, "site")
		a.mark("site", "a", "u", ExpandNone)
		a.delSub("e")
		a.insAfter("sit", "X")
		w.sync()
		return c.view()
	}},
	{"first letter of link deleted, typing before: outside", []string{"t=X{a=u:ite}"}, func(w *net, a, b, c *replica) string {
		base(w, "site")
		a.mark("site", "a", "u", ExpandNone)
		a.delSub("s")
		a.ins(0, "X")
		w.sync()
		return c.view()
	}},
	{"unlink switched off: link back", []string{"t={a=u:ab}"}, func(w *net, a, b, c *replica) string {
		base(w, "ab")
		a.mark("ab", "a", "u", ExpandNone)
		w.sync()
		h := b.mark("ab", "a", "", ExpandNone)
		w.sync()
		w.switchOff(h)
		return c.view()
	}},
	{"ghost || the word is deleted while another types in it: what is typed in it is bold", []string{"t=a {b:X} c"}, func(w *net, a, b, c *replica) string {
		base(w, "a bb c")
		a.mark("bb", "b", "1", ExpandAfter)
		w.sync()
		b.delSub("bb")
		c.insAfter("b", "X")
		w.sync()
		return a.view()
	}},
	{"ghost of a mark that grows both ways: plain, and typed on plain", []string{"t=a XYZ c / t=a XYZ{b:bb} c"}, func(w *net, a, b, c *replica) string {
		base(w, "a bb c")
		a.mark("bb", "b", "1", ExpandBoth)
		w.sync()
		b.delSub("bb")
		marks := b.m.Len()
		b.insAfter("a ", "XYZ")
		if n := b.m.Len() - marks; n != 1 {
			w.t.Errorf("%d marks were added for three letters, want 1", n)
		}
		w.sync()
		o := c.view()
		b.undoLast()
		w.sync()
		return o + " / " + c.view()
	}},
	{"ghost: all deleted and typed anew: plain, the old comes back bold", []string{"t=new / t=new{b:old}"}, func(w *net, a, b, c *replica) string {
		base(w, "old")
		a.mark("old", "b", "1", ExpandAfter)
		w.sync()
		b.delSub("old")
		b.ins(0, "new")
		w.sync()
		o := c.view()
		b.undoLast()
		w.sync()
		return o + " / " + c.view()
	}},
	{"paragraphs joined, typing at the seam: as the bold end of the first", []string{"t=¶p {b:oneX}two"}, func(w *net, a, b, c *replica) string {
		blocks(w, "p", "onetwo")
		a.mark("one", "b", "1", ExpandAfter)
		w.sync()
		b.insert(4, '¶', "p")
		w.sync()
		b.del(4, 5)
		b.ins(4, "X")
		w.sync()
		return c.view()
	}},
	{"a marker that is switched off lets the mark grow on", []string{"t=¶p {b:one}¶p new / t=¶p {b:onenew}"}, func(w *net, a, b, c *replica) string {
		blocks(w, "p", "one")
		a.mark("one", "b", "1", ExpandAfter)
		w.sync()
		h := b.insert(4, '¶', "p")
		b.ins(5, "new")
		w.sync()
		o := c.view()
		w.switchOff(h)
		return o + " / " + c.view()
	}},
	{"a deleted marker still ends growth", []string{"t=¶p {b:one}new"}, func(w *net, a, b, c *replica) string {
		blocks(w, "p", "one")
		a.mark("one", "b", "1", ExpandAfter)
		b.insert(4, '¶', "p")
		b.ins(5, "new")
		b.del(4, 5)
		w.sync()
		return c.view()
	}},
}

// Every scenario has an outcome that a user expects, the same in all replicas,
// whatever the order in which edits arrive.
func TestScenarios(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			for seed := range uint64(6) {
				w := newNet(t, seed)
				i := int(seed) % 3 // who comes first in the total order
				k := int(seed) / 3
				a, b, c := w.reps[i], w.reps[(i+1+k)%3], w.reps[(i+2-k)%3]
				if got := s.play(w, a, b, c); !slices.Contains(s.want, got) {
					t.Fatalf("seed %d: %s, want %q", seed, got, s.want)
				}
				w.sync()
				for _, r := range w.reps {
					if got, want := r.view(), a.view(); got != want {
						t.Fatalf("seed %d: one shows %s, another %s", seed, want, got)
					}
				}
			}
		})
	}
}
