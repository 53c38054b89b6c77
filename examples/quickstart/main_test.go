//go:build !js

package main

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRuns: the first run founds the work; each further one opens the same
// folders and goes on, with the same two people.
func TestRuns(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "quickstart")
	for n, want := range [][]string{
		{
			"Knead the warm dough for ten minutes.\n",
			`Ann wrote "Knead the " (effective)`, `Ann wrote "warm " (effective)`, `Ann wrote "dough" (effective)`, `Ben wrote " for ten minutes" (effective)`, `Ann wrote "." (effective)`,
			"loaves: 2 by Ben", "oven: 2", "at the same time",
			"Ann: 18 characters", "Ben: 13 characters",
		},
		{"Knead the warm dough for ten minutes. Wait an entire hour or two.", `Ben wrote " or two"`, `Ann wrote "entire "`, "Ann: 35 characters", "Ben: 18 characters"},
		{"Bake the fresh bread until it sounds hollow.\n", "Ann: 53 characters"},
		{"hollow. Knead the warm dough for ten minutes.\n", "Ann: 71 characters"},
	} {
		var out strings.Builder
		if err := run(context.Background(), &out, folder); err != nil {
			t.Fatal(err)
		}
		for _, s := range append(want, "\"Bread\" by Ann and Ben. CC-BY-SA-4.0.\n") {
			if !strings.Contains(out.String(), s) {
				t.Errorf("run %d does not say %q:\n%s", n, s, &out)
			}
		}
		if m := regexp.MustCompile(`(\d+) changes held, (\d+) covered, (\d+) bound, (\d+) effective`).FindStringSubmatch(out.String()); m == nil || m[1] != m[4] {
			t.Errorf("run %d: %v", n, m)
		}
	}
}
