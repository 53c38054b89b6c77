package merge

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge/store"
)

// This file brings back words that a store has lost while their changes are there.
// Such words are asked for of every peer, on the channel of the work, and are put into
// the segment where they belong:
//
//	want   'w' · change 32, once or more
//	words  'W' · change 32 · length 4 · place 4 · bytes (the words from that place on)
//	       'W' · change 32 · 2³²−1: they are not to be had
//
// What is wanted is answered in order, in as many messages as it takes. Numbers are
// big endian.
const (
	msgWant  = 'w'
	msgWords = 'W'

	wordsHead   = 1 + 32 + 4
	wordsPart   = 60 << 10 // bytes of words in one message
	notToBeHad  = 1<<32 - 1
	wantsAtOnce = 1024
	maxWants    = 4096 // changes that are wanted on one channel, either way
	maxLost     = 1 << 16
)

// words is what is asked for and answered on one channel.
//
// Invariants:
//  1. asked are the changes of which the peer's answer is to come, in order; got is
//     what has come of the first.
//  2. Either side asks for each change once, and for at most maxWants.
type words struct {
	begun bool
	want  [][32]byte // to be asked for
	asked [][32]byte
	got   []byte

	owed   [][32]byte // to be answered
	place  int        // how much of the first was said
	served map[[32]byte]bool
}

// ask is the next want, nil for none. Wants come before anything else on a channel, so
// that the answers come before the peer rests.
func (w *words) ask(rep *Replica) []byte {
	if !w.begun {
		w.begun, w.want = true, rep.lostWords(maxWants)
	}
	if len(w.want) == 0 {
		return nil
	}
	n := min(len(w.want), wantsAtOnce)
	msg := []byte{msgWant}
	for _, id := range w.want[:n] {
		msg = append(msg, id[:]...)
	}
	w.asked, w.want = append(w.asked, w.want[:n]...), w.want[n:]
	return msg
}

// answer is the next part of what the peer wants, nil for nothing.
func (w *words) answer(rep *Replica) []byte {
	if len(w.owed) == 0 {
		return nil
	}
	id := w.owed[0]
	msg := append([]byte{msgWords}, id[:]...)
	all, ok := rep.wordsOf(id)
	if !ok || w.place > len(all) {
		w.owed, w.place = w.owed[1:], 0
		return binary.BigEndian.AppendUint32(msg, notToBeHad)
	}
	msg = binary.BigEndian.AppendUint32(msg, uint32(len(all)))
	msg = binary.BigEndian.AppendUint32(msg, uint32(w.place))
	part := all[w.place:min(len(all), w.place+wordsPart)]
	if w.place += len(part); w.place == len(all) {
		w.owed, w.place = w.owed[1:], 0
	}
	return append(msg, part...)
}

// busy tells whether answers are to come.
func (w *words) busy() bool { return len(w.want)+len(w.asked) > 0 }

// onWant takes in what the peer wants.
func (w *words) onWant(msg []byte) error {
	ids := msg[1:]
	if len(ids) == 0 || len(ids)%32 != 0 || len(ids)/32 > wantsAtOnce {
		return breach("a want of %d bytes", len(msg))
	}
	if w.served == nil {
		w.served = map[[32]byte]bool{}
	}
	for ; len(ids) > 0; ids = ids[32:] {
		id := [32]byte(ids)
		if w.served[id] || len(w.served) == maxWants {
			return breach("words are wanted twice, or of more than %d changes", maxWants)
		}
		w.served[id] = true
		w.owed = append(w.owed, id)
	}
	return nil
}

// onWords takes in a part of what was asked for.
func (w *words) onWords(ctx context.Context, rep *Replica, msg []byte) error {
	if len(w.asked) == 0 || len(msg) < wordsHead || !bytes.Equal(msg[1:33], w.asked[0][:]) {
		return breach("words that were not asked for")
	}
	id, size := w.asked[0], binary.BigEndian.Uint32(msg[33:])
	if size == notToBeHad && len(msg) == wordsHead {
		w.asked, w.got = w.asked[1:], nil
		return nil
	}
	if len(msg) < wordsHead+4 {
		return breach("words without a place")
	}
	part := msg[wordsHead+4:]
	switch {
	case size > block.MaxContent, binary.BigEndian.Uint32(msg[wordsHead:]) != uint32(len(w.got)),
		len(part) == 0, len(part) > wordsPart, len(w.got)+len(part) > int(size):
		return breach("%d bytes at %d of words of %d bytes", len(part), len(w.got), size)
	}
	w.got = append(w.got, part...)
	if len(w.got) < int(size) {
		return nil
	}
	found := w.got
	w.asked, w.got = w.asked[1:], nil
	return rep.found(ctx, id, found)
}

// lose notes changes whose words are neither here nor known to be gone.
func (rep *Replica) lose(ids ...[32]byte) {
	rep.mu.Lock()
	defer rep.mu.Unlock()
	if rep.lost == nil {
		rep.lost = map[[32]byte]bool{}
	}
	for _, id := range ids {
		if len(rep.lost) < maxLost {
			rep.lost[id] = true
		}
	}
}

// lostWords are some of the changes whose words were lost.
func (rep *Replica) lostWords(most int) (ids [][32]byte) {
	rep.mu.Lock()
	defer rep.mu.Unlock()
	for id := range rep.lost {
		if len(ids) == most {
			break
		}
		ids = append(ids, id)
	}
	return ids
}

// wordsOf are the words of a durable change; none has them when it never had any.
func (rep *Replica) wordsOf(id [32]byte) ([]byte, bool) {
	it, ok := rep.item(id)
	return it.Words, ok && it.Words != nil
}

// item is a durable change with its words.
func (rep *Replica) item(id [32]byte) (bridge.Item, bool) {
	i, ok := rep.in.Index(id)
	if !ok || i >= int(rep.durable.Load()) {
		return bridge.Item{}, false
	}
	b, _ := rep.in.Bundle([]int{i}, 1)
	return b.Items[0], true
}

// found takes in words that a peer has given, and stores them. Words that are not
// those of the change are the peer's fault.
func (rep *Replica) found(ctx context.Context, id [32]byte, words []byte) error {
	it, ok := rep.item(id)
	if !ok || it.Words != nil {
		return nil
	}
	var c block.Change
	if err := block.Decode(it.Change, &c); err != nil || block.Sum(words) != c.Text {
		return breach("words that are not those of the change")
	}
	it.Words = words
	if _, err := rep.in.Apply(bridge.Bundle{Work: rep.in.Work(), Items: []bridge.Item{it}}, "", false); err != nil {
		return err
	}
	rep.mu.Lock()
	delete(rep.lost, id)
	rep.late = append(rep.late, id)
	rep.mu.Unlock()
	return rep.settle(ctx)
}

// storeWords puts words that came after their changes into the segments of these. The
// write lock must be held. Words that are in no segment, because theirs is damaged,
// stay in the document alone.
func (rep *Replica) storeWords(ctx context.Context) error {
	rep.mu.Lock()
	late := map[[32]byte]bool{}
	for _, id := range rep.late {
		late[id] = true
	}
	rep.late = nil
	rep.mu.Unlock()
	if len(late) == 0 {
		return nil
	}
	for seg := range rep.repo.st.Load(ctx, rep.work) { // a damaged one has no changes
		var b bundle.Bundle
		if seg.Changes == nil || bundle.DecodeChanges(seg.Changes, &b) != nil {
			continue
		}
		b.Name()
		touched := false
		for k := range b.Items {
			touched = touched || late[b.Items[k].ID]
		}
		if !touched {
			continue
		}
		if err := rep.rewriteWords(ctx, seg, &b); err != nil {
			return err
		}
	}
	return nil
}

// rewriteWords stores the words that the document has of a segment's changes in place
// of those that are there.
func (rep *Replica) rewriteWords(ctx context.Context, seg store.Segment, b *bundle.Bundle) error {
	for k := range b.Items {
		if it, ok := rep.item(b.Items[k].ID); ok {
			b.Items[k].Words = it.Words
		}
	}
	words, err := bundle.EncodeWords(b, true)
	if err != nil {
		return err
	}
	seg.Words, seg.Replaces = words, []string{seg.ID}
	if err := rep.repo.st.Replace(ctx, rep.work, seg); err != nil {
		return fmt.Errorf("words of segment %s: %w", seg.ID, err)
	}
	for k := range rep.shelf {
		if rep.shelf[k].id == seg.ID {
			rep.shelf[k].size = len(seg.Changes) + len(words)
		}
	}
	return nil
}

// noteLost looks which words of a segment's changes are missing, of those that are
// not known to be gone.
func (rep *Replica) noteLost(ctx context.Context, items []bundle.Item) {
	gone, err := rep.repo.st.Gone(ctx, rep.work)
	if err != nil && gone == nil {
		return
	}
	var c block.Change
	for k := range items {
		if items[k].Words != nil || block.Decode(items[k].Change, &c) != nil || c.Size == 0 {
			continue
		}
		if _, erased := gone[c.Text.ContentCID()]; !erased {
			rep.lose(block.Sum(items[k].Change))
		}
	}
}
