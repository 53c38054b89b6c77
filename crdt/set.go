package crdt

import (
	"fmt"
	"iter"
	"slices"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// Set is a set of plain values in a view.
type Set struct{ place }

// Has tells whether v is in the set; false for what is no plain value.
func (s Set) Has(v any) bool {
	x, err := NewValue(v)
	if err != nil || s.at == shape.NoPlace {
		return false
	}
	has := false
	s.v.read(func(st *state.State) { has = st.Tags.Has(s.at, x.raw) })
	return has
}

// All yields the members, shorter encodings first, then in order of bytes. The
// author of a member is the one who added it first in the total order of
// changes, of those adds that stand.
func (s Set) All() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		var list []Value
		if s.at != shape.NoPlace {
			s.v.read(func(st *state.State) {
				var tags []graph.LV
				st.Tags.Each(s.at, func(value []byte, _ graph.LV) bool {
					tags = st.Tags.TagsOf(s.at, value, tags[:0])
					first := slices.MinFunc(tags, st.Order)
					list = append(list, Value{kind: plainValue, raw: value, by: s.v.d.authorOf(first)})
					return true
				})
			})
		}
		for _, v := range list {
			if !yield(v) {
				return
			}
		}
	}
}

// Len is how many members there are.
func (s Set) Len() int {
	n := 0
	for range s.All() {
		n++
	}
	return n
}

// Counter is a counter in a view.
type Counter struct{ place }

// Int is the exact sum of the steps; ErrLimit when it lies outside int64.
func (c Counter) Int() (int64, error) {
	if c.at == shape.NoPlace {
		return 0, nil
	}
	var n int64
	ok := true
	c.v.read(func(st *state.State) { n, ok = st.Steps.Int64(c.at) })
	if !ok {
		return 0, fmt.Errorf("crdt: counter outside int64: %w", ErrLimit)
	}
	return n, nil
}

// Shares is what each author has added in sum, for credit; ErrLimit when one
// lies outside int64.
func (c Counter) Shares() (map[Author]int64, error) {
	out := map[Author]int64{}
	if c.at == shape.NoPlace {
		return out, nil
	}
	over := false
	c.v.read(func(st *state.State) {
		st.Steps.EachAlive(c.at, func(lv graph.LV, amount int64) bool {
			by := c.v.d.authorOf(lv)
			sum := out[by] + amount
			over = over || (amount > 0) != (sum > out[by])
			out[by] = sum
			return true
		})
	})
	if over {
		return nil, fmt.Errorf("crdt: share outside int64: %w", ErrLimit)
	}
	return out, nil
}
