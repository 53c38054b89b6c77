package authorship_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// readers are people who write, delete, undo and turn back two texts, each Update being
// a change. Every character is another one.
type readers struct {
	t    testing.TB
	r    *rand.Rand
	docs []*crdt.Doc
	undo []*crdt.Undo
	who  map[crdt.Author]string // the person of each key, "" for an agent
	log  map[rune]string
	next rune

	capped, back int // characters with as many others as count, and those that were deleted before
}

// newReaders makes Ann, her phone, others, and a program of hers.
func newReaders(t testing.TB, seed uint64) *readers {
	x := &readers{t: t, r: rand.New(rand.NewPCG(seed, 61)), who: map[crdt.Author]string{}, log: map[rune]string{}, next: 0x4e00}
	ann := key("Ann")
	first := found(t, ann)
	x.add(first, "Ann")
	x.add(join(t, first, nameless("phone").BoundTo(ann, false)), "Ann")
	for _, name := range []string{"Ben", "Cy", "Dee", "Eve", "Fay", "Guy", "Hal"}[:2+x.r.IntN(6)] {
		x.add(join(t, first, key(name)), name)
	}
	x.add(join(t, first, nameless("scribe").BoundTo(ann, true)), "")
	return x
}

// add takes up a replica.
func (x *readers) add(d *crdt.Doc, who string) {
	x.docs, x.undo = append(x.docs, d), append(x.undo, crdt.NewUndo(d))
	x.who[d.Author()] = who
}

// types is n new characters by somebody.
func (x *readers) types(who string, n int) string {
	var b strings.Builder
	for range n {
		x.log[x.next] = who
		b.WriteRune(x.next)
		x.next++
	}
	return b.String()
}

// step lets somebody do something.
func (x *readers) step() {
	k := x.r.IntN(len(x.docs))
	d := x.docs[k]
	if x.r.IntN(5) < 2 {
		must(x.t, d.Merge(x.docs[x.r.IntN(len(x.docs))]))
		return
	}
	switch n := x.r.IntN(12); {
	case n < 3:
		press := x.undo[k].Undo
		if n == 0 {
			press = x.undo[k].Redo
		}
		if _, err := press(); err != nil && !errors.Is(err, crdt.ErrNothing) {
			x.t.Fatal(err)
		}
	case n == 3:
		at := x.r.IntN(d.View().Changes())
		for c := range d.View().History() {
			if at--; at < 0 && c.Seq > 0 {
				must(x.t, d.Update(func(tx *crdt.Tx) error { tx.RevertTo(c.Version()); return nil }))
				break
			}
		}
	default:
		who := x.who[d.Author()]
		must(x.t, d.Update(func(tx *crdt.Tx) error {
			text := tx.Text(texts[x.r.IntN(2)])
			i := x.r.IntN(text.Len() + 1)
			j := i + x.r.IntN(min(text.Len()-i, 5)+1)
			if i < j && x.r.IntN(2) == 0 {
				text.Delete(i, j)
			} else {
				text.Insert(i, x.types(who, 1+x.r.IntN(4)))
			}
			return nil
		}))
	}
	x.undo[k].Break()
	if _, err := d.Commit(""); err != nil && !errors.Is(err, crdt.ErrNothing) {
		x.t.Fatal(err)
	}
}

// wants is the persistence of everybody: by reading what each change had in sight and
// what it left, for every character.
func (x *readers) wants(v *crdt.View) map[string]int {
	x.t.Helper()
	type sight struct {
		who           string
		before, after [2]string
		did           [2]bool // something to the text, though it may not show: another's delete may stand
	}
	at := func(version crdt.Version) (out [2]string) {
		past, err := x.docs[0].At(version)
		must(x.t, err)
		for k, name := range texts {
			out[k] = past.Text(name).String()
		}
		return out
	}
	var all []sight
	var did [2]map[cid.Cid]bool
	for k, name := range texts {
		did[k] = map[cid.Cid]bool{}
		for c := range v.History(crdt.Filter{In: v.Text(name)}) {
			did[k][c.ID] = true
		}
	}
	for c := range v.History() {
		if c.ID != v.ID() {
			all = append(all, sight{x.who[c.Author], at(c.Parents), at(c.Version()), [2]bool{did[0][c.ID], did[1][c.ID]}})
		}
	}
	shown := map[string]bool{}
	for _, name := range texts {
		for _, r := range v.Text(name).String() {
			shown[x.log[r]] = true
		}
	}
	sum := map[string]int{}
	for k, name := range texts {
		for _, r := range v.Text(name).String() {
			others, deleted := map[string]bool{}, map[string]bool{}
			for _, s := range all {
				seen, left := strings.ContainsRune(s.before[k], r), strings.ContainsRune(s.after[k], r)
				if seen && s.did[k] && s.who != "" && shown[s.who] && s.who != x.log[r] {
					others[s.who] = true
				}
				if seen && !left {
					deleted[s.who] = true
				}
			}
			for who := range deleted {
				delete(others, who)
			}
			if len(others) >= 5 {
				x.capped++
			}
			if len(deleted) > 0 {
				x.back++
			}
			sum[x.log[r]] += min(len(others), 5)
		}
	}
	return sum
}

// measured is the measures of a view as JSON.
func measured(t testing.TB, v *crdt.View) string {
	b, err := json.Marshal(authorship.Measures(v))
	must(t, err)
	return string(b)
}

// TestPersistence compares persistence with a count by hand of random histories, whole
// and in parts, on every replica, at a version, and from a state built anew.
func TestPersistence(t *testing.T) {
	n, capped, restored := 60, 0, 0
	switch {
	case *long:
		n = 1000
	case testing.Short():
		n = 15
	}
	for seed := range uint64(n) {
		x := newReaders(t, seed)
		for range 90 {
			x.step()
		}
		meet(t, x.docs...)
		v := x.docs[0].View()
		want := x.wants(v)
		capped, restored = capped+x.capped, restored+x.back
		got, parts := map[string]int{}, map[string]int{}
		for _, m := range authorship.Measures(v) {
			got[x.who[m.Person.ID]] += m.Persistence
		}
		for _, name := range texts {
			for _, m := range authorship.MeasuresOf(v.Text(name)) {
				parts[x.who[m.Person.ID]] += m.Persistence
			}
		}
		for _, who := range x.who {
			if got[who] != want[who] || parts[who] != want[who] {
				t.Fatalf("seed %d: persistence of %q is %d, %d in parts, want %d", seed, who, got[who], parts[who], want[who])
			}
		}
		says := measured(t, v)
		for _, d := range x.docs[1:3] {
			past, err := d.At(v.Version())
			must(t, err)
			if a, b := measured(t, d.View()), measured(t, past); a != says || b != says {
				t.Fatalf("seed %d: measures\n%s\n%s\nand\n%s", seed, says, a, b)
			}
		}
	}
	if t.Logf("%d characters with as many others as count, %d that were restored", capped, restored); restored == 0 || capped == 0 && !testing.Short() {
		t.Error("too little happened")
	}
}

// TestGaming: what does not raise anybody's persistence.
func TestGaming(t *testing.T) {
	persistence := func(d *crdt.Doc, name string) int {
		for _, m := range authorship.Measures(d.View()) {
			if m.Person.Name == name {
				return m.Persistence
			}
		}
		return 0
	}
	for name, play := range map[string]func(t *testing.T, ann, ben *crdt.Doc){
		"own edits": func(t *testing.T, ann, _ *crdt.Doc) {
			for range 3 {
				write(t, ann, "more")
			}
		},
		"an own device": func(t *testing.T, ann, _ *crdt.Doc) {
			phone := join(t, ann, nameless("phone").BoundTo(key("Ann"), false))
			write(t, phone, "x")
			must(t, ann.Merge(phone))
		},
		"an agent": func(t *testing.T, ann, ben *crdt.Doc) {
			write(t, ben, "y") // Ben grants the terms
			bot := join(t, ben, nameless("bot").BoundTo(key("Ben"), true))
			edit(t, ben, func(tx *crdt.Tx) { tx.Text("body").Delete(5, 6) })
			write(t, bot, "x")
			must(t, ann.Merge(bot))
			must(t, ann.Merge(ben))
		},
		"somebody without surviving work": func(t *testing.T, ann, ben *crdt.Doc) {
			edit(t, ben, func(tx *crdt.Tx) { tx.Text("body").Append("x") })
			edit(t, ben, func(tx *crdt.Tx) { tx.Text("body").Delete(5, 6) })
			must(t, ann.Merge(ben))
		},
		"a change elsewhere": func(t *testing.T, ann, ben *crdt.Doc) {
			edit(t, ben, func(tx *crdt.Tx) { tx.Text("notes").Append("x") })
			must(t, ann.Merge(ben))
		},
		"who had not seen it": func(t *testing.T, ann, ben *crdt.Doc) {
			edit(t, ann, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 5) })
			write(t, ann, "other")
			write(t, ben, "x")
			must(t, ann.Merge(ben))
		},
		"who deleted it, whoever restored it": func(t *testing.T, ann, ben *crdt.Doc) {
			c := edit(t, ben, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 5) })
			must(t, ann.Merge(ben))
			edit(t, ann, func(tx *crdt.Tx) { tx.Invert(c.ID) })
			must(t, ben.Merge(ann))
			write(t, ben, "x")
			must(t, ann.Merge(ben))
		},
	} {
		t.Run(name, func(t *testing.T) {
			ann := found(t, key("Ann"))
			write(t, ann, "knead")
			ben := join(t, ann, key("Ben"))
			play(t, ann, ben)
			if n := persistence(ann, "Ann"); n != 0 {
				t.Errorf("persistence %d", n)
			}
		})
	}
	ann := found(t, key("Ann"))
	write(t, ann, "knead it")
	for k := range 7 {
		d := join(t, ann, key(fmt.Sprint("reader ", k)))
		write(t, d, "x")
		must(t, ann.Merge(d))
		if n, want := persistence(ann, "Ann"), 7*min(k+1, 5); n != want {
			t.Errorf("%d others: persistence %d, want %d", k+1, n, want)
		}
	}
	// A whole text that is set anew is the difference, and restores are no characters.
	ben := join(t, ann, key("Ben"))
	edit(t, ben, func(tx *crdt.Tx) { tx.Text("body").SetString("knead it well" + strings.Repeat("x", 7)) })
	if c := credit(t, ben, "Ben"); c.Characters != 4 {
		t.Errorf("%+v", c)
	}
	c := edit(t, ben, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 8) })
	edit(t, ben, func(tx *crdt.Tx) { tx.Invert(c.ID) })
	if c := credit(t, ben, "Ben"); c.Characters != 4 || c.Restores == 0 {
		t.Errorf("%+v", c)
	}
}
