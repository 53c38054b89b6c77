//go:build !js

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

// TestCopiedStore: a store that was copied while an edit was not sealed yet, and
// is opened with the same keyring, writes with a key of its own; the edit is
// there, by the same person, and effective.
func TestCopiedStore(t *testing.T) {
	ctx := context.Background()
	folder := filepath.Join(t.TempDir(), "quickstart")
	if err := run(ctx, new(strings.Builder), folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ann", "ben"} {
		for _, first := range []bool{false, true} {
			home := filepath.Join(folder, name)
			ring, err := authorship.OpenKeyring(filepath.Join(home, "keys"), "")
			must(t, err)
			path := filepath.Join(home, "works.db")
			if first { // in a work where this key has not written yet
				path = filepath.Join(home, "other.db")
			}
			repo := openStore(t, path, ring)
			rep := newest(t, repo, first)
			must(t, rep.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append(" Unsealed."); return nil }))
			raw, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path+".copy", raw, 0o600))
			was := rep.Doc().Author()

			if first { // handed to somebody else: what the first owner said is not theirs
				ring, err = authorship.OpenKeyring(filepath.Join(home, "others"), "Dee")
				must(t, err)
			}
			copied := openStore(t, path+".copy", ring)
			c := newest(t, copied, false)
			if c.Doc().Author() == was {
				t.Errorf("%s: the copy writes with the same key", name)
			}
			must(t, c.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append(" More."); return nil }))
			must(t, c.Save(ctx))
			v := c.Doc().View()
			if s := v.Text("body").String(); !strings.HasSuffix(s, " Unsealed. More.") {
				t.Errorf("%s: %q", name, s)
			}
			n := 0
			for s := range authorship.Blame(v.Text("body")) {
				if strings.Contains(s.Text, "Unsealed") || strings.Contains(s.Text, "More") {
					n++
					if s.Author.ID != ring.Person() || s.Level != authorship.Effective {
						t.Errorf("%s: %+v", name, s)
					}
				}
			}
			if n == 0 || len(authorship.Verify(v).Lacks) > 0 {
				t.Errorf("%s: %v", name, authorship.Verify(v))
			}
			if n := authorship.Name(v, c.Doc().Author()); n != map[bool]string{false: strings.ToUpper(name[:1]) + name[1:], true: "Dee"}[first] {
				t.Errorf("%s: the copy goes by the name %q", name, n)
			}
			must(t, copied.Close())
			must(t, repo.Close())
		}
	}
}

// openStore opens a store with a keyring.
func openStore(t *testing.T, path string, keys merge.Keys) *merge.Repo {
	t.Helper()
	st, err := bolt.Open(path)
	must(t, err)
	repo, err := merge.Open(context.Background(), st, keys, authorship.Agree(terms))
	must(t, err)
	return repo
}

// newest opens the work of a store, or brings it one by somebody else.
func newest(t *testing.T, repo *merge.Repo, bring bool) *merge.Replica {
	t.Helper()
	ctx := context.Background()
	if bring {
		d, err := crdt.New(authorship.NewKey("Cy"), authorship.Commons("Cake", terms), crdt.WithSalt())
		must(t, err)
		b, err := d.Since(crdt.Version{})
		must(t, err)
		rep, err := repo.Join(ctx, d.ID())
		must(t, err)
		_, err = rep.Doc().Apply(b)
		must(t, err)
		must(t, rep.Save(ctx))
		return rep
	}
	for work, err := range repo.Works(ctx) {
		must(t, err)
		rep, err := repo.Open(ctx, work)
		must(t, err)
		return rep
	}
	t.Fatal("no work")
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
