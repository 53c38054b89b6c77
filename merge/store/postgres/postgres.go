package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options are the choices of a store.
type Options struct {
	// Server names this server among those that share the database: 1 to 48 letters,
	// digits, dots, hyphens and underscores. It must be given, and stay.
	Server string
	// Schema is where the tables lie, named alike; "commonhold" when it is empty.
	Schema string
	// Pause is how long an edit waits before Follow seals and saves it for the others to
	// see, about; a quarter of a second when it is zero.
	Pause time.Duration
	// Poll is how often Follow looks for what it was not told of; 30 seconds when it is
	// zero.
	Poll time.Duration
}

// Store is a store in a database, as one of the servers that share it sees it. It is
// safe for concurrent use and made by [New].
//
// Invariants:
//  1. writer and pool are nil exactly when the store is closed.
//  2. Whoever uses them holds mu, for reading; whoever changes them, for writing. So
//     they are closed only when no call is running.
//  3. Only the one whose turn it is (see queue) uses writer, which holds the lock of
//     the lane, and sets latch.
//  4. What is in the lane was put there through writer.
type Store struct {
	config  *pgxpool.Config
	options Options

	mu       sync.RWMutex
	writer   *pgx.Conn
	pool     *pgxpool.Pool
	queue    queue
	lane     atomic.Int32          // the number of the server; it stays
	latch    atomic.Pointer[error] // after a failed write
	rewrites atomic.Uint64         // segments replaced and erased from here

	cutMu sync.Mutex
	cut   map[cid.Cid]bool // works whose journal was found damaged
}

var _ store.Shared = (*Store)(nil)

// nameForm is how servers and schemas are spelled.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,48}$`)

// New returns the store of a server in the database that the URL, or the keywords,
// of a PostgreSQL connection name; those of pgxpool may be among them, such as
// pool_max_conns. It does not connect: the store wants its own Open for that.
// ErrArgument when the URL or a name is not spelled right.
func New(url string, o Options) (*Store, error) {
	if o.Schema == "" {
		o.Schema = "commonhold"
	}
	if o.Pause <= 0 {
		o.Pause = time.Second / 4
	}
	if o.Poll <= 0 {
		o.Poll = 30 * time.Second
	}
	for _, name := range []string{o.Server, o.Schema} {
		if !nameForm.MatchString(name) {
			return nil, fmt.Errorf("postgres: %q names no server or schema: %w", name, store.ErrArgument)
		}
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w: %w", err, store.ErrArgument)
	}
	params := config.ConnConfig.RuntimeParams
	params["search_path"] = pgx.Identifier{o.Schema}.Sanitize()
	params["default_transaction_isolation"] = "read committed" // who waits for a row sees what came before
	if params["application_name"] == "" {
		params["application_name"] = "commonhold " + o.Server
	}
	return &Store{config: config, options: o, queue: newQueue(), cut: map[cid.Cid]bool{}}, nil
}

// lockKey is the key of an advisory lock.
func lockKey(parts ...string) int64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "commonhold %q", parts))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// Open implements store.Store.
func (s *Store) Open(ctx context.Context) (instance string, epoch uint64, err error) {
	if err := store.CheckContext(ctx); err != nil {
		return "", 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer != nil {
		return "", 0, fmt.Errorf("postgres: server %s: %w", s.options.Server, store.ErrLocked)
	}
	conn, err := pgx.ConnectConfig(ctx, s.config.ConnConfig.Copy())
	if err != nil {
		return "", 0, s.opening(ctx, err)
	}
	instance, epoch, err = s.begin(ctx, conn)
	var pool *pgxpool.Pool
	if err == nil {
		pool, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), s.config)
	}
	if err != nil {
		end(conn)
		return "", 0, s.opening(ctx, err)
	}
	s.writer, s.pool = conn, pool
	s.latch.Store(nil)
	s.cutMu.Lock()
	clear(s.cut)
	s.cutMu.Unlock()
	return instance, epoch, nil
}

// opening names the error of an Open.
func (s *Store) opening(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("postgres: server %s: %w", s.options.Server, failed(err))
}

// settings are those of the connection that writes: it is durable, waits a little for
// the lock, and is not ended because nothing was written for a while.
const settings = `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
	SELECT set_config(name, '0', false) FROM pg_settings
		WHERE name IN ('statement_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout');
	SELECT set_config('lock_timeout', '2s', false)`

// begin makes a new connection the one that writes: it takes the lock of the lane and
// counts the use.
func (s *Store) begin(ctx context.Context, conn *pgx.Conn) (instance string, epoch uint64, err error) {
	if _, err := conn.PgConn().Exec(ctx, settings).ReadAll(); err != nil {
		return "", 0, err
	}
	_, err = conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, lockKey("server", s.options.Schema, s.options.Server))
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == lockNotAvailable {
		return "", 0, store.ErrLocked
	}
	if err == nil {
		_, err = conn.Exec(ctx, `SELECT set_config('lock_timeout', '0', false)`)
	}
	if err == nil {
		err = migrate(ctx, conn, s.options.Schema)
	}
	if err != nil {
		return "", 0, err
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
		instance, epoch, err = s.count(ctx, tx)
		return err
	})
	return instance, epoch, err
}

// Codes of PostgreSQL.
const (
	lockNotAvailable = "55P03"
	rollbackClass    = "40" // of two transactions one was chosen to be rolled back
)

// count notes one more use of the store, and returns what Open returns. Where the
// database lies is told by the number that it drew when it was made, its timeline,
// and the numbers of the database and a table in it.
func (s *Store) count(ctx context.Context, tx pgx.Tx) (string, uint64, error) {
	var where string
	err := tx.QueryRow(ctx, `SELECT concat_ws(' ', system_identifier, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
		(SELECT oid FROM pg_database WHERE datname = current_database()), 'servers'::regclass::oid) FROM pg_control_system()`).Scan(&where)
	if err != nil {
		return "", 0, err
	}
	place := sha256.Sum256([]byte(where))
	fresh := make([]byte, instanceSize)
	if _, err := rand.Read(fresh); err != nil {
		return "", 0, fmt.Errorf("drawing an instance: %w", err)
	}
	var instance []byte
	var epoch int64
	var lane int32
	err = tx.QueryRow(ctx, `INSERT INTO servers AS s (name, instance, epoch, place) VALUES ($1, $2, 1, $3)
		ON CONFLICT (name) DO UPDATE SET epoch = s.epoch + 1, place = $3,
			instance = CASE WHEN s.place = $3 THEN s.instance ELSE $2 END
		RETURNING lane, instance, epoch`, s.options.Server, fresh, place[:]).Scan(&lane, &instance, &epoch)
	s.lane.Store(lane)
	if err == nil && (len(instance) != instanceSize || epoch < 1) {
		err = damage(cid.Undef, "meta", errLength)
	}
	return hex.EncodeToString(instance), uint64(epoch), err
}

// instanceSize is the length of an instance, before it is spelled in hex.
const instanceSize = 16

// patience is how long a write may take, and a goodbye.
const (
	patience = time.Minute
	goodbye  = 5 * time.Second
)

// Close implements store.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer == nil {
		return store.ErrClosed
	}
	end(s.writer)
	s.pool.Close()
	s.writer, s.pool = nil, nil
	return nil
}

// end closes a connection that may hold locks, and gives them back first: the database
// notices the end of a connection only some time after it. A connection that is broken
// holds nothing that could be given back here.
func end(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	_, _ = conn.Exec(ctx, `SELECT pg_advisory_unlock_all()`)
	_ = conn.Close(ctx)
}

// update runs a write of the open store, perhaps together with others that wait.
func (s *Store) update(ctx context.Context, work cid.Cid, do run) error {
	if err := store.CheckContext(ctx); err != nil {
		return err
	}
	return s.queue.do(ctx, &write{work: work.Bytes(), run: do, done: make(chan struct{})}, s.commit)
}

// attempts is how often a transaction is begun that the database has rolled back for
// the sake of another one.
const attempts = 10

// commit runs a transaction. What the database refuses is the last that is written.
func (s *Store) commit(do run) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.writer == nil {
		return store.ErrClosed
	}
	if err := s.latch.Load(); err != nil {
		return *err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	for range attempts {
		err = s.transact(ctx, do)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code[:2] != rollbackClass {
			break
		}
	}
	if err == nil || refused(err) {
		return err
	}
	err = fmt.Errorf("postgres: server %s writes no more: %w", s.options.Server, failed(err))
	s.latch.Store(&err)
	return err
}

// transact runs a transaction once.
func (s *Store) transact(ctx context.Context, do run) error {
	tx, err := s.writer.Begin(ctx)
	if err != nil {
		return err
	}
	if err := do(ctx, tx); err != nil {
		if undo := tx.Rollback(ctx); undo != nil && refused(err) {
			return undo
		}
		return err
	}
	return tx.Commit(ctx)
}

// view runs a read of the open store, and runs it again when the connection was one
// that the database had ended.
func (s *Store) view(ctx context.Context, read func(*pgxpool.Pool) error) error {
	if err := store.CheckContext(ctx); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.pool == nil {
		return store.ErrClosed
	}
	var err error
	for range 2 {
		err = read(s.pool)
		if err == nil || refused(err) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return failed(err)
}

// alive returns why an iteration cannot go on, if it cannot.
func (s *Store) alive(ctx context.Context) error {
	return s.view(ctx, func(*pgxpool.Pool) error { return nil })
}

// knowing makes a work known, without locking it if it is.
const knowing = `INSERT INTO works (work) VALUES ($1) ON CONFLICT DO NOTHING`

// lock locks the row of a work until the transaction ends, and tells whether it is
// known.
func lock(ctx context.Context, tx pgx.Tx, work cid.Cid) (bool, error) {
	tag, err := tx.Exec(ctx, `SELECT FROM works WHERE work = $1 FOR UPDATE`, work.Bytes())
	return tag.RowsAffected() > 0, err
}
