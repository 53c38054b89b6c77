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

// Shelf is memory for the briefs of many changes.
type Shelf struct{ list []brief }

// Reset empties the shelf; briefs that it has given out must not be used any more.
func (s *Shelf) Reset() { s.list = s.list[:0] }

// Keep gives the briefs of the change that c was decoded from last, kept on the
// shelf; none where an op was out of the ordinary. They alias the bytes of it.
func (s *Shelf) Keep(c *Change) Briefs {
	if !c.reader.brief {
		return Briefs{}
	}
	from := len(s.list)
	s.list = append(s.list, c.reader.briefs...)
	return Briefs{s.list[from:len(s.list):len(s.list)], c.reader.briefRoot}
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
