//go:build unix

package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/postgres"
)

// TestLocked: one program at a time writes in the name of a server, and another one as
// soon as the first has closed it; other servers are not kept waiting.
func TestLocked(t *testing.T) {
	ctx, name := t.Context(), schema()
	first, second, other := shared.sharing(t, name, "a"), shared.sharing(t, name, "a"), shared.sharing(t, name, "b")
	instance, epoch, err := first.Open(ctx)
	must(t, err)
	if _, _, err := second.Open(ctx); !errors.Is(err, store.ErrLocked) {
		t.Fatalf("a second program: %v", err)
	}
	if err := second.Append(ctx, workID("w"), seg("x")); !errors.Is(err, store.ErrClosed) {
		t.Fatalf("writing without the lock: %v", err)
	}
	_, _, err = other.Open(ctx)
	must(t, err)
	must(t, first.Append(ctx, workID("w"), seg("one")))
	must(t, first.Close())
	again, next, err := second.Open(ctx)
	must(t, err)
	if again != instance || next != epoch+1 {
		t.Fatalf("%s %d after %s %d", again, next, instance, epoch)
	}
	must(t, second.Close())
	must(t, other.Close())
}

// TestLost: whoever has lost the connection that holds the lock writes no more, though
// the database answers, and reads on; another program may write, and after it the first
// again when it has opened the store anew.
func TestLost(t *testing.T) {
	ctx, name, w := t.Context(), schema(), workID("w")
	st, next := shared.sharing(t, name, "lost"), shared.sharing(t, name, "lost")
	_, _, err := st.Open(ctx)
	must(t, err)
	must(t, st.Append(ctx, w, seg("one")))
	shared.exec(t, name, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'commonhold lost'`)
	_, _, err = next.Open(ctx)
	must(t, err)
	must(t, next.Append(ctx, w, seg("two")))
	for range 2 {
		if err := st.Append(ctx, w, seg("three")); !errors.Is(err, store.ErrStore) {
			t.Fatalf("writing without the lock: %v", err)
		}
	}
	n := 0
	for s, err := range st.Load(ctx, w) {
		must(t, err)
		if string(s.Changes) == "three" {
			t.Fatal("it was written all the same")
		}
		n++
	}
	if n != 2 {
		t.Fatalf("%d segments are read", n)
	}
	must(t, st.Close())
	must(t, next.Close())
	_, _, err = st.Open(ctx)
	must(t, err)
	must(t, st.Append(ctx, w, seg("three")))
	must(t, st.Close())
}

// TestBeginTogether: servers that begin at one time in a database with nothing in it
// make the tables once.
func TestBeginTogether(t *testing.T) {
	name := schema()
	var wg sync.WaitGroup
	for i := range 5 {
		st := shared.sharing(t, name, fmt.Sprint("server", i))
		wg.Go(func() {
			if _, epoch, err := st.Open(t.Context()); err != nil || epoch != 1 {
				t.Error(epoch, err)
				return
			}
			if err := st.Append(t.Context(), workID("w"), seg(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestVersion: tables of a later version are refused and left as they are.
func TestVersion(t *testing.T) {
	ctx, name := t.Context(), schema()
	st := shared.sharing(t, name, "a")
	_, first, err := st.Open(ctx)
	must(t, err)
	must(t, st.Close())
	shared.exec(t, name, `UPDATE format SET version = 2`)
	if _, _, err := st.Open(ctx); !errors.Is(err, store.ErrVersion) {
		t.Fatalf("version 2: %v", err)
	}
	shared.exec(t, name, `UPDATE format SET version = 1`)
	if _, epoch, err := st.Open(ctx); err != nil || epoch != first+1 {
		t.Fatalf("epoch %d after %d, %v", epoch, first, err)
	}
	must(t, st.Close())
}

// TestPlace: in another place the store has another instance, and what it had.
func TestPlace(t *testing.T) {
	ctx, name, moved := t.Context(), schema(), schema()
	st := shared.sharing(t, name, "a")
	was, _, err := st.Open(ctx)
	must(t, err)
	must(t, st.Append(ctx, workID("w"), seg("one")))
	must(t, st.Close())
	shared.exec(t, name, `CREATE TABLE copied (LIKE servers INCLUDING ALL)`)
	shared.exec(t, name, `INSERT INTO copied OVERRIDING SYSTEM VALUE SELECT * FROM servers`)
	shared.exec(t, name, `DROP TABLE servers`)
	shared.exec(t, name, `ALTER TABLE copied RENAME TO servers`)
	shared.exec(t, name, `ALTER SCHEMA `+name+` RENAME TO `+moved)
	st = shared.sharing(t, moved, "a")
	is, epoch, err := st.Open(ctx)
	must(t, err)
	if is == was || epoch != 2 {
		t.Fatalf("the copy has instance %s, epoch %d; the first had %s", is, epoch, was)
	}
	n := 0
	for _, err := range st.Load(ctx, workID("w")) {
		must(t, err)
		n++
	}
	if n != 1 {
		t.Fatalf("%d segments", n)
	}
	must(t, st.Close())
}

// TestRole: a role that may make a schema, and nothing else, has a store.
func TestRole(t *testing.T) {
	ctx := t.Context()
	shared.exec(t, "public", `CREATE ROLE app LOGIN`)
	shared.exec(t, "public", `GRANT CREATE ON DATABASE postgres TO app`)
	st, err := postgres.New(strings.Replace(shared.url(), "user=tests", "user=app", 1), postgres.Options{Server: "a", Schema: schema()})
	must(t, err)
	for range 2 {
		_, _, err = st.Open(ctx)
		must(t, err)
		must(t, st.Append(ctx, workID("w"), seg("one")))
		must(t, st.Close())
	}
}

// TestNew: what is not spelled right is refused before anything is connected, and a
// database that is not there is ErrStore.
func TestNew(t *testing.T) {
	for _, c := range []struct {
		url string
		o   postgres.Options
	}{
		{"", postgres.Options{}},
		{"", postgres.Options{Server: "a b"}},
		{"", postgres.Options{Server: "a", Schema: `a"; DROP SCHEMA public; --`}},
		{"", postgres.Options{Server: "a", Schema: "a234567890123456789012345678901234567890123456789"}},
		{"postgres://%zz", postgres.Options{Server: "a"}},
		{"host=x pool_max_conns=none", postgres.Options{Server: "a"}},
	} {
		if _, err := postgres.New(c.url, c.o); !errors.Is(err, store.ErrArgument) {
			t.Errorf("%q, %v: %v", c.url, c.o, err)
		}
	}
	st, err := postgres.New("host="+t.TempDir(), postgres.Options{Server: "a"})
	must(t, err)
	if _, _, err := st.Open(t.Context()); !errors.Is(err, store.ErrStore) {
		t.Errorf("nobody is there: %v", err)
	}
}
