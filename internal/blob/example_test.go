package blob_test

import (
	"fmt"
	"io"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/blob"
)

// A blob is written into a place for blocks, here a map, and read from it.
func Example() {
	blocks := map[cid.Cid][]byte{}
	id, size, err := blob.Write(strings.NewReader("Hello, world!"), func(id cid.Cid, b []byte) error {
		blocks[id] = b
		return nil
	})
	fmt.Println(id, size, err)

	r, err := blob.Open(id, func(_ blob.Place, id cid.Cid) ([]byte, error) { return blocks[id], nil })
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := r.Seek(7, io.SeekStart); err != nil {
		fmt.Println(err)
		return
	}
	b, err := io.ReadAll(r)
	fmt.Printf("%s %v\n", b, err)
	// Output:
	// bafyreiftsqw33ryag7y6ewcxim5ujh5d7kslxylxpt267nrt7oyhoje3ty 13 <nil>
	// world! <nil>
}
