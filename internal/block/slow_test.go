package block_test

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/fxamacker/cbor/v2"
)

// This file is the slow twin of Decode, written from the text of the format
// and with another decoder: read into a tree by the strictest options of cbor,
// encode that again, compare, and look at the rules one by one.

// slowLink is a link in the tree.
type slowLink []byte

// slowModes are the modes that read and write the tree.
var slowModes = func() (m struct {
	enc cbor.EncMode
	dec cbor.DecMode
}) {
	tags := cbor.NewTagSet()
	opts := cbor.TagOptions{EncTag: cbor.EncTagRequired, DecTag: cbor.DecTagRequired}
	check(tags.Add(opts, reflect.TypeFor[slowLink](), 42))
	var reject []func(*cbor.SimpleValueRegistry) error
	for v := range 256 {
		if (v < 20 || v > 22) && (v < 24 || v > 31) {
			reject = append(reject, cbor.WithRejectedSimpleValue(cbor.SimpleValue(v)))
		}
	}
	simple, err := cbor.NewSimpleValueRegistryFromDefaults(reject...)
	check(err)
	m.enc, err = cbor.EncOptions{Sort: cbor.SortLengthFirst, ShortestFloat: cbor.ShortestFloatNone,
		NaNConvert: cbor.NaNConvertReject, InfConvert: cbor.InfConvertReject,
		IndefLength: cbor.IndefLengthForbidden}.EncModeWithTags(tags)
	check(err)
	m.dec, err = cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden,
		MaxNestedLevels: 100, MaxArrayElements: 1 << 24, MaxMapPairs: 1 << 24,
		DefaultMapType: reflect.TypeFor[map[string]any](), UTF8: cbor.UTF8RejectInvalid, NaN: cbor.NaNDecodeForbidden,
		Inf: cbor.InfDecodeForbidden, BignumTag: cbor.BignumTagForbidden, SimpleValues: simple}.DecModeWithTags(tags)
	check(err)
	return m
}()

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// slowTree reads one value, or fails.
func slowTree(b []byte) (v any, err error) {
	if err := slowModes.dec.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	again, err := slowModes.enc.Marshal(v)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, fmt.Errorf("another spelling of % x", again)
	}
	return v, nil
}

// refusal is what need panics with.
type refusal string

func need(cond bool, format string, args ...any) {
	if !cond {
		panic(refusal(fmt.Sprintf(format, args...)))
	}
}

// slowly runs fn and returns the refusal, if any.
func slowly(fn func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case refusal:
			err = fmt.Errorf("slow twin: %s", string(r))
		default:
			panic(r)
		}
	}()
	fn()
	return nil
}

// slowCheckValue tells whether b is one value.
func slowCheckValue(b []byte) error {
	tree, err := slowTree(b)
	if err != nil {
		return err
	}
	return slowly(func() { slowValue(tree, 0) })
}

// slowValue refuses what is no value. open is the number of containers around it.
func slowValue(v any, open int) {
	switch v := v.(type) {
	case nil, bool, uint64, int64, []byte, string:
	case float64:
		need(!math.IsNaN(v) && !math.IsInf(v, 0), "float %v", v)
	case slowLink:
		dagCBOR := bytes.HasPrefix(v, []byte{0, 1, 0x71, 0x12, 32})
		raw := bytes.HasPrefix(v, []byte{0, 1, 0x55, 0x12, 32})
		need(len(v) == 37 && (dagCBOR || raw), "link % x", v)
	case []any:
		need(open < 32, "too deep")
		for _, item := range v {
			slowValue(item, open+1)
		}
	case map[string]any:
		need(open < 32, "too deep")
		for k, item := range v {
			need(len(k) <= 4096, "long key")
			slowValue(item, open+1)
		}
	default:
		need(false, "a value is no %T", v)
	}
}

// slowChange is a change being checked.
type slowChange struct {
	m                     map[string]any
	links                 int // parents and refs
	start                 uint64
	numbers, words, named uint64
	things                [][2]uint64 // checked so far
}

// slowDecode returns the tree of a change, or why it is none.
func slowDecode(raw []byte) (m map[string]any, err error) {
	if len(raw) > 1<<20 {
		return nil, fmt.Errorf("block of %d bytes", len(raw))
	}
	tree, err := slowTree(raw)
	if err != nil {
		return nil, err
	}
	err = slowly(func() {
		var ok bool
		m, ok = tree.(map[string]any)
		need(ok, "change is a %T", tree)
		s := slowChange{m: m}
		s.check()
	})
	return m, err
}

func (s *slowChange) check() {
	optional := []string{"more", "with", "tag", "work"}
	required := []string{"v", "by", "seq", "prev", "start", "parents", "time", "text", "size", "refs", "ops"}
	for k := range s.m {
		need(slices.Contains(optional, k) || slices.Contains(required, k), "unknown key %q", k)
	}
	for _, k := range required {
		_, there := s.m[k]
		need(there, "no key %q", k)
	}
	need(s.m["v"] == uint64(1), "version %v", s.m["v"])
	seq, prev := slowUint(s.m["seq"]), s.m["prev"]
	s.start = slowUint(s.m["start"])
	need((prev == nil) == (seq == 0), "prev and seq disagree")
	need(seq > 0 || s.start == 0, "a chain starts at 0")
	parents, refs := slowLinks(s.m["parents"], 64), slowLinks(s.m["refs"], 4096)
	s.links = len(parents) + len(refs)
	all := slices.Concat(parents, refs)
	if prev != nil {
		all = append(all, slowChangeLink(prev))
	}
	for i, a := range all {
		need(!slices.Contains(all[:i], a), "a link twice")
	}
	genesis := prev == nil && len(parents) == 0
	need(!genesis || len(refs) == 0, "genesis with refs")
	work, hasWork := s.m["work"]
	need(hasWork == (seq == 0 && !genesis), "work is wrongly there or not")
	if hasWork {
		slowChangeLink(work)
	}
	slowInt(s.m["time"])
	s.optional(prev != nil)
	s.ops(genesis)
	need(s.start < 1<<53 && s.start+s.numbers < 1<<53, "too many numbers")
	size := slowUint(s.m["size"])
	need(size <= 1<<20, "content too large")
	need(size == s.words || s.words > 0 && size == s.words+16, "size %d, words %d", size, s.words)
	need((s.m["text"] == nil) == (size == 0), "text and size disagree")
	if s.m["text"] != nil {
		l, ok := s.m["text"].(slowLink)
		need(ok && len(l) == 37 && string(l[:5]) == "\x00\x01\x55\x12\x20", "text is no link to content")
		need(!bytes.Equal(l[5:], make([]byte, 32)), "zero digest")
	}
}

// optional checks author and optional keys.
func (s *slowChange) optional(hasPrev bool) {
	by := slowKey(s.m["by"])
	if more, there := s.m["more"]; there {
		need(more == true, "more %v", more)
	}
	if tag, there := s.m["tag"]; there {
		p := slowUint(tag)
		need(p <= uint64(s.links) && (p > 0 || hasPrev), "tag %v", p)
	}
	if with, there := s.m["with"]; there {
		keys, ok := with.([]any)
		need(ok && len(keys) >= 1 && len(keys) <= 16, "with")
		last := ""
		for _, k := range keys {
			key := slowKey(k)
			need(key > last && key != by, "with is unsorted or holds the author")
			last = key
		}
	}
}

func (s *slowChange) ops(genesis bool) {
	list, ok := s.m["ops"].([]any)
	need(ok && len(list) <= 65536, "ops")
	need(!genesis || len(list) > 0, "genesis without its op")
	for i, o := range list {
		op, ok := o.([]any)
		need(ok && len(op) > 0, "op is no array")
		code := slowUint(op[0])
		need(!genesis || i > 0 || code == 0, "genesis does not begin with its op")
		need(code > 0 || genesis && i == 0, "genesis op where none belongs")
		s.numbers += s.op(code, op[1:])
		need(s.words <= 1<<20 && s.named <= 1<<20, "too much")
	}
}

// op checks one op and returns the numbers it takes.
func (s *slowChange) op(code uint64, p []any) uint64 {
	parts := []int{4, 5, 4, 4, 3, 4, 4, 3, 5, 2, 2, 1, 1, 1, 3, 8, 3, 4, 4, 8}
	need(code < uint64(len(parts)), "op %d", code)
	n := parts[code]
	need(n == len(p), "op %d of %d parts", code, len(p))
	switch code {
	case 0:
		s.genesis(p)
	case 1:
		return s.text(p)
	case 2:
		s.insert(p, 2)
		return s.lens(p[3])
	case 3:
		s.insert(p, 2)
		slowKind(p[3])
		return 1
	case 4:
		s.thing(p[0])
		s.over(p[1])
		s.bytes(p[2], 1)
		return 1
	case 6:
		s.slot(p)
		s.over(p[2])
		s.bytes(p[3], 1)
		return 1
	case 7:
		s.slot(p)
		s.over(p[2])
		return 1
	case 8:
		s.slot(p)
		slowKind(p[2])
		s.thingOrNull(p[3])
		s.over(p[4])
		return 1
	case 9:
		s.container(p[0], 4)
		return s.lens(p[1])
	case 10:
		s.container(p[0], 5)
		need(slowInt(p[1]) != 0, "step of 0")
		return 1
	case 11:
		return s.runs(p[0])
	case 12:
		s.runs(p[0])
	case 13:
		s.bytes(p[0], 1)
	case 14:
		kind := slowText(p[0], 256)
		need(kind != "", "act without kind")
		slowShort(p[1])
		s.bytes(p[2], 0)
	default:
		return s.richOp(code, p)
	}
	return 0
}

// richOp checks one op of moves, marks, blocks, trees and quotes, and returns
// the numbers it takes.
func (s *slowChange) richOp(code uint64, p []any) uint64 {
	switch code {
	case 5:
		s.thing(p[0])
		s.position(p[1:])
		s.over(p[3])
	case 15:
		s.container(p[0], 3)
		need(slowText(p[1], 256) != "", "mark without a key")
		slowText(p[2], 256)
		s.thing(p[3])
		s.thing(p[4])
		for _, grow := range p[5:7] {
			if grow != nil && grow != uint64(0) {
				s.thing(grow)
			}
		}
		s.bytes(p[7], 0)
	case 16:
		s.insert(p, 3)
	case 17:
		s.container(p[0], 6)
		s.thingOrNull(p[1])
		s.position(p[2:])
	case 18:
		s.thing(p[0])
		s.thingOrNull(p[1])
		s.position(p[2:])
	case 19:
		runes := s.text(p)
		if p[5] != nil {
			slowChangeLink(p[5])
		}
		slowChangeLink(p[6])
		n := slowUint(p[7])
		need(n < 1<<53 && n+runes <= 1<<53, "number of a quote")
		return runes
	}
	return 1
}

// text checks an insert of text and returns its code points.
func (s *slowChange) text(p []any) uint64 {
	s.insert(p, 3)
	runes, size := slowUint(p[3]), s.bytes(p[4], 1)
	need(runes > 0 && runes <= size && size <= 4*runes, "runes and bytes")
	return runes
}

func (s *slowChange) genesis(p []any) {
	slowText(p[0], 4096)
	if p[1] != nil {
		need(slowText(p[1], 256) != "", "rules without a name")
	}
	if p[2] != nil {
		need(p[1] != nil, "data without rules")
		slowShort(p[2])
	}
	_, ok := p[3].(bool)
	need(ok, "salt")
}

func (s *slowChange) insert(p []any, kind uint64) {
	s.container(p[0], kind)
	s.position(p[1:])
}

// position checks parent and side.
func (s *slowChange) position(p []any) {
	s.thingOrNull(p[0])
	side := slowUint(p[1])
	need(side == 1 || side == 0 && p[0] != nil, "side")
}

func (s *slowChange) thingOrNull(v any) {
	if v != nil {
		s.thing(v)
	}
}

func (s *slowChange) slot(p []any) {
	s.container(p[0], 1)
	slowText(p[1], 4096)
}

func (s *slowChange) container(v any, kind uint64) {
	c, ok := v.([]any)
	need(ok && (len(c) == 2 || len(c) == 3), "container")
	need(slowUint(c[0]) == kind, "kind")
	if len(c) == 2 {
		slowText(c[1], 4096)
	} else {
		s.thing(c[1:])
	}
}

// thing checks [c, n]: the link is there, and own numbers were made before.
func (s *slowChange) thing(v any) [2]uint64 {
	t, ok := v.([]any)
	need(ok && len(t) == 2, "thing")
	c, n := slowUint(t[0]), slowUint(t[1])
	need(c <= uint64(s.links) && n < 1<<53, "link or number of a thing")
	need(c > 0 || n < s.start+s.numbers, "own number not made before")
	s.things = append(s.things, [2]uint64{c, n})
	return [2]uint64{c, n}
}

func (s *slowChange) over(v any) {
	things, ok := v.([]any)
	need(ok, "over")
	var last [2]uint64
	for i, v := range things {
		t := s.thing(v)
		need(i == 0 || slices.Compare(last[:], t[:]) < 0, "over unsorted")
		last = t
	}
	s.named += uint64(len(things))
}

// runs checks runs and returns their lengths added up.
func (s *slowChange) runs(v any) (sum uint64) {
	runs, ok := v.([]any)
	need(ok && len(runs) > 0, "runs")
	var all [][3]uint64
	for _, v := range runs {
		r, ok := v.([]any)
		need(ok && len(r) == 3, "run")
		n := slowUint(r[2])
		need(n > 0 && n <= 1<<20, "length of run")
		t := s.thing([]any{r[0], r[1]})
		s.thing([]any{r[0], t[1] + n - 1})
		for _, o := range all {
			need(o[0] != t[0] || o[1]+o[2] <= t[1] || t[1]+n <= o[1], "runs overlap")
		}
		all = append(all, [3]uint64{t[0], t[1], n})
		sum += n
	}
	s.named += sum
	return sum
}

func (s *slowChange) lens(v any) uint64 {
	lens, ok := v.([]any)
	need(ok && len(lens) > 0, "lens")
	for _, l := range lens {
		s.bytes(l, 1)
	}
	return uint64(len(lens))
}

func (s *slowChange) bytes(v any, least uint64) uint64 {
	n := slowUint(v)
	need(n >= least && n <= 1<<20, "bytes")
	s.words += n
	return n
}

func slowUint(v any) uint64 {
	u, ok := v.(uint64)
	need(ok, "%T is no uint", v)
	return u
}

func slowInt(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case uint64:
		need(v <= math.MaxInt64, "over int64")
		return int64(v)
	}
	need(false, "%T is no int", v)
	return 0
}

func slowText(v any, limit int) string {
	s, ok := v.(string)
	need(ok && len(s) <= limit && utf8.ValidString(s), "text")
	return s
}

func slowKind(v any) {
	k := slowUint(v)
	need(k >= 1 && k <= 6, "kind %d", k)
}

func slowShort(v any) {
	slowValue(v, 0)
	b, err := slowModes.enc.Marshal(v)
	check(err)
	need(len(b) <= 64<<10, "value of %d bytes", len(b))
}

func slowChangeLink(v any) string {
	l, ok := v.(slowLink)
	need(ok && len(l) == 37 && string(l[:5]) == "\x00\x01\x71\x12\x20", "no link to a change")
	need(!bytes.Equal(l[5:], make([]byte, 32)), "zero digest")
	return string(l)
}

func slowLinks(v any, limit int) (ids []string) {
	links, ok := v.([]any)
	need(ok && len(links) <= limit, "links")
	for _, l := range links {
		ids = append(ids, slowChangeLink(l))
	}
	need(slices.IsSorted(ids), "links unsorted")
	return ids
}

func slowKey(v any) string {
	b, ok := v.([]byte)
	need(ok && len(b) == 34 && b[0] == 0xed && b[1] == 1, "key")
	need(slowGoodKey(block.Key(b[2:])), "bad key")
	return string(b)
}
