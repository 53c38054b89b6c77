package crdt_test

import (
	"bytes"
	"strings"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multibase"

	"github.com/commonhold/commonhold/internal/block"
)

// fault makes a vector of one change with one fault, by Ben on a text of Ann's: its
// ops insert "xyz" on the right of her "b". fix does what is wrong.
func (g *generator) fault(kind, name, shows string, fix func(d *draft)) {
	v := g.begin(strings.ToLower(kind)+"-"+name, shows)
	base := v.word(ann, "t", "ab")
	d := v.on(ben, base)
	d.text(textOf("t"), rightOf(d.at(base, 1)), "xyz")
	fix(d)
	d.refused(kind)
	v.json(`{"t":"ab"}`)
}

// malformed is a fault of replaced bytes.
func (g *generator) malformed(name, shows, old, now string) {
	g.fault("Malformed", name, shows, func(d *draft) { d.edit(old, now) })
}

// keys changes the head of the block, which counts the keys.
func (d *draft) keys(more int) *draft {
	was := d.change
	d.change = func(raw []byte) []byte {
		if was != nil {
			raw = was(raw)
		}
		raw = bytes.Clone(raw)
		raw[0] += byte(more)
		return raw
	}
	return d
}

// headVectors are faults of spelling in the header.
func (g *generator) headVectors() {
	by := "\x58\x22\xed\x01"
	for _, f := range []struct{ name, shows, old, now string }{
		{"version", "Another version of the format.", "\x61v\x01", "\x61v\x02"},
		{"version-text", "A version that is text.", "\x61v\x01", "\x61v\x611"},
		{"long-seq", "An integer with a byte more than it needs.", "\x63seq\x00", "\x63seq\x18\x00"},
		{"long-seq-16", "An integer in 16 bits that fits into the head.", "\x63seq\x00", "\x63seq\x19\x00\x00"},
		{"long-seq-64", "An integer in 64 bits that fits into the head.", "\x63seq\x00", "\x63seq\x1b\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"long-time", "A negative integer in 16 bits that fits into 8.", "\x64time\x00", "\x64time\x39\x00\xff"},
		{"long-key", "A key of the map whose head is too long.", "\x63seq", "\x78\x03seq"},
		{"long-array", "An array whose head is too long.", "\x63ops\x81", "\x63ops\x98\x01"},
		{"long-bytes", "A byte string whose head is too long.", by, "\x59\x00\x22\xed\x01"},
		{"long-tag", "A tag whose head is too long.", "\x64work\xd8\x2a", "\x64work\xd9\x00\x2a"},
		{"reserved-head", "A head with a reserved form, 28.", "\x63seq\x00", "\x63seq\x1c"},
		{"indefinite-text", "A key of indefinite length.", "\x63seq", "\x7f\x63seq\xff"},
		{"break", "A break where an integer belongs.", "\x63seq\x00", "\x63seq\xff"},
		{"order", "Keys in another order: refs before prev.", "\x64prev\xf6\x64refs\x80", "\x64refs\x80\x64prev\xf6"},
		{"key-bytes", "A key that is a byte string.", "\x63seq", "\x43seq"},
		{"key-case", "A key in capitals, which is another key.", "\x63seq", "\x63Seq"},
		{"seq-negative", "A negative seq.", "\x63seq\x00", "\x63seq\x20"},
		{"seq-float", "A seq that is a float.", "\x63seq\x00", "\x63seq\xfb\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"seq-null", "A seq that is null.", "\x63seq\x00", "\x63seq\xf6"},
		{"prev-false", "A prev that is false.", "\x64prev\xf6", "\x64prev\xf4"},
		{"prev-undefined", "A prev that is undefined.", "\x64prev\xf6", "\x64prev\xf7"},
		{"refs-null", "Refs that are null.", "\x64refs\x80", "\x64refs\xf6"},
		{"refs-map", "Refs that are a map.", "\x64refs\x80", "\x64refs\xa0"},
		{"size-negative", "A negative size.", "\x64size\x03", "\x64size\x22"},
		{"time-wide", "A time above int64.", "\x64time\x00", "\x64time\x1b\x80\x00\x00\x00\x00\x00\x00\x00"},
		{"time-low", "A time below int64.", "\x64time\x00", "\x64time\x3b\x80\x00\x00\x00\x00\x00\x00\x00"},
		{"start-text", "A start that is text.", "\x65start\x00", "\x65start\x60"},
		{"count-bomb", "An array of 2^62 ops in a few bytes: the count is compared with what is left first.", "\x63ops\x81", "\x63ops\x9b\x40\x00\x00\x00\x00\x00\x00\x00"},
	} {
		g.malformed(f.name, f.shows, f.old, f.now)
	}
	for _, f := range []struct {
		name, shows, old, now string
		keys                  int
	}{
		{"key-twice", "A key twice.", "\x63seq\x00", "\x63seq\x00\x63seq\x00", 1},
		{"key-unknown", "A key that is not of this version, in its right place.", "\x63seq\x00", "\x63seq\x00\x63zzz\x00", 1},
		{"key-missing", "A key left out.", "\x64time\x00", "", -1},
		{"more-false", "A more that is false: it is left out instead.", "\x64prev", "\x64more\xf4\x64prev", 1},
		{"more-one", "A more that is 1.", "\x64prev", "\x64more\x01\x64prev", 1},
		{"tag-null", "A tag that is null.", "\x64prev", "\x63tag\xf6\x64prev", 1},
		{"with-empty", "An empty with: it is left out instead.", "\x64work", "\x64with\x80\x64work", 1},
		{"keys-more", "A map that counts a key more than it has.", "\x63seq\x00", "\x63seq\x00", 1},
		{"keys-less", "A map that counts a key less than it has.", "\x63seq\x00", "\x63seq\x00", -1},
	} {
		g.fault("Malformed", f.name, f.shows, func(d *draft) { d.edit(f.old, f.now).keys(f.keys) })
	}
	for _, f := range []struct {
		name, shows string
		change      func(raw []byte) []byte
	}{
		{"long-map", "A map whose head is too long.", func(raw []byte) []byte { return append([]byte{0xb8, raw[0] & 0x1f}, raw[1:]...) }},
		{"indefinite-map", "A map of indefinite length.", func(raw []byte) []byte { return append(append([]byte{0xbf}, raw[1:]...), 0xff) }},
		{"indefinite-array", "An array of indefinite length.", func(raw []byte) []byte {
			raw = bytes.Replace(raw, []byte("\x63ops\x81"), []byte("\x63ops\x9f"), 1)
			return bytes.Replace(raw, []byte("\x63seq"), []byte("\xff\x63seq"), 1)
		}},
		{"indefinite-bytes", "A byte string of indefinite length.", func(raw []byte) []byte {
			k := bytes.Index(raw, []byte(by))
			return bytes.Join([][]byte{raw[:k], []byte("\x5f"), raw[k : k+36], []byte("\xff"), raw[k+36:]}, nil)
		}},
		{"trailing", "A byte behind the block.", func(raw []byte) []byte { return append(raw, 0) }},
		{"twice", "A block twice.", func(raw []byte) []byte { return append(raw, raw...) }},
		{"cut", "A block without its last byte.", func(raw []byte) []byte { return raw[:len(raw)-1] }},
		{"half", "The first half of a block.", func(raw []byte) []byte { return raw[:len(raw)/2] }},
		{"empty", "No bytes at all.", func([]byte) []byte { return nil }},
		{"null", "A block that is null.", func([]byte) []byte { return []byte{0xf6} }},
		{"no-map", "A block that is an array of the values.", func([]byte) []byte { return []byte{0x80} }},
		{"empty-map", "A map without keys.", func([]byte) []byte { return []byte{0xa0} }},
		{"tagged", "A block within a tag, that of self-described CBOR.", func(raw []byte) []byte { return append([]byte{0xd9, 0xd9, 0xf7}, raw...) }},
	} {
		g.fault("Malformed", f.name, f.shows, func(d *draft) { d.change = f.change })
	}
	g.fault("Malformed", "parents-order", "Parents that descend.", func(d *draft) {
		d.h.Parents = []block.ID{{2}, {1}}
	})
	g.fault("Malformed", "parents-twice", "A parent twice.", func(d *draft) {
		d.h.Parents = append(d.h.Parents, d.h.Parents[0])
	})
	g.fault("Malformed", "refs-order", "Refs that descend.", func(d *draft) { d.h.Refs = []block.ID{{2}, {1}} })
	g.fault("Malformed", "with-order", "Co-authors that descend.", func(d *draft) {
		d.h.With = []block.Key{block.Key(exampleKey(dee).Author()), block.Key(exampleKey(cas).Author())}
		if bytes.Compare(d.h.With[0][:], d.h.With[1][:]) < 0 {
			d.h.With[0], d.h.With[1] = d.h.With[1], d.h.With[0]
		}
	})
	g.fault("Malformed", "with-twice", "A co-author twice.", func(d *draft) {
		d.h.With = []block.Key{block.Key(exampleKey(cas).Author()), block.Key(exampleKey(cas).Author())}
	})
}

// linkVectors are faults of links and names.
func (g *generator) linkVectors() {
	const head = "\x64work\xd8\x2a"
	const whole = head + "\x58\x25\x00\x01\x71\x12\x20"
	for _, f := range []struct{ name, shows, old, now string }{
		{"link-raw", "A link to a change whose CID is of codec raw.", whole, head + "\x58\x25\x00\x01\x55\x12\x20"},
		{"link-dag-pb", "A link of codec dag-pb.", whole, head + "\x58\x25\x00\x01\x70\x12\x20"},
		{"link-sha3", "A link of hash function sha3-256.", whole, head + "\x58\x25\x00\x01\x71\x16\x20"},
		{"link-identity", "A link of the identity hash.", whole, head + "\x58\x25\x00\x01\x71\x00\x20"},
		{"link-cidv0", "A link that is a CIDv0.", whole, head + "\x58\x23\x00\x12\x20"},
		{"link-cidv2", "A link that is a CID of version 2.", whole, head + "\x58\x25\x00\x02\x71\x12\x20"},
		{"link-truncated-digest", "A link whose digest is said to be of 31 bytes.", whole, head + "\x58\x25\x00\x01\x71\x12\x1f"},
		{"link-without-zero", "A link without the byte 00 before the CID.", whole, head + "\x58\x24\x01\x71\x12\x20"},
		{"link-long-varint", "A link whose codec is a varint of two bytes, one too many.", whole, head + "\x58\x26\x00\x01\xf1\x00\x12\x20"},
		{"link-tag-43", "A link in tag 43.", whole, "\x64work\xd8\x2b\x58\x25\x00\x01\x71\x12\x20"},
		{"link-text", "Tag 42 on text.", whole, head + "\x78\x25\x00\x01\x71\x12\x20"},
		{"link-no-tag", "A link without its tag.", whole, "\x64work\x58\x25\x00\x01\x71\x12\x20"},
		{"link-null-work", "A work that is null.", head, "\x64work\xf6\xd8\x2a"},
	} {
		g.malformed(f.name, f.shows, f.old, f.now)
	}
	g.malformed("content-dag-cbor", "A content block of codec dag-cbor.", "\x64text\xd8\x2a\x58\x25\x00\x01\x55", "\x64text\xd8\x2a\x58\x25\x00\x01\x71")
	g.fault("Malformed", "link-zero", "A ref of 32 zero bytes.", func(d *draft) { d.h.Refs = []block.ID{{}} })

	// The name under which a block is delivered.
	sum := block.Sum([]byte("anything else"))
	named := func(kind, name, shows string, cidOf func(id block.ID) string) {
		g.fault(kind, name, shows, func(d *draft) {
			d.named = true
			d.change = func(raw []byte) []byte {
				d.c.CID = cidOf(block.Sum(raw))
				return raw
			}
		})
	}
	text := func(c cid.Cid, base byte) string {
		s, err := c.StringOfBase(multibase.Encoding(base))
		must(g.t, err)
		return s
	}
	named("Hash", "name", "A block under the name of another.", func(block.ID) string { return sum.ChangeCID().String() })
	named("Hash", "name-bit", "A block under a name of which one bit is wrong.", func(id block.ID) string { id[31] ^= 1; return id.ChangeCID().String() })
	named("Malformed", "name-raw", "A block under the CID that it has as raw bytes.", func(id block.ID) string { return id.ContentCID().String() })
	named("Malformed", "name-cidv0", "A block under a CIDv0.", func(id block.ID) string { return cid.NewCidV0(id.ChangeCID().Hash()).String() })
	named("Malformed", "name-base58", "A block under its CID in base58.", func(id block.ID) string { return text(id.ChangeCID(), 'z') })
	named("Malformed", "name-upper-case", "A block under its CID in capitals.", func(id block.ID) string { return text(id.ChangeCID(), 'B') })
	named("Malformed", "name-hex", "A block under its CID in base16.", func(id block.ID) string { return text(id.ChangeCID(), 'f') })
	named("Malformed", "name-identity", "A block under a CID of the identity hash.", func(id block.ID) string {
		return cid.NewCidV1(cid.DagCBOR, append([]byte{0, 4}, id[:4]...)).String()
	})
	named("Malformed", "name-truncated", "A block under a CID of 20 bytes of its digest.", func(id block.ID) string {
		return cid.NewCidV1(cid.DagCBOR, append([]byte{0x12, 20}, id[:20]...)).String()
	})
	named("Malformed", "name-sha3", "A block under a CID of sha3-256 with this digest.", func(id block.ID) string {
		return cid.NewCidV1(cid.DagCBOR, append([]byte{0x16, 32}, id[:]...)).String()
	})
}

// keyVectors are keys that are no keys.
func (g *generator) keyVectors() {
	const by = "\x62by\x58\x22\xed\x01"
	for _, f := range []struct{ name, shows, old, now string }{
		{"key-codec", "An author of the codec of secp256k1.", by, "\x62by\x58\x22\xe7\x01"},
		{"key-no-codec", "An author without a codec.", by, "\x62by\x58\x20"},
		{"key-text", "An author that is text.", by, "\x62by\x78\x22\xed\x01"},
		{"key-long", "An author with a byte too many.", by, "\x62by\x58\x23\x00\xed\x01"},
	} {
		g.malformed(f.name, f.shows, f.old, f.now)
	}
	ff := func(first byte) (k block.Key) {
		copy(k[:], bytes.Repeat([]byte{0xff}, 32))
		k[0], k[31] = first, 0x7f
		return k
	}
	small := func(s string) block.Key {
		b, err := longHex(s)
		must(g.t, err)
		return block.Key(b)
	}
	negative := func(k block.Key) block.Key { k[31] |= 0x80; return k }
	eighth := small("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
	for _, f := range []struct {
		name, shows string
		key         block.Key
	}{
		{"order-1", "The neutral element as author.", block.Key{1}},
		{"order-1-negative", "The neutral element with the sign bit.", negative(block.Key{1})},
		{"order-2", "The point of order 2 as author.", ff(0xec)},
		{"order-4", "A point of order 4 as author.", block.Key{}},
		{"order-4-negative", "The other point of order 4.", negative(block.Key{})},
		{"order-8", "A point of order 8 as author.", eighth},
		{"order-8-negative", "Its negative.", negative(eighth)},
		{"order-8-other", "Another point of order 8.", small("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")},
		{"y-p", "An author with y = p, which is 0 once more.", ff(0xed)},
		{"y-p-plus-3", "An author with y = p + 3, which is 3 once more.", ff(0xf0)},
		{"y-greatest", "An author with y = 2^255 − 1.", ff(0xff)},
		{"no-point", "An author with a y that no point has.", block.Key{2}},
	} {
		g.fault("Key", f.name, f.shows, func(d *draft) { d.h.By = f.key })
	}
	g.fault("Key", "with", "A co-author of low order.", func(d *draft) { d.h.With = []block.Key{{1}} })
}
