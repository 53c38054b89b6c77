package crdt

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/cover"
	"github.com/commonhold/commonhold/internal/graph"
)

// Result is what became of a batch.
type Result struct {
	Applied  []cid.Cid // now part of the work, in order; older pending ones too
	Pending  []cid.Cid // of the batch: wait for a link or a signature ([Doc.Pending])
	Rejected []*ChangeError
}

// held is a change that is not applied yet.
type held struct {
	graph.Held
	content []byte    // nil when absent
	salted  bool      // it says that there is salt before its words
	sig     *[64]byte // nil: unsigned so far
}

// hold makes h, which is empty, hold a decoded change. Ops alias its bytes, and
// parents and refs are those of c, until keep.
func (h *held) hold(c *block.Change, id block.ID) {
	h.Header, h.Ops, h.NOps, h.Count, h.ID = c.Header, c.Ops, c.NOps, c.Count, id
	h.With = slices.Clone(c.With)
	h.salted = c.Size != c.Words
}

// keep makes parents and refs its own.
func (h *held) keep() { h.Parents, h.Refs = slices.Clone(h.Parents), slices.Clone(h.Refs) }

// helds are to be used again: changes that were applied at a time when none
// waited, so that nothing refers to them.
var helds = sync.Pool{New: func() any { return new(held) }}

// reuse makes held changes that were applied fit for others.
func reuse(ready []cover.Held[*held]) {
	for _, r := range ready {
		h := r.Data
		h.Held.Reset()
		*h = held{Held: h.Held}
		helds.Put(h)
	}
}

// Apply takes in changes from elsewhere, in any order, as often as you like.
// What is complete and covered by signatures becomes part of the work; the rest
// waits within bounds. What is open here is sealed first when anything is to be
// applied.
//
// The error is that of the first change that was rejected ([Result] lists all);
// the others are taken in all the same. ErrForeign and ErrRules refuse a batch
// whole. Rejected input changes nothing.
func (d *Doc) Apply(b Batch) (Result, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.touched()
	return d.apply(b, false)
}

// apply is Apply with the lock held. own says that the batch comes from this
// replica's own store, so changes of its own key were made here.
func (d *Doc) apply(b Batch, own bool) (Result, error) {
	in := d.intake(b, own)
	err := in.apply(b)
	return in.res, err
}

// intake begins to take in a batch.
func (d *Doc) intake(b Batch, own bool) intake {
	return intake{d: d, tag: cover.Tag(b.from), trusted: b.trusted, own: own, named: b.named}
}

// apply takes in the batch.
func (in *intake) apply(b Batch) error {
	d := in.d
	if len(b.b.Items)+len(b.b.Sigs) > 0 && b.b.Work != [32]byte(d.work) {
		return fmt.Errorf("crdt: batch of another work: %w", ErrForeign)
	}
	if err := d.checkRules(b.b.Items); err != nil {
		return err
	}
	in.signatures(b.b.Sigs)
	if in.express(b.b.Items) {
		in.late(b.b.Sigs)
		return nil
	}
	in.seen = make([]block.ID, 0, len(b.b.Items))
	for k := range b.b.Items {
		in.offer(&b.b.Items[k])
	}
	in.late(b.b.Sigs)
	in.take()
	in.rest()
	if len(in.res.Rejected) > 0 {
		return in.res.Rejected[0]
	}
	return nil
}

// intake is one Apply.
type intake struct {
	d       *Doc
	tag     cover.Tag
	trusted bool
	own     bool
	named   bool // IDs and words were hashed by who made the batch
	sealed  bool // what was open here became changes of the work just now
	counted bool // which changes were applied is not asked, only how many
	applied int
	sigs    map[block.ID][64]byte
	seen    []block.ID // offered, perhaps pending now
	res     Result
	change  block.Change
}

// reject lists what is wrong with one change.
func (in *intake) reject(id block.ID, err error) {
	e := &ChangeError{Err: err}
	if !id.IsZero() {
		e.ID = id.ChangeCID()
	}
	in.res.Rejected = append(in.res.Rejected, e)
}

// signatures makes the signatures of a batch ready to be found by change.
func (in *intake) signatures(sigs []bridge.Sig) {
	if len(sigs) == 0 {
		return
	}
	in.sigs = make(map[block.ID][64]byte, len(sigs))
	for _, s := range sigs {
		in.sigs[s.Change] = s.Sig
	}
}

// name is the ID that the bytes of a change have.
func (in *intake) name(it *bridge.Item) block.ID {
	if in.named {
		return it.ID
	}
	return block.Sum(it.Change)
}

// offer takes one change to the waiting room, or its words to where they are
// missing.
func (in *intake) offer(it *bridge.Item) {
	d := in.d
	id := in.name(it)
	if it.ID != [32]byte{} && it.ID != [32]byte(id) {
		in.reject(it.ID, fmt.Errorf("crdt: bytes of %s: %w", id.ChangeCID(), ErrHash))
		return
	}
	if i, ok := d.g.Find(id); ok {
		d.fill(i, it.Words)
		return
	}
	if p, _, ok := d.wait.Get(id); ok {
		in.again(it, p)
		return
	}
	if err := block.Decode(it.Change, &in.change); err != nil {
		in.reject(id, err)
		return
	}
	c := &in.change
	if d.quota > 0 && d.bytesHeld()+int64(len(it.Change))+int64(c.Size) > d.quota || !d.holds(c.Count, c.Size) {
		in.reject(id, fmt.Errorf("crdt: over the quota of the replica: %w", ErrLimit))
		return
	}
	h := helds.Get().(*held)
	h.hold(c, id)
	h.keep()
	if err := in.checkHeader(c, id); err != nil {
		in.reject(id, err)
		return
	}
	in.checkWords(it, h)
	in.checkSignature(h)
	item := cover.Item[*held]{ID: id, Prev: h.Prev, Links: linksOf(h), Size: len(it.Change) + len(h.content), Signed: h.sig != nil, Data: h}
	if err := d.wait.Offer(&item, in.tag); err != nil {
		in.reject(id, unwrapRefusal(err))
		return
	}
	in.seen = append(in.seen, id)
}

// again takes what a change that waits already brings along anew: its words, a
// signature.
func (in *intake) again(it *bridge.Item, h *held) {
	d := in.d
	in.seen = append(in.seen, h.ID)
	if h.content == nil && block.Decode(it.Change, &in.change) == nil {
		in.checkWords(it, h)
	}
	was := h.sig != nil
	in.checkSignature(h)
	item := cover.Item[*held]{ID: h.ID, Prev: h.Prev, Signed: h.sig != nil && !was, Data: h}
	if err := d.wait.Offer(&item, in.tag); err != nil { // notes the source
		in.reject(h.ID, unwrapRefusal(err))
	}
}

// linksOf are the parents and refs of a change as package cover takes them.
func linksOf(h *held) []cover.ID {
	n := len(h.Parents) + len(h.Refs)
	if n == 0 {
		return nil
	}
	out := make([]cover.ID, 0, n)
	for _, p := range h.Parents {
		out = append(out, p)
	}
	for _, p := range h.Refs {
		out = append(out, p)
	}
	return out
}

// holds tells whether the replica has room for the numbers and words of a
// change.
func (d *Doc) holds(numbers, words uint32) bool {
	return int64(d.t.End())+int64(numbers) <= graph.MaxLV && int64(len(d.words))+int64(words) <= maxWords && int64(d.g.OpBytes()) <= maxWords
}

// checkHeader tests what needs the work: its id, and the salt.
func (in *intake) checkHeader(c *block.Change, id block.ID) error {
	d := in.d
	if c.Seq == 0 && len(c.Parents) == 0 {
		if id != d.work {
			return fmt.Errorf("crdt: genesis of another work: %w", ErrForeign)
		}
		return nil
	}
	if c.Seq == 0 && c.Work != d.work {
		return fmt.Errorf("crdt: change of work %s: %w", c.Work.ChangeCID(), ErrForeign)
	}
	return nil
}

// checkWords keeps the words of a change if they are what it says; otherwise
// they count as absent.
func (in *intake) checkWords(it *bridge.Item, h *held) {
	if !in.holdsWords(it, h) {
		in.reject(h.ID, fmt.Errorf("crdt: words of the change: %w", ErrHash))
	}
}

// holdsWords is checkWords without the rejection: it is false for words that are
// those of another change.
func (in *intake) holdsWords(it *bridge.Item, h *held) bool {
	if h.Size == 0 || it.Words == nil {
		return true
	}
	if !in.named && block.Sum(it.Words) != h.Text {
		return false
	}
	if block.CheckContent(&in.change, h.salted, it.Words) {
		h.content = it.Words
	}
	return true
}

// checkSignature verifies the signature that came with a change, or before it.
// A bad one is rejected and never held against the change.
func (in *intake) checkSignature(h *held) {
	d := in.d
	if sig, ok := in.sigs[h.ID]; ok {
		if err := in.verify(h, sig); err != nil {
			in.reject(h.ID, err)
		}
	}
	if h.sig != nil {
		return
	}
	for _, e := range d.wait.Early(h.ID) { // who sent a bad one is gone by now
		if h.sig == nil {
			_ = in.verify(h, e.Signature)
		}
	}
}

// verify notes a signature on a change if it is good.
func (in *intake) verify(h *held, sig [64]byte) error {
	if h.More {
		return fmt.Errorf("crdt: signature on a part that is not the last: %w", ErrSignature)
	}
	if !in.trusted && !block.Verify(in.d.work, h.ID, h.By, sig[:]) {
		return fmt.Errorf("crdt: %w", ErrSignature)
	}
	h.sig = &sig
	return nil
}

// late takes the signatures whose change did not come with them: on a change
// that waits they may cover it, on an unknown one they are kept for a while, on
// an applied one they say nothing new.
func (in *intake) late(sigs []bridge.Sig) {
	d := in.d
	for _, s := range sigs {
		if _, ok := d.g.Find(s.Change); ok {
			continue
		}
		h, _, ok := d.wait.Get(s.Change)
		switch {
		case !ok:
			if !slices.ContainsFunc(in.res.Rejected, func(e *ChangeError) bool { return e.ID.Defined() && e.ID == block.ID(s.Change).ChangeCID() }) {
				d.wait.Keep(s.Change, &s.Sig, in.tag)
			}
		case h.sig == nil:
			if err := in.verify(h, s.Sig); err != nil {
				in.reject(s.Change, err)
				continue
			}
			d.wait.Sign(s.Change)
		}
	}
}

// take applies what has become ready.
func (in *intake) take() {
	d := in.d
	if d.wait.Ready() {
		in.seal()
	}
	t := d.wait.Take()
	for _, r := range t.Refused {
		if slices.Contains(in.seen, r.ID) { // else whoever brings this batch is not to blame for it
			in.reject(r.ID, unwrapRefusal(r))
		}
	}
	for _, b := range t.Blamed {
		if !slices.Contains(in.seen, b.Why.ID) || b.From != in.tag {
			d.blame(b)
		}
	}
	if len(t.Ready) == 0 {
		return
	}
	in.makeRoom(t.Ready)
	in.enter(len(t.Ready), func(k int) *held { return t.Ready[k].Data })
	if d.wait.Len() == 0 && in.applied == len(t.Ready) {
		reuse(t.Ready)
	}
}

// maxBlamed bounds the sources that are blamed and were not asked about.
const maxBlamed = 4096

// blame notes that a source has brought, in an earlier batch, what turned out to be
// invalid when what it waited for came.
func (d *Doc) blame(b cover.Blame) {
	if _, noted := d.blamed[b.From]; b.From == "" || noted || len(d.blamed) == maxBlamed {
		return
	}
	if d.blamed == nil {
		d.blamed = map[cover.Tag]error{}
	}
	d.blamed[b.From] = &ChangeError{ID: block.ID(b.Why.ID).ChangeCID(), Err: unwrapRefusal(b.Why)}
}

// seal seals what is open here before anything is applied.
func (in *intake) seal() {
	n := in.d.g.Len()
	in.d.seal()
	in.sealed = in.d.g.Len() > n
}

// enter makes n changes, links first, part of the work, as many as there is room
// for: the rest is rejected, so that what is applied stays closed. Rules may panic:
// what came before stands then, and the rest is let go.
func (in *intake) enter(n int, at func(k int) *held) {
	d, done := in.d, 0
	defer func() {
		for ; done < n; done++ {
			d.t.Drop(&at(done).Held)
		}
		d.s.Settle()
		d.moved()
	}()
	full := false
	for done < n {
		h := at(done)
		if full = full || !d.holds(h.Count, h.Size); full {
			d.t.Drop(&h.Held)
			in.reject(h.ID, fmt.Errorf("crdt: the replica is full: %w", ErrLimit))
			done++
			continue
		}
		if in.sealed {
			// A copy of this replica may have sealed what was open to the same bytes.
			if i, ok := d.g.Find(h.ID); ok {
				d.t.Drop(&h.Held)
				h.Became(i)
				done++
				continue
			}
		}
		done++ // from here on it is part of the work, whatever the rules do
		d.enter(h, in.own)
		in.applied++
		if !in.counted {
			in.res.Applied = append(in.res.Applied, h.ID.ChangeCID())
		}
	}
	d.redact()
}

// makeRoom makes room for all of a batch at once.
func (in *intake) makeRoom(ready []cover.Held[*held]) {
	ops, words := 0, 0
	for _, r := range ready {
		ops += len(r.Data.Ops)
		words += len(r.Data.content)
	}
	in.d.g.Grow(len(ready), ops)
	in.d.words = slices.Grow(in.d.words, words)
	if !in.counted {
		in.res.Applied = slices.Grow(in.res.Applied, len(ready))
	}
}

// enter makes a ready change part of the work.
func (d *Doc) enter(h *held, own bool) {
	words := uint32(noWords)
	if h.content != nil {
		words = uint32(len(d.words))
		d.words = append(d.words, h.content...)
	}
	genesis := d.g.Len() == 0
	i := d.g.Append(&h.Held, words)
	if genesis {
		d.openWork(h.Ops)
	}
	d.t.Apply(&h.Held)
	d.s.Apply(graph.At(i), h.Ops, h.Briefs, h.Places, d.wordsOf(i))
	if h.sig != nil {
		d.sigs[i] = *h.sig
	}
	d.index(i, &h.Held)
	if d.key != nil && h.By == d.me {
		d.met(i, own, h.sig != nil)
	}
	d.judgeNew(i)
}

// met notes a change of the own key that this call did not make: from the own
// store it is the doc's own, from elsewhere it ends editing until Rekey.
func (d *Doc) met(i int32, own, signed bool) {
	if !own {
		d.latched = fmt.Errorf("crdt: change %s of the own key was not made here: %w", d.g.ID(i).ChangeCID(), ErrKey)
		return
	}
	d.ownTip = i
	if signed {
		d.unsigned, d.unsignedBytes = 0, 0
	} else {
		d.unsigned++
		d.unsignedBytes += len(d.g.Ops(i)) + int(d.g.Size(i))
	}
}

// rest lists what of the batch waits, and makes it independent of the caller's
// bytes.
func (in *intake) rest() {
	if in.d.wait.Len() == 0 {
		return
	}
	for _, id := range in.seen {
		h, _, ok := in.d.wait.Get(id)
		if !ok {
			continue
		}
		h.Ops, h.content = slices.Clone(h.Ops), slices.Clone(h.content)
		in.res.Pending = append(in.res.Pending, id.ChangeCID())
	}
}

// fill gives applied change i its words, if they were absent and these are they.
func (d *Doc) fill(i int32, content []byte) {
	if content == nil || d.g.WordsAt(i) != noWords || d.g.Size(i) == 0 || block.Sum(content) != d.g.Text(i) {
		return
	}
	var c block.Change
	if err := block.Decode(d.g.AppendBlock(nil, i), &c); err != nil || !block.CheckContent(&c, d.salted(i) > 0, content) {
		return
	}
	d.seal() // words of the open change stay at the end of the arena
	if d.refuses(i) {
		return
	}
	d.s.Settle()
	d.g.SetWords(i, uint32(len(d.words)))
	d.words = append(d.words, content...)
	if d.refill(i) {
		d.rebuild()
	} else {
		d.s.Fill(i, d.wordsOf(i))
	}
	d.late = append(d.late, i)
	d.noteTurn(turn{change: i, words: true, on: true})
	d.moved()
}

// applied tells package cover whether a change is applied.
func (d *Doc) applied(id cover.ID) bool {
	_, ok := d.g.Find(id)
	return ok
}

// complete judges a change whose links are all known by its past.
func (d *Doc) complete(_ cover.ID, h *held) error {
	return d.admit(h, func(id block.ID) graph.Ref {
		if i, ok := d.g.Find(id); ok {
			return graph.At(i)
		}
		p, _, _ := d.wait.Get(id)
		return graph.Of(&p.Held)
	})
}

// admit links a change to its past, which find gives (for the parents, the refs and prev, in this order), and judges it by that.
func (d *Doc) admit(h *held, find func(block.ID) graph.Ref) error {
	if err := d.g.Link(&h.Held, find); err != nil {
		return err
	}
	if h.Before.IsNone() && len(h.Links) == 0 { // the genesis, which says whether words are salted
		if op, ok := genesisOf(h.Ops); ok {
			d.salt = op.Salt
		}
	}
	if h.Size > 0 && h.salted != d.salt {
		return fmt.Errorf("crdt: words salted %v in a work where that is %v: %w", h.salted, d.salt, ErrInvalid)
	}
	return d.t.Admit(d.g, &h.Held)
}

// unwrapRefusal gives the finding, naming the cause where it is another change.
func unwrapRefusal(err error) error {
	var r *cover.Refusal
	if !errors.As(err, &r) {
		return err
	}
	if r.ID == r.Cause {
		return r.Err
	}
	return fmt.Errorf("crdt: builds on invalid change %s: %w", block.ID(r.Cause).ChangeCID(), ErrInvalid)
}

// checkRules tests, where a batch brings the genesis, that the work can open
// here.
func (d *Doc) checkRules(items []bridge.Item) error {
	if d.g.Len() > 0 {
		return nil
	}
	for k := range items {
		if block.Sum(items[k].Change) != d.work {
			continue
		}
		var c block.Change
		if err := block.Decode(items[k].Change, &c); err != nil {
			return fmt.Errorf("crdt: genesis: %w", err)
		}
		op, ok := genesisOf(c.Ops)
		switch {
		case !ok:
			return fmt.Errorf("crdt: genesis without its op: %w", ErrInvalid)
		case !op.HasRules:
			return nil
		case d.rules == nil || d.rules.Name() != op.Rules:
			return fmt.Errorf("crdt: the work has rules %q: %w", op.Rules, ErrRules)
		}
		if _, err := d.rules.Start(history{d}, rulesData(&op)); err != nil {
			return fmt.Errorf("%w: %w", ErrRules, err)
		}
		return nil
	}
	return nil
}

// genesisOf reads the genesis op.
func genesisOf(ops []byte) (block.Op, bool) {
	var r block.Reader
	var op block.Op
	r.Reset(ops)
	return op, r.Next(&op) && op.Code == block.OpGenesis
}

// rulesData is what the genesis says to its rules.
func rulesData(op *block.Op) Value {
	if !op.HasValue {
		return Value{}
	}
	return Value{kind: plainValue, raw: slices.Clone(op.Value)}
}

// openWork takes in what the genesis says; checkRules has seen it.
func (d *Doc) openWork(ops []byte) {
	op, _ := genesisOf(ops)
	d.title, d.salt, d.named = op.Name, op.Salt, op.HasRules
	if id := d.g.ID(0); d.work != id { // who joined knows it, and may be read meanwhile
		d.work = id
	}
	if !d.named {
		d.rules = nil
	}
	d.data = rulesData(&op)
	if err := d.startRules(); err != nil {
		panic("crdt: rules start once and not again: " + err.Error())
	}
}

// index keeps which changes have acts and notes.
func (d *Doc) index(i int32, h *graph.Held) {
	if h.Acts {
		d.acts = append(d.acts, i)
	}
	if h.Noted {
		d.notes[i] = struct{}{}
	}
}

// Pending yields the changes that wait, in the order in which they came, with
// the reason: ErrMissing, which names what is missing, or ErrNotCovered.
func (d *Doc) Pending() iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		for _, p := range d.pending() {
			if !yield(p.change, p.why) {
				return
			}
		}
	}
}

// pendingChange is one row of Pending.
type pendingChange struct {
	change Change
	why    error
}

// pending collects the rows of Pending.
func (d *Doc) pending() []pendingChange {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []pendingChange
	for id, h := range d.wait.All() {
		_, why, _ := d.wait.Get(id)
		p := pendingChange{change: changeOf(h)}
		switch {
		case why.State == cover.Waiting:
			p.why = fmt.Errorf("%w: %s", ErrMissing, block.ID(why.Link).ChangeCID())
		case why.Link != cover.ID{}:
			p.why = fmt.Errorf("%w: links to %s", ErrNotCovered, block.ID(why.Link).ChangeCID())
		default:
			p.why = ErrNotCovered
		}
		out = append(out, p)
	}
	return out
}

// changeOf is what is said about a change that waits.
func changeOf(h *held) Change {
	c := Change{ID: h.ID.ChangeCID(), Author: Author(h.By), Seq: h.Seq, Ops: h.NOps}
	if !h.Text.IsZero() {
		c.Content = h.Text.ContentCID()
	}
	parents := slices.Clone(h.Parents)
	if !h.Prev.IsZero() {
		parents = append(parents, h.Prev)
	}
	c.Parents = sortedVersion(parents)
	return c
}
