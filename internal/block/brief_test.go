package block

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Plain is an op without what a Reader keeps in it for itself.
func Plain(op Op) Op {
	op.bare = false
	return op
}

// TestBriefs: reading the ops of a change from its briefs gives what reading the
// bytes gives, whatever was read before, and changes of ordinary ops have briefs.
func TestBriefs(t *testing.T) {
	var c Change
	var again Reader // goes from change to change, as that of a document does
	var x Op
	var shelf Shelf
	had, hits := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var ops []byte
		n := rapid.IntRange(1, 6).Draw(t, "ops")
		for range n {
			op := drawOp(t, false)
			ops = AppendOp(ops, &op)
		}
		b := append(appendHead(nil, majorArray, uint64(n)), ops...)
		c.reader.cursor, c.reader.tally = cursor{b: b}, tally{}
		c.decodeOps(&c.reader.cursor)
		if c.reader.err != nil {
			return // too many numbers
		}
		if rapid.IntRange(0, 9).Draw(t, "empty the shelf") == 9 {
			shelf.Reset()
		}
		briefs := shelf.Keep(&c)
		if len(briefs.list) > 0 {
			had++
		}
		var bytes Reader
		bytes.Reset(c.Ops)
		again.ResetBriefs(c.Ops, briefs)
		if len(again.rest) > 0 {
			hits++
		}
		for k := range n {
			var y Op
			if !again.Next(&x) || !bytes.Next(&y) {
				t.Fatalf("% x: op %d: %v, %v", b, k, again.Err(), bytes.Err())
			}
			if got, want := plain(x), plain(y); !reflect.DeepEqual(got, want) {
				t.Fatalf("% x: op %d from its brief is %+v, not %+v", b, k, got, want)
			}
		}
		if again.Next(&x) || again.Err() != nil {
			t.Fatalf("% x: an op too many, %v", b, again.Err())
		}
	})
	t.Logf("%d changes had briefs, %d were read from them", had, hits)
}

// plain is Plain with no difference between empty slices.
func plain(op Op) Op {
	op = Plain(op)
	op.Lens, op.Over, op.Runs = slices.Clone(op.Lens), slices.Clone(op.Over), slices.Clone(op.Runs)
	if len(op.Lens) == 0 {
		op.Lens = nil
	}
	if len(op.Over) == 0 {
		op.Over = nil
	}
	if len(op.Runs) == 0 {
		op.Runs = nil
	}
	return op
}

// TestBriefsOfOrdinary: once a Reader knows the text that the works goes on in, it
// reads from briefs.
func TestBriefsOfOrdinary(t *testing.T) {
	text := Op{Code: OpText, C: Container{Kind: KindText, Name: "t"}, Side: Right, Runes: 1, Bytes: 1}
	gone := Op{Code: OpDelete, Runs: []Run{{N: 5, Len: 9}, {C: 2, N: 1 << 40, Len: 1}}}
	var c Change
	var r Reader
	var shelf Shelf
	var op Op
	for k, want := range []bool{false, true, true} {
		b := appendHead(nil, majorArray, 3)
		for _, op := range []Op{text, gone, text} {
			b = AppendOp(b, &op)
		}
		c.reader.cursor, c.reader.tally = cursor{b: b}, tally{}
		c.decodeOps(&c.reader.cursor)
		briefs := shelf.Keep(&c)
		r.ResetBriefs(c.Ops, briefs)
		if got := len(r.rest) > 0; got != want {
			t.Errorf("change %d: read from briefs: %v", k, got)
		}
		for r.Next(&op) {
		}
		if r.Err() != nil {
			t.Fatal(r.Err())
		}
	}
}

// TestShelf: briefs stay where they are when the shelf gets another board, and what is
// put on it after it was emptied takes their place.
func TestShelf(t *testing.T) {
	var shelf Shelf
	var c Change
	c.reader.brief = true
	for round := range 3 {
		var kept []Briefs
		total := 0
		for k := range 40 {
			n := 1 + k*37%600
			if k == 20 {
				n = shelfBoard + 5
			}
			c.reader.briefs = c.reader.briefs[:0]
			for i := range n {
				c.reader.briefs = append(c.reader.briefs, brief{n: uint64(round), c: uint32(k), runes: uint32(i)})
			}
			kept = append(kept, shelf.Keep(&c))
			total += n
		}
		for k, b := range kept {
			for i, x := range b.list {
				if x != (brief{n: uint64(round), c: uint32(k), runes: uint32(i)}) {
					t.Fatalf("round %d: brief %d of change %d is %+v", round, i, k, x)
				}
			}
			total -= len(b.list)
		}
		if boards := len(shelf.boards); total != 0 || boards < 4 || round > 0 && boards > 8 {
			t.Errorf("round %d: %d briefs are missing, %d boards", round, total, boards)
		}
		shelf.Reset()
	}
}
