package block_test

import (
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"pgregory.net/rapid"
)

// testPriv returns a private key that is always the same for one n.
func testPriv(n int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "key %d", n))
	return ed25519.NewKeyFromSeed(seed[:])
}

// testKey returns the public key of testPriv.
func testKey(n int) block.Key {
	return block.Key(testPriv(n).Public().(ed25519.PublicKey))
}

// testSign signs with testPriv.
func testSign(n int, msg []byte) []byte { return ed25519.Sign(testPriv(n), msg) }

// testID returns an ID that is always the same for one name.
func testID(name string) block.ID { return block.Sum([]byte(name)) }

// testIDs returns n ascending IDs.
func testIDs(name string, n int) []block.ID {
	ids := make([]block.ID, n)
	for i := range ids {
		ids[i] = testID(fmt.Sprint(name, i))
	}
	slices.SortFunc(ids, block.Compare)
	return ids
}

// sentinels lists all kinds of errors.
var sentinels = []error{block.ErrMalformed, block.ErrLimit, block.ErrHash, block.ErrSignature,
	block.ErrKey, block.ErrInvalid, block.ErrForeign}

// kindOf returns the one sentinel that err wraps, nil for nil, and fails the
// test where it wraps none or several.
func kindOf(t rapid.TB, err error) (kind error) {
	t.Helper()
	for _, s := range sentinels {
		if errors.Is(err, s) {
			if kind != nil {
				t.Fatalf("%v wraps both %v and %v", err, kind, s)
			}
			kind = s
		}
	}
	if err != nil && kind == nil {
		t.Fatalf("%v wraps none of the sentinels", err)
	}
	return kind
}

// fields is the map of a change as a tree of list, fields, text, integers, raw
// and so on, to be changed before it is encoded.
type fields map[string]any

// list is an array in such a tree.
type list = []any

// raw is put into the encoding as it stands.
type raw string

// encode returns the encoding of a tree: shortest heads, keys in canonical order.
func encode(v any) []byte {
	switch v := v.(type) {
	case nil:
		return []byte{0xf6}
	case bool:
		return []byte{0xf4 + map[bool]byte{true: 1}[v]}
	case int:
		return encode(int64(v))
	case int64:
		if v < 0 {
			return encodeHead(1, uint64(-1-v))
		}
		return encodeHead(0, uint64(v))
	case uint64:
		return encodeHead(0, v)
	case string:
		return append(encodeHead(3, uint64(len(v))), v...)
	case []byte:
		return append(encodeHead(2, uint64(len(v))), v...)
	case raw:
		return []byte(v)
	case block.Key:
		return encode(append([]byte{0xed, 1}, v[:]...))
	case block.ID: // a link to a change
		return slices.Concat([]byte{0xd8, 42}, encode(append([]byte("\x00\x01\x71\x12\x20"), v[:]...)))
	case list:
		b := encodeHead(4, uint64(len(v)))
		for _, item := range v {
			b = append(b, encode(item)...)
		}
		return b
	case fields:
		b := encodeHead(5, uint64(len(v)))
		for _, k := range v.keys() {
			b = slices.Concat(b, encode(k), encode(v[k]))
		}
		return b
	}
	panic(fmt.Sprintf("encode: %T", v))
}

// keys returns the keys in canonical order.
func (f fields) keys() []string {
	return slices.SortedFunc(maps.Keys(f), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

// encodeHead returns the shortest head.
func encodeHead(major byte, arg uint64) []byte {
	for width, fits := range []bool{arg < 24, arg < 1<<8, arg < 1<<16, arg < 1<<32} {
		if fits {
			return encodeWide(major, arg, width)
		}
	}
	return encodeWide(major, arg, 4)
}

// encodeWide returns the head of the given form: 0 in one byte, 1 to 4 with 1,
// 2, 4 or 8 further bytes.
func encodeWide(major byte, arg uint64, form int) []byte {
	if form == 0 {
		return []byte{major<<5 | byte(arg)}
	}
	wide := binary.BigEndian.AppendUint64(nil, arg)
	return append([]byte{major<<5 | byte(23+form)}, wide[8-1<<(form-1):]...)
}

// contentLink returns a link to content in its encoding.
func contentLink(id block.ID) raw {
	return raw("\xd8\x2a\x58\x25\x00\x01\x55\x12\x20") + raw(id[:])
}

// root returns the container of a root.
func root(kind block.Kind, name string) list { return list{int(kind), name} }

// genesis returns a good genesis.
func genesis() fields {
	return fields{"v": 1, "by": testKey(1), "seq": 0, "prev": nil, "start": 0, "parents": list{}, "time": int64(1700000000000),
		"text": nil, "size": 0, "refs": list{},
		"ops": list{list{0, "Bread", "charter/1", fields{"share": 2}, false}}}
}

// first returns a good first change of a key that is not the genesis.
func first() fields {
	return fields{"v": 1, "by": testKey(2), "seq": 0, "prev": nil, "start": 0, "parents": list{testID("genesis")},
		"work": testID("genesis"), "time": -5, "text": nil, "size": 0, "refs": list{},
		"ops": list{list{14, "grant", list{"CC-BY-SA-4.0"}, 0}}}
}

// later returns a good later change with one op of nearly every kind, one
// parent, two refs and every optional key.
func later() fields {
	refs := testIDs("ref", 2)
	with := list{testKey(3), testKey(4)}
	slices.SortFunc(with, func(a, b any) int { return cmp.Compare(string(encode(a)), string(encode(b))) })
	f := fields{"v": 1, "by": testKey(1), "seq": 300, "prev": testID("prev"), "start": 70000,
		"parents": list{testID("parent")}, "refs": list{refs[0], refs[1]}, "time": int64(1700000000000),
		"text": contentLink(testID("text")), "tag": 1, "more": true, "with": with}
	f["ops"] = list{
		list{1, root(block.KindText, "body"), list{0, 69999}, 0, 3, 5},            // 70000…70002
		list{1, list{3, 1, 9}, nil, 1, 1, 4},                                      // 70003
		list{2, root(block.KindList, "items"), list{2, 0}, 1, list{1, 300}},       // 70004, 70005
		list{3, list{2, 0, 70005}, list{0, 70005}, 1, 1},                          // 70006
		list{4, list{0, 70004}, list{list{0, 70004}, list{3, int64(1 << 40)}}, 2}, // 70007
		list{6, root(block.KindMap, ""), "k\x00ey", list{}, 1},                    // 70008
		list{7, root(block.KindMap, "m"), "", list{list{0, 70008}}},               // 70009
		list{8, root(block.KindMap, "m"), "child", 3, nil, list{}},                // 70010
		list{8, root(block.KindMap, "m"), "child", 5, list{0, 70010}, list{}},     // 70011
		list{9, root(block.KindSet, "tags"), list{1, 1}},                          // 70012, 70013
		list{10, list{5, 0, 70011}, -7},                                           // 70014
		list{11, list{list{0, 70000, 2}, list{1, 5, 2}, list{1, 1, 3}}},           // 70015…70021
		list{12, list{list{0, 70015, 1}}},
		list{13, 4},
		list{14, "vote", fields{"a": nil, "b": list{1, -2, "x", []byte{1}, testID("y")}, "aa": true}, 9},
	}
	f["size"] = 5 + 4 + 1 + 300 + 2 + 1 + 2 + 4 + 9
	return f
}

// laterNumbers is the number of numbers that the ops of later take.
const laterNumbers = 22

// rich returns a good later change with ops of moves, marks, blocks, trees and
// quotes.
func rich() fields {
	text, tree := root(block.KindText, "body"), root(block.KindTree, "pages")
	f := ops(1+2+2+3+2,
		list{5, list{1, 7}, list{0, 69999}, 0, list{list{1, 7}, list{2, 3}}},                     // 70000
		list{5, list{1, 7}, nil, 1, list{}},                                                      // 70001
		list{15, text, "bold", "", list{0, 1}, list{0, 8}, 0, nil, 1},                            // 70002
		list{15, list{3, 1, 9}, "comment", "id 1", list{2, 5}, list{0, 70002}, list{1, 4}, 0, 2}, // 70003
		list{15, text, "bold", "", list{0, 3}, list{0, 3}, nil, list{0, 9}, 0},                   // 70004
		list{16, text, list{0, 8}, 1},                                                            // 70005
		list{6, list{1, 0, 70005}, "kind", list{}, 2},                                            // 70006
		list{17, tree, nil, nil, 1},                                                              // 70007
		list{17, list{6, 3, 0}, list{0, 70007}, list{2, 9}, 0},                                   // 70008
		list{18, list{0, 70007}, list{0, 70008}, list{0, 70008}, 1},                              // 70009
		list{18, list{3, 2}, nil, nil, 1},                                                        // 70010
		list{19, text, list{0, 70005}, 1, 2, 3, testID("work"), testID("source"), int64(70_000)}, // 70011, 70012
		list{19, list{3, 1, 9}, nil, 1, 2, 2, nil, testID("source"), 0},                          // 70013, 70014
		list{3, root(block.KindList, "l"), nil, 1, 6},                                            // 70015
		list{8, root(block.KindMap, ""), "k", 6, nil, list{}},                                    // 70016
		list{11, list{list{0, 70000, 17}}},
	)
	return f
}

// richContent is good content for rich.
func richContent() []byte {
	return slices.Concat([]byte{7}, encode("x"), encode("h"), []byte("né"), []byte("ab"))
}

// good returns the good changes by name.
func good() map[string]fields {
	return map[string]fields{"genesis": genesis(), "first": first(), "later": later(), "rich": rich()}
}

// ops returns later with only the given ops, whose words have the given bytes.
func ops(size int, ops ...any) fields {
	f := later()
	f["ops"], f["size"], f["text"] = ops, size, nil
	if size > 0 {
		f["text"] = contentLink(testID("text"))
	}
	return f
}

// value returns what ops returns for one act with the given encoded value.
func value(v any) fields { return ops(0, list{14, "k", v, 0}) }
