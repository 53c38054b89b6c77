package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// How long Follow waits before it connects again: it begins with the first and doubles
// up to the last, less up to half of it, by chance. After a connection that has lasted
// longer than the last it begins anew.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// channel is where servers tell each other which work has grown.
func (s *Store) channel() string { return "commonhold:" + s.options.Schema }

// Follow has the works that are open in repo, which must have been opened over this
// store, take in what other servers write, as they tell of it; and seals and saves
// what is edited here, for them to see, after a short pause. What it was not told of,
// because the connection was lost, it finds when it has another one, and by looking
// from time to time (Options).
//
// It blocks until ctx ends and returns nil; ErrClosed of merge or store when the repo
// was closed before that, ErrStore once the store writes no more. told, unless it is
// nil, is told why following is interrupted, or what of a work cannot be taken in, and
// nil when all has been taken in again. It is called from the goroutine of Follow,
// which waits for it.
func (s *Store) Follow(ctx context.Context, repo *merge.Repo, told func(error)) error {
	if err := store.CheckContext(ctx); errors.Is(err, store.ErrArgument) {
		return err
	}
	if told == nil {
		told = func(error) {}
	}
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		begun := time.Now()
		err := s.follow(ctx, repo, told)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, store.ErrClosed), errors.Is(err, merge.ErrClosed):
			return err
		case s.latch.Load() != nil:
			return *s.latch.Load()
		}
		told(err)
		if time.Since(begun) > lastRetry {
			wait = firstRetry
		}
		timer := time.NewTimer(wait - rand.N(wait/2+1))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// follow is Follow over one connection. It returns why that ended.
func (s *Store) follow(ctx context.Context, repo *merge.Repo, told func(error)) error {
	if err := s.alive(ctx); err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, s.config.ConnConfig.Copy())
	if err != nil {
		return failed(err)
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		_ = conn.Close(ending)
	}()
	if _, err := conn.Exec(ctx, `LISTEN `+pgx.Identifier{s.channel()}.Sanitize()); err != nil {
		return failed(err)
	}
	if err := heed(repo.Refresh(ctx), told); err != nil { // what came before anybody listened
		return err
	}
	saved, polled := time.Now(), time.Now()
	for {
		work, err := s.wait(ctx, conn, saved.Add(s.options.Pause))
		switch {
		case err != nil:
			return err
		case work.Defined():
			err = repo.Refresh(ctx, work)
		case time.Since(polled) >= s.options.Poll:
			polled = time.Now()
			err = ping(ctx, conn)
			if err == nil {
				err = repo.Refresh(ctx)
			}
		}
		if err == nil && time.Since(saved) >= s.options.Pause {
			err = repo.Save(ctx)
			saved = time.Now()
		}
		if err != nil && heed(err, told) != nil {
			return err
		}
	}
}

// ping makes sure that there is still somebody at the other end.
func ping(ctx context.Context, conn *pgx.Conn) error {
	bounded, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	if err := conn.Ping(bounded); err != nil {
		return failed(fmt.Errorf("listening: %w", err))
	}
	return nil
}

// heed tells of what is wrong with a work, or that nothing is, and gives back what is
// wrong with the store, the repo or the connection.
func heed(err error, told func(error)) error {
	for _, ends := range []error{store.ErrStore, store.ErrClosed, merge.ErrClosed, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ends) {
			return err
		}
	}
	told(err)
	return nil
}

// wait waits for news of a work, at most until the time given. Its own are none, and
// what nobody can read is everything.
func (s *Store) wait(ctx context.Context, conn *pgx.Conn, until time.Time) (cid.Cid, error) {
	for {
		bounded, cancel := context.WithDeadline(ctx, until)
		n, err := conn.WaitForNotification(bounded)
		cancel()
		if err != nil && ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err)) {
			return cid.Undef, nil
		}
		if err != nil {
			return cid.Undef, failed(fmt.Errorf("listening: %w", err))
		}
		from, name, _ := strings.Cut(n.Payload, " ")
		if from == s.options.Server {
			continue
		}
		if work, err := cid.Decode(name); err == nil {
			return work, nil
		}
	}
}
