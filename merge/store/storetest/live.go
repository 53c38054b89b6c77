package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// testJournal: header and records come back in their order, a journal opened anew
// takes the place of the old one, and segments leave it alone.
func testJournal(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	check := func(header string, records ...string) {
		t.Helper()
		for range 2 {
			j, err := st.LoadJournal(ctx, w)
			must(t, err)
			var got []string
			for _, r := range j.Records {
				got = append(got, string(r))
			}
			if string(j.Header) != header || (j.Header == nil) != (header == "") || !slices.Equal(got, records) {
				t.Fatalf("got %q %q, want %q %q", j.Header, got, header, records)
			}
			reopen(t, st)
		}
	}
	check("")
	must(t, st.OpenJournal(ctx, w, []byte("first")))
	check("first")
	must(t, st.AppendJournal(ctx, w, []byte("a")))
	must(t, st.AppendJournal(ctx, w))
	must(t, st.AppendJournal(ctx, w, []byte("b"), []byte("a")))
	check("first", "a", "b", "a")
	must(t, st.Append(ctx, w, seg("from a peer")))
	must(t, st.AppendJournal(ctx, w, []byte("c")))
	check("first", "a", "b", "a", "c")
	must(t, st.OpenJournal(ctx, w, []byte("second"), []byte("d"), []byte("e")))
	check("second", "d", "e")
	must(t, st.AppendJournal(ctx, w, []byte("f")))
	check("second", "d", "e", "f")
	must(t, st.OpenJournal(ctx, id("v"), []byte("of another work")))
	check("second", "d", "e", "f")
}

// testSeal: the journal goes with the coming of the segments, or of none; without
// a journal it only appends.
func testSeal(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	check := func(journal bool, segments ...string) {
		t.Helper()
		j, err := st.LoadJournal(ctx, w)
		must(t, err)
		if got := load(t, st, w); !slices.Equal(got, segments) || (j.Header != nil) != journal {
			t.Fatalf("journal %q, segments %q", j.Header, got)
		}
	}
	must(t, st.OpenJournal(ctx, w, []byte("h"), []byte("r")))
	must(t, st.Seal(ctx, w, seg("one"), seg("two")))
	check(false, "one", "two")
	is(t, "record after sealing", st.AppendJournal(ctx, w, []byte("r")), store.ErrNotFound)
	must(t, st.OpenJournal(ctx, w, []byte("h"), []byte("r")))
	must(t, st.Seal(ctx, w, seg("one"))) // stored before the process ended, sealed again
	check(false, "one", "two")
	must(t, st.OpenJournal(ctx, w, []byte("h"), []byte("r")))
	check(true, "one", "two")
	must(t, st.Seal(ctx, w))
	check(false, "one", "two")
	must(t, st.Seal(ctx, w, seg("three")))
	check(false, "one", "two", "three")
	must(t, st.Seal(ctx, id("unknown")))
	for work, err := range st.Works(ctx) {
		must(t, err)
		if work != w {
			t.Fatal("sealing nothing made a work")
		}
	}
}

// testHeld: held changes come in the order of their ids, are replaced by name and
// forgotten by name.
func testHeld(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	var all []store.Pending
	for i := range 20 {
		all = append(all, store.Pending{ID: id(fmt.Sprint("held ", i)), Data: []byte(fmt.Sprint("data ", i))})
	}
	must(t, st.Hold(ctx, w, all[:15]...))
	must(t, st.Hold(ctx, w, all[10:]...))
	all[3].Data = nil
	all[4].Data = []byte("other")
	must(t, st.Hold(ctx, w, all[3], all[4]))
	must(t, st.Release(ctx, w, all[7].ID, all[0].ID, id("not held")))
	must(t, st.Release(ctx, id("unknown"), all[1].ID))
	all = slices.Delete(all, 7, 8)[1:]
	slices.SortFunc(all, func(a, b store.Pending) int { return slices.Compare(a.ID.Bytes(), b.ID.Bytes()) })
	for range 2 {
		i := 0
		for p, err := range st.Held(ctx, w) {
			must(t, err)
			if p.ID != all[i].ID || string(p.Data) != string(all[i].Data) {
				t.Fatalf("held %d is %s %q, not %s %q", i, p.ID, p.Data, all[i].ID, all[i].Data)
			}
			i++
		}
		if i != len(all) {
			t.Fatalf("%d held of %d", i, len(all))
		}
		reopen(t, st)
	}
	for range st.Held(ctx, id("unknown")) {
		t.Fatal("an unknown work holds something")
	}
	for p, err := range st.Held(ctx, w) { // released while they are looked at
		must(t, err)
		must(t, st.Release(ctx, w, p.ID))
	}
	for range st.Held(ctx, w) {
		t.Fatal("released, and still held")
	}
}

// testNames: a name means one work, the last it was given; a work may have many,
// and need not be here.
func testNames(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	check := func(want map[string]cid.Cid) {
		t.Helper()
		for range 2 {
			got, err := st.Names(ctx)
			must(t, err)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("got %v, want %v", got, want)
			}
			reopen(t, st)
		}
	}
	check(map[string]cid.Cid{})
	must(t, st.SetName(ctx, "a", id("1")))
	must(t, st.SetName(ctx, "b", id("1")))
	must(t, st.SetName(ctx, "c\x00 ü/../", id("2")))
	check(map[string]cid.Cid{"a": id("1"), "b": id("1"), "c\x00 ü/../": id("2")})
	must(t, st.SetName(ctx, "a", id("2")))
	must(t, st.SetName(ctx, "b", cid.Undef))
	must(t, st.SetName(ctx, "never given", cid.Undef))
	check(map[string]cid.Cid{"a": id("2"), "c\x00 ü/../": id("2")})
	for range st.Works(ctx) {
		t.Fatal("a name made a work")
	}
}

// testWorks: every way of storing something makes a work known, in the order of
// the ids; looking and forgetting do not.
func testWorks(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	load(t, st, id("looked at"))
	must(t, st.Append(ctx, id("looked at")))
	must(t, st.Hold(ctx, id("looked at")))
	must(t, st.Release(ctx, id("looked at"), id("p")))
	must(t, st.Erase(ctx, id("looked at"), store.Erasure{Reason: "nothing"}))
	must(t, st.Append(ctx, id("a"), seg("one")))
	must(t, st.OpenJournal(ctx, id("b"), []byte("h")))
	must(t, st.Hold(ctx, id("c"), store.Pending{ID: id("p")}))
	must(t, st.Erase(ctx, id("d"), store.Erasure{Content: []cid.Cid{content("c")}}))
	must(t, st.Seal(ctx, id("e"), seg("one")))
	must(t, st.PutBlocks(ctx, id("looked at")))
	must(t, st.DropBlocks(ctx, id("looked at"), blockOf("b").ID))
	must(t, st.PutBlocks(ctx, id("f"), blockOf("b")))
	must(t, st.DropBlocks(ctx, id("f"), blockOf("b").ID))
	var want []cid.Cid
	for i := range 30 {
		w := id(fmt.Sprint("work ", i))
		must(t, st.Append(ctx, w, seg("one")))
		want = append(want, w)
	}
	want = append(want, id("a"), id("b"), id("c"), id("d"), id("e"), id("f"))
	slices.SortFunc(want, func(a, b cid.Cid) int { return slices.Compare(a.Bytes(), b.Bytes()) })
	for range 2 {
		var got []cid.Cid
		for w, err := range st.Works(ctx) {
			must(t, err)
			got = append(got, w)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		reopen(t, st)
	}
}
