//go:build !js

package merge_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport/websocket"
)

// TestFollowLeaves: whoever stops following says so over a WebSocket too, and Serve
// ends without an error.
func TestFollowLeaves(t *testing.T) {
	host := open(t, store.Memory(), "host")
	ends := make(chan error, 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r)
		if err == nil {
			err = host.Serve(r.Context(), c, everything)
		}
		ends <- err
	}))
	defer web.Close()
	ann, a := found(t, store.Memory(), "ann")
	for k := range 50 {
		ctx, leave := context.WithCancel(context.Background())
		attached := make(chan struct{}, 1)
		done := make(chan error, 1)
		go func() {
			done <- ann.Follow(ctx, websocket.Dialer(web.URL, nil), merge.Batch(time.Millisecond), merge.OnStatus(func(s merge.FollowStatus) {
				if s.Status.State == merge.InSync {
					select {
					case attached <- struct{}{}:
					default:
					}
				}
			}))
		}()
		<-attached
		must(t, a.Update(ctx, app("x")))
		leave()
		must(t, <-done)
		if err := <-ends; err != nil {
			t.Fatalf("visit %d: %v", k, err)
		}
	}
}
