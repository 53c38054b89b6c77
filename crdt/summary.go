package crdt

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// ErrSummary says that a doc was opened by a summary of another state than that of
// its history; see [Doc.Load].
var ErrSummary = errors.New("the summary is not that of the history")

// summary is what a doc shows before its history has been read: a file of one's own
// may have it besides the changes, and then it can be shown at once. While the doc has
// one,
//
//  1. its rooms are those of a joined work that is still empty, but for the places of
//     the root texts in texts, which are interned;
//  2. texts has the values of names that are texts;
//  3. no view was given out but view.
//
// Whoever takes the lock ([mutex.Lock]) has the history read first; [mutex.peek] is for
// the few questions that the summary answers.
type summary struct {
	heads Version
	n     int32 // changes
	names []bridge.Shown
	texts map[int32][]byte // root texts that show something, by place
	view  *View            // the only one
	read  func(take func(bridge.Bundle) error) error
}

// summaryGen is the generation of the view of a summary, and of the doc once the
// history has been read: far above those that reading it takes.
const summaryGen = 1 << 40

// Load reads the history of a doc that was opened by a summary of it (ReadTrusted of
// package pack). Any call does that which needs more than the summary says; Load is for
// who would rather wait now, or know the outcome: nil when the history is whole, sound,
// signed, and what was shown. It is nil for every other doc.
//
// Where the history says something else than the summary the error is ErrSummary: the
// doc shows from now on what its authors signed. Where part of the history cannot be
// read, or is refused, it is the error that opening it otherwise gives: the doc then
// holds what came before, can be completed by Apply or Merge, and refuses edits until
// [Doc.Rekey], since the part that is missing may be of its own key. Further calls
// give the same again.
func (d *Doc) Load() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.loaded
}

// load reads the history. The lock must be held.
func (d *Doc) load() {
	s, ended := d.sum, false
	d.sum = nil
	defer func() {
		if !ended { // the rules panicked, and whoever wants the lock will not have it
			d.broken(s, errors.New("crdt: the rules panicked while the history was read"))
			d.mu.Mutex.Unlock()
		}
	}()
	err := s.read(func(b bridge.Bundle) error {
		in := d.intake(Batch{b: b, named: true}, false)
		in.counted = true
		return in.apply(Batch{b: b})
	})
	if err == nil && d.wait.Len() > 0 {
		err = fmt.Errorf("crdt: %d changes of the history wait: %w", d.wait.Len(), ErrMissing)
	}
	if err != nil && !errors.Is(err, ErrSummary) {
		d.broken(s, err)
	} else if d.caughtUp(s); err != nil || !d.agrees(s) {
		d.loaded = fmt.Errorf("crdt: %w", ErrSummary)
	}
	ended = true
}

// broken notes that the history is not whole.
func (d *Doc) broken(s *summary, err error) {
	d.caughtUp(s)
	d.loaded, d.latched = err, err
}

// caughtUp lets the view of the summary show what was read.
func (d *Doc) caughtUp(s *summary) {
	s.view.n, d.gen = int32(d.g.Len()), summaryGen
}

// agrees tells whether a summary is that of the state. The lock must be held.
func (d *Doc) agrees(s *summary) bool {
	if s.heads != d.heads() || int(s.n) != d.g.Len() {
		return false
	}
	tx := d.newTx()
	names, err := tx.now().summed() // reads with the lock held
	tx.running = nil
	return err == nil && slices.EqualFunc(names, s.names, func(a, b bridge.Shown) bool {
		return a.Name == b.Name && a.How == b.How && bytes.Equal(a.Value, b.Value)
	})
}

// summed is what a view shows, for a summary.
func (v *View) summed() ([]bridge.Shown, error) {
	keys, values := v.shown()
	texts := map[string]int32{}
	for _, r := range v.roots() {
		if r.kind == block.KindText {
			texts[r.name] = r.at
		}
	}
	var out []bridge.Shown
	add := func(name string, at int32, how bridge.How) {
		text := Text{place{v, at}, Runes, 0, -1}.String()
		out = append(out, bridge.Shown{Name: name, How: how, Value: []byte(text)})
		delete(texts, name)
	}
	for _, k := range keys {
		val := values[k]
		if at, ok := texts[k]; ok && val.kind == containerValue && val.at.at == at {
			add(k, at, bridge.AsText)
			continue
		}
		b, err := val.MarshalJSON()
		if err != nil {
			return nil, err
		}
		out = append(out, bridge.Shown{Name: k, How: bridge.AsJSON, Value: b})
		if at, ok := texts[k]; ok {
			add(k, at, bridge.AsHidden)
		}
	}
	return out, nil
}

// summaryJSON is the work as JSON by the summary; false once the history has been
// read.
func (v *View) summaryJSON() ([]byte, bool) {
	if !v.early {
		return nil, false
	}
	s := v.d.mu.peek()
	defer v.d.mu.Unlock()
	if s == nil {
		return nil, false
	}
	w := jsonWriter{b: []byte{'{'}}
	for k := range s.names {
		x := &s.names[k]
		if x.How == bridge.AsHidden {
			continue
		}
		if len(w.b) > 1 {
			w.b = append(w.b, ',')
		}
		w.key(x.Name)
		if x.How == bridge.AsText {
			w.string(string(x.Value))
		} else {
			w.b = append(w.b, x.Value...)
		}
	}
	return append(w.b, '}'), w.err == nil
}

// summaryText is the place of a root text by the summary; false where that does not
// have it, or the history has been read.
func (v *View) summaryText(name string) (place, bool) {
	if !v.early {
		return place{}, false
	}
	s := v.d.mu.peek()
	defer v.d.mu.Unlock()
	if s == nil {
		return place{}, false
	}
	at, ok := v.d.t.Lookup(shape.Root, shape.NoPlace, block.KindText, 0, name)
	if ok {
		_, ok = s.texts[at]
	}
	return place{v, at}, ok
}

// summary is the whole text by the summary; false where t is a part, or the history
// has been read.
func (t Text) summary() ([]byte, bool) {
	if !t.v.early || t.i != 0 || t.j >= 0 {
		return nil, false
	}
	s := t.v.d.mu.peek()
	defer t.v.d.mu.Unlock()
	if s == nil {
		return nil, false
	}
	b, ok := s.texts[t.at]
	return b, ok
}

// lengthOf is the length of a text in a unit.
func lengthOf(b []byte, u Unit) int {
	switch u {
	case UTF8:
		return len(b)
	case UTF16:
		n := 0
		for _, r := range string(b) {
			if n++; r > 0xffff {
				n++
			}
		}
		return n
	}
	return utf8.RuneCount(b)
}

func (n inner) Early() bool {
	defer n.d.mu.Unlock()
	return n.d.mu.peek() != nil
}

func (n inner) Summary() (bridge.Summary, error) {
	d := n.d
	d.mu.Lock()
	err := d.leave()
	v := d.view()
	d.mu.Unlock()
	if err != nil {
		return bridge.Summary{}, err
	}
	out := bridge.Summary{Changes: int(v.n)}
	for _, id := range v.version.digests() {
		out.Heads = append(out.Heads, id)
	}
	if v.n == 0 {
		return out, nil
	}
	b, _ := n.Bundle([]int{0}, 0)
	out.Genesis = b.Items[0].Change
	if out.Names, err = v.summed(); err != nil {
		out.Genesis = nil // it has no JSON
	}
	return out, nil
}

func (n inner) Summarised(sum bridge.Summary, read func(take func(bridge.Bundle) error) error) error {
	d := n.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.quota > 0 || d.g.Len() > 0 {
		return fmt.Errorf("crdt: summary of a doc that holds or bounds something: %w", ErrLimit)
	}
	var c block.Change
	if block.Sum(sum.Genesis) != d.work {
		return fmt.Errorf("crdt: summary with another genesis: %w", ErrForeign)
	}
	if err := d.checkRules([]bridge.Item{{Change: sum.Genesis}}); err != nil {
		return err
	}
	if err := block.Decode(sum.Genesis, &c); err != nil {
		return err
	}
	op, ok := c.GenesisOp()
	if !ok || sum.Changes < 1 || sum.Changes > graph.MaxLV {
		return fmt.Errorf("crdt: summary of %d changes: %w", sum.Changes, ErrInvalid)
	}
	ids := make([]cid.Cid, len(sum.Heads))
	for k, id := range sum.Heads {
		ids[k] = block.ID(id).ChangeCID()
	}
	heads, err := NewVersion(ids...)
	if err != nil {
		return err
	}
	s := &summary{heads: heads, n: int32(sum.Changes), names: sum.Names, texts: map[int32][]byte{}, read: read}
	s.view = &View{d: d, n: s.n, gen: summaryGen, version: heads, early: true}
	for _, x := range sum.Names {
		if x.How != bridge.AsJSON {
			s.texts[d.root(block.KindText, x.Name)] = x.Value
		}
	}
	d.title, d.sum = op.Name, s
	return nil
}
