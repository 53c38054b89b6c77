package authorship_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestKey: a key of a seed is that of RFC 8032, test 1; a new key is new; both
// sign what the standard library verifies.
func TestKey(t *testing.T) {
	seed, err := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	must(t, err)
	k := authorship.KeyFromSeed("x", [32]byte(seed))
	if a := k.Author(); hex.EncodeToString(a[:]) != "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" {
		t.Errorf("%x", a[:])
	}
	if k.String() != "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw" || k.Name() != "x" {
		t.Errorf("%s", k)
	}
	for _, k := range []*authorship.Key{k, authorship.NewKey("x"), authorship.NewKey("x").BoundTo(k, true), authorship.NewKey("").Claim(k.Author(), false)} {
		sig, err := k.Sign([]byte("message"))
		a := k.Author()
		if err != nil || !ed25519.Verify(a[:], []byte("message"), sig) {
			t.Errorf("%s: %v", k, err)
		}
		if parsed, err := crdt.ParseAuthor(k.String()); err != nil || parsed != a {
			t.Errorf("%s: %v", k, err)
		}
	}
	if authorship.NewKey("x").Author() == authorship.NewKey("x").Author() {
		t.Error("two new keys are one")
	}
}

// TestBindMessage: what a person signs for a device, byte for byte.
func TestBindMessage(t *testing.T) {
	work, err := cid.Decode("bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae")
	must(t, err)
	const want = "636f6d6d6f6e686f6c642f62696e642f763100" + // commonhold/bind/v1\0
		"24" + "01711220785197229dc8bb1152945da58e2348f7e279eeded06cc2ca736d0e879858b501" +
		"22" + "ed010000000000000000000000000000000000000000000000000000000000000007" + "646576696365" // device
	if got := hex.EncodeToString(authorship.BindMessage(work, crdt.Author{31: 7}, false)); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestClean: what is left of text that could disturb a line.
func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"Ann": "Ann", "  Ann \t\n B. ": "Ann B.", "A\x00n\x1b[0mn": "An[0mn", "\u202enna": "nna", "\u2066x\u2069\ufeff": "x",
		"\u200b": "", "آن‌ها": "آن‌ها", "👩‍🌾": "👩‍🌾", "\xff": "", "a\u2028b": "a b", "": "",
	} {
		if got := authorship.Clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestWords: levels and kinds have words, also those that there are not.
func TestWords(t *testing.T) {
	if s := fmt.Sprint(authorship.Held, authorship.Covered, authorship.Bound, authorship.Effective, authorship.Level(9)); s != "held covered bound effective level 9" {
		t.Error(s)
	}
	if s := fmt.Sprint(authorship.Written, authorship.Generated, authorship.SpanKind(9)); s != "written generated kind 9" {
		t.Error(s)
	}
}
