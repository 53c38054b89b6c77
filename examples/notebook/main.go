//go:build !js

// Notebook is a shared notebook in a terminal: a tree of pages, each a text of
// blocks with marks, undo for each person, and who wrote what. Each folder is one
// person's copy; what two people did apart meets over a folder that both can reach.
//
//	go run ./examples/notebook -dir ann -name Ann < commands.txt
//	go run ./examples/notebook -dir ben -name Ben -join ann.pack < commands.txt
//
// It reads one command a line; help lists them.
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
	"strconv"
	"strings"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/pack"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

// terms are what everybody's words are under.
const terms = "CC-BY-SA-4.0"

func main() {
	dir := flag.String("dir", "notebook", "folder of this person's copy")
	name := flag.String("name", "", "who writes; needed the first time")
	join := flag.String("join", "", "file that somebody else exported, to join their notebook")
	flag.Parse()
	if err := run(*dir, *name, *join, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "notebook:", err)
		os.Exit(1)
	}
}

// run opens a copy and does what the commands say, until they end.
func run(dir, name, join string, in io.Reader, out io.Writer) (err error) {
	ctx := context.Background()
	keys, err := authorship.OpenKeyring(filepath.Join(dir, "keys"), name)
	if err != nil {
		return err
	}
	st, err := bolt.Open(filepath.Join(dir, "works.db"))
	if err != nil {
		return err
	}
	repo, err := merge.Open(ctx, st, keys, authorship.Agree(terms))
	if err != nil {
		return errors.Join(err, st.Close())
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	rep, err := open(ctx, repo, join)
	if err != nil {
		return err
	}
	n := &notebook{ctx: ctx, rep: rep, undo: crdt.NewUndo(rep.Doc()), out: out}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if err := n.do(strings.Fields(lines.Text())); err != nil {
			fmt.Fprintln(out, "!", err)
		}
	}
	return rep.Save(ctx)
}

// open opens the notebook of a store, joins the one in a file, or founds one.
func open(ctx context.Context, repo *merge.Repo, join string) (*merge.Replica, error) {
	for work, err := range repo.Works(ctx) {
		if err != nil {
			return nil, err
		}
		return repo.Open(ctx, work)
	}
	if join == "" {
		return repo.Create(ctx, authorship.Commons("Notebook", terms))
	}
	d, err := load(join)
	if err != nil {
		return nil, err
	}
	rep, err := repo.Join(ctx, d.ID())
	if err != nil {
		return nil, err
	}
	return rep, rep.Doc().Merge(d)
}

// load reads a file that somebody exported, with everything in it verified.
func load(path string) (*crdt.Doc, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := pack.Inspect(f)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return pack.Read(f, info.Work, nil, authorship.Rules())
}

// notebook is one open copy.
type notebook struct {
	ctx  context.Context
	rep  *merge.Replica
	undo *crdt.Undo
	out  io.Writer
}

// commands are what can be typed, with their arguments; pages are numbered as the
// command pages lists them, blocks as show does.
var commands = map[string]struct {
	args string
	do   func(n *notebook, args []string) error
}{
	"page":   {"UNDER TITLE…   a new page below page UNDER, 0 for the top", (*notebook).page},
	"move":   {"PAGE UNDER     page PAGE with all below it goes below UNDER", (*notebook).move},
	"drop":   {"PAGE           page PAGE goes, with all below it", (*notebook).drop},
	"write":  {"PAGE WORDS…    another paragraph", (*notebook).write},
	"kind":   {"PAGE BLOCK KIND   what block BLOCK is: heading, item, quote, code", (*notebook).kind},
	"mark":   {"PAGE KEY WORDS…   marks the first such words: bold, link", (*notebook).mark},
	"pages":  {"               lists the pages", (*notebook).pages},
	"show":   {"PAGE           prints a page", (*notebook).show},
	"who":    {"PAGE           prints who wrote what", (*notebook).who},
	"undo":   {"               takes your last command back", (*notebook).back},
	"redo":   {"               does it again", (*notebook).again},
	"log":    {"               the last changes, newest first", (*notebook).log},
	"export": {"FILE           writes everything into a file", (*notebook).export},
	"import": {"FILE           takes in what somebody exported", (*notebook).take},
}

// do runs one command.
func (n *notebook) do(words []string) error {
	if len(words) == 0 {
		return nil
	}
	if words[0] == "help" {
		for name, c := range commands {
			fmt.Fprintln(n.out, name, c.args)
		}
		return nil
	}
	c, ok := commands[words[0]]
	if !ok {
		return fmt.Errorf("no command %q: help lists them", words[0])
	}
	n.undo.Break() // each command is one step
	return c.do(n, words[1:])
}

// edit makes one edit, durable when it returns.
func (n *notebook) edit(fn func(tx *crdt.Tx) error) error { return n.rep.Update(n.ctx, fn) }

// all lists the pages in order, with how deep they lie; the top is the first.
func (n *notebook) all() (pages []crdt.Elem, depths []int) {
	pages, depths = []crdt.Elem{{}}, []int{-1}
	for e, depth := range n.rep.Doc().View().Tree("pages").All() {
		pages, depths = append(pages, e), append(depths, depth)
	}
	return pages, depths
}

// named is the page of a number.
func (n *notebook) named(args []string, k int) (crdt.Elem, error) {
	pages, _ := n.all()
	if k >= len(args) {
		return crdt.Elem{}, errors.New("which page?")
	}
	i, err := strconv.Atoi(args[k])
	if err != nil || i < 0 || i >= len(pages) {
		return crdt.Elem{}, fmt.Errorf("no page %q", args[k])
	}
	return pages[i], nil
}

// body is the text of the page that args begin with, for reading.
func (n *notebook) body(args []string) (crdt.Elem, crdt.Text, error) {
	e, err := n.named(args, 0)
	if err == nil && e.IsZero() {
		err = errors.New("the top is no page")
	}
	return e, n.rep.Doc().View().Tree("pages").Data(e).Text("body"), err
}

func (n *notebook) page(args []string) error {
	under, err := n.named(args, 0)
	if err != nil {
		return err
	}
	return n.edit(func(tx *crdt.Tx) error {
		pages := tx.Tree("pages")
		last := 0
		for range pages.Children(under) {
			last++
		}
		_, data := pages.Insert(under, last)
		data.Put("title", strings.Join(args[1:], " "))
		data.Text("body")
		return nil
	})
}

func (n *notebook) move(args []string) error {
	e, err := n.named(args, 0)
	if err != nil {
		return err
	}
	under, err := n.named(args, 1)
	if err != nil {
		return err
	}
	return n.edit(func(tx *crdt.Tx) error { tx.Tree("pages").Move(e, under, 0); return nil })
}

func (n *notebook) drop(args []string) error {
	e, err := n.named(args, 0)
	if err != nil {
		return err
	}
	return n.edit(func(tx *crdt.Tx) error { tx.Tree("pages").Delete(e); return nil })
}

func (n *notebook) write(args []string) error {
	e, _, err := n.body(args)
	if err != nil {
		return err
	}
	return n.edit(func(tx *crdt.Tx) error {
		t := tx.Tree("pages").Data(e).Text("body")
		t.Split(t.Len(), crdt.Block{Kind: "paragraph"})
		t.Append(strings.Join(args[1:], " "))
		return nil
	})
}

func (n *notebook) kind(args []string) error {
	e, text, err := n.body(args)
	if err != nil || len(args) < 3 {
		return errors.Join(err, errors.New("which block, and what is it to be?"))
	}
	k := 0
	for b := range text.Blocks() {
		if k++; strconv.Itoa(k) == args[1] {
			return n.edit(func(tx *crdt.Tx) error {
				tx.Tree("pages").Data(e).Text("body").SetBlock(b.At+1, crdt.Block{Kind: args[2]})
				return nil
			})
		}
	}
	return fmt.Errorf("no block %s", args[1])
}

func (n *notebook) mark(args []string) error {
	e, text, err := n.body(args)
	if err != nil || len(args) < 3 {
		return errors.Join(err, errors.New("which mark, over what?"))
	}
	words := strings.Join(args[2:], " ")
	at := strings.Index(text.String(), words)
	if at < 0 {
		return fmt.Errorf("no %q there", words)
	}
	return n.edit(func(tx *crdt.Tx) error {
		t := tx.Tree("pages").Data(e).Text("body").In(crdt.UTF8)
		t.Mark(at, at+len(words), crdt.Mark{Key: args[1], Value: true, Expand: crdt.ExpandAfter})
		return nil
	})
}

func (n *notebook) pages([]string) error {
	pages, depths := n.all()
	tree := n.rep.Doc().View().Tree("pages")
	for k := range pages[1:] {
		title, _ := tree.Data(pages[k+1]).Get("title").Any().(string)
		fmt.Fprintf(n.out, "%s%d %s\n", strings.Repeat("  ", depths[k+1]), k+1, title)
	}
	return nil
}

// signs are what a block begins with in print.
var signs = map[string]string{"heading": "# ", "item": "- ", "quote": "> ", "code": "    "}

func (n *notebook) show(args []string) error {
	_, text, err := n.body(args)
	if err != nil {
		return err
	}
	for b := range text.Blocks() {
		fmt.Fprint(n.out, signs[b.Kind])
		for run := range b.Text.Runs() {
			words := run.Text
			if _, ok := run.Marks["bold"]; ok {
				words = "*" + words + "*"
			}
			fmt.Fprint(n.out, words)
		}
		fmt.Fprintln(n.out)
	}
	return nil
}

func (n *notebook) who(args []string) error {
	_, text, err := n.body(args)
	if err != nil {
		return err
	}
	for span := range authorship.Blame(text) {
		if words := strings.TrimSpace(span.Text); words != "" {
			fmt.Fprintf(n.out, "%s wrote %q\n", span.Author, words)
		}
	}
	return nil
}

func (n *notebook) back([]string) error {
	done, err := n.undo.Undo()
	if err == nil && len(done.Left) > 0 {
		fmt.Fprintf(n.out, "%d things stay: others have worked in them\n", len(done.Left))
	}
	return err
}

func (n *notebook) again([]string) error {
	_, err := n.undo.Redo()
	return err
}

func (n *notebook) log([]string) error {
	v, k := n.rep.Doc().View(), 0
	for c := range v.History() {
		if k++; k > 5 {
			break
		}
		fmt.Fprintf(n.out, "%s, %d ops\n", authorship.Name(v, c.Author), c.Ops)
	}
	return nil
}

func (n *notebook) export(args []string) error {
	if len(args) == 0 {
		return errors.New("into which file?")
	}
	f, err := os.Create(args[0])
	if err != nil {
		return err
	}
	return errors.Join(n.rep.Save(n.ctx), pack.Write(f, n.rep.Doc()), f.Close())
}

func (n *notebook) take(args []string) error {
	if len(args) == 0 {
		return errors.New("from which file?")
	}
	d, err := load(args[0])
	if err != nil {
		return err
	}
	return errors.Join(n.rep.Doc().Merge(d), n.rep.Save(n.ctx))
}
