package block

import (
	"bytes"
	"fmt"
	"slices"
)

// Check returns nil if the change keeps the rules of Header, Change and Op, and
// names the first it breaks else. Decode has checked what it accepts; this is
// for a change that was put together by hand, and for tests.
func (c *Change) Check() error {
	var r Reader
	var op Op
	r.Reset(c.Ops)
	for r.Next(&op) {
	}
	if err := r.Err(); err != nil {
		return err
	}
	if r.ops > MaxOps {
		return fmt.Errorf("block: %d ops, over %d: %w", r.ops, MaxOps, ErrLimit)
	}
	if c.NOps != r.ops || uint64(c.Count) != r.numbers || uint64(c.Words) != r.words {
		return broken(12, ErrInvalid, "%d ops, %d numbers, %d bytes of words are said to be %d, %d, %d",
			r.ops, r.numbers, r.words, c.NOps, c.Count, c.Words)
	}
	return c.rules(&r.tally)
}

// broken returns the error for a rule of Header or Change.
func broken(rule int, kind error, format string, args ...any) error {
	return fmt.Errorf("block: rule %d of changes: %s: %w", rule, fmt.Sprintf(format, args...), kind)
}

// rules checks the rules of Header, given what the ops add up to. Keys come
// last, since they may cost microseconds.
func (c *Change) rules(t *tally) error {
	if err := c.chainRules(t); err != nil {
		return err
	}
	if err := c.linkRules(t); err != nil {
		return err
	}
	if err := c.contentRules(t); err != nil {
		return err
	}
	return c.keyRules()
}

// chainRules checks rules 1 to 4 and 10: the place in the chain and the work.
func (c *Change) chainRules(t *tally) error {
	first, genesis := c.Seq == 0, c.IsGenesis()
	switch {
	case c.Prev.IsZero() != first:
		return broken(1, ErrInvalid, "seq %d, prev given: %t", c.Seq, !c.Prev.IsZero())
	case first && c.Start != 0:
		return broken(1, ErrInvalid, "seq 0 starts at %d", c.Start)
	case t.genesis != genesis:
		return broken(2, ErrInvalid, "genesis op: %t, links before the change: %t", t.genesis, !genesis)
	case genesis && len(c.Refs) > 0:
		return broken(2, ErrInvalid, "genesis with %d refs", len(c.Refs))
	case c.Work.IsZero() == (first && !genesis):
		return broken(3, ErrInvalid, "seq %d, genesis: %t, work given: %t", c.Seq, genesis, !c.Work.IsZero())
	case c.Start >= MaxNumbers-t.numbers: // 2^53 is far above what the ops of one change take
		return broken(4, ErrLimit, "%d numbers after %d, over 2^53", t.numbers, c.Start)
	case t.behind > c.Start:
		return broken(10, ErrInvalid, "an op names own numbers that only it or a later one makes")
	}
	return nil
}

// linkRules checks rules 5, 6 and 9: the links and the places among them.
func (c *Change) linkRules(t *tally) error {
	if len(c.Parents) > MaxParents || len(c.Refs) > MaxRefs {
		return broken(5, ErrLimit, "%d parents and %d refs, over %d and %d",
			len(c.Parents), len(c.Refs), MaxParents, MaxRefs)
	}
	if !ascend(c.Parents) || !ascend(c.Refs) {
		return broken(5, ErrMalformed, "parents or refs do not ascend")
	}
	if has(c.Parents, c.Prev) || has(c.Refs, c.Prev) || meet(c.Parents, c.Refs) {
		return broken(6, ErrInvalid, "a link stands twice among prev, parents and refs")
	}
	links := uint32(len(c.Parents) + len(c.Refs))
	if c.HasTag && (c.Tag > links || c.Tag == 0 && c.Prev.IsZero()) {
		return broken(9, ErrInvalid, "tag %d, after prev there are %d links", c.Tag, links)
	}
	if t.place > links {
		return broken(9, ErrInvalid, "an op names link %d of %d", t.place, links)
	}
	return nil
}

// ascend tells whether the IDs are strictly ascending, from above zero.
func ascend(ids []ID) bool {
	var last ID
	for i := range ids {
		if Compare(last, ids[i]) >= 0 {
			return false
		}
		last = ids[i]
	}
	return true
}

// has tells whether the ascending ids hold id.
func has(ids []ID, id ID) bool {
	_, found := slices.BinarySearchFunc(ids, id, Compare)
	return found
}

// meet tells whether two ascending lists hold a common ID.
func meet(a, b []ID) bool {
	for len(a) > 0 && len(b) > 0 {
		switch o := Compare(a[0], b[0]); {
		case o < 0:
			a = a[1:]
		case o > 0:
			b = b[1:]
		default:
			return true
		}
	}
	return false
}

// contentRules checks rule 7: the content block.
func (c *Change) contentRules(t *tally) error {
	if c.Text.IsZero() != (c.Size == 0) {
		return broken(7, ErrInvalid, "content of %d bytes, link given: %t", c.Size, !c.Text.IsZero())
	}
	size := uint64(c.Size)
	if size != t.words && (t.words == 0 || size != t.words+SaltSize) {
		return broken(7, ErrInvalid, "content of %d bytes for %d bytes of words", size, t.words)
	}
	if size > MaxContent {
		return broken(7, ErrLimit, "content of %d bytes, over %d", size, MaxContent)
	}
	return nil
}

// keyRules checks rules 8 and 11: author and co-authors.
func (c *Change) keyRules() error {
	if len(c.With) > MaxWith {
		return broken(8, ErrLimit, "%d co-authors, over %d", len(c.With), MaxWith)
	}
	for i := range c.With {
		if i > 0 && bytes.Compare(c.With[i-1][:], c.With[i][:]) >= 0 {
			return broken(8, ErrMalformed, "co-authors do not ascend")
		}
		if c.With[i] == c.By {
			return broken(8, ErrInvalid, "the author is a co-author")
		}
	}
	if err := c.By.Check(); err != nil {
		return broken(11, err, "author")
	}
	for i := range c.With {
		if err := c.With[i].Check(); err != nil {
			return broken(11, err, "co-author %d", i)
		}
	}
	return nil
}
