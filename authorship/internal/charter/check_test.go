package charter

import (
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// damages break one clause of an invariant each, on the judge of a work that has all of
// it.
var damages = map[string][]func(j *Judge){
	"judge, invariant 4": {
		func(j *Judge) { clear(j.lanes) },
		func(j *Judge) { j.lanes[lane{}] = j.tallyList },
		func(j *Judge) { clear(j.redacts) },
		func(j *Judge) { j.redacts[none] = j.accepts },
	},
	"sets, invariant 1": {
		func(j *Judge) { j.sets.lists[0] = []int32{1} },
		func(j *Judge) { j.sets.lists[1] = []int32{2, 1} },
		func(j *Judge) { j.sets.byList["x"] = 1 },
	},
	"sets, invariant 2": {
		func(j *Judge) { j.sets.lists = append(j.sets.lists, j.sets.lists[1]); j.sets.byList["x"] = 2 },
		func(j *Judge) { j.sets.joined[[2]int32{0, 1}] = 0 },
	},
	"persons, invariant 1": {
		func(j *Judge) { j.persons.byKey[crdt.Author{}] = []*Root{j.rows[0].root} },
		func(j *Judge) { j.persons.roots[j.rows[1].id] = nil; delete(j.persons.byKey, j.rows[1].root.Key) },
		func(j *Judge) { clear(j.persons.claims) },
		func(j *Judge) { j.persons.claims[Binding{}] = []*Root{j.rows[0].root} },
	},
	"persons, invariant 2": {
		func(j *Judge) { j.persons.bound[Binding{}] = 1 },
		func(j *Judge) { bondOf(j).on = false },
	},
	"persons, invariant 3": {func(j *Judge) { j.rows[0].root.Person = crdt.Author{} }},
	"persons, invariant 4": {
		func(j *Judge) { clear(j.persons.branches) },
		func(j *Judge) {
			p := j.rows[0].root.Person
			j.persons.branches[p] = append(j.persons.branches[p], j.rows[0].root)
		},
	},
	"row, invariant 1": {
		func(j *Judge) { j.links[0] = 99 },
		func(j *Judge) { j.rows[lastOf(j)].prev = 0 },
		func(j *Judge) { j.rows[lastOf(j)].root = j.rows[0].root },
	},
	"row, invariant 2": {
		func(j *Judge) { j.rows[lastOf(j)].seen = 0 },
		func(j *Judge) { j.rows[lastOf(j)].after = 0 },
	},
	"row, invariant 3": {
		func(j *Judge) { j.rows[0].settled = unsettled },
		func(j *Judge) { j.rows[lastOf(j)].settled = 1 },
	},
	"row, invariant 4": {
		func(j *Judge) { j.rows[0].cut = 1 },
		func(j *Judge) {
			for i := range j.rows {
				j.rows[i].cut = none
			}
		},
	},
	"row, invariant 5": {func(j *Judge) { j.rows[0].due = true }},
	"branch, invariant 1": {
		func(j *Judge) { j.rows[0].root.changes = nil },
		func(j *Judge) { j.rows[0].root.forked = !j.rows[0].root.forked },
	},
	"branch, invariant 2": {func(j *Judge) { j.rows[0].root.grants = nil }},
	"branch, invariant 3": {func(j *Judge) { acceptIn(j, Accepting).root(j).accepts = nil }},
	"branch, invariant 4": {func(j *Judge) { j.rows[0].root.pays++ }},
	"branch, invariant 5": {
		func(j *Judge) { revokedIn(j).front = nil },
		func(j *Judge) { revokedIn(j).front = []int32{revokedIn(j).changes[0], revokedIn(j).changes[0]} },
		func(j *Judge) { j.rows[0].root.Claim = nil; rootNamed(j, "D1").front = []int32{} },
	},
	"branch, invariant 6": {func(j *Judge) { j.rows[0].root.hides = []*hide{{}} }},
	"tally, invariant 1": {
		func(j *Judge) { clear(j.tallyList[0].by) },
		func(j *Judge) { j.tallyList[0].ballots[0].by = crdt.Author{} },
		func(j *Judge) { b := j.tallyList[0].ballots[0]; b.votes = nil },
	},
	"tally, invariant 2": {
		func(j *Judge) { b := j.tallyList[0].ballots[0]; b.votes = append(b.votes, b.votes[0]) },
		func(j *Judge) { j.tallyList[0].ballots[0].forked = true },
		func(j *Judge) { j.accepts = append(j.accepts, &accept{matter: Redacting}) },
	},
	"epoch, invariant 1": {func(j *Judge) { j.path[1].base = nil }},
	"epoch, invariant 2": {
		func(j *Judge) { j.path[0].next = nil },
		func(j *Judge) { j.path[1].next = append(j.path[1].next, j.path[1]) },
	},
	"epoch, invariant 3": {
		func(j *Judge) { j.path[1].index = none },
		func(j *Judge) { clear(j.elected) },
	},
	"support, invariant 1": {
		func(j *Judge) { j.path[0].sights[keyOf("A")] = nil },
		func(j *Judge) { j.path[0].sights[crdt.Author{}] = nil },
	},
	"support, invariant 2": {func(j *Judge) { j.path[0].of[j.path[1]]++ }},
	"judge, invariant 1": {
		func(j *Judge) { j.strict = append(j.strict, 1) },
		func(j *Judge) { j.latest(0); j.lasts[0].index = 1 },
	},
	"judge, invariant 2": {func(j *Judge) { j.open = nil }},
	"judge, invariant 3": {
		func(j *Judge) { j.rows[0].said, j.rows[0].root.pays = revoked, j.rows[0].root.pays-1 },
		func(j *Judge) { j.lacks[0] = &TermsError{} },
		func(j *Judge) { clear(j.lacks) },
	},
	"revocation, invariant 1": {
		func(j *Judge) {
			r := revokedIn(j)
			last := r.changes[len(r.changes)-1]
			delete(j.revoked, last)
			r.front = []int32{last}
		},
		func(j *Judge) {
			for _, list := range j.revokes {
				list[0].on = false
			}
		},
		func(j *Judge) {
			for p, list := range j.revoking {
				j.revoking[p] = append(list, list[0])
			}
		},
	},
	"accept, invariant 1": {func(j *Judge) { acceptIn(j, Accepting).stands = false }},
	"accept, invariant 2": {func(j *Judge) { clear(j.best) }},
	"accept, invariant 3": {func(j *Judge) { clear(j.erased) }},
	"grants, invariant 1": {func(j *Judge) { j.grants.given[0].live = false }},
	"grants, invariant 2": {func(j *Judge) { j.grants.count[grantKey{}] = 1 }},
	"grants, invariant 3": {func(j *Judge) { clear(j.grants.asked) }},
	"words, invariant 1": {
		func(j *Judge) { j.words.on[1] = j.words.on[0] },
		func(j *Judge) { j.words.waits[keyOf("A")] = j.words.on[0] },
	},
	"words, invariant 2": {func(j *Judge) { j.words.memo[1] = j.rows[0].id }},
}

// bondOf is a bind.
func bondOf(j *Judge) *bond {
	for _, list := range j.binds {
		return list[0]
	}
	return nil
}

// lastOf is a change that follows one.
func lastOf(j *Judge) int32 {
	for i := int32(len(j.rows)) - 1; ; i-- {
		if j.rows[i].prev != none {
			return i
		}
	}
}

// acceptIn is an accept on a matter.
func acceptIn(j *Judge, m Matter) *accept {
	for _, a := range j.accepts {
		if a.matter == m {
			return a
		}
	}
	return nil
}

// root is the branch of the first head.
func (a *accept) root(j *Judge) *Root { return j.rows[a.heads[0]].root }

// rootNamed is the branch of a key.
func rootNamed(j *Judge, name string) *Root { return j.persons.Of(keyOf(name))[0] }

// revokedIn is the branch that is revoked.
func revokedIn(j *Judge) *Root { return rootNamed(j, "D2") }

// everything is a work that has something of everything.
func everything(t testing.TB) *big {
	h := founded(t, "A", map[string]any{
		"mode": Direct, "terms": []any{"MIT"}, "members": map[string]any{"members": keys("A", "B", "C", "E")},
	})
	for _, n := range []string{"B", "C", "E"} {
		h.write(n, nil, grantOf("MIT"))
	}
	claim := func(person string) act {
		return act{KindBoundTo, map[string]any{"person": KeyBytes(keyOf(person)), "agent": false}}
	}
	h.write("D1", nil, claim("B"), grantOf("MIT"))
	h.write("D2", nil, claim("B"))
	keep := h.write("D2", nil)
	h.write("D2", nil)
	h.write("B", []int{h.tips["D2"]}, act{KindBind, map[string]any{"key": KeyBytes(keyOf("D1")), "agent": false}},
		act{KindRevoke, map[string]any{"key": KeyBytes(keyOf("D2")), "heads": h.ids(keep)}})
	h.write("N", nil) // who grants nothing
	e := h.tips["E"]
	h.write("E", nil)
	h.write("A", nil, act{KindHide, map[string]any{"changes": h.ids(0)}})
	p := h.write("A", []int{h.tips["B"], h.tips["C"], h.tips["E"]}, act{KindAmend, map[string]any{
		"base": h.id(0), "cut": []any{map[string]any{"key": KeyBytes(keyOf("E")), "heads": h.ids(e)}},
	}})
	yes := act{KindEndorse, map[string]any{"base": h.id(0), "amend": h.id(p)}}
	h.write("A", nil, yes)
	h.write("B", []int{h.tips["A"]}, yes)
	h.write("C", []int{h.tips["B"]}, yes)
	q := h.write("Q", []int{h.tips["C"]}, act{KindPropose, nil}, grantOf("MIT"))
	h.write("B", []int{q}, act{KindEndorse, map[string]any{"base": h.id(p), "accept": h.ids(q)}},
		act{KindEndorse, map[string]any{"base": h.id(p), "redact": h.ids(q)}})
	h.write("C", []int{h.tips["B"]}, act{KindEndorse, map[string]any{"base": h.id(p), "redact": h.ids(q)}})
	return h
}

// TestChecks: each clause of each check reports its damage.
func TestChecks(t *testing.T) {
	h := everything(t)
	fresh := func() *Judge {
		j := h.start()
		for i := range h.nodes {
			h.add(j, i)
			if err := j.Check(); err != nil {
				t.Fatal(err)
			}
		}
		j.Hidden(h.id(0))
		return j
	}
	for name, list := range damages {
		for k, damage := range list {
			j := fresh()
			damage(j)
			if err := j.Check(); err == nil || !strings.Contains(err.Error(), name+":") {
				t.Errorf("%s, damage %d: %v", name, k, err)
			}
		}
	}
}
