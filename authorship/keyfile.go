package authorship

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The file keyring.json of a keyring is one JSON object:
//
//	format  "commonhold keyring v1"
//	name    what the person is called
//	person  {key, seed} of the person
//	stores  [{instance, first, epoch, key, seed}], in the order in which they came
//	sum     hex of the sha2-256 of the file with an empty sum
//
// key is the did:key, seed the 32 secret bytes of RFC 8032 in base64. The
// file is exactly what encode gives; anything else is damage.
const (
	keyfileName   = "keyring.json"
	keyfileFormat = "commonhold keyring v1"
	keyfileMax    = 64 << 20 // bytes: a hundred thousand stores
)

// keyfile is what the file says.
type keyfile struct {
	Format string  `json:"format"`
	Name   string  `json:"name"`
	Person entry   `json:"person"`
	Stores []entry `json:"stores"`
	Sum    string  `json:"sum"`
}

// entry is one key, and the store that writes with it.
type entry struct {
	Instance string `json:"instance,omitempty"`
	First    uint64 `json:"first,omitempty"`
	Epoch    uint64 `json:"epoch,omitempty"`
	Key      string `json:"key"`
	Seed     string `json:"seed"`
}

// newEntry makes a key.
func newEntry() entry {
	var seed [32]byte
	if _, err := rand.Read(seed[:]); err != nil {
		panic("authorship: the machine has no randomness: " + err.Error())
	}
	return entry{Key: KeyFromSeed("", seed).String(), Seed: base64.StdEncoding.EncodeToString(seed[:])}
}

// secret is the seed of an entry that was checked.
func (e entry) secret() (seed [32]byte, err error) {
	b, err := base64.StdEncoding.Strict().DecodeString(e.Seed)
	if err != nil || len(b) != len(seed) {
		return seed, fmt.Errorf("authorship: seed of %s: %w", e.Key, ErrKeyring)
	}
	copy(seed[:], b)
	return seed, nil
}

// check refuses a key that could be guessed, or is not the one it says. A seed
// drawn at random has about 30 different bytes, fewer than 16 once in 10^13.
func (e entry) check() error {
	seed, err := e.secret()
	if err != nil {
		return err
	}
	if KeyFromSeed("", seed).String() != e.Key {
		return fmt.Errorf("authorship: the seed of %s is another key's: %w", e.Key, ErrWeak)
	}
	var seen [256]bool
	different := 0
	for _, b := range seed {
		if !seen[b] {
			seen[b] = true
			different++
		}
	}
	if different < 16 {
		return fmt.Errorf("authorship: the seed of %s was not drawn at random: %w", e.Key, ErrWeak)
	}
	return nil
}

// person is the key of the person; the file was checked.
func (f *keyfile) person() *Key {
	seed, err := f.Person.secret()
	if err != nil {
		panic("authorship: a checked keyring has no person: " + err.Error())
	}
	return KeyFromSeed(f.Name, seed)
}

// key is the key of a store: the person's own, or one bound to it.
func (f *keyfile) key(e *entry) *Key {
	if e.Key == f.Person.Key {
		return f.person()
	}
	seed, err := e.secret()
	if err != nil {
		panic("authorship: a checked keyring has no key: " + err.Error())
	}
	return KeyFromSeed(f.Name, seed).BoundTo(f.person(), false)
}

// encode is the file.
func (f *keyfile) encode() []byte {
	g := *f
	g.Sum = ""
	sum := sha256.Sum256(g.marshal())
	g.Sum = hex.EncodeToString(sum[:])
	return g.marshal()
}

// marshal writes the object, one line a member.
func (f *keyfile) marshal() []byte {
	b, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		panic("authorship: a keyring has no JSON: " + err.Error())
	}
	return append(b, '\n')
}

// parseKeyfile is the inverse of encode; it checks everything.
func parseKeyfile(raw []byte) (*keyfile, error) {
	f := &keyfile{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(f); err != nil {
		return nil, fmt.Errorf("authorship: %s: %w: %w", keyfileName, ErrKeyring, err)
	}
	if f.Format != keyfileFormat || !bytes.Equal(f.encode(), raw) {
		return nil, fmt.Errorf("authorship: %s is not as it was written: %w", keyfileName, ErrKeyring)
	}
	if err := checkName(f.Name); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyring, err)
	}
	if err := f.Person.check(); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for k, e := range f.Stores {
		if e.Instance == "" || e.First > e.Epoch || seen[e.Key] || (k == 0) != (e.Key == f.Person.Key) {
			return nil, fmt.Errorf("authorship: store %d of the keyring: %w", k, ErrKeyring)
		}
		if err := e.check(); err != nil {
			return nil, err
		}
		seen[e.Key] = true
	}
	return f, nil
}

// readKeyfile reads the file in a folder, if nobody else can.
func readKeyfile(dir string) ([]byte, error) {
	path := filepath.Join(dir, keyfileName)
	if err := checkPrivate(path, false); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err == nil && info.Size() > keyfileMax {
		err = fmt.Errorf("%d bytes: %w", info.Size(), ErrKeyring)
	}
	var raw []byte
	if err == nil {
		raw, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("authorship: keyring: %w", err)
	}
	return raw, nil
}

// writeKeyfile puts the file in place: whole and durable, or not at all.
func writeKeyfile(dir string, raw []byte) error {
	if left, err := filepath.Glob(filepath.Join(dir, "*.tmp")); err == nil {
		for _, path := range left { // of a process that was ended; the folder is locked
			_ = os.Remove(path)
		}
	}
	t, err := os.CreateTemp(dir, keyfileName+".*.tmp") // 0600
	if err != nil {
		return fmt.Errorf("authorship: keyring: %w", err)
	}
	_, err = t.Write(raw)
	err = errors.Join(err, t.Sync(), t.Close())
	if err == nil {
		err = os.Rename(t.Name(), filepath.Join(dir, keyfileName))
	}
	if err != nil {
		return fmt.Errorf("authorship: keyring: %w", errors.Join(err, os.Remove(t.Name())))
	}
	if err := syncFolder(dir); err != nil {
		return fmt.Errorf("authorship: keyring: %w", err)
	}
	return nil
}

// missing tells whether an error says that a file is not there.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// exposed is the error of a file or folder that others may use.
func exposed(path string, mode fs.FileMode) error {
	return fmt.Errorf("authorship: %s has mode %s, and nobody but its owner may read or change it: %w", path, strings.TrimSpace(mode.Perm().String()), ErrExposed)
}
