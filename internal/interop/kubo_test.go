package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/interop/kubo"
	"github.com/commonhold/commonhold/merge/pack"
)

// newRepo is an empty repository of Kubo's. The first test that needs the program
// may have to build it.
func newRepo(t *testing.T) kubo.Repo {
	t.Helper()
	ctx := t.Context()
	if end, ok := t.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-5*time.Second))
		defer cancel()
	}
	path, err := kubo.Binary(ctx, os.Stderr)
	if err != nil {
		t.Fatalf("%v\n\nThere is no Kubo to judge by. In internal/interop, go run ./kubo/build makes it without a limit of time; then test again.", err)
	}
	r, err := kubo.Init(path, t.TempDir())
	check(t, err)
	return r
}

// run runs a command that must succeed, and returns what it printed.
func run(t *testing.T, r kubo.Repo, stdin []byte, args ...string) []byte {
	t.Helper()
	out, err := r.Run(stdin, args...)
	check(t, err)
	return out
}

// lines are the lines that a command prints.
func lines(t *testing.T, r kubo.Repo, args ...string) []string {
	t.Helper()
	return strings.Fields(string(run(t, r, nil, args...)))
}

// imported is a repository that has taken in a CAR and pinned its root.
func imported(t *testing.T, car []byte, root cid.Cid, blocks int) kubo.Repo {
	t.Helper()
	r := newRepo(t)
	said := string(run(t, r, car, "dag", "import", "--stats"))
	if !strings.Contains(said, root.String()+"\tsuccess") || !strings.Contains(said, fmt.Sprintf("Imported %d blocks ", blocks)) {
		t.Errorf("dag import of %d blocks under %s said %q", blocks, root, said)
	}
	return r
}

// reached fails unless following all links from the root leads to every block.
func reached(t *testing.T, r kubo.Repo, root cid.Cid, blocks map[cid.Cid][]byte) {
	t.Helper()
	got := append(lines(t, r, "refs", "--recursive", "--unique", root.String()), root.String())
	slices.Sort(got)
	var want []string
	for id := range blocks {
		want = append(want, id.String())
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d blocks can be reached from the root, want %d", len(got), len(want))
	}
}

// put gives Kubo a block by itself, and returns the name that it gives it.
func put(t *testing.T, r kubo.Repo, id cid.Cid, b []byte) string {
	t.Helper()
	args := []string{"block", "put", "--cid-codec=raw"}
	if id.Type() == cid.DagCBOR {
		args = []string{"dag", "put", "--input-codec=dag-cbor", "--store-codec=dag-cbor"}
	}
	return strings.TrimSpace(string(run(t, r, b, args...)))
}

// TestBlocks: Kubo takes in the CAR, reaches every block from its root and gives
// each back as it was; and it gives our blocks the names that we give them.
func TestBlocks(t *testing.T) {
	car, root, list := writeCAR(t, bread(t))
	blocks := byName(t, list)
	r := imported(t, car, root, len(list))
	reached(t, r, root, blocks)
	for id, b := range blocks {
		if got := run(t, r, nil, "block", "get", id.String()); !bytes.Equal(got, b) {
			t.Errorf("block %s is %x, want %x", id, got, b)
		}
	}
	empty, kinds := newRepo(t), map[uint64]int{}
	for id, b := range blocks {
		if got := put(t, empty, id, b); got != id.String() {
			t.Errorf("put gives %s, want %s", got, id)
		}
		kinds[id.Type()]++
	}
	reached(t, empty, root, blocks)
	t.Logf("%d blocks: %d of DAG-CBOR, %d of words, all reached from %s, all alike", len(blocks), kinds[cid.DagCBOR], kinds[cid.Raw], root)
}

// places are the parents of a change with the path at which each stands in its
// block: the author's own change before as prev, the others in order.
func places(v *crdt.View, c crdt.Change) map[string]cid.Cid {
	out := map[string]cid.Cid{}
	others := 0
	for _, id := range c.Parents.IDs() {
		if p, ok := v.Change(id); ok && p.Author == c.Author && p.Seq+1 == c.Seq {
			out["prev"] = id
			continue
		}
		out[fmt.Sprintf("parents/%d", others)] = id
		others++
	}
	return out
}

// TestWalk: Kubo walks from the root through the heads to the parents of every
// change, to its words and to the genesis.
func TestWalk(t *testing.T) {
	d := bread(t)
	car, root, list := writeCAR(t, d)
	blocks := byName(t, list)
	r := imported(t, car, root, len(list))
	get := func(path string, id cid.Cid) {
		t.Helper()
		if got := run(t, r, nil, "dag", "get", "--output-codec=dag-cbor", root.String()+path); !bytes.Equal(got, blocks[id]) {
			t.Errorf("at %s stands %x, want %s: %x", path, got, id, blocks[id])
		}
	}
	get("", root)
	get("/work", d.ID())
	v := d.View()
	paths := map[cid.Cid]string{}
	links, joins := 0, 0
	var walk func(path string, id cid.Cid)
	walk = func(path string, id cid.Cid) {
		links++
		get(path, id)
		if _, ok := paths[id]; ok {
			return
		}
		paths[id] = path
		c, ok := v.Change(id)
		if !ok {
			t.Fatalf("at %s stands %s, which is no change", path, id)
		}
		if c.Content.Defined() {
			if got := lines(t, r, "dag", "resolve", root.String()+path+"/text"); got[0] != c.Content.String() {
				t.Errorf("the words at %s are %s, want %s", path, got[0], c.Content)
			}
		}
		on := places(v, c)
		if len(on) > 1 {
			joins++
		}
		for place, id := range on {
			walk(path+"/"+place, id)
		}
	}
	for k, id := range d.Heads().IDs() {
		walk(fmt.Sprintf("/heads/%d", k), id)
	}
	if n := v.Changes(); len(paths) != n || joins == 0 {
		t.Errorf("walked to %d of %d changes, %d of which join several", len(paths), n, joins)
	}
	t.Logf("%d links to %d changes, %d of which join several", links, len(paths), joins)
}

// TestSignatures: the root has a signature on every head.
func TestSignatures(t *testing.T) {
	d := bread(t)
	car, root, list := writeCAR(t, d)
	r := imported(t, car, root, len(list))
	var signed [][2]struct {
		Link any `json:"/"` // a name, or {"bytes": base64}
	}
	check(t, json.Unmarshal(run(t, r, nil, "dag", "get", root.String()+"/signed"), &signed))
	has := map[string]bool{}
	for _, s := range signed {
		name, _ := s[0].Link.(string)
		b, _ := s[1].Link.(map[string]any)
		if text, _ := b["bytes"].(string); len(text) != 86 { // 64 bytes without padding
			t.Errorf("the signature on %s is %q", name, text)
		}
		has[name] = true
	}
	for _, id := range d.Heads().IDs() {
		if !has[id.String()] {
			t.Errorf("no signature on head %s", id)
		}
	}
}

// TestExport: what Kubo exports, in its own order, has our blocks and no others,
// and opens as the same work.
func TestExport(t *testing.T) {
	d := bread(t)
	car, root, list := writeCAR(t, d)
	blocks := byName(t, list)
	r := imported(t, car, root, len(list))
	out := run(t, r, nil, "dag", "export", "--progress=false", root.String())
	theirs := byName(t, split(t, out))
	if n := len(theirs); n != len(blocks) || len(out) != len(car) {
		t.Errorf("exported %d blocks in %d bytes, want %d in %d", n, len(out), len(blocks), len(car))
	}
	for id, b := range blocks {
		if !bytes.Equal(theirs[id], b) {
			t.Errorf("block %s is %x, want %x", id, theirs[id], b)
		}
	}
	back, err := pack.ReadCAR(bytes.NewReader(out), d.ID(), nil, authorship.Rules())
	check(t, err)
	same(t, d, back)
	if _, again, _ := writeCAR(t, back); again != root {
		t.Errorf("written again its root is %s, want %s", again, root)
	}
	t.Logf("%d blocks in another order (%t), %d bytes", len(theirs), !bytes.Equal(out, car), len(out))
}

// TestDamage: a CAR with one bit flipped, or that ends early, is refused by Kubo
// and by us.
func TestDamage(t *testing.T) {
	d := bread(t)
	car, root, list := writeCAR(t, d)
	type damage struct {
		what string
		at   int // of the byte with the flipped bit; -1: the last byte is missing
		says string
		want error
	}
	const mismatch = "mismatch in content integrity"
	all := []damage{
		{"the root that the header names", bytes.Index(car, root.Bytes()) + 20, "", pack.ErrMalformed},
		{"the end", -1, "unexpected EOF", pack.ErrCorrupt},
	}
	words := slices.IndexFunc(list, func(s section) bool { return s.id.Type() == cid.Raw })
	for what, s := range map[string]section{"the root": list[0], "words": list[words], "the last change": list[len(list)-1]} {
		all = append(all,
			damage{"the first byte of " + what, s.start, mismatch, crdt.ErrHash},
			damage{"the last byte of " + what, s.start + len(s.bytes) - 1, mismatch, crdt.ErrHash},
			damage{"the name of " + what, s.start - 1, mismatch, crdt.ErrHash})
	}
	for _, x := range all {
		bad := slices.Clone(car)
		if x.at < 0 {
			bad = bad[:len(bad)-1]
		} else {
			bad[x.at] ^= 4
		}
		if _, err := newRepo(t).Run(bad, "dag", "import"); err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s damaged: Kubo says %v, want %q", x.what, err, x.says)
		}
		if _, err := pack.ReadCAR(bytes.NewReader(bad), d.ID(), nil, authorship.Rules()); !errors.Is(err, x.want) {
			t.Errorf("%s damaged: we say %v, want %v", x.what, err, x.want)
		}
	}
	t.Logf("%d damages refused by both", len(all))
}
