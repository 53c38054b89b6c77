package authorship

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// REUSE is the notice as the file REUSE.toml of version 3.3 of the REUSE specification,
// for a folder that holds an export of the work: every file in it and below has the
// authors, those of what is quoted included, and the terms; what strangers wrote in the
// files is not searched for others. An error that wraps [ErrTerms] says that there are no
// terms under which all of the work may be used.
func (a *Attribution) REUSE() (string, error) {
	if len(a.Terms) == 0 {
		return "", fmt.Errorf("authorship: %s has no terms under which all of it may be used: %w", a.Work, ErrTerms)
	}
	var b strings.Builder
	b.WriteString("version = 1\n\n")
	b.WriteString("[[annotations]]\npath = \"**\"\nprecedence = \"override\"\nSPDX-FileCopyrightText = [\n")
	for _, s := range a.holders() {
		b.WriteString("  " + escaped(s) + ",\n")
	}
	b.WriteString("]\nSPDX-License-Identifier = " + escaped(strings.Join(a.Terms, " OR ")) + "\n")
	if len(a.Exceptions) > 0 || slices.ContainsFunc(a.Quotes, func(q QuotedWork) bool { return q.Exception != "" }) {
		b.WriteString("SPDX-FileComment = \"Quotes by exception are not under these terms; NOTICE lists them.\"\n")
	}
	return b.String(), nil
}

// holders are the copyright notices of the work: people of whose work something is shown
// or quoted, or who are said to have written it, each once. There is one at least.
func (a *Attribution) holders() []string {
	var out []string
	seen := map[string]bool{"": true}
	note := func(s string) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, p := range a.Authors {
		note(holderOf(p))
	}
	for _, q := range a.Quotes {
		for _, p := range q.Authors {
			note(holderOf(p))
		}
	}
	for _, m := range a.Imports {
		for _, name := range m.Claimed {
			note(name)
		}
	}
	if a.Others > 0 || len(out) == 0 {
		out = append(out, "Contributors to "+a.Title)
	}
	return out
}

// holderOf is a person in a copyright notice: the name and, in angle brackets, where to
// find them, which is their key.
func holderOf(p Person) string {
	switch {
	case p.ID == (Person{}).ID:
		return "unknown"
	case p.Name == "":
		return "<" + p.ID.String() + ">"
	}
	return p.Name + " <" + p.ID.String() + ">"
}

// escaped is s as a string of TOML 1.0 and of YAML 1.2, which both have these escapes:
// in double quotes, with everything escaped that is not seen.
func escaped(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			b.WriteString(`\U` + pad(r, 8))
		default:
			b.WriteString(`\u` + pad(r, 4))
		}
	}
	b.WriteByte('"')
	return b.String()
}

// pad is a code point in so many digits.
func pad(r rune, digits int) string {
	s := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", digits-len(s)) + strings.ToUpper(s)
}
