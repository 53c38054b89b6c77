package crdt

import (
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// news is what a Doc keeps for those who look at it again and again.
type news struct {
	bell  chan struct{} // closed when the doc moves next; nil: nobody waits
	keep  func()        // told by touched; nil: nobody keeps the doc
	turns []turn        // by gen
	from  uint64        // of views before this gen the turns are forgotten
	stood []stood       // by gen; what nodes of trees stood by
}

// turn notes that an applied change has become effective or ceased to be, or that
// its words have arrived: what a view of before cannot see by the numbers that are
// new since.
type turn struct {
	gen    uint64 // of the views that have not seen it: this and those before
	change int32
	words  bool // its words have arrived or were erased; else its verdict turned
	on     bool // its words are here, or it is effective, now
}

// keepTurns is how many turns are kept; who looks again after more of them pays
// for the whole work once.
const keepTurns = 1 << 13

// moved says that what the doc shows may be another from now on, and wakes those
// who wait for that. The lock must be held.
func (d *Doc) moved() {
	d.gen++
	if d.news.bell != nil {
		close(d.news.bell)
		d.news.bell = nil
	}
}

// touched tells whoever keeps the doc that it was edited, or was given a batch past
// the keeper. The lock must be held.
func (d *Doc) touched() {
	if d.news.keep != nil {
		d.news.keep()
	}
}

// bellNow is closed when the doc moves next. The lock must be held.
func (d *Doc) bellNow() <-chan struct{} {
	if d.news.bell == nil {
		d.news.bell = make(chan struct{})
	}
	return d.news.bell
}

// switchTo turns applied change i between effective and not, and notes it. The
// state has to be settled afterwards.
func (d *Doc) switchTo(i int32, on bool) {
	if d.s.Effective(i) == on {
		return
	}
	d.s.Switch(i, on)
	d.noteTurn(turn{change: i, on: on})
}

// noteTurn keeps one turn.
func (d *Doc) noteTurn(t turn) {
	w := &d.news
	if len(w.turns) >= keepTurns {
		n := len(w.turns) / 2
		w.from = w.turns[n-1].gen + 1
		w.turns = append(w.turns[:0], w.turns[n:]...)
	}
	t.gen = d.gen
	w.turns = append(w.turns, t)
}

// runLVs yields the stretches of LVs that the runs of an op of change r name.
func (d *Doc) runLVs(r graph.Ref, runs []block.Run, yield func(lv graph.LV, n uint32)) {
	for _, run := range runs {
		l, _ := d.g.LinkOf(r, run.C)
		if i, ok := l.Applied(); ok {
			d.g.NumberLVs(i, run.N, run.Len, yield)
			continue
		}
		d.g.Expand(l, run.N, run.Len, func(x graph.Ref, off, n uint32) { yield(d.g.LVOf(x, off), n) })
	}
}
