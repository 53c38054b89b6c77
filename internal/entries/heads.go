package entries

import "slices"

// bag is a set of entries of a pile from which members may leave without being found: whoever left stays
// listed until half of the list is gone. A flag in the record says that an entry is listed.
type bag struct {
	list []uint32
	n    int // members
}

// bagSlack is how many entries that left a bag may keep listed beyond the number of its members.
const bagSlack = 8

// inHeadsBag is the membership of heads: no entry that is not Ineffective names it.
func inHeadsBag(e *entry) bool { return e.named == 0 }

// inLimboBag is the membership of limbo: a child entry whose change is not effective.
func inLimboBag(e *entry) bool { return e.kind() == Child && e.state() == Ineffective }

// join makes entry i a member of a bag.
func (s *Slots) join(b *bag, i uint32, flag uint16) {
	b.n++
	if e := s.at(i); !e.is(flag) {
		e.flags |= flag
		b.list = append(b.list, i)
	}
}

// leave notes that a member left; member is the membership, which it already fails.
func (s *Slots) leave(b *bag, flag uint16, member func(*entry) bool) {
	b.n--
	if len(b.list) <= 2*b.n+bagSlack {
		return
	}
	s.visits += uint64(len(b.list))
	kept := b.list[:0]
	for _, i := range b.list {
		if e := s.at(i); member(e) {
			kept = append(kept, i)
		} else {
			e.flags &^= flag
		}
	}
	b.list = kept
}

// drop takes an entry that goes away for good out of the list of a bag. It was added last, so it is
// near the end, where the search begins.
func (s *Slots) drop(b *bag, i uint32, flag uint16, member bool) {
	if member {
		b.n--
	}
	if !s.at(i).is(flag) {
		return
	}
	k := len(b.list) - 1
	for b.list[k] != i {
		k--
	}
	b.list = slices.Delete(b.list, k, k+1)
}

// name counts an over link to t from an entry that is not Ineffective; p is the pile of the slot or nil.
func (s *Slots) name(p *pile, t uint32) {
	e := s.at(t)
	e.named++
	if p != nil && e.named == 1 {
		s.leave(&p.heads, inHeads, inHeadsBag)
	}
}

// unname is the inverse of name.
func (s *Slots) unname(p *pile, t uint32) {
	e := s.at(t)
	e.named--
	if p != nil && e.named == 0 {
		s.join(&p.heads, t, inHeads)
	}
}

// Frontier appends to dst what a new local entry of the slot names as over, ascending by local version:
// the entries, in whatever state, that no entry with an effective change names. Costs what it appends.
func (s *Slots) Frontier(slot int32, dst []LV) []LV {
	from := len(dst)
	if p := s.pileOf(slot); p != nil {
		for k := len(p.heads.list) - 1; len(dst)-from < p.heads.n; k-- { // the newest are the likeliest
			s.visits++
			if e := s.at(p.heads.list[k]); e.named == 0 {
				dst = append(dst, e.lv)
			}
		}
	} else {
		for it := s.descend(slot); ; {
			i := it.next()
			if i == none {
				break
			}
			if e := s.at(i); e.named == 0 {
				dst = append(dst, e.lv)
			}
		}
	}
	slices.Sort(dst[from:])
	return dst
}
