package charter

import "slices"

// The path is the epochs in force: from the genesis on, of the amends that were ratified
// from each the first. It grows at its end, without touching what came before; only where
// members have switched or forked does it switch to a rival.

// tip is the last epoch of the path.
func (j *Judge) tip() *epoch { return j.path[len(j.path)-1] }

// tail are the epochs that follow one.
func (j *Judge) tail(e *epoch) (out []*epoch) {
	j.runs++
	for len(e.next) > 0 {
		j.steps += uint64(len(e.next))
		e = j.first(e.next, e.of)
		out = append(out, e)
	}
	return out
}

// decide brings the path up to date after the votes of change i: decided are the epochs
// that it ratifies, looked the bases of which the support is another.
func (j *Judge) decide(i int32, looked []*epoch) {
	bases := make([]*epoch, 0, len(looked)+len(j.decided))
	for _, e := range looked {
		if len(e.next) > 1 {
			bases = append(bases, e)
		}
	}
	for _, e := range j.decided {
		if len(e.ratifies) > 1 && e.index != none {
			j.widen(e, i)
		}
		bases = append(bases, e.base)
	}
	j.decided = j.decided[:0]
	for _, b := range bases {
		if b.index != none {
			j.repath(b)
		}
	}
}

// repath looks at what follows an epoch of the path.
func (j *Judge) repath(b *epoch) {
	tail, had := j.tail(b), j.path[b.index+1:]
	k := 0
	for k < len(tail) && k < len(had) && tail[k] == had[k] {
		k++
	}
	switch {
	case k < len(had):
		j.switchTo(b.index+1+int32(k), tail[k:])
	default:
		for _, e := range tail[k:] {
			j.grow(e)
		}
	}
}

// push puts an epoch at the end of the path.
func (j *Judge) push(e *epoch) {
	e.index = int32(len(j.path))
	j.path = append(j.path, e)
	if e.charter.Mode == Propose {
		j.strict = append(j.strict, e.index)
	}
	j.ask(e)
	j.moved++
}

// grow puts an epoch at the end of the path, and has looked at again what it takes a
// right from: nothing that is there has seen it.
func (j *Judge) grow(e *epoch) {
	was := j.tip()
	j.push(e)
	for _, r := range e.ratifies {
		j.settle(e, r, func(int32) {})
	}
	recut := j.cutBy(e)
	gone := slices.DeleteFunc(slices.Clone(was.charter.all), e.charter.Has)
	switch {
	case e.charter.Mode == Direct:
	case was.charter.Mode == Direct:
		for _, i := range j.unsettled() {
			j.mark(i)
		}
	default:
		for _, m := range gone {
			for r := range j.persons.of(m) {
				j.markUnsettled(r)
			}
		}
	}
	j.recut(recut)
	for _, m := range gone {
		for _, a := range j.byVoter[m] {
			if a.stands && !j.holds(a) {
				j.drop(a)
			}
		}
	}
}

// markUnsettled has all changes of a branch looked at that no epoch has settled.
func (j *Judge) markUnsettled(r *Root) {
	for k := len(r.changes) - 1; k >= 0; k-- {
		i := r.changes[k]
		j.steps++
		if j.rows[i].settled == unsettled {
			j.mark(i)
		} else if !r.forked {
			return // all before it is settled too
		}
	}
}

// unsettled are the changes that no epoch has settled. The list is kept from one time to
// the next and put right only here, since few decisions ask for it.
func (j *Judge) unsettled() []int32 {
	j.steps += uint64(len(j.open))
	j.open = slices.DeleteFunc(j.open, func(i int32) bool { return j.rows[i].settled != unsettled })
	return j.open
}

// widen takes in a further ratify of an epoch of the path: what it had seen is settled.
func (j *Judge) widen(e *epoch, r int32) {
	j.settle(e, r, j.mark)
	j.moved++
	for _, a := range j.fallen() {
		if j.holds(a) {
			j.raise(a)
		}
	}
}

// settle gives an epoch what a ratify of it had seen, each change once.
func (j *Judge) settle(e *epoch, r int32, each func(int32)) {
	stack := slices.Clone(j.linksOf(r))
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if j.rows[i].settled <= e.index {
			continue // and so is all of its past
		}
		j.rows[i].settled = e.index
		each(i)
		stack = append(stack, j.linksOf(i)...)
	}
}

// switchTo puts other epochs in the place of those from index f on, and has looked at
// again whatever was not settled before.
func (j *Judge) switchTo(f int32, tail []*epoch) {
	had := slices.Clone(j.path[f:])
	for _, e := range had {
		e.index = none
	}
	j.path = j.path[:f]
	n, _ := slices.BinarySearch(j.strict, f)
	j.strict = j.strict[:n]
	j.steps += uint64(len(j.rows))
	for i := range j.rows {
		if r := &j.rows[i]; r.settled >= f {
			r.settled = unsettled
			j.mark(int32(i))
		}
	}
	recut := j.uncut(had)
	for _, e := range tail {
		j.push(e)
		for _, r := range e.ratifies {
			j.settle(e, r, func(int32) {})
		}
		recut = append(recut, j.cutBy(e)...)
	}
	j.round++
	j.open = j.open[:0]
	for i := range j.rows {
		if j.rows[i].settled == unsettled {
			j.open = append(j.open, int32(i))
		}
	}
	j.recut(recut)
	j.reaccept()
}
