package authorship_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// goldens are the digests of what is read from fixed histories: who wrote what, what the
// rules say of every change. They are the same on every machine, 32 bits
// and js/wasm included. They change where the rules, their words or the histories of the
// tests do: TestGolden says then what they are now.
var goldens = map[string]string{
	"governed": "14634e4659e1f36beb67c656f429dee2d491a4d7d6f23ffc43703eab568b336e",
	"typed 1":  "28942948e72a9ab6557d389a75edb42f8fa84f1d560e01017a8e89ef26c629eb",
	"typed 2":  "ed9e1ca3b992807dfcada8ce12e5e62be1defbf29284542f1343661414ef381b",
}

// digestOf is the digest of all that views of one work say.
func digestOf(t *testing.T, views ...*crdt.View) string {
	t.Helper()
	sum := sha256.New()
	for _, v := range views {
		shown, err := v.MarshalJSON()
		must(t, err)
		fmt.Fprintf(sum, "%s\n%s\n%s\n", v.Version(), shown, answers(t, v))
		for _, name := range texts {
			for s := range authorship.Blame(v.Text(name)) {
				fmt.Fprintln(sum, s.Author.ID, s.Text, s.Origin != nil)
			}
		}
		credits, err := json.Marshal(authorship.Credits(v))
		must(t, err)
		fmt.Fprintf(sum, "%s\n%s\n", credits, authorship.Outbound(v))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// goldenCouncil is a work whose charter is used: proposals, votes, an amendment, words
// that are hidden, and a device that is given up.
func goldenCouncil(t *testing.T) *crdt.Doc {
	k := convene(t, authorship.Charter{Mode: authorship.ModePropose})
	ann, ben := lines(t, k.ann, "By Ann. "), lines(t, k.ben, "By Ben. ")
	dan := lines(t, k.dan, "By Dan. ", "More of Dan. ")
	k.meet()
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, ann[0].ID) })
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Accept(tx, dan[1].ID) })
	k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Hide(tx, dan[0].ID) })
	k.decide(authorship.Amendment{Admit: members("Dan"), Mode: authorship.ModeDirect})
	k.meet()
	device := join(t, k.ben, nameless("Ben2").BoundTo(key("Ben"), false))
	own := lines(t, device, "own. ", "stolen. ")
	must(t, k.dan.Merge(device))
	lines(t, k.dan, "after. ")
	k.meet()
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Revoke(tx, device.Author(), own[0].ID) })
	_ = ben // waits for ever
	return k.ann
}

// TestGolden: what the rules and the records of authorship say is the same on every
// machine.
func TestGolden(t *testing.T) {
	got := map[string]string{"governed": digestOf(t, goldenCouncil(t).View())}
	for seed := uint64(1); seed <= 2; seed++ {
		y := newTypists(t, seed)
		for range 40 {
			y.step()
		}
		var views []*crdt.View
		for _, d := range y.docs {
			y.commit(d)
			views = append(views, d.View())
		}
		got[fmt.Sprint("typed ", seed)] = digestOf(t, views...)
	}
	for name, want := range goldens {
		if got[name] != want {
			t.Errorf("%s has the digest %q", name, got[name])
		}
	}
}
