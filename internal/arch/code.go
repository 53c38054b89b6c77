package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"unicode"
)

// Rules are all rules.
var Rules = []Rule{
	{"layers", checkLayers},
	{"top", checkTop},
	{"pure crdt", checkPure},
	{"owners", checkOwners},
	{"testing", checkTesting},
	{"math/rand", checkRand},
	{"go.mod", checkMods},
	{"goroutines", checkGoroutines},
	{"clock", checkClock},
	{"length", checkLength},
	{"package comment", checkPackageComment},
	{"doc comments", checkDocs},
}

// uses reports where f calls or mentions one of the names of a standard
// package.
func (f *File) uses(pkg string, names ...string) []ast.Node {
	local := f.local(pkg)
	if local == "" {
		return nil
	}
	var out []ast.Node
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && slices.Contains(names, sel.Sel.Name) {
				out = append(out, sel)
			}
		}
		return true
	})
	return out
}

// checkGoroutines: outside examples and test suites nothing starts a goroutine or a timer,
// save the files of the table.
func checkGoroutines(t *Tree) []string {
	var out []string
	used := map[string]bool{}
	for _, f := range t.production() {
		if within(f.Dir, "examples") || f.suite() {
			continue
		}
		found := f.uses("time", "AfterFunc", "NewTimer", "NewTicker", "Tick")
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				found = append(found, g)
			}
			return true
		})
		for _, n := range found {
			used[f.Path] = true
			if goroutines[f.Path] == "" {
				out = append(out, f.at(n, "starts a goroutine or a timer"))
			}
		}
	}
	return append(out, stale(goroutines, used)...)
}

// checkClock: what happens does not depend on when. Only the files of the
// table ask for the time.
func checkClock(t *Tree) []string {
	var out []string
	used := map[string]bool{}
	for _, f := range t.production() {
		if f.suite() {
			continue
		}
		for _, n := range f.uses("time", "Now", "Since", "Until") {
			used[f.Path] = true
			if clocks[f.Path] == "" {
				out = append(out, f.at(n, "reads the machine's clock"))
			}
		}
	}
	return append(out, stale(clocks, used)...)
}

// checkLength: no file and no function is too long to be read at once.
func checkLength(t *Tree) []string {
	var out []string
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		if f.Lines > maxFile {
			out = append(out, fmt.Sprintf("%s:1: %d lines, more than %d", f.Path, f.Lines, maxFile))
		}
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := f.pos.Position(fn.End()).Line - f.pos.Position(fn.Pos()).Line + 1
			if n > maxFunc {
				out = append(out, f.at(fn, "%s has %d lines, more than %d", fn.Name.Name, n, maxFunc))
			}
		}
	}
	return out
}

// checkPackageComment: every package says what it is, in one file.
func checkPackageComment(t *Tree) []string {
	var out []string
	first := map[string]*File{}
	said := map[string]bool{}
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		if first[f.Dir] == nil {
			first[f.Dir] = f
		}
		if f.AST.Doc == nil || strings.TrimSpace(f.AST.Doc.Text()) == "" {
			continue
		}
		if said[f.Dir] {
			out = append(out, f.at(f.AST.Name, "second package comment of %s", f.Dir))
		}
		said[f.Dir] = true
	}
	for dir, f := range first {
		if !said[dir] {
			out = append(out, f.at(f.AST.Name, "package %s has no package comment", dir))
		}
	}
	slices.Sort(out)
	return out
}

// checkDocs: outside internal every exported function, method, type, constant
// and variable has a doc comment. The comment of a group of constants or
// variables counts for all. A method of an exported interface has its own
// comment or is named in the interface's or in another method's.
func checkDocs(t *Tree) []string {
	var out []string
	for _, f := range t.Files {
		if f.Test || within(f.Dir, "internal") {
			continue
		}
		for _, d := range f.AST.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil {
					out = append(out, f.at(d, "%s has no doc comment", d.Name.Name))
				}
			case *ast.GenDecl:
				if d.Tok != token.IMPORT {
					out = append(out, f.specs(d)...)
				}
			}
		}
	}
	return out
}

// exportedReceiver tells whether a function is none's method or one of an
// exported type's.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	x := d.Recv.List[0].Type
	for {
		switch y := x.(type) {
		case *ast.StarExpr:
			x = y.X
		case *ast.IndexExpr:
			x = y.X
		case *ast.IndexListExpr:
			x = y.X
		case *ast.Ident:
			return y.IsExported()
		default:
			return true
		}
	}
}

// specs reports the exported names of one declaration that say nothing.
func (f *File) specs(d *ast.GenDecl) []string {
	var out []string
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if !s.Name.IsExported() {
				continue
			}
			if s.Doc == nil && s.Comment == nil && (d.Doc == nil || d.Lparen.IsValid()) {
				out = append(out, f.at(s, "%s has no doc comment", s.Name.Name))
			}
			if x, ok := s.Type.(*ast.InterfaceType); ok {
				out = append(out, f.methods(s.Name.Name, x, docText(d.Doc, s.Doc))...)
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
					out = append(out, f.at(name, "%s has no doc comment", name.Name))
				}
			}
		}
	}
	return out
}

// methods reports the exported methods of an interface of which no comment in
// it, nor its own, says anything.
func (f *File) methods(of string, x *ast.InterfaceType, doc string) []string {
	var out []string
	for _, m := range x.Methods.List {
		doc += docText(m.Doc, m.Comment)
	}
	for _, m := range x.Methods.List {
		for _, name := range m.Names {
			if name.IsExported() && m.Doc == nil && m.Comment == nil && !names(doc, name.Name) {
				out = append(out, f.at(name, "%s.%s has no doc comment", of, name.Name))
			}
		}
	}
	return out
}

// docText joins what comments say.
func docText(groups ...*ast.CommentGroup) string {
	s := ""
	for _, g := range groups {
		s += g.Text() + "\n"
	}
	return s
}

// names tells whether name is a word of text.
func names(text, name string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), name)
}
