package authorship

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Limits of what a fork says of the work that it comes from.
const (
	maxHeads  = 1024    // heads of it that are named
	maxProofs = 8 << 20 // bytes of proofs that are carried
)

// Fork makes another work of what a view shows, under a charter of its own and by a key
// that founds it: nobody can keep others from leaving with what is common. The first
// changes of the new work quote the view; it shares no change with the old one, merges
// nothing from it, and comes back by [Quote].
//
// The terms of the charter are a part of what everything in the view may be used under
// ([Outbound]), all of it where the charter names none; else nothing is made and a
// [TermsError] says who stands in the way. Without a title it is that of the work.
//
// What is carried:
//
//   - Texts, with blocks and marks; every character keeps its first author, proven where
//     the view has the proof, as far as 8 MiB of proofs go. Marks are carried as they
//     stand, and grow at their ends as they did.
//   - Maps, lists, trees and sets, as they show; counters as their sum. Of values that
//     stand side by side in conflict the winner is carried; a value whose words are
//     absent is not, nor a counter of which a share lies outside int64. Such things cannot
//     carry an origin: the founder is their writer in the new work, and the people of
//     the old one stand in its notice as those whose work was taken over.
//   - Names of the people, the terms and exceptions of quotes, and what the view was a
//     fork of in turn.
//
// History, reviews, proposals, members and grants are not. What is not sealed yet is
// refused with crdt.ErrUnsealed, and what is not signed is quoted without proof:
// let the doc seal and sign first (crdt's Doc.Since does). Options are those of
// crdt.New.
func Fork(from *crdt.View, key crdt.Signer, c Charter, opts ...crdt.Option) (*crdt.Doc, error) {
	if from.Open() {
		return nil, fmt.Errorf("authorship: fork of edits that are open: %w", crdt.ErrUnsealed)
	}
	l := licensingOf(peopleOf(from))
	l.readWork()
	var err error
	if c.Terms, err = l.part(c.Terms); err != nil {
		return nil, err
	}
	if c.Title == "" {
		c.Title = from.Title()
	}
	doc, err := crdt.New(key, append([]crdt.Option{Found(c)}, opts...)...)
	if err != nil {
		return nil, err
	}
	f := &carrier{from: from, l: l, said: map[source]bool{}, budget: maxProofs}
	if err := f.carry(doc); err != nil {
		return nil, err
	}
	return doc, nil
}

// part tells whether a charter may ask for these terms, all that are possible for
// none.
func (l *licensing) part(terms []string) ([]string, error) {
	out := l.outbound()
	if len(terms) == 0 {
		terms = slices.Clone(out)
	} else {
		var err error
		if terms, err = writeTerms(terms...); err != nil {
			return nil, err
		}
	}
	e := &TermsError{Source: l.p.v.ID(), SourceTerms: out, WorkTerms: terms}
	for _, t := range terms {
		if !slices.ContainsFunc(out, func(s string) bool { return fold(s) == fold(t) }) {
			e.Missing = append(e.Missing, t)
		}
	}
	if len(e.Missing) == 0 && len(terms) > 0 {
		return terms, nil
	}
	if len(terms) == 0 {
		e.Missing = slices.Clone(l.offered)
	}
	for _, h := range l.holders {
		if slices.ContainsFunc(e.Missing, func(t string) bool { return !h.allows(l, t) }) &&
			!slices.ContainsFunc(e.Blocking, func(p Person) bool { return p.ID == h.who.ID }) {
			e.Blocking = append(e.Blocking, h.who)
		}
	}
	return nil, e
}

// Origins of a fork are acts of its founder: fork {heads, source?, title, work}, once,
// taken {by, work} with the name as words, for each person of whom something is carried,
// and carried, null, when all is.

// forked is the body of a fork act.
type forked struct {
	work  cid.Cid
	heads []cid.Cid // ascending, at most maxHeads
	title string
	at    string
}

// say writes down where the work comes from.
func (f *carrier) say() []job {
	c, err := CharterOf(f.from)
	m := map[string]any{"work": f.from.ID(), "title": c.Title}
	if err == nil && c.Source != "" {
		m["source"] = c.Source
	}
	heads := f.from.Version().IDs()
	slices.SortFunc(heads, func(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	list := make([]any, min(len(heads), maxHeads))
	for k := range list {
		list[k] = heads[k]
	}
	m["heads"] = list
	f.tx.Act(actFork, m)
	var people []taken
	for _, h := range f.l.holders {
		if !h.quote && h.lender == (crdt.Author{}) { // what was adopted is nobody's
			people = append(people, taken{f.from.ID(), h.who.ID, h.who.Name})
		}
	}
	for a := range f.from.Acts(actTaken) { // by those before
		if t, ok := readTaken(a); ok && t.work != f.from.ID() {
			people = append(people, t)
		}
	}
	return []job{func() []job { return f.thank(people) }}
}

// taken is the body of a taken act, and the name in its words.
type taken struct {
	work cid.Cid
	by   crdt.Author
	name string
}

// thank says of whom something is carried.
func (f *carrier) thank(people []taken) []job {
	for k, t := range people {
		if f.size >= carryBytes {
			return []job{func() []job { return f.thank(people[k:]) }}
		}
		f.tx.ActWords(actTaken, map[string]any{"work": t.work, "by": keyBytes(t.by)}, t.name)
		f.size += 160
	}
	return nil
}

// readFork reads a fork act; false when it is void.
func readFork(a crdt.Act) (x forked, ok bool) {
	m := fields(a.Body, 3, "heads", "title", "work", "source")
	list, ok1 := m["heads"].([]any)
	title, ok2 := m["title"].(string)
	work, ok3 := m["work"].(cid.Cid)
	if !ok1 || !ok2 || !ok3 || len(list) > maxHeads || !isChange(work) {
		return x, false
	}
	x = forked{work: work, title: title}
	for _, h := range list {
		c, ok := h.(cid.Cid)
		if !ok || !isChange(c) || len(x.heads) > 0 && bytes.Compare(x.heads[len(x.heads)-1].Bytes(), c.Bytes()) >= 0 {
			return x, false
		}
		x.heads = append(x.heads, c)
	}
	if s, there := m["source"]; there {
		if x.at, ok = s.(string); !ok || x.at == "" || len(x.at) > maxSource {
			return x, false
		}
	}
	return x, true
}

// readTaken reads a taken act; false when it is void.
func readTaken(a crdt.Act) (t taken, ok bool) {
	m := fields(a.Body, 2, "by", "work")
	by, ok1 := readKey(m["by"])
	work, ok2 := m["work"].(cid.Cid)
	t = taken{work: work, by: by}
	if len(a.Words) <= maxName {
		t.name = clean(a.Words)
	}
	return t, ok1 && ok2 && isChange(work)
}
