package charter

import (
	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Verdict is the verdict on a change, with its cause.
type Verdict struct {
	Change cid.Cid
	// Err is nil for an effective change; ErrRevoked, ErrProposed, ErrNotMember or a
	// *TermsError.
	Err error
	// By is the cause: the amend or the revoke that cut it, the change that proposes, the
	// epoch since which the author lacks the right, the epoch that asks for the terms.
	By cid.Cid
	// Epoch is the one that the change is judged by first: the latest epoch of the path
	// that was ratified in its past. Settled is the epoch whose decision had seen it,
	// cid.Undef when none has.
	Epoch, Settled cid.Cid
	// Accepted is the vote that made an accept of it pass and stand, cid.Undef when there
	// is none. An accept that is older than a cut of the change does not count.
	Accepted cid.Cid
}

// Reason says why a vote decides nothing.
type Reason uint8

// The reasons, in the order in which they apply. Ratifies is a vote that decides; NoQuorum
// and Withdrawn are votes that count and do not decide; all others are void.
const (
	Ratifies        Reason = iota
	Malformed              // not in its form, or it names what is not in its past
	Replaced               // a later act of the same change votes on the same
	NotPersonKey           // the key is a device or an agent
	BadBase                // the base is no epoch in its past
	NotMember              // the author is no member at the base
	BaseNotRatified        // the base was proposed, and not ratified in its past
	BaseUsed               // the base was amended in its past
	BadProposal            // the amend is none, or has another base
	BadCharter             // the amend asks for what no charter has
	GenesisTerms           // the amend drops terms of the genesis
	BadCut                 // the amend names a head that is not of the key it cuts
	NoQuorum               // not enough say the same, or the author's branches disagree
	Withdrawn              // it says no, or "leave it"
)

var reasons = [...]string{"Ratifies", "Malformed", "Replaced", "NotPersonKey", "BadBase", "NotMember", "BaseNotRatified", "BaseUsed", "BadProposal", "BadCharter", "GenesisTerms", "BadCut", "NoQuorum", "Withdrawn"}

// String is the name of the reason.
func (r Reason) String() string { return reasons[r] }

// Counts tells whether a vote with this reason counts.
func (r Reason) Counts() bool { return r == Ratifies || r >= NoQuorum }

// Vote is an endorse as it was judged, once and for ever, by what its change had seen.
type Vote struct {
	Change cid.Cid
	Index  int // of the act among the ops of the change
	Author crdt.Author
	Endorsement
	Reason Reason
	Count  // of a vote that counts: as it was when it was cast
}

// Count is how far a matter has come. Chamber is the first, in the order of names, that
// falls short, or when nothing does, "": there Have of Need say so, and Silent are its
// members who do not.
type Count struct {
	Chamber    string
	Have, Need int
	Silent     []crdt.Author
	Voters     []crdt.Author // who says so, in all chambers
}

// State is how an amend stands.
type State uint8

// The states.
const (
	Open       State = iota // not ratified, and based on the tip, be it over others that are open
	Ratified                // on the path
	Final                   // on the path, with the support of more than half of its base
	Contested               // on the path, with rivals, and not final
	Superseded              // ratified, and not on the path
	Lapsed                  // not ratified, and not based on the tip
)

var states = [...]string{"open", "ratified", "final", "contested", "superseded", "lapsed"}

// String is the word for the state.
func (s State) String() string { return states[s] }

// Amend is an amend and how it stands.
type Amend struct {
	Change cid.Cid
	Author crdt.Author
	Amendment
	State State
	// Void is why every vote for it would be void: BadCharter, GenesisTerms, BadCut; else
	// Ratifies.
	Void Reason
	// Ratifies are the changes of the votes that decided it, Rivals the other amends of
	// its base that were ratified, in their order.
	Ratifies, Rivals []cid.Cid
	// Support of Of members of the base support it; Of is 0 while the base is not
	// ratified. Margin is how many members must have forked, at least, before a final
	// decision flips: with support s of n it takes 2s−n, here or at a decision before it,
	// without which it falls as well; 0 where one of those is not final.
	Support, Of, Margin int
	Count               // of the votes for it, all that are there; empty while its base is not ratified
}

// Epoch is an epoch of the path.
type Epoch struct {
	ID      cid.Cid // the genesis, or the change of the amend
	Charter *Charter
}

// Proposal is what waits, or waited, to be accepted: the changes of one group.
type Proposal struct {
	ID     cid.Cid // the change that proposes, or that the changes name by their tag
	Author crdt.Author
	// Changes are those of the group in the order in which they arrived; Heads those that
	// no other of the group and the same chain follows; Waits those that are not effective.
	Changes, Heads, Waits []cid.Cid
	Accepts               []Accept
}

// Accept is a matter to accept changes or, when Matter is Redacting, to erase them.
type Accept struct {
	Matter Matter
	Base   cid.Cid
	Heads  []cid.Cid
	Count            // all votes that are there
	By     []cid.Cid // the votes by which it passed
	Stands bool      // it passed, and still counts
}

// Person says whose a branch of a key is.
type Person struct {
	ID        crdt.Author // the person; the key itself while the binding has one side only
	Agent     bool        // the key is an agent, confirmed or not
	Claimed   bool        // the first change says whose it is
	Confirmed bool        // and that person says so too
}

// Writer says how the next change of a key would be judged.
type Writer struct {
	Person  Person
	First   bool     // it has no change here
	Missing []string // terms of the tip that the person has not granted
	Member  bool     // what it writes is effective in mode propose
}
