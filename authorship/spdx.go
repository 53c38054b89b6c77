package authorship

import "github.com/commonhold/commonhold/authorship/internal/charter"

// The grammar of terms belongs to the rules, which read terms in acts; see
// internal/charter.

// term is one expression, read.
type term = charter.Term

// parseTerms gives the alternatives that expressions offer, each in its one spelling.
func parseTerms(expressions ...string) ([]string, error) { return charter.ParseTerms(expressions...) }

// checkTerms tells whether a list is what parseTerms gives.
func checkTerms(list []string) error { return charter.CheckTerms(list) }

// parseTerm reads one expression.
func parseTerm(s string) (term, error) { return charter.ParseTerm(s) }

// tokens splits an expression into parentheses and words.
func tokens(s string) []string { return charter.Tokens(s) }

// fold makes spellings comparable.
func fold(s string) string { return charter.Fold(s) }
