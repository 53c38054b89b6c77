package main

import (
	"fmt"
	"html"
	"net/url"
	"strings"

	"github.com/commonhold/commonhold/crdt"
)

// tags are the marks that are shown, outermost first, and the elements that show them.
var tags = []struct{ key, tag, sign string }{
	{"bold", "strong", "**"}, {"italic", "em", "*"}, {"strike", "s", "~~"},
}

// HTML is a text as HTML, without the page around it.
func HTML(t crdt.Text) string {
	w := &htmlWriter{}
	for b := range t.Blocks() {
		w.block(b)
	}
	w.group("", 0)
	return w.String()
}

// htmlWriter writes blocks. Quotes, code and lists are elements around several blocks.
type htmlWriter struct {
	strings.Builder
	open  string // "quote", "code", "item" or nothing
	depth int    // of lists
}

// group closes what is open around the block before, but for what goes on.
func (w *htmlWriter) group(kind string, depth int) {
	if w.open != kind {
		switch w.open {
		case "quote":
			w.WriteString("</blockquote>\n")
		case "code":
			w.WriteString("</code></pre>\n")
		case "item":
			w.WriteString(strings.Repeat("</li></ul>\n", w.depth))
			w.depth = 0
		}
		switch w.open = kind; kind {
		case "quote":
			w.WriteString("<blockquote>\n")
		case "code":
			w.WriteString("<pre><code>")
		}
	}
	if kind != "item" {
		return
	}
	if depth <= w.depth {
		w.WriteString("</li>" + strings.Repeat("</ul></li>", w.depth-depth) + "\n<li>")
	}
	w.WriteString(strings.Repeat("<ul><li>", max(0, depth-w.depth)))
	w.depth = depth
}

// block writes one block.
func (w *htmlWriter) block(b crdt.Block) {
	switch b.Kind {
	case "heading":
		w.group("", 0)
		n := min(max(b.Level, 1), 6)
		fmt.Fprintf(w, "<h%d>%s</h%d>\n", n, inline(b.Text), n)
	case "item":
		w.group("item", min(max(b.Level, 1), 9))
		w.WriteString(inline(b.Text))
	case "quote":
		w.group("quote", 0)
		w.WriteString("<p>" + inline(b.Text) + "</p>\n")
	case "code":
		w.group("code", 0)
		w.WriteString(html.EscapeString(b.Text.String()) + "\n")
	default:
		w.group("", 0)
		w.WriteString("<p>" + inline(b.Text) + "</p>\n")
	}
}

// inline is the text of a block with its marks.
func inline(t crdt.Text) string {
	var out strings.Builder
	for run := range t.Runs() {
		s := strings.ReplaceAll(html.EscapeString(run.Text), "\n", "<br>")
		for _, x := range tags {
			if set(run, x.key) {
				s = "<" + x.tag + ">" + s + "</" + x.tag + ">"
			}
		}
		if to := link(run); to != "" {
			s = `<a rel="nofollow noopener" href="` + html.EscapeString(to) + `">` + s + "</a>"
		}
		out.WriteString(s)
	}
	return out.String()
}

// set tells whether a run shows a mark.
func set(run crdt.Run, key string) bool {
	v, ok := run.Marks[key]
	return ok && v.Any() != false
}

// link is where the link of a run leads, empty for none and for one that is not to be
// followed.
func link(run crdt.Run) string {
	to, _ := run.Marks["link"].Any().(string)
	u, err := url.Parse(to)
	if err != nil {
		return ""
	}
	switch u.Scheme {
	case "http", "https", "mailto", "":
		return u.String()
	}
	return ""
}
