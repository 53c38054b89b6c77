package merge_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// check ends an example that has gone wrong.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// An edit is durable when Update returns, whether or not the program ends well.
// keyFor stands for authorship.OpenKeyring.
func ExampleReplica_Update() {
	ctx := context.Background()
	st := store.Memory() // bolt.Open("works.db") for a file
	repo, err := merge.Open(ctx, st, keyFor("ann"))
	check(err)
	diary, err := repo.Named(ctx, "diary", crdt.Title("Diary"))
	check(err)
	check(diary.Update(ctx, func(tx *crdt.Tx) error {
		tx.Text("body").Append("Knead.")
		return nil
	}))
	check(st.Close()) // the program ends without a word

	repo, err = merge.Open(ctx, st, keyFor("ann"))
	check(err)
	diary, err = repo.Named(ctx, "diary")
	check(err)
	fmt.Println(diary.Doc().Title(), diary.Doc().View().Text("body"))
	check(repo.Close())
	// Output: Diary Knead.
}

// Two people edit apart and meet. Each end calls Sync; here they are in one
// program, so one of them runs in a goroutine.
func ExampleReplica_Sync() {
	ctx := context.Background()
	annsStore, err := merge.Open(ctx, store.Memory(), keyFor("ann"))
	check(err)
	bensStore, err := merge.Open(ctx, store.Memory(), keyFor("ben"))
	check(err)
	ann, err := annsStore.Create(ctx, crdt.Title("Bread"))
	check(err)
	ben, err := bensStore.Join(ctx, ann.Doc().ID()) // from the id alone; empty so far
	check(err)
	meet := func() {
		here, there := transport.Pipe() // transport.Stream(conn) for a connection
		done := make(chan error)
		go func() { done <- ben.Sync(ctx, there) }()
		check(ann.Sync(ctx, here))
		check(<-done)
	}
	check(ann.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil }))
	meet()
	check(ann.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Insert(0, "Wash your hands. "); return nil }))
	check(ben.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append(" Wait an hour."); return nil }))
	meet()
	fmt.Println(ann.Doc().View().Text("body"))
	fmt.Println(ben.Doc().View().Text("body"))
	// Output:
	// Wash your hands. Knead. Wait an hour.
	// Wash your hands. Knead. Wait an hour.
}

// A host answers whoever connects. This one takes any work in and lets everybody
// write, but keeps one to itself. It needs no key: nil makes a relay.
func ExampleRepo_Serve() {
	ctx := context.Background()
	host, err := merge.Open(ctx, store.Memory(), nil)
	check(err)
	ann, err := merge.Open(ctx, store.Memory(), keyFor("ann"))
	check(err)
	bread, err := ann.Create(ctx, crdt.Title("Bread"))
	check(err)
	secret, err := ann.Create(ctx, crdt.Title("Surprise"))
	check(err)

	here, there := transport.Pipe()
	done := make(chan error)
	go func() {
		done <- host.Serve(ctx, there, func(_ context.Context, _ crdt.Author, work cid.Cid) merge.Access {
			if work == secret.Doc().ID() {
				return merge.Deny
			}
			return merge.Host
		})
	}()
	fmt.Println(bread.Sync(ctx, here)) // one work after another over one connection
	fmt.Println(errors.Is(secret.Sync(ctx, here), merge.ErrDenied))
	check(here.Close())
	fmt.Println(<-done)

	copied, err := host.Open(ctx, bread.Doc().ID())
	check(err)
	fmt.Println(copied.Doc().Title())
	// Output:
	// <nil>
	// true
	// <nil>
	// Bread
}

// Whoever follows a host sees what others do as they do it, and who is there.
func ExampleRepo_Follow() {
	ctx, stop := context.WithCancel(context.Background())
	host, err := merge.Open(ctx, store.Memory(), nil)
	check(err)
	everybody := func(context.Context, crdt.Author, cid.Cid) merge.Access { return merge.Host }
	dial := func(context.Context) (transport.Conn, error) { // websocket.Dialer(…) for one far away
		here, there := transport.Pipe()
		go func() { check(host.Serve(context.Background(), there, everybody)) }()
		return here, nil
	}
	ann, err := merge.Open(ctx, store.Memory(), keyFor("ann"))
	check(err)
	ben, err := merge.Open(ctx, store.Memory(), keyFor("ben"))
	check(err)
	done := make(chan error)
	go func() { done <- ann.Follow(ctx, dial, merge.Batch(time.Millisecond)) }()
	go func() { done <- ben.Follow(ctx, dial, merge.Batch(time.Millisecond)) }()

	a, err := ann.Create(ctx, crdt.Title("Bread"))
	check(err)
	b, err := ben.Join(ctx, a.Doc().ID())
	check(err)
	check(a.Presence().Set("typing"))
	check(a.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil }))
	<-b.Presence().Changed()
	for _, v := range b.Presence().All() {
		fmt.Println("somebody is", v.Any())
	}
	for b.Doc().View().Text("body").Len() == 0 {
		time.Sleep(time.Millisecond) // or Doc.Watch
	}
	fmt.Println(b.Doc().View().Text("body"))
	stop()
	check(<-done)
	check(<-done)
	// Output:
	// somebody is typing
	// Knead.
}

// Autosave keeps what an editor types straight into the document.
func ExampleReplica_Autosave() {
	st := store.Memory()
	repo, err := merge.Open(context.Background(), st, keyFor("ann"))
	check(err)
	work, err := repo.Create(context.Background())
	check(err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- work.Autosave(ctx, time.Second) }()
	check(work.Doc().Update(func(tx *crdt.Tx) error { tx.Text("body").Append("typed"); return nil }))
	stop() // it saves once more
	check(<-done)
	check(st.Close())

	repo, err = merge.Open(context.Background(), st, keyFor("ann"))
	check(err)
	work, err = repo.Open(context.Background(), work.Doc().ID())
	check(err)
	fmt.Println(work.Doc().View().Text("body"))
	// Output: typed
}

// A Session is for those who carry the messages themselves: it needs no
// connection, no goroutine and no clock but the caller's.
func ExampleSession() {
	a, err := crdt.New(newKey("ann"), crdt.Title("Bread"))
	check(err)
	b, err := crdt.Join(newKey("ben"), a.ID())
	check(err)
	ann, err := merge.NewSession(a)
	check(err)
	ben, err := merge.NewSession(b)
	check(err)
	now := time.Now()
	for sent := true; sent; {
		sent = false
		if msg, _ := ann.Next(now); msg != nil {
			check(ben.Receive(now, msg))
			sent = true
		}
		if msg, _ := ben.Next(now); msg != nil {
			check(ann.Receive(now, msg))
			sent = true
		}
	}
	fmt.Println(ann.InSync(), ben.InSync(), b.Title())
	// Output: true true Bread
}

// Verify looks at every byte of a work that is stored; Repair puts what it can in
// order, and asks peers for the rest at the next meeting.
func ExampleReplica_Verify() {
	ctx := context.Background()
	repo, err := merge.Open(ctx, store.Memory(), keyFor("ann"))
	check(err)
	bread, err := repo.Create(ctx, crdt.Title("Bread"))
	check(err)
	check(bread.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil }))
	check(bread.Save(ctx))
	report, err := bread.Verify(ctx)
	check(err)
	fmt.Println(report.Whole(), report.Changes, "changes")
	check(repo.Close())
	// Output: true 2 changes
}
