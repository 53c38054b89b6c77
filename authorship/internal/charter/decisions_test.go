package charter

import (
	"errors"
	"testing"
)

// amendOn is an amend of a base.
func (h *big) amendOn(base int, body map[string]any) act {
	body["base"] = h.id(base)
	return act{KindAmend, body}
}

// forAmend is a vote for an amend of a base.
func (h *big) forAmend(base, amend int) act {
	return act{KindEndorse, map[string]any{"base": h.id(base), "amend": h.id(amend)}}
}

// told is a judge that was told changes in their order, with its invariants checked after
// each.
func (h *big) told(j *Judge, list ...int) {
	h.t.Helper()
	for _, i := range list {
		h.add(j, i)
		if err := j.Check(); err != nil {
			h.t.Fatalf("after change %d: %v", i, err)
		}
	}
}

// TestWiden: an accept falls by a removal that had not seen it, and stands again when a
// second ratify of the same removal arrives that had.
func TestWiden(t *testing.T) {
	h := founded(t, "A", map[string]any{"mode": Propose, "terms": []any{"MIT"}, "members": map[string]any{"all": keys("A", "B", "C")}})
	x := h.write("X", nil, act{KindPropose, nil}, grantOf("MIT"))
	accept := h.write("C", []int{x}, act{KindEndorse, map[string]any{"base": h.id(0), "accept": h.ids(x)}})
	b0 := h.write("B", nil)
	p := h.write("A", []int{b0}, h.amendOn(0, map[string]any{"remove": keys("C")}))
	a1 := h.write("A", nil, h.forAmend(0, p))
	b1 := h.write("B", []int{p}, h.forAmend(0, p))
	a2 := h.write("A", []int{b1}, h.forAmend(0, p))
	b2 := h.write("B", []int{a1, accept}, h.forAmend(0, p))
	j := h.start()
	verdict := func() error {
		v, _ := j.Verdict(h.id(x))
		return v.Err
	}
	h.told(j, 0, x, accept, b0, p, a1, b1)
	if err := verdict(); err != nil {
		t.Errorf("accepted: %v", err)
	}
	h.told(j, a2)
	if err := verdict(); !errors.Is(err, ErrProposed) {
		t.Errorf("C, who accepted it, was removed without that being seen: %v", err)
	}
	h.told(j, b2)
	if err := verdict(); err != nil || len(j.Path()) != 2 {
		t.Errorf("the removal had seen the accept: %v", err)
	}
}

// TestMargin: a decision is as safe as the least safe one before it.
func TestMargin(t *testing.T) {
	h := founded(t, "A", map[string]any{"mode": Direct, "terms": []any{"MIT"}})
	p := h.write("A", nil, h.amendOn(0, map[string]any{"admit": map[string]any{"members": keys("B", "C", "D")}}))
	r := h.write("A", nil, h.forAmend(0, p))
	q := h.write("A", nil, h.amendOn(p, map[string]any{"mode": Propose}))
	for _, n := range []string{"A", "B", "C"} {
		r = h.write(n, []int{q, r}, h.forAmend(p, q))
	}
	h.write("A", []int{r})
	h.write("B", []int{r})
	j := h.start()
	for i := range h.nodes {
		h.told(j, i)
	}
	for c, want := range map[int]Amend{p: {Support: 1, Of: 1, Margin: 1}, q: {Support: 3, Of: 4, Margin: 1}} {
		a, _ := j.Amend(h.id(c))
		if a.State != Final || a.Support != want.Support || a.Of != want.Of || a.Margin != want.Margin {
			t.Errorf("%v, supported by %d of %d, margin %d, want %+v", a.State, a.Support, a.Of, a.Margin, want)
		}
	}
	fork := h.nodes[h.tips["A"]]
	h.tips["A'"] = h.at[h.id(0)]
	rival := h.writeAs("A'", fork.key, nobody, nil, h.amendOn(0, map[string]any{"mode": Propose}))
	h.told(j, rival, h.writeAs("A'", fork.key, nobody, nil, h.forAmend(0, rival)))
	a, _ := j.Amend(h.id(q))
	first, _ := j.Amend(h.id(p))
	if first.State == Final || a.Margin != 0 {
		t.Errorf("after one fork the first is %v, the second has margin %d", first.State, a.Margin)
	}
}

// TestBindTwice: a bind that a decision cuts leaves another that says the same in force,
// and of the last one the person.
func TestBindTwice(t *testing.T) {
	h := founded(t, "A", map[string]any{"mode": Direct, "terms": []any{"MIT"}})
	k := h.write("K", nil, act{KindBoundTo, map[string]any{"person": KeyBytes(keyOf("P")), "agent": false}})
	bind := act{KindBind, map[string]any{"key": KeyBytes(keyOf("K")), "agent": false}}
	p0 := h.write("P", []int{k}, grantOf("MIT"))
	p1 := h.write("P", nil, bind)
	p2 := h.write("P", nil, bind)
	cut := func(base, on, head int) (int, int) {
		c := h.write("A", []int{p2, on}, h.amendOn(base, map[string]any{"cut": []any{map[string]any{"key": KeyBytes(keyOf("P")), "heads": h.ids(head)}}}))
		return c, h.write("A", nil, h.forAmend(base, c))
	}
	c1, r1 := cut(0, p2, p1)
	c2, r2 := cut(c1, r1, p0)
	j := h.start()
	h.told(j, 0, k, p0, p1, p2, c1)
	for _, step := range []struct {
		change int
		is     bool
	}{{r1, true}, {c2, true}, {r2, false}} {
		h.told(j, step.change)
		who, _ := j.PersonOf(h.id(k))
		if who.Confirmed != step.is || (who.ID == keyOf("P")) != step.is {
			t.Errorf("after change %d: %+v", step.change, who)
		}
		if v, _ := j.Verdict(h.id(k)); (v.Err == nil) != step.is {
			t.Errorf("after change %d the device's work: %v", step.change, v.Err)
		}
	}
}
