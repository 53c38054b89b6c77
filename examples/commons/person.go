//go:build !js

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

// person is one person's folder, open: their works, and the keys of others by name.
type person struct {
	ctx   context.Context
	keys  *kept
	repo  *merge.Repo
	works []*merge.Replica // the one that commands speak of is the last
	book  map[string]crdt.Author
	path  string        // of the book
	opts  []crdt.Option // of new works
	out   io.Writer
}

// kept is keys that remember the one that writes in the store.
type kept struct {
	merge.Keys
	key crdt.Signer
}

// SignerFor gives the key of a store.
func (k *kept) SignerFor(instance string, epoch uint64) (s crdt.Signer, err error) {
	k.key, err = k.Keys.SignerFor(instance, epoch)
	return k.key, err
}

// open opens a person's folder.
func open(ctx context.Context, folder string, from merge.Keys, out io.Writer, opts ...crdt.Option) (*person, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	st, err := bolt.Open(filepath.Join(folder, "works.db"))
	if err != nil {
		return nil, err
	}
	keys := &kept{Keys: from}
	repo, err := merge.Open(ctx, st, keys, append([]crdt.Option{rules()}, opts...)...)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	p := &person{ctx: ctx, keys: keys, repo: repo, book: map[string]crdt.Author{}, path: filepath.Join(folder, "people"), opts: opts, out: out}
	if err := errors.Join(p.readBook(), p.openWorks()); err != nil {
		return nil, errors.Join(err, repo.Close())
	}
	return p, nil
}

// openWorks opens the works of the store that are not open.
func (p *person) openWorks() error {
	for work, err := range p.repo.Works(p.ctx) {
		if err != nil {
			return err
		}
		if slices.ContainsFunc(p.works, func(r *merge.Replica) bool { return r.Doc().ID() == work }) {
			continue
		}
		rep, err := p.repo.Open(p.ctx, work)
		if err != nil {
			return err
		}
		p.works = append([]*merge.Replica{rep}, p.works...)
	}
	return nil
}

// readBook reads the keys of others: a name and a key a line.
func (p *person) readBook() error {
	b, err := os.ReadFile(p.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 2 {
			if p.book[f[0]], err = crdt.ParseAuthor(f[1]); err != nil {
				return fmt.Errorf("%s: %w", p.path, err)
			}
		}
	}
	return err
}

// know writes a key into the book.
func (p *person) know(name string, key crdt.Author) error {
	p.book[name] = key
	f, err := os.OpenFile(p.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, name, key)
	return errors.Join(err, f.Close())
}

// key is the key of somebody: in the book, or by the name they go by in the work.
func (p *person) key(name string) (crdt.Author, error) {
	if a, ok := p.book[name]; ok {
		return a, nil
	}
	found := map[crdt.Author]bool{}
	if len(p.works) > 0 {
		v := p.view()
		for c := range v.History() {
			if authorship.Name(v, c.Author) == name {
				found[authorship.RoleOf(v, c.Author).Person.ID] = true
			}
		}
	}
	for a := range found {
		if len(found) == 1 {
			return a, nil
		}
	}
	return crdt.Author{}, fmt.Errorf("%d people here go by %q; who is it? (know NAME KEY)", len(found), name)
}

// work is the work that commands speak of.
func (p *person) work() (*merge.Replica, error) {
	if len(p.works) == 0 {
		return nil, errors.New("no handbook here: found one, or take one")
	}
	return p.works[len(p.works)-1], nil
}

// view is that work as it is now.
func (p *person) view() *crdt.View { return p.works[len(p.works)-1].Doc().View() }

// update makes a change of its own and says how it is called.
func (p *person) update(fn func(tx *crdt.Tx) error) error {
	rep, err := p.work()
	if err != nil {
		return err
	}
	if err := rep.Update(p.ctx, func(tx *crdt.Tx) error { tx.Alone(); return fn(tx) }); err != nil {
		return err
	}
	if err := rep.Save(p.ctx); err != nil {
		return err
	}
	c, _ := rep.Doc().Newest()
	fmt.Fprintf(p.out, "made %s\n", label(rep.Doc().View(), c.ID))
	return nil
}

// label is what a change is called here: its author and its place among their changes,
// with a stroke where a device has made it.
func label(v *crdt.View, c cid.Cid) string {
	if c == v.ID() {
		return "the founding"
	}
	ch, ok := v.Change(c)
	if !ok {
		return "nothing"
	}
	who := authorship.RoleOf(v, ch.Author).Person
	stroke := ""
	if who.ID != ch.Author {
		stroke = "'"
	}
	return fmt.Sprintf("%s%s%d", who, stroke, ch.Seq)
}

// labels are several.
func labels(v *crdt.View, list []cid.Cid) string {
	list = slices.Clone(list)
	v.Sort(list)
	var out []string
	for _, c := range list {
		out = append(out, label(v, c))
	}
	return strings.Join(out, ", ")
}

// changes finds changes by what they are called.
func (p *person) changes(names ...string) ([]cid.Cid, error) {
	if _, err := p.work(); err != nil {
		return nil, err
	}
	v := p.view()
	var out []cid.Cid
	for _, name := range names {
		n := len(out)
		for c := range v.History() {
			if label(v, c.ID) == name {
				out = append(out, c.ID)
			}
		}
		if len(out) != n+1 {
			return nil, fmt.Errorf("%d changes are called %q", len(out)-n, name)
		}
	}
	return out, nil
}
