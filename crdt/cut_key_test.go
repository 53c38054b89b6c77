package crdt_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// cutWork is a work under a charter, whose members are Ann, Ben and Cyd, in which Dan,
// by a device of his, has typed a run before each of many lines of Ann's, and deleted a
// word from some; and Ben has typed into some of Dan's runs and deleted from others.
type cutWork struct {
	t                       testing.TB
	ann, ben, cyd, dan, dev *crdt.Doc
	lines                   int
	runs                    uint64 // that are shown by Dan's device, and that it has hidden
}

// danRun is what Dan types before each line.
var danRun = strings.Repeat("Dan goes on and on. ", 5)

// line is a line of Ann's.
func (w *cutWork) line(i int) string { return fmt.Sprintf("Ann writes line %05d.\n", i) }

// newCutWork writes the work.
func newCutWork(t testing.TB, lines int) *cutWork {
	t.Helper()
	key := func(name string) *authorship.Key { return authorship.KeyFromSeed(name, sha256.Sum256([]byte(name))) }
	var members []crdt.Author
	for _, n := range []string{"Ann", "Ben", "Cyd"} {
		members = append(members, key(n).Author())
	}
	w := &cutWork{t: t, lines: lines}
	var err error
	w.ann, err = crdt.New(key("Ann"), authorship.Found(authorship.Charter{
		Title: "Bread", Terms: []string{"MIT"}, Members: map[string][]crdt.Author{"members": members},
	}))
	must(t, err)
	for name, to := range map[string]**crdt.Doc{"Ben": &w.ben, "Cyd": &w.cyd, "Dan": &w.dan} {
		*to, err = w.ann.Clone(key(name), authorship.Agree("MIT"))
		must(t, err)
	}
	w.write(w.dan, func(tx *crdt.Tx) error { tx.Counter("here").Add(1); return nil })
	w.dev, err = w.dan.Clone(key("Dan's device").BoundTo(key("Dan"), false), authorship.Agree("MIT"))
	must(t, err)
	w.write(w.ann, func(tx *crdt.Tx) error {
		for i := range lines {
			tx.Text("body").Append(w.line(i))
		}
		return nil
	})
	must(t, w.dev.Merge(w.ann))
	for _, i := range rand.New(rand.NewPCG(5, 6)).Perm(lines) { // so that neighbours in the text have distant numbers
		w.write(w.dev, func(tx *crdt.Tx) error {
			at := strings.Index(tx.Text("body").String(), w.line(i))
			tx.Text("body").Insert(at, danRun)
			w.runs++
			if i%5 == 0 {
				tx.Text("body").Delete(at+len(danRun)+len("Ann "), at+len(danRun)+len("Ann writes "))
				w.runs++
			}
			return nil
		})
	}
	must(t, w.ben.Merge(w.dev))
	w.write(w.ben, func(tx *crdt.Tx) error {
		text := tx.Text("body").String()
		for i := lines - 1; i >= 0; i-- {
			at := strings.LastIndex(text, danRun)
			text = text[:at]
			switch i % 10 {
			case 3:
				tx.Text("body").Insert(at+50, "Ben. ")
				w.runs++ // Dan's run is two now
			case 6:
				tx.Text("body").Delete(at+50, at+60)
				w.runs++
			}
		}
		return nil
	})
	return w
}

// write makes a change.
func (w *cutWork) write(d *crdt.Doc, fn func(*crdt.Tx) error) crdt.Change {
	w.t.Helper()
	must(w.t, d.Update(fn))
	_, _ = d.Commit("") // acts may have been sealed at once
	c, _ := d.Newest()
	return c
}

// text is what the text shows while what Dan's device has done counts, or does not.
func (w *cutWork) text(on bool) string {
	var b strings.Builder
	for i := range w.lines {
		run, line := "", w.line(i)
		if on {
			run = danRun
			if i%5 == 0 {
				line = strings.Replace(line, "writes ", "", 1)
			}
		}
		switch {
		case i%10 == 3 && on:
			run = run[:50] + "Ben. " + run[50:]
		case i%10 == 3:
			run = "Ben. "
		case i%10 == 6 && on:
			run = run[:50] + run[60:]
		}
		b.WriteString(run + line)
	}
	return b.String()
}

// turnCost is what turning Dan's device off or on has cost a replica.
type turnCost struct{ told, turned, steps uint64 }

// turn has a replica take in what another one has, by which what Dan's device has done
// comes to count or does not, and gives what that cost: no room is built anew for it.
func (w *cutWork) turn(why string, r, from *crdt.Doc, on bool) turnCost {
	w.t.Helper()
	rooms := r.Rooms()
	before := turnCost{r.StateTold(), r.SeqTurned("body"), r.LifeSteps()}
	must(w.t, r.Merge(from))
	c := turnCost{r.StateTold() - before.told, r.SeqTurned("body") - before.turned, r.LifeSteps() - before.steps}
	if r.Rooms() != rooms {
		w.t.Errorf("%s: the state was built anew", why)
	}
	if got := r.View().Text("body").String(); got != w.text(on) {
		w.t.Errorf("%s: the text is %d bytes, want %d", why, len(got), len(w.text(on)))
	}
	if c.turned < w.runs {
		w.t.Errorf("%s: %d runs, and only %d were turned over in the text", why, w.runs, c.turned)
	}
	w.t.Logf("%s: the rooms are told of %.2f stretches a run, the text turns %.2f, life takes %.1f steps", why,
		float64(c.told)/float64(w.runs), float64(c.turned)/float64(w.runs), float64(c.steps)/float64(w.runs))
	return c
}

// TestCutKeyCost turns 10^5 characters of a key off and on, each way in which that can
// come about: the key's person revokes it, and a member accepts what it wrote; members
// decide to cut it, and the decision falls to a rival; they decide it anew, and accept
// what it wrote. Off and on again takes at most four flips of a run, however long the
// run is, and however many other runs there are.
func TestCutKeyCost(t *testing.T) {
	for _, lines := range []int{100, 1000} {
		if testing.Short() && lines > 100 {
			break
		}
		w := newCutWork(t, lines)
		r, err := w.ben.Clone(nil, authorship.Rules())
		must(t, err)
		if got := r.View().Text("body").String(); got != w.text(true) {
			t.Fatalf("the text is %d bytes, want %d", len(got), len(w.text(true)))
		}
		for _, d := range []*crdt.Doc{w.ann, w.cyd, w.dan} {
			must(t, d.Merge(w.ben))
		}
		t.Logf("%d characters in %d runs", lines*len(danRun), w.runs)
		var costs []turnCost
		turn := func(why string, from *crdt.Doc, on bool) { costs = append(costs, w.turn(why, r, from, on)) }

		tip, _ := w.dev.Newest()
		key := w.dev.Author()
		w.write(w.dan, func(tx *crdt.Tx) error { return authorship.Revoke(tx, key) })
		turn("revoked", w.dan, false)
		must(t, w.ann.Merge(w.dan))
		w.write(w.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, tip.ID) })
		turn("accepted", w.ann, true)

		cut := authorship.Amendment{Cut: []authorship.Cut{{Key: key}}}
		w.rivals(cut, turn)

		must(t, w.ben.Merge(w.cyd))
		p := w.write(w.ben, func(tx *crdt.Tx) error { return authorship.Amend(tx, cut) })
		w.write(w.ben, func(tx *crdt.Tx) error { return authorship.Endorse(tx, p.ID) })
		must(t, w.cyd.Merge(w.ben))
		w.write(w.cyd, func(tx *crdt.Tx) error { return authorship.Endorse(tx, p.ID) })
		turn("cut again", w.cyd, false)
		w.write(w.cyd, func(tx *crdt.Tx) error { return authorship.Accept(tx, tip.ID) })
		turn("accepted again", w.cyd, true)

		must(t, r.CheckRooms())
		for k := 0; k < len(costs); k += 2 {
			off, on := costs[k], costs[k+1]
			if told, turned := off.told+on.told, off.turned+on.turned; told > 4*w.runs || turned > 4*w.runs {
				t.Errorf("turn %d: %d runs, %d stretches told and %d flips in the text, want at most four a run", k, w.runs, told, turned)
			}
			if steps := off.steps + on.steps; steps > 40*w.runs {
				t.Errorf("turn %d: %d runs take %d steps", k, w.runs, steps)
			}
		}
	}
}

// rivals decides to cut the key by Ann and Cyd while Ben, who has seen that Cyd changed
// his mind, decides something else with him: the cut falls as soon as Cyd goes on from
// there.
func (w *cutWork) rivals(cut authorship.Amendment, turn func(string, *crdt.Doc, bool)) {
	t := w.t
	t.Helper()
	p1 := w.write(w.ann, func(tx *crdt.Tx) error { return authorship.Amend(tx, cut) })
	p2 := w.write(w.ann, func(tx *crdt.Tx) error {
		return authorship.Amend(tx, authorship.Amendment{Accept: &authorship.Share{Num: 1, Den: 3}})
	})
	must(t, w.cyd.Merge(w.ann))
	w.write(w.cyd, func(tx *crdt.Tx) error { return authorship.Endorse(tx, p1.ID) })
	must(t, w.ann.Merge(w.cyd))
	w.write(w.cyd, func(tx *crdt.Tx) error { return authorship.Endorse(tx, p2.ID) })
	must(t, w.ben.Merge(w.cyd))
	w.write(w.ann, func(tx *crdt.Tx) error { return authorship.Endorse(tx, p1.ID) })
	turn("cut", w.ann, false)
	w.write(w.ben, func(tx *crdt.Tx) error { return authorship.Endorse(tx, p2.ID) })
	must(t, w.cyd.Merge(w.ben))
	w.write(w.cyd, func(tx *crdt.Tx) error { tx.Counter("here").Add(1); return nil })
	turn("cut has fallen", w.cyd, true)
}
