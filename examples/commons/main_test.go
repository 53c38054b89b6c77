//go:build !js

package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the transcript anew")

// TestStory: the story is told the same way every time.
func TestStory(t *testing.T) {
	const golden = "testdata/transcript.txt"
	var out strings.Builder
	if err := play(context.Background(), t.TempDir(), story, &out); err != nil {
		t.Fatalf("%s\n%v", out.String(), err)
	}
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, lines := strings.Split(out.String(), "\n"), strings.Split(string(want), "\n")
	for k := range min(len(got), len(lines)) {
		if got[k] != lines[k] {
			t.Fatalf("line %d is %q, want %q", k+1, got[k], lines[k])
		}
	}
	if len(got) != len(lines) {
		t.Fatalf("%d lines, want %d", len(got), len(lines))
	}
}

// TestFolders: two people at their own terminals, over files, opened again and again.
func TestFolders(t *testing.T) {
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	type run struct{ name, take, in, want string }
	do := func(r run) string {
		t.Helper()
		var out strings.Builder
		if err := sit(context.Background(), file(r.name), r.name, r.take, strings.NewReader(r.in), &out); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(out.String()); r.want != "*" && got != r.want {
			t.Fatalf("%s %q:\n%s\nwant\n%s", r.name, r.in, got, r.want)
		}
		return strings.TrimSpace(out.String())
	}
	ben := do(run{"Ben", "", "me", "*"})
	ann := do(run{"Ann", "", "me", "*"})
	do(run{"Ann", "", "know Ben " + ben + "\nknow Ann " + ann + "\nfound Bread Ann Ben\nwrite Knead.\nshow\ngive " + file("a"), "made Ann1\n1 Knead.  (Ann)"})
	do(run{"Ben", file("a"), "write Wait.\namend mode propose\nvote Ben1\nshow\ngive " + file("b"), "made Ben0\nmade Ben1\nmade Ben2\n1 Knead.  (Ann)\n2 Wait.  (Ben)"})
	do(run{"Ann", file("b"), "vote Ben1\ncharter\npeople", "made Ann2\n\"Bread\", amended 1 times, CC-BY-SA-4.0, mode propose, to accept 0/1, to amend 1/2\nAnn: member, moderator; Ben: member, moderator"})
	do(run{"Ann", "", "nothing\nvote Ben9\nvote\nquote x y z\nuse Cake\nvote Ben1\nredact", "! no command \"nothing\": help lists them\n! 0 changes are called \"Ben9\"\n! more words are needed: help tells\n! more words are needed: help tells\n! no work \"Cake\" here\n! authorship: the act would be void: BadProposal\n! more words are needed: help tells"})
	do(run{"Cyd", "", "show", "! no handbook here: found one, or take one"})
	if got := do(run{"Ann", "", "help", "*"}); strings.Count(got, "\n")+1 != len(commands) {
		t.Errorf("%s", got)
	}
}
