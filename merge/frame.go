package merge

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/merge/transport"
)

// A connection carries many works. Each message of it is a frame: a uvarint, the
// channel, and a body, whose first byte says what it is. Channel 0 is about the
// connection:
//
//	open    'o' "commonhold" · lowest and highest version 1, 1 · nonce 32 · author 32 or zeros
//	proof   'q' signature 64, or nothing
//	attach  'a' uvarint channel · work CID
//	deny    'd' uvarint channel
//	ping    '.'
//
// Every other channel is about one work, after both sides have attached it:
//
//	messages of a session, whose first byte is less than 32
//	presence 'p', get 'g' and block 'G' (see presence.go and blocks.go)
//	bye      'b' 1: has held the same as the peer, 0: has not
//
// Both sides say open, once, and, having heard the other's, proof. Who wants a work
// attaches it, and the other answers with attach (the same channel and work) or
// deny, after it has the proof. Who has parted from a work says bye and nothing
// after it, and reads on until the other's. So when both have parted from all works
// nothing is on its way, and the connection can be used again, from open.
//
// The first byte after "commonhold" lets later versions be told apart; both sides
// speak the highest that both know.
const (
	msgOpen     = 'o'
	msgProof    = 'q'
	msgAttach   = 'a'
	msgDeny     = 'd'
	msgPing     = '.'
	msgPresence = 'p'
	msgBye      = 'b'

	sessionKinds = 32

	linkMagic   = "commonhold"
	linkVersion = 1

	// maxCID is longer than the CID of any work, which has 36 bytes.
	maxCID = 64

	// maxChannel bounds the numbers of channels, so that a frame has room for the
	// longest message of a session and its number.
	maxChannel = 1 << 28

	// maxChannels is how many works one connection carries at a time.
	maxChannels = 4096
)

// frame is one message of a connection, taken apart.
type frame struct {
	channel uint64
	body    []byte // not empty; points into the message
}

// encode spells a frame, readFrame is its inverse.
func (f frame) encode() []byte {
	return append(binary.AppendUvarint(make([]byte, 0, len(f.body)+binary.MaxVarintLen32), f.channel), f.body...)
}

// readFrame takes a message apart. ErrPeer for one that encode does not write.
func readFrame(msg []byte) (frame, error) {
	channel, rest, err := readChannel(msg)
	if err != nil || len(rest) == 0 {
		return frame{}, breach("a frame of %d bytes without a channel or a body", len(msg))
	}
	return frame{channel, rest}, nil
}

// readChannel takes the number of a channel off b, which must be spelled as short
// as it can be.
func readChannel(b []byte) (channel uint64, rest []byte, err error) {
	channel, n := binary.Uvarint(b)
	if n <= 0 || channel > maxChannel || len(binary.AppendUvarint(nil, channel)) != n {
		return 0, nil, breach("a channel that is no number")
	}
	return channel, b[n:], nil
}

// breach is the error of a peer that broke the protocol.
func breach(format string, args ...any) error {
	return fmt.Errorf("merge: %s: %w", fmt.Sprintf(format, args...), ErrPeer)
}

// attachBody attaches a work to a channel, readAttach is its inverse. ErrPeer for
// anything else, and for a CID that cannot be that of a work.
func attachBody(channel uint64, work cid.Cid) []byte {
	return append(binary.AppendUvarint([]byte{msgAttach}, channel), work.Bytes()...)
}

// readAttach reads what attachBody wrote.
func readAttach(body []byte) (channel uint64, work cid.Cid, err error) {
	channel, rest, err := readChannel(body[1:])
	if err != nil {
		return 0, cid.Undef, err
	}
	if channel == 0 || len(rest) > maxCID {
		return 0, cid.Undef, breach("attach of %d bytes to channel %d", len(body), channel)
	}
	work, err = cid.Cast(rest)
	if err == nil {
		_, err = block.ChangeID(work)
	}
	if err != nil {
		return 0, cid.Undef, breach("attach: %v", err)
	}
	return channel, work, nil
}

// denyBody refuses a channel, readDeny is its inverse.
func denyBody(channel uint64) []byte { return binary.AppendUvarint([]byte{msgDeny}, channel) }

// readDeny reads what denyBody wrote.
func readDeny(body []byte) (channel uint64, err error) {
	channel, rest, err := readChannel(body[1:])
	if err == nil && (channel == 0 || len(rest) > 0) {
		err = breach("deny of %d bytes", len(body))
	}
	return channel, err
}

// opening is what a side says first.
type opening struct {
	low, high byte
	nonce     [32]byte
	author    [32]byte // zeros: a relay, or somebody who does not say
}

// openSize is the length of an open.
const openSize = 1 + len(linkMagic) + 2 + 32 + 32

// body spells an open, readOpen is its inverse.
func (o *opening) body() []byte {
	b := append(make([]byte, 0, openSize), msgOpen)
	b = append(b, linkMagic...)
	b = append(b, o.low, o.high)
	b = append(b, o.nonce[:]...)
	return append(b, o.author[:]...)
}

// readOpen reads what body wrote, of a version that can be spoken here. A later
// version may say more at the end.
func readOpen(b []byte) (o opening, err error) {
	if len(b) < openSize || len(b) > transport.MaxFrame || !bytes.HasPrefix(b[1:], []byte(linkMagic)) {
		return o, breach("open of %d bytes", len(b))
	}
	b = b[1+len(linkMagic):]
	o.low, o.high = b[0], b[1]
	copy(o.nonce[:], b[2:])
	copy(o.author[:], b[2+32:])
	switch {
	case o.low > o.high || o.low == 0:
		return o, breach("versions %d to %d", o.low, o.high)
	case o.low > linkVersion:
		return o, breach("the peer speaks versions %d to %d, this side %d", o.low, o.high, linkVersion)
	case o.high == linkVersion && len(b) != openSize-1-len(linkMagic):
		return o, breach("open of a wrong length")
	}
	return o, nil
}
