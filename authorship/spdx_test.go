package authorship_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/commonhold/commonhold/authorship"
)

// TestTerms: expressions and the one spelling of the alternatives they offer.
func TestTerms(t *testing.T) {
	for in, want := range map[string][]string{
		"MIT":                                    {"MIT"},
		" mit ":                                  {"mit"},
		"GPL-2.0+":                               {"GPL-2.0+"},
		"MIT OR Apache-2.0":                      {"MIT", "Apache-2.0"},
		"(MIT OR (ISC OR mit))":                  {"ISC", "MIT"},
		"MIT AND ISC OR 0BSD":                    {"ISC AND MIT", "0BSD"},
		"MIT AND (ISC OR 0BSD)":                  {"(0BSD OR ISC) AND MIT"},
		"MIT AND (ISC AND MIT)":                  {"ISC AND MIT"},
		"((MIT))":                                {"MIT"},
		"(MIT AND ISC)":                          {"ISC AND MIT"},
		"b OR a OR B":                            {"b", "a"},
		"GPL-2.0 WITH Bison-exc-2.2":             {"GPL-2.0 WITH Bison-exc-2.2"},
		"GPL-2.0+ WITH AdditionRef-x AND MIT":    {"GPL-2.0+ WITH AdditionRef-x AND MIT"},
		"LicenseRef-own":                         {"LicenseRef-own"},
		"DocumentRef-spdx-tool-1.2:LicenseRef-1": {"DocumentRef-spdx-tool-1.2:LicenseRef-1"},
		"MIT\tOR\nISC":                           {"MIT", "ISC"},
	} {
		got, err := authorship.ParseTerms(in)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
		if err := authorship.CheckTerms(got); err != nil {
			t.Errorf("%q: %v", in, err)
		}
	}
	for _, in := range []string{
		"", " ", "(", ")", "()", "(MIT", "MIT)", "MIT OR", "OR MIT", "MIT AND", "MIT ISC", "MIT or ISC", "MIT, ISC", "MIT OR OR ISC",
		"MIT/ISC", "MÍT", "GPL +", "+", "GPL-2.0++", "MIT WITH", "WITH x", "MIT WITH x WITH y", "(MIT) WITH x", "MIT WITH x+", "LicenseRef-",
		"LicenseRef-x+", "DocumentRef-:LicenseRef-x", "DocumentRef-x:", "DocumentRef-x:MIT", "x:LicenseRef-y", "MIT:ISC", "NONE", "NOASSERTION",
		"MIT WITH LicenseRef-:x", "\x00", "MIT\xff", strings.Repeat("(", 40) + "MIT" + strings.Repeat(")", 40), strings.Repeat("x", 1025),
		strings.Repeat("MIT OR ", 40) + "(", "a OR b OR c OR d OR e OR f OR g OR h OR i OR j OR k OR l OR m OR n OR o OR p OR q",
	} {
		if got, err := authorship.ParseTerms(in); !errors.Is(err, authorship.ErrCharter) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	if _, err := authorship.ParseTerms(); !errors.Is(err, authorship.ErrCharter) {
		t.Error("no terms are terms")
	}
	if _, err := authorship.ParseTerms(strings.Repeat("(", 32) + "MIT" + strings.Repeat(")", 32)); err != nil {
		t.Error(err)
	}
}

// expression draws an expression and tells what it allows, for each way of
// holding some of the names.
func expression(t *rapid.T, depth int) (string, func(map[string]bool) bool) {
	if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
		name := rapid.SampledFrom([]string{"A", "B", "C", "a", "D"}).Draw(t, "name")
		return name, func(have map[string]bool) bool { return have[strings.ToUpper(name)] }
	}
	x, fx := expression(t, depth-1)
	y, fy := expression(t, depth-1)
	if rapid.Bool().Draw(t, "and") {
		return "(" + x + ") AND (" + y + ")", func(h map[string]bool) bool { return fx(h) && fy(h) }
	}
	return "(" + x + ") OR (" + y + ")", func(h map[string]bool) bool { return fx(h) || fy(h) }
}

// holds evaluates a spelled expression the simplest way.
func holds(s string, have map[string]bool) bool {
	depth := 0
	for _, op := range []string{" OR ", " AND "} {
		for k := range s {
			switch {
			case s[k] == '(':
				depth++
			case s[k] == ')':
				depth--
			case depth == 0 && strings.HasPrefix(s[k:], op):
				x, y := holds(s[:k], have), holds(s[k+len(op):], have)
				if op == " OR " {
					return x || y
				}
				return x && y
			}
		}
	}
	if strings.HasPrefix(s, "(") {
		return holds(s[1:len(s)-1], have)
	}
	return have[strings.ToUpper(s)]
}

// TestTermsMean: the one spelling allows exactly what was written, and is its
// own spelling.
func TestTermsMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, want := expression(t, 4)
		list, err := authorship.ParseTerms(s)
		if err != nil {
			t.Fatal(s, err)
		}
		if err := authorship.CheckTerms(list); err != nil {
			t.Fatal(s, err)
		}
		for bits := range 16 {
			have := map[string]bool{"A": bits&1 > 0, "B": bits&2 > 0, "C": bits&4 > 0, "D": bits&8 > 0}
			got := false
			for _, term := range list {
				got = got || holds(term, have)
			}
			if got != want(have) {
				t.Fatalf("%s became %q, which differ for %v", s, list, have)
			}
		}
	})
}

// FuzzTerms: any text gives terms that are their own spelling, or ErrCharter.
func FuzzTerms(f *testing.F) {
	for _, s := range []string{"MIT", "MIT OR (ISC AND GPL-2.0+ WITH x)", "DocumentRef-a:LicenseRef-b", "((", "MIT OR mit"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := authorship.ParseTerms(s)
		if err != nil {
			if !errors.Is(err, authorship.ErrCharter) {
				t.Fatal(err)
			}
			return
		}
		if err := authorship.CheckTerms(list); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
	})
}
