package authorship

import "github.com/commonhold/commonhold/crdt"

// WriteTerms, Compatible, Facts and RulesOf are for tests.
var (
	WriteTerms = writeTerms
	Compatible = compatible
	Facts      = facts
	Escaped    = escaped
)

// RulesOf are the rules as crdt takes them.
func RulesOf() crdt.Rules { return &rules{} }

// FactOf takes a fact apart.
func FactOf(f fact) (from, to []string, source string) { return f.from, f.to, f.source }
