//go:build !js

// Commons is a handbook that many people write and govern together, in a terminal: each
// folder is one person's copy, and the work itself says who decides. Without arguments it
// plays a story of five people in five folders, from the founding to a fork and its
// return, and prints what each of them sees:
//
//	go run ./examples/commons
//
// With a folder and a name it is one person's copy. It reads one command a line, the
// commands of the story; help lists them. What people did apart meets over files:
//
//	go run ./examples/commons -folder ann -as Ann
//	go run ./examples/commons -folder ben -as Ben -take ann.pack
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// terms are what everybody's words are under.
const terms = "CC-BY-SA-4.0"

func main() {
	folder := flag.String("folder", "", "one person's copy; without it the story is played")
	name := flag.String("as", "", "who it is; needed the first time")
	take := flag.String("take", "", "file that somebody else gave, to join their handbook")
	flag.Parse()
	ctx := context.Background()
	var err error
	if *folder != "" {
		err = sit(ctx, *folder, *name, *take, os.Stdin, os.Stdout)
	} else {
		err = show(ctx, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "commons:", err)
		os.Exit(1)
	}
}

// show plays the story in folders that go away afterwards.
func show(ctx context.Context, out io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "commons")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	return play(ctx, folder, story, out)
}

// sit does what one person types, until the input ends.
func sit(ctx context.Context, folder, name, take string, in io.Reader, out io.Writer) (err error) {
	keys, err := authorship.OpenKeyring(filepath.Join(folder, "keys"), name)
	if err != nil {
		return err
	}
	p, err := open(ctx, folder, keys, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.repo.Close()) }()
	if take != "" {
		if err := p.do("take " + take); err != nil {
			return err
		}
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if err := p.do(lines.Text()); err != nil {
			fmt.Fprintln(out, "!", err)
		}
	}
	return nil
}

// rules are how every copy opens works of these terms.
func rules() crdt.Option { return authorship.Agree(terms) }
