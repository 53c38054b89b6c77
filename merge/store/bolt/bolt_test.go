//go:build !js

package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/commonhold/commonhold/merge/store/storetest"
)

// TestStore: a store in a file does what a store does.
func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		st, err := bolt.Open(filepath.Join(t.TempDir(), "store"))
		if err != nil {
			t.Fatal(err)
		}
		return st
	})
}
