package authorship

import (
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// mostOthers is how many persons count for one character.
const mostOthers = 5

// Bounds of what is looked for among the changes to a text, of characters that were
// deleted and restored alike: so many looks, and so many persons who had them in sight.
// Whoever has many keys could otherwise make each of many deletes that were taken back
// cost each of many keys.
const (
	mostLooks   = 512
	mostSighted = 64
)

// Persistence asks, of each character that is shown, which other persons have made a
// change to the same text that had the character in sight.
//
// A character that was never deleted is in sight of exactly those changes that have the
// change which put it there in their past. So the answer is one of a change and a text,
// not of a character, and crdt's View.Later finds all of them in one pass over the
// history, carrying the least persons by text: as many as count, and one more for each
// author, who are taken out at the end. It is exact, since the least of a union are among
// the least of its parts.
//
// A character that was deleted and restored is out of sight between. Along the changes of
// one key what has been seen only grows, so of the key's changes to the text the last
// that has it in sight is found by bisection, once for all characters with the same
// deletes and restores, and the change that put the character there is looked for in its
// past. Keys are asked in the order of their last change to the text, the latest first:
// those who have written last know best what is there now. Where so many deletes were
// taken back, or so many keys have been at the text, that this comes to an end by its
// bounds, what was found so far counts; all is looked at in the one order on which
// replicas agree, so that they come to the same end.

// enduring is one search for persistence.
type enduring struct {
	p       *people
	x       crdt.Survey
	authors [][]crdt.Author // of each change: its person and the confirmed co-authors
	number  map[crdt.Author]int
	ids     []crdt.Author
	counts  []bool // by number: may be one of the others
	most    int
	rank    []int                // of each change, in the order on which replicas agree; nil before it is asked for
	lines   map[int][]line       // by text
	sight   map[[2]int][]sighted // by text and fate
	fates   map[int]*fate        // by number
	looks   int                  // questions to the graph, and lines and deletes that were looked at
}

// fate is what became of characters: the deletes that were taken back in the order on
// which replicas agree, and who made any of them.
type fate struct {
	gone []crdt.Gone
	by   map[int]bool
}

// line is the changes of one key to a text, each in the past of the next.
type line struct {
	who     int
	changes []int
}

// sighted is the last change of a line that had characters of a fate in sight.
type sighted struct{ who, change int }

// persistence is the sum for each person.
func (p *people) persistence(x crdt.Survey, whole []Credit) map[crdt.Author]int {
	return p.endure(x, whole).sum()
}

// endure makes a search.
func (p *people) endure(x crdt.Survey, whole []Credit) *enduring {
	e := &enduring{
		p: p, x: x, number: map[crdt.Author]int{}, most: mostOthers + 1,
		sight: map[[2]int][]sighted{}, fates: map[int]*fate{},
	}
	shown := map[crdt.Author]bool{}
	for k := range whole {
		shown[whole[k].Person.ID] = whole[k].surviving() && !whole[k].Person.Agent
	}
	e.authors = make([][]crdt.Author, len(x.Changes))
	for k := range x.Changes {
		e.change(k, shown)
	}
	return e
}

// sum is persistence by person.
func (e *enduring) sum() map[crdt.Author]int {
	sum := map[crdt.Author]int{}
	others := e.others()
	for k, s := range e.x.Shown {
		n := 0
		if s.Fate == 0 {
			n = len(e.without(others[k], s.By))
		} else {
			n = e.restored(s)
		}
		n = min(n, mostOthers)
		with := e.authors[s.By]
		for i, who := range with {
			share := s.Letters / len(with)
			if i == 0 {
				share = s.Letters - share*(len(with)-1)
			}
			sum[who] += n * share
		}
	}
	return sum
}

// change notes whose a change is, and whether they count.
func (e *enduring) change(k int, shown map[crdt.Author]bool) {
	c := &e.x.Changes[k]
	if e.p.adopted(c.Change) != nil {
		return
	}
	author := e.p.of(c.Root, c.Author)
	e.authors[k] = append(e.authors[k], author.ID)
	if len(c.With) > 0 {
		with, _ := e.p.coAuthors(&c.Source, author)
		for _, who := range with {
			e.authors[k] = append(e.authors[k], who.ID)
		}
		e.most = max(e.most, mostOthers+1+len(with))
	}
	for _, id := range e.authors[k] {
		if _, ok := e.number[id]; !ok {
			e.number[id] = len(e.ids)
			e.ids = append(e.ids, id)
			e.counts = append(e.counts, shown[id])
		}
	}
}

// who is the person who made a change, as far as they count; -1 otherwise. Co-authors
// have not looked at the text, as far as anybody knows.
func (e *enduring) who(change int) int {
	if a := e.authors[change]; len(a) > 0 && e.counts[e.number[a[0]]] {
		return e.number[a[0]]
	}
	return -1
}

// others gives the least persons who have changed the text of each shown stretch with
// the change that put it there in their past; nothing for those that have a fate.
func (e *enduring) others() [][]int {
	var deeds []crdt.Deed
	for _, t := range e.x.Touches {
		if who := e.who(t.Change); who >= 0 {
			deeds = append(deeds, crdt.Deed{Change: e.x.Changes[t.Change].Change, Subject: t.Text, Person: who})
		}
	}
	asked := make([]crdt.Moment, 0, len(e.x.Shown))
	of := map[[2]int]int{}
	at := make([]int, len(e.x.Shown))
	for k, s := range e.x.Shown {
		key := [2]int{s.Placed, s.Text}
		n, ok := of[key]
		if !ok {
			n = len(asked)
			of[key] = n
			asked = append(asked, crdt.Moment{Change: e.x.Changes[s.Placed].Change, Subject: s.Text})
		}
		at[k] = n
	}
	answers := e.p.v.Later(deeds, e.most, asked)
	out := make([][]int, len(at))
	for k, n := range at {
		out[k] = answers[n]
	}
	return out
}

// without is persons without the authors of a change.
func (e *enduring) without(who []int, change int) []int {
	left := who
	for _, id := range e.authors[change] {
		if k := slices.Index(left, e.number[id]); k >= 0 {
			left = slices.Delete(slices.Clone(left), k, k+1)
		}
	}
	return left
}

// restored is how many have let a stretch stand that was deleted and restored; beyond
// what counts it stops.
func (e *enduring) restored(s crdt.Shown) int {
	f := e.fate(s.Fate)
	var found []int
	for _, r := range e.inSight(s.Text, s.Fate) {
		switch {
		case len(e.without(found, s.By)) >= mostOthers:
			return mostOthers
		case r.change == s.Placed || f.by[r.who] || slices.Contains(found, r.who) || !e.past(s.Placed, r.change):
		default:
			found = append(found, r.who)
		}
	}
	return len(e.without(found, s.By))
}

// fate is what became of characters.
func (e *enduring) fate(number int) *fate {
	if f, ok := e.fates[number]; ok {
		return f
	}
	f := &fate{by: map[int]bool{}}
	for _, g := range e.x.Fates[number] {
		e.looks++
		f.by[e.by(g.Change)] = true
		g.Back = slices.Clone(g.Back)
		e.order(g.Back)
		f.gone = append(f.gone, g)
	}
	slices.SortFunc(f.gone, func(a, b crdt.Gone) int { return e.ranks()[a.Change] - e.ranks()[b.Change] })
	e.fates[number] = f
	return f
}

// ranks are the places of changes in the order on which replicas agree, the open one
// being the last.
func (e *enduring) ranks() []int {
	if e.rank == nil {
		list := make([]cid.Cid, 0, len(e.x.Changes))
		at := make(map[cid.Cid]int, len(e.x.Changes))
		for k := range e.x.Changes {
			list = append(list, e.x.Changes[k].Change)
			at[e.x.Changes[k].Change] = k
		}
		e.p.v.Sort(list)
		e.rank = make([]int, len(list))
		for place, c := range list {
			e.rank[at[c]] = place
		}
	}
	return e.rank
}

// order puts changes into that order.
func (e *enduring) order(changes []int) {
	slices.SortFunc(changes, func(a, b int) int { return e.ranks()[a] - e.ranks()[b] })
}

// by is the person who made a change, whether they count or not; -1 for nobody.
func (e *enduring) by(change int) int {
	if a := e.authors[change]; len(a) > 0 {
		return e.number[a[0]]
	}
	return -1
}

// past tells whether change a is in the past of b; everything else is in that of the
// open change.
func (e *enduring) past(a, b int) bool {
	e.looks++
	x, y := e.x.Changes[a].Change, e.x.Changes[b].Change
	return a != b && x.Defined() && (!y.Defined() || e.p.v.InPast(x, y))
}

// inSight gives, for lines of a text, the last change that had characters of a fate in
// sight, if only they had been there: for all lines, as far as the bounds allow.
func (e *enduring) inSight(text, fate int) []sighted {
	key := [2]int{text, fate}
	if out, ok := e.sight[key]; ok {
		return out
	}
	out := []sighted{}
	lines, end := e.linesOf(text), e.looks+mostLooks
	for _, l := range lines {
		e.looks++
		n := e.seen(l.changes, fate, end)
		if e.looks >= end || len(out) == mostSighted {
			break // and of this line nobody knows
		}
		if n > 0 {
			out = append(out, sighted{l.who, l.changes[n-1]})
		}
	}
	e.sight[key] = out
	return out
}

// seen is how many changes of a line there are up to the last that had characters of a
// fate in sight. It ends early when there were so many looks.
func (e *enduring) seen(line []int, fate, end int) int {
	n := len(line)
	for again := true; again && n > 0; {
		again = false
		for _, g := range e.fate(fate).gone {
			last := line[n-1]
			if e.looks >= end {
				return 0
			}
			if !e.past(g.Change, last) || slices.ContainsFunc(g.Back, func(r int) bool { return e.looks < end && e.past(r, last) }) {
				continue
			}
			again = true
			if n = e.before(line[:n], g.Change); n == 0 {
				break
			}
		}
	}
	return n
}

// before is how many changes of a line, from the first on, have a change not in their
// past.
func (e *enduring) before(line []int, change int) int {
	lo, hi := 0, len(line)
	for lo < hi {
		m := (lo + hi) / 2
		if e.past(change, line[m]) {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}

// linesOf are the changes to a text by those who count, in lines, that of the latest
// change first.
func (e *enduring) linesOf(text int) []line {
	if e.lines == nil {
		e.lines = map[int][]line{}
		touches := slices.Clone(e.x.Touches)
		slices.SortFunc(touches, func(a, b crdt.Touch) int { return e.ranks()[a.Change] - e.ranks()[b.Change] })
		of := map[struct {
			text int
			by   crdt.Author
		}]int{}
		for _, t := range touches {
			who := e.who(t.Change)
			if who < 0 {
				continue
			}
			c := &e.x.Changes[t.Change]
			key := struct {
				text int
				by   crdt.Author
			}{t.Text, c.Author}
			list := e.lines[t.Text]
			if k, ok := of[key]; ok && list[k].who == who && e.past(list[k].changes[len(list[k].changes)-1], t.Change) {
				list[k].changes = append(list[k].changes, t.Change)
				continue
			}
			of[key] = len(list)
			e.lines[t.Text] = append(list, line{who, []int{t.Change}})
		}
		for _, list := range e.lines {
			slices.SortFunc(list, func(a, b line) int {
				return e.ranks()[b.changes[len(b.changes)-1]] - e.ranks()[a.changes[len(a.changes)-1]]
			})
		}
	}
	return e.lines[text]
}
