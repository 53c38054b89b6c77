package dir_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/commonhold/commonhold/merge/store/dir"
)

// A store in a folder; what a work has are files in a folder of its own.
func Example() {
	root, err := os.MkdirTemp("", "")
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	check(err)
	defer os.RemoveAll(root)
	ctx := context.Background()

	st, err := dir.Open(filepath.Join(root, "notes"))
	check(err)
	_, epoch, err := st.Open(ctx)
	check(err)
	work := id("a work")
	check(st.OpenJournal(ctx, work, []byte("header"), []byte("first edit")))
	check(st.AppendJournal(ctx, work, []byte("second edit")))
	check(st.Seal(ctx, work, seg(1)))
	check(st.Close())

	files, err := os.ReadDir(filepath.Join(root, "notes", work.String()))
	check(err)
	fmt.Println("epoch", epoch)
	for _, f := range files {
		fmt.Println(f.Name()[:20], filepath.Ext(f.Name()))
	}
	// Output:
	// epoch 1
	// 0000000000000001-f77 .seg
	// 0000000000000001-f77 .words
}
