package authorship

import (
	"fmt"
	"slices"
	"strings"
)

// Limits of terms. They decide which works open, so they may never differ
// between two programs.
const (
	maxTerms      = 16   // alternatives of a work, and terms of one grant
	maxExpression = 1024 // bytes of one expression
	maxNesting    = 32   // parentheses inside each other
)

// An SPDX licence expression is read by the grammar of the SPDX specification
// (annex "SPDX license expressions") and by nothing else: whether a licence of
// that name exists is asked of no list, since lists change and what a work
// means may not.
//
//	alternatives = all { "OR" all }
//	all          = with { "AND" with }
//	with         = single [ "WITH" exception ] | "(" alternatives ")"
//	single       = name [ "+" ] | [ "DocumentRef-" name ":" ] "LicenseRef-" name
//	exception    = name | [ "DocumentRef-" name ":" ] "AdditionRef-" name
//	name         = one or more of A-Z a-z 0-9 - .
//
// Its one spelling has single spaces, no parentheses that change nothing, no
// operand twice, and the operands of AND, and of an OR inside, in order of their
// letters. Names keep their letters and are compared without regard to case.

// term is one expression, read.
type term struct {
	text string // one spelling
	or   []term // operands, where it is alternatives
	and  []term // operands, where all hold
}

// fold makes spellings comparable.
func fold(s string) string { return strings.ToLower(s) }

// parseTerms reads expressions and gives the alternatives that they offer, each
// in its one spelling and once, in the order written: "A OR B" and the two
// terms "A", "B" say the same.
func parseTerms(expressions ...string) ([]string, error) {
	var out []string
	for _, e := range expressions {
		t, err := parseTerm(e)
		if err != nil {
			return nil, err
		}
		list := t.or
		if list == nil {
			list = []term{t}
		}
		for _, t := range list {
			if !slices.ContainsFunc(out, func(s string) bool { return fold(s) == fold(t.text) }) {
				out = append(out, t.text)
			}
		}
	}
	if len(out) == 0 || len(out) > maxTerms {
		return nil, fmt.Errorf("authorship: %d alternative terms, 1 to %d are possible: %w", len(out), maxTerms, ErrCharter)
	}
	return out, nil
}

// checkTerms tells whether a list is what parseTerms gives.
func checkTerms(list []string) error {
	again, err := parseTerms(list...)
	if err == nil && !slices.Equal(list, again) {
		err = fmt.Errorf("authorship: terms %q are spelled %q: %w", list, again, ErrCharter)
	}
	return err
}

// parseTerm reads one expression.
func parseTerm(s string) (term, error) {
	if len(s) > maxExpression {
		return term{}, fmt.Errorf("authorship: expression of %d bytes: %w", len(s), ErrCharter)
	}
	p := spdx{tokens: tokens(s)}
	t, err := p.alternatives(0)
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("%q is left over", p.tokens[0])
	}
	if err != nil {
		return term{}, fmt.Errorf("authorship: %q is no SPDX licence expression: %w: %w", s, err, ErrCharter)
	}
	return t, nil
}

// tokens splits an expression into parentheses and words.
func tokens(s string) []string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "(", " ( "), ")", " ) ")
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

// spdx is the reading of one expression.
type spdx struct{ tokens []string }

// next takes the next token if it is want.
func (p *spdx) next(want string) bool {
	if len(p.tokens) == 0 || p.tokens[0] != want {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

// alternatives reads operands of OR.
func (p *spdx) alternatives(depth int) (term, error) {
	var list []term
	for {
		t, err := p.all(depth)
		if err != nil {
			return term{}, err
		}
		list = append(list, append(t.or, unless(t.or != nil, t)...)...)
		if !p.next("OR") {
			break
		}
	}
	if depth > 0 {
		slices.SortStableFunc(list, byLetters)
	}
	list = distinct(list)
	if len(list) == 1 {
		return list[0], nil
	}
	return term{text: join(list, " OR "), or: list}, nil
}

// all reads operands of AND.
func (p *spdx) all(depth int) (term, error) {
	var list []term
	for {
		t, err := p.with(depth)
		if err != nil {
			return term{}, err
		}
		list = append(list, append(t.and, unless(t.and != nil, t)...)...)
		if !p.next("AND") {
			break
		}
	}
	slices.SortStableFunc(list, byLetters)
	list = distinct(list)
	if len(list) == 1 {
		return list[0], nil
	}
	return term{text: join(list, " AND "), and: list}, nil
}

// with reads a licence, perhaps with an exception, or what stands in
// parentheses.
func (p *spdx) with(depth int) (term, error) {
	if p.next("(") {
		if depth == maxNesting {
			return term{}, fmt.Errorf("more than %d parentheses inside each other", maxNesting)
		}
		t, err := p.alternatives(depth + 1)
		if err == nil && !p.next(")") {
			err = fmt.Errorf("a parenthesis is not closed")
		}
		return t, err
	}
	name, err := p.single("LicenseRef-", true)
	if err != nil || !p.next("WITH") {
		return term{text: name}, err
	}
	exception, err := p.single("AdditionRef-", false)
	return term{text: name + " WITH " + exception}, err
}

// single reads one name: of a list, or made up by somebody and then marked by
// the prefix ref.
func (p *spdx) single(ref string, plus bool) (string, error) {
	if len(p.tokens) == 0 {
		return "", fmt.Errorf("a name is missing at the end")
	}
	s := p.tokens[0]
	p.tokens = p.tokens[1:]
	name := s
	if doc, rest, ok := strings.Cut(s, ":"); ok {
		doc, marked := strings.CutPrefix(doc, "DocumentRef-")
		if !marked || !plain(doc) || !strings.HasPrefix(rest, ref) {
			return "", fmt.Errorf("%q is no reference", s)
		}
		name = rest
	}
	if made, ok := strings.CutPrefix(name, ref); ok {
		name = made
	} else if plus {
		name = strings.TrimSuffix(name, "+")
	}
	if !plain(name) || reserved[fold(name)] {
		return "", fmt.Errorf("%q is no name", s)
	}
	return s, nil
}

// reserved are the words that are no names of licences.
var reserved = map[string]bool{"and": true, "or": true, "with": true, "none": true, "noassertion": true}

// plain tells whether s is a name of the grammar.
func plain(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	return s != ""
}

// unless is a list of t, empty when not is true.
func unless(not bool, t term) []term {
	if not {
		return nil
	}
	return []term{t}
}

// byLetters orders operands without regard to case, and by it where nothing
// else differs.
func byLetters(a, b term) int {
	if c := strings.Compare(fold(a.text), fold(b.text)); c != 0 {
		return c
	}
	return strings.Compare(a.text, b.text)
}

// distinct keeps the first of operands that say the same.
func distinct(list []term) []term {
	var out []term
	for _, t := range list {
		if !slices.ContainsFunc(out, func(o term) bool { return fold(o.text) == fold(t.text) }) {
			out = append(out, t)
		}
	}
	return out
}

// join writes operands with their operator between them; alternatives inside
// stand in parentheses.
func join(list []term, op string) string {
	parts := make([]string, len(list))
	for k, t := range list {
		parts[k] = t.text
		if t.or != nil {
			parts[k] = "(" + t.text + ")"
		}
	}
	return strings.Join(parts, op)
}
