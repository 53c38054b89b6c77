package dir_test

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
)

// sample is a disk with a closed store of a bit of everything.
func sample(t testing.TB) (*memDisk, *facts) {
	t.Helper()
	d := newDisk()
	st, _, err := on(d)
	must(t, err)
	for n := range writes + 12 {
		must(t, writeOne(st, n))
	}
	f := read(st)
	must(t, st.Close())
	return d, f
}

// TestEveryByte: every byte of every file changed, and every file cut at every
// place, some of them: what is damaged is reported, and what is read was stored.
// Nothing is missing without a word.
func TestEveryByte(t *testing.T) {
	t.Parallel()
	d, all := sample(t)
	tried, found, whole := 0, 0, 0
	step := 7
	if *thorough {
		step = 1
	}
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		i := d.names[name]
		if i == 0 {
			continue
		}
		good := d.nodes[i].data
		try := func(what string, b []byte) {
			t.Helper()
			tried++
			image := d.cut(none)
			image.nodes[i].data, image.nodes[i].synced = b, slices.Clone(b)
			what = fmt.Sprintf("%s, %s", name, what)
			st, _, err := on(image)
			if err != nil {
				is(t, what, err, store.ErrCorrupt)
				found++
				return
			}
			got := read(st)
			maps.DeleteFunc(got.Known, func(name, _ string) bool { // its release was damaged: it waits again
				return strings.HasSuffix(name, fmt.Sprint(" held ", id("held")))
			})
			missing := got.Within(t, what, all)
			if len(got.Errors) > 0 {
				found++
			} else if strings.HasSuffix(name, ".log") && missing < 4 && len(b) < len(good) {
				whole++ // cut between two frames
			} else if missing > 0 {
				t.Fatalf("%s: %d facts are missing, and nobody says so", what, missing)
			}
			if n := image.nodes[image.names[name]]; n != nil && !strings.HasPrefix(name, "instance") && !bytes.Equal(n.data, b) {
				t.Fatalf("%s: reading has changed a damaged file", what)
			}
		}
		for at := 0; at < len(good); at += 1 + at/200*step {
			b := slices.Clone(good)
			b[at] ^= 1 << (at % 8)
			try(fmt.Sprint("byte ", at), b)
			if len(good) < 3000 || at%9 == 0 {
				try(fmt.Sprint("cut at ", at), slices.Clone(good[:at]))
			}
		}
		try("one byte more", append(slices.Clone(good), 0))
	}
	t.Logf("%d images, damage reported in %d, %d logs cut between two frames", tried, found, whole)
	if found+whole != tried || whole > 8 {
		t.Fatalf("%d damaged images were taken for whole", tried-found)
	}
}

// TestSwapped: files that have changed places with others of their kind, or lie
// under another name, are damage.
func TestSwapped(t *testing.T) {
	t.Parallel()
	d, whole := sample(t)
	kinds := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		kinds[path.Ext(name)] = append(kinds[path.Ext(name)], name)
	}
	tried := 0
	for _, ext := range []string{".seg", ".words"} {
		names := kinds[ext]
		for k := 1; k < len(names); k++ {
			image := d.cut(none)
			a, b := names[k-1], names[k]
			image.names[a], image.names[b] = image.names[b], image.names[a]
			st, _, err := on(image)
			must(t, err)
			got := read(st)
			if got.Within(t, a, whole) == 0 || len(got.Errors) < 2 {
				t.Fatalf("%s and %s have changed places, and nobody says so", a, b)
			}
			tried++
		}
	}
	if tried < 10 {
		t.Fatalf("only %d pairs", tried)
	}
}

// TestLostFile: a file that is gone takes what was in it and nothing else. Words
// tell of their segment, and a segment of its words; the identity of the store may
// go, then it gets another.
func TestLostFile(t *testing.T) {
	t.Parallel()
	d, whole := sample(t)
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		if d.names[name] == 0 {
			continue
		}
		image := d.cut(none)
		delete(image.names, name)
		st, epoch, err := on(image)
		must(t, err)
		got := read(st)
		missing := got.Within(t, name, whole)
		pair := strings.TrimSuffix(strings.TrimSuffix(name, ".seg"), ".words")
		_, seg := d.names[pair+".seg"]
		_, words := d.names[pair+".words"]
		switch {
		case name == "instance" && (missing > 0 || epoch != 1):
			t.Fatalf("without its instance %d facts are missing, epoch %d", missing, epoch)
		case seg && words && len(got.Errors) == 0:
			t.Fatalf("%s: nobody says so", name)
		case name != "instance" && missing == 0:
			t.Fatalf("%s holds nothing", name)
		}
		must(t, writeOne(st, 50*writes))
	}
}

// TestDamagedJournal: records before the damage are read, none is written behind
// it, and a new journal takes its place. Where the store was not closed, the last
// frame may be torn, and only that.
func TestDamagedJournal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		closed bool
		at     func(size int) int // the byte that changes
		cut    bool               // whether it is damage
		left   int
	}{
		{"last frame, closed", true, func(n int) int { return n - 1 }, true, 2},
		{"last frame, not closed", false, func(n int) int { return n - 1 }, false, 2},
		{"first record, not closed", false, func(n int) int { return n - 100 }, true, 1},
		{"header, not closed", false, func(int) int { return 40 }, true, -1},
		{"magic, not closed", false, func(int) int { return 1 }, true, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, w := newDisk(), id("work 0")
			st, _, err := on(d)
			must(t, err)
			must(t, st.OpenJournal(ctx, w, []byte("a header that is long enough to be hit")))
			for n := range 3 {
				must(t, st.AppendJournal(ctx, w, bytes.Repeat(fmt.Append(nil, n), 40)))
			}
			if c.closed {
				must(t, st.Close())
			}
			image := d.cut(none)
			for name, i := range image.names {
				if path.Base(name) == "open.log" {
					image.nodes[i].data[c.at(len(image.nodes[i].data))] ^= 4
				}
			}
			st, _, err = on(image)
			must(t, err)
			j, err := st.LoadJournal(ctx, w)
			if c.cut {
				is(t, "loading", err, store.ErrCorrupt)
				is(t, "a record", st.AppendJournal(ctx, w, []byte("r")), store.ErrCorrupt)
			} else {
				must(t, err)
				must(t, st.AppendJournal(ctx, w, []byte("r")))
			}
			if (j.Header == nil) != (c.left < 0) || len(j.Records) != max(0, c.left) {
				t.Fatalf("%q, %d records", j.Header, len(j.Records))
			}
			must(t, st.OpenJournal(ctx, w, []byte("new")))
			must(t, st.AppendJournal(ctx, w, []byte("r")))
			check(t, st)
		})
	}
}

// TestUntouched: a journal that a cut has torn stays torn for as long as nobody
// looks at its work, and is no damage then either, though the store was closed in
// between.
func TestUntouched(t *testing.T) {
	t.Parallel()
	d, w := newDisk(), id("work 1")
	st, _, err := on(d)
	must(t, err)
	must(t, st.OpenJournal(ctx, w, []byte("header")))
	must(t, st.Hold(ctx, w, store.Pending{ID: id("p")}))
	image := d.cut(none)
	for name, i := range image.names {
		if path.Ext(name) == ".log" {
			image.nodes[i].data = append(image.nodes[i].data, "torn"...)
		}
	}
	for range 3 {
		st, _, err = on(image)
		must(t, err)
		must(t, st.Append(ctx, id("work 0"), seg(1)))
		must(t, st.Close())
	}
	st, _, err = on(image)
	must(t, err)
	if got := read(st); len(got.Errors) > 0 || got.Known[fmt.Sprint(w, " journal 0")] != "header" {
		t.Fatalf("%v %v", got.Errors, got.Known)
	}
	check(t, st)
}
