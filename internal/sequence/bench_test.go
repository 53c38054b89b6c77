package sequence

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
	"unicode/utf8"
)

// edit is one step of a trace: positions in runes.
type edit struct {
	pos, del int
	ins      string
}

// trace is an editing history of one person, and the operations that it makes.
type trace struct {
	edits  []edit
	words  []byte
	end    string
	ops    []traceOp // one for each edit
	small  []traceOp // those of every 100 edits merged
	blocks []traceOp // those of every 1,000 edits merged
}

// traceOp is an insert of n elements, or with parent ^0-1 a hiding of them.
type traceOp struct {
	parent LV
	side   Side
	hide   bool
	lv     LV
	n, off uint32
}

// tracePath names a real trace in the format of josephg/editing-traces
// (sequential), gzipped. Without it a made up trace is measured.
const tracePath = "COMMONHOLD_TRACE"

// loadTrace reads the trace named by tracePath, or makes one.
func loadTrace(b *testing.B) *trace {
	tr := &trace{}
	path := os.Getenv(tracePath)
	if path == "" {
		tr.invent(250_000)
	} else {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			b.Fatal(err)
		}
		var doc struct {
			EndContent string
			Txns       []struct{ Patches [][3]any }
		}
		if err := json.NewDecoder(z).Decode(&doc); err != nil {
			b.Fatal(err)
		}
		for _, txn := range doc.Txns {
			for _, p := range txn.Patches {
				tr.edits = append(tr.edits, edit{int(p[0].(float64)), int(p[1].(float64)), p[2].(string)})
			}
		}
		tr.end = doc.EndContent
	}
	tr.record(b)
	return tr
}

// invent makes a trace of somebody who types, backspaces, and jumps about.
func (tr *trace) invent(edits int) {
	r := rand.New(rand.NewPCG(1, 2))
	pos, n := 0, 0
	for len(tr.edits) < edits {
		if n > 0 && r.IntN(3) == 0 {
			pos = min(n, max(0, pos+r.IntN(800)-400))
		}
		if r.IntN(60) == 0 {
			pos = r.IntN(n + 1)
		}
		for range 1 + r.IntN(25) {
			tr.edits = append(tr.edits, edit{pos, 0, string(rune('a' + r.IntN(26)))})
			pos, n = pos+1, n+1
		}
		for range r.IntN(9) {
			if pos > 0 {
				pos, n = pos-1, n-1
				tr.edits = append(tr.edits, edit{pos, 1, ""})
			}
		}
	}
}

// record replays the trace once and keeps the operations.
func (tr *trace) record(b *testing.B) {
	var s *Seq
	arena := []byte{}
	s = New(nil, &arena)
	lv := LV(0)
	for _, e := range tr.edits {
		if e.del > 0 {
			s.DeleteAt(e.pos, e.del, func(x LV, n uint32) {
				tr.ops = append(tr.ops, traceOp{hide: true, lv: x, n: n})
			})
			lv += deleteNumbers(e.del)
		}
		if e.ins != "" {
			off, n := uint32(len(arena)), uint32(utf8.RuneCountInString(e.ins))
			arena = append(arena, e.ins...)
			parent, side, _ := s.InsertAt(e.pos, lv, n, off)
			tr.ops = append(tr.ops, traceOp{parent: parent, side: side, lv: lv, n: n, off: off})
			lv += n
		}
	}
	tr.words = arena
	if got := string(s.AppendText(nil, 0, s.Len())); tr.end != "" && got != tr.end {
		b.Fatal("the trace does not end at its text")
	}
	for block := range slices.Chunk(tr.ops, 100) {
		tr.small = append(tr.small, merge(block, arena)...)
	}
	for block := range slices.Chunk(tr.ops, 1000) {
		tr.blocks = append(tr.blocks, merge(block, arena)...)
	}
}

// deleteNumbers returns how many LVs a delete of n elements uses up.
func deleteNumbers(n int) LV {
	if os.Getenv("COMMONHOLD_DENSE") != "" {
		return 0
	}
	return LV(n)
}

// merge joins what runs on within a block: typing, and deletes, which go last.
func merge(block []traceOp, words []byte) (out []traceOp) {
	var gone []traceOp
	for _, o := range block {
		if o.hide {
			gone = append(gone, o)
			continue
		}
		if k := len(out) - 1; k >= 0 && o.side == Right && o.parent == o.lv-1 && out[k].lv+out[k].n == o.lv {
			out[k].n += o.n
			continue
		}
		out = append(out, o)
	}
	slices.SortFunc(gone, func(a, b traceOp) int { return int(a.lv) - int(b.lv) })
	for _, o := range gone {
		if k := len(out) - 1; out != nil && out[k].hide && out[k].lv+out[k].n == o.lv {
			out[k].n += o.n
			continue
		}
		out = append(out, o)
	}
	return out
}

// local replays the edits.
func (tr *trace) local() *Seq {
	arena := make([]byte, 0, len(tr.words))
	s := New(nil, &arena)
	lv := LV(0)
	numbers := LV(0)
	count := func(_ LV, n uint32) { numbers += LV(n) }
	dense := deleteNumbers(1) == 0
	for i := range tr.edits {
		e := &tr.edits[i]
		if e.del > 0 {
			s.DeleteAt(e.pos, e.del, count)
			if !dense {
				lv += LV(e.del)
			}
		}
		if e.ins != "" {
			off := uint32(len(arena))
			arena = append(arena, e.ins...)
			n := uint32(len(e.ins))
			if n > 1 {
				n = uint32(utf8.RuneCountInString(e.ins))
			}
			s.InsertAt(e.pos, lv, n, off)
			lv += n
		}
	}
	return s
}

// gapBuffer replays the edits on plain bytes without identity: the floor that the
// figures are read against. It is right for ASCII only.
func (tr *trace) gapBuffer() []byte {
	buf := make([]byte, len(tr.words)+1)
	at, tail := 0, len(buf) // the gap
	for i := range tr.edits {
		e := &tr.edits[i]
		if d := at - e.pos; d > 0 {
			copy(buf[tail-d:], buf[e.pos:at])
			at, tail = at-d, tail-d
		} else if d < 0 {
			copy(buf[at:], buf[tail:tail-d])
			at, tail = at-d, tail-d
		}
		tail += e.del
		at += copy(buf[at:tail], e.ins)
	}
	return append(buf[:at:at], buf[tail:]...)
}

// remote applies operations.
func (tr *trace) remote(ops []traceOp) *Seq {
	s := New(nil, &tr.words)
	for i := range ops {
		if o := &ops[i]; o.hide {
			s.Show(o.lv, o.n, false)
		} else {
			s.Insert(o.parent, o.side, o.lv, o.n, o.off, true)
		}
	}
	return s
}

func BenchmarkTrace(b *testing.B) {
	tr := loadTrace(b)
	per := func(b *testing.B, f func()) {
		b.ReportAllocs()
		best, sum := time.Hour, time.Duration(0)
		for b.Loop() {
			began := cpuTime()
			f()
			took := cpuTime() - began
			best, sum = min(best, took), sum+took
		}
		b.ReportMetric(float64(best.Nanoseconds())/1e6, "best-cpu-ms")
		b.ReportMetric(float64(sum.Nanoseconds())/1e6/float64(b.N), "mean-cpu-ms")
		b.ReportMetric(float64(sum.Nanoseconds())/float64(b.N)/float64(len(tr.edits)), "cpu-ns/edit")
	}
	b.Run("floor", func(b *testing.B) { per(b, func() { tr.gapBuffer() }) })
	b.Run("local", func(b *testing.B) { per(b, func() { tr.local() }) })
	b.Run("remote", func(b *testing.B) { per(b, func() { tr.remote(tr.ops) }) })
	b.Run("small blocks", func(b *testing.B) { per(b, func() { tr.remote(tr.small) }) })
	b.Run("blocks", func(b *testing.B) { per(b, func() { tr.remote(tr.blocks) }) })
	s := tr.local()
	b.Run("text", func(b *testing.B) {
		var dst []byte
		per(b, func() { dst = s.AppendText(dst[:0], 0, s.Len()) })
	})
	b.Run("heap", func(b *testing.B) {
		var size float64
		for b.Loop() {
			size = heapOf(func() any { return tr.remote(tr.ops) })
		}
		b.ReportMetric(size/1024, "KiB")
		b.ReportMetric(float64(len(s.leaves)), "leaves")
		pieces, spans := 0, 0
		for _, pg := range s.spelled() {
			pieces += len(pg.pieces)
		}
		for _, l := range s.leaves {
			spans += len(l.spans)
		}
		b.ReportMetric(float64(pieces), "pieces")
		b.ReportMetric(float64(spans), "spans")
	})
	runtime.KeepAlive(tr)
}

// heapOf returns the bytes that what make returns keeps alive.
func heapOf(make func() any) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := make()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(x)
	return float64(after.HeapAlloc) - float64(before.HeapAlloc)
}

// BenchmarkTyping types at the end of what was typed, within a long text.
func BenchmarkTyping(b *testing.B) {
	words := make([]byte, 1<<26)
	s := New(nil, &words)
	s.InsertAt(0, 0, 1000, 0)
	lv := LV(1000)
	b.ReportAllocs()
	for b.Loop() {
		s.InsertAt(int(lv)-500, lv, 1, uint32(lv)&(1<<26-1))
		lv++
	}
}

// BenchmarkSiblings lands siblings at one place; the time of each must not grow
// with their number.
func BenchmarkSiblings(b *testing.B) {
	for _, name := range []string{"siblings, random", "siblings with subtrees", "beside a deep chain", "cuts at random"} {
		for _, n := range []int{4_000, 40_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				made := 0
				for b.Loop() {
					e := newEnemy()
					attacks[name](e, Left, n)
					made += e.made
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(made), "ns/insert")
			})
		}
	}
}

// BenchmarkAnywhere inserts single characters at random positions, so that nothing
// merges.
func BenchmarkAnywhere(b *testing.B) {
	for _, n := range []int{100_000, 400_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			words := make([]byte, n)
			for b.Loop() {
				r := rand.New(rand.NewPCG(5, 6))
				s := New(nil, &words)
				for i := range n {
					s.InsertAt(r.IntN(i+1), LV(i), 1, uint32(i))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/insert")
		})
	}
}
