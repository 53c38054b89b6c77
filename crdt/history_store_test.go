package crdt_test

import (
	"errors"
	"math"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// reopen makes a replica anew from its changes and its journal, as a store does.
func (s *story) reopen(k int, d *crdt.Doc) {
	j := s.logs[d]
	if j == nil {
		return
	}
	in := bridge.Of(d)
	_, err := in.Signed()
	s.must(err)
	key := s.keys[d]
	copied := s.r.IntN(4) == 0 // a copied store goes on with a key of its own
	if copied {
		key = s.key()
	}
	again, err := crdt.Join(key, d.ID(), s.options()...)
	s.must(err)
	all := make([]int, in.Count())
	for k := range all {
		all[k] = k
	}
	b, _ := in.Bundle(all, math.MaxInt)
	_, err = bridge.Of(again).Apply(b, "", true)
	s.must(err)
	if j.header != nil {
		n, err := bridge.Of(again).Restore(j.header, j.recs)
		if !errors.Is(err, bridge.ErrSealed) && (err != nil || n != len(j.recs)) {
			s.failf("journal of %d records: %d, %v", len(j.recs), n, err)
		}
	}
	s.note("doc %d: reopened, %d records, copied %v", k, len(j.recs), copied)
	s.must(again.CheckRooms())
	if copied {
		j = nil // its journal begins anew with the next open change
		if x, y := showAll(s, d), showAll(s, again); x != y {
			s.failf("a copied store shows\n%s\nof\n%s", y, x)
		}
	} else {
		s.equal(d, again)
	}
	s.docs[k], s.keys[again], s.starved[again] = again, key, s.starved[d]
	if j != nil {
		s.logs[again] = j
	}
	s.tally.reopened++
}

// starve gives one replica what another has, some of it without its words, which
// come at the end.
func (s *story) starve(i, j int) {
	a, b := s.docs[i], s.docs[j]
	if i == j {
		return
	}
	all := s.bundle(b)
	send := bridge.Bundle{Work: all.Work, Sigs: all.Sigs}
	for _, it := range all.Items {
		if _, ok := bridge.Of(a).Index(it.ID); ok {
			continue
		}
		if s.r.IntN(3) == 0 {
			it.Words = nil
		}
		send.Items = append(send.Items, it)
	}
	s.note("doc %d <- doc %d, starving", i, j)
	s.must(give(a, send))
	s.starved[a] = true
	s.judge(a)
	s.tally.starves++
}

// feed gives every replica the words of everything.
func (s *story) feed() {
	words := map[[32]byte][]byte{}
	var list [][]bridge.Item
	for _, d := range s.docs {
		list = append(list, s.bundle(d).Items)
		for _, it := range list[len(list)-1] {
			if it.Words != nil {
				words[it.ID] = it.Words
			}
		}
	}
	for k, d := range s.docs {
		if !s.starved[d] {
			continue
		}
		s.judge(d)
		for n := range list[k] {
			list[k][n].Words = words[list[k][n].ID]
		}
		s.r.Shuffle(len(list[k]), func(i, j int) { list[k][i], list[k][j] = list[k][j], list[k][i] })
		s.must(give(d, bridge.Bundle{Work: bridge.Of(d).Work(), Items: list[k]}))
		s.starved[d] = false
		s.must(d.CheckRooms())
		s.judge(d)
	}
}
