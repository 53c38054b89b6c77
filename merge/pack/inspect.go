package pack

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// Info is what a pack holds, as it says itself: names are computed, signatures
// are not verified, and whether the changes are valid is not asked.
type Info struct {
	Work       cid.Cid
	Title      string       // of the genesis, if it is here
	Whole      bool         // it begins with the genesis; else it is a range, which stands on changes elsewhere
	Heads      crdt.Version // changes that no other change of the pack links to
	Authors    []Share      // who made most first
	Changes    int
	Ops        int
	Words      int64 // bytes of texts, values and notes that are here
	Absent     int   // changes whose words are not here
	Signatures int
	First      time.Time // the claimed times, zero where none is said
	Last       time.Time
	Groups     int
	Bytes      int64 // of the pack
	Blocks     int64 // of the change blocks it stands for
	State      int64 // of Bytes those of the state section, see WriteState; 0 where there is none
}

// Share is how much of a pack an author made.
type Share struct {
	Author  crdt.Author
	Changes int
}

// Inspect tells what is in a pack without making a document of it, in one pass
// and with the memory of [Read] less the document. Errors are those of Read;
// Info then tells of what comes before the damage.
func Inspect(r io.Reader) (Info, error) {
	var s source
	if err := s.open(r); err != nil {
		return Info{Bytes: s.f.read}, err
	}
	t := teller{work: s.f.work, heads: map[block.ID]struct{}{}, authors: map[block.Key]int{}}
	if s.f.work.IsZero() {
		t.info.Work = cid.Undef
	} else {
		t.info.Work = s.f.work.ChangeCID()
	}
	err := s.each(t.group)
	t.info.Bytes, t.info.State = s.f.read, s.state
	t.end()
	return t.info, err
}

// teller gathers an Info.
type teller struct {
	info    Info
	work    block.ID
	heads   map[block.ID]struct{}
	authors map[block.Key]int
	change  block.Change
	links   []block.ID
}

// group takes in one group.
func (t *teller) group(b bridge.Bundle) error {
	for k := range b.Items {
		it := &b.Items[k]
		c := &t.change
		if err := block.Decode(it.Change, c); err != nil {
			return fmt.Errorf("pack: change %d: %w", t.info.Changes, err)
		}
		t.info.Changes++
		t.info.Ops += c.NOps
		t.info.Blocks += int64(len(it.Change))
		t.info.Words += int64(len(it.Words))
		if c.Size > 0 && it.Words == nil {
			t.info.Absent++
		}
		if op, ok := c.GenesisOp(); ok && it.ID == [32]byte(t.work) {
			t.info.Whole, t.info.Title = true, op.Name
		}
		t.links = c.AppendLinks(t.links[:0])
		for _, l := range t.links {
			delete(t.heads, l)
		}
		t.heads[it.ID] = struct{}{}
		t.authors[c.By]++
		t.times(c.Time)
	}
	t.info.Groups++
	t.info.Signatures += len(b.Sigs)
	return nil
}

// times takes in a claimed time.
func (t *teller) times(ms int64) {
	if ms == 0 {
		return
	}
	at := time.UnixMilli(ms)
	if t.info.First.IsZero() || at.Before(t.info.First) {
		t.info.First = at
	}
	if t.info.Last.IsZero() || at.After(t.info.Last) {
		t.info.Last = at
	}
}

// end puts heads and authors in order.
func (t *teller) end() {
	ids := make([]block.ID, 0, len(t.heads))
	for id := range t.heads {
		ids = append(ids, id)
	}
	t.info.Heads = versionOf(ids)
	for k, n := range t.authors {
		t.info.Authors = append(t.info.Authors, Share{crdt.Author(k), n})
	}
	slices.SortFunc(t.info.Authors, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Changes, a.Changes), slices.Compare(a.Author[:], b.Author[:]))
	})
}

// versionOf makes a version of changes.
func versionOf(ids []block.ID) crdt.Version {
	list := make([]cid.Cid, len(ids))
	for k := range ids {
		list[k] = ids[k].ChangeCID()
	}
	v, err := crdt.NewVersion(list...)
	if err != nil {
		panic(fmt.Sprintf("pack: a version of %d changes is refused: %v", len(ids), err))
	}
	return v
}
