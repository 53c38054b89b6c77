package store_test

import (
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/storetest"
)

// TestMemory: the store in memory does what a store does.
func TestMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return store.Memory() })
}
