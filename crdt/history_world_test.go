package crdt_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// story is one random history of one work.
type story struct {
	t     testing.TB
	r     *rand.Rand
	seed  uint64
	salt  bool
	docs  []*crdt.Doc
	names int // keys given out
	log   []string

	made     []cid.Cid // sealed changes
	inverses map[cid.Cid]cid.Cid
	views    []oldView
	moments  []moment
	backups  []backup
	keys     map[*crdt.Doc]testKey
	logs     map[*crdt.Doc]*journal // of the docs that keep one
	starved  map[*crdt.Doc]bool     // words may be absent here
	tally    *counts
}

// journal is what a store would hold of the open change of a doc.
type journal struct {
	header []byte
	recs   [][]byte
}

// oldView is a view and what it showed when it was taken.
type oldView struct {
	v          *crdt.View
	json, dump string
}

// moment is a version and what its replica showed.
type moment struct {
	v          crdt.Version
	json, dump string
}

// backup is all that a replica held once, and its key.
type backup struct {
	key     testKey
	b       bridge.Bundle
	starved bool
}

// counts says what the histories of a run did.
type counts struct {
	histories, changes, edits, exchanges, rollbacks, inverts, forks, joins, turns, pasts, views, replays, parts, reopened, starves int
	undos                                                                                                                          int // presses that took something back or brought it again
	restores, marks, moves                                                                                                         int // ops that the changes hold
	turned                                                                                                                         int // changes that were off at the end
}

var errPlanned = errors.New("planned")

func newStory(t testing.TB, seed uint64, c *counts) *story {
	s := &story{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 20)), tally: c, inverses: map[cid.Cid]cid.Cid{},
		keys: map[*crdt.Doc]testKey{}, logs: map[*crdt.Doc]*journal{}, starved: map[*crdt.Doc]bool{}}
	opts := s.options()
	if s.salt = s.r.IntN(4) == 0; s.salt {
		opts = append(opts, crdt.WithSalt())
	}
	key := s.key()
	d, err := crdt.New(key, append(opts, crdt.Title(fmt.Sprint(seed)))...)
	must(t, err)
	s.enrol(d, key)
	for range 1 + s.r.IntN(2) {
		s.join()
	}
	c.histories++
	return s
}

// enrol takes a replica up into the story; every other one keeps a journal.
func (s *story) enrol(d *crdt.Doc, key testKey) {
	s.docs = append(s.docs, d)
	s.keys[d] = key
	if s.r.IntN(2) == 0 {
		s.logs[d] = &journal{}
	}
}

// options are those of every replica: rules, and no claimed time, so that a
// seed gives the same hashes every time.
func (s *story) options() []crdt.Option {
	return []crdt.Option{crdt.WithRules(tally{}, crdt.Value{}), crdt.WithClock(func() time.Time { return time.Unix(0, 0) }),
		crdt.WithRand(zeros{})}
}

// zeros is a source of salt that repeats.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func (s *story) key() testKey {
	s.names++
	return newKey(fmt.Sprint("story ", s.seed, " ", s.names))
}

func (s *story) failf(format string, args ...any) {
	s.t.Helper()
	for _, l := range s.log {
		s.t.Log(l)
	}
	m := fmt.Sprintf(format, args...)
	s.t.Fatalf("seed %d: %s", s.seed, m[:min(len(m), 6000)])
}

func (s *story) note(format string, args ...any) { s.log = append(s.log, fmt.Sprintf(format, args...)) }

func (s *story) must(err error) {
	s.t.Helper()
	if err != nil {
		s.failf("%v", err)
	}
}

// any is the index of a random replica.
func (s *story) any() int { return s.r.IntN(len(s.docs)) }

// step does one random thing and checks the rooms.
func (s *story) step() {
	k, other := s.any(), s.any()
	d := s.docs[k]
	switch n := s.r.IntN(100); {
	case n < 46:
		s.edit(k, d)
	case n < 51:
		s.rollback(k, d)
	case n < 60:
		s.commit(k, d)
	case n < 72:
		s.exchange(k, other)
	case n < 80:
		s.invert(k, d)
	case n < 84:
		s.undo(k, d)
	case n < 90:
		s.turn(k, d)
	case n < 92:
		s.join()
	case n < 94:
		s.fork(k)
	case n < 96:
		s.remember(d)
	case n < 98:
		s.reopen(k, d)
	case n < 99:
		s.starve(k, other)
	default:
		s.replay(k, d)
	}
	for _, i := range []int{k, other, len(s.docs) - 1} { // all that it may have touched
		if err := s.docs[i].CheckRooms(); err != nil {
			s.failf("doc %d: %v", i, err)
		}
	}
}

// update is Update; a doc that met a foreign change of its own key gets a new
// one first.
func (s *story) update(k int, d *crdt.Doc, fn func(tx *crdt.Tx) error) error {
	err := d.Update(fn)
	if errors.Is(err, crdt.ErrKey) {
		s.note("doc %d: rekey", k)
		s.rekey(d)
		err = d.Update(fn)
	}
	if j := s.logs[d]; j != nil && err == nil {
		r := bridge.Of(d).Record()
		if r.Header != nil {
			*j = journal{header: r.Header}
		}
		if r.Body != nil {
			j.recs = append(j.recs, r.Body)
		}
	}
	return err
}

// rekey gives a doc a new key.
func (s *story) rekey(d *crdt.Doc) testKey {
	key := s.key()
	s.must(d.Rekey(key))
	s.keys[d] = key
	return key
}

func (s *story) edit(k int, d *crdt.Doc) {
	n := 1 + s.r.IntN(4)
	s.note("doc %d: %d edits", k, n)
	e := editor{s.r, s.failf}
	s.must(s.update(k, d, func(tx *crdt.Tx) error {
		for range n {
			e.edit(tx)
			s.tally.edits++
		}
		return nil
	}))
}

// rollback lets an Update fail in its middle: nothing may be left of it.
func (s *story) rollback(k int, d *crdt.Doc) {
	n := s.r.IntN(5)
	mode := s.r.IntN(3)
	s.note("doc %d: rollback after %d edits, mode %d", k, n, mode)
	s.must(s.update(k, d, func(*crdt.Tx) error { return nil })) // rekey, if due
	var sent bridge.Bundle
	if mode == 0 {
		sent = s.bundle(d)
	}
	json, dump, open, heads := showAll(s, d), dumpView(d.View()), d.OpenState(), d.Heads()
	e := editor{s.r, s.failf}
	of, inverts := s.known(d), s.r.IntN(3) == 0
	err := func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = p.(error)
			}
		}()
		return d.Update(func(tx *crdt.Tx) error {
			for range n {
				e.edit(tx)
			}
			if inverts {
				tx.Invert(of)
			}
			switch mode {
			case 1:
				panic(errPlanned)
			case 2:
				tx.Text("t").Insert(1<<20, "x")
				tx.Text("t").Insert(0, "y")
				return nil
			}
			return errPlanned
		})
	}()
	if want := []error{errPlanned, errPlanned, crdt.ErrRange}[mode]; !errors.Is(err, want) {
		s.failf("a failing Update returned %v", err)
	}
	if got := showAll(s, d); got != json || d.Heads() != heads {
		s.failf("rollback left\n%s\nof\n%s", got, json)
	}
	if got := dumpView(d.View()); got != dump {
		s.failf("rollback left\n%s\nof\n%s", got, dump)
	}
	if got := d.OpenState(); got != open {
		s.failf("rollback left open\n%s\nof\n%s", got, open)
	}
	if mode == 0 {
		if got := s.bundle(d); fmt.Sprintf("%x", got) != fmt.Sprintf("%x", sent) {
			s.failf("what leaves after a rollback is not what left before")
		}
	}
	s.tally.rollbacks++
}

// bundle is everything a doc holds, as it leaves.
func (s *story) bundle(d *crdt.Doc) bridge.Bundle {
	s.must(bridge.Of(d).Leave())
	all := make([]int, bridge.Of(d).Count())
	for k := range all {
		all[k] = k
	}
	b, _ := bridge.Of(d).Bundle(all, math.MaxInt)
	return b
}

// known is a random change that a doc has.
func (s *story) known(d *crdt.Doc) cid.Cid {
	v := d.View()
	at, n := s.r.IntN(v.Changes()), 0
	for c := range v.History() {
		if n == at {
			return c.ID
		}
		n++
	}
	return cid.Undef
}

// commit seals what is open, at times with a note.
func (s *story) commit(k int, d *crdt.Doc) {
	note := ""
	if s.r.IntN(3) == 0 {
		note = s.words()
	}
	c, err := d.Commit(note)
	s.note("doc %d: commit %q: %v", k, note, c.ID)
	switch {
	case errors.Is(err, crdt.ErrNothing), errors.Is(err, crdt.ErrKey):
		return
	case err != nil:
		s.failf("commit: %v", err)
	case note != "" && c.Note != note:
		s.failf("note %q is %q", note, c.Note)
	}
	s.made = append(s.made, c.ID)
}

func (s *story) words() string { return letters[s.r.IntN(len(letters))] }

// exchange lets one or both of two replicas take in what the other has.
func (s *story) exchange(i, j int) {
	if i == j {
		return
	}
	a, b := s.docs[i], s.docs[j]
	both := s.r.IntN(2) == 0
	s.note("doc %d <- doc %d, back %v", i, j, both)
	s.tally.exchanges++
	s.must(a.Merge(b))
	s.starved[a] = s.starved[a] || s.starved[b]
	if !both {
		return
	}
	s.must(b.Merge(a))
	s.must(a.Merge(b)) // what Merge sealed in a
	s.starved[b] = s.starved[b] || s.starved[a]
	if s.starved[a] {
		s.judge(b)
	} else {
		s.equal(a, b)
	}
	s.judge(a)
}

// equal fails unless two replicas show the same.
func (s *story) equal(a, b *crdt.Doc) {
	s.t.Helper()
	if a.Heads() != b.Heads() {
		s.failf("heads differ:\n%v\n%v", a.Heads(), b.Heads())
	}
	if x, y := showAll(s, a), showAll(s, b); x != y {
		s.failf("JSON differs:\n%s\n%s", x, y)
	}
	if x, y := dumpView(a.View()), dumpView(b.View()); x != y {
		s.failf("dumps differ:\n%s\n%s\nthe twin of the first says\n%s", x, y, dumpTwin(newTwin(rawsOf(a))))
	}
}

// showAll is the JSON of a doc.
func showAll(s *story, d *crdt.Doc) string {
	b, err := d.View().MarshalJSON()
	s.must(err)
	return string(b)
}

// judge compares a doc with its twin; what is open is sealed first.
func (s *story) judge(d *crdt.Doc) *twin {
	s.t.Helper()
	if _, err := d.Since(d.Heads()); err != nil {
		s.failf("%v", err)
	}
	tw := newTwin(rawsOf(d))
	if got, want := showAll(s, d), tw.JSON(); got != want {
		s.failf("JSON is\n%s\nthe twin says\n%s", got, want)
	}
	if got, want := dumpView(d.View()), dumpTwin(tw); got != want {
		s.failf("dump is\n%s\nthe twin says\n%s", got, want)
	}
	for _, x := range tw.list {
		if off := d.View().Verdict(x.id.ChangeCID()) != nil; off != x.off {
			s.failf("%v is off: %v, the twin says %v", x.id.ChangeCID(), off, x.off)
		}
	}
	return tw
}

// invert takes back a change in a change of its own.
func (s *story) invert(k int, d *crdt.Doc) {
	of := s.known(d)
	if len(s.made) > 0 && s.r.IntN(2) == 0 {
		of = s.made[s.r.IntN(len(s.made))]
	}
	alone := s.r.IntN(2) == 0
	if alone {
		s.commit(k, d)
	}
	twice := s.r.IntN(8) == 0
	s.note("doc %d: invert %v, alone %v, twice %v", k, of, alone, twice)
	err := s.update(k, d, func(tx *crdt.Tx) error {
		tx.Invert(of)
		if twice {
			tx.Invert(of)
		}
		return nil
	})
	if errors.Is(err, crdt.ErrNotFound) {
		return
	}
	s.must(err)
	s.tally.inverts++
	if !alone {
		return
	}
	if c, err := d.Commit(""); err == nil {
		s.made = append(s.made, c.ID)
		if !twice && c.Ops > 0 {
			s.inverses[c.ID] = of
		}
	}
}

// turn switches a change off or on.
func (s *story) turn(k int, d *crdt.Doc) {
	of := s.known(d)
	for k := len(s.made) - 1; k >= 0; k-- { // restores are rare, and so are those that go off
		_, inverse := s.inverses[s.made[k]]
		if _, ok := d.View().Change(s.made[k]); ok && inverse && s.r.IntN(3) == 0 {
			of = s.made[k]
			break
		}
	}
	kind := []string{"off", "off", "on"}[s.r.IntN(3)]
	s.note("doc %d: %s %v", k, kind, of)
	s.must(s.update(k, d, func(tx *crdt.Tx) error { tx.Act(kind, of.String()); return nil }))
	s.tally.turns++
}

// join brings a late joiner, up to five replicas.
func (s *story) join() {
	if len(s.docs) >= 5 {
		return
	}
	from := s.any()
	key := s.key()
	d, err := s.docs[from].Clone(key, s.options()...)
	s.must(err)
	s.note("doc %d: clone of %d", len(s.docs), from)
	s.starved[d] = s.starved[s.docs[from]]
	s.enrol(d, key)
	s.tally.joins++
}

// fork makes a key write in two replicas: by a backup that is restored, now or
// later.
func (s *story) fork(k int) {
	if len(s.backups) == 0 || s.r.IntN(3) == 0 {
		d := s.docs[k]
		key := s.rekey(d)
		s.must(s.update(k, d, func(tx *crdt.Tx) error { tx.Put("key", s.words()); return nil }))
		s.backups = append(s.backups, backup{key, s.bundle(d), s.starved[d]})
		s.note("doc %d: backup with a new key", k)
		return
	}
	if len(s.docs) >= 5 {
		return
	}
	b := s.backups[s.r.IntN(len(s.backups))]
	d, err := crdt.Join(b.key, block.ID(b.b.Work).ChangeCID(), s.options()...)
	s.must(err)
	_, err = bridge.Of(d).Apply(b.b, "", true)
	s.must(err)
	s.note("doc %d: restored backup", len(s.docs))
	s.starved[d] = b.starved
	s.enrol(d, b.key)
	s.tally.forks++
}

// remember takes a view, to be read now and later, and a version.
func (s *story) remember(d *crdt.Doc) {
	if s.starved[d] {
		return // words that come late show in old views too
	}
	v := d.View()
	b, err := v.MarshalJSON()
	s.must(err)
	s.views = append(s.views, oldView{v, string(b), dumpOpen(v)})
	if s.r.IntN(2) == 0 {
		s.views = append(s.views, oldView{d.View(), string(b), ""}) // not read until the end
	}
	if !v.Open() {
		s.moments = append(s.moments, moment{v.Version(), string(b), dumpView(v)})
	}
}

// dumpOpen is dumpView where changes may have been open: their name is left out.
func dumpOpen(v *crdt.View) string {
	if v.Open() {
		return ""
	}
	return dumpView(v)
}

// replay gives everything a doc has to a fresh one.
func (s *story) replay(k int, d *crdt.Doc) {
	s.note("doc %d: replay", k)
	b, err := d.Since(crdt.Version{})
	s.must(err)
	fresh, err := crdt.Join(nil, d.ID(), s.options()...)
	s.must(err)
	switch s.r.IntN(4) {
	case 0:
		_, err = fresh.Apply(b)
	case 1: // by a store, which has verified it
		_, err = bridge.Of(fresh).Apply(s.bundle(d), "", true)
	default:
		all := s.bundle(d)
		for k := range all.Items {
			one := bridge.Bundle{Work: all.Work, Items: all.Items[k : k+1]}
			if k == len(all.Items)-1 {
				one.Sigs = all.Sigs
			}
			if _, err = bridge.Of(fresh).Apply(one, "", true); err != nil {
				break
			}
		}
	}
	s.must(err)
	s.equal(d, fresh)
	s.must(fresh.CheckRooms())
	s.tally.replays++
}

// end lets everybody receive everything and judges all there is.
func (s *story) end() {
	s.feed()
	for range 2 {
		for _, a := range s.docs {
			for _, b := range s.docs {
				if a != b {
					s.must(a.Merge(b))
				}
			}
		}
	}
	a := s.docs[0]
	for _, b := range s.docs[1:] {
		s.equal(a, b)
	}
	tw := s.judge(a)
	for i, d := range s.docs {
		if err := d.CheckRooms(); err != nil {
			s.failf("doc %d at the end: %v", i, err)
		}
	}
	s.replay(0, a)
	for k, o := range s.views {
		b, err := o.v.MarshalJSON()
		s.must(err)
		if string(b) != o.json {
			s.failf("view %d (open %v) now shows\n%s\nwas\n%s", k, o.v.Open(), b, o.json)
		}
		if o.dump != "" && dumpView(o.v) != o.dump {
			s.failf("view %d now dumps\n%s\nwas\n%s", k, dumpView(o.v), o.dump)
		}
		s.tally.views++
	}
	s.pasts(a, tw)
	s.tally.changes += len(tw.list)
	for _, x := range tw.list {
		s.tally.hold(x)
	}
}

// hold counts what a change is and holds.
func (c *counts) hold(x *twChange) {
	if x.c.More {
		c.parts++
	}
	if x.off {
		c.turned++
	}
	for k := range x.ops {
		switch x.ops[k].Code {
		case block.OpRestore:
			c.restores++
		case block.OpMark:
			c.marks++
		case block.OpMove, block.OpTreeMove:
			c.moves++
		}
	}
}

// undo presses undo or redo once or twice for the key of a doc.
func (s *story) undo(k int, d *crdt.Doc) {
	s.must(s.update(k, d, func(*crdt.Tx) error { return nil })) // rekey, if due
	u := crdt.NewUndo(d)
	for range 1 + s.r.IntN(2) {
		press, name := u.Undo, "undo"
		if s.r.IntN(3) == 0 {
			press, name = u.Redo, "redo"
		}
		x, err := press()
		s.note("doc %d: %s: %d changes, visible %v, %v", k, name, len(x.Changes), x.Visible, err)
		switch {
		case errors.Is(err, crdt.ErrNothing):
			continue
		case err != nil:
			s.failf("%s: %v", name, err)
		}
		s.made = append(s.made, x.By)
		s.tally.undos++
	}
	if err := u.Check(); err != nil {
		s.failf("%v", err)
	}
}

// pasts compares earlier versions with the twin of their past.
func (s *story) pasts(d *crdt.Doc, tw *twin) {
	items := rawsOf(d)
	for _, m := range s.moments {
		v, err := d.At(m.v)
		s.must(err)
		b, err := v.MarshalJSON()
		s.must(err)
		if string(b) != m.json || dumpView(v) != m.dump {
			s.failf("At gives\n%s\n%s\nthen it was\n%s\n%s", b, dumpView(v), m.json, m.dump)
		}
	}
	for range 3 {
		var ids []block.ID
		for range 1 + s.r.IntN(2) {
			ids = append(ids, tw.list[s.r.IntN(len(tw.list))].id)
		}
		s.past(d, items, ids)
	}
	for _, c := range s.made {
		if of, ok := s.inverses[c]; ok {
			s.inverse(tw, items, c, of)
		}
	}
	s.writer(tw, items)
}

// past compares At with the twin of one past.
func (s *story) past(d *crdt.Doc, items []bridge.Item, ids []block.ID) {
	var cids []cid.Cid
	for _, id := range ids {
		cids = append(cids, id.ChangeCID())
	}
	v, err := crdt.NewVersion(cids...)
	s.must(err)
	view, err := d.At(v)
	s.must(err)
	b, err := view.MarshalJSON()
	s.must(err)
	old := newTwin(past(items, ids))
	if string(b) != old.JSON() || dumpView(view) != dumpTwin(old) {
		s.failf("At(%v) gives\n%s\n%s\nthe twin says\n%s\n%s", v, b, dumpView(view), old.JSON(), dumpTwin(old))
	}
	s.tally.pasts++
}
