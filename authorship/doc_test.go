package authorship_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// kinds are the kinds of acts that the code of a folder names: its constants that begin
// with a prefix and are texts.
func kinds(t *testing.T, dir, prefix string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	must(t, err)
	var out []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		must(t, err)
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, x := range g.Specs {
				s := x.(*ast.ValueSpec)
				for k, id := range s.Names {
					if after, ok := strings.CutPrefix(id.Name, prefix); !ok || after == "" || after[0] < 'A' || after[0] > 'Z' || k >= len(s.Values) {
						continue
					}
					if lit, ok := s.Values[k].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						kind, err := strconv.Unquote(lit.Value)
						must(t, err)
						out = append(out, kind)
					}
				}
			}
		}
	}
	return out
}

// TestActTable: the table of acts in the package comment names the kinds of acts that the
// code does, each once.
func TestActTable(t *testing.T) {
	b, err := os.ReadFile("doc.go")
	must(t, err)
	_, table, _ := strings.Cut(string(b), "//\tkind ")
	table, _, _ = strings.Cut(table, "\n//\n")
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-zA-Z]+) `).FindAllStringSubmatch(table, -1) {
		got = append(got, m[1])
	}
	want := slices.Concat(kinds(t, ".", "act"), kinds(t, "internal/charter", "Kind"))
	slices.Sort(got)
	slices.Sort(want)
	if len(want) < 20 || !slices.Equal(got, want) {
		t.Errorf("the table names\n%q\nthe code\n%q", got, want)
	}
}
