// What the past decides, and which changes are applied: sections 8 to 11 of FORMAT.md.
import { demand } from './cbor.js'

const MAP = 1

/** The changes of one work that somebody holds. */
export class Held {
  changes = new Map()
  refused = new Map() // id: Refusal of a change that its past refuses
  valid = new Set()
  salt = false

  constructor (work) { this.work = work } // a digest in hex, as all ids

  /** Takes in a decoded change. Of another work is what the change alone tells. */
  add (id, c) {
    demand(!c.genesis || id === this.work, 'Foreign', 'genesis of another work')
    demand(c.work === null || c.work === this.work, 'Foreign', 'change of another work')
    this.changes.set(id, Object.assign(c, { id }))
    if (c.genesis) this.salt = c.ops[0].salt
  }

  /** Judges all changes whose links are all judged, until there are no more. */
  judge () {
    for (let again = true; again;) {
      again = false
      for (const [id, c] of this.changes) {
        const links = c.links.filter(x => x !== null)
        if (this.valid.has(id) || this.refused.has(id)) continue
        if (!links.every(x => this.valid.has(x) || this.refused.has(x))) continue
        again = true
        try {
          demand(links.every(x => this.valid.has(x)), 'Invalid', 'builds on an invalid change')
          this.check(c)
          this.valid.add(id)
        } catch (e) {
          if (e.kind === undefined) throw e
          this.refused.set(id, e)
        }
      }
    }
  }

  check (c) {
    const prev = c.prev === null ? null : this.changes.get(c.prev)
    demand(!prev || (prev.by === c.by && prev.seq + 1n === c.seq && prev.start + prev.count === c.start), 'Invalid', 'does not go on the chain')
    demand(c.size === 0n || c.salted === this.salt, 'Invalid', 'salt')
    c.depth = 1 + Math.max(0, ...c.links.filter(x => x !== null).map(x => this.changes.get(x).depth))
    c.numbers = []
    for (const op of c.ops) this.op(c, op)
  }

  /** The number n of link k of c. */
  number (c, { c: k, n }) {
    let at = k === 0 ? c : this.changes.get(c.links[k])
    demand(n < at.start + at.numbers.length, 'Invalid', 'no such number')
    while (n < at.start) at = this.changes.get(at.prev)
    return at.numbers[n - at.start]
  }

  container (c, { kind, name, at }) {
    if (at === undefined) return { kind, id: JSON.stringify([kind, name]), name }
    const made = this.number(c, at).makes
    demand(made && made.kind === kind, 'Invalid', 'no such container')
    return made
  }

  // Adds a number to c, and gives what it is; with a kind it is a container by itself.
  make (c, op, role, more, kind) {
    const off = c.numbers.length
    const x = { change: c, off, id: `${c.id}/${off}`, op, k: off - op.at, role, ...more }
    if (kind) x.makes = { kind, id: JSON.stringify([kind, x.id]) }
    c.numbers.push(x)
    return x
  }

  op (c, op) {
    const find = t => this.number(c, t)
    const C = op.C && this.container(c, op.C)
    const parent = op.parent ? find(op.parent) : null
    const at = seq => {
      demand(!parent || parent.seq === seq, 'Invalid', 'parent is no element of the sequence')
      return { seq, parent, side: op.side }
    }
    const over = ok => {
      const list = op.over.map(find)
      demand(list.every(ok), 'Invalid', 'over is no entry of the slot')
      return list
    }
    switch (op.code) {
      case 1: case 2: case 19:
        for (let k = 0, a = at(C.id); k < op.makes; k++) {
          a = { seq: C.id, parent: this.make(c, op, op.code === 2 ? 'item' : 'char', { ...a, C, over: [] }), side: 1 }
        }
        return
      case 3: return this.make(c, op, 'item', { ...at(C.id), C, over: [] }, op.kind)
      case 4: case 5: {
        const [elem, role] = [find(op.elem), op.code === 4 ? 'value' : 'move']
        demand(elem.role === 'item', 'Invalid', 'no list element')
        const list = over(o => o === elem || (o.role === role && o.elem === elem))
        return this.make(c, op, role, { elem, over: list, C: elem.C, ...(role === 'move' ? at(elem.seq) : {}) })
      }
      case 6: case 7: case 8: {
        const slot = JSON.stringify([C.id, op.key])
        const x = { slot, over: over(o => o.slot === slot), C, absent: op.code === 7 }
        if (op.code === 8) {
          const base = op.base ? find(op.base) : null
          demand(!base || (base.slot === slot && base.op.code === 8 && base.op.kind === op.kind), 'Invalid', 'base is no such child')
          const incarnation = base ? base.makes.incarnation + 1 : 0
          x.makes = { kind: op.kind, id: JSON.stringify([op.kind, slot, incarnation]), incarnation }
        }
        return this.make(c, op, 'entry', x)
      }
      case 9:
        for (let k = 0; k < op.lens.length; k++) this.make(c, op, 'tag', { C })
        return
      case 10: return this.make(c, op, 'step', { C })
      case 11: case 12: {
        const targets = op.runs.flatMap(r => Array.from({ length: r.len }, (_, k) => find({ c: r.c, n: r.n + k })))
        demand(targets.every(t => (t.role === 'delete') === (op.code === 12)), 'Invalid', 'names the wrong numbers')
        if (op.code === 12) op.targets = targets
        else for (const target of targets) this.make(c, op, 'delete', { target })
        return
      }
      case 15: {
        const ends = [op.first, op.last, op.left, op.right].map(t => t ? find(t) : t)
        demand(ends.every(e => !e || e.seq === C.id), 'Invalid', 'mark names no element of the text')
        const [first, last, left, right] = ends
        return this.make(c, op, 'mark', { C, first, last, left, right })
      }
      case 16: return this.make(c, op, 'marker', { ...at(C.id), C }, MAP)
      case 17: case 18: {
        const node = op.node && find(op.node)
        demand(!node || node.role === 'node', 'Invalid', 'no node')
        const tree = node ? node.C : C
        const dest = op.dest ? find(op.dest) : null
        demand(!dest || (dest.role === 'node' && dest.C.id === tree.id), 'Invalid', 'destination is no node of the tree')
        const x = this.make(c, op, node ? 'shift' : 'node', { ...at(JSON.stringify([tree.id, dest && dest.id])), C: tree, dest }, node ? 0 : MAP)
        x.node = node || x
      }
    }
  }

  /** The applied set: ids, given those with a good signature. */
  applied (signed) {
    const set = new Set(this.valid)
    for (let size = -1; size !== set.size;) {
      size = set.size
      const covered = new Set()
      for (const id of set) {
        if (!signed.has(id)) continue
        for (let c = this.changes.get(id); c && !covered.has(c.id); c = this.changes.get(c.prev)) covered.add(c.id)
      }
      for (const id of set) {
        const c = this.changes.get(id)
        if (!covered.has(id) || !c.links.every(x => x === null || set.has(x))) set.delete(id)
      }
    }
    return set
  }
}

/** The total order of numbers, and the order of siblings. */
export const total = (a, b) => a.change.depth - b.change.depth || siblings(a, b)
export const siblings = (a, b) => a.change.id < b.change.id ? -1 : a.change.id > b.change.id ? 1 : a.off - b.off
