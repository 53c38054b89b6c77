package merge

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// What presence is bounded by.
const (
	// MaxPresence is the length of a value of presence, encoded: a cursor, a name, a
	// colour.
	MaxPresence = 4 << 10

	// ttl is how long presence lasts without being said again, in seconds. It is
	// said again at half that time.
	ttl = 60

	// grace is how long it is passed on that somebody has gone.
	grace = 10 * time.Second

	// skew is how far the clocks of two machines may be apart: presence that is
	// older, or younger, by the time its author says, is of another day.
	skew = 5 * time.Minute

	// maxPresent is how many keys may be present in a work at a time.
	maxPresent = 256
)

// presenceMagic begins what presence signs.
const presenceMagic = "commonhold/presence/v1\x00"

// Presence says who is there: for each key that takes part a value, such as where
// its cursor is, that lasts a minute unless it is said again, and is no part of the
// work. Values go over connections of Follow and Serve, also through replicas
// between; each is signed by the key it is of. It is safe for concurrent use.
//
// Invariants:
//  1. Of each key the value with the greatest count is kept, and no other.
//  2. At most maxPresent values are kept, the own one not counted; of those that
//     have ended only the count, as long as an older one could come.
//  3. What was taken in was signed by the key it is kept under.
type Presence struct {
	work   [32]byte
	signer crdt.Signer
	tell   func(poke)

	mu      sync.Mutex
	mine    light
	value   []byte // what is said again; nil: nothing
	others  map[crdt.Author]light
	changed chan struct{}
}

// light is the presence of one key, as it was said.
type light struct {
	author crdt.Author
	count  uint64    // nanoseconds of the author's clock: greater than any before
	until  time.Time // by the clock here; past: it has ended
	ended  bool      // somebody was told that it has
	msg    []byte    // as it goes over the wire; nil once nobody need be told of it
}

// value is the encoded value of a light that shines.
func (l *light) value() []byte { return l.msg[lightHead : len(l.msg)-ed25519.SignatureSize] }

// lightHead is the length of what precedes the value: kind, author, count, seconds.
const lightHead = 1 + 32 + 8 + 1

// A light on the wire:
//
//	'p' · author 32 · count 8 · seconds 1 (0: it ends, and has no value) · value · signature 64
//
// The signature is over "commonhold/presence/v1" and a zero, the work's id and what
// lies between kind and signature. Numbers are big endian.

// readLight takes a message apart and judges everything but the signature.
func readLight(msg []byte) (l light, seconds byte, err error) {
	if len(msg) < lightHead+ed25519.SignatureSize || len(msg) > lightHead+MaxPresence+ed25519.SignatureSize {
		return l, 0, breach("presence of %d bytes", len(msg))
	}
	copy(l.author[:], msg[1:])
	l.count, seconds = binary.BigEndian.Uint64(msg[33:]), msg[41]
	l.msg = msg
	rest, err := l.value(), error(nil)
	if len(rest) > 0 {
		rest, err = block.CheckValue(rest)
	}
	if err != nil || len(rest) > 0 || seconds > ttl || (seconds == 0) != (len(l.value()) == 0) {
		return l, 0, breach("presence of %d seconds that is no value", seconds)
	}
	if err := block.Key(l.author).Check(); err != nil {
		return l, 0, breach("presence: %v", err)
	}
	return l, seconds, nil
}

// signedLight is what the signature of a light signs.
func signedLight(work [32]byte, msg []byte) []byte {
	b := append([]byte(presenceMagic), work[:]...)
	return append(b, msg[1:len(msg)-ed25519.SignatureSize]...)
}

// Set says where the own key is: any plain value that a work can hold, of at most
// MaxPresence bytes; nil takes it back. It is said again for as long as the replica
// is open and connected. ErrLimit and ErrMalformed of package crdt for values that
// cannot be said, crdt.ErrReadOnly for a relay, else the error of the signer.
func (p *Presence) Set(v any) error {
	var value []byte
	if v != nil {
		var err error
		if value, err = block.EncodeValue(v); err != nil {
			return fmt.Errorf("merge: presence: %w", err)
		}
		if len(value) > MaxPresence {
			return fmt.Errorf("merge: presence of %d bytes, the most is %d: %w", len(value), MaxPresence, crdt.ErrLimit)
		}
	}
	if p.signer == nil {
		return fmt.Errorf("merge: presence: %w", crdt.ErrReadOnly)
	}
	p.mu.Lock()
	err := p.light(value, time.Now())
	if err == nil {
		p.value = value
	}
	p.mu.Unlock()
	if err == nil {
		p.tell(lit)
	}
	return err
}

// light signs a value; mu is held.
func (p *Presence) light(value []byte, now time.Time) error {
	if value == nil && p.mine.msg == nil {
		return nil
	}
	author, seconds := p.signer.Author(), byte(ttl)
	if value == nil {
		seconds = 0
	}
	count := max(uint64(now.UnixNano()), p.mine.count+1)
	msg := append([]byte{msgPresence}, author[:]...)
	msg = binary.BigEndian.AppendUint64(msg, count)
	msg = append(append(msg, seconds), value...)
	sig, err := p.signer.Sign(append(append([]byte(presenceMagic), p.work[:]...), msg[1:]...))
	if err == nil && len(sig) != ed25519.SignatureSize {
		err = errors.New("a signature of a wrong length")
	}
	if err != nil {
		return fmt.Errorf("merge: signing presence: %w", err)
	}
	p.mine = light{author: author, count: count, until: now.Add(ttl * time.Second), msg: append(msg, sig...)}
	return nil
}

// All yields the keys that are present now, the own one left out, ascending by
// their bytes.
func (p *Presence) All() iter.Seq2[crdt.Author, crdt.Value] {
	return func(yield func(crdt.Author, crdt.Value) bool) {
		for _, l := range p.shining(time.Now()) {
			v, err := block.DecodeValue(l.value())
			if err != nil {
				continue // it was checked when it came
			}
			value, err := crdt.NewValue(v)
			if err == nil && !yield(l.author, value) {
				return
			}
		}
	}
}

// shining is the lights of others that have not ended.
func (p *Presence) shining(now time.Time) (all []light) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.others {
		if l.msg != nil && now.Before(l.until) {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b light) int { return bytes.Compare(a.author[:], b.author[:]) })
	return all
}

// Changed holds a token when somebody has come, moved or gone since one was last
// taken out.
func (p *Presence) Changed() <-chan struct{} { return p.changed }

// ring puts the token in.
func (p *Presence) ring() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// admit tells whether a light may be kept, before its signature is looked at: it is
// newer than what is known, of today, not our own, and there is room; mu is held.
func (p *Presence) admit(l *light, now time.Time) bool {
	said := time.Unix(0, int64(l.count))
	known, ok := p.others[l.author]
	switch {
	case l.count > 1<<63-1, said.Before(now.Add(-skew)), said.After(now.Add(skew)):
		return false
	case p.signer != nil && l.author == p.signer.Author():
		return false
	case ok:
		return l.count > known.count
	}
	if len(p.others) < maxPresent {
		return true
	}
	for author, old := range p.others {
		if now.Sub(old.until) > skew {
			delete(p.others, author)
		}
	}
	return len(p.others) < maxPresent
}

// take takes in a light that came over a connection; known tells whether it, or a
// newer one, was here. A bad signature is a breach.
func (p *Presence) take(msg []byte, now time.Time) (l light, known bool, err error) {
	l, seconds, err := readLight(msg)
	if err != nil {
		return l, false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.admit(&l, now) {
		return l, true, nil
	}
	if !ed25519.Verify(l.author[:], signedLight(p.work, msg), msg[len(msg)-ed25519.SignatureSize:]) {
		return l, false, breach("presence that its author has not signed")
	}
	l.msg, l.until, l.ended = bytes.Clone(msg), now.Add(time.Duration(seconds)*time.Second), seconds == 0
	was := p.others[l.author]
	p.others[l.author] = l
	if was.ended != l.ended || was.msg == nil || !bytes.Equal(was.value(), l.value()) { // else it was said again
		p.ring()
	}
	return l, false, nil
}

// lanterns is what of presence has gone over one channel, either way.
type lanterns struct {
	gone map[crdt.Author]uint64 // the counts
}

// take takes in a message of the peer, and has others told.
func (n *lanterns) take(rep *Replica, msg []byte, now time.Time) error {
	l, known, err := rep.here.take(msg, now)
	if err != nil {
		return err
	}
	n.note(&l)
	if !known {
		rep.news.tell(lit)
	}
	return nil
}

// note notes that a light has gone over the channel. What is noted of keys that
// have left is forgotten with them.
func (n *lanterns) note(l *light) {
	if n.gone == nil || len(n.gone) > 2*maxPresent {
		n.gone = map[crdt.Author]uint64{}
	}
	n.gone[l.author] = max(n.gone[l.author], l.count)
}

// next is the next light that the peer has not seen, nil for none. Own presence is
// said again in time, what has ended is taken out, and due becomes the time of the
// next of either.
func (n *lanterns) next(p *Presence, now time.Time, due *time.Time) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.renew(now, due)
	if n.lacks(&p.mine, now) {
		n.note(&p.mine)
		return p.mine.msg
	}
	for author, l := range p.others {
		switch {
		case l.msg == nil:
		case n.lacks(&l, now):
			n.note(&l)
			return l.msg
		case now.Before(l.until):
			*due = sooner(*due, l.until)
		case !l.ended:
			l.ended = true
			p.others[author] = l
			p.ring()
		case !now.Before(l.until.Add(grace)):
			l.msg = nil
			p.others[author] = l
		}
	}
	return nil
}

// renew says own presence again when half of its time is over; mu is held. A signer
// that fails is asked again in a while.
func (p *Presence) renew(now time.Time, due *time.Time) {
	if p.value == nil {
		return
	}
	half := ttl * time.Second / 2
	at := p.mine.until.Add(-half)
	if !now.Before(at) {
		at = now.Add(half)
		_ = p.light(p.value, now)
	}
	*due = sooner(*due, at)
}

// lacks tells whether the peer is to be told of a light: it has not gone over this
// channel, and shines, or has been put out a moment ago.
func (n *lanterns) lacks(l *light, now time.Time) bool {
	if l.msg == nil || n.gone[l.author] >= l.count {
		return false
	}
	out := l.msg[lightHead-1] == 0
	return now.Before(l.until) || out && now.Before(l.until.Add(grace))
}

// sooner is the sooner of two times, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
