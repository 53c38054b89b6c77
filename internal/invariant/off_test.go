//go:build !invariants && !race

package invariant_test

import (
	"testing"

	"github.com/commonhold/commonhold/internal/invariant"
)

// An ordinary build pays for no check.
func TestNotEnabled(t *testing.T) {
	const on = invariant.Enabled
	if on {
		t.Fatal("invariant.Enabled is true in an ordinary build")
	}
}
