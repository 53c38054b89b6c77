package block_test

import (
	"fmt"
	"math"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// part puts each type of item in the place of one part of a good op. Those in
// fine leave it good, or make it invalid where they are named with a "!"; all
// others are malformed.
func (fs *faults) part(name string, size int, op list, part int, fine ...string) {
	for what, item := range map[string]any{"null": nil, "true": true, "text": "x", "bytes": []byte{1}, "0": 0, "negative": -1,
		"float": raw("\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00"), "empty array": list{}, "map": fields{}, "link": testID("other"),
		"undefined": raw("\xf7"), "content link": contentLink(testID("x")), "link of zeros": block.ID{}, "thing": list{1, 1}} {
		changed := slices.Clone(op)
		changed[part] = item
		want := bad
		if slices.Contains(fine, what) {
			want = nil
		} else if slices.Contains(fine, "!"+what) {
			want = invalid
		}
		fs.add(fmt.Sprintf("%s, part %d is %s", name, part, what), ops(size, changed), want)
	}
}

// named tries things that the part of a good op may name, and things that it
// may not: links that are not there, numbers too large, own numbers not yet made.
func (fs *faults) named(name string, size int, op list, part int) {
	for _, c := range []struct {
		what string
		item list
		want error
	}{
		{"own last", list{0, 69999}, nil},
		{"itself", list{0, 70000}, invalid},
		{"itself, or a later op", list{0, 70001}, invalid},
		{"last ref", list{3, 0}, nil},
		{"link 4", list{4, 0}, invalid},
		{"link 2^32", list{uint64(1 << 32), 0}, invalid},
		{"number 2^53-1", list{1, uint64(1<<53 - 1)}, nil},
		{"number 2^53", list{1, uint64(1 << 53)}, limit},
		{"number 2^64-1", list{1, uint64(math.MaxUint64)}, limit},
		{"one part", list{1}, bad},
		{"three parts", list{1, 1, 1}, bad},
		{"negative link", list{-1, 1}, bad},
		{"negative number", list{1, -1}, bad},
	} {
		changed := slices.Clone(op)
		changed[part] = c.item
		fs.add(fmt.Sprintf("%s, part %d names %s", name, part, c.what), ops(size, changed), c.want)
		if c.what == "itself" { // the same number, made by an op before
			fs.add(fmt.Sprintf("%s, part %d names own earlier op", name, part), ops(size, list{10, root(block.KindCounter, "c"), 1}, changed), nil)
		}
	}
}

// position tries all sides of the root and of an element; parent says where the
// parent stands in a good op, the side stands behind it.
func (fs *faults) position(name string, size int, op list, parent int) {
	for _, c := range []struct {
		at, side any
		want     error
	}{{nil, 1, nil}, {nil, 0, invalid}, {list{1, 1}, 0, nil}, {list{1, 1}, 1, nil}, {nil, 2, bad}, {list{1, 1}, 2, bad}} {
		changed := slices.Clone(op)
		changed[parent], changed[parent+1] = c.at, c.side
		fs.add(fmt.Sprintf("%s at %v on side %v", name, c.at, c.side), ops(size, changed), c.want)
	}
	fs.part(name, size, op, parent, "null", "thing")
	fs.part(name, size, op, parent+1, "0")
	fs.named(name, size, op, parent)
}

// moves adds faults of moves in lists and of block markers.
func (fs *faults) moves() {
	move := list{5, list{1, 7}, list{1, 2}, 1, list{list{1, 7}}}
	fs.part("move", 0, move, 1, "thing")
	fs.named("move", 0, move, 1)
	fs.position("move", 0, move, 2)
	fs.part("move", 0, move, 4, "empty array")
	over := func(name string, want error, over ...any) {
		fs.add("move over "+name, ops(0, list{5, list{1, 7}, nil, 1, append(list{}, over...)}), want)
	}
	over("twice", bad, list{0, 5}, list{0, 5})
	over("unsorted numbers", bad, list{0, 6}, list{0, 5})
	over("unsorted links", bad, list{1, 5}, list{0, 6})
	over("sorted", nil, list{0, 5}, list{0, 6}, list{1, 0}, list{3, 0})
	over("itself", invalid, list{0, 70000})
	over("link 4", invalid, list{4, 0})
	over("number 2^53", limit, list{1, uint64(1 << 53)})
	over("a run", bad, list{0, 5, 1})

	marker := list{16, root(block.KindText, "t"), list{1, 2}, 1}
	fs.part("marker", 0, marker, 1, "!thing") // a child that is a map
	fs.position("marker", 0, marker, 2)
	fs.add("marker, what it holds", ops(1, marker, list{6, list{1, 0, 70000}, "k", list{}, 1}), nil)
	fs.add("marker, what a later op holds", ops(1, marker, list{6, list{1, 0, 70001}, "k", list{}, 1}), invalid)
}

// marks adds faults of marks: key, ID, value, names.
func (fs *faults) marks() {
	mark := list{15, root(block.KindText, "t"), "k", "i", list{1, 1}, list{1, 2}, 0, 0, 1}
	one := func(name string, want error, size, part int, item any) {
		changed := slices.Clone(mark)
		changed[part] = item
		fs.add("mark "+name, ops(size, changed), want)
	}
	one("without a key", invalid, 1, 2, "")
	one("with a key not UTF-8", bad, 1, 2, "\xff")
	one("with a key of NUL and BOM", nil, 1, 2, "\x00\ufeff")
	one("without an ID", nil, 1, 3, "")
	one("with an ID not UTF-8", bad, 1, 3, "\xed\xa0\x80")
	one("without value", nil, 0, 8, 0)
	one("with a value that is not counted", invalid, 0, 8, 1)
	one("without a value that is counted", invalid, 1, 8, 0)
	one("with a value of 2^63 bytes", limit, 1, 8, uint64(1<<63))
	one("of one element", nil, 1, 5, list{1, 1})
	for part := 1; part < len(mark); part++ {
		switch part {
		case 2, 3:
			fs.part("mark", 1, mark, part, "text")
		case 4, 5:
			fs.part("mark", 1, mark, part, "thing")
		case 6, 7:
			fs.part("mark", 1, mark, part, "0", "null", "thing")
		case 8:
			fs.part("mark", 0, mark, part, "0")
		default:
			fs.part("mark", 1, mark, part, "!thing")
		}
	}
}

// markParts adds faults of what a mark names and of how it grows.
func (fs *faults) markParts() {
	mark := list{15, root(block.KindText, "t"), "k", "i", list{1, 1}, list{1, 2}, 0, 0, 1}
	for part := 4; part < 8; part++ {
		fs.named("mark", 1, mark, part)
	}
	grows := map[string]any{"0": 0, "null": nil, "thing": list{1, 3}, "1": 1, "24": 24, "false": false}
	for l, left := range grows {
		for r, right := range grows {
			changed := slices.Clone(mark)
			changed[6], changed[7] = left, right
			var want error
			for _, name := range []string{l, r} {
				if name != "0" && name != "null" && name != "thing" {
					want = bad
				}
			}
			fs.add(fmt.Sprintf("mark growing %s and %s", l, r), ops(1, changed), want)
		}
	}
}

// trees adds faults of nodes and of their moves.
func (fs *faults) trees() {
	tree := root(block.KindTree, "t")
	node := list{17, tree, list{1, 1}, list{1, 2}, 1}
	fs.part("node", 0, node, 1, "!thing")
	fs.part("node", 0, node, 2, "null", "thing")
	fs.named("node", 0, node, 2)
	fs.position("node", 0, node, 3)
	fs.add("node in a child", ops(0, list{17, list{6, 2, 5}, nil, nil, 1}), nil)
	fs.add("node below itself", ops(0, list{17, tree, list{0, 70000}, nil, 1}), invalid)
	fs.add("node below the one before", ops(0, list{17, tree, nil, nil, 1}, list{17, tree, list{0, 70000}, nil, 1}), nil)
	fs.add("node, what it holds", ops(1, node, list{6, list{1, 0, 70000}, "k", list{}, 1}), nil)

	move := list{18, list{1, 9}, list{1, 1}, list{1, 2}, 1}
	fs.part("tree move", 0, move, 1, "thing")
	fs.named("tree move", 0, move, 1)
	fs.part("tree move", 0, move, 2, "null", "thing")
	fs.named("tree move", 0, move, 2)
	fs.position("tree move", 0, move, 3)
	fs.add("tree move of the node before", ops(0, list{17, tree, nil, nil, 1}, list{18, list{0, 70000}, nil, nil, 1}), nil)
	fs.add("tree move below itself", ops(0, list{18, list{1, 9}, list{1, 9}, nil, 1}), nil) // a ring, which the tree breaks
}

// quotes adds faults of quotes.
func (fs *faults) quotes() {
	text := root(block.KindText, "t")
	quote := list{19, text, list{1, 2}, 1, 3, 5, testID("work"), testID("source"), 9}
	fs.part("quote", 5, quote, 1, "!thing")
	fs.position("quote", 5, quote, 2)
	fs.part("quote", 5, quote, 4, "!0")
	fs.part("quote", 5, quote, 5, "!0")
	fs.part("quote", 5, quote, 6, "null", "link")
	fs.part("quote", 5, quote, 7, "link")
	fs.part("quote", 5, quote, 8, "0")
	sized := func(name string, want error, size int, runes, bytes any) {
		changed := slices.Clone(quote)
		changed[4], changed[5] = runes, bytes
		fs.add("quote of "+name, ops(size, changed), want)
	}
	sized("nothing", invalid, 0, 0, 0)
	sized("no runes", invalid, 1, 0, 1)
	sized("no bytes", invalid, 0, 1, 0)
	sized("bytes below runes", invalid, 2, 3, 2)
	sized("bytes 4 × runes", nil, 12, 3, 12)
	sized("bytes over 4 × runes", invalid, 13, 3, 13)
	sized("runes 2^62", invalid, 1, uint64(1<<62), 1)
	sized("bytes 2^63", limit, 1, 1, uint64(1<<63))
	from := func(name string, want error, n any) {
		changed := slices.Clone(quote)
		changed[8] = n
		fs.add("quote from "+name, ops(5, changed), want)
	}
	from("up to 2^53", nil, uint64(1<<53-3))
	from("past 2^53", limit, uint64(1<<53-2))
	from("2^53", limit, uint64(1<<53))
	from("2^64-1", limit, uint64(math.MaxUint64))
	fs.add("quote makes numbers", ops(5, quote, list{11, list{list{0, 70000, 3}}}), nil)
	fs.add("quote makes numbers, past the last", ops(5, quote, list{11, list{list{0, 70000, 4}}}), invalid)
	fs.add("quote of this work", ops(5, list{19, text, nil, 1, 3, 5, nil, testID("source"), 0}), nil)
	fs.add("quote of a parent", ops(5, list{19, text, nil, 1, 3, 5, nil, testID("parent"), 0}), nil)
}
