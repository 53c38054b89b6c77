package merge

import "github.com/commonhold/commonhold/internal/session"

// Progress is how far the exchange of one work has come. What is expected is known
// exactly once both sides have said what they hold; before that, and while either
// is edited, it is an estimate that grows.
type Progress struct {
	Sent, Received Amount
}

// Amount is what has gone one way and what is expected to. Bytes are those of the
// messages, all of them; how many are expected is reckoned from the changes that
// have gone, 0 as long as none has.
type Amount struct {
	Changes, ChangesExpected uint64
	Bytes, BytesExpected     uint64
}

// baseline is how a session stood when the peer last said how much it holds, from
// which the amount still to come follows:
//
//	changes of the peer that are not held here
//	  = its changes − ours + ours that it does not hold
type baseline struct {
	rounds, theirs uint64 // what the peer said, and in which round
	sent, received uint64
}

// see notes a status.
func (b *baseline) see(st *session.Status) {
	if b.rounds == st.Rounds && b.theirs == st.PeerChanges {
		return
	}
	*b = baseline{rounds: st.Rounds, theirs: st.PeerChanges, sent: st.SentChanges, received: st.ReceivedChanges}
}

// progress is how far a session has come, so many changes being held here.
func (b *baseline) progress(st *session.Status, held int) Progress {
	p := Progress{
		Sent:     Amount{Changes: st.SentChanges, ChangesExpected: st.SentChanges + uint64(st.Queued), Bytes: st.SentBytes},
		Received: Amount{Changes: st.ReceivedChanges, Bytes: st.ReceivedBytes},
	}
	here := int64(held) - int64(st.ReceivedChanges-b.received) // without what came since
	ahead := int64(st.SentChanges-b.sent) + int64(st.Queued)
	come := int64(b.theirs) - here + ahead
	p.Received.ChangesExpected = max(p.Received.Changes, b.received+uint64(max(0, come)))
	for _, a := range []*Amount{&p.Sent, &p.Received} {
		if a.Changes > 0 {
			a.BytesExpected = max(a.Bytes, uint64(float64(a.Bytes)/float64(a.Changes)*float64(a.ChangesExpected)))
		}
	}
	return p
}
