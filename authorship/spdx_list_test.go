package authorship_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestTermsWritten: where terms are written every licence has to be known, and is
// spelled as the SPDX list has it.
func TestTermsWritten(t *testing.T) {
	for in, want := range map[string][]string{
		"mit":                                 {"MIT"},
		"cc-by-sa-4.0 OR gpl-3.0-ONLY":        {"CC-BY-SA-4.0", "GPL-3.0-only"},
		"GPL-2.0+":                            {"GPL-2.0+"},
		"gpl-2.0-or-later":                    {"GPL-2.0-or-later"},
		"lal-1.3":                             {"LAL-1.3"},
		"gpl-2.0 with-":                       nil,
		"gpl-2.0 WITH bison-EXCEPTION-2.2":    {"GPL-2.0 WITH Bison-exception-2.2"},
		"gpl-2.0+ WITH bison-EXCEPTION-2.2":   {"GPL-2.0+ WITH Bison-exception-2.2"},
		"mit WITH AdditionRef-own AND isc":    {"ISC AND MIT WITH AdditionRef-own"},
		"LicenseRef-own AND (mit OR 0bsd)":    {"(0BSD OR MIT) AND LicenseRef-own"},
		"DocumentRef-a:LicenseRef-b":          {"DocumentRef-a:LicenseRef-b"},
		"FAL-1.3":                             nil, // called LAL-1.3 there
		"CC-BY-SA-5.7":                        nil,
		"MIT WITH no-such-exception":          nil,
		"MIT OR (ISC AND Foo)":                nil,
		"MIT AND":                             nil,
		"NONE":                                nil,
		"MIT\tOR\nisc":                        {"MIT", "ISC"},
		"((mit))":                             {"MIT"},
		"Foo WITH AdditionRef-x":              nil,
		"mit AND MIT":                         {"MIT"},
		strings.Repeat("mit OR ", 40) + "isc": {"MIT", "ISC"},
	} {
		got, err := authorship.WriteTerms(in)
		if (err != nil) != (want == nil) || !slices.Equal(got, want) || err != nil && !errors.Is(err, authorship.ErrCharter) {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
		if err == nil && authorship.CheckTerms(got) != nil {
			t.Errorf("%q: %v", in, authorship.CheckTerms(got))
		}
	}
}

// TestTermsUnknown: a work is not founded under a licence that nobody knows, nor is
// one granted; but a work that names a licence of a newer list opens, and whoever
// agrees to it writes.
func TestTermsUnknown(t *testing.T) {
	if _, err := crdt.New(key("Ann"), authorship.Commons("Bread", "CC-BY-SA-9.0")); !errors.Is(err, authorship.ErrCharter) {
		t.Errorf("founded: %v", err)
	}
	d, err := crdt.New(key("Ann"), authorship.Commons("Bread", "cc-by-sa-4.0"))
	must(t, err)
	if c, err := authorship.CharterOf(d.View()); err != nil || !slices.Equal(c.Terms, []string{"CC-BY-SA-4.0"}) {
		t.Errorf("%v %v", c, err)
	}
	err = d.Update(func(tx *crdt.Tx) error { return authorship.Consent(tx, "CC-BY-SA-9.0") })
	if !errors.Is(err, authorship.ErrCharter) {
		t.Errorf("granted: %v", err)
	}
	data, err := crdt.NewValue(map[string]any{"mode": "direct", "terms": []any{"CC-BY-SA-9.0"}})
	must(t, err)
	newer, err := crdt.New(key("Ann"), crdt.WithRules(authorship.RulesOf(), data), fixed())
	must(t, err)
	b, err := newer.Clone(key("Ben"), authorship.Agree("CC-BY-SA-9.0"), fixed())
	must(t, err)
	write(t, b, "of tomorrow")
	must(t, newer.Merge(b))
	if got := authorship.Outbound(newer.View()); body(newer) != "of tomorrow" || !slices.Equal(got, []string{"CC-BY-SA-9.0"}) {
		t.Errorf("%q under %q", body(newer), got)
	}
}
