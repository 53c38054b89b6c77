package life

import "testing"

// TestDeleteRuns tells which deletes join one run and which begin another.
func TestDeleteRuns(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []deleteRun // pushed one by one
		want   int
	}{
		{"forwards", []deleteRun{{100, 50, 1}, {101, 51, 1}, {102, 52, 7}}, 1},
		{"backwards", []deleteRun{{100, 50, 1}, {101, 49, 1}, {102, 48, 1}}, 1},
		{"to and fro", []deleteRun{{100, 50, 1}, {101, 51, 1}, {102, 49, 1}}, 2},
		{"forwards, then before it", []deleteRun{{100, 50, 2}, {102, 48, 1}}, 2},
		{"forwards, then back at its end", []deleteRun{{100, 50, 2}, {102, 50, 1}}, 2},
		{"backwards, then forwards", []deleteRun{{100, 50, 1}, {101, 49, 1}, {102, 50, 1}}, 2},
		{"backwards, then many", []deleteRun{{100, 50, 1}, {101, 49, 1}, {102, 48, 2}}, 2},
		{"a gap in the numbers", []deleteRun{{100, 50, 1}, {102, 51, 1}}, 2},
		{"the same again", []deleteRun{{100, 50, 1}, {101, 50, 1}}, 2},
	} {
		l := New()
		for _, p := range c.pieces {
			l.Delete(p.d, p.e, p.n)
		}
		if n := len(l.deletes.runs); n != c.want {
			t.Errorf("%s: %d runs, want %d", c.name, n, c.want)
		}
		i, k := 0, uint32(0)
		l.Targets(0, 1000, func(d, e LV, n uint32) {
			for j := range n {
				if p := c.pieces[i]; d+j != p.d+k || e+j != p.e+k {
					t.Errorf("%s: %d targets %d, want %d and %d", c.name, d+j, e+j, p.d+k, p.e+k)
				}
				if k++; k == c.pieces[i].n {
					i, k = i+1, 0
				}
			}
		})
		if i != len(c.pieces) {
			t.Errorf("%s: %d of %d pieces", c.name, i, len(c.pieces))
		}
		if err := l.Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
