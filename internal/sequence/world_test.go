package sequence

import (
	"fmt"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// op is what replicas tell each other.
type op struct {
	id     ident // first element of an insert
	parent ident
	side   Side
	text   string  // empty for a delete
	gone   []ident // hidden by a delete
	key    int     // place in the history of the world
	deps   map[int]bool
}

// replica is a Seq and its twin, fed alike, and the names that both go by.
type replica struct {
	who     int
	seq     *Seq
	twin    *twin
	arena   []byte
	ids     map[LV]ident
	lvs     map[ident]LV
	next    LV
	made    int
	applied []*op
	known   map[int]bool
	wordles []op // inserts whose words have not arrived
	gap     func() LV
}

func newReplica(who int, size sizes, start LV, gap func() LV) *replica {
	r := &replica{who: who, twin: newTwin(), ids: map[LV]ident{}, lvs: map[ident]LV{root: None},
		next: start, known: map[int]bool{}, gap: gap}
	r.seq = newSized(func(a, b LV) int { return compareIdents(r.ids[a], r.ids[b]) }, &r.arena, size)
	return r
}

// number gives n elements from id on their LVs.
func (r *replica) number(id ident, n int) LV {
	r.next += r.gap()
	lv := r.next
	for i := range n {
		r.ids[lv+LV(i)] = ident{id.who, id.n + i}
		r.lvs[ident{id.who, id.n + i}] = lv + LV(i)
	}
	r.next += LV(n)
	return lv
}

// store puts words into the arena. Sometimes they move, so that a stale slice
// would show.
func (r *replica) store(text string) uint32 {
	off := uint32(len(r.arena))
	r.arena = append(slices.Clip(r.arena), text...)
	return off
}

// insertAt is a local insert in both, compared.
func (r *replica) insertAt(pos int, text string) (*op, error) {
	o := &op{id: ident{r.who, r.made}, text: text}
	n := utf8.RuneCountInString(text)
	r.made += n
	o.parent, o.side = r.twin.choose(pos)
	lv := r.number(o.id, n)
	parent, side, cont := r.seq.InsertAt(pos, lv, uint32(n), r.store(text))
	if parent != r.lvs[o.parent] || side != o.side {
		return nil, fmt.Errorf("insert at %d: hangs on LV %d, side %d; twin: %v (LV %d), side %d",
			pos, parent, side, o.parent, r.lvs[o.parent], o.side)
	}
	if want := side == Right && parent != None && parent == lv-1; cont != want {
		return nil, fmt.Errorf("insert of LV %d on %d, side %d: cont is %v", lv, parent, side, cont)
	}
	r.hang(o, false)
	return o, nil
}

// hang enters an insert into the twin.
func (r *replica) hang(o *op, hidden bool) {
	id, parent, side := o.id, o.parent, o.side
	for _, c := range o.text {
		r.twin.insert(id, parent, side, c, hidden)
		parent, side = id, Right
		id.n++
	}
}

// deleteAt is a local delete in both, compared.
func (r *replica) deleteAt(pos, n int) (*op, error) {
	o := &op{}
	var last span
	var err error
	r.seq.DeleteAt(pos, n, func(lv LV, n uint32) {
		if last.n > 0 && last.lv+last.n == lv {
			err = fmt.Errorf("delete at %d: runs %d+%d and %d+%d are one", pos, last.lv, last.n, lv, n)
		}
		last = span{lv, n}
		for i := range n {
			o.gone = append(o.gone, r.ids[lv+i])
		}
	})
	for i, x := range r.twin.visible()[pos : pos+n] {
		if i >= len(o.gone) || o.gone[i] != x.id {
			return nil, fmt.Errorf("delete of %d at %d hides %v, not %v at %d", n, pos, o.gone, x.id, i)
		}
		x.hidden = true
	}
	r.next += LV(n) // one number for each target
	return o, err
}

// publish makes a local op known to the world.
func (r *replica) publish(o *op, history *[]*op) {
	o.key = len(*history)
	o.deps = map[int]bool{}
	for k := range r.known {
		o.deps[k] = true
	}
	*history = append(*history, o)
	r.known[o.key] = true
	r.applied = append(r.applied, o)
}

// receive applies an op of somebody else, without its words if they are withheld.
func (r *replica) receive(o *op, withheld bool) {
	r.known[o.key] = true
	r.applied = append(r.applied, o)
	if o.text == "" {
		for _, id := range o.gone {
			r.show(id, false)
		}
		return
	}
	n := utf8.RuneCountInString(o.text)
	lv := r.number(o.id, n)
	off := NoWords
	if !withheld {
		off = r.store(o.text)
	} else {
		r.wordles = append(r.wordles, *o)
	}
	r.seq.Insert(r.lvs[o.parent], o.side, lv, uint32(n), off, !withheld)
	r.hang(o, withheld)
}

// show makes an element visible or hides it, in both; elements without words stay
// hidden.
func (r *replica) show(id ident, shown bool) {
	for _, o := range r.wordles {
		if id.who == o.id.who && id.n >= o.id.n && id.n < o.id.n+utf8.RuneCountInString(o.text) {
			return
		}
	}
	r.seq.Show(r.lvs[id], 1, shown)
	r.twin.nodes[id].hidden = !shown
}

// fill gives part of a withheld insert its words: all from rune i to before j.
func (r *replica) fill(k, i, j int) {
	o := r.wordles[k]
	r.wordles = slices.Delete(r.wordles, k, k+1)
	runes := []rune(o.text)
	keep := func(a, b int) {
		if a < b {
			r.wordles = append(r.wordles, op{id: ident{o.id.who, o.id.n + a}, text: string(runes[a:b])})
		}
	}
	keep(0, i)
	keep(j, len(runes))
	lv := r.lvs[ident{o.id.who, o.id.n + i}]
	r.seq.Fill(lv, uint32(j-i), r.store(string(runes[i:j])))
	r.seq.Show(lv, uint32(j-i), true)
	for x := i; x < j; x++ {
		r.twin.nodes[ident{o.id.who, o.id.n + x}].hidden = false
	}
}

// check compares the Seq with its own rules and with the twin.
func (r *replica) check() error {
	s := r.seq
	if err := s.Check(); err != nil {
		return err
	}
	visible := r.twin.visible()
	if s.Len() != len(visible) {
		return fmt.Errorf("%d visible, twin has %d", s.Len(), len(visible))
	}
	text := r.twin.text()
	if got := string(s.AppendText(nil, 0, s.Len())); got != text {
		return fmt.Errorf("text is %q, twin has %q", got, text)
	}
	if b, u := s.Units(UTF8), s.Units(UTF16); b != len(text) || u != len(utf16.Encode([]rune(text))) {
		return fmt.Errorf("%d bytes and %d UTF-16 units, twin has %d and %d", b, u, len(text), len(utf16.Encode([]rune(text))))
	}
	return r.checkElements()
}

// checkElements compares every element with the twin, and the reading of runs.
func (r *replica) checkElements() error {
	s, pos := r.seq, 0
	all := r.twin.all()
	i := 0
	var err error
	prev, prevShown := LV(None), false
	s.All(func(lv LV, n uint32, shown bool) bool {
		if prev != None && prev+1 == lv && prevShown == shown {
			err = fmt.Errorf("All: the run from LV %d goes on before it", lv)
			return false
		}
		for k := range n {
			if i == len(all) || r.lvs[all[i].id] != lv+k || all[i].hidden == shown {
				err = fmt.Errorf("element %d is LV %d, shown %v, unlike the twin's", i, lv+k, shown)
				return false
			}
			i++
		}
		prev, prevShown = lv+n-1, shown
		return true
	})
	if err != nil || i != len(all) {
		return cmpErr(err, "%d elements, twin has %d", i, len(all))
	}
	for _, x := range all {
		lv := r.lvs[x.id]
		if parent, side := s.Parent(lv); parent != r.lvs[x.parent] || side != x.side {
			return fmt.Errorf("LV %d hangs on %d, side %d", lv, parent, side)
		}
		at, shown := s.Index(lv)
		if at != pos || shown == x.hidden || !s.Has(lv) {
			return fmt.Errorf("LV %d is at %d, shown %v; twin says %d, %v", lv, at, shown, pos, !x.hidden)
		}
		if shown {
			if s.At(pos) != lv {
				return fmt.Errorf("At(%d) is LV %d, not %d", pos, s.At(pos), lv)
			}
			pos++
		}
	}
	return nil
}

func cmpErr(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	return fmt.Errorf(format, args...)
}

// checkRange compares what reads a range from i to j, in runes.
func (r *replica) checkRange(i, j int) error {
	visible := r.twin.visible()[i:j]
	var want, got []LV
	var text []rune
	for _, x := range visible {
		want = append(want, r.lvs[x.id])
		text = append(text, x.value)
	}
	prev := None
	var words []byte
	r.seq.Runs(i, j, func(lv LV, n uint32) bool {
		if prev != None && prev+1 == lv {
			got = append(got, None)
		}
		for k := range n {
			got = append(got, lv+k)
		}
		prev = lv + n - 1
		r.seq.Words(lv, n, func(w []byte) { words = append(words, w...) })
		return true
	})
	if !slices.Equal(got, want) {
		return fmt.Errorf("runs of %d to %d are %v, not %v", i, j, got, want)
	}
	if t := string(r.seq.AppendText([]byte("x"), i, j)); t != "x"+string(text) || string(words) != string(text) {
		return fmt.Errorf("text of %d to %d is %q, words %q, not %q", i, j, t, words, string(text))
	}
	return nil
}

// checkUnits compares conversions at every offset with a walk over the text.
func (r *replica) checkUnits() error {
	text := r.twin.text()
	size := func(u Unit, c rune) int {
		switch u {
		case UTF8:
			return utf8.RuneLen(c)
		case UTF16:
			return utf16.RuneLen(c)
		}
		return 1
	}
	for _, u := range []Unit{Runes, UTF8, UTF16} {
		off, pos := 0, 0
		expect := func(off, pos int, ok bool) error {
			got, isOK := r.seq.ToRunes(u, off)
			if isOK != ok || ok && got != pos {
				return fmt.Errorf("ToRunes(%d, %d) of %q is %d, %v, not %d, %v", u, off, text, got, isOK, pos, ok)
			}
			if ok && off >= 0 && r.seq.FromRunes(u, pos) != off {
				return fmt.Errorf("FromRunes(%d, %d) of %q is %d, not %d", u, pos, text, r.seq.FromRunes(u, pos), off)
			}
			return nil
		}
		for _, c := range text {
			if err := expect(off, pos, true); err != nil {
				return err
			}
			for k := 1; k < size(u, c); k++ {
				if err := expect(off+k, 0, false); err != nil {
					return err
				}
			}
			off += size(u, c)
			pos++
		}
		for _, x := range []struct {
			off int
			ok  bool
		}{{off, true}, {off + 1, false}, {-1, false}} {
			if err := expect(x.off, pos, x.ok); err != nil {
				return err
			}
		}
	}
	return nil
}
