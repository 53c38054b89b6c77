package authorship_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// signedWork is a signed work of one person with a text.
func signedWork(t testing.TB, who, title, offers, words string) *crdt.Doc {
	t.Helper()
	d, err := crdt.New(key(who), fixed(), authorship.Found(authorship.Charter{
		Title: title, Source: "https://example.org/" + strings.ToLower(title), Terms: []string{offers},
	}))
	must(t, err)
	write(t, d, words)
	must(t, bridge.Of(d).Leave())
	return d
}

// collection is a work of several people that quotes others: with proof, without, and
// by an exception.
func collection(t *testing.T) *crdt.Doc {
	t.Helper()
	a := several(t)
	song := signedWork(t, "Gil", "Lied", "CC0-1.0", "Brot")
	edit(t, a, func(tx *crdt.Tx) {
		must(t, authorship.Derive(tx, authorship.Translation, song.View(), authorship.Range{}))
		tx.Text("body").Append("bread")
	})
	edit(t, a, func(tx *crdt.Tx) {
		must(t, authorship.ImportText(tx, "old.txt", "Hal"))
		tx.Text("body").Append(" and salt")
	})
	dough := signedWork(t, "Cy", "Dough", "CC0-1.0", "Rest it. ")
	buns := signedWork(t, "Dan", "Buns", "MIT", "Bake hot. ")
	rolls, err := crdt.New(key("Fay"), authorship.Commons("Rolls", "CC0-1.0"), fixed())
	must(t, err)
	write(t, rolls, "Roll up. ")
	edit(t, a, func(tx *crdt.Tx) {
		for _, d := range []*crdt.Doc{dough, rolls} {
			must(t, authorship.Quote(tx, tx.Text("body"), 0, d.View().Text("body")))
		}
		must(t, authorship.Quote(tx, tx.Text("body"), 0, buns.View().Text("body").Slice(0, 4), authorship.WithException("quotation, Berne Convention 10(1)")))
	})
	return a
}

// files are the files of a folder.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	list, err := os.ReadDir(dir)
	must(t, err)
	for _, f := range list {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		must(t, err)
		out[f.Name()] = string(b)
	}
	return out
}

// TestWriteFiles: all files, byte for byte.
func TestWriteFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	n := authorship.Notice(collection(t).View())
	for range 2 { // again over what is there
		must(t, n.WriteFiles(dir))
	}
	got := files(t, dir)
	names := slices.Sorted(maps.Keys(got))
	if want := []string{"AUTHORS", "CITATION.cff", "LICENSES.txt", "NOTICE", "NOTICE.html", "NOTICE.md", "PROVENANCE.jsonld", "REUSE.toml", "SNIPPETS"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	for name, s := range got {
		golden(t, "export/"+name, s)
	}
	golden(t, "export/line", n.String()+"\n")
	checkExports(t, n)
}

// TestWriteFilesFork: a fork says what it was made of, and by whom.
func TestWriteFilesFork(t *testing.T) {
	a := garden(t, "CC-BY-SA-4.0 OR GPL-3.0-only")
	f, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{Title: "Orchard", Terms: []string{"GPL-3.0-only"}}, fixed())
	must(t, err)
	n := authorship.Notice(f.View())
	golden(t, "export/fork.txt", n.Text())
	golden(t, "export/fork.html", n.HTML())
	checkExports(t, n)
}

// TestWriteFilesNone: a work without terms has no REUSE.toml.
func TestWriteFilesNone(t *testing.T) {
	d, err := crdt.New(key("Ann"), crdt.Title("Bread"))
	must(t, err)
	write(t, d, "x")
	dir := t.TempDir()
	if err := authorship.Notice(d.View()).WriteFiles(dir); !errors.Is(err, authorship.ErrTerms) {
		t.Error(err)
	}
	if got := files(t, dir); got["AUTHORS"] == "" || got["REUSE.toml"] != "" || len(got) != 6 {
		t.Errorf("%q", slices.Sorted(maps.Keys(got)))
	}
	if err := authorship.Notice(d.View()).WriteFiles(filepath.Join(dir, "AUTHORS")); err == nil {
		t.Error("a file is no folder")
	}
}

// checkExports checks everything that a notice writes by the rules of its format.
func checkExports(t testing.TB, n *authorship.Attribution) {
	t.Helper()
	for name, err := range map[string]error{
		"REUSE.toml":        checkREUSE(n),
		"CITATION.cff":      checkCFF(n),
		"SNIPPETS":          checkSnippets(n.Snippets()),
		"NOTICE.html":       checkHTML(n),
		"PROVENANCE.jsonld": checkPROV(n),
		"JSON":              checkJSON(n),
		"lines":             checkLines(n),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// checkREUSE checks the rules of REUSE 3.3 that are quoted here, from
// reuse.software/spec-3.3: "which MUST be a valid TOML file"; "The version key (REQUIRED)
// MUST have an integer value", 1; each [[annotations]] table has "path (REQUIRED), a
// string or list of strings"; "precedence (OPTIONAL), a literal string", closest, aggregate
// or override; SPDX-FileCopyrightText, each string "MUST be a Copyright Notice", the prefix
// of which may be omitted and which "MUST contain the name of the copyright holder";
// "SPDX-License-Identifier …, each string MUST be a valid SPDX License Expression". And of
// License Files: "The name of the License File MUST be the SPDX License Identifier of the
// license followed by an appropriate file extension", for every licence and exception of
// every expression.
func checkREUSE(n *authorship.Attribution) error {
	s, err := n.REUSE()
	if len(n.Terms) == 0 {
		if !errors.Is(err, authorship.ErrTerms) {
			return fmt.Errorf("no terms: %v", err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := toml(s)
	if err != nil {
		return err
	}
	if want := []string{"version", "[[annotations]]", "path", "precedence", "SPDX-FileCopyrightText", "SPDX-License-Identifier", "SPDX-FileComment"}; !slices.Equal(keys.order, want) && !slices.Equal(keys.order, want[:6]) {
		return fmt.Errorf("keys %q", keys.order)
	}
	if keys.values["version"][0] != "1" || keys.values["path"][0] != "**" || !slices.Contains([]string{"closest", "aggregate", "override"}, keys.values["precedence"][0]) {
		return fmt.Errorf("%q", keys.values)
	}
	holders := keys.values["SPDX-FileCopyrightText"]
	if len(holders) == 0 || slices.Contains(holders, "") {
		return fmt.Errorf("copyright of %q", holders)
	}
	terms, err := authorship.ParseTerms(keys.values["SPDX-License-Identifier"]...)
	if err != nil || !slices.Equal(terms, n.Terms) {
		return fmt.Errorf("%q %w", terms, err)
	}
	names := map[string]bool{}
	for _, f := range n.LicenceFiles() {
		if f.Path != "LICENSES/"+f.Licence+".txt" || filepath.Base(f.Path) != f.Licence+".txt" {
			return fmt.Errorf("%+v", f)
		}
		names[f.Licence] = true
	}
	for _, t := range n.Terms {
		for _, word := range strings.Fields(strings.NewReplacer("(", " ", ")", " ").Replace(t)) {
			if !slices.Contains([]string{"AND", "OR", "WITH"}, word) && !names[strings.TrimSuffix(word, "+")] {
				return fmt.Errorf("no text of %s", word)
			}
		}
	}
	return nil
}

// checkSnippets checks REUSE 3.3, "In-line Snippet comments": "SPDX snippet tags MUST be
// used"; "Copyright Notices inside of Snippets MUST be prefixed with
// SPDX-SnippetCopyrightText"; "A Snippet SHOULD contain both a Copyright Notice and an SPDX
// License Expression"; "A tag is followed by a colon, followed by a text value, and
// terminated by a newline". Every snippet is closed, and no tag stands inside a line.
func checkSnippets(s string) error {
	open := false
	seen := ""
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		tag, value, _ := strings.Cut(line, ": ")
		if strings.Contains(strings.ToLower(value), "spdx-") {
			return fmt.Errorf("a tag in %q", line)
		}
		switch tag {
		case "SPDX-SnippetBegin", "SPDX-SnippetEnd":
			if open == (tag == "SPDX-SnippetBegin") || value != "" {
				return fmt.Errorf("%q where open is %v", line, open)
			}
			if !open {
				seen = ""
			} else if !strings.HasPrefix(seen, "c") {
				return fmt.Errorf("a snippet of %q", seen)
			}
			open = !open
		case "SPDX-SnippetCopyrightText":
			seen += "c"
		case "SPDX-License-Identifier":
			seen += "l"
			if _, err := authorship.ParseTerms(value); err != nil {
				return err
			}
		case "SPDX-SnippetComment":
			seen += "x"
		default:
			return fmt.Errorf("%q is no tag", line)
		}
		if !open && tag != "SPDX-SnippetEnd" || tag != "SPDX-SnippetBegin" && tag != "SPDX-SnippetEnd" && strings.TrimSpace(value) == "" {
			return fmt.Errorf("%q", line)
		}
	}
	if open {
		return errors.New("a snippet is not closed")
	}
	return nil
}

// checkHTML checks that the notice is well formed, has no elements and attributes but
// those that it is written with, and that its text has what people wrote.
func checkHTML(n *authorship.Attribution) error {
	d := xml.NewDecoder(strings.NewReader(n.HTML()))
	d.Strict = true
	text := ""
	for {
		t, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch x := t.(type) {
		case xml.StartElement:
			if !slices.Contains([]string{"section", "p", "cite", "a", "code"}, x.Name.Local) {
				return fmt.Errorf("element %s", x.Name.Local)
			}
			for _, attr := range x.Attr {
				switch {
				case x.Name.Local == "section" && attr.Name.Local == "class":
				case x.Name.Local == "a" && attr.Name.Local == "rel":
				case x.Name.Local == "a" && attr.Name.Local == "href" && (strings.HasPrefix(attr.Value, "https://") || strings.HasPrefix(attr.Value, "http://")):
				default:
					return fmt.Errorf("attribute %s=%q of %s", attr.Name.Local, attr.Value, x.Name.Local)
				}
			}
		case xml.CharData:
			text += string(x)
		case xml.Comment, xml.Directive, xml.ProcInst:
			return fmt.Errorf("%T", x)
		}
	}
	for _, p := range n.Authors {
		if !strings.Contains(text, p.String()) {
			return fmt.Errorf("no %q in %q", p, text)
		}
	}
	if !strings.Contains(text, n.Title) {
		return fmt.Errorf("no title in %q", text)
	}
	return nil
}

// checkPROV checks that the graph names nothing that is not in it but licences.
func checkPROV(n *authorship.Attribution) error {
	b, err := n.PROV()
	if err != nil {
		return err
	}
	var g struct {
		Context map[string]any   `json:"@context"`
		Graph   []map[string]any `json:"@graph"`
	}
	if err := json.Unmarshal(b, &g); err != nil {
		return err
	}
	ids := map[string]bool{}
	for _, node := range g.Graph {
		id, _ := node["@id"].(string)
		if id == "" || ids[id] || strings.ContainsAny(id, " \n\"<>") {
			return fmt.Errorf("node %q", id)
		}
		ids[id] = true
	}
	for _, node := range g.Graph {
		for key, x := range node {
			if _, ok := g.Context[key]; !ok && !strings.HasPrefix(key, "@") {
				return fmt.Errorf("%s is not in the context", key)
			}
			if !strings.HasPrefix(key, "was") && key != "actedOnBehalfOf" {
				continue
			}
			list, ok := x.([]any)
			if !ok {
				list = []any{x}
			}
			for _, to := range list {
				if !ids[to.(string)] {
					return fmt.Errorf("%s %v is nowhere", key, to)
				}
			}
		}
	}
	return nil
}

// checkJSON checks that a notice has a JSON form.
func checkJSON(n *authorship.Attribution) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	var back authorship.Attribution
	if err := json.Unmarshal(b, &back); err != nil {
		return err
	}
	if back.Title != n.Title || len(back.Authors) != len(n.Authors) || len(back.Quotes) != len(n.Quotes) {
		return fmt.Errorf("%+v", back)
	}
	return nil
}

// checkLines checks that no line is more than there should be, and none has a tag.
func checkLines(n *authorship.Attribution) error {
	lines := len(n.Authors) + len(n.Agents)
	if n.Others > 0 {
		lines++
	}
	if len(n.Agents) > 0 {
		lines += 2
	}
	for _, q := range n.Quotes {
		lines += 2 + len(q.Authors)
	}
	if got := strings.Count(n.AuthorList(), "\n"); got != lines {
		return fmt.Errorf("AUTHORS has %d lines, not %d: %q", got, lines, n.AuthorList())
	}
	for _, s := range []string{n.AuthorList(), n.Text(), n.Markdown(), n.HTML(), n.String()} {
		if low := strings.ToLower(s); strings.Contains(low, "spdx-") || strings.Contains(low, "reuse-") || strings.ContainsAny(s, "\r\x1b\x00\u202e\u2028") {
			return fmt.Errorf("%q", s)
		}
	}
	return nil
}
