package libp2p

import "errors"

var (
	// ErrClosed says that the node was closed.
	ErrClosed = errors.New("libp2p: node is closed")
	// ErrFollowed says that the work is followed on this node, or the topic of it was
	// joined, already.
	ErrFollowed = errors.New("libp2p: work is followed already")
	// ErrBusy says that the host has a handler for [Protocol] already.
	ErrBusy = errors.New("libp2p: host has a handler for the protocol already")
)
