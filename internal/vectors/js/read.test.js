// Reads every vector and compares verdicts, kinds of refusal and results.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import test from 'node:test'
import * as dagCbor from '@ipld/dag-cbor'
import { base32 } from 'multiformats/bases/base32'
import { Refusal, demand } from './cbor.js'
import { decodeChange, fill } from './change.js'
import { didOf, verifies } from './key.js'
import { Held } from './past.js'
import { Work } from './work.js'

const folders = ['crdt', 'authorship'].map(name => new URL(`../../../${name}/testdata/vectors/`, import.meta.url))

const unhex = s => s === null ? null : Buffer.from(s.replace(/\{([0-9a-f]+)\*(\d+)\}/g, (_, unit, times) => unit.repeat(times)), 'hex')
const sum = b => createHash('sha256').update(b).digest('hex')
const cidOf = digest => base32.encode(Buffer.from('01711220' + digest, 'hex'))
const contentCid = digest => base32.encode(Buffer.from('01551220' + digest, 'hex'))

/** The digest that a name of a change block gives, of which there is one spelling. */
function named (cid) {
  const hex = /^b[a-z2-7]+$/.test(cid) ? Buffer.from(base32.decode(cid)).toString('hex') : ''
  demand(/^01711220[0-9a-f]{64}$/.test(hex) && cidOf(hex.slice(8)) === cid, 'Malformed', 'name of another spelling')
  return hex.slice(8)
}

/** What the kind of a refusal is, undefined if fn refuses nothing. */
function refusal (fn) {
  try {
    fn()
  } catch (e) {
    if (e instanceof Refusal) return e.kind
    throw e
  }
}

// What is read whole here is read by another library of DAG-CBOR, too. It cannot
// tell 1.0 from 1, so that blocks with such floats in acts are written otherwise.
function otherwiseRead (block) {
  const m = dagCbor.decode(block)
  assert(Buffer.from(dagCbor.encode(m)).equals(block) || block.includes(Buffer.from('fb3ff0000000000000', 'hex')))
}

function read (v, order) {
  const held = new Held(named(v.work))
  const signed = new Set()
  const verdicts = v.changes.map(() => ({}))
  for (const k of order) {
    const c = v.changes[k]
    const block = unhex(c.block)
    const got = verdicts[k]
    got.kind = refusal(() => {
      const id = named(c.cid)
      demand(sum(block) === id, 'Hash', 'bytes of another name')
      const change = decodeChange(block)
      otherwiseRead(block)
      assert.equal(didOf(change.by), c.by)
      assert.equal(change.text === null ? undefined : contentCid(change.text), c.contentCid)
      held.add(id, change)
      got.id = id
      const content = unhex(c.content)
      got.contentKind = refusal(() => demand(content === null || sum(content) === change.text, 'Hash', 'content of another name'))
      if (content !== null && got.contentKind === undefined) fill(change, content)
      const signature = unhex(c.signature)
      got.signatureKind = refusal(() => demand(signature === null || (!change.more && verifies(held.work, id, change.by, signature)), 'Signature', 'bad signature'))
      if (signature !== null && got.signatureKind === undefined) signed.add(id)
    })
  }
  held.judge()
  const applied = held.applied(signed)
  for (const got of verdicts) {
    got.kind ??= held.refused.get(got.id)?.kind
    got.verdict = got.kind ? 'refused' : applied.has(got.id) ? 'applied' : 'pending'
  }
  return { verdicts, changes: [...applied].map(id => held.changes.get(id)) }
}

function result (changes, off) {
  const heads = new Set(changes.map(c => c.id))
  for (const c of changes) for (const x of c.links) heads.delete(x)
  return { heads: [...heads].sort().map(cidOf), work: new Work(changes, off) }
}

function check (v, order) {
  const { verdicts, changes } = read(v, order)
  v.changes.forEach((c, k) => {
    for (const what of ['verdict', 'kind', 'contentKind', 'signatureKind']) assert.equal(verdicts[k][what], c[what], `${what} of change ${k}`)
  })
  const rules = changes.find(c => c.genesis)?.ops[0].rules ?? undefined
  assert.equal(rules, v.rules)
  if (rules) assert.equal(refusal(() => new Work(changes)), 'Rules')
  const off = new Set(v.changes.filter(c => c.off).map(c => named(c.cid)))
  const { heads, work } = result(changes, rules && off)
  assert.deepEqual(heads, v.result.heads)
  if (v.refused) return // the rules themselves do not open the work
  assert.equal(work.json(), v.result.json)
  const text = name => ({ kind: 3, id: JSON.stringify([3, name]) })
  for (const [name, want] of Object.entries(v.result.texts ?? {})) {
    assert.equal(work.text(text(name)), want)
    assert.deepEqual(work.marks(text(name)), v.result.marks?.[name] ?? [])
  }
  for (const [name, keys] of Object.entries(v.result.conflicts ?? {})) {
    for (const [key, want] of Object.entries(keys)) {
      const slot = JSON.stringify([JSON.stringify([1, name]), key])
      assert.deepEqual(work.conflicts(slot).map(x => work.entry(x)), want)
    }
  }
}

test('the reader is under 800 lines', () => {
  const lines = ['cbor', 'change', 'key', 'past', 'work'].map(name => readFileSync(new URL(`${name}.js`, import.meta.url), 'utf8').split('\n').length - 1)
  assert(lines.reduce((a, b) => a + b) < 800)
})
const files = folders.map(folder => readdirSync(folder).filter(name => name.endsWith('.json')).map(name => new URL(name, folder)))
test('there are vectors', () => assert(files[0].length >= 120 && files[1].length >= 10))
for (const file of files.flat()) {
  const path = file.pathname.split('/')
  test(`${path.at(-4)}: ${path.at(-1)}`, () => {
    const v = JSON.parse(readFileSync(file))
    assert.equal(v.name + '.json', path.at(-1))
    const order = v.changes.map((_, k) => k)
    check(v, order)
    check(v, order.reverse())
  })
}
