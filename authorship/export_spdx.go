package authorship

import "strings"

// Snippets are the ranges of the work that come from other works, each in the tags of
// SPDX 2.3, annex H, as REUSE 3.3 asks for them: a copyright notice, the terms that are
// stated of it, and where it stands. The words themselves are not in it. Empty where
// nothing is quoted.
func (a *Attribution) Snippets() string {
	var b strings.Builder
	for _, q := range a.Quotes {
		for _, p := range q.Pieces {
			for _, r := range p.Ranges {
				b.WriteString("SPDX-SnippetBegin\n")
				b.WriteString("SPDX-SnippetCopyrightText: " + holderOf(p.Author) + "\n")
				if len(p.Terms) > 0 {
					b.WriteString("SPDX-License-Identifier: " + strings.Join(p.Terms, " OR ") + "\n")
				}
				b.WriteString("SPDX-SnippetComment: " + show(r.String()) + " from " + q.name() + ", change " + p.Change.String() + " of work " +
					q.Work.String() + ", " + p.Proof.String() + "\n")
				b.WriteString("SPDX-SnippetEnd\n")
			}
		}
	}
	return b.String()
}
