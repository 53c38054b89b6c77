//go:build unix

package postgres_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/postgres"
	"github.com/ipfs/go-cid"
)

// TestDamage changes one byte, or takes one row away, past the store, in each kind of
// value: what is damaged is reported by its name, and the rest comes back as it was.
func TestDamage(t *testing.T) {
	ctx, w := t.Context(), workID("w")
	content := block.Sum([]byte("a")).ContentCID()
	for _, c := range []struct {
		part, sql string
		sees      func(*postgres.Store) (good []string, err error)
		good      string
	}{
		{"changes", `UPDATE segments SET changes = set_byte(changes, 1, 0) WHERE n = 2`, segmentsOf, "[one words of one  three words of three]"},
		{"changes", `UPDATE segments SET replaces = '' WHERE n = 2`, segmentsOf, "[one words of one  three words of three]"},
		{"changes", `UPDATE segments SET id = set_byte(id, 1, 0) WHERE n = 2`, segmentsOf, "[one words of one  three words of three]"},
		{"words", `UPDATE segments SET words = set_byte(words, 5, 0) WHERE n = 2`, segmentsOf, "[one words of one two three words of three]"},
		{"words", `UPDATE segments SET words = 'xyz' WHERE n = 2`, segmentsOf, "[one words of one two three words of three]"},
		{"journal", `UPDATE records SET body = set_byte(body, 4, 0) WHERE n = 2`, journalOf, "[header 1]"},
		{"journal", `DELETE FROM records WHERE n = 2`, journalOf, "[header 1]"},
		{"journal", `DELETE FROM records WHERE n = 3`, journalOf, "[header 1 2]"},
		{"journal", `UPDATE journals SET header = set_byte(header, 4, 0)`, journalOf, "[]"},
		{"held", `UPDATE held SET data = set_byte(data, 4, 0)`, heldOf, "[]"},
		{"blocks", `UPDATE blocks SET data = set_byte(data, 0, 0)`, blockOf, "[]"},
		{"gone", `UPDATE gone SET reason = set_byte(reason, 4, 0) WHERE content = '\x` + fmt.Sprintf("%x", content.Bytes()) + `'`, goneOf, "[other]"},
		{"names", `UPDATE names SET work = set_byte(work, 4, 0) WHERE name = 'bad'`, namesOf, "[good]"},
	} {
		name := schema()
		st := shared.sharing(t, name, "a")
		_, _, err := st.Open(ctx)
		must(t, err)
		must(t, st.Append(ctx, w, seg("one"), seg("two"), seg("three")))
		must(t, st.OpenJournal(ctx, w, []byte("header"), []byte("1"), []byte("2")))
		must(t, st.AppendJournal(ctx, w, []byte("3")))
		must(t, st.Hold(ctx, w, store.Pending{ID: workID("p"), Data: []byte("waits")}))
		must(t, st.PutBlocks(ctx, w, store.Block{ID: content, Data: []byte("a")}))
		must(t, st.Erase(ctx, w, store.Erasure{Content: []cid.Cid{content}, Reason: "why"}))
		must(t, st.Erase(ctx, w, store.Erasure{Content: []cid.Cid{block.Sum([]byte("b")).ContentCID()}, Reason: "other"}))
		must(t, st.SetName(ctx, "good", w))
		must(t, st.SetName(ctx, "bad", w))
		if _, err := c.sees(st); err != nil {
			t.Fatalf("%s: sound: %v", c.part, err)
		}
		shared.exec(t, name, c.sql)
		good, err := c.sees(st)
		var bad *store.CorruptError
		if !errors.As(err, &bad) || bad.Part != c.part || c.part != "names" && bad.Work != w {
			t.Errorf("%s: %v", c.sql, err)
		}
		if got := fmt.Sprint(good); got != c.good {
			t.Errorf("%s: %s is left, not %s", c.sql, got, c.good)
		}
		if c.part == "journal" {
			if err := st.AppendJournal(ctx, w, []byte("4")); !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("%s: a record behind the damage: %v", c.sql, err)
			}
			must(t, st.OpenJournal(ctx, w, []byte("new")))
			must(t, st.AppendJournal(ctx, w, []byte("4")))
		}
		must(t, st.Close())
	}
}

// segmentsOf are the changes and words that come back of a work.
func segmentsOf(st *postgres.Store) (good []string, bad error) {
	for s, err := range st.Load(background, workID("w")) {
		if err != nil {
			bad = err
		}
		good = append(good, string(s.Changes))
		if s.Words != nil {
			good = append(good, string(s.Words))
		}
	}
	return good, bad
}

// journalOf is a journal's header and records.
func journalOf(st *postgres.Store) (good []string, bad error) {
	j, err := st.LoadJournal(background, workID("w"))
	if j.Header != nil {
		good = append(good, string(j.Header))
	}
	for _, r := range j.Records {
		good = append(good, string(r))
	}
	return good, err
}

// heldOf is what waits.
func heldOf(st *postgres.Store) (good []string, bad error) {
	for p, err := range st.Held(background, workID("w")) {
		if bad = err; err == nil {
			good = append(good, string(p.Data))
		}
	}
	return good, bad
}

// blockOf is the one block.
func blockOf(st *postgres.Store) (good []string, bad error) {
	b, err := st.GetBlock(background, workID("w"), block.Sum([]byte("a")).ContentCID())
	if err == nil {
		good = append(good, string(b))
	}
	return good, err
}

// goneOf are the reasons of what is gone.
func goneOf(st *postgres.Store) (good []string, bad error) {
	gone, err := st.Gone(background, workID("w"))
	for _, why := range gone {
		good = append(good, why)
	}
	return good, err
}

// namesOf are the names.
func namesOf(st *postgres.Store) (good []string, bad error) {
	names, err := st.Names(background)
	for name := range names {
		good = append(good, name)
	}
	return good, err
}
