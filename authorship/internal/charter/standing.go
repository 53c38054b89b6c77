package charter

import "slices"

// right is what the epochs are asked for.
type right uint8

const (
	editing    right = iota // to change the work unasked
	moderating              // to hide and show words
)

// latest is the index of the last epoch of the path in a set: the first by which a change
// with that past is judged.
func (j *Judge) latest(set int32) int32 {
	for int(set) >= len(j.lasts) {
		j.lasts = append(j.lasts, last{})
	}
	l := &j.lasts[set]
	if l.round != j.round+1 {
		l.round, l.index = j.round+1, 0
		for _, p := range j.sets.of(set) {
			j.steps++
			l.index = max(l.index, j.epochs[p].index)
		}
	}
	return l.index
}

// last remembers latest for a set until the path switches; no growth of the path changes
// it, since what is there has not seen the new epoch.
type last struct {
	round uint32
	index int32
}

// member tells whether a branch has the rights of a member under a charter.
func (j *Judge) member(r *Root, c *Charter) bool { return j.personal(r) && c.Has(r.Person) }

// personal tells whether a branch acts for a person: a person's own, or a device's that is
// bound from both sides.
func (j *Judge) personal(r *Root) bool {
	return r.Claim == nil || !r.Claim.Agent && r.Person == r.Claim.Person
}

// without is the index of the first epoch in which a change lacks a right that it has to
// have there, none when there is none: it needs it from the latest epoch ratified in its
// past on, until one has settled it.
func (j *Judge) without(i int32, want right) int32 {
	r := &j.rows[i]
	from, to := j.latest(r.seen), min(r.settled, int32(len(j.path)))
	if want == editing {
		n, _ := slices.BinarySearch(j.strict, from)
		for _, k := range j.strict[n:] {
			j.steps++
			if k >= to {
				break
			}
			if !j.member(r.root, j.path[k].charter) {
				return k
			}
		}
		return none
	}
	for k := from; k < to; k++ {
		j.steps++
		if !j.personal(r.root) || !j.path[k].charter.Moderates(r.root.Person) {
			return k
		}
	}
	return none
}
