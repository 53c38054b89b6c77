package crdt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// root is a root container.
func root(kind block.Kind, name string) block.Container {
	return block.Container{Kind: kind, Name: name}
}

// worded is ops of every kind that has words, and their words.
func worded(t testing.TB) ([]byte, []block.Op) {
	v, err := block.EncodeValue("v")
	must(t, err)
	n := uint32(len(v))
	words := append([]byte("h\xc3\xa9"), v...)
	words = append(words, v...)
	words = append(words, v...)
	words = append(words, "note"...)
	return words, []block.Op{
		{Code: block.OpText, C: root(block.KindText, "t"), Side: block.Right, Runes: 2, Bytes: 3},
		{Code: block.OpPut, C: root(block.KindMap, "m"), Key: "k", Bytes: n},
		{Code: block.OpValues, C: root(block.KindList, "l"), Side: block.Right, Lens: []uint32{n}},
		{Code: block.OpAdd, C: root(block.KindSet, "s"), Lens: []uint32{n}},
		{Code: block.OpStep, C: root(block.KindCounter, "c"), Amount: 7},
		{Code: block.OpNote, Bytes: 4},
	}
}

// TestWords: words that are missing, of another length or no UTF-8 never change
// heads, winners or validity; right ones that come late fill in.
func TestWords(t *testing.T) {
	words, ops := worded(t)
	bad := map[string]func(w []byte) []byte{
		"missing":      func(w []byte) []byte { return nil },
		"short":        func(w []byte) []byte { return w[:len(w)-1] },
		"long":         func(w []byte) []byte { return append(w[:len(w):len(w)], 'x') },
		"other":        func(w []byte) []byte { b := append([]byte(nil), w...); b[0] ^= 1; return b },
		"empty":        func(w []byte) []byte { return []byte{} },
		"far too long": func(w []byte) []byte { return make([]byte, 1<<20) },
	}
	for name, spoil := range bad {
		t.Run(name, func(t *testing.T) {
			a, b := honest(t, "words "+name)
			f := &forger{t, newKey("ann"), a}
			it := f.change(words, ops...)
			must(t, f.give(a, it))
			lame := it
			lame.Words = spoil(words)
			if err := f.give(b, lame); err != nil && !errors.Is(err, crdt.ErrHash) {
				t.Errorf("error %v", err)
			}
			sameButWords(t, a, b)
			must(t, b.CheckRooms())
			// Others build on what they cannot read.
			must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("z"); tx.Map("n").Put("k", 1); return nil }))
			must(t, a.Merge(b))
			sameButWords(t, a, b)
			must(t, f.give(b, it))
			same(t, a, b)
			works(t, a, b)
		})
	}
	for name, w := range map[string]string{"no UTF-8": "h\xc3\x28", "surrogate": "\xed\xa0\x80", "one rune too few": "abc", "overlong": "h\xc0\x80"} {
		t.Run(name, func(t *testing.T) {
			a, b := honest(t, "content "+name)
			f := &forger{t, newKey("ann"), a}
			broken := append([]byte(w), words[3:]...)
			it := f.change(broken, ops...) // the hash is right, the words are not what the ops say
			must(t, f.give(a, it))
			lame := it
			lame.Words = nil
			must(t, f.give(b, lame))
			same(t, a, b) // absent for ever
			must(t, f.give(b, it))
			same(t, a, b)
			if v := b.View().Map("m").Get("k"); !v.Exists() || (v.By() == f.key.Author() && !v.Withheld()) {
				t.Errorf("key shows %v", v.Any())
			}
			works(t, a, b)
		})
	}
}

// sameButWords fails unless heads, winners and who wrote them are the same.
func sameButWords(t testing.TB, full, lame *crdt.Doc) {
	t.Helper()
	if full.Heads() != lame.Heads() {
		t.Errorf("heads %v and %v", full.Heads(), lame.Heads())
	}
	var x, y []crdt.Author
	for _, by := range full.View().Map("m").Conflicts("k") {
		x = append(x, by)
	}
	withheld := 0
	for v, by := range lame.View().Map("m").Conflicts("k") {
		y = append(y, by)
		if v.Withheld() {
			withheld++
		}
	}
	if len(x) != len(y) || x[0] != y[0] || x[1] != y[1] || withheld != 1 {
		t.Errorf("winners %v and %v, %d withheld", x, y, withheld)
	}
	n, err := lame.View().Counter("c").Int()
	if must(t, err); n != 12 {
		t.Errorf("a step without words counts not: %d", n)
	}
}

// TestForeign: batches and genesis blocks of other works are refused whole.
func TestForeign(t *testing.T) {
	a, b := honest(t, "foreign")
	x, _ := honest(t, "foreign other")
	batch, err := x.Since(crdt.Version{})
	must(t, err)
	was := footprint(t, b)
	if _, err := b.Apply(batch); !errors.Is(err, crdt.ErrForeign) {
		t.Errorf("a batch of another work: %v", err)
	}
	if err := b.Merge(x); !errors.Is(err, crdt.ErrForeign) {
		t.Errorf("another work: %v", err)
	}
	if got := footprint(t, b); got != was {
		t.Errorf("another work left something")
	}
	lie := bridge.Bundle{Work: bridge.Of(a).Work(), Items: rawsOf(x)} // under our name
	refused(t, b, lie, crdt.ErrForeign)
	f := &forger{t, newKey("ann"), a}
	h := block.Header{By: block.Key(f.key.Author()), Parents: []block.ID{headOf(t, a)}, Work: bridge.Of(x).Work()}
	refused(t, b, bridge.Bundle{Work: lie.Work, Items: []bridge.Item{f.encode(h, nil, block.Op{Code: block.OpStep, C: root(block.KindCounter, "c"), Amount: 1})}}, crdt.ErrForeign)
	empty, err := crdt.Join(newKey("empty"), a.ID())
	must(t, err)
	if err := give(empty, lie); !errors.Is(err, crdt.ErrForeign) || !empty.Heads().IsZero() {
		t.Errorf("an empty replica took another work: %v, %v", err, empty.Heads())
	}
	if err := empty.Update(func(tx *crdt.Tx) error { return nil }); !errors.Is(err, crdt.ErrEmpty) {
		t.Errorf("an edit before the work has arrived: %v", err)
	}
	must(t, empty.Merge(a))
	works(t, empty, b)
	works(t, a, b)
}

// TestGenesisLast: everything before the genesis, one by one, children first.
func TestGenesisLast(t *testing.T) {
	a, b := honest(t, "genesis last")
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("b"); return nil }))
	must(t, a.Merge(b))
	batch, err := a.Since(crdt.Version{})
	must(t, err)
	late, err := crdt.Join(newKey("late"), a.ID())
	must(t, err)
	for k := batch.Len() - 1; k >= 0; k-- {
		_, err := late.Apply(batch.Slice(k, k+1))
		must(t, err)
		must(t, late.CheckRooms())
	}
	same(t, a, late)
	works(t, a, late)
}

// otherRules has another name.
type otherRules struct{ tally }

func (otherRules) Name() string { return "other" }

// brokenRules refuse to start.
type brokenRules struct{ tally }

func (brokenRules) Start(crdt.History, crdt.Value) (crdt.Judge, error) { return nil, errPlanned }

// TestRulesMissing: a work whose genesis names rules opens only with them.
func TestRulesMissing(t *testing.T) {
	a, err := crdt.New(newKey("rules"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("x"); return nil }))
	batch, err := a.Since(crdt.Version{})
	must(t, err)
	for name, opts := range map[string][]crdt.Option{
		"none": nil, "other": {crdt.WithRules(otherRules{}, crdt.Value{})}, "broken": {crdt.WithRules(brokenRules{}, crdt.Value{})},
	} {
		if _, err := a.Clone(newKey("rules b"), opts...); !errors.Is(err, crdt.ErrRules) {
			t.Errorf("%s: clone: %v", name, err)
		}
		d, err := crdt.Join(newKey("rules b"), a.ID(), opts...)
		must(t, err)
		if _, err := d.Apply(batch); !errors.Is(err, crdt.ErrRules) {
			t.Errorf("%s: apply: %v", name, err)
		}
		for k := range batch.Len() {
			d.Apply(batch.Slice(batch.Len()-1-k, batch.Len()-k))
		}
		if !d.Heads().IsZero() || d.View().Text("t").String() != "" {
			t.Errorf("%s: the work opened", name)
		}
		must(t, d.CheckRooms())
	}
	if _, err := crdt.New(newKey("x"), crdt.WithRules(brokenRules{}, crdt.Value{})); !errors.Is(err, crdt.ErrRules) {
		t.Errorf("a work under rules that do not start: %v", err)
	}
	b, err := a.Clone(newKey("rules b"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	works(t, a, b)
}

// TestForkedParts: a key forks inside an Update of several parts, and one of the
// two ends is voted off: every order shows the same.
func TestForkedParts(t *testing.T) {
	seen := map[string]bool{}
	for round := range 8 {
		a, err := crdt.New(newKey("parts"), crdt.WithRules(tally{}, crdt.Value{}))
		must(t, err)
		f := &forger{t, newKey("forker"), a}
		part := f.encode(block.Header{By: block.Key(f.key.Author()), Parents: []block.ID{headOf(t, a)}, Work: bridge.Of(a).Work(), More: true},
			[]byte("p"), textOp("t", "p"))
		one, two := f.after(part, []byte("1"), textOp("u", "1")), f.after(part, []byte("2"), textOp("u", "2"))
		if round&1 > 0 {
			one, two = two, one
		}
		if err := f.give(a, part, one); err == nil {
			t.Fatalf("a signature on a part that another follows is taken")
		}
		must(t, give(a, bridge.Bundle{Work: bridge.Of(a).Work(), Items: []bridge.Item{part, one}, Sigs: []bridge.Sig{f.sign(one)}}))
		if round&2 > 0 {
			must(t, f.give(a, two))
		}
		off := one
		if round&4 > 0 {
			off = two
		}
		must(t, a.Update(func(tx *crdt.Tx) error { tx.Act("off", block.ID(off.ID).ChangeCID().String()); return nil }))
		must(t, f.give(a, two))
		_, err = a.Commit("")
		if err != nil && !errors.Is(err, crdt.ErrNothing) {
			t.Fatal(err)
		}
		b, err := a.Clone(newKey("parts b"), crdt.WithRules(tally{}, crdt.Value{}))
		must(t, err)
		same(t, a, b)
		view, err := a.At(a.Heads())
		must(t, err)
		seen[a.View().Text("t").String()] = true
		if view.Text("t").String() != b.View().Text("t").String() {
			t.Errorf("round %d: text %q and %q", round, view.Text("t"), b.View().Text("t"))
		}
	}
	if len(seen) != 1 || !seen["p"] {
		t.Errorf("the part shows by order of arrival: %v", seen)
	}
}

// TestPartsJudged: the parts of one Update are judged as their last part, whatever
// is said about the others.
func TestPartsJudged(t *testing.T) {
	a, err := crdt.New(newKey("judged"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	b, err := a.Clone(newKey("judged b"), crdt.WithRules(tally{}, crdt.Value{}))
	must(t, err)
	must(t, a.Update(func(tx *crdt.Tx) error {
		for k := range 3 {
			tx.Text("t").Append(string(rune('0' + k)))
			tx.Put("big", strings.Repeat("x", 500<<10))
			tx.Counter("c").Add(1)
		}
		tx.Put("big", "no more")
		return nil
	}))
	must(t, b.Merge(a))
	var parts []*twChange
	for _, x := range newTwin(rawsOf(a)).list {
		if x.c.Seq > 0 {
			parts = append(parts, x)
		}
	}
	if len(parts) < 3 {
		t.Fatalf("%d parts", len(parts))
	}
	show := func() string {
		for _, d := range []*crdt.Doc{a, b} {
			must(t, d.CheckRooms())
			tw := newTwin(rawsOf(d))
			json, err := d.View().MarshalJSON()
			must(t, err)
			if string(json) != tw.JSON() {
				t.Errorf("%s, the twin says %s", json, tw.JSON())
			}
		}
		same(t, a, b)
		late, err := b.Clone(newKey("judged late"), crdt.WithRules(tally{}, crdt.Value{}))
		must(t, err)
		same(t, b, late)
		return b.View().Text("t").String()
	}
	vote := func(kind string, x *twChange) string {
		must(t, b.Update(func(tx *crdt.Tx) error { tx.Act(kind, x.id.ChangeCID().String()); return nil }))
		must(t, a.Merge(b))
		must(t, b.Merge(a))
		return show()
	}
	last := len(parts) - 1
	got := []string{show(), vote("off", parts[0]), vote("off", parts[1]), vote("off", parts[last]), vote("on", parts[0]), vote("on", parts[last])}
	if want := "[012 012 012   012]"; fmt.Sprint(got) != want {
		t.Errorf("text %v, want %v", got, want)
	}
}
