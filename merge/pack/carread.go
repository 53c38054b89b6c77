package pack

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

const (
	// carHeader bounds the header of a CAR, which names one root.
	carHeader = 1 << 10
	// carWaiting bounds the changes, in bytes, that wait for their contents:
	// tools that walk the links from the newest change on write a whole history
	// before its first content.
	carWaiting = 64 << 20
	// carApply is how many bytes are applied at once.
	carApply = 1 << 20
	// cidBytes is the length of the CIDs of this format.
	cidBytes = 36
	// maxChunk bounds a block of heads and signatures.
	maxChunk = 1 << 20
)

// ReadCAR makes a document of a CAR that [WriteCAR] wrote, or of one that
// another tool wrote with the same blocks, in any order as long as the root
// comes first. It verifies what [Read] verifies, and that bytes are what their
// CIDs name. Arguments are those of Read. Of the works that other tools have put
// in their own order it takes those of up to 64 MiB.
//
// Errors: what is no CAR of a work is ErrMalformed, and so are heads that are not
// in it, blocks that belong to nothing, and signatures on changes that are not
// there; a CID that does not name its bytes is crdt.ErrHash; several roots, or
// another work than was asked for, are crdt.ErrForeign; one that ends within a
// block is ErrCorrupt; another version is ErrVersion. Changes are judged as in
// Read.
func ReadCAR(r io.Reader, work cid.Cid, key crdt.Signer, opts ...crdt.Option) (*crdt.Doc, error) {
	c := carReader{r: bufio.NewReaderSize(r, 64<<10), sigs: map[[32]byte]*[64]byte{}, waiting: map[block.ID][][]byte{}, contents: recent[*content]{limit: carKeep}}
	root, err := c.header()
	if err == nil {
		err = c.root(root)
	}
	if err != nil {
		return nil, err
	}
	id := c.work.ChangeCID()
	if work.Defined() && work != id {
		return nil, fmt.Errorf("pack: CAR of work %s, not %s: %w", id, work, crdt.ErrForeign)
	}
	d, err := crdt.Join(key, id, opts...)
	if err != nil {
		return nil, err
	}
	c.in = bridge.Of(d)
	for err == nil {
		err = c.next()
	}
	if err != io.EOF {
		return nil, err
	}
	if err := c.end(d); err != nil {
		return nil, err
	}
	return d, nil
}

// content is a content that was read.
type content struct {
	bytes []byte
	used  bool
}

// carReader reads a CAR block by block.
type carReader struct {
	r        *bufio.Reader
	in       bridge.Doc
	work     block.ID
	more     block.ID // the block in which the root goes on; zero when all were read
	heads    [][32]byte
	sigs     map[[32]byte]*[64]byte // of changes that are still to come
	contents recent[*content]
	unused   int                   // contents that went without having been used
	waiting  map[block.ID][][]byte // changes, by the content they need
	held     int                   // bytes of these
	ready    bridge.Bundle
	bytes    int // of ready
	change   block.Change
}

// section reads the next section of at most limit bytes; io.EOF at the end.
func (c *carReader) section(limit uint64) ([]byte, error) {
	n, err := binary.ReadUvarint(c.r)
	switch {
	case err == io.EOF:
		return nil, io.EOF
	case err != nil && ended(err):
		return nil, fmt.Errorf("pack: CAR ends early: %w", ErrCorrupt)
	case err != nil:
		return nil, fmt.Errorf("pack: reading a CAR: %w", err)
	case n == 0:
		return nil, fmt.Errorf("pack: empty section of a CAR: %w", ErrMalformed)
	case n > limit:
		return nil, fmt.Errorf("pack: section of %d bytes, over %d: %w", n, limit, ErrLimit)
	}
	b := make([]byte, 0, min(n, 4<<10))
	for uint64(len(b)) < n { // grows with what is there
		b = slices.Grow(b, 1)
		m, err := io.ReadFull(c.r, b[len(b):min(uint64(cap(b)), n)])
		b = b[:len(b)+m]
		if err != nil && ended(err) {
			return nil, fmt.Errorf("pack: CAR ends early: %w", ErrCorrupt)
		} else if err != nil {
			return nil, fmt.Errorf("pack: reading a CAR: %w", err)
		}
	}
	return b, nil
}

// header reads the header and returns the root that it names.
func (c *carReader) header() (root block.ID, err error) {
	b, err := c.section(carHeader)
	if err == io.EOF {
		err = fmt.Errorf("pack: no CAR: %w", ErrMalformed)
	}
	if err != nil {
		return root, err
	}
	v, err := block.DecodeValue(b)
	if err != nil {
		return root, fmt.Errorf("pack: header of a CAR: %w", err)
	}
	h, _ := v.(map[string]any)
	version, ok := h["version"].(int64)
	if ok && version != 1 {
		return root, fmt.Errorf("pack: CAR of version %d, this program reads 1: %w", version, ErrVersion)
	}
	roots, _ := h["roots"].([]any)
	switch {
	case !ok || len(h) != 2 || len(roots) == 0:
		return root, fmt.Errorf("pack: header of a CAR without version or root: %w", ErrMalformed)
	case len(roots) > 1:
		return root, fmt.Errorf("pack: CAR of %d roots: %w", len(roots), crdt.ErrForeign)
	}
	return idOf(roots[0])
}

// idOf returns the change, or block like one, that a value links to.
func idOf(v any) (block.ID, error) {
	l, ok := v.(cid.Cid)
	if !ok {
		return block.ID{}, fmt.Errorf("pack: %T where a link belongs: %w", v, ErrMalformed)
	}
	id, err := block.ChangeID(l)
	if err != nil {
		err = fmt.Errorf("pack: %w", err)
	}
	return id, err
}

// block reads a block and compares it with its CID; io.EOF at the end.
func (c *carReader) block() (id block.ID, isContent bool, b []byte, err error) {
	if b, err = c.section(cidBytes + max(block.MaxBlock, block.MaxContent, maxChunk)); err != nil {
		return id, false, nil, err
	}
	l, err := cid.Cast(b[:min(cidBytes, len(b))])
	if err != nil {
		return id, false, nil, fmt.Errorf("pack: CID in a CAR: %w: %w", ErrMalformed, err)
	}
	if id, err = block.ChangeID(l); err != nil {
		if id, err = block.ContentID(l); err != nil {
			return id, false, nil, fmt.Errorf("pack: CID in a CAR: %w", err)
		}
		isContent = true
	}
	b = b[cidBytes:]
	if err := block.CheckHash(id, b); err != nil {
		return id, false, nil, fmt.Errorf("pack: block of a CAR: %w", err)
	}
	return id, isContent, b, nil
}

// root reads the root block, which comes first.
func (c *carReader) root(root block.ID) error {
	id, isContent, b, err := c.block()
	if err == io.EOF || err == nil && (isContent || id != root) {
		err = fmt.Errorf("pack: CAR without its root at the beginning: %w", ErrMalformed)
	}
	if err != nil {
		return err
	}
	part, err := c.chunk(b)
	if err != nil {
		return err
	}
	if v, _ := part[carVersionKey].(int64); v != carVersion {
		return fmt.Errorf("pack: root of a CAR of version %v, this program reads %d: %w", part[carVersionKey], carVersion, ErrVersion)
	}
	if c.work, err = idOf(part[carWorkKey]); err != nil {
		return err
	}
	return known(part, 5)
}

// known is an error for a block that has other keys than those of its kind.
func known(part map[string]any, keys int) error {
	if _, ok := part[carNext]; !ok {
		keys--
	}
	if len(part) != keys {
		return fmt.Errorf("pack: root of a CAR with %d keys, not %d: %w", len(part), keys, ErrMalformed)
	}
	return nil
}

// chunk takes in the heads and signatures of one block.
func (c *carReader) chunk(b []byte) (map[string]any, error) {
	v, err := block.DecodeValue(b)
	if err != nil {
		return nil, fmt.Errorf("pack: root of a CAR: %w", err)
	}
	part, _ := v.(map[string]any)
	heads, ok := part[carHeads].([]any)
	signed, ok2 := part[carSigned].([]any)
	if !ok || !ok2 {
		return nil, fmt.Errorf("pack: root of a CAR without heads or signatures: %w", ErrMalformed)
	}
	for _, h := range heads {
		id, err := idOf(h)
		if err != nil {
			return nil, err
		}
		c.heads = append(c.heads, id)
	}
	for _, s := range signed {
		pair, _ := s.([]any)
		if len(pair) != 2 {
			return nil, fmt.Errorf("pack: signature in a CAR of %d parts: %w", len(pair), ErrMalformed)
		}
		id, err := idOf(pair[0])
		if err != nil {
			return nil, err
		}
		sig, _ := pair[1].([]byte)
		if len(sig) != 64 {
			return nil, fmt.Errorf("pack: signature of %d bytes: %w", len(sig), ErrMalformed)
		}
		c.sigs[id] = (*[64]byte)(sig)
	}
	c.more = block.ID{}
	if l, ok := part[carNext]; ok {
		if c.more, err = idOf(l); err != nil {
			return nil, err
		}
	}
	return part, nil
}

// next takes in one block; io.EOF at the end.
func (c *carReader) next() error {
	id, isContent, b, err := c.block()
	switch {
	case err != nil:
		return err
	case isContent:
		c.words(id, b)
	case id == c.more:
		part, err := c.chunk(b)
		if err != nil {
			return err
		}
		if err := known(part, 3); err != nil {
			return err
		}
	default:
		if err := c.take(id, b); err != nil {
			return err
		}
	}
	if c.bytes >= carApply {
		return c.apply()
	}
	return nil
}

// words takes in a content.
func (c *carReader) words(id block.ID, b []byte) {
	if _, ok := c.contents.find[id]; ok {
		return
	}
	list := c.waiting[id]
	delete(c.waiting, id)
	for _, change := range list {
		c.held -= len(change)
		c.complete(change, b)
	}
	c.contents.add(id, len(b), &content{b, len(list) > 0}, func(old *content) {
		if !old.used {
			c.unused++
		}
	})
}

// take takes in a change.
func (c *carReader) take(id block.ID, b []byte) error {
	h := &c.change
	if err := block.Decode(b, h); err != nil {
		return fmt.Errorf("pack: block %s of a CAR is no change: %w", id.ChangeCID(), err)
	}
	if h.Size == 0 {
		c.complete(b, nil)
		return nil
	}
	if w, ok := c.contents.find[h.Text]; ok {
		w.used = true
		c.complete(b, w.bytes)
		return nil
	}
	c.waiting[h.Text] = append(c.waiting[h.Text], b)
	if c.held += len(b); c.held > carWaiting {
		return fmt.Errorf("pack: CAR with over %d bytes of changes before their contents: %w", carWaiting, ErrLimit)
	}
	return nil
}

// complete makes a change ready to be applied.
func (c *carReader) complete(change, words []byte) {
	id := block.Sum(change)
	c.ready.Items = append(c.ready.Items, bridge.Item{ID: id, Change: change, Words: words})
	c.bytes += len(change) + len(words)
	if sig, ok := c.sigs[id]; ok {
		c.ready.Sigs = append(c.ready.Sigs, bridge.Sig{Change: id, Sig: *sig})
	}
}

// apply applies what is ready.
func (c *carReader) apply() error {
	c.ready.Work = c.work
	_, err := c.in.Apply(c.ready, "", false)
	c.ready, c.bytes = bridge.Bundle{}, 0
	return err
}

// end applies the rest, and judges the whole.
func (c *carReader) end(d *crdt.Doc) error {
	for _, text := range slices.SortedFunc(maps.Keys(c.waiting), block.Compare) {
		for _, change := range c.waiting[text] { // its words are not here
			c.complete(change, nil)
		}
	}
	if err := c.apply(); err != nil {
		return err
	}
	if err := c.headsHere(d); err != nil {
		return err
	}
	if n := c.in.Pending(); n > 0 {
		return incomplete(d, n)
	}
	for _, w := range c.contents.find {
		if !w.used {
			c.unused++
		}
	}
	heads := c.in.Heads(c.in.Count())
	slices.SortFunc(c.heads, func(a, b [32]byte) int { return slices.Compare(a[:], b[:]) })
	switch {
	case c.unused > 0:
		return fmt.Errorf("pack: CAR with %d contents of no change: %w", c.unused, ErrMalformed)
	case !c.more.IsZero():
		return fmt.Errorf("pack: CAR without the block in which its root goes on: %w", ErrMalformed)
	case !slices.Equal(heads, c.heads):
		return fmt.Errorf("pack: CAR with %d heads, its root names %d or others: %w", len(heads), len(c.heads), ErrMalformed)
	}
	for id := range c.sigs {
		if _, ok := c.in.Index(id); !ok {
			return fmt.Errorf("pack: CAR with a signature on %s, which is not in it: %w", block.ID(id).ChangeCID(), ErrMalformed)
		}
	}
	if c.in.Count() == 0 {
		return fmt.Errorf("pack: CAR without a change: %w", crdt.ErrMissing)
	}
	return nil
}

// headsHere is an error if the root names a head that is not there at all, so
// that it is told from one that waits.
func (c *carReader) headsHere(d *crdt.Doc) error {
	missing := map[cid.Cid]bool{}
	for _, id := range c.heads {
		if _, ok := c.in.Index(id); !ok {
			missing[block.ID(id).ChangeCID()] = true
		}
	}
	for p := range d.Pending() {
		delete(missing, p.ID)
	}
	if len(missing) > 0 {
		return fmt.Errorf("pack: CAR without %d of the %d heads that its root names: %w", len(missing), len(c.heads), ErrMalformed)
	}
	return nil
}
