//go:build !js

package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/pack"
)

// commands are what can be typed, with their arguments. Changes are called by their
// author and number, as the program names them: Ann3.
var commands = map[string]struct {
	args string
	do   func(p *person, args []string) error
}{
	"me":        {"                  your key, to tell others", (*person).me},
	"know":      {"NAME KEY          whose key that is", (*person).knows},
	"found":     {"TITLE NAME…       a new work of these members, you among them", (*person).found},
	"use":       {"TITLE             the work that commands speak of", (*person).use},
	"write":     {"WORDS…            another line", (*person).write},
	"propose":   {"TITLE: WORDS…     another line, as a proposal", (*person).propose},
	"more":      {"CHANGE WORDS…     another line for that proposal", (*person).more},
	"accept":    {"CHANGE…           vote for making these effective", (*person).accept},
	"object":    {"CHANGE WHY…       speak against it", (*person).object},
	"amend":     {"mode MODE | admit NAME | remove NAME | cut NAME [CHANGE…] | accept N/D | amend N/D   propose another charter", (*person).amend},
	"vote":      {"CHANGE            for that amendment", (*person).vote},
	"leave":     {"                  vote for leaving the charter as it is", (*person).leave},
	"revoke":    {"CHANGE…           of the device that made it, what came after these does not count", (*person).revoke},
	"hide":      {"CHANGE…           do not show their words", (*person).hide},
	"redact":    {"CHANGE…           vote for erasing their words everywhere", (*person).redact},
	"fork":      {"TITLE             leave, with all that is here, to a work of your own", (*person).fork},
	"quote":     {"TITLE LINE        a line of another work", (*person).quote},
	"give":      {"FILE              writes the work into a file", (*person).give},
	"take":      {"FILE              takes in what somebody gave", (*person).take},
	"show":      {"                  the handbook, and who wrote it", (*person).show},
	"charter":   {"                  the charter in force", (*person).charter},
	"proposals": {"                  what waits, and for what", (*person).proposals},
	"decisions": {"                  what was voted on", (*person).decisions},
	"why":       {"CHANGE…           whether it counts, and why", (*person).why},
	"waits":     {"                  what does not count, and why", (*person).waits},
	"people":    {"                  who is what", (*person).people},
	"notice":    {"                  how to name the authors", (*person).notice},
}

// do does one command.
func (p *person) do(line string) error {
	f := strings.Fields(line)
	if len(f) == 0 {
		return nil
	}
	c, ok := commands[f[0]]
	if f[0] == "help" {
		for _, name := range slices.Sorted(maps.Keys(commands)) {
			fmt.Fprintf(p.out, "%-9s %s\n", name, commands[name].args)
		}
		return nil
	}
	if !ok {
		return fmt.Errorf("no command %q: help lists them", f[0])
	}
	if _, err := p.work(); err != nil && !slices.Contains([]string{"me", "know", "found", "take"}, f[0]) {
		return err
	}
	return c.do(p, f[1:])
}

// few tells that a command has too few words.
var few = errors.New("more words are needed: help tells")

func (p *person) me([]string) error {
	fmt.Fprintln(p.out, p.keys.key.Author())
	return nil
}

func (p *person) knows(args []string) error {
	if len(args) != 2 {
		return few
	}
	a, err := crdt.ParseAuthor(args[1])
	if err != nil {
		return err
	}
	return p.know(args[0], a)
}

func (p *person) found(args []string) error {
	if len(args) < 2 {
		return few
	}
	c := authorship.Charter{Title: args[0], Terms: []string{terms}, Members: map[string][]crdt.Author{}}
	for _, name := range args[1:] {
		a, err := p.key(name)
		if err != nil {
			return err
		}
		c.Members["members"] = append(c.Members["members"], a)
	}
	rep, err := p.repo.Create(p.ctx, authorship.Found(c))
	if err != nil {
		return err
	}
	p.works = append(p.works, rep)
	return rep.Save(p.ctx)
}

func (p *person) use(args []string) error {
	for k, w := range p.works {
		if w.Doc().Title() == strings.Join(args, " ") {
			p.works = append(slices.Delete(p.works, k, k+1), w)
			return nil
		}
	}
	return fmt.Errorf("no work %q here", strings.Join(args, " "))
}

// line adds a line to the handbook.
func line(tx *crdt.Tx, words []string) {
	tx.Text("handbook").Append(strings.Join(words, " ") + "\n")
}

func (p *person) write(args []string) error {
	return p.update(func(tx *crdt.Tx) error { line(tx, args); return nil })
}

func (p *person) propose(args []string) error {
	title, words, ok := strings.Cut(strings.Join(args, " "), ": ")
	if !ok {
		return few
	}
	return p.update(func(tx *crdt.Tx) error { line(tx, []string{words}); return authorship.Propose(tx, title) })
}

func (p *person) more(args []string) error {
	if len(args) < 2 {
		return few
	}
	list, err := p.changes(args[0])
	if err != nil {
		return err
	}
	return p.update(func(tx *crdt.Tx) error { tx.Tag(list[0]); line(tx, args[1:]); return nil })
}

// on does something about changes.
func (p *person) on(args []string, fn func(tx *crdt.Tx, changes ...cid.Cid) error) error {
	if len(args) == 0 {
		return few
	}
	list, err := p.changes(args...)
	if err != nil {
		return err
	}
	return p.update(func(tx *crdt.Tx) error { return fn(tx, list...) })
}

func (p *person) accept(args []string) error { return p.on(args, authorship.Accept) }
func (p *person) hide(args []string) error   { return p.on(args, authorship.Hide) }
func (p *person) redact(args []string) error { return p.on(args, authorship.Redact) }
func (p *person) leave([]string) error       { return p.update(authorship.LeaveIt) }

func (p *person) vote(args []string) error {
	return p.on(args, func(tx *crdt.Tx, c ...cid.Cid) error { return authorship.Endorse(tx, c[0]) })
}

func (p *person) object(args []string) error {
	return p.on(args[:min(1, len(args))], func(tx *crdt.Tx, c ...cid.Cid) error {
		return authorship.Object(tx, c[0], strings.Join(args[1:], " "))
	})
}

func (p *person) revoke(args []string) error {
	list, err := p.changes(args...)
	if err != nil || len(list) == 0 {
		return errors.Join(err, few)
	}
	c, _ := p.view().Change(list[0])
	return p.update(func(tx *crdt.Tx) error { return authorship.Revoke(tx, c.Author, list...) })
}

func (p *person) amend(args []string) error {
	if len(args) < 2 {
		return few
	}
	a, err := p.amendment(args[0], args[1], args[2:])
	if err != nil {
		return err
	}
	return p.update(func(tx *crdt.Tx) error { return authorship.Amend(tx, a) })
}

// amendment reads what shall be different.
func (p *person) amendment(what, arg string, rest []string) (a authorship.Amendment, err error) {
	var key crdt.Author
	if what == "admit" || what == "remove" || what == "cut" {
		if key, err = p.key(arg); err != nil {
			return a, err
		}
	}
	share := func() *authorship.Share {
		n, d, _ := strings.Cut(arg, "/")
		var s authorship.Share
		s.Num, err = strconv.Atoi(n)
		if err == nil {
			s.Den, err = strconv.Atoi(d)
		}
		return &s
	}
	switch what {
	case "mode":
		a.Mode = authorship.Mode(arg)
	case "admit":
		a.Admit = map[string][]crdt.Author{"members": {key}}
	case "remove":
		a.Remove = []crdt.Author{key}
	case "cut":
		heads, err := p.changes(rest...)
		if err != nil {
			return a, err
		}
		a.Cut = []authorship.Cut{{Key: key, Heads: heads}}
	case "accept":
		a.Accept = share()
	case "amend":
		a.Amend = share()
	default:
		return a, few
	}
	return a, err
}

func (p *person) fork(args []string) error {
	from, err := p.work()
	if err != nil {
		return err
	}
	if err := from.Save(p.ctx); err != nil {
		return err
	}
	d, err := authorship.Fork(from.Doc().View(), p.keys.key, authorship.Charter{Title: strings.Join(args, " ")}, p.opts...)
	if err != nil {
		return err
	}
	rep, err := p.repo.Import(p.ctx, d)
	if err != nil {
		return err
	}
	p.works = append(p.works, rep)
	return rep.Save(p.ctx)
}

func (p *person) quote(args []string) error {
	if len(args) != 2 {
		return few
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	for _, w := range p.works {
		if w.Doc().Title() != args[0] {
			continue
		}
		text := w.Doc().View().Text("handbook")
		from := 0
		for k, l := range strings.SplitAfter(text.String(), "\n") {
			to := from + len([]rune(l))
			if k == n-1 {
				return p.update(func(tx *crdt.Tx) error {
					book := tx.Text("handbook")
					return authorship.Quote(tx, book, book.Len(), text.Slice(from, to))
				})
			}
			from = to
		}
	}
	return fmt.Errorf("no line %d of a work %q here", n, args[0])
}

func (p *person) give(args []string) (err error) {
	if len(args) != 1 {
		return few
	}
	rep, err := p.work()
	if err != nil {
		return err
	}
	f, err := os.Create(args[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return pack.Write(f, rep.Doc())
}

func (p *person) take(args []string) error {
	if len(args) != 1 {
		return few
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := pack.Inspect(f)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	d, err := pack.Read(f, info.Work, nil, authorship.Rules())
	if err != nil {
		return err
	}
	rep, err := p.repo.Join(p.ctx, d.ID())
	if err != nil {
		return err
	}
	if err := rep.Doc().Merge(d); err != nil {
		return err
	}
	if err := rep.Save(p.ctx); err != nil {
		return err
	}
	return p.openWorks()
}
