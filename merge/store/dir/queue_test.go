package dir_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/commonhold/commonhold/merge/store"
)

// TestGroupCommit: records that come while another is being synced share one sync, and are
// durable when their calls return; when that sync fails all of them are told.
func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		st, _, err := on(d)
		must(t, err)
		work := id("work 0")
		must(t, st.OpenJournal(ctx, work, []byte("header")))
		const others = 40
		// round has one record synced while others come, and counts the syncs.
		round := func(name string, fails int) (errs []error, syncs int) {
			gate := make(chan struct{})
			d.fault = func(_ int, what string) error {
				if !strings.HasPrefix(what, "fsync") {
					return nil
				}
				if syncs++; syncs == 1 {
					<-gate
				}
				if syncs == fails {
					return faults["EIO"]
				}
				return nil
			}
			errs = make([]error, 1+others)
			var all sync.WaitGroup
			for k := range errs {
				all.Go(func() { errs[k] = st.AppendJournal(ctx, work, fmt.Appendf(nil, "%s %d", name, k)) })
				if k == 0 {
					synctest.Wait()
				}
			}
			synctest.Wait()
			close(gate)
			all.Wait()
			d.fault = nil
			return errs, syncs
		}
		errs, syncs := round("good", 0)
		for _, err := range errs {
			must(t, err)
		}
		if syncs != 2 {
			t.Errorf("%d records took %d syncs, want 2", len(errs), syncs)
		}
		cut, _, err := on(d.cut(none))
		must(t, err)
		j, err := cut.LoadJournal(ctx, work)
		must(t, err)
		if len(j.Records) != 1+others {
			t.Errorf("%d of %d records are durable", len(j.Records), 1+others)
		}
		errs, syncs = round("bad", 2)
		must(t, errs[0])
		for _, err := range errs[1:] {
			is(t, "a record whose sync failed", err, store.ErrStore)
		}
		if syncs != 2 {
			t.Errorf("after a sync that failed %d more were tried", syncs-2)
		}
		is(t, "a later record", st.AppendJournal(ctx, work, []byte("late")), store.ErrStore)
		t.Logf("%d records, %d syncs", 1+others, syncs)
	})
}
