package merge

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/session"
	"github.com/commonhold/commonhold/merge/transport"
)

// A connection carries one work after the other:
//
//	attach ─────────────▶          the work that one side wants
//	       ◀───────────── attach   the same: agreed; or deny; or, of two that
//	                               ask at once, another work: neither goes on
//	session messages, both ways, until each side has said
//	bye    ──▶ ◀──        bye
//
// Who rests, because it is in sync or can get no further, says bye and nothing
// after it, and reads on until the other's. So when both have parted nothing is
// on its way, and the connection can be used again.
//
//	attach  'a' "commonhold/sync/v1" work CID
//	deny    'd'
//	bye     'b' 1: has held the same as the peer, 0: has not
//
// The first byte of a session message is less than 32.
const (
	msgAttach = 'a'
	msgBye    = 'b'
	msgDeny   = 'd'

	sessionKinds = 32
)

// attachMagic begins an attach: the name and version of this protocol.
const attachMagic = "commonhold/sync/v1"

// maxCID is longer than the CID of any work, which has 36 bytes.
const maxCID = 64

// Sync exchanges everything with the replica at the other end, once, and
// returns nil as soon as both have held the same. Both ends call Sync, or the
// other one is served by [Repo.Serve]. What is open is sealed and saved first;
// what arrives is durable when Sync returns. Edits made meanwhile may have to
// wait for the next Sync.
//
// ErrPartial when the two still differ (something waits for a third replica, a
// quota, a peer that gives less than it names), ErrPeer when the other side
// broke the protocol or said nothing for two minutes, ErrForeign when it wants
// another work, ErrDenied when it does not serve this one; else the error of the
// store, the connection or the context.
//
// When both sides have parted properly, which they have after nil, ErrPartial,
// ErrForeign and ErrDenied, the connection stays open and can carry the next
// work. After any other error, or when the peer does not part, Sync closes it,
// so that the other side need not wait for one that is gone.
func (rep *Replica) Sync(ctx context.Context, c transport.Conn) error {
	parted, err := rep.sync(ctx, c)
	if !parted {
		c.Close()
	}
	return err
}

// sync is Sync; parted says that the connection can be used again.
func (rep *Replica) sync(ctx context.Context, c transport.Conn) (parted bool, err error) {
	if err := rep.Save(ctx); err != nil {
		return false, err
	}
	msg, err := trade(ctx, c, attach(rep.work))
	if err != nil {
		return false, err
	}
	if len(msg) == 1 && msg[0] == msgDeny {
		return true, fmt.Errorf("merge: work %s: %w", rep.work, ErrDenied)
	}
	work, err := readAttach(msg)
	if err != nil {
		return false, err
	}
	if work != rep.work {
		return true, fmt.Errorf("merge: the other side attaches %s: %w", work, ErrForeign)
	}
	return rep.converse(ctx, c, false)
}

// lineError names where an error of a connection comes from. A frame that no
// honest peer sends is the peer's fault.
func lineError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, transport.ErrFrame):
		return fmt.Errorf("merge: sync: %w: %w", ErrPeer, err)
	}
	return fmt.Errorf("merge: sync: %w", err)
}

// attach is the message that attaches a work.
func attach(work cid.Cid) []byte {
	return append(append([]byte{msgAttach}, attachMagic...), work.Bytes()...)
}

// readAttach is the inverse of attach. ErrPeer for anything else, and for a CID
// that cannot be that of a work.
func readAttach(msg []byte) (cid.Cid, error) {
	const head = 1 + len(attachMagic)
	if len(msg) < head || len(msg) > head+maxCID || msg[0] != msgAttach || string(msg[1:head]) != attachMagic {
		return cid.Undef, fmt.Errorf("merge: no attach: %w", ErrPeer)
	}
	work, err := cid.Cast(msg[head:])
	if err == nil {
		_, err = block.ChangeID(work)
	}
	if err != nil {
		return cid.Undef, fmt.Errorf("merge: attach: %w: %w", err, ErrPeer)
	}
	return work, nil
}

// converse lets a session of the replica speak over c until both sides are done;
// the replica has been saved.
func (rep *Replica) converse(ctx context.Context, c transport.Conn, readOnly bool) (parted bool, err error) {
	w := &replicated{
		in:    rep.in,
		count: func() int { return int(rep.durable.Load()) },
		after: func() error { return rep.settle(ctx) },
	}
	s, err := session.New(w, session.Options{Source: rep.source(), ReadOnly: readOnly})
	if err != nil {
		return false, err
	}
	l := line{c: c, s: s}
	return l.run(ctx)
}
