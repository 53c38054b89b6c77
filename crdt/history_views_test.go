package crdt_test

import (
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestOldViews takes a view after every Update, open edits or not, and reads it
// for the first time after everything else: it shows what was shown then.
func TestOldViews(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 40
	}
	views := 0
	for seed := range uint64(rounds) {
		s := newStory(t, 1<<30+seed, &counts{})
		e := editor{s.r, s.failf}
		var old []oldView
		for range 30 {
			k := s.any()
			d := s.docs[k]
			switch s.r.IntN(12) {
			case 0:
				s.commit(k, d)
			case 1:
				s.exchange(k, s.any())
			case 2:
				s.invert(k, d)
			case 3:
				s.rollback(k, d)
			default:
				s.must(s.update(k, d, func(tx *crdt.Tx) error {
					for range 1 + s.r.IntN(3) {
						if s.r.IntN(3) == 0 {
							v := tx.View() // one taken inside is as good as any
							json, err := v.MarshalJSON()
							s.must(err)
							old = append(old, oldView{v: v, json: string(json)})
						}
						e.edit(tx)
					}
					return nil
				}))
			}
			old = append(old, oldView{v: d.View(), json: showAll(s, d)})
		}
		s.r.Shuffle(len(old), func(i, j int) { old[i], old[j] = old[j], old[i] })
		for _, o := range old {
			json, err := o.v.MarshalJSON()
			s.must(err)
			if string(json) != o.json {
				s.failf("a view (open %v) shows\n%s\nwas\n%s", o.v.Open(), json, o.json)
			}
			views++
		}
	}
	t.Logf("%d views", views)
}
