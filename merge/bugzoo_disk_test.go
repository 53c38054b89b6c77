//go:build !js

package merge_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

func init() {
	for _, n := range []int{446, 537, 562, 701} {
		zoo[fmt.Sprint("bbolt-", n)] = zooPages
	}
}

// zooPages opens a file of which a page is lost or stands for another one, as power cuts
// leave it: an error or a document, never a panic, and a file that is refused stays as it
// is.
func zooPages(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "store")
	st, err := bolt.Open(path)
	must(t, err)
	r, a := found(t, st, "ann")
	for k := range 6 {
		must(t, a.Update(ctx, app(fmt.Sprint(k))))
		must(t, a.Save(ctx))
	}
	id := a.Doc().ID()
	must(t, r.Close())
	good, err := os.ReadFile(path)
	must(t, err)
	size := os.Getpagesize()
	opened, refused := 0, 0
	try := func(what string, file []byte) {
		path := filepath.Join(t.TempDir(), "store")
		must(t, os.WriteFile(path, file, 0o600))
		st, err := bolt.Open(path)
		if err != nil {
			wants(t, what, err, merge.ErrCorrupt, merge.ErrStore)
			refused++
			return
		}
		defer st.Close()
		r, err := merge.Open(ctx, st, keyFor("ann"))
		if err != nil {
			wants(t, what, err, merge.ErrCorrupt, merge.ErrStore)
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, file) {
				t.Errorf("%s: a file that was refused has changed: %v", what, err)
			}
			refused++
			return
		}
		defer r.Close()
		b, err := r.Open(ctx, id)
		switch {
		case err != nil:
			wants(t, what, err, merge.ErrCorrupt, merge.ErrStore, merge.ErrNotFound)
			refused++
		case text(b) != "012345" && len(b.Damage()) == 0:
			t.Errorf("%s: %q, and no damage", what, text(b))
		default:
			opened++
		}
	}
	pages := len(good) / size
	for k := range pages {
		lost, cycle := bytes.Clone(good), bytes.Clone(good)
		clear(lost[k*size : (k+1)*size])
		try(fmt.Sprintf("page %d of %d lost", k, pages), lost)
		from := (k + 2) % pages
		copy(cycle[k*size:(k+1)*size], good[from*size:(from+1)*size])
		try(fmt.Sprintf("page %d of %d is page %d", k, pages, from), cycle)
	}
	if opened == 0 || refused == 0 {
		t.Errorf("%d opened, %d refused", opened, refused)
	}
}
