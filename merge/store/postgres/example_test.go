//go:build unix

package postgres_test

import (
	"context"
	"fmt"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store/postgres"
)

// Two servers share a database; what one writes, the other has.
func ExampleStore_Follow() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	url := shared.url() // postgres://app@db.example/notes
	serve := func(name string) *merge.Repo {
		st, err := postgres.New(url, postgres.Options{Server: name, Schema: "example"})
		if err != nil {
			panic(err)
		}
		repo, err := merge.Open(ctx, st, keyFor(name))
		if err != nil {
			panic(err)
		}
		go st.Follow(ctx, repo, nil)
		return repo
	}

	web1, web2 := serve("web-1"), serve("web-2")
	bread, err := web1.Create(ctx)
	if err != nil {
		panic(err)
	}
	same, err := web2.Open(ctx, bread.Doc().ID())
	if err != nil {
		panic(err)
	}
	err = bread.Update(ctx, func(tx *crdt.Tx) error {
		tx.Text("body").Append("Knead.")
		return nil
	})
	if err != nil {
		panic(err)
	}
	for ctx.Err() == nil && same.Doc().View().Text("body").String() == "" {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(same.Doc().View().Text("body"))
	fmt.Println(web1.Close(), web2.Close())
	// Output:
	// Knead.
	// <nil> <nil>
}
