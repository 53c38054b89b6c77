package postgres

import (
	"context"
	"errors"
	"iter"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Hold implements store.Holding.
func (s *Store) Hold(ctx context.Context, work cid.Cid, list ...store.Pending) error {
	if err := store.CheckID(work); err != nil {
		return err
	}
	for i := range list {
		if err := list[i].Check(); err != nil {
			return err
		}
	}
	return s.update(ctx, work, func(ctx context.Context, tx pgx.Tx) error {
		if len(list) == 0 {
			return nil
		}
		var b pgx.Batch
		b.Queue(knowing, work.Bytes())
		for _, p := range list {
			b.Queue(`INSERT INTO held (lane, work, id, data) VALUES ($1, $2, $3, $4) ON CONFLICT (lane, work, id) DO UPDATE SET data = $4`,
				s.lane.Load(), work.Bytes(), p.ID.Bytes(), sealed(p.ID.Bytes(), p.Data))
		}
		return tx.SendBatch(ctx, &b).Close()
	})
}

// Held implements store.Holding.
func (s *Store) Held(ctx context.Context, work cid.Cid) iter.Seq2[store.Pending, error] {
	return func(yield func(store.Pending, error) bool) {
		if err := store.CheckID(work); err != nil {
			yield(store.Pending{}, err)
			return
		}
		for k := []byte{}; ; {
			var stored []byte
			err := s.view(ctx, func(pool *pgxpool.Pool) error {
				return pool.QueryRow(ctx, `SELECT id, data FROM held WHERE lane = $1 AND work = $2 AND id > $3 ORDER BY id LIMIT 1`,
					s.lane.Load(), work.Bytes(), k).Scan(&k, &stored)
			})
			if errors.Is(err, pgx.ErrNoRows) {
				return
			}
			if err != nil {
				yield(store.Pending{}, err)
				return
			}
			var p store.Pending
			if p.ID, err = cidOf(k); err == nil {
				p.Data, err = unsealed(k, stored, store.MaxPending)
			}
			if err != nil {
				p.Data, err = nil, damage(work, "held", err)
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

// Release implements store.Holding.
func (s *Store) Release(ctx context.Context, work cid.Cid, ids ...cid.Cid) error {
	list, err := bytesOf(store.CheckID, work, ids)
	if err != nil {
		return err
	}
	return s.update(ctx, work, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM held WHERE lane = $1 AND work = $2 AND id = ANY($3)`, s.lane.Load(), work.Bytes(), list)
		return err
	})
}

// bytesOf spells CIDs of a work after they were checked.
func bytesOf(check func(cid.Cid) error, work cid.Cid, ids []cid.Cid) ([][]byte, error) {
	if err := store.CheckID(work); err != nil {
		return nil, err
	}
	list := make([][]byte, len(ids))
	for i, id := range ids {
		if err := check(id); err != nil {
			return nil, err
		}
		list[i] = id.Bytes()
	}
	return list, nil
}
