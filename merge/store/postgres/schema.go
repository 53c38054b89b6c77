package postgres

import (
	"context"
	"fmt"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/jackc/pgx/v5"
)

// steps bring the tables from each version to the next; the first makes them. A
// version that was released is never changed again, a later one is added.
var steps = []string{`
CREATE TABLE format (version integer NOT NULL);
INSERT INTO format VALUES (0);
CREATE TABLE servers (
	lane integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	instance bytea NOT NULL,
	epoch bigint NOT NULL,
	place bytea NOT NULL
);
CREATE TABLE works (
	work bytea PRIMARY KEY,
	last bigint NOT NULL DEFAULT 0,
	replaced bigint NOT NULL DEFAULT 0
);
CREATE TABLE segments (
	work bytea NOT NULL,
	n bigint NOT NULL,
	lane integer NOT NULL,
	first bigint NOT NULL,
	id bytea NOT NULL,
	replaces bytea NOT NULL,
	changes bytea NOT NULL,
	words bytea,
	PRIMARY KEY (work, n),
	UNIQUE (work, id, lane),
	UNIQUE (work, first, n)
);
ALTER TABLE segments ALTER changes SET STORAGE EXTERNAL, ALTER words SET STORAGE EXTERNAL;
CREATE TABLE journals (
	lane integer NOT NULL,
	work bytea NOT NULL,
	header bytea NOT NULL,
	records bigint NOT NULL,
	PRIMARY KEY (lane, work)
);
CREATE TABLE records (
	lane integer NOT NULL,
	work bytea NOT NULL,
	n bigint NOT NULL,
	body bytea NOT NULL,
	PRIMARY KEY (lane, work, n)
);
CREATE TABLE held (
	lane integer NOT NULL,
	work bytea NOT NULL,
	id bytea NOT NULL,
	data bytea NOT NULL,
	PRIMARY KEY (lane, work, id)
);
ALTER TABLE held ALTER data SET STORAGE EXTERNAL;
CREATE TABLE blocks (
	work bytea NOT NULL,
	id bytea NOT NULL,
	lane integer NOT NULL,
	data bytea NOT NULL,
	PRIMARY KEY (work, id, lane)
);
ALTER TABLE blocks ALTER data SET STORAGE EXTERNAL;
CREATE TABLE gone (
	work bytea NOT NULL,
	content bytea NOT NULL,
	reason bytea NOT NULL,
	PRIMARY KEY (work, content)
);
CREATE TABLE names (
	lane integer NOT NULL,
	key bytea NOT NULL,
	name bytea NOT NULL,
	work bytea NOT NULL,
	PRIMARY KEY (lane, key)
);
`}

// migrate makes the tables, or brings them to the present version. Servers that begin
// at one time do it one after another.
func migrate(ctx context.Context, conn *pgx.Conn, schema string) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockKey("schema", schema)); err != nil {
			return err
		}
		var there, made bool
		err := tx.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL, to_regclass($1 || '.format') IS NOT NULL`,
			pgx.Identifier{schema}.Sanitize()).Scan(&there, &made)
		if err != nil {
			return err
		}
		version := 0
		if made {
			if err := tx.QueryRow(ctx, `SELECT max(version) FROM format`).Scan(&version); err != nil {
				return err
			}
		}
		if version > len(steps) {
			return fmt.Errorf("schema %s has version %d, this program knows %d: %w", schema, version, len(steps), store.ErrVersion)
		}
		if !there {
			if _, err := tx.Exec(ctx, `CREATE SCHEMA `+pgx.Identifier{schema}.Sanitize()); err != nil {
				return err
			}
		}
		for _, step := range steps[version:] {
			if _, err := tx.Exec(ctx, step); err != nil {
				return err
			}
		}
		if version < len(steps) {
			_, err = tx.Exec(ctx, `UPDATE format SET version = $1`, len(steps))
		}
		return err
	})
}
