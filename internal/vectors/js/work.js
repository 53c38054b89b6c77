// What an applied set shows: sections 12 to 15 of FORMAT.md. What does not count is told.
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { Link, demand } from './cbor.js'
import { total, siblings } from './past.js'

const bytewise = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))
const group = (map, key, x) => { map.has(key) ? map.get(key).push(x) : map.set(key, [x]) }

export class Work {
  seqs = new Map() // elements by sequence
  slots = new Map() // entries by slot; values, positions and moves by what they are of
  maps = new Map() // an entry of each slot, by map
  inside = new Map() // tags, steps, marks and nodes by container
  roots = new Map() // root containers by name and kind

  /** The ids of changes that the rules do not let count are in off, if somebody knows them. */
  constructor (changes, off) {
    this.off = off || new Set(demand(!changes.some(c => c.ops[0]?.rules), 'Rules', 'nobody here knows the rules'))
    this.numbers = changes.flatMap(c => c.numbers)
    const restored = new Set(changes.filter(c => !this.off.has(c.id)).flatMap(c => c.ops.flatMap(op => op.targets || [])))
    this.dead = new Set(this.numbers.filter(x => x.role === 'delete' && this.counts(x) && !restored.has(x)).map(x => x.target))
    for (const x of this.numbers) {
      if (x.seq) group(this.seqs, x.seq, x)
      if (x.slot) {
        if (!this.slots.has(x.slot)) group(this.maps, x.C.id, x)
        group(this.slots, x.slot, x)
      }
      if (x.role === 'value' || x.role === 'move') group(this.slots, x.role + x.elem.id, x)
      if (x.role === 'shift' || x.role === 'node') group(this.slots, 'node' + x.node.id, x)
      if (['tag', 'step', 'mark', 'node'].includes(x.role)) group(this.inside, x.C.id, x)
      if (x.C?.name !== undefined) this.roots.set(x.C.name, (this.roots.get(x.C.name) || new Map()).set(x.C.kind, x.C))
    }
  }

  of (C) { return this.inside.get(C.id) || [] }
  counts (x) { return !this.off.has(x.change.id) }
  alive (x) { return this.counts(x) && !this.dead.has(x) }
  shown (x) { return this.alive(x) && (x.makes !== undefined || x.change.filled === true) }

  // Tells whether an entry names a child that stands by what is alive inside.
  stands (x) {
    const same = this.slots.get(x.slot)?.filter(y => x.makes && y.makes?.id === x.makes.id)
    return same?.length > 0 && same.every(y => !this.counts(y) && !this.dead.has(y)) && this.peopled(x.makes.id)
  }

  peopled (id) {
    return this.numbers.some(x => x.C?.id === id && x.role !== 'mark' && (this.alive(x) || (x.slot && x.makes && this.peopled(x.makes.id))))
  }

  /** All elements of a sequence in the order of the document, dead ones included. */
  order (seq) {
    const left = new Map()
    const right = new Map()
    for (const x of this.seqs.get(seq) || []) group(x.side === 0 ? left : right, x.parent, x)
    const out = []
    const stack = []
    const push = list => { for (const x of [...list].sort(siblings).reverse()) stack.push([x, false]) }
    push(right.get(null) || [])
    while (stack.length > 0) {
      const [x, open] = stack.pop()
      if (!open) push(right.get(x) || [])
      open ? out.push(x) : stack.push([x, true])
      if (!open) push(left.get(x) || [])
    }
    return out
  }

  /** The visible entries of a slot, the greatest first. */
  visible (entries) {
    const candidates = entries.filter(x => this.alive(x) || this.stands(x))
    const reached = new Set()
    const stack = candidates.flatMap(x => x.over)
    while (stack.length > 0) {
      const x = stack.pop()
      if (reached.has(x)) continue
      reached.add(x)
      stack.push(...x.over)
    }
    return candidates.filter(x => !reached.has(x)).sort((a, b) => total(b, a))
  }

  /** The conflicts of a slot of a map, the winner first. */
  conflicts (slot) {
    const seen = new Set()
    return this.visible(this.slots.get(slot) || []).filter(x => !x.absent && (!x.makes || (!seen.has(x.makes.id) && seen.add(x.makes.id))))
  }

  text (C) {
    return this.order(C.id).filter(x => this.shown(x)).map(x => x.role === 'marker' ? '\n' : x.op.words[x.k]).join('')
  }

  /** The elements of a list that are shown, each by its winning value entry. */
  list (C) {
    const items = []
    for (const x of this.order(C.id)) {
      const item = x.role === 'move' ? x.elem : x
      const slot = role => this.visible([item, ...(this.slots.get(role + item.id) || [])])[0]
      if (this.shown(item) && slot('move') === x) items.push(slot('value'))
    }
    return items
  }

  set (C) {
    const values = new Map(this.of(C).filter(x => this.shown(x)).map(x => [x.op.words[x.k].hex, x]))
    return [...values.keys()].sort((a, b) => a.length - b.length || bytewise(a, b)).map(k => values.get(k))
  }

  /** The children of each node that lives, and under null those below the root. */
  tree (C) {
    const nodes = this.of(C).filter(x => x.role === 'node')
    const moves = new Map(nodes.map(n => [n, this.slots.get('node' + n.id).filter(m => this.alive(m)).sort((a, b) => total(b, a))]))
    const living = nodes.filter(n => moves.get(n).length > 0)
    const candidates = new Map(living.map(n => [n, moves.get(n).filter(m => m.dest === null || moves.get(m.dest).length > 0)]))
    const best = n => candidates.get(n)[0]
    for (let ring = true; ring;) {
      ring = false
      for (const n of living) {
        const way = [n]
        let to
        while ((to = best(way.at(-1))?.dest) && !way.includes(to)) way.push(to)
        if (to !== n) continue
        candidates.get(way.map(best).sort(total)[0].node).shift()
        ring = true
      }
    }
    const children = new Map([null, ...living].map(n => {
      const elements = this.order(JSON.stringify([C.id, n && n.id]))
      return [n, elements.filter(m => candidates.has(m.node) && best(m.node) === m).map(m => m.node)]
    }))
    children.get(null).push(...living.filter(n => !best(n)).sort(total))
    return children
  }

  /** The marks of a text, as the vectors list them. */
  marks (C) {
    const order = this.order(C.id)
    const place = new Map(order.map((x, k) => [x, k]))
    const slots = new Map()
    for (const m of this.of(C)) {
      const [first, last] = [place.get(m.first), place.get(m.last)]
      if (m.role !== 'mark' || !this.alive(m) || last < first) continue
      const grow = (at, step, neighbour) => {
        const end = neighbour ? place.get(neighbour) : step * Infinity
        if (neighbour === 0 || (end - at) * step <= 0) return at
        for (let k = at + step; order[k] && k !== end && (order[k].role !== 'marker' || !this.counts(order[k])); k += step) at = k
        return at
      }
      group(slots, JSON.stringify([m.op.key, m.op.id]), { m, from: grow(first, -1, m.left), to: grow(last, 1, m.right) })
    }
    const out = []
    for (const [name, list] of slots) {
      const [key, id] = JSON.parse(name)
      let last = null
      order.filter(x => this.shown(x)).forEach((x, at) => {
        const k = place.get(x)
        const best = list.filter(r => r.from <= k && k <= r.to).map(r => r.m).sort((a, b) => total(b, a))[0]
        if (!best || best.op.lens[0] === 0) return
        const value = best.change.filled ? best.op.words[0].hex : 'null'
        if (last && last.to === at && last.value === value) last.to++
        else out.push(last = { from: at, to: at + 1, key, id, value })
      })
    }
    return out.sort((a, b) => bytewise(a.key + '\0' + a.id, b.key + '\0' + b.id) || a.from - b.from)
  }

  /** The object of a map: keys with the JSON of their winners. */
  map (C) {
    const out = new Map()
    for (const { slot, op } of this.maps.get(C.id) || []) {
      const [winner] = this.conflicts(slot)
      if (winner) out.set(op.key, this.entry(winner))
    }
    return out
  }

  /** The JSON of an entry, element or tag. */
  entry (x) {
    if (x.makes) return this.container(x.makes)
    return x.change.filled ? json(x.op.words[x.op.code === 2 || x.op.code === 9 ? x.k : 0].v) : 'null'
  }

  container (C) {
    switch (C.kind) {
      case 1: return object(this.map(C))
      case 2: return `[${this.list(C).map(x => this.entry(x))}]`
      case 3: return string(this.text(C))
      case 4: return `[${this.set(C).map(x => this.entry(x))}]`
      case 5: return String(this.of(C).filter(x => this.alive(x)).reduce((sum, x) => sum + x.op.amount, 0n))
    }
    const children = this.tree(C)
    const nodes = n => `[${children.get(n).map(x => `{"data":${this.container(x.makes)}${children.get(x).length ? `,"children":${nodes(x)}` : ''}}`)}]`
    return nodes(null)
  }

  // Tells whether a root container shows anything.
  shows (C) {
    return C.kind === 5 ? this.of(C).some(x => this.alive(x)) : !['{}', '[]', '""'].includes(this.container(C))
  }

  json () {
    const top = this.roots.get('')?.get(1)
    const out = top ? this.map(top) : new Map()
    for (const [name, kinds] of this.roots) {
      for (const kind of [...kinds.keys()].sort()) {
        const C = kinds.get(kind)
        if (C !== top && !out.has(name) && this.shows(C)) out.set(name, this.container(C))
      }
    }
    return object(out)
  }
}

const object = map => `{${[...map.keys()].sort(bytewise).map(k => `${string(k)}:${map.get(k)}`)}}`
const string = s => JSON.stringify(s).replace(/[<>&\u2028\u2029]/g, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'))

function float (x) {
  const [digits, e] = x.toExponential().split('e')
  if (Object.is(x, -0)) return '-0.0'
  if (e < -4 || e > 5) return `${digits}e${e[0]}${e.slice(1).padStart(2, '0')}`
  return Number.isInteger(x) ? x + '.0' : String(x)
}

/** The JSON of a value. */
export function json (v) {
  if (typeof v === 'number') return float(v)
  if (typeof v === 'string') return string(v)
  if (v === null || typeof v !== 'object') return String(v)
  if (v instanceof Uint8Array) return `{"/":{"bytes":"${Buffer.from(v).toString('base64').replace(/=+$/, '')}"}}`
  if (v instanceof Link) return `{"/":"${CID.createV1(v.codec, Digest.create(0x12, Buffer.from(v.digest, 'hex')))}"}`
  if (Array.isArray(v)) return `[${v.map(json)}]`
  return object(new Map([...v].map(([k, x]) => [k, json(x)])))
}
