package crdt_test

import (
	"bytes"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"

	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// writeVectors has TestVectors write its files anew:
// go test ./crdt -run 'TestVectors$' -args -write.
var writeVectors = flag.Bool("write", false, "write testdata/vectors anew")

// vectorFiles are the vectors as they lie in the repository.
//
//go:embed testdata/vectors
var vectorFiles embed.FS

// vectorKinds are the kinds of refusal by their names in vectors.
var vectorKinds = map[string]error{
	"Malformed": crdt.ErrMalformed, "Limit": crdt.ErrLimit, "Hash": crdt.ErrHash, "Signature": crdt.ErrSignature,
	"Key": crdt.ErrKey, "Invalid": crdt.ErrInvalid, "Foreign": crdt.ErrForeign,
}

// TestVectors: the vectors are what the generator makes, and the library gives
// each its verdicts and its result, in whatever order the changes come.
func TestVectors(t *testing.T) {
	files := map[string][]byte{}
	for _, v := range allVectors(t) {
		v.expect()
		files[v.v.Name+".json"] = v.file()
	}
	if len(files) < 120 {
		t.Errorf("%d vectors", len(files))
	}
	if *writeVectors {
		dir := filepath.Join("testdata", "vectors")
		old, err := filepath.Glob(filepath.Join(dir, "*.json"))
		must(t, err)
		for _, name := range old {
			must(t, os.Remove(name))
		}
		for name, b := range files {
			must(t, os.WriteFile(filepath.Join(dir, name), b, 0o666))
		}
		t.Logf("%d files written", len(files))
		return
	}
	names, err := fs.Glob(vectorFiles, "testdata/vectors/*.json")
	must(t, err)
	for _, name := range names {
		b, err := vectorFiles.ReadFile(name)
		must(t, err)
		base := filepath.Base(name)
		if !bytes.Equal(files[base], b) {
			t.Errorf("%s is not what the generator makes", base)
		}
		delete(files, base)
		var v vector
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.DisallowUnknownFields()
		must(t, dec.Decode(&v))
		t.Run(v.Name, func(t *testing.T) { checkVector(t, &v) })
	}
	for name := range files {
		t.Errorf("%s is not there", name)
	}
}

// file is the vector as it is written.
func (v *vec) file() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	must(v.t, enc.Encode(&v.v))
	return b.Bytes()
}

// expect fills in the result: heads follow from the verdicts, and the JSON was
// said by hand; the texts, marks and conflicts are those of the library, which
// the reader in internal/vectors compares with its own.
func (v *vec) expect() {
	heads := map[block.ID]bool{}
	for k, m := range v.made {
		if v.v.Changes[k].Verdict == "applied" {
			heads[m.id] = true
		}
	}
	for k, m := range v.made {
		if v.v.Changes[k].Verdict == "applied" {
			for _, l := range m.h.AppendLinks(nil) {
				delete(heads, l)
			}
		}
	}
	v.v.Result.Heads = []string{}
	for _, id := range slices.SortedFunc(maps.Keys(heads), block.Compare) {
		v.v.Result.Heads = append(v.v.Result.Heads, id.ChangeCID().String())
	}
	v.v.Result.JSON = "{}"
	if v.shown != nil {
		v.v.Result.JSON = *v.shown
	}
	d := v.v.deliver(v.t, nil)
	v.v.Result.Texts = map[string]string{}
	v.v.Result.Marks = map[string][]vectorMark{}
	for name := range v.texts {
		v.v.Result.Texts[name] = d.View().Text(name).String()
		if m := vectorMarks(d, name); m != nil {
			v.v.Result.Marks[name] = m
		}
	}
	if len(v.conflict) > 0 {
		v.v.Result.Conflicts = map[string]map[string][]string{}
	}
	for name, keys := range v.conflict {
		v.v.Result.Conflicts[name] = map[string][]string{}
		for _, key := range keys {
			v.v.Result.Conflicts[name][key] = vectorConflicts(v.t, d, name, key)
		}
	}
}

// vectorMarks are the marks of a root text: for each slot, by key and id, its
// stretches, each as long as possible.
func vectorMarks(d *crdt.Doc, text string) []vectorMark {
	var out []vectorMark
	d.MarkRuns(text, func(from, to int, key, id string, value []byte) {
		shown := "null"
		if value != nil {
			shown = hex.EncodeToString(value)
		}
		out = append(out, vectorMark{from, to, key, id, shown})
	})
	slices.SortFunc(out, func(a, b vectorMark) int {
		if c := strings.Compare(a.Key+"\x00"+a.ID, b.Key+"\x00"+b.ID); c != 0 {
			return c
		}
		return a.From - b.From
	})
	var joined []vectorMark
	for _, m := range out {
		if n := len(joined) - 1; n >= 0 && joined[n] == (vectorMark{joined[n].From, m.From, m.Key, m.ID, m.Value}) {
			joined[n].To = m.To
		} else {
			joined = append(joined, m)
		}
	}
	return joined
}

// vectorConflicts are the visible values of a key of a root map, as JSON.
func vectorConflicts(t testing.TB, d *crdt.Doc, name, key string) []string {
	out := []string{}
	for val := range d.View().Map(name).Conflicts(key) {
		b, err := val.MarshalJSON()
		must(t, err)
		out = append(out, string(b))
	}
	return out
}

// bundle is one change of a vector as a bundle. The error is that of its name.
func (v *vector) bundle(t testing.TB, k int) (b bridge.Bundle, id block.ID, err error) {
	c := &v.Changes[k]
	name, err := crdt.ParseVersion(c.CID)
	if err != nil {
		return b, id, err
	}
	id, err = block.ChangeID(name.IDs()[0])
	must(t, err)
	it := bridge.Item{ID: id}
	it.Change, err = longHex(c.Block)
	must(t, err)
	if c.Content != nil {
		it.Words, err = longHex(*c.Content)
		must(t, err)
	}
	b = bridge.Bundle{Work: v.workID(t), Items: []bridge.Item{it}}
	if c.Signature != nil {
		s := bridge.Sig{Change: id}
		sig, err := hex.DecodeString(*c.Signature)
		if must(t, err); len(sig) != len(s.Sig) {
			t.Fatalf("signature of %d bytes", len(sig))
		}
		copy(s.Sig[:], sig)
		b.Sigs = []bridge.Sig{s}
	}
	return b, id, nil
}

// workID is the id of the work.
func (v *vector) workID(t testing.TB) block.ID {
	w, err := crdt.ParseVersion(v.Work)
	must(t, err)
	id, err := block.ChangeID(w.IDs()[0])
	must(t, err)
	return id
}

// deliver gives the changes to a new replica in some order, nil that of the file,
// and what was refused to saw.
func (v *vector) deliver(t testing.TB, saw func(k int, err error), order ...int) *crdt.Doc {
	var opts []crdt.Option
	if v.Rules != "" {
		opts = append(opts, crdt.WithRules(vouched{v}, crdt.Value{}))
	}
	d, err := crdt.Join(nil, v.workID(t).ChangeCID(), opts...)
	must(t, err)
	if order == nil {
		for k := range v.Changes {
			order = append(order, k)
		}
	}
	for _, k := range order {
		b, _, err := v.bundle(t, k)
		if err == nil {
			err = give(d, b)
		}
		if saw != nil {
			saw(k, err)
		}
	}
	if err := d.CheckState(); err != nil {
		t.Errorf("%s: %v", v.Name, err)
	}
	return d
}

// checkVector tests a vector: each fault is told by its kind when the changes come
// in the order of the file, and verdicts and result are the same in every order.
func checkVector(t *testing.T, v *vector) {
	d := v.deliver(t, func(k int, err error) {
		c := &v.Changes[k]
		kind := c.Kind + c.ContentKind + c.SignatureKind
		if want := vectorKinds[kind]; (kind == "") != (want == nil) || !errors.Is(err, want) {
			t.Errorf("change %d: %v, want %q", k, err, kind)
		}
	})
	checkVectorResult(t, v, d)
	if v.Rules != "" {
		checkUnknownRules(t, v)
	}
	if testing.Short() {
		return
	}
	order := make([]int, len(v.Changes))
	for k := range order {
		order[k] = len(order) - 1 - k
	}
	checkVectorResult(t, v, v.deliver(t, nil, order...))
	slices.Reverse(order)
	checkVectorResult(t, v, v.deliver(t, nil, append(order, order...)...))
}

// checkVectorResult compares a replica with what a vector says.
func checkVectorResult(t *testing.T, v *vector, d *crdt.Doc) {
	t.Helper()
	waits := map[string]bool{}
	for c := range d.Pending() {
		waits[c.ID.String()] = true
	}
	for k := range v.Changes {
		c := &v.Changes[k]
		_, id, err := v.bundle(t, k)
		got := "refused"
		if _, ok := bridge.Of(d).Index(id); ok && err == nil {
			got = "applied"
		} else if err == nil && waits[c.CID] {
			got = "pending"
		}
		if got != c.Verdict {
			t.Errorf("change %d is %s, want %s", k, got, c.Verdict)
		}
	}
	if got := strings.Join(v.Result.Heads, "."); d.Heads().String() != got {
		t.Errorf("heads %s, want %s", d.Heads(), got)
	}
	json, err := d.View().MarshalJSON()
	if must(t, err); string(json) != v.Result.JSON {
		t.Errorf("JSON %s, want %s", json, v.Result.JSON)
	}
	for name, want := range v.Result.Texts {
		if got := d.View().Text(name).String(); got != want {
			t.Errorf("text %s: %q, want %q", name, got, want)
		}
		if got := vectorMarks(d, name); !slices.Equal(got, v.Result.Marks[name]) {
			t.Errorf("marks of %s: %v, want %v", name, got, v.Result.Marks[name])
		}
	}
	for name, keys := range v.Result.Conflicts {
		for key, want := range keys {
			if got := vectorConflicts(t, d, name, key); !slices.Equal(got, want) {
				t.Errorf("conflicts of %s/%s: %v, want %v", name, key, got, want)
			}
		}
	}
}

// TestShortHex: what is written shortly reads back.
func TestShortHex(t *testing.T) {
	for _, b := range [][]byte{nil, {1}, bytes.Repeat([]byte{7}, 31), bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte("abc"), 50), append(bytes.Repeat([]byte{0}, 1<<20), 1, 2, 3)} {
		s := shortHex(b)
		got, err := longHex(s)
		if must(t, err); !bytes.Equal(got, b) || len(s) > 64 {
			t.Errorf("%d bytes: %s", len(b), s)
		}
	}
	for _, s := range []string{"0", "{00*}", "{00}", "zz"} {
		if _, err := longHex(s); err == nil {
			t.Error(fmt.Sprintf("%q is read", s))
		}
	}
}
