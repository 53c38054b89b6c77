// Package marks knows which formatting acts where in one text: bold, links,
// comments. It holds the marks and the block markers of the text, is told which
// of them count, and answers what a reader sees and what a writer has to write.
//
// # The idea, with one word
//
// Ana makes "bb" bold in "a bb c" while Ben types an X after the second b. A mark
// therefore is not a property of characters but a range, and its ends lie between
// characters: after a space and before a space, so that X is in it.
//
//	text      a   _   b   b   X   _   c
//	mark             (first  last     right
//	core             [b   b]
//	growth                    [X]              up to the neighbour that Ana saw
//
// This is Litt, Lim, Kleppmann and van Hardenberg, "Peritext: A CRDT for
// Collaborative Rich Text Editing", CSCW 2022, with the rules of DESIGN 6 where
// they are tighter than the paper:
//
//	acts     a mark acts on each element from its first to its last; where it grows
//	         to the right, also on those after the last, up to and without the
//	         neighbour it names or up to the edge of the text; likewise to the left.
//	blocks   growth ends at the first block marker made by an effective change,
//	         whether that marker is deleted or not.
//	wins     of the alive marks of one slot (key, ID) that act on an element the
//	         greatest in the total order wins. A null mark that wins shows nothing.
//	void     a mark whose last stands before its first acts on nothing. A mark whose
//	         neighbour stands on the wrong side does not grow there.
//	ghosts   a writer puts new text where no mark of deleted text and no mark that
//	         ends here would catch it, and adds marks where no place is right
//	         (see place.go).
//
// # What to call
//
// [New] makes the room of one text. [Marks.Add] takes in a mark, [Marks.AddMarker] a
// block marker, ascending by LV; [Marks.Flip] says that marks came to life or died,
// [Marks.Switch] that markers became effective or ceased to be; [Marks.Fill] brings
// the words of a value that came late; [Marks.Truncate] takes the newest back.
// [Marks.ShowMarkers] says which markers the text shows, for [Marks.BlockBefore] and
// [Marks.BlockAfter], which find blocks.
// [Marks.Runs], [Marks.At], [Marks.Winner] and [Marks.Range] read. A writer asks
// [Marks.Bounds] before it marks a range and [Marks.Place] before it inserts.
//
// # What to be careful with
//
// The elements that a mark names, and markers, must be in the text before they come
// here, and be there until they were taken back here: rolling back an edit takes
// marks back first, then the text. Elements other than markers may be inserted, deleted
// and restored without telling the room; where they stand never changes.
//
// A Marks is not safe for concurrent use, reads included: reads use its scratch.
// A call that breaks a stated condition panics; the rooms before this one have
// refused whatever a stranger can get wrong.
//
// # What it costs
//
// With m alive marks: one that comes, lives or dies costs O(log m) comparisons of
// elements and O(log² m) cheaper ones of marks, amortised; short ranges, which most
// are, less. A block marker costs O(log m), and that of a mark for each mark whose
// growth it is the first to stop or the last. The marks at an element cost O(log² m) for
// each slot there, a reading of a stretch that for its beginning and for each end of
// a mark in it. How many marks of a slot lie one upon the other does not matter.
package marks
