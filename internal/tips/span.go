package tips

// span is a range: the items that begin with the first n nibbles of key. What key has
// behind them is zero.
type span struct {
	key item
	n   int
}

// spanOf is the range of the first n nibbles of an item.
func spanOf(k *item, n int) span {
	p := span{n: n}
	copy(p.key[:], k[:(n+1)/2])
	if n%2 == 1 {
		p.key[n/2] &= 0xf0
	}
	return p
}

// longer is the range of one more nibble.
func (p *span) longer(x byte) span {
	q := *p
	q.key[q.n/2] |= x << (4 * (1 - q.n%2))
	q.n++
	return q
}

// has tells whether an item lies in the range.
func (p *span) has(k *item) bool { return p.key.common(k, p.n) == p.n }
