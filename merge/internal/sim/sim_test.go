package sim

import (
	"crypto/sha256"
	"flag"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/commonhold/commonhold/internal/invariant"
)

var (
	seedsFlag = flag.Int("sim.seeds", 0, "how many seeds TestSeeds runs, 0 for the few of every day")
	firstFlag = flag.Uint64("sim.first", 0, "the first of them")
)

// tier is how many seeds are run every day.
func tier() int {
	switch {
	case *seedsFlag > 0:
		return *seedsFlag
	case invariant.Enabled:
		return 10
	case testing.Short():
		return 60
	}
	return 150
}

// each calls f for n seeds, on all processors; one run is one goroutine.
func each(first uint64, n int, f func(seed uint64)) {
	seeds := make(chan uint64)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for s := range seeds {
				f(s)
			}
		})
	}
	for i := range uint64(n) {
		seeds <- first + i
	}
	close(seeds)
	wg.Wait()
}

// sameFailure tells whether a plan fails with a planted bug as another has.
func sameFailure(b bug, judge string) func(*Plan) bool {
	return func(p *Plan) bool {
		r := run(p, b)
		return r.Failure != nil && r.Failure.Judge == judge
	}
}

// report says how a run failed, with a shorter plan for the table of plans.
func report(t *testing.T, seed uint64, r *Report) {
	short, tries := Shrink(r.Plan, sameFailure(noBug, r.Failure.Judge), 150)
	t.Errorf("seed %d: %v\n%s\nshortened in %d runs:\n%s\n%v", seed, r.Failure, strings.Join(r.Failure.Tail, "\n"), tries, short, Run(short).Failure)
}

// TestSeeds runs plans that were drawn, of which each holds all promises.
func TestSeeds(t *testing.T) {
	var mu sync.Mutex
	var sum Counts
	var slowest time.Duration
	failed := 0
	n := tier()
	each(*firstFlag, n, func(seed uint64) {
		r := Run(Generate(seed))
		mu.Lock()
		defer mu.Unlock()
		sum.Add(&r.Counts)
		slowest = max(slowest, r.Healing)
		if r.Failure == nil {
			return
		}
		if failed++; failed <= 3 {
			report(t, seed, r)
			return
		}
		t.Errorf("seed %d: %v", seed, r.Failure)
	})
	t.Logf("%d seeds from %d, silent at most %v after the last fault: %s", n, *firstFlag, slowest, &sum)
	if failed > 0 {
		t.Fatalf("%d of %d seeds fail", failed, n)
	}
	if sum.Runs != n || sum.Final != 2*n || sum.Twins != 2*n || sum.Acknowledged < 10*n || sum.Frames < 100*n || sum.InSync < 50*n {
		t.Error("less than promised")
	}
	if n >= 60 {
		for _, name := range sum.Zero() {
			t.Errorf("nothing of the kind %s has happened", name)
		}
	}
}

// TestByzantine: whatever up to three of five peers do with their keys, the honest end
// equal, and no character is credited to a key but the one that typed it. With
// -sim.seeds 10000 it is what is run before a release.
func TestByzantine(t *testing.T) {
	var mu sync.Mutex
	var sum Counts
	roles := map[rune]int{}
	n := tier()
	if *seedsFlag == 0 {
		n /= 3
	}
	each(*firstFlag, n, func(seed uint64) {
		r := Run(Byzantine(seed))
		mu.Lock()
		defer mu.Unlock()
		sum.Add(&r.Counts)
		for _, role := range r.Plan.Hostile {
			roles[role]++
		}
		if r.Failure != nil {
			report(t, seed, r)
		}
	})
	t.Logf("%d histories: %d characters and %d edits judged, %d forgeries, %d splices, %d backdated, %d branches, %d amnesias, %d frames replayed, %d forks seen, %d breaches",
		n, sum.Characters, sum.EditsJudged, sum.Forgeries, sum.Spliced, sum.Backdated, sum.Branches, sum.Amnesias, sum.Doubled+sum.Stale, sum.Forks, sum.Breaches)
	if sum.Runs != n || sum.Final != 2*n || sum.Twins != 2*n || sum.Characters < 50*n || sum.EditsJudged < 20*n || sum.Acknowledged < 5*n {
		t.Error("less than promised")
	}
	if n >= 20 && (sum.Forgeries < n || sum.Spliced < n/2 || sum.Backdated < n/2 || sum.Branches < n/4 || sum.Amnesias < n/4 || sum.Doubled < n || sum.Stale < n/20 || sum.Forks < n || sum.Breaches < n || len(roles) != 4) {
		t.Errorf("less than promised: %s, %v", &sum, roles)
	}
}

// TestReplay: the same plan, read from its text, is the same run to the last frame;
// another seed is another.
func TestReplay(t *testing.T) {
	n := max(3, tier()/15)
	digests := map[[32]byte]bool{}
	all := sha256.New()
	for seed := range uint64(n) {
		p := Generate(seed)
		again, err := Parse(p.String())
		if err != nil {
			t.Fatal(err)
		}
		if again.String() != p.String() || Generate(seed).String() != p.String() {
			t.Fatalf("seed %d: the text is not that of the plan:\n%s\n%s", seed, p, again)
		}
		a, b := Run(p), Run(again)
		if a.Digest != b.Digest || a.Counts != b.Counts || a.Virtual != b.Virtual {
			t.Errorf("seed %d: %x and %x\n%s\n%s", seed, a.Digest[:8], b.Digest[:8], &a.Counts, &b.Counts)
		}
		digests[a.Digest] = true
		all.Write(a.Digest[:])
	}
	if len(digests) != n {
		t.Errorf("%d seeds are %d runs", n, len(digests))
	}
	t.Logf("%d seeds twice, digest of all %x", n, all.Sum(nil)[:8]) // the same in every process and on every system
}

// canaries are bugs that the judges must find, which of them does, and the seed to
// begin with.
var canaries = map[string]struct {
	bug    bug
	judges string
	first  uint64
}{
	"a store that forgets what it acknowledged": {bugForget, "loss ledger durable fork error silence damage sync", 0},
	"a replica that leaves changes out":         {bugDrop, "silence sync heads", 0},
	"a character of somebody else":              {bugCredit, "ledger", 0},
	"a replica that does not fall silent":       {bugChatter, "silence", 0},
	"a backup that goes on with the same key":   {bugSameKey, "fork error", 30},
}

// TestCanaries: a planted bug is found within 100 seeds, and shortening its plan leaves
// a shorter one that fails still, and does not fail without the bug.
func TestCanaries(t *testing.T) {
	most := 40
	if invariant.Enabled {
		most = 6
	}
	for name, c := range canaries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := c.first; seed < c.first+100; seed++ {
				r := run(Generate(seed), c.bug)
				if r.Failure == nil {
					continue
				}
				if !strings.Contains(c.judges, r.Failure.Judge) {
					t.Fatalf("seed %d: %v", seed, r.Failure)
				}
				short, tries := Shrink(r.Plan, sameFailure(c.bug, r.Failure.Judge), most)
				t.Logf("seed %d: %v\nin %d runs from %d to %d steps, from %d to %d peers:\n%s", seed, r.Failure, tries,
					len(r.Plan.Steps), len(short.Steps), r.Plan.peers(), short.peers(), short)
				if !sameFailure(c.bug, r.Failure.Judge)(short) || len(short.Steps) >= len(r.Plan.Steps) && most >= 40 {
					t.Error("it was not made shorter")
				}
				if f := Run(short).Failure; f != nil {
					t.Errorf("without the bug: %v", f)
				}
				return
			}
			t.Error("100 seeds and nobody has noticed")
		})
	}
}
