package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/trace"
	"github.com/commonhold/commonhold/merge/pack"
)

// packed measures the files that histories make: their bytes, and the time that
// writing and opening them takes. Claimed times are drawn, since those of a
// replay, a few microseconds apart, take no room in a file.
func packed(r *run) error {
	edits := r.flat.Edits
	if r.trace.Concurrent {
		return r.packSession()
	}
	d, err := inTurn(edits, 20)
	if err != nil {
		return err
	}
	if err := r.pack("pack", d, 100_000, "automerge-paper"); err != nil {
		return err
	}
	if err := r.open("pack opened, 20 authors", d, 0); err != nil {
		return err
	}
	if err := r.openState("20 authors", d, 0); err != nil {
		return err
	}
	if d, err = crdt.New(newKey(0), crdt.WithClock(paused(30*time.Second))); err != nil {
		return err
	}
	if err := typed(d, edits, perChange); err != nil {
		return err
	}
	if err := r.pack("pack, one author", d, 0, ""); err != nil {
		return err
	}
	if err := r.open("pack opened", d, 4); err != nil {
		return err
	}
	if err := r.openState("", d, 1); err != nil {
		return err
	}
	if d, err = crdt.New(newKey(0), crdt.WithClock(paused(300*time.Millisecond))); err != nil {
		return err
	}
	if err := typed(d, edits, 1); err != nil {
		return err
	}
	if err := r.pack("pack, one edit a change", d, 1_200_000, "automerge-paper"); err != nil {
		return err
	}
	return r.open("pack opened, one edit a change", d, 0)
}

// paused is a clock that goes on by a random time at each look, mean on average,
// mostly much less and now and then much more, as people pause.
func paused(mean time.Duration) func() time.Time {
	at, rnd := time.UnixMilli(1_500_000_000_000), rand.New(rand.NewPCG(1, 2))
	return func() time.Time {
		at = at.Add(time.Duration(rnd.ExpFloat64() * float64(mean)))
		return at
	}
}

// people makes replicas of one work, whose changes are mean apart.
func people(n int, mean time.Duration) ([]*crdt.Doc, error) {
	clock := crdt.WithClock(paused(mean))
	founder, err := crdt.New(newKey(0), clock)
	if err != nil {
		return nil, err
	}
	docs := []*crdt.Doc{founder}
	for k := 1; k < n; k++ {
		d, err := founder.Clone(newKey(k), clock)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// inTurn is the document of so many authors who take turns every 100 edits and
// merge first.
func inTurn(edits []trace.Edit, authors int) (*crdt.Doc, error) {
	docs, err := people(authors, 30*time.Second)
	if err != nil {
		return nil, err
	}
	last := docs[0]
	for k := 0; k < len(edits); k += perChange {
		next := docs[k/perChange%authors]
		if err := next.Merge(last); err != nil {
			return nil, err
		}
		if err := grouped(next, edits[k:min(k+perChange, len(edits))], perChange); err != nil {
			return nil, err
		}
		last = next
	}
	return last, nil
}

// packSession measures the file of a concurrent trace, with one author an agent.
func (r *run) packSession() error {
	p, err := planOf(r)
	if err != nil {
		return err
	}
	w, err := newWorld(r)
	if err != nil {
		return err
	}
	if w.agents, err = people(r.trace.Agents, 2*time.Second); err != nil {
		return err
	}
	for a := range w.known {
		for b := range w.known[a] {
			w.known[a][b] = w.agents[0].Heads()
		}
	}
	exchanges := 0
	if err := w.play(r, p, &exchanges); err != nil {
		return err
	}
	for _, a := range w.agents[1:] {
		if err := w.agents[0].Merge(a); err != nil {
			return err
		}
	}
	if err := r.pack("pack", w.agents[0], 30_000, "friendsforever"); err != nil {
		return err
	}
	return r.open("pack opened", w.agents[0], 0)
}

// pack measures writing the file of a document. Its bytes must not pass the
// limit in the trace of that name.
func (r *run) pack(name string, d *crdt.Doc, limit int, of string) error {
	var file bytes.Buffer
	m := measure{
		name: name, edits: len(r.trace.Edits),
		prepare: func() error { file.Reset(); return nil },
		do:      func() error { return pack.Write(&file, d) },
	}
	m.extra = func() map[string]any {
		info, err := pack.Inspect(bytes.NewReader(file.Bytes()))
		if err != nil {
			return map[string]any{"error": err.Error()}
		}
		extra := map[string]any{"bytes": file.Len(), "changes": info.Changes, "authors": len(info.Authors), "signatures": info.Signatures, "block_bytes": info.Blocks + info.Words}
		if r.name == of {
			extra["limit_bytes"] = limit
		}
		return extra
	}
	if err := r.measure(m); err != nil {
		return err
	}
	if r.name == of && file.Len() > limit {
		r.over = append(r.over, fmt.Sprintf("%s: %d bytes, limit %d", name, file.Len(), limit))
	}
	return nil
}

// open measures opening the file of a document, everything verified.
func (r *run) open(name string, d *crdt.Doc, limit float64) error {
	var file bytes.Buffer
	if err := pack.Write(&file, d); err != nil {
		return err
	}
	var e *crdt.Doc
	return r.measure(measure{
		name: name, limit: limit, edits: len(r.trace.Edits),
		do: func() (err error) {
			e, err = pack.Read(bytes.NewReader(file.Bytes()), cid.Undef, nil)
			return err
		},
		check: func() error {
			if e.Heads() != d.Heads() {
				return fmt.Errorf("%s: heads %s, want %s", name, e.Heads(), d.Heads())
			}
			return r.ends(name, e)
		},
	})
}

// openState measures opening the file of a document with a state section, and
// reading the text and the heads; then the same with a first edit, which reads the
// history.
func (r *run) openState(which string, d *crdt.Doc, limit float64) error {
	var file bytes.Buffer
	if err := pack.WriteState(&file, d); err != nil {
		return err
	}
	info, err := pack.Inspect(bytes.NewReader(file.Bytes()))
	if err != nil {
		return err
	}
	name, edited := "pack open state", "pack open state, first edit"
	if which != "" {
		name, edited = name+", "+which, edited+", "+which
	}
	var e *crdt.Doc
	var text string
	open := func(key crdt.Signer) (err error) {
		if e, err = pack.ReadTrusted(bytes.NewReader(file.Bytes()), cid.Undef, key); err != nil {
			return err
		}
		text = e.View().Text(body).String()
		if e.Heads() != d.Heads() {
			return fmt.Errorf("%s: heads %s, want %s", name, e.Heads(), d.Heads())
		}
		return nil
	}
	check := func() error {
		if err := r.verify(name, text); err != nil {
			return err
		}
		return e.Load()
	}
	err = r.measure(measure{
		name: name, limit: limit, edits: len(r.trace.Edits),
		do:    func() error { return open(nil) },
		check: check,
		extra: func() map[string]any { return map[string]any{"bytes": file.Len(), "state_bytes": info.State} },
	})
	if err != nil {
		return err
	}
	return r.measure(measure{
		name: edited, edits: len(r.trace.Edits),
		do: func() error {
			if err := open(newKey(99)); err != nil {
				return err
			}
			return e.Update(func(tx *crdt.Tx) error { tx.Text(body).Append("x"); return nil })
		},
		check: check,
	})
}
