package authorship_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestPortfolio: devices count as the person and have proofs of their own, agents stand
// apart, works without the person are left out, and what is not signed has no proof.
func TestPortfolio(t *testing.T) {
	ann := found(t, key("Ann"))
	write(t, ann, "one")
	phone := join(t, ann, nameless("phone").BoundTo(key("Ann"), false))
	write(t, phone, "four")
	bot := join(t, phone, nameless("bot").BoundTo(key("Ann"), true))
	write(t, bot, "robot")
	must(t, ann.Merge(bot))
	stranger := found(t, key("Cy"))
	p := authorship.PortfolioOf(key("Ann").Author(), stranger.View(), ann.View())
	if p.Person.Name != "Ann" || len(p.Works) != 1 {
		t.Fatalf("%+v", p)
	}
	w := p.Works[0]
	if w.Measure.Characters != 7 || len(w.Agents) != 1 || w.Agents[0].Characters != 5 || w.Changes != 3 || w.Covered != 3 || w.Effective != 3 || len(w.Keys) != 2 {
		t.Errorf("%+v", w)
	}
	for _, k := range w.Keys {
		must(t, k.Verify())
		if k.Proof.Words != nil || k.Key != key("Ann").Author() && k.Key != phone.Author() {
			t.Errorf("%+v", k)
		}
		other := k
		other.Seq++
		if err := other.Verify(); !errors.Is(err, crdt.ErrHash) {
			t.Errorf("another place on the chain: %v", err)
		}
		other = k
		other.Proof.Work = stranger.ID()
		if err := other.Verify(); !errors.Is(err, crdt.ErrSignature) && !errors.Is(err, crdt.ErrForeign) {
			t.Errorf("another work: %v", err)
		}
	}
	text, err := json.Marshal(p)
	must(t, err)
	var back authorship.Portfolio
	must(t, json.Unmarshal(text, &back))
	for _, k := range back.Works[0].Keys {
		must(t, k.Verify())
	}
	must(t, stranger.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("not signed"); return nil }))
	q := authorship.PortfolioOf(stranger.Author(), stranger.View())
	if len(q.Works) != 1 || q.Works[0].Measure.Characters != 9 {
		t.Errorf("%+v", q)
	}
}
