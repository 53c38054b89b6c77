package sequence

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
)

// patient makes a sequence that has some of everything: several levels, tombs,
// words of all widths, words that are absent, lists and chains on both sides.
func patient() *Seq {
	arena := []byte("x")
	keys := map[LV]int{}
	s := newSized(func(a, b LV) int { return cmp.Compare(keys[a], keys[b]) }, &arena, sizes{leaf: 4, fanout: 3, leaves: leafMask + 1, chunk: 8})
	lv := LV(0)
	put := func(parent LV, side Side, key int, text string) LV {
		at := lv
		lv += LV(len([]rune(text))) + 1
		keys[at] = key
		off := uint32(len(arena))
		arena = append(arena, text...)
		s.Insert(parent, side, at, uint32(len([]rune(text))), off, true)
		return at
	}
	base := put(None, Right, 0, strings.Repeat("aß漢😀", 90))
	deep := put(base+7, Right, 50, "d")
	for side := range Side(2) {
		end := deep
		for range 5 {
			end = put(end, side, 0, "x")
		}
	}
	for i := range 5 {
		x := put(base+7, Right, 40+i, "s")
		put(x, Right, 0, "t")
		put(base+7, Right, 60-i, "u")
	}
	for i := range 9 {
		put(base+7, Left, 70+i, "v")
	}
	s.Show(base+3, 5, false)
	s.Insert(lv-2, Right, lv+3, 2, NoWords, false)
	s.DeleteAt(4, 2, func(LV, uint32) {})
	return s
}

// damaged is a way to break a rule.
type damaged struct {
	rule   int
	damage func(s *Seq)
}

// crowd is the longest list of siblings of the patient.
func crowd(s *Seq) *siblings { return s.lists[pack(7, Right)] }

// chained returns a node that begins a chain of two or more.
func chained(s *Seq, side Side) (LV, link) {
	for x, k := range s.chains[side].links {
		if k.down != None && k.up == None {
			return x, k
		}
	}
	panic("no chain")
}

// tracted turns the patient into a sequence with tracts, and returns one of them, in
// which a page is made.
func tracted(s *Seq) *tract {
	words := []byte("x")
	*s = *New(func(a, b LV) int { return cmp.Compare(a, b) }, &words)
	s.InsertAt(0, 0, 1, 0)
	s.Insert(0, Right, 1, 2<<blockBits, NoWords, false)
	s.Insert(300, Left, 3<<blockBits, 1, 0, true)
	return &s.tracts[0]
}

// damages are ways to break each rule.
var damages = []damaged{
	{1, func(s *Seq) { s.head.next.slot++ }},
	{1, func(s *Seq) { s.head.next.prev = nil }},
	{1, func(s *Seq) { s.head.next.up = s.root }},
	{1, func(s *Seq) { s.head.next = s.head.next.next }},
	{1, func(s *Seq) { s.root.up = s.root }},
	{1, func(s *Seq) { s.root.kids = s.root.kids[:1] }},
	{1, func(s *Seq) { s.root.kids[0].slot = 7 }},
	{1, func(s *Seq) { s.head.id++ }},
	{1, func(s *Seq) { s.head.spans = s.head.spans[:0] }},
	{1, func(s *Seq) { s.head.spans = append(s.head.spans, s.head.spans...) }},
	{1, func(s *Seq) { s.leaves = append(s.leaves, nil) }},
	{2, func(s *Seq) { s.head.spans[0].n &= hidden }},
	{2, func(s *Seq) { s.head.spans[0].n += 1 << blockBits }},
	{2, func(s *Seq) {
		l := s.head.next
		l.open(0, 1)
		l.spans[0] = span{l.spans[1].lv, 1 | l.spans[1].n&hidden}
		l.spans[1].lv++
		l.spans[1].n--
	}},
	{3, func(s *Seq) { s.vis++ }},
	{3, func(s *Seq) { s.ext.b-- }},
	{3, func(s *Seq) { s.root.vis[0]++; s.vis++ }},
	{3, func(s *Seq) { s.head.up.vis[0]++ }},
	{3, func(s *Seq) { s.head.up.ext[0].u++ }},
	{4, func(s *Seq) { s.pages[0].ents[0]++ }},
	{4, func(s *Seq) { s.pages[0].ents = s.pages[0].ents[:0] }},
	{4, func(s *Seq) { s.pages[0].ents = append(s.pages[0].ents, s.pages[0].ents[len(s.pages[0].ents)-1]) }},
	{4, func(s *Seq) { s.nos[1]++ }},
	{4, func(s *Seq) { s.tail = s.pages[0] }},
	{4, func(s *Seq) { p := s.find(383); p.leaf.spans[p.i].lv = 5000 }},
	{5, func(s *Seq) { s.next++ }},
	{5, func(s *Seq) { s.tables++ }},
	{5, func(s *Seq) { (*s.pages[0].tables)[0].b[0]++ }},
	{5, func(s *Seq) { (*s.pages[0].tables)[1].u[3]++ }},
	{5, func(s *Seq) { s.pages[0].pieces[1].at, s.pages[0].pieces[1].last = 200, 100 }},
	{5, func(s *Seq) { s.pages[0].heads[0] &^= 1; s.pages[0].heads[0] |= 2 }},
	{5, func(s *Seq) {
		p := s.find(s.next - 1)
		p.leaf.spans[p.i].n ^= hidden
		s.add(p.leaf, p.leaf.spans[p.i].n)
	}},
	{6, func(s *Seq) { s.setKid(7, Right, false) }},
	{6, func(s *Seq) { s.setKid(9, Left, true) }},
	{6, func(s *Seq) { s.tail.pieces[0].up = pack(s.next+5, Left) }},
	{7, func(s *Seq) { delete(s.lists, pack(7, Right)) }},
	{7, func(s *Seq) { c := crowd(s).chunks[0]; c[0], c[1] = c[1], c[0] }},
	{7, func(s *Seq) { l := crowd(s); l.chunks[0] = l.chunks[0][1:] }},
	{7, func(s *Seq) { l := crowd(s); l.chunks = append(l.chunks, nil) }},
	{7, func(s *Seq) { s.lists[pack(0, Left)] = &siblings{n: 1} }},
	{8, func(s *Seq) {
		a, b := s.find(383), s.find(387)
		x, y := &a.leaf.spans[a.i], &b.leaf.spans[b.i]
		x.lv, y.lv = y.lv, x.lv
		s.reindex(x.lv, x.len(), a.leaf.id)
		s.reindex(y.lv, y.len(), b.leaf.id)
	}},
	{9, func(s *Seq) {
		*s = *tell("a root right 1\nb a right 1\nc b right 1\nd b right 2").s
		s.part(3) // as it should be
		s.tail.pieces[0].last = 2
		s.tail.pieces = append(s.tail.pieces[:1], s.tail.pieces[2])
		s.tail.heads[0] = 1 | 1<<3
	}},
	{10, func(s *Seq) { x, _ := chained(s, Left); s.chains[Left].setDown(x, None) }},
	{10, func(s *Seq) { _, k := chained(s, Left); s.chains[Left].setUp(k.down, k.down) }},
	{10, func(s *Seq) { _, k := chained(s, Right); s.chains[Right].last[k.chain]++ }},
	{10, func(s *Seq) { x, k := chained(s, Left); s.chains[Left].setDown(x, k.down+1) }},
	{10, func(s *Seq) { c := s.chains[Right]; c.last = append(c.last, 0) }},
	{10, func(s *Seq) { s.chains[Left].links[s.next] = link{} }},
	{10, func(s *Seq) {
		x, k := chained(s, Left)
		_ = k
		for y := range s.chains[Left].links {
			if y != x {
				s.chains[Left].setUp(y, None)
			}
		}
	}},
	{12, func(s *Seq) { tracted(s).n = 0 }},
	{12, func(s *Seq) { s.nos[len(s.nos)-1]--; tracted(s).no++ }},
	{12, func(s *Seq) { tracted(s); s.tracts = s.tracts[1:] }},
	{12, func(s *Seq) { tracted(s); s.tracts = append(s.tracts, s.tracts[0]) }},
	{12, func(s *Seq) { tracted(s).made.has |= 1 }},
	{12, func(s *Seq) {
		tracted(s)
		p := s.find(800)
		p.leaf.open(p.i, 1)
		p.leaf.spans[p.i].n = p.k | hidden
		p.leaf.spans[p.i+1].lv += p.k
		p.leaf.spans[p.i+1].n -= p.k
	}},
	{12, func(s *Seq) { t := tracted(s); t.made.has = 1; t.made.pages[0].no = 0 }},
	{12, func(s *Seq) { tracted(s).made.pages[0].no++ }},
	{6, func(s *Seq) { tracted(s).made.pages[0].kids[Left][3] = 7 }},
	{4, func(s *Seq) { tracted(s).made.leaf[9] = 77 }},
	{4, func(s *Seq) { tracted(s).n-- }},
	{11, func(s *Seq) { s.cur.at++ }},
	{11, func(s *Seq) { s.cur.i = 99 }},
	{11, func(s *Seq) { s.cur.leaf = &leaf{} }},
}

// TestCheckSeesDamage damages a sequence in one way after another and expects the
// rule that is broken to be named.
func TestCheckSeesDamage(t *testing.T) {
	if err := patient().Check(); err != nil {
		t.Fatal(err)
	}
	for i, c := range damages {
		s := patient()
		c.damage(s)
		err := s.Check()
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("rule %d:", c.rule)) {
			t.Errorf("damage %d, to rule %d: %v", i, c.rule, err)
		}
	}
}

// TestPanics expects calls that break a stated condition to be stopped, and to
// leave the sequence as it was.
func TestPanics(t *testing.T) {
	for name, call := range map[string]func(s *Seq){
		"old LV":            func(s *Seq) { s.Insert(None, Right, 5, 1, 0, true) },
		"no elements":       func(s *Seq) { s.Insert(None, Right, 5000, 0, 0, true) },
		"beyond the LVs":    func(s *Seq) { s.InsertAt(0, MaxLV-1, 2, 0) },
		"left of the root":  func(s *Seq) { s.Insert(None, Left, 5000, 1, 0, true) },
		"unknown parent":    func(s *Seq) { s.Insert(4000, Left, 5000, 1, 0, true) },
		"shown, no words":   func(s *Seq) { s.Insert(None, Right, 5000, 1, NoWords, true) },
		"typed, no words":   func(s *Seq) { s.InsertAt(0, 5000, 1, NoWords) },
		"shown, none yet":   func(s *Seq) { s.Show(s.next-1, 1, true) },
		"shown, unknown":    func(s *Seq) { s.Show(4000, 1, true) },
		"shown, unknown 2":  func(s *Seq) { s.Show(360, 1, false) },
		"filled twice":      func(s *Seq) { s.Fill(3, 1, 0) },
		"insert too far":    func(s *Seq) { s.InsertAt(s.Len()+1, 5000, 1, 0) },
		"insert before all": func(s *Seq) { s.InsertAt(-1, 5000, 1, 0) },
		"delete too many":   func(s *Seq) { s.DeleteAt(1, s.Len(), func(LV, uint32) {}) },
		"no such element":   func(s *Seq) { s.At(s.Len()) },
		"no such range":     func(s *Seq) { s.AppendText(nil, 2, 1) },
		"no such position":  func(s *Seq) { s.FromRunes(UTF8, s.Len()+1) },
	} {
		s := patient()
		func() {
			defer func() {
				if msg := fmt.Sprint(recover()); !strings.HasPrefix(msg, "sequence: ") {
					t.Errorf("%s: %s", name, msg)
				}
			}()
			call(s)
		}()
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
