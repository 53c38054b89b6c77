package authorship

import (
	"iter"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// Epoch is the charter that holds from a decision on.
type Epoch struct {
	ID      cid.Cid `json:"id"` // the genesis, or the change that proposed the amendment
	Charter Charter `json:"charter"`
}

// Epochs yields the charters of a view from that of its genesis to the one in force,
// which [CharterOf] gives. It yields nothing for a work without these rules.
func Epochs(v *crdt.View) iter.Seq[Epoch] {
	return func(yield func(Epoch) bool) {
		var path []charter.Epoch
		_ = judged(v, func(j *charter.Judge) { path = slices.Clone(j.Path()) })
		title := v.Title()
		for _, e := range path {
			if !yield(Epoch{e.ID, charterOf(title, e.Charter)}) {
				return
			}
		}
	}
}

// charterOf is a charter as it is shown; c is immutable.
func charterOf(title string, c *charter.Charter) Charter {
	out := Charter{
		Title: title, Source: c.Source, Terms: slices.Clone(c.Terms), Mode: Mode(c.Mode), Members: maps.Clone(c.Members),
		Moderators: slices.Clone(c.Moderators), Accept: Share(c.Accept), Amend: Share(c.Amend),
	}
	for name, keys := range out.Members {
		out.Members[name] = slices.Clone(keys)
	}
	return out
}
