package session

import "time"

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

	// MaxInline is how many tips a hello carries itself. A work with more
	// sends its list afterwards, if the peer needs it.
	MaxInline = 32

	// MaxTips is the greatest list of tips: more chains than any work we can
	// think of, and 1.2 GB on the wire, that a peer has to send in full.
	MaxTips = 1 << 24

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

	// MaxReason is the greatest text of a fail, in bytes.
	MaxReason = 200

	// maxUnknown bounds the tips of the peer that are kept to be wanted, and
	// the wants of one round. What is over it is met in the next round.
	maxUnknown = 4096

	// tipsPerMessage fills a message: 800 tips are 57,600 bytes.
	tipsPerMessage = 800

	// lackPerMessage fills a message: 1,024 ids are 32 KiB.
	lackPerMessage = 1024

	// cutBundle is where a bundle ends if no change is greater: small enough
	// for one message, large enough that its overhead does not count.
	cutBundle = 48 << 10

	// window is how many bytes of pack and tips may be on their way before the
	// peer has returned credit.
	window = 256 << 10

	// creditEvery is how much is taken in before credit is returned: less than
	// what a sender has out when it must wait, see speak, and more than small
	// exchanges ever reach.
	creditEvery = 128 << 10
)

// When things are said.
const (
	// patience is how long nothing may be heard before the next hello; it
	// doubles up to maxPatience while nothing comes of it.
	patience    = 2 * time.Second
	maxPatience = 60 * time.Second

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
