package authorship

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/commonhold/commonhold/crdt"
)

// Keyring keeps a person's keys in a folder of its own, outside every store: the
// person's key, and one writing key for each store. It is safe for concurrent
// use, also by several processes on one machine.
//
// The first store writes with the person's key itself, every further one with a
// key bound to the person. A keyring knows a store by its instance and by how
// often it was opened (its epoch): a copy or a restored backup comes with an
// epoch that was seen already, and gets a key of its own, so that two lines of
// work never go by one key. Restoring the keyring together with the store
// escapes this; keep them apart.
//
// The secrets stand in the file unencrypted, readable for its owner alone.
//
// Invariants of the file, beyond those of its form (see keyfile.go):
//
//  1. No two stores have one key; the first store has the person's.
//  2. epoch of a store is the greatest with which it was given its key; first is
//     the least, 0 for the first key of an instance.
type Keyring struct {
	dir string

	mu   sync.Mutex
	raw  []byte // the file as read last
	file *keyfile
}

// OpenKeyring opens the keyring in a folder, or makes it, with a new key for the
// person. The name is what new keys are called; empty keeps the one that is
// there.
//
// Errors: [ErrExposed] when others may read the folder or the file, [ErrKeyring]
// when the file is damaged, [ErrWeak] when a key in it could be guessed or is
// not the one it says, crdt.ErrLimit and crdt.ErrMalformed for the name, and
// those of the file system.
func OpenKeyring(dir, name string) (*Keyring, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(dir) // the program may change its folder
	if err != nil {
		return nil, fmt.Errorf("authorship: keyring: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("authorship: keyring: %w", err)
	}
	k := &Keyring{dir: dir}
	err = k.change(func(f *keyfile) error {
		if f.Person.Key == "" {
			f.Person = newEntry()
		}
		if name != "" {
			f.Name = name
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// Person is the key by which the person is known. It is the ID of
// [Person] in every work.
func (k *Keyring) Person() crdt.Author {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.file.person().author
}

// NewKey makes a key for a further device of the person, a fork or a private
// draft, in memory: bound to the person, and not kept here.
func (k *Keyring) NewKey() (*Key, error) { return k.bound("", false) }

// NewAgent makes a key for a program that writes by itself on the person's
// behalf, in memory: bound to the person, and not kept here.
func (k *Keyring) NewAgent(name string) (*Key, error) { return k.bound(name, true) }

// bound makes a key bound to the person; without a name it has the person's.
func (k *Keyring) bound(name string, agent bool) (*Key, error) {
	f, err := k.read()
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = f.Name
	}
	return NewKey(name).BoundTo(f.person(), agent), nil
}

// SignerFor gives the key that writes in a store; it is merge's Keys. instance
// names the store, epoch counts its openings. The signer asks the keyring again
// at every signature, and is refused with [ErrCopied] once the same store was
// opened again: of two live copies the older stops writing.
func (k *Keyring) SignerFor(instance string, epoch uint64) (crdt.Signer, error) {
	if instance == "" {
		return nil, fmt.Errorf("authorship: store without an instance: %w", ErrKeyring)
	}
	var s *storeKey
	err := k.change(func(f *keyfile) error {
		e := f.storeFor(instance, epoch)
		s = &storeKey{Key: f.key(e), ring: k, instance: instance, epoch: epoch}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// storeFor gives the entry of a store at an opening of it.
//
// One entry of an instance is the usual case: it goes on with every greater
// epoch. Several mean that the instance was copied or restored, each entry being
// one line of openings. Every opening adds one, so this one goes on from a store
// that stood one below; a line that has passed there may have left a copy there.
// Only where one line alone can have, and stands there still, the opening is that
// line's. Everything else gets a new key, which costs nothing but the key: a
// store that was restored gets one at each opening until it is past the epoch
// that it had lost.
func (f *keyfile) storeFor(instance string, epoch uint64) *entry {
	var known, below []*entry
	for k := range f.Stores {
		e := &f.Stores[k]
		if e.Instance != instance {
			continue
		}
		known = append(known, e)
		if e.First < epoch && epoch-1 <= e.Epoch {
			below = append(below, e)
		}
	}
	if len(known) == 1 {
		below = known
	}
	if len(below) == 1 && below[0].Epoch < epoch {
		below[0].Epoch = epoch
		return below[0]
	}
	e := newEntry()
	if len(f.Stores) == 0 {
		e = f.Person
	}
	e.Instance, e.Epoch = instance, epoch
	if len(known) > 0 {
		e.First = epoch // what was below it was another's line
	}
	f.Stores = append(f.Stores, e)
	return &f.Stores[len(f.Stores)-1]
}

// storeKey is the signer of one opening of one store.
type storeKey struct {
	*Key
	ring     *Keyring
	instance string
	epoch    uint64
}

// Sign signs if the store still has the key. Somebody who opens a copy at the
// very moment of a signature is not seen by it, but by the next.
func (s *storeKey) Sign(msg []byte) ([]byte, error) {
	f, err := s.ring.read()
	if err != nil {
		return nil, err
	}
	k := slices.IndexFunc(f.Stores, func(e entry) bool { return e.Key == s.String() })
	if k < 0 || f.Stores[k].Instance != s.instance || f.Stores[k].Epoch != s.epoch {
		return nil, fmt.Errorf("authorship: %s: %w", s, ErrCopied)
	}
	return s.Key.Sign(msg)
}

// read gives the file as it is now; the caller must not change it.
func (k *Keyring) read() (*keyfile, error) {
	raw, err := readKeyfile(k.dir)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if bytes.Equal(raw, k.raw) {
		return k.file, nil
	}
	f, err := parseKeyfile(raw)
	if err != nil {
		return nil, err
	}
	if k.file != nil && f.Person.Key != k.file.Person.Key {
		return nil, fmt.Errorf("authorship: the keyring is another person's by now: %w", ErrKeyring)
	}
	k.raw, k.file = raw, f
	return f, nil
}

// change lets edit change the file, alone among all processes. What edit
// decides on is durable before change returns.
func (k *Keyring) change(edit func(*keyfile) error) error {
	if err := checkPrivate(k.dir, true); err != nil {
		return err
	}
	unlock, err := lockFolder(k.dir)
	if err != nil {
		return err
	}
	defer unlock()
	f := &keyfile{Format: keyfileFormat}
	raw, err := readKeyfile(k.dir)
	switch {
	case err == nil:
		if f, err = parseKeyfile(raw); err != nil {
			return err
		}
	case !missing(err):
		return err
	}
	if err := edit(f); err != nil {
		return err
	}
	out := f.encode()
	if !bytes.Equal(out, raw) {
		if err := writeKeyfile(k.dir, out); err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.raw, k.file = out, f
	return nil
}
