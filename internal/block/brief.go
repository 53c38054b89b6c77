package block

// Briefs are the ops of a change in short, where all of them are ordinary: they
// insert text in one root container, or delete a few runs. Ops are read several
// times on their way into a document; from briefs that costs a third. The zero
// Briefs are none.
type Briefs struct {
	list []brief
	root []byte // the container of the texts as it is encoded; empty where there are no texts
}

// brief is an op, or one run of the delete before it.
type brief struct {
	n     uint64 // of At, or of the run
	c     uint32
	runes uint32 // or length of the run
	bytes uint32
	code  Code // 0: a run
	side  Side
	at    bool // At is set
	runs  uint8
}

// shelfBoard is how many briefs a board of a shelf takes.
const shelfBoard = 4096

// Shelf is memory for the briefs of many changes. What lies on it never moves: when
// the last board is full it gets another.
type Shelf struct {
	boards [][]brief
	at     int // the board that is being filled
}

// Reset empties the shelf; briefs that it has given out must not be used any more.
func (s *Shelf) Reset() {
	for k := range s.boards {
		s.boards[k] = s.boards[k][:0]
	}
	s.at = 0
}

// Keep gives the briefs of the change that c was decoded from last, kept on the
// shelf; none where an op was out of the ordinary. They alias the bytes of it.
func (s *Shelf) Keep(c *Change) Briefs {
	if !c.reader.brief {
		return Briefs{}
	}
	n := len(c.reader.briefs)
	for s.at < len(s.boards) && cap(s.boards[s.at])-len(s.boards[s.at]) < n {
		s.at++
	}
	if s.at == len(s.boards) {
		s.boards = append(s.boards, make([]brief, 0, max(n, shelfBoard)))
	}
	list := append(s.boards[s.at], c.reader.briefs...)
	s.boards[s.at] = list
	return Briefs{list[len(list)-n : len(list) : len(list)], c.reader.briefRoot}
}

// note keeps the op that was just read quickly in short.
func (r *Reader) note(op *Op) {
	if op.Code == OpText {
		r.briefs = append(r.briefs, brief{code: OpText, side: op.Side, at: op.HasAt, c: op.At.C, n: op.At.N, runes: op.Runes, bytes: op.Bytes})
		return
	}
	r.briefs = append(r.briefs, brief{code: OpDelete, runs: uint8(len(op.Runs))})
	for k := range op.Runs {
		run := &op.Runs[k]
		r.briefs = append(r.briefs, brief{c: run.C, n: run.N, runes: run.Len})
	}
}

// ResetBriefs is Reset for ops that Decode has read, with the briefs of them or
// none. Where the Reader does not know the root container yet it reads the ops.
func (r *Reader) ResetBriefs(ops []byte, b Briefs) {
	r.Reset(ops)
	if len(b.list) > 0 && (len(b.root) == 0 || r.root.spelled && string(b.root) == string(r.root.code)) {
		r.rest, r.i = b.list, len(ops)
	}
}

// nextBrief reads the next op from its brief.
func (r *Reader) nextBrief(op *Op) {
	if !op.bare {
		op.reset()
	}
	op.bare = true
	b := &r.rest[0]
	op.Code, op.Side, op.HasAt, op.At = b.code, b.side, b.at, Thing{C: b.c, N: b.n}
	op.Runes, op.Bytes, op.Runs = b.runes, b.bytes, op.Runs[:0]
	runs := int(b.runs)
	for k := 1; k <= runs; k++ {
		b := &r.rest[k]
		op.Runs = append(op.Runs, Run{C: b.c, N: b.n, Len: b.runes})
	}
	r.rest = r.rest[1+runs:]
	if op.Code == OpText {
		op.in(r.root.name)
	} else if op.C.Kind != 0 {
		op.C = Container{}
	}
}

// in puts an ordinary op into the root text of a name; mostly it was in the same
// before.
func (op *Op) in(name string) {
	if op.C.Kind != KindText || op.C.Name != name {
		op.C.Kind, op.C.Name = KindText, name
	}
}
