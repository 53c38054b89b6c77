package charter

import (
	"slices"

	"github.com/ipfs/go-cid"
)

// code is a verdict without its particulars.
type code uint8

const (
	effective code = iota
	revoked
	proposed
	notMember
	lacking
)

// pays tells whether a verdict depends on what the person has granted.
func (c code) pays() bool { return c == effective || c == lacking }

// turn is one verdict that changed.
type turn struct {
	change cid.Cid
	err    error
}

// mark has a change looked at again.
func (j *Judge) mark(i int32) {
	if r := &j.rows[i]; !r.due {
		r.due = true
		j.due = append(j.due, i)
	}
}

// flush looks at all that is marked and gives the verdicts that changed. Grants come
// first, since verdicts ask for them and they mark more.
func (j *Judge) flush() []turn {
	for k := 0; k < len(j.due); k++ {
		j.regrant(j.due[k])
	}
	j.turned = j.turned[:0]
	for _, i := range j.due {
		j.steps++
		r := &j.rows[i]
		r.due = false
		now, lack := j.verdict(i)
		if now == r.said && (now != lacking || j.same(i, lack)) {
			continue
		}
		if r.said.pays() {
			r.root.pays--
		}
		if now.pays() {
			r.root.pays++
		}
		r.said = now
		delete(j.lacks, i)
		if now == lacking {
			j.lacks[i] = lack
		}
		j.turned = append(j.turned, turn{r.id, now.err(lack)})
	}
	j.due = j.due[:0]
	return j.turned
}

// same tells whether a change was said to lack the same.
func (j *Judge) same(i int32, lack *TermsError) bool {
	had := j.lacks[i]
	return had == lack || had.Person == lack.Person && slices.Equal(had.Missing, lack.Missing)
}

// err is the verdict as an error.
func (c code) err(lack *TermsError) error {
	switch c {
	case revoked:
		return ErrRevoked
	case proposed:
		return ErrProposed
	case notMember:
		return ErrNotMember
	case lacking:
		return lack
	}
	return nil
}

// verdict is the verdict on change i.
func (j *Judge) verdict(i int32) (code, *TermsError) {
	r := &j.rows[i]
	if !j.accepted(i) {
		switch {
		case r.cut != none || j.revoked[i]:
			return revoked, nil
		case r.group != none:
			return proposed, nil
		case j.without(i, editing) != none:
			return notMember, nil
		}
	}
	if lack := j.grants.lack(r.root.Person, j.path[j.latest(r.seen)]); lack != nil {
		return lacking, lack
	}
	return effective, nil
}

// Verdict is the verdict on a change; false when the change was not added.
func (j *Judge) Verdict(c cid.Cid) (Verdict, bool) {
	i := j.at(c)
	if i == none {
		return Verdict{}, false
	}
	r := &j.rows[i]
	now, lack := j.verdict(i)
	first := j.path[j.latest(r.seen)]
	v := Verdict{Change: c, Err: now.err(lack), Epoch: j.rows[first.change].id, Accepted: j.acceptOf(i)}
	if r.settled != unsettled {
		v.Settled = j.rows[j.path[r.settled].change].id
	}
	switch now {
	case revoked:
		v.By = j.cutter(i)
	case proposed:
		v.By = j.rows[r.group].id
	case notMember:
		v.By = j.rows[j.path[j.without(i, editing)].change].id
	case lacking:
		v.By = v.Epoch
	}
	return v, true
}
