//go:build !js

package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// story is what the five do: a line that begins with # is told, "meet" lets people
// exchange what they have, and other lines say who types what.
//
//go:embed story.txt
var story string

// seeded are keys that are the same in every telling: a person has the key of their name,
// and "Ben's laptop" is a device of Ben. A real program has a keyring.
type seeded string

// SignerFor gives the one key.
func (s seeded) SignerFor(string, uint64) (crdt.Signer, error) {
	name, device, _ := strings.Cut(string(s), "'s ")
	person := authorship.KeyFromSeed(name, sha256.Sum256([]byte(name)))
	if device == "" {
		return person, nil
	}
	return authorship.KeyFromSeed(name, sha256.Sum256([]byte(s))).BoundTo(person, false), nil
}

// stage is the people of a story, each in a folder.
type stage struct {
	ctx    context.Context
	folder string
	clock  crdt.Option
	names  []string // in order of their coming
	people map[string]*person
	said   *strings.Builder // by who is typing
	out    io.Writer
}

// play tells a story. Its clock moves by a minute with every change.
func play(ctx context.Context, folder, story string, out io.Writer) (err error) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	s := &stage{ctx: ctx, folder: folder, people: map[string]*person{}, said: &strings.Builder{}, out: out}
	s.clock = crdt.WithClock(func() time.Time { now = now.Add(time.Minute); return now })
	defer func() {
		for _, name := range s.names {
			err = errors.Join(err, s.people[name].repo.Close())
		}
	}()
	for line := range strings.Lines(story) {
		if err := s.tell(strings.TrimSpace(line)); err != nil {
			return fmt.Errorf("%s: %w", strings.TrimSpace(line), err)
		}
	}
	return nil
}

// tell tells one line.
func (s *stage) tell(line string) error {
	who, command, typed := strings.Cut(line, ": ")
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
		fmt.Fprintln(s.out, line)
		return nil
	case strings.HasPrefix(line, "meet "):
		return s.meet(strings.Split(strings.TrimPrefix(line, "meet "), ", "))
	case !typed:
		return errors.New("who says that?")
	}
	names := strings.Split(who, ", ")
	heard := map[string][]string{} // who hears what
	var order []string
	for _, name := range names {
		p, err := s.person(name)
		if err != nil {
			return err
		}
		s.said.Reset()
		if err := p.do(command); err != nil {
			fmt.Fprintln(s.said, "!", err)
		}
		if said := s.said.String(); heard[said] == nil {
			order = append(order, said)
		}
		heard[s.said.String()] = append(heard[s.said.String()], name)
	}
	for _, said := range order {
		fmt.Fprintf(s.out, "%s> %s\n", strings.Join(heard[said], ", "), command)
		for l := range strings.Lines(said) {
			fmt.Fprint(s.out, "    ", l)
		}
	}
	return nil
}

// person is somebody of the story, whose folder is opened when they come first. All know
// each other's keys.
func (s *stage) person(name string) (*person, error) {
	if p := s.people[name]; p != nil {
		return p, nil
	}
	p, err := open(s.ctx, filepath.Join(s.folder, strings.ToLower(strings.ReplaceAll(name, "'s ", "-"))), seeded(name), s.said, s.clock)
	if err != nil {
		return nil, err
	}
	s.names = append(s.names, name)
	s.people[name] = p
	for _, other := range []string{"Ann", "Ben", "Cyd", "Dan", "Eve"} {
		k, _ := seeded(other).SignerFor("", 0)
		if err := p.know(other, k.Author()); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// meet lets people exchange what they have.
func (s *stage) meet(names []string) error {
	fmt.Fprintf(s.out, "(%s meet)\n", strings.Join(names, ", "))
	for range 2 {
		for _, a := range names {
			for _, b := range names {
				p, err := s.person(a)
				if err != nil {
					return err
				}
				q, err := s.person(b)
				if err != nil {
					return err
				}
				if a < b {
					if err := errors.Join(p.repo.Meet(s.ctx, q.repo), p.openWorks(), q.openWorks()); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
