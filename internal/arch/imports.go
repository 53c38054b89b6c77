package arch

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// checkLayers: imports inside the module point downwards.
func checkLayers(t *Tree) []string {
	var out []string
	for _, f := range t.production() {
		mine, _, _ := strings.Cut(f.Dir, "/")
		allowed, known := layers[mine]
		if !known {
			out = append(out, f.at(f.AST.Name, "package in folder %s, which the layout does not know", f.Dir))
			continue
		}
		f.imports(func(s *ast.ImportSpec, p string) {
			dir, ok := inner(p)
			if !ok {
				return
			}
			if theirs, _, _ := strings.Cut(dir, "/"); theirs != mine && !slices.Contains(allowed, theirs) {
				out = append(out, f.at(s, "%s must not import %s", mine, dir))
			}
		})
	}
	return out
}

// checkTop: nothing lies at the top that the layout does not know.
func checkTop(t *Tree) []string {
	var out []string
	for _, name := range t.Top {
		if _, folder := layers[name]; !folder && name[0] != '.' && !slices.Contains(top, name) {
			out = append(out, fmt.Sprintf("%s: does not belong at the top", name))
		}
	}
	return out
}

// checkPure: nothing that crdt is made of touches files, sockets or logs.
func checkPure(t *Tree) []string {
	var out []string
	inside := t.reach("crdt")
	for _, f := range t.production() {
		if !inside[f.Dir] {
			continue
		}
		f.imports(func(s *ast.ImportSpec, p string) {
			if withinAny(p, impure) {
				out = append(out, f.at(s, "crdt is made of this package and must not import %s", p))
			}
		})
	}
	return out
}

// checkOwners: each library is known and stays in the folders that need it.
func checkOwners(t *Tree) []string {
	var out []string
	for _, f := range t.production() {
		f.imports(func(s *ast.ImportSpec, p string) {
			if first, _, _ := strings.Cut(p, "/"); !strings.Contains(first, ".") && p != "C" {
				return // standard library
			}
			if _, ok := inner(p); ok {
				return
			}
			i := slices.IndexFunc(owners, func(o owner) bool { return within(p, o.path) })
			switch {
			case i < 0 && !f.suite():
				out = append(out, f.at(s, "library %s is not in the table of owners", p))
			case i >= 0 && owners[i].dirs != nil && !withinAny(f.Dir, owners[i].dirs):
				out = append(out, f.at(s, "%s belongs to %s: %s", p, strings.Join(owners[i].dirs, ", "), owners[i].why))
			}
		})
	}
	return out
}

// checkTesting: production code links no test library.
func checkTesting(t *Tree) []string {
	var out []string
	for _, f := range t.production() {
		if f.suite() {
			continue
		}
		f.imports(func(s *ast.ImportSpec, p string) {
			if within(p, "testing") || within(p, "pgregory.net/rapid") {
				out = append(out, f.at(s, "%s outside tests", p))
			}
		})
	}
	return out
}

// checkRand: nobody uses the first math/rand, whose global source and weak
// generator invite mistakes; math/rand/v2 and crypto/rand are there.
func checkRand(t *Tree) []string {
	var out []string
	for _, f := range t.Files {
		f.imports(func(s *ast.ImportSpec, p string) {
			if p == "math/rand" {
				out = append(out, f.at(s, "math/rand: use math/rand/v2 or a source handed in"))
			}
		})
	}
	return out
}

// checkMods: a replace line breaks go install of a released version, and a
// toolchain line asks more of users than the go line does.
func checkMods(t *Tree) []string {
	var out []string
	for p, src := range t.Mods {
		for i, line := range strings.Split(string(src), "\n") {
			word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			word, _, _ = strings.Cut(word, "(")
			if word == "replace" || word == "toolchain" {
				out = append(out, fmt.Sprintf("%s:%d: %s line", p, i+1, word))
			}
		}
	}
	slices.Sort(out)
	return out
}
