// Package block is the format room: it turns bytes into changes and changes
// into bytes, and knows nothing of documents, stores or peers.
//
// # What to call
//
// Reading: [Decode] a change block into a [Change], then walk its ops with a
// [Reader]. [Sum] gives the [ID] that the bytes have; [CheckHash] compares.
// [Verify] judges a signature. When the words are at hand too, [CheckContent]
// says whether they fit. Writing: collect ops with [AppendOp], fill a
// [Header], and let [Encode] make the block; [SigningMessage] is what its
// author signs. Values inside words and acts are made by [EncodeValue], read
// by [DecodeValue] and judged by [CheckValue].
//
// # What to be careful with
//
// Any bytes give a value or one of the errors of errors.go, never a panic, and
// a count that a stranger sends is compared with the bytes that are left
// before anything is allocated. A decoded [Change] aliases the bytes it was
// read from (Ops does, and every Op.Value); strings never do. A [Change] and a
// [Reader] hold working space: use one from one goroutine at a time and do not
// copy them. Writers trust their caller: [Encode] and [AppendOp] write what
// they are given, and [Change.Check] tells whether it keeps the rules.
//
// # Format
//
// A change block is one DAG-CBOR map under a CIDv1 of codec dag-cbor (0x71)
// and hash sha2-256. The codec is written by hand as a strict cursor which
// accepts one spelling of each change: definite lengths, shortest heads,
// canonical key order, nothing unknown, nothing left over. Therefore
//
//	AppendEncode(nil, &c.Header, c.NOps, c.Ops) equals raw
//
// whenever Decode(raw, c) accepts, and no second comparison is needed.
//
//	key      value                      absent or null
//	v        1
//	by       ed 01 ‖ 32 bytes           author
//	ops      array of ops               see Op
//	seq      uint                       place on the author's chain
//	tag?     uint                       place of a proposal among the links
//	more?    true                       another part of the same edit follows
//	prev     link or null               null exactly when seq is 0
//	refs     array of links             further changes that ops point through
//	size     uint                       bytes of the content block
//	text     link or null               content block; null exactly when size is 0
//	time     int                        claimed Unix milliseconds, 0 not said
//	with?    array of keys              co-authors
//	work?    link                       exactly when seq is 0 and not the genesis
//	start    uint                       numbers used on this chain before
//	parents  array of links             heads it was made on, prev left out
//
// A link is tag 42 on the 37 bytes 00 ‖ 01 71 12 20 ‖ digest (01 55 12 20 for
// content). One keystroke, 194 bytes, as ExampleEncode prints it:
//
//	ab                          map of 11
//	61 76 01                    v: 1
//	62 6279 5822ed01…           by: the key of 32 bytes
//	63 6f7073 81                ops: array of 1
//	   86 01                       text
//	   82 03 64 626f6479           into the root text "body"
//	   82 00 05                    beside own number 5
//	   01 01 01                    on its right; 1 code point, 1 byte
//	63 736571 02                seq: 2
//	64 70726576 d82a58250001711220…   prev
//	64 72656673 80              refs: none
//	64 73697a65 01              size: 1
//	64 74657874 d82a58250001551220…   text
//	64 74696d65 00              time: not said
//	65 7374617274 06            start: 6
//	67 706172656e7473 80        parents: none
//
// The content block is raw bytes (codec 0x55): the words of the ops, one after
// another in op order, after 16 random bytes where the work's genesis asks for
// salt.
package block
