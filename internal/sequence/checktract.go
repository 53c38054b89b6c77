package sequence

import "math/bits"

// spelled returns all pages, the plain ones written out.
func (s *Seq) spelled() (all []*page) {
	for i, pg := range s.pages {
		if pg != nil {
			all = append(all, pg)
			continue
		}
		t := s.tractAt(s.nos[i])
		for no := t.no; no < t.no+t.n; no++ {
			if pg = t.page(no); pg == nil {
				pg = t.spell(no)
			}
			all = append(all, pg)
		}
	}
	return all
}

// inPlain reports whether lv is in a plain page, but not its first element.
func (s *Seq) inPlain(lv LV) bool {
	_, t := s.lookup(lv >> pageBits)
	return t != nil && lv&pageMask != 0
}

// checkPlain checks the clause of rule 12 on spans.
func (s *Seq) checkPlain(order []span) error {
	for _, sp := range order {
		if end := sp.lv + sp.len(); s.inPlain(sp.lv) || s.inPlain(end) {
			return broken(12, "the span of LV %d to %d has a part of a plain page", sp.lv, end-1)
		}
	}
	return nil
}

// checkTracts checks the other clauses of rule 12.
func (s *Seq) checkTracts([]span) error {
	k := 0
	for i, pg := range s.pages {
		if pg != nil {
			continue
		}
		if k == len(s.tracts) || s.tracts[k].no != s.nos[i] {
			return broken(12, "page %d begins tract %d of %d, which is another", s.nos[i], k, len(s.tracts))
		}
		t := &s.tracts[k]
		k++
		end := t.no + t.n
		if t.n == 0 || t.no/pagesInBlock != (end-1)/pagesInBlock {
			return broken(12, "tract of pages %d to %d", t.no, end)
		}
		if i == 0 || i+1 == len(s.pages) || s.nos[i+1] < end {
			return broken(12, "tract of pages %d to %d is place %d of %d", t.no, end, i, len(s.pages))
		}
		if t.made == nil {
			continue
		}
		if n := bits.OnesCount64(t.made.has); n != len(t.made.pages) || n >= int(t.n) {
			return broken(12, "%d bits, %d pages made of %d", n, len(t.made.pages), t.n)
		}
		seen := 0
		for no := t.no; no < end; no++ {
			if pg := t.page(no); pg != nil {
				if seen++; pg.no != no {
					return broken(12, "page %d of a tract has number %d", no, pg.no)
				}
			}
		}
		if seen != len(t.made.pages) {
			return broken(12, "tract of pages %d to %d has %d, %d among them", t.no, end, len(t.made.pages), seen)
		}
	}
	if k != len(s.tracts) {
		return broken(12, "%d tracts, %d of them in place", len(s.tracts), k)
	}
	return nil
}
