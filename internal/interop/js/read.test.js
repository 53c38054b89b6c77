// Reads ../testdata/bread.car, or the CAR that is named by CAR in the environment,
// with the libraries of IPLD and nothing of ours.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { CarReader } from '@ipld/car'
import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'

const file = readFileSync(process.env.CAR ?? new URL('../testdata/bread.car', import.meta.url))
const codecs = new Map([dagCbor, raw].map(c => [c.code, c]))

/** The name that bytes have under the codec of a name. */
const nameOf = async (cid, bytes) => CID.createV1(cid.code, await sha256.digest(bytes)).toString()

/** All links in a value. */
function * links (value) {
  const cid = CID.asCID(value)
  if (cid) yield cid
  else if (value instanceof Uint8Array) return
  else if (value && typeof value === 'object') for (const v of Object.values(value)) yield * links(v)
}

/** The one root of a CAR and its blocks, each of which has the name of its bytes. */
async function open (bytes) {
  const car = await CarReader.fromBytes(bytes)
  const roots = await car.getRoots()
  assert.equal(roots.length, 1)
  const blocks = new Map()
  for await (const { cid, bytes } of car.blocks()) {
    assert(!blocks.has(cid.toString()), `block ${cid} stands twice`)
    assert.equal(await nameOf(cid, bytes), cid.toString())
    blocks.set(cid.toString(), { cid, bytes })
  }
  return { root: roots[0], blocks }
}

/** The decoded blocks that the links lead to from the root. */
function walk (root, blocks) {
  const seen = new Map()
  const queue = [root]
  for (const cid of queue) {
    if (seen.has(cid.toString())) continue
    const block = blocks.get(cid.toString())
    assert(block, `link to ${cid}, which is not there`)
    const value = codecs.get(cid.code).decode(block.bytes)
    seen.set(cid.toString(), value)
    if (cid.code === dagCbor.code) queue.push(...links(value))
  }
  return seen
}

const { root, blocks } = await open(file)

test('every block has the name of its bytes and is reached from the root', t => {
  const seen = walk(root, blocks)
  assert.deepEqual([...seen.keys()].sort(), [...blocks.keys()].sort())
  const words = [...blocks.values()].filter(b => b.cid.code === raw.code).length
  t.diagnostic(`${blocks.size} blocks: ${blocks.size - words} of DAG-CBOR, ${words} of words, all reached from ${root}`)
})

test('decoded and encoded again each block has the same bytes', () => {
  for (const { cid, bytes } of blocks.values()) {
    const codec = codecs.get(cid.code)
    assert.deepEqual(Buffer.from(codec.encode(codec.decode(bytes))), Buffer.from(bytes))
  }
})

test('the root says which work it is, its heads and their signatures', t => {
  const values = walk(root, blocks)
  const top = values.get(root.toString())
  assert.equal(top.v, 1)
  assert.equal(values.get(top.work.toString()).prev, null)
  const signed = new Map(top.signed.map(([cid, signature]) => [cid.toString(), signature]))
  for (const head of top.heads) assert.equal(signed.get(head.toString()).length, 64)
  // From the heads back to the genesis.
  const changes = new Set()
  const queue = top.heads.map(String)
  for (const id of queue) {
    if (changes.has(id)) continue
    changes.add(id)
    const { prev, parents } = values.get(id)
    queue.push(...[prev, ...parents].filter(Boolean).map(String))
  }
  assert(changes.has(top.work.toString()))
  assert(top.heads.length > 1 && [...changes].some(id => values.get(id).parents.length > 0))
  t.diagnostic(`${top.heads.length} heads, ${changes.size} changes`)
})

test('no flipped bit is overlooked', async t => {
  let refused = 0
  for (let at = 0; at < file.length; at++) {
    const bad = Buffer.from(file)
    bad[at] ^= 4
    await assert.rejects(async () => {
      const { root, blocks } = await open(bad)
      const seen = walk(root, blocks)
      assert.equal(seen.size, blocks.size)
    }, `bit of byte ${at}`)
    refused++
  }
  t.diagnostic(`${refused} flipped bits refused`)
})
