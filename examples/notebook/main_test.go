//go:build !js

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// person runs commands in a copy.
type person struct {
	t               *testing.T
	dir, name, join string
}

// prints runs commands, which may hold lines, and gives what they print.
func (p *person) prints(commands string) string {
	p.t.Helper()
	var out strings.Builder
	if err := run(p.dir, p.name, p.join, strings.NewReader(commands), &out); err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(out.String())
}

// says runs commands and wants what they print.
func (p *person) says(commands, want string) {
	p.t.Helper()
	if got := p.prints(commands); got != strings.TrimSpace(want) {
		p.t.Fatalf("%s %q:\n%s\nwant\n%s", p.name, commands, got, want)
	}
}

// TestNotebook: two people, a folder each, share a notebook; each run opens the
// folder anew.
func TestNotebook(t *testing.T) {
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	stick, picture, copied := file("stick"), file("loaf.png"), file("copied.png")
	pixels := bytes.Repeat([]byte("a loaf of bread "), 40_000) // three chunks
	if err := os.WriteFile(picture, pixels, 0o600); err != nil {
		t.Fatal(err)
	}
	ann := &person{t, file("ann"), "Ann", ""}
	ann.says("page 0 Bread\npage 1 Rye\nwrite 1 How we bake\nwrite 1 Knead the dough.\nkind 1 1 heading\nmark 1 bold Knead\nattach 1 "+picture, "")
	ann.says("share "+stick+"\npages\nshow 1\nfiles 1", "1 Bread\n  2 Rye\n# How we bake\n*Knead* the dough.\nloaf.png, 640000 bytes")

	// History: a page as it was before the last change.
	ann.says("write 1 Cool it.", "")
	ann.says("past 1\nshow 1\nwrite 1 x\npast 99\npast 0\nshow 1\nundo", "# How we bake\n*Knead* the dough.\n! the past stays as it was\n! no change 99\n# How we bake\n*Knead* the dough.\nCool it.")

	ben := &person{t, file("ben"), "Ben", stick}
	ben.says("write 1 Wait an hour.\npage 0 Cake\nmove 3 1\nmark 1 bold Wait\npages", "1 Bread\n  2 Cake\n  3 Rye")
	ben.join = ""
	ann.says("write 1 Bake it hot.\nmove 2 0\npages", "1 Rye\n2 Bread")
	ben.says("share "+stick, "")
	ann.says("share "+stick, "")
	ben.says("share "+stick, "")

	// Both added a third paragraph: which is first is the same for both.
	const look = "pages\nshow 1\nshow 2\nshow 3\nwho 2\nfiles 2"
	got := ann.prints(look)
	if theirs := ben.prints(look); got != theirs {
		t.Fatalf("Ann sees\n%s\nBen sees\n%s", got, theirs)
	}
	for _, want := range []string{"  3 Cake", "# How we bake\n*Knead* the dough.\n", "*Wait* an hour.", "Bake it hot.", `Ann wrote "Bake it hot."`, `Ben wrote "Wait an hour."`, "loaf.png, 640000 bytes"} {
		if !strings.Contains(got, want) {
			t.Errorf("nobody sees %q in\n%s", want, got)
		}
	}
	ben.says("save 2 loaf.png "+copied, "")
	if b, err := os.ReadFile(copied); err != nil || !bytes.Equal(b, pixels) {
		t.Errorf("%d bytes of the picture, %v", len(b), err)
	}

	if log := ann.prints("log"); strings.Count(log, " ops") != 5 {
		t.Errorf("the log is\n%s", log)
	}

	// Undo is each person's own, after reopening, and leaves others' work.
	ben.says("undo\nundo\nundo\nundo\npages\nshow 2", "1 Rye\n2 Bread\n# How we bake\n*Knead* the dough.\nBake it hot.")
	if got := ben.prints("redo\nshow 2\nundo"); !strings.Contains(got, "\nWait an hour.") || !strings.Contains(got, "\nBake it hot.") {
		t.Errorf("after redo\n%s", got)
	}
	ann.says("undo\nundo\nundo\nundo\nundo\nfiles 1", "")
	ann.says("redo\nfiles 1\nexport "+file("all.pack"), "")
	ben.says("drop 9\nkind 2\nwrite 0 x\nmark 2 bold zzz\nsave 2 pie.png "+file("pie")+"\nattach 2 "+file("none"), "! no page \"9\"\n! kind PAGE BLOCK KIND\n! the top is no page\n! no \"zzz\" there\n! no file \"pie.png\"\n! open "+file("none")+": no such file or directory")
}
