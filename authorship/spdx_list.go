package authorship

import (
	"fmt"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
)

// writeTerms is parseTerms where terms are written: every licence and exception has to
// be on the SPDX list that this program was built with, or be made up and marked as
// that (LicenseRef-…, AdditionRef-…), and is spelled as there. It is asked by whoever
// writes and never by who judges: a work that names a licence of a newer list opens,
// and can be agreed to, everywhere. ErrCharter for what is unknown.
func writeTerms(expressions ...string) ([]string, error) {
	spelled := make([]string, len(expressions))
	for k, e := range expressions {
		if _, err := parseTerm(e); err != nil {
			return nil, err
		}
		s, err := spell(e)
		if err != nil {
			return nil, err
		}
		spelled[k] = s
	}
	return parseTerms(spelled...)
}

// spell gives an expression of the grammar with every name as the list has it.
func spell(expression string) (string, error) {
	list := tokens(expression)
	for k := 0; k < len(list); k++ {
		switch list[k] {
		case "(", ")", "AND", "OR", "WITH":
			continue
		}
		name := list[k]
		exception := ""
		if k+2 < len(list) && list[k+1] == "WITH" {
			exception = list[k+2]
		}
		made := strings.Contains(exception, "AdditionRef-")
		if exception != "" && !made {
			name += " WITH " + exception
		}
		known, unknown := spdxexp.ValidateAndNormalizeLicensesWithOptions([]string{name}, spdxexp.ValidateLicensesOptions{})
		if len(unknown) > 0 || len(known) != 1 {
			return "", fmt.Errorf("authorship: %q is not on the SPDX licence list (a licence of your own is called LicenseRef-…): %w", name, ErrCharter)
		}
		name, exception, _ = strings.Cut(known[0], " WITH ")
		if list[k] = name; exception != "" {
			list[k+2] = exception
		}
		if made || exception != "" {
			k += 2
		}
	}
	return strings.Join(list, " "), nil
}
