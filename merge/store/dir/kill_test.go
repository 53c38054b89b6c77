//go:build !js

package dir_test

import (
	"testing"

	"github.com/commonhold/commonhold/merge/store/dir"
	"github.com/commonhold/commonhold/merge/store/storetest"
)

// TestKill kills writing processes, 1,000 of them with -thorough.
func TestKill(t *testing.T) {
	rounds := 10
	if *thorough {
		rounds = 1000
	}
	storetest.Kill(t, rounds, dir.Open)
}
