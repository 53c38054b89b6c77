package crdt

// Patch is one step from what one view shows to what another shows. Patches are
// applied in order, each to what the ones before it have left: then positions and
// paths are right, and the result is what the later view shows, exactly.
//
// Path is a JSON pointer (RFC 6901, [ParsePointer]) into the work as
// [View.MarshalJSON] shows it; the empty path is the work itself. Which fields
// count is said by Op.
type Patch struct {
	Path string
	Op   PatchOp
	// At is a position in the text or list at Path, or among the children of Parent;
	// in a text it counts in the unit that was asked for.
	At int
	// To is where an element comes in that moves, counted when it has left its place.
	To int
	// Removed is how much goes away from At on, in the same unit.
	Removed int
	// Text comes in at At, after what goes away has gone. It has no marks, and what
	// stays keeps its own, until patches say otherwise.
	Text string
	// Len is over how much of the text a mark is, from At on, in the same unit; Key and
	// ID are what it is called (see [Mark]).
	Len     int
	Key, ID string
	// Block is what the block says that begins at At; its own Text is zero.
	Block *Block
	// Elem is the node of the tree at Path, and Parent the one that it comes to stand
	// below, zero for the root. Elem is zero in patches of all else.
	Elem, Parent Elem
	// Value is what comes in. A container comes in empty, and the patches after it
	// fill it, but for PatchWhole; as a handle it reads the later view.
	Value Value
	// By is who did it: the author of the text or value that comes in, or who
	// deleted what goes. Zero where that is nobody (what is shown because a change
	// does not count any more, a root container that has become empty) or, of a
	// counter, several.
	By Author
}

// PatchOp says what a Patch does. Whoever applies patches should refuse those
// that it does not know: later versions will add some.
type PatchOp uint8

const (
	// PatchText: in the text at Path, Removed units from At on go and Text comes
	// in there.
	PatchText PatchOp = iota + 1
	// PatchInsert: in the list at Path, Value comes in before position At.
	PatchInsert
	// PatchRemove: in the list at Path, Removed elements from At on go.
	PatchRemove
	// PatchMove: in the list at Path, the element at position At goes from there and comes
	// in before position To of what is left, with all that is in it.
	PatchMove
	// PatchSet: in the list at Path, the element at position At now is Value.
	PatchSet
	// PatchPut: what Path names, a key of a map or a root name, now is Value.
	PatchPut
	// PatchDelete: the key or root name that Path names is gone.
	PatchDelete
	// PatchAdd: the set at Path gains Value. Sets stand in an order of their own
	// ([Set.All]).
	PatchAdd
	// PatchDrop: the set at Path loses Value.
	PatchDrop
	// PatchCount: the counter at Path stands at Value, an int64; where the sum is
	// outside int64 there is no Value.
	PatchCount
	// PatchWhole: the container at Path is now as Value shows it, whole. It comes
	// for what lies so deep that a path to it would be longer than 16 KiB, and for a
	// set from which words were erased.
	PatchWhole
	// PatchLift: in the tree at Path, node Elem leaves its place with all that is
	// below it. It is placed by a later patch of the same diff; else it is gone, with
	// what is still below it then.
	PatchLift
	// PatchNode: in the tree at Path, node Elem comes in below Parent, before position
	// At of its children: one that was lifted, with what is below it, or a new one,
	// whose data, which is Value, the patches after it fill. Patches for what is in
	// nodes go by paths as the later view shows the tree, and come when all nodes are
	// placed.
	PatchNode
	// PatchMark: in the text at Path, Len units from At on now show the mark Key, ID
	// with Value; without a Value, none.
	PatchMark
	// PatchBlock: in the text at Path, the line feed at At begins a block, which now is
	// as Block says. It comes for each that comes in, and for those that say something
	// else; other line feeds are characters.
	PatchBlock
)

// patchNames are the names of the ops.
var patchNames = [...]string{"", "text", "insert", "remove", "move", "set", "put", "delete", "add", "drop", "count", "whole", "lift", "node", "mark", "block"}

// String is the name of the op.
func (o PatchOp) String() string {
	if int(o) < len(patchNames) {
		return patchNames[o]
	}
	return "?"
}

// maxPath bounds the paths of patches: strangers nest as deep as they like, and
// each patch carries its path. It is enough for the longest key.
const maxPath = 16 << 10
