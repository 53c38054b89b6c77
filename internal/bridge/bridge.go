// Package bridge is what package merge needs of a document and the public
// surface of package crdt does not offer: arrival indexes, tips, bundles, and
// the journal of the open change. crdt puts [Of] in place; merge calls it.
package bridge

import (
	"errors"
	"fmt"
)

// Of gives the inner side of a *crdt.Doc. It is set by package crdt.
var Of func(doc any) Doc

// BundleOf gives what a crdt.Batch holds, and BatchOf makes a crdt.Batch of changes
// whose IDs are set. They are set by package crdt.
var (
	BundleOf func(batch any) Bundle
	BatchOf  func(Bundle) any
)

// Item is one change with, perhaps, its words.
type Item struct {
	ID     [32]byte // sha2-256 of Change; zero: not computed yet
	Change []byte   // the change block
	Words  []byte   // the content block; nil when it is absent
}

// Sig is a detached signature on a change.
type Sig struct {
	Change [32]byte // sha2-256 of the change block
	Sig    [64]byte
}

// Bundle is changes of one work, links first, with signatures.
type Bundle struct {
	Work  [32]byte // sha2-256 of the genesis change
	Items []Item
	Sigs  []Sig
}

// Tip is a change without a successor on its chain.
type Tip struct {
	Author [32]byte
	Seq    uint64
	ID     [32]byte
}

// Step is a change and the one before it on its chain, zeros for none.
type Step struct {
	Tip
	Prev [32]byte
}

// Wordless is a change without its words.
type Wordless struct {
	Change, Content [32]byte
}

// Summary is what a document shows, kept beside its history so that it can be shown
// before that is read.
type Summary struct {
	Changes int
	Heads   [][32]byte // ascending
	Genesis []byte     // its change block; nil where there is none, or the work has no JSON
	Names   []Shown    // ascending; of one name the hidden one last
}

// Shown is what stands under one name of a work.
type Shown struct {
	Name  string
	How   How
	Value []byte
}

// How says what a value of a summary is.
type How uint8

// A value is JSON; a root text; or one of a name under which the work as JSON shows
// something else.
const (
	AsJSON How = iota
	AsText
	AsHidden
)

// Doc is the inner side of a document. All calls lock it and none keeps what it
// is given.
type Doc interface {
	// Work is the id of the work.
	Work() [32]byte
	// Count is how many changes are applied; they have the arrival indexes 0 …
	// Count-1, in a topological order.
	Count() int
	// Steps are the changes of the arrival indexes from … to-1, each with the one
	// before it on its chain.
	Steps(from, to int) []Step
	// Heads are the changes nobody links to, ascending; of the first changes by
	// arrival.
	Heads(first int) [][32]byte
	// Index is the arrival index of an applied change.
	Index(id [32]byte) (int, bool)
	// Locator names changes on the chain below an applied one at doubling
	// distance, nearest first, at most limit.
	Locator(id [32]byte, limit int) [][32]byte
	// Missing are the arrival indexes of what is neither in have nor in its past.
	Missing(have []int) []int
	// Pending is how many changes wait.
	Pending() int
	// Wordless are those of the changes of the arrival indexes from … to-1 whose words
	// are not here and were not erased by the rules; Lacks tells it of one.
	Wordless(from, to int) []Wordless
	Lacks(id [32]byte) bool
	// Late are the changes whose words came after them, but the first so many, in the
	// order in which they came.
	Late(first int) [][32]byte
	// Blamed is what a source has brought that waited and turned out to be invalid
	// since it was last asked; nil for nothing.
	Blamed(from string) error
	// Erased are the changes whose words the rules have erased, but the first so many,
	// in the order in which that happened, of which the decision still stands; and how
	// many there were so far.
	Erased(first int) (list []Erased, end int)

	// OnEdit has f called after each edit and each batch that was applied by way of
	// the document itself. Its lock is held then: f must not wait, nor call it.
	OnEdit(f func())

	// Leave seals what is open and signs the own tip.
	Leave() error
	// Signed signs the own tip, without sealing, and returns how many changes are
	// applied at that moment: all of them are covered.
	Signed() (int, error)
	// Bundle is the changes of the given arrival indexes, ascending, as many of
	// them, but at least one, as fit into limit bytes, with all their signatures.
	// A part that another part follows is never the last.
	Bundle(indexes []int, limit int) (b Bundle, n int)
	// Apply takes in a bundle. own says that it comes from this document's own
	// store, where changes of the own key were made here and signatures were
	// verified; from names the source for the bounds of what waits. When all that
	// was refused is over the quota of this replica the error is a *QuotaError.
	Apply(b Bundle, from string, own bool) (applied int, err error)
	// Take is Apply of a bundle in which the caller itself has hashed all changes
	// and words: IDs are those of the changes, and words are what these name.
	Take(b Bundle) (applied int, err error)
	// Arrive is Apply of what a peer sent. What it added are the changes of the
	// arrival indexes first … end-1.
	Arrive(b Bundle, from string) (first, end int, err error)

	// Summary seals what is open, signs the own tip, and sums up what is shown then.
	Summary() (Summary, error)
	// Summarised lets a joined, still empty document show what a summary says. read,
	// called when more is needed or never, gives the history to take, piece by piece,
	// as Take takes it. Both are kept.
	Summarised(s Summary, read func(take func(Bundle) error) error) error
	// Early tells whether read is still to be called.
	Early() bool

	// Update is crdt's Update, fn taking a *crdt.Tx. It returns the journal
	// record of everything open that no record holds yet; without a record when
	// nothing is open, which then is sealed (Count has grown) or was nothing.
	Update(fn any) (Record, error)
	// Record is the same for edits that were made past Update.
	Record() Record
	// Restore makes the open change of a journal again, the document having just
	// been loaded. It returns how many records it took in; an error says what is
	// wrong with the next one, and what came before it stands. ErrSealed: the
	// change is among those that were loaded.
	Restore(header []byte, records [][]byte) (int, error)
	// Same tells whether a journal header is that of the change that is open.
	Same(header []byte) bool
}

// Erased is a change whose words are erased and refused.
type Erased struct {
	Change, Content [32]byte
	Had             bool // the words were here until then
}

// Record is one journal record. Header is set with the first of an open change,
// for which the journal has to be begun anew.
type Record struct {
	Header []byte
	Body   []byte // nil: nothing to write
	Base   int    // changes that were applied: once there are more, it is sealed
}

// ErrSealed says that the change of a journal was sealed and stored.
var ErrSealed = errors.New("the change of the journal is sealed")

// QuotaError says how many changes of a bundle were left out because the replica
// holds no more.
type QuotaError struct {
	Changes int
	Err     error // the first
}

// Error gives the number and the reason.
func (e *QuotaError) Error() string { return fmt.Sprintf("%d changes left out: %v", e.Changes, e.Err) }

// Unwrap gives the reason.
func (e *QuotaError) Unwrap() error { return e.Err }
