package session

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/internal/tips"
)

// This file counts what sessions cost: bytes, messages and trips.

// cost is what went over a link.
type cost struct{ bytes, messages, trips int }

// counted heals two works and counts, until both sides know that they are equal.
func counted(t *testing.T, a, b Work) (c cost) {
	t.Helper()
	s := [2]*Session{newSession(t, a, 1, Options{}), newSession(t, b, 2, Options{})}
	now := epoch
	for c.trips = 0; !s[0].InSync() || !s[1].InSync(); c.trips++ { // half trips
		if c.trips > 20 {
			t.Fatalf("%+v\n%+v", s[0].Status(), s[1].Status())
		}
		var on [2][][]byte
		for k := range s {
			for {
				msg, _ := s[k].Next(now)
				if msg == nil {
					break
				}
				on[1-k] = append(on[1-k], msg)
				c.bytes += len(msg)
				c.messages++
			}
		}
		for k := range s {
			for _, msg := range on[k] {
				if err := s[k].Receive(now, msg); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return c
}

// Equal replicas with one head: two hellos, 600 bytes, however many chains there are.
func TestCostEqual(t *testing.T) {
	for _, authors := range []int{1, 2, 3, 20, 100} {
		w := broad(authors)
		w.put(&fakeChange{author: fakeAuthor(0), seq: 1, prev: w.last[fakeAuthor(0)], links: w.Heads()}, true)
		if len(w.Heads()) != 1 {
			t.Fatalf("%d heads", len(w.Heads()))
		}
		c := counted(t, w, w.clone())
		if c.trips != 1 || c.messages != 2 || c.bytes > 600 {
			t.Errorf("%d authors: %+v", authors, c)
		}
		t.Logf("%d authors: %d bytes in %d messages, half a round trip", authors, c.bytes, c.messages)
	}
}

// One new change whose parents the peer has: a round trip, and a kilobyte more than
// the change, including what is said so that both know.
func TestCostOneChange(t *testing.T) {
	for _, authors := range []int{1, 3, 20} {
		both := broad(authors)
		both.put(&fakeChange{author: fakeAuthor(0), seq: 1, prev: both.last[fakeAuthor(0)], links: both.Heads()}, true)
		grown := both.clone()
		grown.edit(fakeAuthor(0), 1, make([]byte, 500))
		own, _, _ := grown.Bundle([]int{grown.Count() - 1}, 1<<20)
		for _, w := range [][2]*fakeWork{{grown.clone(), both.clone()}, {both.clone(), grown.clone()}} { // with either's nonce the greater
			c := counted(t, w[0], w[1])
			if c.trips > 3 || c.bytes > len(own)+1024 || w[0].Count() != w[1].Count() {
				t.Errorf("%d authors: %+v, the change has %d bytes", authors, c, len(own))
			}
			t.Logf("%d authors: %d bytes and a change of %d, there after one round trip, both know after half a trip more", authors, c.bytes-len(own), len(own))
		}
	}
}

// wideWork has very many chains of a few changes, made and kept without a map of
// all: only what a session asks of a Work, and no more than that.
type wideWork struct {
	tips  []tips.Tip // by arrival
	at    map[id]int
	tree  tips.Tree
	prev  map[int]int // arrival index of the one before on its chain, for those that have one
	walks int
}

// wide makes n chains of one change.
func wide(n int) *wideWork {
	w := &wideWork{at: make(map[id]int, n), prev: map[int]int{}}
	entries := make([]tips.Entry, n)
	for i := range n {
		a := sha256.Sum256(binary.BigEndian.AppendUint32(nil, uint32(i)))
		x := Tip{Author: a, ID: sha256.Sum256(a[:])}
		entries[i] = tips.Entry{Tip: x, Place: int32(i)}
		w.at[x.ID] = i
		w.tips = append(w.tips, x)
	}
	w.tree = w.tree.With(nil, entries)
	return w
}

// grown is a copy with one change more on each of some chains.
func (w *wideWork) grown(from, n int) *wideWork {
	c := &wideWork{tips: slices.Clone(w.tips), at: map[id]int{}, tree: w.tree, prev: map[int]int{}}
	for x, i := range w.at {
		c.at[x] = i
	}
	for i := range n {
		x := c.tips[(from+i*9973)%len(w.tips)]
		next := Tip{Author: x.Author, Seq: 1, ID: sha256.Sum256(x.ID[:])}
		c.add(next, c.at[x.ID])
	}
	return c
}

// add adds a change.
func (w *wideWork) add(x Tip, prev int) {
	w.at[x.ID] = len(w.tips)
	w.prev[len(w.tips)] = prev
	w.tree = w.tree.With([]Tip{w.tips[prev]}, []tips.Entry{{Tip: x, Place: int32(len(w.tips))}})
	w.tips = append(w.tips, x)
}

func (w *wideWork) ID() [32]byte                     { return id{1} }
func (w *wideWork) Digest() [32]byte                 { return w.tree.Digest(id{1}) }
func (w *wideWork) Count() int                       { return len(w.tips) }
func (w *wideWork) Heads() [][32]byte                { return make([][32]byte, MaxHeads+1) }
func (w *wideWork) Tips() tips.Tree                  { return w.tree }
func (w *wideWork) Index(x [32]byte) (int, bool)     { i, ok := w.at[x]; return i, ok }
func (w *wideWork) Locator([32]byte) [][32]byte      { return nil }
func (w *wideWork) Deferred() int                    { return 0 }
func (w *wideWork) Wordless(int, int) [][32]byte     { return nil }
func (w *wideWork) Lacks([32]byte) bool              { return false }
func (w *wideWork) Words([32]byte) []byte            { return nil }
func (w *wideWork) TakeWords([32]byte, []byte) error { return nil }
func (w *wideWork) Flush() error                     { return nil }
func (w *wideWork) Late() int                        { return 0 }
func (w *wideWork) Blame(any) error                  { return nil }
func (w *wideWork) Apply(b []byte, _ any) (from, to int, err error) {
	from = len(w.tips)
	r := reader{rest: b}
	for _, x := range r.tips(len(b) / tipLen) {
		if _, ok := w.at[x.ID]; !ok {
			i := slices.IndexFunc(w.tips, func(y Tip) bool { return y.Author == x.Author })
			w.add(x, i)
		}
	}
	return from, len(w.tips), nil
}

func (w *wideWork) Bundle(idx []int, _ int) (b []byte, n int, err error) {
	var list []Tip
	for _, i := range idx {
		list = append(list, w.tips[i])
	}
	slices.SortFunc(list, tips.Compare)
	return appendTips(nil, list), len(idx), nil
}

func (w *wideWork) Missing(have []int) (out []int) {
	w.walks++
	held := make([]bool, len(w.tips))
	for _, i := range have {
		held[i] = true
		if p, ok := w.prev[i]; ok {
			held[p] = true
		}
	}
	for i, h := range held {
		if !h {
			out = append(out, i)
		}
	}
	return out
}

// 100,000 chains, of which 10 differ: at most 64 KiB of talk and three round trips until
// both hold the same and know it.
func TestCostManyChains(t *testing.T) {
	base := wide(100_000)
	for _, c := range []struct {
		name string
		a, b *wideWork
	}{
		{"ten here", base.grown(3, 10), base.grown(0, 0)},
		{"five on either side", base.grown(3, 5), base.grown(50, 5)},
	} {
		packs := 0
		for _, w := range []*wideWork{c.a, c.b} {
			packs += (w.Count() - base.Count()) * tipLen
		}
		got := counted(t, c.a, c.b)
		if c.a.Digest() != c.b.Digest() || c.a.Count() != base.Count()+10 {
			t.Fatalf("%s: not equal", c.name)
		}
		if got.bytes > 64<<10 || got.trips > 6 {
			t.Errorf("%s: %+v", c.name, got)
		}
		t.Logf("%s: %d bytes and packs of %d, %d messages, %d half trips until both know, %d and %d walks",
			c.name, got.bytes-packs, packs, got.messages, got.trips, c.a.walks, c.b.walks)
	}
}
