package sim

import (
	"fmt"
	"maps"
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// ledger is what was done in a run, noted by those who did it and not by any document.
// It is the judge of loss and of credit.
//
// Invariants:
//  1. A character that is in chars was typed once in the run, by one key; what is typed
//     besides are letters, which each key has of its own.
//  2. What was acknowledged was tried before.
type ledger struct {
	chars   map[rune]*char
	typed   int                  // characters given out
	letters map[crdt.Author]rune // of each key
	used    map[crdt.Author]int  // letters typed by each key
	edits   map[string]*edit     // by the key that the edit puts into the map of edits
	order   []string             // keys of edits, in the order of the edits
	steps   map[crdt.Author]*sum // counted by each key
	blurred map[crdt.Author]bool // keys that have taken back what they did
	forks   map[crdt.Author]bool // keys that may contradict themselves
}

// char is what is known of one character.
type char struct {
	by      crdt.Author
	acked   bool                 // the edit that typed it was acknowledged
	deleted map[crdt.Author]bool // who tried to delete it; true: and was acknowledged
}

// sum is what a key has counted.
type sum struct {
	acked int64
	maybe bool // and perhaps more
}

// edit is one edit, by what it was going to do.
type edit struct {
	name    string
	by      crdt.Author
	node    int
	acked   bool
	typed   []rune
	deleted []rune
	letters int
	step    int64
}

// newLedger is an empty ledger.
func newLedger() *ledger {
	return &ledger{
		chars: map[rune]*char{}, letters: map[crdt.Author]rune{}, used: map[crdt.Author]int{}, edits: map[string]*edit{},
		steps: map[crdt.Author]*sum{}, blurred: map[crdt.Author]bool{}, forks: map[crdt.Author]bool{},
	}
}

// alphabet is what letters are taken from: one for each key of a run.
const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// admit gives a key its letter.
func (l *ledger) admit(by crdt.Author) {
	if len(l.letters) == len(alphabet) {
		panic("sim: more keys than letters")
	}
	l.letters[by] = rune(alphabet[len(l.letters)])
}

// begin notes an edit that is about to be made.
func (l *ledger) begin(by crdt.Author, node int) *edit {
	e := &edit{name: fmt.Sprint(len(l.order)), by: by, node: node}
	l.edits[e.name] = e
	l.order = append(l.order, e.name)
	if l.steps[by] == nil {
		l.steps[by] = &sum{}
	}
	return e
}

// char gives out a character that nobody has typed: two, three and four bytes long in
// turn, as long as there are such.
func (l *ledger) char(e *edit) rune {
	n := rune(l.typed)
	l.typed++
	c := 0x20000 + n/3
	switch {
	case n%3 == 1:
		c = 0x4e00 + n/3
	case n%3 == 2 && n/3 < 0x100:
		c = 0x400 + n/3
	}
	l.chars[c] = &char{by: e.by, deleted: map[crdt.Author]bool{}}
	e.typed = append(e.typed, c)
	return c
}

// letter gives the letter of a key n times.
func (l *ledger) letter(e *edit, n int) []rune {
	e.letters += n
	l.used[e.by] += n
	return slices.Repeat([]rune{l.letters[e.by]}, n)
}

// delete notes that an edit is going to delete some text.
func (l *ledger) delete(e *edit, text string) {
	for _, r := range text {
		if c := l.chars[r]; c != nil {
			c.deleted[e.by] = c.deleted[e.by]
			e.deleted = append(e.deleted, r)
		}
	}
}

// end notes what became of an edit.
func (l *ledger) end(e *edit, acked bool) {
	s := l.steps[e.by]
	if !acked {
		s.maybe = s.maybe || e.step != 0
		return
	}
	e.acked = true
	s.acked += e.step
	for _, r := range e.typed {
		l.chars[r].acked = true
	}
	for _, r := range e.deleted {
		l.chars[r].deleted[e.by] = true
	}
}

// blur notes that a key has taken back an edit of its own: what it typed and deleted
// may be shown or not.
func (l *ledger) blur(by crdt.Author) { l.blurred[by] = true }

// unsure tells whether nothing can be said of a character because somebody has taken
// back what he did to it.
func (l *ledger) unsure(c *char) bool {
	if l.blurred[c.by] {
		return true
	}
	for by := range c.deleted {
		if l.blurred[by] {
			return true
		}
	}
	return false
}

// must tells whether a character must be shown, and mustNot whether it must not.
func (l *ledger) must(c *char) bool { return c.acked && len(c.deleted) == 0 && !l.blurred[c.by] }

// mustNot: it is deleted for good.
func (l *ledger) mustNot(c *char) bool {
	if l.unsure(c) {
		return false
	}
	for _, acked := range c.deleted {
		if acked {
			return true
		}
	}
	return false
}

// credit judges the runs of a text: every character is by the key that typed it. It
// returns how many it has judged.
func (l *ledger) credit(t crdt.Text, shown map[rune]int) (judged int, err error) {
	for run := range t.Runs() {
		for _, r := range run.Text {
			if r == '\n' { // the marker of a block
				continue
			}
			judged++
			shown[r]++
			switch c := l.chars[r]; {
			case c == nil && l.letters[run.By] != r:
				return judged, fmt.Errorf("character %q of change %s is credited to %s, who has typed none", r, run.Change, l.name(run.By))
			case c != nil && c.by != run.By:
				return judged, fmt.Errorf("character %q of change %s is credited to %s and was typed by %s", r, run.Change, l.name(run.By), l.name(c.by))
			case c != nil && shown[r] > 1:
				return judged, fmt.Errorf("character %q is there twice", r)
			}
		}
	}
	return judged, nil
}

// name is how a key is called in reports: its letter.
func (l *ledger) name(by crdt.Author) string {
	if r, ok := l.letters[by]; ok {
		return "key " + string(r)
	}
	return by.String()
}

// judge compares what a replica shows with the ledger: nothing that was acknowledged
// is lost, nothing is credited to somebody else. It returns how many characters and
// edits it has judged.
func (l *ledger) judge(v *crdt.View) (chars, edits int, err error) {
	shown := map[rune]int{}
	for _, t := range []crdt.Text{v.Text(textName), v.Map(mapName).Text(innerName)} {
		n, err := l.credit(t, shown)
		if err != nil {
			return 0, 0, err
		}
		chars += n
	}
	for _, r := range slices.Sorted(maps.Keys(l.chars)) {
		switch c := l.chars[r]; {
		case shown[r] == 0 && l.must(c):
			return 0, 0, fmt.Errorf("character %q was acknowledged to %s, was never deleted, and is lost", r, l.name(c.by))
		case shown[r] > 0 && l.mustNot(c):
			return 0, 0, fmt.Errorf("character %q is shown, and its deletion was acknowledged", r)
		}
	}
	for by, letter := range l.letters {
		if shown[letter] > l.used[by] {
			return 0, 0, fmt.Errorf("%d letters %q are shown, %d were typed", shown[letter], letter, l.used[by])
		}
	}
	edits, err = l.judgeEdits(v, -1)
	if err == nil {
		err = l.judgeSteps(v)
	}
	return chars, edits, err
}

// judgeEdits looks for the acknowledged edits of a node, or of all for -1.
func (l *ledger) judgeEdits(v *crdt.View, node int) (judged int, err error) {
	m := v.Map(editsName)
	for _, name := range l.order {
		e := l.edits[name]
		if node >= 0 && e.node != node || l.blurred[e.by] {
			continue
		}
		got := m.Get(name)
		switch {
		case !got.Exists() && e.acked:
			return judged, fmt.Errorf("edit %s was acknowledged to %s and is lost", name, l.name(e.by))
		case got.Exists() && got.By() != e.by:
			return judged, fmt.Errorf("edit %s of %s is credited to %s", name, l.name(e.by), l.name(got.By()))
		}
		judged++
	}
	return judged, nil
}

// judgeSteps compares what each key has counted.
func (l *ledger) judgeSteps(v *crdt.View) error {
	shares, err := v.Counter(counterName).Shares()
	if err != nil {
		return err
	}
	for by, s := range l.steps {
		if !s.maybe && !l.blurred[by] && shares[by] != s.acked {
			return fmt.Errorf("%s has counted %d, of which %d are there", l.name(by), s.acked, shares[by])
		}
	}
	for by := range shares {
		if l.steps[by] == nil {
			return fmt.Errorf("%s has never counted", l.name(by))
		}
	}
	return nil
}
