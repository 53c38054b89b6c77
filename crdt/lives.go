package crdt

import (
	"cmp"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// Life is what became of a stretch of text that is shown: characters of one origin, which
// one change put where they are. Changes are indexes of the sources that come with it.
type Life struct {
	Text string
	// Born is the change that wrote the text first, and Offset the number of the first
	// character there. Where it comes from another work Born is the change that says so,
	// and Work is that work.
	Born   int
	Offset uint64
	Work   cid.Cid
	Placed int        // the change that put it where it is; Born where it never moved
	Copies []CopiedAs // all that was made of it in this work, itself included where it is one
	Gone   []Gone     // deletes that were taken back
}

// CopiedAs says that a change has put characters of a stretch elsewhere, [From, To) of
// it: they were cut and pasted, or copied.
type CopiedAs struct {
	Change   int
	From, To int
	Moved    bool
}

// Lives tells what became of the characters that the text shows, or the part that t is, in
// stretches of one life each. It costs the text, the quotes of the work and its history.
func (t Text) Lives() ([]Life, []Source) {
	if t.at == shape.NoPlace {
		return nil, nil
	}
	t.v.lock()
	defer t.v.unlock()
	c := newCount(t.v, shape.NoPlace) // what was moved may be from anywhere
	c.survey = newSurveying()
	c.past()
	l := &lives{count: c, fates: c.survey.fates(c)}
	l.find()
	q := c.s.Peek(t.at)
	if q == nil {
		return nil, nil
	}
	l.read(q, t.i, t.j)
	return l.out, c.sources()
}

// lives is one Lives.
type lives struct {
	*count
	fates  *fates
	copies []copied // by at, then lv
	top    []graph.LV
	out    []Life
}

// copied is characters [lv, lv+n) that are quoted from [at, at+n).
type copied struct {
	at, lv graph.LV
	n      uint32
	moved  bool
}

// find finds all quotes that hold, by origin.
func (l *lives) find() {
	if !l.s.HasQuotes() {
		return
	}
	l.s.Quoted(0, l.d.t.End(), func(lv graph.LV, n uint32, q *state.Quote) {
		if i, _ := l.d.changeRun(lv, 1); q == nil || l.trace.judge(q) != ClaimHolds || i != graph.None32 && !l.s.Effective(i) {
			return
		}
		l.trace.follow(lv, n, func(p traced) {
			if p.at != p.lv {
				l.copies = append(l.copies, l.moved(copied{at: p.at, lv: p.lv, n: p.n})...)
			}
		})
	})
	slices.SortFunc(l.copies, func(a, b copied) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.lv, b.lv)) })
	top := graph.LV(0)
	for _, x := range l.copies {
		top = max(top, x.at+x.n)
		l.top = append(l.top, top)
	}
}

// moved splits a copy by what its change has cut.
func (l *lives) moved(x copied) (out []copied) {
	i, _ := l.d.changeRun(x.lv, 1)
	var cut []stretch // of origins
	for _, s := range l.moves.cut[l.moves.rootOf(i)] {
		l.trace.follow(s.lv, s.n, func(p traced) { cut = append(cut, stretch{p.at, p.n}) })
	}
	among(union(cut), x.at, x.n, func(at graph.LV, n uint32, in bool) {
		out = append(out, copied{at, x.lv + (at - x.at), n, in})
	})
	return out
}

// read reads what the text shows from i to before j.
func (l *lives) read(q *sequence.Seq, i, j int) {
	if j < 0 || j > q.Len() {
		j = q.Len()
	}
	q.Runs(min(i, j), j, func(lv graph.LV, n uint32) bool {
		for n > 0 {
			i, k := l.d.changeRun(lv, n)
			l.trace.follow(lv, k, func(p traced) {
				l.fates.split(standsBy{p.lv, p.n, i, i}, func(lv graph.LV, n uint32, fate int) {
					l.origin(p.part(lv-p.lv, n), i, fate)
				})
			})
			lv, n = lv+k, n-k
		}
		return true
	})
}

// origin splits a stretch by what became of it where it was written.
func (l *lives) origin(p traced, i int32, fate int) {
	gone := l.fates.list[fate]
	if p.at == p.lv {
		l.add(p, i, gone)
		return
	}
	l.fates.split(standsBy{p.at, p.n, i, i}, func(at graph.LV, n uint32, fate int) {
		l.add(p.part(at-p.at, n), i, append(slices.Clip(l.fates.list[fate]), gone...))
	})
}

// add adds a stretch that change i has put where it is.
func (l *lives) add(p traced, i int32, gone []Gone) {
	by, _ := l.d.changeRun(p.at, 1)
	x := Life{Text: string(l.trace.words(p.lv, p.n)), Born: l.index(by), Placed: l.index(i), Gone: gone}
	if by != graph.None32 {
		x.Offset = uint64(p.at - l.d.g.First(by))
	}
	if p.claim == ClaimElsewhere {
		x.Work, x.Offset = p.says.Work.ChangeCID(), p.says.N
	}
	k, _ := slices.BinarySearchFunc(l.copies, p.at+p.n, func(c copied, at graph.LV) int { return cmp.Compare(c.at, at) })
	for k--; k >= 0 && l.top[k] > p.at; k-- {
		c := l.copies[k]
		lo, hi := max(c.at, p.at), min(c.at+c.n, p.at+p.n)
		if lo < hi {
			made, _ := l.d.changeRun(c.lv, 1)
			x.Copies = append(x.Copies, CopiedAs{l.index(made), int(lo - p.at), int(hi - p.at), c.moved})
		}
	}
	slices.Reverse(x.Copies)
	l.out = append(l.out, x)
}
