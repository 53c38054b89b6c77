// Package arch holds the rules of how this repository is built: which package
// may import which, what no package may do, how long a file may be. Its test
// runs them over the source, so breaking one fails go test.
//
// Call [Load] with the repository's files and each of [Rules] with what it
// returns. The rules read the syntax of all files whatever their build tags,
// so they see the same on every system. Whoever has to make an exception adds
// it with its reason to the tables in tables.go; an exception that nothing
// needs any more is itself reported.
package arch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Module is the path of the root module.
const Module = "github.com/commonhold/commonhold"

// Rule is one thing that must hold of the source.
type Rule struct {
	// Name is one or two words.
	Name string
	// Check returns what breaks the rule, each as "path:line: what".
	Check func(*Tree) []string
}

// File is one parsed Go file.
type File struct {
	Path   string // from the root, with slashes
	Dir    string // its folder, "." for the root
	Test   bool   // whether its name ends in _test.go
	Nested bool   // whether it belongs to a nested module
	Lines  int
	AST    *ast.File

	pos *token.FileSet
}

// Tree is the source of the repository.
type Tree struct {
	Files []*File           // ordered by path
	Mods  map[string][]byte // go.mod files by path
	Top   []string          // names at the top
}

// Load parses all Go files below the root of fsys. It passes over testdata and
// vendor folders and those whose names begin with a dot or an underscore, as
// the go command does.
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{Mods: map[string][]byte{}}
	top, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range top {
		t.Top = append(t.Top, e.Name())
	}
	err = fs.WalkDir(fsys, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := e.Name()
		if e.IsDir() {
			if p != "." && (name == "testdata" || name == "vendor" || name[0] == '.' || name[0] == '_') {
				return fs.SkipDir
			}
			return nil
		}
		if name != "go.mod" && !strings.HasSuffix(name, ".go") {
			return nil
		}
		src, err := fs.ReadFile(fsys, p)
		if err != nil {
			// Files may come and go while the walk is under way.
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if name == "go.mod" {
			t.Mods[p] = src
			return nil
		}
		return t.parse(p, src)
	})
	if err != nil {
		return nil, err
	}
	for _, f := range t.Files {
		for mod := range t.Mods {
			dir := path.Dir(mod)
			f.Nested = f.Nested || dir != "." && within(f.Dir, dir)
		}
	}
	return t, nil
}

// parse adds one file.
func (t *Tree) parse(p string, src []byte) error {
	f := &File{Path: p, Dir: path.Dir(p), Test: strings.HasSuffix(p, "_test.go"), pos: token.NewFileSet()}
	for s := bufio.NewScanner(bytes.NewReader(src)); s.Scan(); {
		f.Lines++
	}
	var err error
	f.AST, err = parser.ParseFile(f.pos, p, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("arch: %w", err)
	}
	t.Files = append(t.Files, f)
	return nil
}

// within tells whether folder p is dir or below it.
func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

// withinAny tells whether folder p is one of dirs or below one.
func withinAny(p string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return within(p, d) })
}

// at says where a node of f is and what is wrong with it.
func (f *File) at(n ast.Node, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", f.Path, f.pos.Position(n.Pos()).Line, fmt.Sprintf(format, args...))
}

// imports yields the import specs of f with their paths unquoted.
func (f *File) imports(yield func(*ast.ImportSpec, string)) {
	for _, s := range f.AST.Imports {
		yield(s, strings.Trim(s.Path.Value, `"`+"`"))
	}
}

// local returns the name by which f calls the standard package p, or "" if it
// does not import it.
func (f *File) local(p string) string {
	name := ""
	f.imports(func(s *ast.ImportSpec, have string) {
		if have == p {
			if name = path.Base(p); s.Name != nil {
				name = s.Name.Name
			}
		}
	})
	return name
}

// inner returns the folder of a package of this module, and whether p is one.
func inner(p string) (string, bool) {
	if p == Module {
		return ".", true
	}
	return strings.CutPrefix(p, Module+"/")
}

// reach returns the folders of this module that production code of the folder
// from imports, from included.
func (t *Tree) reach(from string) map[string]bool {
	links := map[string][]string{}
	for _, f := range t.production() {
		f.imports(func(_ *ast.ImportSpec, p string) {
			if dir, ok := inner(p); ok {
				links[f.Dir] = append(links[f.Dir], dir)
			}
		})
	}
	seen, queue := map[string]bool{from: true}, []string{from}
	for len(queue) > 0 {
		dir := queue[0]
		queue = queue[1:]
		for _, next := range links[dir] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return seen
}

// production returns the files of the root module that are no tests.
func (t *Tree) production() []*File {
	return slices.DeleteFunc(slices.Clone(t.Files), func(f *File) bool { return f.Test || f.Nested })
}

// suite tells whether f belongs to a package that serves tests.
func (f *File) suite() bool { return strings.HasSuffix(f.Dir, suites) }

// stale reports the entries of an exception table that nothing used.
func stale(table map[string]string, used map[string]bool) []string {
	var out []string
	for name := range table {
		if !used[name] {
			out = append(out, fmt.Sprintf("%s: exception that nothing needs any more", name))
		}
	}
	slices.Sort(out)
	return out
}
