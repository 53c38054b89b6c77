package state

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/commonhold/commonhold/internal/block"
)

// box is a place as the tests know it: its identity in words (DESIGN 6).
type box struct {
	path string
	kind block.Kind // of a container, 0 for a slot
	up   *box       // slot of a child, map of a slot, list of an element
	inc  uint32
	key  string
}

// num is one number and all that its op says of it.
type num struct {
	n    *node
	off  uint32
	code block.Code
	at   *box // text, list, slot, set or counter that it is in
	made *box // container that it made

	parent *num
	side   block.Side
	word   []byte // character or value
	amount int64
	over   []*num
	elem   *num // element that an entry sets, or moves
	node   *num // that a move in a tree moves; a node itself
	dest   *num // where that goes, nil for the root
	target *num // what a delete number deletes
}

// node is a change in words.
type node struct {
	id    block.ID
	raw   []byte
	text  []byte // its content
	prev  *node
	links []*node
	key   int
	seq   uint64
	start uint64
	depth uint32
	nums  []*num
	back  []*num // delete numbers that its restores name
	index int    // in the universe
}

// set is a set of changes, with what is switched off and whose words are absent.
type set struct {
	list   []*node
	off    map[*node]bool
	absent map[*node]bool
}

// all are the numbers of a set that fit.
func (s *set) all(fits func(*num) bool) (out []*num) {
	for _, n := range s.list {
		for _, x := range n.nums {
			if fits(x) {
				out = append(out, x)
			}
		}
	}
	return out
}

// deleted tells whether a delete of x counts: its change is effective and no
// effective restore names it.
func (s *set) deleted(x *num) bool {
	for _, n := range s.list {
		for _, d := range n.nums {
			if d.target == x && !s.off[n] && !slices.ContainsFunc(s.list, func(m *node) bool {
				return !s.off[m] && slices.Contains(m.back, d)
			}) {
				return true
			}
		}
	}
	return false
}

func (s *set) alive(x *num) bool { return !s.off[x.n] && !s.deleted(x) }

// shown tells whether an element is shown: alive, and its words are present.
func (s *set) shown(x *num) bool { return s.alive(x) && (x.made != nil || !s.absent[x.n]) }

// elements are those of a text or list in document order: the tree of the paper,
// left children, the element, right children; siblings by (id, offset).
func (s *set) elements(c *box) []*num {
	return s.ordered(func(x *num) bool { return x.sequence() == c })
}

// ordered are the numbers of one sequence, which fit, in document order.
func (s *set) ordered(fits func(*num) bool) []*num {
	list := s.all(fits)
	slices.SortFunc(list, func(a, b *num) int {
		return cmp.Or(bytes.Compare(a.n.id[:], b.n.id[:]), cmp.Compare(a.off, b.off))
	})
	kids := map[*num][2][]*num{}
	for _, x := range list {
		k := kids[x.parent]
		k[x.side] = append(k[x.side], x)
		kids[x.parent] = k
	}
	var out []*num
	var walk func(x *num)
	walk = func(x *num) {
		for _, l := range kids[x][block.Left] {
			walk(l)
		}
		if x != nil {
			out = append(out, x)
		}
		for _, r := range kids[x][block.Right] {
			walk(r)
		}
	}
	walk(nil)
	return out
}

// entriesOf are the entries of a slot, ascending in the total order: depth, id,
// offset. The first value of a list element that was set is its element.
func (s *set) entriesOf(slot *box) []*num {
	list := s.all(func(x *num) bool { return x.slot() == slot })
	if len(list) > 0 && list[0].elem != nil {
		list = append(list, list[0].elem)
	}
	slices.SortFunc(list, func(a, b *num) int {
		return cmp.Or(cmp.Compare(a.n.depth, b.n.depth), bytes.Compare(a.n.id[:], b.n.id[:]), cmp.Compare(a.off, b.off))
	})
	return list
}

// slot is the slot of an entry.
func (x *num) slot() *box {
	if x.at != nil && x.at.kind == 0 {
		return x.at
	}
	return nil
}

// isElement tells whether x is an element of a text or list.
func (x *num) isElement() bool {
	return x.at != nil && (x.at.kind == block.KindText || x.at.kind == block.KindList)
}

// stands tells whether a child of a map stands.
func (s *set) stands(list []*num, c *box) bool {
	for _, e := range list {
		if e.made == c && (!s.off[e.n] || s.deleted(e)) {
			return false
		}
	}
	return s.inside(c)
}

// inside tells whether anything in a container is alive, or below it by the keys
// of maps.
func (s *set) inside(c *box) bool {
	for _, x := range s.all(func(x *num) bool { return x.at == c || (x.slot() != nil && x.elem == nil && x.at.up == c) }) {
		if s.alive(x) || (x.slot() != nil && x.made != nil && s.inside(x.made)) {
			return true
		}
	}
	return false
}

// conflicts are the visible entries of a slot, the winner first.
func (s *set) conflicts(slot *box) []*num {
	list := s.entriesOf(slot)
	var candidates, out []*num
	for _, e := range list {
		if s.alive(e) || (e.made != nil && s.stands(list, e.made)) {
			candidates = append(candidates, e)
		}
	}
	hidden := map[*num]bool{}
	var reach func(e *num)
	reach = func(e *num) {
		for _, o := range e.over {
			if !hidden[o] {
				hidden[o] = true
				reach(o)
			}
		}
	}
	for _, e := range candidates {
		reach(e)
	}
	seen := map[*box]bool{}
	for k := len(candidates) - 1; k >= 0; k-- {
		e := candidates[k]
		if hidden[e] || e.code == block.OpAbsent || (e.made != nil && seen[e.made]) {
			continue
		}
		seen[e.made] = true
		out = append(out, e)
	}
	return out
}

// frontier are the entries of a slot that no other effective entry names.
func (s *set) frontier(slot *box) []*num {
	list := s.entriesOf(slot)
	return slices.DeleteFunc(slices.Clone(list), func(x *num) bool {
		return slices.ContainsFunc(list, func(e *num) bool { return !s.off[e.n] && slices.Contains(e.over, x) })
	})
}

// keys are the slots of a map with an entry, by key.
func (s *set) keys(m *box) (out []*box) {
	for _, x := range s.all(func(x *num) bool { return x.slot() != nil && x.elem == nil && x.at.up == m }) {
		if !slices.Contains(out, x.at) {
			out = append(out, x.at)
		}
	}
	slices.SortFunc(out, func(a, b *box) int { return strings.Compare(a.key, b.key) })
	return out
}

// containers are all that the set speaks of.
func (s *set) containers() (out []*box) {
	seen := map[*box]bool{}
	for _, x := range s.all(func(x *num) bool { return x.at != nil }) {
		for _, c := range []*box{x.at, x.at.up, x.made} {
			if c != nil && c.kind != 0 && !seen[c] {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	slices.SortFunc(out, func(a, b *box) int { return strings.Compare(a.path, b.path) })
	return out
}

// name spells a number the same in all replicas.
func (x *num) name() string { return fmt.Sprintf("%d.%d", x.n.index, x.off) }

// names spells numbers.
func names(list []*num) string {
	var out []string
	for _, x := range list {
		out = append(out, x.name())
	}
	return strings.Join(out, " ")
}

// value is how an entry or element reads.
func (s *set) value(x *num) string {
	switch {
	case x.made != nil:
		return x.name() + "=" + x.made.path
	case s.absent[x.n]:
		return x.name() + "=withheld"
	}
	return x.name() + fmt.Sprintf("=%x", x.word)
}

// values spells entries with what they hold.
func (s *set) values(list []*num) string {
	var out []string
	for _, x := range list {
		out = append(out, s.value(x))
	}
	return strings.Join(out, " ")
}

// dump spells all that the set shows.
func (s *set) dump() string {
	var b strings.Builder
	for _, c := range s.containers() {
		fmt.Fprintf(&b, "%s: inside %v, shows %v\n", c.path, s.inside(c), s.shows(c))
		switch c.kind {
		case block.KindText, block.KindList:
			s.dumpSequence(&b, c)
		case block.KindMap:
			for _, slot := range s.keys(c) {
				fmt.Fprintf(&b, "  %s: entries %s, over %s, values %s\n", slot.key, names(s.entriesOf(slot)),
					names(byNumber(s.frontier(slot))), s.values(s.conflicts(slot)))
			}
		case block.KindSet:
			s.dumpSet(&b, c)
		case block.KindTree:
			s.dumpTree(&b, c)
		case block.KindCounter:
			sum := int64(0)
			for _, x := range s.all(func(x *num) bool { return x.at == c }) {
				if s.alive(x) {
					sum += x.amount
				}
			}
			fmt.Fprintf(&b, "  %d\n", sum)
		}
	}
	return b.String()
}

// byNumber orders numbers by name, which all replicas share.
func byNumber(list []*num) []*num {
	slices.SortFunc(list, func(a, b *num) int { return strings.Compare(a.name(), b.name()) })
	return list
}

// dumpSequence spells a text or list.
func (s *set) dumpSequence(b *strings.Builder, c *box) {
	text := ""
	for _, x := range s.elements(c) {
		shown := s.standing(x) == x
		if shown {
			text += string(x.word)
		}
		fmt.Fprintf(b, "  %s %v", x.name(), shown)
		if c.kind == block.KindText {
			continue
		}
		if x.code == block.OpMove {
			fmt.Fprintf(b, " of %s", x.elem.name())
			continue
		}
		if pos := s.positionsOf(x); pos != nil {
			fmt.Fprintf(b, " positions %s, over %s", names(s.entriesOf(pos)), names(byNumber(s.frontier(pos))))
		}
		slot := s.slotOf(x)
		switch {
		case slot == nil:
			fmt.Fprintf(b, " %s", s.value(x))
		case s.alive(x):
			fmt.Fprintf(b, " entries %s, over %s, values %s", names(s.entriesOf(slot)), names(byNumber(s.frontier(slot))), s.values(s.conflicts(slot)))
		}
	}
	if c.kind == block.KindText {
		fmt.Fprintf(b, " %q", text)
	}
	b.WriteString("\n")
}

// slotOf is the slot of an element that was set.
func (s *set) slotOf(x *num) *box {
	for _, e := range s.all(func(e *num) bool { return e.elem == x && e.code == block.OpSet }) {
		return e.at
	}
	return nil
}

// dumpSet spells the members with their alive tags, and the alive tags.
func (s *set) dumpSet(b *strings.Builder, c *box) {
	tags := s.all(func(x *num) bool { return x.at == c && s.alive(x) })
	members := map[string][]*num{}
	var values []string
	for _, x := range tags {
		if s.absent[x.n] {
			continue
		}
		if members[string(x.word)] == nil {
			values = append(values, string(x.word))
		}
		members[string(x.word)] = append(members[string(x.word)], x)
	}
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	for _, v := range values {
		fmt.Fprintf(b, "  %x by %s\n", v, names(byNumber(members[v])))
	}
	fmt.Fprintf(b, "  alive %s\n", names(byNumber(tags)))
}

// shows tells whether a container shows anything.
func (s *set) shows(c *box) bool {
	switch c.kind {
	case block.KindText, block.KindList:
		return slices.ContainsFunc(s.elements(c), func(x *num) bool { return s.standing(x) == x })
	case block.KindMap:
		return slices.ContainsFunc(s.keys(c), func(slot *box) bool { return len(s.conflicts(slot)) > 0 })
	}
	return slices.ContainsFunc(s.all(func(x *num) bool { return x.at == c }), func(x *num) bool {
		return s.alive(x) && (c.kind != block.KindSet || !s.absent[x.n])
	})
}
