package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// OpenJournal implements store.Journals.
func (s *Store) OpenJournal(ctx context.Context, work cid.Cid, header []byte, records ...[]byte) error {
	j := store.Journal{Header: header, Records: records}
	if err := errors.Join(store.CheckID(work), j.Check()); err != nil {
		return err
	}
	err := s.update(ctx, work, func(ctx context.Context, tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(knowing, work.Bytes())
		b.Queue(`DELETE FROM records WHERE lane = $1 AND work = $2`, s.lane.Load(), work.Bytes())
		b.Queue(`INSERT INTO journals (lane, work, header, records) VALUES ($1, $2, $3, 0)
			ON CONFLICT (lane, work) DO UPDATE SET header = $3, records = 0`, s.lane.Load(), work.Bytes(), sealed(work.Bytes(), header))
		b.Queue(recording, s.lane.Load(), work.Bytes(), len(records), bodies(work, records))
		return tx.SendBatch(ctx, &b).Close()
	})
	if err == nil {
		s.damaged(work, false)
	}
	return err
}

// damaged notes whether the journal of a work was found damaged.
func (s *Store) damaged(work cid.Cid, yes bool) {
	s.cutMu.Lock()
	defer s.cutMu.Unlock()
	if yes {
		s.cut[work] = true
	} else {
		delete(s.cut, work)
	}
}

// AppendJournal implements store.Journals.
func (s *Store) AppendJournal(ctx context.Context, work cid.Cid, records ...[]byte) error {
	if err := errors.Join(store.CheckID(work), store.CheckRecords(records)); err != nil {
		return err
	}
	return s.update(ctx, work, func(ctx context.Context, tx pgx.Tx) error {
		s.cutMu.Lock()
		cut := s.cut[work]
		s.cutMu.Unlock()
		if cut {
			return damage(work, "journal", errChecksum)
		}
		var open bool
		err := tx.QueryRow(ctx, recording, s.lane.Load(), work.Bytes(), len(records), bodies(work, records)).Scan(&open)
		if err == nil && !open {
			err = fmt.Errorf("journal of %s: %w", work, store.ErrNotFound)
		}
		return err
	})
}

// recording puts records behind those of the journal that is open, and tells whether
// one is.
const recording = `WITH
	j AS (UPDATE journals SET records = records + $3 WHERE lane = $1 AND work = $2 RETURNING records),
	r AS (INSERT INTO records (lane, work, n, body)
		SELECT $1, $2, j.records - $3 + new.k, new.body FROM j, unnest($4::bytea[]) WITH ORDINALITY AS new (body, k))
	SELECT EXISTS (SELECT FROM j)`

// bodies are records as they are stored.
func bodies(work cid.Cid, records [][]byte) [][]byte {
	list := make([][]byte, len(records))
	for i, r := range records {
		list[i] = sealed(work.Bytes(), r)
	}
	return list
}

// LoadJournal implements store.Journals.
func (s *Store) LoadJournal(ctx context.Context, work cid.Cid) (store.Journal, error) {
	if err := store.CheckID(work); err != nil {
		return store.Journal{}, err
	}
	var j store.Journal
	err := s.view(ctx, func(pool *pgxpool.Pool) error {
		j = store.Journal{}
		options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly} // header and records of one moment
		return pgx.BeginTxFunc(ctx, pool, options, func(tx pgx.Tx) error { return s.journal(ctx, tx, work, &j) })
	})
	if errors.Is(err, store.ErrCorrupt) {
		s.damaged(work, true)
	} else if err != nil {
		j = store.Journal{}
	}
	return j, err
}

// journal reads the journal of a work up to the first record that is damaged.
func (s *Store) journal(ctx context.Context, tx pgx.Tx, work cid.Cid, j *store.Journal) error {
	var header []byte
	var many int64
	err := tx.QueryRow(ctx, `SELECT header, records FROM journals WHERE lane = $1 AND work = $2`, s.lane.Load(), work.Bytes()).Scan(&header, &many)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT n, body FROM records WHERE lane = $1 AND work = $2 ORDER BY n`, s.lane.Load(), work.Bytes())
	if err != nil {
		return err
	}
	var n int64
	var stored []byte
	bad := error(nil)
	_, err = pgx.ForEachRow(rows, []any{&n, &stored}, func() error {
		body, err := unsealed(work.Bytes(), stored, store.MaxPart)
		if err == nil && n != int64(len(j.Records))+1 {
			err = errMissing
		}
		if bad == nil && err != nil {
			bad = fmt.Errorf("record %d: %w", len(j.Records)+1, err)
		}
		if bad == nil {
			j.Records = append(j.Records, body)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if bad == nil && int64(len(j.Records)) != many {
		bad = fmt.Errorf("%d records of %d: %w", len(j.Records), many, errMissing)
	}
	if j.Header, err = unsealed(work.Bytes(), header, store.MaxHeader); err != nil {
		j.Header, j.Records, bad = nil, nil, fmt.Errorf("header: %w", err)
	}
	if bad != nil {
		return damage(work, "journal", bad)
	}
	return nil
}

// Seal implements store.Journals.
func (s *Store) Seal(ctx context.Context, work cid.Cid, list ...store.Segment) error {
	if err := errors.Join(store.CheckID(work), store.CheckAppend(list)); err != nil {
		return err
	}
	err := s.update(ctx, work, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.append(ctx, tx, work, list); err != nil {
			return err
		}
		var b pgx.Batch
		b.Queue(`DELETE FROM records WHERE lane = $1 AND work = $2`, s.lane.Load(), work.Bytes())
		b.Queue(`DELETE FROM journals WHERE lane = $1 AND work = $2`, s.lane.Load(), work.Bytes())
		return tx.SendBatch(ctx, &b).Close()
	})
	if err == nil {
		s.damaged(work, false)
	}
	return err
}
