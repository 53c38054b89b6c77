package merge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/store"
)

// Keys gives the key that writes in a store: one key, one store. instance names
// the store and epoch counts its openings, by which a keyring tells a copied or
// restored store from the one it knows and gives it a key of its own.
type Keys interface {
	// SignerFor gives the key for this opening of the store; an error: it does
	// not open.
	SignerFor(instance string, epoch uint64) (crdt.Signer, error)
}

// Repo is the works of one store. It is safe for concurrent use and holds one
// live replica per work.
type Repo struct {
	st   store.Store
	key  crdt.Signer // nil: a relay, which reads and passes on
	opts []crdt.Option

	news   news       // of replicas that are opened, and of the end
	naming sync.Mutex // one Named at a time; taken before mu

	mu     sync.Mutex
	live   map[cid.Cid]*Replica
	closed bool
}

// Open opens the store and asks the keys which key writes in it; nil keys make
// a relay. The options are given to every document that is opened or joined,
// such as the rules of authorship. The store is closed by [Repo.Close].
func Open(ctx context.Context, st store.Store, keys Keys, opts ...crdt.Option) (*Repo, error) {
	instance, epoch, err := st.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("merge: opening the store: %w", err)
	}
	r := &Repo{st: st, opts: opts, live: map[cid.Cid]*Replica{}}
	if keys != nil {
		if r.key, err = keys.SignerFor(instance, epoch); err != nil {
			return nil, errors.Join(fmt.Errorf("merge: key of the store: %w", err), st.Close())
		}
	}
	return r, nil
}

// Create founds a work; the options are those of crdt.New. It is durable when
// Create returns.
func (r *Repo) Create(ctx context.Context, opts ...crdt.Option) (*Replica, error) {
	d, err := crdt.New(r.key, append(r.opts[:len(r.opts):len(r.opts)], opts...)...)
	if err != nil {
		return nil, err
	}
	return r.adopt(ctx, d)
}

// Import takes over a document that was made without a store. Its own key must
// be the repo's. ErrArgument when the store has the work already.
func (r *Repo) Import(ctx context.Context, d *crdt.Doc) (*Replica, error) {
	if r.key == nil || d.Author() != r.key.Author() {
		return nil, fmt.Errorf("merge: the document is not written by the key of the repo: %w", crdt.ErrKey)
	}
	for _, err := range r.st.Load(ctx, d.ID()) {
		if err != nil && !errors.Is(err, store.ErrCorrupt) {
			return nil, err
		}
		return nil, fmt.Errorf("merge: work %s is stored already: %w", d.ID(), store.ErrArgument)
	}
	return r.adopt(ctx, d)
}

// adopt stores a new document and makes it live.
func (r *Repo) adopt(ctx context.Context, d *crdt.Doc) (*Replica, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if _, ok := r.live[d.ID()]; ok {
		return nil, fmt.Errorf("merge: work %s is open already: %w", d.ID(), store.ErrArgument)
	}
	rep := newReplica(r, d)
	if err := rep.Save(ctx); err != nil {
		return nil, err
	}
	r.live[d.ID()] = rep
	r.news.tell(stored)
	return rep, nil
}

// Open opens a work that the store has. ErrNotFound when it has none of it. A
// damaged segment is no error: what stays covered without it is shown, and sync
// fetches the rest ([Replica.Damage] says what was found).
func (r *Repo) Open(ctx context.Context, work cid.Cid) (*Replica, error) {
	return r.open(ctx, work, false)
}

// Join opens a work, or waits empty for sync to fill it. The options are for the
// document, such as consent to the work's terms; a work that is open already
// keeps those it was opened with.
func (r *Repo) Join(ctx context.Context, work cid.Cid, opts ...crdt.Option) (*Replica, error) {
	return r.open(ctx, work, true, opts...)
}

// open gives the live replica of a work, loaded if need be.
func (r *Repo) open(ctx context.Context, work cid.Cid, join bool, opts ...crdt.Option) (*Replica, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if rep, ok := r.live[work]; ok {
		rep.users++
		return rep, nil
	}
	opts = append(r.opts[:len(r.opts):len(r.opts)], opts...)
	d, err := crdt.Join(r.key, work, opts...)
	if err != nil {
		return nil, err
	}
	rep := newReplica(r, d)
	rep.opts = opts
	found, err := rep.load(ctx)
	if err != nil {
		return nil, err
	}
	if !found && !join {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, work)
	}
	r.live[work] = rep
	r.news.tell(stored)
	return rep, nil
}

// Named opens the work that has a local name in this store, or founds one and
// names it. The name is local: on another device it names another work, so
// share the id instead.
func (r *Repo) Named(ctx context.Context, name string, opts ...crdt.Option) (*Replica, error) {
	r.naming.Lock()
	defer r.naming.Unlock()
	names, err := r.st.Names(ctx)
	if err != nil {
		return nil, err
	}
	if work, ok := names[name]; ok {
		return r.open(ctx, work, false, opts...)
	}
	rep, err := r.Create(ctx, opts...)
	if err != nil {
		return nil, err
	}
	if err := r.st.SetName(ctx, name, rep.Doc().ID()); err != nil {
		return nil, errors.Join(err, rep.Close())
	}
	return rep, nil
}

// Works yields the works that the store knows.
func (r *Repo) Works(ctx context.Context) iter.Seq2[cid.Cid, error] { return r.st.Works(ctx) }

// Close saves the replicas that are open and closes the store. Edits and saves
// return ErrClosed from then on; what was read goes on being readable.
func (r *Repo) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	r.closed = true
	var errs []error
	for _, rep := range r.live {
		errs = append(errs, rep.end())
	}
	errs = append(errs, r.st.Close())
	r.news.tell(released)
	return errors.Join(errs...)
}

// replicas are those that somebody has opened; ErrClosed when the repo is.
func (r *Repo) replicas() ([]*Replica, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	out := make([]*Replica, 0, len(r.live))
	for _, rep := range r.live {
		out = append(out, rep)
	}
	return out, nil
}

// drop lets one user of a replica go; the last one saves and ends it.
func (r *Repo) drop(rep *Replica) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rep.users == 0 || r.closed {
		return ErrClosed
	}
	if rep.users--; rep.users > 0 {
		return nil
	}
	delete(r.live, rep.work)
	return rep.end()
}
