// Package bundle puts many changes of one work into one run of bytes, for the
// wire and for the segments of a store.
//
// # What to call
//
// A peer that sends calls [Encode], the peer that receives calls [Decode]. A
// store keeps the two halves apart, so that words can be erased without
// touching a byte of history: [EncodeChanges] and [EncodeWords] write them,
// [DecodeChanges] and then [DecodeWords] read them. [Bundle.Name] fills in the
// digests of the changes; decoding leaves them zero, because hashing costs ten
// times what decoding does and a caller may want to do it elsewhere.
//
// # What to be careful with
//
// The slices of a decoded bundle point into the bytes that were decoded (or
// into the block they were unpacked to). The caller must not change those bytes
// while the bundle is in use, and copies what it keeps longer than the rest.
//
// Nothing here is trusted. The package knows no change format: it says that the
// bytes arrived as they were sent, not that they mean anything. Change blocks,
// content blocks and signatures are judged by the rooms that follow.
//
// Encoded bytes have no canonical form: the packer may choose differently in
// another version. They are never signed, and a hash of them names a piece of
// storage, not a state. Unpacked, two equal bundles are equal bytes.
//
// # Backwards compatibility
//
// A version byte follows the magic. Version 1 will be read for ever; a later
// one is refused with [ErrVersion], which is not [ErrMalformed], so that nobody
// takes a newer program's file for a damaged one.
//
// # Format
//
// Each of the three kinds is one frame. Numbers of fixed size are big endian,
// a uvarint is the base-128 number of encoding/binary in its shortest form.
//
//	offset size
//	  0     3   magic "CHB"
//	  3     1   version, 1
//	  4     1   kind: 'c' changes, 'w' words, 'b' both
//	  5     1   packing: 0 plain, 1 zstd
//	  6     4   n, bytes of the body once unpacked, at most 34 MiB
//	 10     4   CRC-32C of bytes 0–9 and of everything from byte 14
//	 14     …   the body; plain: exactly n bytes; zstd: one frame that states n
//
// The checksum is of the bytes as they lie, so a damaged frame never reaches
// the unpacker. A packed body may not be more than 24 times as long as its
// packed form, and 256 KiB: beyond that a writer stores it plain, and a reader
// refuses. Together with the rule that no change block is shorter than 64 bytes
// this bounds what a reader allocates by a fixed multiple of what it was sent.
//
//	body of 'c'   work, 32 bytes (digest of the genesis)
//	              uvarint i, uvarint s
//	              i × { uvarint length ≥ 64, change block }
//	              s × { digest of the change, 32 bytes; signature, 64 bytes }
//	body of 'w'   uvarint i
//	              i × { uvarint 0: absent | uvarint 1 + length, content block }
//	body of 'b'   body of 'c', then body of 'w', both with the same i
//
// Words stand in the order of the changes they belong to. Nothing may follow
// the last field. The example of [EncodeWords] prints a whole frame.
package bundle
