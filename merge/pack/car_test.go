package pack_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/merge/pack"
)

// section is one block of a CAR.
type section struct {
	id    cid.Cid
	bytes []byte
}

// open takes a CAR apart without this package's reader: header and blocks.
func open(t testing.TB, car []byte) (header []byte, list []section) {
	t.Helper()
	take := func() []byte {
		n, w := binary.Uvarint(car)
		if w <= 0 || n > uint64(len(car)-w) {
			t.Fatal("no section")
		}
		b := car[w : w+int(n)]
		car = car[w+int(n):]
		return b
	}
	header = take()
	for len(car) > 0 {
		b := take()
		n, id, err := cid.CidFromBytes(b)
		check(t, err)
		list = append(list, section{id, b[n:]})
	}
	return header, list
}

// join is the inverse of open.
func join(header []byte, list []section) []byte {
	out := append(binary.AppendUvarint(nil, uint64(len(header))), header...)
	for _, s := range list {
		out = binary.AppendUvarint(out, uint64(s.id.ByteLen()+len(s.bytes)))
		out = append(append(out, s.id.Bytes()...), s.bytes...)
	}
	return out
}

// writeCAR is the CAR of a document.
func writeCAR(t testing.TB, d *crdt.Doc) ([]byte, cid.Cid) {
	t.Helper()
	var b bytes.Buffer
	root, err := pack.WriteCAR(&b, d)
	check(t, err)
	return b.Bytes(), root
}

// linksOf are all links in a value.
func linksOf(v any) (out []cid.Cid) {
	switch v := v.(type) {
	case cid.Cid:
		return []cid.Cid{v}
	case []any:
		for _, x := range v {
			out = append(out, linksOf(x)...)
		}
	case map[string]any:
		for _, x := range v {
			out = append(out, linksOf(x)...)
		}
	}
	return out
}

// TestCAR writes sessions, walks what was written from its root, and reads it.
func TestCAR(t *testing.T) {
	for seed := range uint64(8) {
		d := session(t, seed, 1+int(seed%4), 100)
		car, root := writeCAR(t, d)
		header, list := open(t, car)
		// {"roots": [root], "version": 1} as go-car writes it.
		want := append([]byte("\xa2\x65roots\x81\xd8\x2a\x58\x25\x00"), root.Bytes()...)
		if want = append(want, "\x67version\x01"...); !bytes.Equal(header, want) {
			t.Fatalf("header %x, want %x", header, want)
		}
		blocks := map[cid.Cid][]byte{}
		for _, s := range list {
			if blocks[s.id] != nil {
				t.Fatalf("block %s stands twice", s.id)
			}
			if sum := block.Sum(s.bytes); s.id != sum.ChangeCID() && s.id != sum.ContentCID() {
				t.Fatalf("block %s has other bytes", s.id)
			}
			blocks[s.id] = s.bytes
		}
		for _, it := range items(d) {
			var c block.Change
			check(t, block.Decode(it.Change, &c))
			if !bytes.Equal(blocks[block.ID(it.ID).ChangeCID()], it.Change) || len(it.Words) > 0 && !bytes.Equal(blocks[c.Text.ContentCID()], it.Words) {
				t.Fatal("a block of the document is missing")
			}
		}
		seen := map[cid.Cid]bool{}
		for queue := []cid.Cid{root}; len(queue) > 0; queue = queue[1:] {
			id := queue[0]
			if seen[id] {
				continue
			}
			seen[id] = true
			if blocks[id] == nil {
				t.Fatalf("link to %s, which is not there", id)
			}
			if id.Type() == cid.Raw {
				continue
			}
			v, err := block.DecodeValue(blocks[id])
			check(t, err)
			queue = append(queue, linksOf(v)...)
		}
		if len(seen) != len(blocks) {
			t.Fatalf("%d of %d blocks can be reached", len(seen), len(blocks))
		}
		e, err := pack.ReadCAR(bytes.NewReader(car), d.ID(), newKey(70))
		check(t, err)
		same(t, d, e)
	}
}

// TestCAROrders reads blocks in any order behind the root, and blocks that stand
// twice.
func TestCAROrders(t *testing.T) {
	d := session(t, 3, 3, 150)
	car, _ := writeCAR(t, d)
	header, list := open(t, car)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 8))
		mixed := slices.Clone(list)
		switch seed {
		case 0:
			slices.Reverse(mixed[1:])
		case 1:
			mixed = append(mixed, mixed[1:]...)
		default:
			r.Shuffle(len(mixed)-1, func(i, j int) { mixed[i+1], mixed[j+1] = mixed[j+1], mixed[i+1] })
		}
		e, err := pack.ReadCAR(bytes.NewReader(join(header, mixed)), cid.Undef, nil)
		check(t, err)
		same(t, d, e)
	}
}

// TestCARFaults reads CARs with one fault each.
func TestCARFaults(t *testing.T) {
	d := session(t, 3, 2, 60)
	other := session(t, 4, 2, 20)
	car, root := writeCAR(t, d)
	header, list := open(t, car)
	_, strange := open(t, first(writeCAR(t, other)))
	raw := func(b []byte) section { return section{block.Sum(b).ContentCID(), b} }
	two, err := block.EncodeValue(map[string]any{"roots": []any{root, root}, "version": 1})
	check(t, err)
	v2, err := block.EncodeValue(map[string]any{"roots": []any{root}, "version": 2})
	check(t, err)
	none, err := block.EncodeValue(map[string]any{"roots": []any{}, "version": 1})
	check(t, err)
	turned := slices.Clone(list)
	turned[5].bytes = append([]byte{turned[5].bytes[0] ^ 1}, turned[5].bytes[1:]...)
	identity, err := cid.Decode("bafkqaaik") // an inline block
	check(t, err)
	for name, c := range map[string]struct {
		car  []byte
		want error
	}{
		"nothing":            {nil, pack.ErrMalformed},
		"no CAR":             {[]byte("CHP\x01"), pack.ErrCorrupt},
		"two roots":          {join(two, list), crdt.ErrForeign},
		"no root":            {join(none, list), pack.ErrMalformed},
		"version 2":          {join(v2, list), pack.ErrVersion},
		"header is a list":   {join([]byte{0x80}, list), pack.ErrMalformed},
		"header of 2 KiB":    {join(make([]byte, 2048), list), pack.ErrLimit},
		"root not first":     {join(header, append(slices.Clone(list[1:]), list[0])), pack.ErrMalformed},
		"root missing":       {join(header, list[1:]), pack.ErrMalformed},
		"nothing but header": {join(header, nil), pack.ErrMalformed},
		"nothing but root":   {join(header, list[:1]), pack.ErrMalformed},
		"head missing":       {join(header, list[:len(list)-1]), pack.ErrMalformed},
		"genesis missing":    {join(header, append(slices.Clone(list[:1]), list[2:]...)), crdt.ErrMissing},
		"other bytes":        {join(header, turned), crdt.ErrHash},
		"content of nothing": {join(header, append(slices.Clone(list), raw([]byte("spam")))), pack.ErrMalformed},
		"block of nothing":   {join(header, append(slices.Clone(list), section{block.Sum([]byte{0xa0}).ChangeCID(), []byte{0xa0}})), pack.ErrMalformed},
		"another work":       {join(header, append(slices.Clone(list), strange[1])), crdt.ErrForeign},
		"inline block":       {join(header, append(slices.Clone(list), section{identity, nil})), pack.ErrMalformed},
		"empty section":      {append(bytes.Clone(car), 0), pack.ErrMalformed},
		"long section":       {binary.AppendUvarint(bytes.Clone(car), 1<<40), pack.ErrLimit},
	} {
		if e, err := pack.ReadCAR(bytes.NewReader(c.car), cid.Undef, nil); e != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := pack.ReadCAR(bytes.NewReader(car), other.ID(), nil); !errors.Is(err, crdt.ErrForeign) {
		t.Errorf("another work than was asked for: %v", err)
	}
}

// first is the first of two values.
func first(b []byte, _ cid.Cid) []byte { return b }

// rooted is a CAR with another root block.
func rooted(t testing.TB, car []byte, change func(root map[string]any)) []byte {
	t.Helper()
	_, list := open(t, car)
	v, err := block.DecodeValue(list[0].bytes)
	check(t, err)
	root := v.(map[string]any)
	change(root)
	b, err := block.EncodeValue(root)
	check(t, err)
	id := block.Sum(b).ChangeCID()
	header, err := block.EncodeValue(map[string]any{"roots": []any{id}, "version": 1})
	check(t, err)
	return join(header, append([]section{{id, b}}, list[1:]...))
}

// TestCARRoots reads CARs whose roots say something else.
func TestCARRoots(t *testing.T) {
	d := session(t, 3, 2, 60)
	car, _ := writeCAR(t, d)
	for name, c := range map[string]struct {
		change func(root map[string]any)
		want   error
	}{
		"version 2":       {func(r map[string]any) { r["v"] = 2 }, pack.ErrVersion},
		"no work":         {func(r map[string]any) { delete(r, "work") }, pack.ErrMalformed},
		"unknown key":     {func(r map[string]any) { r["x"] = 1 }, pack.ErrMalformed},
		"heads no list":   {func(r map[string]any) { r["heads"] = 1 }, pack.ErrMalformed},
		"head no link":    {func(r map[string]any) { r["heads"] = []any{1} }, pack.ErrMalformed},
		"no heads":        {func(r map[string]any) { r["heads"] = []any{} }, pack.ErrMalformed},
		"another head":    {func(r map[string]any) { r["heads"] = []any{r["work"]} }, pack.ErrMalformed},
		"no signatures":   {func(r map[string]any) { r["signed"] = []any{} }, crdt.ErrNotCovered},
		"signature alone": {func(r map[string]any) { r["signed"] = []any{[]any{r["work"]}} }, pack.ErrMalformed},
		"short signature": {func(r map[string]any) { r["signed"].([]any)[0].([]any)[1] = []byte{1} }, pack.ErrMalformed},
		"bad signature":   {func(r map[string]any) { r["signed"].([]any)[0].([]any)[1] = make([]byte, 64) }, crdt.ErrSignature},
		"signed by nobody": {func(r map[string]any) {
			r["signed"] = append(r["signed"].([]any), []any{block.ID{1}.ChangeCID(), make([]byte, 64)})
		}, pack.ErrMalformed},
		"goes on nowhere":   {func(r map[string]any) { r["next"] = block.ID{1}.ChangeCID() }, pack.ErrMalformed},
		"goes on in a text": {func(r map[string]any) { r["next"] = block.ID{1}.ContentCID() }, pack.ErrMalformed},
	} {
		if e, err := pack.ReadCAR(bytes.NewReader(rooted(t, car, c.change)), cid.Undef, nil); e != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	e, err := pack.ReadCAR(bytes.NewReader(rooted(t, car, func(map[string]any) {})), cid.Undef, nil)
	check(t, err)
	same(t, d, e)
}

// TestCARPrefixes: a CAR that ends early is refused, except between blocks, where
// its heads are missing.
func TestCARPrefixes(t *testing.T) {
	d := session(t, 3, 2, 40)
	car, _ := writeCAR(t, d)
	step := 23
	for k := 0; k < len(car); k += step {
		if e, err := pack.ReadCAR(bytes.NewReader(car[:k]), cid.Undef, nil); err == nil {
			t.Fatalf("the first %d of %d bytes make a document with heads %s", k, len(car), e.Heads())
		}
	}
	for k := 0; k < 8*len(car); k += 8*step + 1 {
		car[k/8] ^= 1 << (k % 8)
		if e, err := pack.ReadCAR(bytes.NewReader(car), cid.Undef, nil); err == nil {
			same(t, d, e)
		}
		car[k/8] ^= 1 << (k % 8)
	}
}

// TestCARManyHeads: heads and signatures that do not fit into one block.
func TestCARManyHeads(t *testing.T) {
	n := 1100
	if testing.Short() {
		n = 0
	}
	founder, err := crdt.New(newKey(0))
	check(t, err)
	all, err := founder.Since(crdt.Version{})
	check(t, err)
	for k := range n {
		d, err := crdt.Join(newKey(k+1), founder.ID())
		check(t, err)
		_, err = d.Apply(all)
		check(t, err)
		check(t, d.Update(func(tx *crdt.Tx) error { tx.Counter("here").Add(1); return nil }))
		b, err := d.Since(founder.Heads())
		check(t, err)
		_, err = founder.Apply(b)
		check(t, err)
	}
	car, _ := writeCAR(t, founder)
	e, err := pack.ReadCAR(bytes.NewReader(car), cid.Undef, nil)
	check(t, err)
	same(t, founder, e)
}
