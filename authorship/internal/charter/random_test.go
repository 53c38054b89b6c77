package charter

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
)

// chaos writes a work by chance: members who vote, switch, fork and write late, devices,
// agents, strangers.
type chaos struct {
	*big
	r      *rand.Rand
	j      *Judge // what there is so far, so that votes are on what is open
	amends []int
	links  []int // what the acts of the next change have to have seen
}

// pick is one of a list.
func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// newChaos founds a work.
func newChaos(t testing.TB, seed uint64) *chaos {
	r := rand.New(rand.NewPCG(seed, 9))
	members := map[string]any{"one": keys("A", "B", "C")}
	if r.IntN(3) == 0 {
		members["two"] = keys("C", "D")
	}
	c := &chaos{big: founded(t, "A", map[string]any{
		"mode": pick(r, Direct, Propose), "terms": []any{"MIT"}, "members": members,
		"accept": pick(r, []any{0, 1}, []any{1, 2}), "amend": pick(r, []any{1, 2}, []any{2, 3}),
	}), r: r}
	c.j = c.start()
	c.add(c.j, 0)
	return c
}

// some are changes that are there: mostly late ones.
func (c *chaos) some() int {
	n := len(c.nodes)
	if c.r.IntN(3) == 0 {
		return c.r.IntN(n)
	}
	return n - 1 - c.r.IntN(min(n, 12))
}

// step writes one change.
func (c *chaos) step() {
	name := pick(c.r, "A", "B", "C", "D", "A", "B", "C", "X", "Y", "D1", "D2", "G1", "E")
	branch := name
	if c.r.IntN(4) == 0 {
		branch = name + pick(c.r, "'", "''")
		if _, ok := c.tips[branch]; !ok {
			if tip, ok := c.tips[name]; ok && c.r.IntN(3) > 0 {
				for back := c.r.IntN(3); back > 0 && c.nodes[tip].prev; back-- {
					tip = c.nodes[tip].links[0]
				}
				c.tips[branch] = tip
			}
		}
	}
	_, there := c.tips[branch]
	c.links = nil
	var links []int
	if branch == name { // forks have seen what their votes need and no more
		for range c.r.IntN(2) {
			links = append(links, c.some())
		}
		if c.r.IntN(4) == 0 {
			links = append(links, len(c.nodes)-1)
		}
	}
	tag := nobody
	if c.r.IntN(8) == 0 {
		tag = c.some()
		links = append(links, tag)
	}
	var acts []act
	if strings.ContainsAny(name, "12") && !there && c.r.IntN(8) > 0 {
		acts = append(acts, act{KindBoundTo, map[string]any{"person": KeyBytes(keyOf(pick(c.r, "A", "B", "X"))), "agent": name == "G1"}})
	}
	if !there && c.r.IntN(4) > 0 {
		acts = append(acts, grantOf("MIT"))
	}
	for range c.r.IntN(3) {
		acts = append(acts, c.act())
	}
	i := len(c.nodes)
	c.writeAs(branch, keyOf(name), tag, append(links, c.links...), acts...)
	c.add(c.j, i)
	for _, a := range acts {
		if a.kind == KindAmend {
			c.amends = append(c.amends, i)
		}
	}
}

// base is an epoch or an amend, mostly the tip.
func (c *chaos) base() int {
	at := 0
	switch c.r.IntN(8) {
	case 0:
	case 1:
		if len(c.amends) > 0 {
			at = pick(c.r, c.amends...)
		}
	default:
		at = int(c.j.tip().change)
		if at > 0 {
			c.links = append(c.links, int(c.j.tip().ratifies[0]))
		}
	}
	if at > 0 {
		c.links = append(c.links, at)
	}
	return at
}

// rival is an amend of a base, and the base: mostly one of the last of the tip or of the
// epoch before it.
func (c *chaos) rival() (amend, base int) {
	e := c.j.tip()
	if e.base != nil && c.r.IntN(2) == 0 {
		e = e.base
	}
	for _, i := range slices.Backward(c.amends) {
		if a := c.j.amendOf(int32(i)); a != nil && c.j.at(a.Base) == e.change && c.r.IntN(3) > 0 {
			c.links = append(c.links, i)
			return i, int(e.change)
		}
	}
	return int(e.change), int(e.change)
}

// act is any act.
func (c *chaos) act() act {
	r := c.r
	key := func() []byte { return KeyBytes(keyOf(pick(r, "A", "B", "C", "D", "E", "X", "D1", "D2", "G1"))) }
	heads := func() []any {
		a, b := c.some(), c.some()
		c.links = append(c.links, a, b)
		return c.ids(a, b)
	}
	switch r.IntN(12) {
	case 0:
		return act{KindBind, map[string]any{"key": KeyBytes(keyOf(pick(r, "D1", "D2", "G1"))), "agent": r.IntN(3) == 0}}
	case 1:
		return act{KindRevoke, map[string]any{"key": KeyBytes(keyOf(pick(r, "D1", "D2", "G1"))), "heads": pick(r, []any{}, heads())}}
	case 2:
		return grantOf(pick(r, []any{"MIT"}, []any{"ISC"}, []any{"ISC", "MIT"})...)
	case 3:
		return act{KindPropose, nil}
	case 4:
		body := map[string]any{"base": c.id(c.base())}
		switch r.IntN(6) {
		case 0:
			body["mode"] = pick(r, Direct, Propose)
		case 1:
			body["remove"] = keys(pick(r, "A", "B", "C", "D"))
		case 2:
			body["admit"] = map[string]any{"one": keys(pick(r, "D", "E", "X"))}
		case 3:
			body["terms"] = pick(r, []any{"MIT", "ISC"}, []any{"MIT"}, []any{"ISC"})
		case 4:
			body["moderators"] = pick(r, []any{}, keys("A"), keys("B", "X"))
		case 5:
			k := key()
			var own []int
			for i := range c.nodes {
				if string(KeyBytes(c.nodes[i].key)) == string(k) && r.IntN(3) == 0 {
					own = append(own, i)
				}
			}
			body["cut"] = []any{map[string]any{"key": k, "heads": c.ids(own[max(0, len(own)-1):]...)}}
		}
		return act{KindAmend, body}
	case 5, 6, 7:
		amend, base := c.rival()
		return c.no(act{KindEndorse, map[string]any{"base": c.id(base), "amend": c.id(amend)}})
	case 8, 9:
		return c.no(act{KindEndorse, map[string]any{"base": c.id(c.base()), pick(r, "accept", "accept", "redact"): heads()}})
	case 10:
		body := map[string]any{"changes": heads()}
		if r.IntN(3) == 0 {
			body["off"] = true
		}
		return act{KindHide, body}
	}
	return grantOf("MIT")
}

// no takes a vote back now and then.
func (c *chaos) no(a act) act {
	if c.r.IntN(10) == 0 {
		a.body.(map[string]any)["no"] = true
	}
	return a
}

// campaign has members amend an epoch, of the path or before its end, each on a branch that
// has not seen it amended: there they fork where they have to.
func (c *chaos) campaign() {
	e := c.j.path[c.r.IntN(len(c.j.path))]
	if c.r.IntN(2) == 0 {
		e = c.j.tip()
	}
	on := []int{}
	if e.change != 0 {
		on = append(on, int(e.ratifies[0]))
	}
	base, amend := c.id(int(e.change)), nobody
	names := []string{"A", "B", "C", "D", "E", "X"}
	c.r.Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
	for _, n := range names {
		branch := n
		if tip, ok := c.tips[n]; !e.charter.Has(keyOf(n)) || c.r.IntN(8) == 0 {
			continue
		} else if ok && c.j.uses(c.j.rows[tip].after, e) {
			branch = fmt.Sprint(n, "#", len(c.nodes))
			for i := range c.j.rows {
				if r := &c.j.rows[i]; r.root.Key == keyOf(n) && r.root.Claim == nil && !c.j.uses(r.after, e) {
					c.tips[branch] = i
				}
			}
		}
		if amend == nobody {
			c.links = nil
			a := c.act()
			for a.kind != KindAmend {
				a = c.act()
			}
			a.body.(map[string]any)["base"] = base
			delete(a.body.(map[string]any), "cut")
			amend = len(c.nodes)
			c.amends = append(c.amends, amend)
			c.writeAs(branch, keyOf(n), nobody, on, a)
			c.add(c.j, amend)
		}
		last := len(c.nodes)
		c.writeAs(branch, keyOf(n), nobody, append(on, amend), act{KindEndorse, map[string]any{"base": base, "amend": c.id(amend)}})
		c.add(c.j, last)
		if on = append(on[:0:0], last); c.j.uses(c.j.rows[last].after, e) {
			return
		}
	}
}

// order is an order of the changes in which each comes after its links.
func (c *chaos) order() []int {
	waits := make([]int, len(c.nodes))
	after := make([][]int, len(c.nodes))
	ready := []int{}
	for i := range c.nodes {
		waits[i] = len(c.nodes[i].links)
		for _, l := range c.nodes[i].links {
			after[l] = append(after[l], i)
		}
		if waits[i] == 0 {
			ready = append(ready, i)
		}
	}
	var out []int
	for len(ready) > 0 {
		k := c.r.IntN(len(ready))
		i := ready[k]
		ready = slices.Delete(ready, k, k+1)
		out = append(out, i)
		for _, n := range after[i] {
			if waits[n]--; waits[n] == 0 {
				ready = append(ready, n)
			}
		}
	}
	return out
}

// answers is everything that a judge can be asked, as text.
func (c *chaos) answers(j *Judge) string {
	var b strings.Builder
	for i := range c.nodes {
		id := c.id(i)
		v, ok := j.Verdict(id)
		if !ok {
			continue
		}
		hid, _ := j.Hidden(id)
		erased, _ := j.Erased(id)
		who, _ := j.PersonOf(id)
		at, _ := j.At(id)
		fmt.Fprintf(&b, "%d: %v hidden %v erased %v %v at %v\n", i, v, hid, erased, who, at.ID)
		for _, x := range j.Votes(id) {
			fmt.Fprintf(&b, "  %v\n", x)
		}
		if a, ok := j.Amend(id); ok {
			slices.SortFunc(a.Ratifies, func(x, y cid.Cid) int { return strings.Compare(x.KeyString(), y.KeyString()) })
			a.Accept, a.Amendment.Amend = nil, nil
			fmt.Fprintf(&b, "  %v\n", a)
		}
	}
	for _, e := range j.Path() {
		fmt.Fprintf(&b, "%v %+v\n", e.ID, *e.Charter)
	}
	var lines []string
	for p := range j.Proposals() {
		lines = append(lines, fmt.Sprint(p.ID, len(p.Changes), len(p.Heads), len(p.Waits), len(p.Accepts)))
	}
	for a := range j.Accepts() {
		lines = append(lines, fmt.Sprint(a.Matter, a.Base, a.Heads, a.Count, len(a.By), a.Stands))
	}
	slices.Sort(lines)
	return b.String() + strings.Join(lines, "\n")
}

// TestRandom: after each change of a random history the invariants hold, what was yielded
// is what the verdicts are, and a judge told the same in another order answers everything
// the same.
func TestRandom(t *testing.T) {
	histories, long := 120, 12
	if testing.Short() {
		histories, long = 30, 4
	}
	met := map[string]int{}
	for seed := range histories {
		n, every := 30+seed%40, 1
		if seed < long {
			n, every = 250, 50
		}
		c := newChaos(t, uint64(seed))
		for len(c.nodes) < n {
			c.step()
			if c.r.IntN(15) == 0 {
				c.campaign()
			}
		}
		a := c.start()
		said := map[int]error{}
		for i := range c.nodes {
			for k, err := range c.add(a, i) {
				said[k] = err
			}
			if i%every == 0 {
				if err := a.Check(); err != nil {
					t.Fatalf("seed %d, change %d: %v", seed, i, err)
				}
			}
		}
		b := c.start()
		for _, i := range c.order() {
			c.add(b, i)
		}
		for _, j := range []*Judge{a, b} {
			if err := j.Check(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if x, y := c.answers(a), c.answers(b); x != y {
			t.Fatalf("seed %d: two orders, two answers:\n%s\n\n%s", seed, x, y)
		}
		for i := range c.nodes {
			v, _ := a.Verdict(c.id(i))
			if fmt.Sprint(said[i]) != fmt.Sprint(v.Err) {
				t.Fatalf("seed %d: change %d was said to be %v, and is %v", seed, i, said[i], v.Err)
			}
			met[fmt.Sprintf("%T %.20v", v.Err, v.Err)]++
		}
		for x := range a.Amends() {
			met["amend "+x.State.String()]++
		}
		met["epochs"] += len(a.path) - 1
		met["accepts that stand"] += len(a.accepts) - len(a.fallen())
		met["accepts that fell"] += len(a.fallen())
		c.suppose(t, seed, a)
	}
	t.Logf("met: %v", met)
	for _, what := range []string{"amend contested", "amend final", "amend superseded", "epochs", "accepts that stand", "accepts that fell"} {
		if met[what] == 0 && !testing.Short() {
			t.Errorf("no history has %s", what)
		}
	}
}

// suppose compares what a judge supposes of an accept with what comes of one, where one
// member is enough for it.
func (c *chaos) suppose(t *testing.T, seed int, j *Judge) {
	tip := j.tip()
	if len(tip.charter.names) != 1 || tip.charter.Need(Accepting, len(tip.charter.all)) != 1 || len(tip.charter.all) == 0 {
		return
	}
	heads := []int{c.some(), c.some(), c.r.IntN(len(c.nodes))}
	before := c.answers(j)
	want := map[int]error{}
	for id, err := range j.Suppose([]cid.Cid{c.id(heads[0]), c.id(heads[1]), c.id(heads[2])}) {
		want[c.at[id]] = err
	}
	if err := j.Check(); err != nil {
		t.Fatalf("seed %d, supposing: %v", seed, err)
	}
	if after := c.answers(j); after != before {
		t.Fatalf("seed %d: supposing changes\n%s\nto\n%s", seed, before, after)
	}
	name := ""
	for _, n := range []string{"A", "B", "C", "D", "E", "X"} {
		if tip.charter.Has(keyOf(n)) && j.persons.Of(keyOf(n)) != nil && j.persons.Of(keyOf(n))[0].Claim == nil {
			name = n
		}
	}
	if _, ok := c.tips[name]; !ok {
		return
	}
	all := []int{}
	for i := range c.nodes {
		all = append(all, i)
	}
	i := c.write(name, all, act{KindEndorse, map[string]any{"base": c.id(int(tip.change)), "accept": c.ids(heads...)}})
	got := c.add(j, i)
	if v := j.Votes(c.id(i)); v[0].Reason != Ratifies {
		return // the member has forked and said otherwise
	}
	delete(got, i)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("seed %d: to accept %v turns %v, supposed was %v", seed, heads, got, want)
	}
}
