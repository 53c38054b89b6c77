package crdt

import (
	"io"
	"time"
)

// Option is a choice made when a Doc is made.
type Option func(*Doc)

// Title gives a new work its title; it stands in the genesis.
func Title(title string) Option { return func(d *Doc) { d.title = title } }

// WithRules says under which rules the work stands: for a new work the genesis
// names them with their data, for an existing one they must be those that its
// genesis names.
func WithRules(r Rules, data Value) Option {
	return func(d *Doc) { d.rules, d.data = r, data }
}

// WithSalt puts 16 random bytes before the words of every change of a new work,
// so that short words that were erased cannot be guessed from their CID.
func WithSalt() Option { return func(d *Doc) { d.salt = true } }

// WithClock gives the clock for the claimed time of changes; the machine's
// otherwise. Times are shown and never used in a rule. A clock that returns the
// zero Unix time claims none.
func WithClock(now func() time.Time) Option { return func(d *Doc) { d.clock = now } }

// WithRand gives the source of randomness for salts; crypto/rand's otherwise.
func WithRand(r io.Reader) Option { return func(d *Doc) { d.rand = r } }

// MaxBytes is a local quota on what the replica holds, in bytes of changes and
// words. Changes beyond it are left out with ErrLimit; it never changes what the
// others mean.
func MaxBytes(n int64) Option { return func(d *Doc) { d.quota = n } }
