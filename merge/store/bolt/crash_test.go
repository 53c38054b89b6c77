//go:build !js

package bolt_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/commonhold/commonhold/merge/store/storetest"
	"github.com/ipfs/go-cid"
)

// thorough makes the tests of crashes go through all that the promises name:
//
//	go test ./merge/store/bolt -run 'Cut|Kill' -thorough
var thorough = flag.Bool("thorough", false, "crash images and kills in the numbers of a release")

// TestKill kills writing processes, 1,000 of them with -thorough.
func TestKill(t *testing.T) {
	rounds := 20
	if *thorough {
		rounds = 1000
	}
	storetest.Kill(t, rounds, bolt.Open)
}

// TestPowerCut: between two images of the file, before and after a commit, lie
// all states in which a cut can leave the disk, given that bbolt syncs the pages
// of a commit before it writes the meta page: any sectors of the new pages with
// the old meta page, or all of them with any sectors of the new one. Every such
// image opens by itself and has what was there before the commit, or after it,
// and nothing between. Opening is a commit, so cuts during recovery are among
// them.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store")
	st := opened(t, path)
	random := rand.New(rand.NewPCG(3, 4))
	images, before, after := 0, 0, 0
	try := func(what string, file []byte, old, new *facts) {
		t.Helper()
		images++
		cut := opened(t, image(t, file))
		got := read(cut)
		must(t, cut.(interface{ Check() error }).Check())
		must(t, cut.Close())
		switch {
		case len(got.Errors) > 0:
			t.Fatalf("%s: %v", what, got.Errors)
		case same(got, old):
			before++
		case same(got, new):
			after++
		default:
			t.Fatalf("%s: neither what was there before nor what came after", what)
		}
	}
	for n := range 30 {
		old, was := read(st), fileOf(t, path)
		what := fmt.Sprint("commit ", n)
		if n%10 == 9 {
			must(t, st.Close())
			st = opened(t, path)
		} else {
			must(t, cutWrite(st, n))
		}
		new, is := read(st), fileOf(t, path)
		for range 3 {
			try(what+", torn pages", torn(was, is, random), old, new)
		}
		all := append(bytes.Clone(was[:2*pageSize]), is[2*pageSize:]...)
		try(what+", no meta page", all, old, new)
		for sector := 0; sector < 2*pageSize; sector += 512 {
			if random.IntN(2) == 0 {
				copy(all[sector:sector+512], is[sector:sector+512])
			}
		}
		try(what+", torn meta page", all, old, new)
	}
	must(t, st.Close())
	t.Logf("%d images: %d as before the commit, %d as after it", images, before, after)
	if before == 0 || after == 0 {
		t.Fatal("one of the two outcomes never came about")
	}
}

// cutWrite is one commit of TestPowerCut.
func cutWrite(st store.Store, n int) error {
	work := id(fmt.Sprint("work ", n%2))
	switch n % 10 {
	case 0, 1:
		return st.OpenJournal(ctx, work, []byte("header"), []byte("first"))
	case 2, 3, 4:
		return st.AppendJournal(ctx, work, bytes.Repeat(fmt.Append(nil, n), 1+n*n*3))
	case 5:
		return st.Seal(ctx, work, seg(n), seg(n+1000))
	case 6:
		return st.Append(ctx, work, seg(n), seg(n+1000), store.NewSegment(bytes.Repeat(fmt.Append(nil, n), 40_000), nil))
	case 7:
		s := seg(n)
		s.Replaces = []string{seg(n - 2).ID, seg(n + 998).ID}
		return st.Replace(ctx, work, s)
	}
	return errors.Join(st.Erase(ctx, work, store.Erasure{Segment: seg(n - 2).ID, Content: []cid.Cid{id("gone")}}))
}

// fileOf returns the bytes of a file.
func fileOf(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}

// torn is the image after a cut while pages were written: some sectors of the new
// pages, and no new meta page. The file may have been made longer already.
func torn(was, is []byte, random *rand.Rand) []byte {
	b := append(bytes.Clone(was), make([]byte, len(is)-len(was))...)
	for sector := 2 * pageSize; sector < len(b); sector += 512 {
		if random.IntN(2) == 0 {
			copy(b[sector:sector+512], is[sector:sector+512])
		}
	}
	return b
}

// same tells whether two stores have the same facts.
func same(a, b *facts) bool {
	if len(a.Known) != len(b.Known) {
		return false
	}
	for name, value := range a.Known {
		if other, ok := b.Known[name]; !ok || other != value {
			return false
		}
	}
	return true
}
