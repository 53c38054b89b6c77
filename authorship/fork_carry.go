package authorship

import (
	"bytes"
	"errors"
	"maps"
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// An Update carries about so much, then another goes on; and so many things are taken
// at a time.
const (
	carryBytes = 256 << 10
	carryStep  = 256
)

// carrier writes what a view shows into a new work, in several Updates. Handles end
// with their Update, so that each is found again, by the way that leads to it.
type carrier struct {
	from   *crdt.View
	l      *licensing
	said   map[source]bool
	budget int

	tx    *crdt.Tx
	q     *quoting
	round int // of the Update
	size  int // bytes written in it, about
	jobs  []job
}

// job carries a part of the work and tells what is still to be carried of it or in
// it.
type job func() []job

// target is a container of the new work: how it is found in what it stands in, and
// the handle of this round.
type target struct {
	up     *target
	find   func(up any) any
	handle any
	round  int
}

// at is the handle of a target. The way to it may be long.
func (f *carrier) at(t *target) any {
	var way []*target
	for u := t; u != nil && u.round != f.round; u = u.up {
		way = append(way, u)
	}
	for _, u := range slices.Backward(way) {
		var up any = f.tx
		if u.up != nil {
			up = u.up.handle
		}
		u.handle, u.round = u.find(up), f.round
	}
	return t.handle
}

// carry writes it all.
func (f *carrier) carry(doc *crdt.Doc) error {
	f.jobs = []job{f.say}
	names, parts := topOf(f.from)
	for _, name := range names {
		f.jobs = append(f.jobs, f.root(name, parts[name]))
	}
	f.jobs = append(f.jobs, func() []job { f.tx.Act(actCarried, nil); return nil })
	slices.Reverse(f.jobs)
	for len(f.jobs) > 0 {
		if err := doc.Update(f.update); err != nil {
			return err
		}
	}
	if _, err := doc.Commit(""); !errors.Is(err, crdt.ErrNothing) {
		return err
	}
	return nil
}

// update is one Update.
func (f *carrier) update(tx *crdt.Tx) error {
	f.tx, f.size = tx, 0
	f.round++
	f.q = &quoting{tx: tx, from: f.l, said: f.said, budget: f.budget}
	if c, err := CharterOf(tx.View()); err == nil {
		f.q.offered = c.Terms
	}
	for len(f.jobs) > 0 && f.size < carryBytes && tx.Err() == nil {
		next := f.jobs[len(f.jobs)-1]()
		f.jobs = f.jobs[:len(f.jobs)-1]
		slices.Reverse(next)
		f.jobs = append(f.jobs, next...)
	}
	f.budget = f.q.budget
	return tx.Err()
}

// root carries what stands under a name at the top: a key of the root map, and the
// containers of that name.
func (f *carrier) root(name string, parts []crdt.Part) job {
	return func() (next []job) {
		root := &target{find: func(tx any) any { return tx.(*crdt.Tx).Map("") }}
		if val := f.from.Get(name); val.Exists() {
			next = append(next, f.put(root, name, val)...)
		}
		for _, part := range parts {
			next = append(next, f.container(part, &target{find: func(tx any) any { return rootTx(tx.(*crdt.Tx), name, part) }}))
		}
		return next
	}
}

// rootTx is the root container of the kind of part.
func rootTx(tx *crdt.Tx, name string, part crdt.Part) any {
	switch part.(type) {
	case crdt.Map:
		return tx.Map(name)
	case crdt.List:
		return tx.List(name)
	case crdt.Text:
		return tx.Text(name)
	case crdt.Set:
		return tx.Set(name)
	case crdt.Counter:
		return tx.Counter(name)
	}
	return tx.Tree(name)
}

// childTx is the container of the kind of part under a key.
func childTx(m crdt.MapTx, key string, part any) any {
	switch part.(type) {
	case crdt.Map:
		return m.Map(key)
	case crdt.List:
		return m.List(key)
	case crdt.Text:
		return m.Text(key)
	case crdt.Set:
		return m.Set(key)
	case crdt.Counter:
		return m.Counter(key)
	}
	return m.Tree(key)
}

// put carries what a key of a map shows.
func (f *carrier) put(m *target, key string, val crdt.Value) []job {
	if val.Withheld() {
		return nil
	}
	x := val.Any()
	part, ok := x.(crdt.Part)
	if !ok {
		f.at(m).(crdt.MapTx).Put(key, x)
		f.size += 64 + len(key) + weight(x)
		return nil
	}
	return []job{f.container(part, &target{up: m, find: func(up any) any { return childTx(up.(crdt.MapTx), key, part) }})}
}

// weight is about how many bytes a plain value has.
func weight(x any) int {
	n, todo := 0, []any{x}
	for len(todo) > 0 {
		x := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		n += 9
		switch x := x.(type) {
		case string:
			n += len(x)
		case []byte:
			n += len(x)
		case []any:
			todo = append(todo, x...)
		case map[string]any:
			for key, y := range x {
				n += len(key)
				todo = append(todo, y)
			}
		}
	}
	return n
}

// container carries a container into a target.
func (f *carrier) container(part crdt.Part, to *target) job {
	return func() []job {
		f.at(to) // it is there, empty or not
		f.size += 64
		switch x := part.(type) {
		case crdt.Map:
			return f.keys(x, to, slices.Sorted(keysOf(x)))
		case crdt.List:
			return []job{f.elements(x, to, 0)}
		case crdt.Text:
			return f.text(x, to)
		case crdt.Set:
			return f.members(to, slices.Collect(x.All()))
		case crdt.Counter:
			f.sum(x, to)
		case crdt.Tree:
			return f.nodes(x, to)
		}
		return nil
	}
}

// keysOf are the keys of a map.
func keysOf(m crdt.Map) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m.All() {
			if !yield(key) {
				return
			}
		}
	}
}

// keys carries keys of a map, some at a time.
func (f *carrier) keys(m crdt.Map, to *target, keys []string) (next []job) {
	for k, key := range keys {
		if k == carryStep || f.size >= carryBytes {
			rest := keys[k:]
			return append(next, func() []job { return f.keys(m, to, rest) })
		}
		next = append(next, f.put(to, key, m.Get(key))...)
	}
	return next
}

// members carries members of a set.
func (f *carrier) members(to *target, list []crdt.Value) []job {
	set := f.at(to).(crdt.SetTx)
	for k, val := range list {
		if f.size >= carryBytes {
			return []job{func() []job { return f.members(to, list[k:]) }}
		}
		set.Add(val.Any())
		f.size += 64 + weight(val.Any())
	}
	return nil
}

// sum carries what a counter shows, in shares where the sum is too large for one step.
func (f *carrier) sum(c crdt.Counter, to *target) {
	counter := f.at(to).(crdt.CounterTx)
	if n, err := c.Int(); err == nil {
		counter.Add(n)
		return
	}
	shares, err := c.Shares()
	if err != nil {
		return
	}
	for _, key := range slices.SortedFunc(maps.Keys(shares), func(a, b crdt.Author) int { return bytes.Compare(a[:], b[:]) }) {
		counter.Add(shares[key])
	}
}

// elements carries the elements of a list from position i on.
func (f *carrier) elements(l crdt.List, to *target, i int) job {
	return func() (next []job) {
		list := f.at(to).(crdt.ListTx)
		for end := min(i+carryStep, l.Len()); i < end && f.size < carryBytes; i++ {
			val, at := l.Get(i), list.Len()
			var e crdt.Elem
			switch x := val.Any().(type) {
			case crdt.Map:
				e, _ = list.InsertMap(at)
				next = append(next, f.container(x, &target{up: to, find: func(up any) any { return up.(crdt.ListTx).Map(e) }}))
			case crdt.List:
				e, _ = list.InsertList(at)
				next = append(next, f.container(x, &target{up: to, find: func(up any) any { return up.(crdt.ListTx).List(e) }}))
			case crdt.Text:
				e, _ = list.InsertText(at)
				next = append(next, f.container(x, &target{up: to, find: func(up any) any { return up.(crdt.ListTx).Text(e) }}))
			case crdt.Tree:
				e, _ = list.InsertTree(at)
				next = append(next, f.container(x, &target{up: to, find: func(up any) any { return up.(crdt.ListTx).Tree(e) }}))
			case crdt.Part: // a set or counter, which no list of ours has
			default:
				if !val.Withheld() {
					list.Insert(at, x)
					f.size += weight(x)
				}
			}
			f.size += 64
		}
		if i < l.Len() {
			next = append(next, f.elements(l, to, i))
		}
		return next
	}
}

// node is a node of a tree, in order, with its depth.
type node struct {
	elem  crdt.Elem
	depth int
}

// nodes carries the nodes of a tree.
func (f *carrier) nodes(t crdt.Tree, to *target) []job {
	var list []node
	for e, depth := range t.All() {
		list = append(list, node{e, depth})
	}
	return []job{f.grow(t, to, list, nil)}
}

// grow carries nodes whose parents, by depth, are known.
func (f *carrier) grow(t crdt.Tree, to *target, list []node, way []crdt.Elem) job {
	return func() (next []job) {
		tree := f.at(to).(crdt.TreeTx)
		counts := map[crdt.Elem]int{}
		for k, n := range list {
			if k == carryStep || f.size >= carryBytes {
				return append(next, f.grow(t, to, list[k:], way))
			}
			parent := crdt.Elem{}
			if n.depth > 0 {
				parent = way[n.depth-1]
			}
			i, known := counts[parent]
			if !known {
				for range tree.Children(parent) {
					i++
				}
			}
			counts[parent] = i + 1
			e, _ := tree.Insert(parent, i)
			way = append(way[:n.depth], e)
			f.size += 64
			next = append(next, f.container(t.Data(n.elem), &target{up: to, find: func(up any) any { return up.(crdt.TreeTx).Data(e) }}))
		}
		return next
	}
}
