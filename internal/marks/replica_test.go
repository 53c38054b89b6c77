package marks

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A toy network: replicas that each number what arrives in their own order, keep a
// plain Fugue tree, and have a room of this package. Nothing of it is fast.

// opID names an op in all replicas.
type opID struct{ by, n int }

// noOp stands for the root, an edge is edgeOp.
var noOp, edgeOp = opID{-1, 0}, opID{-2, 0}

// op is one edit. It makes one number.
type op struct {
	id    opID
	depth int
	deps  []int  // by author: how many ops of them were known
	kind  string // insert, delete, restore, mark
	char  rune   // insert
	block string // insert: kind of the block, or ""
	at    opID   // insert: parent
	left  bool   // insert: side
	what  []opID // delete: elements or marks; restore: deletes

	key, value               string // mark; value "" is a null mark
	first, last, lead, trail opID   // mark; growth noOp, edgeOp or neighbour
}

// less is the total order of ops.
func (o *op) less(p *op) int {
	return cmp.Or(cmp.Compare(o.depth, p.depth), cmp.Compare(o.id.by, p.id.by), cmp.Compare(o.id.n, p.id.n))
}

// net is a set of replicas.
type net struct {
	t    *testing.T
	r    *rand.Rand
	reps []*replica
	off  map[opID]bool // ops that are not effective
}

// replica is one participant.
type replica struct {
	net  *net
	me   int
	ops  []*op // by LV
	lv   map[opID]LV
	has  []int // by author
	text toy
	m    *Marks
	word []byte
	undo []opID // own deletes and marks
}

// newNet returns three replicas of an empty text.
func newNet(t *testing.T, seed uint64) *net {
	w := &net{t: t, r: rand.New(rand.NewPCG(seed, 0)), off: map[opID]bool{}}
	for i := range 3 {
		a := &replica{net: w, me: i, lv: map[opID]LV{}, has: make([]int, 3)}
		a.m = newSized(&a.text, func(p, q LV) int { return a.ops[p].less(a.ops[q]) }, &a.word, 2)
		w.reps = append(w.reps, a)
	}
	return w
}

// sync lets everybody receive everything, one by one in random orders.
func (w *net) sync() {
	for _, a := range w.reps {
		for {
			var ready []*op
			for _, b := range w.reps {
				for _, o := range b.ops {
					known := true
					for by, n := range o.deps {
						known = known && a.has[by] >= n
					}
					if _, ok := a.lv[o.id]; !ok && known {
						ready = append(ready, o)
					}
				}
			}
			if len(ready) == 0 {
				break
			}
			a.take(ready[w.r.IntN(len(ready))])
		}
	}
}

// write makes an op of this replica.
func (a *replica) write(o *op) opID {
	o.id, o.deps = opID{a.me, a.has[a.me]}, slices.Clone(a.has)
	for _, p := range a.ops {
		o.depth = max(o.depth, p.depth+1)
	}
	a.take(o)
	return o.id
}

// take takes an op in.
func (a *replica) take(o *op) {
	lv := LV(len(a.ops))
	a.ops = append(a.ops, o)
	a.lv[o.id] = lv
	a.has[o.id.by] = max(a.has[o.id.by], o.id.n+1)
	switch o.kind {
	case "insert":
		a.rebuild()
		if o.block != "" {
			a.m.AddMarker(lv, !a.net.off[o.id])
		}
	case "mark":
		mk := Mark{LV: lv, Slot: a.m.Slot(o.key, ""), First: a.lv[o.first], Last: a.lv[o.last], Left: a.growth(o.lead), Right: a.growth(o.trail)}
		mk.Null, mk.Off, mk.Size = o.value == "", uint32(len(a.word)), uint32(len(o.value))
		a.word = append(a.word, o.value...)
		a.m.Add(mk, a.alive(o.id))
	}
	a.settle()
}

// growth is the growth of a mark by LV.
func (a *replica) growth(id opID) LV {
	switch id {
	case noOp:
		return None
	case edgeOp:
		return Edge
	}
	return a.lv[id]
}

// alive tells whether an op's number is alive: DESIGN 6, Life.
func (a *replica) alive(id opID) bool {
	if a.net.off[id] {
		return false
	}
	for _, d := range a.ops {
		if d.kind == "delete" && !a.net.off[d.id] && slices.Contains(d.what, id) {
			restored := false
			for _, r := range a.ops {
				restored = restored || r.kind == "restore" && !a.net.off[r.id] && slices.Contains(r.what, d.id)
			}
			if !restored {
				return false
			}
		}
	}
	return true
}

// settle tells text and room what is alive now.
func (a *replica) settle() {
	for i := range a.text.seq {
		e := &a.text.seq[i]
		o := a.ops[e.lv]
		e.shown, e.on = a.alive(o.id), !a.net.off[o.id]
		if e.block {
			a.m.Switch(e.lv, 1, e.on)
			a.m.ShowMarkers(e.lv, 1, e.shown)
		}
	}
	for lv, o := range a.ops {
		if o.kind == "mark" {
			a.m.Flip(LV(lv), 1, a.alive(o.id))
		}
	}
	if err := a.m.Check(); err != nil {
		a.net.t.Fatal(err)
	}
}

// kids are what hangs on an element on a side, ascending.
func (a *replica) kids(at opID, left bool) (list []*op) {
	for _, o := range a.ops {
		if o.kind == "insert" && o.at == at && o.left == left {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(o, p *op) int { return cmp.Or(cmp.Compare(o.id.by, p.id.by), cmp.Compare(o.id.n, p.id.n)) })
	return list
}

// rebuild reads the Fugue tree from left to right.
func (a *replica) rebuild() {
	a.text.seq = nil
	var walk func(id opID)
	walk = func(id opID) {
		for _, o := range a.kids(id, true) {
			walk(o.id)
		}
		if id != noOp {
			o := a.ops[a.lv[id]]
			a.text.seq = append(a.text.seq, elem{lv: a.lv[id], block: o.block != "", char: o.char})
		}
		for _, o := range a.kids(id, false) {
			walk(o.id)
		}
	}
	walk(noOp)
	a.text.number()
}

// id is the op that made an element.
func (a *replica) id(lv LV) opID {
	switch lv {
	case None:
		return noOp
	case Edge:
		return edgeOp
	}
	return a.ops[lv].id
}

// insert puts one element at a visible position: where the room says, hung there as
// plain Fugue does, with the marks that the room adds.
func (a *replica) insert(pos int, c rune, block string) opID {
	p := a.m.Place(pos)
	o := &op{kind: "insert", char: c, block: block, at: a.id(p.After)}
	if next := a.text.Next(p.After); len(a.kids(o.at, false)) > 0 {
		o.at, o.left = a.id(next), true
	}
	id := a.write(o)
	if block != "" {
		return id
	}
	for _, add := range p.Add {
		key, _ := a.m.SlotName(add.Slot)
		value := ""
		if add.Like != None {
			value = a.ops[add.Like].value
		}
		a.write(&op{kind: "mark", key: key, value: value, first: id, last: id, lead: noOp, trail: a.id(add.Right)})
	}
	return id
}

// ins types words at a position.
func (a *replica) ins(pos int, words string) {
	for _, c := range words {
		a.insert(pos, c, "")
		pos++
	}
}

// plain is what is visible, a marker as ¶.
func (a *replica) plain() (list []rune) {
	for _, e := range a.text.seq {
		if e.shown {
			list = append(list, e.char)
		}
	}
	return list
}

// sub is where words stand.
func (a *replica) sub(words string) (i, j int) {
	text := string(a.plain())
	at := strings.Index(text, words)
	if at < 0 {
		a.net.t.Fatalf("no %q in %q", words, text)
	}
	i = len([]rune(text[:at]))
	return i, i + len([]rune(words))
}

// insAfter types words after others.
func (a *replica) insAfter(after, words string) {
	_, j := a.sub(after)
	a.ins(j, words)
}

// delSub deletes words.
func (a *replica) delSub(words string) { a.del(a.sub(words)) }

// del deletes what is visible at [i, j).
func (a *replica) del(i, j int) {
	var what []opID
	for ; i < j; i++ {
		what = append(what, a.id(a.text.At(i)))
	}
	a.undo = append(a.undo, a.write(&op{kind: "delete", what: what}))
}

// mark marks words; value "" takes a mark away.
func (a *replica) mark(words, key, value string, e Expand) opID {
	i, j := a.sub(words)
	first, last, left, right := a.m.Bounds(i, j, e)
	id := a.write(&op{kind: "mark", key: key, value: value, first: a.id(first), last: a.id(last), lead: a.id(left), trail: a.id(right)})
	a.undo = append(a.undo, id)
	return id
}

// undoLast takes back the last delete or mark of this replica.
func (a *replica) undoLast() {
	id := a.undo[len(a.undo)-1]
	a.undo = a.undo[:len(a.undo)-1]
	if a.ops[a.lv[id]].kind == "mark" {
		a.write(&op{kind: "delete", what: []opID{id}})
		return
	}
	a.write(&op{kind: "restore", what: []opID{id}})
}

// switchOff makes an op not effective, everywhere.
func (w *net) switchOff(id opID) {
	w.off[id] = true
	for _, a := range w.reps {
		a.settle()
	}
}

// view is the text with marks, as SCENARIOS.md writes it.
func (a *replica) view() string {
	var out strings.Builder
	open := ""
	shows := map[int32]LV{}
	turn := func(now string) {
		if now != open {
			if open != "" {
				out.WriteString("}")
			}
			if now != "" {
				out.WriteString("{" + now + ":")
			}
			open = now
		}
	}
	a.m.Runs(0, a.text.Len(), func(r Run) bool {
		for _, c := range r.Changes {
			if delete(shows, c.Slot); c.Mark != None {
				shows[c.Slot] = c.Mark
			}
		}
		var names []string
		for _, lv := range shows {
			if o := a.ops[lv]; o.value == "1" {
				names = append(names, o.key)
			} else {
				names = append(names, o.key+"="+o.value)
			}
		}
		slices.Sort(names)
		for i := r.From; i < r.To; i++ {
			o := a.ops[a.text.At(i)]
			if o.block != "" {
				turn("")
				fmt.Fprintf(&out, "¶%s ", o.block)
				continue
			}
			turn(strings.Join(names, " "))
			out.WriteRune(o.char)
		}
		return true
	})
	turn("")
	return "t=" + out.String()
}
