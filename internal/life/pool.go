package life

// blockLen is how many items a pool allocates at once.
const blockLen = 32

// pool hands out items of one type by id, 1, 2, …, so that a tree links them in
// four bytes and the garbage collector sees no pointers in them. Items never
// move: a pointer got from at stays good until the item is given back.
//
// Invariant: the ids given out so far are 1 … used; those in free are not in
// use, and lie there once.
type pool[T any] struct {
	blocks []*[blockLen]T
	free   []uint32
	used   uint32
}

// at returns the item of an id that take gave out.
func (p *pool[T]) at(id uint32) *T {
	return &p.blocks[(id-1)/blockLen][(id-1)%blockLen]
}

// take returns the id of an item set to its zero value. It is the inverse of
// give.
func (p *pool[T]) take() uint32 {
	if n := len(p.free); n > 0 {
		id := p.free[n-1]
		p.free = p.free[:n-1]
		var zero T
		*p.at(id) = zero
		return id
	}
	if int(p.used) == len(p.blocks)*blockLen {
		p.blocks = append(p.blocks, new([blockLen]T))
	}
	p.used++
	return p.used
}

// give takes an item back; its id must not be used any more.
func (p *pool[T]) give(id uint32) {
	p.free = append(p.free, id)
}
