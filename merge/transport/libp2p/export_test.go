package libp2p

import (
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/transport/libp2p/internal/news"
)

// TopicName is the name of the topic of a work.
func TopicName(work cid.Cid) string {
	d, _ := news.DigestOf(work)
	return news.Topic(d)
}

// Announce is the announcement of a version as it goes over the topic.
func Announce(work cid.Cid, v crdt.Version, changes int) []byte {
	d, _ := news.DigestOf(work)
	a, _ := news.Of(d, v, changes)
	return a.Encode()
}

// Effort is what the peers of a work have caused.
type Effort struct{ Dropped, Malformed, Read, Syncs int }

// Effort gives it for a work that is followed.
func (n *Node) Effort(work cid.Cid) Effort {
	r := n.room(work)
	r.mu.Lock()
	defer r.mu.Unlock()
	return Effort{r.effort.dropped, r.effort.malformed, r.effort.read, r.effort.syncs}
}

// MostSyncs is how many syncs with one peer that brings nothing can be begun in a time.
func MostSyncs(took time.Duration) int {
	n, at := 1, time.Duration(0)
	for tries := 1; ; tries++ {
		if at += min(lastWait, firstWait<<tries) / 2; at > took {
			return n
		}
		n++
	}
}

// Check restates the invariants of a node and its rooms.
func (n *Node) Check() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, r := range n.rooms {
		if r.id != id {
			return fmt.Errorf("node 1: the room of %s is that of %s", id, r.id)
		}
		if err := r.check(); err != nil {
			return fmt.Errorf("room of %s: %w", id, err)
		}
	}
	return nil
}

// check restates the invariants of a room.
func (r *room) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	linked, busy := 0, 0
	for id, p := range r.peers {
		if p.id != id {
			return fmt.Errorf("1: %s is kept as %s", p.id, id)
		}
		if p.link != nil {
			linked++
		}
		if p.busy {
			busy++
		}
		if !p.here && (p.heard != nil || !p.due.IsZero()) && !p.busy {
			return fmt.Errorf("1: %s is gone and something is due", id)
		}
	}
	for id, guests := range r.guests {
		if len(guests) == 0 {
			return fmt.Errorf("1: %s is a guest on no stream", id)
		}
	}
	if linked != r.linked || linked > r.node.neighbours {
		return fmt.Errorf("2: %d have a link, %d are counted, %d may", linked, r.linked, r.node.neighbours)
	}
	if busy != r.syncs || busy > maxSyncs {
		return fmt.Errorf("2: %d are busy, %d are counted, %d may be", busy, r.syncs, maxSyncs)
	}
	return nil
}
