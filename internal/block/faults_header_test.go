package block_test

import (
	"bytes"
	"math"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// fault is one fault in a change and the error it must give; nil where the
// change stays good.
type fault struct {
	name string
	f    fields
	want error
}

// with returns f with other fields.
func with(f fields, kv ...any) fields {
	for i := 0; i < len(kv); i += 2 {
		f[kv[i].(string)] = kv[i+1]
	}
	return f
}

// faults collects faults.
type faults []fault

// add adds one.
func (fs *faults) add(name string, f fields, want error) { *fs = append(*fs, fault{name, f, want}) }

// The kinds of errors that faults give, in short.
var (
	bad     = block.ErrMalformed
	invalid = block.ErrInvalid
	limit   = block.ErrLimit
)

// headerFaults are faults in single fields and in how they fit together.
func headerFaults() (fs faults) {
	fs.author()
	fs.chain()
	fs.links()
	fs.content()
	fs.optional()
	return fs
}

// author adds faults of version and author.
func (fs *faults) author() {
	fs.add("version 0", with(later(), "v", 0), bad)
	fs.add("version 2", with(later(), "v", 2), bad)
	fs.add("version true", with(later(), "v", true), bad)
	fs.add("by text", with(later(), "by", "x"), bad)
	fs.add("by bare key", with(later(), "by", bytes.Repeat([]byte{1}, 32)), bad)
	fs.add("by one byte more", with(later(), "by", append([]byte{0xed, 1}, make([]byte, 33)...)), bad)
	fs.add("by another codec", with(later(), "by", append([]byte{0xec, 1}, make([]byte, 32)...)), bad)
	fs.add("by low order", with(later(), "by", block.Key{}), block.ErrKey)
	fs.add("by not canonical", with(later(), "by", block.Key(bytes.Repeat([]byte{0xff}, 32))), block.ErrKey)
	fs.add("by off the curve", with(later(), "by", block.Key{2}), block.ErrKey)
}

// chain adds faults of the place in the chain.
func (fs *faults) chain() {
	var zero block.ID
	fs.add("seq negative", with(later(), "seq", -1), bad)
	fs.add("seq text", with(later(), "seq", "1"), bad)
	fs.add("seq greatest", with(later(), "seq", uint64(math.MaxUint64)), nil)
	fs.add("seq 0 with prev", with(later(), "seq", 0), invalid)
	fs.add("prev null", with(later(), "prev", nil), invalid)
	fs.add("prev content", with(later(), "prev", contentLink(testID("x"))), bad)
	fs.add("prev zero digest", with(later(), "prev", zero), bad)
	fs.add("prev is parent", with(later(), "prev", testID("parent")), invalid)
	fs.add("prev is ref", with(later(), "prev", testIDs("ref", 2)[1]), invalid)
	fs.add("start at seq 0", with(first(), "start", 1), invalid)
	fs.add("start below an op", with(later(), "start", 69999), invalid)
	fs.add("start negative", with(later(), "start", -1), bad)
	fs.add("numbers to 2^53-1", with(later(), "start", uint64(1<<53-1-laterNumbers)), nil)
	fs.add("numbers to 2^53", with(later(), "start", uint64(1<<53-laterNumbers)), limit)
	fs.add("start 2^53", with(later(), "start", uint64(1<<53)), limit)
	fs.add("start wraps", with(later(), "start", uint64(math.MaxUint64)), limit)
}

// links adds faults of parents, refs and work.
func (fs *faults) links() {
	var zero block.ID
	parents, two := testIDs("p", 3), testIDs("p", 2)
	fs.add("parents null", with(later(), "parents", nil), bad)
	fs.add("parents map", with(later(), "parents", fields{}), bad)
	fs.add("parent twice", with(later(), "parents", list{parents[0], parents[0]}), bad)
	fs.add("parents unsorted", with(later(), "parents", list{parents[1], parents[0], parents[2]}), bad)
	fs.add("parents sorted", with(later(), "parents", anys(parents)), nil)
	fs.add("parent null", with(later(), "parents", list{nil}), bad)
	fs.add("parent zero digest", with(later(), "parents", list{zero}), bad)
	fs.add("parent is content", with(later(), "parents", list{contentLink(two[0])}), bad)
	fs.add("ref is parent", with(later(), "refs", list{testID("parent")}), invalid)
	fs.add("ref twice", with(later(), "refs", list{parents[1], parents[1]}), bad)
	fs.add("refs unsorted", with(later(), "refs", list{parents[2], parents[1]}), bad)
	fs.add("work later", with(later(), "work", testID("genesis")), invalid)
	fs.add("work null", with(first(), "work", nil), bad)
	fs.add("work content", with(first(), "work", contentLink(testID("genesis"))), bad)
	fs.add("work zero digest", with(first(), "work", zero), bad)
	fs.add("work in genesis", with(genesis(), "work", testID("genesis")), invalid)
	fs.add("genesis with ref", with(genesis(), "refs", list{testID("x")}), invalid)
	fs.add("no links but work", with(first(), "parents", list{}), invalid)
}

// content adds faults of time, content block and ops as a whole.
func (fs *faults) content() {
	var zero block.ID
	fs.add("time text", with(later(), "time", "now"), bad)
	fs.add("time greatest", with(later(), "time", int64(math.MaxInt64)), nil)
	fs.add("time least", with(later(), "time", int64(math.MinInt64)), nil)
	fs.add("time 0", with(later(), "time", 0), nil)
	fs.add("time over int64", with(later(), "time", uint64(1<<63)), bad)
	fs.add("time under int64", with(later(), "time", raw(encodeWide(1, 1<<63, 4))), bad)
	fs.add("time float", with(later(), "time", raw("\xfb\x40\x00\x00\x00\x00\x00\x00\x00")), bad)
	fs.add("text null", with(later(), "text", nil), invalid)
	fs.add("text to a change", with(later(), "text", testID("text")), bad)
	fs.add("text zero digest", with(later(), "text", contentLink(zero)), bad)
	fs.add("text without words", with(first(), "text", contentLink(testID("x"))), invalid)
	fs.add("size one less", with(later(), "size", 327), invalid)
	fs.add("size one more", with(later(), "size", 329), invalid)
	fs.add("size salted", with(later(), "size", 328+16), nil)
	fs.add("size 0", with(later(), "size", 0, "text", nil), invalid)
	fs.add("salt without words", with(first(), "size", 16, "text", contentLink(testID("x"))), invalid)
	fs.add("size huge", with(later(), "size", uint64(1<<63)), limit)
	fs.add("genesis without ops", with(genesis(), "ops", list{}), invalid)
	fs.add("first without ops", with(first(), "ops", list{}), nil)
	fs.add("ops null", with(later(), "ops", nil), bad)
	fs.add("ops map", with(later(), "ops", fields{}), bad)
	fs.add("later without parents", with(later(), "tag", 0, "parents", list{}, "refs", list{}, "ops", list{}, "size", 0, "text", nil), nil)
}

// optional adds faults of the optional keys.
func (fs *faults) optional() {
	keys := list{testKey(1), testKey(2)}
	slices.SortFunc(keys, func(a, b any) int { return bytes.Compare(encode(a), encode(b)) })
	fs.add("more false", with(later(), "more", false), bad)
	fs.add("more 1", with(later(), "more", 1), bad)
	fs.add("with empty", with(later(), "with", list{}), bad)
	fs.add("with the author", with(later(), "with", list{testKey(1)}), invalid)
	fs.add("with unsorted", with(later(), "with", list{keys[1], keys[0]}, "by", testKey(3)), bad)
	fs.add("with twice", with(later(), "with", list{keys[1], keys[1]}, "by", testKey(3)), bad)
	fs.add("with sorted", with(later(), "with", keys, "by", testKey(3)), nil)
	fs.add("with low order", with(later(), "with", list{block.Key{1}}), block.ErrKey)
	fs.add("with text", with(later(), "with", list{"x"}), bad)
	fs.add("tag prev", with(later(), "tag", 0), nil)
	fs.add("tag last ref", with(later(), "tag", 3), nil)
	fs.add("tag behind", with(later(), "tag", 4), invalid)
	fs.add("tag huge", with(later(), "tag", uint64(1<<32)), invalid)
	fs.add("tag null", with(later(), "tag", nil), bad)
	fs.add("tag prev at seq 0", with(first(), "tag", 0), invalid)
	fs.add("tag parent at seq 0", with(first(), "tag", 1), nil)
}
