package authorship

import "slices"

// fact is one thing that is known about two licences: what is under one of from may
// be used in a work under one of to. It goes one way.
type fact struct {
	from, to []string
	source   string
}

// anything stands for every licence.
const anything = "*"

// facts are all that is known here about licences that are not the same. Facts do
// not add up: that A fits B and B fits C says nothing of A and C, since somebody
// has to make an adaptation under B in between. A pair that no fact names is refused
// where words are quoted, and nothing else follows from this table: it is asked by
// whoever writes, never by who judges, so it may grow.
//
// GPL-3.0 and AGPL-3.0 are no fact: their sections 13 let works stand side by side
// as one program, each part under its own licence, and a quote is no such part. Nor
// is CC-BY-SA-4.0 to GPL-3.0-or-later: later versions of the GPL are not declared
// compatible.
var facts = []fact{
	{[]string{"CC0-1.0"}, []string{anything},
		"CC0 1.0 legal code, 2 and 3: all rights are waived, or licensed without any condition"},
	{[]string{"CC-BY-4.0"}, []string{"CC-BY-SA-4.0"},
		"CC BY 4.0 legal code, 3(a)(4): the adapter's licence must not prevent complying with it; creativecommons.org, FAQ, chart of licences for adapters"},
	{[]string{"CC-BY-SA-4.0"}, []string{"GPL-3.0-only"},
		"CC BY-SA 4.0 legal code, 3(b)(1); creativecommons.org/compatiblelicenses: GPL version 3, one way, since 2015-10-08"},
	{[]string{"CC-BY-SA-4.0"}, []string{"LAL-1.3"},
		"CC BY-SA 4.0 legal code, 3(b)(1); creativecommons.org/compatiblelicenses: Free Art License 1.3, since 2014-10-21"},
	{[]string{"LAL-1.3"}, []string{"CC-BY-SA-4.0"},
		"Free Art License 1.3, 5; declared compatible both ways, 2014-10-21"},
	{[]string{"CC-BY-SA-2.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0"}, []string{"CC-BY-SA-4.0"},
		"CC BY-SA 2.0 and 2.5 legal code, 4(b), 3.0, 4(b)(ii): derivative works under a later version with the same elements"},
	{[]string{"GPL-2.0-or-later"}, []string{"GPL-2.0-only", "GPL-3.0-only", "GPL-3.0-or-later"},
		"GPL 2, 9: under the terms of that version or of any later one; gnu.org/licenses/gpl-faq.html, matrix of compatibility"},
	{[]string{"GPL-3.0-or-later"}, []string{"GPL-3.0-only"},
		"GPL 3, 14: under the terms of that version or of any later one"},
	{[]string{"Apache-2.0"}, []string{"GPL-3.0-only", "GPL-3.0-or-later"},
		"gnu.org/licenses/license-list.html: compatible with version 3, not with version 2; apache.org/licenses/GPL-compatibility.html"},
}

// renamed are the older names of licences that the table calls by others.
var renamed = map[string]string{
	"gpl-2.0": "GPL-2.0-only", "gpl-2.0+": "GPL-2.0-or-later",
	"gpl-3.0": "GPL-3.0-only", "gpl-3.0+": "GPL-3.0-or-later",
}

// licence is the name of a licence as the table has it.
func licence(name string) string {
	if s, ok := renamed[fold(name)]; ok {
		return s
	}
	return name
}

// among tells whether a list has a licence.
func among(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return s == anything || fold(s) == fold(name) })
}

// compatible tells whether what is under one expression may be used in a work under
// another: because they are the same, or as the table says. Of what offers a choice
// one will do; what asks for several is compatible when each of them is.
func compatible(from, to string) bool {
	if fold(from) == fold(to) {
		return true
	}
	a, err := parseTerm(from)
	if err != nil {
		return false
	}
	b, err := parseTerm(to)
	return err == nil && fits(a, b)
}

// fits is compatible for expressions that are read. A choice of targets takes in what
// fits each; a target of several licences at once only what fits anything, since the
// others would be further conditions.
func fits(a, b term) bool {
	switch {
	case fold(a.Text) == fold(b.Text):
		return true
	case a.Or != nil:
		return slices.ContainsFunc(a.Or, func(x term) bool { return fits(x, b) })
	case b.Or != nil:
		return !slices.ContainsFunc(b.Or, func(x term) bool { return !fits(a, x) })
	case a.And != nil:
		return !slices.ContainsFunc(a.And, func(x term) bool { return !fits(x, b) })
	}
	from, to := licence(a.Text), licence(b.Text)
	return fold(from) == fold(to) || slices.ContainsFunc(facts, func(f fact) bool {
		return among(f.from, from) && among(f.to, to)
	})
}

// within are the terms of a work under which what is offered under others may be used
// in it.
func within(offered, work []string) []string {
	var out []string
	for _, t := range work {
		if slices.ContainsFunc(offered, func(s string) bool { return compatible(s, t) }) {
			out = append(out, t)
		}
	}
	return out
}
