//go:build !js

// Notebook is a shared notebook in a terminal: a tree of pages, each a text of
// blocks with marks, and files attached to it; undo for each person, history, and who
// wrote what. Each folder is one person's copy; what two people did apart meets over a
// folder that both can reach, on a stick for instance.
//
//	go run ./examples/notebook -dir ann -name Ann < commands.txt
//	go run ./examples/notebook -dir ben -name Ben -join stick < commands.txt
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
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/pack"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/commonhold/commonhold/merge/store/dir"
	"github.com/ipfs/go-cid"
)

// terms are what everybody's words are under.
const terms = "CC-BY-SA-4.0"

func main() {
	dir := flag.String("dir", "notebook", "folder of this person's copy")
	name := flag.String("name", "", "who writes; needed the first time")
	join := flag.String("join", "", "folder that somebody else shared into, to join their notebook")
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
	n := &notebook{ctx: ctx, repo: repo, rep: rep, undo: crdt.NewUndo(rep.Doc()), out: out}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if err := n.do(strings.Fields(lines.Text())); err != nil {
			fmt.Fprintln(out, "!", err)
		}
	}
	return rep.Save(ctx)
}

// open opens the notebook of a store, joins the one in a folder, or founds one.
func open(ctx context.Context, repo *merge.Repo, join string) (*merge.Replica, error) {
	if join != "" {
		if err := meet(ctx, repo, join); err != nil {
			return nil, err
		}
	}
	for work, err := range repo.Works(ctx) {
		if err != nil {
			return nil, err
		}
		return repo.Open(ctx, work)
	}
	return repo.Create(ctx, authorship.Commons("Notebook", terms))
}

// meet brings a copy together with what lies in a folder, both ways.
func meet(ctx context.Context, repo *merge.Repo, folder string) error {
	st, err := dir.Open(folder)
	if err != nil {
		return err
	}
	other, err := merge.Open(ctx, st, nil, authorship.Rules()) // nobody writes there
	if err != nil {
		return errors.Join(err, st.Close())
	}
	return errors.Join(repo.Meet(ctx, other), other.Close())
}

// notebook is one open copy.
type notebook struct {
	ctx  context.Context
	repo *merge.Repo
	rep  *merge.Replica
	undo *crdt.Undo
	out  io.Writer
	then *crdt.View // what is looked at, if it is not the present
}

// page is a page of the view.
type page struct {
	crdt.Elem
	data crdt.Map
	text crdt.Text
}

// commands are what can be typed, with their arguments, each a word but the last; pages
// are numbered as the command pages lists them, blocks as show does.
var commands = map[string]struct {
	args string
	do   func(n *notebook, p page, args []string) error
}{
	"page":   {"UNDER TITLE: a new page below page UNDER, 0 for the top", (*notebook).page},
	"move":   {"PAGE UNDER: page PAGE with all below it goes below UNDER", (*notebook).move},
	"drop":   {"PAGE: page PAGE goes, with all below it", (*notebook).drop},
	"write":  {"PAGE WORDS: another paragraph", (*notebook).write},
	"kind":   {"PAGE BLOCK KIND: makes block BLOCK a heading, item, quote or code", (*notebook).kind},
	"mark":   {"PAGE KEY WORDS: marks the first such words: bold, link", (*notebook).mark},
	"pages":  {": lists the pages", (*notebook).pages},
	"show":   {"PAGE: prints a page", (*notebook).show},
	"who":    {"PAGE: prints who wrote what", (*notebook).who},
	"attach": {"PAGE FILE: attaches a file to a page", (*notebook).attach},
	"files":  {"PAGE: lists what is attached to a page", (*notebook).files},
	"save":   {"PAGE NAME FILE: writes what is attached under NAME into a file", (*notebook).save},
	"undo":   {": takes your last command back", (*notebook).back},
	"redo":   {": does it again", (*notebook).again},
	"log":    {": the last changes, newest first", (*notebook).log},
	"past":   {"N: from now on looks at what was before the last N changes, 0 for the present", (*notebook).past},
	"share":  {"FOLDER: meets what others have shared there", (*notebook).share},
	"export": {"FILE: writes all that was ever written into a file", (*notebook).export},
}

// do runs one command.
func (n *notebook) do(words []string) (err error) {
	if len(words) == 0 {
		return nil
	}
	c, ok := commands[words[0]]
	if !ok {
		for _, name := range slices.Sorted(maps.Keys(commands)) {
			fmt.Fprintln(n.out, name, commands[name].args)
		}
		return fmt.Errorf("no command %q", words[0])
	}
	spelled, _, _ := strings.Cut(c.args, ":")
	args, want := words[1:], strings.Fields(spelled)
	if len(args) < len(want) {
		return fmt.Errorf("%s %s", words[0], spelled)
	}
	if k := len(want); k > 0 {
		args = append(args[:k-1:k-1], strings.Join(args[k-1:], " "))
	}
	var p page
	if strings.HasPrefix(c.args, "PAGE") {
		if p, err = n.named(args[0]); err == nil && p.IsZero() {
			err = errors.New("the top is no page")
		}
		args = args[1:]
	}
	if err != nil {
		return err
	}
	n.undo.Break() // each command is one step
	return c.do(n, p, args)
}

// edit makes one edit, durable when it returns.
func (n *notebook) edit(fn func(pages crdt.TreeTx)) error {
	if n.then != nil {
		return errors.New("the past stays as it was")
	}
	return n.rep.Update(n.ctx, func(tx *crdt.Tx) error { fn(tx.Tree("pages")); return nil })
}

// view is what is looked at.
func (n *notebook) view() *crdt.View {
	if n.then != nil {
		return n.then
	}
	return n.rep.Doc().View()
}

// named is the page of a number; 0 is the top.
func (n *notebook) named(number string) (p page, err error) {
	k, tree := 0, n.view().Tree("pages")
	for e := range tree.All() {
		if k++; number == strconv.Itoa(k) {
			return page{e, tree.Data(e), tree.Data(e).Text("body")}, nil
		}
	}
	if number != "0" {
		err = fmt.Errorf("no page %q", number)
	}
	return p, err
}

func (n *notebook) page(_ page, args []string) error {
	under, err := n.named(args[0])
	if err != nil {
		return err
	}
	return n.edit(func(pages crdt.TreeTx) {
		last := 0
		for range pages.Children(under.Elem) {
			last++
		}
		_, data := pages.Insert(under.Elem, last)
		data.Put("title", args[1])
		data.Text("body")
	})
}

func (n *notebook) move(p page, args []string) error {
	under, err := n.named(args[0])
	if err != nil {
		return err
	}
	return n.edit(func(pages crdt.TreeTx) { pages.Move(p.Elem, under.Elem, 0) })
}

func (n *notebook) drop(p page, _ []string) error {
	return n.edit(func(pages crdt.TreeTx) { pages.Delete(p.Elem) })
}

func (n *notebook) write(p page, args []string) error {
	return n.edit(func(pages crdt.TreeTx) {
		t := pages.Data(p.Elem).Text("body")
		t.Split(t.Len(), crdt.Block{Kind: "paragraph"})
		t.Append(args[0])
	})
}

func (n *notebook) kind(p page, args []string) error {
	k := 0
	for b := range p.text.Blocks() {
		if k++; strconv.Itoa(k) == args[0] {
			return n.edit(func(pages crdt.TreeTx) {
				pages.Data(p.Elem).Text("body").SetBlock(b.At+1, crdt.Block{Kind: args[1]})
			})
		}
	}
	return fmt.Errorf("no block %s", args[0])
}

func (n *notebook) mark(p page, args []string) error {
	at := strings.Index(p.text.String(), args[1])
	if at < 0 {
		return fmt.Errorf("no %q there", args[1])
	}
	return n.edit(func(pages crdt.TreeTx) {
		t := pages.Data(p.Elem).Text("body").In(crdt.UTF8)
		t.Mark(at, at+len(args[1]), crdt.Mark{Key: args[0], Value: true, Expand: crdt.ExpandAfter})
	})
}

func (n *notebook) pages(page, []string) error {
	k, tree := 0, n.view().Tree("pages")
	for e, depth := range tree.All() {
		k++
		title, _ := tree.Data(e).Get("title").Any().(string)
		fmt.Fprintf(n.out, "%s%d %s\n", strings.Repeat("  ", depth), k, title)
	}
	return nil
}

// signs are what a block begins with in print.
var signs = map[string]string{"heading": "# ", "item": "- ", "quote": "> ", "code": "    "}

func (n *notebook) show(p page, _ []string) error {
	for b := range p.text.Blocks() {
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

func (n *notebook) who(p page, _ []string) error {
	for span := range authorship.Blame(p.text) {
		if words := strings.TrimSpace(span.Text); words != "" {
			fmt.Fprintf(n.out, "%s wrote %q\n", span.Author, words)
		}
	}
	return nil
}

func (n *notebook) attach(p page, args []string) error {
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	id, err := n.rep.Attach(n.ctx, f)
	if err != nil {
		return err
	}
	return n.edit(func(pages crdt.TreeTx) { pages.Data(p.Elem).Map("files").Put(filepath.Base(args[0]), id) })
}

func (n *notebook) files(p page, _ []string) error {
	for name, v := range p.data.Map("files").All() {
		id, _ := crdt.As[cid.Cid](v)
		b, err := n.rep.Blob(n.ctx, id)
		if err != nil {
			fmt.Fprintf(n.out, "%s: %v\n", name, err)
			continue
		}
		fmt.Fprintf(n.out, "%s, %d bytes\n", name, b.Size())
	}
	return nil
}

func (n *notebook) save(p page, args []string) error {
	id, err := crdt.As[cid.Cid](p.data.Map("files").Get(args[0]))
	if err != nil {
		return fmt.Errorf("no file %q", args[0])
	}
	b, err := n.rep.Blob(n.ctx, id)
	if err != nil {
		return err
	}
	f, err := os.Create(args[1])
	if err != nil {
		return err
	}
	_, err = io.Copy(f, b)
	return errors.Join(err, f.Close())
}

func (n *notebook) back(page, []string) error {
	done, err := n.undo.Undo()
	if err == nil && len(done.Left) > 0 {
		fmt.Fprintf(n.out, "%d things stay: others have worked in them\n", len(done.Left))
	}
	return err
}

func (n *notebook) again(page, []string) error {
	_, err := n.undo.Redo()
	return err
}

func (n *notebook) log(page, []string) error {
	k := 0
	for c := range n.view().History() {
		if k++; k <= 5 {
			fmt.Fprintf(n.out, "%d %s, %d ops\n", k, authorship.Name(n.view(), c.Author), c.Ops)
		}
	}
	return nil
}

func (n *notebook) past(_ page, args []string) (err error) {
	k := 0
	for c := range n.rep.Doc().View().History() {
		if k++; strconv.Itoa(k) == args[0] {
			n.then, err = n.rep.Doc().At(c.Parents)
			return err
		}
	}
	if n.then = nil; args[0] == "0" {
		return nil
	}
	return fmt.Errorf("no change %s", args[0])
}

func (n *notebook) share(_ page, args []string) error { return meet(n.ctx, n.repo, args[0]) }

func (n *notebook) export(_ page, args []string) error {
	f, err := os.Create(args[0])
	if err != nil {
		return err
	}
	return errors.Join(n.rep.Save(n.ctx), pack.Write(f, n.rep.Doc()), f.Close())
}
