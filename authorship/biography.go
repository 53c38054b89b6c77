package authorship

import (
	"cmp"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Biography is what became of a stretch of text.
type Biography struct {
	Text   string  `json:"text"`
	Author Person  `json:"author"` // who wrote it first, as [Blame] has it without evidence
	Events []Event `json:"events"` // in the one order on which all replicas agree
}

// EventKind says what happened to text.
type EventKind string

// The kinds of events.
const (
	EventBorn     EventKind = "born"     // written, or brought from another work
	EventMoved    EventKind = "moved"    // cut and pasted
	EventQuoted   EventKind = "quoted"   // copied to somewhere in the same work
	EventDeleted  EventKind = "deleted"  // and restored since, or it would not be shown
	EventRestored EventKind = "restored" // a delete was taken back
)

// Event is one thing that happened to a stretch of text, or to [From, To) of its code
// points.
type Event struct {
	Kind   EventKind `json:"kind"`
	Change cid.Cid   `json:"change,omitzero"` // cid.Undef while it is open
	By     Person    `json:"by"`
	Time   time.Time `json:"time,omitzero"` // as By claims it
	From   int       `json:"from"`
	To     int       `json:"to"`
	Work   cid.Cid   `json:"work,omitzero"` // the other one, of text that was brought from there
}

// Biographies tell what became of the text, or of the part that it is (crdt's
// Text.Slice), in stretches of one fate each, which together are the text.
func Biographies(t crdt.Text) []Biography {
	lives, sources := t.Lives()
	p := peopleOf(t.View())
	people := make([]Person, len(sources))
	ids := make([]cid.Cid, 0, len(sources))
	for k := range sources {
		people[k] = p.author(&sources[k])
		ids = append(ids, sources[k].Change)
	}
	t.View().Sort(ids)
	place := map[cid.Cid]int{}
	for k, c := range ids {
		place[c] = k
	}
	out := make([]Biography, len(lives))
	for k, l := range lives {
		b := Biography{Text: l.Text, Author: people[l.Born]}
		whole := len([]rune(l.Text))
		add := func(kind EventKind, change, from, to int) {
			s := &sources[change]
			b.Events = append(b.Events, Event{Kind: kind, Change: s.Change, By: people[change], Time: s.Time, From: from, To: to})
		}
		add(EventBorn, l.Born, 0, whole)
		b.Events[0].Work = l.Work
		for _, c := range l.Copies {
			kind := EventQuoted
			if c.Moved {
				kind = EventMoved
			}
			add(kind, c.Change, c.From, c.To)
		}
		for _, g := range l.Gone {
			add(EventDeleted, g.Change, 0, whole)
			for _, r := range g.Back {
				add(EventRestored, r, 0, whole)
			}
		}
		slices.SortStableFunc(b.Events, func(x, y Event) int { return cmp.Compare(place[x.Change], place[y.Change]) })
		out[k] = b
	}
	return out
}

// DeletedText is text that was deleted and is not shown.
type DeletedText struct {
	Text   string  `json:"text"` // empty where its words are not here
	Author Person  `json:"author"`
	Change cid.Cid `json:"change,omitzero"` // that put it there; cid.Undef while it is open
	Offset uint64  `json:"offset"`          // of the first character, among the numbers of the change
	Length int     `json:"length"`          // in code points
	// By are the deletes that stand: several, where people deleted it at the same time.
	// What a change has replaced is what it deleted.
	By []Event `json:"by"`
}

// Deleted tells what was deleted from the text that t is, or is a part of: whose it was
// and who has deleted it, in the order of the changes that put it there. What was cut and
// pasted is not deleted.
func Deleted(t crdt.Text) []DeletedText {
	dead, sources := t.Dead()
	p := peopleOf(t.View())
	out := make([]DeletedText, len(dead))
	for k, d := range dead {
		born := &sources[d.Born]
		out[k] = DeletedText{Text: d.Text, Author: p.author(born), Change: born.Change, Offset: d.Offset, Length: d.Len}
		for _, n := range d.By {
			s := &sources[n]
			out[k].By = append(out[k].By, Event{Kind: EventDeleted, Change: s.Change, By: p.author(s), Time: s.Time, To: d.Len})
		}
	}
	return out
}
