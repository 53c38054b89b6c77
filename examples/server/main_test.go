//go:build !js

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport/websocket"
)

// childOfTest tells the test program in its environment that it is the server.
const childOfTest = "COMMONHOLD_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(childOfTest) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// somebody opens a store in memory for somebody.
func somebody(t *testing.T, name string) *merge.Repo {
	t.Helper()
	repo, err := merge.Open(context.Background(), store.Memory(), one{authorship.NewKey(name)}, authorship.Agree(terms))
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// TestServer: a work goes by way of the server from one who brings it to one who knows
// its name; the server ends while they are connected, and one that is closed takes what
// it has and nothing new.
func TestServer(t *testing.T) {
	ctx := context.Background()
	s := server{folder: filepath.Join(t.TempDir(), "works"), listen: "127.0.0.1:0", origins: "*.example.com,example.com", public: "https://example.com"}
	ann, ben := somebody(t, "Ann"), somebody(t, "Ben")
	a, err := ann.Create(ctx, authorship.Commons("Bread", terms))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ben.Join(ctx, a.Doc().ID())
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		s.closed = n > 0
		running, stop := context.WithCancel(ctx)
		r, w := io.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- s.run(running, w) }()
		address, err := bufio.NewReader(r).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		c, err := websocket.Dialer(strings.TrimSpace(address), nil)(ctx)
		if err != nil {
			t.Fatal(err)
		}
		err = a.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append("Knead. "); return nil })
		if err := errors.Join(err, a.Sync(ctx, c), b.Sync(ctx, c)); err != nil {
			t.Fatal(err)
		}
		if got, want := b.Doc().View().Text("body").String(), strings.Repeat("Knead. ", n+1); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		other, err := ann.Create(ctx, authorship.Commons("Cake", terms))
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Sync(ctx, c); errors.Is(err, merge.ErrDenied) != s.closed || err != nil && !s.closed {
			t.Errorf("a new work, closed %v: %v", s.closed, err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server: %v", err)
		}
		c.Close()
	}
}

// TestLoad: a few clients, and a server that is killed once.
func TestLoad(t *testing.T) {
	t.Setenv(childOfTest, "1")
	l := load{clients: 4, edits: 30, restarts: 1, ahead: 3, pause: 5 * time.Millisecond, limit: 2 * time.Minute}
	var out bytes.Buffer
	if err := l.run(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%q: %v", &out, err)
	}
	if r.Clients != 4 || r.Edits != 120 || r.Restarts != 1 || len(r.Kept) != 1 || r.Kept[0] < 60 || r.P99 <= 0 || r.PerSecond <= 0 {
		t.Errorf("it prints %s", &out)
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("more than a line: %s", &out)
	}
	t.Logf("%s", &out)
}
