package crdt_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestPointer: Pointer and ParsePointer undo each other, and what is no pointer
// is refused.
func TestPointer(t *testing.T) {
	for p, names := range map[string][]string{
		"": nil, "/": {""}, "/a": {"a"}, "/a/b": {"a", "b"}, "//": {"", ""}, "/~0/~1": {"~", "/"}, "/~01": {"~1"},
		"/m~0n/é": {"m~n", "é"}, "/ ": {" "}, "/a/0/-": {"a", "0", "-"}, "/%5e": {"%5e"},
	} {
		got, err := crdt.ParsePointer(p)
		if err != nil || !slices.Equal(got, names) {
			t.Errorf("%q: %q, %v", p, got, err)
		}
		if back := crdt.Pointer(names...); back != p {
			t.Errorf("%q: %q", names, back)
		}
	}
	for _, p := range []string{"a", "#/a", " /a", "/~", "/a~", "/~2", "/a/~/b", "~0"} {
		if got, err := crdt.ParsePointer(p); !errors.Is(err, crdt.ErrMalformed) {
			t.Errorf("%q: %q, %v", p, got, err)
		}
	}
}

// TestLookupRandom: a pointer into the work leads to what it leads to in the
// work's JSON.
func TestLookupRandom(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 13))
		d, err := crdt.New(newKey("ann"))
		must(t, err)
		e := editor{r, t.Fatalf}
		for range 30 {
			edit(t, d, e.edit)
		}
		v := d.View()
		var walk func(names []string, raw json.RawMessage)
		walk = func(names []string, raw json.RawMessage) {
			p := crdt.Pointer(names...)
			x, err := v.Lookup(p)
			must(t, err)
			got, err := x.MarshalJSON()
			must(t, err)
			if string(got) != string(raw) {
				t.Fatalf("seed %d: %q leads to %s, not %s", seed, p, got, raw)
			}
			var m map[string]json.RawMessage
			var l []json.RawMessage
			switch {
			case json.Unmarshal(raw, &m) == nil && m["/"] == nil:
				for k, x := range m {
					walk(append(slices.Clip(names), k), x)
				}
			case json.Unmarshal(raw, &l) == nil:
				for k, x := range l {
					walk(append(slices.Clip(names), strconv.Itoa(k)), x)
				}
				names = append(slices.Clip(names), strconv.Itoa(len(l)))
			default:
				names = append(slices.Clip(names), "0")
			}
			if x, err := v.Lookup(crdt.Pointer(append(slices.Clip(names), "none")...)); !errors.Is(err, crdt.ErrNotFound) {
				t.Fatalf("seed %d: below %q is %v, %v", seed, p, x.Any(), err)
			}
		}
		walk(nil, json.RawMessage(docJSON(t, d)))
	}
}

// TestLookup: the odd pointers.
func TestLookup(t *testing.T) {
	a, _ := pair(t, "words")
	edit(t, a, func(tx *crdt.Tx) {
		tx.FillJSON([]byte(`{"t":"words","l":[10,{"x":[1,[2]]}],"":{"a/b":1},"k":1}`))
		tx.Map("m").Put("e", map[string]any{"f": []any{1, "g"}})
		tx.Set("s").Add("y", "x")
	})
	v := a.View()
	for p, want := range map[string]string{
		"/l/1/x/1/0": "2", "//a~1b": "1", "/m/e/f/1": `"g"`, "/s/1": `"y"`, "/t": `"words"`, "/m": `{"e":{"f":[1,"g"]}}`,
	} {
		x, err := v.Lookup(p)
		if err != nil {
			t.Errorf("%q: %v", p, err)
			continue
		}
		if got, err := x.MarshalJSON(); err != nil || string(got) != want || !strings.HasPrefix(x.By().String(), "did:") {
			t.Errorf("%q: %s by %v, %v", p, got, x.By(), err)
		}
	}
	if x, err := v.Lookup(""); err != nil || x.Any() != v {
		t.Errorf("the whole: %v", err)
	}
	if x, err := v.Map("m").Lookup("/e/f/0"); err != nil || x.Any() != int64(1) {
		t.Errorf("%v, %v", x.Any(), err)
	}
	for _, p := range []string{"/l/01", "/l/-1", "/l/-", "/l/2", "/l/9999999999999", "/l/", "/l/+1", "/l/0/x", "/t/0", "/none", "/m/e/f/02", "/s/2"} {
		if x, err := v.Lookup(p); !errors.Is(err, crdt.ErrNotFound) {
			t.Errorf("%q: %v, %v", p, x.Any(), err)
		}
	}
	if _, err := v.Map("none").Lookup("/a"); !errors.Is(err, crdt.ErrNotFound) {
		t.Errorf("in nothing: %v", err)
	}
}

// TestPutAt: pointers that name a key or an element are set and deleted; others
// doom the Update.
func TestPutAt(t *testing.T) {
	a, _ := pair(t, "words")
	edit(t, a, func(tx *crdt.Tx) { tx.FillJSON([]byte(`{"t":"words","l":[10,{"x":[1,2]}],"m":{"k":1,"n":{}}}`)) })
	for _, step := range []struct {
		do   func(tx *crdt.Tx)
		want string
	}{
		{func(tx *crdt.Tx) { tx.PutAt("/m/n/deep", 5) }, `{"l":[10,{"x":[1,2]}],"m":{"k":1,"n":{"deep":5}},"t":"words"}`},
		{func(tx *crdt.Tx) { tx.PutAt("/l/1/x/0", "one") }, `{"l":[10,{"x":["one",2]}],"m":{"k":1,"n":{"deep":5}},"t":"words"}`},
		{func(tx *crdt.Tx) { tx.PutAt("/l/-", nil) }, `{"l":[10,{"x":["one",2]},null],"m":{"k":1,"n":{"deep":5}},"t":"words"}`},
		{func(tx *crdt.Tx) { tx.PutAt("/l/1", true) }, `{"l":[10,true,null],"m":{"k":1,"n":{"deep":5}},"t":"words"}`},
		{func(tx *crdt.Tx) { tx.DeleteAt("/l/0"); tx.DeleteAt("/l/1") }, `{"l":[true],"m":{"k":1,"n":{"deep":5}},"t":"words"}`},
		{func(tx *crdt.Tx) { tx.DeleteAt("/m/n"); tx.PutAt("/new", "x") }, `{"l":[true],"m":{"k":1},"new":"x","t":"words"}`},
		{func(tx *crdt.Tx) { tx.DeleteAt("/t"); tx.DeleteAt("/new"); tx.DeleteAt("/l") }, `{"m":{"k":1}}`},
	} {
		edit(t, a, step.do)
		if got := docJSON(t, a); got != step.want {
			t.Fatalf("%s, want %s", got, step.want)
		}
	}
	edit(t, a, func(tx *crdt.Tx) {
		tx.Text("t").Append("w")
		tx.List("l").Insert(0, 1)
		if x, err := tx.Lookup("/l/0"); err != nil || x.Any() != int64(1) {
			t.Errorf("%v, %v", x.Any(), err)
		}
	})
	was := docJSON(t, a)
	for p, want := range map[string]error{
		"": crdt.ErrNotFound, "m": crdt.ErrMalformed, "/m/none/x": crdt.ErrNotFound, "/m/k/x": crdt.ErrNotFound,
		"/t/0": crdt.ErrNotFound, "/l/1": crdt.ErrNotFound, "/l/01": crdt.ErrNotFound, "/m/~": crdt.ErrMalformed,
	} {
		for k, do := range []func(tx *crdt.Tx){func(tx *crdt.Tx) { tx.PutAt(p, 1) }, func(tx *crdt.Tx) { tx.DeleteAt(p) }} {
			err := a.Update(func(tx *crdt.Tx) error { tx.Put("q", 1); do(tx); return nil })
			if !errors.Is(err, want) {
				t.Errorf("%q (%d): %v", p, k, err)
			}
		}
	}
	for _, p := range []string{"/none", "/l/-", "/m/none"} {
		if err := a.Update(func(tx *crdt.Tx) error { tx.DeleteAt(p); return nil }); !errors.Is(err, crdt.ErrNotFound) {
			t.Errorf("%q: %v", p, err)
		}
	}
	if got := docJSON(t, a); got != was {
		t.Errorf("left %s", got)
	}
}
