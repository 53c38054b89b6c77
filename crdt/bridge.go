package crdt

import (
	"bytes"
	"errors"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/cover"
	"github.com/commonhold/commonhold/internal/graph"
)

func init() {
	bridge.Of = func(doc any) bridge.Doc { return inner{doc.(*Doc)} }
	bridge.BundleOf = func(batch any) bridge.Bundle { return batch.(Batch).b }
	bridge.BatchOf = func(b bridge.Bundle) any { return newBatch(b) }
}

// inner is the side of a Doc that package merge sees.
type inner struct{ d *Doc }

func (n inner) Work() [32]byte { return n.d.work }

func (n inner) Count() int {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	return n.d.g.Len()
}

func (n inner) Heads(first int) [][32]byte {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	var out [][32]byte
	for _, i := range n.d.g.HeadsOf(first) {
		out = append(out, n.d.g.ID(i))
	}
	slices.SortFunc(out, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	return out
}

func (n inner) Index(id [32]byte) (int, bool) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	i, ok := n.d.g.Find(id)
	return int(i), ok
}

func (n inner) Locator(id [32]byte, limit int) [][32]byte {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	i, ok := n.d.g.Find(id)
	if !ok {
		return nil
	}
	var out [][32]byte
	for _, k := range n.d.g.Locator(i, limit) {
		out = append(out, n.d.g.ID(k))
	}
	return out
}

func (n inner) Missing(have []int) []int {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	var list []int32
	for _, i := range have {
		list = append(list, int32(i))
	}
	var out []int
	for _, i := range n.d.g.Missing(list) {
		out = append(out, int(i))
	}
	return out
}

func (n inner) Pending() int {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	return n.d.wait.Len()
}

func (n inner) Steps(from, to int) []bridge.Step {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	g := n.d.g
	out := make([]bridge.Step, 0, to-from)
	for i := int32(from); int(i) < to; i++ {
		s := bridge.Step{Tip: bridge.Tip{Author: g.Key(i), Seq: g.Seq(i), ID: g.ID(i)}}
		if p := g.Prev(i); p != graph.None32 {
			s.Prev = g.ID(p)
		}
		out = append(out, s)
	}
	return out
}

func (n inner) Wordless(from, to int) []bridge.Wordless {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	var out []bridge.Wordless
	for i := int32(from); int(i) < to; i++ {
		if n.d.lacks(i) {
			out = append(out, bridge.Wordless{Change: n.d.g.ID(i), Content: n.d.g.Text(i)})
		}
	}
	return out
}

func (n inner) Lacks(id [32]byte) bool {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	i, ok := n.d.g.Find(id)
	return ok && n.d.lacks(i)
}

// lacks tells whether words of an applied change are not here and not refused.
func (d *Doc) lacks(i int32) bool {
	return d.g.Size(i) > 0 && d.g.WordsAt(i) == noWords && !d.refuses(i)
}

func (n inner) Late(first int) [][32]byte {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	var out [][32]byte
	for _, i := range n.d.late[first:] {
		out = append(out, n.d.g.ID(i))
	}
	return out
}

func (n inner) Blamed(from string) error {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	err := n.d.blamed[cover.Tag(from)]
	delete(n.d.blamed, cover.Tag(from))
	return err
}

func (n inner) Erased(first int) (list []bridge.Erased, end int) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	d := n.d
	for _, i := range d.wiped[first:] {
		if d.refuses(i) {
			list = append(list, bridge.Erased{Change: d.g.ID(i), Content: d.g.Text(i), Had: d.redacted[i] != noWords})
		}
	}
	return list, len(d.wiped)
}

func (n inner) OnEdit(f func()) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	n.d.news.keep = f
}

func (n inner) Leave() error {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	return n.d.leave()
}

func (n inner) Signed() (int, error) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	err := n.d.signTip()
	return n.d.g.Len(), err
}

func (n inner) Bundle(indexes []int, limit int) (bridge.Bundle, int) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	g := n.d.g
	var list []int32
	size := 0
	for k, i := range indexes {
		i := int32(i)
		add := len(g.Ops(i)) + 300 + int(g.Size(i))
		if k > 0 && size+add > limit && !g.More(list[k-1]) {
			break
		}
		size += add
		list = append(list, i)
	}
	return n.d.batch(list).b, len(list)
}

func (n inner) Apply(b bridge.Bundle, from string, own bool) (int, error) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	return n.apply(b, from, own)
}

func (n inner) Take(b bridge.Bundle) (int, error) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	in := n.d.intake(Batch{b: b, named: true}, false)
	in.counted = true
	err := in.apply(Batch{b: b})
	return in.applied, err
}

func (n inner) Arrive(b bridge.Bundle, from string) (first, end int, err error) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	k, err := n.apply(b, from, false)
	end = n.d.g.Len() // what is applied comes last, after what was open here
	return end - k, end, err
}

// apply is Apply with the lock held.
func (n inner) apply(b bridge.Bundle, from string, own bool) (int, error) {
	in := n.d.intake(Batch{b: b, from: from, trusted: own}, own)
	in.counted = true
	err := in.apply(Batch{b: b})
	if errors.Is(err, ErrLimit) && len(in.res.Rejected) > 0 {
		err = overQuota(&b, in.res.Rejected)
	}
	return in.applied, err
}

// overQuota tells the changes that the replica has no room for from those over a
// limit of the format: the former can be read. The error is that of the first
// change that was refused otherwise, a QuotaError when there is none.
func overQuota(b *bridge.Bundle, refused []*ChangeError) error {
	limited := map[cid.Cid]bool{}
	for _, e := range refused {
		if !errors.Is(e.Err, ErrLimit) {
			return e
		}
		limited[e.ID] = true
	}
	var c block.Change
	for k := range b.Items {
		if id := block.Sum(b.Items[k].Change).ChangeCID(); limited[id] && block.Decode(b.Items[k].Change, &c) != nil {
			return refused[0]
		}
	}
	return &bridge.QuotaError{Changes: len(refused), Err: refused[0]}
}

func (n inner) Update(fn any) (bridge.Record, error) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	if err := n.d.update(fn.(func(*Tx) error)); err != nil {
		return bridge.Record{}, err
	}
	return n.d.record(), nil
}

func (n inner) Record() bridge.Record {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	return n.d.record()
}

func (n inner) Restore(header []byte, records [][]byte) (int, error) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	return n.d.restore(header, records)
}

func (n inner) Same(header []byte) bool {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	return n.d.open != nil && bytes.Equal(header, n.d.journalHeader())
}
