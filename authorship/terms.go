package authorship

import (
	"fmt"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// TermsError says which terms stand in the way: as the reason of a change that waits
// for a grant and as the error of an edit without consent (Person has not granted
// what is Missing), or as the refusal of a quote, a derivation or a fork (Source is set).
// It wraps [ErrTerms].
type TermsError struct {
	// Person has not granted the terms; zero where a quote, a derivation or a fork is refused.
	Person crdt.Author
	// Missing are terms of the work as SPDX expressions: those that the person has not
	// granted, in the order of the work, or those under which what is quoted or forked
	// may not be used.
	Missing []string

	// Source is the work that was to be quoted or forked; SourceTerms are those under
	// which what was asked for may be used, WorkTerms those of the work that it was to
	// go into. Blocking are the people without whose grants the source could be used
	// under more of what it offers.
	Source                 cid.Cid
	SourceTerms, WorkTerms []string
	Blocking               []Person
}

// Error names who or what stands in the way.
func (e *TermsError) Error() string {
	missing := strings.Join(e.Missing, ", ")
	if !e.Source.Defined() {
		return fmt.Sprintf("authorship: %s has not granted %s", short(e.Person), missing)
	}
	from := "no terms"
	if len(e.SourceTerms) > 0 {
		from = strings.Join(e.SourceTerms, " OR ")
	}
	s := fmt.Sprintf("authorship: what is under %s may not be used under %s, in work %s", from, missing, e.Source)
	if len(e.Blocking) > 0 {
		s += "; it would take grants by " + commas(e.Blocking, Person.String)
	}
	return s
}

// Unwrap gives ErrTerms.
func (e *TermsError) Unwrap() error { return ErrTerms }
