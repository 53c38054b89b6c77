package charter_test

import (
	"fmt"
	"slices"
	"testing"
)

// TestTable: every line of the table of scenarios is played: S1 to S12, of which S3 and S11
// are two each, and T1 to T45.
func TestTable(t *testing.T) {
	want := []string{"S3b", "S11a", "S11b"}
	for n := range 12 {
		if n+1 != 11 {
			want = append(want, fmt.Sprint("S", n+1))
		}
	}
	for n := range 45 {
		want = append(want, fmt.Sprint("T", n+1))
	}
	var got []string
	for _, sc := range scenarios {
		got = append(got, sc.name)
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("nobody plays %s", name)
		}
	}
	slices.Sort(got)
	if len(slices.Compact(got)) != len(scenarios) {
		t.Errorf("a name stands twice in %q", got)
	}
}
