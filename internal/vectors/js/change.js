// One change block by itself, and its content: sections 3 to 7 of FORMAT.md.
import { Link, Refusal, decode, encode, checkValue, demand, is, text } from './cbor.js'
import { checkKey } from './key.js'

const max = 1048576
const top = 1n << 53n
const MAP = 1, LIST = 2, TEXT = 3, SET = 4, COUNTER = 5, TREE = 6
const zero = '00'.repeat(32)

// Each of these gives what it was given, or what that spells.
const uint = x => is(typeof x === 'bigint' && x >= 0n, x, 'no uint')
const int = x => is(typeof x === 'bigint' && x < 1n << 63n, x, 'no int')
const array = (x, ...lengths) => is(Array.isArray(x) && (!lengths.length || lengths.includes(x.length)), x, 'no array of this length')
const link = (x, codec = 0x71) => is(x instanceof Link && x.codec === codec && x.digest !== zero, x, 'no link of this codec').digest
const kind = x => Number(is(uint(x) >= 1n && x <= 6n, x, 'no kind'))
const ascending = (list, what) => is(list.every((x, k) => k === 0 || list[k - 1] < x), list, `${what} do not ascend`)
const orNull = (x, read, ...more) => x === null ? null : read(x, ...more)

function key (x) {
  demand(x instanceof Uint8Array && x.length === 34 && x[0] === 0xed && x[1] === 1, 'Malformed', 'no key')
  return Buffer.from(x.subarray(2)).toString('hex')
}

function string (x, least, most) {
  const n = Buffer.byteLength(is(typeof x === 'string', x, 'no text'))
  demand(n <= most, 'Limit', `text of ${n} bytes`)
  demand(n >= least, 'Invalid', 'empty text')
  return x
}

function value (x, most) {
  checkValue(x)
  demand(encode(x).length <= most, 'Limit', 'value too long')
}

/** Reads the parts of ops, and sums up what they say. */
class Ops {
  made = 0
  words = 0
  named = 0

  constructor (change) { this.change = change }

  name (n) {
    this.named += Number(n)
    demand(this.named <= max, 'Limit', 'too many numbers named')
  }

  spend (x, least) {
    demand(uint(x) >= least, 'Invalid', 'too few bytes')
    this.words += Number(x)
    demand(this.words <= max, 'Limit', 'too many words')
    return Number(x)
  }

  // The numbers n … n+len-1 of link c.
  numbers (c, n, len) {
    demand(uint(n) + len <= top, 'Limit', 'number above 2^53')
    demand(uint(c) < this.change.links.length, 'Invalid', 'no such link')
    if (c === 0n) demand(n + len <= this.change.start + BigInt(this.made), 'Invalid', 'own number not yet made')
    return { c: Number(c), n: Number(n), len: Number(len) }
  }

  thing (x) {
    return this.numbers(...array(x, 2), 1n)
  }

  run (x) {
    const [c, n, len] = array(x, 3)
    demand(uint(len) > 0n, 'Invalid', 'empty run')
    this.name(len)
    return this.numbers(c, n, len)
  }

  container (x, want) {
    const [k, name, n] = array(x, 2, 3)
    demand(kind(k) === want, 'Invalid', 'container of another kind')
    return x.length === 3 ? { kind: want, at: this.thing([name, n]) } : { kind: want, name: string(name, 0, 4096) }
  }
}

// The parts of an op, each as (part, op, ops).
const into = k => (x, op, ops) => { op.C = ops.container(x, k) }
const thing = name => (x, op, ops) => { op[name] = ops.thing(x) }
const thingOrNull = name => (x, op, ops) => { op[name] = orNull(x, y => ops.thing(y)) }
const bytes = least => (x, op, ops) => { op.lens = [ops.spend(x, least)] }
const made = (x, op) => { op.kind = kind(x) }
const name = (field, least, most) => (x, op) => { op[field] = string(x, least, most) }
const placed = [thingOrNull('parent'), (x, op) => {
  demand(uint(x) <= 1n, 'Malformed', 'no side')
  demand(op.parent !== null || x === 1n, 'Invalid', 'left of the root')
  op.side = Number(x)
}]
const runes = [(x, op) => { op.runes = uint(x) }, (x, op, ops) => {
  op.lens = [ops.spend(x, 1n)]
  demand(op.runes >= 1n && op.runes <= x && x <= 4n * op.runes, 'Invalid', 'code points do not fit the bytes')
  op.makes = op.runes = Number(op.runes)
}]
const lens = (x, op, ops) => {
  op.lens = array(x).map(n => ops.spend(n, 1n))
  op.makes = x.length
  demand(x.length > 0, 'Invalid', 'no values')
}
const over = (x, op, ops) => {
  ops.name(array(x).length)
  op.over = x.map(t => ops.thing(t))
  op.over.forEach((t, k, all) => demand(k === 0 || all[k - 1].c < t.c || (all[k - 1].c === t.c && all[k - 1].n < t.n), 'Malformed', 'over does not ascend'))
}
const runs = (x, op, ops) => {
  op.runs = array(x).map(r => ops.run(r))
  if (op.code === 11) op.makes = op.runs.reduce((sum, r) => sum + r.len, 0)
  demand(x.length > 0, 'Invalid', 'no runs')
  const sorted = [...op.runs].sort((a, b) => a.c - b.c || a.n - b.n)
  sorted.forEach((r, k) => demand(k === 0 || sorted[k - 1].c < r.c || sorted[k - 1].n + sorted[k - 1].len <= r.n, 'Invalid', 'runs overlap'))
}
const growth = name => (x, op, ops) => { op[name] = x === 0n ? 0 : orNull(x, y => ops.thing(y)) }

const parts = [
  [(x, op) => string(x, 0, 4096), (x, op) => { op.rules = orNull(x, string, 1, 256) },
    (x, op) => { demand(x === null || op.rules !== null, 'Invalid', 'data without rules'); value(x, 65536) },
    (x, op) => { demand(typeof x === 'boolean', 'Malformed', 'no salt'); op.salt = x }],
  [into(TEXT), ...placed, ...runes],
  [into(LIST), ...placed, lens],
  [into(LIST), ...placed, made],
  [thing('elem'), over, bytes(1n)],
  [thing('elem'), ...placed, over],
  [into(MAP), name('key', 0, 4096), over, bytes(1n)],
  [into(MAP), name('key', 0, 4096), over],
  [into(MAP), name('key', 0, 4096), made, thingOrNull('base'), over],
  [into(SET), lens],
  [into(COUNTER), (x, op) => { op.amount = int(x); demand(x !== 0n, 'Invalid', 'step of nothing') }],
  [runs],
  [runs],
  [bytes(1n)],
  [x => string(x, 1, 256), x => value(x, 65536), bytes(0n)],
  [into(TEXT), name('key', 1, 256), name('id', 0, 256), thing('first'), thing('last'), growth('left'), growth('right'), bytes(0n)],
  [into(TEXT), ...placed],
  [into(TREE), thingOrNull('dest'), ...placed],
  [thing('node'), thingOrNull('dest'), ...placed],
  [into(TEXT), ...placed, ...runes, x => orNull(x, link), x => link(x), (x, op) => demand(uint(x) + BigInt(op.runes) <= top, 'Limit', 'quote above 2^53')]
]

function readOps (list, c) {
  const ops = new Ops(c)
  demand(list.length <= 65536, 'Limit', 'too many ops')
  c.ops = list.map((x, k) => {
    const code = uint(array(x)[0] ?? null)
    demand(code < 20n && x.length === parts[code].length + 1, 'Malformed', 'no such op')
    const op = { code: Number(code), lens: [], at: ops.made, makes: [0n, 12n, 13n, 14n].includes(code) ? 0 : 1 }
    demand(code !== 0n || k === 0, 'Invalid', 'genesis op is not the first')
    parts[code].forEach((read, i) => read(x[i + 1], op, ops))
    ops.made += op.makes
    return op
  })
  Object.assign(c, { count: ops.made, words: ops.words })
}

const always = ['v', 'by', 'ops', 'seq', 'prev', 'refs', 'size', 'text', 'time', 'start', 'parents']
const perhaps = ['tag', 'more', 'with', 'work']

/** Reads a change block and checks all that the block alone decides. */
export function decodeChange (block) {
  demand(block.length <= max, 'Limit', 'block too large')
  const m = decode(block)
  demand(m instanceof Map && always.every(k => m.has(k)) && [...m.keys()].every(k => always.includes(k) || perhaps.includes(k)), 'Malformed', 'wrong keys')
  demand(m.get('v') === 1n, 'Malformed', 'another version')
  demand(!m.has('more') || m.get('more') === true, 'Malformed', 'more is not true')
  const c = {
    by: key(m.get('by')),
    seq: uint(m.get('seq')),
    tag: m.has('tag') ? uint(m.get('tag')) : null,
    more: m.has('more'),
    prev: orNull(m.get('prev'), link),
    refs: ascending(array(m.get('refs')).map(x => link(x)), 'refs'),
    size: uint(m.get('size')),
    text: orNull(m.get('text'), link, 0x55),
    time: int(m.get('time')),
    with: m.has('with') ? ascending(array(m.get('with')).map(key), 'co-authors') : [],
    work: m.has('work') ? link(m.get('work')) : null,
    start: uint(m.get('start')),
    parents: ascending(array(m.get('parents')).map(x => link(x)), 'parents')
  }
  demand(!m.has('with') || c.with.length > 0, 'Malformed', 'empty with')
  c.links = [c.prev, ...c.parents, ...c.refs]
  c.genesis = c.prev === null && c.parents.length === 0
  readOps(array(m.get('ops')), c)
  demand(c.parents.length <= 64 && c.refs.length <= 4096 && c.with.length <= 16 && c.size <= max, 'Limit', 'header')
  demand(c.start + BigInt(c.count) < top, 'Limit', 'numbers above 2^53')
  demand((c.prev === null) === (c.seq === 0n) && (c.seq > 0n || c.start === 0n), 'Invalid', 'place on the chain')
  demand(c.genesis === (c.ops[0]?.code === 0) && !(c.genesis && c.refs.length > 0), 'Invalid', 'genesis')
  demand((c.work !== null) === (c.seq === 0n && !c.genesis), 'Invalid', 'work')
  const links = c.links.filter(x => x !== null)
  demand(new Set(links).size === links.length, 'Invalid', 'a link twice')
  demand((c.text === null) === (c.size === 0n), 'Invalid', 'text and size')
  demand(c.size === BigInt(c.words) || (c.words > 0 && c.size === BigInt(c.words) + 16n), 'Invalid', 'size and words')
  demand(!c.with.includes(c.by), 'Invalid', 'author is co-author')
  demand(c.tag === null || (c.tag < c.links.length && c.links[Number(c.tag)] !== null), 'Invalid', 'tag')
  for (const k of [c.by, ...c.with]) checkKey(k)
  c.salted = c.size !== BigInt(c.words)
  c.start = Number(c.start)
  return c
}

/** Gives each op its words, code points or values, if the content fits. */
export function fill (c, content) {
  if (content.length !== Number(c.size)) return
  let at = c.salted ? 16 : 0
  const words = op => op.lens.map(n => content.subarray(at, at += n)).map(b => {
    if (![1, 13, 14, 19].includes(op.code)) {
      const v = b.length > 0 ? decode(b) : null // a null mark has no value
      checkValue(v)
      return { v, hex: Buffer.from(b).toString('hex') }
    }
    const points = [...text(b)]
    demand(!op.runes || points.length === op.runes, 'Malformed', 'other than these code points')
    return points
  })
  try {
    const all = c.ops.map(words)
    c.ops.forEach((op, k) => { op.words = op.runes ? all[k][0] : all[k] })
    c.filled = true
  } catch (e) {
    demand(e instanceof Refusal, 'Bug', e)
  }
}
