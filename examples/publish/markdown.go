package main

import (
	"strings"

	"github.com/commonhold/commonhold/crdt"
)

// Markdown is a text as CommonMark.
func Markdown(t crdt.Text) string {
	var out strings.Builder
	var code []string // blocks of code that follow each other
	last := ""
	flush := func() {
		if code != nil {
			all := strings.Join(code, "\n")
			fence := "```"
			for strings.Contains(all, fence) {
				fence += "`"
			}
			out.WriteString(fence + "\n" + all + "\n" + fence + "\n")
			code = nil
		}
	}
	for b := range t.Blocks() {
		if b.Kind != "code" {
			flush()
		}
		if last != "" && (b.Kind != last || b.Kind != "item" && b.Kind != "code") {
			out.WriteString("\n")
		}
		if last = b.Kind; last == "" {
			last = "paragraph"
		}
		switch b.Kind {
		case "code":
			code = append(code, b.Text.String())
		case "heading":
			out.WriteString(strings.Repeat("#", min(max(b.Level, 1), 6)) + " " + signed(b.Text, " ") + "\n")
		case "item":
			indent := strings.Repeat("  ", min(max(b.Level, 1), 9)-1)
			out.WriteString(indent + "- " + signed(b.Text, "\\\n"+indent+"  ") + "\n")
		case "quote":
			out.WriteString("> " + signed(b.Text, "\\\n> ") + "\n")
		default:
			out.WriteString(signed(b.Text, "\\\n") + "\n")
		}
	}
	flush()
	return out.String()
}

// signed is the text of a block with the signs of its marks; a line feed in it becomes
// feed.
func signed(t crdt.Text, feed string) string {
	var out strings.Builder
	for run := range t.Runs() {
		words := strings.Trim(run.Text, " \t\n")
		front, back, _ := strings.Cut(run.Text, words)
		if words == "" { // signs stand beside words only
			front, back = run.Text, ""
		}
		s := escape(words)
		for _, x := range tags {
			if words != "" && set(run, x.key) {
				s = x.sign + s + x.sign
			}
		}
		if to := link(run); to != "" && words != "" {
			s = "[" + s + "](<" + strings.NewReplacer("<", "%3C", ">", "%3E", "\n", "%0A", "\\", "%5C").Replace(to) + ">)"
		}
		out.WriteString(strings.ReplaceAll(front+s+back, "\n", feed))
	}
	return out.String()
}

// escape writes characters that Markdown takes for signs with a backslash before them.
func escape(s string) string {
	var out strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_{}[]()<>#+-.!|~&=:", r) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}
