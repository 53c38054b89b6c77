package crdt_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestRichLimits: what cannot be written dooms the Update and changes nothing.
func TestRichLimits(t *testing.T) {
	d, err := crdt.New(newKey("rich limits"))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("one 😀"); return nil }))
	long := string(make([]byte, 257))
	for name, c := range map[string]struct {
		want error
		do   func(t crdt.TextTx)
	}{
		"no key":        {crdt.ErrLimit, func(t crdt.TextTx) { t.Mark(0, 1, crdt.Mark{Value: 1}) }},
		"a long key":    {crdt.ErrLimit, func(t crdt.TextTx) { t.Mark(0, 1, crdt.Mark{Key: long, Value: 1}) }},
		"a long ID":     {crdt.ErrLimit, func(t crdt.TextTx) { t.Mark(0, 1, crdt.Mark{Key: "a", ID: long, Value: 1}) }},
		"no UTF-8":      {crdt.ErrMalformed, func(t crdt.TextTx) { t.Mark(0, 1, crdt.Mark{Key: "\xff", Value: 1}) }},
		"no value":      {crdt.ErrMalformed, func(t crdt.TextTx) { t.Mark(0, 1, crdt.Mark{Key: "a", Value: t}) }},
		"outside":       {crdt.ErrRange, func(t crdt.TextTx) { t.Mark(0, 9, crdt.Mark{Key: "a", Value: 1}) }},
		"backwards":     {crdt.ErrRange, func(t crdt.TextTx) { t.Unmark(2, 1, "a") }},
		"a half":        {crdt.ErrSplit, func(t crdt.TextTx) { t.In(crdt.UTF16).Mark(0, 5, crdt.Mark{Key: "a", Value: 1}) }},
		"split outside": {crdt.ErrRange, func(t crdt.TextTx) { t.Split(-1, crdt.Block{}) }},
		"no attribute":  {crdt.ErrMalformed, func(t crdt.TextTx) { t.Split(1, crdt.Block{Attrs: map[string]any{"x": t}}) }},
		"nothing there": {crdt.ErrRange, func(t crdt.TextTx) { t.Join(3) }},
	} {
		err := d.Update(func(tx *crdt.Tx) error { c.do(tx.Text("t")); return nil })
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if got := showRich(d.View()); got != "\n-1 \"\" 0 map[]: \"one 😀\"" {
			t.Fatalf("%s: the text is %s", name, got)
		}
		must(t, d.CheckRooms())
	}
}

// showRich is what the rich text t shows.
func showRich(v *crdt.View) string {
	s := ""
	for b := range v.Text("t").Blocks() {
		s += fmt.Sprintf("\n%d %q %d %v:", b.At, b.Kind, b.Level, b.Attrs)
		for run := range b.Text.Runs() {
			s += fmt.Sprintf(" %q", run.Text)
			if len(run.Marks) > 0 {
				s += " " + dumpRun(run.Marks)
			}
		}
	}
	return s
}
