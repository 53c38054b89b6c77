package main

import (
	"fmt"
	"runtime"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/trace"
)

// body is the name of the text that a trace goes into.
const body = "text"

// perChange is how many edits go into a change where nothing else is said.
const perChange = 100

// apply makes one edit of a trace.
func apply(t crdt.TextTx, e *trace.Edit) {
	if e.Del > 0 {
		t.Delete(int(e.Pos), int(e.Pos+e.Del))
	}
	if e.Ins != "" {
		t.Insert(int(e.Pos), e.Ins)
	}
}

// typed makes the edits one Update each, sealed every n edits.
func typed(d *crdt.Doc, edits []trace.Edit, n int) error {
	var e *trace.Edit
	edit := func(tx *crdt.Tx) error {
		apply(tx.Text(body), e)
		return nil
	}
	for k := range edits {
		e = &edits[k]
		if err := d.Update(edit); err != nil {
			return err
		}
		if (k+1)%n == 0 {
			if _, err := d.Commit(""); err != nil {
				return err
			}
		}
	}
	return nil
}

// grouped makes n edits an Update, each its own change.
func grouped(d *crdt.Doc, edits []trace.Edit, n int) error {
	for len(edits) > 0 {
		part := edits[:min(n, len(edits))]
		edits = edits[len(part):]
		err := d.Update(func(tx *crdt.Tx) error {
			t := tx.Text(body)
			for k := range part {
				apply(t, &part[k])
			}
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := d.Commit(""); err != nil {
			return err
		}
	}
	return nil
}

// ends compares the text of a document with the end of the trace.
func (r *run) ends(what string, d *crdt.Doc) error {
	return r.verify(what, d.View().Text(body).String())
}

// local replays with one author in one document, and measures reading it.
func local(r *run) error {
	var d *crdt.Doc
	fresh := func() (err error) {
		d, err = crdt.New(newKey(0))
		return err
	}
	check := func() error { return r.ends("local", d) }
	edits := r.flat.Edits
	err := r.measure(measure{
		name: "local", limit: 6, edits: len(edits), prepare: fresh, check: check,
		do: func() error { return typed(d, edits, perChange) },
	})
	if err != nil {
		return err
	}
	err = r.measure(measure{
		name: "local, 100 edits an Update", limit: 3, edits: len(edits), prepare: fresh, check: check,
		do: func() error { return grouped(d, edits, perChange) },
	})
	if err != nil {
		return err
	}
	return r.heap(edits)
}

// heap tells what a document holds in memory once it has settled.
func (r *run) heap(edits []trace.Edit) error {
	before := heapNow()
	d, err := crdt.New(newKey(0))
	if err != nil {
		return err
	}
	if err := typed(d, edits, perChange); err != nil {
		return err
	}
	bytes := heapNow() - before
	if err := r.ends("heap", d); err != nil {
		return err
	}
	const limit = 2 << 20
	if r.name == "automerge-paper" && bytes > limit {
		r.over = append(r.over, fmt.Sprintf("heap: %d bytes, limit %d", bytes, limit))
	}
	return r.print(line{Trace: r.name, Measure: "heap", Edits: len(edits)}, measure{
		extra: func() map[string]any { return map[string]any{"bytes": bytes, "limit_bytes": limit} },
	})
}

// heapNow is the live heap after collection.
func heapNow() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// turns replays with 20 authors who take turns every 100 edits, each merging
// first, and checks who wrote what against the record of the trace.
func turns(r *run) error {
	const authors = 20
	var docs []*crdt.Doc
	var last *crdt.Doc
	edits := r.flat.Edits
	prepare := func() error {
		founder, err := crdt.New(newKey(0))
		if err != nil {
			return err
		}
		docs, last = []*crdt.Doc{founder}, founder
		for n := 1; n < authors; n++ {
			d, err := founder.Clone(newKey(n))
			if err != nil {
				return err
			}
			docs = append(docs, d)
		}
		return nil
	}
	err := r.measure(measure{
		name: "20 authors in turn", edits: len(edits), prepare: prepare,
		do: func() error {
			for k := 0; k < len(edits); k += perChange {
				next := docs[k/perChange%authors]
				if err := next.Merge(last); err != nil {
					return err
				}
				if err := grouped(next, edits[k:min(k+perChange, len(edits))], perChange); err != nil {
					return err
				}
				last = next
			}
			return nil
		},
		check: func() error { return r.ends("20 authors", last) },
	})
	if err != nil {
		return err
	}
	if err := r.writers(last, func(edit uint32) crdt.Author { return newKey(int(edit) / perChange % authors).Author() }); err != nil {
		return err
	}
	return r.reading(last)
}

// writers compares blame, character by character, with the record of which
// edit wrote each.
func (r *run) writers(d *crdt.Doc, author func(edit uint32) crdt.Author) error {
	at := 0
	cache := map[uint32]crdt.Author{}
	for s := range authorship.Blame(d.View().Text(body)) {
		for range s.Text {
			edit := r.flat.Writers[at]
			want, ok := cache[edit]
			if !ok {
				want = author(edit)
				cache[edit] = want
			}
			if s.Author.ID != want {
				return fmt.Errorf("blame: character %d is by %s, want %s", at, s.Author.ID, want)
			}
			at++
		}
	}
	if at != len(r.flat.Writers) {
		return fmt.Errorf("blame: %d characters of %d", at, len(r.flat.Writers))
	}
	return nil
}

// reading measures the whole text, the blame of everything, and the credits.
func (r *run) reading(d *crdt.Doc) error {
	text := ""
	err := r.measure(measure{
		name: "whole text", limit: 0.1, edits: len(r.flat.Edits), times: 20,
		do:    func() error { text = d.View().Text(body).String(); return nil },
		check: func() error { return r.verify("whole text", text) },
	})
	if err != nil {
		return err
	}
	spans := 0
	err = r.measure(measure{
		name: "blame of everything", limit: 0.3, edits: len(r.flat.Edits), times: 20,
		do: func() error {
			spans = 0
			for range authorship.Blame(d.View().Text(body)) {
				spans++
			}
			return nil
		},
		extra: func() map[string]any { return map[string]any{"spans": spans} },
	})
	if err != nil {
		return err
	}
	var credits []authorship.Credit
	return r.measure(measure{
		name: "credits", limit: 1, edits: len(r.flat.Edits), times: 5,
		do: func() error { credits = authorship.Credits(d.View()); return nil },
		check: func() error {
			characters := 0
			for k := range credits {
				characters += credits[k].Characters + credits[k].Spaces
			}
			if characters != len(r.flat.Writers) {
				return fmt.Errorf("credits: %d characters of %d", characters, len(r.flat.Writers))
			}
			return nil
		},
		extra: func() map[string]any { return map[string]any{"people": len(credits)} },
	})
}
