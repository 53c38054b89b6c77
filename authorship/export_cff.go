package authorship

import (
	"slices"
	"strings"
)

// Citation is the notice as the file CITATION.cff of version 1.2.0 of the Citation File
// Format. People stand in it by alias, since what they call themselves is not to be
// taken apart, programs as entities after them; the works that are quoted are its
// references. Licences stand there where the format knows them.
func (a *Attribution) Citation() string {
	var b strings.Builder
	b.WriteString("cff-version: 1.2.0\n")
	b.WriteString("message: \"If you use this work, please cite it as below.\"\n")
	b.WriteString("title: " + escaped(a.Title) + "\n")
	b.WriteString("authors:\n")
	cffAuthors(&b, "  ", slices.Concat(a.Authors, a.Agents), a.Others, a.Title)
	if ids := cffLicences(a.Terms); len(ids) > 0 {
		b.WriteString("license:\n")
		for _, id := range ids {
			b.WriteString("  - " + id + "\n")
		}
	} else if len(a.Terms) == 1 && link(a.Terms[0]) != "" {
		b.WriteString("license-url: " + escaped(link(a.Terms[0])) + "\n")
	}
	if isURL(a.Source) {
		b.WriteString("url: " + escaped(a.Source) + "\n")
	}
	if v := a.Version.String(); v != "" {
		b.WriteString("version: " + escaped(v) + "\n")
	}
	b.WriteString("identifiers:\n  - type: other\n    value: " + escaped(a.Work.String()) + "\n    description: \"CID of the first change\"\n")
	if len(a.Quotes) > 0 {
		b.WriteString("references:\n")
	}
	for _, q := range a.Quotes {
		b.WriteString("  - type: generic\n    title: " + escaped(q.name()) + "\n    authors:\n")
		cffAuthors(&b, "      ", q.Authors, 0, q.name())
		if isURL(q.Source) {
			b.WriteString("    url: " + escaped(q.Source) + "\n")
		}
		b.WriteString("    identifiers:\n      - type: other\n        value: " + escaped(q.Work.String()) + "\n")
	}
	return b.String()
}

// cffAuthors writes authors, none twice and one at least, as the schema asks.
func cffAuthors(b *strings.Builder, indent string, people []Person, others int, title string) {
	seen := map[string]bool{}
	entry := func(key, name string) {
		if s := key + ": " + escaped(name); !seen[s] {
			seen[s] = true
			b.WriteString(indent + "- " + s + "\n")
		}
	}
	for _, p := range people {
		name := p.String()
		if seen["alias: "+escaped(name)] || seen["name: "+escaped(name)] { // somebody calls himself so
			name = p.ID.String()
		}
		if p.Agent {
			entry("name", name)
		} else {
			entry("alias", name)
		}
	}
	if others > 0 || len(people) == 0 {
		entry("name", "Contributors to "+title)
	}
}

// cffKnows are licences that the schema of version 1.2.0 lists, whose list is that of
// SPDX of 2021-05-14 and refuses others: those that are usual for works.
var cffKnows = []string{
	"0BSD", "AGPL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
	"CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-2.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0",
	"EPL-2.0", "EUPL-1.2", "GFDL-1.3-only", "GFDL-1.3-or-later", "GPL-2.0", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0",
	"GPL-3.0-only", "GPL-3.0-or-later", "ISC", "LAL-1.3", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later",
	"MIT", "MPL-2.0", "ODbL-1.0", "OFL-1.1", "Unlicense", "WTFPL", "Zlib",
}

// cffLicences are terms as the format has them, which takes several for alternatives;
// none where it cannot say all of them.
func cffLicences(terms []string) []string {
	for _, t := range terms {
		if !slices.Contains(cffKnows, t) {
			return nil
		}
	}
	return terms
}
