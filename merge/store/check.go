package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/ipfs/go-cid"
)

// The limits of what a store takes. They bound what one call can make it
// allocate, and are no rule of state: a caller that meets one splits.
const (
	MaxPart    = 34 << 20 // bytes of Changes, of Words and of a journal record: the largest bundle
	MaxPending = 4 << 20  // bytes of a held change: its block, its words, signatures
	MaxBlock   = 1 << 20  // bytes of a block: what other IPFS tools take
	MaxBlocks  = 1024     // blocks of one call
	MaxHeader  = 64 << 10 // bytes of a journal's header
	MaxReplace = 256      // segments that one may replace: far more than a compaction takes
	MaxName    = 4096     // bytes of a name and of a reason, as of a title
	MaxID      = 128      // bytes of any CID
)

// NewSegment names changes and words as a segment. It keeps the slices.
func NewSegment(changes, words []byte) Segment {
	sum := sha256.Sum256(changes)
	return Segment{ID: hex.EncodeToString(sum[:]), Changes: changes, Words: words}
}

// Check is for implementations: it refuses a segment that no store takes, with
// ErrArgument or ErrLimit. The ID is compared with the hash, so that a caller's
// mistake is not found as damage years later.
func (s Segment) Check() error {
	if len(s.Changes) == 0 {
		return fmt.Errorf("segment without changes: %w", ErrArgument)
	}
	if err := checkLength("segment", max(len(s.Changes), len(s.Words)), MaxPart); err != nil {
		return err
	}
	if err := checkLength("segments to replace", len(s.Replaces), MaxReplace); err != nil {
		return err
	}
	for _, id := range s.Replaces {
		if !validID(id) {
			return fmt.Errorf("%q is no segment ID: %w", id, ErrArgument)
		}
	}
	if NewSegment(s.Changes, nil).ID != s.ID {
		return fmt.Errorf("segment is not named by the hash of its changes: %w", ErrArgument)
	}
	return nil
}

// Check is for implementations: it refuses an erasure that no store takes.
func (e Erasure) Check() error {
	if e.Segment != "" && !validID(e.Segment) {
		return fmt.Errorf("%q is no segment ID: %w", e.Segment, ErrArgument)
	}
	if e.Segment == "" && e.Words != nil {
		return fmt.Errorf("words of no segment: %w", ErrArgument)
	}
	for _, id := range e.Content {
		if err := CheckID(id); err != nil {
			return err
		}
	}
	if err := checkLength("reason", len(e.Reason), MaxName); err != nil {
		return err
	}
	return checkLength("words", len(e.Words), MaxPart)
}

// Check is for implementations: it refuses a held change that no store takes.
func (p Pending) Check() error {
	if err := CheckID(p.ID); err != nil {
		return err
	}
	return checkLength("held change", len(p.Data), MaxPending)
}

// blockName is what the name of a block is: CIDv1, any codec, sha2-256 of 32 bytes.
// Other hashes could be of no bytes, or of those that somebody chose.
func blockName(id cid.Cid) bool {
	p := id.Prefix()
	return p.Version == 1 && p.MhType == sha2256 && p.MhLength == sha256.Size
}

// sha2256 is the code of SHA-256 in a multihash.
const sha2256 = 0x12

// names tells whether the digest in id, which names a block, is that of b.
func names(id cid.Cid, b []byte) bool {
	h := id.Hash()
	sum := sha256.Sum256(b)
	return string(h[len(h)-len(sum):]) == string(sum[:])
}

// CheckBlockID is for implementations: it refuses a CID that names no block.
func CheckBlockID(id cid.Cid) error {
	if err := CheckID(id); err != nil {
		return err
	}
	if !blockName(id) {
		return fmt.Errorf("%s is no CIDv1 of a SHA-256: %w", id, ErrArgument)
	}
	return nil
}

// CheckBlocks is for implementations: it refuses blocks that no store takes. Each is
// compared with its name, so that a caller's mistake is not found as damage later.
func CheckBlocks(list []Block) error {
	if err := checkLength("blocks", len(list), MaxBlocks); err != nil {
		return err
	}
	for _, b := range list {
		if err := CheckBlockID(b.ID); err != nil {
			return err
		}
		if err := checkLength("block", len(b.Data), MaxBlock); err != nil {
			return err
		}
		if !names(b.ID, b.Data) {
			return fmt.Errorf("block is not named by its hash: %w", ErrArgument)
		}
	}
	return nil
}

// ReadBlock is for implementations: what it means that these bytes, which may be of
// any length, were found under the name of a block: nil, or a CorruptError.
func ReadBlock(id cid.Cid, b []byte) error {
	if len(b) > MaxBlock {
		return &CorruptError{Part: "blocks", Err: fmt.Errorf("%s: %d bytes", id, len(b))}
	}
	if !names(id, b) {
		return &CorruptError{Part: "blocks", Err: fmt.Errorf("%s: the bytes have another hash", id)}
	}
	return nil
}

// Check is for implementations: it refuses a journal that no store takes.
func (j Journal) Check() error {
	if len(j.Header) == 0 {
		return fmt.Errorf("journal without a header: %w", ErrArgument)
	}
	if err := checkLength("journal header", len(j.Header), MaxHeader); err != nil {
		return err
	}
	return CheckRecords(j.Records)
}

// CheckRecords is for implementations: it refuses records that no journal takes.
func CheckRecords(records [][]byte) error {
	for _, r := range records {
		if len(r) == 0 {
			return fmt.Errorf("empty journal record: %w", ErrArgument)
		}
		if err := checkLength("journal record", len(r), MaxPart); err != nil {
			return err
		}
	}
	return nil
}

// CheckID is for implementations: it refuses the undefined CID, and one that is
// longer than a key should be.
func CheckID(id cid.Cid) error {
	if !id.Defined() {
		return fmt.Errorf("undefined CID: %w", ErrArgument)
	}
	return checkLength("CID", id.ByteLen(), MaxID)
}

// CheckName is for implementations: it refuses the empty name and a long one.
func CheckName(name string) error {
	if name == "" {
		return fmt.Errorf("empty name: %w", ErrArgument)
	}
	return checkLength("name", len(name), MaxName)
}

// CheckContext is for implementations: what a call returns before it begins when
// it was given no context, or one that has ended.
func CheckContext(ctx context.Context) error {
	if ctx == nil {
		return fmt.Errorf("no context: %w", ErrArgument)
	}
	return ctx.Err()
}

// checkLength refuses what is longer than the limit.
func checkLength(what string, n, limit int) error {
	if n > limit {
		return fmt.Errorf("%s of %d, the most is %d: %w", what, n, limit, ErrLimit)
	}
	return nil
}

// validID tells whether s is spelled as the ID of a segment.
func validID(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// CheckAppend is for implementations, too: it refuses segments that Append does not
// take, as Check does, and with ErrArgument those that replace others.
func CheckAppend(list []Segment) error {
	for i := range list {
		if err := list[i].Check(); err != nil {
			return err
		}
		if len(list[i].Replaces) > 0 {
			return fmt.Errorf("an appended segment replaces nothing: %w", ErrArgument)
		}
	}
	return nil
}
