package block_test

import (
	"crypto/ed25519"
	"errors"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/multiformats/go-multibase"
	"github.com/multiformats/go-varint"
)

// keyOf returns the encoding of y with the given sign bit.
func keyOf(y *big.Int, sign byte) (k block.Key) {
	y.FillBytes(k[:])
	slices.Reverse(k[:])
	k[31] |= sign << 7
	return k
}

// stdAccepts tells whether crypto/ed25519 can decode the key at all.
func stdAccepts(k block.Key) bool {
	err := ed25519.VerifyWithOptions(k[:], nil, make([]byte, 64), &ed25519.Options{})
	return err != nil && !strings.Contains(err.Error(), "bad public key")
}

// groupOrder is the prime order of the base point, RFC 8032 section 5.1.
var groupOrder = mustHex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed")

// slowMul returns n times the point.
func slowMul(n, x, y *big.Int) (rx, ry *big.Int) {
	rx, ry = new(big.Int), big.NewInt(1)
	for i := n.BitLen() - 1; i >= 0; i-- {
		rx, ry = slowAdd(rx, ry, rx, ry)
		if n.Bit(i) == 1 {
			rx, ry = slowAdd(rx, ry, x, y)
		}
	}
	return rx, ry
}

// torsion returns a point of order 8, found by multiplying points by the order
// of the base point until no smaller power of two gives (0, 1).
func torsion(t *testing.T) (x, y *big.Int) {
	for i := range int64(100) {
		x, y, ok := slowPoint(keyOf(big.NewInt(i), 0))
		if !ok {
			continue
		}
		x, y = slowMul(groupOrder, x, y)
		// Its order divides 8. Four times it is (0, -1) only if it is 8.
		if _, y4 := slowMul(big.NewInt(4), x, y); y4.Cmp(big.NewInt(1)) != 0 {
			return x, y
		}
	}
	t.Fatal("no point of order 8 found")
	return nil, nil
}

// TestKeyLowOrder finds all points whose order divides 8 by computing them.
// Each is refused, under either sign.
func TestKeyLowOrder(t *testing.T) {
	x, y := torsion(t)
	seen := map[block.Key]bool{}
	px, py := new(big.Int), big.NewInt(1)
	for range 8 {
		k := keyOf(py, byte(px.Bit(0)))
		seen[k] = true
		for _, sign := range []byte{0, 1} {
			k := keyOf(py, sign)
			if err := k.Check(); kindOf(t, err) != block.ErrKey {
				t.Errorf("%x: %v", k, err)
			}
		}
		px, py = slowAdd(px, py, x, y)
	}
	if px.Sign() != 0 || py.Cmp(big.NewInt(1)) != 0 || len(seen) != 8 {
		t.Fatalf("%d points of order 1, 2, 4, 8", len(seen))
	}
}

// mustHex returns the number of a constant.
func mustHex(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 16)
	if !ok {
		panic(s)
	}
	return n
}

// TestKeyNotCanonical tries all nineteen y from p on, under both signs.
func TestKeyNotCanonical(t *testing.T) {
	for i := range int64(19) {
		for _, sign := range []byte{0, 1} {
			k := keyOf(new(big.Int).Add(slowP, big.NewInt(i)), sign)
			if err := k.Check(); kindOf(t, err) != block.ErrKey || !strings.Contains(err.Error(), "rule 1") {
				t.Errorf("p + %d, sign %d: %v", i, sign, err)
			}
		}
	}
	// The last good and the first bad y differ by one: p - 1 has low order.
	k := keyOf(new(big.Int).Sub(slowP, big.NewInt(1)), 0)
	if err := k.Check(); kindOf(t, err) != block.ErrKey || !strings.Contains(err.Error(), "rule 2") {
		t.Error(err)
	}
}

// TestKeyAgrees compares the verdict on random bytes and on small and great y
// with the slow twin and with what crypto/ed25519 can decode.
func TestKeyAgrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var keys []block.Key
	for range 1000 {
		var k block.Key
		for i := range k {
			k[i] = byte(rng.Uint32())
		}
		keys = append(keys, k)
	}
	for i := range int64(100) {
		keys = append(keys, keyOf(big.NewInt(i), byte(i&1)), keyOf(new(big.Int).Sub(slowP, big.NewInt(i)), byte(i&1)))
	}
	good := 0
	for _, k := range keys {
		want := slowGoodKey(k)
		for range 2 { // the second time from memory
			if err := k.Check(); (err == nil) != want {
				t.Errorf("%x: %v, slow twin says %t", k, err, want)
			}
		}
		if want {
			good++
		}
		if want && !stdAccepts(k) {
			t.Errorf("%x: crypto/ed25519 cannot decode it", k)
		}
	}
	if good < 400 || good > 800 {
		t.Errorf("%d of %d keys are good", good, len(keys))
	}
}

// TestKeyLowOrderVerifiesAnything shows why such keys are refused: the standard
// library accepts one fixed signature on every message.
func TestKeyLowOrderVerifiesAnything(t *testing.T) {
	identity := block.Key{0: 1}
	sig := make([]byte, 64)
	sig[0] = 1 // R is the identity too, S is 0
	work, change := testID("w"), testID("c")
	if !ed25519.Verify(identity[:], block.SigningMessage(work, change), sig) {
		t.Fatal("crypto/ed25519 now refuses the identity")
	}
	if block.Verify(work, change, identity, sig) {
		t.Error("a signature that nobody made is accepted")
	}
}

// TestKeyCheckConcurrent looks at many keys from several goroutines.
func TestKeyCheckConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 200 {
				if err := testKey(i + g).Check(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestKeyCheckAllocs: a known key costs no allocation.
func TestKeyCheckAllocs(t *testing.T) {
	k := testKey(1)
	if n := testing.AllocsPerRun(100, func() { check(k.Check()) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestDIDVectors are the first three of the ed25519 test vectors of the did:key
// method (W3C Credentials Community Group): seeds 0, 1 and 2, big endian.
func TestDIDVectors(t *testing.T) {
	for seed, did := range []string{
		"did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
		"did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG",
		"did:key:z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf",
	} {
		s := make([]byte, 32)
		s[31] = byte(seed)
		k := block.Key(ed25519.NewKeyFromSeed(s).Public().(ed25519.PublicKey))
		if got := k.DID(); got != did {
			t.Errorf("seed %d: %s, not %s", seed, got, did)
		}
		if got, err := block.ParseDID(did); err != nil || got != k {
			t.Errorf("%s: %x, %v", did, got, err)
		}
	}
}

// TestDIDFaults: one fault each.
func TestDIDFaults(t *testing.T) {
	k := testKey(1)
	good := k.DID()
	other := func(codec string, key []byte) string {
		s, err := multibase.Encode(multibase.Base58BTC, append([]byte(codec), key...))
		check(err)
		return "did:key:" + s
	}
	base64, err := multibase.Encode(multibase.Base64url, append([]byte("\xed\x01"), k[:]...))
	check(err)
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"good":          {good, nil},
		"empty":         {"", block.ErrMalformed},
		"prefix":        {good[:20], block.ErrMalformed},
		"one more":      {good + "1", block.ErrMalformed},
		"other method":  {strings.Replace(good, "key", "web", 1), block.ErrMalformed},
		"upper case":    {strings.Replace(good, "did", "DID", 1), block.ErrMalformed},
		"other base":    {"did:key:" + base64, block.ErrMalformed},
		"no base":       {strings.Replace(good, ":z", ":y", 1), block.ErrMalformed},
		"bad digit":     {good[:55] + "0", block.ErrMalformed},
		"x25519":        {other("\xec\x01", k[:]), block.ErrMalformed},
		"short key":     {other("\xed\x01", k[:31]), block.ErrMalformed},
		"low order key": {other("\xed\x01", make([]byte, 32)), block.ErrKey},
		"huge":          {"did:key:z" + strings.Repeat("2", 1<<20), block.ErrMalformed},
	} {
		if _, err := block.ParseDID(c.text); kindOf(t, err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range good {
		for x := range 256 {
			b := []byte(good)
			b[i] = byte(x)
			if k, err := block.ParseDID(string(b)); err == nil && k.DID() != string(b) {
				t.Errorf("%s is read as %s", b, k.DID())
			}
		}
	}
}

// TestMulticodec pins the code of ed25519-pub in the multicodec table, 0xed.
func TestMulticodec(t *testing.T) {
	_, b, err := multibase.Decode(strings.TrimPrefix(testKey(1).DID(), "did:key:"))
	check(err)
	code, n, err := varint.FromUvarint(b)
	if code != 0xed || n != 2 || err != nil {
		t.Errorf("code %x of %d bytes, %v", code, n, err)
	}
}

// TestVerify: a signature counts for its work, change and author alone.
func TestVerify(t *testing.T) {
	work, change := testID("work"), testID("change")
	msg := block.SigningMessage(work, change)
	sig := testSign(1, msg)
	if !block.Verify(work, change, testKey(1), sig) {
		t.Fatal("the right signature is refused")
	}
	if block.Verify(change, work, testKey(1), sig) || block.Verify(testID("w"), change, testKey(1), sig) ||
		block.Verify(work, testID("c"), testKey(1), sig) || block.Verify(work, change, testKey(2), sig) {
		t.Error("a signature is accepted for something else")
	}
	digest := testSign(1, change[:])
	for n := range 130 {
		if n != 64 && block.Verify(work, change, testKey(1), append(slices.Clone(sig), make([]byte, 66)...)[:n]) {
			t.Errorf("signature of %d bytes accepted", n)
		}
	}
	for name, bad := range map[string][]byte{"over the digest": digest, "nil": nil, "S + L": plusOrder(sig)} {
		if block.Verify(work, change, testKey(1), bad) {
			t.Errorf("signature %s accepted", name)
		}
	}
	for i := range 512 {
		b := slices.Clone(sig)
		b[i/8] ^= 1 << (i % 8)
		if block.Verify(work, change, testKey(1), b) {
			t.Errorf("bit %d turned: accepted", i)
		}
	}
}

// plusOrder returns the signature with the order of the group added to S.
func plusOrder(sig []byte) []byte {
	b := slices.Clone(sig)
	s := b[32:]
	slices.Reverse(s)
	n := new(big.Int).Add(new(big.Int).SetBytes(s), groupOrder)
	n.FillBytes(s)
	slices.Reverse(s)
	return b
}

// TestSigningMessage pins the bytes.
func TestSigningMessage(t *testing.T) {
	work, change := testID("work"), testID("change")
	want := slices.Concat([]byte("commonhold/change/v1\x00"),
		[]byte{36}, work.ChangeCID().Bytes(), []byte{36}, change.ChangeCID().Bytes())
	if got := block.SigningMessage(work, change); string(got) != string(want) {
		t.Errorf("%x, not %x", got, want)
	}
}

// TestErrorsDiffer: no sentinel is another.
func TestErrorsDiffer(t *testing.T) {
	for i, a := range sentinels {
		for j, b := range sentinels {
			if errors.Is(a, b) != (i == j) {
				t.Errorf("%v is %v", a, b)
			}
		}
	}
}
