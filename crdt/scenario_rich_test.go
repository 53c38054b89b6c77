package crdt_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// expands names the ways to expand.
var expands = map[string]crdt.Expand{"none": crdt.ExpandNone, "before": crdt.ExpandBefore, "after": crdt.ExpandAfter, "both": crdt.ExpandBoth}

// Mark marks words; the value null takes the mark away, expanding as said.
func (p *person) Mark(words, key, value, expand string) cid.Cid {
	return p.do(func(tx *crdt.Tx) {
		t := tx.Text("t")
		at := p.find(t.String(), words)
		m := crdt.Mark{Key: key, Value: value, Expand: expands[expand]}
		if value == "null" {
			m.Value = nil
		}
		t.Mark(at, at+len([]rune(words)), m)
	})
}

func (p *person) Split(i int, kind string) cid.Cid {
	return p.do(func(tx *crdt.Tx) { tx.Text("t").Split(i, crdt.Block{Kind: kind}) })
}

// begin is the position behind the marker of block n, counted from 1.
func begin(t crdt.Text, n int) int {
	for b := range t.Blocks() {
		if n--; n == 0 {
			return b.At + 1
		}
	}
	return -1
}

func (p *person) Join(n int) cid.Cid {
	at := begin(p.d.View().Text("t"), n)
	return p.do(func(tx *crdt.Tx) { tx.Text("t").Join(at) })
}

func (p *person) Kind(n int, kind string) cid.Cid {
	at := begin(p.d.View().Text("t"), n)
	return p.do(func(tx *crdt.Tx) { tx.Text("t").SetBlock(at, crdt.Block{Kind: kind}) })
}

// blocks lets everybody see blocks that a made, kinds and texts in turn.
func blocks(w *world, parts ...string) {
	w.a.do(func(tx *crdt.Tx) {
		t := tx.Text("t")
		for k := 0; k < len(parts); k += 2 {
			t.Split(t.Len(), crdt.Block{Kind: parts[k]})
			t.Append(parts[k+1])
		}
	})
	w.Sync()
}

// rich shows the text with its blocks and marks as SCENARIOS writes them.
func (p *person) rich() string {
	var b strings.Builder
	b.WriteString("t=")
	for block := range p.d.View().Text("t").Blocks() {
		if block.At >= 0 {
			fmt.Fprintf(&b, "¶%s ", block.Kind)
		}
		open := ""
		for run := range block.Text.Runs() {
			var names []string
			for _, key := range slices.Sorted(maps.Keys(run.Marks)) {
				if v := run.Marks[key].Any(); v != "1" {
					key += fmt.Sprint("=", v)
				}
				names = append(names, key)
			}
			if now := strings.Join(names, ","); now != open {
				if open != "" {
					b.WriteString("}")
				}
				if now != "" {
					b.WriteString("{" + now + ":")
				}
				open = now
			}
			b.WriteString(run.Text)
		}
		if open != "" {
			b.WriteString("}")
		}
	}
	return b.String()
}

var richScenarios = []scenario{
	{"block: whole block deleted, then B types at end of the one before: stays there", []string{"t=¶h oneZ"}, func(w *world, a, b, c *person) string {
		blocks(w, "h", "one", "p", "two")
		a.DelSub("t", "\ntwo")
		w.Sync()
		b.InsAfter("t", "one", "Z")
		w.Sync()
		return c.rich()
	}},
	{"block: whole block deleted || joined with the one before: gone", []string{"t=¶h one"}, func(w *world, a, b, c *person) string {
		blocks(w, "h", "one", "p", "two")
		a.DelSub("t", "\ntwo")
		b.Join(2)
		w.Sync()
		return c.rich()
	}},
	{"mark: bold || unbold overlap: one wins on the overlap", []string{"t={b:ab}cdef", "t={b:abcd}ef"}, func(w *world, a, b, c *person) string {
		startText(w, "abcdef")
		a.Mark("abcd", "b", "1", "after")
		b.Mark("cdef", "b", "null", "after")
		w.Sync()
		return c.rich()
	}},
	{"mark: typing at end of link: outside", []string{"t=see {a=u:site}X ok"}, func(w *world, a, b, c *person) string {
		startText(w, "see site ok")
		a.Mark("site", "a", "u", "none")
		w.Sync()
		b.InsAfter("t", "site", "X")
		w.Sync()
		return a.rich()
	}},
	{"mark: typing at end of bold: inside", []string{"t=see {b:siteX} ok"}, func(w *world, a, b, c *person) string {
		startText(w, "see site ok")
		a.Mark("site", "b", "1", "after")
		w.Sync()
		b.InsAfter("t", "site", "X")
		w.Sync()
		return a.rich()
	}},
	{"mark: ghost: bold word deleted, new typed there: plain", []string{"t=a Z c"}, func(w *world, a, b, c *person) string {
		startText(w, "a bb c")
		a.Mark("bb", "b", "1", "after")
		w.Sync()
		b.DelSub("t", "bb")
		b.InsAfter("t", "a ", "Z")
		w.Sync()
		return a.rich()
	}},
	{"mark: bold word rewritten from inside, then the old letters deleted: still bold", []string{"t=a {b:new} c"}, func(w *world, a, b, c *person) string {
		startText(w, "a oldie c")
		a.Mark("oldie", "b", "1", "after")
		w.Sync()
		b.InsAfter("t", "old", "new")
		b.DelSub("t", "old")
		b.DelSub("t", "ie")
		w.Sync()
		return a.rich()
	}},
	{"mark: comment on word, letters replaced from inside: comment kept", []string{"t=a {c1=hm:xy} c"}, func(w *world, a, b, c *person) string {
		startText(w, "a foo c")
		a.Mark("foo", "c1", "hm", "none")
		w.Sync()
		b.InsAfter("t", "f", "xy")
		b.DelSub("t", "f")
		b.DelSub("t", "oo")
		w.Sync()
		return a.rich()
	}},
	{"mark: undo of bold leaves B's italics", []string{"t={i:ab}"}, func(w *world, a, b, c *person) string {
		startText(w, "ab")
		a.Mark("ab", "b", "1", "after")
		w.Sync()
		b.Mark("ab", "i", "1", "after")
		w.Sync()
		a.Undo()
		w.Sync()
		return a.rich()
	}},
	{"mark: A colours red, B blue over it, A undoes: blue; B undoes: none", []string{"t={col=blue:ab} / t=ab"}, func(w *world, a, b, c *person) string {
		startText(w, "ab")
		a.Mark("ab", "col", "red", "after")
		w.Sync()
		b.Mark("ab", "col", "blue", "after")
		w.Sync()
		a.Undo()
		w.Sync()
		o := a.rich()
		b.Undo()
		w.Sync()
		return o + " / " + a.rich()
	}},
	{"mark: bold over deleted text, text restored: bold", []string{"t=a{b:bcd}e"}, func(w *world, a, b, c *person) string {
		startText(w, "abcde")
		b.DelSub("t", "c")
		w.Sync()
		a.Mark("bd", "b", "1", "after")
		w.Sync()
		b.Undo()
		w.Sync()
		return a.rich()
	}},
	{"mark: unlink the middle of a link, type at its right border: plain", []string{"t={a=u:ab}cdX{a=u:ef}"}, func(w *world, a, b, c *person) string {
		startText(w, "abcdef")
		a.Mark("abcdef", "a", "u", "none")
		w.Sync()
		a.Mark("cd", "a", "null", "both")
		w.Sync()
		b.InsAfter("t", "cd", "X")
		w.Sync()
		return a.rich()
	}},
	{"mark: unbold the middle, type at both borders: as left neighbour", []string{"t={b:abL}cdR{b:ef}"}, func(w *world, a, b, c *person) string {
		startText(w, "abcdef")
		a.Mark("abcdef", "b", "1", "after")
		w.Sync()
		a.Mark("cd", "b", "null", "after")
		w.Sync()
		b.InsAfter("t", "cd", "R")
		b.InsAfter("t", "ab", "L")
		w.Sync()
		return a.rich()
	}},
	{"mark: A bolds last word of a paragraph || B adds a new paragraph after it: plain", []string{"t=¶p one {b:two}¶p new"}, func(w *world, a, b, c *person) string {
		blocks(w, "p", "one two")
		a.Mark("two", "b", "1", "after")
		b.Split(8, "p")
		b.Ins("t", 9, "new")
		w.Sync()
		return c.rich()
	}},
	{"mark: bold || typing inside: typed is bold", []string{"t={b:aXb}"}, func(w *world, a, b, c *person) string {
		startText(w, "ab")
		a.Mark("ab", "b", "1", "after")
		b.InsAfter("t", "a", "X")
		w.Sync()
		return c.rich()
	}},
	{"mark: last letter of link deleted, typing there: outside", []string{"t={a=u:sit}X"}, func(w *world, a, b, c *person) string {
		startText(w, "site")
		a.Mark("site", "a", "u", "none")
		a.DelSub("t", "e")
		a.InsAfter("t", "sit", "X")
		w.Sync()
		return c.rich()
	}},
	{"mark: first letter of link deleted, typing before: outside", []string{"t=X{a=u:ite}"}, func(w *world, a, b, c *person) string {
		startText(w, "site")
		a.Mark("site", "a", "u", "none")
		a.DelSub("t", "s")
		a.Ins("t", 0, "X")
		w.Sync()
		return c.rich()
	}},
	{"mark: unlink switched off: link back", []string{"t={a=u:ab}"}, func(w *world, a, b, c *person) string {
		startText(w, "ab")
		a.Mark("ab", "a", "u", "none")
		w.Sync()
		h := b.Mark("ab", "a", "null", "none")
		w.Sync()
		w.off(h, true)
		return c.rich()
	}},
	{"block: split || join with the one before", []string{"t=¶h onetw¶p o"}, func(w *world, a, b, c *person) string {
		blocks(w, "h", "one", "p", "two")
		a.Split(7, "p")
		b.Join(2)
		w.Sync()
		return c.rich()
	}},
	{"block: join, undo || kind change of the joined: both", []string{"t=¶h onetwo / t=¶h one¶q two"}, func(w *world, a, b, c *person) string {
		blocks(w, "h", "one", "p", "two")
		a.Join(2)
		b.Kind(2, "q")
		w.Sync()
		o := c.rich()
		a.Undo()
		w.Sync()
		return o + " / " + c.rich()
	}},
	{"block: delete across boundary || typing in both", []string{"t=¶p onXYo", "t=¶p onYXo"}, func(w *world, a, b, c *person) string {
		blocks(w, "p", "one", "p", "two")
		a.DelSub("t", "e\ntw")
		b.InsAfter("t", "e", "X")
		c.InsAfter("t", "\nt", "Y")
		w.Sync()
		return c.rich()
	}},
	{"block: ... then undo", []string{"t=¶p oneX¶p tYwo"}, func(w *world, a, b, c *person) string {
		blocks(w, "p", "one", "p", "two")
		a.DelSub("t", "e\ntw")
		b.InsAfter("t", "e", "X")
		c.InsAfter("t", "\nt", "Y")
		w.Sync()
		a.Undo()
		w.Sync()
		return c.rich()
	}},
	{"block: Enter at the start of a heading: empty above, heading keeps text", []string{"t=¶p x¶p ¶h head"}, func(w *world, a, b, c *person) string {
		blocks(w, "p", "x", "h", "head")
		a.Split(3, "p")
		return a.rich()
	}},
	{"block: backspace at start of heading after an empty block: heading stays a heading", []string{"t=¶h head"}, func(w *world, a, b, c *person) string {
		blocks(w, "p", "", "h", "head")
		a.Join(2)
		return a.rich()
	}},
	{"block: A splits, B types in the second half, A undoes", []string{"t=¶p abcdX"}, func(w *world, a, b, c *person) string {
		blocks(w, "p", "abcd")
		a.Split(3, "p")
		w.Sync()
		b.InsAfter("t", "cd", "X")
		w.Sync()
		a.Undo()
		w.Sync()
		return c.rich()
	}},
	{"block: kind changed, other changes, first undoes: other's", []string{"t=¶q ab"}, func(w *world, a, b, c *person) string {
		blocks(w, "p", "ab")
		a.Kind(1, "h")
		w.Sync()
		b.Kind(1, "q")
		w.Sync()
		a.Undo()
		w.Sync()
		return c.rich()
	}},
	{"cut+paste word || B types in the word, A undoes: word back round B's letter", []string{"t=wXord end"}, func(w *world, a, b, c *person) string {
		startText(w, "word end")
		a.Group(func() {
			a.DelSub("t", "word")
			a.InsAfter("t", " end", "word")
		})
		b.InsAfter("t", "w", "X")
		w.Sync()
		a.Undo()
		w.Sync()
		return c.rich()
	}},
	{"copy+paste, source deleted: copy stays; undo of the delete: both", []string{"t= ab / t=ab ab"}, func(w *world, a, b, c *person) string {
		startText(w, "ab ")
		a.Ins("t", 3, "ab")
		w.Sync()
		b.DelText("t", 0, 2)
		w.Sync()
		o := c.rich()
		b.Undo()
		w.Sync()
		return o + " / " + c.rich()
	}},
}
