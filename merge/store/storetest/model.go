package storetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"
)

// model is the slow, obvious store: what the interface says, with slices.
type model struct {
	works map[cid.Cid]*modelWork
	names map[string]cid.Cid
}

// modelWork is one work of the model.
type modelWork struct {
	segments []store.Segment
	journal  store.Journal
	held     map[cid.Cid]string
	blocks   map[cid.Cid]string
	gone     map[cid.Cid]string
}

// work returns a work, made if need be.
func (m *model) work(w cid.Cid) *modelWork {
	if m.works[w] == nil {
		m.works[w] = &modelWork{held: map[cid.Cid]string{}, blocks: map[cid.Cid]string{}, gone: map[cid.Cid]string{}}
	}
	return m.works[w]
}

// dump spells the model as dump spells a store.
func (m *model) dump() string {
	out := &strings.Builder{}
	for _, id := range byBytes(maps.Keys(m.works)) {
		w := m.works[id]
		fmt.Fprintf(out, "work %s\n", id)
		for _, s := range w.segments {
			dumpSegment(out, s)
		}
		dumpJournal(out, w.journal)
		for _, p := range byBytes(maps.Keys(w.held)) {
			fmt.Fprintf(out, "held %s %q\n", p, w.held[p])
		}
		for _, id := range byBytes(maps.Keys(w.blocks)) {
			fmt.Fprintf(out, "block %s %q\n", id, w.blocks[id])
		}
		dumpMap(out, "gone", w.gone)
	}
	dumpMap(out, "name", m.names)
	return out.String()
}

// byBytes sorts CIDs.
func byBytes(ids func(func(cid.Cid) bool)) []cid.Cid {
	return slices.SortedFunc(ids, func(a, b cid.Cid) int { return slices.Compare(a.Bytes(), b.Bytes()) })
}

// testModel: random calls on two works, with reopenings between them; after every
// one the store has exactly what the model has. An implementation that has a
// method Check() error is asked too.
func testModel(t *testing.T, open opener) {
	rapid.Check(t, func(rt *rapid.T) {
		ctx, st := context.Background(), open(t)
		m := &machine{ctx: ctx, st: st, model: model{works: map[cid.Cid]*modelWork{}, names: map[string]cid.Cid{}}}
		if _, _, err := st.Open(ctx); err != nil {
			rt.Fatalf("opening: %v", err)
		}
		defer func() { _ = st.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"append":  m.append,
			"replace": m.replace,
			"erase":   m.erase,
			"journal": m.journal,
			"record":  m.record,
			"seal":    m.seal,
			"hold":    m.hold,
			"release": m.release,
			"put":     m.put,
			"drop":    m.drop,
			"name":    m.name,
			"reopen":  m.reopen,
			"": func(rt *rapid.T) {
				if got, want := dump(rt, st), m.dump(); got != want {
					rt.Fatalf("the store has\n%s\nthe model\n%s", got, want)
				}
				if c, ok := st.(interface{ Check() error }); ok {
					m.noError(rt, c.Check())
				}
			},
		})
	})
}

// machine runs calls on a store and on its model.
type machine struct {
	model
	ctx context.Context
	st  store.Store
}

// noError fails the check on an error.
func (m *machine) noError(rt *rapid.T, err error) {
	rt.Helper()
	if err != nil {
		rt.Fatalf("%v", err)
	}
}

// pick draws one of two works.
func pick(rt *rapid.T) cid.Cid { return id(rapid.SampledFrom([]string{"w", "v"}).Draw(rt, "work")) }

// drawWords draws absent, empty or some words.
func drawWords(rt *rapid.T) []byte {
	return rapid.SampledFrom([][]byte{nil, {}, []byte("words"), make([]byte, 5000)}).Draw(rt, "words")
}

// drawSegments draws up to three segments out of a few, so that some are there
// already.
func drawSegments(rt *rapid.T) (all []store.Segment) {
	for range rapid.IntRange(0, 3).Draw(rt, "segments") {
		n := rapid.IntRange(0, 30).Draw(rt, "segment")
		all = append(all, store.NewSegment([]byte(strings.Repeat(fmt.Sprint(n, " "), 1+n*n)), drawWords(rt)))
	}
	return all
}

// appendTo is Append on the model.
func (m *machine) appendTo(work cid.Cid, all []store.Segment) {
	for _, s := range all {
		w := m.work(work)
		if !slices.ContainsFunc(w.segments, func(o store.Segment) bool { return o.ID == s.ID }) {
			w.segments = append(w.segments, s)
		}
	}
}

// append appends.
func (m *machine) append(rt *rapid.T) {
	w, all := pick(rt), drawSegments(rt)
	m.noError(rt, m.st.Append(m.ctx, w, all...))
	m.appendTo(w, all)
}

// replace merges some neighbours of a work, or rewrites one.
func (m *machine) replace(rt *rapid.T) {
	w := pick(rt)
	if m.works[w] == nil || len(m.works[w].segments) == 0 {
		return
	}
	have := m.works[w].segments
	i := rapid.IntRange(0, len(have)-1).Draw(rt, "first")
	j := rapid.IntRange(i+1, len(have)).Draw(rt, "end")
	changes := []byte("merged")
	for _, s := range have[i:j] {
		changes = append(changes, s.Changes[:min(len(s.Changes), 50)]...)
	}
	s := store.NewSegment(changes, drawWords(rt))
	if rapid.Bool().Draw(rt, "keeps one") {
		s = store.NewSegment(have[i].Changes, drawWords(rt))
	}
	s = replacing(s, have[i:j]...)
	if slices.ContainsFunc(append(slices.Clone(have[:i]), have[j:]...), func(o store.Segment) bool { return o.ID == s.ID }) {
		return
	}
	m.noError(rt, m.st.Replace(m.ctx, w, s))
	m.works[w].segments = slices.Concat(have[:i], []store.Segment{s}, have[j:])
}

// erase erases.
func (m *machine) erase(rt *rapid.T) {
	w := pick(rt)
	e := store.Erasure{Reason: rapid.SampledFrom([]string{"", "asked for"}).Draw(rt, "reason")}
	if m.works[w] != nil && len(m.works[w].segments) > 0 && rapid.Bool().Draw(rt, "in a segment") {
		i := rapid.IntRange(0, len(m.works[w].segments)-1).Draw(rt, "which")
		e.Segment, e.Words = m.works[w].segments[i].ID, drawWords(rt)
		m.works[w].segments[i].Words = e.Words
	}
	for range rapid.IntRange(0, 2).Draw(rt, "gone") {
		c := content(fmt.Sprint(rapid.IntRange(0, 5).Draw(rt, "content")))
		e.Content = append(e.Content, c)
		m.work(w).gone[c] = e.Reason
	}
	m.noError(rt, m.st.Erase(m.ctx, w, e))
}

// records draws up to three records.
func records(rt *rapid.T) [][]byte {
	return rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 40), 0, 3).Draw(rt, "records")
}

// journal opens a journal.
func (m *machine) journal(rt *rapid.T) {
	w, j := pick(rt), store.Journal{Header: []byte("header"), Records: records(rt)}
	m.noError(rt, m.st.OpenJournal(m.ctx, w, j.Header, j.Records...))
	m.work(w).journal = j
}

// record appends to a journal.
func (m *machine) record(rt *rapid.T) {
	w, all := pick(rt), records(rt)
	if m.works[w] == nil || m.works[w].journal.Header == nil {
		return
	}
	m.noError(rt, m.st.AppendJournal(m.ctx, w, all...))
	j := &m.works[w].journal
	j.Records = append(slices.Clip(j.Records), all...)
}

// seal seals.
func (m *machine) seal(rt *rapid.T) {
	w, all := pick(rt), drawSegments(rt)
	m.noError(rt, m.st.Seal(m.ctx, w, all...))
	m.appendTo(w, all)
	if m.works[w] != nil {
		m.works[w].journal = store.Journal{}
	}
}

// hold holds.
func (m *machine) hold(rt *rapid.T) {
	w := pick(rt)
	var all []store.Pending
	for range rapid.IntRange(0, 3).Draw(rt, "held") {
		p := store.Pending{ID: id(fmt.Sprint(rapid.IntRange(0, 6).Draw(rt, "change"))), Data: drawWords(rt)}
		all = append(all, p)
		m.work(w).held[p.ID] = string(p.Data)
	}
	m.noError(rt, m.st.Hold(m.ctx, w, all...))
}

// release releases.
func (m *machine) release(rt *rapid.T) {
	w := pick(rt)
	p := id(fmt.Sprint(rapid.IntRange(0, 6).Draw(rt, "change")))
	m.noError(rt, m.st.Release(m.ctx, w, p))
	if m.works[w] != nil {
		delete(m.works[w].held, p)
	}
}

// drawBlock draws one of a few blocks, of a few sizes, of both codecs.
func drawBlock(rt *rapid.T) store.Block {
	data := strings.Repeat("block ", rapid.SampledFrom([]int{0, 1, 2, 900, 3000}).Draw(rt, "length"))
	if rapid.Bool().Draw(rt, "node") {
		return nodeOf(data)
	}
	return blockOf(data)
}

// put puts blocks.
func (m *machine) put(rt *rapid.T) {
	w := pick(rt)
	var all []store.Block
	for range rapid.IntRange(0, 3).Draw(rt, "blocks") {
		b := drawBlock(rt)
		all = append(all, b)
		m.work(w).blocks[b.ID] = string(b.Data)
	}
	m.noError(rt, m.st.PutBlocks(m.ctx, w, all...))
}

// drop drops blocks.
func (m *machine) drop(rt *rapid.T) {
	w := pick(rt)
	a, b := drawBlock(rt), drawBlock(rt)
	m.noError(rt, m.st.DropBlocks(m.ctx, w, a.ID, b.ID))
	if m.works[w] != nil {
		delete(m.works[w].blocks, a.ID)
		delete(m.works[w].blocks, b.ID)
	}
}

// name gives or takes a name.
func (m *machine) name(rt *rapid.T) {
	name := rapid.SampledFrom([]string{"a", "b", "ü"}).Draw(rt, "name")
	if rapid.Bool().Draw(rt, "take") {
		m.noError(rt, m.st.SetName(m.ctx, name, cid.Undef))
		delete(m.names, name)
		return
	}
	w := pick(rt)
	m.noError(rt, m.st.SetName(m.ctx, name, w))
	m.names[name] = w
}

// reopen closes and opens.
func (m *machine) reopen(rt *rapid.T) {
	m.noError(rt, m.st.Close())
	_, _, err := m.st.Open(m.ctx)
	m.noError(rt, err)
}
