package crdt

import (
	"fmt"
	"iter"
	"slices"

	"github.com/ipfs/go-cid"
)

// supposer is the optional part of a Judge by which [View.With] works.
type supposer interface {
	// Suppose yields the verdicts that would be others if it were decided to accept
	// exactly these changes, which were added. It changes nothing.
	Suppose(heads []cid.Cid) iter.Seq2[cid.Cid, error]
}

// With previews the work as if what waits up to a version were accepted: the sealed
// changes that the view shows, under the verdicts that they would have. Nothing is
// decided by it. ErrNotFound when the view does not show all of the version, ErrRules
// when the rules of the work cannot tell.
func (v *View) With(pending Version) (*View, error) {
	v.lock()
	defer v.unlock()
	d := v.d
	for _, id := range pending.digests() {
		if i, ok := d.g.Find(id); !ok || !v.has(i) {
			return nil, fmt.Errorf("crdt: view with %s: %w", id.ChangeCID(), ErrNotFound)
		}
	}
	if _, ok := d.judge.(supposer); d.judge != nil && !ok {
		return nil, fmt.Errorf("crdt: rules %q suppose nothing: %w", d.rules.Name(), ErrRules)
	}
	list := v.list()
	heads := append(slices.Clone(v.suppose), pending.IDs()...)
	return &View{d: d, n: int32(len(list)), set: list, version: v.version, suppose: heads}, nil
}

// Judge lets fn ask the judge of exactly the changes that the view shows. For the
// present that is the judge of the doc; for another moment one that has been started
// for it, which costs time linear in the past of the view, once. It runs with the
// doc's lock held, so fn must not call the doc or a view of it, and must not keep the
// judge. It is false, and fn does not run, when the work has no rules.
func (v *View) Judge(fn func(Judge)) bool {
	v.lock()
	defer v.unlock()
	j := v.judge()
	if j.judge == nil {
		return false
	}
	fn(j.judge)
	return true
}

// judged is the verdicts on one closed set: the reasons of the changes that are not
// effective, and who says so.
type judged struct {
	judge Judge // nil: no rules
	off   map[int32]error
}

// verdicts are the reasons of the changes that are not effective in the view.
func (v *View) verdicts() map[int32]error { return v.judge().off }

// judge judges what the view shows: everything applied is judged already, other
// sets are once.
func (v *View) judge() judged {
	d := v.d
	all := v.set == nil && int(v.n) >= d.g.Len() || v.set != nil && len(v.set) == d.g.Len()
	if d.judge == nil || all && len(v.suppose) == 0 {
		return judged{d.judge, d.off}
	}
	if v.own == nil {
		v.own = d.judgeAnew(v.list(), v.suppose)
	}
	return *v.own
}

// list is the changes that the view shows, links first. It must not be changed.
func (v *View) list() []int32 {
	if v.set != nil {
		return v.set
	}
	list := []int32{}
	for i := int32(0); i < min(v.n, int32(v.d.g.Len())); i++ {
		list = append(list, i)
	}
	return list
}

// judgeAnew judges a closed set, given in an order with links first, as if it were
// decided to accept some changes of it.
func (d *Doc) judgeAnew(list []int32, accepted []cid.Cid) *judged {
	j, err := d.rules.Start(history{d}, d.data)
	if err != nil {
		panic("crdt: rules that opened the work do not start again: " + err.Error())
	}
	off := map[int32]error{}
	turn := func(c cid.Cid, err error) {
		if k, ok := d.find(c); ok {
			note(off, k, err)
		}
	}
	for _, i := range list {
		for c, err := range j.Add(d.g.ID(i).ChangeCID()) {
			turn(c, err)
		}
	}
	if s, ok := j.(supposer); ok && len(accepted) > 0 {
		for c, err := range s.Suppose(accepted) {
			turn(c, err)
		}
	}
	d.joinParts(off, list)
	return &judged{j, off}
}
