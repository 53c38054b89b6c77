package state

import (
	"sort"

	"github.com/commonhold/commonhold/internal/block"
)

// Quote says that the characters LV, LV+1, … of a text came from elsewhere: the
// numbers From.N, From.N+1, … of a change. It is a claim of the author of the
// change that inserted them.
type Quote struct {
	LV   LV
	N    uint32
	From block.Origin
}

// AddQuote notes where new characters came from.
func (s *State) AddQuote(lv LV, n uint32, from block.Origin) {
	at := sort.Search(len(s.quotes), func(i int) bool { return s.quotes[i].LV > lv })
	s.quotes = append(s.quotes, Quote{})
	copy(s.quotes[at+1:], s.quotes[at:])
	s.quotes[at] = Quote{lv, n, from}
}

// Quoted splits a range of characters into those that came from elsewhere and
// the others, for which q is nil.
func (s *State) Quoted(lv LV, n uint32, yield func(lv LV, n uint32, q *Quote)) {
	end := lv + n
	k := sort.Search(len(s.quotes), func(i int) bool { return s.quotes[i].LV+s.quotes[i].N > lv })
	for lv < end {
		if k == len(s.quotes) || s.quotes[k].LV >= end {
			yield(lv, end-lv, nil)
			return
		}
		q := &s.quotes[k]
		if q.LV > lv {
			yield(lv, q.LV-lv, nil)
			lv = q.LV
		}
		stop := min(end, q.LV+q.N)
		yield(lv, stop-lv, q)
		lv = stop
		k++
	}
}

// truncateQuotes forgets the quotes from lv on.
func (s *State) truncateQuotes(lv LV) {
	for k := len(s.quotes); k > 0 && s.quotes[k-1].LV >= lv; k-- {
		s.quotes = s.quotes[:k-1]
	}
}

// HasQuotes tells whether anything here ever came from elsewhere.
func (s *State) HasQuotes() bool { return len(s.quotes) > 0 }
