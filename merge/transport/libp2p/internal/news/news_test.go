package news

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// work is the digest of a work that is spoken of.
var work = Digest(sha256.Sum256([]byte("work")))

// change is the CID of a change that nobody holds.
func change(t testing.TB, k int) cid.Cid {
	t.Helper()
	sum := sha256.Sum256(fmt.Append(nil, "change ", k))
	c, err := cid.Cast(append([]byte{1, 0x71, 0x12, 0x20}, sum[:]...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// versionOf is one of so many changes that nobody holds.
func versionOf(t testing.TB, n int) crdt.Version {
	t.Helper()
	var ids []cid.Cid
	for k := range n {
		ids = append(ids, change(t, k))
	}
	v, err := crdt.NewVersion(ids...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// spell makes an announcement of so many heads.
func spell(t testing.TB, n int) []byte {
	t.Helper()
	a, err := Of(work, versionOf(t, n), n+5)
	if err != nil {
		t.Fatal(err)
	}
	return a.Encode()
}

// TestAnnouncement: what is spelled is read back, of one head and of many.
func TestAnnouncement(t *testing.T) {
	for _, n := range []int{1, 2, 15, 16, 17, 100} {
		b := spell(t, n)
		a, err := Read(work, b)
		if err != nil || int(a.Total) != n || int(a.Changes) != n+5 || len(a.Heads) != min(n, 16) || len(b) > MaxLen {
			t.Fatalf("%d heads: %d in %d bytes, %v", n, a.Total, len(b), err)
		}
		for k, id := range versionOf(t, n).IDs()[:len(a.Heads)] {
			if got, err := ChangeID(change(t, 0), a.Heads[k]); got != id || err != nil {
				t.Fatalf("head %d of %d is %s, want %s, %v", k, n, got, id, err)
			}
		}
		if !bytes.Equal(a.Encode(), b) {
			t.Fatalf("%d heads are spelled in another way", n)
		}
	}
	if MaxLen != 557 {
		t.Fatalf("the package comment says 557 bytes, not %d", MaxLen)
	}
}

// TestAnnouncementForm: nothing but what is spelled is read: no prefix, no byte that is
// another where the sum shows it, no other work, no heads in disorder.
func TestAnnouncementForm(t *testing.T) {
	refused := func(what string, b []byte) {
		t.Helper()
		if a, err := Read(work, b); !errors.Is(err, ErrForm) && !errors.Is(err, ErrVersion) || a.Heads != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for _, n := range []int{1, 3, 16} {
		b := spell(t, n)
		for k := range b {
			refused("a prefix", b[:k])
			if k >= 1 && k < 9 { // the number of changes stands for itself
				continue
			}
			other := slices.Clone(b)
			other[k] ^= 1 << (k % 8)
			refused(fmt.Sprintf("byte %d of %d heads", k, n), other)
		}
		refused("one byte more", append(slices.Clone(b), 0))
		another := sha256.Sum256([]byte("another"))
		if _, err := Read(another, b); !errors.Is(err, ErrForm) {
			t.Fatalf("the announcement of another work: %v", err)
		}
	}
	b := spell(t, 2)
	refused("disorder", slices.Concat(b[:fixed], b[fixed+32:], b[fixed:fixed+32]))
	twice := slices.Concat(b[:fixed], b[fixed:fixed+32], b[fixed:fixed+32])
	refused("one head twice", twice)
	refused("less changes than heads", append([]byte{1, 0, 0, 0, 0, 0, 0, 0, 1}, b[9:]...))
	refused("a later version", append([]byte{2}, make([]byte, 100)...))
	refused("no version", append([]byte{32}, make([]byte, 100)...))
	refused("a later version that is too long", append([]byte{2}, make([]byte, MaxLen)...))
	if _, err := DigestOf(cid.Undef); !errors.Is(err, ErrForm) {
		t.Fatalf("the digest of nothing: %v", err)
	}
}

// TestTopic: the name of a topic does not say which work it is of.
func TestTopic(t *testing.T) {
	name := Topic(work)
	if name != Topic(work) || name == Topic(sha256.Sum256(nil)) || strings.Contains(name, fmt.Sprintf("%x", work)) {
		t.Fatal(name)
	}
	if want := "/commonhold/heads/1/" + fmt.Sprintf("%x", sha256.Sum256([]byte("commonhold/topic/v1\x00"+string(work[:])))); name != want {
		t.Fatalf("%s, want %s", name, want)
	}
}

// FuzzAnnouncement: whatever arrives is read and spelled again as it was, or is an error
// of the two kinds.
func FuzzAnnouncement(f *testing.F) {
	for _, n := range []int{1, 2, 16, 17} {
		f.Add(spell(f, n))
	}
	f.Add([]byte{})
	f.Add([]byte{2, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Read(work, b)
		switch {
		case err == nil && !bytes.Equal(a.Encode(), b):
			t.Fatalf("%x is spelled %x", b, a.Encode())
		case err == nil && (len(a.Heads) > Listed || len(b) > MaxLen):
			t.Fatalf("%d heads in %d bytes", len(a.Heads), len(b))
		case err != nil && !errors.Is(err, ErrForm) && !errors.Is(err, ErrVersion):
			t.Fatalf("%x: %v", b, err)
		}
	})
}
