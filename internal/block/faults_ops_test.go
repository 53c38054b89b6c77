package block_test

import (
	"fmt"
	"math"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// opFaults are faults in single ops.
func opFaults() (fs faults) {
	fs.codes()
	fs.genesis()
	fs.containers()
	fs.texts()
	fs.lists()
	fs.entries()
	fs.others()
	fs.runs(11)
	fs.runs(12)
	fs.ownRuns()
	fs.moves()
	fs.marks()
	fs.markParts()
	fs.trees()
	fs.quotes()
	return fs
}

// codes adds codes that are none, and ops of other lengths.
func (fs *faults) codes() {
	fs.add("op null", ops(0, nil), bad)
	fs.add("op empty", ops(0, list{}), bad)
	fs.add("op code text", ops(0, list{"1", 1}), bad)
	fs.add("op code negative", ops(0, list{-1, 1}), bad)
	for _, code := range []any{20, 21, 23, 24, 255, uint64(1 << 32), uint64(math.MaxUint64)} {
		fs.add(fmt.Sprint("op code ", code), ops(0, list{code, 1}), bad)
	}
	for name, f := range map[string]func() fields{"later": later, "rich": rich} {
		all := f()["ops"].(list)
		for i, op := range all {
			longer, shorter := slices.Clone(all), slices.Clone(all)
			longer[i] = append(slices.Clone(op.(list)), 1)
			shorter[i] = op.(list)[:len(op.(list))-1]
			fs.add(fmt.Sprint("op of ", name, " with a part more ", i), with(f(), "ops", longer), bad)
			fs.add(fmt.Sprint("op of ", name, " with a part less ", i), with(f(), "ops", shorter), bad)
		}
	}
}

// genesis adds faults of the genesis op.
func (fs *faults) genesis() {
	fs.add("genesis op later", ops(0, list{0, "t", nil, nil, false}), invalid)
	fs.add("genesis op first", with(first(), "ops", list{list{0, "t", nil, nil, false}}), invalid)
	one := func(parts ...any) fields { return with(genesis(), "ops", list{append(list{0}, parts...)}) }
	fs.add("genesis plain", one("", nil, nil, false), nil)
	fs.add("genesis salted", one("", "r", nil, true), nil)
	fs.add("genesis title bytes", one([]byte("t"), nil, nil, false), bad)
	fs.add("genesis title not UTF-8", one("\xff", nil, nil, false), bad)
	fs.add("genesis empty rules", one("t", "", nil, false), invalid)
	fs.add("genesis data without rules", one("t", nil, 1, false), invalid)
	fs.add("genesis salt 1", one("t", nil, nil, 1), bad)
	fs.add("genesis second op", with(genesis(), "ops", list{list{0, "t", nil, nil, false}, list{0, "t", nil, nil, false}}), invalid)
	fs.add("genesis op second", with(genesis(), "ops", list{list{14, "a", nil, 0}, list{0, "t", nil, nil, false}}), invalid)
	fs.add("genesis with more ops", with(genesis(), "ops", list{list{0, "t", nil, nil, false}, list{14, "a", nil, 0}}), nil)
}

// containers adds faults of containers.
func (fs *faults) containers() {
	fs.add("container of kind 0", ops(1, list{1, list{0, "t"}, nil, 1, 1, 1}), bad)
	fs.add("container of kind 7", ops(1, list{1, list{7, "t"}, nil, 1, 1, 1}), bad)
	fs.add("container of one part", ops(1, list{1, list{3}, nil, 1, 1, 1}), bad)
	fs.add("container of four parts", ops(1, list{1, list{3, 0, 1, 1}, nil, 1, 1, 1}), bad)
	fs.add("container null", ops(1, list{1, nil, nil, 1, 1, 1}), bad)
	fs.add("container name bytes", ops(1, list{1, list{3, []byte("t")}, nil, 1, 1, 1}), bad)
	fs.add("container name not UTF-8", ops(1, list{1, list{3, "\xc0\x80"}, nil, 1, 1, 1}), bad)
	fs.add("container behind the links", ops(1, list{1, list{3, 4, 0}, nil, 1, 1, 1}), invalid)
	fs.add("container of the last ref", ops(1, list{1, list{3, 3, 0}, nil, 1, 1, 1}), nil)
	for code, op := range map[int]list{1: {nil, 1, 1, 1}, 2: {nil, 1, list{1}}, 3: {nil, 1, 1}, 6: {"k", list{}, 1},
		7: {"k", list{}}, 8: {"k", 1, nil, list{}}, 9: {list{1}}, 10: {1}, 15: {"k", "", list{1, 1}, list{1, 1}, 0, 0, 0}, 16: {nil, 1},
		17: {nil, nil, 1}, 19: {nil, 1, 1, 1, nil, testID("x"), 0}} {
		right := map[int]int{1: 3, 2: 2, 3: 2, 6: 1, 7: 1, 8: 1, 9: 4, 10: 5, 15: 3, 16: 3, 17: 6, 19: 3}[code]
		size := map[int]int{1: 1, 2: 1, 6: 1, 9: 1, 19: 1}[code]
		for kind := 1; kind <= 6; kind++ {
			want := map[bool]error{false: invalid}[kind == right]
			fs.add(fmt.Sprintf("op %d in kind %d", code, kind), ops(size, append(list{code, list{kind, "x"}}, op...)), want)
		}
	}
}

// texts adds faults of text and of the thing that is its parent.
func (fs *faults) texts() {
	text := root(block.KindText, "t")
	own := func(n int) list { return list{0, n} }
	fs.add("text left of the root", ops(1, list{1, text, nil, 0, 1, 1}), invalid)
	fs.add("text side 2", ops(1, list{1, text, nil, 2, 1, 1}), bad)
	fs.add("text side null", ops(1, list{1, text, nil, nil, 1, 1}), bad)
	fs.add("text of nothing", ops(0, list{1, text, nil, 1, 0, 0}), invalid)
	fs.add("text of no runes", ops(1, list{1, text, nil, 1, 0, 1}), invalid)
	fs.add("text of no bytes", ops(0, list{1, text, nil, 1, 1, 0}), invalid)
	fs.add("text bytes below runes", ops(2, list{1, text, nil, 1, 3, 2}), invalid)
	fs.add("text bytes 4 × runes", ops(12, list{1, text, nil, 1, 3, 12}), nil)
	fs.add("text bytes over 4 × runes", ops(13, list{1, text, nil, 1, 3, 13}), invalid)
	fs.add("text runes 2^62", ops(1, list{1, text, nil, 1, uint64(1 << 62), 1}), invalid)
	fs.add("text bytes 2^63", ops(1, list{1, text, nil, 1, 1, uint64(1 << 63)}), limit)
	fs.add("text parent one part", ops(1, list{1, text, list{0}, 1, 1, 1}), bad)
	fs.add("text parent three parts", ops(1, list{1, text, list{0, 1, 1}, 1, 1, 1}), bad)
	fs.add("text parent itself", ops(1, list{1, text, own(70000), 1, 1, 1}), invalid)
	fs.add("text parent before", ops(1, list{1, text, own(69999), 1, 1, 1}), nil)
	fs.add("text parent own earlier op", ops(2, list{1, text, own(1), 1, 1, 1}, list{1, text, own(70000), 0, 1, 1}), nil)
	fs.add("text parent own later op", ops(2, list{1, text, own(70001), 1, 1, 1}, list{1, text, own(1), 0, 1, 1}), invalid)
	fs.add("text parent negative link", ops(1, list{1, text, list{-1, 1}, 1, 1, 1}), bad)
	fs.add("text parent link 2^32", ops(1, list{1, text, list{uint64(1 << 32), 1}, 1, 1, 1}), invalid)
	fs.add("text parent link 4", ops(1, list{1, text, list{4, 1}, 1, 1, 1}), invalid)
	fs.add("text parent number 2^53-1", ops(1, list{1, text, list{3, uint64(1<<53 - 1)}, 1, 1, 1}), nil)
	fs.add("text parent number 2^53", ops(1, list{1, text, list{3, uint64(1 << 53)}, 1, 1, 1}), limit)
	fs.add("text parent number 2^64-1", ops(1, list{1, text, list{3, uint64(math.MaxUint64)}, 1, 1, 1}), limit)
}

// lists adds faults of list elements.
func (fs *faults) lists() {
	items := root(block.KindList, "l")
	own := func(n int) list { return list{0, n} }
	fs.add("values none", ops(0, list{2, items, nil, 1, list{}}), invalid)
	fs.add("values empty", ops(1, list{2, items, nil, 1, list{1, 0}}), invalid)
	fs.add("values null", ops(1, list{2, items, nil, 1, nil}), bad)
	fs.add("values length text", ops(1, list{2, items, nil, 1, list{"1"}}), bad)
	fs.add("values left of the root", ops(1, list{2, items, nil, 0, list{1}}), invalid)
	fs.add("values names own second", ops(3, list{2, items, nil, 1, list{1, 1}}, list{2, items, own(70001), 1, list{1}}), nil)
	fs.add("values names own third", ops(3, list{2, items, nil, 1, list{1, 1}}, list{2, items, own(70002), 1, list{1}}), invalid)
	fs.add("list child of kind 0", ops(0, list{3, items, nil, 1, 0}), bad)
	fs.add("list child of kind 6", ops(0, list{3, items, nil, 1, 6}), nil)
	fs.add("list child of kind 7", ops(0, list{3, items, nil, 1, 7}), bad)
	fs.add("list child left of the root", ops(0, list{3, items, nil, 0, 1}), invalid)
	fs.add("set null", ops(1, list{4, nil, list{}, 1}), bad)
	fs.add("set of nothing", ops(0, list{4, own(0), list{}, 0}), invalid)
	fs.add("set over null", ops(1, list{4, own(0), nil, 1}), bad)
}

// entries adds faults of map entries.
func (fs *faults) entries() {
	m := root(block.KindMap, "m")
	own := func(n int) list { return list{0, n} }
	fs.add("put of nothing", ops(0, list{6, m, "k", list{}, 0}), invalid)
	fs.add("put key bytes", ops(1, list{6, m, []byte("k"), list{}, 1}), bad)
	fs.add("put key not UTF-8", ops(1, list{6, m, "\xed\xa0\x80", list{}, 1}), bad)
	fs.add("put key NUL and BOM", ops(1, list{6, m, "\x00\ufeff", list{}, 1}), nil)
	fs.add("over twice", ops(0, list{7, m, "k", list{own(5), own(5)}}), bad)
	fs.add("over unsorted numbers", ops(0, list{7, m, "k", list{own(6), own(5)}}), bad)
	fs.add("over unsorted links", ops(0, list{7, m, "k", list{list{1, 5}, list{0, 6}}}), bad)
	fs.add("over sorted", ops(0, list{7, m, "k", list{own(5), own(6), list{1, 0}, list{3, 0}}}), nil)
	fs.add("over itself", ops(0, list{7, m, "k", list{own(70000)}}), invalid)
	fs.add("over a run", ops(0, list{7, m, "k", list{list{0, 1, 1}}}), bad)
	fs.add("over link 4", ops(0, list{7, m, "k", list{list{4, 0}}}), invalid)
	fs.add("child of kind 6", ops(0, list{8, m, "k", 6, nil, list{}}), nil)
	fs.add("child of kind 7", ops(0, list{8, m, "k", 7, nil, list{}}), bad)
	fs.add("child base itself", ops(0, list{8, m, "k", 1, own(70000), list{}}), invalid)
	fs.add("child base text", ops(0, list{8, m, "k", 1, "x", list{}}), bad)
}

// others adds faults of sets, counters, notes and acts.
func (fs *faults) others() {
	set, counter := root(block.KindSet, "s"), root(block.KindCounter, "c")
	fs.add("add none", ops(0, list{9, set, list{}}), invalid)
	fs.add("add empty", ops(0, list{9, set, list{0}}), invalid)
	fs.add("step 0", ops(0, list{10, counter, 0}), invalid)
	fs.add("step greatest", ops(0, list{10, counter, int64(math.MaxInt64)}), nil)
	fs.add("step least", ops(0, list{10, counter, int64(math.MinInt64)}), nil)
	fs.add("step over int64", ops(0, list{10, counter, uint64(1 << 63)}), bad)
	fs.add("step float", ops(0, list{10, counter, raw("\xfb\x40\x00\x00\x00\x00\x00\x00\x00")}), bad)
	fs.add("note of nothing", ops(0, list{13, 0}), invalid)
	fs.add("note negative", ops(0, list{13, -1}), bad)
	fs.add("act without a kind", ops(0, list{14, "", nil, 0}), invalid)
	fs.add("act kind not UTF-8", ops(0, list{14, "\x80", nil, 0}), bad)
	fs.add("act null", ops(0, list{14, "k", nil, 0}), nil)
}

// runs adds faults of deletes and restores, which code says.
func (fs *faults) runs(code int) {
	add := func(name string, want error, runs ...any) {
		fs.add(fmt.Sprintf("op %d, %s", code, name), ops(0, list{code, append(list{}, runs...)}), want)
	}
	add("no runs", invalid)
	add("null", bad, nil)
	add("thing", bad, list{0, 1})
	add("empty run", invalid, list{0, 1, 0})
	add("one", nil, list{0, 1, 1})
	add("up to the last", nil, list{0, 69990, 10})
	add("past the last", invalid, list{0, 69990, 11})
	add("of the first ref", nil, list{2, 1, 1}, list{2, 2, 1})
	add("link 4", invalid, list{4, 1, 1})
	add("up to 2^53", nil, list{1, uint64(1<<53 - 5), 5})
	add("past 2^53", limit, list{1, uint64(1<<53 - 5), 6})
	add("from 2^64-1", limit, list{1, uint64(math.MaxUint64), 1})
	add("of 2^64-1", limit, list{1, 5, uint64(math.MaxUint64)})
	add("apart, up", nil, list{0, 1, 2}, list{0, 3, 2}, list{1, 1, 1})
	add("apart, down", nil, list{1, 1, 1}, list{0, 3, 2}, list{0, 1, 2})
	add("apart, mixed", nil, list{0, 3, 2}, list{1, 1, 1}, list{0, 1, 2}, list{0, 5, 1})
	add("twice", invalid, list{0, 1, 1}, list{0, 1, 1})
	add("overlap, up", invalid, list{0, 1, 3}, list{0, 3, 2})
	add("overlap, down", invalid, list{0, 3, 2}, list{0, 1, 3})
	add("overlap, mixed", invalid, list{0, 3, 2}, list{1, 1, 1}, list{0, 1, 3}, list{0, 9, 1})
	add("inside", invalid, list{0, 1, 9}, list{0, 3, 2})
	add("same numbers of two links", nil, list{1, 1, 9}, list{2, 3, 2}, list{0, 1, 9})
}

// ownRuns adds runs of numbers of the same change.
func (fs *faults) ownRuns() {
	own := func(n, length int) list { return list{0, n, length} }
	text := list{1, root(block.KindText, "t"), nil, 1, 2, 2}
	fs.add("delete of own earlier numbers", ops(2, text, list{11, list{own(70000, 2)}}), nil)
	fs.add("delete past own earlier numbers", ops(2, text, list{11, list{own(70000, 3)}}), invalid)
	fs.add("delete of its own delete number", ops(0, list{11, list{own(69999, 2)}}), invalid)
	fs.add("restore of own delete number", ops(0, list{11, list{own(5, 2)}}, list{12, list{own(70000, 2)}}), nil)
	fs.add("restore past own delete numbers", ops(0, list{11, list{own(5, 2)}}, list{12, list{own(70001, 2)}}), invalid)
}
