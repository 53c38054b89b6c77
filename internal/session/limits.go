package session

import (
	"time"

	"github.com/commonhold/commonhold/internal/block"
)

// What a peer may send and make this side keep. A limit is checked before
// anything is allocated for what it limits.
const (
	// Version of the messages, said in hello.
	Version = 1

	// MaxMessage is the greatest message in bytes: one frame of a transport.
	MaxMessage = 64 << 10

	// MaxHeads is how many heads a hello lists; a work with more lists none.
	// Most works have one or two, and 16 cost half a kilobyte.
	MaxHeads = 16

	// MaxInline is how many tips a hello names. A work with more offers the
	// fingerprints of the ranges of its tips instead, which are as long.
	MaxInline = 2

	// MaxOffer is the greatest offer, in bytes: a prefix, a bitmap, fingerprints.
	MaxOffer = 1 + 72 + 2 + 16*8

	// MaxSeq is where the format of changes ends a chain.
	MaxSeq = 1 << 53

	// MaxWants is how many tips one want asks for.
	MaxWants = 256

	// MaxLocator is how many ids of the asker's own chain go with each: 53 of
	// them reach the start of the longest chain there can be.
	MaxLocator = 64

	// MaxPart is how much of a bundle one pack carries, in bytes.
	MaxPart = 60 << 10

	// MaxBundle bounds a bundle that is put together from its parts: the hard
	// cap of a segment, one group of changes that must arrive at once.
	MaxBundle = 34 << 20

	// MaxAsk is how many changes one ask names, and how many of them may be
	// unanswered.
	MaxAsk = 256

	// MaxWords is the longest the words of one change can be, in bytes.
	MaxWords = block.MaxContent

	// MaxReason is the greatest text of a fail, in bytes.
	MaxReason = 200

	// maxUnknown bounds the tips of the peer that are kept to be wanted, and
	// the wants of one round. What is over it is met in the next round.
	maxUnknown = 4096

	// maxRanges is how long a message of ranges gets, about.
	maxRanges = 56 << 10

	// maxLater bounds the changes whose words the peer has asked for in vain in this
	// round, and gets if they come.
	maxLater = 1024

	// maxAsks bounds the changes whose words one side asks for in a round.
	maxAsks = 1 << 16

	// lackPerMessage fills a message: 1,024 ids are 32 KiB.
	lackPerMessage = 1024

	// cutBundle is where a bundle ends if no change is greater: small enough
	// for one message, large enough that its overhead does not count.
	cutBundle = 48 << 10

	// window is how many bytes of pack, ranges and words may be on their way before the
	// peer has returned credit.
	window = 256 << 10

	// flushEvery is how many bytes of bundles are applied before the set is flushed,
	// when more packs follow: as large as a segment of a store gets.
	flushEvery = 1 << 20

	// creditEvery is how much is taken in before credit is returned: less than
	// what a sender has out when it must wait, see speak, and more than small
	// exchanges ever reach.
	creditEvery = 128 << 10
)

// When things are said.
const (
	// patience is how long nothing may be heard before the next hello; it
	// doubles up to maxPatience while nothing comes of it. So two sides that hear
	// each other again are equal within a minute, however long they did not.
	patience    = 2 * time.Second
	maxPatience = 30 * time.Second

	// pause is the wait before a new round that this side begins because the
	// last one ended unequal; it doubles up to maxPatience as well.
	pause = 50 * time.Millisecond

	// roundEvery and roundBurst bound the rounds that a peer can cause: a
	// burst of 8, then one every 2 s. A round costs a walk over the changes.
	roundEvery = 2 * time.Second
	roundBurst = 8

	// remembered is how many nonces of the peer are kept to know repeated
	// hellos by.
	remembered = 16
)
