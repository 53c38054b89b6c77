//go:build !js

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// show prints the handbook line by line, with who wrote it. What moderators have hidden
// is not shown.
func (p *person) show([]string) error {
	v := p.view()
	hidden := map[cid.Cid]authorship.Concealed{}
	for h := range authorship.Hidden(v) {
		hidden[h.Change] = h
	}
	var words strings.Builder
	var by []string
	n := 1
	end := func() {
		fmt.Fprintf(p.out, "%d %s  (%s)\n", n, words.String(), strings.Join(by, ", "))
		n, by = n+1, nil
		words.Reset()
	}
	for s := range authorship.Blame(v.Text("handbook")) {
		for part := range strings.Lines(s.Text) {
			text, ended := strings.CutSuffix(part, "\n")
			who := s.Author.String()
			if s.Origin != nil {
				who = fmt.Sprintf("%s in %q, %s", s.Origin.Author, s.Origin.Title, s.Origin.Proof)
			}
			if h, ok := hidden[s.Change]; ok {
				text, who = "…", "hidden by "+h.Who.String()
			}
			words.WriteString(text)
			if !slices.Contains(by, who) {
				by = append(by, who)
			}
			if ended {
				end()
			}
		}
	}
	if words.Len() > 0 {
		end()
	}
	for _, h := range hidden {
		if h.Erased {
			fmt.Fprintln(p.out, h)
		}
	}
	return nil
}

// charter prints the charter in force.
func (p *person) charter([]string) error {
	v := p.view()
	c, err := authorship.CharterOf(v)
	if err != nil {
		return err
	}
	n := 0
	for range authorship.Epochs(v) {
		n++
	}
	fmt.Fprintf(p.out, "%q, amended %d times, %s, mode %s, to accept %s, to amend %s\n", c.Title, n-1, strings.Join(c.Terms, " or "), c.Mode, c.Accept, c.Amend)
	return nil
}

// people prints who is what.
func (p *person) people([]string) error {
	v := p.view()
	met := map[crdt.Author]bool{}
	var list []string
	add := func(r authorship.Role) {
		if !met[r.Person.ID] {
			met[r.Person.ID] = true
			list = append(list, fmt.Sprintf("%s: %s", r.Person, r))
		}
	}
	for m := range authorship.Members(v) {
		add(m)
	}
	for c := range v.History() {
		add(authorship.RoleOf(v, c.Author))
	}
	slices.Sort(list)
	fmt.Fprintln(p.out, strings.Join(list, "; "))
	return nil
}

// proposals prints what waits, and for what.
func (p *person) proposals([]string) error {
	v := p.view()
	for x := range authorship.Proposals(v) {
		fmt.Fprintf(p.out, "%s: %s\n", labels(v, x.Changes), x)
		for _, o := range x.Objections {
			fmt.Fprintf(p.out, "  %s\n", o)
		}
	}
	return nil
}

// decisions prints what was voted on.
func (p *person) decisions([]string) error {
	v := p.view()
	for d := range authorship.Decisions(v) {
		fmt.Fprintf(p.out, "%s %s\n", labels(v, d.On), d)
		for _, x := range d.Votes {
			fmt.Fprintf(p.out, "  %s: %s\n", label(v, x.Change), x)
		}
	}
	return nil
}

// why prints what the rules say of changes.
func (p *person) why(args []string) error {
	list, err := p.changes(args...)
	if err != nil {
		return err
	}
	v := p.view()
	for _, c := range list {
		x, err := authorship.Explain(v, c)
		if err != nil {
			return err
		}
		p.reason(v, x)
	}
	return nil
}

// waits prints what does not count, and why.
func (p *person) waits([]string) error {
	v := p.view()
	for x := range authorship.Ineffective(v) {
		p.reason(v, x)
	}
	return nil
}

// reason prints a verdict, changes being called as they are here.
func (p *person) reason(v *crdt.View, x authorship.Verdict) {
	s := x.String()
	for _, c := range []cid.Cid{x.Cause, x.Accepted, x.Hidden, x.Erased} {
		if c.Defined() {
			s = strings.ReplaceAll(s, c.String(), label(v, c))
		}
	}
	fmt.Fprintf(p.out, "%s: %s\n", label(v, x.Change), s)
}

// notice prints how to name the authors.
func (p *person) notice([]string) error {
	fmt.Fprintln(p.out, authorship.Notice(p.view()))
	return nil
}
