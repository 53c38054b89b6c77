package block

// Code says what an op does. The codes from 20 on are not given out and refused.
type Code uint8

// The ops. Words are bytes of the content block; "over" lists the entries of a
// slot that a new entry takes the place of.
const (
	OpGenesis   Code = 0  // [0, title, rules|null, data|null, salt]  first op of the genesis, and only there
	OpText      Code = 1  // [1, C, parent|null, side, runes, bytes]  inserts characters
	OpValues    Code = 2  // [2, C, parent|null, side, [len…]]        inserts list elements with values
	OpListChild Code = 3  // [3, C, parent|null, side, kind]          inserts a list element with a container
	OpSet       Code = 4  // [4, elem, over, len]                     gives a list element another value
	OpMove      Code = 5  // [5, elem, parent|null, side, over]       gives a list element another position
	OpPut       Code = 6  // [6, C, key, over, len]                   gives a map key a value
	OpAbsent    Code = 7  // [7, C, key, over]                        empties a map key
	OpChild     Code = 8  // [8, C, key, kind, base|null, over]       gives a map key a container
	OpAdd       Code = 9  // [9, C, [len…]]                           adds values to a set
	OpStep      Code = 10 // [10, C, amount]                          moves a counter
	OpDelete    Code = 11 // [11, [run…]]                             deletes numbers
	OpRestore   Code = 12 // [12, [run…]]                             takes delete numbers back
	OpNote      Code = 13 // [13, bytes]                              says something about the change
	OpAct       Code = 14 // [14, kind, value, bytes]                 says something about the work
	OpMark      Code = 15 // [15, C, key, id, first, last, left, right, len]  gives a range of text a mark, or takes one away
	OpBlock     Code = 16 // [16, C, parent|null, side]               inserts a block marker into a text
	OpNode      Code = 17 // [17, C, dest|null, parent|null, side]    inserts a node into a tree
	OpTreeMove  Code = 18 // [18, node, dest|null, parent|null, side] gives a node another place in its tree
	OpQuote     Code = 19 // [19, C, parent|null, side, runes, bytes, work|null, change, n]  inserts characters that come from elsewhere
)

// Kind is the type of a container.
type Kind uint8

// The kinds of containers; others are refused.
const (
	KindMap     Kind = 1
	KindList    Kind = 2
	KindText    Kind = 3
	KindSet     Kind = 4
	KindCounter Kind = 5
	KindTree    Kind = 6
)

// Side says on which side of its parent in the tree of a sequence an element hangs.
type Side uint8

// The sides. The root of a sequence has right children only.
const (
	Left  Side = 0
	Right Side = 1
)

// Thing names one number, [c, n] in a block: the number n of the chain that the
// link c shows, c being 0 for the change's own chain, 1.. for its parents and
// then its refs (Header.Link tells which).
type Thing struct {
	C uint32
	N uint64
}

// Run names the numbers N, N+1, … N+Len-1 of a chain, [c, n, len] in a block.
type Run struct {
	C   uint32
	N   uint64
	Len uint32
}

// Container names the container that an op works in: a root [kind, name], or,
// with Child, the one that the entry, element, block marker or node At made,
// [kind, c, n].
type Container struct {
	Kind  Kind
	Child bool
	Name  string // of a root
	At    Thing  // of a child
}

// Op is one op; Code says which of the fields mean something, the others are
// zero. What Reader.Next and Decode accept keeps these rules:
//
//  1. The container is of the kind that the op works on.
//  2. It does something: runes, lens, runs, the bytes of a value or a note,
//     the amount of a step are not zero, neither is any len of a list of them.
//  3. Without a parent the side is Right. Runes ≤ Bytes ≤ 4 × Runes.
//  4. Over is strictly ascending by (C, N); no two runs share a number.
//  5. Names, keys, IDs, title and rules are UTF-8 within their limits; the value
//     is canonical. Rules, kinds of acts and marks have a name; data needs rules.
//  6. Every number of a quoted text is below MaxNumbers.
type Op struct {
	Code     Code
	Kind     Kind // of the child that OpListChild and OpChild make
	Side     Side
	HasAt    bool // At is set; else it is null
	C        Container
	At       Thing // parent; element of OpSet, with HasAt; base of OpChild
	Elem     Thing // element that OpMove moves, node that OpTreeMove moves, first of OpMark
	Last     Thing // of OpMark
	Dest     Thing // node that becomes the parent node, with HasDest; else it is the root of the tree
	HasDest  bool
	Left     Growth   // of OpMark, before its first element
	Right    Growth   // of OpMark, behind its last element
	Key      string   // of a map slot or of a mark
	ID       string   // of a mark, among those of its key; may be empty
	From     Origin   // of OpQuote
	Runes    uint32   // code points of OpText and OpQuote
	Bytes    uint32   // of words: the text, one value, a note, the free text of an act; 0: a mark without value, which removes
	Lens     []uint32 // of words, for each value of OpValues and OpAdd
	Over     []Thing
	Runs     []Run
	Amount   int64
	Value    []byte // DAG-CBOR: the value of an act, the data of a genesis
	HasValue bool   // false: the data is null; always set for an act
	Name     string // title of a genesis, kind of an act
	Rules    string // name of the rules of a genesis
	HasRules bool
	Salt     bool

	bare bool // read quickly: no other field is set than an insert of text or a delete has
}

// Numbers returns how many numbers of its chain the op takes: one for each
// character, element, entry, tag, step, mark, block marker, node, move, and
// target of a delete; none for genesis, restore, note and act.
func (op *Op) Numbers() uint32 {
	switch op.Code {
	case OpText, OpQuote:
		return op.Runes
	case OpValues, OpAdd:
		return uint32(len(op.Lens))
	case OpListChild, OpSet, OpMove, OpPut, OpAbsent, OpChild, OpStep, OpMark, OpBlock, OpNode, OpTreeMove:
		return 1
	case OpDelete:
		var n uint32
		for i := range op.Runs {
			n += op.Runs[i].Len
		}
		return n
	}
	return 0
}

// WordBytes returns how many bytes of the content block are the op's words.
func (op *Op) WordBytes() uint32 {
	switch op.Code {
	case OpText, OpSet, OpPut, OpNote, OpAct, OpMark, OpQuote:
		return op.Bytes
	case OpValues, OpAdd:
		var n uint32
		for _, l := range op.Lens {
			n += l
		}
		return n
	}
	return 0
}

// Things visits each thing that the op names, in the order of the block, save
// those of its runs. It is for those who name things anew; visit may change them.
func (op *Op) Things(visit func(*Thing)) {
	if op.C.Child {
		visit(&op.C.At)
	}
	if op.Code == OpMove || op.Code == OpTreeMove || op.Code == OpMark {
		visit(&op.Elem)
	}
	if op.Code == OpMark {
		visit(&op.Last)
	}
	for _, g := range []*Growth{&op.Left, &op.Right} {
		if g.Grow == GrowThing {
			visit(&g.At)
		}
	}
	if op.HasDest {
		visit(&op.Dest)
	}
	if op.HasAt || op.Code == OpSet {
		visit(&op.At)
	}
	for i := range op.Over {
		visit(&op.Over[i])
	}
}

// AppendOp appends the op as it stands in a block, the inverse of Reader.Next.
// It writes what it is given; an op that breaks the rules of Op gives bytes
// that Reader and Decode refuse. A code that is none is a panic.
func AppendOp(dst []byte, op *Op) []byte {
	if int(op.Code) >= len(opParts) {
		panic("block: AppendOp of a code that is no op")
	}
	dst = appendHead(dst, majorArray, uint64(opParts[op.Code]))
	dst = appendUint(dst, uint64(op.Code))
	switch op.Code {
	case OpGenesis:
		dst = appendGenesis(dst, op)
	case OpText:
		dst = appendPlace(dst, op)
		dst = appendUint(dst, uint64(op.Runes))
		dst = appendUint(dst, uint64(op.Bytes))
	case OpValues:
		dst = appendLens(appendPlace(dst, op), op.Lens)
	case OpListChild:
		dst = appendUint(appendPlace(dst, op), uint64(op.Kind))
	case OpSet:
		dst = appendOver(appendThing(dst, op.At), op.Over)
		dst = appendUint(dst, uint64(op.Bytes))
	case OpMove:
		dst = appendOver(appendAt(appendThing(dst, op.Elem), op), op.Over)
	case OpPut:
		dst = appendOver(appendSlot(dst, op), op.Over)
		dst = appendUint(dst, uint64(op.Bytes))
	case OpAbsent:
		dst = appendOver(appendSlot(dst, op), op.Over)
	case OpChild:
		dst = appendUint(appendSlot(dst, op), uint64(op.Kind))
		dst = appendOver(appendThingOrNull(dst, op.HasAt, op.At), op.Over)
	case OpAdd:
		dst = appendLens(appendContainer(dst, &op.C), op.Lens)
	case OpStep:
		dst = appendInt(appendContainer(dst, &op.C), op.Amount)
	case OpDelete, OpRestore:
		dst = appendRuns(dst, op.Runs)
	case OpNote:
		dst = appendUint(dst, uint64(op.Bytes))
	case OpAct:
		dst = append(appendText(dst, op.Name), op.Value...)
		dst = appendUint(dst, uint64(op.Bytes))
	case OpMark:
		dst = appendMark(dst, op)
	case OpBlock:
		dst = appendPlace(dst, op)
	case OpNode:
		dst = appendAt(appendThingOrNull(appendContainer(dst, &op.C), op.HasDest, op.Dest), op)
	case OpTreeMove:
		dst = appendAt(appendThingOrNull(appendThing(dst, op.Elem), op.HasDest, op.Dest), op)
	case OpQuote:
		dst = appendPlace(dst, op)
		dst = appendUint(dst, uint64(op.Runes))
		dst = appendUint(dst, uint64(op.Bytes))
		dst = appendOrigin(dst, &op.From)
	}
	return dst
}

// opParts is the number of parts of each op's array, code included.
var opParts = [...]uint8{
	OpGenesis: 5, OpText: 6, OpValues: 5, OpListChild: 5, OpSet: 4, OpMove: 5, OpPut: 5, OpAbsent: 4,
	OpChild: 6, OpAdd: 3, OpStep: 3, OpDelete: 2, OpRestore: 2, OpNote: 2, OpAct: 4,
	OpMark: 9, OpBlock: 4, OpNode: 5, OpTreeMove: 5, OpQuote: 9,
}

// appendGenesis appends title, rules, data and salt.
func appendGenesis(dst []byte, op *Op) []byte {
	dst = appendText(dst, op.Name)
	if op.HasRules {
		dst = appendText(dst, op.Rules)
	} else {
		dst = append(dst, cborNull)
	}
	if op.HasValue {
		dst = append(dst, op.Value...)
	} else {
		dst = append(dst, cborNull)
	}
	return appendBool(dst, op.Salt)
}

// appendContainer appends a container.
func appendContainer(dst []byte, c *Container) []byte {
	if !c.Child {
		dst = appendUint(appendHead(dst, majorArray, 2), uint64(c.Kind))
		return appendText(dst, c.Name)
	}
	dst = appendUint(appendHead(dst, majorArray, 3), uint64(c.Kind))
	return appendUint(appendUint(dst, uint64(c.At.C)), c.At.N)
}

// appendPlace appends container, parent and side of an insert into a sequence.
func appendPlace(dst []byte, op *Op) []byte {
	return appendAt(appendContainer(dst, &op.C), op)
}

// appendAt appends parent and side, the position in a sequence.
func appendAt(dst []byte, op *Op) []byte {
	return appendUint(appendThingOrNull(dst, op.HasAt, op.At), uint64(op.Side))
}

// appendSlot appends container and key of a map entry.
func appendSlot(dst []byte, op *Op) []byte {
	return appendText(appendContainer(dst, &op.C), op.Key)
}

// appendThing appends a thing.
func appendThing(dst []byte, t Thing) []byte {
	return appendUint(appendUint(appendHead(dst, majorArray, 2), uint64(t.C)), t.N)
}

// appendThingOrNull appends a thing, or null if there is none.
func appendThingOrNull(dst []byte, there bool, t Thing) []byte {
	if !there {
		return append(dst, cborNull)
	}
	return appendThing(dst, t)
}

// appendOver appends the entries that an entry takes the place of.
func appendOver(dst []byte, over []Thing) []byte {
	dst = appendHead(dst, majorArray, uint64(len(over)))
	for _, t := range over {
		dst = appendThing(dst, t)
	}
	return dst
}

// appendRuns appends the runs of a delete or restore.
func appendRuns(dst []byte, runs []Run) []byte {
	dst = appendHead(dst, majorArray, uint64(len(runs)))
	for i := range runs {
		r := &runs[i]
		dst = appendUint(appendUint(appendHead(dst, majorArray, 3), uint64(r.C)), r.N)
		dst = appendUint(dst, uint64(r.Len))
	}
	return dst
}

// appendLens appends the lengths of values in bytes.
func appendLens(dst []byte, lens []uint32) []byte {
	dst = appendHead(dst, majorArray, uint64(len(lens)))
	for _, l := range lens {
		dst = appendUint(dst, uint64(l))
	}
	return dst
}
