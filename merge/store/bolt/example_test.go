//go:build !js

package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

// A store is made, locked, closed and opened again.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx, path := context.Background(), filepath.Join(dir, "notes.commonhold")

	st, err := bolt.Open(path)
	if err != nil {
		panic(err)
	}
	first, epoch, err := st.Open(ctx)
	fmt.Println("epoch", epoch, err)

	_, err = bolt.Open(path)
	fmt.Println("locked:", errors.Is(err, store.ErrLocked))

	fmt.Println("closed:", st.Close())
	again, epoch, err := st.Open(ctx)
	fmt.Println("epoch", epoch, again == first, err)
	fmt.Println("closed:", st.Close())
	// Output:
	// epoch 1 <nil>
	// locked: true
	// closed: <nil>
	// epoch 2 true <nil>
	// closed: <nil>
}
