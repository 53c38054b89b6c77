package merge

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/transport"
)

// Access is what a peer may do with a work.
type Access uint8

// The accesses, each with what the ones before it allow.
const (
	Deny  Access = iota // the peer learns nothing, not even whether the work is here
	Read                // it may fetch
	Write               // it may bring changes to a work that is here
	Host                // it may bring a work that is not here yet
)

// Policy says what a peer may do with a work. peer is proven, or zero for an
// anonymous one; so far all are anonymous. It is asked at each attach, from the
// goroutine of [Repo.Serve].
type Policy func(ctx context.Context, peer crdt.Author, work cid.Cid) Access

// Serve answers a peer that calls [Replica.Sync] for one work after another, until
// it closes the connection: nil. It closes the connection when it returns. A work
// is opened for as long as it takes, unless somebody has it open anyway; what
// arrives is durable before it is acknowledged.
//
// A sync that ends in part is no error, as the peer is told. ErrPeer when the peer
// broke the protocol, else the error of the store, the connection or the context.
// A connection that is idle is kept: give ctx a deadline, or the stream below.
func (r *Repo) Serve(ctx context.Context, c transport.Conn, allow Policy) error {
	defer c.Close()
	for {
		msg, err := c.Receive(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return lineError(err)
		}
		work, err := readAttach(msg)
		if err != nil {
			return err
		}
		parted, err := r.answer(ctx, c, work, allow)
		if errors.Is(err, ErrPartial) {
			err = nil
		}
		if err != nil || !parted {
			return err
		}
	}
}

// answer serves one attach; parted as in Replica.sync.
func (r *Repo) answer(ctx context.Context, c transport.Conn, work cid.Cid, allow Policy) (parted bool, err error) {
	access := Deny
	if allow != nil {
		access = allow(ctx, crdt.Author{}, work)
	}
	if access == Deny {
		return true, lineError(c.Send(ctx, []byte{msgDeny}))
	}
	rep, err := r.open(ctx, work, access == Host)
	if errors.Is(err, ErrNotFound) {
		return true, lineError(c.Send(ctx, []byte{msgDeny}))
	}
	if err != nil {
		return false, fmt.Errorf("merge: serving %s: %w", work, err)
	}
	defer func() {
		if cerr := rep.Close(); err == nil {
			err = cerr
		}
	}()
	if err := rep.Save(ctx); err != nil {
		return false, err
	}
	if err := c.Send(ctx, attach(work)); err != nil {
		return false, lineError(err)
	}
	return rep.converse(ctx, c, access == Read)
}
