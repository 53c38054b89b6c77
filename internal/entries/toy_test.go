package entries

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A toy document, slow and small, in which the scenarios of SCENARIOS.md are played: life, undo and writers
// by the words of DESIGN 6, places and values by this room. Lists have no positions here: their elements
// stand in the total order.

// num names a number everywhere: in order of making in the whole toy world.
type num int

// toyOp is one op. Which fields count follows from what.
type toyOp struct {
	what   string // entry, elem, tag, step, delete, restore
	n      num    // the number it makes
	in     string // slot of an entry, list, set or counter
	kind   EntryKind
	child  string // identity of the child container
	over   []num
	value  string
	amount int64
	target num // of a delete: what; of a restore: the delete number
}

// toyChange is one change.
type toyChange struct {
	author string
	depth  int
	hash   int
	past   map[*toyChange]bool
	ops    []toyOp
}

// toyWorld is some replicas and what they made.
type toyWorld struct {
	t       *testing.T
	rng     *rand.Rand
	nums    num
	off     map[*toyChange]bool
	a, b, c *toy
	all     []*toyChange
}

// made is what a number is.
type made struct {
	c  *toyChange
	op *toyOp
}

// toy is one replica.
type toy struct {
	w      *toyWorld
	name   string
	has    map[*toyChange]bool
	made   map[num]made
	lv     map[num]LV
	nums   []num // by local version
	places map[string]int32
	names  []string
	words  []byte
	slots  *Slots
	tags   *Tags
	steps  *Steps
	undo   [][]*toyChange
	redo   [][]*toyChange
	group  *[]*toyChange
}

func newToyWorld(t *testing.T, seed int64) *toyWorld {
	w := &toyWorld{t: t, rng: rand.New(rand.NewPCG(uint64(seed), 0)), off: map[*toyChange]bool{}}
	for i, p := range []**toy{&w.a, &w.b, &w.c} {
		r := &toy{w: w, name: string(rune('a' + i)), has: map[*toyChange]bool{}, made: map[num]made{},
			lv: map[num]LV{}, places: map[string]int32{}}
		r.slots = New(Hooks{Order: r.order, State: r.state, Off: r.isOff, Inside: func(p int32) bool { return len(r.inside(r.names[p])) > 0 }})
		r.tags, r.steps = NewTags(&r.words), NewSteps()
		*p = r
	}
	return w
}

func (r *toy) place(name string) int32 {
	p, ok := r.places[name]
	if !ok {
		p = int32(len(r.names))
		r.places[name] = p
		r.names = append(r.names, name)
	}
	return p
}

func (r *toy) order(a, b LV) int {
	x, y := r.made[r.nums[a]], r.made[r.nums[b]]
	return cmp.Or(cmp.Compare(x.c.depth, y.c.depth), cmp.Compare(x.c.hash, y.c.hash), cmp.Compare(x.op.n, y.op.n))
}

// counts tells whether a delete counts: its change is effective and no effective restore names it.
func (r *toy) counts(d num) bool {
	for c := range r.has {
		for _, op := range c.ops {
			if op.what == "restore" && op.target == d && !r.w.off[c] {
				return false
			}
		}
	}
	return !r.w.off[r.made[d].c]
}

// deleted tells whether a delete of a number counts.
func (r *toy) deleted(n num) bool {
	for d, m := range r.made {
		if m.op.what == "delete" && m.op.target == n && r.counts(d) {
			return true
		}
	}
	return false
}

func (r *toy) alive(n num) bool { return !r.w.off[r.made[n].c] && !r.deleted(n) }

func (r *toy) state(lv LV) State {
	switch n := r.nums[lv]; {
	case r.w.off[r.made[n].c]:
		return Ineffective
	case r.deleted(n):
		return Dead
	}
	return Alive
}

func (r *toy) isOff(lv LV) bool { return r.state(lv) == Ineffective && !r.deleted(r.nums[lv]) }

// apply takes a change in.
func (r *toy) apply(c *toyChange) {
	r.has[c] = true
	for i := range c.ops {
		op := &c.ops[i]
		lv := LV(len(r.nums))
		r.nums, r.lv[op.n] = append(r.nums, op.n), lv
		r.made[op.n] = made{c, op}
		off := uint32(len(r.words))
		r.words = append(r.words, op.value...)
		size := uint32(len(op.value))
		switch op.what {
		case "entry", "elem":
			slot, child := op.in, int32(-1)
			if op.what == "elem" {
				slot = fmt.Sprintf("elem:%d", op.n)
			}
			if op.kind == Child {
				child = r.place(op.child)
			}
			var over []LV
			for _, n := range op.over {
				over = append(over, r.lv[n])
			}
			r.slots.Add(r.place(slot), lv, over, op.kind, child, off, size)
		case "tag":
			r.tags.Add(r.place(op.in), lv, off, size)
		case "step":
			r.steps.Add(r.place(op.in), lv, op.amount)
		}
	}
	r.settle()
}

// settle tells the rooms who lives.
func (r *toy) settle() {
	r.slots.Flip(0, uint32(len(r.nums)))
	for n, m := range r.made {
		switch m.op.what {
		case "tag":
			r.tags.Flip(r.lv[n], r.alive(n))
		case "step":
			r.steps.Flip(r.lv[n], r.alive(n))
		}
	}
	for _, check := range []func() error{r.slots.Check, r.tags.Check, r.steps.Check} {
		if err := check(); err != nil {
			r.w.t.Fatal(err)
		}
	}
}

// commit makes a change of ops on all that the replica has.
func (r *toy) commit(ops ...toyOp) *toyChange {
	c := &toyChange{author: r.name, hash: r.w.rng.Int(), past: map[*toyChange]bool{}, ops: ops}
	for o := range r.has {
		c.past[o] = true
		c.depth = max(c.depth, o.depth+1)
	}
	for i := range c.ops {
		if c.ops[i].n == 0 {
			c.ops[i].n = r.w.number()
		}
	}
	r.w.all = append(r.w.all, c)
	r.apply(c)
	return c
}

func (w *toyWorld) number() num { w.nums++; return w.nums }

// did notes a change for undo.
func (r *toy) did(c *toyChange) *toyChange {
	if r.group != nil {
		*r.group = append(*r.group, c)
	} else {
		r.undo, r.redo = append(r.undo, []*toyChange{c}), nil
	}
	return c
}

// Group makes one undo step of what f does.
func (r *toy) Group(f func()) {
	var g []*toyChange
	r.group = &g
	f()
	r.group = nil
	r.undo, r.redo = append(r.undo, g), nil
}

// Sync delivers everything to everybody, to each in another order that keeps causes first.
func (w *toyWorld) Sync() {
	for _, r := range []*toy{w.a, w.b, w.c} {
		for {
			var ready []*toyChange
			for _, c := range w.all {
				ok := !r.has[c]
				for p := range c.past {
					ok = ok && r.has[p]
				}
				if ok {
					ready = append(ready, c)
				}
			}
			if len(ready) == 0 {
				break
			}
			r.apply(ready[w.rng.IntN(len(ready))])
		}
	}
}

// keys are the slots of a map that have an entry.
func (r *toy) keys(m string) []string {
	var keys []string
	for name, p := range r.places {
		if k, ok := strings.CutPrefix(name, m+"."); ok && !strings.ContainsAny(k, ".#") && r.slots.Has(p) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// inside lists the alive numbers inside a container, at any depth.
func (r *toy) inside(container string) []num {
	var in []num
	for n, m := range r.made {
		if (strings.HasPrefix(m.op.in, container+".") || m.op.in == container) && m.op.what != "delete" && r.alive(n) {
			in = append(in, n)
		}
	}
	slices.Sort(in)
	return in
}

// write adds an entry over the frontier and deletes what is alive inside the children it hides.
func (r *toy) write(slot string, op toyOp) *toyChange {
	p := r.place(slot)
	op.what, op.in = "entry", slot
	for _, lv := range r.slots.Frontier(p, nil) {
		op.over = append(op.over, r.nums[lv])
	}
	ops := []toyOp{op}
	for _, e := range r.slots.Conflicts(p, nil) {
		if e.Kind == Child {
			for _, n := range r.inside(r.names[e.Child]) {
				ops = append(ops, toyOp{what: "delete", target: n})
			}
		}
	}
	return r.did(r.commit(ops...))
}

func (r *toy) Put(m, key, value string) *toyChange {
	return r.write(m+"."+key, toyOp{kind: Value, value: value})
}

func (r *toy) Del(m, key string) *toyChange { return r.write(m+"."+key, toyOp{kind: Absent}) }

// Child uses the visible child of a kind, else makes one after the effective one with the highest count.
func (r *toy) Child(m, key, kind string) string {
	slot := m + "." + key
	p := r.place(slot)
	identity := slot + "#" + kind
	for _, e := range r.slots.Conflicts(p, nil) {
		if e.Kind == Child && strings.HasPrefix(r.names[e.Child], identity) {
			return r.names[e.Child]
		}
	}
	count := 0
	for _, lv := range r.slots.Entries(p, nil) {
		var i int
		if e, _ := r.slots.Entry(lv); e.Kind == Child && e.State != Ineffective {
			if _, err := fmt.Sscanf(strings.TrimPrefix(r.names[e.Child], identity), "%d", &i); err == nil {
				count = max(count, i+1)
			}
		}
	}
	identity += fmt.Sprint(count)
	r.write(slot, toyOp{kind: Child, child: identity})
	return identity
}

// LIns makes a list element, a container if kind is given.
func (r *toy) LIns(list string, _ int, value, kind string) num {
	op := toyOp{what: "elem", n: r.w.number(), in: list, kind: Value, value: value}
	if kind != "" {
		op.kind, op.child = Child, fmt.Sprintf("elem:%d#%s", op.n, kind)
	}
	r.did(r.commit(op))
	return op.n
}

func (r *toy) LSet(_ string, elem num, value string) *toyChange {
	return r.write(fmt.Sprintf("elem:%d", elem), toyOp{kind: Value, value: value})
}

func (r *toy) SAdd(set, value string) { r.did(r.commit(toyOp{what: "tag", in: set, value: value})) }

func (r *toy) SRem(set, value string) {
	var ops []toyOp
	for _, lv := range r.tags.TagsOf(r.place(set), []byte(value), nil) {
		ops = append(ops, toyOp{what: "delete", target: r.nums[lv]})
	}
	r.did(r.commit(ops...))
}

func (r *toy) Add(counter string, n int64) *toyChange {
	return r.did(r.commit(toyOp{what: "step", in: counter, amount: n}))
}

// inverse is the inverse of a change as ops.
func (r *toy) inverse(c *toyChange) []toyOp {
	var ops []toyOp
	for i := range c.ops {
		op := &c.ops[i]
		switch {
		case op.what == "delete":
			ops = append(ops, toyOp{what: "restore", target: op.n})
		case op.what == "restore":
			other := false
			for o := range r.has {
				for _, p := range o.ops {
					other = other || o != c && !r.w.off[o] && p.what == "restore" && p.target == op.target
				}
			}
			if !other {
				ops = append(ops, toyOp{what: "delete", target: r.made[op.target].op.target})
			}
		case op.kind == Child && op.what == "entry" && len(op.over) == 0:
		case op.kind == Child && slices.ContainsFunc(r.inside(op.child), func(n num) bool { return r.made[n].c.author != r.name }):
		default:
			ops = append(ops, toyOp{what: "delete", target: op.n})
		}
	}
	return ops
}

func (r *toy) Invert(c *toyChange) { r.did(r.commit(r.inverse(c)...)) }

// revert commits the inverses of a group, last change first.
func (r *toy) revert(g []*toyChange) []*toyChange {
	var done []*toyChange
	for _, c := range slices.Backward(g) {
		done = append(done, r.commit(r.inverse(c)...))
	}
	return done
}

func (r *toy) Undo() {
	k := len(r.undo) - 1
	g := r.undo[k]
	r.undo, r.redo = r.undo[:k], append(r.redo, r.revert(g))
}

func (r *toy) Redo() {
	k := len(r.redo) - 1
	g := r.redo[k]
	r.redo, r.undo = r.redo[:k], append(r.undo, r.revert(g))
}

// show renders a container.
func (r *toy) show(container string) string {
	r.settle() // effectiveness may have been switched
	if i := strings.LastIndex(container, "#"); strings.HasPrefix(container[i+1:], "list") || container == "l" {
		var items []string
		for _, lv := range r.elements(container) {
			items = append(items, r.values(fmt.Sprintf("elem:%d", r.nums[lv])))
		}
		return "[" + strings.Join(items, " ") + "]"
	}
	var items []string
	for _, k := range r.keys(container) {
		if s := r.values(container + "." + k); s != "" {
			items = append(items, k+":"+s)
		}
	}
	return "{" + strings.Join(items, " ") + "}"
}

// elements are the alive elements of a list.
func (r *toy) elements(list string) []LV {
	var in []LV
	for n, m := range r.made {
		if m.op.what == "elem" && m.op.in == list && r.alive(n) {
			in = append(in, r.lv[n])
		}
	}
	slices.SortFunc(in, r.order)
	return in
}

// values renders the visible values of a slot, the winner first.
func (r *toy) values(slot string) string {
	var all []string
	for _, e := range r.slots.Conflicts(r.place(slot), nil) {
		switch {
		case e.Kind == Child && strings.HasPrefix(slot, "elem:"):
			all = append(all, r.made[r.nums[e.LV]].op.value+r.show(r.names[e.Child]))
		case e.Kind == Child:
			all = append(all, r.show(r.names[e.Child]))
		default:
			all = append(all, string(r.words[e.Off:e.Off+e.Size]))
		}
	}
	return strings.Join(all, "|")
}

// m, l, s and cnt render the root containers of the scenarios.
func (r *toy) m() string { return "m=" + r.show("m") }
func (r *toy) l() string { return "l=" + r.show("l") }
func (r *toy) s() string {
	r.settle()
	var all []string
	r.tags.Each(r.place("s"), func(v []byte, _ LV) bool { all = append(all, string(v)); return true })
	return "s=<" + strings.Join(all, " ") + ">"
}
func (r *toy) cnt() string {
	r.settle()
	n, _ := r.steps.Int64(r.place("c"))
	return fmt.Sprint("c=", n)
}
