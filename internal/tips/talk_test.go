package tips

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// found is what one side of a talk was told.
type found struct{ mine, theirs []Tip }

func (f *found) onMine(e Entry) { f.mine = append(f.mine, e.Tip) }
func (f *found) onTheirs(x Tip) { f.theirs = append(f.theirs, x) }

// talked is what came of a talk.
type talked struct {
	a, b         found
	bytes, steps int
}

// talk has two sides talk, a leading; limit is the length of messages.
func talk(t testing.TB, a, b Tree, limit int) (r talked) {
	t.Helper()
	salt := Salt{7, byte(a.Len()), byte(b.Len())}
	offer := a.Offer(salt)
	r.bytes = len(offer)
	lead := Lead(a, salt, r.a.onMine, r.a.onTheirs)
	follow, err := Follow(b, salt, offer, r.b.onMine, r.b.onTheirs)
	if err != nil {
		t.Fatal(err)
	}
	sides := [2]*Talk{lead, follow}
	r.run(t, sides, 1, limit)
	return r
}

// run has two sides talk until both are done; who is the one whose turn it is.
func (r *talked) run(t testing.TB, sides [2]*Talk, who, limit int) {
	t.Helper()
	for ; !sides[0].Done() || !sides[1].Done(); who = 1 - who {
		if r.steps++; r.steps > MaxSteps {
			t.Fatal("it does not end")
		}
		if !sides[who].Turn() || sides[1-who].Turn() {
			t.Fatalf("step %d: whose turn is it?", r.steps)
		}
		for sides[who].Turn() {
			b := sides[who].Next(limit)
			if len(b) > max(limit, maxEntry) {
				t.Fatalf("a message of %d bytes", len(b))
			}
			r.bytes += len(b)
			if err := sides[1-who].Take(b); err != nil {
				t.Fatal(err)
			}
			for _, k := range sides {
				if err := k.check(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// minus is what of a is not in b, sorted.
func minus(a, b Tree) (out []Tip) {
	for e := range a.All() {
		if !b.Has(e.Tip) {
			out = append(out, e.Tip)
		}
	}
	return out
}

// same compares two lists, the first in any order.
func same(t testing.TB, what string, got, want []Tip) {
	t.Helper()
	got = slices.Clone(got)
	slices.SortFunc(got, Compare)
	if !slices.Equal(got, want) {
		t.Fatalf("%s: %d tips, want %d", what, len(got), len(want))
	}
}

// exact demands that both sides know the difference, each tip named once.
func (r *talked) exact(t testing.TB, a, b Tree) {
	t.Helper()
	same(t, "a's own", r.a.mine, minus(a, b))
	same(t, "b's own, told by b", r.b.mine, minus(b, a))
	same(t, "b's own, heard by a", r.a.theirs, minus(b, a))
	same(t, "a's own, heard by b", r.b.theirs, minus(a, b))
}

// treeOf makes a tree.
func treeOf(list []Tip) Tree {
	var in []Entry
	for i, x := range list {
		in = append(in, Entry{x, int32(i)})
	}
	return Tree{}.With(nil, in)
}

// Two random sets, with forks and without: both sides find exactly the difference.
func TestTalkIsExact(t *testing.T) {
	pairs := 1000
	if testing.Short() {
		pairs = 200
	}
	for seed := range uint64(pairs) {
		rng := rand.New(rand.NewPCG(seed, 2))
		authors := 1 + rng.IntN(200)
		if rng.IntN(3) == 0 {
			authors = 1 + rng.IntN(3)
		}
		sizes := []int{5, 60, 700}
		var both, onlyA, onlyB []Tip
		for range rng.IntN(sizes[rng.IntN(3)]) {
			both = append(both, someTip(rng, authors))
		}
		for range rng.IntN(sizes[rng.IntN(3)]) {
			onlyA = append(onlyA, someTip(rng, authors))
		}
		for range rng.IntN(sizes[rng.IntN(3)]) {
			onlyB = append(onlyB, someTip(rng, authors))
		}
		a, b := treeOf(append(onlyA, both...)), treeOf(append(onlyB, both...))
		if a.Len() == 0 {
			a = treeOf([]Tip{someTip(rng, 5)})
		}
		r := talk(t, a, b, 20_000+rng.IntN(60_000))
		r.exact(t, a, b)

		// The same by lists: b names all that it has.
		var l talked
		var list []Tip
		for e := range b.All() {
			list = append(list, e.Tip)
		}
		l.run(t, [2]*Talk{AnswerList(a, list, l.a.onMine, l.a.onTheirs), Listed(b, l.b.onMine, l.b.onTheirs)}, 0, 20_000)
		same(t, "b's own by lists", l.b.mine, minus(b, a))
		same(t, "b's own by lists, heard by a", l.a.theirs, minus(b, a))
		want := slices.DeleteFunc(minus(a, b), func(x Tip) bool {
			return !slices.ContainsFunc(list, func(y Tip) bool { return y.Author == x.Author })
		})
		same(t, "a's own by lists", l.b.theirs, want)
	}
	t.Logf("%d pairs", pairs)
}

// chains makes n tips of different authors.
func chains(n int) (list []Tip) {
	for i := range n {
		a := sha256.Sum256(binary.BigEndian.AppendUint32(nil, uint32(i)))
		list = append(list, Tip{a, 3, sha256.Sum256(a[:])})
	}
	return list
}

// moved moves n tips on, beginning with from.
func moved(list []Tip, from, n int) []Tip {
	list = slices.Clone(list)
	for i := range n {
		x := &list[(from+i*97)%len(list)]
		x.Seq++
		x.ID[0]++
	}
	return list
}

// What a talk costs in bytes and steps follows the difference.
func TestTalkCost(t *testing.T) {
	n := 40_000
	if testing.Short() {
		n = 20_000
	}
	list := chains(n)
	base := treeOf(list)
	var forks []Tip
	for i := range n {
		forks = append(forks, Tip{[32]byte{9}, 5, sha256.Sum256(fmt.Append(nil, i))})
	}
	for _, c := range []struct {
		name         string
		a, b         Tree
		bytes, steps int
	}{
		{"one of a", treeOf(moved(list, 5, 1)), base, 8 << 10, 4},
		{"ten of a", treeOf(moved(list, 5, 10)), base, 64 << 10, 4},
		{"ten of each", treeOf(moved(list, 5, 10)), treeOf(moved(list, 7000, 10)), 100 << 10, 4},
		{"ten new authors", treeOf(append(chains(n + 10)[n:], list...)), base, 64 << 10, 4},
		{"a thousand", treeOf(moved(list, 5, 1000)), base, 900 << 10, 6},
		{"ten of the forks of one author", treeOf(forks), treeOf(moved(forks, 5, 10)), 64 << 10, 5},
		{"all", treeOf(moved(list, 0, n)), base, n * 160, 5},
		{"nothing here", base, Tree{}, n * 80, 3},
	} {
		r := talk(t, c.a, c.b, 56<<10)
		r.exact(t, c.a, c.b)
		t.Logf("%-32s %8d bytes, %d steps", c.name, r.bytes, r.steps)
		if r.bytes > c.bytes || r.steps > c.steps {
			t.Errorf("%s: %d bytes, %d steps; at most %d and %d", c.name, r.bytes, r.steps, c.bytes, c.steps)
		}
	}
}

// Each clause of check finds the damage it is there for.
func TestTalkCheckFinds(t *testing.T) {
	for _, c := range []struct {
		clause string
		damage func(k *Talk)
	}{
		{"1:", func(k *Talk) { k.ask = 2 }},
		{"1:", func(k *Talk) { k.at = 17 }},
		{"1:", func(k *Talk) { k.base = 1 }},
		{"2:", func(k *Talk) { k.todo = []answer{{at: 3}} }},
		{"2:", func(k *Talk) { k.places, k.todo = 9, []answer{{at: 3}, {at: 3}} }},
	} {
		k := Lead(treeOf(chains(20)), Salt{}, func(Entry) {}, func(Tip) {})
		if err := k.check(); err != nil {
			t.Fatal(err)
		}
		c.damage(k)
		if err := k.check(); err == nil || !strings.Contains(err.Error(), "invariant "+c.clause) {
			t.Errorf("damage to %s: %v", c.clause, err)
		}
	}
}

// Whatever is sent, a talk ends in an error or goes on by the rules, and tells nothing twice.
func FuzzTalk(f *testing.F) {
	small, big := treeOf(moved(chains(12), 3, 5)), treeOf(chains(60))
	salt := Salt{1}
	for _, limit := range []int{20 << 10, 60 << 10} {
		a, _ := Follow(small, salt, big.Offer(salt), func(Entry) {}, func(Tip) {})
		b := Lead(big, salt, func(Entry) {}, func(Tip) {})
		var heard []byte
		for _, side := range [][2]*Talk{{a, b}, {b, a}, {a, b}} {
			for side[0].Turn() {
				msg := side[0].Next(limit)
				if side[1] == b {
					heard = append(append(heard, byte(len(msg)>>8), byte(len(msg))), msg...)
				}
				if err := side[1].Take(msg); err != nil {
					f.Fatal(err)
				}
			}
		}
		f.Add(heard)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		seen, lost := map[Tip]bool{}, map[Tip]bool{}
		k := Lead(big, salt, func(e Entry) {
			if lost[e.Tip] {
				t.Fatal("told twice")
			}
			lost[e.Tip] = true
		}, func(x Tip) {
			if seen[x] {
				t.Fatal("told twice")
			}
			seen[x] = true
		})
		for len(data) >= 2 {
			n := min(len(data)-2, int(data[0])<<8|int(data[1]))
			msg := data[2 : 2+n]
			data = data[2+n:]
			for k.Turn() {
				k.Next(30_000)
			}
			if err := k.Take(msg); err != nil {
				if !errors.Is(err, ErrTalk) {
					t.Fatal(err)
				}
				return
			}
			if err := k.check(); err != nil {
				t.Fatal(err)
			}
			if len(lost) > big.Len() {
				t.Fatal("more is lacking than there is")
			}
		}
	})
}

// What does not answer what was asked is refused.
func TestTalkRefuses(t *testing.T) {
	base := chains(700)
	slices.SortFunc(base, Compare)
	big := treeOf(base)
	spell := func(x Tip) []byte { k := itemOf(x); return k[:] }
	invented := func(like Tip) Tip { like.ID[0]++; return like }
	listing := func() *Talk { return Listed(treeOf(base[:200]), func(Entry) {}, func(Tip) {}) }
	first := listing().asks[0]
	bits := make([]byte, (len(first.items)+7)/8)
	diff := func(n int, bits []byte, items ...Tip) (b []byte) {
		b = append(appendUvarint([]byte{1, diffLast}, n), bits...)
		b = appendUvarint(b, len(items))
		for _, x := range items {
			b = append(b, spell(x)...)
		}
		return b
	}
	last := first.items[len(first.items)-1].key.tip()
	for name, msg := range map[string][]byte{
		"a list that is not answered":       {0},
		"a list that is passed over":        {2, diffLast, 0, 0},
		"a list for a list":                 {1, listLast, 0},
		"a diff of another length":          diff(len(first.items)+1, append(bits, 0)),
		"a diff of fewer bits":              diff(len(first.items), bits[:1]),
		"an item that was listed":           diff(len(first.items), bits, last),
		"items that descend":                diff(len(first.items), bits, invented(last), invented(first.items[0].key.tip())),
		"an empty part of a diff":           append(appendUvarint([]byte{1, diffMore}, len(first.items)), append(bits, 0)...),
		"bytes behind the end":              append(diff(len(first.items), bits), 0, 0),
		"an answer to nothing":              appendUvarint(nil, 100_000),
		"an entry of no kind":               {1, 77},
		"a number that is spelled too long": {0x81, 0},
		"nothing where there should be":     {1},
	} {
		if err := listing().Take(msg); !errors.Is(err, ErrTalk) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := listing().Take(diff(len(first.items), bits)); err != nil {
		t.Errorf("an answer: %v", err)
	}
	// Of a list in parts, a part is answered with what lies up to its end.
	k := Listed(big, func(Entry) {}, func(Tip) {})
	part := k.asks[0]
	part.items = part.items[:perEntry]
	part.to = &part.items[perEntry-1].key
	k.asks = []asked{part}
	after := invented(base[perEntry])
	if err := k.Take(diff(perEntry, make([]byte, perEntry/8), after)); !errors.Is(err, ErrTalk) {
		t.Errorf("an item of the next part: %v", err)
	}
	k = listing()
	k.asks[0].in = spanOf(&first.items[0].key, 8)
	if err := k.Take(diff(len(first.items), bits, Tip{Author: [32]byte{^base[0].Author[0]}})); !errors.Is(err, ErrTalk) {
		t.Errorf("an item of another range: %v", err)
	}
	k = listing()
	k.step = MaxSteps
	if err := k.Take(diff(len(first.items), bits)); !errors.Is(err, ErrTalk) {
		t.Errorf("steps without end: %v", err)
	}
}
