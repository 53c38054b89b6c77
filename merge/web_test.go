//go:build !js

package merge_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/dir"
	"github.com/commonhold/commonhold/merge/transport"
	"github.com/commonhold/commonhold/merge/transport/websocket"
)

// TestManyWorks: two hundred works over one connection, edited on both sides.
func TestManyWorks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		ann := open(t, store.Memory(), "ann")
		var here, there []*merge.Replica
		for k := range 200 {
			r, err := ann.Create(ctx, crdt.Title(fmt.Sprint(k)))
			must(t, err)
			must(t, r.Update(ctx, app(fmt.Sprint("work ", k))))
			here = append(here, r)
		}
		end := h.follow(ann)
		soon()
		for _, r := range here {
			there = append(there, h.replica(r))
			same(t, r, there[len(there)-1])
		}
		for k := range here {
			must(t, here[k].Update(ctx, app("!")))
			must(t, there[k].Update(ctx, put(0, "?")))
		}
		soon()
		for k := range here {
			same(t, here[k], there[k])
		}
		if n := len(h.dials); n != 1 {
			t.Errorf("%d connections", n)
		}
		must(t, end())
		must(t, ann.Close())
		h.close()
	})
}

// TestWeb: some people follow a server over WebSockets, each with a folder of files;
// the server is stopped and started again while they write. In the end all hold the
// same, and everything that anybody wrote.
func TestWeb(t *testing.T) {
	const people, edits = 4, 30
	ctx := context.Background()
	root := t.TempDir()
	home := func(name string) *merge.Repo {
		st, err := dir.Open(filepath.Join(root, name))
		must(t, err)
		return open(t, st, name)
	}
	host := home("server")
	var serving sync.WaitGroup
	var mu sync.Mutex
	var web *httptest.Server
	start := func() {
		mu.Lock()
		defer mu.Unlock()
		web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			serving.Add(1)
			defer serving.Done()
			c, err := websocket.Accept(w, r)
			if err == nil {
				_ = host.Serve(r.Context(), c, everything)
			}
		}))
	}
	start()
	dialer := func(ctx context.Context) (c transport.Conn, err error) {
		mu.Lock()
		address := web.URL
		mu.Unlock()
		return websocket.Dialer(address, nil)(ctx)
	}
	founder := home("founder")
	first, err := founder.Create(ctx)
	must(t, err)
	following, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	follow := func(r *merge.Repo) {
		all.Go(func() { must(t, r.Follow(following, dialer, merge.Batch(5*time.Millisecond))) })
	}
	follow(founder)
	repos, replicas := []*merge.Repo{founder}, []*merge.Replica{first}
	for k := range people {
		repo := home(fmt.Sprint("person ", k))
		r, err := repo.Join(ctx, first.Doc().ID())
		must(t, err)
		repos, replicas = append(repos, repo), append(replicas, r)
		follow(repo)
	}
	waitFor(t, func() bool {
		for _, r := range replicas {
			if r.Doc().Heads() == (crdt.Version{}) {
				return false
			}
		}
		return true
	})
	var writing sync.WaitGroup
	for k, r := range replicas {
		writing.Go(func() {
			for n := range edits {
				must(t, r.Update(ctx, app(fmt.Sprintf("<%d %d>", k, n))))
				time.Sleep(3 * time.Millisecond)
			}
		})
	}
	for range 2 {
		time.Sleep(30 * time.Millisecond)
		web.CloseClientConnections()
		web.Close()
		start()
	}
	writing.Wait()
	waitFor(t, func() bool {
		for _, r := range replicas {
			if r.Doc().View().Open() || r.Doc().Heads() != first.Doc().Heads() {
				return false
			}
		}
		return true
	})
	for _, r := range replicas {
		same(t, r, first)
	}
	if n, want := len(text(first)), len(replicas)*(10*len("<0 0>")+20*len("<0 00>")); n != want {
		t.Errorf("%d bytes of text, %d were written", n, want)
	}
	stop()
	all.Wait()
	web.CloseClientConnections()
	serving.Wait()
	web.Close()
	for _, r := range append(repos, host) {
		must(t, r.Close())
	}
}
