package crdt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// badJSON are documents that no work is filled with.
var badJSON = map[string]error{
	"":                               crdt.ErrMalformed,
	"[]":                             crdt.ErrMalformed,
	"1":                              crdt.ErrMalformed,
	"{":                              crdt.ErrMalformed,
	`{"a"}`:                          crdt.ErrMalformed,
	`{"a":}`:                         crdt.ErrMalformed,
	`{"a":1,}`:                       crdt.ErrMalformed,
	`{,"a":1}`:                       crdt.ErrMalformed,
	`{"a":1}x`:                       crdt.ErrMalformed,
	`{"a":1}{}`:                      crdt.ErrMalformed,
	`{"a":1,"a":2}`:                  crdt.ErrMalformed,
	`{"a":{"b":1,"\u0062":2}}`:       crdt.ErrMalformed,
	`{a:1}`:                          crdt.ErrMalformed,
	`{'a':1}`:                        crdt.ErrMalformed,
	`{"a":[1 2]}`:                    crdt.ErrMalformed,
	`{"a":[1,]}`:                     crdt.ErrMalformed,
	`{"a":01}`:                       crdt.ErrMalformed,
	`{"a":+1}`:                       crdt.ErrMalformed,
	`{"a":.5}`:                       crdt.ErrMalformed,
	`{"a":5.}`:                       crdt.ErrMalformed,
	`{"a":1e}`:                       crdt.ErrMalformed,
	`{"a":-}`:                        crdt.ErrMalformed,
	`{"a":0x1}`:                      crdt.ErrMalformed,
	`{"a":NaN}`:                      crdt.ErrMalformed,
	`{"a":Infinity}`:                 crdt.ErrMalformed,
	`{"a":nul}`:                      crdt.ErrMalformed,
	`{"a":True}`:                     crdt.ErrMalformed,
	`{"a":"` + "\n" + `"}`:           crdt.ErrMalformed,
	`{"a":"` + "\x00" + `"}`:         crdt.ErrMalformed,
	`{"a":"\x"}`:                     crdt.ErrMalformed,
	`{"a":"\u12"}`:                   crdt.ErrMalformed,
	`{"a":"\ud800"}`:                 crdt.ErrMalformed,
	`{"a":"\udc00\ud800"}`:           crdt.ErrMalformed,
	`{"a":"\ud800x"}`:                crdt.ErrMalformed,
	`{"a":"` + "\xff" + `"}`:         crdt.ErrMalformed,
	`{"a":"` + "\xed\xa0\x80" + `"}`: crdt.ErrMalformed,
	`{"a":"`:                         crdt.ErrMalformed,
	`{"a":"\`:                        crdt.ErrMalformed,
	"\ufeff{}":                       crdt.ErrMalformed,
	"{}\x00":                         crdt.ErrMalformed,
	`{"a":18446744073709551616}`:     crdt.ErrMalformed,
	`{"a":-9223372036854775809}`:     crdt.ErrMalformed,
	`{"a":9007199254740993.0}`:       crdt.ErrMalformed,
	`{"a":1e400}`:                    crdt.ErrMalformed,
	`{"a":1e-400}`:                   crdt.ErrMalformed,
	`{"a":0.1000000000000000055}`:    crdt.ErrMalformed,
	`{"a":1e99999999999999999999}`:   crdt.ErrMalformed,
	`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`: crdt.ErrLimit,
	`{"` + strings.Repeat("k", 5000) + `":1}`:                           crdt.ErrLimit,
}

// TestFillJSONRefuses: bad documents doom the Update, and nothing changes.
func TestFillJSONRefuses(t *testing.T) {
	a, _ := pair(t, "words")
	edit(t, a, func(tx *crdt.Tx) { tx.Put("a", 1); tx.Map("m").Put("b", 2) })
	was, err := a.View().MarshalJSON()
	must(t, err)
	for doc, want := range badJSON {
		for k, fill := range []func(tx *crdt.Tx){
			func(tx *crdt.Tx) { tx.FillJSON([]byte(doc)) },
			func(tx *crdt.Tx) { tx.Map("m").FillJSON([]byte(doc)) },
		} {
			err := a.Update(func(tx *crdt.Tx) error { tx.Put("c", 3); fill(tx); return nil })
			if !errors.Is(err, want) {
				t.Errorf("%.60q (%d): %v", doc, k, err)
			}
		}
	}
	if now, _ := a.View().MarshalJSON(); string(now) != string(was) {
		t.Fatalf("left %s", now)
	}
}

// TestFillJSONExact: numbers, strings, bytes and links come out as they went in.
func TestFillJSONExact(t *testing.T) {
	a, _ := pair(t, "")
	link := a.ID().String()
	for in, out := range map[string]string{
		`{"a":9007199254740993}`:                    "",
		`{"a":18446744073709551615}`:                "",
		`{"a":-9223372036854775808}`:                "",
		`{"a":0}`:                                   "",
		`{"a":-0}`:                                  `{"a":-0.0}`,
		`{"a":1.0}`:                                 "",
		`{"a":1e2}`:                                 `{"a":100.0}`,
		`{"a":1.50E+1}`:                             `{"a":15.0}`,
		`{"a":0.1}`:                                 "",
		`{"a":0e99999}`:                             `{"a":0.0}`,
		`{"a":5e-324}`:                              "",
		`{"a":1.7976931348623157e308}`:              `{"a":1.7976931348623157e+308}`,
		`{"a":9007199254740992.0}`:                  `{"a":9.007199254740992e+15}`,
		` { "a" : [ ] , "b" : { } } `:               `{"a":[],"b":{}}`,
		`{"a":"\u00e9\ud83d\ude42\/\n\u0000"}`:      `{"a":"é🙂/\n\u0000"}`,
		`{"a":{"/":{"bytes":"AP8"}}}`:               "",
		`{"a":{"/":{"bytes":"A"}}}`:                 "",
		`{"a":{"/":"` + link + `"}}`:                "",
		`{"a":{"/":"no link"}}`:                     "",
		`{"":{"":null}}`:                            "",
		`{"a":[[],[[true,false,null]],{"b":[{}]}]}`: "",
	} {
		edit(t, a, func(tx *crdt.Tx) { tx.Map("m").FillJSON([]byte(in)) })
		got, err := a.View().Map("m").MarshalJSON()
		if out == "" {
			out = in
		}
		if err != nil || string(got) != out {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
}

// TestFillJSONBack: the JSON of a work, filled in again, writes nothing; any other
// makes the work be that.
func TestFillJSONBack(t *testing.T) {
	seeds := 80
	if testing.Short() {
		seeds = 10
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 11))
		a, err := crdt.New(newKey("ann"))
		must(t, err)
		b, err := a.Clone(newKey("ben"))
		must(t, err)
		e := editor{r, t.Fatalf}
		moments := []string{"{}"}
		for range 20 {
			edit(t, a, e.edit)
			if r.IntN(4) == 0 {
				edit(t, b, e.edit)
				both(t, a, b)
			}
			moments = append(moments, docJSON(t, a))
		}
		_, _ = a.Commit("")
		edit(t, a, func(tx *crdt.Tx) { tx.FillJSON([]byte(txJSON(t, tx))) })
		if c, err := a.Commit(""); !errors.Is(err, crdt.ErrNothing) {
			t.Fatalf("seed %d: the own JSON is written again: %d ops, %v", seed, c.Ops, err)
		}
		for range 6 {
			to := moments[r.IntN(len(moments))]
			if r.IntN(2) == 0 {
				to = randomJSON(r, 3)
			}
			was := docJSON(t, a)
			edit(t, a, func(tx *crdt.Tx) { tx.FillJSON([]byte(to)) })
			if got, want := shownNames(t, docJSON(t, a)), shownNames(t, to); got != want {
				t.Fatalf("seed %d: filled\n%s with\n%s and got\n%s", seed, was, to, got)
			}
			must(t, a.CheckRooms())
		}
		both(t, a, b)
	}
}

// docJSON is the JSON of a doc, and of what an Update sees.
func docJSON(t testing.TB, d *crdt.Doc) string {
	t.Helper()
	b, err := d.View().MarshalJSON()
	must(t, err)
	return string(b)
}

func txJSON(t testing.TB, tx *crdt.Tx) string {
	t.Helper()
	b, err := tx.View().MarshalJSON()
	must(t, err)
	return string(b)
}

// shownNames is JSON in one form, without the names whose root container would be
// empty: it is not shown.
func shownNames(t testing.TB, doc string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	var m map[string]any
	must(t, d.Decode(&m))
	for k, x := range m {
		switch fmt.Sprint(x) {
		case "[]", "map[]", "", "0":
			delete(m, k)
		}
	}
	b, err := json.Marshal(m)
	must(t, err)
	return string(b)
}

// randomJSON is an object of random things.
func randomJSON(r *rand.Rand, depth int) string {
	var value func(depth int) string
	value = func(depth int) string {
		n := r.IntN(9)
		if depth == 0 {
			n = r.IntN(6)
		}
		switch n {
		case 0:
			return "null"
		case 1:
			return "true"
		case 2:
			return fmt.Sprint(r.IntN(9))
		case 3:
			return "2.5"
		case 4, 5:
			b, _ := json.Marshal(letters[r.IntN(len(letters))])
			return string(b)
		case 6:
			var list []string
			for range r.IntN(4) {
				list = append(list, value(depth-1))
			}
			return "[" + strings.Join(list, ",") + "]"
		}
		var list []string
		for _, k := range "abcltsu"[:r.IntN(8)] {
			if r.IntN(2) == 0 {
				list = append(list, fmt.Sprintf("%q:%s", string(k), value(depth-1)))
			}
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	for {
		if s := value(depth); s[0] == '{' {
			return s
		}
	}
}

// TestFillJSONMerges: a document that one person has changed, filled in, writes
// what was changed and not what another has written meanwhile.
func TestFillJSONMerges(t *testing.T) {
	a, b := pair(t, "some words")
	edit(t, a, func(tx *crdt.Tx) { tx.FillJSON([]byte(`{"t":"some words","m":{"x":1,"l":[1,2,3]},"k":"v"}`)) })
	both(t, a, b)
	doc := docJSON(t, a)
	edit(t, b, func(tx *crdt.Tx) {
		tx.Text("t").Append("!")
		tx.Map("m").List("l").Insert(3, 4)
		tx.Map("m").Put("y", 2)
	})
	doc = strings.Replace(doc, "some words", "Some words", 1)
	doc = strings.Replace(doc, "[1,2,3]", "[0,1,3]", 1)
	edit(t, a, func(tx *crdt.Tx) { tx.FillJSON([]byte(doc)) })
	both(t, a, b)
	if got := docJSON(t, b); got != `{"k":"v","m":{"l":[0,1,3,4],"x":1,"y":2},"t":"Some words!"}` {
		t.Error(got)
	}
}

// FuzzFillJSON: what is filled in is what a lenient reader reads, or it is
// refused; nothing else happens.
func FuzzFillJSON(f *testing.F) {
	for doc := range badJSON {
		f.Add([]byte(doc))
	}
	r := rand.New(rand.NewPCG(1, 12))
	for range 20 {
		f.Add([]byte(randomJSON(r, 4)))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		a, err := crdt.New(newKey("ann"))
		must(t, err)
		if err := a.Update(func(tx *crdt.Tx) error { tx.Map("m").FillJSON(doc); return nil }); err != nil {
			if !errors.Is(err, crdt.ErrMalformed) && !errors.Is(err, crdt.ErrLimit) {
				t.Fatal(err)
			}
			return
		}
		d := json.NewDecoder(bytes.NewReader(doc))
		d.UseNumber()
		var want, got any
		must(t, d.Decode(&want))
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			t.Fatal("more after the document")
		}
		back, err := a.View().Map("m").MarshalJSON()
		must(t, err)
		d = json.NewDecoder(bytes.NewReader(back))
		d.UseNumber()
		must(t, d.Decode(&got))
		if x, y := numbers(want), numbers(got); x != y {
			t.Fatalf("%s became %s", x, y)
		}
	})
}

// numbers is JSON with its numbers as floats.
func numbers(x any) string {
	var walk func(x any) any
	walk = func(x any) any {
		switch y := x.(type) {
		case json.Number:
			f, _ := y.Float64()
			return f
		case []any:
			for k := range y {
				y[k] = walk(y[k])
			}
		case map[string]any:
			for k := range y {
				y[k] = walk(y[k])
			}
		}
		return x
	}
	b, _ := json.Marshal(walk(x))
	return string(b)
}

// A work takes in a JSON document, and gives it again.
func ExampleTx_FillJSON() {
	d, err := crdt.New(newKey("ann"))
	check(err)
	check(d.Update(func(tx *crdt.Tx) error {
		tx.FillJSON([]byte(`{"title": "Bread", "steps": ["knead", "wait"], "size": {"cups": 3}}`))
		return nil
	}))
	check(d.Update(func(tx *crdt.Tx) error { tx.PutAt("/steps/-", "bake"); return nil }))
	cups, err := d.View().Lookup("/size/cups")
	check(err)
	fmt.Println(cups.Any())
	json, err := d.View().MarshalJSON()
	check(err)
	fmt.Println(string(json))
	// Output:
	// 3
	// {"size":{"cups":3},"steps":["knead","wait","bake"],"title":"Bread"}
}
