package pack_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/pack"
)

// golden is what is recorded of a pack.
type golden struct {
	Heads  string `json:"heads"`  // of the document
	Blocks string `json:"blocks"` // SHA-256 of all change blocks and words, by name
	Text   string `json:"text"`   // SHA-256 of the text "body"
}

// goldenOf is what there is to record of a document.
func goldenOf(d *crdt.Doc) golden {
	h := sha256.New()
	for _, it := range items(d) {
		h.Write(it.Change)
		h.Write(it.Words)
	}
	text := sha256.Sum256([]byte(d.View().Text("body").String()))
	return golden{d.Heads().String(), hex.EncodeToString(h.Sum(nil)), hex.EncodeToString(text[:])}
}

// TestGolden opens packs and CARs that earlier versions wrote.
func TestGolden(t *testing.T) {
	for _, name := range []string{"v1-session", "v1-salted"} {
		path := filepath.Join("testdata", name)
		if *pack.Update {
			d := session(t, map[string]uint64{"v1-session": 3, "v1-salted": 4}[name], 3, 150)
			car, _ := writeCAR(t, d)
			want, err := json.MarshalIndent(goldenOf(d), "", "\t")
			check(t, err)
			check(t, os.WriteFile(path+".chp", write(t, d), 0o644))
			check(t, os.WriteFile(path+".car", car, 0o644))
			check(t, os.WriteFile(path+".json", append(want, '\n'), 0o644))
		}
		b, err := os.ReadFile(path + ".json")
		check(t, err)
		var want golden
		check(t, json.Unmarshal(b, &want))
		p, err := os.ReadFile(path + ".chp")
		check(t, err)
		d, err := pack.Read(bytes.NewReader(p), cid.Undef, nil)
		check(t, err)
		if got := goldenOf(d); got != want {
			t.Errorf("%s.chp: %+v, want %+v", name, got, want)
		}
		car, err := os.ReadFile(path + ".car")
		check(t, err)
		d, err = pack.ReadCAR(bytes.NewReader(car), cid.Undef, nil)
		check(t, err)
		if got := goldenOf(d); got != want {
			t.Errorf("%s.car: %+v, want %+v", name, got, want)
		}
	}
}

// TestGoldenState opens a pack with a state section that an earlier version wrote.
func TestGoldenState(t *testing.T) {
	path := filepath.Join("testdata", "v1-state")
	if *pack.Update {
		d := full(t, 7, 3, 40)
		want, err := json.MarshalIndent(goldenOf(d), "", "\t")
		check(t, err)
		check(t, os.WriteFile(path+".chp", writeState(t, d), 0o644))
		check(t, os.WriteFile(path+".json", append(want, '\n'), 0o644))
	}
	b, err := os.ReadFile(path + ".json")
	check(t, err)
	var want golden
	check(t, json.Unmarshal(b, &want))
	p, err := os.ReadFile(path + ".chp")
	check(t, err)
	plain, err := pack.Read(bytes.NewReader(p), cid.Undef, nil)
	check(t, err)
	d, err := pack.ReadTrusted(bytes.NewReader(p), cid.Undef, nil)
	check(t, err)
	glance(t, plain, d)
	check(t, d.Load())
	for _, d := range []*crdt.Doc{plain, d} {
		if got := goldenOf(d); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
