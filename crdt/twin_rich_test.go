package crdt_test

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// Marks and blocks of the twin, by the rows Marks and Blocks of DESIGN 6: every mark is
// asked about every element.

// twMark is what a mark says beyond its number.
type twMark struct {
	key, id     string
	first, last *twNum
	left, right twGrowth
}

// twGrowth is how far a mark grows on one side.
type twGrowth struct {
	grows bool
	upTo  *twNum // nil: to the edge of the text
}

// mark takes in a mark.
func (t *twin) mark(x *twChange, op *block.Op, words []byte) {
	b := t.container(x, op.C)
	n := x.number(op)
	n.box, n.words = b, words
	growth := func(g block.Growth) twGrowth {
		switch g.Grow {
		case block.GrowEdge:
			return twGrowth{grows: true}
		case block.GrowThing:
			return twGrowth{true, t.thing(x, g.At)}
		}
		return twGrowth{}
	}
	n.mark = &twMark{op.Key, op.ID, t.thing(x, op.Elem), t.thing(x, op.Last), growth(op.Left), growth(op.Right)}
	b.marks = append(b.marks, n)
}

// marker takes in a block marker: an element that is a map, and a line feed.
func (t *twin) marker(x *twChange, op *block.Op) {
	b := t.container(x, op.C)
	n := x.number(op)
	n.box, n.words = b, []byte("\n")
	n.child = t.box(fmt.Sprintf("element %x %d kind %d", x.id, n.at, block.KindMap), block.KindMap)
	t.hang(x, op, n, b)
	b.elems = append(b.elems, n)
}

// isMarker tells whether an element is a block marker.
func (n *twNum) isMarker() bool { return n.op.Code == block.OpBlock }

// acts tells whether the mark acts on the element at place e of all elements.
func (n *twNum) acts(all []*twNum, e int) bool {
	at := func(m *twNum) int { return slices.Index(all, m) }
	first, last := at(n.mark.first), at(n.mark.last)
	grown := func(g twGrowth, from, dir int) bool {
		if !g.grows || g.upTo != nil && (at(g.upTo)-from)*dir <= 0 {
			return false
		}
		for k := from + dir; ; k += dir { // e is met before the edge
			if all[k] == g.upTo || all[k].isMarker() && !all[k].ch.off {
				return false
			}
			if k == e {
				return true
			}
		}
	}
	switch {
	case first > last:
		return false
	case e < first:
		return grown(n.mark.left, first, -1)
	case e > last:
		return grown(n.mark.right, last, 1)
	}
	return true
}

// shownMarks are the marks that show on each element, by name: the greatest alive one
// that acts, unless it takes away.
func (b *twBox) shownMarks(all []*twNum) []map[string]*twNum {
	out := make([]map[string]*twNum, len(all))
	best := map[string]*twNum{}
	for e := range all {
		clear(best)
		for _, m := range b.marks {
			name := nameOf(m.mark.key, m.mark.id)
			if had := best[name]; m.alive() && (had == nil || m.compare(had) > 0) && m.acts(all, e) {
				best[name] = m
			}
		}
		out[e] = map[string]*twNum{}
		for name, m := range best {
			if m.op.Bytes > 0 {
				out[e][name] = m
			}
		}
	}
	return out
}

// nameOf is how a mark is called: in its key and ID no slash is left to mistake.
func nameOf(key, id string) string {
	plain := strings.NewReplacer("~", "~0", "/", "~1")
	if key = plain.Replace(key); id == "" {
		return key
	}
	return key + "/" + plain.Replace(id)
}

// dumpMarks writes down what shows on an element, with authors.
func dumpMarks(shows map[string]*twNum) string {
	var out []string
	for name, m := range shows {
		out = append(out, name+"="+m.dump())
	}
	sort.Strings(out)
	return strings.Join(out, ",")
}

// dumpText is the text of the twin: each stretch of one change with the same marks, and
// what each marker says.
func (b *twBox) dumpText() string {
	all := b.order()
	shows := b.shownMarks(all)
	var out strings.Builder
	var last *twChange
	was, blocks := "", ""
	pos := 0
	for e, n := range all {
		if !n.alive() || n.child == nil && !n.has {
			continue
		}
		now := dumpMarks(shows[e])
		if n.ch != last || now != was {
			out.WriteString("/" + short(n.author()) + n.ch.id.ChangeCID().String()[52:] + "{" + now + "}:")
			last, was = n.ch, now
		}
		out.Write(n.words)
		if n.isMarker() {
			blocks += fmt.Sprintf("|%d %s", pos, n.says())
		}
		pos++
	}
	return "'" + out.String() + "'" + blocks
}

// says is what a marker says of its block.
func (n *twNum) says() string {
	b := crdt.Block{Attrs: map[string]any{}}
	for key, s := range n.child.slots {
		list := s.conflicts()
		if len(list) == 0 {
			continue
		}
		var v any
		if list[0].has && list[0].child == nil {
			var err error
			if v, err = block.DecodeValue(list[0].words); err != nil {
				panic(err)
			}
		}
		switch key {
		case "kind":
			b.Kind, _ = v.(string)
		case "level":
			l, _ := v.(int64)
			b.Level = int(l)
		default:
			b.Attrs[key] = v
		}
	}
	return blockSays(b)
}

// dumpText is the same of a view.
func dumpText(t crdt.Text) string {
	var b strings.Builder
	for r := range t.Runs() {
		b.WriteString("/" + short(r.By))
		if r.Change.Defined() {
			b.WriteString(r.Change.String()[52:])
		}
		b.WriteString("{" + dumpRun(r.Marks) + "}:" + r.Text)
	}
	out := "'" + b.String() + "'"
	for x := range t.Blocks() {
		if x.At >= 0 {
			out += fmt.Sprintf("|%d %s", x.At, blockSays(x))
		}
	}
	return out
}

// dumpRun writes down the marks of a run, with authors.
func dumpRun(m map[string]crdt.Value) string {
	var out []string
	for name, v := range m {
		out = append(out, name+"="+dumpValue(v))
	}
	sort.Strings(out)
	return strings.Join(out, ",")
}

// checkParts tests that the parts of a text, its blocks, its marks one by one and those
// at each position say what its runs say.
func checkParts(t crdt.Text) error {
	n := t.Len()
	at := make([]string, n)
	pos := 0
	for r := range t.Runs() {
		for range []rune(r.Text) {
			at[pos] = dumpRun(r.Marks)
			pos++
		}
	}
	byName := make([]map[string]crdt.Value, n)
	for m := range t.Marks() {
		name := nameOf(m.Key, m.ID)
		for k := m.From; k < m.To; k++ {
			if byName[k] == nil {
				byName[k] = map[string]crdt.Value{}
			}
			if _, twice := byName[k][name]; twice {
				return fmt.Errorf("%s twice at %d", name, k)
			}
			byName[k][name] = m.Value
		}
	}
	for k := range n {
		part := ""
		for r := range t.Slice(k, k+1).Runs() {
			part = dumpRun(r.Marks)
		}
		if a, b := dumpRun(t.MarksAt(k)), dumpRun(byName[k]); a != at[k] || b != at[k] || part != at[k] {
			return fmt.Errorf("position %d of %q shows %s in a run, %s by itself, %s as a part, %s by marks", k, t, at[k], a, part, b)
		}
	}
	whole := ""
	for b := range t.Blocks() {
		if b.At >= 0 {
			if t.Slice(b.At, b.At+1).String() != "\n" {
				return fmt.Errorf("no line feed at the marker at %d of %q", b.At, t)
			}
			whole += "\n"
		}
		whole += b.Text.String()
	}
	if whole != t.String() {
		return fmt.Errorf("blocks of %q make %q", t, whole)
	}
	return nil
}
