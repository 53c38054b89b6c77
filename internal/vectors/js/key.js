// Keys and signatures, sections 2.2 and 10 of FORMAT.md.
import { createPublicKey, verify } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { demand } from './cbor.js'

const littleEndian = bytes => BigInt('0x' + Buffer.from(bytes).reverse().toString('hex'))
const p = 2n ** 255n - 19n
const order = 2n ** 252n + 27742317777372353535851937790883648493n
const d = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n
const lowOrder = new Set([0n, 1n, p - 1n,
  littleEndian(Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex')),
  littleEndian(Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex'))])

// Euler: a square to the power (p−1)/2 is 1.
function isSquare (x) {
  let result = 1n
  for (let e = (p - 1n) / 2n; e > 0n; e >>= 1n, x = x * x % p) {
    if (e & 1n) result = result * x % p
  }
  return result === 1n
}

const good = new Set()

/** Refuses keys that nobody, or everybody, could own. */
export function checkKey (hex) {
  if (good.has(hex)) return
  const y = littleEndian(Buffer.from(hex, 'hex')) & (1n << 255n) - 1n
  demand(y < p, 'Key', 'y is not below p')
  demand(!lowOrder.has(y), 'Key', 'order divides 8')
  const u = (y * y + p - 1n) % p
  const v = (d * y * y + 1n) % p
  demand(isSquare(u * v % p), 'Key', 'no point has this y')
  good.add(hex)
}

export const didOf = hex => 'did:key:' + base58btc.encode(Buffer.from('ed01' + hex, 'hex'))

/** Tells whether a signature of a key on a change of a work is good; all but it in hex. */
export function verifies (work, change, key, signature) {
  if (signature.length !== 64 || littleEndian(signature.subarray(32)) >= order) return false
  const message = Buffer.concat([Buffer.from('commonhold/change/v1\0'),
    Buffer.from('2401711220' + work, 'hex'), Buffer.from('2401711220' + change, 'hex')])
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key, 'hex')])
  return verify(null, message, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature)
}
