package crdt

import (
	"fmt"
	"iter"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// Rules decide which changes of a work are effective. A genesis names its
// rules; a work then opens only with Rules of that name, since otherwise two
// programs would show two states.
type Rules interface {
	// Name is what the genesis calls them.
	Name() string
	// Start gives a judge for one closed set of changes, empty so far. data is
	// what the genesis says to the rules; an error: the work does not open.
	Start(h History, data Value) (Judge, error)
}

// Judge holds the verdicts of one growing closed set of changes. It is pure:
// the same set gives the same verdicts, whatever the order. It is called with
// the doc's lock held and must not call the doc.
//
// It must not panic either. If it does in Add, the panic goes to whoever called the doc,
// and the doc is settled: the change stays, as effective as it was, with all parts of
// its Update; changes of a batch that had not come yet can come again.
//
// A Judge may have more methods. Suppose(heads []cid.Cid) iter.Seq2[cid.Cid, error]
// yields the verdicts that would be others if these changes were accepted, and changes
// nothing: it is asked by [View.With]. Erase() iter.Seq[cid.Cid] yields the changes
// whose words the rules want gone, each once: it is asked whenever changes were added, and
// the doc erases the words then. Erased(c cid.Cid) (by cid.Cid, erased bool) tells whether
// that stands and by which change: for so long the doc refuses the words ([View.Erased]).
type Judge interface {
	// Add takes in a change; its links came before. It yields the changes whose
	// verdict is now another, c itself included when it is not effective: nil
	// says effective.
	Add(c cid.Cid) iter.Seq2[cid.Cid, error]
	// Before runs in the Update that begins a new change of this replica. It may
	// add acts, or refuse by an error.
	Before(*Tx) error
}

// History is what a Judge may read: applied changes raw, without verdicts or
// words. It is only valid during calls of the Judge.
type History interface {
	// Change reads a change, Acts its acts in order, Links what it is linked to,
	// its prev first.
	Change(cid.Cid) Change
	Acts(cid.Cid) iter.Seq[Act]
	Links(cid.Cid) iter.Seq[cid.Cid]
	// InPast tells whether a is of or in the past of of; OnChain whether it is
	// of or an earlier change of the same chain, on its own path.
	InPast(a, of cid.Cid) bool
	OnChain(a, of cid.Cid) bool
}

// Act is an op that speaks about the work: endorse, bind, grant. crdt stores
// and orders acts without understanding them.
type Act struct {
	Change cid.Cid
	Index  int // among the ops of the change; (Change, Index) names the act
	Author Author
	Kind   string
	Body   Value
	Words  string // free text, read by no rule; empty when absent
}

// history is the History of a doc; its lock is held.
type history struct{ d *Doc }

func (h history) Change(c cid.Cid) Change {
	if i, ok := h.d.find(c); ok {
		return h.d.changeAt(i)
	}
	return Change{}
}

func (h history) Acts(c cid.Cid) iter.Seq[Act] {
	return func(yield func(Act) bool) {
		if i, ok := h.d.find(c); ok {
			for _, a := range h.d.actsOf(i) {
				if !yield(a) {
					return
				}
			}
		}
	}
}

func (h history) Links(c cid.Cid) iter.Seq[cid.Cid] {
	return func(yield func(cid.Cid) bool) {
		i, ok := h.d.find(c)
		if !ok {
			return
		}
		g := h.d.g
		if p := g.Prev(i); p != graph.None32 && !yield(g.ID(p).ChangeCID()) {
			return
		}
		for _, l := range g.Links(i) {
			if !yield(g.ID(l).ChangeCID()) {
				return
			}
		}
	}
}

func (h history) InPast(a, of cid.Cid) bool {
	i, ok := h.d.find(a)
	j, ok2 := h.d.find(of)
	return ok && ok2 && h.d.g.InPast(i, j)
}

func (h history) OnChain(a, of cid.Cid) bool {
	i, ok := h.d.find(a)
	j, ok2 := h.d.find(of)
	return ok && ok2 && h.d.g.OnPath(i, j)
}

// actsOf reads the acts of applied change i that are of the given kinds, or all.
func (d *Doc) actsOf(i int32, kinds ...string) []Act {
	var out []Act
	var r block.Reader
	var op block.Op
	r.Reset(d.g.Ops(i))
	at := d.wordsOf(i)
	for k := 0; r.Next(&op); k++ {
		if op.Code == block.OpAct && (len(kinds) == 0 || slices.Contains(kinds, op.Name)) {
			a := Act{Change: d.g.ID(i).ChangeCID(), Index: k, Author: Author(d.g.Key(i)), Kind: op.Name,
				Body: Value{kind: plainValue, raw: append([]byte(nil), op.Value...), by: Author(d.g.Key(i))}}
			if at != noWords {
				a.Words = string(d.words[at : at+op.Bytes])
			}
			out = append(out, a)
		}
		if at != noWords {
			at += op.WordBytes()
		}
	}
	return out
}

// Acts yields the acts of the changes that the view shows, effective or not, in
// the order in which this replica met them; of the given kinds, or all.
func (v *View) Acts(kinds ...string) iter.Seq[Act] {
	return func(yield func(Act) bool) {
		var out []Act
		v.lock()
		for _, i := range v.d.acts {
			if v.has(i) {
				out = append(out, v.d.actsOf(i, kinds...)...)
			}
		}
		v.unlock()
		for _, a := range out {
			if !yield(a) {
				return
			}
		}
	}
}

// ActsOf yields the acts of one author; see [View.Acts].
func (v *View) ActsOf(by Author) iter.Seq[Act] {
	return func(yield func(Act) bool) {
		for a := range v.Acts() {
			if a.Author == by && !yield(a) {
				return
			}
		}
	}
}

// Rules are the name of the rules that the genesis names, empty for none, and
// what it says to them.
func (v *View) Rules() (name string, data Value) {
	v.lock()
	defer v.unlock()
	if v.d.named && v.d.rules != nil {
		return v.d.rules.Name(), v.d.data
	}
	return "", Value{}
}

// Title is the title in the genesis.
func (v *View) Title() string {
	if v.early {
		return v.d.Title()
	}
	v.lock()
	defer v.unlock()
	return v.d.title
}

// Verdict is nil when a change that the view shows is effective in it, and the
// reason otherwise; ErrNotFound for a change that it does not show.
func (v *View) Verdict(c cid.Cid) error {
	v.lock()
	defer v.unlock()
	i, ok := v.d.find(c)
	if !ok || !v.has(i) {
		return ErrNotFound
	}
	return v.verdicts()[i]
}

// Ineffective yields the changes that the view shows and that are not
// effective in it, with the reason.
func (v *View) Ineffective() iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		type row struct {
			c   Change
			err error
		}
		var out []row
		v.lock()
		verdicts := v.verdicts()
		for i := int32(0); int(i) < v.d.g.Len() && len(out) < len(verdicts); i++ {
			if err := verdicts[i]; err != nil {
				out = append(out, row{v.d.changeAt(i), err})
			}
		}
		v.unlock()
		for _, r := range out {
			if !yield(r.c, r.err) {
				return
			}
		}
	}
}

// note writes a verdict down.
func note(off map[int32]error, i int32, err error) {
	if err == nil {
		delete(off, i)
	} else {
		off[i] = err
	}
}

// joinParts judges the parts of one Update as their last part.
func (d *Doc) joinParts(off map[int32]error, list []int32) {
	for k := len(list) - 1; k >= 0; k-- {
		if i := list[k]; !d.g.More(i) {
			d.parts(off, list, i, func(int32, error) {})
		}
	}
}

// parts gives the parts before change i in its Update its verdict, and yields
// them with it. A part on which a forked key went on twice counts if one of the
// changes that follow it does; else the reason is that of the least.
func (d *Doc) parts(off map[int32]error, list []int32, i int32, yield func(p int32, err error)) {
	err := off[i]
	for p := d.g.Prev(i); p != graph.None32 && d.g.More(p); p = d.g.Prev(p) {
		if d.g.Forked(d.g.Chain(p)) {
			err = d.following(off, list, p)
		}
		note(off, p, err)
		yield(p, err)
	}
}

// following is the verdict of a part of a forked key by what follows it among
// the given changes, nil being all.
func (d *Doc) following(off map[int32]error, list []int32, p int32) error {
	least := graph.None32
	look := func(j int32) bool {
		if d.g.Prev(j) != p {
			return false
		}
		if least == graph.None32 || d.g.Less(j, least) {
			least = j
		}
		return off[j] == nil
	}
	if list != nil {
		if slices.ContainsFunc(list, look) {
			return nil
		}
	} else {
		for j := p + 1; int(j) < d.g.Len(); j++ {
			if look(j) {
				return nil
			}
		}
	}
	return off[least]
}

// startRules begins judging once the genesis is there.
func (d *Doc) startRules() error {
	if d.rules == nil {
		return nil
	}
	j, err := d.rules.Start(history{d}, d.data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRules, err)
	}
	d.judge = j
	return nil
}

// judgeNew lets the judge take in change i, which was just applied, and turns
// over what it says. The state has to be settled afterwards.
func (d *Doc) judgeNew(i int32) {
	if d.judge == nil {
		return
	}
	for c, err := range d.judge.Add(d.g.ID(i).ChangeCID()) {
		k, ok := d.find(c)
		if !ok {
			panic("crdt: the rules judge a change that is not applied: " + c.String())
		}
		d.turn(k, err)
	}
	if p := d.g.Prev(i); p != graph.None32 && d.g.More(p) && !d.g.More(i) && d.g.Forked(d.g.Chain(i)) {
		// Another end of an Update whose parts were judged by the one before.
		d.parts(d.off, nil, i, func(p int32, err error) { d.switchTo(p, err == nil) })
	}
}

// turn writes down the verdict of a change, and with it of the parts before it
// in its Update, which are judged as their last part.
func (d *Doc) turn(i int32, err error) {
	if d.g.More(i) {
		return
	}
	d.switchTo(i, err == nil)
	note(d.off, i, err)
	d.parts(d.off, nil, i, func(p int32, err error) { d.switchTo(p, err == nil) })
}
