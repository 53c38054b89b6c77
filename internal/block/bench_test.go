package block_test

import (
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// keystroke returns the change of one typed character in the middle of a chain.
func keystroke() (block.Header, []byte) {
	op := block.Op{Code: block.OpText, C: block.Container{Kind: block.KindText, Name: "body"},
		HasAt: true, At: block.Thing{N: 104_999}, Side: block.Right, Runes: 1, Bytes: 1}
	h := block.Header{By: testKey(1), Seq: 105_000, Start: 105_000, Time: 1_700_000_000_000,
		Prev: testID("prev"), Text: block.Sum([]byte("a")), Size: 1}
	return h, block.AppendOp(nil, &op)
}

func BenchmarkDecodeKeystroke(b *testing.B) {
	h, ops := keystroke()
	raw := block.Encode(&h, 1, ops)
	var c block.Change
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if err := block.Decode(raw, &c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeKeystroke(b *testing.B) {
	h, ops := keystroke()
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = block.AppendEncode(buf[:0], &h, 1, ops)
	}
}

func BenchmarkEncodeKeystrokeAlloc(b *testing.B) {
	h, ops := keystroke()
	b.ReportAllocs()
	for b.Loop() {
		block.Encode(&h, 1, ops)
	}
}

func BenchmarkReaderKeystroke(b *testing.B) {
	_, ops := keystroke()
	var r block.Reader
	var op block.Op
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(ops)
		for r.Next(&op) {
		}
	}
}

// BenchmarkDecodeRuns decodes a delete of 1,000 runs in mixed order, the case
// that has to sort.
func BenchmarkDecodeRuns(b *testing.B) {
	op := block.Op{Code: block.OpDelete}
	for i := range uint64(1000) {
		op.Runs = append(op.Runs, block.Run{N: i * 7919 % 1000 * 3, Len: 2})
	}
	h, _ := keystroke()
	h.Text, h.Size = block.ID{}, 0
	raw := block.Encode(&h, 1, block.AppendOp(nil, &op))
	var c block.Change
	b.ReportAllocs()
	for b.Loop() {
		if err := block.Decode(raw, &c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckContentText(b *testing.B) {
	content := make([]byte, 64<<10)
	for i := range content {
		content[i] = 'a'
	}
	op := block.Op{Code: block.OpText, C: block.Container{Kind: block.KindText},
		Side: block.Right, Runes: uint32(len(content)), Bytes: uint32(len(content))}
	h, _ := keystroke()
	h.Size = uint32(len(content))
	var c block.Change
	if err := block.Decode(block.Encode(&h, 1, block.AppendOp(nil, &op)), &c); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if !block.CheckContent(&c, false, content) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkCheckValue(b *testing.B) {
	for name, v := range map[string]any{"int": 7, "map": map[string]any{"a": 1, "b": []any{"x", true}}} {
		raw, err := block.EncodeValue(v)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := block.CheckValue(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncodeValue(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := block.EncodeValue(1234); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeValue(b *testing.B) {
	raw, _ := block.EncodeValue(1234)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := block.DecodeValue(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkKeyCheckNew checks keys that are not remembered.
func BenchmarkKeyCheckNew(b *testing.B) {
	keys := make([]block.Key, 20_000)
	for i := range keys {
		keys[i] = testKey(i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := keys[i%len(keys)].Check(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	work, change := testID("work"), testID("change")
	sig := testSign(1, block.SigningMessage(work, change))
	b.ReportAllocs()
	for b.Loop() {
		if !block.Verify(work, change, testKey(1), sig) {
			b.Fatal("refused")
		}
	}
}
