package graph

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// TestCollidingIDs fills graphs with ids whose hashed part is equal, or differs
// only above the mask.
func TestCollidingIDs(t *testing.T) {
	for _, spread := range []uint32{0, 1 << 20, 1} {
		g := New()
		key := testKey(1)
		var ids []block.ID
		for k := range 2000 {
			var id block.ID
			binary.BigEndian.PutUint32(id[:], uint32(k)+1)
			binary.LittleEndian.PutUint32(id[8:], ^uint32(0)-uint32(k)*spread)
			ids = append(ids, id)
			add(t, g, key, id, int32(k)-1, 0)
			if k%100 == 0 {
				if err := g.Check(); err != nil {
					t.Fatal(err)
				}
			}
		}
		for k, id := range ids {
			if i, ok := g.Find(id); !ok || int(i) != k {
				t.Fatalf("id %d is found at %d %v", k, i, ok)
			}
			id[31] = 1 // the same hash, another id
			if i, ok := g.Find(id); ok || i != None32 {
				t.Fatalf("an unknown id is found at %d", i)
			}
		}
		if n := len(g.find.slots); n&(n-1) != 0 || n < 2*len(ids) || g.find.n != len(ids) {
			t.Errorf("table of %d places for %d ids", n, g.find.n)
		}
	}
}

// TestTableAgainstMap compares the table with a map.
func TestTableAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var tab table
	if _, ok := tab.get(nil, block.ID{}); ok {
		t.Error("an empty table finds something")
	}
	var rows []row
	want := map[block.ID]int32{}
	random := func() (id block.ID) { // few different ones
		binary.LittleEndian.PutUint32(id[8:], r.Uint32N(300))
		id[0] = byte(r.Uint32N(6))
		return id
	}
	for range 3000 {
		id := random()
		at, ok := tab.get(rows, id)
		if i, known := want[id]; known != ok || (ok && i != at) {
			t.Fatalf("get is %d %v, want %d %v", at, ok, i, known)
		}
		if !ok {
			rows = append(rows, row{id: id})
			want[id] = int32(len(rows) - 1)
			tab.put(rows, want[id])
		}
	}
}

// add appends a change without bytes: by key, of an id, on prev and links.
func add(t testing.TB, g *Graph, key block.Key, id block.ID, prev int32, count uint32, links ...int32) *Held {
	h := bare(t, g, key, id, prev, count, links...)
	g.Append(h, NoWords)
	return h
}

// bare makes a held change without bytes.
func bare(t testing.TB, g *Graph, key block.Key, id block.ID, prev int32, count uint32, links ...int32) *Held {
	h := &Held{Count: count, ID: id}
	h.By = key
	for _, l := range links {
		h.Parents = append(h.Parents, g.ID(l))
	}
	if prev != None32 {
		h.Prev, h.Seq, h.Start = g.ID(prev), g.Seq(prev)+1, g.Start(prev)+uint64(g.Count(prev))
	} else if len(links) > 0 {
		h.Work = g.WorkID()
	}
	err := g.Link(h, func(id block.ID) Ref {
		i, ok := g.Find(id)
		if !ok {
			t.Fatal("a link is unknown")
		}
		return At(i)
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// idOf is an id for a number, as evenly spread as a digest.
func idOf(n int) (id block.ID) {
	x := uint64(n+1) * 0x9e3779b97f4a7c15
	for k := range 4 {
		x ^= x >> 29
		x *= 0xbf58476d1ce4e5b9
		binary.BigEndian.PutUint64(id[8*k:], x^x>>32)
	}
	binary.BigEndian.PutUint32(id[:], uint32(n))
	return id
}
