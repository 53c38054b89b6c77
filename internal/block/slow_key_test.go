package block_test

import (
	"math/big"
	"slices"
	"sync"

	"github.com/commonhold/commonhold/internal/block"
)

// The curve of ed25519 by big integers, from RFC 8032 section 5.1.
var (
	slowP = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	slowD = mod(new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), slowP)))
)

// mod returns n modulo the prime of the field.
func mod(n *big.Int) *big.Int { return n.Mod(n, slowP) }

// slowPoint decodes a key, by RFC 8032 section 5.1.3.
func slowPoint(k block.Key) (x, y *big.Int, ok bool) {
	sign := uint(k[31] >> 7)
	k[31] &= 0x7f
	slices.Reverse(k[:])
	y = new(big.Int).SetBytes(k[:])
	if y.Cmp(slowP) >= 0 {
		return nil, nil, false
	}
	y2 := mod(new(big.Int).Mul(y, y))
	u := mod(new(big.Int).Sub(y2, big.NewInt(1)))
	v := mod(new(big.Int).Add(new(big.Int).Mul(slowD, y2), big.NewInt(1)))
	x2 := mod(u.Mul(u, v.ModInverse(v, slowP)))
	x = new(big.Int).ModSqrt(x2, slowP)
	if x == nil || x.Sign() == 0 && sign == 1 {
		return nil, nil, false
	}
	if x.Bit(0) != sign {
		x.Sub(slowP, x)
	}
	return x, y, true
}

// slowAdd adds two points of the curve.
func slowAdd(x1, y1, x2, y2 *big.Int) (x, y *big.Int) {
	mul := func(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }
	dxy := mul(slowD, mul(mul(x1, x2), mul(y1, y2)))
	over := func(n, d *big.Int) *big.Int { return mul(n, new(big.Int).ModInverse(mod(d), slowP)) }
	one := big.NewInt(1)
	x = over(mod(new(big.Int).Add(mul(x1, y2), mul(y1, x2))), new(big.Int).Add(one, dxy))
	y = over(mod(new(big.Int).Add(mul(y1, y2), mul(x1, x2))), new(big.Int).Sub(one, dxy))
	return x, y
}

// slowGoodKey is goodPoint with a memory, as it takes a millisecond.
func slowGoodKey(k block.Key) bool {
	if good, known := slowKeys.Load(k); known {
		return good.(bool)
	}
	good := goodPoint(k)
	slowKeys.Store(k, good)
	return good
}

var slowKeys sync.Map // block.Key to bool

// goodPoint tells whether the key is a point of the curve in its one encoding
// and not of low order: three doublings do not give (0, 1).
func goodPoint(k block.Key) bool {
	x, y, ok := slowPoint(k)
	if !ok {
		return false
	}
	for range 3 {
		x, y = slowAdd(x, y, x, y)
	}
	return x.Sign() != 0 || y.Cmp(big.NewInt(1)) != 0
}
