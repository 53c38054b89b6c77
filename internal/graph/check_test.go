package graph

import (
	"strings"
	"testing"
)

// linear is a graph of one chain.
func linear(t *testing.T, n int) *world {
	w := newWorld(t, 1, 1)
	for k := range n {
		if k > 0 {
			w.make(0, w.all[k-1], nil, nil)
		}
		w.link(w.all[k])
		w.apply(w.all[k])
	}
	return w
}

// TestCheckSeesDamage breaks each invariant by hand and wants Check to name it.
func TestCheckSeesDamage(t *testing.T) {
	tests := []struct {
		want   string
		damage func(g *Graph)
	}{
		{"invariant 1", func(g *Graph) { g.rows[9].opsAt = 0 }},
		{"invariant 1", func(g *Graph) { g.end++ }},
		{"invariant 1", func(g *Graph) { g.rows[20].count++ }},
		{"invariant 2", func(g *Graph) { g.rows[7].depth++ }},
		{"invariant 2", func(g *Graph) {
			g.links = append(g.links, 20)
			g.rows[len(g.rows)-1].linkAt = uint32(len(g.links) - 1)
			g.rows[19].prev = 20
		}},
		{"invariant 3", func(g *Graph) { g.rows[5].seq++ }},
		{"invariant 3", func(g *Graph) { g.rows[5].start++ }},
		{"invariant 3", func(g *Graph) { g.rows[5].by = 1 - min(g.rows[5].by, 1) }},
		{"invariant 4", func(g *Graph) { g.rows[9].skip = 10 }},
		{"invariant 5", func(g *Graph) { g.find.slots[g.find.slotOf(4)] = 4 }},
		{"invariant 6", func(g *Graph) { g.chains[0].list[3] = 2 }},
		{"invariant 6", func(g *Graph) { g.chains[0].list = nil }},
		{"invariant 6", func(g *Graph) { g.chains[0].stretches[0].lv++ }},
		{"invariant 7", func(g *Graph) { g.heads.list = g.heads.list[1:] }},
		{"invariant 7", func(g *Graph) { g.chains[0].tips.list[0]-- }},
		{"front, invariant 1", func(g *Graph) { g.chains[0].tips.list = append(g.chains[0].tips.list, 0) }},
		{"front, invariant 2", func(g *Graph) { g.heads.taken++ }},
	}
	for k, c := range tests {
		g := linear(t, 40).g
		g.chainOf(testKey(9)) // so that there is another to name
		if err := g.Check(); err != nil {
			t.Fatalf("the sample is already broken: %v", err)
		}
		c.damage(g)
		if err := g.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("damage %d: Check says %v, want %s", k, err, c.want)
		}
	}
}

// slotOf is the place of change i in the table, for damage.
func (t *table) slotOf(i int32) int {
	for k, s := range t.slots {
		if s == i+1 {
			return k
		}
	}
	return -1
}

// TestSkipDistances wants the skip pointers at the distances of skew-binary
// numbers, the canonical sums of 1, 3, 7, 15 …, of which the least is the step.
func TestSkipDistances(t *testing.T) {
	g := linear(t, 300).g
	for i := int32(1); i < 300; i++ {
		rest, least := i, int32(0)
		for rest > 0 {
			k := int32(1)
			for 2*k+1 <= rest {
				k = 2*k + 1
			}
			rest, least = rest-k, k
		}
		if got := g.rows[i].seq - g.rows[g.rows[i].skip].seq; int32(got) != least {
			t.Fatalf("seq %d skips %d, want %d", i, got, least)
		}
	}
}
