package pack

import (
	"bytes"
	"flag"
	"slices"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// Reseal puts the checksums of a damaged pack right.
var Reseal = reseal

// Update asks for the files of testdata to be written anew. Packs of released
// versions are never written again: a new version gets files of its own.
var Update = flag.Bool("pack.update", false, "write the golden packs anew")

// PackOf is the pack of a bundle, in the order that it has.
func PackOf(b bridge.Bundle) ([]byte, error) {
	var buf bytes.Buffer
	s := sink{w: &buf, p: newPackerOf(b.Work, false)}
	s.head()
	s.add(&b)
	err := s.close()
	return buf.Bytes(), err
}

// Section is what a state section says.
type Section struct{ Summary bridge.Summary }

// SectionOf is the section of a document.
func SectionOf(d *crdt.Doc) Section {
	sum, err := bridge.Of(d).Summary()
	if err != nil {
		panic(err)
	}
	return Section{sum}
}

// Clone is a copy that can be changed.
func (s Section) Clone() Section {
	s.Summary.Names, s.Summary.Heads = slices.Clone(s.Summary.Names), slices.Clone(s.Summary.Heads)
	return s
}

// WithSection is the pack of a document with another section, all checksums right.
func WithSection(d *crdt.Doc, x Section) []byte {
	in := bridge.Of(d)
	var buf bytes.Buffer
	s := sink{w: &buf, p: newPackerOf(block.ID(in.Work()), true)}
	s.head()
	for b := range bundles(in, in.Count()) {
		s.add(&b)
	}
	s.flush()
	of := state{sum: s.p.sum, summary: x.Summary}
	for _, p := range of.frames() {
		s.frame(kindState, p)
	}
	if err := s.close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}
