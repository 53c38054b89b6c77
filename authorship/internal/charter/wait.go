package charter

import (
	"slices"
	"strings"

	"github.com/ipfs/go-cid"
)

// lane is the changes of one branch that belong to one proposal, or to none: an accept
// takes in, of each lane that a head of it is in, what comes before the head.
type lane struct {
	root  *Root
	group int32
}

// laneOf is the lane of change i.
func (j *Judge) laneOf(i int32) lane { return lane{j.rows[i].root, j.rows[i].group} }

// lay notes a new matter under its lanes.
func (j *Judge) lay(t *tally) {
	if t.matter != Accepting {
		return
	}
	for _, h := range t.heads {
		at := j.laneOf(h)
		if list := j.lanes[at]; len(list) == 0 || list[len(list)-1] != t {
			j.lanes[at] = append(list, t)
		}
	}
}

// Lacks is what accepting a change lacks on the tip: of the matters that were voted on and
// that would make it effective what the nearest lacks, the one with most voters, and of
// several that whose heads have the least names; or else all votes. It looks at what was
// voted on of the lane of the change, however much else there is.
func (j *Judge) Lacks(c cid.Cid) Count {
	tip := j.tip()
	best := j.tell(tip.charter, Accepting, nil)
	i := j.at(c)
	if i == none {
		return best
	}
	var nearest *tally
	for _, t := range j.lanes[j.laneOf(i)] {
		j.steps++
		if t.base != tip {
			continue
		}
		n := j.count(t, said{none, none, false}, none)
		nearer := len(n.Voters) - len(best.Voters)
		if nearer < 0 || nearer == 0 && (nearest == nil || j.byHeads(nearest, t) <= 0) || !j.frees(t, i) {
			continue
		}
		best, nearest = n, t
	}
	return best
}

// byHeads orders matters by the names of their heads.
func (j *Judge) byHeads(a, b *tally) int {
	return slices.CompareFunc(a.heads, b.heads, func(x, y int32) int {
		return strings.Compare(j.rows[x].id.KeyString(), j.rows[y].id.KeyString())
	})
}

// frees tells whether a change would be effective if a matter on the tip passed.
func (j *Judge) frees(t *tally, i int32) bool {
	if !slices.ContainsFunc(t.heads, func(h int32) bool {
		j.steps++
		return j.rows[h].group == j.rows[i].group && j.onChain(i, h)
	}) {
		return false
	}
	if j.grants.lack(j.rows[i].root.Person, j.path[j.latest(j.rows[i].seen)]) == nil {
		return true
	}
	var heads []cid.Cid // they may have grants with them that were cut
	for _, h := range t.heads {
		heads = append(heads, j.rows[h].id)
	}
	for x, err := range j.Suppose(heads) {
		if x == j.rows[i].id && err == nil {
			return true
		}
	}
	return false
}

// checkLanes restates that matters are found by what their heads take in, and redactions
// by what they name.
func (j *Judge) checkLanes() error {
	lanes, redacts := 0, 0
	for _, t := range j.tallyList {
		met := map[lane]bool{}
		for _, h := range t.heads {
			at := j.laneOf(h)
			if t.matter != Accepting || met[at] {
				continue
			}
			met[at] = true
			lanes++
			if !slices.Contains(j.lanes[at], t) {
				return broken("judge", 4, "a matter with head %d is not in its lane", h)
			}
		}
	}
	for _, list := range j.lanes {
		lanes -= len(list)
	}
	for _, a := range j.accepts {
		for _, i := range a.heads {
			if a.matter != Redacting {
				continue
			}
			redacts++
			if !slices.Contains(j.redacts[i], a) {
				return broken("judge", 4, "the redaction in change %d is not found by %d", a.change, i)
			}
		}
	}
	for _, list := range j.redacts {
		redacts -= len(list)
	}
	if lanes != 0 || redacts != 0 {
		return broken("judge", 4, "%d matters in lanes and %d redactions are missing", lanes, redacts)
	}
	return nil
}
