package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge"
)

// id is the digest of the work of a run.
func id(w *world) [32]byte {
	d, err := block.ChangeID(w.work)
	w.must("the id of the work", err)
	return d
}

// mimic is a hostile peer that has documents and sessions, and does not use them as an
// honest one does: an equivocator writes with one key in two documents, an amnesiac
// begins again from nothing, a forger damages what its session says.
type mimic struct {
	w      *world
	id     int
	role   byte
	r      *rand.Rand
	key    *key
	docs   []*crdt.Doc
	ends   []*end
	at     map[*end]int // which document an end is about
	budget int          // frames that are still damaged
}

// newMimic makes one.
func newMimic(w *world, id int, role byte, r *rand.Rand) *mimic {
	m := &mimic{w: w, id: id, role: role, r: r, key: w.newKey(), at: map[*end]int{}, budget: 400}
	w.l.forks[m.key.author] = true
	m.docs = []*crdt.Doc{m.empty()}
	if role == roleEquivocator {
		m.docs = append(m.docs, m.empty())
	}
	return m
}

// empty is a document that has nothing of the work yet.
func (m *mimic) empty() *crdt.Doc {
	d, err := crdt.Join(m.key, m.w.work, m.w.options(m.id)...)
	m.w.must("a document", err)
	return d
}

// ready implements peer.
func (m *mimic) ready() bool { return !m.w.peace || m.w.p.Stay }

// connect implements peer.
func (m *mimic) connect(e *end) {
	m.w.planned++
	m.at[e] = m.r.IntN(len(m.docs))
	var err error
	e.s, err = merge.NewSession(m.docs[m.at[e]], merge.SessionRand(source{stream(m.w.p.Seed, streamNonce, uint64(m.w.planned))}))
	m.w.must("a session", err)
	m.ends = append(m.ends, e)
	m.pump()
}

// lost implements peer.
func (m *mimic) lost(e *end) {
	e.alarm(time.Time{})
	delete(m.at, e)
	m.ends = slices.DeleteFunc(m.ends, func(x *end) bool { return x == e })
}

// receive implements peer.
func (m *mimic) receive(e *end, msg []byte) {
	_ = e.s.Receive(m.w.now, msg) // a breach shows in its status
	m.pump()
}

// wake implements peer.
func (m *mimic) wake(*end) { m.pump() }

// pump has all sessions say what they have to say.
func (m *mimic) pump() {
	for _, e := range slices.Clone(m.ends) {
		for e.c.open {
			msg, due := e.s.Next(m.w.now)
			if msg == nil {
				e.alarm(due)
				if e.s.Status().State == merge.Failed {
					e.c.l.drop()
				}
				break
			}
			if m.budget > 0 {
				msg = m.forge(msg)
			}
			e.send(msg)
		}
	}
}

// act implements peer.
func (m *mimic) act(s Step) {
	if m.r.IntN(3) > 0 {
		m.edit(m.r.IntN(len(m.docs)), s.R)
		m.pump()
		return
	}
	switch m.role {
	case roleAmnesiac:
		m.w.rep.Counts.Amnesias++
		m.again(0, m.part(m.docs[0]))
	case roleEquivocator:
		m.w.rep.Counts.Branches++
		k := m.r.IntN(2)
		m.again(1-k, m.part(m.docs[k]))
	}
}

// edit makes an edit in one of the documents, where the work has arrived and the
// document does not refuse.
func (m *mimic) edit(k int, r uint32) {
	e := m.w.l.begin(m.key.author, -1)
	wr := &writer{l: m.w.l, mix: m.w.p.Mix, r: stream(m.w.p.Seed, streamEdit, uint64(m.id)<<32|uint64(r)), e: e}
	if m.docs[k].Update(wr.update) == nil {
		m.w.rep.Counts.HostileEdits++
	}
	m.w.l.end(e, false)
}

// part is the beginning of a history, or nothing.
func (m *mimic) part(d *crdt.Doc) bridge.Bundle {
	in := bridge.Of(d)
	if in.Leave() != nil || in.Count() == 0 || m.r.IntN(3) == 0 {
		return bridge.Bundle{}
	}
	var idx []int
	for i := range 1 + m.r.IntN(in.Count()) {
		idx = append(idx, i)
	}
	b, _ := in.Bundle(idx, 1<<30)
	return b
}

// again replaces a document by one that has only what is given, as if it had written
// nothing since, and connects anew.
func (m *mimic) again(k int, b bridge.Bundle) {
	d := m.empty()
	if len(b.Items) > 0 {
		_, _ = bridge.Of(d).Apply(b, "", true) // what cannot be applied is left out
	}
	m.docs[k] = d
	for _, e := range slices.Clone(m.ends) {
		if m.at[e] == k {
			e.c.l.drop()
		}
	}
}
