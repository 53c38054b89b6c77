package authorship_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// events are the rows of the table of events and credit, in its order and words, each with
// what plays it in TestTable and TestTableMore. Of "compaction, checkpoint" there is the
// pack: nothing drops history, so that no credit rests on the word of whoever did.
var events = [][]string{
	{"insert", "insert"},
	{"delete", "delete"},
	{"two concurrent deletes", "two concurrent deletes", "two devices delete as one"},
	{"undo of a delete", "undo of a delete"},
	{"undo of a delete while another delete stands", "undo while another delete stands"},
	{"undo of own insert", "undo and redo of an own insert"},
	{"redo", "undo and redo of an own insert"},
	{"replace a span", "replace a span", "what was replaced, and by whom"},
	{"set whole text from a string", "set whole text from a string"},
	{"move in a list, tree move", "move in a list", "tree move"},
	{"cut and paste inside one work", "cut and paste inside one work"},
	{"copy inside one work", "copy inside one work"},
	{"quote from another work", "quote from another work", "quote from another work without proof"},
	{"quote whose runes differ from the origin", "quote whose words differ from the origin"},
	{"format mark", "format mark"},
	{"same mark set concurrently", "same mark set concurrently"},
	{"map set / register", "map set"},
	{"counter", "counter"},
	{"set add", "set add"},
	{"co-authored change", "co-authored change", "co-authored quote"},
	{"agent for a person", "agent for a person"},
	{"person reviews agent text", "person reviews agent text", "review"},
	{"import of a file", "import of a file", "import in several changes"},
	{"translation, adaptation", "translation", "adaptation of another work"},
	{"merge", "merge"},
	{"compaction, checkpoint", "pack"},
	{"redaction", "redaction"},
	{"text by a revoked key after the cut, adopted", "text by a revoked key, adopted"},
}

// TestEvents: every row of the table is played, and everything that is played but the
// biography of a text belongs to a row.
func TestEvents(t *testing.T) {
	var played []string
	for _, r := range rows {
		played = append(played, r.name)
	}
	for _, r := range moreRows {
		played = append(played, r.name)
	}
	known := []string{"born, moved, quoted, deleted, restored"}
	for _, e := range events {
		for _, name := range e[1:] {
			known = append(known, name)
			if !slices.Contains(played, name) {
				t.Errorf("nobody plays %q: %q", e[0], name)
			}
		}
	}
	for _, name := range played {
		if !slices.Contains(known, name) {
			t.Errorf("%q is in no row", name)
		}
	}
}

// elsewhere are the attacks of the list that are tests of their own, by number.
var elsewhere = map[int]string{
	8: "TestAttackReplay", 19: "TestAttackBackdate", 20: "TestAttackOmission", 21: "TestAttackRevokeAll",
	22: "TestAttackLateVeto", 24: "TestAttackOracle",
}

// TestAttackList: each of the 26 attacks of the list is played by a test with its number
// or by one of these.
func TestAttackList(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	must(t, err)
	tests := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		must(t, err)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				tests[fn.Name.Name] = true
			}
		}
	}
	for n := 1; n <= 26; n++ {
		here := false
		for _, a := range attacks {
			here = here || strings.HasPrefix(a.name, fmt.Sprintf("%02d-", n))
		}
		if there := elsewhere[n]; here == (there != "") || there != "" && !tests[there] {
			t.Errorf("attack %d: in the list %v, %q elsewhere", n, here, there)
		}
	}
}
