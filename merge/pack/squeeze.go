package pack

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/klauspost/compress/fse"
	"github.com/klauspost/compress/zstd"
)

// The ways a column may lie in a group.
const (
	asIs    = 0 // the bytes
	oneByte = 1 // one byte, which all are
	asFSE   = 2 // entropy coded, as package fse of klauspost/compress does it
	asZstd  = 3 // one zstd frame
)

const (
	// minFSE and minZstd are the least lengths that are worth trying: the tables
	// of the one and the frame of the other take about as much.
	minFSE  = 24
	minZstd = 64
	// hardFrom is the length from which the packer that tries hardest is asked.
	// It has tables of 40 MiB, which a short column is not worth.
	hardFrom = 16 << 10
)

// packers and unpackers are kept between calls, since one has tables of
// megabytes, and given up when memory is short. None starts a goroutine.
var (
	quickPackers = sync.Pool{New: func() any { return newPacker(zstd.SpeedDefault) }}
	hardPackers  = sync.Pool{New: func() any { return newPacker(zstd.SpeedBestCompression) }}
	unpackers    = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxColumns),
			zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderLowmem(true))
		if err != nil {
			panic(fmt.Sprintf("pack: the options of the unpacker are refused: %v", err))
		}
		return d
	}}
	scratches = sync.Pool{New: func() any { return new(fse.Scratch) }}
)

// newPacker makes a packer of a level.
func newPacker(level zstd.EncoderLevel) *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(level),
		zstd.WithSingleSegment(true), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic(fmt.Sprintf("pack: the options of the packer are refused: %v", err))
	}
	return e
}

// squeeze appends a column that is not empty to dst, in the shortest of the ways
// tried: its length and how it lies, then what lies there, whose length stands
// before it where it does not follow. hard asks for more work.
func squeeze(dst, b []byte, k column, hard bool) []byte {
	if same(b) {
		return append(binary.AppendUvarint(dst, uint64(len(b))<<2|oneByte), b[0])
	}
	how, best := uint64(asIs), b
	if k > colSigs { // what is raw has nothing to squeeze
		if k > colWords && len(b) >= minFSE {
			s := scratches.Get().(*fse.Scratch)
			defer scratches.Put(s)
			s.Out = nil
			if p, err := fse.Compress(b, s); err == nil && len(p)+2 < len(best) {
				how, best = asFSE, p
			}
		}
		if len(b) >= minZstd {
			if p := zip(b, hard); len(p)+2 < len(best) {
				how, best = asZstd, p
			}
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(b))<<2|how)
	if how != asIs {
		dst = binary.AppendUvarint(dst, uint64(len(best)))
	}
	return append(dst, best...)
}

// zip is b as a zstd frame.
func zip(b []byte, hard bool) []byte {
	pool := &quickPackers
	if hard && len(b) >= hardFrom {
		pool = &hardPackers
	}
	e := pool.Get().(*zstd.Encoder)
	defer pool.Put(e)
	return e.EncodeAll(b, make([]byte, 0, len(b)/2+64))
}

// same tells whether all bytes are equal.
func same(b []byte) bool {
	for _, x := range b[1:] {
		if x != b[0] {
			return false
		}
	}
	return true
}

// unsqueeze takes a column of at most room bytes off the front of p and puts it
// into dst, which it empties first, and returns it and what follows. It is the
// inverse of squeeze.
func unsqueeze(dst, p []byte, room int) (b, rest []byte, err error) {
	head, p, err := uvarint(p)
	if err != nil {
		return nil, nil, err
	}
	n, lies := head>>2, uint64(1)
	if n == 0 || n > uint64(room) {
		return nil, nil, fmt.Errorf("pack: column of %d bytes where %d may be: %w", n, room, ErrLimit)
	}
	size := int(n)
	switch head & 3 {
	case asIs:
		lies = n
	case asFSE, asZstd:
		if lies, p, err = uvarint(p); err != nil {
			return nil, nil, err
		}
	}
	if lies > uint64(len(p)) {
		return nil, nil, fmt.Errorf("pack: column of %d bytes, %d are left: %w", lies, len(p), ErrMalformed)
	}
	p, rest = p[:lies], p[lies:]
	switch head & 3 {
	case asIs:
		return append(dst[:0], p...), rest, nil
	case oneByte:
		b = grow(dst, size)[:size]
		for i := range b {
			b[i] = p[0]
		}
		return b, rest, nil
	case asFSE:
		b, err = unFSE(grow(dst, size), p, size)
	default:
		d := unpackers.Get().(*zstd.Decoder)
		b, err = d.DecodeAll(p, grow(dst, size))
		unpackers.Put(d)
	}
	if err != nil || len(b) != size {
		return nil, nil, fmt.Errorf("pack: column of %d bytes unpacks to %d, %v: %w", size, len(b), err, ErrMalformed)
	}
	return b, rest, nil
}

// unFSE is the inverse of fse.Compress.
func unFSE(dst, p []byte, size int) ([]byte, error) {
	s := scratches.Get().(*fse.Scratch)
	defer scratches.Put(s)
	s.Out, s.DecompressLimit = dst, size+1
	b, err := fse.Decompress(p, s)
	s.Out = nil
	return b, err
}

// grow returns b without its bytes, with room for n.
func grow(b []byte, n int) []byte {
	if cap(b) >= n {
		return b[:0:n]
	}
	return make([]byte, 0, n)
}

// uvarint takes a number off the front of p.
func uvarint(p []byte) (v uint64, rest []byte, err error) {
	v, n := binary.Uvarint(p)
	if n <= 0 {
		return 0, nil, fmt.Errorf("pack: no number, %d bytes before the end: %w", len(p), ErrMalformed)
	}
	return v, p[n:], nil
}
