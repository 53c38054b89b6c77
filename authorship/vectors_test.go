package authorship_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// writeVectors has TestVectors write its files anew:
// go test ./authorship -run 'TestVectors$' -args -write.
var writeVectors = flag.Bool("write", false, "write testdata/vectors anew")

// vector is one file of testdata/vectors; the README there, and that of the vectors of
// crdt, say what the fields mean.
type vector struct {
	Name    string         `json:"name"`
	Shows   string         `json:"shows"`
	Work    cid.Cid        `json:"-"`
	WorkCID string         `json:"work"`
	Rules   string         `json:"rules"`
	Refused string         `json:"refused,omitempty"`
	Changes []vectorChange `json:"changes"`
	Result  struct {
		Heads []string `json:"heads"`
		JSON  string   `json:"json"`
	} `json:"result"`
}

// vectorChange is one change of a vector.
type vectorChange struct {
	CID       string            `json:"cid"`
	By        string            `json:"by"`
	Block     string            `json:"block"`
	ContentID string            `json:"contentCid,omitempty"`
	Content   *string           `json:"content"`
	Signature *string           `json:"signature"`
	Verdict   string            `json:"verdict"`
	Off       authorship.Reason `json:"off,omitempty"`
	Hidden    bool              `json:"hidden,omitempty"`
}

// vectorOf writes down a work as a replica holds it, which does not open for the
// reason given, if there is one.
func vectorOf(t *testing.T, name, shows, refused string, d *crdt.Doc) *vector {
	t.Helper()
	v := &vector{Name: name, Shows: shows, Work: d.ID(), WorkCID: d.ID().String(), Rules: authorship.RulesName, Refused: refused}
	in := bridge.Of(d)
	must(t, in.Leave())
	all := make([]int, in.Count())
	for k := range all {
		all[k] = k
	}
	b, _ := in.Bundle(all, math.MaxInt)
	view := d.View()
	for _, it := range b.Items {
		id := changeCID(it.ID)
		c, _ := view.Change(id)
		x := vectorChange{CID: id.String(), By: c.Author.String(), Block: hex.EncodeToString(it.Change), Verdict: "applied"}
		if it.Words != nil {
			words, sum := hex.EncodeToString(it.Words), sha256.Sum256(it.Words)
			x.Content, x.ContentID = &words, cid.NewCidV1(cid.Raw, append([]byte{0x12, 0x20}, sum[:]...)).String()
		}
		for _, s := range b.Sigs {
			if s.Change == it.ID {
				sig := hex.EncodeToString(s.Sig[:])
				x.Signature = &sig
			}
		}
		if refused == "" {
			e, err := authorship.Explain(view, id)
			must(t, err)
			x.Off, x.Hidden = e.Reason, e.Hidden.Defined()
		}
		v.Changes = append(v.Changes, x)
	}
	for _, h := range d.Heads().IDs() {
		v.Result.Heads = append(v.Result.Heads, h.String())
	}
	if refused == "" {
		shown, err := view.MarshalJSON()
		must(t, err)
		v.Result.JSON = string(shown)
	}
	return v
}

// changeCID is the name of a change block of this digest.
func changeCID(sum [32]byte) cid.Cid {
	return cid.NewCidV1(cid.DagCBOR, append([]byte{0x12, 0x20}, sum[:]...))
}

// file is the vector as it is written.
func (v *vector) file(t *testing.T) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	must(t, enc.Encode(v))
	return b.Bytes()
}

// vectors are all of them.
func vectors(t *testing.T) (out []*vector) {
	add := func(name, shows string, d *crdt.Doc) { out = append(out, vectorOf(t, name, shows, "", d)) }

	k := convene(t, authorship.Charter{})
	lines(t, k.dan, "by a stranger who has granted the terms. ")
	k.meet()
	add("direct", "A stranger who grants the terms in the first change counts at once.", k.ann)

	a := found(t, key("Ann"))
	write(t, a, "Knead. ")
	b := lax(t, a, key("Ben"))
	write(t, b, "ungranted. ")
	must(t, bridge.Of(b).Leave())
	must(t, a.Merge(b))
	add("terms-missing", "A change of somebody who has not granted the terms waits.", a)
	edit(t, b, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, terms)) })
	must(t, bridge.Of(b).Leave())
	must(t, a.Merge(b))
	add("terms-granted-late", "A grant that comes later lets the changes before it count.", a)

	k = convene(t, authorship.Charter{Mode: authorship.ModePropose})
	lines(t, k.ben, "by a member. ")
	dan := lines(t, k.dan, "taken. ", "waits. ")
	act(t, k.dan, func(tx *crdt.Tx) error { tx.Put("title", "proposed"); return authorship.Propose(tx, "A title") })
	k.meet()
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, dan[0].ID) })
	add("proposed", "Where changes are proposed those of others than members wait, and so does what anybody proposes; a member accepts one.", k.ann)

	k = convene(t, authorship.Charter{})
	dan = lines(t, k.dan, "hidden. ", "shown. ")
	k.meet()
	k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Hide(tx, dan[0].ID) })
	add("hidden", "A hidden change counts: only who shows the work leaves its words out.", k.ann)

	k = convene(t, authorship.Charter{})
	device := join(t, k.ben, nameless("Ben2").BoundTo(key("Ben"), false))
	own := lines(t, device, "by the owner. ", "by a thief. ")
	must(t, k.dan.Merge(device))
	lines(t, k.dan, "by a friend, after it. ")
	k.meet()
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Revoke(tx, device.Author(), own[0].ID) })
	add("revoked", "A person gives up a key of a device: what it wrote behind the head named does not count, what others wrote on top does.", k.ann)

	k = convene(t, authorship.Charter{})
	dan = lines(t, k.dan, "kept. ", "cut. ")
	k.meet()
	k.decide(authorship.Amendment{Cut: []authorship.Cut{{Key: k.dan.Author(), Heads: []cid.Cid{dan[0].ID}}}})
	add("cut", "Members decide to cut a key behind one of its changes.", k.ann)

	k = convene(t, authorship.Charter{})
	lines(t, k.ann, "as before. ")
	k.meet()
	act(t, k.dan, func(tx *crdt.Tx) error {
		tx.Act("revoke", map[string]any{"key": keyBytes(k.ann.Author()), "heads": []any{}}) // not Dan's
		tx.Act("hide", "nothing of this form")
		return nil
	})
	k.meet()
	add("void", "Acts of who may not, and acts that are not in their form, are void: their change is applied and counts.", k.ann)

	return append(out, unopened(t)...)
}

// unopened are works whose genesis says to the rules what no charter is.
func unopened(t *testing.T) (out []*vector) {
	for name, c := range map[string]struct {
		shows string
		data  map[string]any
	}{
		"charter-terms": {"A charter without terms: the work does not open.", map[string]any{"mode": "direct"}},
		"charter-share": {"A charter that asks for three of two: the work does not open.", map[string]any{"mode": "direct", "terms": []any{"MIT"}, "accept": []any{3, 2}}},
	} {
		data, err := crdt.NewValue(c.data)
		must(t, err)
		d, err := crdt.New(key("Ann"), crdt.WithRules(named{}, data), fixed())
		must(t, err)
		must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("unseen"); return nil }))
		out = append(out, vectorOf(t, name, c.shows, "Charter", d))
	}
	return out
}

// TestVectors: the vectors are what is made here, and their bytes have their verdicts,
// reasons and result in whatever order they come.
func TestVectors(t *testing.T) {
	dir := filepath.Join("testdata", "vectors")
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	must(t, err)
	list := vectors(t)
	for _, v := range list {
		file := filepath.Join(dir, v.Name+".json")
		if *writeVectors {
			must(t, os.WriteFile(file, v.file(t), 0o666))
			continue
		}
		b, err := os.ReadFile(file)
		if must(t, err); !bytes.Equal(b, v.file(t)) {
			t.Errorf("%s is not what is made here", file)
		}
		var read vector
		must(t, json.Unmarshal(b, &read))
		read.Work = v.Work
		t.Run(v.Name, func(t *testing.T) { read.check(t) })
	}
	if len(names) != len(list) && !*writeVectors {
		t.Errorf("%d files of %d vectors", len(names), len(list))
	}
}

// check gives the bytes to replicas that know the rules, in several orders, and to one
// that does not.
func (v *vector) check(t *testing.T) {
	order := make([]int, len(v.Changes))
	for k := range order {
		order[k] = k
	}
	for round := range 4 {
		d, err := crdt.Join(nil, v.Work, authorship.Rules())
		must(t, err)
		opened := v.deliver(t, d, order, authorship.ErrCharter)
		plain, err := crdt.Join(nil, v.Work)
		must(t, err)
		if v.deliver(t, plain, order, crdt.ErrRules); plain.View().Changes() != 0 {
			t.Errorf("who does not know the rules has %d changes", plain.View().Changes())
		}
		if opened {
			v.compare(t, d)
		}
		if slices.Reverse(order); round == 1 {
			slices.SortFunc(order, func(a, b int) int { return (a*7+3)%11 - (b*7+3)%11 })
		}
	}
}

// deliver gives the changes one by one; only the genesis may be refused, with this error.
func (v *vector) deliver(t *testing.T, d *crdt.Doc, order []int, refusal error) (opened bool) {
	opened = true
	for _, k := range order {
		c := &v.Changes[k]
		id, err := cid.Decode(c.CID)
		must(t, err)
		it := bridge.Item{ID: [32]byte(id.Hash()[2:])}
		it.Change, err = hex.DecodeString(c.Block)
		must(t, err)
		if c.Content != nil {
			it.Words, err = hex.DecodeString(*c.Content)
			must(t, err)
		}
		b := bridge.Bundle{Work: [32]byte(v.Work.Hash()[2:]), Items: []bridge.Item{it}}
		if c.Signature != nil {
			sig, err := hex.DecodeString(*c.Signature)
			must(t, err)
			b.Sigs = []bridge.Sig{{Change: it.ID, Sig: [64]byte(sig)}}
		}
		if _, err = bridge.Of(d).Apply(b, "", false); err != nil {
			if opened = false; !errors.Is(err, refusal) || id != v.Work {
				t.Errorf("change %d: %v", k, err)
			}
		}
	}
	if known := refusal == authorship.ErrCharter; opened != (known && v.Refused == "") {
		t.Errorf("opened is %v", opened)
	}
	return opened
}

// compare compares a replica that has everything with what the vector says.
func (v *vector) compare(t *testing.T, d *crdt.Doc) {
	view := d.View()
	shown, err := view.MarshalJSON()
	if must(t, err); string(shown) != v.Result.JSON {
		t.Errorf("shows %s, not %s", shown, v.Result.JSON)
	}
	for k, c := range v.Changes {
		id, err := cid.Decode(c.CID)
		must(t, err)
		e, err := authorship.Explain(view, id)
		must(t, err)
		if e.Reason != c.Off || e.Hidden.Defined() != c.Hidden {
			t.Errorf("change %d: %s, hidden %v, want %q, %v", k, e, e.Hidden.Defined(), c.Off, c.Hidden)
		}
	}
	var heads []string
	for _, h := range d.Heads().IDs() {
		heads = append(heads, h.String())
	}
	if !slices.Equal(heads, v.Result.Heads) {
		t.Errorf("heads %v, want %v", heads, v.Result.Heads)
	}
}
