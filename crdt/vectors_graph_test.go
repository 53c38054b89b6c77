package crdt_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// withheld ends a change that is not delivered.
func (d *draft) withheld() *made {
	m := d.end()
	d.v.v.Changes, d.v.made = d.v.v.Changes[:m.nth], d.v.made[:m.nth]
	return m
}

// graphVectors are links, depth and the header.
func (g *generator) graphVectors() {
	v := g.begin("refs", "A thing may lie behind a ref: the change it is in need not be a head.")
	b := v.word(ben, "t", "abc")
	d := v.on(ben)
	d.note("newer")
	d.end()
	d = v.on(cas, v.made[0]).ref(b)
	d.del(span(d.at(b, 0), 1))
	d.end()
	v.json(`{"t":"bc"}`)

	v = g.begin("refs-and-parents", "Places count prev, then the parents, then the refs.")
	b = v.word(ben, "t", "abc")
	d = v.on(ben)
	d.note("newer")
	newer := d.end()
	d = v.on(cas, v.made[0])
	d.text(textOf("u"), vecTop, "xyz")
	c := d.end()
	d = v.on(cas, newer).ref(b)
	d.del(span(block.Thing{C: 2, N: 0}, 1), span(block.Thing{C: 1, N: 1}, 1), span(d.at(c, 2), 1))
	d.end()
	v.json(`{"t":"c","u":"xy"}`)

	v = g.begin("refs-make-depth", "Refs count in the depth.")
	d = v.on(ben, v.made[0])
	d.note("1")
	d.end()
	d = v.on(ben)
	d.note("2")
	deep := d.end()
	d = v.on(cas, v.made[0]).ref(deep)
	d.put(mapOf("m"), "k", "deep")
	d.end()
	d = v.on(ann)
	d.put(mapOf("m"), "k", "shallow")
	d.end()
	v.json(`{"m":{"k":"deep"}}`)
	v.conflicts("m", "k")

	v = g.begin("redundant-links", "Links to what other links reach are legal, as parents and as refs.")
	a := v.word(ann, "t", "a")
	b = v.at(ben, a, 0, "b")
	d = v.on(ann, b)
	d.text(textOf("t"), rightOf(d.at(b, 0)), "c")
	a2 := d.end()
	d = v.on(cas, v.made[0], a, b, a2)
	d.text(textOf("t"), rightOf(d.at(a2, 0)), "d")
	c = d.end()
	d = v.on(dee, c).ref(v.made[0], a)
	d.text(textOf("t"), rightOf(d.at(c, 0)), "e")
	d.end()
	v.json(`{"t":"abcde"}`)

	v = g.begin("times", "Claimed times decide nothing: negative ones, the least and the greatest.")
	for k, at := range []int64{math.MaxInt64, -1, math.MinInt64} {
		d = v.on(ann)
		d.h.Time = at
		d.put(mapOf(""), "k", k, slices.Repeat([]block.Thing{{N: uint64(max(k-1, 0))}}, min(k, 1))...)
		d.end()
	}
	v.json(`{"k":2}`)

	v = g.begin("with-and-tag", "Co-authors, who ascend by their bytes, and the place of a proposal among the links: prev, a parent, a ref.")
	b = v.word(ben, "t", "a")
	d = v.on(ben, v.made[0])
	for k := range 4 {
		d.h.With = append(d.h.With, block.Key(exampleKey(byte(4+k)).Author()))
	}
	slices.SortFunc(d.h.With, func(a, b block.Key) int { return bytes.Compare(a[:], b[:]) })
	d.h.HasTag = true
	d.note("tag 0")
	d.end()
	for k := range 2 {
		d = v.on(cas+k, v.made[0]).ref(b)
		d.h.HasTag, d.h.Tag = true, uint32(1+k)
		d.note("a parent, a ref")
		d.end()
	}
	v.json(`{"t":"a"}`)

	v = g.begin("no-ops", "A change without ops is one: it brings heads together.")
	b = v.word(ben, "t", "a")
	c = v.word(cas, "u", "b")
	v.on(ann, b, c).end()
	v.json(`{"t":"a","u":"b"}`)

	v = g.begin("many-heads", "Changes on the genesis alone are all heads.")
	for by := range 4 {
		d = v.on(by, v.made[0])
		if by == ann {
			d = v.on(by)
		}
		d.add(setOf("s"), by)
		d.end()
	}
	v.json(`{"s":[0,1,2,3]}`)
}

// forkVectors are keys that forked.
func (g *generator) forkVectors() {
	v := g.begin("fork-first", "Two first changes of one key: both are applied.")
	d := v.fork(ben, nil, v.made[0])
	d.add(setOf("s"), 1)
	d.end()
	d = v.fork(ben, nil, v.made[0])
	d.add(setOf("s"), 2)
	d.end()
	v.json(`{"s":[1,2]}`)

	v = g.begin("fork-later", "Two changes with one prev: one n names two things, each along the path of the linked change.")
	base := v.word(ben, "t", "ab")
	d = v.fork(ben, base)
	d.text(textOf("t"), rightOf(d.at(base, 1)), "12")
	one := d.end()
	d = v.fork(ben, base)
	d.text(textOf("t"), rightOf(d.at(base, 1)), "xy")
	two := d.end()
	d = v.on(cas, one, two)
	d.del(span(d.at(one, 0), 1), span(d.at(two, 1), 1))
	d.end()
	p, q := inOrder(one, two, "2", "x")
	v.json(`{"t":"ab%s%s"}`, p, q)

	v = g.begin("fork-own-path", "After a fork, place 0 is the path of prev; the other branch is a parent as any.")
	base = v.word(ben, "t", "ab")
	d = v.fork(ben, base)
	d.text(textOf("t"), rightOf(d.at(base, 1)), "12")
	one = d.end()
	d = v.fork(ben, base)
	d.text(textOf("t"), rightOf(d.at(base, 1)), "xy")
	two = d.end()
	d = v.fork(ben, one, two)
	d.del(span(block.Thing{N: 1}, 2), span(block.Thing{C: 1, N: 3}, 1))
	d.end()
	p, q = inOrder(one, two, "2", "x")
	v.json(`{"t":"a%s%s"}`, p, q)

	v = g.begin("fork-one-covered", "A signature covers its own branch alone: the other one waits.")
	base = v.word(ben, "t", "ab")
	d = v.fork(ben, base)
	d.text(textOf("t"), rightOf(d.at(base, 1)), "12")
	d.end()
	d = v.fork(ben, base)
	d.text(textOf("t"), rightOf(d.at(base, 1)), "xy")
	d.unsigned = true
	d.pending()
	v.json(`{"t":"ab12"}`)
}

// moreVectors are edits in several changes.
func (g *generator) moreVectors() {
	v := g.begin("more", "The parts of an edit apply by the signature on the last.")
	for k := range 3 {
		d := v.on(ben, v.made[0])
		if k > 0 {
			d = v.on(ben)
		}
		d.h.More = k < 2
		d.values(listOf("l"), vecTop, k)
		d.end()
	}
	parts := slices.Clone(v.made[1:])
	slices.SortFunc(parts, func(a, b *made) int { return block.Compare(a.id, b.id) })
	v.json(`{"l":[%d,%d,%d]}`, parts[0].nth-1, parts[1].nth-1, parts[2].nth-1)

	v = g.begin("more-without-end", "Parts whose last has not come wait.")
	d := v.on(ben, v.made[0])
	d.h.More = true
	d.add(setOf("s"), 1)
	d.pending()

	v = g.begin("more-signed", "A signature on a part that another follows is refused, though the key made it; the parts apply by that on the last.")
	d = v.on(ben, v.made[0])
	d.h.More = true
	d.add(setOf("s"), 1)
	m := d.end()
	sig := fmt.Sprintf("%x", ed25519.Sign(exampleKey(ben).k, block.SigningMessage(v.work, m.id)))
	c := &v.v.Changes[m.nth]
	c.Signature, c.SignatureKind = &sig, "Signature"
	d = v.on(ben)
	d.add(setOf("s"), 2)
	d.end()
	v.json(`{"s":[1,2]}`)
}

// pendingVectors are changes that wait.
func (g *generator) pendingVectors() {
	v := g.begin("pending-unsigned", "A change without a signature waits, and with it what builds on it.")
	d := v.on(ben, v.made[0])
	d.add(setOf("s"), 1)
	d.unsigned = true
	b := d.pending()
	d = v.on(cas, b)
	d.add(setOf("s"), 2)
	d.pending()

	v = g.begin("covered-later", "A later signature on the chain covers what is before it.")
	d = v.on(ben, v.made[0])
	d.add(setOf("s"), 1)
	d.unsigned = true
	d.end()
	d = v.on(ben)
	d.add(setOf("s"), 2)
	d.end()
	v.json(`{"s":[1,2]}`)

	v = g.begin("covered-genesis", "The genesis, too, may be covered by a later change.")
	v.v.Changes[0].Signature = nil
	d = v.on(ann)
	d.add(setOf("s"), 1)
	d.end()
	v.json(`{"s":[1]}`)

	for _, missing := range []string{"parent", "prev", "ref"} {
		v = g.begin("pending-"+missing, fmt.Sprintf("A change whose %s is missing waits, and with it what builds on it.", missing))
		d = v.on(ben, v.made[0])
		d.add(setOf("s"), 1)
		x := d.withheld()
		switch missing {
		case "parent":
			d = v.on(cas, x)
		case "prev":
			d = v.on(ben)
		case "ref":
			d = v.on(cas, v.made[0]).ref(x)
		}
		d.add(setOf("s"), 2)
		y := d.pending()
		d = v.on(dee, y)
		d.add(setOf("s"), 3)
		d.pending()
	}

	v = g.begin("covered-crosswise", "Two people answer each other and sign their newest changes alone: all are applied, since the set as a whole is covered.")
	d = v.on(ann)
	d.add(setOf("s"), 1)
	d.unsigned = true
	x := d.end()
	d = v.on(ben, x)
	d.add(setOf("s"), 2)
	d.unsigned = true
	y := d.end()
	d = v.on(ann, y)
	d.add(setOf("s"), 3)
	x = d.end()
	d = v.on(ben, x)
	d.add(setOf("s"), 4)
	d.end()
	v.json(`{"s":[1,2,3,4]}`)

	v = g.begin("cover-withheld", "A cover that is held and cannot be applied covers nothing: its parent is missing, so the change before it waits, too.")
	d = v.on(cas, v.made[0])
	d.add(setOf("s"), 9)
	x = d.withheld()
	d = v.on(ben, v.made[0])
	d.add(setOf("s"), 1)
	d.unsigned = true
	d.pending()
	d = v.on(ben, x)
	d.add(setOf("s"), 2)
	d.pending()

	v = g.begin("pending-does-not-block", "What waits holds nobody up.")
	d = v.on(ben, v.made[0])
	d.add(setOf("s"), 1)
	d.unsigned = true
	d.pending()
	d = v.on(cas, v.made[0])
	d.add(setOf("s"), 2)
	d.end()
	v.json(`{"s":[2]}`)
}

// signatureVectors are signatures that are refused; the change waits.
func (g *generator) signatureVectors() {
	bad := func(name, shows string, resign func(v *vec, d *draft, id block.ID, sig []byte) []byte) {
		v := g.begin("signature-"+name, shows+" It is refused, and the change waits.")
		d := v.on(ben, v.made[0])
		d.add(setOf("s"), 1)
		d.c.SignatureKind = "Signature"
		d.resign = func(sig []byte) []byte {
			var b []byte
			for k := range d.ops {
				b = block.AppendOp(b, &d.ops[k])
			}
			return resign(v, d, block.Sum(block.Encode(&d.h, len(d.ops), b)), sig)
		}
		d.pending()
	}
	key := exampleKey(ben).k
	bad("other-key", "A signature by another key.", func(v *vec, _ *draft, id block.ID, _ []byte) []byte {
		return ed25519.Sign(exampleKey(cas).k, block.SigningMessage(v.work, id))
	})
	bad("other-change", "A signature of the author on another change.", func(v *vec, _ *draft, _ block.ID, _ []byte) []byte {
		return ed25519.Sign(key, block.SigningMessage(v.work, v.work))
	})
	bad("other-work", "A signature of the author on the change as one of another work.", func(_ *vec, _ *draft, id block.ID, _ []byte) []byte {
		return ed25519.Sign(key, block.SigningMessage(id, id))
	})
	bad("without-context", "A signature over the two CIDs without the words before them.", func(v *vec, _ *draft, id block.ID, _ []byte) []byte {
		return ed25519.Sign(key, block.SigningMessage(v.work, id)[21:])
	})
	bad("over-block", "A signature over the bytes of the CID of the change.", func(_ *vec, _ *draft, id block.ID, _ []byte) []byte {
		return ed25519.Sign(key, id.ChangeCID().Bytes())
	})
	bad("prehashed", "A signature of the prehashed kind, Ed25519ph.", func(v *vec, _ *draft, id block.ID, _ []byte) []byte {
		sum := sha512.Sum512(block.SigningMessage(v.work, id))
		sig, err := key.Sign(nil, sum[:], &ed25519.Options{Hash: 7})
		must(v.t, err)
		return sig
	})
	bad("bit-of-r", "A signature with one bit of R turned.", func(_ *vec, _ *draft, _ block.ID, sig []byte) []byte { sig[0] ^= 1; return sig })
	bad("bit-of-s", "A signature with one bit of S turned.", func(_ *vec, _ *draft, _ block.ID, sig []byte) []byte { sig[32] ^= 1; return sig })
	bad("zero", "64 zero bytes.", func(_ *vec, _ *draft, _ block.ID, sig []byte) []byte { return make([]byte, len(sig)) })
	bad("s-plus-l", "A good signature whose S is above L: the same number modulo L.", func(_ *vec, _ *draft, _ block.ID, sig []byte) []byte {
		s := new(big.Int).Add(littleEndian(sig[32:]), orderL)
		return append(sig[:32:32], bytesOf(s)...)
	})

	v := g.begin("signature-on-invalid", "A good signature does not make an invalid change good.")
	d := v.on(ben, v.made[0])
	d.step(counterOf("c"), 0)
	d.refused("Invalid")
}

// orderL is the order of the base point, and fieldSize the prime of the field.
var (
	orderL, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	fieldSize = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
)

// littleEndian reads a number, and bytesOf writes it in 32 bytes.
func littleEndian(b []byte) *big.Int {
	r := slices.Clone(b)
	slices.Reverse(r)
	return new(big.Int).SetBytes(r)
}

func bytesOf(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

// opposite adds the point of order two to a point: (x, y) becomes (−x, −y).
func opposite(p []byte) []byte {
	y := slices.Clone(p)
	y[31] &= 0x7f
	out := bytesOf(new(big.Int).Sub(fieldSize, littleEndian(y)))
	out[31] |= (p[31] ^ 0x80) & 0x80
	return out
}

// signByHand signs with the scalar of a key as the author of a public key, R being
// the public key of the nonce, which nudge may change. It is wrong to sign so.
func signByHand(k, nonce ed25519.PrivateKey, public, msg []byte, nudge func([]byte) []byte) (sig []byte, even bool) {
	scalar := func(k ed25519.PrivateKey) *big.Int {
		h := sha512.Sum512(k.Seed())
		h[0] &= 248
		h[31] = h[31]&127 | 64
		return littleEndian(h[:32])
	}
	r := nudge(nonce.Public().(ed25519.PublicKey))
	h := sha512.Sum512(slices.Concat(r, public, msg))
	c := new(big.Int).Mod(littleEndian(h[:]), orderL)
	s := new(big.Int).Mul(c, scalar(k))
	s.Mod(s.Add(s, scalar(nonce)), orderL)
	return append(slices.Clone(r), bytesOf(s)...), c.Bit(0) == 0
}

// curveVectors are signatures on which verifiers disagree.
func (g *generator) curveVectors() {
	keep := func(b []byte) []byte { return b }
	k := exampleKey(ben).k
	public := []byte(k.Public().(ed25519.PublicKey))
	message := func(d *draft) []byte {
		var b []byte
		for k := range d.ops {
			b = block.AppendOp(b, &d.ops[k])
		}
		return block.SigningMessage(d.v.work, block.Sum(block.Encode(&d.h, len(d.ops), b)))
	}
	v := g.begin("signature-mixed-r", "R with a point of order two added: the equation holds with the cofactor and not without. It is refused, and the change waits.")
	d := v.on(ben, v.made[0])
	d.add(setOf("s"), 1)
	d.c.SignatureKind = "Signature"
	d.resign = func([]byte) []byte {
		sig, _ := signByHand(k, exampleKey(200).k, public, message(d), opposite)
		return sig
	}
	d.pending()

	v = g.begin("signature-by-hand", "The same signature made without the fault: any nonce will do.")
	d = v.on(ben, v.made[0])
	d.add(setOf("s"), 1)
	d.resign = func([]byte) []byte {
		sig, _ := signByHand(k, exampleKey(200).k, public, message(d), keep)
		return sig
	}
	d.end()
	v.json(`{"s":[1]}`)

	// A key that is no multiple of the base point: its signatures are good or not
	// with the parity of the hash.
	for _, even := range []bool{true, false} {
		name, shows := "key-mixed-order", "A key of mixed order is a key; a signature that keeps the equation without the cofactor is good."
		if !even {
			name, shows = "signature-mixed-key", "By a key of mixed order, a signature that keeps the equation only with the cofactor. It is refused, and the change waits."
		}
		v = g.begin(name, shows)
		d = v.on(ben, v.made[0])
		copy(d.h.By[:], opposite(public))
		d.add(setOf("s"), 1)
		d.resign = func([]byte) []byte {
			for seed := byte(100); ; seed++ {
				if sig, e := signByHand(k, exampleKey(seed).k, d.h.By[:], message(d), keep); e == even {
					return sig
				}
			}
		}
		if even {
			d.end()
			v.json(`{"s":[1]}`)
		} else {
			d.c.SignatureKind = "Signature"
			d.pending()
		}
	}
}

// foreignVectors are changes of other works.
func (g *generator) foreignVectors() {
	v := g.begin("foreign-genesis", "The genesis of another work.")
	other := v.fork(ben, nil)
	other.h.Work = block.ID{}
	other.op(block.Op{Code: block.OpGenesis, Name: "Other"})
	other.refused("Foreign")

	v = g.begin("foreign-work", "A first change that names another work.")
	d := v.on(ben, v.made[0])
	d.h.Work = block.Sum([]byte("other"))
	d.add(setOf("s"), 1)
	d.refused("Foreign")
}
