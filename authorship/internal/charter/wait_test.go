package charter

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// lacksTwin is Lacks by asking all matters.
func lacksTwin(j *Judge, h *big, i int) Count {
	best := Count{}
	var heads []string
	for a := range j.Accepts() {
		if a.Matter != Accepting || a.Base != j.Tip().ID || len(a.Voters) == 0 || len(a.Voters) < len(best.Voters) {
			continue
		}
		var names []string
		for _, c := range a.Heads {
			names = append(names, c.KeyString())
		}
		if len(a.Voters) == len(best.Voters) && slices.Compare(heads, names) <= 0 {
			continue
		}
		for x, err := range j.Suppose(a.Heads) {
			if x == h.id(i) && err == nil {
				best, heads = a.Count, names
			}
		}
	}
	if heads == nil {
		return j.tell(j.tip().charter, Accepting, nil)
	}
	return best
}

// sameCount compares counts.
func sameCount(a, b Count) bool {
	return a.Chamber == b.Chamber && a.Have == b.Have && a.Need == b.Need && slices.Equal(a.Silent, b.Silent) && slices.Equal(a.Voters, b.Voters)
}

// unanimous is a work in mode propose in which all three members have to accept, and n
// strangers who propose, with a second change to each proposal.
func unanimous(t *testing.T, n int) (h *big, proposals []int) {
	h = founded(t, "A", map[string]any{
		"mode": Propose, "terms": []any{"MIT"}, "accept": []any{1, 1}, "members": map[string]any{"members": keys("A", "B", "C")},
	})
	for k := range n {
		p := h.writeAs("stranger "+string(rune(k)), bareKey(k), nobody, []int{0}, act{KindPropose, nil}, grantOf("MIT"))
		h.writeAs("stranger "+string(rune(k)), bareKey(k), p, nil)
		proposals = append(proposals, p)
	}
	return h, proposals
}

// accepts lets a member vote for heads.
func (h *big) accepts(name string, heads ...int) int {
	return h.write(name, heads, act{KindEndorse, map[string]any{"base": h.id(0), "accept": h.ids(heads...)}})
}

// TestLacks compares what changes lack with the twin, where members vote for one, for
// several and for parts of proposals of the same and of several people.
func TestLacks(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		h, proposals := unanimous(t, 4)
		for range 12 {
			heads := []int{proposals[r.IntN(4)] + r.IntN(2)}
			if r.IntN(3) == 0 {
				heads = append(heads, proposals[r.IntN(4)]+r.IntN(2))
			}
			slices.Sort(heads)
			h.accepts([]string{"A", "B"}[r.IntN(2)], slices.Compact(heads)...)
		}
		j := h.start()
		for i := range h.nodes {
			h.add(j, i)
		}
		for _, p := range proposals {
			for i := p; i < p+2; i++ {
				if got, want := j.Lacks(h.id(i)), lacksTwin(j, h, i); !sameCount(got, want) {
					t.Fatalf("seed %d: %d lacks %+v, want %+v", seed, i, got, want)
				}
			}
		}
		if err := j.Check(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExplainCost: to say of a change why it waits takes a bounded number of steps, however
// many proposals there are, and decisions on them.
func TestExplainCost(t *testing.T) {
	const bound = 16
	sizes := []int{1_000, 10_000}
	if testing.Short() {
		sizes = []int{100, 1_000}
	}
	for _, n := range sizes {
		h, proposals := unanimous(t, n)
		for k, p := range proposals {
			h.accepts([]string{"A", "B"}[k%2], p+1)
			if k%10 == 0 {
				h.write("C", []int{p}, act{KindEndorse, map[string]any{"base": h.id(0), "redact": h.ids(p)}})
			}
		}
		j := h.start()
		for i := range h.nodes {
			h.add(j, i)
		}
		most := uint64(0)
		for i := range h.nodes {
			c, before := h.id(i), j.Steps()
			v, ok := j.Verdict(c)
			votes := j.Votes(c)
			n := j.Lacks(c)
			_, _ = j.Erased(c)
			_, _ = j.Hidden(c)
			most = max(most, j.Steps()-before)
			if !ok || v.Err == ErrProposed && len(n.Voters) != 1 || len(votes) > 1 {
				t.Fatalf("%d: %+v lacks %+v, votes %v", i, v, n, votes)
			}
		}
		t.Logf("%d proposals: at most %d steps to explain a change", n, most)
		if most > bound {
			t.Errorf("%d proposals: explaining a change takes %d steps, more than %d", n, most, bound)
		}
	}
}
