package blob

import (
	"fmt"

	"github.com/ipfs/go-cid"
)

// Error says which block of a blob is not what it has to be.
type Error struct {
	Blob  cid.Cid // the name of the blob
	Block cid.Cid // the name of the block
	Err   error   // ErrHash, ErrMalformed, ErrInvalid or ErrLimit of package block
}

// Error names the blob and the block.
func (e *Error) Error() string {
	if e.Blob == e.Block {
		return fmt.Sprintf("blob %s: %v", e.Blob, e.Err)
	}
	return fmt.Sprintf("blob %s: block %s: %v", e.Blob, e.Block, e.Err)
}

// Unwrap gives what is wrong.
func (e *Error) Unwrap() error { return e.Err }
