package session

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/tips"
)

// A kind byte opens each message.
const (
	mHello  = 1
	mRanges = 2
	mPack   = 3
	mWant   = 4
	mLack   = 5
	mHave   = 6
	mCredit = 7
	mFail   = 8
	mAsk    = 9
	mWords  = 10
	mLast   = mWords
)

// Bits of the flags of a hello.
const (
	helloReadOnly = 1 << iota // the sender takes no changes
	helloHeads                // heads holds all heads; else there are more than MaxHeads
	helloWords                // the sender is going to ask for words
	helloFlags    = 1<<iota - 1
)

// Bits of the flags of a pack.
const (
	packFirst = 1 << iota // the bundle begins here
	packLast              // the bundle ends here
	packMore              // another pack follows without being asked for
	packFlags = 1<<iota - 1
)

// wantMore is the flag of a want or an ask that another one follows.
const wantMore = 1

// noWords stands in words in place of a length: they are not here.
const noWords = 1<<32 - 1

// offered stands in a hello in place of the number of tips: an offer follows.
const offered = 0xff

// Lengths of the parts of a message in bytes.
const (
	idLen     = 32
	nonceLen  = 16
	tagLen    = 8
	headerLen = 1 + tagLen + 8 // kind, tag, number
	tipLen    = tips.Size
	wordsLen  = headerLen + idLen + 4 // and a place, and words
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

// message is any message, decoded. Which fields count depends on kind; part, offer
// and text point into the bytes it was decoded from.
type message struct {
	kind  byte
	flags byte   // hello, pack, want, ask
	tag   tag    // all but hello
	num   uint64 // all but hello and fail

	work   id     // hello
	nonce  nonce  // hello
	echo   nonce  // hello: of the hello that this one answers; zero: none
	digest id     // hello, have
	count  uint64 // hello, have: applied changes
	heads  []id   // hello
	tips   []Tip  // hello: all, if there is no offer
	offer  []byte // hello: first ranges of more than MaxInline tips

	part     []byte // pack, ranges, words
	wants    []want // want
	ids      []id   // lack, ask
	of       id     // words: the change
	size     uint32 // words: the length of all of them, or noWords
	place    uint32 // words: where part begins in them
	deferred uint64 // have: changes the sender keeps out of its set
	seen     uint64 // have: messages taken from the receiver under this tag
	bytes    uint32 // credit
	why      Kind   // fail
	text     []byte // fail
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
	case kind == 0 || kind > mLast:
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
