// Package crdt holds one replica of a work that many people write: text,
// structured data, and the whole history, each change of it signed by its
// author and named by its hash.
//
// # What to call
//
// New founds a work, Join and Clone make further replicas. Update edits, View
// reads, Merge (or Since and Apply, across a connection) brings two replicas
// together: in any order, as often as you like, whoever lied on the way, two
// replicas that hold the same changes show the same.
//
//	a, err := crdt.New(key, crdt.Title("Bread"))
//	err = a.Update(func(tx *crdt.Tx) error {
//		tx.Text("body").Append("Knead.")
//		tx.Map("oven").Put("celsius", 220)
//		return nil
//	})
//	fmt.Println(a.View().Text("body"))
//
// A work reads as a map. Root containers (Text, Map, List, Set, Counter, Tree)
// exist by name; containers below a key, in a list or in a node of a tree are made
// where you walk to them. A Text may have marks ([TextTx.Mark]) and blocks
// ([TextTx.Split]).
//
// An editor shows a [Doc.Mirror] of a text, or follows the patches of [Doc.Watch];
// [Diff] compares any two views, a [Cursor] sticks to its place. [NewUndo] takes
// back what one person did, [Tx.RevertTo] returns to a version, and [TextTx.Quote]
// and [TextTx.Move] keep the first author of what they copy and move. [As], [Decode],
// [Edit] and [Fill] speak in Go values.
//
// A work may have [Rules], which say which changes are effective: [View.Verdict] tells,
// [View.With] previews what waits, [View.Judge] asks them more. By them words may be
// erased, which then read as withheld.
//
// Package merge keeps replicas on disk and syncs them, package authorship says
// who wrote what.
//
// # What to be careful with
//
//   - One key writes in one replica. A second device, a branch or a restored
//     backup writes with a key of its own; a doc that meets a change of its own
//     key which it did not make refuses edits until [Doc.Rekey].
//   - Edits gather in an open change, which is sealed when its name is needed
//     and signed when it leaves. Heads and At never seal.
//   - Inside Update use tx only: the Doc is locked.
//   - A doc that was opened by what its file says that it shows (ReadTrusted of
//     package pack) reads its history when it is first asked for more: [Doc.Load].
//   - A replica holds at most 2^31 numbers (characters, entries, deletes) and
//     4 GiB of words; what goes beyond is refused with ErrLimit.
//
// # Backwards compatibility
//
// The bytes of a change, their limits and the rules of validity are version 1 of
// the format. Documents written by this version stay readable; what this version
// refuses, a later one refuses too unless the format version says otherwise.
package crdt

import (
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/cover"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// noWords is the arena offset of words that are absent.
const noWords = graph.NoWords

// maxWords bounds the arena, so that offsets fit 32 bits with room for one more
// change.
const maxWords = 1<<32 - 1<<26

// Doc is one replica of a work: its history, its state, and the edits of this
// replica that are not sealed yet. It is safe for concurrent use. It starts no
// goroutine and touches no file or socket; the only things it calls are the
// Signer, the Rules, the clock and the source of randomness it was given, all
// of them with its lock held, so they must not call it.
//
// Invariants, beyond those of the rooms it owns:
//
//  1. The number table knows every number of the graph and of the open change,
//     and no more.
//  2. The state has taken in exactly the graph's changes and the open change,
//     with the verdicts in off.
//  3. The arena holds, after what package state begins it with, the words of the
//     graph's changes that are present, or as many blanks where they were erased
//     here, and then those of the open change.
//  4. ownTip is the newest change made here with the current key; the unsigned
//     newest changes of that chain are counted in unsigned.
type Doc struct {
	mu mutex

	key   Signer // nil: read-only
	me    block.Key
	clock func() time.Time
	rand  io.Reader
	quota int64

	work  block.ID
	title string
	salt  bool
	named bool // the genesis names rules
	rules Rules
	data  Value // of the rules
	judge Judge
	off   map[int32]error // changes that are not effective, and why
	acts  []int32         // changes with acts, ascending
	notes map[int32]struct{}

	redacted map[int32]uint32 // changes whose words were erased, and where the arena has blanks for them, noWords for none
	wiped    []int32          // the same, in order, and those whose words have come again
	refilled []int32          // whose words have come again, when the decision had fallen
	epoch    int              // how often words were taken from the arena: older states show what is gone

	g     *graph.Graph
	t     *shape.Table
	s     *state.State
	words []byte
	wait  *cover.Pending[*held]
	sigs  map[int32][64]byte

	late   []int32             // changes whose words came after them, in order
	blamed map[cover.Tag]error // sources of what turned out to be invalid later, and why

	open          *openChange
	ownTip        int32
	unsigned      int
	unsignedBytes int
	signs         int // signatures made with the key
	latched       error
	sum           *summary // what is shown before the history is read; nil: it was
	loaded        error    // what came of reading it
	founding      bool
	logged        mark // what the journal holds of open

	gen      uint64 // grows with every change of what a view shows
	news     news   // for those who watch
	save     savepoint
	now      running // the Update that runs
	txs      []Tx    // not used yet
	hide     func(graph.LV, uint32)
	lastRoot rootCache
	keys     typing
	scratch  []byte
	spare    *openChange // to be used again
}

// newDoc makes an empty doc.
func newDoc(key Signer, opts []Option) (*Doc, error) {
	d := &Doc{
		clock: time.Now, rand: rand.Reader, ownTip: graph.None32, keys: typing{at: noPlace},
		g: graph.New(), t: shape.New(), sigs: map[int32][64]byte{}, off: map[int32]error{}, notes: map[int32]struct{}{},
	}
	d.mu.d = d
	for _, o := range opts {
		o(d)
	}
	if key != nil {
		d.key, d.me = key, block.Key(key.Author())
		if err := d.me.Check(); err != nil {
			return nil, fmt.Errorf("crdt: key: %w", err)
		}
	}
	d.words = state.Arena()
	d.s = state.New(d.g, d.t, &d.words)
	d.s.Stood = d.noteStood
	d.hide = d.deleted
	d.wait = cover.New(d.applied, d.complete, cover.Limits{})
	d.wait.OnLeave(func(h *held) { d.t.Drop(&h.Held) })
	return d, nil
}

// New founds a work: its genesis is made and sealed at once. The options say
// its title and rules. ErrReadOnly without a key.
func New(key Signer, opts ...Option) (*Doc, error) {
	if key == nil {
		return nil, ErrReadOnly
	}
	d, err := newDoc(key, opts)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.founding = true
	err = d.update(d.found)
	if err == nil {
		d.seal()
	}
	d.founding = false
	if err != nil {
		return nil, err
	}
	return d, nil
}

// found writes the genesis.
func (d *Doc) found(tx *Tx) error {
	if len(d.title) > block.MaxTitle {
		return fmt.Errorf("crdt: title of %d bytes: %w", len(d.title), ErrLimit)
	}
	if d.rules != nil {
		if _, err := d.rules.Start(history{d}, d.data); err != nil {
			return fmt.Errorf("%w: %w", ErrRules, err)
		}
	}
	d.openNow()
	op := block.Op{Code: block.OpGenesis, Name: d.title, Salt: d.salt}
	if d.rules != nil {
		op.HasRules, op.Rules = true, d.rules.Name()
		if d.data.Exists() {
			op.HasValue, op.Value = true, d.data.raw
		}
	}
	d.open.push(op)
	if s, ok := d.key.(starter); ok {
		return s.Start(tx)
	}
	return nil
}

// Join makes an empty replica of the work with this id, to be filled by
// [Doc.Apply]. Edits return ErrEmpty until the work has arrived. A nil key makes
// a read-only replica.
func Join(key Signer, work cid.Cid, opts ...Option) (*Doc, error) {
	id, err := block.ChangeID(work)
	if err != nil {
		return nil, fmt.Errorf("crdt: work: %w", err)
	}
	d, err := newDoc(key, opts)
	if err != nil {
		return nil, err
	}
	d.work = id
	return d, nil
}

// ID is the work's CID: that of its genesis.
func (d *Doc) ID() cid.Cid {
	d.mu.peek()
	defer d.mu.Unlock()
	return d.work.ChangeCID()
}

// Author is the key that edits here, zero for a read-only doc.
func (d *Doc) Author() Author {
	d.mu.peek()
	defer d.mu.Unlock()
	return Author(d.me)
}

// Title is the title in the genesis, empty before it has arrived.
func (d *Doc) Title() string {
	d.mu.peek()
	defer d.mu.Unlock()
	return d.title
}

// Heads is the version of the sealed changes: those nobody builds on. It never
// seals; edits of the open change are not in it.
func (d *Doc) Heads() Version {
	s := d.mu.peek()
	defer d.mu.Unlock()
	if s != nil {
		return s.heads
	}
	return d.heads()
}

// heads is Heads with the lock held.
func (d *Doc) heads() Version {
	return Version{d.g.HeadsOnce(func() string { return versionAt(d.g, d.g.Heads()).ids })}
}

// View is the work as it is now, open edits included. It costs O(1).
func (d *Doc) View() *View {
	s := d.mu.peek()
	defer d.mu.Unlock()
	if s != nil {
		return s.view
	}
	return d.view()
}

// At is the work at a version: what is in it and in its past, under the verdicts
// of exactly that set. ErrNotFound when the doc has not all of it. It never
// seals. The first read of the view costs time linear in that past.
func (d *Doc) At(v Version) (*View, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at(v)
}

// at is At with the lock held.
func (d *Doc) at(v Version) (*View, error) {
	if v == d.heads() && (d.open == nil || len(d.open.ops) == 0) {
		return d.view(), nil
	}
	var tips []int32
	for _, id := range v.digests() {
		i, ok := d.g.Find(id)
		if !ok {
			return nil, fmt.Errorf("crdt: version: %s: %w", id.ChangeCID(), ErrNotFound)
		}
		tips = append(tips, i)
	}
	set := d.g.Past(tips)
	if set == nil {
		set = []int32{}
	}
	return &View{d: d, n: int32(len(set)), set: set, version: v}, nil
}

// Commit seals the open edits into a change and returns it; the note says what
// it is. With a note and no open edits it makes a milestone change of the note
// alone; without either it returns ErrNothing.
func (d *Doc) Commit(note string) (Change, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if note != "" {
		err := d.update(func(tx *Tx) error {
			tx.own = true
			tx.Note(note)
			return nil
		})
		if err != nil {
			return Change{}, err
		}
		return d.changeAt(d.ownTip), nil
	}
	if err := d.writable(); err != nil {
		return Change{}, err
	}
	if d.open == nil || len(d.open.ops) == 0 {
		return Change{}, ErrNothing
	}
	d.seal()
	return d.changeAt(d.ownTip), nil
}

// Clone makes another replica of the work as it is, with a key of its own: one
// key on two replicas contradicts itself. It seals and signs what is open here.
// The options are those of Join; a work with rules needs them.
func (d *Doc) Clone(key Signer, opts ...Option) (*Doc, error) {
	b, err := d.Since(Version{})
	if err != nil {
		return nil, err
	}
	return cloneOf(d.ID(), key, b, opts)
}

// cloneOf makes a replica that holds a batch.
func cloneOf(work cid.Cid, key Signer, b Batch, opts []Option) (*Doc, error) {
	c, err := Join(key, work, opts...)
	if err != nil {
		return nil, err
	}
	b.trusted = true
	if _, err := c.Apply(b); err != nil {
		return nil, err
	}
	return c, nil
}

// Branch makes another replica of the work as it was at a version, with a key
// of its own. ErrNotFound when the doc has not all of the version,
// ErrNotCovered when others have not signed what it would end with.
func (d *Doc) Branch(key Signer, at Version, opts ...Option) (*Doc, error) {
	d.mu.Lock()
	b, n, err := d.batchAt(at)
	d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	c, err := cloneOf(d.ID(), key, b, opts)
	if err != nil {
		return nil, err
	}
	if c.g.Len() != n {
		return nil, fmt.Errorf("crdt: branch: %w", ErrNotCovered)
	}
	return c, nil
}

// batchAt is the past of a version, its own tips signed.
func (d *Doc) batchAt(at Version) (Batch, int, error) {
	if err := d.leave(); err != nil {
		return Batch{}, 0, err
	}
	var tips []int32
	for _, id := range at.digests() {
		i, ok := d.g.Find(id)
		if !ok {
			return Batch{}, 0, fmt.Errorf("crdt: version: %s: %w", id.ChangeCID(), ErrNotFound)
		}
		tips = append(tips, i)
		if _, signed := d.sigs[i]; !signed && d.key != nil && d.ownTip != graph.None32 && d.g.OnPath(i, d.ownTip) {
			sig, err := d.sign(d.g.ID(i))
			if err != nil {
				return Batch{}, 0, err
			}
			d.sigs[i] = sig
		}
	}
	list := d.g.Past(tips)
	return d.batch(list), len(list), nil
}

// Merge takes in everything src has and d has not. It seals and signs what is
// open in src, and never holds both locks. ErrForeign when src is another work.
func (d *Doc) Merge(src *Doc) error {
	d.mu.Lock() // not Heads, which may be what a summary claims
	have := d.heads()
	d.mu.Unlock()
	b, err := src.Since(have)
	if err != nil {
		return err
	}
	_, err = d.Apply(b)
	return err
}

// Rekey goes on with another key: after the doc has met a change of its own key
// that it did not make ([ErrKey]), or to hand the replica to somebody else. What
// is open is sealed and signed with the old key first.
func (d *Doc) Rekey(key Signer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	me := block.Key(key.Author())
	if err := me.Check(); err != nil {
		return fmt.Errorf("crdt: key: %w", err)
	}
	if c, ok := d.g.ChainOfKey(me); ok && len(d.g.Tips(c)) > 0 {
		return fmt.Errorf("crdt: the new key has written in this work: %w", ErrKey)
	}
	if err := d.leave(); err != nil {
		return err
	}
	d.key, d.me, d.ownTip, d.latched = key, me, graph.None32, nil
	d.unsigned, d.unsignedBytes, d.signs = 0, 0, 0
	return nil
}

// Fork is the proof that a key has made two changes in one place: both are
// signed or covered by it, with the same Seq and the same change before.
type Fork struct{ A, B Change }

// Evidence yields the forks of keys among the applied changes. A fork is no
// proof of malice: a restored backup makes one.
func (d *Doc) Evidence() func(yield func(Fork) bool) {
	return func(yield func(Fork) bool) {
		for _, f := range d.forks() {
			if !yield(f) {
				return
			}
		}
	}
}

// forks collects the pairs of changes with one author and one prev.
func (d *Doc) forks() []Fork {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Fork
	type place struct{ chain, prev int32 }
	first := map[place]int32{}
	for i := int32(0); int(i) < d.g.Len(); i++ {
		c := d.g.Chain(i)
		if !d.g.Forked(c) {
			continue
		}
		at := place{c, d.g.Prev(i)}
		if j, ok := first[at]; ok {
			out = append(out, Fork{d.changeAt(j), d.changeAt(i)})
		} else {
			first[at] = i
		}
	}
	return out
}

// find is the index of an applied change.
func (d *Doc) find(c cid.Cid) (int32, bool) {
	id, err := block.ChangeID(c)
	if err != nil {
		return graph.None32, false
	}
	return d.g.Find(id)
}

// root is the place of a root container.
func (d *Doc) root(kind block.Kind, name string) int32 {
	return d.t.Intern(shape.Root, shape.NoPlace, kind, 0, name)
}

// rootMap is the place of the root map, as which the work reads.
func (d *Doc) rootMap() int32 { return d.root(block.KindMap, "") }

// scrap is a place for the handle of a container that a doomed Update did not
// make; nothing is written there.
func (d *Doc) scrap(kind block.Kind) int32 { return d.root(kind, "") }

// salted is the length of the salt before the words of change i.
func (d *Doc) salted(i int32) uint32 {
	if d.salt && d.g.Size(i) > 0 {
		return saltLen
	}
	return 0
}

// wordsOf is where the words of the ops of change i begin, or noWords.
func (d *Doc) wordsOf(i int32) uint32 {
	at := d.g.WordsAt(i)
	if at == noWords {
		return noWords
	}
	return at + d.salted(i)
}

// effective tells whether the change of a number counts.
func (d *Doc) effective(lv graph.LV) bool {
	return len(d.off) == 0 || lv >= d.g.NextLV() || d.off[d.g.ChangeOf(lv)] == nil
}

// authorOf is the author of a number.
func (d *Doc) authorOf(lv graph.LV) Author {
	if lv >= d.g.NextLV() {
		return Author(d.me)
	}
	return Author(d.g.Key(d.g.ChangeOf(lv)))
}

// authorAt is the author of a change, graph.None32 being the open one.
func (d *Doc) authorAt(i int32) Author {
	if i == graph.None32 {
		return Author(d.me)
	}
	return Author(d.g.Key(i))
}

// cidAt is the CID of a change, cid.Undef of the open one.
func (d *Doc) cidAt(i int32) cid.Cid {
	if i == graph.None32 {
		return cid.Undef
	}
	return d.g.ID(i).ChangeCID()
}

// refOf names a number by its change, applied or open, and its offset in it.
func (d *Doc) refOf(lv graph.LV) (graph.Ref, uint32) {
	if lv < d.g.NextLV() {
		i := d.g.ChangeOf(lv)
		return graph.At(i), lv - d.g.First(i)
	}
	h := d.open.h
	for k := len(d.open.parts) - 1; lv < h.LV; k-- {
		h = d.open.parts[k].h
	}
	return graph.Of(h), lv - h.LV
}

// sortedKeys sorts keys and drops doubles.
func sortedKeys(keys []block.Key) []block.Key {
	slices.SortFunc(keys, func(a, b block.Key) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(keys)
}

// sortedVersion makes a version of ids in any order.
func sortedVersion(ids []block.ID) Version {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, block.Compare)
	return versionOf(ids)
}
