package sim

import (
	"fmt"
	"math/rand/v2"

	"github.com/commonhold/commonhold/crdt"
)

// Names in the work.
const (
	textName    = "text"
	mapName     = "map"
	innerName   = "inner"
	listName    = "list"
	setName     = "set"
	counterName = "counter"
	treeName    = "tree"
	editsName   = "edits"
)

// Kinds of edits, as bits of Plan.Mix.
const (
	kindType = iota
	kindDelete
	kindAppend
	kindPut
	kindRemove
	kindInner
	kindInsert
	kindMove
	kindSet
	kindCount
	kindMark
	kindBlock
	kindTree
	kindPaste
	kindUndo // no edit, but a step
	kinds

	allKinds = 1<<kinds - 1
)

// writer makes edits of one key at one peer and notes them.
type writer struct {
	l   *ledger
	mix uint32
	r   *rand.Rand
	e   *edit
}

// update is an edit of one of the kinds of the mix; it puts its name into the map of
// edits as well.
func (w *writer) update(tx *crdt.Tx) error {
	tx.Map(editsName).Put(w.e.name, true)
	kind := w.r.IntN(kindUndo)
	for w.mix&(1<<kind) == 0 {
		kind = (kind + 1) % kindUndo
	}
	edits[kind](w, tx)
	return tx.Err()
}

// edits are the kinds.
var edits = [...]func(*writer, *crdt.Tx){
	kindType:   (*writer).typeIn,
	kindDelete: (*writer).deleteText,
	kindAppend: func(w *writer, tx *crdt.Tx) { tx.Text(textName).Append(w.word(1 + w.r.IntN(3))) },
	kindPut:    func(w *writer, tx *crdt.Tx) { tx.Map(mapName).Put(w.key(), w.r.IntN(1<<20)) },
	kindRemove: func(w *writer, tx *crdt.Tx) { tx.Map(mapName).Delete(w.key()) },
	kindInner: func(w *writer, tx *crdt.Tx) {
		t := tx.Map(mapName).Text(innerName)
		t.Insert(w.r.IntN(t.Len()+1), string(w.l.letter(w.e, 1+w.r.IntN(4))))
	},
	kindInsert: func(w *writer, tx *crdt.Tx) {
		l := tx.List(listName)
		l.Insert(w.r.IntN(l.Len()+1), w.e.name, w.r.IntN(100))
	},
	kindMove: (*writer).arrange,
	kindSet: func(w *writer, tx *crdt.Tx) {
		tx.Set(setName).Add(w.key(), w.r.IntN(4))
		tx.Set(setName).Remove(w.r.IntN(4))
	},
	kindCount: func(w *writer, tx *crdt.Tx) {
		w.e.step = int64(w.r.IntN(2000) - 1000)
		tx.Counter(counterName).Add(w.e.step)
	},
	kindMark:  (*writer).mark,
	kindBlock: (*writer).block,
	kindTree:  (*writer).branch,
	kindPaste: func(w *writer, tx *crdt.Tx) {
		n := 50 + w.r.IntN(1000)
		if w.r.IntN(12) == 0 {
			n = 70_000 // more than one frame holds
		}
		t := tx.Text(textName)
		t.Insert(w.r.IntN(t.Len()+1), string(w.l.letter(w.e, n)))
	},
}

// key is one of a few keys.
func (w *writer) key() string { return fmt.Sprint("k", w.r.IntN(5)) }

// word makes some characters that nobody has typed yet, with letters between them.
func (w *writer) word(n int) string {
	var out []rune
	for range n {
		out = append(out, w.l.char(w.e))
		out = append(out, w.l.letter(w.e, w.r.IntN(3))...)
	}
	return string(out)
}

// typeIn inserts a word somewhere.
func (w *writer) typeIn(tx *crdt.Tx) {
	t := tx.Text(textName)
	t.Insert(w.r.IntN(t.Len()+1), w.word(1+w.r.IntN(3)))
}

// deleteText deletes up to eight characters.
func (w *writer) deleteText(tx *crdt.Tx) {
	t := tx.Text(textName)
	if n := t.Len(); n > 0 {
		i := w.r.IntN(n)
		j := min(n, i+1+w.r.IntN(8))
		w.l.delete(w.e, t.Slice(i, j).String())
		t.Delete(i, j)
	}
}

// arrange moves, sets or deletes an element of the list.
func (w *writer) arrange(tx *crdt.Tx) {
	l := tx.List(listName)
	n := l.Len()
	if n == 0 {
		l.Insert(0, w.e.name)
		return
	}
	e := l.Elem(w.r.IntN(n))
	switch w.r.IntN(4) {
	case 0:
		l.Put(e, w.e.name)
	case 1:
		l.Delete(e)
	default:
		l.Move(e, w.r.IntN(n))
	}
}

// mark puts a mark over some text, or takes it away.
func (w *writer) mark(tx *crdt.Tx) {
	t := tx.Text(textName)
	n := t.Len()
	if n == 0 {
		w.typeIn(tx)
		return
	}
	i := w.r.IntN(n)
	j := i + 1 + w.r.IntN(min(n-i, 20))
	m := crdt.Mark{Key: []string{"bold", "note"}[w.r.IntN(2)], Value: true, Expand: crdt.Expand(w.r.IntN(4))}
	if w.r.IntN(4) == 0 {
		m.Value = nil
	}
	if m.Key == "note" {
		m.ID = w.key()
	}
	t.Mark(i, j, m)
}

// block splits a block of the text, or says what one is.
func (w *writer) block(tx *crdt.Tx) {
	t := tx.Text(textName)
	i := w.r.IntN(t.Len() + 1)
	b := crdt.Block{Kind: []string{"", "heading", "item"}[w.r.IntN(3)], Level: w.r.IntN(3)}
	if w.r.IntN(3) == 0 {
		t.SetBlock(i, b)
		return
	}
	t.Split(i, b)
}

// branch adds a node to the tree, moves one or deletes one.
func (w *writer) branch(tx *crdt.Tx) {
	t := tx.Tree(treeName)
	nodes := []crdt.Elem{{}}
	for e := range t.All() {
		nodes = append(nodes, e)
	}
	any := func() crdt.Elem { return nodes[w.r.IntN(len(nodes))] }
	n := any()
	switch k := w.r.IntN(6); {
	case n.IsZero() || k < 2:
		_, m := t.Insert(n, 0)
		m.Put("name", w.e.name)
	case k == 2:
		t.Delete(n)
	case k == 3:
		t.Data(n).Put(w.key(), w.e.name)
	default:
		dest := any()
		for up := dest; !up.IsZero(); up, _ = t.Parent(up) {
			if up == n { // below itself
				return
			}
		}
		t.Move(n, dest, 0)
	}
}
