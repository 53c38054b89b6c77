package session

import "time"

// State says how far a session is.
type State uint8

// The states of a session. In InSync and Partial it says nothing and waits for
// nothing, but in Partial it may look once again half a minute later, after a change
// that the peer took and that did not make the sets equal.
const (
	Start   State = iota // nothing was said
	Hello                // it waits for the peer's hello, or for what the peer says about ranges
	Push                 // it has something to say
	Settle               // all is said; the peer's last word is missing
	InSync               // both hold the same set
	Partial              // the sets differ and another round would not help
	Closed               // it has ended
)

// String names the state.
func (s State) String() string {
	names := [...]string{"start", "hello", "push", "settle", "in sync", "partial", "closed"}
	if int(s) < len(names) {
		return names[s]
	}
	return "unknown"
}

// Reason says why a session rests as Partial.
type Reason uint8

// Reasons, the strongest first.
const (
	NoReason     Reason = iota // it does not rest as Partial
	OneWay                     // one side takes no changes
	PeerDefers                 // the peer keeps changes out of its set
	Defers                     // this side keeps changes out of its set
	Withheld                   // the peer names tips that it does not give
	Unexplained                // the peer's digest stays different
	reasonsCount = iota
)

// String says the reason in words.
func (r Reason) String() string {
	names := [reasonsCount]string{"", "one side takes no changes", "the peer defers changes", "changes are deferred here",
		"the peer names changes that it does not give", "the digests stay different"}
	if int(r) < len(names) {
		return names[r]
	}
	return "unknown"
}

// Status is how a session stands. Counts are of the whole session; messages
// and bytes include those that were ignored.
type Status struct {
	State  State
	Reason Reason // of Partial
	Err    error  // of Closed

	PeerChanges  uint64    // changes the peer holds, by its last word
	PeerDeferred uint64    // changes the peer keeps out of its set, by its last word
	Queued       int       // changes that are to be pushed
	Active       time.Time // when something was last said or taken in; zero: never

	Traffic
}

// Traffic counts what went each way.
type Traffic struct {
	SentMessages, ReceivedMessages uint64
	SentBytes, ReceivedBytes       uint64
	SentChanges, ReceivedChanges   uint64 // pushed, and applied out of the peer's bundles
	SentWords, ReceivedWords       uint64 // of changes, that were asked for
	Ignored                        uint64 // messages of older pairings and repeated ones
	Rounds                         uint64 // pairings
}

// traffic is Traffic with its two verbs.
type traffic struct{ Traffic }

// in counts a message of n bytes that came.
func (t *traffic) in(n int) {
	t.ReceivedMessages++
	t.ReceivedBytes += uint64(n)
}

// out counts a message of n bytes that was said.
func (t *traffic) out(n int) {
	t.SentMessages++
	t.SentBytes += uint64(n)
}

// Status says how the session stood after the last Receive or Next. In state
// Partial it looks for the reason, with one Index per tip that the peer named
// and that was lacking.
func (s *Session) Status() Status {
	return Status{
		State: s.state, Reason: s.reason(), Err: s.err,
		PeerChanges: s.peerCount, PeerDeferred: s.peerDeferred,
		Queued: len(s.r.queue), Active: s.moved,
		Traffic: s.traffic.Traffic,
	}
}

// reason finds out why the session rests as Partial.
func (s *Session) reason() Reason {
	switch {
	case s.state != Partial:
		return NoReason
	case s.readOnly || s.peer.flags&helloReadOnly != 0:
		return OneWay
	case s.peerDeferred > 0:
		return PeerDefers
	case s.w.Deferred() > 0:
		return Defers
	}
	for _, t := range s.r.unknown {
		if _, ok := s.w.Index(t.ID); !ok {
			return Withheld
		}
	}
	return Unexplained
}
