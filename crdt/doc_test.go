package crdt_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// testKey is a signer made from a name.
type testKey struct{ k ed25519.PrivateKey }

func newKey(name string) testKey {
	seed := sha256.Sum256([]byte(name))
	return testKey{ed25519.NewKeyFromSeed(seed[:])}
}

func (k testKey) Author() (a crdt.Author) {
	copy(a[:], k.k.Public().(ed25519.PublicKey))
	return a
}

func (k testKey) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.k, msg), nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestTwoPeople founds a work, clones it, edits both and merges.
func TestTwoPeople(t *testing.T) {
	a, err := crdt.New(newKey("ann"), crdt.Title("Bread"))
	must(t, err)
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil }))
	b, err := a.Clone(newKey("ben"))
	must(t, err)
	must(t, a.Update(func(tx *crdt.Tx) error {
		tx.Text("body").Insert(0, "Wash your hands. ")
		tx.Put("oven", 220)
		return nil
	}))
	must(t, b.Update(func(tx *crdt.Tx) error {
		tx.Text("body").Append(" Wait an hour.")
		tx.Map("meta").List("tags").Insert(0, "bread", "slow")
		tx.Counter("loaves").Add(2)
		tx.Set("tools").Add("bowl")
		return nil
	}))
	must(t, a.Merge(b))
	must(t, b.Merge(a))
	const want = "Wash your hands. Knead. Wait an hour."
	if got := a.View().Text("body").String(); got != want {
		t.Errorf("a: %q", got)
	}
	if got := b.View().Text("body").String(); got != want {
		t.Errorf("b: %q", got)
	}
	ja, err := a.View().MarshalJSON()
	must(t, err)
	jb, err := b.View().MarshalJSON()
	must(t, err)
	if string(ja) != string(jb) {
		t.Errorf("%s\n%s", ja, jb)
	}
	const json = `{"body":"Wash your hands. Knead. Wait an hour.","loaves":2,"meta":{"tags":["bread","slow"]},"oven":220,"tools":["bowl"]}`
	if string(ja) != json {
		t.Errorf("%s", ja)
	}
	if a.Heads() != b.Heads() {
		t.Errorf("heads %v and %v", a.Heads(), b.Heads())
	}
	var by []crdt.Author
	for r := range a.View().Text("body").Runs() {
		by = append(by, r.By)
	}
	if want := []crdt.Author{a.Author(), a.Author(), b.Author()}; !slices.Equal(by, want) {
		t.Errorf("runs by %v, want %v", by, want)
	}
}
