package arch

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// TestRules: the repository keeps every rule.
func TestRules(t *testing.T) {
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(tree.Mods["go.mod"]), "module "+Module+"\n") {
		t.Fatalf("go.mod does not begin with module %s", Module)
	}
	for _, r := range Rules {
		for _, what := range r.Check(tree) {
			t.Errorf("%s: %s", r.Name, what)
		}
	}
}

// mod is a root go.mod that keeps the rules.
const mod = "module " + Module + "\n\ngo 1.25.0\n"

// tree parses files given as path and source.
func tree(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	m := fstest.MapFS{"go.mod": {Data: []byte(mod)}}
	for p, src := range files {
		m[p] = &fstest.MapFile{Data: []byte(src)}
	}
	tr, err := Load(m)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// withTables empties the exception tables, whose entries would be stale in the
// trees of these tests, and puts them back afterwards.
func withTables(t *testing.T, starts, reads map[string]string) {
	g, c := goroutines, clocks
	goroutines, clocks = starts, reads
	t.Cleanup(func() { goroutines, clocks = g, c })
}

// imp is a file of a package x that imports p.
func imp(p string) string { return "// Package x is.\npackage x\n\nimport _ \"" + p + "\"\n" }

// body is a file of a package x with further lines.
func body(s string) string { return "// Package x is.\npackage x\n\n" + s + "\n" }

// breaks are trees that break one rule each, and what must be said about them.
var breaks = []struct {
	name, rule string
	files      map[string]string
	says       string // "" means that the tree keeps the rule
}{
	{"crdt on merge", "layers", map[string]string{"crdt/a.go": imp(Module + "/merge")}, "crdt/a.go:4: crdt must not import merge"},
	{"merge on authorship", "layers", map[string]string{"merge/a.go": imp(Module + "/authorship")}, "must not import authorship"},
	{"authorship on merge", "layers", map[string]string{"authorship/a.go": imp(Module + "/merge/store")}, "must not import merge/store"},
	{"room on crdt", "layers", map[string]string{"internal/life/a.go": imp(Module + "/crdt")}, "internal must not import crdt"},
	{"crdt on examples", "layers", map[string]string{"crdt/a.go": imp(Module + "/examples/q")}, "must not import examples/q"},
	{"unknown folder", "layers", map[string]string{"util/a.go": body("")}, "the layout does not know"},
	{"root package", "layers", map[string]string{"a.go": body("")}, "the layout does not know"},
	{"downwards", "layers", map[string]string{
		"merge/a.go": imp(Module + "/crdt"), "merge/b/a.go": imp(Module + "/merge/store"),
		"examples/q/a.go": imp(Module + "/merge"), "crdt/a.go": imp(Module + "/internal/life"),
		"internal/life/a.go": imp(Module + "/internal/graph"), "crdt/a_test.go": imp(Module + "/authorship"),
	}, ""},

	{"stray file", "top", map[string]string{"notes.txt": ""}, "notes.txt: does not belong"},
	{"stray folder", "top", map[string]string{"util/a.txt": ""}, "util: does not belong"},
	{"known top", "top", map[string]string{"README.md": "", ".ci/run": "", "crdt/a.go": body("")}, ""},

	{"files in crdt", "pure crdt", map[string]string{"crdt/a.go": imp("os")}, "must not import os"},
	{"below os", "pure crdt", map[string]string{"crdt/a.go": imp("os/signal")}, "must not import os/signal"},
	{"sockets in crdt", "pure crdt", map[string]string{"crdt/a.go": imp("net/http")}, "must not import net/http"},
	{"sockets in a room below a room", "pure crdt", map[string]string{
		"crdt/a.go": imp(Module + "/internal/a"), "internal/a/a.go": imp(Module + "/internal/b"),
		"internal/b/a.go": imp("net"),
	}, "internal/b/a.go:4: crdt is made of"},
	{"zstd in crdt", "pure crdt", map[string]string{"crdt/a.go": imp("github.com/klauspost/compress/zstd")}, "must not import github.com/klauspost"},
	{"pure", "pure crdt", map[string]string{
		"crdt/a.go": imp("encoding/binary"), "crdt/a_test.go": imp("os"),
		"merge/a.go": imp("net"), "internal/tool/a.go": imp("os"),
	}, ""},

	{"bbolt elsewhere", "owners", map[string]string{"merge/store/a.go": imp("go.etcd.io/bbolt")}, "belongs to merge/store/bolt"},
	{"zstd elsewhere", "owners", map[string]string{"authorship/a.go": imp("github.com/klauspost/compress/zstd")}, "belongs to internal/bundle, merge"},
	{"cbor elsewhere", "owners", map[string]string{"crdt/a.go": imp("github.com/fxamacker/cbor/v2")}, "belongs to internal/block"},
	{"unknown library", "owners", map[string]string{"crdt/a.go": imp("example.com/x")}, "not in the table"},
	{"cgo", "owners", map[string]string{"crdt/a.go": imp("C")}, "library C is not in the table"},
	{"owned", "owners", map[string]string{
		"merge/store/bolt/a.go": imp("go.etcd.io/bbolt"), "internal/block/a.go": imp("github.com/fxamacker/cbor/v2"),
		"crdt/a.go": imp("github.com/ipfs/go-cid"), "crdt/a_test.go": imp("pgregory.net/rapid"),
		"merge/store/storetest/a.go": imp("pgregory.net/rapid"),
		"examples/big/go.mod":        "module big\n", "examples/big/a.go": imp("example.com/x"),
	}, ""},

	{"testing in production", "testing", map[string]string{"crdt/a.go": imp("testing")}, "testing outside tests"},
	{"rapid in production", "testing", map[string]string{"crdt/a.go": imp("pgregory.net/rapid")}, "rapid outside tests"},
	{"testing in suites", "testing", map[string]string{
		"merge/store/storetest/a.go": imp("testing"), "crdt/a_test.go": imp("testing"),
	}, ""},

	{"old rand", "math/rand", map[string]string{"crdt/a_test.go": imp("math/rand")}, "math/rand/v2"},
	{"new rand", "math/rand", map[string]string{"crdt/a.go": imp("math/rand/v2")}, ""},

	{"replace", "go.mod", map[string]string{"internal/bench/go.mod": "module b\n\nreplace x => ../..\n"}, "internal/bench/go.mod:3: replace line"},
	{"replace block", "go.mod", map[string]string{"go.mod": mod + "replace(\n\tx => y\n)\n"}, "replace line"},
	{"toolchain", "go.mod", map[string]string{"go.mod": mod + "toolchain go1.26.8\n"}, "toolchain line"},
	{"plain go.mod", "go.mod", map[string]string{"go.mod": mod + "// replace nothing\nrequire replace.example/x v1.0.0\n"}, ""},

	{"go statement", "goroutines", map[string]string{"crdt/a.go": body("func f() { go f() }")}, "crdt/a.go:4: starts a goroutine"},
	{"in a closure", "goroutines", map[string]string{"merge/a.go": body("var f = func() { defer func() { go f() }() }")}, "starts a goroutine"},
	{"timer", "goroutines", map[string]string{"internal/a/a.go": body("import t \"time\"\n\nfunc f() { t.AfterFunc(0, f) }")}, "starts a goroutine or a timer"},
	{"stale goroutine", "goroutines", map[string]string{"merge/allowed.go": body("")}, "merge/allowed.go: exception that nothing needs"},
	{"allowed goroutine", "goroutines", map[string]string{
		"merge/allowed.go": body("func f() { go f() }"), "examples/q/a.go": body("func f() { go f() }"),
		"crdt/a_test.go": body("func f() { go f() }"), "merge/store/storetest/a.go": body("func f() { go f() }"),
	}, ""},

	{"clock", "clock", map[string]string{"crdt/a.go": body("import \"time\"\n\nvar x = time.Now()")}, "crdt/a.go:6: reads"},
	{"clock as value", "clock", map[string]string{"crdt/a.go": body("import clock \"time\"\n\nvar x = clock.Now")}, "reads the machine's clock"},
	{"since", "clock", map[string]string{"merge/a.go": body("import \"time\"\n\nvar x = time.Since(time.Time{})")}, "reads"},
	{"stale clock", "clock", map[string]string{"crdt/clock.go": body("")}, "crdt/clock.go: exception that nothing needs"},
	{"allowed clock", "clock", map[string]string{
		"crdt/clock.go": body("import \"time\"\n\nvar x = time.Now"), "crdt/a.go": body("import \"time\"\n\nvar x time.Time"),
	}, ""},

	{"long file", "length", map[string]string{"crdt/a.go": body(strings.Repeat("//\n", maxFile))}, "lines, more than 700"},
	{"long function", "length", map[string]string{"crdt/a.go": body("func f() {\n" + strings.Repeat("\tf()\n", maxFunc-1) + "}")}, "f has 101 lines, more than 100"},
	{"just right", "length", map[string]string{
		"crdt/a.go":      body("func f() {\n" + strings.Repeat("\tf()\n", maxFunc-2) + "}" + strings.Repeat("\n", maxFile-maxFunc-3)),
		"crdt/a_test.go": body("func f() {\n" + strings.Repeat("\tf()\n", maxFile) + "}"),
	}, ""},

	{"no package comment", "package comment", map[string]string{"internal/a/a.go": "package a\n"}, "package internal/a has no package comment"},
	{"detached comment", "package comment", map[string]string{"crdt/a.go": "// Package a is.\n\npackage a\n"}, "no package comment"},
	{"two package comments", "package comment", map[string]string{"crdt/a.go": body(""), "crdt/b.go": body("")}, "crdt/b.go:2: second package comment"},
	{"one package comment", "package comment", map[string]string{
		"crdt/a.go": "package x\n", "crdt/b.go": body(""), "crdt/b_test.go": "package x\n",
	}, ""},

	{"function", "doc comments", map[string]string{"crdt/a.go": body("func F() {}")}, "F has no doc comment"},
	{"method", "doc comments", map[string]string{"crdt/a.go": body("// T is.\ntype T[P any] struct{}\n\nfunc (*T[P]) M() {}")}, "M has no doc comment"},
	{"type", "doc comments", map[string]string{"crdt/a.go": body("type T int")}, "T has no doc comment"},
	{"type in a group", "doc comments", map[string]string{"crdt/a.go": body("// Types.\ntype (\n\tT int\n)")}, "T has no doc comment"},
	{"constant", "doc comments", map[string]string{"crdt/a.go": body("const (\n\tC = 1\n)")}, "C has no doc comment"},
	{"variable", "doc comments", map[string]string{"crdt/a.go": body("var a, B int")}, "B has no doc comment"},
	{"interface", "doc comments", map[string]string{"merge/a.go": body("// I is Max.\ntype I interface {\n\tM()\n}")}, "I.M has no doc comment"},
	{"documented", "doc comments", map[string]string{
		"crdt/a.go": body("// F is.\nfunc F() {}\n\ntype t int\n\nfunc (t) M() {}\n\n// Some.\nconst (\n\tC = 1\n)\n\n" +
			"var B int // B is\n\n// I is.\ntype I interface {\n\tM() // does\n}\n\n" +
			"// J has N.\ntype J interface {\n\tN()\n\t// O is P.\n\tO()\n\tP()\n}"),
		"internal/a/a.go": body("func F() {}"), "crdt/a_test.go": body("func F() {}"),
	}, ""},
}

// TestBroken: every rule reports what breaks it, and only that.
func TestBroken(t *testing.T) {
	checks := map[string]func(*Tree) []string{}
	broken := map[string]bool{}
	for _, r := range Rules {
		checks[r.Name] = r.Check
	}
	for _, b := range breaks {
		t.Run(b.rule+"/"+b.name, func(t *testing.T) {
			withTables(t, nil, nil)
			if strings.HasPrefix(b.name, "allowed") || strings.HasPrefix(b.name, "stale") {
				goroutines = map[string]string{"merge/allowed.go": "why"}
				clocks = map[string]string{"crdt/clock.go": "why"}
			}
			got := checks[b.rule](tree(t, b.files))
			switch {
			case b.says == "" && len(got) > 0:
				t.Errorf("reported %q", got)
			case b.says != "" && (len(got) != 1 || !strings.Contains(got[0], b.says)):
				t.Errorf("reported %q, want one with %q", got, b.says)
			}
		})
		broken[b.rule] = broken[b.rule] || b.says != ""
	}
	for _, r := range Rules {
		if !broken[r.Name] {
			t.Errorf("no test breaks rule %s", r.Name)
		}
	}
}

// TestLoad: folders that the go command passes over are passed over, and a
// file that does not parse is an error.
func TestLoad(t *testing.T) {
	tr := tree(t, map[string]string{
		"crdt/a.go": body(""), "crdt/testdata/a.go": "x", "vendor/a.go": "x", ".x/a.go": "x", "_x/a.go": "x",
	})
	if len(tr.Files) != 1 {
		t.Errorf("%d files", len(tr.Files))
	}
	if _, err := Load(fstest.MapFS{"crdt/a.go": {Data: []byte("x")}}); err == nil {
		t.Error("a file that does not parse is no error")
	}
}
