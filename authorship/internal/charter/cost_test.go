package charter

import (
	"fmt"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// governed is a work with a few decisions behind it: four members, of whom one was
// admitted late and one cut with what she wrote, and an accept.
func governed(t testing.TB, mode string) (h *big, tip int) {
	h = founded(t, "A", map[string]any{
		"mode": mode, "terms": []any{"MIT"}, "members": map[string]any{"members": keys("A", "B", "C", "E")},
	})
	for _, n := range []string{"B", "C", "E"} {
		h.write(n, nil, grantOf("MIT"))
	}
	e := h.write("E", nil)
	p := h.write("A", []int{h.tips["B"], h.tips["C"], h.tips["E"]}, act{KindAmend, map[string]any{
		"base": h.id(0), "admit": map[string]any{"members": keys("D")},
		"cut": []any{map[string]any{"key": KeyBytes(keyOf("E")), "heads": h.ids(e)}},
	}})
	yes := act{KindEndorse, map[string]any{"base": h.id(0), "amend": h.id(p)}}
	h.write("A", nil, yes)
	h.write("B", []int{h.tips["A"]}, yes)
	h.write("C", []int{h.tips["B"]}, yes)
	q := h.write("Q", []int{h.tips["C"]}, act{KindPropose, nil}, grantOf("MIT"))
	tip = h.write("D", []int{q}, grantOf("MIT"), act{KindEndorse, map[string]any{"base": h.id(p), "accept": h.ids(q)}})
	return h, tip
}

// flood lets n strangers write an act each, of every kind that they may try; each on what
// the next one of the given fan gives it to see.
func (h *big) flood(n, tip int, line bool) {
	base := cid.Undef
	for i := range h.nodes {
		for _, a := range h.nodes[i].acts {
			if a.Kind == KindAmend {
				base = h.id(i)
			}
		}
	}
	victim := KeyBytes(keyOf("A"))
	yes := func(body map[string]any) act { return act{KindEndorse, body} }
	group := nobody
	for k := range n {
		key, tag := bareKey(k), nobody
		on := tip
		if line && k > 0 {
			on = len(h.nodes) - 1
		}
		var acts []act
		switch k % 12 {
		case 0:
			acts = []act{{KindBoundTo, map[string]any{"person": victim, "agent": false}}, grantOf("MIT")}
		case 1:
			acts = []act{{KindBoundTo, map[string]any{"person": victim, "agent": k%24 == 1}}, {KindHide, map[string]any{"changes": h.ids(0, tip)}}}
		case 2:
			acts = []act{{KindBind, map[string]any{"key": victim, "agent": false}}, grantOf("MIT", "ISC", fmt.Sprintf("LicenseRef-%d", k))}
		case 3:
			acts = []act{{KindRevoke, map[string]any{"key": victim, "heads": h.ids(0)}}, grantOf("MIT")}
		case 4:
			acts = []act{{KindAmend, map[string]any{"base": base, "admit": map[string]any{"members": keys("Z")}}}}
		case 5:
			acts = []act{yes(map[string]any{"base": base, "amend": h.id(len(h.nodes) - 1)}), yes(map[string]any{"base": h.id(0), "amend": base})}
		case 6:
			acts = []act{yes(map[string]any{"base": base, "accept": h.ids(tip, len(h.nodes)-1)}), yes(map[string]any{"base": base, "redact": h.ids(0)})}
		case 7:
			acts = []act{{KindHide, map[string]any{"changes": h.ids(0, tip)}}, {KindHide, map[string]any{"changes": h.ids(tip), "off": true}}}
		case 8:
			acts = []act{{KindPropose, nil}, grantOf("MIT")}
			group = len(h.nodes)
		case 9:
			acts, tag = []act{grantOf("MIT")}, group
		case 10:
			acts = []act{{KindAmend, map[string]any{"base": h.id(len(h.nodes) - 6)}}} // on what was not ratified
		default:
			acts = []act{grantOf("MIT")}
		}
		links := []int{on}
		if tag != nobody {
			links = append(links, tag)
		}
		h.writeAs(fmt.Sprint("stranger ", k), key, tag, links, acts...)
	}
}

// bound is how many steps an act of a stranger may take.
const bound = 16

// TestStrangersCost: an act of a stranger costs a bounded number of steps, however many
// there were before, turns nobody else's verdict and computes no decision; then a member's
// edit costs as little; and a decision settles each change once.
func TestStrangersCost(t *testing.T) {
	for _, c := range []struct {
		mode string
		line bool
		n    int
	}{
		{Direct, true, 10_000}, {Direct, true, 100_000}, {Propose, false, 10_000},
		{Direct, false, 1_000}, {Propose, true, 1_000},
	} {
		if testing.Short() {
			c.n /= 10
		}
		h, tip := governed(t, c.mode)
		known := len(h.nodes)
		h.flood(c.n, tip, c.line)
		j := h.start()
		for i := range known {
			h.add(j, i)
		}
		all, most := h.strange(j, known)
		decisions := j.Decisions()
		edit := h.write("A", []int{tip, len(h.nodes) - 1})
		before := j.Steps()
		h.add(j, edit)
		edited := j.Steps() - before
		if most > bound || edited > bound || j.Decisions() != decisions {
			t.Errorf("%+v: an act takes %d steps, a member's edit %d, want at most %d", c, most, edited, bound)
		}
		settled := settleAll(t, h, j)
		t.Logf("%+v: %.1f steps an act, %d at most; a member's edit then %d; a decision that settles all %.1f a change",
			c, float64(all)/float64(c.n), most, edited, float64(settled)/float64(c.n))
		if settled > 10*uint64(c.n) {
			t.Errorf("%+v: the decision takes %d steps", c, settled)
		}
	}
}

// strange tells a judge all changes from a first on, and gives the steps that they took
// and the most that one did. They are strangers': they turn no other verdict and compute
// no decision.
func (h *big) strange(j *Judge, first int) (all, most uint64) {
	decisions, begin := j.Decisions(), j.Steps()
	for i := first; i < len(h.nodes); i++ {
		before := j.Steps()
		turned := h.add(j, i)
		most = max(most, j.Steps()-before)
		delete(turned, i)
		for k := range turned {
			if k < first {
				h.t.Fatalf("a stranger's act %v turns %v", h.nodes[i].acts, turned)
			}
		}
	}
	if j.Decisions() != decisions {
		h.t.Errorf("strangers compute %d decisions", j.Decisions()-decisions)
	}
	all = j.Steps() - begin
	if all > bound*uint64(len(h.nodes)-first) {
		h.t.Errorf("strangers' acts take %d steps, want at most %d each", all, bound)
	}
	return all, most
}

// TestColludersCost: strangers who work together make nothing dearer: a key that begins
// anew for each of many who bind it; one who revokes the long chain of another again and
// again; one who binds many; a key that forks with each change.
func TestColludersCost(t *testing.T) {
	n := 2_000
	if testing.Short() {
		n = 400
	}
	claim := func(person string) act {
		return act{KindBoundTo, map[string]any{"person": KeyBytes(keyOf(person)), "agent": false}}
	}
	bind := func(key string) act {
		return act{KindBind, map[string]any{"key": KeyBytes(keyOf(key)), "agent": false}}
	}
	for name, write := range map[string]func(h *big, tip int){
		"begins anew": func(h *big, tip int) {
			for k := range n {
				h.writeAs(fmt.Sprint("K", k), keyOf("K"), nobody, []int{tip}, claim(fmt.Sprint("P", k%100)), grantOf("MIT"))
			}
			for k := range n {
				h.write(fmt.Sprint("P", k%100), []int{tip}, bind("K"))
			}
		},
		"revokes": func(h *big, tip int) {
			h.write("K", []int{tip}, claim("P"), grantOf("MIT"))
			for range n {
				h.write("K", nil)
			}
			for k := range n {
				head := h.tips["K"] - (k*7)%(n/4)
				h.write("P", []int{h.tips["K"]}, act{KindRevoke, map[string]any{"key": KeyBytes(keyOf("K")), "heads": h.ids(head)}})
				if k%3 == 0 {
					h.write("K", nil)
				}
			}
		},
		"binds many": func(h *big, tip int) {
			for k := range n / 10 {
				h.write(fmt.Sprint("K", k), []int{tip}, claim("P"), grantOf("MIT"))
				h.write("P", []int{tip}, bind(fmt.Sprint("K", k)), bind(fmt.Sprint("K", k)))
			}
		},
		"forks": func(h *big, tip int) {
			root := h.write("K", []int{tip}, claim("P"), grantOf("MIT"))
			for k := range n {
				b := fmt.Sprint("K", k)
				h.tips[b] = root
				h.writeAs(b, keyOf("K"), nobody, nil)
			}
			for k := range n {
				h.write("P", []int{h.tips["K1"], h.tips["K2"]}, act{KindRevoke, map[string]any{"key": KeyBytes(keyOf("K")), "heads": h.ids(h.tips["K1"], h.tips[fmt.Sprint("K", 2+k%2)])}})
			}
		},
	} {
		h, tip := governed(t, Direct)
		known := len(h.nodes)
		write(h, tip)
		j := h.start()
		for i := range known {
			h.add(j, i)
		}
		all, most := h.strange(j, known)
		t.Logf("%s: %d acts of strangers take %.1f steps each, %d at most", name, len(h.nodes)-known, float64(all)/float64(len(h.nodes)-known), most)
	}
}

// settleAll has the members decide to change the mode, having seen all, and gives the
// steps that the last vote took.
func settleAll(t *testing.T, h *big, j *Judge) uint64 {
	base := j.Tip().ID
	mode := map[string]string{Direct: Propose, Propose: Direct}[j.Tip().Charter.Mode]
	p := h.write("B", []int{len(h.nodes) - 1}, act{KindAmend, map[string]any{"base": base, "mode": mode}})
	yes := act{KindEndorse, map[string]any{"base": base, "amend": h.id(p)}}
	h.add(j, p)
	took := uint64(0)
	for _, n := range []string{"A", "B", "C", "D"} {
		i := h.write(n, []int{len(h.nodes) - 1}, yes)
		before := j.Steps()
		h.add(j, i)
		took = max(took, j.Steps()-before)
		if j.Tip().ID == h.id(p) {
			return took
		}
	}
	t.Fatalf("three of four do not decide: %+v", j.Votes(h.id(len(h.nodes)-1)))
	return 0
}

// TestProposalsCost: ten thousand proposals with votes and an accept each.
func TestProposalsCost(t *testing.T) {
	const bound = 20
	sizes := []int{1_000, 10_000}
	if testing.Short() {
		sizes = []int{100, 1_000}
	}
	for _, n := range sizes {
		h, tip := governed(t, Propose)
		base := h.start().base(h, tip)
		var heads, votes []int
		for k := range n {
			p := h.writeAs(fmt.Sprint("stranger ", k), bareKey(k), nobody, []int{tip}, act{KindPropose, nil}, grantOf("MIT"))
			heads = append(heads, h.writeAs(fmt.Sprint("stranger ", k), bareKey(k), p, nil))
		}
		for k := range n {
			votes = append(votes, h.write("A", []int{heads[k]}, act{KindEndorse, map[string]any{"base": base, "accept": h.ids(heads[k])}}))
		}
		j := h.start()
		most := uint64(0)
		for i := range h.nodes {
			before := j.Steps()
			turned := h.add(j, i)
			if took := j.Steps() - before; i > tip && took > most {
				most = took
			}
			if k := i - votes[0]; k >= 0 && (len(turned) != 2 || turned[heads[k]] != nil || turned[heads[k]-1] != nil) {
				t.Fatalf("accepting %d turns %v", heads[k], turned)
			}
		}
		before := j.Steps()
		open := 0
		for p := range j.Proposals() {
			open += len(p.Waits)
		}
		t.Logf("%d proposals: a change takes at most %d steps, to list them %.1f each", n, most, float64(j.Steps()-before)/float64(n))
		if most > bound || j.Steps()-before > bound*uint64(n) || open != 0 {
			t.Errorf("%d proposals: a change takes %d steps, listing them %d, and %d wait", n, most, j.Steps()-before, open)
		}
	}
}

// base is the tip after all changes up to tip.
func (j *Judge) base(h *big, tip int) cid.Cid {
	for i := range tip + 1 {
		h.add(j, i)
	}
	return j.Tip().ID
}

// BenchmarkStrangers: the time of a stranger's act, after few and after many others.
func BenchmarkStrangers(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h, tip := governed(b, Direct)
			h.flood(n, tip, true)
			b.ReportAllocs()
			for b.Loop() {
				j := h.start()
				for i := range h.nodes {
					j.Add(h.id(i))
				}
				b.ReportMetric(float64(j.Steps())/float64(n), "steps/act")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/act")
		})
	}
}

var _ crdt.History = (*big)(nil)
