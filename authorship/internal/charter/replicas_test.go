package charter_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// letters are what changes write, by their index, into one text.
const letters = "-BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/A"

// parcel is a change of a world as replicas exchange it.
type parcel struct {
	item bridge.Item
	sigs []bridge.Sig // none on a part of an Update
}

// forge writes a world as signed changes, each of which adds its letter to a text too.
// The world that it gives has their names.
func (w *world) forge() (v *world, out []parcel) {
	v = w.copy()
	v.ids, v.at, v.bodies = nil, map[cid.Cid]int{}, nil
	var ids []block.ID
	starts := make([]uint64, len(v.changes))
	for i, ch := range v.changes {
		h := block.Header{By: block.Key(v.author(ch.key)), Seq: uint64(ch.seq), More: ch.more}
		for _, l := range ch.links {
			h.Parents = append(h.Parents, ids[l])
		}
		slices.SortFunc(h.Parents, block.Compare)
		if ch.prev >= 0 {
			starts[i] = starts[ch.prev] + 1
			if ch.prev == 0 {
				starts[i] = 0
			}
			h.Prev, h.Start = ids[ch.prev], starts[i]
		} else if i > 0 {
			h.Work = ids[0]
		}
		v.tagged(&h, ch.tag, ids)
		raw, words := v.encode(i, &h)
		p := parcel{item: bridge.Item{ID: block.Sum(raw), Change: raw, Words: words}}
		ids = append(ids, p.item.ID)
		v.ids = append(v.ids, ids[i].ChangeCID())
		v.at[v.ids[i]] = i
		if !ch.more {
			s := bridge.Sig{Change: ids[i]}
			copy(s.Sig[:], ed25519.Sign(v.private(ch.key), block.SigningMessage(ids[0], ids[i])))
			p.sigs = []bridge.Sig{s}
		}
		out = append(out, p)
	}
	return v, out
}

// tagged puts a tag into a header, by a ref where the change does not link to it.
func (w *world) tagged(h *block.Header, tag int, ids []block.ID) {
	if tag < 0 {
		return
	}
	h.HasTag = true
	for place := uint32(0); ; place++ {
		switch h.Link(place) {
		case ids[tag]:
			h.Tag = place
			return
		case block.ID{}:
			if place > 0 {
				h.Refs, h.Tag = []block.ID{ids[tag]}, place
				return
			}
		}
	}
}

// encode is the block of change i and its words.
func (w *world) encode(i int, h *block.Header) (raw, words []byte) {
	var ops []block.Op
	value := func(x any) []byte { return must(block.EncodeValue(x)) }
	if i == 0 {
		ops = append(ops, block.Op{Code: block.OpGenesis, Name: "World", HasRules: true, Rules: authorship.RulesName, HasValue: true, Value: value(w.data().Any())})
	}
	for _, a := range w.changes[i].acts {
		ops = append(ops, block.Op{Code: block.OpAct, Name: a.kind(), HasValue: true, Value: value(a.body(w, w.changes[i].key))})
	}
	if i > 0 {
		ops = append(ops, block.Op{Code: block.OpText, C: block.Container{Kind: block.KindText, Name: "body"}, Side: block.Right, Runes: 1, Bytes: 1})
		words = []byte{letters[i]}
		h.Text, h.Size = block.Sum(words), 1
	}
	var b []byte
	for k := range ops {
		b = block.AppendOp(b, &ops[k])
	}
	return block.Encode(h, len(ops), b), words
}

// replica is a doc that takes in parcels.
type replica struct {
	d      *crdt.Doc
	erased set // by the twin, at any time so far
	absent set // words that a replica may lack which it merged, and which it may have by now
}

// merge takes in what another replica has.
func (r *replica) merge(from *replica) error {
	r.absent |= from.erased | from.absent
	return r.d.Merge(from.d)
}

// take applies some parcels.
func (r *replica) take(w *world, all []parcel, list ...int) error {
	id, err := block.ChangeID(w.id(0))
	b := bridge.Bundle{Work: id}
	for _, i := range list {
		b.Items, b.Sigs = append(b.Items, all[i].item), append(b.Sigs, all[i].sigs...)
	}
	if err == nil {
		_, err = bridge.Of(r.d).Apply(b, "", false)
	}
	return err
}

// compare compares a replica with the twin on what it has applied.
func (r *replica) compare(t *judged) error {
	v := r.d.View()
	var in set
	for i := range t.c.w.changes {
		if err := v.Verdict(t.c.w.id(i)); !errors.Is(err, crdt.ErrNotFound) {
			in |= of(i)
		}
	}
	if in == 0 {
		return nil
	}
	st := t.at(in)
	r.erased |= st.erased
	text := v.Text("body").String()
	for i := range in.all() {
		x := t.c.w.changes
		end := i
		for x[end].more && in.has(end+1) && x[end+1].prev == end {
			end++ // parts are judged as the last one
		}
		if got := publicWord(v.Verdict(t.c.w.id(i))); got != st.verdicts[end] {
			return fmt.Errorf("of %b: verdict of %d is %q, the twin says %q", in, i, got, st.verdicts[end])
		}
		if shown := strings.ContainsRune(text, rune(letters[i])); i > 0 && (shown || !r.absent.has(i)) && shown != (st.verdicts[end] == effective && !r.erased.has(i)) {
			return fmt.Errorf("of %b: %q shows %c: %v, a change that is %q", in, text, letters[i], shown, st.verdicts[end])
		}
	}
	return nil
}

// publicWord is the word for a verdict as programs get it.
func publicWord(err error) verdict {
	switch {
	case errors.Is(err, authorship.ErrTerms):
		return noTerms
	case errors.Is(err, authorship.ErrRevoked):
		return revoked
	case errors.Is(err, authorship.ErrProposed):
		return proposed
	case errors.Is(err, authorship.ErrNotMember):
		return notMember
	}
	return wordOf(err)
}

// TestReplicas: every scenario on three replicas that get its signed changes in orders
// of chance, one by one, in pieces, and from each other; each is equal to the twin after
// each arrival, and all are equal at the end.
func TestReplicas(t *testing.T) {
	n := 3
	if *long {
		n = 40
	}
	for k, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			w, all := sc.tell().forge()
			twin := newJudged(w)
			for round := range n {
				r := rand.New(rand.NewPCG(uint64(k), uint64(round)))
				if err := threeReplicas(w, all, twin, r); err != nil {
					t.Fatalf("round %d: %v\n%s", round, err, w)
				}
			}
		})
	}
}

// TestReplicasWild: random histories on three replicas, in the same way.
func TestReplicasWild(t *testing.T) {
	n := 60
	switch {
	case *long:
		n = 1000
	case testing.Short():
		n = 10
	}
	for seed := range uint64(n) {
		w, all := runWild(1<<20 + seed).forge()
		if err := threeReplicas(w, all, newJudged(w), rand.New(rand.NewPCG(seed, 22))); err != nil {
			t.Fatalf("history %d: %v\n%s", seed, err, w)
		}
	}
}

// threeReplicas delivers a world to three replicas.
func threeReplicas(w *world, all []parcel, twin *judged, r *rand.Rand) error {
	var rs [3]*replica
	for k := range rs {
		rs[k] = &replica{d: must(crdt.Join(nil, w.id(0), authorship.Rules()))}
	}
	one := r.Perm(len(all)) // any order: what comes too early waits
	other := w.shuffled(r)
	for k := range all {
		errs := []error{rs[0].take(w, all, one[k]), rs[1].take(w, all, other[k])}
		if from := r.IntN(2); r.IntN(3) == 0 {
			errs = append(errs, rs[2].merge(rs[from]))
		}
		for _, x := range rs {
			errs = append(errs, x.compare(twin))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	if err := rs[2].merge(rs[1]); err != nil {
		return err
	}
	var shows []string
	for _, x := range rs {
		if err := x.compare(twin); err != nil {
			return err
		}
		json, err := x.d.View().MarshalJSON()
		if err != nil {
			return err
		}
		shows = append(shows, fmt.Sprintf("%s %s", x.d.Heads(), json))
	}
	if (rs[0].erased|rs[1].erased|rs[2].erased|rs[2].absent)&^twin.at(w.whole()).erased != 0 {
		return nil // words that were erased do not come back where that decision falls
	}
	if shows[0] != shows[1] || shows[1] != shows[2] {
		return fmt.Errorf("replicas differ:\n%s", strings.Join(shows, "\n"))
	}
	return nil
}
