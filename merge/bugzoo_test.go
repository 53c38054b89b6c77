package merge_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/pack"
	"github.com/commonhold/commonhold/merge/store"
)

// TestBugZoo keeps bugs of sync and stores that others met in the field from coming back
// here, each named by the project and the number of its issue or pull request. What
// concerns documents is in TestBugZoo of package crdt.
func TestBugZoo(t *testing.T) {
	for name, fn := range zoo {
		t.Run(name, fn)
	}
}

// zoo is the cases; those that need files add themselves.
var zoo = map[string]func(t *testing.T){
	"yjs-498":    func(t *testing.T) { zooRefuses(t, nil) },
	"yjs-479":    func(t *testing.T) { zooRefuses(t, []byte{0x81, 0xaa, 0xdb, 0x69, 0xe7, 0x81, 0xa1}) },
	"yjs-687":    func(t *testing.T) { zooRefuses(t, unhex(t, "00010000000001000100010200001602000001fdffffffff7f0000")) },
	"engram-994": func(t *testing.T) { zooRefuses(t, unhex(t, "0000ffffffff0f"), unhex(t, "01ffffffffffffffffff01")) },

	"automerge-1284":        zooLost,
	"automerge-classic-394": zooThird,
	"automerge-repo-206":    zooReconnect,
	"calimero-2407":         zooSuccess,
	"synapse-1759":          zooParents,
	"synapse-3118":          zooParents,
	"synapse-3124":          zooParents,
	"freed-1226":            zooMemory,
	"atc20-fsync":           zooFsync,
	"rqlite-2759":           zooRestore,
}

// unhex reads hex.
func unhex(t *testing.T, s string) []byte {
	b, err := hex.DecodeString(s)
	must(t, err)
	return b
}

// zooRefuses gives bytes to everything that reads bytes from elsewhere.
func zooRefuses(t *testing.T, list ...[]byte) {
	a, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, a.Update(app("x")))
	for _, b := range list {
		if _, err := pack.Decode(b); err == nil {
			t.Errorf("%x is a pack", b)
		}
		if _, err := pack.Read(bytes.NewReader(b), cid.Undef, nil); err == nil {
			t.Errorf("%x is a history", b)
		}
		if _, err := pack.ReadCAR(bytes.NewReader(b), cid.Undef, nil); err == nil {
			t.Errorf("%x is a CAR", b)
		}
		s, err := merge.NewSession(a)
		must(t, err)
		wants(t, fmt.Sprintf("%x", b), s.Receive(time.Unix(0, 0), b), merge.ErrPeer)
	}
	if s := a.View().Text("t").String(); s != "x" {
		t.Errorf("%q", s)
	}
}

// speak lets two sessions speak until both are silent, at most n messages; all of which
// keep says false are lost.
func speak(t *testing.T, a, b *merge.Session, n int, keep func(k int) bool) (said int) {
	t.Helper()
	now := time.Unix(1_700_000_000, 0)
	for quiet := false; !quiet; {
		quiet = true
		for _, end := range [2][2]*merge.Session{{a, b}, {b, a}} {
			msg, _ := end[0].Next(now)
			if msg == nil {
				continue
			}
			if quiet, said = false, said+1; said > n {
				t.Fatalf("more than %d messages", n)
			}
			if keep(said - 1) {
				_ = end[1].Receive(now, msg) // what it thinks of it is in its status
			}
		}
	}
	return said
}

// sessions begins two sessions.
func sessions(t *testing.T, a, b *crdt.Doc) (x, y *merge.Session) {
	x, err := merge.NewSession(a)
	must(t, err)
	y, err = merge.NewSession(b)
	must(t, err)
	return x, y
}

// apart are two docs of one work, each with edits that the other has not.
func apart(t *testing.T) (a, b *crdt.Doc) {
	a, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, a.Update(app("x")))
	b, err = a.Clone(newKey("ben"))
	must(t, err)
	for _, d := range []*crdt.Doc{a, b} {
		for k := range 3 {
			must(t, d.Update(app(fmt.Sprint(k))))
			_, err := d.Commit("")
			must(t, err)
		}
	}
	return a, b
}

// all keeps every message.
func all(int) bool { return true }

// zooLost loses each message in turn: the talk ends, nobody says that it is in sync who
// is not, and the next talk, which loses nothing, ends in sync.
func zooLost(t *testing.T) {
	for lost := range 12 {
		a, b := apart(t)
		x, y := sessions(t, a, b)
		speak(t, x, y, 100, func(k int) bool { return k != lost })
		if (x.InSync() || y.InSync()) && a.Heads() != b.Heads() {
			t.Errorf("message %d is lost: in sync, but %v and %v", lost, a.Heads(), b.Heads())
		}
		x, y = sessions(t, a, b)
		speak(t, x, y, 100, all)
		if !x.InSync() || !y.InSync() || a.Heads() != b.Heads() {
			t.Errorf("message %d was lost: %v %v", lost, x.Status(), y.Status())
		}
	}
}

// zooThird: a peer wants a change that a third one, with which it speaks, lacks too.
func zooThird(t *testing.T) {
	a, b := apart(t)
	c, err := a.Clone(newKey("cem"))
	must(t, err)
	must(t, b.Update(app("more")))
	batch, err := b.Since(crdt.Version{})
	must(t, err)
	_, err = c.Apply(batch.Slice(batch.Len()-1, batch.Len()).From("ben"))
	must(t, err)
	x, y := sessions(t, c, a) // a has none of ben's
	speak(t, x, y, 100, all)
	for range c.Pending() {
		err = errors.New("waits")
	}
	if err == nil {
		t.Error("nothing waits")
	}
	x, y = sessions(t, c, b)
	speak(t, x, y, 100, all)
	if !x.InSync() || !y.InSync() || c.Heads() != b.Heads() {
		t.Errorf("%v %v", x.Status(), y.Status())
	}
	for ch, why := range c.Pending() {
		t.Errorf("%v waits: %v", ch.ID, why)
	}
}

// zooReconnect: one side loses the answer and connects anew, the other goes on with what
// it thinks was said.
func zooReconnect(t *testing.T) {
	a, b := apart(t)
	x, y := sessions(t, a, b)
	speak(t, x, y, 100, func(k int) bool { return k < 2 })
	fresh, _ := sessions(t, a, b)
	speak(t, fresh, y, 100, all) // ends, however
	if (fresh.InSync() || y.InSync()) && a.Heads() != b.Heads() {
		t.Errorf("in sync, but %v and %v", a.Heads(), b.Heads())
	}
	x, y = sessions(t, a, b)
	speak(t, x, y, 100, all)
	if !x.InSync() || !y.InSync() || a.Heads() != b.Heads() {
		t.Errorf("%v %v", x.Status(), y.Status())
	}
}

// zooSuccess: a side that can take nothing in does not say that all went well.
func zooSuccess(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	must(t, a.Update(ctx, app("small")))
	r, err := merge.Open(ctx, store.Memory(), keyFor("ben"), crdt.MaxBytes(2000))
	must(t, err)
	b, err := r.Join(ctx, a.Doc().ID())
	must(t, err)
	meets(t, a, b)
	must(t, a.Update(ctx, app(fmt.Sprintf("%9000d", 1))))
	must(t, a.Save(ctx))
	for range 3 {
		ea, eb := meet(t, a, b)
		wants(t, "of who has more", ea, merge.ErrPartial)
		wants(t, "of who takes nothing", eb, merge.ErrPartial)
	}
	x, y := sessions(t, a.Doc(), b.Doc())
	speak(t, x, y, 100, all)
	if x.InSync() || y.InSync() {
		t.Errorf("%v %v", x.Status(), y.Status())
	}
}

// zooParents brings a change with more parents than the format allows: pushed, in a
// pack, and in answer to what was asked for.
func zooParents(t *testing.T) {
	a, b := apart(t)
	key := newKey("mallory")
	for _, n := range []int{block.MaxParents + 1, 10000} {
		ids := make([]block.ID, n)
		for k := range ids {
			ids[k] = block.Sum(fmt.Append(nil, k))
		}
		slices.SortFunc(ids, func(x, y block.ID) int { return bytes.Compare(x[:], y[:]) })
		h := block.Header{By: block.Key(key.Author()), Parents: ids, Work: bridge.Of(a).Work()}
		op := block.Op{Code: block.OpStep, C: block.Container{Kind: block.KindCounter, Name: "c"}, Amount: 1}
		it := bridge.Item{Change: block.Encode(&h, 1, block.AppendOp(nil, &op))}
		it.ID = block.Sum(it.Change)
		sig := bridge.Sig{Change: it.ID}
		made, err := key.Sign(block.SigningMessage(bridge.Of(a).Work(), it.ID))
		must(t, err)
		copy(sig.Sig[:], made)
		evil := bridge.Bundle{Work: bridge.Of(a).Work(), Items: []bridge.Item{it}, Sigs: []bridge.Sig{sig}}
		heads := b.Heads()
		_, err = b.Apply(bridge.BatchOf(evil).(crdt.Batch)) // pushed
		wants(t, "pushed", err, crdt.ErrLimit)
		if p, err := zooPack(evil); err == nil { // a pack may be made of it, and is not read
			_, err = pack.Decode(p)
			wants(t, "in a pack", err, crdt.ErrLimit, crdt.ErrMalformed)
		}
		if b.Heads() != heads {
			t.Error("the heads have changed")
		}
	}
	x, y := sessions(t, a, b)
	speak(t, x, y, 100, all)
	if !x.InSync() || !y.InSync() {
		t.Errorf("%v %v", x.Status(), y.Status())
	}
}

// zooPack makes a pack of what no doc would give out.
func zooPack(b bridge.Bundle) (p []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return pack.Encode(bridge.BatchOf(b).(crdt.Batch)), nil
}

// exhausted is a store that runs out of memory while it loads.
type exhausted struct {
	store.Store
	err error
}

func (s exhausted) Load(context.Context, cid.Cid) iter.Seq2[store.Segment, error] {
	return func(yield func(store.Segment, error) bool) { yield(store.Segment{}, s.err) }
}

// zooMemory: a load that failed for want of memory, or was cancelled, is no corruption,
// and nothing is deleted for it.
func zooMemory(t *testing.T) {
	ctx := context.Background()
	st := store.Memory()
	r, a := found(t, st, "ann")
	must(t, a.Update(ctx, app("words")))
	must(t, a.Save(ctx))
	id := a.Doc().ID()
	must(t, r.Close())
	failure := errors.New("out of memory")
	r, err := merge.Open(ctx, exhausted{st, failure}, keyFor("ann"))
	must(t, err)
	if _, err = r.Open(ctx, id); !errors.Is(err, failure) || errors.Is(err, merge.ErrCorrupt) {
		t.Errorf("%v", err)
	}
	must(t, r.Close())
	r, err = merge.Open(ctx, st, keyFor("ann"))
	must(t, err)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = r.Open(gone, id); !errors.Is(err, context.Canceled) || errors.Is(err, merge.ErrCorrupt) {
		t.Errorf("%v", err)
	}
	a, err = r.Open(ctx, id)
	must(t, err)
	if text(a) != "words" || len(a.Damage()) > 0 {
		t.Errorf("%q, %v", text(a), a.Damage())
	}
}

// zooFsync: after a write that failed once no later one reports success, until the
// store is opened again.
func zooFsync(t *testing.T) {
	ctx := context.Background()
	for _, applied := range []bool{false, true} {
		st := faultyStore()
		_, a := found(t, st, "ann")
		must(t, a.Update(ctx, app("kept")))
		st.Fail(0, applied)
		wants(t, "the write that fails", a.Update(ctx, app(",lost")), merge.ErrStore)
		for range 3 {
			wants(t, "a later one", a.Update(ctx, app(",later")), merge.ErrStore)
			wants(t, "a save", a.Save(ctx), merge.ErrStore)
		}
		_, b := again(t, st, "ann", a)
		if s := text(b); s != "kept" && s != "kept,lost" {
			t.Errorf("%q", s)
		}
		must(t, b.Update(ctx, app("!")))
	}
}

// zooRestore: what was read of a damaged history is handed on to nobody.
func zooRestore(t *testing.T) {
	a, b := apart(t)
	must(t, a.Merge(b))
	var buf bytes.Buffer
	must(t, pack.Write(&buf, a))
	for k := 0; k < buf.Len(); k += 7 {
		p := bytes.Clone(buf.Bytes())
		p[k] ^= 0x10
		d, err := pack.Read(bytes.NewReader(p), a.ID(), nil)
		if err == nil && d.Heads() != a.Heads() {
			t.Errorf("byte %d: another document, without an error", k)
		}
	}
	d, err := pack.Read(&buf, a.ID(), nil)
	must(t, err)
	if d.Heads() != a.Heads() {
		t.Errorf("%v, want %v", d.Heads(), a.Heads())
	}
}
