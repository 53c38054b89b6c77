package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/commonhold/commonhold/internal/block"
)

const (
	magic   = "CHP"
	version = 1
	// headSize is magic, version, work and checksum.
	headSize = len(magic) + 1 + len(block.ID{}) + 4
	// frameSize is what stands before the payload of a frame: kind, length,
	// checksum.
	frameSize = 1 + 4 + 4

	kindGroup = 'g'
	kindEnd   = 'e'

	// firstBytes is how much room is made for a frame before any of it is there.
	firstBytes = 128 << 10
)

// castagnoli is the polynomial of CRC-32C, which processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// chain returns the checksum of a frame, which goes on from that of what stands
// before it: frames of two packs cannot be mixed, nor left out.
func chained(before uint32, kind byte, payload []byte) uint32 {
	var b [frameSize]byte
	binary.BigEndian.PutUint32(b[:], before)
	b[4] = kind
	binary.BigEndian.PutUint32(b[5:], uint32(len(payload)))
	return crc32.Update(crc32.Checksum(b[:], castagnoli), castagnoli, payload)
}

// appendHead appends what a pack begins with, and returns its checksum.
func appendHead(dst []byte, work block.ID) ([]byte, uint32) {
	from := len(dst)
	dst = append(append(dst, magic...), version)
	dst = append(dst, work[:]...)
	sum := crc32.Checksum(dst[from:], castagnoli)
	return binary.BigEndian.AppendUint32(dst, sum), sum
}

// appendFrame appends a frame and returns its checksum.
func appendFrame(dst []byte, before uint32, kind byte, payload []byte) ([]byte, uint32) {
	sum := chained(before, kind, payload)
	dst = binary.BigEndian.AppendUint32(append(dst, kind), uint32(len(payload)))
	dst = binary.BigEndian.AppendUint32(dst, sum)
	return append(dst, payload...), sum
}

// appendEnd appends the payload of the last frame.
func appendEnd(dst []byte, changes uint32, sum *digest) []byte {
	return append(binary.AppendUvarint(dst, uint64(changes)), sum[:sumSize]...)
}

// frames takes a pack apart, front to back.
type frames struct {
	r    io.Reader
	work block.ID
	sum  uint32
	buf  bytes.Buffer
	read int64 // bytes
	done bool  // the last frame was read
}

// open reads the head of a pack.
func (f *frames) open(r io.Reader) error {
	f.r = r
	var b [headSize]byte
	n, err := io.ReadFull(r, b[:])
	f.read = int64(n)
	switch {
	case n < len(magic) || string(b[:len(magic)]) != magic:
		if err != nil && !ended(err) {
			return err
		}
		return fmt.Errorf("pack: the %d bytes at the beginning are not those of a pack: %w", n, ErrMalformed)
	case n > len(magic) && b[len(magic)] != version:
		return fmt.Errorf("pack: version %d, this program reads %d: %w", b[len(magic)], version, ErrVersion)
	case err != nil:
		return f.broken(err)
	}
	f.sum = binary.BigEndian.Uint32(b[headSize-4:])
	if crc32.Checksum(b[:headSize-4], castagnoli) != f.sum {
		return fmt.Errorf("pack: head: %w", ErrCorrupt)
	}
	copy(f.work[:], b[len(magic)+1:])
	return nil
}

// next reads a frame. The payload is good until the next call. After the last
// frame nothing may follow.
func (f *frames) next() (kind byte, payload []byte, err error) {
	var b [frameSize]byte
	n, err := io.ReadFull(f.r, b[:])
	f.read += int64(n)
	if err != nil {
		return 0, nil, f.broken(err)
	}
	size := binary.BigEndian.Uint32(b[1:])
	if size > maxPayload {
		return 0, nil, fmt.Errorf("pack: frame of %d bytes, over %d: %w", size, maxPayload, ErrLimit)
	}
	f.buf.Reset()
	f.buf.Grow(int(min(size, firstBytes)) + bytes.MinRead)
	m, err := f.buf.ReadFrom(io.LimitReader(f.r, int64(size))) // grows with what is there
	f.read += m
	if err == nil && m < int64(size) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return 0, nil, f.broken(err)
	}
	payload = f.buf.Bytes()
	sum := chained(f.sum, b[0], payload)
	if sum != binary.BigEndian.Uint32(b[5:]) {
		return 0, nil, fmt.Errorf("pack: frame of %d bytes before byte %d: %w", size, f.read, ErrCorrupt)
	}
	f.sum = sum
	return b[0], payload, nil
}

// end is a fault if anything follows.
func (f *frames) end() error {
	var b [1]byte
	switch _, err := io.ReadFull(f.r, b[:]); {
	case err == nil:
		return fmt.Errorf("pack: something follows its end at byte %d: %w", f.read, ErrMalformed)
	case err != io.EOF:
		return err
	}
	return nil
}

// broken is the error for a pack that cannot be read on: damage if it ends
// early, else what the reader says.
func (f *frames) broken(err error) error {
	if ended(err) {
		return fmt.Errorf("pack: ends early, at byte %d: %w", f.read, ErrCorrupt)
	}
	return fmt.Errorf("pack: reading: %w", err)
}

// ended tells whether a reader had no more bytes.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
