package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
)

// Copy puts everything that src has into dst: works, segments, journals, held changes,
// blocks and what is gone, names. Both are open; dst holds no work yet, else ErrArgument. dst keeps
// its own instance, so to a keyring it is another store, as it should be.
//
// What is damaged in src is left out and returned as joined CorruptErrors after
// all the rest has been copied; any other error ends the copy. When src is
// written to meanwhile, dst may get a part of that.
func Copy(ctx context.Context, dst, src Store) error {
	for _, err := range dst.Works(ctx) {
		if err != nil {
			return err
		}
		return fmt.Errorf("copying into a store with works in it: %w", ErrArgument)
	}
	c := copier{ctx: ctx, dst: dst, src: src}
	for work, err := range src.Works(ctx) {
		if c.readable(err) {
			c.work(work)
		}
		if c.fatal != nil {
			return c.fatal
		}
	}
	names, err := src.Names(ctx)
	c.readable(err)
	for name, work := range names {
		c.wrote(dst.SetName(ctx, name, work))
	}
	if c.fatal != nil {
		return c.fatal
	}
	return errors.Join(c.damage...)
}

// copier is one run of Copy.
type copier struct {
	ctx      context.Context
	dst, src Store
	damage   []error // what could not be read
	fatal    error   // what ends the copy
}

// readable sorts the error of a read, and tells whether there was none.
func (c *copier) readable(err error) bool {
	switch {
	case err == nil:
	case errors.Is(err, ErrCorrupt):
		c.damage = append(c.damage, err)
	case c.fatal == nil:
		c.fatal = err
	}
	return err == nil
}

// wrote notes the error of a write, and tells whether the copy goes on.
func (c *copier) wrote(err error) bool {
	if c.fatal == nil {
		c.fatal = err
	}
	return c.fatal == nil
}

// work copies one work, the journal first: if it is sealed meanwhile, its edits
// come in a segment too, and whoever opens the copy sees that by their numbers.
func (c *copier) work(work cid.Cid) {
	j, err := c.src.LoadJournal(c.ctx, work)
	c.readable(err)
	if j.Header != nil && !c.wrote(c.dst.OpenJournal(c.ctx, work, j.Header, j.Records...)) {
		return
	}
	for s, err := range c.src.Load(c.ctx, work) {
		c.readable(err)
		s.Replaces = nil
		if len(s.Changes) > 0 && !c.wrote(c.dst.Append(c.ctx, work, s)) {
			return
		}
	}
	for p, err := range c.src.Held(c.ctx, work) {
		if c.readable(err) && !c.wrote(c.dst.Hold(c.ctx, work, p)) {
			return
		}
	}
	for id, err := range c.src.ListBlocks(c.ctx, work) {
		if !c.readable(err) {
			continue
		}
		b, err := c.src.GetBlock(c.ctx, work, id)
		if errors.Is(err, ErrNotFound) { // dropped meanwhile
			continue
		}
		if c.readable(err) && !c.wrote(c.dst.PutBlocks(c.ctx, work, Block{ID: id, Data: b})) {
			return
		}
	}
	gone, err := c.src.Gone(c.ctx, work)
	c.readable(err)
	for id, why := range gone {
		if !c.wrote(c.dst.Erase(c.ctx, work, Erasure{Content: []cid.Cid{id}, Reason: why})) {
			return
		}
	}
}
