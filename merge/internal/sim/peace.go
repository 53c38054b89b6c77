package sim

import (
	"bytes"
	"slices"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge"
)

// This file has the end of a run: the faults end, and everything is judged.

// healing is how long peers may take from the end of the faults to silence. Sessions
// that have tried in vain for long wait for up to half a minute, and so does whoever
// dials.
const healing = time.Minute

// makePeace ends the faults, waits for silence, judges, has everybody edit once more,
// waits and judges again, and at last looks at what is on the disks.
func (w *world) makePeace() {
	w.peace, w.cuts = true, nil
	w.note("peace", 0, 0, nil)
	begun := w.now
	for _, n := range w.nodes {
		n.disk.in, n.disk.tears = 0, false
		if n.up && n.off {
			n.stop()
		}
		n.open()
	}
	for _, l := range w.links {
		bad := l.conn != nil && l.conn.damaged
		if bad || !l.honest() && !w.p.Stay || stream(w.p.Seed, streamDial, uint64(l.id)).IntN(2) == 0 {
			l.drop() // others go on with the connection that they have
		}
		l.fails = 0
	}
	w.quiet()
	w.rep.Healing = w.now.Sub(begun)
	for _, n := range w.nodes {
		if len(n.disk.rotten) > 0 { // its journal may stand on what has only now come back
			n.close()
			n.open()
		}
	}
	w.quiet()
	w.judge()
	for i, n := range w.nodes {
		before := w.rep.Counts.Acknowledged
		for try := 0; w.rep.Counts.Acknowledged == before; try++ {
			n.edit(uint32(i)<<8|uint32(try), true)
			if w.rep.Counts.Acknowledged > before {
				break
			}
			if try == 2 {
				w.fail("edit", "node %d edits no more", n.id)
			}
			n.close() // it has met changes of its key that it had lost
			n.ill = false
			n.open()
			w.quiet()
		}
	}
	w.until(w.now.Add(2 * time.Second))
	w.quiet()
	w.judge()
	for _, n := range w.nodes {
		n.verify()
	}
	w.reopen()
}

// quiet lets time pass until every honest pair is in sync and silent.
func (w *world) quiet() {
	for end := w.now.Add(healing); ; {
		why := w.unquiet()
		if why == "" {
			break
		}
		if !w.next(end) {
			w.fail("silence", "%v after the last fault %s", healing, why)
		}
	}
	for _, n := range w.nodes {
		for _, e := range n.ends {
			if msg, due := e.s.Next(w.now.Add(time.Hour)); e.c.l.honest() && (msg != nil || !due.IsZero()) {
				w.fail("silence", "node %d is in sync and goes on talking", n.id)
			}
		}
	}
}

// unquiet tells what is not silent yet.
func (w *world) unquiet() string {
	for _, n := range w.nodes {
		switch {
		case !n.ready() || n.due:
			return "a node is not up"
		case n.ill:
			return "a node is not mended"
		case n.flush:
			return "a node has something to send"
		}
	}
	for _, l := range w.links {
		if !l.honest() {
			continue
		}
		c := l.conn
		if c == nil || !c.open {
			return "two nodes are not connected"
		}
		if c.flying > 0 {
			return "frames are on their way"
		}
		for _, e := range c.ends {
			if st := e.s.Status(); st.State != merge.InSync {
				return "a session is " + st.State.String() + ", " + st.Reason.String()
			}
			if !e.due.IsZero() {
				return "a session wants to be asked again"
			}
		}
	}
	return ""
}

// judge compares all honest nodes with each other, with the ledger, and with a document
// to which the union of what they hold was given in another order.
func (w *world) judge() {
	stats := &w.rep.Counts
	first := w.nodes[0].rep.Doc()
	want := w.json(first)
	for _, n := range w.nodes {
		d := n.rep.Doc()
		if d.Heads() != first.Heads() {
			w.fail("heads", "node %d has heads %v, node 0 %v", n.id, d.Heads(), first.Heads())
		}
		if got := w.json(d); !bytes.Equal(got, want) {
			w.fail("equal", "node %d shows %s\nnode 0 shows %s", n.id, clip(got), clip(want))
		}
		if n.id > 0 && d.View().Text(textName).String() != first.View().Text(textName).String() {
			w.fail("equal", "node %d shows another text than node 0", n.id)
		}
		chars, edits, err := w.l.judge(d.View())
		if err != nil {
			w.fail("ledger", "node %d: %v", n.id, err)
		}
		stats.Characters += chars
		stats.EditsJudged += edits
		for f := range d.Evidence() {
			stats.Forks++
			if !w.l.forks[f.A.Author] {
				w.fail("fork", "%s has contradicted itself, by node %d: %v and %v", w.l.name(f.A.Author), n.id, f.A, f.B)
			}
		}
	}
	stats.Changes = w.inner(w.nodes[0]).Count()
	w.twin(want)
	stats.Final++
}

// twin makes a document of the union of what the nodes hold, each change by itself and
// in an order of its own, and compares what it shows.
func (w *world) twin(want []byte) {
	d, err := crdt.Join(nil, w.work)
	w.must("a twin", err)
	seen := map[[32]byte]bool{}
	var all []bridge.Bundle
	for _, n := range w.nodes {
		in := w.inner(n)
		for i := range in.Count() {
			b, _ := in.Bundle([]int{i}, 1<<30)
			if !seen[b.Items[0].ID] {
				seen[b.Items[0].ID] = true
				all = append(all, b)
			}
		}
	}
	r := stream(w.p.Seed, streamTwin, uint64(len(all)))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, b := range all {
		if _, err := bridge.Of(d).Apply(b, "", true); err != nil {
			w.fail("twin", "a change that the nodes hold is refused: %v", err)
		}
	}
	if n := bridge.Of(d).Count(); n != len(all) {
		w.fail("twin", "of %d changes the twin has taken in %d", len(all), n)
	}
	if got := w.json(d); !bytes.Equal(got, want) || d.Heads() != w.nodes[0].rep.Doc().Heads() {
		w.fail("twin", "it shows %s\nnode 0 shows %s", clip(got), clip(want))
	}
	w.rep.Counts.Twins++
}

// json is what a document shows.
func (w *world) json(d *crdt.Doc) []byte {
	b, err := d.View().MarshalJSON()
	w.must("JSON", err)
	return b
}

// clip shortens long JSON.
func clip(b []byte) string {
	if len(b) > 1500 {
		return string(b[:1500]) + " …"
	}
	return string(b)
}

// reopen ends all programs without saving and opens them again: what was in sync was
// durable.
func (w *world) reopen() {
	heads, want := w.nodes[0].rep.Doc().Heads(), w.json(w.nodes[0].rep.Doc())
	for _, n := range w.nodes {
		n.stop()
		n.open()
		if d := n.rep.Doc(); d.Heads() != heads || !bytes.Equal(w.json(d), want) {
			w.fail("durable", "node %d, opened again, has heads %v instead of %v", n.id, d.Heads(), heads)
		}
		if damage := n.rep.Damage(); len(damage) > 0 {
			w.fail("durable", "node %d, opened again, finds %v", n.id, damage)
		}
	}
}

// spoil is where a test plants bugs into what a node says.
func (w *world) spoil(n *node, msg []byte) []byte {
	if w.bug != bugDrop || n.id != 0 || msg[0] != framePack || msg[flagsAt]&wholePack != wholePack {
		return msg
	}
	var b bundle.Bundle
	if bundle.Decode(msg[packHeader:], &b) != nil {
		return msg
	}
	b.Name()
	b.Items = slices.DeleteFunc(slices.Clone(b.Items), func(it bundle.Item) bool { return it.ID[0]%50 == 0 })
	part, err := bundle.Encode(&b, true)
	w.must("a bundle", err)
	return append(slices.Clone(msg[:packHeader]), part...)
}
