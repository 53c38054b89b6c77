// Package tips names sets of chain tips by one hash and finds where two of them
// differ at a cost that follows the difference and not the sets.
//
// # What to call
//
// A [Tree] is a set of tips that never changes; [Tree.With] makes the next one
// and shares nearly all of it. [Tree.Root] names the set. Two sides that hold
// two sets each make a [Talk] over their own and exchange its messages, the one
// that begins with [Talk.Offer], the other with [Talk.Answer]; when [Talk.Done]
// says so, [Talk.Mine] and [Talk.Theirs] are what each side has alone.
//
// # What to be careful with
//
// A Tree may be used by many goroutines at once. A Talk may not. What a peer says
// in a talk is its word: Theirs may be invented. An error of Take means bytes that
// no honest side sends.
//
// # The tree
//
// An item is author 32 ‖ seq 8 (big endian) ‖ id 32. Items lie in a
// path-compressed 16-way trie over their nibbles, high ones first:
//
//	leaf = SHA-256(00 ‖ item)
//	node = SHA-256(01 ‖ bitmap of the children, 2 bytes big endian ‖ their hashes)
//
// The root is that of all items, zeros for none. Its shape follows from the items
// alone, so equal sets have equal roots, and to find two sets with one root is to
// find two inputs of SHA-256 with one hash. XOR or sums of hashes do not give that.
//
// # The talk
//
// A range is the items under a prefix of nibbles. The fingerprint of a range is the
// first 8 bytes of SHA-256(salt ‖ hash of its node); the salt is drawn for each talk,
// so that no collision can be prepared. A talk is a row of steps, said in turn; the
// places that a step asks about are answered, in their order, by the next one:
//
//	step    entry … 00
//	entry   uvarint 1 + places skipped, because they are equal · kind 1 · body
//	expand  kind 1 or 2 · uvarint n · nibbles of a longer prefix, two a byte ·
//	        bitmap of 2 or 32 bytes · fingerprints of 8 bytes
//	list    kind 3 or 4 · uvarint n · n items, ascending
//	diff    kind 5 or 6 · uvarint n · bits · uvarint m · m items, ascending
//
// An expand says that all its sender's items of the range lie under the longer prefix
// and gives one fingerprint for each child (kind 1) or grandchild (kind 2) that is
// not empty. It asks about 1 + 16 or 1 + 256 places: the range without the prefix,
// of which a diff may name what the other has there, and the children. A list names
// all items of its sender in the range and asks about one place; kind 4 says that the
// entry after it goes on with the same range. A diff answers a list: a bit for each
// item that is not held as a tip, then the items that were not listed; kind 6 says
// that it goes on. After a diff both sides know all of the range.
//
// Steps are cut into messages between entries. [Talk.Next] lists a range when it
// holds few items, or when that is less than asking further; any other answer within
// the rules is as good. Each step goes at least a nibble deeper or lists, and from step
// 32 on only lists, so a talk ends.
package tips
