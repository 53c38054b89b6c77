package crdt

import (
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// Change is what is said about one change of the history. It is a value.
type Change struct {
	ID      cid.Cid
	Content cid.Cid // of its words; cid.Undef when it has none
	Author  Author
	Seq     uint64    // 0, 1, 2 … along the author's changes in this work
	Parents Version   // what it was made on, the author's own previous change included
	Time    time.Time // claimed by the author, never used in a rule; zero = not said
	Note    string    // empty when there is none, or its words are absent
	With    []Author  // co-authors it names; they count once they confirm
	Tag     cid.Cid   // the proposal that it belongs to; cid.Undef when it says none
	More    bool      // a part of an Update of several changes, and not the last
	Ops     int       // how many ops it holds
}

// Version is the version of the change: itself and everything before it.
func (c Change) Version() Version {
	v, err := NewVersion(c.ID)
	if err != nil {
		return Version{}
	}
	return v
}

// changeAt reads applied change i; the lock must be held.
func (d *Doc) changeAt(i int32) Change {
	g := d.g
	c := Change{ID: g.ID(i).ChangeCID(), Author: Author(g.Key(i)), Seq: g.Seq(i), More: g.More(i), Ops: g.NOps(i), Note: d.noteAt(i)}
	if t := g.Text(i); !t.IsZero() {
		c.Content = t.ContentCID()
	}
	if ms := g.Time(i); ms != 0 {
		c.Time = time.UnixMilli(ms).UTC()
	}
	c.Parents = d.parentsOf(i)
	if t, ok := g.Tag(i); ok {
		c.Tag = g.ID(t).ChangeCID()
	}
	for _, k := range g.With(i) {
		c.With = append(c.With, Author(k))
	}
	return c
}

// parentsOf is the version that applied change i was made on.
func (d *Doc) parentsOf(i int32) Version {
	g := d.g
	p := g.Prev(i)
	parents := g.Parents(i)
	switch {
	case len(parents) == 0 && p == graph.None32:
		return Version{}
	case len(parents) == 0:
		id := g.ID(p)
		return Version{string(id[:])}
	}
	list := append(make([]int32, 0, len(parents)+1), parents...)
	if p != graph.None32 {
		list = append(list, p)
	}
	return versionAt(g, list)
}

// noteAt is the note of applied change i.
func (d *Doc) noteAt(i int32) string {
	at := d.g.WordsAt(i)
	if _, noted := d.notes[i]; !noted || at == noWords {
		return ""
	}
	var r block.Reader
	var op block.Op
	r.Reset(d.g.Ops(i))
	at += d.salted(i)
	for r.Next(&op) {
		if op.Code == block.OpNote {
			return string(d.words[at : at+op.Bytes])
		}
		at += op.WordBytes()
	}
	return ""
}
