//go:build !js

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
	"github.com/commonhold/commonhold/merge/transport/websocket"
)

// load is a trial: clients in this process, each with a store in memory, follow a
// server in a child process over WebSockets and edit one work. An edit inserts a word at
// a random place of one text, and counts. Each client watches its neighbour, and goes on
// as long as its own has not fallen behind by more edits than ahead.
//
// An edit is acknowledged when its Update has returned and the neighbour shows it: then
// the server has passed it on, which it may only do with what it has stored. Checked is:
//
//   - each time the server was killed, in its file, before anybody connects again: it is
//     undamaged, holds every edit that was acknowledged by then, and no edit in part;
//   - at the end, when the server has ended by SIGTERM without an error: its file and all
//     clients show every edit of every client, and have the same heads and the same JSON.
type load struct {
	clients, edits, restarts, ahead int
	pause, limit                    time.Duration

	folder  string
	work    cid.Cid
	players []*client
	address atomic.Pointer[string] // of the server that runs now, or ran last
	shown   atomic.Int64           // acknowledged edits of all
	marks   chan int64             // sent each time the server is to be killed
	kept    []int64                // acknowledged when it was
}

// result is what is printed.
type result struct {
	Clients   int     `json:"clients"`
	Edits     int     `json:"edits"` // of all
	Restarts  int     `json:"restarts"`
	Kept      []int64 `json:"acknowledged_at_kill"`
	Seconds   float64 `json:"seconds"` // until all showed all, with the server's absences
	PerSecond float64 `json:"edits_per_second"`
	Median    float64 `json:"delay_median_ms"` // from before Update to the neighbour's view, absences included
	P99       float64 `json:"delay_p99_ms"`
}

// client is one of those who edit.
type client struct {
	name  string
	repo  *merge.Repo
	rep   *merge.Replica
	begun chan time.Time  // of its edits that the neighbour does not show yet
	acked atomic.Int64    // how many it shows
	delay []time.Duration // of what it shows of its neighbour
}

// word is what an edit inserts.
const word = "word "

// terms are what the words are under.
const terms = "CC0-1.0"

// one gives one key to a store that is opened once.
type one struct{ crdt.Signer }

// SignerFor implements merge.Keys.
func (k one) SignerFor(string, uint64) (crdt.Signer, error) { return k.Signer, nil }

// run makes the trial and prints the result.
func (l *load) run(ctx context.Context, out io.Writer) (err error) {
	if l.clients < 2 || l.edits < 1 || l.restarts < 0 || l.ahead < 1 || l.pause <= 0 {
		return errors.New("a trial wants two clients, an edit of each, one ahead and a pause, or more")
	}
	if l.folder, err = os.MkdirTemp("", "server"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(l.folder)) }()
	ctx, cancel := context.WithTimeout(ctx, l.limit)
	defer cancel()
	if err := l.gather(ctx); err != nil {
		return err
	}
	l.marks, l.kept = make(chan int64, l.restarts+1), []int64{}
	took, err := l.play(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%d edits were acknowledged, and not all %d shown by all clients: %w", l.shown.Load(), l.clients*l.edits, err)
	}
	if err != nil {
		return err
	}
	if err := l.compare(ctx); err != nil {
		return err
	}
	var all []time.Duration
	for _, c := range l.players {
		all = append(all, c.delay...)
	}
	slices.Sort(all)
	round := func(f float64) float64 { return math.Round(f*100) / 100 }
	ms := func(percent int) float64 {
		return round(float64(all[(len(all)-1)*percent/100]) / float64(time.Millisecond))
	}
	return json.NewEncoder(out).Encode(result{
		l.clients, len(all), l.restarts, l.kept, round(took.Seconds()), round(float64(len(all)) / took.Seconds()), ms(50), ms(99)})
}

// gather makes the clients and the work.
func (l *load) gather(ctx context.Context) error {
	for k := range l.clients {
		c := &client{name: fmt.Sprint(k), begun: make(chan time.Time, l.ahead)}
		l.players = append(l.players, c)
		var err error
		if c.repo, err = merge.Open(ctx, store.Memory(), one{authorship.NewKey(c.name)}, authorship.Agree(terms)); err != nil {
			return err
		}
		if k == 0 {
			c.rep, err = c.repo.Create(ctx, authorship.Commons("Trial", terms))
			l.work = c.rep.Doc().ID()
		} else {
			c.rep, err = c.repo.Join(ctx, l.work)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// play has the clients edit and the server killed, until all show all that was edited,
// and ends the server. It returns how long that took since all had the work.
func (l *load) play(ctx context.Context) (took time.Duration, err error) {
	srv, err := l.start(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, srv.end()) }()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var following, ready, busy sync.WaitGroup
	defer following.Wait()
	follow, leave := context.WithCancel(ctx)
	defer leave()
	do := func(wg *sync.WaitGroup, f func() error) {
		wg.Go(func() {
			if err := f(); err != nil {
				fail(err)
			}
		})
	}
	for k, c := range l.players {
		do(&following, func() error { return c.repo.Follow(follow, l.dial, merge.Batch(l.pause)) })
		ready.Add(1)
		do(&busy, func() error { return l.watch(ctx, c, l.players[(k+1)%l.clients], ready.Done) })
	}
	ready.Wait()
	begun := time.Now()
	for k, c := range l.players {
		do(&busy, func() error { return l.edit(ctx, c, rand.New(rand.NewPCG(uint64(k), 1))) })
	}
	for n := 1; n <= l.restarts && ctx.Err() == nil; n++ {
		select {
		case <-l.marks:
			if srv, err = l.restart(ctx, srv); err != nil {
				fail(err)
			}
		case <-ctx.Done():
		}
	}
	busy.Wait()
	return time.Since(begun), context.Cause(ctx)
}

// dial is the transport.Dialer of the clients.
func (l *load) dial(ctx context.Context) (transport.Conn, error) {
	return websocket.Dialer(*l.address.Load(), nil)(ctx)
}

// edit makes the edits of a client.
func (l *load) edit(ctx context.Context, c *client, rng *rand.Rand) error {
	for k := 1; k <= l.edits; k++ {
		select {
		case c.begun <- time.Now():
		case <-ctx.Done():
			return ctx.Err()
		}
		err := c.rep.Update(ctx, func(tx *crdt.Tx) error {
			body := tx.Text("body")
			body.Insert(rng.IntN(body.Len()+1), word)
			tx.Map("edits").Put(c.name, k)
			tx.Counter("edits").Add(1)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// edits is how many edits of a client a view shows.
func (c *client) edits(v *crdt.View) int64 {
	n, _ := v.Map("edits").Get(c.name).Any().(int64)
	return n
}

// watch notes when a client shows the edits of its neighbour, until it shows all edits.
func (l *load) watch(ctx context.Context, c, neighbour *client, ready func()) error {
	ready = sync.OnceFunc(ready)
	defer ready()
	for v := range c.rep.Doc().Watch(ctx, nil) {
		ready()
		for n := neighbour.edits(v); neighbour.acked.Load() < n; {
			c.delay = append(c.delay, time.Since(<-neighbour.begun))
			neighbour.acked.Add(1)
			// Kills are spread evenly over the edits.
			all := int64(l.clients * l.edits)
			if now := l.shown.Add(1); now*int64(l.restarts+1)/all > (now-1)*int64(l.restarts+1)/all {
				l.marks <- now
			}
		}
		if n, err := v.Counter("edits").Int(); err != nil || n == int64(l.clients*l.edits) {
			return err
		}
	}
	return ctx.Err()
}

// restart kills the server, looks at what it has stored, and starts it again.
func (l *load) restart(ctx context.Context, srv *child) (*child, error) {
	if err := srv.kill(); err != nil {
		return srv, err
	}
	acked, sum := make([]int64, l.clients), int64(0)
	for k, c := range l.players {
		acked[k] = c.acked.Load()
		sum += acked[k]
	}
	l.kept = append(l.kept, sum)
	err := l.stored(ctx, func(rep *merge.Replica) error { return l.holds(rep, acked) })
	if err != nil {
		return srv, fmt.Errorf("after a kill: %w", err)
	}
	next, err := l.start(ctx)
	if err != nil {
		return srv, err
	}
	return next, nil
}

// stored opens what the server has stored and lets f look at it.
func (l *load) stored(ctx context.Context, f func(*merge.Replica) error) error {
	repo, err := openStore(ctx, l.folder)
	if err != nil {
		return err
	}
	rep, err := repo.Open(ctx, l.work)
	if err == nil {
		err = errors.Join(append(rep.Damage(), f(rep))...)
	}
	return errors.Join(err, repo.Close())
}

// holds checks that a replica shows so many edits of each client, or more, and each of
// them whole.
func (l *load) holds(rep *merge.Replica, least []int64) error {
	v, sum := rep.Doc().View(), int64(0)
	for k, c := range l.players {
		n := c.edits(v)
		if n < least[k] {
			return fmt.Errorf("client %s: %d edits, %d were acknowledged", c.name, n, least[k])
		}
		sum += n
	}
	n, err := v.Counter("edits").Int()
	if letters := v.Text("body").Len(); n != sum || int64(letters) != sum*int64(len(word)) {
		return fmt.Errorf("%d edits, but %d were counted, and inserted %d letters", sum, n, letters)
	}
	return err
}

// compare checks that the server's file and all clients hold all edits, and the same.
func (l *load) compare(ctx context.Context) error {
	all := slices.Repeat([]int64{int64(l.edits)}, l.clients)
	return l.stored(ctx, func(rep *merge.Replica) error {
		want, err := rep.Doc().View().MarshalJSON()
		if err != nil {
			return err
		}
		if err := l.holds(rep, all); err != nil {
			return fmt.Errorf("the server's file: %w", err)
		}
		for _, c := range l.players {
			got, err := c.rep.Doc().View().MarshalJSON()
			if err := errors.Join(err, l.holds(c.rep, all)); err != nil {
				return fmt.Errorf("client %s: %w", c.name, err)
			}
			if c.rep.Doc().Heads() != rep.Doc().Heads() || string(got) != string(want) {
				return fmt.Errorf("client %s and the server's file differ:\n%s\n%s", c.name, got, want)
			}
			if err := c.repo.Close(); err != nil {
				return err
			}
		}
		return nil
	})
}
