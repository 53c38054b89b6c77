package authorship_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.MkdirAll("testdata", 0o777))
		must(t, os.WriteFile(path, []byte(got), 0o666))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
	}
}

// several is a work of three people, one without a name, and an agent; somebody
// else's text is all gone.
func several(t *testing.T) *crdt.Doc {
	ann, ben := key("Ann"), key("Ben <b@example.org>")
	a, err := crdt.New(ann, fixed(), authorship.Found(authorship.Charter{
		Title: "Bread\n*and* [butter](x)", Source: "https://example.org/bread", Terms: []string{"CC-BY-SA-4.0 OR GPL-3.0-or-later AND LicenseRef-x"},
	}))
	must(t, err)
	agree := authorship.Agree("CC-BY-SA-4.0", "GPL-3.0-or-later AND LicenseRef-x")
	docs := []*crdt.Doc{a}
	for _, k := range []crdt.Signer{ben, nameless("z"), key("gone"), key("scribe").BoundTo(ben, true)} {
		d, err := a.Clone(k, agree, fixed())
		must(t, err)
		for _, x := range docs {
			must(t, d.Merge(x))
		}
		docs = append(docs, d)
		write(t, d, "Some text. ")
		meet(t, docs...)
	}
	edit(t, a, func(tx *crdt.Tx) {
		body := tx.Text("body")
		body.Delete(22, 33) // what "gone" wrote
		body.Append("Ann's words.")
	})
	meet(t, docs...)
	return a
}

// TestNotice: the notice in its forms, byte for byte.
func TestNotice(t *testing.T) {
	d := several(t)
	n := authorship.Notice(d.View())
	golden(t, "notice.line", n.String()+"\n")
	golden(t, "notice.txt", n.Text())
	golden(t, "notice.md", n.Markdown())
	j, err := json.MarshalIndent(n, "", "  ")
	must(t, err)
	golden(t, "notice.json", string(j)+"\n")
	if n.Work != d.ID() || n.Version != d.Heads() {
		t.Error("of another work or version")
	}
}

// TestNoticeLine: one line as people expect it.
func TestNoticeLine(t *testing.T) {
	a := found(t, key("Ann"))
	line := func() string { return authorship.Notice(a.View()).String() }
	if s := line(); s != `"Bread". CC-BY-SA-4.0.` {
		t.Errorf("%s", s)
	}
	write(t, a, "Knead.")
	if s := line(); s != `"Bread" by Ann. CC-BY-SA-4.0.` {
		t.Errorf("%s", s)
	}
	b := join(t, a, key("Ben"))
	write(t, b, " Wait.")
	c := join(t, b, key("Cy"))
	edit(t, c, func(tx *crdt.Tx) { tx.Text("body").Insert(0, "Wash. ") })
	must(t, a.Merge(c))
	if s := line(); s != `"Bread" by Cy, Ann and Ben. CC-BY-SA-4.0.` {
		t.Errorf("%s", s)
	}
}

// TestNoticeHostile: what strangers call themselves stays inside its place.
func TestNoticeHostile(t *testing.T) {
	a := found(t, key("Ann"))
	b := join(t, a, authorship.KeyFromSeed("Ben\n\n# by <script>alert(1)</script>\u202e [x](javascript:1)\x1b[2J", [32]byte{7}))
	write(t, b, "x")
	n := authorship.Notice(b.View())
	if s := n.String(); strings.ContainsAny(s, "\n\x1b\u202e") {
		t.Errorf("%q", s)
	}
	if s := n.Markdown(); strings.ContainsAny(strings.TrimSuffix(s, "\n"), "\n\x1b\u202e") || strings.Contains(strings.ReplaceAll(s, `\<`, ""), "<") || strings.Contains(s, "x](") {
		t.Errorf("%q", s)
	}
	if s := n.Text(); strings.Count(s, "\n") != 6 {
		t.Errorf("%q", s)
	}
}
