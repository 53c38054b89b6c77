package block_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// TestLimitsAreFormat pins the limits: they decide validity, so a change of one
// is a change of the format.
func TestLimitsAreFormat(t *testing.T) {
	got := fmt.Sprint(block.MaxBlock, block.MaxContent, block.MaxParents, block.MaxRefs, block.MaxOps, block.MaxNamed, block.MaxDepth,
		block.MaxMapKey, block.MaxAct, block.MaxTitle, block.MaxNumbers, block.MaxWith, block.MaxKindName, block.MaxMarkName, block.MaxRootName,
		block.SaltSize)
	if got != "1048576 1048576 64 4096 65536 1048576 32 4096 65536 4096 9007199254740992 16 256 256 4096 16" {
		t.Error(got)
	}
}

// limitCase makes a change in which something has size n, the limit of which is given.
type limitCase struct {
	name  string
	limit int
	make  func(n int) fields
}

// limitCases are all limits of a change.
func limitCases() []limitCase {
	chars := func(n int) string { return strings.Repeat("k", n) }
	text, m := root(block.KindText, "t"), root(block.KindMap, "m")
	bytesOf := func(n int) string { // an encoded value of n bytes
		return "\x83\x01\x02" + string(encode(chars(n-3-3)))
	}
	return []limitCase{
		{"parents", 64, func(n int) fields { return with(later(), "parents", anys(testIDs("p", n))) }},
		{"refs", 4096, func(n int) fields { return with(later(), "refs", anys(testIDs("r", n))) }},
		{"refs named by the last place", 4096, func(n int) fields {
			return with(ops(0, list{11, list{list{n + 1, 0, 1}}}), "refs", anys(testIDs("r", n)))
		}},
		{"ops", 65536, func(n int) fields { return ops(0, slices.Repeat(list{list{14, "k", nil, 0}}, n)...) }},
		{"length of a run", 1 << 20, func(n int) fields { return ops(0, list{11, list{list{1, 0, n}}}) }},
		{"length of a restore", 1 << 20, func(n int) fields { return ops(0, list{12, list{list{1, 0, n}}}) }},
		{"length of runs", 1 << 20, func(n int) fields {
			return ops(0, list{11, list{list{1, 0, n - 1000}, list{2, 0, 500}}}, list{12, list{list{1, 0, 500}}})
		}},
		{"overs and a run", 1 << 20, func(n int) fields {
			return ops(0, list{7, m, "k", list{list{1, 0}, list{1, 1}}}, list{12, list{list{1, 0, n - 2}}})
		}},
		{"a run and overs", 1 << 20, func(n int) fields {
			return ops(0, list{12, list{list{1, 0, n - 2}}}, list{7, m, "k", list{list{1, 0}, list{1, 1}}})
		}},
		{"title", 4096, func(n int) fields { return with(genesis(), "ops", list{list{0, chars(n), nil, nil, false}}) }},
		{"name of rules", 256, func(n int) fields { return with(genesis(), "ops", list{list{0, "t", chars(n), nil, false}}) }},
		{"data", 64 << 10, func(n int) fields {
			return with(genesis(), "ops", list{list{0, "t", "r", raw(bytesOf(n)), false}})
		}},
		{"kind of act", 256, func(n int) fields { return ops(0, list{14, chars(n), nil, 0}) }},
		{"value of act", 64 << 10, func(n int) fields { return value(raw(bytesOf(n))) }},
		{"key", 4096, func(n int) fields { return ops(1, list{6, m, chars(n), list{}, 1}) }},
		{"key made absent", 4096, func(n int) fields { return ops(0, list{7, m, chars(n), list{}}) }},
		{"key of a child", 4096, func(n int) fields { return ops(0, list{8, m, chars(n), 1, nil, list{}}) }},
		{"key of a mark", 256, func(n int) fields { return ops(0, list{15, text, chars(n), "", list{1, 1}, list{1, 1}, 0, 0, 0}) }},
		{"ID of a mark", 256, func(n int) fields { return ops(0, list{15, text, "k", chars(n), list{1, 1}, list{1, 1}, 0, 0, 0}) }},
		{"value of a mark", 1 << 20, func(n int) fields { return ops(n, list{15, text, "k", "", list{1, 1}, list{1, 1}, 0, 0, n}) }},
		{"name of a tree", 4096, func(n int) fields { return ops(0, list{17, list{6, chars(n)}, nil, nil, 1}) }},
		{"quote", 1 << 20, func(n int) fields { return ops(n, list{19, text, nil, 1, n, n, nil, testID("x"), 0}) }},
		{"numbers of a quote below 2^53", 1000, func(n int) fields {
			return ops(9, list{19, text, nil, 1, 9, 9, nil, testID("x"), uint64(1<<53-9-1000) + uint64(n)})
		}},
		{"overs of a move and a run", 1 << 20, func(n int) fields {
			return ops(0, list{5, list{1, 0}, nil, 1, list{list{1, 0}, list{1, 1}}}, list{12, list{list{1, 0, n - 2}}})
		}},
		{"key in a value", 4096, func(n int) fields { return value(fields{chars(n): 1}) }},
		{"name of a root", 4096, func(n int) fields { return ops(1, list{1, list{3, chars(n)}, nil, 1, 1, 1}) }},
		{"nesting of arrays", 32, func(n int) fields { return value(raw(strings.Repeat("\x81", n) + "\x01")) }},
		{"nesting of data", 32, func(n int) fields {
			return with(genesis(), "ops", list{list{0, "t", "r", raw(strings.Repeat("\xa1\x61a", n) + "\x01"), false}})
		}},
		{"text", 1 << 20, func(n int) fields { return ops(n, list{1, text, nil, 1, n, n}) }},
		{"value", 1 << 20, func(n int) fields { return ops(n, list{6, m, "k", list{}, n}) }},
		{"words together", 1 << 20, func(n int) fields {
			return ops(n, list{1, text, nil, 1, n - 600, n - 600}, list{9, root(block.KindSet, ""), list{100, 200}}, list{13, 200}, list{14, "k", nil, 100})
		}},
		{"words and salt", 1<<20 - 16, func(n int) fields { return with(ops(n, list{1, text, nil, 1, n, n}), "size", n+16) }},
		{"co-authors", 16, func(n int) fields {
			keys := make(list, n)
			for i := range keys {
				keys[i] = testKey(10 + i)
			}
			slices.SortFunc(keys, func(a, b any) int { return strings.Compare(string(encode(a)), string(encode(b))) })
			return with(later(), "with", keys)
		}},
	}
}

// TestLimits tries each limit at n and at n + 1. A Reader knows those of the ops.
func TestLimits(t *testing.T) {
	ofHeader := []string{"parents", "refs", "refs named by the last place", "ops", "words and salt", "co-authors"}
	for _, c := range limitCases() {
		for over, want := range []error{nil, block.ErrLimit} {
			var r block.Reader
			var op block.Op
			r.Reset(bytes.Join(anyOps(c.make(c.limit+over)), nil))
			for r.Next(&op) {
			}
			if err := r.Err(); kindOf(t, err) != want && !slices.Contains(ofHeader, c.name) {
				t.Errorf("%s, reader at %d: %v", c.name, c.limit+over, err)
			}
		}
		if _, err := decode(t, encode(c.make(c.limit))); err != nil {
			t.Errorf("%s at the limit %d: %v", c.name, c.limit, err)
		}
		if _, err := decode(t, encode(c.make(c.limit+1))); kindOf(t, err) != block.ErrLimit {
			t.Errorf("%s over the limit %d: %v", c.name, c.limit, err)
		}
	}
}

// anyOps returns the encoded ops of a change.
func anyOps(f fields) (all [][]byte) {
	for _, op := range f["ops"].(list) {
		all = append(all, encode(op))
	}
	return all
}

// TestBlockLimit: a block of one MiB is accepted, a byte more is not.
func TestBlockLimit(t *testing.T) {
	size := func(title int) []byte {
		acts := slices.Repeat(list{list{14, "k", strings.Repeat("v", 65_000), 0}}, 16)
		return encode(with(ops(0, append(acts, list{14, "k", strings.Repeat("v", title), 0})...), "refs", list{}))
	}
	n := block.MaxBlock - len(size(1000)) + 1000
	for more, want := range []error{nil, block.ErrLimit} {
		raw := size(n + more)
		if len(raw) != block.MaxBlock+more {
			t.Fatalf("%d bytes", len(raw))
		}
		if _, err := decode(t, raw); kindOf(t, err) != want {
			t.Errorf("%d bytes: %v", len(raw), err)
		}
	}
}

// TestCheckByHand: Change.Check finds what only a change put together by hand
// can have.
func TestCheckByHand(t *testing.T) {
	for name, c := range map[string]struct {
		break_ func(c *block.Change)
		want   error
	}{
		"nothing":      {func(c *block.Change) {}, nil},
		"ops":          {func(c *block.Change) { c.NOps++ }, block.ErrInvalid},
		"numbers":      {func(c *block.Change) { c.Count++ }, block.ErrInvalid},
		"words":        {func(c *block.Change) { c.Words-- }, block.ErrInvalid},
		"no op":        {func(c *block.Change) { c.Ops = c.Ops[:len(c.Ops)-1] }, block.ErrMalformed},
		"zero parent":  {func(c *block.Change) { c.Parents = []block.ID{{}} }, block.ErrMalformed},
		"zero ref":     {func(c *block.Change) { c.Refs[0] = block.ID{} }, block.ErrMalformed},
		"parents":      {func(c *block.Change) { c.Parents = testIDs("p", 65) }, block.ErrLimit},
		"refs":         {func(c *block.Change) { c.Refs = testIDs("p", 4097) }, block.ErrLimit},
		"with":         {func(c *block.Change) { c.With = make([]block.Key, 17) }, block.ErrLimit},
		"key":          {func(c *block.Change) { c.By = block.Key{} }, block.ErrKey},
		"start":        {func(c *block.Change) { c.Start = 1 << 53 }, block.ErrLimit},
		"size":         {func(c *block.Change) { c.Size++ }, block.ErrInvalid},
		"prev":         {func(c *block.Change) { c.Prev = block.ID{} }, block.ErrInvalid},
		"tag":          {func(c *block.Change) { c.Tag = 99 }, block.ErrInvalid},
		"too many ops": {tooManyOps, block.ErrLimit},
		"too many bytes": {func(c *block.Change) {
			one := block.AppendOp(nil, &block.Op{Code: block.OpNote, Bytes: 1 << 20})
			c.Ops, c.NOps, c.Count, c.Words, c.Size = one, 1, 0, 1<<20, 1<<20+16
		}, block.ErrLimit},
	} {
		ch := must(decode(t, encode(later())))
		c.break_(ch)
		if err := ch.Check(); kindOf(t, err) != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// tooManyOps gives the change one op more than a change may have.
func tooManyOps(c *block.Change) {
	one := block.AppendOp(nil, &block.Op{Code: block.OpAct, Name: "k", Value: []byte{0xf6}})
	c.Ops, c.NOps = slices.Repeat(one, block.MaxOps+1), block.MaxOps+1
	c.Count, c.Words, c.Size, c.Text = 0, 0, 0, block.ID{}
}

// TestAppendOpPanics: a code that is no op is our own mistake.
func TestAppendOpPanics(t *testing.T) {
	for _, code := range []block.Code{20, 21, 255} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("code %d is written", code)
				}
			}()
			block.AppendOp(nil, &block.Op{Code: code})
		}()
	}
}
