package merge_test

import (
	"testing"

	"github.com/commonhold/commonhold/merge/store"
)

// stores are new stores of each kind that a browser has.
func stores(testing.TB) map[string]store.Store {
	return map[string]store.Store{"memory": store.Memory()}
}
