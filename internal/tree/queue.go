package tree

// push queues a move for a decision, once.
func (t *Tree) push(m uint32) {
	if t.moves[m].is(isQueued) {
		return
	}
	t.moves[m].flags |= isQueued
	t.queue = append(t.queue, m)
	q := t.queue
	for k := len(q) - 1; k > 0; {
		up := (k - 1) / 2
		if !t.above(q[k], q[up]) {
			break
		}
		q[k], q[up] = q[up], q[k]
		k = up
	}
}

// pull takes the greatest move out of the queue, which is not empty.
func (t *Tree) pull() uint32 {
	q := t.queue
	m := q[0]
	t.visits++
	t.moves[m].flags &^= isQueued
	n := len(q) - 1
	q[0] = q[n]
	q = q[:n]
	for k := 0; ; {
		kid := 2*k + 1
		if kid >= n {
			break
		}
		if kid+1 < n && t.above(q[kid+1], q[kid]) {
			kid++
		}
		if !t.above(q[kid], q[k]) {
			break
		}
		q[k], q[kid] = q[kid], q[k]
		k = kid
	}
	t.queue = q
	return m
}
