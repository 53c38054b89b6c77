// Package blob turns a stream of bytes into small named blocks and back: what is
// attached to a work, a picture or a recording, without ever being whole in memory.
//
// # What to call
//
//	id, size, err := blob.Write(r, put)   // put keeps each block under its name
//	b, err := blob.Open(id, get)          // get gives a block by its name
//	_, err = b.Seek(at, io.SeekStart)
//	_, err = io.Copy(w, b)
//
// put and get are functions: a store, a peer, a map. The package knows neither.
//
// # The form
//
// One stream has one form, so whoever attaches the same bytes gets the same name.
// The bytes are cut into chunks of [ChunkSize], of which only the last may be
// shorter, and none is empty; each is a block of codec raw. Above them stands a tree
// of nodes, blocks of codec dag-cbor. A node of height 1 links chunks, one of height
// h nodes of height h-1, at most [Fan] of them, and all but the last node of a height
// are full. The name of the blob is that of the root, whose height is the least of at
// least 1 that has room:
//
//	            root, height 2
//	          /        |       \
//	 node 0, full   node 1, full   node 2        height 1
//	 / / … \ \      / / … \ \      /  \
//	256 chunks     256 chunks    chunk chunk     height 0
//
// A blob of one chunk, and one of no bytes, has a root too, so that its size is known
// before any of its bytes.
//
// A node is a DAG-CBOR map of three keys in canonical order:
//
//	a3                                  map of 3
//	   64 626c6f62   01                 "blob":  version 1
//	   64 73697a65   uint               "size":  the bytes below it
//	   65 6c696e6b73 array              "links": to what is below it, in order
//	      d8 2a 58 25 00 01 55 12 20 …  each: a chunk's CID, or
//	      d8 2a 58 25 00 01 71 12 20 …        a node's
//
// How many links a node has, of what codec, and how many bytes are below each,
// follows from its size and its height; so a node says nothing twice but the number
// of its links.
//
// # What to be careful with
//
// Nothing is believed: each block is hashed before a byte of it is used, and has to be
// of the length that its node says. What does not fit is an [*Error] that names the
// block: ErrHash of package block for other bytes than the name says, ErrInvalid for a
// chunk or node of another size than its place has, ErrMalformed for a node that is
// not spelled as above, ErrLimit for one that says more than [MaxSize].
//
// # What will still work
//
// The form is version 1 and part of the format (crdt/FORMAT.md, Blobs). A name that
// was given out stays the name of the same bytes.
package blob
