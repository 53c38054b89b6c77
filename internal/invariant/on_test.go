//go:build invariants || race

package invariant_test

import (
	"testing"

	"github.com/commonhold/commonhold/internal/invariant"
)

// Under the tag or the race detector every check runs.
func TestEnabled(t *testing.T) {
	const on = invariant.Enabled
	if !on {
		t.Fatal("invariant.Enabled is false in a build that asks for checks")
	}
}
