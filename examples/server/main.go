//go:build !js

// Server is a small sync server: it relays works between those who follow it over
// WebSockets, and keeps them in one file of a folder. It holds no key, reads nothing,
// and can add nothing in anybody's name.
//
//	go run ./examples/server -folder works -listen 127.0.0.1:8480
//
// A program follows it with
//
//	repo.Follow(ctx, websocket.Dialer("http://127.0.0.1:8480/sync", nil))
//
// On the open net it belongs behind a proxy that speaks TLS, whose address it is told
// with -public. It ends on an interrupt or SIGTERM, when all it was told is stored.
//
// Words are all it keeps: what is attached (merge.Replica.Attach) stays with those who
// have it.
//
// With -load it puts itself to the test: many clients edit one work at a server that is
// killed meanwhile. One line of JSON says how that went; see load.go for what is checked.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/commonhold/commonhold/merge/transport/websocket"
)

// maxConns is how many are served at a time; who comes then is told to come later.
const maxConns = 4096

// server is what the flags say of a server.
type server struct {
	folder, listen, public, origins string
	closed                          bool // brings no new works
}

func main() {
	var s server
	flag.StringVar(&s.folder, "folder", "works", "where the works are kept")
	flag.StringVar(&s.listen, "listen", "127.0.0.1:8480", "address to listen at")
	flag.StringVar(&s.public, "public", "", "https address of a proxy before this server")
	flag.StringVar(&s.origins, "origins", "", "hosts whose pages may connect from a browser, such as *.example.com, with commas")
	flag.BoolVar(&s.closed, "closed", false, "take no works that are not here yet")
	var l load
	test := flag.Bool("load", false, "measure instead: clients edit one work at a server that is killed meanwhile")
	flag.IntVar(&l.clients, "clients", 50, "with -load: how many clients, at least 2")
	flag.IntVar(&l.edits, "edits", 100, "with -load: how many edits each of them makes")
	flag.IntVar(&l.restarts, "restarts", 2, "with -load: how often the server is killed")
	flag.IntVar(&l.ahead, "ahead", 4, "with -load: how many edits a client makes before another has seen the first")
	flag.DurationVar(&l.pause, "pause", 20*time.Millisecond, "with -load: how long an edit waits for more of them")
	flag.DurationVar(&l.limit, "limit", 5*time.Minute, "with -load: how long it may take")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := s.run
	if *test {
		run = l.run
	}
	if err := run(ctx, os.Stdout); err != nil {
		log.Fatalln("server:", err)
	}
}

// openStore opens the works of a folder to relay them.
func openStore(ctx context.Context, folder string) (*merge.Repo, error) {
	st, err := bolt.Open(filepath.Join(folder, "works.db"))
	if err != nil {
		return nil, err
	}
	repo, err := merge.Open(ctx, st, nil, authorship.Rules())
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return repo, nil
}

// allow is the merge.Policy: whoever knows the name of a work may read and write it, as
// the work's own rules decide what counts.
func (s *server) allow(context.Context, crdt.Author, cid.Cid) merge.Access {
	if s.closed {
		return merge.Write
	}
	return merge.Host
}

// options are those of each connection.
func (s *server) options() (opts []websocket.AcceptOption) {
	if s.public != "" {
		opts = append(opts, websocket.Public(s.public))
	}
	if s.origins != "" {
		opts = append(opts, websocket.Origins(strings.Split(s.origins, ",")...))
	}
	return opts
}

// run serves until ctx ends. It says where, on a line, once it listens.
func (s *server) run(ctx context.Context, out io.Writer) (err error) {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	repo, err := openStore(ctx, s.folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	seats := make(chan struct{}, maxConns)
	mux := http.NewServeMux()
	mux.HandleFunc("/sync", func(w http.ResponseWriter, r *http.Request) {
		select {
		case seats <- struct{}{}:
			defer func() { <-seats }()
		default:
			http.Error(w, "too many connections", http.StatusServiceUnavailable)
			return
		}
		c, err := websocket.Accept(w, r, s.options()...)
		if err != nil {
			return // the client has been told
		}
		if err := repo.Serve(r.Context(), c, s.allow); err != nil && ctx.Err() == nil {
			log.Println(r.RemoteAddr, err)
		}
	})
	h := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	defer context.AfterFunc(ctx, func() { _ = h.Close() })()
	fmt.Fprintf(out, "http://%s/sync\n", l.Addr())
	err = h.Serve(l)
	if ctx.Err() != nil {
		err = nil
	}
	for range maxConns { // until all have left, and nobody can come
		seats <- struct{}{}
	}
	return err
}
