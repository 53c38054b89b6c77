package session

import "fmt"

// A kind byte opens each message.
const (
	mHello  = 1
	mTips   = 2
	mPack   = 3
	mWant   = 4
	mLack   = 5
	mHave   = 6
	mCredit = 7
	mFail   = 8
)

// Bits of the flags of a hello.
const (
	helloReadOnly = 1 << iota // the sender takes no changes
	helloHeads                // heads holds all heads; else there are more than MaxHeads
	helloFlags    = 1<<iota - 1
)

// Bits of the flags of a pack.
const (
	packFirst = 1 << iota // the bundle begins here
	packLast              // the bundle ends here
	packMore              // another pack follows without being asked for
	packFlags = 1<<iota - 1
)

// wantMore is the flag of a want that another want follows.
const wantMore = 1

// Lengths of the parts of a message in bytes.
const (
	idLen     = 32
	nonceLen  = 16
	tagLen    = 8
	headerLen = 1 + tagLen + 8 // kind, tag, number
	tipLen    = idLen + 8 + idLen
	listLen   = 4 // a count of tips
)

type (
	nonce = [nonceLen]byte
	tag   = [tagLen]byte
	id    = [idLen]byte
)

// want asks for one tip of the peer.
type want struct {
	author, tip id
	locator     []id // on my chains of author, nearest first
}

// message is any message, decoded. Which fields count depends on kind; part and
// text point into the bytes it was decoded from.
type message struct {
	kind  byte
	flags byte   // hello, pack, want
	tag   tag    // all but hello
	num   uint64 // all but hello and fail

	work   id     // hello
	nonce  nonce  // hello
	echo   nonce  // hello: of the hello that this one answers; zero: none
	digest id     // hello, have
	count  uint64 // hello, have: applied changes
	heads  []id   // hello
	total  uint32 // hello: tips of the sender
	tips   []Tip  // hello (all of them if total ≤ MaxInline, else none), tips

	part     []byte // pack
	wants    []want // want
	ids      []id   // lack
	deferred uint64 // have: changes the sender keeps out of its set
	seen     uint64 // have: messages taken from the receiver under this tag
	bytes    uint32 // credit
	why      Kind   // fail
	text     []byte // fail
}

// compareTip orders tips by author, seq, id.
func compareTip(a, b Tip) int {
	if c := compareID(a.Author, b.Author); c != 0 {
		return c
	}
	if a.Seq != b.Seq {
		if a.Seq < b.Seq {
			return -1
		}
		return 1
	}
	return compareID(a.ID, b.ID)
}

// peek reads kind and tag without looking at the rest, so that a message of
// another session costs nothing more. The error says that it is no message.
func peek(b []byte) (kind byte, t tag, err error) {
	switch {
	case len(b) == 0:
		return 0, t, malformed("it is empty")
	case len(b) > MaxMessage:
		return 0, t, malformed("%d bytes, limit %d", len(b), MaxMessage)
	}
	kind = b[0]
	switch {
	case kind == mHello:
		return kind, t, nil
	case kind == 0 || kind > mFail:
		return 0, t, malformed("unknown kind %d", kind)
	case len(b) < 1+tagLen:
		return 0, t, malformed("%d bytes", len(b))
	}
	return kind, tag(b[1:]), nil
}

// malformed makes the error of bytes that are no message.
func malformed(format string, args ...any) error {
	return &breach{KindMalformed, fmt.Errorf(format, args...)}
}
