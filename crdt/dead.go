package crdt

import (
	"cmp"
	"slices"
	"strings"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// Dead is a stretch of text that was deleted and is not shown: characters that one change
// put there and the same changes deleted. Changes are indexes of the sources that come
// with it.
type Dead struct {
	Text   string // empty where its words are not here
	Born   int    // the change that put it there
	Offset uint64 // of the first character, among the numbers of that change
	Len    int    // in code points
	By     []int  // the changes that have deleted it and stand, in the order on which all replicas agree
}

// Dead gives what was deleted from the whole text that t is of, in the order of the
// changes that put it there on which all replicas agree. What was cut and pasted is not
// dead. It costs the history of the work.
func (t Text) Dead() ([]Dead, []Source) {
	if t.at == shape.NoPlace {
		return nil, nil
	}
	t.v.lock()
	defer t.v.unlock()
	c := newCount(t.v, t.at)
	c.past()
	var list []Deletion
	for _, x := range c.out.Deletions {
		if c.d.t.At(x.At).Place() == t.at {
			list = append(list, x)
		}
	}
	slices.SortFunc(list, func(a, b Deletion) int { return cmp.Compare(a.At, b.At) })
	rank := c.ranks()
	var out []Dead
	var first []graph.LV
	var now []Deletion
	for at := uint32(0); len(list) > 0 || len(now) > 0; {
		now = slices.DeleteFunc(now, func(x Deletion) bool { return x.At+x.N <= at })
		if len(now) == 0 {
			if len(list) == 0 {
				break
			}
			at = list[0].At
		}
		for len(list) > 0 && list[0].At == at {
			now, list = append(now, list[0]), list[1:]
		}
		end := now[0].At + now[0].N
		for _, x := range now {
			end = min(end, x.At+x.N)
		}
		if len(list) > 0 {
			end = min(end, list[0].At)
		}
		by, k := c.d.changeRun(at, end-at)
		x := Dead{Text: string(c.trace.words(at, k)), Born: c.index(by), Len: int(k)}
		if by != graph.None32 {
			x.Offset = uint64(at - c.d.g.First(by))
		}
		for _, y := range now {
			x.By = append(x.By, y.Change)
		}
		slices.SortFunc(x.By, func(a, b int) int { return rank[a] - rank[b] })
		x.By = slices.Compact(x.By)
		out, first = append(out, x), append(first, at)
		at += k
	}
	order := make([]int, len(out))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(a, b int) int { return c.s.Order(first[a], first[b]) })
	sorted := make([]Dead, 0, len(out))
	for k := 0; k < len(order); {
		x := out[order[k]]
		texts := []string{x.Text}
		for k++; k < len(order) && x.goesOn(&out[order[k]]); k++ {
			y := &out[order[k]]
			texts, x.Len = append(texts, y.Text), x.Len+y.Len
		}
		x.Text = strings.Join(texts, "")
		sorted = append(sorted, x)
	}
	return sorted, c.sources()
}

// goesOn tells whether another stretch goes on where one ends, and has its fate.
func (x *Dead) goesOn(y *Dead) bool {
	return x.Born == y.Born && x.Offset+uint64(x.Len) == y.Offset && slices.Equal(x.By, y.By)
}

// ranks are the places, in the total order, of the changes that were counted so far, the
// open one being the last.
func (c *count) ranks() []int {
	rows := make([]int, 0, c.seen.n)
	change := make([]int32, c.seen.n)
	for k, n := range c.seen.at {
		if n > 0 {
			rows, change[n-1] = append(rows, int(n-1)), int32(k)-1
		}
	}
	slices.SortFunc(rows, func(a, b int) int {
		switch i, j := change[a], change[b]; {
		case i == j:
			return 0
		case i == graph.None32 || j != graph.None32 && c.d.g.Less(j, i):
			return 1
		}
		return -1
	})
	rank := make([]int, len(rows))
	for k, row := range rows {
		rank[row] = k
	}
	return rank
}

// sources are who made the changes that were counted.
func (c *count) sources() []Source {
	out := make([]Source, len(c.out.Changes))
	for k := range c.out.Changes {
		out[k] = c.out.Changes[k].Source
	}
	return out
}
