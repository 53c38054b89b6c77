package crdt_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
)

// TestWatch lets several watchers follow a doc that several people edit at once:
// each ends up with what the doc shows, and ends with its context.
func TestWatch(t *testing.T) {
	a, err := crdt.New(newKey("ann"))
	must(t, err)
	b, err := a.Clone(newKey("ben"))
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const edits, watchers = 200, 3
	var people, ends sync.WaitGroup
	for _, u := range allUnits[:watchers] {
		ends.Go(func() {
			sh := newShadow(u)
			for v, patches := range a.WatchIn(ctx, nil, u) {
				if err := sh.apply(patches); err != nil {
					t.Error(err)
					return
				}
				if json, err := v.MarshalJSON(); err != nil || string(json) != sh.JSON() {
					t.Errorf("patches lead to\n%s\nthe view shows\n%s, %v", sh.JSON(), json, err)
					return
				}
				if n, _ := v.Counter("done").Int(); n == 2*edits {
					return
				}
			}
			t.Errorf("the watcher of unit %d ended early: %v", u, ctx.Err())
		})
	}
	for who, d := range []*crdt.Doc{a, b} {
		people.Go(func() {
			for k := range edits {
				err := d.Update(func(tx *crdt.Tx) error {
					tx.Text("t").Insert(k%(tx.Text("t").Len()+1), "é🙂")
					tx.Map("m").Put(fmt.Sprint(who, k%7), k)
					tx.Counter("done").Add(1)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if k%20 == 0 {
					if err := a.Merge(b); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	people.Wait()
	must(t, a.Merge(b))
	ends.Wait()
}

// TestWatchWaits tests that a watch waits while nothing changes, and that an
// Update without edits is no change.
func TestWatchWaits(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Put("a", 1); return nil }))
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		for range d.Watch(ctx, d.View()) {
			t.Error("nothing has changed")
		}
	})
	for range 100 {
		for begun := time.Now(); !crdt.Waited(d); runtime.Gosched() {
			if time.Since(begun) > 20*time.Second {
				t.Fatal("the watch does not wait")
			}
		}
		must(t, d.Update(func(*crdt.Tx) error { return nil }))
	}
	cancel()
	wait.Wait()
	for range d.Watch(ctx, nil) {
		t.Error("a watch begins after its context has ended")
	}
}

// TestWatchSteps walks through what a watcher sees, one step a time.
func TestWatchSteps(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	other, err := crdt.New(newKey("ben"))
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range d.Watch(ctx, other.View()) {
		t.Error("a watch from a view of another work goes on")
	}
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Put("a", 1); return nil }))
	steps := []struct {
		do   func()
		want int
	}{
		{func() { must(t, d.Update(func(tx *crdt.Tx) error { tx.Put("b", 1); tx.Put("a", 2); return nil })) }, 2},
		{func() { // two Updates, and one that fails, are one step
			must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("x"); return nil }))
			if err := d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("z"); return errPlanned }); !errors.Is(err, errPlanned) {
				t.Error(err)
			}
			must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("y"); return nil }))
		}, 2},
		{func() { must(t, d.Update(func(tx *crdt.Tx) error { tx.Act("hello", nil); return nil })) }, 0},
		{func() { // nothing, and then something
			must(t, d.Update(func(tx *crdt.Tx) error { return nil }))
			must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Delete(0, 1); return nil }))
		}, 1},
	}
	k := -1
	for _, patches := range d.Watch(ctx, nil) {
		if k >= 0 && len(patches) != steps[k].want {
			t.Errorf("step %d gives %v", k, tellAll(patches))
		}
		if k++; k == len(steps) {
			break
		}
		steps[k].do()
	}
}
