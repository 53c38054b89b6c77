package authorship_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// ring opens a keyring in a folder.
func ring(t testing.TB, dir string) *authorship.Keyring {
	t.Helper()
	k, err := authorship.OpenKeyring(dir, "Ann")
	must(t, err)
	return k
}

// signer asks a keyring for the key of a store.
func signer(t testing.TB, k *authorship.Keyring, instance string, epoch uint64) crdt.Signer {
	t.Helper()
	s, err := k.SignerFor(instance, epoch)
	must(t, err)
	return s
}

// signs tests that a signer signs, or is refused as copied.
func signs(t testing.TB, s crdt.Signer, want bool) {
	t.Helper()
	_, err := s.Sign([]byte("x"))
	if want && err != nil || !want && (!errors.Is(err, authorship.ErrCopied) || !errors.Is(err, crdt.ErrKey)) {
		t.Errorf("%s signs: %v, want %v", s.Author(), err, want)
	}
}

// TestKeyring: the first store writes with the person's key, further ones with
// bound keys of their own; opened again, everything is as it was.
func TestKeyring(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "keys")
	k := ring(t, dir)
	one, two := signer(t, k, "one", 1), signer(t, k, "two", 1)
	if one.Author() != k.Person() || two.Author() == one.Author() {
		t.Errorf("person %s, stores %s %s", k.Person(), one.Author(), two.Author())
	}
	again := ring(t, dir)
	if again.Person() != k.Person() {
		t.Error("another person")
	}
	if s := signer(t, again, "one", 2); s.Author() != one.Author() {
		t.Error("another key for the first store")
	}
	if s := signer(t, again, "two", 7); s.Author() != two.Author() {
		t.Error("another key for the second store")
	}
	signs(t, one, false) // the store was opened again
	signs(t, two, false)

	a := found(t, signer(t, k, "one", 3))
	write(t, a, "Knead.")
	b := join(t, a, signer(t, k, "two", 8))
	write(t, b, " Wait.")
	extra, err := k.NewKey()
	must(t, err)
	c := join(t, b, extra)
	write(t, c, " Bake.")
	must(t, a.Merge(c))
	if got := said(a); got != "Ann: Knead.|Ann:  Wait.|Ann:  Bake." {
		t.Errorf("%s", got)
	}
	if s := authorship.Notice(a.View()).String(); s != `"Bread" by Ann. CC-BY-SA-4.0.` {
		t.Errorf("%s", s)
	}
	for s := range authorship.Blame(a.View().Text("body")) {
		if s.Level != authorship.Effective || s.Author.ID != k.Person() {
			t.Errorf("%+v", s)
		}
	}
	bot, err := k.NewAgent("scribe")
	must(t, err)
	d := join(t, a, bot)
	write(t, d, " Eat.")
	if s := blame(d)[3]; s.Author.Name != "scribe" || s.Author.OnBehalf != k.Person() {
		t.Errorf("%+v", s)
	}
	if _, err := k.SignerFor("", 1); !errors.Is(err, authorship.ErrKeyring) {
		t.Errorf("no instance: %v", err)
	}
}

// TestKeyringName: a new name is for new keys; none keeps the old one.
func TestKeyringName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	ring(t, dir)
	for name, want := range map[string]string{"": "Ann"} {
		k, err := authorship.OpenKeyring(dir, name)
		must(t, err)
		x, err := k.NewKey()
		must(t, err)
		if x.Name() != want {
			t.Errorf("%q: %q", name, x.Name())
		}
	}
	k, err := authorship.OpenKeyring(dir, "Anna")
	must(t, err)
	if x, _ := k.NewKey(); x.Name() != "Anna" {
		t.Errorf("%q", x.Name())
	}
	for _, bad := range []string{"\xff", strings.Repeat("x", 257)} {
		if _, err := authorship.OpenKeyring(dir, bad); err == nil {
			t.Errorf("name of %d bytes", len(bad))
		}
	}
}

// TestCopies: a store that comes with an epoch that was seen is a copy and gets a
// new key; of two live copies the older one is refused.
func TestCopies(t *testing.T) {
	k := ring(t, filepath.Join(t.TempDir(), "keys"))
	store := func(epoch uint64) crdt.Signer { return signer(t, k, "store", epoch) }
	live := store(10)
	copied := store(11) // of epoch 10, opened while the first lives
	signs(t, live, false)
	signs(t, copied, true)
	late := store(11) // the first one opens again
	if late.Author() == copied.Author() {
		t.Error("two stores, one key")
	}
	signs(t, copied, true)
	signs(t, late, true)

	k = ring(t, filepath.Join(t.TempDir(), "keys"))
	first := store(10)
	old := store(8) // a restored backup
	if old.Author() == first.Author() {
		t.Error("a restored store has the key")
	}
	// The backup may be restored again, or the first store come back: until the
	// epochs that it had are passed, each opening gets a key.
	seen := map[crdt.Author]bool{first.Author(): true, old.Author(): true}
	var last crdt.Signer
	for epoch := uint64(9); epoch <= 11; epoch++ {
		last = store(epoch)
		if seen[last.Author()] {
			t.Errorf("at epoch %d a doubtful store has a key that another may have", epoch)
		}
		seen[last.Author()] = true
	}
	for epoch := uint64(12); epoch < 20; epoch++ {
		if s := store(epoch); s.Author() != last.Author() {
			t.Error("a store that is known again does not keep its key")
		}
	}
}

// TestCopiesNeverShare: whatever is copied, restored and opened, in any order,
// no two stores that have gone apart write with one key.
func TestCopiesNeverShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "keyring")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		k, err := authorship.OpenKeyring(dir, "Ann")
		if err != nil {
			t.Fatal(err)
		}
		// A line is one store through time: what it was opened with.
		type line struct {
			epoch uint64
			keys  []crdt.Author
			live  crdt.Signer
		}
		lines := []*line{{}}
		newest := map[crdt.Author]*line{} // who opened with a key last
		for n := rapid.IntRange(1, 15).Draw(t, "steps"); n > 0; n-- {
			l := rapid.SampledFrom(lines).Draw(t, "line")
			if rapid.IntRange(0, 3).Draw(t, "copy") == 0 {
				lines = append(lines, &line{epoch: l.epoch, keys: append([]crdt.Author(nil), l.keys...)})
				continue
			}
			l.epoch++
			s, err := k.SignerFor("store", l.epoch)
			if err != nil {
				t.Fatal(err)
			}
			// The key is new, or this line had it at its last opening and
			// nobody who went apart since has used it.
			if was := newest[s.Author()]; was != nil {
				mine := len(l.keys) > 0 && l.keys[len(l.keys)-1] == s.Author()
				if !mine || was != l && was.epoch >= l.epoch {
					t.Fatalf("key %s at epoch %d was used by another copy at %d", s.Author(), l.epoch, was.epoch)
				}
				if was != l && was.live != nil {
					if _, err := was.live.Sign([]byte("x")); !errors.Is(err, authorship.ErrCopied) {
						t.Fatalf("two live copies sign: %v", err)
					}
				}
			}
			newest[s.Author()] = l
			l.keys, l.live = append(l.keys, s.Author()), s
			if _, err := s.Sign([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestKeyringFiles: folder and file are the owner's alone, nothing else lies
// there, and nothing prints a secret.
func TestKeyringFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	k := ring(t, dir)
	s := signer(t, k, "one", 1)
	signer(t, k, "two", 1)
	modes(t, dir)
	must(t, os.WriteFile(filepath.Join(dir, "keyring.json.1.tmp"), []byte("x"), 0o600)) // of a process that was killed
	signer(t, k, "three", 1)
	modes(t, dir)
	raw, err := os.ReadFile(filepath.Join(dir, authorship.KeyfileName))
	must(t, err)
	var file struct{ Person struct{ Seed string } }
	must(t, json.Unmarshal(raw, &file))
	for _, f := range []string{"%v", "%+v", "%s", "%#v"} {
		extra, err := k.NewKey()
		must(t, err)
		for _, x := range []any{s, extra} {
			if out := fmt.Sprintf(f, x); !strings.HasPrefix(out, "did:key:z6Mk") || len(out) != 56 {
				t.Errorf("%s prints %s", f, out)
			}
		}
	}
	if file.Person.Seed == "" {
		t.Error("no seed")
	}
}

// modes tests who may use the files of a keyring.
func modes(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		info, err := e.Info()
		must(t, err)
		if info.Mode() != 0o600 || (e.Name() != authorship.KeyfileName && e.Name() != "LOCK") {
			t.Errorf("%s has mode %s", e.Name(), info.Mode())
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %s, %v", info.Mode(), err)
	}
}

// TestKeyringDamage: every cut and every changed byte of the file is refused, and
// nothing is changed.
func TestKeyringDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	k := ring(t, dir)
	signer(t, k, "one", 1)
	signer(t, k, "two", 1)
	path := filepath.Join(dir, authorship.KeyfileName)
	good, err := os.ReadFile(path)
	must(t, err)
	refused := func(raw []byte, what string) {
		t.Helper()
		must(t, os.WriteFile(path, raw, 0o600))
		_, err := authorship.OpenKeyring(dir, "")
		if !errors.Is(err, authorship.ErrKeyring) && !errors.Is(err, authorship.ErrWeak) {
			t.Errorf("%s: %v", what, err)
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(now, raw) {
			t.Errorf("%s: the file was changed", what)
		}
	}
	for k := range good {
		refused(good[:k], fmt.Sprint("cut at ", k))
		bad := bytes.Clone(good)
		bad[k] ^= 1
		refused(bad, fmt.Sprint("byte ", k))
	}
	refused(append(bytes.Clone(good), ' '), "one more")
	must(t, os.WriteFile(path, good, 0o600))
	if again := ring(t, dir); again.Person() != k.Person() {
		t.Error("another person")
	}
}

// TestWeakKeys: a key that could be guessed, or is not the one it says, is
// refused though the file is as it was written.
func TestWeakKeys(t *testing.T) {
	for name, c := range map[string]struct {
		seed string
		err  error
	}{
		"zeros":     {strings.Repeat("A", 43) + "=", authorship.ErrWeak},
		"one byte":  {"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", authorship.ErrWeak},
		"two bytes": {"AQIBAgECAQIBAgECAQIBAgECAQIBAgECAQIBAgECAQI=", authorship.ErrWeak},
		"short":     {"AQID", authorship.ErrKeyring},
		"no base64": {"?", authorship.ErrKeyring},
		"another":   {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", authorship.ErrWeak},
	} {
		if err := authorship.OpenForged(filepath.Join(t.TempDir(), "keys"), c.seed, name != "another"); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeyringRace: many who open many stores of one keyring at once, in this
// process, get each its own key, and all are remembered.
func TestKeyringRace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	keys := make([]crdt.Author, 24)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			k, err := authorship.OpenKeyring(dir, "Ann")
			if err == nil {
				var s crdt.Signer
				if s, err = k.SignerFor(fmt.Sprint("store ", i), 1); err == nil {
					keys[i] = s.Author()
					_, err = s.Sign([]byte("x"))
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	k := ring(t, dir)
	seen := map[crdt.Author]bool{}
	for i, a := range keys {
		if seen[a] {
			t.Errorf("store %d shares a key", i)
		}
		seen[a] = true
		if s := signer(t, k, fmt.Sprint("store ", i), 2); s.Author() != a {
			t.Errorf("store %d was forgotten", i)
		}
	}
	if !seen[k.Person()] {
		t.Error("no store has the person's key")
	}
}
