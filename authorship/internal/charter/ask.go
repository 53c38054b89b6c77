package charter

import (
	"iter"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Votes are the endorses of a change, judged, in their order.
func (j *Judge) Votes(c cid.Cid) []Vote {
	i := j.at(c)
	if i == none {
		return nil
	}
	var out []Vote
	var papers []*paper
	for a := range j.h.Acts(c) {
		if a.Kind != KindEndorse {
			continue
		}
		v := Vote{Change: c, Index: a.Index, Author: a.Author, Reason: Malformed}
		e, ok := ReadEndorse(a)
		var p *paper
		if v.Endorsement = e; ok {
			if p, v.Reason = j.paper(i, &e); p != nil {
				for k, q := range papers {
					if q != nil && q.base == p.base && q.key == p.key {
						out[k].Reason, papers[k] = Replaced, nil
					}
				}
			}
		}
		out, papers = append(out, v), append(papers, p)
	}
	for k, p := range papers {
		if p != nil {
			out[k].Reason, out[k].Count = j.asCast(i, p)
		}
	}
	return out
}

// paper is a vote that may count; else nil, and the reason.
func (j *Judge) paper(i int32, e *Endorsement) (*paper, Reason) {
	switch r := j.entitled(i, e); {
	case r == BadBase:
		return nil, j.unentitled(i, e)
	case r != Ratifies:
		return nil, r
	case !j.formed(i, e):
		return nil, Malformed
	}
	return &paper{*e, j.epochs[j.at(e.Base)], e.key()}, Ratifies
}

// asCast judges a vote that is there as it was judged when it came.
func (j *Judge) asCast(i int32, p *paper) (Reason, Count) {
	if r := j.judge(i, p); r != Ratifies {
		return r, Count{}
	}
	t, s := j.tallies[tallyKey{p.base.change, p.key}], j.said(i, p)
	return j.outcome(t, s), j.count(t, s, i)
}

// count is how far a matter has come in the past of a change; none stands for all that is
// there.
func (j *Judge) count(t *tally, s said, past int32) Count {
	return j.tell(t.base.charter, t.matter, j.voters(t, s, past))
}

// tell is a count of voters under a charter.
func (j *Judge) tell(c *Charter, m Matter, voters map[crdt.Author]bool) Count {
	short, _ := c.quorum(m, voters)
	out := Count{Chamber: short.chamber, Have: short.have, Need: short.need}
	among := c.Members[short.chamber]
	if short.chamber == "" {
		among = c.all
		out.Have = len(voters)
	}
	for _, m := range c.all {
		if voters[m] {
			out.Voters = append(out.Voters, m)
		} else if contains(among, m) {
			out.Silent = append(out.Silent, m)
		}
	}
	return out
}

// Amend is the amend of a change; false when it has none, or a void one.
func (j *Judge) Amend(c cid.Cid) (Amend, bool) {
	i := j.at(c)
	if i == none || j.amendOf(i) == nil {
		return Amend{}, false
	}
	return j.amended(i, j.ground(i)), true
}

// amended is the amend of change i, which is based on ground at last.
func (j *Judge) amended(i int32, ground *epoch) Amend {
	p := j.amends[i]
	out := Amend{Change: j.rows[i].id, Author: j.rows[i].root.Key, Amendment: p.Amendment}
	base := j.epochs[j.at(p.Base)]
	if j.epochs[i] == nil && ground != j.tip() {
		out.State = Lapsed
	}
	if base == nil { // nobody may vote for it yet
		return out
	}
	out.Void, out.Of = j.flaw(p, j.charterOf(p)), len(base.charter.all)
	var voters map[crdt.Author]bool
	if t := j.tallies[tallyKey{base.change, ""}]; t != nil {
		voters = j.voters(t, said{none, i, false}, none)
	}
	out.Count = j.tell(base.charter, Amending, voters)
	if e := j.epochs[i]; e != nil {
		j.decision(&out, e)
	}
	return out
}

// ground is the epoch that an amend is based on at last.
func (j *Judge) ground(i int32) *epoch {
	for {
		j.steps++
		i = j.at(j.amends[i].Base)
		if e := j.epochs[i]; e != nil {
			return e
		}
	}
}

// decision tells of an amend that was ratified how it stands.
func (j *Judge) decision(out *Amend, e *epoch) {
	base := e.base
	rivals := slices.SortedFunc(slices.Values(base.next), func(a, b *epoch) int { return j.order(a, b, base.of) })
	for _, r := range rivals {
		if r != e {
			out.Rivals = append(out.Rivals, j.rows[r.change].id)
		}
	}
	for _, r := range e.ratifies {
		out.Ratifies = append(out.Ratifies, j.rows[r].id)
	}
	out.Support = base.of[e]
	switch {
	case e.index == none:
		out.State = Superseded
	case 2*out.Support > out.Of:
		out.State, out.Margin = Final, margin(e)
	case len(rivals) > 1:
		out.State = Contested
	default:
		out.State = Ratified
	}
}

// margin is how many members must have forked, at least, before an epoch of the path is
// not on it any more: the least that it takes at one of the decisions up to it, none where
// one of them is not final.
func margin(e *epoch) int {
	least := 2*e.base.of[e] - len(e.base.charter.all)
	for e = e.base; e.base != nil; e = e.base {
		least = min(least, 2*e.base.of[e]-len(e.base.charter.all))
	}
	return max(0, least)
}

// Amends are all amends that are not void, in the order in which their changes arrived.
func (j *Judge) Amends() iter.Seq[Amend] {
	return func(yield func(Amend) bool) {
		grounds := map[int32]*epoch{}
		for _, i := range j.amendList {
			if j.amendOf(i) == nil {
				continue
			}
			base := j.at(j.amends[i].Base)
			if grounds[i] = j.epochs[base]; grounds[i] == nil {
				grounds[i] = grounds[base]
			}
			if !yield(j.amended(i, grounds[i])) {
				return
			}
		}
	}
}

// epoch is an epoch as it is told.
func (j *Judge) epoch(e *epoch) Epoch { return Epoch{j.rows[e.change].id, e.charter} }

// Path are the epochs from the genesis to the tip; none before the genesis is there.
func (j *Judge) Path() []Epoch {
	out := make([]Epoch, len(j.path))
	for k, e := range j.path {
		out[k] = j.epoch(e)
	}
	return out
}

// Tip is the last epoch of the path.
func (j *Judge) Tip() Epoch { return j.epoch(j.tip()) }

// At is the latest epoch of the path that was ratified in the past of a change: the first
// by which the change is judged.
func (j *Judge) At(c cid.Cid) (Epoch, bool) {
	i := j.at(c)
	if i == none {
		return Epoch{}, false
	}
	return j.epoch(j.path[j.latest(j.rows[i].seen)]), true
}

// CharterOf is the charter of the genesis or of an amend, whether it passed or not.
func (j *Judge) CharterOf(c cid.Cid) (*Charter, bool) {
	i := j.at(c)
	if i == none {
		return nil, false
	}
	if e := j.epochs[i]; e != nil {
		return e.charter, true
	}
	p := j.amendOf(i)
	if p == nil {
		return nil, false
	}
	return j.charterOf(p), true
}

// Proposals are the groups, in the order in which their first changes arrived.
func (j *Judge) Proposals() iter.Seq[Proposal] {
	return func(yield func(Proposal) bool) {
		matters := map[int32][]*tally{}
		for _, t := range j.tallyList {
			var of []int32
			for _, h := range t.heads {
				if g := j.rows[h].group; t.matter == Accepting && g != none && !slices.Contains(of, g) {
					of = append(of, g)
					matters[g] = append(matters[g], t)
				}
			}
		}
		for _, g := range j.groupList {
			p := j.proposal(g)
			for _, t := range matters[g] {
				p.Accepts = append(p.Accepts, j.accept(t))
			}
			if !yield(p) {
				return
			}
		}
	}
}

// proposal is a group, without the matters to accept it.
func (j *Judge) proposal(g int32) Proposal {
	p := Proposal{ID: j.rows[g].id, Author: j.rows[g].root.Key}
	var heads []int32
	last := map[*Root][]int32{} // the heads by branch, few
	for _, i := range j.groups[g] {
		r := &j.rows[i]
		p.Changes = append(p.Changes, r.id)
		last[r.root] = append(slices.DeleteFunc(last[r.root], func(h int32) bool { return j.onChain(h, i) }), i)
		if r.said != effective {
			p.Waits = append(p.Waits, r.id)
		}
	}
	for _, list := range last {
		heads = append(heads, list...)
	}
	slices.Sort(heads)
	for _, h := range heads {
		p.Heads = append(p.Heads, j.rows[h].id)
	}
	return p
}

// accept is how a tally stands.
func (j *Judge) accept(t *tally) Accept {
	a := Accept{Matter: t.matter, Base: j.rows[t.base.change].id, Count: j.count(t, said{none, none, false}, none)}
	for _, h := range t.heads {
		a.Heads = append(a.Heads, j.rows[h].id)
	}
	for _, p := range t.passed {
		a.By = append(a.By, j.rows[p.change].id)
		a.Stands = a.Stands || p.stands
	}
	return a
}

// Accepts are the matters of accepts and redactions that were voted on, in the order in
// which their first votes that count arrived.
func (j *Judge) Accepts() iter.Seq[Accept] {
	return func(yield func(Accept) bool) {
		for _, t := range j.tallyList {
			if t.matter != Amending && !yield(j.accept(t)) {
				return
			}
		}
	}
}

// Erased tells whether a decision that stands erases the words of a change, and by which
// vote: of several the one with the least name.
func (j *Judge) Erased(c cid.Cid) (by cid.Cid, erased bool) {
	i := j.at(c)
	if i == none || j.erased[i] == 0 {
		return cid.Undef, false
	}
	for _, a := range j.redacts[i] {
		j.steps++
		if id := j.rows[a.change].id; a.stands && (!by.Defined() || id.KeyString() < by.KeyString()) {
			by = id
		}
	}
	return by, true
}

// told says whose a branch is.
func (p *Persons) told(r *Root) Person {
	return Person{ID: r.Person, Agent: r.Agent(), Claimed: r.Claim != nil, Confirmed: p.Confirmed(r)}
}

// PersonOf says whose a change is.
func (j *Judge) PersonOf(c cid.Cid) (Person, bool) {
	i := j.at(c)
	if i == none {
		return Person{}, false
	}
	return j.persons.told(j.rows[i].root), true
}

// Granted tells whether a person has granted a term, by a grant that no cut voids.
func (j *Judge) Granted(person crdt.Author, term string) bool {
	t, ok := j.grants.ids[Fold(term)]
	return ok && j.grants.count[grantKey{person, t}] > 0
}

// Writer says how the next change of a key would be judged that has seen everything; acts
// are those that it would have as its first.
func (j *Judge) Writer(key crdt.Author, acts iter.Seq[crdt.Act]) Writer {
	var r *Root
	w := Writer{First: true}
	if list := j.persons.Of(key); len(list) > 0 {
		r, w.First = list[len(list)-1], false
	} else {
		r = j.persons.NewRoot(cid.Undef, key, ClaimOf(acts))
	}
	e := j.tip()
	w.Person = j.persons.told(r)
	w.Member = j.member(r, e.charter)
	if lack := j.grants.lack(r.Person, e); lack != nil {
		w.Missing = lack.Missing
	}
	return w
}
