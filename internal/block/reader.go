package block

import (
	"cmp"
	"slices"
)

// Reader walks over encoded ops, one after another without an array head, as
// they stand in Change.Ops. It checks the rules of Op for each, so that bytes
// of any source are safe; what concerns the ops of a change together (the
// places of links, own numbers, the limit on ops) only Decode can check.
// Changing the bytes between Reset and the last Next is a mistake.
type Reader struct {
	cursor
	tally
	spell  bool     // fill strings; Reset sets it
	memory struct { // the strings given out last, used again when equal
		name, key, title, rules, id string
	}
	root   rootText
	sorted []Run // working space of disjoint

	rest      []brief // what is still to be read, where it is read from briefs
	brief     bool    // briefs are kept, and stand for all ops so far
	briefs    []brief
	briefRoot []byte // see Briefs
}

// tally is what must be known of the ops read so far as a whole.
type tally struct {
	ops     int    // ops
	genesis bool   // the first is a genesis
	numbers uint64 // numbers they take
	words   uint64 // bytes of their words
	texts   uint64 // code points of their texts
	named   uint64 // lengths of runs and overs
	place   uint32 // greatest place of a link that they name
	behind  uint64 // numbers that the own chain must have had before this change
}

// Reset makes the reader begin at the start of ops, without an error.
func (r *Reader) Reset(ops []byte) {
	r.cursor = cursor{b: ops}
	r.tally = tally{}
	r.spell, r.brief, r.rest = true, false, nil
}

// Next reads the next op into op and returns true, or returns false at the end
// or at the first fault, which Err tells. It sets every field of op and reuses
// the capacity of its Lens, Over and Runs, so copy those to keep them over the
// next call. Value aliases the ops; strings are copies and may be kept: one
// that equals its predecessor is not copied again.
func (r *Reader) Next(op *Op) bool {
	if len(r.rest) > 0 {
		r.nextBrief(op)
		return true
	}
	if r.err != nil || r.left() == 0 {
		return false
	}
	r.op(op)
	return r.err == nil
}

// Err returns the fault that ended the walk, nil if there was none. It wraps
// ErrMalformed, ErrLimit or ErrInvalid.
func (r *Reader) Err() error { return r.err }

// op reads one op and adds it to the tally. After a fault the fields are
// undefined.
func (r *Reader) op(op *Op) {
	was := op.bare
	if !was {
		op.reset()
	}
	if op.bare = r.quick(op); op.bare {
		if r.brief {
			r.note(op)
		}
		return
	}
	r.brief = false
	if was {
		op.reset()
	}
	r.careful(op)
}

// reset makes an op zero but for the capacity of its slices.
func (op *Op) reset() { *op = Op{Lens: op.Lens[:0], Over: op.Over[:0], Runs: op.Runs[:0]} }

// careful reads any op, part by part, into op, which is zero but for the
// capacity of its slices.
func (r *Reader) careful(op *Op) {
	parts := r.array(1)
	code := r.head(majorUint)
	if code >= uint64(len(opParts)) {
		r.fail(ErrMalformed, "op code %d is not given out", code)
		return
	}
	if parts != int(opParts[code]) {
		r.fail(ErrMalformed, "op %d of %d parts, not %d", code, parts, opParts[code])
		return
	}
	op.Code = Code(code)
	switch op.Code {
	case OpGenesis:
		r.genesisOp(op)
	case OpText, OpValues, OpListChild, OpMove, OpBlock, OpNode, OpTreeMove, OpQuote:
		r.placed(op)
	case OpSet:
		op.At, op.HasAt = r.thing(), true
		r.over(op)
		op.Bytes = r.wordBytes(1, "a value")
	case OpPut:
		r.slot(op)
		r.over(op)
		op.Bytes = r.wordBytes(1, "a value")
	case OpAbsent:
		r.slot(op)
		r.over(op)
	case OpChild:
		r.slot(op)
		op.Kind = r.kind()
		op.At, op.HasAt = r.thingOrNull()
		r.over(op)
	case OpAdd:
		r.container(op, KindSet)
		r.lens(op)
	case OpStep:
		r.container(op, KindCounter)
		if op.Amount = r.int(); op.Amount == 0 {
			r.fail(ErrInvalid, "step of nothing")
		}
	case OpDelete, OpRestore:
		r.runs(op)
	case OpNote:
		op.Bytes = r.wordBytes(1, "a note")
	case OpAct:
		r.act(op)
	case OpMark:
		r.mark(op)
	}
	r.ops++
	r.numbers += uint64(op.Numbers())
}

// genesisOp reads title, rules, data and salt, which stand in the first op only.
func (r *Reader) genesisOp(op *Op) {
	if r.ops > 0 {
		r.fail(ErrInvalid, "genesis as op %d", r.ops)
		return
	}
	r.genesis = true
	op.Name = r.keep(&r.memory.title, r.text(MaxTitle, "a title"))
	if op.HasRules = !r.null(); op.HasRules {
		name := r.text(MaxKindName, "a name of rules")
		if len(name) == 0 {
			r.fail(ErrInvalid, "rules without a name")
		}
		op.Rules = r.keep(&r.memory.rules, name)
	}
	if op.HasValue = !r.null(); op.HasValue {
		if !op.HasRules {
			r.fail(ErrInvalid, "data without rules")
		}
		op.Value = r.shortValue("data")
	}
	op.Salt = r.bool()
}

// act reads kind, value and the bytes of free text.
func (r *Reader) act(op *Op) {
	kind := r.text(MaxKindName, "a kind of acts")
	if len(kind) == 0 {
		r.fail(ErrInvalid, "act without a kind")
	}
	op.Name = r.keep(&r.memory.title, kind)
	op.Value, op.HasValue = r.shortValue("an act"), true
	op.Bytes = r.wordBytes(0, "an act")
}

// shortValue reads one value of at most MaxAct bytes and returns its bytes,
// which alias the ops.
func (r *Reader) shortValue(what string) []byte {
	start := r.i
	r.value()
	if r.i-start > MaxAct {
		r.fail(ErrLimit, "%s of %d bytes, over %d", what, r.i-start, MaxAct)
	}
	return r.b[start:r.i:r.i]
}

// placed reads an op that puts an element into a sequence.
func (r *Reader) placed(op *Op) {
	switch op.Code {
	case OpText:
		r.insert(op, KindText)
		r.runes(op)
	case OpValues:
		r.insert(op, KindList)
		r.lens(op)
	case OpListChild:
		r.insert(op, KindList)
		op.Kind = r.kind()
	case OpMove:
		op.Elem = r.thing()
		r.at(op)
		r.over(op)
	case OpBlock:
		r.insert(op, KindText)
	case OpNode:
		r.container(op, KindTree)
		op.Dest, op.HasDest = r.thingOrNull()
		r.at(op)
	case OpTreeMove:
		op.Elem = r.thing()
		op.Dest, op.HasDest = r.thingOrNull()
		r.at(op)
	case OpQuote:
		r.insert(op, KindText)
		r.runes(op)
		r.origin(op)
	}
}

// insert reads container, parent and side of an op that inserts into a sequence.
func (r *Reader) insert(op *Op, kind Kind) {
	r.container(op, kind)
	r.at(op)
}

// at reads parent and side, the position in a sequence.
func (r *Reader) at(op *Op) {
	op.At, op.HasAt = r.thingOrNull()
	side := r.head(majorUint)
	if side > uint64(Right) {
		r.fail(ErrMalformed, "side %d", side)
		return
	}
	op.Side = Side(side)
	if !op.HasAt && op.Side != Right {
		r.fail(ErrInvalid, "left child of the root of a sequence")
	}
}

// slot reads container and key of an op that writes an entry of a map.
func (r *Reader) slot(op *Op) {
	r.container(op, KindMap)
	op.Key = r.keep(&r.memory.key, r.text(MaxMapKey, "a map key"))
}

// container reads the container of an op that works on those of kind want.
func (r *Reader) container(op *Op, want Kind) {
	start := r.i
	parts := r.array(1)
	if kind := r.kind(); kind != want {
		r.fail(ErrInvalid, "op %d in a container of kind %d", op.Code, kind)
		return
	}
	op.C.Kind = want
	switch parts {
	case 2:
		op.C.Name = r.keep(&r.memory.name, r.text(MaxRootName, "the name of a root container"))
		r.remember(op, start)
	case 3:
		op.C.Child = true
		op.C.At = r.thingParts()
	default:
		r.fail(ErrMalformed, "container of %d parts", parts)
	}
}

// kind reads the kind of a container.
func (r *Reader) kind() Kind {
	k := r.head(majorUint)
	if k < uint64(KindMap) || k > uint64(KindTree) {
		r.fail(ErrMalformed, "no container is of kind %d", k)
		return 0
	}
	return Kind(k)
}

// runes reads runes and bytes of inserted text.
func (r *Reader) runes(op *Op) {
	n := r.head(majorUint)
	op.Bytes = r.wordBytes(1, "text")
	// At least a byte for each rune, so the limit on bytes bounds runes too.
	if n < 1 || n > uint64(op.Bytes) || uint64(op.Bytes) > 4*n {
		r.fail(ErrInvalid, "%d code points in %d bytes", n, op.Bytes)
		return
	}
	op.Runes = uint32(n)
	r.texts += n
}

// lens reads the lengths of one or more values.
func (r *Reader) lens(op *Op) {
	n := r.array(1)
	if n == 0 {
		r.fail(ErrInvalid, "op %d without values", op.Code)
	}
	for ; n > 0 && r.err == nil; n-- {
		op.Lens = append(op.Lens, r.wordBytes(1, "a value"))
	}
}

// wordBytes reads a number of bytes of words, at least least, and adds it to
// the tally.
func (r *Reader) wordBytes(least uint64, what string) uint32 {
	n := r.head(majorUint)
	if n < least {
		r.fail(ErrInvalid, "%s of %d bytes", what, n)
		return 0
	}
	if n > MaxContent || r.words+n > MaxContent {
		r.fail(ErrLimit, "%s of %d bytes after %d, over %d", what, n, r.words, MaxContent)
		return 0
	}
	r.words += n
	return uint32(n)
}

// over reads the entries that an entry takes the place of: strictly ascending.
func (r *Reader) over(op *Op) {
	n := r.array(3)
	r.name(uint64(n))
	for i := 0; i < n && r.err == nil; i++ {
		t := r.thing()
		if i > 0 && cmpThings(op.Over[i-1], t) >= 0 {
			r.fail(ErrMalformed, "over [%d, %d] does not ascend", t.C, t.N)
		}
		op.Over = append(op.Over, t)
	}
}

// runs reads one or more runs that share no number.
func (r *Reader) runs(op *Op) {
	n := r.array(4)
	if n == 0 {
		r.fail(ErrInvalid, "op %d without runs", op.Code)
	}
	for ; n > 0 && r.err == nil; n-- {
		op.Runs = append(op.Runs, r.run())
	}
	if !r.disjoint(op.Runs) {
		r.fail(ErrInvalid, "op %d names a number twice", op.Code)
	}
}

// run reads one run.
func (r *Reader) run() (run Run) {
	r.fixed(3, "run")
	t := r.thingParts()
	n := r.head(majorUint)
	if n == 0 {
		r.fail(ErrInvalid, "empty run")
		return Run{}
	}
	r.name(n)
	r.see(t.C, t.N+n)
	return Run{C: t.C, N: t.N, Len: uint32(n)}
}

// name adds n numbers to those that the ops name.
func (r *Reader) name(n uint64) {
	if n > MaxNamed || r.named+n > MaxNamed {
		r.fail(ErrLimit, "%d numbers named after %d, over %d", n, r.named, MaxNamed)
		return
	}
	r.named += n
}

// thingOrNull reads a thing, or null, which is not there.
func (r *Reader) thingOrNull() (t Thing, there bool) {
	if r.null() {
		return Thing{}, false
	}
	return r.thing(), true
}

// thing reads a thing.
func (r *Reader) thing() Thing {
	r.fixed(2, "thing")
	return r.thingParts()
}

// thingParts reads c and n of a thing, container or run and adds them to the tally.
func (r *Reader) thingParts() Thing {
	c, n := r.head(majorUint), r.head(majorUint)
	if c > MaxParents+MaxRefs {
		r.fail(ErrInvalid, "link %d of at most %d", c, MaxParents+MaxRefs)
		return Thing{}
	}
	r.see(uint32(c), n+1)
	return Thing{C: uint32(c), N: n}
}

// see adds to the tally that an op names numbers below end of the link c.
// Numbers of the own chain were made before the op: those of this change count
// from where the change began, which Decode reads only after the ops.
func (r *Reader) see(c uint32, end uint64) {
	if end-1 >= MaxNumbers { // end 0 is the number 2^64-1 wrapped around
		r.fail(ErrLimit, "number %d, over 2^53", end-1)
		return
	}
	r.place = max(r.place, c)
	if c == 0 && end > r.numbers {
		r.behind = max(r.behind, end-r.numbers)
	}
}

// disjoint tells whether no two runs share a number. Runs that go all up or all
// down, nearly always, are compared with their neighbour only; others are
// sorted in working space, in the usual n log n.
func (r *Reader) disjoint(runs []Run) bool {
	if apart(runs, 0, 1) || apart(runs, 1, 0) {
		return true
	}
	r.sorted = append(r.sorted[:0], runs...)
	slices.SortFunc(r.sorted, func(a, b Run) int { return cmpThings(Thing{a.C, a.N}, Thing{b.C, b.N}) })
	return apart(r.sorted, 0, 1)
}

// apart tells whether of each two neighbours the one at offset lo lies wholly
// before the one at offset hi; the offsets are 0 and 1 or 1 and 0.
func apart(runs []Run, lo, hi int) bool {
	for i := range len(runs) - 1 {
		a, b := &runs[i+lo], &runs[i+hi]
		if a.C > b.C || a.C == b.C && a.N+uint64(a.Len) > b.N {
			return false
		}
	}
	return true
}

// noneTwice is what apart in some order would tell, for a few runs.
func noneTwice(runs []Run) bool {
	for i := range runs {
		a := &runs[i]
		for k := range runs[:i] {
			if b := &runs[k]; a.C == b.C && a.N < b.N+uint64(b.Len) && b.N < a.N+uint64(a.Len) {
				return false
			}
		}
	}
	return true
}

// cmpThings orders things by link and number.
func cmpThings(a, b Thing) int {
	if a.C != b.C {
		return cmp.Compare(a.C, b.C)
	}
	return cmp.Compare(a.N, b.N)
}

// keep returns b as a string, the one given out last if it is equal, and
// nothing where strings are not wanted.
func (r *Reader) keep(last *string, b []byte) string {
	if !r.spell {
		return ""
	}
	if string(b) != *last {
		*last = string(b)
	}
	return *last
}
