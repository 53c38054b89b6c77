package crdt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// world is three people, a, b and c, with a replica each of one work, and a
// fourth replica that only votes changes off and on.
type world struct {
	t       testing.TB
	a, b, c *person
	vote    *crdt.Doc

	titles map[string]string // of nodes, by their lasting names
}

// person is one replica with the undo of an editor: each call of an edit is one
// group, and one press of undo inverts the newest group that is not undone.
type person struct {
	w     *world
	d     *crdt.Doc
	in    *crdt.Tx // the running Group
	undid cid.Cid  // the change of the last Undo
}

// path walks to a container.
type path func(tx *crdt.Tx) crdt.MapTx

func newWorld(t testing.TB, salt string) *world {
	w := &world{t: t, titles: map[string]string{}}
	d, err := crdt.New(newKey("scenario a "+salt), crdt.Title(salt), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	w.a = &person{w: w, d: d}
	clone := func(name string) *crdt.Doc {
		c, err := d.Clone(newKey("scenario "+name+" "+salt), crdt.WithRules(tally{}, crdt.Value{}))
		must(t, err)
		return c
	}
	w.b, w.c, w.vote = &person{w: w, d: clone("b")}, &person{w: w, d: clone("c")}, clone("vote")
	return w
}

// docs are all replicas.
func (w *world) docs() []*crdt.Doc { return []*crdt.Doc{w.a.d, w.b.d, w.c.d, w.vote} }

// Sync lets everybody receive everything.
func (w *world) Sync() {
	w.t.Helper()
	for range 2 {
		for _, x := range w.docs() {
			for _, y := range w.docs() {
				if x != y {
					must(w.t, x.Merge(y))
				}
			}
		}
	}
}

// off makes a change ineffective or effective again, for everybody.
func (w *world) off(c cid.Cid, off bool) {
	w.t.Helper()
	kind := "on"
	if off {
		kind = "off"
	}
	must(w.t, w.vote.Update(func(tx *crdt.Tx) error { tx.Act(kind, c.String()); return nil }))
	for _, d := range w.docs()[:3] {
		must(w.t, d.Merge(w.vote))
	}
}

// do makes one edit: a change of its own, or part of the running Group.
func (p *person) do(fn func(tx *crdt.Tx)) cid.Cid {
	p.w.t.Helper()
	if p.in != nil {
		fn(p.in)
		return cid.Undef
	}
	must(p.w.t, p.d.Update(func(tx *crdt.Tx) error { fn(tx); return nil }))
	ch, err := p.d.Commit("")
	if errors.Is(err, crdt.ErrNothing) {
		return cid.Undef
	}
	must(p.w.t, err)
	return ch.ID
}

// Group makes one undo step of several edits.
func (p *person) Group(fn func()) {
	p.w.t.Helper()
	p.do(func(tx *crdt.Tx) {
		p.in = tx
		fn()
		p.in = nil
	})
}

// Undo takes back the newest group of this person that is not undone, and Redo
// brings the one back that was undone last. Each press reads the history anew,
// as after the work was opened again.
func (p *person) Undo() {
	p.w.t.Helper()
	x, err := crdt.NewUndo(p.d).Undo()
	must(p.w.t, err)
	p.undid = x.By
}

func (p *person) Redo() {
	p.w.t.Helper()
	_, err := crdt.NewUndo(p.d).Redo()
	must(p.w.t, err)
}

// Invert takes any change back.
func (p *person) Invert(c cid.Cid) cid.Cid { return p.do(func(tx *crdt.Tx) { tx.Invert(c) }) }

func (p *person) Ins(name string, i int, s string) cid.Cid {
	return p.do(func(tx *crdt.Tx) { tx.Text(name).Insert(i, s) })
}

func (p *person) DelText(name string, i, j int) cid.Cid {
	return p.do(func(tx *crdt.Tx) { tx.Text(name).Delete(i, j) })
}

// find is where words stand in a text, in runes.
func (p *person) find(text, words string) int {
	at := strings.Index(text, words)
	if at < 0 {
		p.w.t.Fatalf("no %q in %q", words, text)
	}
	return len([]rune(text[:at]))
}

func (p *person) DelSub(name, words string) cid.Cid {
	return p.do(func(tx *crdt.Tx) {
		at := p.find(tx.Text(name).String(), words)
		tx.Text(name).Delete(at, at+len([]rune(words)))
	})
}

func (p *person) InsAfter(name, words, s string) cid.Cid {
	return p.do(func(tx *crdt.Tx) {
		tx.Text(name).Insert(p.find(tx.Text(name).String(), words)+len([]rune(words)), s)
	})
}

// rootAt is the root map of a name.
func rootAt(name string) path { return func(tx *crdt.Tx) crdt.MapTx { return tx.Map(name) } }

func (p *person) Put(m path, key, v string) cid.Cid {
	return p.do(func(tx *crdt.Tx) { m(tx).Put(key, v) })
}

func (p *person) Del(m path, key string) cid.Cid {
	return p.do(func(tx *crdt.Tx) { m(tx).Delete(key) })
}

// Child makes a map under a key and gives the way to it.
func (p *person) Child(m path, key string) path {
	p.do(func(tx *crdt.Tx) { m(tx).Map(key) })
	return func(tx *crdt.Tx) crdt.MapTx { return m(tx).Map(key) }
}

// itemsInsert inserts into the list m.items, which this person walks to.
func (p *person) itemsInsert(i int, v string) cid.Cid {
	return p.do(func(tx *crdt.Tx) { tx.Map("m").List("items").Insert(i, v) })
}

func (p *person) LIns(i int, v ...any) cid.Cid {
	return p.do(func(tx *crdt.Tx) { tx.List("l").Insert(i, v...) })
}

func (p *person) LSet(i int, v string) cid.Cid {
	return p.do(func(tx *crdt.Tx) { l := tx.List("l"); l.Put(l.Elem(i), v) })
}

func (p *person) LDel(i int) cid.Cid {
	return p.do(func(tx *crdt.Tx) { l := tx.List("l"); l.Delete(l.Elem(i)) })
}

func (p *person) SAdd(v string) cid.Cid { return p.do(func(tx *crdt.Tx) { tx.Set("s").Add(v) }) }
func (p *person) SRem(v string) cid.Cid { return p.do(func(tx *crdt.Tx) { tx.Set("s").Remove(v) }) }
func (p *person) Add(n int64) cid.Cid {
	return p.do(func(tx *crdt.Tx) { tx.Counter("c").Add(n) })
}

// see shows one root container as SCENARIOS writes it.
func (p *person) see(kind string) string {
	v := p.d.View()
	switch kind {
	case "t":
		return "t=" + v.Text("t").String()
	case "m":
		return "m=" + showMap(v.Map("m"))
	case "l":
		return "l=" + showList(v.List("l"))
	case "s":
		var b []string
		for x := range v.Set("s").All() {
			b = append(b, fmt.Sprint(x.Any()))
		}
		return "s=<" + strings.Join(b, " ") + ">"
	}
	n, err := v.Counter("c").Int()
	must(p.w.t, err)
	return fmt.Sprintf("c=%d", n)
}

// showMap shows a map with the conflicts of each key.
func showMap(m crdt.Map) string {
	var b []string
	for key := range m.All() {
		var vs []string
		for v := range m.Conflicts(key) {
			vs = append(vs, showValue(v))
		}
		b = append(b, key+":"+strings.Join(vs, "|"))
	}
	return "{" + strings.Join(b, " ") + "}"
}

// showList shows a list with the conflicts of each element.
func showList(l crdt.List) string {
	var b []string
	for e := range l.All() {
		var vs []string
		for v := range l.Conflicts(e) {
			vs = append(vs, showValue(v))
		}
		b = append(b, strings.Join(vs, "|"))
	}
	return "[" + strings.Join(b, " ") + "]"
}

func showValue(v crdt.Value) string {
	switch x := v.Any().(type) {
	case crdt.Map:
		return showMap(x)
	case crdt.List:
		return showList(x)
	case crdt.Text:
		return x.String()
	default:
		return fmt.Sprint(x)
	}
}
