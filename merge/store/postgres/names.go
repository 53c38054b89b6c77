package postgres

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Names implements store.Naming. They are those of this server.
func (s *Store) Names(ctx context.Context) (map[string]cid.Cid, error) {
	var names map[string]cid.Cid
	err := s.pairs(ctx, cid.Undef, "names", store.MaxID, func(pool *pgxpool.Pool) (pgx.Rows, error) {
		names = map[string]cid.Cid{}
		return pool.Query(ctx, `SELECT name, work FROM names WHERE lane = $1`, s.lane.Load())
	}, func(k, v []byte) error {
		id, err := cidOf(v)
		if err == nil {
			names[string(k)] = id
		}
		return err
	})
	if err != nil && !errors.Is(err, store.ErrCorrupt) {
		return nil, err
	}
	return names, err
}

// SetName implements store.Naming. A name is found by its hash, since it is longer than
// what an index takes.
func (s *Store) SetName(ctx context.Context, name string, work cid.Cid) error {
	err := store.CheckName(name)
	if err == nil && work.Defined() {
		err = store.CheckID(work)
	}
	if err != nil {
		return err
	}
	key := sha256.Sum256([]byte(name))
	return s.update(ctx, cid.Undef, func(ctx context.Context, tx pgx.Tx) (err error) {
		if work.Defined() {
			_, err = tx.Exec(ctx, `INSERT INTO names (lane, key, name, work) VALUES ($1, $2, $3, $4)
				ON CONFLICT (lane, key) DO UPDATE SET name = $3, work = $4`, s.lane.Load(), key[:], []byte(name), sealed([]byte(name), work.Bytes()))
		} else {
			_, err = tx.Exec(ctx, `DELETE FROM names WHERE lane = $1 AND key = $2`, s.lane.Load(), key[:])
		}
		return err
	})
}
