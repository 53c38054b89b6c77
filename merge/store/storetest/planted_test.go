//go:build !js

package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// planted is a store in memory with one method that is wrong. A nil hook is
// right.
type planted struct {
	store.Store
	open    func(store.Store, context.Context) (string, uint64, error)
	close   func(store.Store) error
	works   func(store.Store, context.Context) iter.Seq2[cid.Cid, error]
	load    func(store.Store, context.Context, cid.Cid) iter.Seq2[store.Segment, error]
	append  func(store.Store, context.Context, cid.Cid, []store.Segment) error
	replace func(store.Store, context.Context, cid.Cid, store.Segment) error
	erase   func(store.Store, context.Context, cid.Cid, store.Erasure) error
	record  func(store.Store, context.Context, cid.Cid, [][]byte) error
	seal    func(store.Store, context.Context, cid.Cid, []store.Segment) error
	held    func(store.Store, context.Context, cid.Cid) iter.Seq2[store.Pending, error]
	name    func(store.Store, context.Context, string, cid.Cid) error
	block   func(store.Store, context.Context, cid.Cid, cid.Cid) ([]byte, error)
	blocks  func(store.Store, context.Context, cid.Cid) iter.Seq2[cid.Cid, error]
	put     func(store.Store, context.Context, cid.Cid, []store.Block) error
	drop    func(store.Store, context.Context, cid.Cid, []cid.Cid) error
}

func (p *planted) Open(ctx context.Context) (string, uint64, error) {
	if p.open != nil {
		return p.open(p.Store, ctx)
	}
	return p.Store.Open(ctx)
}

func (p *planted) Close() error {
	if p.close != nil {
		return p.close(p.Store)
	}
	return p.Store.Close()
}

func (p *planted) Works(ctx context.Context) iter.Seq2[cid.Cid, error] {
	if p.works != nil {
		return p.works(p.Store, ctx)
	}
	return p.Store.Works(ctx)
}

func (p *planted) Load(ctx context.Context, work cid.Cid) iter.Seq2[store.Segment, error] {
	if p.load != nil {
		return p.load(p.Store, ctx, work)
	}
	return p.Store.Load(ctx, work)
}

func (p *planted) Append(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	if p.append != nil {
		return p.append(p.Store, ctx, work, s)
	}
	return p.Store.Append(ctx, work, s...)
}

func (p *planted) Replace(ctx context.Context, work cid.Cid, s store.Segment) error {
	if p.replace != nil {
		return p.replace(p.Store, ctx, work, s)
	}
	return p.Store.Replace(ctx, work, s)
}

func (p *planted) Erase(ctx context.Context, work cid.Cid, e store.Erasure) error {
	if p.erase != nil {
		return p.erase(p.Store, ctx, work, e)
	}
	return p.Store.Erase(ctx, work, e)
}

func (p *planted) AppendJournal(ctx context.Context, work cid.Cid, records ...[]byte) error {
	if p.record != nil {
		return p.record(p.Store, ctx, work, records)
	}
	return p.Store.AppendJournal(ctx, work, records...)
}

func (p *planted) Seal(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	if p.seal != nil {
		return p.seal(p.Store, ctx, work, s)
	}
	return p.Store.Seal(ctx, work, s...)
}

func (p *planted) Held(ctx context.Context, work cid.Cid) iter.Seq2[store.Pending, error] {
	if p.held != nil {
		return p.held(p.Store, ctx, work)
	}
	return p.Store.Held(ctx, work)
}

func (p *planted) SetName(ctx context.Context, name string, work cid.Cid) error {
	if p.name != nil {
		return p.name(p.Store, ctx, name, work)
	}
	return p.Store.SetName(ctx, name, work)
}

func (p *planted) PutBlocks(ctx context.Context, work cid.Cid, b ...store.Block) error {
	if p.put != nil {
		return p.put(p.Store, ctx, work, b)
	}
	return p.Store.PutBlocks(ctx, work, b...)
}

func (p *planted) GetBlock(ctx context.Context, work, id cid.Cid) ([]byte, error) {
	if p.block != nil {
		return p.block(p.Store, ctx, work, id)
	}
	return p.Store.GetBlock(ctx, work, id)
}

func (p *planted) ListBlocks(ctx context.Context, work cid.Cid) iter.Seq2[cid.Cid, error] {
	if p.blocks != nil {
		return p.blocks(p.Store, ctx, work)
	}
	return p.Store.ListBlocks(ctx, work)
}

func (p *planted) DropBlocks(ctx context.Context, work cid.Cid, ids ...cid.Cid) error {
	if p.drop != nil {
		return p.drop(p.Store, ctx, work, ids)
	}
	return p.Store.DropBlocks(ctx, work, ids...)
}

// backwards yields the elements of an iteration from the last to the first.
func backwards[T any](all iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var list []T
		for v, err := range all {
			if err != nil {
				yield(v, err)
				return
			}
			list = append(list, v)
		}
		for _, v := range slices.Backward(list) {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// plants has one wrong store for each promise that is easily broken.
var plants = map[string]func() store.Store{
	"epoch stays": func() store.Store {
		return &planted{Store: store.Memory(), open: func(st store.Store, ctx context.Context) (string, uint64, error) {
			instance, _, err := st.Open(ctx)
			return instance, 1, err
		}}
	},
	"instance changes": func() store.Store {
		n := 0
		return &planted{Store: store.Memory(), open: func(st store.Store, ctx context.Context) (string, uint64, error) {
			_, epoch, err := st.Open(ctx)
			n++
			return fmt.Sprintf("%032x", n), epoch, err
		}}
	},
	"opens twice": func() store.Store {
		return &planted{Store: store.Memory(), open: func(st store.Store, ctx context.Context) (string, uint64, error) {
			_ = st.Close()
			return st.Open(ctx)
		}}
	},
	"close forgets nothing": func() store.Store {
		return &planted{Store: store.Memory(), close: func(store.Store) error { return nil },
			open: func(st store.Store, ctx context.Context) (string, uint64, error) {
				_ = st.Close()
				return st.Open(ctx)
			}}
	},
	"works in reverse": func() store.Store {
		return &planted{Store: store.Memory(), works: func(st store.Store, ctx context.Context) iter.Seq2[cid.Cid, error] {
			return backwards(st.Works(ctx))
		}}
	},
	"segments in reverse": func() store.Store {
		return &planted{Store: store.Memory(), load: func(st store.Store, ctx context.Context, w cid.Cid) iter.Seq2[store.Segment, error] {
			return backwards(st.Load(ctx, w))
		}}
	},
	"no words are empty words": func() store.Store {
		return &planted{Store: store.Memory(), load: func(st store.Store, ctx context.Context, w cid.Cid) iter.Seq2[store.Segment, error] {
			return func(yield func(store.Segment, error) bool) {
				for s, err := range st.Load(ctx, w) {
					s.Words = append([]byte{}, s.Words...)
					if !yield(s, err) {
						return
					}
				}
			}
		}}
	},
	"a snapshot under the reader": func() store.Store {
		return &planted{Store: store.Memory(), load: func(st store.Store, ctx context.Context, w cid.Cid) iter.Seq2[store.Segment, error] {
			return func(yield func(store.Segment, error) bool) {
				var all []store.Segment
				var end error
				for s, err := range st.Load(ctx, w) {
					if end = err; err == nil {
						all = append(all, s)
					}
				}
				for _, s := range all {
					if !yield(s, nil) {
						return
					}
				}
				if end != nil {
					yield(store.Segment{}, end)
				}
			}
		}}
	},
	"appends in two steps": func() store.Store {
		return &planted{Store: store.Memory(), append: func(st store.Store, ctx context.Context, w cid.Cid, all []store.Segment) error {
			for _, s := range all {
				if err := st.Append(ctx, w, s); err != nil {
					return err
				}
			}
			return nil
		}}
	},
	"appends what replaces": func() store.Store {
		return &planted{Store: store.Memory(), append: func(st store.Store, ctx context.Context, w cid.Cid, all []store.Segment) error {
			for i := range all {
				all[i].Replaces = nil
			}
			return st.Append(ctx, w, all...)
		}}
	},
	"forgets what was replaced": func() store.Store {
		return &planted{Store: store.Memory(), load: func(st store.Store, ctx context.Context, w cid.Cid) iter.Seq2[store.Segment, error] {
			return func(yield func(store.Segment, error) bool) {
				for s, err := range st.Load(ctx, w) {
					s.Replaces = nil
					if !yield(s, err) {
						return
					}
				}
			}
		}}
	},
	"erases without notice": func() store.Store {
		return &planted{Store: store.Memory(), erase: func(st store.Store, ctx context.Context, w cid.Cid, e store.Erasure) error {
			e.Content = nil
			return st.Erase(ctx, w, e)
		}}
	},
	"erases nothing": func() store.Store {
		return &planted{Store: store.Memory(), erase: func(st store.Store, ctx context.Context, w cid.Cid, e store.Erasure) error {
			e.Segment, e.Words = "", nil
			return st.Erase(ctx, w, e)
		}}
	},
	"record makes a journal": func() store.Store {
		return &planted{Store: store.Memory(), record: func(st store.Store, ctx context.Context, w cid.Cid, r [][]byte) error {
			if j, err := st.LoadJournal(ctx, w); err == nil && j.Header == nil {
				return st.OpenJournal(ctx, w, []byte("made"), r...)
			}
			return st.AppendJournal(ctx, w, r...)
		}}
	},
	"a record lost": func() store.Store {
		var mu sync.Mutex
		n := 0
		return &planted{Store: store.Memory(), record: func(st store.Store, ctx context.Context, w cid.Cid, r [][]byte) error {
			mu.Lock()
			n += len(r)
			lost := n == 100
			mu.Unlock()
			if lost {
				return nil
			}
			return st.AppendJournal(ctx, w, r...)
		}}
	},
	"writes though cancelled": func() store.Store {
		return &planted{Store: store.Memory(), record: func(st store.Store, ctx context.Context, w cid.Cid, r [][]byte) error {
			if ctx == nil {
				return st.AppendJournal(ctx, w, r...)
			}
			if err := st.AppendJournal(context.WithoutCancel(ctx), w, r...); err != nil {
				return err
			}
			return ctx.Err()
		}}
	},
	"seal keeps the journal": func() store.Store {
		return &planted{Store: store.Memory(), seal: func(st store.Store, ctx context.Context, w cid.Cid, all []store.Segment) error {
			return st.Append(ctx, w, all...)
		}}
	},
	"held in reverse": func() store.Store {
		return &planted{Store: store.Memory(), held: func(st store.Store, ctx context.Context, w cid.Cid) iter.Seq2[store.Pending, error] {
			return backwards(st.Held(ctx, w))
		}}
	},
	"names stay": func() store.Store {
		return &planted{Store: store.Memory(), name: func(st store.Store, ctx context.Context, name string, w cid.Cid) error {
			if !w.Defined() {
				return nil
			}
			return st.SetName(ctx, name, w)
		}}
	},
	"blocks of all works are one": func() store.Store {
		return &planted{Store: store.Memory(), block: func(st store.Store, ctx context.Context, w, c cid.Cid) ([]byte, error) {
			b, err := st.GetBlock(ctx, w, c)
			if errors.Is(err, store.ErrNotFound) {
				return st.GetBlock(ctx, id("w"), c)
			}
			return b, err
		}}
	},
	"blocks go by their digest": func() store.Store {
		return &planted{Store: store.Memory(), block: func(st store.Store, ctx context.Context, w, c cid.Cid) ([]byte, error) {
			b, err := st.GetBlock(ctx, w, c)
			if errors.Is(err, store.ErrNotFound) {
				return st.GetBlock(ctx, w, cid.NewCidV1(cid.Raw, c.Hash()))
			}
			return b, err
		}}
	},
	"blocks in reverse": func() store.Store {
		return &planted{Store: store.Memory(), blocks: func(st store.Store, ctx context.Context, w cid.Cid) iter.Seq2[cid.Cid, error] {
			return backwards(st.ListBlocks(ctx, w))
		}}
	},
	"blocks under any name": func() store.Store {
		return &planted{Store: store.Memory(), put: func(st store.Store, ctx context.Context, w cid.Cid, all []store.Block) error {
			for i := range all {
				if all[i].ID.Defined() && store.CheckBlocks(all[i:i+1]) != nil {
					all[i].ID = content(string(all[i].Data))
				}
			}
			return st.PutBlocks(ctx, w, all...)
		}}
	},
	"dropped and still there": func() store.Store {
		return &planted{Store: store.Memory(), drop: func(st store.Store, ctx context.Context, w cid.Cid, ids []cid.Cid) error {
			return st.DropBlocks(ctx, w)
		}}
	},
	"shares memory": func() store.Store {
		var held [][]byte
		return &planted{Store: store.Memory(), load: func(st store.Store, ctx context.Context, w cid.Cid) iter.Seq2[store.Segment, error] {
			return func(yield func(store.Segment, error) bool) {
				for s, err := range st.Load(ctx, w) {
					for _, h := range held {
						if len(h) == len(s.Changes) && len(h) > 0 && (bytes.Equal(h, s.Changes) || h[0] == 0) {
							s.Changes = h
						}
					}
					held = append(held, s.Changes)
					if !yield(s, err) {
						return
					}
				}
			}
		}}
	},
}

// plantVariable names the planted fault to a child process.
const plantVariable = "COMMONHOLD_STORETEST_PLANT"

// TestPlanted: the suite refuses each of the wrong stores. Each is tried in a
// process of its own, since a suite that fails must not fail this test.
func TestPlanted(t *testing.T) {
	if name := os.Getenv(plantVariable); name != "" {
		Run(t, func(*testing.T) store.Store { return plants[name]() })
		return
	}
	for _, name := range slices.Sorted(maps.Keys(plants)) {
		child := exec.Command(os.Args[0], "-test.run=^TestPlanted$", "-test.failfast", "-test.timeout=60s", "-rapid.checks=3", "-rapid.nofailfile")
		child.Env = append(os.Environ(), plantVariable+"="+name)
		out, err := child.CombinedOutput()
		if err == nil {
			t.Errorf("the suite is content with a store that is wrong: %s", name)
			continue
		}
		at := bytes.Index(out, []byte("    --- FAIL: "))
		if at < 0 {
			t.Errorf("%s: the child failed otherwise: %v\n%s", name, err, out)
			continue
		}
		line, _, _ := bytes.Cut(out[at+len("    --- FAIL: "):], []byte("\n"))
		t.Logf("%s: found by %s", name, line)
	}
}
