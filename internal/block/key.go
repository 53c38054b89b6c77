package block

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"sync/atomic"

	"github.com/multiformats/go-multibase"
)

// Key is an ed25519 public key as RFC 8032 encodes it: y in little endian, the
// sign of x in the top bit. Its rules, which Check checks:
//
//  1. y is below p = 2^255 - 19, so that each point has one key.
//  2. The point has not one of the orders 1, 2, 4 and 8: such keys verify
//     signatures that nobody made, some of them on every message.
//  3. A point with this y lies on the curve.
type Key [32]byte

// The prime p of the field, and the d of the curve -x² + y² = 1 + dx²y² over
// it, RFC 8032 section 5.1.
var (
	fieldP = hexInt("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed")
	curveD = hexInt("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3")
	one    = big.NewInt(1)
)

// lowOrder holds the y of the eight points whose order divides 8, as keys with
// the sign bit clear. It is the torsion subgroup of the curve: see table 1 of
// Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020, or the block
// list in libsodium's ge25519_has_small_order; a test multiplies each by 8.
var lowOrder = [...]Key{
	{0: 1}, // order 1
	hexKey("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), // order 2: y = -1
	{}, // order 4: y = 0
	hexKey("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), // order 8
	hexKey("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), // order 8
}

// Check returns nil if the key keeps rules 1 to 3 of Key, else ErrKey. The
// verdict on good keys is remembered, so that a second look costs nanoseconds
// and allocates nothing. Safe for concurrent use.
func (k Key) Check() error {
	slot := &knownKeys[binary.LittleEndian.Uint32(k[:])%uint32(len(knownKeys))]
	for i := range slot {
		if p := slot[i].Load(); p != nil && *p == k {
			return nil
		}
	}
	return k.learn(slot)
}

// learn is Check for a key that slot does not know, and makes it known if good.
func (k Key) learn(slot *keySlot) error {
	if rule := k.broken(); rule != 0 {
		return fmt.Errorf("block: key %x breaks rule %d of keys: %w", k[:], rule, ErrKey)
	}
	slot[1].Store(slot[0].Load())
	slot[0].Store(&k)
	return nil
}

// keySlot holds the keys known last among those that share a slot.
type keySlot [2]atomic.Pointer[Key]

// knownKeys remembers keys that passed, since rule 3 costs about 10 µs and the
// author's key stands in every change. It is a memo of a pure function: losing
// an entry only costs time. It never holds a bad key.
var knownKeys [2048]keySlot

// broken returns the number of the first rule of Key that k breaks, 0 if none.
func (k Key) broken() int {
	k[31] &= 0x7f // the sign of x: a point and its negative share all three rules
	var be [32]byte
	for i, b := range k {
		be[31-i] = b
	}
	y := new(big.Int).SetBytes(be[:])
	if y.Cmp(fieldP) >= 0 {
		return 1
	}
	for i := range lowOrder {
		if k == lowOrder[i] {
			return 2
		}
	}
	// x² = (y²-1)/(dy²+1) must be a square, and dy²+1 is never zero. The
	// quotient is a square exactly when the product is; it is zero only for
	// y = 1 and -1, which rule 2 has refused.
	y2 := y.Mul(y, y)
	y2.Mod(y2, fieldP)
	v := new(big.Int).Mul(curveD, y2)
	v.Add(v, one)
	u := y2.Sub(y2, one)
	u.Mul(u, v)
	if big.Jacobi(u.Mod(u, fieldP), fieldP) != 1 {
		return 3
	}
	return 0
}

// The text of a key: "did:key:" and the multibase base58btc of the multicodec
// ed25519-pub (varint ed 01) and the key.
const (
	didMethod   = "did:key:"
	keyCodec    = "\xed\x01"
	didSize     = len(didMethod) + 48 // base58btc of these 34 bytes, 'z' before it
	keyCodeSize = len(keyCodec) + len(Key{})
)

// DID returns the key as did:key text. ParseDID is its inverse.
func (k Key) DID() string {
	s, err := multibase.Encode(multibase.Base58BTC, append([]byte(keyCodec), k[:]...))
	if err != nil {
		panic(fmt.Sprintf("block: base58btc cannot be encoded: %v", err))
	}
	return didMethod + s
}

// ParseDID returns the key that the text names. Text that DID would not write
// is ErrMalformed; a key that breaks the rules of Key is ErrKey.
func ParseDID(s string) (Key, error) {
	if len(s) != didSize || s[:len(didMethod)] != didMethod {
		return Key{}, fmt.Errorf("block: text of %d bytes is no did:key of an ed25519 key: %w", len(s), ErrMalformed)
	}
	_, b, err := multibase.Decode(s[len(didMethod):])
	if err != nil || len(b) != keyCodeSize || string(b[:len(keyCodec)]) != keyCodec {
		return Key{}, fmt.Errorf("block: %q is no did:key of an ed25519 key: %w", s, ErrMalformed)
	}
	k := Key(b[len(keyCodec):])
	return k, k.Check()
}

// hexInt returns the number that the constant s spells in base 16.
func hexInt(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 16)
	if !ok {
		panic("block: constant is no number: " + s)
	}
	return n
}

// hexKey returns the key whose bytes the constant s spells in base 16.
func hexKey(s string) (k Key) {
	hexInt(s).FillBytes(k[:])
	return k
}
