package authorship

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// actImport is the kind of the act {claimed?, source?}: this change brings something in.
const actImport = "import"

// Import says of a change that its author has brought its text in from a file or another
// program. It is credited to whoever did, marked as imported; who is said to have
// written it is told apart and credited with nothing.
type Import struct {
	Change cid.Cid `json:"change,omitzero"` // cid.Undef while it is open
	By     Person  `json:"by"`
	// Claimed are the names of those who are said to have written it. Nothing proves
	// that.
	Claimed []string `json:"claimed,omitempty"`
	Source  string   `json:"source,omitempty"` // where it comes from, as By says
}

// The bounds of what an import says.
const (
	maxClaimed  = 256 // names
	maxImported = 1024
)

// ImportText says that what this Update writes comes from a file, or from another
// program: from where, and who is said to have written it. The Update is a change of its
// own. It comes before the edits. Errors: crdt.ErrLimit for more than 256 names, a name of
// more than 256 bytes or a source of more than 1,024; crdt.ErrMalformed for what is not
// UTF-8.
func ImportText(tx *crdt.Tx, source string, claimed ...string) error {
	if len(claimed) > maxClaimed || len(source) > maxImported {
		return fmt.Errorf("authorship: import of %d names from %d bytes: %w", len(claimed), len(source), crdt.ErrLimit)
	}
	if !utf8.ValidString(source) {
		return fmt.Errorf("authorship: source %q: %w", source, crdt.ErrMalformed)
	}
	body := map[string]any{}
	if source != "" {
		body["source"] = source
	}
	var list []any
	for _, name := range claimed {
		if err := checkName(name); err != nil {
			return err
		}
		list = append(list, name)
	}
	if list != nil {
		body["claimed"] = list
	}
	tx.Alone()
	tx.Act(actImport, body)
	return tx.Err()
}

// readImport reads what an import says; false when it is void.
func readImport(a crdt.Act) (x Import, ok bool) {
	m := fields(a.Body, 0, "claimed", "source")
	if m == nil {
		return x, false
	}
	if s, there := m["source"]; there {
		if x.Source, ok = s.(string); !ok || x.Source == "" || len(x.Source) > maxImported {
			return x, false
		}
		x.Source = clean(x.Source)
	}
	if list, there := m["claimed"]; there {
		x.Claimed = texts(list)
		if len(x.Claimed) == 0 || len(x.Claimed) > maxClaimed {
			return x, false
		}
		for k, name := range x.Claimed {
			if len(name) > maxName {
				return x, false
			}
			x.Claimed[k] = clean(name)
		}
	}
	return x, true
}

// Imports are the imports of a view that count, in the one order on which all replicas
// agree.
func Imports(v *crdt.View) []Import {
	p := peopleOf(v)
	var out []Import
	for c, x := range p.imports() {
		if c == x.Change { // not a later part
			out = append(out, *x)
		}
	}
	inOrder(v, out, func(x Import) cid.Cid { return x.Change })
	return out
}

// imports are the imports by change: by all parts of its Update.
func (p *people) imports() map[cid.Cid]*Import {
	if p.brought == nil {
		p.brought = map[cid.Cid]*Import{}
		p.acts(actImport, func(a crdt.Act, who Person) {
			if x, ok := readImport(a); ok && p.brought[a.Change] == nil {
				x.Change, x.By = a.Change, who
				p.brought[a.Change] = &x
			}
		})
		spread(p, p.brought)
	}
	return p.brought
}

// spread gives what is said in a part of an Update to the parts that follow it.
func spread[T any](p *people, of map[cid.Cid]*T) {
	more := false
	for c := range of {
		x, ok := p.v.Change(c)
		more = more || ok && x.More
	}
	if !more {
		return
	}
	list := slices.Collect(p.v.History())
	slices.Reverse(list) // links first
	for _, c := range list {
		if of[c.ID] != nil || c.Seq == 0 {
			continue
		}
		for _, id := range c.Parents.IDs() {
			if prev, ok := p.v.Change(id); ok && prev.More && prev.Author == c.Author && prev.Seq+1 == c.Seq && of[id] != nil {
				of[c.ID] = of[id]
			}
		}
	}
}
