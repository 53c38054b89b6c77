package authorship_test

import (
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
)

// TestCompatible: the facts, one way where they go one way, and nothing else.
func TestCompatible(t *testing.T) {
	for _, x := range []struct {
		from, to string
		want     bool
	}{
		{"MIT", "mit", true},
		{"CC0-1.0", "CC-BY-SA-4.0", true},
		{"CC0-1.0", "LicenseRef-anything", true},
		{"CC0-1.0", "GPL-3.0-only AND MIT", true},
		{"CC-BY-SA-4.0", "CC0-1.0", false},
		{"CC-BY-4.0", "CC-BY-SA-4.0", true},
		{"CC-BY-SA-4.0", "CC-BY-4.0", false},
		{"CC-BY-SA-4.0", "GPL-3.0-only", true},
		{"CC-BY-SA-4.0", "GPL-3.0", true},
		{"CC-BY-SA-4.0", "GPL-3.0-or-later", false},
		{"GPL-3.0-only", "CC-BY-SA-4.0", false},
		{"CC-BY-SA-4.0", "LAL-1.3", true},
		{"LAL-1.3", "CC-BY-SA-4.0", true},
		{"LAL-1.3", "GPL-3.0-only", false}, // facts do not add up
		{"CC-BY-4.0", "GPL-3.0-only", false},
		{"CC-BY-SA-3.0", "CC-BY-SA-4.0", true},
		{"CC-BY-SA-4.0", "CC-BY-SA-3.0", false},
		{"CC-BY-SA-1.0", "CC-BY-SA-4.0", false},
		{"GPL-2.0-or-later", "GPL-3.0-only", true},
		{"GPL-2.0+", "GPL-3.0-or-later", true},
		{"GPL-2.0-only", "GPL-3.0-only", false},
		{"GPL-3.0-only", "GPL-2.0-only", false},
		{"GPL-3.0-or-later", "GPL-3.0-only", true},
		{"GPL-3.0-only", "GPL-3.0-or-later", false},
		{"GPL-3.0-only", "AGPL-3.0-only", false},
		{"Apache-2.0", "GPL-3.0-or-later", true},
		{"Apache-2.0", "GPL-2.0-only", false},
		{"Apache-2.0", "GPL-2.0-or-later", false},
		{"MIT", "Apache-2.0", false}, // nothing is known here
		{"LicenseRef-a", "LicenseRef-b", false},
		{"MIT OR CC0-1.0", "ISC", true},
		{"MIT AND CC0-1.0", "MIT", true},
		{"MIT AND CC0-1.0", "ISC", false},
		{"MIT", "MIT AND ISC", false},
		{"(MIT OR ISC) AND CC0-1.0", "(ISC OR MIT) AND CC0-1.0", true}, // spelled otherwise
		{"CC-BY-SA-4.0", "CC-BY-SA-4.0 OR LAL-1.3", true},
		{"CC-BY-SA-4.0", "CC-BY-SA-4.0 OR MIT", false},
		{"MIT", "(", false},
		{"(", "MIT", false},
		{"GPL-2.0-only WITH Bison-exception-2.2", "GPL-2.0-only", false},
	} {
		if got := authorship.Compatible(x.from, x.to); got != x.want {
			t.Errorf("%s in %s: %v", x.from, x.to, got)
		}
	}
}

// TestFacts: every licence of the table is on the list, spelled as there, and every fact
// says where it stands.
func TestFacts(t *testing.T) {
	for _, f := range authorship.Facts {
		from, to, source := authorship.FactOf(f)
		if len(source) < 20 {
			t.Errorf("%q: no source", from)
		}
		for _, name := range append(from, to...) {
			if name == "*" {
				continue
			}
			if got, err := authorship.WriteTerms(name); err != nil || strings.Join(got, "") != name {
				t.Errorf("%s: %q %v", name, got, err)
			}
		}
	}
}
