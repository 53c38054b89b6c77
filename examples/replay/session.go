package main

import (
	"crypto/ed25519"
	"fmt"

	"github.com/commonhold/commonhold/crdt"
)

// session replays a concurrent trace with one replica an agent. A transaction
// is made on exactly what the trace says its agent had seen: where it needs
// more, it gets from the others what they had made up to then.
func session(r *run) error {
	if !r.trace.Concurrent {
		return nil
	}
	var w *world
	exchanges := 0
	p, err := planOf(r)
	if err != nil {
		return err
	}
	err = r.measure(measure{
		name: "session, one replica an agent", limit: 1.5, edits: len(r.trace.Edits),
		floor: signing(p.exchanges), floorName: "as many signatures and verifications",
		prepare: func() (err error) { w, err = newWorld(r); return err },
		do:      func() error { exchanges = 0; return w.play(r, p, &exchanges) },
		check: func() error {
			for _, a := range w.agents[1:] {
				if err := w.agents[0].Merge(a); err != nil {
					return err
				}
			}
			return r.ends("session", w.agents[0])
		},
		extra: func() map[string]any { return map[string]any{"exchanges": exchanges} },
	})
	return err
}

// plan says after which of its transactions an agent has to hand over what it
// has, and to whom.
type plan struct {
	seen      [][]uint32         // by transaction: how many of each agent it builds on
	cuts      []map[uint32][]int // by agent: after so many transactions, give to these agents
	exchanges int
}

// planOf reads a plan off the trace.
func planOf(r *run) (*plan, error) {
	t := r.trace
	p := &plan{cuts: make([]map[uint32][]int, t.Agents)}
	for a := range p.cuts {
		p.cuts[a] = map[uint32][]int{}
	}
	had := make([][]uint32, t.Agents)
	for a := range had {
		had[a] = make([]uint32, t.Agents)
	}
	for i := range t.Txns {
		seen := t.Seen(i)
		p.seen = append(p.seen, seen)
		me := int(t.Txns[i].Agent)
		for other, n := range seen {
			if other != me && n > had[me][other] {
				had[me][other] = n
				p.cuts[other][n] = append(p.cuts[other][n], me)
				p.exchanges++
			}
		}
	}
	return p, nil
}

// world is the replicas of a session.
type world struct {
	agents []*crdt.Doc
	known  [][]crdt.Version          // known[a][b]: what a has told b last
	mail   [][]map[uint32]crdt.Batch // mail[to][from]: by the sender's count
	made   []uint32
	had    [][]uint32
}

// newWorld makes one replica an agent, all of one work.
func newWorld(r *run) (*world, error) {
	n := r.trace.Agents
	founder, err := crdt.New(newKey(0))
	if err != nil {
		return nil, err
	}
	w := &world{agents: []*crdt.Doc{founder}, made: make([]uint32, n)}
	for a := 1; a < n; a++ {
		d, err := founder.Clone(newKey(a))
		if err != nil {
			return nil, err
		}
		w.agents = append(w.agents, d)
	}
	for range n {
		w.known = append(w.known, make([]crdt.Version, n))
		w.mail = append(w.mail, make([]map[uint32]crdt.Batch, n))
		w.had = append(w.had, make([]uint32, n))
	}
	for a := range n {
		for b := range n {
			w.known[a][b] = founder.Heads()
			w.mail[a][b] = map[uint32]crdt.Batch{}
		}
	}
	return w, nil
}

// play makes all transactions in the order of the file, which is topological.
func (w *world) play(r *run, p *plan, exchanges *int) error {
	t := r.trace
	for i := range t.Txns {
		me := int(t.Txns[i].Agent)
		d := w.agents[me]
		for other, n := range p.seen[i] {
			if other == me || n <= w.had[me][other] {
				continue
			}
			b, ok := w.mail[me][other][n]
			if !ok {
				return fmt.Errorf("transaction %d: nothing from agent %d", i, other)
			}
			delete(w.mail[me][other], n)
			if _, err := d.Apply(b); err != nil {
				return err
			}
			w.had[me][other] = n
			*exchanges++
		}
		edits := t.EditsOf(i)
		err := d.Update(func(tx *crdt.Tx) error {
			text := tx.Text(body)
			for k := range edits {
				apply(text, &edits[k])
			}
			return nil
		})
		if err != nil {
			return err
		}
		w.made[me]++
		for _, to := range p.cuts[me][w.made[me]] {
			b, err := d.Since(w.known[me][to])
			if err != nil {
				return err
			}
			w.known[me][to] = d.Heads()
			w.mail[to][me][w.made[me]] = b
		}
	}
	return nil
}

// signing signs and verifies n messages.
func signing(n int) func() {
	k := newKey(0)
	public := k.private.Public().(ed25519.PublicKey)
	msg := make([]byte, 95)
	return func() {
		for i := range n {
			msg[0] = byte(i)
			if !ed25519.Verify(public, msg, ed25519.Sign(k.private, msg)) {
				panic("a signature of this process does not verify")
			}
		}
	}
}
