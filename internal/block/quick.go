package block

import "encoding/binary"

// Nearly all ops of a real work insert text in one root container or delete a
// few runs, and each is read several times on its way into a document. The
// functions here read just these, in one go. They accept nothing that the Reader
// would not accept part by part, and give and count the same: whatever is out of
// the ordinary, a fault or only rare, they leave to it, with nothing read.

// rootText is the root container of a text that a Reader has read last.
type rootText struct {
	code    []byte // as it is encoded; empty: none yet
	name    string
	spelled bool // name is set
}

// remember keeps the root container that the Reader has just read from start on.
func (r *Reader) remember(op *Op, start int) {
	if op.C.Kind == KindText && r.err == nil {
		r.root.code = append(r.root.code[:0], r.b[start:r.i]...)
		r.root.name, r.root.spelled = op.C.Name, r.spell
	}
}

// quick reads the op at the cursor if it is one of the ordinary ones. op is zero
// but for the capacity of its slices, or an ordinary one too, of which it sets
// every field.
func (r *Reader) quick(op *Op) bool {
	if r.left() < 2 {
		return false
	}
	switch [2]byte(r.b[r.i:]) {
	case [2]byte{majorArray<<5 | 6, byte(OpText)}:
		return r.quickText(op)
	case [2]byte{majorArray<<5 | 2, byte(OpDelete)}:
		return r.quickDelete(op)
	}
	return false
}

// quickText reads the OpText at the cursor if it is one in the root container
// that was read last.
func (r *Reader) quickText(op *Op) bool {
	b, i := r.b, r.i+2
	end := i + len(r.root.code)
	if i == end || end >= len(b) || r.root.spelled != r.spell || string(b[i:end]) != string(r.root.code) {
		return false
	}
	if r.brief && len(r.briefRoot) == 0 {
		r.briefRoot = b[i:end:end]
	}
	i = end
	var c, n, runes, size uint64
	at := b[i] != cborNull
	if i++; at {
		if b[i-1] != majorArray<<5|2 {
			return false
		}
		c, i = number(b, i)
		n, i = number(b, i)
		if c > MaxParents+MaxRefs || n >= MaxNumbers {
			return false
		}
	}
	side, i := number(b, i)
	runes, i = number(b, i)
	size, i = number(b, i)
	if i > len(b) || side > uint64(Right) || !at && Side(side) != Right ||
		runes < 1 || runes > size || size > MaxContent || size > 4*runes || r.words+size > MaxContent {
		return false
	}
	op.Code, op.Side, op.HasAt, op.At = OpText, Side(side), at, Thing{C: uint32(c), N: n}
	op.in(r.root.name)
	op.Runes, op.Bytes, op.Runs = uint32(runes), uint32(size), op.Runs[:0]
	if at {
		r.see(op.At.C, n+1)
	}
	r.i = i
	r.words += size
	r.texts += runes
	r.ops++
	r.numbers += runes
	return true
}

// quickDelete reads the OpDelete at the cursor if it has a few runs.
func (r *Reader) quickDelete(op *Op) bool {
	b, i := r.b, r.i+2
	if i >= len(b) || b[i] <= majorArray<<5 || b[i] >= majorArray<<5+24 {
		return false
	}
	runs, numbers := int(b[i]-majorArray<<5), uint64(0)
	i++
	op.Runs = op.Runs[:0]
	for range runs {
		if i >= len(b) || b[i] != majorArray<<5|3 {
			return false
		}
		var c, n, size uint64
		c, i = number(b, i+1)
		n, i = number(b, i)
		size, i = number(b, i)
		if i > len(b) || c > MaxParents+MaxRefs || n >= MaxNumbers || size < 1 || size > MaxNamed || n+size > MaxNumbers {
			op.Runs = op.Runs[:0]
			return false
		}
		numbers += size
		op.Runs = append(op.Runs, Run{C: uint32(c), N: n, Len: uint32(size)})
	}
	if r.named+numbers > MaxNamed || !apart(op.Runs, 0, 1) && !apart(op.Runs, 1, 0) && !noneTwice(op.Runs) {
		op.Runs = op.Runs[:0]
		return false
	}
	for k := range op.Runs {
		run := &op.Runs[k]
		r.see(run.C, run.N+uint64(run.Len))
	}
	op.Code, op.Side, op.HasAt, op.At = OpDelete, 0, false, Thing{}
	if op.C.Kind != 0 {
		op.C = Container{}
	}
	op.Runes, op.Bytes = 0, 0
	r.i = i
	r.named += numbers
	r.ops++
	r.numbers += numbers
	return true
}

// number reads the head of an uint in its shortest form at b[i] and returns its
// argument and where it ends; that is behind b where no such head stands there,
// or where i is behind b already, so that one look at the end of a row of
// numbers is enough.
func number(b []byte, i int) (v uint64, end int) {
	if i < len(b) && b[i] < 24 {
		return uint64(b[i]), i + 1
	}
	return wideNumber(b, i)
}

// wideNumber is number for arguments of 1, 2, 4 or 8 further bytes.
func wideNumber(b []byte, i int) (v uint64, end int) {
	if i < len(b) {
		switch x, rest := b[i], b[i+1:]; {
		case x == 24 && len(rest) >= 1 && rest[0] >= 24:
			return uint64(rest[0]), i + 2
		case x == 25 && len(rest) >= 2 && rest[0] > 0:
			return uint64(binary.BigEndian.Uint16(rest)), i + 3
		case x == 26 && len(rest) >= 4 && rest[0]|rest[1] > 0:
			return uint64(binary.BigEndian.Uint32(rest)), i + 5
		case x == 27 && len(rest) >= 8 && binary.BigEndian.Uint32(rest) > 0:
			return binary.BigEndian.Uint64(rest), i + 9
		}
	}
	return 0, len(b) + 1
}
