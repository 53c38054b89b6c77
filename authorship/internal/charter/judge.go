package charter

import (
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// Judge holds the verdicts of one growing closed set of changes. It is a crdt.Judge but
// for Before. It computes in this order, and nothing asks for what comes later:
//
//	votes      each by the past of its change
//	path       from votes and from what members' changes met
//	acc        what the decisions of the path had seen
//	cuts       of the path; then binds and revokes that no decision cuts
//	accepts    that stand
//	grants     of what is not cut, or accepted
//	verdicts
//
// What a new change can alter in a layer is marked there, and each marked change is judged
// once, when all layers are up to date.
//
// Invariants, beside those of the parts:
//
//  1. path is the genesis, and of the epochs based on each the first by support and name;
//     strict has the indexes of those whose mode is propose.
//  2. Every change that no epoch has settled is in open.
//  3. said of each change is its verdict, and lacks what is missing where it is terms.
//  4. lanes has each matter to accept under the lane of each of its heads, once; redacts
//     each redaction that passed under each change that it names.
type Judge struct {
	h       crdt.History
	data    crdt.Value
	genesis *Charter
	steps   uint64
	runs    uint64 // of a decision: a vote counted, what follows an epoch, whether an accept stands
	moved   uint64 // counts what hidden words depend on

	rows  []row
	links []int32
	index map[cid.Cid]int32
	sets  *sets
	acts  []crdt.Act // of the change that is taken in

	persons *Persons
	groups  map[int32][]int32 // the changes of each proposal
	amends  map[int32]*amend
	// groupList, amendList and tallyList are those of their maps in the order of arrival.
	groupList []int32
	amendList []int32
	tallies   map[tallyKey]*tally
	tallyList []*tally
	lanes     map[lane][]*tally // the matters to accept, by what their heads take in

	epochs  map[int32]*epoch
	elected map[crdt.Author]bool // members and moderators of any epoch
	decided []*epoch             // by the change that is taken in
	path    []*epoch
	strict  []int32
	open    []int32
	lasts   []last
	round   uint32

	lastCut  map[crdt.Author]int32
	binds    map[int32][]*bond
	revokes  map[int32][]*revocation
	revoking map[pair][]*revocation // those in force
	revoked  map[int32]bool

	accepts []*accept
	byVoter map[crdt.Author][]*accept
	best    map[int32]int32
	erased  map[int32]int
	redacts map[int32][]*accept // of a change, in the order of arrival
	erasing []int32
	told    map[int32]bool

	grants *grants
	words  *words

	due    []int32
	turned []turn
	lacks  map[int32]*TermsError
}

// Start gives a judge for a work whose genesis says data; ErrCharter when these rules do
// not understand it.
func Start(h crdt.History, data crdt.Value) (*Judge, error) {
	if _, err := ReadGenesis(data, crdt.Author{}); err != nil {
		return nil, err
	}
	return &Judge{
		h: h, data: data, index: map[cid.Cid]int32{}, sets: newSets(), groups: map[int32][]int32{},
		amends: map[int32]*amend{}, tallies: map[tallyKey]*tally{}, epochs: map[int32]*epoch{},
		elected: map[crdt.Author]bool{}, lastCut: map[crdt.Author]int32{}, binds: map[int32][]*bond{},
		revokes: map[int32][]*revocation{}, revoking: map[pair][]*revocation{}, revoked: map[int32]bool{},
		byVoter: map[crdt.Author][]*accept{}, best: map[int32]int32{}, erased: map[int32]int{}, told: map[int32]bool{},
		lanes: map[lane][]*tally{}, redacts: map[int32][]*accept{},
		grants: newGrants(), words: newWords(), lacks: map[int32]*TermsError{},
	}, nil
}

// Add takes in a change; its links came before. It yields the changes whose verdict is
// another now, c itself when it is not effective.
func (j *Judge) Add(c cid.Cid) iter.Seq2[cid.Cid, error] {
	i := j.take(c)
	if i == 0 {
		j.found()
	}
	j.read(i)
	j.vote(i)
	j.decide(i, j.look(i))
	j.mark(i)
	turned := j.flush()
	return func(yield func(cid.Cid, error) bool) {
		for _, t := range turned {
			if !yield(t.change, t.err) {
				return
			}
		}
	}
}

// found takes in what the genesis says.
func (j *Judge) found() {
	founder := j.rows[0].root.Key
	c, err := ReadGenesis(j.data, founder)
	if err != nil {
		panic("charter: a genesis that was read does not read again: " + err.Error())
	}
	j.genesis = c
	j.push(j.newEpoch(0, nil, c))
	j.noteGrant(0, c.Terms)
}

// read takes in the acts of change i that are no votes.
func (j *Judge) read(i int32) {
	j.open = append(j.open, i)
	r := &j.rows[i]
	if p, ok := pairOf(r.root); ok && len(j.revoking[p]) > 0 {
		j.revoked[i] = true
		if r.root.front == nil {
			r.root.front = []int32{}
		}
	}
	for _, a := range j.acts {
		j.steps++
		switch a.Kind {
		case KindGrant:
			j.noteGrant(i, ReadGrant(a))
		case KindBind:
			if b, ok := ReadBind(a); ok && r.root.Claim == nil {
				x := &bond{Binding: b}
				j.binds[i] = append(j.binds[i], x)
				j.bind(i, x, r.cut == none)
			}
		case KindRevoke:
			j.noteRevoke(i, a)
		case KindAmend:
			j.noteAmend(i, a)
		case KindHide:
			j.noteHide(i, a)
		}
	}
}

// Len is how many changes were taken in.
func (j *Judge) Len() int { return len(j.rows) }

// Steps counts what the judge has done: changes judged, links and acts read, votes,
// members and ancestors looked at.
func (j *Judge) Steps() uint64 { return j.steps }

// Decisions counts how often a decision was computed: votes counted, what follows an epoch
// of the path, whether an accept stands. Strangers' acts cause none.
func (j *Judge) Decisions() uint64 { return j.runs }

// Persons says to whom keys belong. It must not be changed.
func (j *Judge) Persons() *Persons { return j.persons }
