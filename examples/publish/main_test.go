package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/pack"
)

// write writes blocks and marks into the text body.
func write(t *testing.T, fn func(x crdt.TextTx)) *crdt.Doc {
	t.Helper()
	d, err := crdt.New(authorship.NewKey("Ann"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(func(tx *crdt.Tx) error { fn(tx.Text("body")); return nil }); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestPublish pins both forms of one text, through a pack.
func TestPublish(t *testing.T) {
	d := write(t, func(x crdt.TextTx) {
		for _, b := range []struct {
			kind  string
			level int
			text  string
		}{{"heading", 2, "Bread & butter"}, {"paragraph", 0, "Knead it *well*."}, {"item", 1, "flour"}, {"item", 2, "rye"}, {"item", 1, "water"},
			{"quote", 0, "so be it"}, {"code", 0, "if a < b {"}, {"code", 0, "}"}, {"paragraph", 0, "end"}} {
			x.Split(x.Len(), crdt.Block{Kind: b.kind, Level: b.level, Attrs: map[string]any{"level": b.level}})
			x.Append(b.text)
		}
		at := strings.Index(x.String(), "well") // all is ASCII
		x.Mark(at-1, at+5, crdt.Mark{Key: "bold", Value: true})
		x.Mark(at, at+4, crdt.Mark{Key: "link", Value: "https://example.org/?a=1&b=2"})
		at = strings.Index(x.String(), "rye")
		x.Mark(at, at+3, crdt.Mark{Key: "italic", Value: true})
	})
	file := filepath.Join(t.TempDir(), "a.pack")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := pack.Write(f, d); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for as, want := range map[string]string{
		"html": `<h2>Bread &amp; butter</h2>
<p>Knead it <strong>*</strong><a rel="nofollow noopener" href="https://example.org/?a=1&amp;b=2"><strong>well</strong></a><strong>*</strong>.</p>
<ul><li>flour<ul><li><em>rye</em></li></ul></li>
<li>water</li></ul>
<blockquote>
<p>so be it</p>
</blockquote>
<pre><code>if a &lt; b {
}
</code></pre>
<p>end</p>
`,
		"markdown": "## Bread \\& butter\n\nKnead it **\\***[**well**](<https://example.org/?a=1&b=2>)**\\***\\.\n\n- flour\n  - *rye*\n- water\n\n> so be it\n\n" +
			"```\nif a < b {\n}\n```\n\nend\n",
	} {
		var out bytes.Buffer
		if err := run(as, file, "/body", &out); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", as, got, want)
		}
	}
	for _, bad := range [][3]string{{"pdf", file, "/body"}, {"html", file, "/none"}, {"html", file + "x", "/body"}} {
		if run(bad[0], bad[1], bad[2], &bytes.Buffer{}) == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// TestSafe: nothing that people write becomes an element, an attribute or a link that
// runs something.
func TestSafe(t *testing.T) {
	evil := []string{"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "javascript:alert(1)", " JavaScript:x", "java\nscript:x", "data:text/html,x",
		"//x", "a:b", "&lt;", "</code></pre>", "```", "`", "\u0000", "](javascript:x)"}
	allowed := regexp.MustCompile(`^(/?(h[1-6]|p|ul|li|blockquote|pre|code|strong|em|s|a)|br|a rel="nofollow noopener" href="(https?:|mailto:|[^":]*)[^"<>]*")$`)
	for _, x := range evil {
		for _, y := range evil {
			d := write(t, func(b crdt.TextTx) {
				for _, kind := range []string{y, "heading", "item", "quote", "code", "item", "", "code"} {
					b.Split(b.Len(), crdt.Block{Kind: kind, Level: -3, Attrs: map[string]any{x: y}})
					b.Append(x)
				}
				b.Mark(0, b.Len(), crdt.Mark{Key: "link", Value: y})
				b.Mark(2, b.Len(), crdt.Mark{Key: y, Value: x})
				b.Mark(5, b.Len(), crdt.Mark{Key: "bold", Value: x})
			})
			out := HTML(d.View().Text("body"))
			depth := 0
			for _, tag := range regexp.MustCompile(`<([^>]*)>`).FindAllStringSubmatch(out, -1) {
				if !allowed.MatchString(tag[1]) {
					t.Fatalf("%q in %s", tag[0], out)
				}
				switch {
				case tag[1] == "br":
				case tag[1][0] == '/':
					depth--
				default:
					depth++
				}
			}
			if depth != 0 || regexp.MustCompile(`(?i)href="\s*(javascript|data):`).MatchString(out) {
				t.Fatalf("%d elements are left open in %s", depth, out)
			}
			if md := Markdown(d.View().Text("body")); regexp.MustCompile(`(?i)\]\(<\s*(javascript|data):`).MatchString(md) {
				t.Fatal(md)
			}
		}
	}
}

func ExampleMarkdown() {
	d, _ := crdt.New(authorship.NewKey("Ann"))
	_ = d.Update(func(tx *crdt.Tx) error {
		t := tx.Text("body")
		t.Split(0, crdt.Block{Kind: "heading", Level: 1})
		t.Append("Bread")
		t.Split(t.Len(), crdt.Block{Kind: "paragraph"})
		t.Append("Knead well.")
		t.Mark(13, 17, crdt.Mark{Key: "bold", Value: true})
		return nil
	})
	fmt.Print(Markdown(d.View().Text("body")))
	// Output:
	// # Bread
	//
	// Knead **well**\.
}
