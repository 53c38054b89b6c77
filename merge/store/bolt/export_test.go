//go:build !js

package bolt

import (
	"os"

	"github.com/commonhold/commonhold/merge/store"
)

// Check lets the suite run the invariants after every step.
func (b *bolt) Check() error { return b.check() }

// FileOf returns the descriptor through which a store writes, for tests that make
// it fail.
func FileOf(st store.Store) *os.File { return st.(*bolt).file.f }
