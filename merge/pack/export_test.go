package pack

import (
	"bytes"
	"flag"

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
