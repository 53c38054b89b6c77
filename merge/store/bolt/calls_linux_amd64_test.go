package bolt_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
)

// failVariable hands a number of writes and a path to a program, a call of which fails.
const failVariable = "COMMONHOLD_BOLT_FAIL"

// statesAfter is what can be read before each of some writes, and at last.
func statesAfter(t testing.TB, writes int) (states []string) {
	twin := store.Memory()
	_, _, err := twin.Open(ctx)
	must(t, err)
	states = append(states, read(twin).Spelled())
	for n := range writes {
		must(t, recordedWrite(twin, n))
		states = append(states, read(twin).Spelled())
	}
	return states
}

// TestEveryCallFails: of all calls to the system by which a program opens a store, writes
// and closes it, the n-th that writes, syncs or sets a length fails, for every n until a run
// meets no fault. The program is told, with ErrStore; nothing is written from then on,
// though no other call would fail; all that was acknowledged can be read, at once and
// after reopening, and nothing that is half there.
func TestEveryCallFails(t *testing.T) {
	if of := os.Getenv(failVariable); of != "" {
		number, path, _ := strings.Cut(of, " ")
		n, err := strconv.Atoi(number)
		must(t, err)
		meetsFault(t, path, n)
		return
	}
	t.Parallel()
	writes, step := 8, 9
	if *thorough {
		writes, step = 20, 1
	}
	states := statesAfter(t, writes)
	for name, with := range map[string]syscall.Errno{"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC} {
		hits, n := 0, 0
		for ; ; n += step {
			r := &recorder{t: t, path: filepath.Join(t.TempDir(), "store"), fail: n, with: with}
			must(t, opened(t, r.path).Close())
			err := r.run(fmt.Sprintf("%s=%d %s", failVariable, writes, r.path))
			if errors.Is(err, errUntraced) {
				t.Logf("NOTHING FAILS: %v", err)
				return
			}
			if err != nil {
				t.Fatalf("call %d, %s: %v", n, name, err)
			}
			said := 0
			for _, c := range r.calls {
				if c.kind == callSaid {
					said = int(c.at)
				}
			}
			if st := opened(t, r.path); !slices.Contains(states[said:min(said+2, len(states))], read(st).Spelled()) {
				t.Fatalf("call %d, %s: opened again: neither what was there before nor what came after", n, name)
			} else {
				must(t, recordedWrite(st, 10*writes))
				must(t, st.(interface{ Check() error }).Check())
				must(t, st.Close())
			}
			if r.seen <= n { // there was no such call
				if said != writes {
					t.Fatalf("without a fault only %d of %d writes are durable", said, writes)
				}
				break
			}
			hits++
		}
		t.Logf("%s: %d of %d calls failed, one at a time", name, hits, n)
		if hits < 8*writes/step {
			t.Error("too few calls for a run")
		}
	}
}

// meetsFault is the program a call of which fails.
func meetsFault(t *testing.T, path string, writes int) {
	states := statesAfter(t, writes)
	st, err := openPath(path)
	n := 0
	for ; err == nil && n < writes; n++ {
		if err = recordedWrite(st, n); err == nil {
			fmt.Printf("durable %d\n", n+1)
			continue
		}
		is(t, "the write", err, store.ErrStore)
		for k := range writes {
			is(t, "a later write", recordedWrite(st, 10*writes+k), store.ErrStore)
		}
		got := read(st)
		if len(got.Errors) > 0 || !slices.Contains(states[n:n+2], got.Spelled()) {
			t.Fatalf("reading on gives neither what was there before nor what came after: %v", got.Errors)
		}
	}
	if n == 0 && err != nil {
		is(t, "opening", err, store.ErrStore)
		return
	}
	if err := st.Close(); err != nil {
		is(t, "closing", err, store.ErrStore)
	}
}
