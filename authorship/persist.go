package authorship

import (
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// mostOthers is how many persons count for one character.
const mostOthers = 5

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
// past.

// enduring is one search for persistence.
type enduring struct {
	p       *people
	x       crdt.Survey
	authors [][]crdt.Author // of each change: its person and the confirmed co-authors
	number  map[crdt.Author]int
	ids     []crdt.Author
	counts  []bool // by number: may be one of the others
	most    int
	lines   map[int][]line       // by text; nil before they are asked for
	sight   map[[2]int][]sighted // by text and fate
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
	e := &enduring{p: p, x: x, number: map[crdt.Author]int{}, sight: map[[2]int][]sighted{}, most: mostOthers + 1}
	shown := map[crdt.Author]bool{}
	for k := range whole {
		shown[whole[k].Person.ID] = whole[k].surviving() && !whole[k].Person.Agent
	}
	e.authors = make([][]crdt.Author, len(x.Changes))
	for k := range x.Changes {
		e.change(k, shown)
	}
	sum := map[crdt.Author]int{}
	others := e.others()
	for k, s := range x.Shown {
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
	gone := e.x.Fates[s.Fate]
	var found []int
	for _, r := range e.inSight(s.Text, s.Fate) {
		switch {
		case len(e.without(found, s.By)) >= mostOthers:
			return mostOthers
		case r.change == s.Placed || slices.Contains(found, r.who) || !e.past(s.Placed, r.change):
		case slices.ContainsFunc(gone, func(g crdt.Gone) bool { return e.by(g.Change) == r.who }): // has deleted it
		default:
			found = append(found, r.who)
		}
	}
	return len(e.without(found, s.By))
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
	x, y := e.x.Changes[a].Change, e.x.Changes[b].Change
	return a != b && x.Defined() && (!y.Defined() || e.p.v.InPast(x, y))
}

// inSight gives, for each line of a text, the last change that had characters of a
// fate in sight, if only they had been there.
func (e *enduring) inSight(text, fate int) []sighted {
	key := [2]int{text, fate}
	if out, ok := e.sight[key]; ok {
		return out
	}
	out := []sighted{}
	for _, l := range e.linesOf(text) {
		n := len(l.changes)
		for again := true; again && n > 0; {
			again = false
			for _, g := range e.x.Fates[fate] {
				last := l.changes[n-1]
				if !e.past(g.Change, last) || slices.ContainsFunc(g.Back, func(r int) bool { return e.past(r, last) }) {
					continue
				}
				again = true
				n = e.before(l.changes[:n], g.Change)
				if n == 0 {
					break
				}
			}
		}
		if n > 0 {
			out = append(out, sighted{l.who, l.changes[n-1]})
		}
	}
	e.sight[key] = out
	return out
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

// linesOf are the changes to a text by those who count, in lines.
func (e *enduring) linesOf(text int) []line {
	if e.lines == nil {
		e.lines = map[int][]line{}
		touches := slices.Clone(e.x.Touches)
		// They are in the order of arrival, but for the open change, which comes first.
		if len(touches) > 0 {
			k := 0
			for k < len(touches) && !e.x.Changes[touches[k].Change].Change.Defined() {
				k++
			}
			touches = append(touches[k:], touches[:k]...)
		}
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
	}
	return e.lines[text]
}
