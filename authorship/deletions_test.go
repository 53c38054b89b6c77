package authorship

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/commonhold/commonhold/crdt"
)

// TestDeletionShares compares the shares of what several have deleted with those of
// a twin that keeps a list of deleters for each character.
func TestDeletionShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var people []*Person
		for k := range rapid.IntRange(1, 4).Draw(t, "people") {
			people = append(people, &Person{ID: crdt.Author{byte(k)}}) // the first is nobody
		}
		var authors []*Person
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			authors = append(authors, rapid.SampledFrom(people).Draw(t, "author"))
		}
		first := rapid.Uint32Range(0, 1000).Draw(t, "first")
		var list []crdt.Deletion
		for range rapid.IntRange(0, 12).Draw(t, "deletions") {
			list = append(list, crdt.Deletion{
				Change: rapid.IntRange(0, len(authors)-1).Draw(t, "change"),
				At:     first + rapid.Uint32Range(0, 300).Draw(t, "at"), N: rapid.Uint32Range(1, 200).Draw(t, "n"),
			})
		}
		by := map[uint32][]crdt.Author{}
		for _, d := range list {
			for at := d.At; at < d.At+d.N; at++ {
				if id := authors[d.Change].ID; !slices.Contains(by[at], id) {
					by[at] = append(by[at], id)
				}
			}
		}
		parts := map[crdt.Author]uint64{} // of 2^32
		for _, who := range by {
			for _, id := range who {
				parts[id] += unit / uint64(len(who))
			}
		}
		x := &table{row: map[crdt.Author]int{}}
		x.deletions(list, authors)
		for _, p := range people {
			want := int((parts[p.ID] + unit/2) / unit)
			if p.ID == (crdt.Author{}) {
				want = 0
			}
			if got := x.of(*p).Deletions; got != want {
				t.Fatalf("%d characters deleted by %v, want %d; %v", got, p.ID, want, list)
			}
		}
	})
}

// TestBits compares a set of bits with a map.
func TestBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const room = 400
		first := rapid.Uint32Range(0, 1<<31).Draw(t, "first")
		b, in := newBits(first, first+room), map[uint32]bool{}
		span := func() (at, n uint32) {
			at = rapid.Uint32Range(0, room-1).Draw(t, "at")
			return first + at, rapid.Uint32Range(0, room-at).Draw(t, "n")
		}
		for range 8 {
			at, n := span()
			b.put(at, n)
			for k := range n {
				in[at+k] = true
			}
			at, n = span()
			next := at
			b.each(at, n, func(x, k uint32, is bool) {
				if x != next || k == 0 || x+k > at+n {
					t.Fatalf("piece %d+%d of %d+%d after %d", x, k, at, n, next)
				}
				for ; k > 0; k-- {
					if in[next] != is {
						t.Fatalf("number %d: %v", next, is)
					}
					next++
				}
			})
			if next != at+n {
				t.Fatalf("pieces end at %d of %d+%d", next, at, n)
			}
		}
	})
}
