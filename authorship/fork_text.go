package authorship

import (
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// text carries a text: first the markers of its blocks, from the last to the first, so
// that none takes over what another says; then the words before, between and behind
// them; then the marks.
func (f *carrier) text(t crdt.Text, to *target) []job {
	t = t.In(crdt.Runes)
	var blocks []crdt.Block
	var words [][2]int
	from := 0
	for b := range t.Blocks() {
		if b.At >= 0 {
			words = append(words, [2]int{from, b.At})
			from = b.At + 1
			blocks = append(blocks, b)
		}
	}
	words = append(words, [2]int{from, t.Len()})
	slices.Reverse(blocks)
	return []job{
		func() []job { return f.blocks(to, blocks) },
		func() []job { return f.words(t, to, words) },
		func() []job { return f.marks(to, slices.Collect(t.Marks())) },
	}
}

// blocks carries markers, from the last to the first.
func (f *carrier) blocks(to *target, list []crdt.Block) []job {
	text := f.at(to).(crdt.TextTx)
	for k, b := range list {
		if f.size >= carryBytes {
			return []job{func() []job { return f.blocks(to, list[k:]) }}
		}
		text.Split(0, b)
		f.size += 128 + weight(b.Attrs)
	}
	return nil
}

// words carries ranges of a text, each to where it is there.
func (f *carrier) words(t crdt.Text, to *target, list [][2]int) []job {
	text := f.at(to).(crdt.TextTx)
	for k, r := range list {
		for from := r[0]; from < r[1]; {
			if f.size >= carryBytes {
				list = slices.Clone(list[k:])
				list[0][0] = from
				return []job{func() []job { return f.words(t, to, list) }}
			}
			end := min(from+carryBytes/8, r[1])
			x := t.Slice(from, end).Copy()
			text.Paste(from, x)
			f.size += len(x.String()) + 128*len(x.Parts())
			f.size += f.q.record(x)
			from = end
		}
	}
	return nil
}

// marks carries marks.
func (f *carrier) marks(to *target, list []crdt.Marked) []job {
	text := f.at(to).(crdt.TextTx)
	for k, m := range list {
		if f.size >= carryBytes {
			return []job{func() []job { return f.marks(to, list[k:]) }}
		}
		if m.Value.Withheld() {
			continue
		}
		x := m.Value.Any()
		text.Mark(m.From, m.To, crdt.Mark{Key: m.Key, ID: m.ID, Value: x, Expand: m.Expand})
		f.size += 128 + weight(x)
	}
	return nil
}
