//go:build !js

package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/commonhold/commonhold/merge/transport"
)

func init() {
	routes = append(routes, route{"sync", "sent to an empty replica with a store in one file, over a loopback socket", syncing})
}

// syncTimes is how often a history is made one after the other, to be long.
const syncTimes = 10

// syncing measures sending a history to an empty replica until it is applied there and
// durable, both sides together: the trace ten times over, 100 edits a change, and once,
// one edit a change.
func syncing(r *run) error {
	if err := r.sync("sync, ten times over", perChange, syncTimes, 4); err != nil {
		return err
	}
	return r.sync("sync, one edit a change", 1, 1, 0)
}

// sync measures sending so many times the history, n edits a change.
func (r *run) sync(name string, n, times int, limit float64) error {
	ctx := context.Background()
	repo, err := merge.Open(ctx, store.Memory(), storeKey{})
	if err != nil {
		return err
	}
	src, err := repo.Create(ctx, crdt.Title(r.name))
	if err != nil {
		return err
	}
	for range times { // each time before what is there, which is then the end of the text
		if err := typed(src.Doc(), r.flat.Edits, n); err != nil {
			return err
		}
	}
	if err := src.Save(ctx); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "replay")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := &loopback{ctx: ctx, host: repo, work: src.Doc().ID(), path: filepath.Join(dir, "store")}
	text, done := "", merge.Progress{}
	m := measure{
		name: name, limit: limit, edits: times * len(r.flat.Edits),
		floor: decoding(src.Doc()), floorName: "every block hashed, and decoded by the CBOR library",
		prepare: p.open,
		do:      func() error { return p.meet(&done) },
		check: func() error {
			text = p.rep.Doc().View().Text(body).String()
			if p.rep.Doc().Heads() != src.Doc().Heads() || text != strings.Repeat(r.trace.End, times) {
				return fmt.Errorf("%s ends wrong: %d bytes of text", name, len(text))
			}
			return p.close()
		},
		extra: func() map[string]any {
			return map[string]any{"changes": done.Received.Changes, "bytes": done.Received.Bytes, "sent_bytes": done.Sent.Bytes}
		},
	}
	return errors.Join(r.measure(m), src.Close(), repo.Close())
}

// loopback is an empty replica and how it meets the one that has the work.
type loopback struct {
	ctx  context.Context
	host *merge.Repo
	work cid.Cid
	path string

	repo *merge.Repo
	rep  *merge.Replica
}

// open makes the replica.
func (p *loopback) open() error {
	st, err := bolt.Open(p.path)
	if err != nil {
		return err
	}
	if p.repo, err = merge.Open(p.ctx, st, nil); err != nil {
		return err
	}
	p.rep, err = p.repo.Join(p.ctx, p.work)
	return err
}

// meet fetches everything.
func (p *loopback) meet(done *merge.Progress) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	served := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			err = p.host.Serve(p.ctx, transport.Stream(c), func(context.Context, crdt.Author, cid.Cid) merge.Access { return merge.Read })
		}
		served <- err
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	conn := transport.Stream(c)
	err = p.rep.Sync(p.ctx, conn, merge.OnProgress(func(at merge.Progress) { *done = at }))
	return errors.Join(err, conn.Close(), <-served)
}

// close ends it and removes what it has stored.
func (p *loopback) close() error {
	return errors.Join(p.rep.Close(), p.repo.Close(), os.Remove(p.path))
}

// decoding hashes every block of a document and decodes its change with the CBOR
// library, as whoever has no decoder of his own would.
func decoding(d *crdt.Doc) func() {
	in := bridge.Of(d)
	idx := make([]int, in.Count())
	for i := range idx {
		idx[i] = i
	}
	b, n := in.Bundle(idx, 1<<31-1)
	if n != len(idx) {
		panic("replay: a work too large for one bundle")
	}
	mode, err := cbor.DecOptions{MaxArrayElements: 1 << 20}.DecMode()
	if err != nil {
		panic("replay: " + err.Error())
	}
	return func() {
		sum := byte(0)
		for k := range b.Items {
			it := &b.Items[k]
			for _, p := range [][]byte{it.Change, it.Words} {
				h := sha256.Sum256(p)
				sum ^= h[0]
			}
			var v any
			if err := mode.Unmarshal(it.Change, &v); err != nil {
				panic("replay: a change of a document does not decode: " + err.Error())
			}
		}
		b.Items[0].ID[0] = sum
	}
}
