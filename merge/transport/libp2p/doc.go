// Package libp2p keeps replicas in step without a server: over the streams of a
// libp2p host, found through the topics of gossipsub.
//
// # What to call
//
// The host and its pubsub are the caller's, with whatever transports, discovery and
// limits it has been given. A [Node] takes care of works on it; here the package is
// imported as p2p, since go-libp2p has the same name:
//
//	h, err := libp2p.New()                  // github.com/libp2p/go-libp2p
//	ps, err := pubsub.NewGossipSub(ctx, h)  // github.com/libp2p/go-libp2p-pubsub
//	n, err := p2p.New(h, ps, repo)
//	defer n.Close()
//	go p2p.Keep(ctx, h, known...)           // stay connected to these
//	err = n.Follow(ctx, replica)            // blocks until ctx ends
//
// Whoever wants connections alone has [Dialer], for merge's Repo.Follow and
// Replica.Sync, and [Handle], for Repo.Serve.
//
// # How it works
//
// A work has a topic, whose name is a hash of its id: who does not know the work does
// not learn it from the topic, though it can see when the work changes. On it a node says which heads it holds once they are
// durable, and whoever lacks one of them fetches it from the one who said so. An
// announcement is never passed on: who has fetched what it speaks of says so itself.
// So a lie goes as far as the next node, and whatever is heard of can be had there.
//
// With up to eight of the peers on the topic ([Neighbours]) the node holds a session
// for as long as both are there: edits, presence and attached blobs go through those at
// once. Of two peers the one with the smaller id opens it, so that there is one.
// With the others it syncs when one of them has something new.
//
// # What to be careful with
//
//   - Everything here is safe for concurrent use. Close the node before the pubsub and
//     the host, and end Follow before the replica is closed.
//   - Long work blocks and takes a context. What a call starts ends before it returns,
//     save for a connection that is closed: for five seconds at most it waits for the
//     peer to close its side.
//   - A work takes a stream with each neighbour; libp2p carries them over one connection.
//   - The id of a host is not the key that writes in a store; keep the two keys apart.
//     Each side proves the key of its store over the stream, which is bound to both
//     ids ([Conn.Binding]), and a [Policy] sees both.
//   - Whoever knows the id of a work that is followed may fetch it and bring changes,
//     unless [Allow] says otherwise. Works of the repo that are not followed are denied.
//   - Only peers that are connected are met, and none is dialled: that is for the host,
//     its discovery, or [Keep].
//   - Each message of pubsub costs a signature check before this package sees it, and
//     a peer can open connections at will: on an open network give the pubsub a score
//     (pubsub.WithPeerScore) and leave the resource manager of the host on.
//
// # Strangers
//
// A stream over the limits ([StreamsPerPeer]; 1,024 of all peers) is reset at once, as
// is one whose peer breaks the protocol, and one on which no work is attached for a
// minute is closed. An announcement has at most 557 bytes; per peer and work four a
// second are read, the rest is dropped unread; one that has not the form is rejected,
// which a score punishes. Whatever a peer announces, one sync with it is under way at
// a time, fruitless ones come further and further apart, and after five of them what
// it announced is forgotten.
//
// # Format
//
// The protocol of the streams is /commonhold/1; on it messages are framed as package
// transport says. The topic of a work is "/commonhold/heads/1/" and, in lower case
// hexadecimal digits, SHA-256 of "commonhold/topic/v1", a zero and the 32 bytes of the
// work's digest. An announcement on it is
//
//	┌─────────┬────────────┬────────────┬─────────┬───────────────────────────────┐
//	│ 01      │ changes, 8 │ heads, 4   │ sum, 32 │ the first 16 of the heads, 32 │
//	│ version │ big endian │ big endian │         │ bytes each, ascending         │
//	└─────────┴────────────┴────────────┴─────────┴───────────────────────────────┘
//
// where changes and heads are how many of them there are, and sum is SHA-256 of
// "commonhold/heads/v1", a zero, the digest of the work and all heads. Later versions of
// a message are passed over by this one.
package libp2p
