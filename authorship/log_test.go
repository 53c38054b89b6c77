package authorship_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// histories is how many random histories TestWhoTyped plays.
var histories = flag.Int("histories", 400, "random histories of TestWhoTyped")

// long is for what takes minutes.
var long = flag.Bool("long", false, "5,000 random histories of TestWhoTyped, 1,000 of TestPersistence")

// typists are people who write one work. Each character that anybody types is
// another one, so that the log of who typed it needs nothing of the library: wherever
// the character turns up, it is that person's.
type typists struct {
	t      testing.TB
	r      *rand.Rand
	seed   uint64
	docs   []*crdt.Doc
	undo   []*crdt.Undo
	who    []crdt.Author // the person who writes in each doc
	log    map[rune]crdt.Author
	next   rune
	seals  bool // whoever edits seals what is open first
	moves  bool // nothing is copied, only moved
	copied bool // something was quoted
	again  bool // something was copied before it had a name: it counts as typed again
	past   []moment
}

// moment is a version and the credits at it.
type moment struct {
	at   crdt.Version
	says string
}

// newTypists makes Ann, her phone, Ben and Cy.
func newTypists(t testing.TB, seed uint64) *typists {
	y := &typists{t: t, r: rand.New(rand.NewPCG(seed, 22)), seed: seed, log: map[rune]crdt.Author{}, next: 0x4e00}
	ann := key("Ann")
	a := found(t, ann)
	y.docs = []*crdt.Doc{a, join(t, a, nameless("Ann's phone").BoundTo(ann, false)), join(t, a, key("Ben")), join(t, a, key("Cy"))}
	y.who = []crdt.Author{ann.Author(), ann.Author(), key("Ben").Author(), key("Cy").Author()}
	y.seals, y.moves = y.r.IntN(3) > 0, y.r.IntN(3) == 0
	for _, d := range y.docs {
		y.undo = append(y.undo, crdt.NewUndo(d))
	}
	return y
}

// types is n new characters by a person.
func (y *typists) types(by crdt.Author, n int) string {
	var out []rune
	for range n {
		y.log[y.next] = by
		out = append(out, y.next)
		y.next++
	}
	return string(out)
}

// texts are the names of the texts of the work.
var texts = []string{"body", "notes"}

// step lets somebody do something.
func (y *typists) step() {
	k := y.r.IntN(len(y.docs))
	d := y.docs[k]
	switch n := y.r.IntN(20); {
	case n < 3:
		o := y.docs[y.r.IntN(len(y.docs))]
		if o != d {
			must(y.t, d.Merge(o))
		}
	case n < 6:
		press := y.undo[k].Undo
		if y.r.IntN(3) == 0 {
			press = y.undo[k].Redo
		}
		if _, err := press(); err != nil && !errors.Is(err, crdt.ErrNothing) {
			y.t.Fatal(err)
		}
	case n == 6:
		y.turnBack(k)
	case n == 7:
		y.remember(d)
	default:
		edits := 1 + y.r.IntN(2)
		if y.seals {
			y.commit(d)
			edits = 1
		}
		must(y.t, d.Update(func(tx *crdt.Tx) error {
			for range edits {
				y.edit(tx, k)
			}
			return nil
		}))
		if y.r.IntN(2) == 0 {
			y.undo[k].Break()
		}
	}
}

// edit edits one of the texts.
func (y *typists) edit(tx *crdt.Tx, k int) {
	to, from := tx.Text(texts[y.r.IntN(2)]), tx.Text(texts[y.r.IntN(2)])
	at, n := y.r.IntN(to.Len()+1), from.Len()
	if n == 0 {
		to.Insert(at, y.types(y.who[k], 4))
		return
	}
	i := y.r.IntN(n)
	j := i + 1 + y.r.IntN(min(n-i, 6))
	kind := y.r.IntN(8)
	if y.moves && kind > 3 {
		kind = 6
	}
	if kind > 3 {
		for _, p := range tx.Copy(from.Slice(i, j)).Parts() {
			y.again = y.again || !p.Change.Defined()
		}
	}
	switch kind {
	case 0, 1:
		to.Insert(at, y.types(y.who[k], 1+y.r.IntN(5)))
	case 2:
		from.Replace(i, j, y.types(y.who[k], 2))
	case 3:
		from.Delete(i, j)
	case 4:
		y.copied = true
		to.Quote(at, from.Slice(i, j))
	case 5:
		y.copied = true
		authorship.Quote(tx, to, at, from.Slice(i, j))
	default:
		from.Move(i, j, to, at)
	}
}

// turnBack takes a change back, or goes back to an older version.
func (y *typists) turnBack(k int) {
	d := y.docs[k]
	var own []crdt.Change
	for c := range d.View().History() {
		if c.Seq > 0 {
			own = append(own, c)
		}
	}
	if len(own) == 0 {
		return
	}
	c := own[y.r.IntN(len(own))]
	must(y.t, d.Update(func(tx *crdt.Tx) error {
		if y.r.IntN(3) == 0 {
			tx.RevertTo(c.Version())
		} else {
			tx.Invert(c.ID)
		}
		return nil
	}))
}

// commit seals what is open.
func (y *typists) commit(d *crdt.Doc) {
	if _, err := d.Commit(""); err != nil && !errors.Is(err, crdt.ErrNothing) {
		y.t.Fatal(err)
	}
}

// remember keeps the credits of now.
func (y *typists) remember(d *crdt.Doc) {
	y.commit(d)
	y.past = append(y.past, moment{d.Heads(), y.credits(d.View())})
}

// credits is the table of credits as JSON.
func (y *typists) credits(v *crdt.View) string {
	b, err := json.Marshal(authorship.Credits(v))
	must(y.t, err)
	return string(b)
}

// check compares blame and credits with the log.
func (y *typists) check(v *crdt.View) {
	shown, distinct := map[crdt.Author]int{}, map[crdt.Author]int{}
	seen := map[rune]bool{}
	for _, name := range texts {
		whole := ""
		for s := range authorship.Blame(v.Text(name)) {
			whole += s.Text
			for _, c := range s.Text {
				if y.log[c] != s.Author.ID {
					y.t.Fatalf("seed %d: %c is credited to %s, typed by %s: %+v", y.seed, c, s.Author, y.log[c], s.Origin)
				}
				shown[s.Author.ID]++
				if !seen[c] {
					seen[c] = true
					distinct[s.Author.ID]++
				}
			}
			if o := s.Origin; o != nil && (o.Proof != authorship.Proven || o.Author != s.Author || o.Work != v.ID()) {
				y.t.Fatalf("seed %d: %+v", y.seed, o)
			}
		}
		if whole != v.Text(name).String() {
			y.t.Fatalf("seed %d: blame of %q gives %q", y.seed, v.Text(name), whole)
		}
	}
	parts := map[crdt.Author]authorship.Credit{}
	for _, name := range texts {
		for _, c := range authorship.CreditsOf(v.Text(name)) {
			p := parts[c.Person.ID]
			p.Characters, p.Quoted, p.Inserts, p.Placements = p.Characters+c.Characters, p.Quoted+c.Quoted, p.Inserts+c.Inserts, p.Placements+c.Placements
			p.Deletes, p.Restores = p.Deletes+c.Deletes, p.Restores+c.Restores
			parts[c.Person.ID] = p
		}
	}
	for _, c := range authorship.Credits(v) {
		id := c.Person.ID
		if c.Characters+c.Quoted != shown[id] || !y.again && (c.Characters > distinct[id] || !y.copied && c.Characters != distinct[id]) {
			y.t.Fatalf("seed %d: %d characters and %d quoted of %d shown, %d of them different: %+v", y.seed, c.Characters, c.Quoted, shown[id], distinct[id], c)
		}
		p := parts[id]
		if p.Characters != c.Characters || p.Quoted != c.Quoted || p.Inserts != c.Inserts || p.Placements != c.Placements || p.Deletes != c.Deletes || p.Restores != c.Restores {
			y.t.Fatalf("seed %d: the parts have %+v, the work %+v", y.seed, p, c)
		}
		delete(shown, id)
	}
	for id, n := range shown {
		y.t.Fatalf("seed %d: %d characters of %s are in nobody's credits", y.seed, n, id)
	}
}

// play plays one history.
func (y *typists) play() {
	for range 24 {
		y.step()
	}
	y.check(y.docs[y.r.IntN(len(y.docs))].View()) // with what is open
	first := y.docs[0]
	for _, d := range y.docs[1:] {
		must(y.t, first.Merge(d))
	}
	other := y.docs[1+y.r.IntN(len(y.docs)-1)]
	must(y.t, other.Merge(first))
	y.check(first.View())
	want := y.credits(first.View())
	if got := y.credits(other.View()); got != want {
		y.t.Fatalf("seed %d: credits\n%s\nand\n%s", y.seed, got, want)
	}
	v, err := other.At(first.Heads())
	must(y.t, err)
	if got := y.credits(v); got != want {
		y.t.Fatalf("seed %d: credits of a state built anew\n%s\nwant\n%s", y.seed, got, want)
	}
	for _, m := range y.past {
		v, err := first.At(m.at)
		must(y.t, err)
		if got := y.credits(v); got != m.says {
			y.t.Fatalf("seed %d: credits of a version\n%s\nwere\n%s", y.seed, got, m.says)
		}
		y.check(v)
	}
}

// TestWhoTyped: whatever is written, deleted, undone, quoted, moved, turned back and
// merged, each character is credited to who typed it, once; the numbers are the
// same everywhere, at every version, in parts and whole, and from scratch.
func TestWhoTyped(t *testing.T) {
	n := *histories
	switch {
	case *long:
		n = max(n, 5000)
	case testing.Short():
		n = min(n, 40)
	}
	for part := range 4 {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			strict, moves := 0, 0
			for seed := part; seed < n; seed += 4 {
				y := newTypists(t, uint64(seed))
				y.play()
				if !y.again {
					strict++
					if !y.copied {
						moves++
					}
				}
			}
			if t.Logf("%d histories of %d count each character once, %d of them without copies", strict, n/4, moves); strict < n/8 || moves < n/100 {
				t.Error("too few")
			}
		})
	}
}
