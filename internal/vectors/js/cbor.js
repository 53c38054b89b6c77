// One DAG-CBOR item in its one spelling, section 2 of FORMAT.md. Integers are
// bigint and floats number, so that 1 and 1.0 differ; maps are Map, links Link.

/** What is refused, and for which of the kinds of section 1. */
export class Refusal extends Error {
  constructor (kind, why) {
    super(`${kind}: ${why}`)
    this.kind = kind
  }
}

export function demand (ok, kind, why) {
  if (!ok) throw new Refusal(kind, why)
}

/** Gives x if it is spelled well. */
export function is (ok, x, why) {
  demand(ok, 'Malformed', why)
  return x
}

export class Link {
  constructor (codec, digest) {
    this.codec = codec // 0x71 a change, 0x55 raw
    this.digest = digest // hex
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The string that bytes spell. */
export function text (bytes) {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Refusal('Malformed', 'text is not UTF-8')
  }
}

// Deeper than any valid block: the block, its ops, an op, and a value in it.
const deepest = 36

class Reader {
  i = 0

  constructor (bytes) { this.b = bytes }

  take (n) {
    this.i += Number(is(n <= this.b.length - this.i, n, 'the bytes end'))
    return this.b.subarray(this.i - Number(n), this.i)
  }

  // Long forms are read here, and found when the item is written again.
  head () {
    const first = this.take(1)[0]
    const info = first & 31
    demand(info < 28, 'Malformed', 'indefinite length, break or reserved head')
    const n = info < 24 ? info : '0x' + Buffer.from(this.take(1 << (info - 24))).toString('hex')
    return [first >> 5, BigInt(n), info]
  }

  item (depth) {
    demand(depth <= deepest, 'Limit', 'nested too deep')
    const [major, n, info] = this.head()
    const room = this.b.length - this.i
    const items = () => Array.from({ length: Number(n) }, () => this.item(depth + 1))
    if (major === 0) return n
    if (major === 1) return is(n < 1n << 63n, -1n - n, 'integer below -2^63')
    if (major === 2) return this.take(n)
    if (major === 3) return text(this.take(n))
    if (major === 4) return is(n <= room, items, 'array longer than the bytes')()
    if (major === 5) {
      demand(n * 2n <= room, 'Malformed', 'map longer than the bytes')
      const map = new Map(Array.from({ length: Number(n) }, () => [this.item(depth + 1), this.item(depth + 1)]))
      return is([...map.keys()].every(k => typeof k === 'string'), map, 'key is no text')
    }
    if (major === 6) {
      const bytes = is(n === 42n, this, 'a tag other than 42').item(depth + 1)
      const parts = bytes instanceof Uint8Array && /^0001(71|55)1220([0-9a-f]{64})$/.exec(Buffer.from(bytes).toString('hex'))
      return new Link(parseInt(is(parts, parts, 'link of another spelling')[1], 16), parts[2])
    }
    if (info > 19 && info < 23) return [false, true, null][info - 20]
    demand(info === 27, 'Malformed', 'a simple value or float that is none here')
    const f = new DataView(this.b.buffer, this.b.byteOffset + this.i - 8, 8).getFloat64(0)
    return is(Number.isFinite(f), f, 'float that is no number')
  }
}

function head (major, n, rest = []) {
  n = BigInt(n)
  if (n < 24n) return Buffer.concat([Buffer.from([major << 5 | Number(n)]), ...rest])
  const size = n < 1n << 8n ? 0 : n < 1n << 16n ? 1 : n < 1n << 32n ? 2 : 3
  const hex = n.toString(16).padStart(2 << size, '0')
  return Buffer.concat([Buffer.from([major << 5 | 24 + size]), Buffer.from(hex, 'hex'), ...rest])
}

/** The one spelling of what decode gives. */
export function encode (x) {
  if (typeof x === 'bigint') return x < 0n ? head(1, -1n - x) : head(0, x)
  if (typeof x === 'string') return head(3, Buffer.byteLength(x), [Buffer.from(x)])
  if (x instanceof Uint8Array) return head(2, x.length, [x])
  if (x === null || typeof x === 'boolean') return Buffer.from([x === null ? 0xf6 : x ? 0xf5 : 0xf4])
  if (x instanceof Link) return Buffer.from(`d82a58250001${x.codec.toString(16)}1220${x.digest}`, 'hex')
  if (Array.isArray(x)) return head(4, x.length, x.map(encode))
  if (typeof x === 'number') {
    const b = Buffer.alloc(9, 0xfb)
    b.writeDoubleBE(x, 1)
    return b
  }
  const keys = [...x.keys()].map(k => [encode(k), k]).sort(([a], [b]) => Buffer.compare(a, b))
  return head(5, keys.length, keys.flatMap(([b, k]) => [b, encode(x.get(k))]))
}

/** Reads one item that is all of the bytes, and refuses every other spelling of it. */
export function decode (bytes) {
  const r = new Reader(bytes)
  const x = r.item(0)
  demand(r.i === bytes.length, 'Malformed', 'bytes behind the item')
  demand(encode(x).equals(bytes), 'Malformed', 'not the one spelling')
  return x
}

/** Tests the limits of section 2.1 on a value in which depth arrays and maps stand around. */
export function checkValue (x, depth = 0) {
  if (x === null || typeof x !== 'object' || x instanceof Uint8Array || x instanceof Link) return
  demand(depth < 32, 'Limit', 'value nested too deep')
  for (const k of x instanceof Map ? x.keys() : []) demand(Buffer.byteLength(k) <= 4096, 'Limit', 'key too long')
  for (const y of x.values()) checkValue(y, depth + 1)
}
