package interop

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/interop/kubo"
	"github.com/commonhold/commonhold/merge/pack"
)

// longest is the longest block of a codec.
func longest(list []section, codec uint64) (out section) {
	for _, s := range list {
		if s.id.Type() == codec && len(s.bytes) > len(out.bytes) {
			out = s
		}
	}
	return out
}

const (
	// most is how long a block may be, of changes as of words.
	most = 1 << 20
	// sha2 is the number of SHA-256 in a CID.
	sha2 = 0x12
)

// TestLongBlocks: blocks of up to a mebibyte, and there are none longer, pass
// without the flag that Kubo asks for above what its peers take from each other.
func TestLongBlocks(t *testing.T) {
	d, err := crdt.New(newKey("Ann"), options(1)...)
	check(t, err)
	edit(t, d, func(tx *crdt.Tx) { tx.Map("crust").Put("picture", make([]byte, 900_000)) })
	edit(t, d, func(tx *crdt.Tx) {
		for k := range 300 { // keys stand in the change block
			tx.Map("keys").Put(fmt.Sprintf("%4000d", k), true)
		}
	})
	car, root, list := writeCAR(t, d)
	words, change := longest(list, cid.Raw), longest(list, cid.DagCBOR)
	for _, s := range []section{words, change} {
		if n := len(s.bytes); n < most/2 || n > most {
			t.Fatalf("the longest block has %d bytes, want half of %d at least", n, most)
		}
	}
	r := imported(t, car, root, len(list))
	reached(t, r, root, byName(t, list))
	for _, s := range []section{words, change} {
		if !bytes.Equal(run(t, r, nil, "block", "get", s.id.String()), s.bytes) {
			t.Errorf("block %s is another", s.id)
		}
	}
	// The library makes none that are as long as they may be, others may.
	full := append([]byte{0x5a, 0, 0x0f, 0xff, 0xfb}, make([]byte, most-5)...) // bytes, in CBOR
	blocks := []section{words, change}
	for _, codec := range []uint64{cid.Raw, cid.DagCBOR} {
		id, err := cid.Prefix{Version: 1, Codec: codec, MhType: sha2, MhLength: 32}.Sum(full)
		check(t, err)
		blocks = append(blocks, section{id: id, bytes: full})
	}
	for _, s := range blocks {
		if got := put(t, newRepo(t), s.id, s.bytes); got != s.id.String() {
			t.Errorf("put gives %s, want %s", got, s.id)
		}
	}
	// There is room above.
	r = newRepo(t)
	run(t, r, make([]byte, 2*most), "block", "put", "--cid-codec=raw")
	if _, err := r.Run(make([]byte, 2*most+1), "block", "put", "--cid-codec=raw"); err == nil || !strings.Contains(err.Error(), "over 2MiB") {
		t.Errorf("block put of over %d bytes says %v", 2*most, err)
	}
	t.Logf("words of %d bytes, a change of %d, and both of %d", len(words.bytes), len(change.bytes), len(full))
}

// TestManyHeads: where heads and signatures do not fit into the root block, Kubo
// follows it into the next.
func TestManyHeads(t *testing.T) {
	const people, row = 1100, 1024
	d, err := crdt.New(newKey("Ann"), options(1)...)
	check(t, err)
	first, err := d.Since(crdt.Version{})
	check(t, err)
	for k := range people {
		p, err := crdt.Join(newKey(fmt.Sprint(k)), d.ID(), options(1)...)
		check(t, err)
		_, err = p.Apply(first)
		check(t, err)
		commit(t, p, "", func(tx *crdt.Tx) { tx.Counter("present").Add(1) })
		own, err := p.Since(d.Heads())
		check(t, err)
		_, err = d.Apply(own)
		check(t, err)
	}
	car, root, list := writeCAR(t, d)
	r := imported(t, car, root, len(list))
	reached(t, r, root, byName(t, list))
	heads := append(links(t, r, root, "heads"), links(t, r, root, "next/heads")...)
	slices.Sort(heads)
	var want []string
	for _, id := range d.Heads().IDs() {
		want = append(want, id.String())
	}
	slices.Sort(want)
	if len(heads) != people || !slices.Equal(heads, want) {
		t.Errorf("%d heads, want %d", len(heads), people)
	}
	if n := len(links(t, r, root, "heads")); n != row {
		t.Errorf("%d heads in the root, want %d", n, row)
	}
	back, err := pack.ReadCAR(bytes.NewReader(run(t, r, nil, "dag", "export", "--progress=false", root.String())), d.ID(), nil)
	check(t, err)
	same(t, d, back)
	t.Logf("%d heads in blocks of at most %d bytes", people, len(longest(list, cid.DagCBOR).bytes))
}

// links are the names in a list of links below the root.
func links(t *testing.T, r kubo.Repo, root cid.Cid, path string) (out []string) {
	t.Helper()
	var list []struct {
		Name string `json:"/"`
	}
	check(t, json.Unmarshal(run(t, r, nil, "dag", "get", root.String()+"/"+path), &list))
	for _, l := range list {
		out = append(out, l.Name)
	}
	return out
}

// TestWordsAbsent: the words of a change may be absent, such as words that were
// erased. Its link leads nowhere then, and Kubo takes the CAR if it is told that
// something is missing.
func TestWordsAbsent(t *testing.T) {
	car, _, list := writeCAR(t, bread(t))
	words := slices.IndexFunc(list, func(s section) bool { return s.id.Type() == cid.Raw })
	gone := list[words]
	head := len(binary.AppendUvarint(nil, uint64(gone.id.ByteLen()+len(gone.bytes)))) + gone.id.ByteLen()
	d, err := pack.ReadCAR(bytes.NewReader(slices.Delete(car, gone.start-head, gone.start+len(gone.bytes))), cid.Undef, nil, authorship.Rules())
	check(t, err)
	car, root, less := writeCAR(t, d)
	if len(less) != len(list)-1 {
		t.Fatalf("%d blocks, want %d", len(less), len(list)-1)
	}
	r := newRepo(t)
	if _, err := r.Run(car, "dag", "import"); err == nil || !strings.Contains(err.Error(), gone.id.String()) {
		t.Errorf("dag import says %v, want that %s is missing", err, gone.id)
	}
	r = newRepo(t)
	run(t, r, car, "dag", "import", "--local-only")
	out := run(t, r, nil, "dag", "export", "--local-only", "--progress=false", root.String())
	back, err := pack.ReadCAR(bytes.NewReader(out), d.ID(), nil, authorship.Rules())
	check(t, err)
	same(t, d, back)
}

// TestNotCanonical: Kubo is no judge of form. It keeps a map whose keys are out of
// order under the name of its bytes, and shows it as other bytes.
func TestNotCanonical(t *testing.T) {
	b := []byte("\xa2\x62bb\x01\x61a\x02") // {"bb": 1, "a": 2}
	r := newRepo(t)
	name := strings.TrimSpace(string(run(t, r, b, "block", "put", "--cid-codec=dag-cbor")))
	if got := run(t, r, nil, "block", "get", name); !bytes.Equal(got, b) {
		t.Errorf("block get gives %x, want %x", got, b)
	}
	sorted := []byte("\xa2\x61a\x02\x62bb\x01")
	if got := run(t, r, nil, "dag", "get", "--output-codec=dag-cbor", name); !bytes.Equal(got, sorted) {
		t.Errorf("dag get gives %x, want %x", got, sorted)
	}
}
