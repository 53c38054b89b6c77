//go:build !js

// Quickstart shows the whole journey: two people, each with a folder of their
// own, write one work, offline, in the same sentence and under the same key, and
// meet over a TCP connection on this machine. It prints the merged work, who
// wrote which words, the credits and the notice.
//
//	go run ./examples/quickstart
//
// Run it again and it opens the same folders and goes on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/commonhold/commonhold/merge/transport"
)

// terms are what everybody grants who writes in the work.
const terms = "CC-BY-SA-4.0"

func main() {
	folder := flag.String("folder", filepath.Join(os.TempDir(), "commonhold-quickstart"), "where the two people keep their work")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *folder); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
	fmt.Printf("\nRun it again to go on, or delete %s to begin anew.\n", *folder)
}

// run lets Ann and Ben write one more sentence together.
func run(ctx context.Context, out io.Writer, folder string) (err error) {
	annRepo, err := open(ctx, folder, "Ann")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, annRepo.Close()) }()
	benRepo, err := open(ctx, folder, "Ben")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, benRepo.Close()) }()

	// Ann founds the work, or opens the one she has.
	ann, err := annRepo.Named(ctx, "bread", authorship.Commons("Bread", terms))
	if err != nil {
		return err
	}
	// Its id is all that Ben needs; he asks nobody.
	ben, err := benRepo.Join(ctx, ann.Doc().ID())
	if err != nil {
		return err
	}
	sentence, err := begin(ctx, ann)
	if err != nil {
		return err
	}
	if err := meet(ctx, ann, ben); err != nil {
		return err
	}

	// Both are offline now, and edit the same sentence and the same keys.
	if err := ann.Update(ctx, func(tx *crdt.Tx) error {
		insert(tx, sentence.before, sentence.ann)
		tx.Put("oven", 220)
		return nil
	}); err != nil {
		return err
	}
	if err := ben.Update(ctx, func(tx *crdt.Tx) error {
		insert(tx, ".", sentence.ben)
		tx.Put("oven", 200)
		tx.Put("loaves", 2)
		return nil
	}); err != nil {
		return err
	}
	if err := meet(ctx, ann, ben); err != nil {
		return err
	}
	if a, b := ann.Doc().Heads(), ben.Doc().Heads(); a != b {
		return fmt.Errorf("Ann has %s and Ben has %s", a, b)
	}
	return report(out, ben.Doc().View())
}

// open opens the store and the keys of one person, in a folder of their own. The
// keys lie outside the store: a copy of the store is not a copy of the person.
func open(ctx context.Context, folder, name string) (*merge.Repo, error) {
	home := filepath.Join(folder, strings.ToLower(name))
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	keys, err := authorship.OpenKeyring(filepath.Join(home, "keys"), name)
	if err != nil {
		return nil, err
	}
	st, err := bolt.Open(filepath.Join(home, "works.db"))
	if err != nil {
		return nil, err
	}
	return merge.Open(ctx, st, keys, authorship.Agree(terms))
}

// work is a sentence that Ann begins and both change while they are offline.
type work struct {
	text   string
	before string // where Ann's words go
	ann    string
	ben    string // goes to the end
}

// works are the sentences, one a run, over and over.
var works = []work{
	{"Knead the dough.", "dough", "warm ", " for ten minutes"},
	{"Wait an hour.", "hour", "entire ", " or two"},
	{"Bake the bread.", "bread", "fresh ", " until it sounds hollow"},
}

// begin lets Ann write the next sentence, and says which it is.
func begin(ctx context.Context, ann *merge.Replica) (work, error) {
	n, err := ann.Doc().View().Counter("runs").Int()
	if err != nil {
		return work{}, err
	}
	w := works[int(n)%len(works)]
	return w, ann.Update(ctx, func(tx *crdt.Tx) error {
		body := tx.Text("body")
		if body.Len() > 0 {
			body.Append(" ")
		}
		body.Append(w.text)
		tx.Counter("runs").Add(1)
		return nil
	})
}

// insert puts words before the last occurrence of a mark.
func insert(tx *crdt.Tx, mark, words string) {
	body := tx.Text("body").In(crdt.UTF8)
	body.Insert(strings.LastIndex(body.String(), mark), words)
}

// meet connects the two over TCP and lets them exchange what the other has not.
func meet(ctx context.Context, ann, ben *merge.Replica) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	served := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			served <- err
			return
		}
		conn := transport.Stream(c)
		served <- errors.Join(ann.Sync(ctx, conn), conn.Close())
	}()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		l.Close()
		return errors.Join(err, <-served)
	}
	conn := transport.Stream(c)
	err = ben.Sync(ctx, conn)
	return errors.Join(err, <-served, conn.Close())
}

// report prints the work and what is known about who made it.
func report(out io.Writer, v *crdt.View) error {
	body := v.Text("body")
	fmt.Fprintf(out, "%s\n\nWho wrote it:\n", body)
	for span := range authorship.Blame(body) {
		fmt.Fprintf(out, "  %s wrote %q (%s)\n", span.Author, span.Text, span.Level)
	}
	fmt.Fprintln(out, "\nThe data:")
	for key, value := range v.All() {
		fmt.Fprintf(out, "  %s: %v by %s\n", key, value.Any(), authorship.Name(v, value.By()))
		first := true
		for other, by := range v.Conflicts(key) {
			if !first {
				fmt.Fprintf(out, "    at the same time %s said %v\n", authorship.Name(v, by), other.Any())
			}
			first = false
		}
	}
	fmt.Fprintln(out, "\nCredits:")
	for _, c := range authorship.Credits(v) {
		fmt.Fprintf(out, "  %s: %d characters and %d values that are shown, in changes: %d\n", c.Person, c.Characters, c.Values, c.Changes)
	}
	fmt.Fprintf(out, "\n%s\n%s\n", authorship.Verify(v), authorship.Notice(v))
	return nil
}
