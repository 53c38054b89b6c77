package main

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/trace"
)

// perApply is how many changes a batch holds: the writer signs as often.
const perApply = 1024

// written is the history of a trace by one author, n edits a change, in batches
// that are signed at their ends only.
func written(edits []trace.Edit, n int) (*crdt.Doc, []crdt.Batch, error) {
	d, err := crdt.New(newKey(0))
	if err != nil {
		return nil, nil, err
	}
	var out []crdt.Batch
	seen := crdt.Version{}
	for at := 0; at < len(edits); at += n * perApply {
		if err := typed(d, edits[at:min(at+n*perApply, len(edits))], n); err != nil {
			return nil, nil, err
		}
		b, err := d.Since(seen)
		if err != nil {
			return nil, nil, err
		}
		out, seen = append(out, b), d.Heads()
	}
	return d, out, nil
}

// received applies batches in order to an empty replica.
func received(d *crdt.Doc, batches []crdt.Batch) error {
	for _, b := range batches {
		if _, err := d.Apply(b); err != nil {
			return err
		}
	}
	return nil
}

// remote replays on a second replica what the first one wrote.
func remote(r *run) error {
	edits := r.flat.Edits
	if err := r.remote(edits, perChange, "remote, 100 edits a change", 2.5, nil, ""); err != nil {
		return err
	}
	floor := hashing(len(edits))
	return r.remote(edits, 1, "remote, one edit a change", 3, floor, "two hashes and a decoded header an edit")
}

// remote measures applying what one author wrote, n edits a change.
func (r *run) remote(edits []trace.Edit, n int, name string, limit float64, floor func(), floorName string) error {
	src, batches, err := written(edits, n)
	if err != nil {
		return err
	}
	var d *crdt.Doc
	return r.measure(measure{
		name: name, limit: limit, edits: len(edits), floor: floor, floorName: floorName,
		prepare: func() (err error) {
			d, err = crdt.Join(newKey(1), src.ID())
			return err
		},
		do:    func() error { return received(d, batches) },
		check: func() error { return r.ends(name, d) },
	})
}

// hashing is what no verified change can do without: two blocks of 200 bytes
// hashed and one header decoded, n times.
func hashing(n int) func() {
	type header struct {
		V       uint64   `cbor:"v"`
		By      []byte   `cbor:"by"`
		Seq     uint64   `cbor:"seq"`
		Start   uint64   `cbor:"start"`
		Parents [][]byte `cbor:"parents"`
		Time    int64    `cbor:"time"`
	}
	raw, err := cbor.Marshal(header{V: 1, By: make([]byte, 34), Seq: 1000, Start: 5000, Parents: [][]byte{make([]byte, 36)}, Time: 1700000000000})
	if err != nil {
		panic(err)
	}
	var block [200]byte
	return func() {
		for range n {
			sum := sha256.Sum256(block[:])
			block[0] ^= sum[0]
			sum = sha256.Sum256(block[:])
			block[1] ^= sum[0]
			var h header
			if err := cbor.Unmarshal(raw, &h); err != nil {
				panic(err)
			}
		}
	}
}

// orders takes a history to replicas that get it otherwise than in order: in
// one batch, change by change, shuffled, reversed. Nothing is timed.
func orders(r *run) error {
	src, _, err := written(r.flat.Edits, perChange)
	if err != nil {
		return err
	}
	all, err := src.Since(crdt.Version{})
	if err != nil {
		return err
	}
	single := make([]crdt.Batch, all.Len())
	for k := range single {
		single[k] = all.Slice(k, k+1)
	}
	shuffled := slices.Clone(single)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	reversed := slices.Clone(single)
	slices.Reverse(reversed)
	for _, way := range []struct {
		name    string
		batches []crdt.Batch
	}{{"one batch", []crdt.Batch{all}}, {"change by change", single}, {"shuffled", shuffled}, {"reversed", reversed}} {
		d, err := crdt.Join(nil, src.ID())
		if err != nil {
			return err
		}
		if err := received(d, way.batches); err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		if err := r.ends(way.name, d); err != nil {
			return err
		}
		if d.Heads() != src.Heads() {
			return fmt.Errorf("%s: heads %s, want %s", way.name, d.Heads(), src.Heads())
		}
	}
	return r.print(line{Trace: r.name, Measure: "orders", Edits: len(r.flat.Edits)}, measure{
		extra: func() map[string]any { return map[string]any{"changes": all.Len(), "orders": 4} },
	})
}

// bound offers a history backwards that is longer than what may wait, until it
// is all there: what was dropped is offered again.
func bound(r *run) error {
	const waiting = 65536
	if len(r.flat.Edits) <= waiting {
		return nil
	}
	src, _, err := written(r.flat.Edits, 1)
	if err != nil {
		return err
	}
	all, err := src.Since(crdt.Version{})
	if err != nil {
		return err
	}
	d, err := crdt.Join(nil, src.ID())
	if err != nil {
		return err
	}
	rounds := 0
	for d.Heads() != src.Heads() {
		rounds++
		if rounds > 10 {
			return fmt.Errorf("pending bound: not there after %d rounds", rounds-1)
		}
		for k := all.Len() - 1; k >= 0; k-- {
			if _, err := d.Apply(all.Slice(k, k+1).From("a peer")); err != nil {
				return err
			}
		}
	}
	if err := r.ends("pending bound", d); err != nil {
		return err
	}
	return r.print(line{Trace: r.name, Measure: "pending bound", Edits: len(r.flat.Edits)}, measure{
		extra: func() map[string]any { return map[string]any{"changes": all.Len(), "rounds": rounds} },
	})
}
