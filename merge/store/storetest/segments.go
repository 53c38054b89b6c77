package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// testSegments: segments come back in the order they were appended, whole, with
// absent and empty words told apart, also after reopening.
func testSegments(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	if got := load(t, st, id("unknown")); got != nil {
		t.Fatalf("an unknown work has segments %q", got)
	}
	var want []store.Segment
	for i := range 40 {
		s := seg(strings.Repeat(fmt.Sprint(i, " "), 1+i*i*10)) // from a few bytes to many pages
		switch i % 3 {
		case 1:
			s.Words = nil
		case 2:
			s.Words = []byte{}
		}
		want = append(want, s)
	}
	for i := 0; i < len(want); i += 4 {
		must(t, st.Append(ctx, id("w"), want[i:i+4]...))
	}
	for range 2 {
		i := 0
		for got, err := range st.Load(ctx, id("w")) {
			must(t, err)
			w := want[i]
			if got.ID != w.ID || !bytes.Equal(got.Changes, w.Changes) || !bytes.Equal(got.Words, w.Words) ||
				(got.Words == nil) != (w.Words == nil) || len(got.Replaces) != 0 {
				t.Fatalf("segment %d came back different", i)
			}
			i++
		}
		if i != len(want) {
			t.Fatalf("%d segments of %d came back", i, len(want))
		}
		reopen(t, st)
	}
}

// testAppendAgain: a segment that is there keeps its place and its words.
func testAppendAgain(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	must(t, st.Append(ctx, id("w"), seg("one"), seg("two")))
	before := dump(t, st)
	other := seg("one")
	other.Words = []byte("other words")
	must(t, st.Append(ctx, id("w"), other))
	same(t, "appended again", st, before)
	must(t, st.Append(ctx, id("w"), seg("two"), seg("three"), seg("three")))
	if got := load(t, st, id("w")); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Fatalf("got %q", got)
	}
	must(t, st.Append(ctx, id("v"), seg("one"))) // another work, another segment
	if got := load(t, st, id("v")); !slices.Equal(got, []string{"one"}) {
		t.Fatalf("got %q", got)
	}
}

// testReplace: the new segment stands where the old ones stood, knows them, and
// can be replaced in its turn; after reopening too.
func testReplace(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	one, two, three, four, five := seg("one"), seg("two"), seg("three"), seg("four"), seg("five")
	must(t, st.Append(ctx, id("w"), one, two, three, four, five))
	step := func(s store.Segment, want ...string) {
		t.Helper()
		must(t, st.Replace(ctx, id("w"), s))
		for range 2 {
			if got := load(t, st, id("w")); !slices.Equal(got, want) {
				t.Fatalf("got %q, want %q", got, want)
			}
			for got := range st.Load(ctx, id("w")) {
				if got.ID == s.ID && !slices.Equal(got.Replaces, s.Replaces) {
					t.Fatalf("%s replaces %v, not %v", s.Changes, got.Replaces, s.Replaces)
				}
			}
			reopen(t, st)
		}
	}
	step(replacing(seg("two three"), two, three), "one", "two three", "four", "five")
	step(replacing(seg("one two three"), one, seg("two three")), "one two three", "four", "five")
	step(replacing(seg("5"), five), "one two three", "four", "5")
	must(t, st.Append(ctx, id("w"), seg("six")))
	step(replacing(seg("all"), seg("one two three"), four, seg("5"), seg("six")), "all")
	step(replacing(two, seg("all")), "two") // an old name may come back
	must(t, st.Append(ctx, id("w"), three))
	if got := load(t, st, id("w")); !slices.Equal(got, []string{"two", "three"}) {
		t.Fatalf("got %q", got)
	}
}

// testLateWords: a segment that replaces itself brings other words.
func testLateWords(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	bare := store.NewSegment([]byte("two"), nil)
	must(t, st.Append(ctx, id("w"), seg("one"), bare, seg("three")))
	must(t, st.Replace(ctx, id("w"), replacing(seg("two"), bare)))
	var got []string
	for s, err := range st.Load(ctx, id("w")) {
		must(t, err)
		got = append(got, string(s.Words))
	}
	if !slices.Equal(got, []string{"words of one", "words of two", "words of three"}) {
		t.Fatalf("got %q", got)
	}
	must(t, st.Replace(ctx, id("w"), replacing(seg("two"), seg("two"), seg("three"))))
	if got := load(t, st, id("w")); !slices.Equal(got, []string{"one", "two"}) {
		t.Fatalf("a segment that takes in the next one: got %q", got)
	}
}

// testErase: words change, changes do not; what is gone is known, with the last
// reason given, for its work only.
func testErase(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	must(t, st.Append(ctx, id("w"), seg("one"), seg("two")))
	must(t, st.Erase(ctx, id("w"), store.Erasure{
		Segment: seg("one").ID, Words: []byte("less"), Content: []cid.Cid{content("a"), content("b")}, Reason: "a name"}))
	must(t, st.Erase(ctx, id("w"), store.Erasure{Segment: seg("two").ID}))
	must(t, st.Erase(ctx, id("w"), store.Erasure{Content: []cid.Cid{content("b")}, Reason: "asked for"}))
	must(t, st.Erase(ctx, id("v"), store.Erasure{Content: []cid.Cid{content("c")}}))
	must(t, st.Erase(ctx, id("v"), store.Erasure{}))
	for range 2 {
		var got []string
		for s, err := range st.Load(ctx, id("w")) {
			must(t, err)
			got = append(got, string(s.Changes), string(s.Words), fmt.Sprint(s.Words == nil))
		}
		if !slices.Equal(got, []string{"one", "less", "false", "two", "", "true"}) {
			t.Fatalf("got %q", got)
		}
		gone, err := st.Gone(ctx, id("w"))
		must(t, err)
		if len(gone) != 2 || gone[content("a")] != "a name" || gone[content("b")] != "asked for" {
			t.Fatalf("gone: %v", gone)
		}
		gone, err = st.Gone(ctx, id("v"))
		must(t, err)
		if why, ok := gone[content("c")]; len(gone) != 1 || !ok || why != "" {
			t.Fatalf("gone of the other work: %v", gone)
		}
		reopen(t, st)
	}
	if gone, err := st.Gone(ctx, id("unknown")); err != nil || len(gone) != 0 {
		t.Fatalf("gone of an unknown work: %v, %v", gone, err)
	}
}

// testRefused: what makes no sense is refused with the right error and changes
// nothing, not even the half of it that made sense.
func testRefused(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w, one := id("w"), seg("one")
	prepare(t, ctx, st)
	must(t, st.Append(ctx, w, seg("three"), seg("four")))
	before := dump(t, st)
	for _, c := range append(refusals(ctx, st), blockRefusals(t, st)...) {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.err, c.want)
		}
	}
	same(t, "after all that was refused", st, before)
	reopen(t, st)
	same(t, "and after reopening", st, before)
	for name, err := range map[string]error{
		"Load":          last(st.Load(ctx, cid.Undef)),
		"Held":          last(st.Held(ctx, cid.Undef)),
		"Replace":       st.Replace(ctx, cid.Undef, replacing(seg("x"), one)),
		"Erase":         st.Erase(ctx, cid.Undef, store.Erasure{}),
		"OpenJournal":   st.OpenJournal(ctx, cid.Undef, []byte("h")),
		"AppendJournal": st.AppendJournal(ctx, cid.Undef, []byte("r")),
		"Seal":          st.Seal(ctx, cid.Undef),
		"Hold":          st.Hold(ctx, cid.Undef),
		"Release":       st.Release(ctx, cid.Undef),
	} {
		is(t, name+" of no work", err, store.ErrArgument)
	}
	_, err := st.Gone(ctx, cid.Undef)
	is(t, "Gone of no work", err, store.ErrArgument)
	_, err = st.LoadJournal(ctx, cid.Undef)
	is(t, "LoadJournal of no work", err, store.ErrArgument)
}

// refusal is a call that must be refused.
type refusal struct {
	name      string
	err, want error
}

// refusals makes every call that makes no sense, to a work of the segments one to
// four.
func refusals(ctx context.Context, st store.Store) []refusal {
	w := id("w")
	one, two, three, four := seg("one"), seg("two"), seg("three"), seg("four")
	misnamed := seg("five")
	misnamed.ID = one.ID
	unnamed := seg("five")
	unnamed.ID = ""
	upper := seg("five")
	upper.ID = strings.ToUpper(upper.ID)
	odd := seg("five")
	odd.Replaces = []string{"one"}
	return []refusal{
		{"append without changes", st.Append(ctx, w, store.NewSegment(nil, nil)), store.ErrArgument},
		{"append under another name", st.Append(ctx, w, misnamed), store.ErrArgument},
		{"append without a name", st.Append(ctx, w, unnamed), store.ErrArgument},
		{"append under a name in capitals", st.Append(ctx, w, upper), store.ErrArgument},
		{"append one good, one bad", st.Append(ctx, w, seg("good"), misnamed), store.ErrArgument},
		{"append what replaces", st.Append(ctx, w, replacing(seg("five"), one)), store.ErrArgument},
		{"append to no work", st.Append(ctx, cid.Undef, seg("five")), store.ErrArgument},
		{"replace nothing", st.Replace(ctx, w, seg("five")), store.ErrArgument},
		{"replace what is no name", st.Replace(ctx, w, odd), store.ErrArgument},
		{"replace what is not there", st.Replace(ctx, w, replacing(seg("five"), one, seg("gone"))), store.ErrNotFound},
		{"replace in a work that is not there", st.Replace(ctx, id("x"), replacing(seg("five"), one)), store.ErrNotFound},
		{"replace with a gap", st.Replace(ctx, w, replacing(seg("five"), one, three)), store.ErrArgument},
		{"replace backwards", st.Replace(ctx, w, replacing(seg("five"), two, one)), store.ErrArgument},
		{"replace twice the same", st.Replace(ctx, w, replacing(seg("five"), one, one)), store.ErrArgument},
		{"replace by one that stands elsewhere", st.Replace(ctx, w, replacing(four, one, two)), store.ErrArgument},
		{"replace by one that stands before", st.Replace(ctx, w, replacing(one, two, three)), store.ErrArgument},
		{"erase in no segment", st.Erase(ctx, w, store.Erasure{Segment: seg("gone").ID, Content: []cid.Cid{content("c")}}), store.ErrNotFound},
		{"erase in no work", st.Erase(ctx, id("x"), store.Erasure{Segment: one.ID}), store.ErrNotFound},
		{"erase without a segment's name", st.Erase(ctx, w, store.Erasure{Words: []byte("x")}), store.ErrArgument},
		{"erase with a bad name", st.Erase(ctx, w, store.Erasure{Segment: "one"}), store.ErrArgument},
		{"erase one good, one undefined", st.Erase(ctx, w, store.Erasure{Content: []cid.Cid{content("c"), cid.Undef}}), store.ErrArgument},
		{"journal without header", st.OpenJournal(ctx, w, nil), store.ErrArgument},
		{"journal with an empty record", st.OpenJournal(ctx, w, []byte("h"), []byte("r"), nil), store.ErrArgument},
		{"record that is empty", st.AppendJournal(ctx, w, []byte("r"), []byte{}), store.ErrArgument},
		{"record without journal", st.AppendJournal(ctx, id("x"), []byte("r")), store.ErrNotFound},
		{"nothing without journal", st.AppendJournal(ctx, id("x")), store.ErrNotFound},
		{"seal a bad segment", st.Seal(ctx, w, seg("good"), misnamed), store.ErrArgument},
		{"seal what replaces", st.Seal(ctx, w, replacing(seg("five"), one)), store.ErrArgument},
		{"hold without a name", st.Hold(ctx, w, store.Pending{ID: id("q")}, store.Pending{}), store.ErrArgument},
		{"release without a name", st.Release(ctx, w, id("p"), cid.Undef), store.ErrArgument},
		{"no name", st.SetName(ctx, "", w), store.ErrArgument},
	}
}

// testLimits: at the limit it goes in and comes back, one over it does not.
func testLimits(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	big := bytes.Repeat([]byte("a large part of a store "), store.MaxPart/24+1)[:store.MaxPart+1]
	long := strings.Repeat("n", store.MaxName+1)
	many := store.NewSegment([]byte("many"), nil)
	for range store.MaxReplace + 1 {
		many.Replaces = append(many.Replaces, many.ID)
	}
	for _, c := range []struct {
		name string
		err  error
	}{
		{"changes", st.Append(ctx, w, store.NewSegment(big, nil))},
		{"words", st.Append(ctx, w, store.NewSegment([]byte("c"), big))},
		{"replaced", st.Replace(ctx, w, many)},
		{"words of an erasure", st.Erase(ctx, w, store.Erasure{Segment: seg("one").ID, Words: big})},
		{"reason", st.Erase(ctx, w, store.Erasure{Reason: long})},
		{"header", st.OpenJournal(ctx, w, big[:store.MaxHeader+1])},
		{"record", st.OpenJournal(ctx, w, []byte("h"), big)},
		{"held", st.Hold(ctx, w, store.Pending{ID: id("p"), Data: big[:store.MaxPending+1]})},
		{"block", st.PutBlocks(ctx, w, blockOf("good"), blockOf(string(big[:store.MaxBlock+1])))},
		{"blocks", st.PutBlocks(ctx, w, slices.Repeat([]store.Block{blockOf("good")}, store.MaxBlocks+1)...)},
		{"name", st.SetName(ctx, long, w)},
	} {
		is(t, c.name+" one over the limit", c.err, store.ErrLimit)
	}
	if got := dump(t, st); got != "" {
		t.Fatalf("refused, but now there is\n%.200s", got)
	}
	largest := store.NewSegment(big[:store.MaxPart], big[1:])
	must(t, st.Append(ctx, w, largest))
	must(t, st.OpenJournal(ctx, w, big[:store.MaxHeader]))
	must(t, st.Hold(ctx, w, store.Pending{ID: id("p"), Data: big[:store.MaxPending]}))
	must(t, st.SetName(ctx, long[1:], w))
	must(t, st.Erase(ctx, w, store.Erasure{Content: []cid.Cid{content("c")}, Reason: long[1:]}))
	block := blockOf(string(big[:store.MaxBlock]))
	must(t, st.PutBlocks(ctx, w, slices.Repeat([]store.Block{blockOf("good")}, store.MaxBlocks)...))
	must(t, st.PutBlocks(ctx, w, block))
	reopen(t, st)
	if b, err := st.GetBlock(ctx, w, block.ID); err != nil || !bytes.Equal(b, block.Data) {
		t.Fatalf("the largest block came back different: %v", err)
	}
	for s, err := range st.Load(ctx, w) {
		must(t, err)
		if !bytes.Equal(s.Changes, largest.Changes) || !bytes.Equal(s.Words, largest.Words) {
			t.Fatal("the largest segment came back different")
		}
	}
	for p, err := range st.Held(ctx, w) {
		must(t, err)
		if !bytes.Equal(p.Data, big[:store.MaxPending]) {
			t.Fatal("the largest held change came back different")
		}
	}
	names, err := st.Names(ctx)
	must(t, err)
	gone, err := st.Gone(ctx, w)
	must(t, err)
	if names[long[1:]] != w || gone[content("c")] != long[1:] {
		t.Fatal("the longest name or reason came back different")
	}
}
