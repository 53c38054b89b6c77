package crdt_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// page and task are what a program may keep in a work.
type page struct {
	stamp
	Title string         `crdt:"title,text"`
	Likes int64          `crdt:"likes,counter"`
	Tags  []string       `crdt:"tags,set"`
	Tasks []task         `crdt:"tasks"`
	Plain []task         `crdt:"plain,value"`
	Names []string       `crdt:"names"`
	Meta  map[string]any `crdt:"meta"`
	Sizes map[kind]size  `crdt:"sizes"`
	Main  *size          `crdt:"main"`
	Any   any            `crdt:"any"`
	Raw   []byte         `crdt:"raw,omitempty"`
	Link  cid.Cid        `crdt:"link,omitempty"`
	Big   uint64         `crdt:"big"`
	Share float32        `crdt:"share"`
	Kept  string         `crdt:"-"`
	Body  crdt.Text      `crdt:"body"`
	Other crdt.Value     `crdt:"other,omitempty"`
}

type stamp struct {
	Made time.Time `crdt:"made,omitempty"`
}

type kind string

type size struct{ W, H int }

type task struct {
	ID   crdt.Elem `crdt:",id"`
	Text string    `crdt:"text,text"`
	Done bool      `crdt:"done"`
	Sub  []task    `crdt:"sub"`
}

// newPage is a page with everything in it.
func newPage(link cid.Cid) page {
	return page{
		stamp: stamp{time.Date(2026, 11, 25, 4, 0, 0, 5, time.UTC)},
		Title: "Bread", Likes: 3, Tags: []string{"b", "slow"},
		Tasks: []task{{Text: "knead"}, {Text: "wait", Done: true, Sub: []task{{Text: "an hour"}}}},
		Plain: []task{{Text: "whole"}}, Names: []string{"x", "y", "x"},
		Meta:  map[string]any{"n": int64(1<<53 + 1), "list": []any{int64(1), "two", nil, map[string]any{"a": 2.5}}, "nil": nil},
		Sizes: map[kind]size{"a": {1, 2}, "b": {3, 4}}, Main: &size{5, 6}, Any: "word", Raw: []byte{0, 255}, Link: link,
		Big: math.MaxUint64, Share: 0.25,
	}
}

// blank takes out of a page what the work gives and a program does not.
func blank(p page) page {
	p.Body = crdt.Text{}
	var ids func(l []task)
	ids = func(l []task) {
		for k := range l {
			l[k].ID = crdt.Elem{}
			if ids(l[k].Sub); len(l[k].Sub) == 0 {
				l[k].Sub = nil
			}
		}
	}
	ids(p.Tasks)
	ids(p.Plain)
	return p
}

// decode reads a page of a doc.
func decode(t testing.TB, d *crdt.Doc) page {
	t.Helper()
	p, err := crdt.Decode[page](d.View().Map("p"))
	must(t, err)
	return p
}

// TestFillDecode: what is filled in is decoded again, and filling it again writes
// nothing.
func TestFillDecode(t *testing.T) {
	a, _ := pair(t, "")
	want := newPage(a.ID())
	edit(t, a, func(tx *crdt.Tx) { crdt.Fill(tx.Map("p"), &want) })
	if got := blank(decode(t, a)); !reflect.DeepEqual(got, want) {
		t.Fatalf("decoded\n%+v\nof\n%+v", got, want)
	}
	_, err := a.Commit("")
	must(t, err)
	edit(t, a, func(tx *crdt.Tx) { crdt.Fill(tx.Map("p"), want) })
	edit(t, a, func(tx *crdt.Tx) { crdt.Fill(tx.Map("p"), decode2(t, tx)) })
	edit(t, a, func(tx *crdt.Tx) { crdt.Edit(tx.Map("p"), func(*page) error { return nil }) })
	edit(t, a, func(tx *crdt.Tx) {
		crdt.Edit(tx.Map("p"), func(p *page) error {
			*p = blank(*p)
			q := newPage(want.Link)
			p.Title, p.Meta, p.Tags, p.Names, p.Main, p.Sizes = q.Title, q.Meta, q.Tags, q.Names, q.Main, q.Sizes
			p.Tags[0], p.Tags[1] = p.Tags[1], p.Tags[0]
			p.Kept = "not of the work"
			back, err := crdt.Decode[page](tx.View().Map("p"))
			p.Tasks = back.Tasks
			return err
		})
	})
	if c, err := a.Commit(""); !errors.Is(err, crdt.ErrNothing) {
		t.Fatalf("what was there is written again: %d ops, %v", c.Ops, err)
	}
}

// decode2 decodes inside an Update.
func decode2(t testing.TB, tx *crdt.Tx) page {
	p, err := crdt.Decode[page](tx.View().Map("p"))
	must(t, err)
	return p
}

// TestEdit: an edit writes what differs, so that what others wrote meanwhile
// stays.
func TestEdit(t *testing.T) {
	a, b := pair(t, "")
	first := newPage(a.ID())
	edit(t, a, func(tx *crdt.Tx) { crdt.Fill(tx.Map("p"), first) })
	both(t, a, b)
	edit(t, a, func(tx *crdt.Tx) {
		crdt.Edit(tx.Map("p"), func(p *page) error {
			p.Title = "Rye " + p.Title
			p.Likes += 2
			p.Tags = append(p.Tags, "rye")
			p.Tasks[1].Done = false
			p.Tasks = append(p.Tasks, task{Text: "bake"})
			p.Meta["n"] = int64(2)
			p.Names = []string{"x", "z", "x"}
			return nil
		})
	})
	edit(t, b, func(tx *crdt.Tx) {
		crdt.Edit(tx.Map("p"), func(p *page) error {
			p.Title += " for all"
			p.Likes--
			p.Tags = p.Tags[1:]
			p.Tasks[1].Text += " long"
			p.Tasks = p.Tasks[1:]
			p.Meta["m"] = true
			delete(p.Sizes, "a")
			p.Main.W = 7
			p.Names = append(p.Names, "last")
			return nil
		})
	})
	both(t, a, b)
	want := first
	want.Title, want.Likes, want.Tags = "Rye Bread for all", 4, []string{"rye", "slow"}
	want.Tasks = []task{{Text: "wait long", Sub: first.Tasks[1].Sub}, {Text: "bake"}}
	want.Meta = map[string]any{"n": int64(2), "list": first.Meta["list"], "nil": nil, "m": true}
	want.Sizes, want.Main, want.Names = map[kind]size{"b": {3, 4}}, &size{7, 6}, []string{"x", "z", "x", "last"}
	if got := blank(decode(t, b)); !reflect.DeepEqual(got, blank(want)) {
		t.Fatalf("merged\n%+v\nwant\n%+v", got, want)
	}
	edit(t, a, func(tx *crdt.Tx) {
		crdt.Edit(tx.Map("p"), func(p *page) error { *p = page{}; return nil })
	})
	if got := blank(decode(t, a)); len(got.Tags)+len(got.Tasks)+len(got.Names)+len(got.Meta)+len(got.Sizes) > 0 ||
		got.Title != "" || got.Likes != 0 || got.Main != nil || got.Raw != nil || got.Link.Defined() || !got.Made.IsZero() {
		t.Fatalf("emptied: %+v", got)
	}
}

// TestEditNothing: an edit of nothing makes nothing, in an empty map too; keys
// that the struct does not name stay, and Fill deletes them.
func TestEditNothing(t *testing.T) {
	a, _ := pair(t, "")
	_, _ = a.Commit("")
	edit(t, a, func(tx *crdt.Tx) {
		crdt.Edit(tx.Map("p"), func(*page) error { return nil })
		crdt.Edit(tx.Map("p"), func(p *page) error {
			p.Tags, p.Meta, p.Raw, p.Kept = []string{}, map[string]any{}, nil, "x"
			return nil
		})
	})
	if c, err := a.Commit(""); !errors.Is(err, crdt.ErrNothing) {
		t.Fatalf("%d ops for nothing, %v", c.Ops, err)
	}
	edit(t, a, func(tx *crdt.Tx) {
		tx.Map("s").Put("other", 1)
		crdt.Edit(tx.Map("s"), func(s *size) error { s.W = 1; return nil })
	})
	if got := docJSON(t, a); got != `{"s":{"W":1,"other":1}}` {
		t.Fatal(got)
	}
	edit(t, a, func(tx *crdt.Tx) { crdt.Fill(tx.Map("s"), size{1, 2}) })
	if got := docJSON(t, a); got != `{"s":{"H":2,"W":1}}` {
		t.Fatal(got)
	}
	edit(t, a, func(tx *crdt.Tx) { crdt.Fill(tx.Map("s"), map[kind]any{"W": 1, "x": []int{1}}) })
	if got := docJSON(t, a); got != `{"s":{"W":1,"x":[1]}}` {
		t.Fatal(got)
	}
}

// TestEditOps: the edit of one field is one op.
func TestEditOps(t *testing.T) {
	a, _ := pair(t, "")
	first := newPage(a.ID())
	edit(t, a, func(tx *crdt.Tx) { crdt.Fill(tx.Map("p"), first) })
	for name, fn := range map[string]func(*page){
		"text":    func(p *page) { p.Title += "!" },
		"counter": func(p *page) { p.Likes++ },
		"set":     func(p *page) { p.Tags = append(p.Tags, "new") },
		"member":  func(p *page) { p.Tags = p.Tags[1:] },
		"deep":    func(p *page) { p.Tasks[1].Sub[0].Text += "s" },
		"element": func(p *page) { p.Tasks[0].Done = true },
		"value":   func(p *page) { p.Plain[0].Done = true },
		"any":     func(p *page) { p.Meta["list"].([]any)[3].(map[string]any)["a"] = int64(1) },
		"key":     func(p *page) { delete(p.Meta, "nil") },
		"number":  func(p *page) { p.Big-- },
		"made":    func(p *page) { p.Made = p.Made.Add(1) },
	} {
		_, _ = a.Commit("")
		edit(t, a, func(tx *crdt.Tx) { crdt.Edit(tx.Map("p"), func(p *page) error { fn(p); return nil }) })
		if c, err := a.Commit(""); err != nil || c.Ops != 1 {
			t.Errorf("%s: %d ops, %v", name, c.Ops, err)
		}
	}
}

// TestEditFails: the error of the function, a value that does not fit and an id
// of nothing doom the Update, and nothing changes.
func TestEditFails(t *testing.T) {
	a, _ := pair(t, "")
	first := newPage(a.ID())
	edit(t, a, func(tx *crdt.Tx) { crdt.Fill(tx.Map("p"), first) })
	was, err := a.View().MarshalJSON()
	must(t, err)
	for name, c := range map[string]struct {
		fn   func(p *page) error
		path string
		err  error
	}{
		"own error": {func(p *page) error { p.Likes = 9; return errPlanned }, "", errPlanned},
		"UTF-8":     {func(p *page) error { p.Title = "a\xff"; return nil }, "", crdt.ErrMalformed},
		"NaN":       {func(p *page) error { p.Meta["x"] = math.NaN(); return nil }, "/meta/x", crdt.ErrMalformed},
		"func":      {func(p *page) error { p.Any = func() {}; return nil }, "/any", crdt.ErrMalformed},
		"deep":      {func(p *page) error { p.Any = nest(200); return nil }, "/any", crdt.ErrLimit},
		"twice":     {func(p *page) error { p.Tasks = append(p.Tasks, p.Tasks[0]); return nil }, "/tasks/2", crdt.ErrNotFound},
		"long key":  {func(p *page) error { p.Meta[strings.Repeat("k", 5000)] = 1; return nil }, "", crdt.ErrLimit},
	} {
		err := a.Update(func(tx *crdt.Tx) error {
			tx.Put("other", 1)
			crdt.Edit(tx.Map("p"), c.fn)
			return nil
		})
		var f *crdt.FieldError
		if !errors.Is(err, c.err) || c.path != "" && (!errors.As(err, &f) || !strings.HasPrefix(f.Path, c.path)) {
			t.Errorf("%s: %v", name, err)
		}
		if now, _ := a.View().MarshalJSON(); string(now) != string(was) {
			t.Fatalf("%s: left %s", name, now)
		}
	}
}

// nest is a list n deep.
func nest(n int) any {
	var x any = int64(1)
	for range n {
		x = []any{x}
	}
	return x
}

// TestDecodeFails: what does not fit is named by its path.
func TestDecodeFails(t *testing.T) {
	a, _ := pair(t, "")
	for _, c := range []struct {
		path string
		put  func(m crdt.MapTx)
	}{
		{"/big", func(m crdt.MapTx) { m.Put("big", -1) }},
		{"/share", func(m crdt.MapTx) { m.Put("share", 0.1) }},
		{"/share", func(m crdt.MapTx) { m.Put("share", 1<<24+1) }},
		{"/made", func(m crdt.MapTx) { m.Put("made", "yesterday") }},
		{"/tasks/1/done", func(m crdt.MapTx) {
			l := m.List("tasks")
			l.InsertMap(0)
			_, x := l.InsertMap(1)
			x.Put("done", "no")
		}},
		{"/sizes/a~1b/W", func(m crdt.MapTx) { m.Map("sizes").Map("a/b").Put("W", 2.5) }},
		{"/names", func(m crdt.MapTx) { m.Put("names", "x") }},
		{"/link", func(m crdt.MapTx) { m.Put("link", "x") }},
		{"/raw", func(m crdt.MapTx) { m.Put("raw", "x") }},
		{"/main", func(m crdt.MapTx) { m.Put("main", 3) }},
	} {
		edit(t, a, func(tx *crdt.Tx) { tx.Delete("p"); c.put(tx.Map("").Map("p")) })
		_, err := crdt.Decode[page](a.View().Map("").Map("p"))
		var f *crdt.FieldError
		if !errors.As(err, &f) || f.Path != c.path || !errors.Is(err, crdt.ErrMalformed) {
			t.Errorf("%s: %v", c.path, err)
		}
	}
}

// TestTags: tags that do not fit their field are refused.
func TestTags(t *testing.T) {
	a, _ := pair(t, "")
	try := func(name string, x any) {
		err := a.Update(func(tx *crdt.Tx) error { crdt.Fill(tx.Map("x"), x); return nil })
		if !errors.Is(err, crdt.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	try("unknown option", struct {
		A int `crdt:"a,texts"`
	}{})
	try("text of a number", struct {
		A int `crdt:"a,text"`
	}{})
	try("counter of a float", struct {
		A float64 `crdt:"a,counter"`
	}{})
	try("set of a map", struct {
		A map[string]int `crdt:"a,set"`
	}{})
	try("id that is none", struct {
		A string `crdt:",id"`
	}{})
	try("key twice", struct {
		A int `crdt:"a"`
		B int `crdt:"a"`
	}{})
	try("two kinds", struct {
		A string `crdt:"a,text,value"`
	}{})
	try("channel", struct{ A chan int }{make(chan int)})
	try("no struct", 3)
	try("nil", nil)
	try("a map of ints", map[int]string{1: "a"})
}

// TestAs: numbers convert where they are the same, and not otherwise.
func TestAs(t *testing.T) {
	val := func(x any) crdt.Value {
		v, err := crdt.NewValue(x)
		must(t, err)
		return v
	}
	yes(t, val(uint64(math.MaxUint64)), uint64(math.MaxUint64))
	yes(t, val(int64(1<<53+1)), int64(1<<53+1))
	yes(t, val(int64(1<<53)), float64(1<<53))
	yes(t, val(int64(1<<60)), float64(1<<60))
	yes(t, val(7), kindOfInt(7))
	yes(t, val(0.5), float32(0.5))
	yes(t, val("2026-11-25T04:00:00Z"), time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
	yes(t, val([]any{1, 2}), []int{1, 2})
	yes(t, val(map[string]any{"W": 1, "H": 2, "Z": 3}), size{1, 2})
	yes(t, val(map[string]any{"a": []any{true}}), map[kind][]bool{"a": {true}})
	yes(t, val(nil), (*int)(nil))
	yes(t, val([]byte{1}), []byte{1})
	no[float64](t, val(int64(1<<53+1)))
	no[int64](t, val(uint64(math.MaxUint64)))
	no[uint64](t, val(-1))
	no[int8](t, val(128))
	no[uint32](t, val(int64(1)<<32))
	no[float32](t, val(0.1))
	no[int](t, val(1.5))
	no[int](t, val("1"))
	no[string](t, val(1))
	no[int](t, val(nil))
	no[int](t, crdt.Value{})
	no[chan int](t, val(1))
	no[float64](t, val(uint64(math.MaxUint64)))
	no[float64](t, val(int64(math.MaxInt64)))
}

type kindOfInt int16

// yes fails unless a value is exactly x.
func yes[T any](t testing.TB, v crdt.Value, x T) {
	t.Helper()
	if got, err := crdt.As[T](v); err != nil || !reflect.DeepEqual(got, x) {
		t.Errorf("%v, %v, want %v", got, err, x)
	}
}

// no fails unless a value is refused as a T.
func no[T any](t testing.TB, v crdt.Value) {
	t.Helper()
	if got, err := crdt.As[T](v); !errors.Is(err, crdt.ErrMalformed) {
		t.Errorf("%v of %v as %T, %v", got, v.Any(), got, err)
	}
}

// TestAsContainers: containers convert to handles and to Go values.
func TestAsContainers(t *testing.T) {
	a, _ := pair(t, "words")
	edit(t, a, func(tx *crdt.Tx) {
		tx.Map("").Text("text").Append("abc")
		tx.Map("").Counter("n").Add(4)
		tx.Map("").Set("s").Add("y", "x")
		tx.Map("").List("l").Insert(0, 1, 2)
		tx.Map("").Map("m").Put("W", 8)
	})
	v := a.View()
	yes(t, v.Get("text"), "abc")
	yes(t, v.Get("n"), uint8(4))
	yes(t, v.Get("s"), []string{"x", "y"})
	yes(t, v.Get("l"), []int{1, 2})
	yes(t, v.Get("m"), size{W: 8})
	if h, err := crdt.As[crdt.Map](v.Get("m")); err != nil || h.Len() != 1 {
		t.Error(err)
	}
	no[crdt.Map](t, v.Get("l"))
	no[int](t, v.Get("m"))
	m, err := crdt.Decode[map[string]any](v.Map(""))
	must(t, err)
	want := map[string]any{"text": "abc", "n": int64(4), "s": []any{"x", "y"}, "l": []any{int64(1), int64(2)}, "m": map[string]any{"W": int64(8)}}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("%v", m)
	}
}

// TestConflicts: a text and a value that two people put under one key at the same
// time do not keep either from editing.
func TestConflicts(t *testing.T) {
	type note struct {
		Body string `crdt:"body,text"`
		Box  size   `crdt:"box"`
	}
	for round := range 6 {
		a, err := crdt.New(newKey(fmt.Sprint("ann", round)))
		must(t, err)
		b, err := a.Clone(newKey(fmt.Sprint("ben", round)))
		must(t, err)
		edit(t, a, func(tx *crdt.Tx) { crdt.Fill(tx.Map("p"), note{"words", size{1, 2}}) })
		edit(t, b, func(tx *crdt.Tx) { tx.Map("p").Put("body", "plain"); tx.Map("p").Put("box", 7) })
		both(t, a, b)
		edit(t, a, func(tx *crdt.Tx) {
			crdt.Edit(tx.Map("p"), func(n *note) error { n.Body += " more"; n.Box.W++; return nil })
		})
		n, err := crdt.Decode[note](a.View().Map("p"))
		if err != nil || n != (note{"words more", size{2, 2}}) {
			t.Fatalf("%+v, %v", n, err)
		}
		edit(t, b, func(tx *crdt.Tx) { crdt.Fill(tx.Map("p"), note{"filled", size{3, 4}}) })
		if j, err := b.View().Map("p").MarshalJSON(); err != nil || string(j) != `{"body":"filled","box":{"H":4,"W":3}}` {
			t.Fatalf("%s, %v", j, err)
		}
		both(t, a, b)
	}
}

// A program keeps its data in structs; two people edit them apart.
func ExampleEdit() {
	type Recipe struct {
		Title string   `crdt:"title,text"`
		Cups  int      `crdt:"cups"`
		Tags  []string `crdt:"tags,set"`
	}
	a, err := crdt.New(newKey("ann"))
	check(err)
	check(a.Update(func(tx *crdt.Tx) error {
		crdt.Fill(tx.Map("recipe"), Recipe{"Bread", 3, []string{"slow"}})
		return nil
	}))
	b, err := a.Clone(newKey("ben"))
	check(err)
	edit := func(d *crdt.Doc, fn func(*Recipe) error) {
		check(d.Update(func(tx *crdt.Tx) error { crdt.Edit(tx.Map("recipe"), fn); return nil }))
	}
	edit(a, func(r *Recipe) error { r.Title = "Rye " + r.Title; return nil })
	edit(b, func(r *Recipe) error { r.Title += " for two"; r.Cups = 1; r.Tags = append(r.Tags, "small"); return nil })
	check(a.Merge(b))
	r, err := crdt.Decode[Recipe](a.View().Map("recipe"))
	check(err)
	fmt.Printf("%q %d %q\n", r.Title, r.Cups, r.Tags)
	// Output: "Rye Bread for two" 1 ["slow" "small"]
}

// change changes one or two fields of a page at random.
func change(r *rand.Rand, p *page) {
	word := func() string { return letters[r.IntN(len(letters))] }
	for range 1 + r.IntN(2) {
		switch r.IntN(10) {
		case 0:
			p.Title = word() + p.Title
		case 1:
			p.Likes = r.Int64() - r.Int64()
		case 2:
			p.Tags = nil
			for _, w := range letters {
				if r.IntN(3) == 0 {
					p.Tags = append(p.Tags, w)
				}
			}
			slices.SortFunc(p.Tags, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
		case 3, 4:
			p.Tasks = tasks(r, p.Tasks, 2)
		case 5:
			p.Names = slices.Insert(p.Names, r.IntN(len(p.Names)+1), word())
			if r.IntN(2) == 0 {
				p.Names = slices.Delete(p.Names, 0, 1+r.IntN(len(p.Names)))
			}
		case 6:
			if p.Meta == nil {
				p.Meta = map[string]any{}
			}
			p.Meta[word()] = []any{nil, word(), int64(r.IntN(5)), map[string]any{word(): true}, []any{2.5}}[r.IntN(5)]
			if r.IntN(3) == 0 {
				delete(p.Meta, word())
			}
		case 7:
			p.Main = []*size{nil, {1, r.IntN(3)}}[r.IntN(2)]
		case 8:
			if p.Sizes == nil {
				p.Sizes = map[kind]size{}
			}
			p.Sizes[kind(word())] = size{r.IntN(2), r.IntN(2)}
		default:
			p.Plain = tasks(r, p.Plain, 0)
			p.Raw = []byte(word())
		}
	}
}

// tasks inserts, deletes and changes tasks at random; those that stay keep their
// ids and their order.
func tasks(r *rand.Rand, l []task, depth int) []task {
	var out []task
	for _, x := range l {
		for r.IntN(4) == 0 {
			out = append(out, task{Text: letters[r.IntN(len(letters))], Done: r.IntN(2) == 0})
		}
		switch r.IntN(4) {
		case 0:
			continue
		case 1:
			x.Text += "!"
		case 2:
			if depth > 0 {
				x.Sub = tasks(r, x.Sub, depth-1)
			}
		}
		out = append(out, x)
	}
	if len(out) < 4 {
		out = append(out, task{Text: "last"})
	}
	return out
}

// full makes nil of what is empty, deep down.
func full(p page) page {
	p = blank(p)
	for _, f := range []any{&p.Tags, &p.Tasks, &p.Plain, &p.Names, &p.Raw, &p.Meta, &p.Sizes} {
		if x := reflect.ValueOf(f).Elem(); x.Len() == 0 {
			x.SetZero()
		}
	}
	return p
}

// copied is a page that shares nothing with p but the ids.
func copied(p page) page {
	p.Tags, p.Names, p.Raw = slices.Clone(p.Tags), slices.Clone(p.Names), slices.Clone(p.Raw)
	p.Meta, p.Sizes = maps.Clone(p.Meta), maps.Clone(p.Sizes)
	var deep func(l []task) []task
	deep = func(l []task) []task {
		l = slices.Clone(l)
		for k := range l {
			l[k].Sub = deep(l[k].Sub)
		}
		return l
	}
	p.Tasks, p.Plain = deep(p.Tasks), deep(p.Plain)
	return p
}

// TestEditRandom: whatever is edited is decoded again; an edit of nothing writes
// nothing; filling in any page makes the map be that.
func TestEditRandom(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 8
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 14))
		a, _ := pair(t, "")
		var old []page
		for step := range 25 {
			var want page
			edit(t, a, func(tx *crdt.Tx) {
				if len(old) > 0 && r.IntN(6) == 0 {
					want = blank(copied(old[r.IntN(len(old))]))
					crdt.Fill(tx.Map("p"), want)
					return
				}
				crdt.Edit(tx.Map("p"), func(p *page) error {
					change(r, p)
					want = copied(*p)
					return nil
				})
			})
			got := decode(t, a)
			old = append(old, got)
			if x, y := full(copied(got)), full(want); !reflect.DeepEqual(x, y) {
				t.Fatalf("seed %d, step %d: decoded\n%+v\nof\n%+v", seed, step, x, y)
			}
			must(t, a.CheckRooms())
			_, _ = a.Commit("")
			edit(t, a, func(tx *crdt.Tx) {
				crdt.Edit(tx.Map("p"), func(p *page) error { *p = copied(*p); return nil })
			})
			if c, err := a.Commit(""); !errors.Is(err, crdt.ErrNothing) {
				t.Fatalf("seed %d, step %d: %d ops for nothing, %v", seed, step, c.Ops, err)
			}
		}
	}
}
