package dir

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/commonhold/commonhold/merge/store"
)

// The kinds of logs.
const (
	kindInstance = 'i'
	kindNames    = 'n'
	kindJournal  = 'j'
	kindHeld     = 'h'
	kindGone     = 'g'
	kindCommit   = 'c'
	kindWork     = 'k'
)

const (
	nonceSize  = 8
	logHead    = 8 + nonceSize // bytes before the first frame
	markSize   = 4             // bytes of the nonce that begin a frame
	frameHead  = markSize + 4 + 4
	entryHead  = 4
	maxLog     = math.MaxInt32 // bytes of a log, so that places in it are numbers everywhere
	maxGuesses = 1000          // places behind damage that are looked at for frames
)

// nonce is the random bytes of one log.
type nonce [nonceSize]byte

// newLog returns a nonce and the head of a log with it.
func newLog(kind byte) (nonce, []byte, error) {
	var n nonce
	if _, err := rand.Read(n[:]); err != nil {
		return n, nil, storeError(err)
	}
	return n, append(head(kind, 0, 0), n[:]...), nil
}

// appendFrame appends a frame with the entries to the log that has the nonce and
// is at long; b may be all of it or the rest. readLog is the inverse.
func appendFrame(b []byte, n nonce, at int, entries ...[]byte) []byte {
	size := 0
	for _, e := range entries {
		size += entryHead + len(e)
	}
	start := len(b)
	b = append(b, n[:markSize]...)
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = append(b, 0, 0, 0, 0)
	for _, e := range entries {
		b = binary.BigEndian.AppendUint32(b, uint32(len(e)))
		b = append(b, e...)
	}
	binary.BigEndian.PutUint32(b[start+markSize+4:], frameSum(n, at, b[start:]))
	return b
}

// frameSum is the checksum of a frame, which depends on where it stands.
func frameSum(n nonce, at int, frame []byte) uint32 {
	return sum(n[:], binary.BigEndian.AppendUint64(nil, uint64(at)), frame[markSize:markSize+4], frame[frameHead:])
}

// wholeLog returns a log of one frame for each group of entries, after one that
// says how many there are. readTable is its inverse.
func wholeLog(kind byte, groups ...[][]byte) ([]byte, error) {
	n, b, err := newLog(kind)
	b = appendFrame(b, n, len(b), binary.BigEndian.AppendUint64(nil, uint64(len(groups))))
	for _, g := range groups {
		b = appendFrame(b, n, len(b), g...)
	}
	return b, err
}

// contents is what a log has.
type contents struct {
	nonce   nonce
	frames  int      // before the first bad one
	entries [][]byte // of them
	end     int      // where the next frame would begin
	bad     bool     // what lies there is no frame
	beyond  [][]byte // entries of frames that are found behind it
}

// readLog reads a log. What is wrong with a frame is told by bad; the error is
// that it is no log of this kind at all. Entries point into b.
func readLog(b []byte, kind byte) (contents, error) {
	var c contents
	if len(b) < logHead {
		return c, errLength
	}
	if err := checkHead(b, kind); err != nil {
		return c, err
	}
	if b[5]|b[6]|b[7] != 0 {
		return c, errOther
	}
	c.nonce, c.end = nonce(b[8:]), logHead
	for c.end < len(b) {
		entries, size := readFrame(b, c.nonce, c.end)
		if size == 0 {
			c.bad = true
			c.beyond = c.guess(b)
			break
		}
		c.entries = append(c.entries, entries...)
		c.frames++
		c.end += size
	}
	return c, nil
}

// readFrame reads the frame at a place; its size is 0 when there is none.
func readFrame(b []byte, n nonce, at int) (entries [][]byte, size int) {
	frame := b[at:]
	if len(frame) < frameHead || !bytes.Equal(frame[:markSize], n[:markSize]) {
		return nil, 0
	}
	long := binary.BigEndian.Uint32(frame[markSize:])
	if uint64(long) > uint64(len(frame)-frameHead) {
		return nil, 0
	}
	frame = frame[:frameHead+int(long)]
	if binary.BigEndian.Uint32(frame[markSize+4:]) != frameSum(n, at, frame) {
		return nil, 0
	}
	for body := frame[frameHead:]; len(body) > 0; {
		if len(body) < entryHead || uint64(binary.BigEndian.Uint32(body)) > uint64(len(body)-entryHead) {
			return nil, 0
		}
		e := body[entryHead : entryHead+int(binary.BigEndian.Uint32(body))]
		entries = append(entries, e[:len(e):len(e)])
		body = body[entryHead+len(e):]
	}
	return entries, len(frame)
}

// guess looks for frames behind the first bad one: they tell that damage was done
// to what had been stored, since a cut tears only the last.
func (c *contents) guess(b []byte) (found [][]byte) {
	at := c.end + 1
	for range maxGuesses {
		if at >= len(b) {
			break
		}
		i := bytes.Index(b[at:], c.nonce[:markSize])
		if i < 0 {
			break
		}
		at += i
		entries, size := readFrame(b, c.nonce, at)
		found = append(found, entries...)
		at += max(1, size)
	}
	return found
}

// errCut is what is found where a log should go on.
var errCut = fmt.Errorf("a frame that is none: %w", errChecksum)

// readTable reads a log that is always written whole. missing tells that there is
// none, which is no error. Beside a CorruptError stand the entries that can be
// read.
func readTable(d disk, name, part string, kind byte) (entries [][]byte, missing bool, err error) {
	b, err := d.Read(name, maxLog)
	if isMissing(err) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, readError(part, err)
	}
	c, err := readLog(b, kind)
	if err != nil {
		return nil, false, damage(part, err)
	}
	entries = append(c.entries, c.beyond...)
	if c.bad || c.frames == 0 || len(entries[0]) != 8 || binary.BigEndian.Uint64(entries[0]) != uint64(c.frames-1) {
		err = damage(part, errCut)
	}
	if c.frames > 0 {
		entries = entries[1:]
	}
	return entries, false, err
}

// tooLong refuses a log that would outgrow what can be read.
func tooLong(at, more int) error {
	if more > maxLog-at {
		return fmt.Errorf("a log of %d bytes cannot take %d more: %w", at, more, store.ErrLimit)
	}
	return nil
}
