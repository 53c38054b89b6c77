package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// page is how many names are listed at a time.
const page = 256

// Works implements store.Segments.
func (s *Store) Works(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return s.names(ctx, "works", cid.Undef, func(pool *pgxpool.Pool, after []byte) (pgx.Rows, error) {
		return pool.Query(ctx, `SELECT work FROM works WHERE work > $1 ORDER BY work LIMIT $2`, after, page)
	})
}

// names yields CIDs that come page by page. One that is damaged is a CorruptError: the
// last thing that is yielded when work is undefined, else the next one follows.
func (s *Store) names(ctx context.Context, part string, work cid.Cid, query func(*pgxpool.Pool, []byte) (pgx.Rows, error)) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		after := []byte{}
		var bad error
		for {
			var list [][]byte
			err := s.view(ctx, func(pool *pgxpool.Pool) error {
				rows, err := query(pool, after)
				if err == nil {
					list, err = pgx.CollectRows(rows, pgx.RowTo[[]byte])
				}
				return err
			})
			for i := 0; i < len(list) && err == nil; i++ {
				if err = s.alive(ctx); err != nil {
					break
				}
				id, unread := cidOf(list[i])
				if unread != nil {
					unread = damage(work, part, fmt.Errorf("name %x: %w", list[i], unread))
				}
				if unread != nil && !work.Defined() {
					bad = unread
				} else if !yield(id, unread) {
					return
				}
			}
			if err != nil || len(list) < page {
				if err = errors.Join(err, bad); err != nil {
					yield(cid.Undef, err)
				}
				return
			}
			after = list[len(list)-1]
		}
	}
}

// Append implements store.Segments.
func (s *Store) Append(ctx context.Context, work cid.Cid, list ...store.Segment) error {
	if err := errors.Join(store.CheckID(work), store.CheckAppend(list)); err != nil {
		return err
	}
	return s.update(ctx, work, func(ctx context.Context, tx pgx.Tx) error { return s.append(ctx, tx, work, list) })
}

// append puts those segments behind the others of a work that are not in the lane, and
// tells the other servers when the transaction is committed.
func (s *Store) append(ctx context.Context, tx pgx.Tx, work cid.Cid, list []store.Segment) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([][]byte, len(list))
	for i := range list {
		ids[i] = idOf(list[i].ID)
	}
	rows, err := tx.Query(ctx, `SELECT id FROM segments WHERE work = $1 AND id = ANY($2) AND lane = $3`, work.Bytes(), ids, s.lane.Load())
	if err != nil {
		return err
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return err
	}
	var fresh []int
	for i, id := range ids {
		if !slices.ContainsFunc(there, func(b []byte) bool { return bytes.Equal(b, id) }) {
			there, fresh = append(there, id), append(fresh, i)
		}
	}
	if len(fresh) == 0 {
		_, err := tx.Exec(ctx, knowing, work.Bytes())
		return err
	}
	var last int64
	err = tx.QueryRow(ctx, `INSERT INTO works AS w (work, last) VALUES ($1, $2)
		ON CONFLICT (work) DO UPDATE SET last = w.last + $2 RETURNING last`, work.Bytes(), len(fresh)).Scan(&last)
	if err != nil {
		return err
	}
	var b pgx.Batch
	for k, i := range fresh {
		n := last - int64(len(fresh)) + 1 + int64(k)
		s.insert(&b, work, n, n, list[i])
	}
	b.Queue(`SELECT pg_notify($1, $2)`, s.channel(), s.options.Server+" "+work.String())
	return tx.SendBatch(ctx, &b).Close()
}

// insert puts a segment into the lane.
func (s *Store) insert(b *pgx.Batch, work cid.Cid, n, first int64, seg store.Segment) {
	id := idOf(seg.ID)
	b.Queue(`INSERT INTO segments (work, n, lane, first, id, replaces, changes, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		work.Bytes(), n, s.lane.Load(), first, id, replacesOf(seg), seg.Changes, wordsOf(id, seg.Words))
}

// replacesOf is how the IDs of replaced segments are stored.
func replacesOf(seg store.Segment) []byte {
	return sealed(idOf(seg.ID), bytes.Join(idsOf(seg.Replaces), nil))
}

// wordsOf is how words are stored; nil when there are none.
func wordsOf(id, words []byte) []byte {
	if words == nil {
		return nil
	}
	return sealed(id, words)
}

// Replace implements store.Segments. Segments of the own lane only are replaced, and
// are neighbours when none of the lane stands between them; what names only itself is
// replaced in every lane.
func (s *Store) Replace(ctx context.Context, work cid.Cid, seg store.Segment) error {
	if err := errors.Join(store.CheckID(work), seg.Check()); err != nil {
		return err
	}
	if len(seg.Replaces) == 0 {
		return fmt.Errorf("nothing to replace: %w", store.ErrArgument)
	}
	err := s.update(ctx, work, func(ctx context.Context, tx pgx.Tx) error {
		known, err := lock(ctx, tx, work)
		if err == nil && !known {
			err = fmt.Errorf("work %s: %w", work, store.ErrNotFound)
		}
		if err == nil && len(seg.Replaces) == 1 && seg.Replaces[0] == seg.ID {
			err = s.renew(ctx, tx, work, seg)
		} else if err == nil {
			err = s.supplant(ctx, tx, work, seg)
		}
		return err
	})
	if err == nil {
		s.rewrites.Add(1)
	}
	return err
}

// renew puts a segment in its own place.
func (s *Store) renew(ctx context.Context, tx pgx.Tx, work cid.Cid, seg store.Segment) error {
	id := idOf(seg.ID)
	tag, err := tx.Exec(ctx, `UPDATE segments SET changes = $3, words = $4, replaces = $5 WHERE work = $1 AND id = $2`,
		work.Bytes(), id, seg.Changes, wordsOf(id, seg.Words), replacesOf(seg))
	if err == nil && tag.RowsAffected() == 0 {
		err = fmt.Errorf("segment %s: %w", seg.ID, store.ErrNotFound)
	}
	return err
}

// supplant puts a segment in the place of neighbours. It takes the number of the last
// of them, so that a reader behind a mark that has not read that one meets it, and the
// first number of the first, so that what stands on these comes later when a work is
// loaded.
func (s *Store) supplant(ctx context.Context, tx pgx.Tx, work cid.Cid, seg store.Segment) error {
	first, last, err := s.neighbours(ctx, tx, work, seg)
	if err != nil {
		return err
	}
	var start int64
	var elsewhere bool
	err = tx.QueryRow(ctx, `SELECT
		(SELECT min(first) FROM segments WHERE work = $1 AND n = $2),
		EXISTS (SELECT FROM segments WHERE work = $1 AND id = $4 AND lane = $5 AND n NOT BETWEEN $2 AND $3)`,
		work.Bytes(), first, last, idOf(seg.ID), s.lane.Load()).Scan(&start, &elsewhere)
	if err != nil {
		return err
	}
	if elsewhere {
		return fmt.Errorf("segment %s is there already: %w", seg.ID, store.ErrArgument)
	}
	var b pgx.Batch
	b.Queue(`DELETE FROM segments WHERE work = $1 AND n BETWEEN $2 AND $3 AND lane = $4`, work.Bytes(), first, last, s.lane.Load())
	s.insert(&b, work, last, start, seg)
	b.Queue(`UPDATE works SET replaced = replaced + 1 WHERE work = $1`, work.Bytes())
	return tx.SendBatch(ctx, &b).Close()
}

// neighbours returns the numbers of the first and the last of the segments that seg
// replaces, after making sure that they stand one after another in the lane.
func (s *Store) neighbours(ctx context.Context, tx pgx.Tx, work cid.Cid, seg store.Segment) (first, last int64, err error) {
	rows, err := tx.Query(ctx, `SELECT id, n FROM segments WHERE work = $1 AND id = ANY($2) AND lane = $3`, work.Bytes(), idsOf(seg.Replaces), s.lane.Load())
	if err != nil {
		return 0, 0, err
	}
	numbers := map[string]int64{}
	var id []byte
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
		numbers[string(id)] = n
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	inOrder := true
	for _, old := range seg.Replaces {
		n, ok := numbers[string(idOf(old))]
		if !ok {
			return 0, 0, fmt.Errorf("segment %s: %w", old, store.ErrNotFound)
		}
		if first == 0 {
			first = n
		}
		inOrder = inOrder && n > last
		last = n
	}
	var between int
	err = tx.QueryRow(ctx, `SELECT count(*) FROM segments WHERE work = $1 AND n BETWEEN $2 AND $3 AND lane = $4`,
		work.Bytes(), first, last, s.lane.Load()).Scan(&between)
	if err == nil && (!inOrder || between != len(seg.Replaces)) {
		err = fmt.Errorf("segments to replace are no neighbours: %w", store.ErrArgument)
	}
	return first, last, err
}

// Erase implements store.Segments. Words are erased in every lane.
func (s *Store) Erase(ctx context.Context, work cid.Cid, e store.Erasure) error {
	if err := errors.Join(store.CheckID(work), e.Check()); err != nil {
		return err
	}
	err := s.update(ctx, work, func(ctx context.Context, tx pgx.Tx) error {
		if e.Segment != "" {
			if _, err := lock(ctx, tx, work); err != nil {
				return err
			}
			id := idOf(e.Segment)
			tag, err := tx.Exec(ctx, `UPDATE segments SET words = $3 WHERE work = $1 AND id = $2`, work.Bytes(), id, wordsOf(id, e.Words))
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 0 {
				return fmt.Errorf("segment %s: %w", e.Segment, store.ErrNotFound)
			}
		}
		return forget(ctx, tx, work, e)
	})
	if err == nil {
		s.rewrites.Add(1)
	}
	return err
}

// forget notes what is gone.
func forget(ctx context.Context, tx pgx.Tx, work cid.Cid, e store.Erasure) error {
	if len(e.Content) == 0 {
		return nil
	}
	var b pgx.Batch
	b.Queue(knowing, work.Bytes())
	for _, id := range e.Content {
		b.Queue(`INSERT INTO gone (work, content, reason) VALUES ($1, $2, $3) ON CONFLICT (work, content) DO UPDATE SET reason = $3`,
			work.Bytes(), id.Bytes(), sealed(id.Bytes(), []byte(e.Reason)))
	}
	return tx.SendBatch(ctx, &b).Close()
}

// Gone implements store.Segments.
func (s *Store) Gone(ctx context.Context, work cid.Cid) (map[cid.Cid]string, error) {
	if err := store.CheckID(work); err != nil {
		return nil, err
	}
	var gone map[cid.Cid]string
	err := s.pairs(ctx, work, "gone", store.MaxName, func(pool *pgxpool.Pool) (pgx.Rows, error) {
		gone = map[cid.Cid]string{}
		return pool.Query(ctx, `SELECT content, reason FROM gone WHERE work = $1`, work.Bytes())
	}, func(k, v []byte) error {
		id, err := cidOf(k)
		if err == nil {
			gone[id] = string(v)
		}
		return err
	})
	if err != nil && !errors.Is(err, store.ErrCorrupt) {
		return nil, err
	}
	return gone, err
}

// pairs reads keys with sealed values. Of a damaged one it takes note and goes on; the
// first is the error it returns in the end.
func (s *Store) pairs(ctx context.Context, work cid.Cid, part string, limit int, query func(*pgxpool.Pool) (pgx.Rows, error), take func(k, v []byte) error) error {
	return s.view(ctx, func(pool *pgxpool.Pool) error {
		rows, err := query(pool)
		if err != nil {
			return err
		}
		var first error
		var k, stored []byte
		_, err = pgx.ForEachRow(rows, []any{&k, &stored}, func() error {
			v, err := unsealed(k, stored, limit)
			if err == nil {
				err = take(k, v)
			}
			if err != nil && first == nil {
				first = damage(work, part, fmt.Errorf("%q: %w", k, err))
			}
			return nil
		})
		if err != nil {
			return err
		}
		return first
	})
}
