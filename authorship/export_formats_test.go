package authorship_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/commonhold/commonhold/authorship"
)

// pairs are the keys of a file in order, and their values.
type pairs struct {
	order  []string
	values map[string][]string
}

// unquote reads a string in double quotes with the escapes that TOML 1.0 and YAML 1.2
// have both, and gives the rest.
func unquote(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", fmt.Errorf("%q does not begin with a quote", s)
	}
	var b strings.Builder
	for k := 1; k < len(s); k++ {
		switch c := s[k]; {
		case c == '"':
			return b.String(), s[k+1:], nil
		case c < 0x20 || c == 0x7f:
			return "", "", fmt.Errorf("byte %x in %q", c, s)
		case c != '\\':
			b.WriteByte(c)
		default:
			n := map[byte]int{'u': 4, 'U': 8}[s[min(k+1, len(s)-1)]]
			switch {
			case k+1 < len(s) && (s[k+1] == '"' || s[k+1] == '\\'):
				b.WriteByte(s[k+1])
				k++
			case n > 0 && k+1+n < len(s):
				r, err := strconv.ParseUint(s[k+2:k+2+n], 16, 32)
				if err != nil || r > 0x10ffff || 0xd800 <= r && r < 0xe000 {
					return "", "", fmt.Errorf("escape in %q", s)
				}
				b.WriteRune(rune(r))
				k += 1 + n
			default:
				return "", "", fmt.Errorf("escape in %q", s)
			}
		}
	}
	return "", "", fmt.Errorf("%q is not closed", s)
}

// bare is a key of TOML without quotes.
var bare = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// toml reads the part of TOML 1.0 that a REUSE.toml needs.
func toml(s string) (pairs, error) {
	out := pairs{values: map[string][]string{}}
	array := ""
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case array != "" && trimmed == "]":
			array = ""
		case array != "":
			v, rest, err := unquote(trimmed)
			if err != nil || rest != "," {
				return out, fmt.Errorf("%q in a list: %v", line, err)
			}
			out.values[array] = append(out.values[array], v)
		case trimmed == "":
		case trimmed == "[[annotations]]":
			out.order = append(out.order, trimmed)
		default:
			key, value, ok := strings.Cut(trimmed, " = ")
			if !ok || !bare.MatchString(key) || slices.Contains(out.order, key) {
				return out, fmt.Errorf("line %q", line)
			}
			out.order = append(out.order, key)
			switch {
			case value == "[":
				array = key
			case value == "1":
				out.values[key] = []string{value}
			default:
				v, rest, err := unquote(value)
				if err != nil || rest != "" {
					return out, fmt.Errorf("%q: %v", line, err)
				}
				out.values[key] = []string{v}
			}
		}
	}
	if array != "" {
		return out, fmt.Errorf("a list is not closed")
	}
	return out, nil
}

// yamlLine is what a line of a CITATION.cff may be: spaces, perhaps a dash, a key, and a
// value that is in double quotes or plain of these characters; or a dash and a plain
// value.
var yamlLine = regexp.MustCompile(`^( *)(- )?(?:([a-z-]+):(?: (.*))?|([A-Za-z0-9.-]+))$`)

// yaml reads the part of YAML 1.2 that a CITATION.cff needs: keys with their indentation,
// each item of a list as "-".
func yaml(s string) (out []yamlKey, err error) {
	for line := range strings.Lines(s) {
		m := yamlLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			return nil, fmt.Errorf("line %q", line)
		}
		k := yamlKey{indent: len(m[1]) + len(m[2]), item: m[2] != "", key: m[3], value: m[4]}
		switch {
		case k.key == "":
			k.value = m[5]
		case strings.HasPrefix(k.value, `"`):
			v, rest, err := unquote(k.value)
			if err != nil || rest != "" {
				return nil, fmt.Errorf("%q: %v", line, err)
			}
			k.value = v
		case k.value != "" && !regexp.MustCompile(`^[a-z0-9.]+$`).MatchString(k.value):
			return nil, fmt.Errorf("%q is not in quotes", line)
		}
		out = append(out, k)
	}
	return out, nil
}

// yamlKey is a line.
type yamlKey struct {
	indent     int
	item       bool
	key, value string
}

// checkCFF checks the rules of the Citation File Format 1.2.0, from schema.json and
// schema-guide.md of github.com/citation-file-format: "required": authors, cff-version,
// message, title; no key that the schema does not name ("additionalProperties": false);
// authors has "minItems" 1 and "uniqueItems"; a person may have an alias of "minLength" 1,
// an entity requires a name; license is one identifier of the enumeration or a list of them
// whose "relationship is OR"; url is an address of http, https, ftp or sftp; an identifier
// has type and value; a reference requires authors, title and type.
func checkCFF(n *authorship.Attribution) error {
	lines, err := yaml(n.Citation())
	if err != nil {
		return err
	}
	top := []string{"abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license",
		"license-url", "message", "preferred-citation", "references", "repository", "repository-artifact", "repository-code", "title", "type", "url", "version"}
	got := map[string]string{}
	var authors [][]string // of the work, and of each reference
	section, inner := "", ""
	licences := []string{}
	for _, l := range lines {
		switch {
		case l.indent == 0:
			if _, twice := got[l.key]; twice || !slices.Contains(top, l.key) {
				return fmt.Errorf("key %q", l.key)
			}
			got[l.key], section, inner = l.value, l.key, ""
			if l.key == "authors" {
				authors = append(authors, nil)
			}
		case section == "license":
			licences = append(licences, l.value)
		case section == "references" && l.indent == 4:
			inner = l.key
			if l.item && l.key != "type" {
				return fmt.Errorf("a reference begins with %q", l.key)
			}
			if l.key == "authors" {
				authors = append(authors, nil)
			}
		case section == "authors" || inner == "authors":
			if !l.item || l.value == "" || l.key != "alias" && l.key != "name" {
				return fmt.Errorf("author %+v", l)
			}
			last := &authors[len(authors)-1]
			if slices.Contains(*last, l.key+l.value) {
				return fmt.Errorf("author %q is there twice", l.value)
			}
			*last = append(*last, l.key+l.value)
		case section == "identifiers" || inner == "identifiers":
			if !slices.Contains([]string{"type", "value", "description"}, l.key) || l.value == "" {
				return fmt.Errorf("identifier %+v", l)
			}
		default:
			return fmt.Errorf("%+v in %s", l, section)
		}
	}
	if got["cff-version"] != "1.2.0" || got["message"] == "" || got["title"] != n.Title || len(authors) != 1+len(n.Quotes) {
		return fmt.Errorf("%q, %d lists of authors", got, len(authors))
	}
	for _, list := range authors {
		if len(list) == 0 {
			return fmt.Errorf("no authors in %q", authors)
		}
	}
	if u, ok := got["url"]; ok && !regexp.MustCompile(`^(https|http|ftp|sftp)://.+`).MatchString(u) {
		return fmt.Errorf("url %q", u)
	}
	if _, ok := got["license"]; ok && !slices.Equal(licences, n.Terms) {
		return fmt.Errorf("licences %q", licences)
	}
	return nil
}
