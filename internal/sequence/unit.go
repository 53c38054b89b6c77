package sequence

import "fmt"

// Units returns the length of the visible text in a unit. A list has as many
// units as elements.
func (s *Seq) Units(u Unit) int { return int(s.vis + s.ext.in(u)) }

// FromRunes returns the position in unit u of position pos in runes. It is the
// inverse of ToRunes: ToRunes(u, FromRunes(u, pos)) is pos.
func (s *Seq) FromRunes(u Unit, pos int) int {
	if pos < 0 || pos > int(s.vis) {
		panic(fmt.Sprintf("sequence: position %d of %d", pos, s.vis))
	}
	return pos + int(s.extraBefore(uint32(pos)).in(u))
}

// extraBefore returns what the first pos visible elements have more than runes.
func (s *Seq) extraBefore(pos uint32) (x extra) {
	if pos == s.vis || s.ext == (extra{}) {
		if pos == s.vis {
			x = s.ext
		}
		return x
	}
	l, left, of := s.head, pos, s.ext
	for n := s.root; n != nil; {
		i := 0
		for left >= n.vis[i] {
			left -= n.vis[i]
			x = x.plus(n.extra(i))
			i++
		}
		of = n.extra(i)
		if n.leaves != nil {
			l = n.leaves[i]
			break
		}
		n = n.kids[i]
	}
	if of == (extra{}) {
		return x
	}
	for i := 0; left > 0; i++ {
		if sp := l.spans[i]; sp.n&hidden == 0 {
			m := min(left, sp.n)
			x = x.plus(s.extraOf(sp.lv, m))
			left -= m
		}
	}
	return x
}

// ToRunes returns the position in runes of the position off in unit u. ok is
// false if that lies inside a character or outside the text.
func (s *Seq) ToRunes(u Unit, off int) (pos int, ok bool) {
	if off < 0 || off > s.Units(u) {
		return 0, false
	}
	if off == s.Units(u) {
		return int(s.vis), true
	}
	if s.ext.in(u) == 0 {
		return off, true
	}
	l, left, runes := s.head, uint32(off), uint32(0)
	for n := s.root; n != nil; {
		i := 0
		for {
			m := n.vis[i] + n.extra(i).in(u)
			if left < m {
				break
			}
			left -= m
			runes += n.vis[i]
			i++
		}
		if n.leaves != nil {
			l = n.leaves[i]
			break
		}
		n = n.kids[i]
	}
	for i := 0; ; i++ {
		sp := l.spans[i]
		if sp.n&hidden != 0 {
			continue
		}
		m := sp.n + s.extraOf(sp.lv, sp.n).in(u)
		if left < m {
			in, ok := s.runesIn(u, sp.lv, left)
			return int(runes + in), ok
		}
		left -= m
		runes += sp.n
	}
}

// runesIn returns how many of the elements from lv on take up off units, if that
// is a whole number of them. There are more elements than that.
func (s *Seq) runesIn(u Unit, lv LV, off uint32) (runes uint32, ok bool) {
	for {
		pg, i := s.piece(lv)
		pc := &pg.pieces[i]
		j := lv&pageMask - uint32(pc.at)
		n := pc.len() - j
		before := s.lead(pg, pc, j)
		m := n + s.lead(pg, pc, pc.len()).minus(before).in(u)
		if off < m {
			in, ok := s.runesInPiece(u, pg, pc, j+before.in(u)+off)
			return runes + in - j, ok
		}
		off -= m
		runes += n
		lv += n
	}
}

// runesInPiece is runesIn for the elements of a piece from its first on.
func (s *Seq) runesInPiece(u Unit, pg *page, pc *piece, off uint32) (runes uint32, ok bool) {
	t := pg.table(pc)
	if t == nil {
		return off, true
	}
	line := uint32(0) // the last line that ends at or before off
	for j := uint32(blockLen); j < pc.len() && j+t.upto(j/blockLen).in(u) <= off; j += blockLen {
		line++
	}
	x := t.upto(line)
	runes = line * blockLen
	at := runes + x.in(u)
	w := (*s.words)[pc.off+runes+x.b:]
	for i := uint32(0); at < off; runes++ {
		d := wide(w[i])
		i += 1 + d.b
		at += 1 + d.in(u)
	}
	return runes, at == off
}
