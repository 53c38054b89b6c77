package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"iter"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What is read at a time: so many segments, and no second one past so many bytes.
const (
	partSegments = 64
	partBytes    = 4 << 20
)

// row is a segment as it is stored.
type row struct {
	n, first       int64
	lane           int32
	id             []byte
	replaces       []byte
	changes, words []byte
}

// segment reads a row. What is damaged comes as Load yields it.
func (s *Store) segment(work cid.Cid, r *row) (store.Segment, error) {
	seg := store.Segment{ID: hex.EncodeToString(r.id)}
	if r.lane != s.lane.Load() {
		seg.Mark = uint64(r.n)
	}
	bad := func(part string, err error) error {
		return &store.CorruptError{Work: work, Segment: seg.ID, Part: part, Err: err}
	}
	old, err := unsealed(r.id, r.replaces, store.MaxReplace*idSize)
	if err == nil && len(old)%idSize != 0 {
		err = errLength
	}
	if err == nil && (len(r.changes) == 0 || len(r.changes) > store.MaxPart) {
		err = errLength
	}
	if err == nil && store.NewSegment(r.changes, nil).ID != seg.ID {
		err = errChecksum
	}
	if err != nil {
		return seg, bad("changes", err)
	}
	seg.Changes = r.changes
	for ; len(old) > 0; old = old[idSize:] {
		seg.Replaces = append(seg.Replaces, hex.EncodeToString(old[:idSize]))
	}
	if r.words == nil {
		return seg, nil
	}
	if seg.Words, err = unsealed(r.id, r.words, store.MaxPart); err != nil {
		seg.Words = nil
		return seg, bad("words", err)
	}
	return seg, nil
}

// cursor is how far a reader has come: behind the segment with these numbers, up to
// the number end.
type cursor struct {
	work     cid.Cid
	first, n int64
	end      int64
	replaced int64 // segments of the work at the last look
}

// look learns how far the work goes by now.
func (s *Store) look(ctx context.Context, c *cursor) error {
	return s.view(ctx, func(pool *pgxpool.Pool) error {
		err := pool.QueryRow(ctx, `SELECT last, replaced FROM works WHERE work = $1`, c.work.Bytes()).Scan(&c.end, &c.replaced)
		if errors.Is(err, pgx.ErrNoRows) {
			c.end, c.replaced, err = 0, 0, nil
		}
		return err
	})
}

// The next segments of a work: in the order of what they stand for, and those of
// others behind a mark.
const (
	nextOfAll = `SELECT s.n, s.first, s.lane, s.id, s.replaces, s.changes, s.words
		FROM (SELECT n, sum(size) OVER w AS upto, row_number() OVER w AS k
			FROM (SELECT n, first, octet_length(changes) + coalesce(octet_length(words), 0) AS size
				FROM segments WHERE work = $1 AND (first, n) > ($2, $3) AND n <= $4
				ORDER BY first, n LIMIT $5) next
			WINDOW w AS (ORDER BY first, n)) part
		JOIN segments s ON s.work = $1 AND s.n = part.n
		WHERE k = 1 OR upto <= $6 ORDER BY s.first, s.n`
	nextOfOthers = `SELECT s.n, s.first, s.lane, s.id, s.replaces, s.changes, s.words
		FROM (SELECT n, sum(size) OVER w AS upto, row_number() OVER w AS k
			FROM (SELECT n, octet_length(changes) + coalesce(octet_length(words), 0) AS size
				FROM segments WHERE work = $1 AND n > $2 AND n <= $3 AND lane <> $6
				ORDER BY n LIMIT $4) next
			WINDOW w AS (ORDER BY n)) part
		JOIN segments s ON s.work = $1 AND s.n = part.n
		WHERE k = 1 OR upto <= $5 ORDER BY s.n`
)

// next reads what comes behind a cursor.
func (s *Store) next(ctx context.Context, c *cursor, others bool) (list []row, err error) {
	err = s.view(ctx, func(pool *pgxpool.Pool) error {
		var rows pgx.Rows
		var err error
		if others {
			rows, err = pool.Query(ctx, nextOfOthers, c.work.Bytes(), c.n, c.end, partSegments, partBytes, s.lane.Load())
		} else {
			rows, err = pool.Query(ctx, nextOfAll, c.work.Bytes(), c.first, c.n, c.end, partSegments, partBytes)
		}
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(one pgx.CollectableRow) (r row, err error) {
			err = one.Scan(&r.n, &r.first, &r.lane, &r.id, &r.replaces, &r.changes, &r.words)
			return r, err
		})
		return err
	})
	return list, err
}

// walk gives take what comes behind a cursor, part by part, and reads a part anew when
// something was replaced or erased from here meanwhile. It tells whether take has had
// enough.
func (s *Store) walk(ctx context.Context, c *cursor, others bool, take func(*row) bool) (stop bool, err error) {
	for {
		rewrites := s.rewrites.Load()
		list, err := s.next(ctx, c, others)
		if err != nil || len(list) == 0 {
			return false, err
		}
		for i := range list {
			if err := s.alive(ctx); err != nil {
				return false, err
			}
			if rewrites != s.rewrites.Load() {
				break
			}
			c.first, c.n = list[i].first, list[i].n
			if !take(&list[i]) {
				return true, nil
			}
		}
	}
}

// Load implements store.Segments. After the last segment it looks whether any were
// replaced meanwhile, and yields those that have come in the place of what it did not
// reach.
func (s *Store) Load(ctx context.Context, work cid.Cid) iter.Seq2[store.Segment, error] {
	return func(yield func(store.Segment, error) bool) {
		c := cursor{work: work}
		err := store.CheckID(work)
		if err == nil {
			err = s.look(ctx, &c)
		}
		passed := map[int64]bool{}
		for err == nil {
			var stop bool
			stop, err = s.walk(ctx, &c, false, func(r *row) bool {
				if passed[r.n] {
					return true
				}
				passed[r.n] = true
				return yield(s.segment(work, r))
			})
			if stop {
				return
			}
			again := cursor{work: work}
			if err == nil {
				err = s.look(ctx, &again)
			}
			if err == nil && again.replaced == c.replaced {
				return
			}
			c = again
		}
		yield(store.Segment{}, err)
	}
}

// Since implements store.Shared.
func (s *Store) Since(ctx context.Context, work cid.Cid, mark uint64) iter.Seq2[store.Segment, error] {
	return func(yield func(store.Segment, error) bool) {
		c := cursor{work: work, n: int64(min(mark, 1<<62))}
		err := store.CheckID(work)
		if err == nil {
			err = s.look(ctx, &c)
		}
		if err == nil && c.n < c.end {
			var stop bool
			stop, err = s.walk(ctx, &c, true, func(r *row) bool { return yield(s.segment(work, r)) })
			if stop {
				return
			}
		}
		if err != nil {
			yield(store.Segment{}, err)
		}
	}
}
