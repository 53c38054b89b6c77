package libp2p_test

import (
	"context"
	"fmt"
	"sync"

	golibp2p "github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport/libp2p"
)

// check ends an example that has failed.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Two people write one text. There is no server; each runs a host.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var addresses []peer.AddrInfo // of the host that was there first; others are given them

	// person starts a host and a store, and follows what work makes of it.
	person := func(name string, work func(*merge.Repo) (*merge.Replica, error)) *merge.Replica {
		host, err := golibp2p.New(golibp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"))
		check(err)
		ps, err := pubsub.NewGossipSub(ctx, host)
		check(err)
		repo, err := merge.Open(ctx, store.Memory(), keyFor(name))
		check(err)
		replica, err := work(repo)
		check(err)
		node, err := libp2p.New(host, ps, repo)
		check(err)
		known := addresses
		addresses = append(addresses, peer.AddrInfo{ID: host.ID(), Addrs: host.Addrs()})
		running.Go(func() { libp2p.Keep(ctx, host, known...) })
		running.Go(func() {
			check(node.Follow(ctx, replica))
			check(node.Close())
			check(host.Close())
		})
		return replica
	}
	ann := person("Ann", func(r *merge.Repo) (*merge.Replica, error) { return r.Create(ctx, crdt.Title("Bread")) })
	ben := person("Ben", func(r *merge.Repo) (*merge.Replica, error) { return r.Join(ctx, ann.Doc().ID()) })

	check(ann.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil }))
	for view := range ben.Doc().Watch(ctx, ben.Doc().View()) {
		if text := view.Text("body").String(); text != "" {
			fmt.Println(text)
			break
		}
	}
	cancel()
	running.Wait()
	// Output: Knead.
}
