package sequence

import "fmt"

// LV is a local version: the number of an element in this replica, dense over
// all containers in order of arrival. Usable are 0 up to MaxLV-1.
type LV = uint32

const (
	// None is no element: the root of the tree where a parent is asked for.
	None LV = 1<<32 - 1

	// MaxLV bounds the LVs: every LV lies below it. One bit of a stored parent
	// holds the side, and the highest number left stands for the root.
	MaxLV LV = 1<<31 - 1

	// NoWords is the arena offset of elements whose words are absent.
	NoWords uint32 = 1<<32 - 1
)

// Side says on which side of its parent an element hangs.
type Side uint8

// The sides. Left children come before their parent, right children after it.
const (
	Left  Side = 0
	Right Side = 1
)

// Unit is a unit in which positions of a text may be counted.
type Unit uint8

// The units. Positions without a unit are in runes (elements).
const (
	Runes Unit = iota
	UTF8
	UTF16
)

// sizes are the limits of the B+tree. They are fields rather than constants so
// that tests can run with tiny nodes, where every few inserts split something.
type sizes struct {
	leaf   int // spans in a leaf, at least 4
	fanout int // children of an inner node, at least 3, at most maxFanout
	leaves int // leaf numbers that an index entry can hold
	chunk  int // siblings in a chunk of a list, at least 2
}

// defaultSizes: 64 spans are 8 cache lines, measured best of 16 to 128 on real
// editing traces; leaf numbers are the 24 bits that an index entry has left.
var defaultSizes = sizes{leaf: 64, fanout: maxFanout, leaves: leafMask + 1, chunk: 256}

// Seq is one sequence. Use New.
//
// At all times (Check restates these, by number):
//
//  1. Tree: all leaves lie at one depth, in the order of their next and prev
//     links; every node knows its parent and its slot there; no node is empty
//     or larger than its limit (leaves beyond sizes.leaves may be larger), and
//     the root has two children or more.
//  2. Spans: none is empty, none crosses a multiple of 1<<blockBits, and two
//     neighbours in one leaf that could be one span are one span.
//  3. Sums: each inner node holds, for each child, the visible runes under it
//     and what they have more in bytes and UTF-16 units; the Seq holds the
//     totals.
//  4. Index: the page entry in force at an element names the leaf it is in;
//     neighbouring entries of a page name different leaves, and none begins
//     after the page's last element.
//  5. Pieces: ascending and disjoint in each page; elements with words absent
//     are hidden; the words of a piece are the ones its table counts.
//  6. Kids: the bit of (element, side) is set exactly if an element hangs there.
//  7. Siblings: (parent, side) has a list exactly if two or more hang there; it
//     holds them all, ascending by order.
//  8. Order: the spans read from left to right are the Fugue tree read from left
//     to right, and every element occurs once in each.
//  9. Spine: within a piece, each element is the greatest right child of the one
//     before it.
//  10. Chains: what the two chains remember is true (see chains).
//  11. Cursor: it names an existing span and, where its position is known, the
//     number of visible elements before that span.
//  12. Tracts: each lies within one block, with a page before it and one after it,
//     has a plain page, and counts its others right; no span has a part of a plain
//     page. What a plain page says by being plain is held against rules 4 to 9.
type Seq struct {
	order func(a, b LV) int
	words *[]byte // nil in list mode

	root *inner // nil while there is at most one leaf
	head *leaf  // first leaf, nil while there is no element
	cur  cursor

	vis    uint32 // visible elements
	ext    extra  // what they have more in other units
	next   LV     // all elements are below
	tables uint32 // pieces that are not all ASCII

	size   sizes
	leaves []*leaf // by number, nil where free
	free   []uint32

	pages  []*page // ascending by number; nil for a tract
	nos    []uint32
	base   uint32  // the first of these
	gaps   uint32  // pages missing before the one that aim saw last
	tail   *page   // the last page, nil if none; never in a tract
	tracts []tract // ascending

	lists  map[uint32]*siblings // by packed (parent, side)
	chains [2]*chains           // by side, nil until first used
	visits uint64
	turned uint64 // see Turned
}

// New returns an empty sequence. order compares two concurrent siblings by
// (change CID, offset) and must be a total order, the same in all replicas;
// words is the arena that offsets point into, which may grow and move between
// calls. With words nil the sequence is a list: its elements have no text and
// the offsets given are ignored.
func New(order func(a, b LV) int, words *[]byte) *Seq {
	return newSized(order, words, defaultSizes)
}

// newSized is New with chosen node sizes.
func newSized(order func(a, b LV) int, words *[]byte, size sizes) *Seq {
	return &Seq{order: order, words: words, size: size}
}

// Len returns the number of visible elements, which in a text are runes.
func (s *Seq) Len() int { return int(s.vis) }

// Visits returns how many tree nodes, remembered links and list entries were
// looked at so far in order to place siblings. Placing elements that have no
// siblings counts nothing. Tests judge cost by it; it never goes down.
func (s *Seq) Visits() uint64 { return s.visits }

// Has reports whether lv is an element of this sequence, visible or not.
func (s *Seq) Has(lv LV) bool {
	pg := s.page(lv)
	if pg == nil && len(s.tracts) > 0 {
		_, t := s.lookup(lv >> pageBits)
		return t != nil
	}
	return pg != nil && pg.find(lv&pageMask) >= 0
}

// Parent returns the element that lv hangs on, and the side. The parent None is
// the root. lv must be an element.
func (s *Seq) Parent(lv LV) (LV, Side) {
	if pg, i := s.piece(lv); pg != nil && lv&pageMask == uint32(pg.pieces[i].at) {
		return unpack(pg.pieces[i].up)
	}
	return lv - 1, Right
}

// fresh panics unless lv.. are n new elements, with words at off if they are to be
// visible: LVs of a document are given out ascending, and a caller that breaks this
// would corrupt every page.
func (s *Seq) fresh(lv LV, n, off uint32, shown bool) {
	if n == 0 || lv < s.next || lv >= MaxLV || n > MaxLV-lv {
		panic(fmt.Sprintf("sequence: insert: %d elements from LV %d, where the next is %d", n, lv, s.next))
	}
	if shown && s.words != nil && off == NoWords {
		panic(fmt.Sprintf("sequence: rule 5: LV %d is shown without words", lv))
	}
}

// pack puts a parent and a side into one word.
func pack(parent LV, side Side) uint32 { return parent&MaxLV | uint32(side)<<31 }

// unpack is the inverse of pack.
func unpack(up uint32) (LV, Side) {
	parent := up & MaxLV
	if parent == MaxLV {
		parent = None
	}
	return parent, Side(up >> 31)
}
