package charter_test

import (
	"fmt"
	"strings"
)

// String is the world as one reads it: a line for each change.
func (w *world) String() string {
	var b strings.Builder
	g := w.genesis
	fmt.Fprintf(&b, "genesis %s %v, %v, moderators %v, accept %v, amend %v\n", g.mode, g.terms, g.chambers, g.moderators, g.accept, g.amend)
	for i, ch := range w.changes {
		fmt.Fprintf(&b, "%d: %s seq %d prev %d links %v", i, w.keys[ch.key], ch.seq, ch.prev, ch.links)
		if ch.tag >= 0 {
			fmt.Fprintf(&b, " tag %d", ch.tag)
		}
		for _, a := range ch.acts {
			fmt.Fprintf(&b, " %s%v", a.kind(), a)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// String shows what an amend says.
func (a amend) String() string {
	out := []string{fmt.Sprint("base ", a.base)}
	say := func(name string, said bool, what any) {
		if said {
			out = append(out, fmt.Sprint(name, " ", what))
		}
	}
	say("mode", a.mode != "", a.mode)
	say("terms", a.terms != nil || a.noTerms, a.terms)
	say("admit", a.admit != nil, a.admit)
	say("remove", a.remove != nil, a.remove)
	say("moderators", a.moderators != nil, a.moderators)
	say("accept", a.accept != nil, a.accept)
	say("amend", a.amend != nil, a.amend)
	say("cut", a.cuts != nil, a.cuts)
	return "{" + strings.Join(out, ", ") + "}"
}

// String shows what an endorse says.
func (e endorse) String() string {
	no := map[bool]string{true: ", no"}[e.no]
	switch {
	case e.accept != nil:
		return fmt.Sprintf("{base %d, accept %v%s}", e.base, e.accept, no)
	case e.redact != nil:
		return fmt.Sprintf("{base %d, redact %v%s}", e.base, e.redact, no)
	}
	return fmt.Sprintf("{base %d, amend %d%s}", e.base, e.amend, no)
}
