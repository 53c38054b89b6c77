package authorship

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/commonhold/commonhold/crdt"
)

// maxSteps bounds how far down a range is told apart: strangers nest as deep as they
// like, and the way to each of so many things is as long.
const maxSteps = 64

// Range is a part of what a view shows.
type Range struct {
	// Path is the way to the text or value as a JSON pointer, as crdt's View.Lookup
	// has it. Where several things stand under one key it is that of the key; what is
	// more than 64 steps below the top has that of what it is in there.
	Path string `json:"path"`
	// From and To are code points of a text, To being behind the last; both zero for
	// a value that is no text, and below 64 steps.
	From int `json:"from"`
	To   int `json:"to"`

	trail *trail
}

// trail is the way to a place, from below; its pointer is made only where it is told.
type trail struct {
	up    *trail
	name  string
	steps int    // from the start
	start bool   // of the part that is read: no step
	deep  *trail // stands for everything below the last step
	below bool   // it is that
}

// at is one step further.
func (t *trail) at(name string) *trail {
	switch {
	case t == nil:
		return &trail{name: name, steps: 1}
	case t.below:
		return t
	case t.steps < maxSteps:
		return &trail{up: t, name: name, steps: t.steps + 1}
	case t.deep == nil:
		t.deep = &trail{up: t.up, name: t.name, steps: t.steps, below: true}
	}
	return t.deep
}

// String is the JSON pointer.
func (t *trail) String() string {
	var names []string
	for ; t != nil && !t.start; t = t.up {
		names = append(names, t.name)
	}
	slices.Reverse(names)
	return crdt.Pointer(names...)
}

// withPaths gives ranges their paths; the slice is made anew.
func withPaths(list []Range) []Range {
	out := slices.Clone(list)
	for k := range out {
		out[k].Path, out[k].trail = out[k].trail.String(), nil
	}
	return out
}

// stop is something that is still to be read, and where it stands.
type stop struct {
	trail *trail
	what  any // a container of crdt, or a crdt.Value
}

// readWork reads everything that the view shows.
func (l *licensing) readWork() {
	v := l.p.v
	l.count(v.Tally())
	names, parts := topOf(v)
	var list []stop
	for _, name := range names {
		at := (*trail)(nil).at(name)
		for x := range v.Conflicts(name) {
			list = append(list, stop{at, x})
		}
		for _, part := range parts[name] {
			list = append(list, stop{at, part})
		}
	}
	l.walk(list)
}

// readPart reads a part of it.
func (l *licensing) readPart(part crdt.Part) {
	l.count(part.Tally())
	l.walk([]stop{{&trail{start: true}, part}})
}

// count notes everybody of whom a tally has something that is shown: these are
// exact also where a key belongs to several people by its branches.
func (l *licensing) count(x crdt.Tallies) {
	for k := range x.Changes {
		if c := &x.Changes[k]; c.Letters+c.Spaces+c.Values+c.Quoted > 0 {
			l.writers(&c.Source, Range{})
		}
	}
}

// writers notes who wrote something.
func (l *licensing) writers(s *crdt.Source, r Range) {
	for _, who := range l.p.writers(s) {
		l.hold(who, r)
	}
}

// walk reads containers without recursion, in the order of the list.
func (l *licensing) walk(todo []stop) {
	slices.Reverse(todo)
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		next := l.read(s)
		slices.Reverse(next)
		todo = append(todo, next...)
	}
}

// read reads one thing and gives what is in it.
func (l *licensing) read(s stop) (next []stop) {
	switch x := s.what.(type) {
	case crdt.Value:
		if x.Withheld() {
			return nil // its words are erased, or never came
		}
		if inside, ok := x.Any().(crdt.Part); ok {
			return []stop{{s.trail, inside}}
		}
		l.hold(l.p.byKey(x.By()), Range{trail: s.trail})
	case crdt.Text:
		x = x.In(crdt.Runes)
		l.text(s.trail, x)
		for m := range x.Marks() {
			r := Range{From: m.From, To: m.To, trail: s.trail}
			if s.trail.below {
				r.From, r.To = 0, 0
			}
			l.hold(l.p.byKey(m.Value.By()), r)
		}
	case crdt.Map:
		for key := range x.All() {
			for val := range x.Conflicts(key) {
				next = append(next, stop{s.trail.at(key), val})
			}
		}
	case crdt.List:
		k := 0
		for e := range x.All() {
			at := s.trail.at(strconv.Itoa(k))
			made, _ := x.By(e)
			l.hold(l.p.byKey(made), Range{trail: at})
			for val := range x.Conflicts(e) {
				next = append(next, stop{at, val})
			}
			k++
		}
	case crdt.Tree:
		return l.tree(s.trail, x)
	case crdt.Set:
		k := 0
		for val := range x.All() {
			next = append(next, stop{s.trail.at(strconv.Itoa(k)), val})
			k++
		}
	case crdt.Counter:
		l.counter(s.trail, x)
	}
	return next
}

// counter notes who has counted.
func (l *licensing) counter(at *trail, c crdt.Counter) {
	shares, err := c.Shares()
	if err != nil {
		return // the tally has them
	}
	keys := make([]crdt.Author, 0, len(shares))
	for key := range shares {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b crdt.Author) int { return bytes.Compare(a[:], b[:]) })
	for _, key := range keys {
		l.hold(l.p.byKey(key), Range{trail: at})
	}
}

// tree notes who made the nodes of a tree and gives their maps.
func (l *licensing) tree(at *trail, t crdt.Tree) (next []stop) {
	var way []*trail // of the node before and those above it
	var count []int  // how many children there were so far, by depth
	for e, depth := range t.All() {
		way, count = way[:min(depth, len(way))], count[:min(depth+1, len(count))]
		if depth == len(count) {
			count = append(count, 0)
		}
		up := at
		if depth > 0 {
			up = way[depth-1].at("children")
		}
		node := up.at(strconv.Itoa(count[depth]))
		count[depth]++
		way = append(way, node)
		made, _ := t.By(e)
		l.hold(l.p.byKey(made), Range{trail: node})
		next = append(next, stop{node.at("data"), t.Data(e)})
	}
	return next
}

// text notes who wrote the stretches of a text and who put quotes there.
func (l *licensing) text(at *trail, t crdt.Text) {
	stretches, sources := t.Sources()
	from := 0
	for _, s := range stretches {
		r := Range{From: from, To: from + utf8.RuneCountInString(s.Text), trail: at}
		if from = r.To; at != nil && at.below {
			r.From, r.To = 0, 0
		}
		placed := &sources[s.Source]
		l.writers(placed, r)
		o := s.Origin
		if o == nil {
			continue
		}
		claims := &sources[o.Source]
		if o.Claim != crdt.ClaimElsewhere {
			l.writers(claims, r)
			continue
		}
		by := l.quotes.origin(s.Text, o, claims.Author)
		switch by.Proof {
		case Mismatch:
			l.writers(claims, r) // the words are the quoter's
			continue
		case Claimed:
			by.Author.ID = crdt.Author{}
		}
		l.holdQuote(l.p.author(claims), source{o.Work, o.Change}, by.Author.ID, r)
	}
}

// topOf are the names under which a view shows something at its top, in order of bytes:
// the keys of the root map and the root containers, which are given by name.
func topOf(v *crdt.View) (names []string, parts map[string][]crdt.Part) {
	parts = map[string][]crdt.Part{}
	for name, part := range v.Roots() {
		if parts[name] == nil {
			names = append(names, name)
		}
		parts[name] = append(parts[name], part)
	}
	for name := range v.All() {
		if parts[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, parts
}
