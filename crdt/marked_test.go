package crdt_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// errTried takes an Update back that was only tried.
var errTried = errors.New("tried")

// typedAt are the marks that a letter shows which is typed at each position of a text, by
// name; what is tried is taken back.
func typedAt(t testing.TB, d *crdt.Doc) (out []map[string]string) {
	t.Helper()
	for i := range d.View().Text("t").Len() + 1 {
		shows := map[string]string{}
		err := d.Update(func(tx *crdt.Tx) error {
			tx.Text("t").Insert(i, "x")
			for name, v := range tx.View().Text("t").MarksAt(i) {
				shows[name] = fmt.Sprint(v.Any())
			}
			return errTried
		})
		if !errors.Is(err, errTried) {
			t.Fatal(err)
		}
		out = append(out, shows)
	}
	return out
}

// growTwin is the same by the stretches of marks and how they expand.
func growTwin(x crdt.Text) (out []map[string]string) {
	for i := range x.Len() + 1 {
		shows := map[string]string{}
		for m := range x.Marks() {
			if m.From < i && i < m.To || m.From == i && m.Expand&crdt.ExpandBefore != 0 || m.To == i && m.Expand&crdt.ExpandAfter != 0 {
				shows[crdt.Mark{Key: m.Key, ID: m.ID}.Name()] = fmt.Sprint(m.Value.Any())
			}
		}
		out = append(out, shows)
	}
	return out
}

// forgetThird takes from what typed text shows what neither neighbour does: a mark that
// goes on below those that the two show, or that one shows and the other hides. No stretch
// tells of it. It returns how often that is so.
func forgetThird(x crdt.Text, typed []map[string]string) (n int) {
	for i, shows := range typed {
		left, right := x.MarksAt(i-1), x.MarksAt(i)
		for name, v := range shows {
			if l, r := left[name], right[name]; !(l.Exists() && fmt.Sprint(l.Any()) == v) && !(r.Exists() && fmt.Sprint(r.Any()) == v) {
				delete(shows, name)
				n++
			}
		}
	}
	return n
}

// alikeMarks fails unless two of these are the same.
func alikeMarks(t testing.TB, what string, x crdt.Text, got, want []map[string]string) {
	t.Helper()
	for i := range want {
		if !maps.Equal(got[i], want[i]) {
			for m := range x.Marks() {
				t.Logf("%+v %v", m, m.Value.Any())
			}
			t.Fatalf("%s: %q: typed at %d of %d shows %v, want %v", what, x.String(), i, len(want), got[i], want[i])
		}
	}
}

// TestMarkedExpand: the stretches that a text says its marks show, and how they expand,
// tell what text shows that is typed anywhere; and a text in which just these are put
// over the same words shows the same, there and wherever somebody types.
func TestMarkedExpand(t *testing.T) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 40
	}
	grow := map[crdt.Expand]int{}
	places, third := 0, 0
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 77))
		a, b := mirrorPair(t, "the words that are here")
		for range 3 + r.IntN(12) {
			for _, d := range []*crdt.Doc{a, b} {
				editText(t, d, func(x crdt.TextTx) {
					i := r.IntN(x.Len() + 1)
					j := i + r.IntN(x.Len()-i+1)
					m := crdt.Mark{Key: string(rune('a' + r.IntN(2))), Value: r.IntN(2), Expand: crdt.Expand(r.IntN(4))}
					switch r.IntN(8) {
					case 0:
						x.Delete(i, min(j, i+4))
					case 1:
						x.Insert(i, "yz")
					case 2:
						x.Unmark(i, j, m.Key)
					case 3:
						if seed%2 == 0 {
							x.Split(i, crdt.Block{Kind: "item"})
						}
					default:
						x.Mark(i, j, m)
					}
				})
			}
			if r.IntN(2) == 0 {
				must(t, a.Merge(b))
				must(t, b.Merge(a))
			}
		}
		must(t, a.Merge(b))
		x := a.View().Text("t")
		want := typedAt(t, a)
		places += len(want)
		third += forgetThird(x, want)
		alikeMarks(t, fmt.Sprint("seed ", seed), x, growTwin(x), want)
		for m := range x.Marks() {
			grow[m.Expand]++
		}
		if seed%2 == 0 {
			continue // a copy has no blocks, at which marks stop to grow
		}
		c, err := crdt.New(newKey("cyd"))
		must(t, err)
		editText(t, c, func(y crdt.TextTx) {
			y.Append(x.String())
			for m := range x.Marks() {
				y.Mark(m.From, m.To, crdt.Mark{Key: m.Key, ID: m.ID, Value: m.Value.Any(), Expand: m.Expand})
			}
		})
		alikeMarks(t, fmt.Sprint("copy of seed ", seed), c.View().Text("t"), typedAt(t, c), want)
	}
	t.Logf("stretches by how they expand: %v; %d places, at %d a mark below", grow, places, third)
	if third > places/100 {
		t.Errorf("at %d of %d places text shows what no neighbour does", third, places)
	}
	for e := crdt.ExpandNone; e <= crdt.ExpandBoth; e++ {
		if grow[e] == 0 {
			t.Errorf("no stretch expands as %d", e)
		}
	}
}
