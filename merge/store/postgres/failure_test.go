//go:build unix

package postgres_test

import (
	"errors"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
)

// refusing makes the database answer the next so many records with an error of this
// code, in the middle of a transaction.
func refusing(t *testing.T, schema, code, times string) {
	shared.exec(t, schema, `CREATE SEQUENCE refusals`)
	shared.exec(t, schema, `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF nextval('`+schema+`.refusals') <= `+times+` THEN RAISE EXCEPTION 'refused' USING ERRCODE = '`+code+`'; END IF;
			RETURN NEW;
		END $$`)
	shared.exec(t, schema, `CREATE TRIGGER refuse BEFORE INSERT ON records FOR EACH ROW EXECUTE FUNCTION refuse()`)
}

// TestRolledBack: a transaction that the database rolls back for the sake of another
// one is begun again, and the caller learns nothing of it.
func TestRolledBack(t *testing.T) {
	ctx, w, name := t.Context(), workID("w"), schema()
	st := shared.sharing(t, name, "a")
	_, _, err := st.Open(ctx)
	must(t, err)
	for i, code := range []string{"40001", "40P01"} {
		refusing(t, name, code, "3")
		must(t, st.OpenJournal(ctx, w, []byte("header"), []byte{byte(i)}))
		must(t, st.AppendJournal(ctx, w, []byte("more")))
		if j, err := st.LoadJournal(ctx, w); err != nil || len(j.Records) != 2 {
			t.Fatalf("%q, %v", j.Records, err)
		}
		shared.exec(t, name, `DROP TRIGGER refuse ON records`)
		shared.exec(t, name, `DROP FUNCTION refuse`)
		shared.exec(t, name, `DROP SEQUENCE refusals`)
	}
	must(t, st.Close())
}

// TestFull: when the disk is full in the middle of a write, nothing of it is there, and
// nothing more is written until the store is opened anew, though there is room again.
func TestFull(t *testing.T) {
	ctx, w, name := t.Context(), workID("w"), schema()
	st := shared.sharing(t, name, "a")
	_, _, err := st.Open(ctx)
	must(t, err)
	must(t, st.OpenJournal(ctx, w, []byte("header"), []byte("one")))
	refusing(t, name, "53100", "1")
	for range 2 {
		if err := st.AppendJournal(ctx, w, []byte("two"), []byte("three")); !errors.Is(err, store.ErrStore) {
			t.Fatal(err)
		}
	}
	if err := st.SetName(ctx, "x", w); !errors.Is(err, store.ErrStore) {
		t.Fatal(err)
	}
	if j, err := st.LoadJournal(ctx, w); err != nil || len(j.Records) != 1 {
		t.Fatalf("%q, %v", j.Records, err)
	}
	must(t, st.Close())
	_, _, err = st.Open(ctx)
	must(t, err)
	must(t, st.AppendJournal(ctx, w, []byte("two"), []byte("three")))
	if j, err := st.LoadJournal(ctx, w); err != nil || len(j.Records) != 3 {
		t.Fatalf("%q, %v", j.Records, err)
	}
	must(t, st.Close())
}
