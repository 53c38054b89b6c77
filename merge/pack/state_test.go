package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// framed is a pack of frames, given by kind and payload.
func framed(p apart, frames ...any) []byte {
	q, sum := bytes.Clone(p.groups), p.sum
	for k := 0; k < len(frames); k += 2 {
		q, sum = appendFrame(q, sum, byte(frames[k].(rune)), frames[k+1].([]byte))
	}
	return q
}

// opened opens a pack by its section and by its history, and tells whether the section
// was used.
func opened(p []byte) (early bool, trusted, plain error) {
	d, trusted := ReadTrusted(bytes.NewReader(p), cid.Undef, nil)
	if trusted == nil {
		early, trusted = bridge.Of(d).Early(), d.Load()
	}
	_, plain = Read(bytes.NewReader(p), cid.Undef, nil)
	return early, trusted, plain
}

// TestStateMisplaced: frames that stand where they should not, and an end of other
// changes.
func TestStateMisplaced(t *testing.T) {
	_, p, of := stated(t)
	s := of.frames()
	group := p.groups[headSize+frameSize:]
	var other digest
	for name, c := range map[string]struct {
		p     []byte
		early bool
		want  error
	}{
		"in order":           {framed(p, 's', s[0], 's', s[1], 'e', p.end), true, nil},
		"no section":         {framed(p, 'e', p.end), false, nil},
		"a frame less":       {framed(p, 's', s[0], 'e', p.end), false, nil},
		"a frame more":       {framed(p, 's', s[0], 's', s[1], 's', s[1], 'e', p.end), false, nil},
		"an empty frame":     {framed(p, 's', []byte{}, 'e', p.end), false, nil},
		"other order":        {framed(p, 's', s[1], 's', s[0], 'e', p.end), false, nil},
		"a group behind":     {framed(p, 's', s[0], 's', s[1], 'g', group, 'e', p.end), false, ErrMalformed},
		"an unknown kind":    {framed(p, 'x', s[0], 'e', p.end), false, ErrMalformed},
		"a section behind":   {framed(p, 'e', p.end, 's', s[0]), false, ErrMalformed},
		"no end":             {framed(p, 's', s[0], 's', s[1]), false, ErrCorrupt},
		"an end of others":   {framed(p, 's', s[0], 's', s[1], 'e', appendEnd(nil, uint32(of.summary.Changes), &other)), false, ErrMalformed},
		"an end of more":     {framed(p, 's', s[0], 's', s[1], 'e', appendEnd(nil, uint32(of.summary.Changes+1), &of.sum)), false, ErrMalformed},
		"an end with a tail": {framed(p, 's', s[0], 's', s[1], 'e', append(bytes.Clone(p.end), 0)), false, ErrMalformed},
		"a later version":    {framed(p, 's', append([]byte{stateVersion + 1}, s[0][1:]...), 's', s[1], 'e', p.end), false, nil},
	} {
		early, trusted, plain := opened(c.p)
		if early != c.early || !errors.Is(trusted, c.want) || !errors.Is(plain, c.want) {
			t.Errorf("%s: by the section %v, %v; by the history %v; want %v, %v", name, early, trusted, plain, c.early, c.want)
		}
	}
}

// TestStateDigest: a section says which changes it sums up by the digest of all their
// names, of which the end has only the beginning.
func TestStateDigest(t *testing.T) {
	_, p, of := stated(t)
	of.sum[sumSize] ^= 1 // the end has less
	s := of.frames()
	if early, trusted, plain := opened(framed(p, 's', s[0], 's', s[1], 'e', p.end)); !early || !errors.Is(trusted, crdt.ErrSummary) || plain != nil {
		t.Errorf("section of other changes: used %v, %v; by the history %v", early, trusted, plain)
	}
	of.sum[0] ^= 1
	s = of.frames()
	if early, trusted, _ := opened(framed(p, 's', s[0], 's', s[1], 'e', p.end)); early || trusted != nil {
		t.Errorf("section of changes that the end does not tell of: used %v, %v", early, trusted)
	}
}

// TestStateBetween: a section between groups, which are in order.
func TestStateBetween(t *testing.T) {
	d, _, of := stated(t)
	if err := d.Update(func(tx *crdt.Tx) error { tx.Text("a").Append("!"); return nil }); err != nil {
		t.Fatal(err)
	}
	in := bridge.Of(d)
	if err := in.Leave(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s := sink{w: &out, p: newPackerOf(block.ID(in.Work()), true)}
	s.head()
	for k := range in.Count() {
		b, _ := in.Bundle([]int{k}, 0)
		s.add(&b)
		s.flush()
		if k == in.Count()-2 {
			for _, p := range of.frames() {
				s.frame(kindState, p)
			}
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if early, trusted, plain := opened(out.Bytes()); early || !errors.Is(trusted, ErrMalformed) || !errors.Is(plain, ErrMalformed) {
		t.Errorf("used %v, %v; by the history %v", early, trusted, plain)
	}
}

// TestStateForm: what a section says has one form.
func TestStateForm(t *testing.T) {
	_, p, of := stated(t)
	json, text, hidden := bridge.AsJSON, bridge.AsText, bridge.AsHidden
	for what, c := range map[string]struct {
		names []bridge.Shown
		sound bool
	}{
		"none":             {nil, true},
		"a text":           {[]bridge.Shown{{Name: "a", How: text, Value: []byte("x")}}, true},
		"a hidden text":    {[]bridge.Shown{{Name: "a", How: json, Value: []byte("1")}, {Name: "a", How: hidden, Value: []byte("x")}}, true},
		"an empty text":    {[]bridge.Shown{{Name: "a", How: text}}, false},
		"no UTF-8":         {[]bridge.Shown{{Name: "a", How: text, Value: []byte("\xff")}}, false},
		"no UTF-8 in name": {[]bridge.Shown{{Name: "\xff", How: text, Value: []byte("x")}}, false},
		"no JSON":          {[]bridge.Shown{{Name: "a", How: json, Value: []byte("}{")}}, false},
		"deep JSON":        {[]bridge.Shown{{Name: "a", How: json, Value: bytes.Repeat([]byte{'['}, 20000)}}, false},
		"hidden by none":   {[]bridge.Shown{{Name: "a", How: hidden, Value: []byte("x")}}, false},
		"hidden by a text": {[]bridge.Shown{{Name: "a", How: text, Value: []byte("x")}, {Name: "a", How: hidden, Value: []byte("x")}}, false},
		"hidden by others": {[]bridge.Shown{{Name: "a", How: json, Value: []byte("1")}, {Name: "b", How: hidden, Value: []byte("x")}}, false},
		"twice":            {[]bridge.Shown{{Name: "a", How: json, Value: []byte("1")}, {Name: "a", How: json, Value: []byte("1")}}, false},
		"no order":         {[]bridge.Shown{{Name: "b", How: text, Value: []byte("x")}, {Name: "a", How: text, Value: []byte("x")}}, false},
	} {
		s := state{of.sum, of.summary}
		s.summary.Names = c.names
		table, all := s.table()
		own := stateSum(table, all)
		frames := []any{'s', append(append([]byte{stateVersion}, own[:]...), table...)}
		if len(all) > 0 {
			frames = append(frames, 's', squeeze(nil, all, colWords, false))
		}
		early, trusted, plain := opened(framed(p, append(frames, 'e', p.end)...))
		if early != c.sound || plain != nil || trusted != nil && !errors.Is(trusted, crdt.ErrSummary) {
			t.Errorf("%s: used %v, %v; by the history %v", what, early, trusted, plain)
		}
	}
}

// TestStateBounds: numbers that a section says are bounded before anything is made of
// them.
func TestStateBounds(t *testing.T) {
	_, _, of := stated(t)
	frames := of.frames()
	num := func(before []byte, v uint64) []byte { return binary.AppendUvarint(bytes.Clone(before), v) }
	behind := of.summary
	behind.Names = nil
	head, _ := (&state{of.sum, behind}).table()
	head = head[:len(head)-1] // the number of names is to follow
	zeros := zip(make([]byte, 4<<20), false)
	bomb := append(num(num(nil, 4<<20<<2|asZstd), uint64(len(zeros))), zeros...)
	name := func(n, v uint64) []byte { return num(num([]byte{byte(bridge.AsText)}, n), v) }
	for what, c := range map[string]struct {
		table  []byte
		pieces [][]byte
	}{
		"nothing":         {nil, nil},
		"changes":         {num(of.sum[:], 1<<32), nil},
		"heads":           {num(num(of.sum[:], 2), 1<<20), nil},
		"heads missing":   {num(num(of.sum[:], 2), 60000), nil},
		"genesis":         {num(num(num(of.sum[:], 2), 0), 1<<30), nil},
		"names":           {num(head, 1<<40), nil},
		"names missing":   {num(head, maxNames), nil},
		"kind":            {append(num(head, 1), 3, 1, 1), [][]byte{column1(2, 'x')}},
		"a long name":     {append(num(head, 1), name(1<<40, 1)...), nil},
		"a long value":    {append(num(head, 1), name(1, maxState)...), nil},
		"long together":   {append(append(num(head, 2), name(1, maxState-1)...), name(1, maxState-1)...), nil},
		"a tail":          {append(num(head, 0), 0), nil},
		"not there":       {append(num(head, 1), name(1, 2<<20)...), [][]byte{column1(8, 'x')}},
		"beyond 1,024":    {append(num(head, 1), name(1, 4<<20-1)...), [][]byte{bomb}},
		"a long piece":    {append(num(head, 1), name(1, 8<<20-1)...), [][]byte{column1(8<<20, 'x')}},
		"pieces too many": {append(num(head, 1), name(1, 7)...), [][]byte{column1(8, 'x'), column1(1, 'x')}},
		"behind a piece":  {append(num(head, 1), name(1, 7)...), [][]byte{append(column1(8, 'x'), 1)}},
	} {
		var all []byte
		for _, p := range c.pieces { // its checksum is right as far as it can be
			if b, _, err := unsqueeze(nil, p, 16<<20); err == nil {
				all = append(all, b...)
			}
		}
		own := stateSum(c.table, all)
		payloads := append([][]byte{append(append([]byte{stateVersion}, own[:]...), c.table...)}, c.pieces...)
		var err error
		if n := allocated(func() { _, err = readState(payloads) }); err == nil || n > 1<<20 {
			t.Errorf("%s: %v, %d bytes allocated", what, err, n)
		} else if !errors.Is(err, ErrLimit) && (!errors.Is(err, ErrMalformed) || strings.Contains(what, "long")) {
			t.Errorf("%s: another error: %v", what, err)
		}
	}
	if s, err := readState(frames); err != nil || s.sum != of.sum || s.summary.Changes != of.summary.Changes {
		t.Errorf("the section itself: %v", err)
	}
	big := of
	big.summary.Names = make([]bridge.Shown, maxNames+1)
	many := of
	many.summary.Heads = make([][32]byte, maxHeads+1)
	for what, s := range map[string]state{"names": big, "heads": many} {
		if s.frames() != nil {
			t.Errorf("a section with too many %s", what)
		}
	}
}

// TestStateRoom: a piece makes no more than is to be read, however long it lies.
func TestStateRoom(t *testing.T) {
	_, p, of := stated(t)
	s := of.frames()
	for _, size := range []uint64{1 << 20, 1<<31 + 5} {
		for _, lies := range []int{1, 2<<20 + 2<<10, 3 << 20, 4<<20 + 4<<10, 5 << 20} {
			piece := append(binary.AppendUvarint(nil, size<<2|oneByte), 'x')
			piece = append(piece, make([]byte, lies)...)
			if _, err := readState([][]byte{s[0], piece}); !errors.Is(err, ErrLimit) {
				t.Errorf("a piece of %d bytes for %d: %v", lies, size, err)
			}
			early, trusted, plain := opened(framed(p, 's', s[0], 's', piece, 'e', p.end))
			if early || trusted != nil || plain != nil {
				t.Errorf("used %v, %v; by the history %v", early, trusted, plain)
			}
		}
	}
}
