package authorship

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// Portfolio is what one person has contributed to works that are here, with what proves
// it. It has a JSON form.
type Portfolio struct {
	Person Person           `json:"person"` // by the name of the first work that knows one
	Works  []PortfolioEntry `json:"works"`
}

// PortfolioEntry is a work of a portfolio.
type PortfolioEntry struct {
	Work    cid.Cid `json:"work"`
	Title   string  `json:"title"`
	Version string  `json:"version"` // as crdt.ParseVersion reads it
	Measure Measure `json:"measure"`
	// Agents are the programs that write for the person, each for itself: they are not in
	// Measure.
	Agents []Measure `json:"agents"`
	// Of the person's changes, those of devices included and of agents not: how many, and
	// how many have reached which level.
	Changes   int        `json:"changes"`
	Covered   int        `json:"covered"`
	Effective int        `json:"effective"`
	Keys      []KeyProof `json:"keys"`
}

// KeyProof proves that a key has written in a work: by the newest of its changes that is
// signed, which names all the earlier ones by their hashes. The words are not in it.
type KeyProof struct {
	Key    crdt.Author `json:"key"` // the person's, or a device's
	Change cid.Cid     `json:"change"`
	Seq    uint64      `json:"seq"` // how many changes of the key come before
	Proof  crdt.Proof  `json:"proof"`
}

// Verify checks the proof with nothing but its own bytes. Nil says: the holder of the key
// has signed that change of that work. The errors are those of [VerifyQuote].
func (k KeyProof) Verify() error {
	o, err := openProof(k.Proof)
	if err != nil {
		return err
	}
	if block.Sum(k.Proof.Change).ChangeCID() != k.Change || crdt.Author(o.change.By) != k.Key || o.change.Seq != k.Seq {
		return fmt.Errorf("authorship: proof of %s: %w", k.Change, crdt.ErrHash)
	}
	return nil
}

// PortfolioOf is the portfolio of a person, by the person's key, over views of works. Only
// works in which the person has done something are in it, in the order in which they are
// given. Changes that are not signed yet have no proof.
func PortfolioOf(person crdt.Author, views ...*crdt.View) *Portfolio {
	out := &Portfolio{Person: Person{ID: person}, Works: []PortfolioEntry{}}
	for _, v := range views {
		p := peopleOf(v)
		e := PortfolioEntry{Work: v.ID(), Title: v.Title(), Version: v.Version().String(), Agents: []Measure{}, Keys: []KeyProof{}}
		e.Measure.Person = p.plain(person)
		there := false
		for _, m := range Measures(v) {
			switch {
			case m.Person.ID == person:
				e.Measure, there = m, true
			case m.Person.Agent && m.Person.OnBehalf == person:
				e.Agents, there = append(e.Agents, m), true
			}
		}
		p.chain(person, &e)
		if !there && e.Changes == 0 {
			continue
		}
		out.Works = append(out.Works, e)
		if out.Person.Name == "" {
			out.Person = e.Measure.Person
		}
	}
	return out
}

// chain counts the changes of a person and proves the newest of each key.
func (p *people) chain(person crdt.Author, e *PortfolioEntry) {
	waits := map[cid.Cid]bool{}
	for c := range p.v.Ineffective() {
		waits[c.ID] = true
	}
	newest := map[crdt.Author]crdt.Change{}
	for c := range p.v.History() { // newest first
		s, ok := p.v.Source(c.ID)
		if !ok || p.author(&s).ID != person || p.adopted(c.ID) != nil {
			continue
		}
		e.Changes++
		if !s.Covered {
			continue
		}
		e.Covered++
		if !waits[c.ID] {
			e.Effective++
		}
		if old, ok := newest[c.Author]; !ok || old.Seq < c.Seq {
			newest[c.Author] = c
		}
	}
	for key, c := range newest {
		proof, err := p.v.Proof(c.ID)
		if errors.Is(err, crdt.ErrNotCovered) {
			continue
		}
		proof.Words = nil
		e.Keys = append(e.Keys, KeyProof{key, c.ID, c.Seq, proof})
	}
	slices.SortFunc(e.Keys, func(a, b KeyProof) int { return bytes.Compare(a.Key[:], b.Key[:]) })
}
