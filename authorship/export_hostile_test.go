package authorship_test

import (
	"crypto/sha256"
	"os"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// hostile is a notice in which a stranger has put s wherever strangers may write: names,
// titles, addresses, keys of maps, reasons.
func hostile(t testing.TB, s string) *authorship.Attribution {
	t.Helper()
	s = strings.ToValidUTF8(s, "") // others do not come that far
	or := func(most int) string {
		if s == "" || len(s) > most {
			return "x"
		}
		return s
	}
	keyed := func(n byte) *authorship.Key { return authorship.KeyFromSeed(or(256), sha256.Sum256([]byte{n})) }
	title, source := or(1000), or(4096)
	a, err := crdt.New(keyed(1), fixed(), authorship.Found(authorship.Charter{Title: title, Source: source, Terms: []string{"CC-BY-SA-4.0 OR LicenseRef-x WITH AdditionRef-y"}}))
	must(t, err)
	write(t, a, "words ")
	other, err := crdt.New(keyed(2), fixed(), authorship.Found(authorship.Charter{Title: title, Source: source, Terms: []string{"MIT"}}))
	must(t, err)
	write(t, other, "theirs")
	must(t, bridge.Of(other).Leave())
	third, err := crdt.New(keyed(5), fixed(), authorship.Found(authorship.Charter{Title: title, Terms: []string{"CC0-1.0"}}))
	must(t, err)
	write(t, third, "translated")
	b, err := a.Clone(keyed(3), authorship.Agree("CC-BY-SA-4.0", "LicenseRef-x WITH AdditionRef-y"), fixed())
	must(t, err)
	edit(t, b, func(tx *crdt.Tx) {
		text := tx.Map("m").Text(or(1000))
		must(t, authorship.Quote(tx, text, 0, other.View().Text("body"), authorship.WithException("x"+or(4096))))
		tx.Text("body").Append("more")
		tx.Text("body").Quote(0, other.View().Text("body").Slice(0, 2))
	})
	edit(t, b, func(tx *crdt.Tx) {
		must(t, authorship.ImportText(tx, or(1000), or(256), "x"))
		tx.Text("body").Append("imported")
	})
	edit(t, b, func(tx *crdt.Tx) {
		must(t, authorship.Derive(tx, authorship.Translation, third.View(), authorship.Range{}))
		tx.Text("body").Append("übersetzt")
	})
	edit(t, b, func(tx *crdt.Tx) {
		must(t, authorship.Derive(tx, authorship.Adaptation, other.View(), authorship.Range{}, authorship.WithException("x"+or(4096))))
		tx.Text("body").Append("bearbeitet")
	})
	bot, err := b.Clone(keyed(4).BoundTo(keyed(3), true), authorship.Agree("CC-BY-SA-4.0", "LicenseRef-x WITH AdditionRef-y"), fixed())
	must(t, err)
	write(t, bot, "generated")
	return authorship.Notice(bot.View())
}

// hostiles are what strangers might try.
var hostiles = []string{
	"plain", "", "\n", "a\nb", "\r\n- x: y", "\"", "'", "\\", "\\\"", "\"\n[[annotations]]\npath = \"x", "\"\"\"", "'''", "#", "# comment", "--", "-->", "<!-- -->", "]]>", "<script>alert(1)</script>",
	"\" onload=\"alert(1)", "'><img src=x>", "&lt;", "&#60;b&#62;", "&amp;amp;", "javascript:alert(1)", "https://example.org/\"><b>", "https://example.org/ x", "http://", "{{.}}", "${x}", "$(x)", "`x`",
	"- item", "key: value", "key:", "? x", "! x", "&anchor", "*alias", "|", ">", "%YAML 1.2", "---", "...", "@x", "yes", "null", "1.0", "~", "[x](javascript:1)", "![x](y)", "**x**", "<http://x>", "| a | b |",
	"SPDX-SnippetEnd", "x spdx-snippetend", "SPDX-License-Identifier: WTFPL", "\u0130SPDX-SnippetEnd", "SPDX-SPDX-SnippetEnd", "sPdX-LiCeNsE", "REUSE-IgnoreStart", "reuse-ignoreend",
	"\x00", "\x1b[2J", "\x7f", "\u0085", "\u2028x\u2029", "\u202egnp.exe", "\u200f", "\ufeff", "\ufffe", "\uffff", "\U0001ffff", "\ufdd0", "\U000e0001tag", "\u00a0", "\u00ad", "e\u0301", "\U0001f469\u200d\U0001f33e", "ﬁ", "İ",
	"\xff\xfe", "\xc3", "\xed\xa0\x80", strings.Repeat("x", 250), strings.Repeat("\U0001f33e", 60), "Contributors to plain", "<did:key:z6MkqqaGEk4gNTvr7AnUxomKG4Zx51NBjAbmQz3zpNzRcH8F>",
}

// TestExportsHostile: nothing that a stranger writes breaks a format or becomes more than
// a text in it.
func TestExportsHostile(t *testing.T) {
	for _, s := range hostiles {
		n := hostile(t, s)
		if len(n.Authors) != 2 || len(n.Agents) != 1 || len(n.Quotes) != 2 || len(n.Imports) != 1 || len(n.Exceptions) != 1 || len(n.Terms) != 2 {
			t.Fatalf("%q: %d authors, %d agents, %d quotes, %d exceptions, terms %q", s, len(n.Authors), len(n.Agents), len(n.Quotes), len(n.Exceptions), n.Terms)
		}
		checkExports(t, n)
		if t.Failed() {
			t.Fatalf("by %q", s)
		}
		if strings.Contains(n.Markdown(), "](javascript") || strings.Count(n.Markdown(), "\n") != 9 {
			t.Fatalf("%q: %s", s, n.Markdown())
		}
	}
	dir := t.TempDir()
	must(t, hostile(t, "a\n<b>\"").WriteFiles(dir))
	if list, err := os.ReadDir(dir); err != nil || len(list) != 9 {
		t.Errorf("%v %v", list, err)
	}
}

// FuzzExports: the same for whatever there is.
func FuzzExports(f *testing.F) {
	for _, s := range hostiles {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkExports(t, hostile(t, s)) })
}
