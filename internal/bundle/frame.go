package bundle

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// The three kinds of frame.
const (
	kindChanges = 'c'
	kindWords   = 'w'
	kindBoth    = 'b'
)

// The ways a body may lie in a frame.
const (
	packPlain = 0
	packZstd  = 1
)

const (
	magic      = "CHB"
	version    = 1
	headerSize = 14

	// A body of up to maxRatio times its packed length, and slack, may be packed.
	// Real histories pack 2 to 8 times; a bomb packs a thousand times. What a
	// reader allocates is then under 64 times what it was sent and 1 MiB: the
	// body, and at most 5/4 of it for the list of items.
	maxRatio = 24
	slack    = 256 << 10

	// minPack is the least body worth packing: zstd's own frame takes a dozen bytes.
	minPack = 128
)

// castagnoli is the polynomial of CRC-32C, which processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers the header, but for itself, and all that follows it.
func checksum(frame []byte) uint32 {
	return crc32.Update(crc32.Checksum(frame[:10], castagnoli), castagnoli, frame[headerSize:])
}

// mayPack tells whether a body of n bytes may have a packed form of p bytes.
func mayPack(n, p int) bool { return n <= maxRatio*p+slack }

// packers and unpackers are kept between calls, since one has tables of hundreds
// of kilobytes, and given up when memory is short. Neither starts a goroutine.
var (
	packers = sync.Pool{New: func() any {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithSingleSegment(true), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(fmt.Sprintf("bundle: the options of the packer are refused: %v", err))
		}
		return e
	}}
	unpackers = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxBody),
			zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderLowmem(true))
		if err != nil {
			panic(fmt.Sprintf("bundle: the options of the unpacker are refused: %v", err))
		}
		return d
	}}
)

// seal turns a body with room for the header before it into a frame. open is its
// inverse. It packs where asked, where that makes it smaller, and where a reader
// would take the ratio.
func seal(frame []byte, kind byte, pack bool) ([]byte, error) {
	n, packing := len(frame)-headerSize, byte(packPlain)
	if err := checkBody(frame); err != nil {
		return nil, err
	}
	if pack && n >= minPack {
		e := packers.Get().(*zstd.Encoder)
		packed := e.EncodeAll(frame[headerSize:], make([]byte, headerSize, headerSize+n/2))
		packers.Put(e)
		if len(packed) < len(frame) && mayPack(n, len(packed)-headerSize) {
			frame, packing = packed, packZstd
		}
	}
	copy(frame, magic)
	frame[3], frame[4], frame[5] = version, kind, packing
	binary.BigEndian.PutUint32(frame[6:], uint32(n))
	binary.BigEndian.PutUint32(frame[10:], checksum(frame))
	return frame, nil
}

// open checks a frame of the kind asked for and returns its body, which lies in
// data itself when it is plain. Everything is compared before anything of the
// claimed size is allocated.
func open(data []byte, kind byte) ([]byte, error) {
	if len(data) < headerSize || string(data[:3]) != magic {
		return nil, fmt.Errorf("%d bytes without the header of a frame: %w", len(data), ErrMalformed)
	}
	if data[3] != version {
		return nil, fmt.Errorf("version %d, this program reads %d: %w", data[3], version, ErrVersion)
	}
	if binary.BigEndian.Uint32(data[10:]) != checksum(data) {
		return nil, fmt.Errorf("frame of %d bytes: %w", len(data), ErrCorrupt)
	}
	if data[4] != kind {
		return nil, fmt.Errorf("frame of kind %q, not %q: %w", data[4], kind, ErrMalformed)
	}
	n, body := binary.BigEndian.Uint32(data[6:]), data[headerSize:]
	if n > MaxBody {
		return nil, fmt.Errorf("body of %d bytes, the most is %d: %w", n, MaxBody, ErrLimit)
	}
	switch data[5] {
	case packPlain:
		if int(n) != len(body) {
			return nil, fmt.Errorf("%d bytes claimed, %d there: %w", n, len(body), ErrMalformed)
		}
		return body, nil
	case packZstd:
		return unpack(body, int(n))
	}
	return nil, fmt.Errorf("packing %d: %w", data[5], ErrMalformed)
}

// unpack returns the n bytes that packed, one zstd frame which states n, holds.
func unpack(packed []byte, n int) ([]byte, error) {
	if !mayPack(n, len(packed)) {
		return nil, fmt.Errorf("%d bytes packed to %d: %w", n, len(packed), ErrLimit)
	}
	var h zstd.Header
	if err := h.Decode(packed); err != nil || !h.HasFCS || h.FrameContentSize != uint64(n) || h.Skippable {
		return nil, fmt.Errorf("no zstd frame of %d bytes: %w", n, ErrMalformed)
	}
	if end := frameEnd(packed, &h); end != len(packed) {
		return nil, fmt.Errorf("zstd frame ends at %d of %d bytes: %w", end, len(packed), ErrMalformed)
	}
	d := unpackers.Get().(*zstd.Decoder)
	defer unpackers.Put(d)
	body, err := d.DecodeAll(packed, make([]byte, 0, n))
	if err != nil {
		return nil, fmt.Errorf("zstd: %v: %w", err, ErrMalformed)
	}
	if len(body) != n {
		return nil, fmt.Errorf("%d bytes claimed, %d unpacked: %w", n, len(body), ErrMalformed)
	}
	return body, nil
}

// frameEnd returns the place where the zstd frame that begins packed ends, or -1
// if it has no end: the unpacker itself would take further frames after it, and
// frames to be skipped. Each block has a header of three little-endian bytes:
// last, type (two bits), size; a block of one repeated byte has one byte.
func frameEnd(packed []byte, h *zstd.Header) int {
	for i := h.HeaderSize; i+3 <= len(packed); {
		head := int(packed[i]) | int(packed[i+1])<<8 | int(packed[i+2])<<16
		size := head >> 3
		if head>>1&3 == 1 {
			size = 1
		}
		if i += 3 + size; head&1 == 0 {
			continue
		}
		if h.HasCheckSum {
			i += 4
		}
		if i > len(packed) {
			return -1
		}
		return i
	}
	return -1
}
