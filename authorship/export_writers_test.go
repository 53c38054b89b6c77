package authorship_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestEscaped: any text in double quotes is that text again, on one line of what is seen.
func TestEscaped(t *testing.T) {
	for _, s := range append(slices.Clone(hostiles), "\a\b\t\n\v\f\r", "\u00a0\u2028\U000e0001\U0010ffff") {
		s = strings.ToValidUTF8(s, "")
		q := authorship.Escaped(s)
		got, rest, err := unquote(q)
		if err != nil || rest != "" || got != s || strings.ContainsAny(q, "\n\r\x00\x1b\u2028\u202e") {
			t.Errorf("%q became %s: %q %q %v", s, q, got, rest, err)
		}
	}
}

// TestCitationAuthors: a CITATION.cff has an author, and none twice, whatever people call
// themselves.
func TestCitationAuthors(t *testing.T) {
	ann := authorship.Person{ID: key("Ann").Author(), Name: "Ann"}
	other := authorship.Person{ID: key("other").Author(), Name: "Ann"}
	short := authorship.Person{ID: key("third").Author(), Name: authorship.Short(key("zoe").Author())}
	zoe := authorship.Person{ID: key("zoe").Author()}
	bot := authorship.Person{ID: key("bot").Author(), Name: "Contributors to x", Agent: true}
	for _, n := range []*authorship.Attribution{
		{},
		{Authors: []authorship.Person{ann, other, short, zoe}},
		{Agents: []authorship.Person{bot}, Others: 3},
		{Others: 1},
	} {
		n.Title, n.Work = "x", word("x")
		if err := checkCFF(n); err != nil {
			t.Errorf("%v in\n%s", err, n.Citation())
		}
		if err := checkREUSE(n); err != nil {
			t.Error(err)
		}
	}
	a := found(t, key("Ann")) // nobody has written anything yet
	checkExports(t, authorship.Notice(a.View()))
	b, err := crdt.New(key("Ann"), authorship.Commons("Bread", "GPL-2.0+ WITH Bison-exception-2.2 OR BSD-3-Clause-No-Military-License"))
	must(t, err)
	n := authorship.Notice(b.View())
	checkExports(t, n)
	var names []string
	for _, f := range n.LicenceFiles() {
		names = append(names, f.Licence)
	}
	if !slices.Equal(names, []string{"BSD-3-Clause-No-Military-License", "Bison-exception-2.2", "GPL-2.0"}) || strings.Contains(n.Citation(), "license") {
		t.Errorf("%q\n%s", names, n.Citation())
	}
}
