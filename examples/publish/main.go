// Publish prints a rich text of a work as Markdown or HTML.
//
//	go run ./examples/publish -as html notes.pack /body
//
// What people write cannot get out of its place: text is escaped, blocks and marks that
// are not known here are plain, and links lead to the web or to mail only.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/pack"
)

func main() {
	as := flag.String("as", "markdown", "markdown or html")
	flag.Parse()
	if err := run(*as, flag.Arg(0), flag.Arg(1), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "publish:", err)
		os.Exit(1)
	}
}

// run prints the text that a pointer leads to in a pack.
func run(as, file, pointer string, out io.Writer) error {
	f, err := os.Open(file)
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
	v, err := d.View().Lookup(pointer)
	if err != nil {
		return err
	}
	t, ok := v.Any().(crdt.Text)
	switch {
	case !ok:
		return fmt.Errorf("%s is no text", pointer)
	case as == "html":
		_, err = io.WriteString(out, HTML(t))
	case as == "markdown":
		_, err = io.WriteString(out, Markdown(t))
	default:
		err = errors.New("-as is markdown or html")
	}
	return err
}
