package pack

// Limits of the format. A writer keeps them, a reader refuses what does not.
const (
	// A group ends where it has this much and everything in it is covered by
	// signatures, …
	softChanges = 12 << 10
	softBytes   = 3 << 20
	// … or this much at the latest. One change more may exceed softBytes by
	// 2 MiB, so that maxGroup is never needed.
	hardChanges = 16 << 10
	hardBytes   = 4 << 20
	// maxGroup bounds the blocks and contents that a group stands for.
	maxGroup = 8 << 20
	// columnRatio is how much longer the columns of a group may be than its blocks:
	// a run of four bytes whose number is small may lie far away in the pack, which
	// takes three symbols and 61 bits at most. Other fields take less.
	columnRatio = 3
	// columnSlack is what small groups may take beyond that.
	columnSlack = 4 << 10
	// maxColumns bounds the columns of a group, together, and so maxPayload does
	// the group as it lies.
	maxColumns = columnRatio*maxGroup + 64*hardChanges + columnSlack
	maxPayload = maxColumns + columnSlack

	// A group stands for at most maxRatio times its length, and ratioSlack: a
	// reader's work and memory are bounded by what it was sent. Single keystrokes
	// of one person come to 400; a writer lengthens a group that would be over.
	maxRatio   = 1024
	ratioSlack = 64 << 10
	// minBlock is less than the least length of a change block.
	minBlock = 100
	// perChange is what a change counts besides its bytes.
	perChange = 64
)
