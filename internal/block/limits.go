package block

// Limits of the format. They decide validity, so two versions of this library
// may never disagree about them: a limit that differs is a divergence.
const (
	// MaxBlock bounds a change block in bytes: other IPFS tools pass blocks of
	// this size without special flags, and it bounds the work of one Decode.
	MaxBlock = 1 << 20
	// MaxContent bounds a content block in bytes, salt included, for the same reason.
	MaxContent = 1 << 20
	// MaxParents bounds the parents: with more heads a change names some of
	// them, so there is no need for more, and floods of parents are a known attack.
	MaxParents = 64
	// MaxRefs bounds the refs: one edit may touch the words of that many changes.
	MaxRefs = 4096
	// MaxOps bounds the ops of a change: each costs some fixed work to apply.
	MaxOps = 65536
	// MaxNamed bounds what the ops of a change name, run lengths and overs
	// added up: a run of a few bytes may stand for very many deletes.
	MaxNamed = 1 << 20
	// MaxDepth bounds the arrays and maps open around any part of a value:
	// readers everywhere recurse, and a deep value would overflow their stacks.
	MaxDepth = 32
	// MaxMapKey bounds a key in bytes, that of a map slot as well as one inside
	// a value: keys are copied, compared and indexed.
	MaxMapKey = 4096
	// MaxAct bounds the encoded value of an act, or the data of a genesis, in
	// bytes: rules read them whole.
	MaxAct = 64 << 10
	// MaxTitle bounds the title of a work in bytes: it is shown in lists.
	MaxTitle = 4096
	// MaxNumbers is above every number of a chain: 2^53, so that a reader
	// whose numbers are floats counts exactly.
	MaxNumbers uint64 = 1 << 53
	// MaxWith bounds the co-authors of a change: each must confirm, and a name
	// is shown for each.
	MaxWith = 16
	// MaxKindName bounds the kind of an act and the name of rules in bytes:
	// they are identifiers.
	MaxKindName = 256
	// MaxMarkName bounds the key of a mark, and its ID, in bytes: every mark on
	// a text is compared by them.
	MaxMarkName = 256
	// MaxRootName bounds the name of a root container in bytes, as a key is.
	MaxRootName = 4096
	// SaltSize is the number of random bytes before the words of a salted work.
	SaltSize = 16
)
