// Package sequence keeps elements in an order that every replica agrees on:
// the characters of a text, the items of a list.
//
// # The problem, with three characters
//
// Ana and Ben both hold "abc", typed by Ana. Neither sees the other now: Ana
// types "XY" between a and b, Ben types "Z" at the same place. What does each
// of them write down?
//
//	who  content  at  names as its parent     why
//	Ana  a        0   the root, right         the text was empty
//	Ana  b        1   a, right                a had nothing on its right
//	Ana  c        2   b, right                b had nothing on its right
//	Ana  X        1   b, left                 a has a right child (b): hang on
//	                                          the next element instead
//	Ana  Y        2   X, right                X had nothing on its right
//	Ben  Z        1   b, left                 as Ana's X; he has not seen it
//
// No line is ever rewritten. The lines make a tree, and the text is the tree
// read from left to right (left children, the element, right children):
//
//	root
//	   \
//	    a
//	     \
//	      b
//	    / | \             a  (X Y)  Z  b  c     or
//	   X  Z  c            a  Z  (X Y)  b  c
//	    \
//	     Y
//
// Only one question is open: X and Z are both left children of b, so who is
// first? One rule answers it (order.go), the same everywhere, and because Y
// hangs on X the two words cannot be woven into each other. This is the Fugue
// tree of Weidner, Gentle and Kleppmann, "The Art of the Fugue: Minimizing
// Interleaving in Collaborative Text Editing" (plain Fugue).
//
//	insert(position):  l := the visible element before the position, or root
//	                   if l has no right child:   the new one is l's right child
//	                   else r := the next element in order, deleted or not:
//	                                              the new one is r's left child
//	receive(parent, side):  put it among the children of parent on that side,
//	                        ascending by the order of their changes
//	delete:            hide the element; it stays in the tree
//
// A local insert therefore never becomes the sibling of an element known here,
// and the order rule is asked about concurrent elements only.
//
// # What to call
//
// [New] makes an empty sequence. Local edits are [Seq.InsertAt] and
// [Seq.DeleteAt]; what arrives goes in through [Seq.Insert] and [Seq.Show];
// [Seq.Truncate] takes the newest elements back. [Seq.At], [Seq.Index],
// [Seq.Runs] and [Seq.AppendText] read. The file to start reading at is local.go
// (one local edit), then remote.go and place.go (one merge).
//
// Be careful with three things. Elements come in ascending LV order. A Seq is
// not safe for concurrent use, except that reading methods may run beside each
// other. A call that breaks a stated condition panics: the rooms before this
// one have already refused whatever a stranger can get wrong.
//
// # How it lies in memory
//
// The tree is not stored as a tree. Elements in order, deleted ones included,
// are a B+tree of spans; who hangs on whom is kept by number, in pages.
//
//	       inner   runes  [ 910 | 1204 | 33 ... ]      sums of what is visible
//	               extra  [ 0,0 |  2,1 | ...    ]      only under non-ASCII text
//	               /           |        \
//	leaf  <->  leaf    <->    leaf   <-> ...           about 64 spans each
//	           | 300 +12     |
//	           | 512  +1 hid |     span: first LV (4 bytes), length and the
//	           | 312 +40     |     hidden flag (4 bytes)
//	           | ...         |
//
//	page 1 (LVs 256..511)                              found by LV >> 8
//	kids    2 x 256 bits    has a left child, has a right child
//	ents    [ 0 -> leaf 7 | 56 -> leaf 2 | ... ]       LV -> leaf, run-length
//	pieces  [ 44..99   parent 12 right   words at 8190 ]
//	        [ 100..255 parent 99 right   words at 8246 ]
//	tables  rune -> byte and UTF-16 offsets every 64 runes, of those pieces
//	        that are not all ASCII
//
//	tract (pages 2..63)    stands in for pages inside a run without words, until
//	                       something happens there (tract.go)
//
// A span says nothing about parentage: two neighbours merge whenever their LVs
// run on, even when the second hangs on something else. Whether a place is free
// is one bit, so plain typing reads one leaf and one page. Sibling lists
// (siblings.go) exist only where two people met at one place, and the ends of
// deep subtrees are remembered (chain.go) only where one was looked for.
package sequence
