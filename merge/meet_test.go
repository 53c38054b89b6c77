//go:build !js

package merge_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/dir"
)

// TestStick: Ann hands her folder over on a stick; Ben opens it, writes in it with a
// key of its own, and founds another work; Ann has written meanwhile. She merges the
// stick, and then both have everything; nobody's key has written twice.
func TestStick(t *testing.T) {
	ctx := context.Background()
	root := t.TempDir()
	home, stick := filepath.Join(root, "home"), filepath.Join(root, "stick")
	at := func(path, name string) *merge.Repo {
		t.Helper()
		st, err := dir.Open(path)
		must(t, err)
		return open(t, st, name)
	}
	ann := at(home, "ann")
	a, err := ann.Create(ctx, crdt.Title("Bread"))
	must(t, err)
	must(t, a.Update(ctx, app("knead")))
	work := a.Doc().ID()
	must(t, ann.Close())
	must(t, os.CopyFS(stick, os.DirFS(home)))

	ann, ben := at(home, "ann"), at(stick, "ann") // the same keyring, if he has hers: another store, another key
	a, err = ann.Open(ctx, work)
	must(t, err)
	must(t, a.Update(ctx, app(", wait")))
	b, err := ben.Open(ctx, work)
	must(t, err)
	if a.Doc().Author() == b.Doc().Author() {
		t.Fatal("two stores write with one key")
	}
	must(t, b.Update(ctx, put(0, "wash, ")))
	other, err := ben.Create(ctx, crdt.Title("Cake"))
	must(t, err)
	must(t, other.Update(ctx, app("whisk")))
	must(t, ben.Close())

	relay, err := func() (*merge.Repo, error) {
		st, err := dir.Open(stick)
		must(t, err)
		return merge.Open(ctx, st, nil)
	}()
	must(t, err)
	must(t, ann.Meet(ctx, relay))
	must(t, ann.Meet(ctx, relay)) // nothing is left to do
	if text(a) != "wash, knead, wait" {
		t.Errorf("%q", text(a))
	}
	c, err := ann.Open(ctx, other.Doc().ID())
	must(t, err)
	same(t, c, other)
	for f := range a.Doc().Evidence() {
		t.Errorf("forked: %v", f)
	}
	must(t, relay.Close())
	must(t, ann.Close())
	ben = at(stick, "ann")
	b, err = ben.Open(ctx, work)
	must(t, err)
	if text(b) != "wash, knead, wait" {
		t.Errorf("on the stick: %q", text(b))
	}
	must(t, ben.Close())
}

// TestMeetInPart: a work that cannot be brought together does not keep others from it,
// and is named.
func TestMeetInPart(t *testing.T) {
	ctx := context.Background()
	ann := open(t, store.Memory(), "ann")
	small, err := ann.Create(ctx, crdt.Title("small"))
	must(t, err)
	must(t, small.Update(ctx, app("small")))
	large, err := ann.Create(ctx, crdt.Title("large"))
	must(t, err)
	must(t, large.Update(ctx, app(string(make([]byte, 20_000)))))
	ben, err := merge.Open(ctx, store.Memory(), keyFor("ben"), crdt.MaxBytes(5000))
	must(t, err)
	err = ann.Meet(ctx, ben)
	wants(t, "a work over the quota", err, merge.ErrPartial)
	b, err := ben.Open(ctx, small.Doc().ID())
	must(t, err)
	same(t, b, small)
	must(t, ben.Close())
	if err := ann.Meet(ctx, ben); !errors.Is(err, merge.ErrClosed) && !errors.Is(err, store.ErrClosed) {
		t.Errorf("meeting a closed repo: %v", err)
	}
}
