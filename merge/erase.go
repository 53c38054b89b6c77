package merge

import (
	"context"
	"errors"
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge/store"
)

// redacted is the reason that stands beside what a decision of the work has erased. A
// decision may fall, and then such words are wanted again; others never are.
const redacted = "redacted"

// eraseWords takes the words out of the store that the document has erased by
// decision since the last time. Which content is gone is noted in the last step, so
// that one which was broken off is done again when the work is opened. The write lock
// must be held, and what was erased be stored.
func (rep *Replica) eraseWords(ctx context.Context) error {
	list, n := rep.in.Erased(rep.erased)
	if len(list) == 0 {
		rep.erased = n
		return nil
	}
	gone, err := rep.repo.st.Gone(ctx, rep.work)
	if err != nil && gone == nil {
		return err
	}
	last := store.Erasure{Reason: redacted}
	had := map[[32]byte]bool{}
	for _, e := range list {
		if e.Had {
			had[e.Change] = true
		}
		content := block.ID(e.Content).ContentCID()
		if _, noted := gone[content]; !noted || e.Had {
			last.Content = append(last.Content, content)
		}
	}
	if len(had) > 0 {
		if err := rep.eraseFrom(ctx, had); err != nil {
			return err
		}
	}
	if len(last.Content) > 0 {
		if err := rep.repo.st.Erase(ctx, rep.work, last); err != nil {
			return fmt.Errorf("erased words: %w", err)
		}
	}
	rep.linked.forget()
	rep.erased = n
	return nil
}

// eraseFrom writes the words of each segment that has those of one of these changes
// anew, without them. Damaged ones have none that could be read.
func (rep *Replica) eraseFrom(ctx context.Context, had map[[32]byte]bool) error {
	for seg := range rep.repo.st.Load(ctx, rep.work) {
		var b bundle.Bundle
		if seg.Changes == nil || seg.Words == nil || bundle.DecodeChanges(seg.Changes, &b) != nil || bundle.DecodeWords(seg.Words, &b) != nil {
			continue
		}
		b.Name()
		touched := false
		for k := range b.Items {
			if it := &b.Items[k]; had[it.ID] && it.Words != nil {
				it.Words, touched = nil, true
			}
		}
		if !touched {
			continue
		}
		words, err := bundle.EncodeWords(&b, true)
		if err != nil {
			return err
		}
		err = rep.repo.st.Erase(ctx, rep.work, store.Erasure{Segment: seg.ID, Words: words, Reason: redacted})
		if err != nil && (seg.Mark == 0 || !errors.Is(err, store.ErrNotFound)) { // what another program has put in its place comes later
			return fmt.Errorf("words of segment %s: %w", seg.ID, err)
		}
	}
	return nil
}

// keepWords brings words back from the store that the document has erased while it was
// loaded, by a decision that had fallen by the end.
func (rep *Replica) keepWords(ctx context.Context) error {
	if _, n := rep.in.Erased(0); n == 0 {
		return nil
	}
	wanted := map[[32]byte]bool{}
	for _, x := range rep.in.Wordless(0, rep.in.Count()) {
		wanted[x.Change] = true
	}
	if len(wanted) == 0 {
		return nil
	}
	for seg := range rep.repo.st.Load(ctx, rep.work) {
		var b bundle.Bundle
		if seg.Changes == nil || seg.Words == nil || bundle.DecodeChanges(seg.Changes, &b) != nil || bundle.DecodeWords(seg.Words, &b) != nil {
			continue
		}
		b.Name()
		back := bridge.Bundle{Work: b.Work}
		for k := range b.Items {
			if it := b.Items[k]; wanted[it.ID] && it.Words != nil {
				back.Items = append(back.Items, it)
			}
		}
		if len(back.Items) == 0 {
			continue
		}
		if _, err := rep.in.Apply(back, "", true); err != nil {
			return fmt.Errorf("words of segment %s: %w", seg.ID, err)
		}
	}
	return nil
}
