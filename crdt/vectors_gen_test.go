package crdt_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// vector is one file of testdata/vectors; the README there says what the fields mean.
type vector struct {
	Name    string         `json:"name"`
	Shows   string         `json:"shows"`
	Work    string         `json:"work"`
	Rules   string         `json:"rules,omitempty"`
	Changes []vectorChange `json:"changes"`
	Result  vectorResult   `json:"result"`
}

// vectorChange is one change of a vector as it is delivered.
type vectorChange struct {
	CID       string  `json:"cid"`
	By        string  `json:"by,omitempty"`
	Block     string  `json:"block"`
	ContentID string  `json:"contentCid,omitempty"`
	Content   *string `json:"content"`
	Signature *string `json:"signature"`
	Verdict   string  `json:"verdict"`
	Kind      string  `json:"kind,omitempty"`
	// What the content or the signature is refused for, the change being what it is.
	ContentKind   string `json:"contentKind,omitempty"`
	SignatureKind string `json:"signatureKind,omitempty"`
	// Why the rules do not let an applied change count.
	Off string `json:"off,omitempty"`
}

// vectorResult is what the work shows after everything was delivered.
type vectorResult struct {
	Heads     []string                       `json:"heads"`
	JSON      string                         `json:"json"`
	Texts     map[string]string              `json:"texts,omitempty"`
	Marks     map[string][]vectorMark        `json:"marks,omitempty"`
	Conflicts map[string]map[string][]string `json:"conflicts,omitempty"`
}

// vectorMark is a stretch of shown elements of a text on which one mark wins its slot.
type vectorMark struct {
	From  int    `json:"from"`
	To    int    `json:"to"`
	Key   string `json:"key"`
	ID    string `json:"id"`
	Value string `json:"value"`
}

// The people of the vectors; their secret seeds are 32 times the byte 0, 1, 2, 3.
const (
	ann = iota
	ben
	cas
	dee
)

// generator makes all vectors, the same bytes each time.
type generator struct {
	t    testing.TB
	list []*vec
}

// vec is a vector that is being made.
type vec struct {
	g        *generator
	t        testing.TB
	v        vector
	work     block.ID
	salted   bool
	made     []*made
	tips     map[int]*made
	shown    *string             // the JSON that is expected, nil: that of nothing but a genesis
	texts    map[string]bool     // root texts
	conflict map[string][]string // keys of root maps whose conflicts are shown
}

// made is a change of a vector.
type made struct {
	id    block.ID
	h     block.Header
	count uint64
	by    int
	prev  *made
	nth   int
}

// vector begins one; show what it is for.
func (g *generator) vector(name, shows string) *vec {
	if !strings.HasSuffix(shows, ".") || slices.ContainsFunc(g.list, func(v *vec) bool { return v.v.Name == name }) {
		g.t.Fatalf("vector %s: name taken, or no sentence: %q", name, shows)
	}
	v := &vec{g: g, t: g.t, tips: map[int]*made{}, texts: map[string]bool{}, conflict: map[string][]string{}}
	v.v.Name, v.v.Shows = name, shows
	g.list = append(g.list, v)
	return v
}

// begin is vector with a genesis by Ann.
func (g *generator) begin(name, shows string) *vec {
	v := g.vector(name, shows)
	v.genesis().end()
	return v
}

// genesis begins a genesis by Ann.
func (v *vec) genesis() *draft {
	d := v.fork(ann, nil)
	d.h.Time = 1_700_000_000_000
	d.h.Work = block.ID{}
	d.ops = append(d.ops, block.Op{Code: block.OpGenesis, Name: "Bread"})
	return d
}

// draft is a change that is being made.
type draft struct {
	v     *vec
	by    int
	prev  *made
	links []*made // parents and refs
	h     block.Header
	ops   []block.Op
	words []byte
	n     uint64 // numbers made so far
	c     vectorChange

	named     bool   // c.CID is set by hand
	noContent bool   // content is not delivered
	content   []byte // delivered instead of the words
	noSize    bool   // text and size are set by hand
	unsigned  bool
	change    func(raw []byte) []byte // what is done to the block
	resign    func(sig []byte) []byte // what is done to the signature
}

// on begins the next change of somebody's newest chain, made on others.
func (v *vec) on(by int, links ...*made) *draft { return v.fork(by, v.tips[by], links...) }

// fork begins a change after prev, which need not be the newest.
func (v *vec) fork(by int, prev *made, links ...*made) *draft {
	d := &draft{v: v, by: by, prev: prev, links: links}
	d.h.By = block.Key(exampleKey(byte(by)).Author())
	d.c.Verdict = "applied"
	if prev != nil {
		d.h.Prev, d.h.Seq, d.h.Start = prev.id, prev.h.Seq+1, prev.h.Start+prev.count
	} else {
		d.h.Work = v.work
	}
	for _, m := range links {
		d.h.Parents = append(d.h.Parents, m.id)
	}
	slices.SortFunc(d.h.Parents, block.Compare)
	return d
}

// ref adds changes that things need and parents do not reach.
func (d *draft) ref(list ...*made) *draft {
	for _, m := range list {
		d.h.Refs = append(d.h.Refs, m.id)
		d.links = append(d.links, m)
	}
	slices.SortFunc(d.h.Refs, block.Compare)
	return d
}

// at names a number by its offset in a change that was made before.
func (d *draft) at(m *made, off int) block.Thing {
	th := block.Thing{N: m.h.Start + uint64(off)}
	for p := d.prev; p != nil; p = p.prev {
		if p == m {
			return th
		}
	}
	for c := uint32(1); ; c++ {
		id := d.h.Link(c)
		if id.IsZero() {
			d.v.t.Fatalf("%s: nothing links to change %d", d.v.v.Name, m.nth)
		}
		k := slices.IndexFunc(d.links, func(l *made) bool { return l.id == id })
		for p := d.links[k]; p != nil; p = p.prev {
			if p == m {
				th.C = c
				return th
			}
		}
	}
}

// own names a number by its offset in this change.
func (d *draft) own(off int) block.Thing { return block.Thing{N: d.h.Start + uint64(off)} }

// op adds an op with its words and gives its first number.
func (d *draft) op(op block.Op, words ...byte) block.Thing {
	first := d.own(int(d.n))
	if op.C.Kind == block.KindText && !op.C.Child {
		d.v.texts[op.C.Name] = true
	}
	d.ops, d.words = append(d.ops, op), append(d.words, words...)
	d.n += uint64(op.Numbers())
	return first
}

// end encodes and signs the change.
func (d *draft) end() *made {
	v := d.v
	content := d.words
	if v.salted && len(d.words) > 0 {
		content = append(bytes.Repeat([]byte{byte(len(v.made))}, block.SaltSize), d.words...)
	}
	if !d.noSize && len(content) > 0 {
		d.h.Text, d.h.Size = block.Sum(content), uint32(len(content))
	}
	var b []byte
	for k := range d.ops {
		b = block.AppendOp(b, &d.ops[k])
	}
	raw := block.Encode(&d.h, len(d.ops), b)
	if d.change != nil {
		raw = d.change(raw)
	}
	m := &made{id: block.Sum(raw), h: d.h, count: d.n, by: d.by, prev: d.prev, nth: len(v.made)}
	d.c.Block = shortHex(raw)
	if !d.named {
		d.c.CID = m.id.ChangeCID().String()
	}
	if d.c.Kind != "Key" {
		d.c.By = crdt.Author(d.h.By).String()
	}
	if d.content != nil {
		content = d.content
	}
	if len(content) > 0 && !d.noContent {
		s := shortHex(content)
		d.c.Content = &s
	}
	if !d.h.Text.IsZero() {
		d.c.ContentID = d.h.Text.ContentCID().String()
	}
	if v.work.IsZero() {
		v.work, v.v.Work = m.id, m.id.ChangeCID().String()
	}
	if !d.unsigned && !d.h.More {
		sig := ed25519.Sign(exampleKey(byte(d.by)).k, block.SigningMessage(v.work, m.id))
		if d.resign != nil {
			sig = d.resign(sig)
		}
		s := hex.EncodeToString(sig)
		d.c.Signature = &s
	}
	if d.c.Verdict != "refused" {
		v.tips[d.by] = m
	}
	v.v.Changes, v.made = append(v.v.Changes, d.c), append(v.made, m)
	return m
}

// refused ends a change that is refused for one of the kinds.
func (d *draft) refused(kind string) *made {
	d.c.Verdict, d.c.Kind = "refused", kind
	return d.end()
}

// pending ends a change that waits.
func (d *draft) pending() *made {
	d.c.Verdict = "pending"
	return d.end()
}

// edit replaces bytes of the block, which must be there once.
func (d *draft) edit(old, now string) *draft {
	was := d.change
	d.change = func(raw []byte) []byte {
		if was != nil {
			raw = was(raw)
		}
		if n := bytes.Count(raw, []byte(old)); n != 1 {
			d.v.t.Fatalf("%s: %x is there %d times", d.v.v.Name, old, n)
		}
		return bytes.Replace(raw, []byte(old), []byte(now), 1)
	}
	return d
}

// json says what the work shows in the end.
func (v *vec) json(format string, args ...any) { s := fmt.Sprintf(format, args...); v.shown = &s }

// conflicts asks for the conflicts of keys of a root map.
func (v *vec) conflicts(name string, keys ...string) { v.conflict[name] = keys }

// lesser tells whether the CID of a is below that of b.
func lesser(a, b *made) bool { return block.Compare(a.id, b.id) < 0 }

// inOrder gives x and y in the order of the CIDs of a and b.
func inOrder(a, b *made, x, y string) (string, string) {
	if lesser(a, b) {
		return x, y
	}
	return y, x
}

// shortHex is bytes in hex; what repeats at least four times and takes 32 bytes or
// more is written {unit*times}.
func shortHex(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); {
		unit, times := 0, 0
		for p := 1; p <= 48 && i+4*p <= len(b); p++ {
			n := p
			for i+n < len(b) && b[i+n] == b[i+n-p] {
				n++
			}
			if k := n / p; k >= 4 && k*p >= 32 && k*p > unit*times {
				unit, times = p, k
			}
		}
		if times == 0 {
			fmt.Fprintf(&out, "%02x", b[i])
			i++
			continue
		}
		fmt.Fprintf(&out, "{%x*%d}", b[i:i+unit], times)
		i += unit * times
	}
	return out.String()
}

// longHex is the inverse of shortHex.
func longHex(s string) ([]byte, error) {
	var out []byte
	for s != "" {
		plain, rest, found := strings.Cut(s, "{")
		b, err := hex.DecodeString(plain)
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
		if !found {
			break
		}
		body, rest, _ := strings.Cut(rest, "}")
		var unit []byte
		var times int
		if _, err := fmt.Sscanf(strings.Replace(body, "*", " ", 1), "%x %d", &unit, &times); err != nil {
			return nil, fmt.Errorf("repeat %q: %w", body, err)
		}
		out, s = append(out, bytes.Repeat(unit, times)...), rest
	}
	return out, nil
}
