package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// putBytes is how many bytes of blocks are put in one transaction, about.
const putBytes = 8 << 20

// PutBlocks implements store.Blocks. Many blocks are put in several transactions.
func (s *Store) PutBlocks(ctx context.Context, work cid.Cid, list ...store.Block) error {
	if err := errors.Join(store.CheckID(work), store.CheckBlocks(list)); err != nil {
		return err
	}
	for from := 0; ; {
		to, size := from, 0
		for ; to < len(list) && (to == from || size+len(list[to].Data) <= putBytes); to++ {
			size += len(list[to].Data)
		}
		if err := s.putBlocks(ctx, work, list[from:to]); err != nil {
			return err
		}
		if ctx = context.WithoutCancel(ctx); to == len(list) { // it has begun to write
			return nil
		}
		from = to
	}
}

// putBlocks puts blocks in one transaction.
func (s *Store) putBlocks(ctx context.Context, work cid.Cid, list []store.Block) error {
	return s.update(ctx, work, func(ctx context.Context, tx pgx.Tx) error {
		if len(list) == 0 {
			return nil
		}
		var b pgx.Batch
		b.Queue(knowing, work.Bytes())
		for _, one := range list {
			b.Queue(`INSERT INTO blocks (work, id, lane, data) VALUES ($1, $2, $3, $4) ON CONFLICT (work, id, lane) DO UPDATE SET data = $4`,
				work.Bytes(), one.ID.Bytes(), s.lane.Load(), append([]byte{}, one.Data...))
		}
		return tx.SendBatch(ctx, &b).Close()
	})
}

// GetBlock implements store.Blocks. Of several servers that have put it, one good block
// is enough.
func (s *Store) GetBlock(ctx context.Context, work, id cid.Cid) ([]byte, error) {
	if err := errors.Join(store.CheckID(work), store.CheckBlockID(id)); err != nil {
		return nil, err
	}
	var good []byte
	err := s.view(ctx, func(pool *pgxpool.Pool) error {
		rows, err := pool.Query(ctx, `SELECT data FROM blocks WHERE work = $1 AND id = $2 ORDER BY lane <> $3`, work.Bytes(), id.Bytes(), s.lane.Load())
		if err != nil {
			return err
		}
		defer rows.Close()
		bad := fmt.Errorf("block %s: %w", id, store.ErrNotFound)
		for rows.Next() {
			var b []byte
			if err := rows.Scan(&b); err != nil {
				return err
			}
			if bad = store.ReadBlock(id, b); bad == nil {
				good = b
				return nil
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		return store.OfWork(bad, work)
	})
	return good, err
}

// ListBlocks implements store.Blocks.
func (s *Store) ListBlocks(ctx context.Context, work cid.Cid) iter.Seq2[cid.Cid, error] {
	if err := store.CheckID(work); err != nil {
		return func(yield func(cid.Cid, error) bool) { yield(cid.Undef, err) }
	}
	return s.names(ctx, "blocks", work, func(pool *pgxpool.Pool, after []byte) (pgx.Rows, error) {
		return pool.Query(ctx, `SELECT DISTINCT id FROM blocks WHERE work = $1 AND id > $2 ORDER BY id LIMIT $3`, work.Bytes(), after, page)
	})
}

// DropBlocks implements store.Blocks. What another server has put stays.
func (s *Store) DropBlocks(ctx context.Context, work cid.Cid, ids ...cid.Cid) error {
	list, err := bytesOf(store.CheckBlockID, work, ids)
	if err != nil {
		return err
	}
	return s.update(ctx, work, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM blocks WHERE work = $1 AND id = ANY($2) AND lane = $3`, work.Bytes(), list, s.lane.Load())
		return err
	})
}
