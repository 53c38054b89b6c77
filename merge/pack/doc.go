// Package pack makes of a whole history, or of a part of one, a file of a tenth
// to a five-hundredth of its size.
//
// # What to call
//
// [Write] a document to a file and [Read] it back; [Inspect] tells what is in a
// file without opening it, and [Salvage] opens what comes before a damage.
// [Encode] and [Decode] are the same for what [crdt.Doc.Since] returns, to be
// sent or kept. [WriteCAR] and [ReadCAR] exchange works with the tools of IPFS.
// [WriteState] puts what the work shows beside its history, so that [ReadTrusted]
// shows a file of one's own at once, and reads the history when it is asked for more.
//
//	err := pack.Write(file, doc)
//	…
//	doc, err := pack.Read(file, cid.Undef, key)
//
// # What to be careful with
//
// A key writes in one replica: give Read another key than those that wrote, or
// nil to look only. Nothing in a pack is trusted. Blocks are computed, and so
// are their names; signatures are verified against these, so who sends a pack
// can leave things out and no more. What a reader allocates and does is bounded
// by what it was sent, a thousand times at most, and a pack is read in groups of
// a few megabytes: use Read rather than Decode for long packs of strangers.
//
// ReadTrusted is the exception, and for files that nobody else could have written:
// until the history is read it shows what the file says that it shows.
//
// Packs have no canonical form: another version may pack the same changes
// otherwise. They are never signed, and a hash of one names a file, not a state.
//
// # Backwards compatibility
//
// A version byte follows the magic. Version 1 will be read for ever; a later one
// is refused with [ErrVersion], so that nobody takes a newer program's file for a
// damaged one.
//
// # Format
//
// A pack is a head, groups of changes, and an end. Numbers of fixed size are big
// endian unless said otherwise, a uvarint is that of encoding/binary.
//
//	head   0   3  magic "CHP"
//	       3   1  version, 1
//	       4  32  work: digest of the genesis
//	      36   4  CRC-32C of bytes 0–35
//	frame  0   1  kind: 'g' group, 's' state section, 'e' end
//	       1   4  n, at most 25 MiB and some
//	       5   4  CRC-32C of the checksum before, kind, n and payload
//	       9   n  payload
//	end           uvarint: changes; 8 bytes: of the digest after the last group
//
// The digest after a group is SHA-256 of the digest before (zeros at first) and
// the names of its changes. Neither frames nor changes can be mixed, left out or
// put in another order unnoticed. Nothing follows the end.
//
//	group  uvarint  changes, 1 … 16,384
//	       uvarint  bytes of their blocks
//	       uvarint  bytes of the contents that are here, together at most 8 MiB
//	       uvarint  signatures
//	       uvarint  a; then a × uvarint: bytes of words of each author, see below
//	       8        of the digest after the group
//	       8        little endian, bit k: column k is there
//	       …        the columns that are there, in order
//	       …        zeros, so that the group stands for at most 1,024 times its
//	                length and 64 KiB (a change counts 64 bytes besides its own)
//	column uvarint  4 × length + how it lies
//	       0        as it is
//	       1        one byte, of which all bytes are
//	       2        uvarint p; p bytes: FSE, as package fse of klauspost/compress
//	                writes it
//	       3        uvarint p; p bytes: one zstd frame
//
// # State section
//
// Between the groups and the end there may be frames of kind 's', which everybody
// passes over but ReadTrusted. The first says what the section is about, the others
// are pieces of its names and values:
//
//	first  0   1  version of the section, 1
//	       1  32  SHA-256 of the rest of this frame, and of all names and values
//	      33  32  the digest after the last group, whole
//	          uvarint: changes
//	          uvarint h, at most 65,536; h × 32: the heads, ascending
//	          uvarint n, at most 1 MiB; n: change block of the genesis
//	          uvarint n, at most 262,144; then of each name, ascending:
//	            1        0 a value in JSON, 1 a root text, 2 a root text under whose
//	                     name the work as JSON shows something else, which comes before
//	            uvarint  bytes of the name
//	            uvarint  bytes of the value
//	piece  a column; then zeros, so that it stands for at most 1,024 times its length
//	       and 64 KiB
//
// The pieces unpack to each name and its value, one after another, 4 MiB a piece (the
// last: what is left), at most 256 MiB together. Names are UTF-8; so are texts, which
// are not empty; JSON nests no deeper than encoding/json reads. The values are those of
// [crdt.View.MarshalJSON] and of the root texts. A section is used only if it is just
// so, its checksum is right, and the end tells of as many changes with that digest: it
// is then of these groups. When these are read, their digest is compared whole, and
// what they show with all that the section says.
//
// # Columns
//
// Each kind of field has its column of symbols, one byte each, whose statistics
// are its own; column.go lists them. A number below 16 is its own symbol. Larger
// ones are told by their length and the two bits below the top one, in the
// symbol; the rest are bits of column 0, the lowest first. A negative number is
// zigzag: 0, -1, 1, -2 … as 0, 1, 2, 3 …
//
// A change is told field by field, in the order in which model.begin, model.each
// and unpacker.content ask for them, and what follows from what was told before
// is not:
//
//	field            told as
//	author           0: who came after this one the last time; 1: new; 2 + number
//	prev, seq, start nothing, where prev is the author's newest change in the pack
//	time             difference to the change before
//	parents, refs    how many, then how far back each is; 0 and the digest if it
//	                 is no tip of a chain and more than 65,536 changes back
//	ops              how many, then each: its code, or that it is a text where the
//	                 last one of its author went on, and its fields
//	thing            its number in the pack, relative to what the author inserted,
//	                 deleted or named last; else [c, n] outright
//	names, containers how many entries back it was told last, else itself
//	text, size       nothing: digest and length of the words that are here
//
// Numbers of the pack are those of all changes, one after another: a thing
// [c, n] is found from the change that link c shows, down its chain, and named
// again through the link that reaches it. Where that would give another [c, n],
// it is told outright. So every block comes out byte for byte as it went in, and
// its name is the hash of that.
//
// An author has a context: the six places where they may go on typing, the span
// of numbers done last and the one named last, and the containers used last. An
// author who comes after another may take up the other's context.
//
// The words of a group lie one after another in one column, in the order of the
// changes; or, if a is not 0, those of each author by themselves, in the order in
// which the authors first have words. Salt and digests of words that are not here
// lie in column 1. Of signatures the last of each chain in a group stands in it,
// which covers the others.
package pack
