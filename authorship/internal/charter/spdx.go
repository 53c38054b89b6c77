package charter

import (
	"fmt"
	"slices"
	"strings"
)

// Limits of terms. They decide which works open, so they may never differ
// between two programs.
const (
	MaxTerms      = 16   // alternatives of a work, and terms of one grant
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

// Term is one expression, read.
type Term struct {
	Text string // one spelling
	Or   []Term // operands, where it is alternatives
	And  []Term // operands, where all hold
}

// Fold makes spellings comparable.
func Fold(s string) string { return strings.ToLower(s) }

// ParseTerms reads expressions and gives the alternatives that they offer, each
// in its one spelling and once, in the order written: "A OR B" and the two
// terms "A", "B" say the same.
func ParseTerms(expressions ...string) ([]string, error) {
	var out []string
	for _, e := range expressions {
		t, err := ParseTerm(e)
		if err != nil {
			return nil, err
		}
		list := t.Or
		if list == nil {
			list = []Term{t}
		}
		for _, t := range list {
			if !slices.ContainsFunc(out, func(s string) bool { return Fold(s) == Fold(t.Text) }) {
				out = append(out, t.Text)
			}
		}
	}
	if len(out) == 0 || len(out) > MaxTerms {
		return nil, fmt.Errorf("authorship: %d alternative terms, 1 to %d are possible: %w", len(out), MaxTerms, ErrCharter)
	}
	return out, nil
}

// CheckTerms tells whether a list is what ParseTerms gives.
func CheckTerms(list []string) error {
	again, err := ParseTerms(list...)
	if err == nil && !slices.Equal(list, again) {
		err = fmt.Errorf("authorship: terms %q are spelled %q: %w", list, again, ErrCharter)
	}
	return err
}

// ParseTerm reads one expression.
func ParseTerm(s string) (Term, error) {
	if len(s) > maxExpression {
		return Term{}, fmt.Errorf("authorship: expression of %d bytes: %w", len(s), ErrCharter)
	}
	p := spdx{tokens: Tokens(s)}
	t, err := p.alternatives(0)
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("%q is left over", p.tokens[0])
	}
	if err != nil {
		return Term{}, fmt.Errorf("authorship: %q is no SPDX licence expression: %w: %w", s, err, ErrCharter)
	}
	return t, nil
}

// Tokens splits an expression into parentheses and words.
func Tokens(s string) []string {
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
func (p *spdx) alternatives(depth int) (Term, error) {
	var list []Term
	for {
		t, err := p.all(depth)
		if err != nil {
			return Term{}, err
		}
		list = append(list, append(t.Or, unless(t.Or != nil, t)...)...)
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
	return Term{Text: join(list, " OR "), Or: list}, nil
}

// all reads operands of AND.
func (p *spdx) all(depth int) (Term, error) {
	var list []Term
	for {
		t, err := p.with(depth)
		if err != nil {
			return Term{}, err
		}
		list = append(list, append(t.And, unless(t.And != nil, t)...)...)
		if !p.next("AND") {
			break
		}
	}
	slices.SortStableFunc(list, byLetters)
	list = distinct(list)
	if len(list) == 1 {
		return list[0], nil
	}
	return Term{Text: join(list, " AND "), And: list}, nil
}

// with reads a licence, perhaps with an exception, or what stands in
// parentheses.
func (p *spdx) with(depth int) (Term, error) {
	if p.next("(") {
		if depth == maxNesting {
			return Term{}, fmt.Errorf("more than %d parentheses inside each other", maxNesting)
		}
		t, err := p.alternatives(depth + 1)
		if err == nil && !p.next(")") {
			err = fmt.Errorf("a parenthesis is not closed")
		}
		return t, err
	}
	name, err := p.single("LicenseRef-", true)
	if err != nil || !p.next("WITH") {
		return Term{Text: name}, err
	}
	exception, err := p.single("AdditionRef-", false)
	return Term{Text: name + " WITH " + exception}, err
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
	if !plain(name) || reserved[Fold(name)] {
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
func unless(not bool, t Term) []Term {
	if not {
		return nil
	}
	return []Term{t}
}

// byLetters orders operands without regard to case, and by it where nothing
// else differs.
func byLetters(a, b Term) int {
	if c := strings.Compare(Fold(a.Text), Fold(b.Text)); c != 0 {
		return c
	}
	return strings.Compare(a.Text, b.Text)
}

// distinct keeps the first of operands that say the same.
func distinct(list []Term) []Term {
	var out []Term
	for _, t := range list {
		if !slices.ContainsFunc(out, func(o Term) bool { return Fold(o.Text) == Fold(t.Text) }) {
			out = append(out, t)
		}
	}
	return out
}

// join writes operands with their operator between them; alternatives inside
// stand in parentheses.
func join(list []Term, op string) string {
	parts := make([]string, len(list))
	for k, t := range list {
		parts[k] = t.Text
		if t.Or != nil {
			parts[k] = "(" + t.Text + ")"
		}
	}
	return strings.Join(parts, op)
}
