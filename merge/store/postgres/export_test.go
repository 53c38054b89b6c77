package postgres

import (
	"context"
	"fmt"
)

// Check restates what must hold of the tables at any moment between transactions, and
// counts what does not.
func (s *Store) Check(ctx context.Context) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for what, sql := range map[string]string{
		"a segment has a greater number than the work": `SELECT count(*) FROM segments s LEFT JOIN works w USING (work) WHERE n > coalesce(last, 0) OR first > n OR first < 1`,
		"segments of a lane overlap": `SELECT count(*) FROM segments a JOIN segments b USING (work, lane)
			WHERE a.n < b.n AND b.first <= a.n`,
		"a journal lacks records": `SELECT count(*) FROM journals j WHERE records <>
			(SELECT count(*) FROM records r WHERE r.lane = j.lane AND r.work = j.work AND r.n BETWEEN 1 AND j.records)`,
		"records have no journal": `SELECT count(*) FROM records r WHERE NOT EXISTS (SELECT FROM journals j WHERE j.lane = r.lane AND j.work = r.work)`,
		"a work is not known": `SELECT count(*) FROM (SELECT work FROM segments UNION SELECT work FROM journals UNION SELECT work FROM held
			UNION SELECT work FROM blocks UNION SELECT work FROM gone) x WHERE work NOT IN (SELECT work FROM works)`,
	} {
		n := 0
		if err := s.pool.QueryRow(ctx, sql).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("postgres: %s: %d times", what, n)
		}
	}
	return nil
}
