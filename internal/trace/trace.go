// Package trace reads real editing histories, in the two formats of the public
// collection josephg/editing-traces, and makes synthetic ones for tests.
//
// Call [Read] on an opened file (gzip or plain JSON) and go through Txns; a
// transaction's edits are [Trace.EditsOf]. Call [Trace.Flatten] when one plain
// text is enough: it gives the same history as edits of a single text, in code
// points and in bytes, and says which edit wrote each character of the end.
//
// Two things to be careful with. Positions are Unicode code points, not bytes.
// And in a concurrent trace a transaction's positions refer to the text of its
// parents merged, not to the text of the transaction before it in the file.
//
// A Trace is plain data: it is not changed after Read, and so may be read from
// several goroutines. Everything a file can say is bounded by the limits of
// this package, and a file that breaks the format is a typed error.
package trace

// Edit replaces Del code points after the first Pos ones by the text Ins.
// Ins shares memory with all other insertions of its trace.
type Edit struct {
	Pos uint32
	Del uint32
	Ins string
}

// Txn is one transaction: the edits that one agent made at once.
type Txn struct {
	// First and End bound the transaction's edits: Trace.Edits[First:End].
	First, End uint32
	// Agent is the number of the one who made it, below Trace.Agents.
	Agent uint32
	// Seq counts the transactions of this agent before this one.
	Seq uint32

	parents, parentsEnd uint32 // bounds in Trace.parents
}

// Trace is one editing history.
//
// Invariants, established by Read and kept because nothing changes a Trace:
//  1. the edits of the transactions lie one after another and fill Edits;
//  2. parents of a transaction are earlier transactions, strictly ascending;
//  3. the transaction of the same agent before it is in its past or it has none;
//  4. in a sequential trace there is one agent, each transaction's only parent
//     is the one before it, and no edit reaches beyond the end of the text.
type Trace struct {
	// End is the text that the whole history must end with.
	End string
	// Concurrent tells the format: whether agents worked side by side.
	Concurrent bool
	// Agents is the number of agents, 1 in a sequential trace.
	Agents int
	// Txns are the transactions, parents always before children.
	Txns []Txn
	// Edits are the edits of all transactions, in their order.
	Edits []Edit

	parents []uint32 // parents of all transactions, one after another
	seen    []uint32 // Agents numbers a transaction: see Seen
}

// EditsOf returns the edits of transaction i; they belong to the trace.
func (t *Trace) EditsOf(i int) []Edit {
	x := &t.Txns[i]
	return t.Edits[x.First:x.End:x.End]
}

// ParentsOf returns the parents of transaction i, ascending; empty means that
// it was made on the empty text. The slice belongs to the trace.
func (t *Trace) ParentsOf(i int) []uint32 {
	x := &t.Txns[i]
	return t.parents[x.parents:x.parentsEnd:x.parentsEnd]
}

// Seen returns, for each agent, how many of its transactions lie in the past
// of transaction i. As each agent's transactions are a chain, these numbers
// are the whole past. The slice belongs to the trace.
func (t *Trace) Seen(i int) []uint32 {
	return t.seen[i*t.Agents : (i+1)*t.Agents : (i+1)*t.Agents]
}

// ASCII tells whether every insertion is ASCII, so that code points, bytes
// and UTF-16 units count alike.
func (t *Trace) ASCII() bool {
	for i := range t.Edits {
		for j := 0; j < len(t.Edits[i].Ins); j++ {
			if t.Edits[i].Ins[j] >= 0x80 {
				return false
			}
		}
	}
	return true
}
