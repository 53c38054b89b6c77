//go:build unix

package postgres_test

import (
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/storetest"
)

// TestStore: a store in a database does what a store does.
func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return shared.sharing(t, schema(), "one") })
}
