package authorship

import (
	"encoding/json"
	"fmt"

	"github.com/ipfs/go-cid"
)

// PROV is the notice in the words of the PROV ontology of W3C, as JSON-LD: this version of
// the work is a revision of it, attributed to its authors, quoted from other works and,
// where it is a fork, a translation or an adaptation, derived from one; programs act on behalf of people. Keys are did:key, works
// ipfs:// addresses of their first change.
func (a *Attribution) PROV() ([]byte, error) {
	work := workIRI(a.Work)
	version := provNode{
		ID: "urn:commonhold:" + a.Work.String() + ":" + a.Version.String(), Type: []string{"prov:Entity"}, Title: a.Title,
		WasRevisionOf: []string{work},
	}
	for _, t := range a.Terms {
		version.License = append(version.License, licenceIRI(t))
	}
	g := provGraph{seen: map[string]bool{}}
	for _, p := range a.Authors {
		version.WasAttributedTo = append(version.WasAttributedTo, g.person(p))
	}
	for _, p := range a.Agents {
		version.WasAttributedTo = append(version.WasAttributedTo, g.person(p))
	}
	for _, q := range a.Quotes {
		at := workIRI(q.Work)
		if q.Fork || q.Derived != "" {
			version.WasDerivedFrom = append(version.WasDerivedFrom, at)
		}
		if len(q.Pieces) > 0 {
			version.WasQuotedFrom = append(version.WasQuotedFrom, at)
		}
		n := provNode{ID: at, Type: []string{"prov:Entity"}, Title: q.name()}
		for _, t := range q.Terms {
			n.License = append(n.License, licenceIRI(t))
		}
		for _, p := range q.Authors {
			n.WasAttributedTo = append(n.WasAttributedTo, g.person(p))
		}
		g.add(n)
	}
	g.add(provNode{ID: work, Type: []string{"prov:Entity"}, Title: a.Title})
	b, err := json.MarshalIndent(map[string]any{"@context": provContext, "@graph": append([]provNode{version}, g.nodes...)}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("authorship: %w", err)
	}
	return append(b, '\n'), nil
}

// provContext says what the names mean.
var provContext = map[string]any{
	"prov":            "http://www.w3.org/ns/prov#",
	"name":            "http://xmlns.com/foaf/0.1/name",
	"title":           "http://purl.org/dc/terms/title",
	"license":         map[string]string{"@id": "http://purl.org/dc/terms/license", "@type": "@id"},
	"wasAttributedTo": map[string]string{"@id": "prov:wasAttributedTo", "@type": "@id"},
	"actedOnBehalfOf": map[string]string{"@id": "prov:actedOnBehalfOf", "@type": "@id"},
	"wasQuotedFrom":   map[string]string{"@id": "prov:wasQuotedFrom", "@type": "@id"},
	"wasRevisionOf":   map[string]string{"@id": "prov:wasRevisionOf", "@type": "@id"},
	"wasDerivedFrom":  map[string]string{"@id": "prov:wasDerivedFrom", "@type": "@id"},
}

// provNode is a thing or somebody.
type provNode struct {
	ID              string   `json:"@id"`
	Type            []string `json:"@type"`
	Name            string   `json:"name,omitempty"`
	Title           string   `json:"title,omitempty"`
	License         []string `json:"license,omitempty"`
	WasAttributedTo []string `json:"wasAttributedTo,omitempty"`
	ActedOnBehalfOf string   `json:"actedOnBehalfOf,omitempty"`
	WasQuotedFrom   []string `json:"wasQuotedFrom,omitempty"`
	WasRevisionOf   []string `json:"wasRevisionOf,omitempty"`
	WasDerivedFrom  []string `json:"wasDerivedFrom,omitempty"`
}

// provGraph is nodes, each once.
type provGraph struct {
	nodes []provNode
	seen  map[string]bool
}

// add adds a node unless it is there.
func (g *provGraph) add(n provNode) {
	if !g.seen[n.ID] {
		g.seen[n.ID] = true
		g.nodes = append(g.nodes, n)
	}
}

// person adds somebody and gives the name of their node.
func (g *provGraph) person(p Person) string {
	n := provNode{ID: p.ID.String(), Type: []string{"prov:Agent", "prov:Person"}, Name: p.Name}
	if p.Agent {
		n.Type[1] = "prov:SoftwareAgent"
		if p.OnBehalf != (Person{}).ID {
			n.ActedOnBehalfOf = p.OnBehalf.String()
			g.add(provNode{ID: n.ActedOnBehalfOf, Type: []string{"prov:Agent", "prov:Person"}})
		}
	}
	g.add(n)
	return n.ID
}

// workIRI names a work.
func workIRI(work cid.Cid) string { return "ipfs://" + work.String() }

// licenceIRI names terms: by the address of their text where there is one.
func licenceIRI(t string) string {
	if at := link(t); at != "" {
		return at
	}
	return "urn:spdx:" + percent(t)
}

// percent writes an expression so that it may stand in a name.
func percent(s string) string {
	out := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		if c == ' ' || c == '(' || c == ')' {
			out = append(out, fmt.Sprintf("%%%02X", c)...)
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}
