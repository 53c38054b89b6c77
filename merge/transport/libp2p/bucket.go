package libp2p

import "time"

// How many announcements of one peer about one work are read.
const (
	bucketSize = 16 // at once
	bucketRate = 4  // a second
)

// bucket counts what may be read of a peer: it holds up to bucketSize tokens and gains
// bucketRate a second. The zero bucket is full.
type bucket struct {
	used float64 // tokens that are gone, as of at
	at   time.Time
}

// take takes one token if there is one.
func (b *bucket) take(now time.Time) bool {
	if gone := now.Sub(b.at); gone > 0 {
		b.used = max(0, b.used-gone.Seconds()*bucketRate)
		b.at = now
	}
	if b.used > bucketSize-1 {
		return false
	}
	b.used++
	return true
}

// drain takes all tokens.
func (b *bucket) drain() { b.used = bucketSize }
