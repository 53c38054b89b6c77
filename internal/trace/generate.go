package trace

import (
	"math/rand/v2"
	"strings"
)

// Sequential makes a trace of one writer from a seed: typing, backspacing,
// jumps, pasted passages, replacements and words outside ASCII, edits of them
// in all, a few to a transaction. Equal arguments give equal traces.
func Sequential(seed uint64, edits int) *Trace {
	w := &writer{rng: rand.New(rand.NewPCG(seed, 1))}
	t := &Trace{}
	for len(t.Edits) < edits {
		first := uint32(len(t.Edits))
		for range min(1+w.rng.IntN(4)/3*w.rng.IntN(9), edits-len(t.Edits)) {
			t.Edits = append(t.Edits, w.edit(0))
		}
		t.Txns = append(t.Txns, Txn{First: first, End: uint32(len(t.Edits))})
	}
	t.End = string(w.text)
	t.sequential("")
	mustLink(t)
	return t
}

// Concurrent makes a trace of several agents from a seed, who merge at random
// times. Each writes in a section of its own, between separators that the
// first transaction lays down, so that no two insert at one place and the end
// text depends on no rule for ties. It has one edit a transaction. Equal
// arguments give equal traces.
func Concurrent(seed uint64, agents, txns int) *Trace {
	rng := rand.New(rand.NewPCG(seed, 2))
	t := &Trace{Concurrent: true, Agents: agents}
	t.add(0, nil, Edit{Ins: strings.Repeat("\n", agents-1)})
	sections := make([]*writer, agents)
	lengths := make([][]int, agents) // of each section after n edits in it
	last := make([]uint32, agents)   // each agent's last transaction
	seen := make([][]uint32, agents) // edits of each section in its view
	for a := range agents {
		sections[a] = &writer{rng: rng}
		lengths[a] = []int{0}
		seen[a] = make([]uint32, agents)
	}
	for len(t.Txns) < txns {
		a := rng.IntN(agents)
		parents := []uint32{last[a]}
		if b := rng.IntN(agents); rng.IntN(10) == 0 && last[b] != last[a] {
			merge(seen[a], seen[b])
			parents = maximal(t, parents, last[b])
		}
		before := a // separators
		for b := range a {
			before += lengths[b][seen[a][b]]
		}
		last[a] = uint32(len(t.Txns))
		t.add(uint32(a), parents, sections[a].edit(before))
		lengths[a] = append(lengths[a], len(sections[a].text))
		seen[a][a]++
	}
	parts := make([]string, agents)
	for a, s := range sections {
		parts[a] = string(s.text)
	}
	t.End = strings.Join(parts, "\n")
	mustLink(t)
	return t
}

// merge raises the numbers of a to those of b.
func merge(a, b []uint32) {
	for i := range a {
		a[i] = max(a[i], b[i])
	}
}

// maximal returns the parents of a transaction whose agent stands at parents[0]
// and merges b: both ascending, or one alone when it has the other in its past.
func maximal(t *Trace, parents []uint32, b uint32) []uint32 {
	a := parents[0]
	switch {
	case t.inPast(a, b):
		return []uint32{b}
	case t.inPast(b, a):
		return parents
	}
	return []uint32{min(a, b), max(a, b)}
}

// inPast tells whether transaction a is in the past of b, by walking back.
func (t *Trace) inPast(a, b uint32) bool {
	done := map[uint32]bool{}
	queue := []uint32{b}
	for len(queue) > 0 {
		x := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, p := range t.ParentsOf(int(x)) {
			if p == a {
				return true
			}
			if p > a && !done[p] {
				done[p] = true
				queue = append(queue, p)
			}
		}
	}
	return false
}

// add appends a transaction of one edit.
func (t *Trace) add(agent uint32, parents []uint32, e Edit) {
	x := Txn{First: uint32(len(t.Edits)), Agent: agent, parents: uint32(len(t.parents))}
	t.Edits = append(t.Edits, e)
	t.parents = append(t.parents, parents...)
	x.End, x.parentsEnd = uint32(len(t.Edits)), uint32(len(t.parents))
	t.Txns = append(t.Txns, x)
}

// mustLink links a generated trace, which is right by construction.
func mustLink(t *Trace) {
	if err := t.link(); err != nil {
		panic("trace: generated: " + err.Error())
	}
}

// writer is somebody typing a text.
type writer struct {
	rng  *rand.Rand
	text []rune
	at   int // where the last edit ended
}

// words is what writers type and paste.
var words = []string{"house ", "the ", "of ", "commons, ", "Brot ", "Zoë ", "naïve ", "日本 ", "🙂", "é", ".\n"}

// edit makes the next edit; before is added to its position.
func (w *writer) edit(before int) Edit {
	if w.rng.IntN(12) == 0 {
		w.at = w.rng.IntN(len(w.text) + 1)
	}
	var e Edit
	switch k := w.rng.IntN(20); {
	case k < 5 && w.at > 0: // backspace, or a stretch before the cursor
		n := 1
		if k == 0 {
			n = 1 + w.rng.IntN(min(w.at, 20))
		}
		e = Edit{Pos: uint32(w.at - n), Del: uint32(n)}
	case k == 5 && w.at < len(w.text): // replace what follows
		n := 1 + w.rng.IntN(min(len(w.text)-w.at, 8))
		e = Edit{Pos: uint32(w.at), Del: uint32(n), Ins: words[w.rng.IntN(len(words))]}
	case k == 6: // paste
		e = Edit{Pos: uint32(w.at), Ins: strings.Repeat(words[w.rng.IntN(len(words))], 1+w.rng.IntN(12))}
	default: // type one character
		r := []rune(words[w.rng.IntN(len(words))])
		e = Edit{Pos: uint32(w.at), Ins: string(r[w.rng.IntN(len(r))])}
	}
	ins := []rune(e.Ins)
	tail := append(ins, w.text[e.Pos+e.Del:]...)
	w.text = append(w.text[:e.Pos], tail...)
	w.at = int(e.Pos) + len([]rune(e.Ins))
	e.Pos += uint32(before)
	return e
}
